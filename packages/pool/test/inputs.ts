/** Inputs for `map` and `imap`: that fail, that are asynchronous, that the test feeds by hand. */

export class SayWhenError extends Error {}

/** 0, 1, 2 … up to `total`, and an error in place of the item `when`. */
export function* saysWhen(total: number, when: number): Generator<number> {
  for (let i = 0; i < total; i++) {
    if (i === when) throw new SayWhenError('somebody said when');
    yield i;
  }
  if (when === total) throw new SayWhenError('somebody said when');
}

/** The same items, asynchronously. */
export async function* later<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) {
    await new Promise((resolve) => setImmediate(resolve));
    yield item;
  }
}

/** An async input that is fed by the test, and remembers what became of it. */
export class Feed<T> implements AsyncIterableIterator<T> {
  pulled = 0;
  closed = 0;
  readonly #waiting: { readonly resolve: (step: IteratorResult<T, undefined>) => void; readonly reject: (error: unknown) => void }[] = [];

  next(): Promise<IteratorResult<T, undefined>> {
    this.pulled += 1;
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
  give(value: T): void {
    this.#waiting.shift()?.resolve({ done: false, value });
  }
  end(): void {
    this.#waiting.shift()?.resolve({ done: true, value: undefined });
  }
  fail(error: unknown): void {
    this.#waiting.shift()?.reject(error);
  }
  async return(): Promise<IteratorResult<T, undefined>> {
    this.closed += 1;
    return { done: true, value: undefined };
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
}

export const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
export const squares = (length: number): number[] => range(length).map((x) => x * x);

/** 0, 1, 2 … without end; counts what was taken, and whether it was closed. */
export class Endless implements IterableIterator<number, undefined> {
  pulled = 0;
  closed = 0;

  next(): IteratorResult<number, undefined> {
    return { done: false, value: this.pulled++ };
  }
  return(): IteratorResult<number, undefined> {
    this.closed += 1;
    return { done: true, value: undefined };
  }
  [Symbol.iterator](): this {
    return this;
  }
}
