/**
 * `twinpool/testing`: calls a task function in the calling thread, with a context, so that a unit test needs no worker.
 *
 * The context belongs to the call across its awaits, as in a worker. This file does not know workers and pools.
 */
import { InvalidStateError } from './errors.ts';
import { checkOptions } from './options/check-options.ts';
import { runIn } from './worker/ownership.ts';

/** What `runWithContext` gives to the function. */
export interface ContextOptions {
  /** Gets each value that the function reports. Default: the values are dropped. */
  report?: ((value: unknown) => void) | undefined;
  /** `context().signal`. Default: a signal that is never aborted. */
  signal?: AbortSignal | undefined;
  /** `context().workerData`. Default: `undefined`. */
  workerData?: unknown;
  /** `context().workerIndex`. Default: 0. */
  workerIndex?: number | undefined;
}

/**
 * Calls `fn` in the calling thread with a `context()`, and returns a promise of its result.
 *
 * `context().report` throws an InvalidStateError once the promise has settled, as it does when a task has ended.
 *
 * @param fn - The function. It takes no arguments: close over them.
 * @param options - What its context has. Default: none of it.
 * @returns The result of the function.
 * @throws TypeError (rejection) when `fn` is not a function, OptionsError (rejection) for bad options.
 * @throws The error of the function (rejection).
 *
 * @example
 * ```ts
 * import { runWithContext } from 'twinpool/testing';
 * import { context } from 'twinpool/worker';
 *
 * const countTo = (last: number): number => {
 *   for (let i = 1; i <= last; i++) context().report(i);
 *   return last;
 * };
 *
 * const reported: unknown[] = [];
 * console.log(await runWithContext(() => countTo(3), { report: (value) => reported.push(value) })); // 3
 * console.log(reported); // [ 1, 2, 3 ]
 * ```
 */
export async function runWithContext<R>(fn: () => R, options?: ContextOptions): Promise<Awaited<R>> {
  if (typeof fn !== 'function') throw new TypeError(`runWithContext: expected a function, got ${fn === null ? 'null' : `a ${typeof fn}`}`);
  const own = checkOptions(
    'runWithContext',
    options,
    ({ context }) => context,
    () => undefined,
  ) as ContextOptions;
  const { report, signal = new AbortController().signal, workerData, workerIndex = 0 } = own;
  let isOver = false;
  const context = {
    workerId: workerIndex + 1,
    workerIndex,
    workerName: `runWithContext_${workerIndex}`,
    kind: 'inline' as const,
    signal,
    workerData,
    report: (value: unknown): void => {
      if (isOver) throw new InvalidStateError('report() was called after the task had ended');
      report?.(value);
    },
  };
  try {
    return await runIn(context, fn);
  } finally {
    isOver = true;
  }
}
