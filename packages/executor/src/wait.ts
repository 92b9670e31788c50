/**
 * `wait`: waits until all of some futures are done, or the first of them, or the first failure.
 *
 *   notDone --settled--> done          until the condition of `returnWhen` holds, or the time is over
 *
 * Futures that get done before the caller goes on count too, because the answers of one message settle together. It does not know executors.
 */
import { inspect } from 'node:util';
import { Alarm, checkTimeout, type HandleView, systemClock } from '@twinpool/core/facade';
import type { Future } from './future.ts';
import { type ResultLike, viewsOf } from './handle-views.ts';
import { ownOptions } from './options.ts';

/** `wait` until all futures are done. */
export const ALL_COMPLETED = 'ALL_COMPLETED';
/** `wait` until one future is done. */
export const FIRST_COMPLETED = 'FIRST_COMPLETED';
/** `wait` until one future has failed, or all are done. */
export const FIRST_EXCEPTION = 'FIRST_EXCEPTION';
/** The condition that ends a `wait`. */
export type ReturnWhen = typeof ALL_COMPLETED | typeof FIRST_COMPLETED | typeof FIRST_EXCEPTION;
const CONDITIONS: readonly unknown[] = [ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION];

/** Options of `wait`. */
export interface WaitOptions {
  /** Milliseconds to wait; then the promise resolves with the futures that are done. 0 or less checks once. Default: no limit. */
  timeout?: number | undefined;
  /** The condition. A cancelled future is done and has not failed. Default: ALL_COMPLETED. */
  returnWhen?: ReturnWhen | undefined;
}

/** The result of `wait`: the given futures, in two sets. */
export interface DoneAndNotDone<F> {
  /** Futures that are done: first those that were done at the call, in the order given, then the others in the order in which they got done. */
  done: Set<F>;
  /** Futures that were not done when the wait ended. */
  notDone: Set<F>;
}

/**
 * Waits for futures of any executors and AsyncResults, mixed. Each counts once.
 *
 * It returns the same objects that it got, and does not reject because of their outcomes. Unlike in CPython, a cancelled future is done as soon as it
 * is cancelled.
 *
 * @param futures - Futures and AsyncResults.
 * @param options - `timeout`: milliseconds to wait. Default: no limit. `returnWhen`: the condition. Default: ALL_COMPLETED.
 * @returns The futures that are done, and the others.
 * @throws TypeError (rejection) for a value that is not a future, RangeError for a bad `timeout` or `returnWhen`, OptionsError for another option.
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
    // The listeners are removed here, not in `onSettled`: futures that settled together with the last one count.
    for (const undo of unsubscribe) undo();
  }
  return { done, notDone: new Set(notDone.keys()) };
}
