/**
 * `wait`: until all of some futures are done, or the first of them, or the first failure.
 *
 * Decides what ends the waiting. What else is done by the time the caller goes on counts too: the answers of one message settle together.
 */
import { inspect } from 'node:util';
import { Alarm, checkTimeout, type HandleView, systemClock } from '@twinpool/core/facade';
import type { Future } from './future.ts';
import { type ResultLike, viewsOf } from './handle.ts';
import { ownOptions } from './options.ts';

/** Lets `wait` until all are done. */
export const ALL_COMPLETED = 'ALL_COMPLETED';
/** Lets `wait` until one is done. */
export const FIRST_COMPLETED = 'FIRST_COMPLETED';
/** Lets `wait` until one has failed, or all are done. */
export const FIRST_EXCEPTION = 'FIRST_EXCEPTION';
/** What ends a `wait`. */
export type ReturnWhen = typeof ALL_COMPLETED | typeof FIRST_COMPLETED | typeof FIRST_EXCEPTION;
const CONDITIONS: readonly unknown[] = [ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION];

/** Options of `wait`. */
export interface WaitOptions {
  /** Milliseconds; when they are over the promise resolves with what is done. 0 or less: looks, and does not wait. */
  timeout?: number | undefined;
  /** Default ALL_COMPLETED. A cancelled future is done, and is no exception. */
  returnWhen?: ReturnWhen | undefined;
}

/** What `wait` gives: the futures it was given, in two sets. */
export interface DoneAndNotDone<F> {
  /** Those that were done at the call come first, in the order given; then the others, as they came. */
  done: Set<F>;
  /** Those that were not done when the waiting ended. */
  notDone: Set<F>;
}

/**
 * Waits for futures, of any executors, and AsyncResults, mixed; each counts once. Gives back the very objects it was given, and never
 * rejects because of what became of them.
 *
 * Unlike CPython: a cancelled future is done as soon as it is cancelled.
 *
 * @param futures - Futures and AsyncResults.
 * @param options - `timeout`: milliseconds, default none. `returnWhen`: default ALL_COMPLETED.
 * @returns Those that are done, and the others.
 * @throws TypeError (rejection) for what is not a future, RangeError for a bad `timeout` or `returnWhen`, OptionsError for another option.
 * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.wait
 *
 * @example
 * ```ts
 * import { FIRST_COMPLETED, ThreadPoolExecutor, wait } from 'twinpool';
 *
 * await using executor = new ThreadPoolExecutor(2);
 * const futures = [1, 2, 3].map((n) => executor.submit((x: number) => x * 2, n));
 * const { done, notDone } = await wait(futures, { returnWhen: FIRST_COMPLETED, timeout: 5_000 });
 * console.log(done.size + notDone.size); // 3
 * ```
 */
export async function wait<F extends Future<unknown> | ResultLike>(
  futures: Iterable<F>,
  options?: WaitOptions,
): Promise<DoneAndNotDone<F>> {
  const { timeout, returnWhen = ALL_COMPLETED } = ownOptions('wait', options, ['timeout', 'returnWhen']);
  const limit = checkTimeout(timeout);
  if (!CONDITIONS.includes(returnWhen)) {
    throw new RangeError(`wait: returnWhen: expected ${CONDITIONS.join(', ')}, got ${inspect(returnWhen, { depth: 0 })}`);
  }
  const done = new Set<F>();
  const notDone = new Map<F, HandleView>();
  let hasFailed = false;
  for (const [future, view] of viewsOf('wait', futures)) {
    if (!view.isDone) notDone.set(future, view);
    else {
      done.add(future);
      hasFailed ||= view.isFailed;
    }
  }
  const isOver = () =>
    notDone.size === 0 || (returnWhen === FIRST_COMPLETED && done.size > 0) || (returnWhen === FIRST_EXCEPTION && hasFailed);
  if (!isOver() && limit > 0) {
    const unsubscribe: (() => void)[] = [];
    await new Promise<void>((resolve) => {
      const alarm = new Alarm(systemClock, resolve, { keepsAlive: true });
      unsubscribe.push(() => alarm.stop());
      alarm.set(limit);
      for (const [future, view] of notDone) {
        const onSettled = () => {
          notDone.delete(future);
          done.add(future);
          hasFailed ||= view.isFailed;
          if (isOver()) resolve();
        };
        unsubscribe.push(view.onSettled(onSettled));
      }
    });
    // Only now: what settled together with the last one has been counted.
    for (const undo of unsubscribe) undo();
  }
  return { done, notDone: new Set(notDone.keys()) };
}
