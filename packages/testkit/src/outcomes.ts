/** Waits for promises and conditions with a time limit, so that a pending promise fails its test instead of hanging it. */

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** ms. A bound that only detects hangs. It does not judge speed; bench/ does. */
export const PATIENCE = 30_000;

/** Resolves to how the promise settled; rejects if it is still pending after `ms`. */
export async function outcome<T>(promise: PromiseLike<T>, ms: number = PATIENCE): Promise<Outcome<T>> {
  return within(
    Promise.resolve(promise).then(
      (value) => ({ ok: true, value }) as const,
      (error: unknown) => ({ ok: false, error }) as const,
    ),
    ms,
  );
}

/** Resolves to the error that the promise rejects with; rejects if it fulfils, or is still pending after `ms`. */
export async function failure(promise: PromiseLike<unknown>, ms: number = PATIENCE): Promise<unknown> {
  const settled = await outcome(promise, ms);
  if (settled.ok) throw new Error(`expected a failure, got the value ${String(settled.value)}`);
  return settled.error;
}

/** Settles like the promise; rejects if it is still pending after `ms`. */
export async function within<T>(promise: PromiseLike<T>, ms: number = PATIENCE, what = 'the promise'): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} was still pending after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves when `condition` is true; rejects after `ms`. For state that has no event. */
export async function until(condition: () => boolean, what: string, ms: number = PATIENCE): Promise<void> {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`${what}: not after ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Resolves to a time limit, in ms, that the same work keeps when it is done again: `least`, or several times what it took here and now. */
export async function limitFor(work: () => PromiseLike<unknown>, least: number): Promise<number> {
  const began = performance.now();
  await work();
  return Math.max(least, Math.ceil(6 * (performance.now() - began)));
}
