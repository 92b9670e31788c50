/**
 * `toAsyncResult`: makes the handle of a pool's call from a Future.
 *
 *   AsyncResult (a view) --#source--> Deferred <-- Future        core's Deferred has the outcome; both classes only name its operations
 *
 * It does not know how the task runs.
 */
import { inspect } from 'node:util';
import { NotReadyError, TimeoutError } from '@twinpool/core';
import {
  adviseFor,
  cancel,
  Deferred,
  defineInspect,
  errorWithin,
  follow,
  handledPromiseOf,
  isDoneWithin,
  isFinal,
  markHandled,
  markObserved,
  sourceOf,
  stateOf,
  valueWithin,
} from '@twinpool/core/facade';
import type { Future } from '@twinpool/executor';
import type { AsyncResult } from '@twinpool/pool';
import { deferredOf, pair, resultOf } from './handle-pairs.ts';

/**
 * Returns an AsyncResult for a future: a second handle of the same task.
 *
 * Both handles have the same state at every moment. A `cancel()` of one cancels the task for both, and an error that you read from one counts as read.
 * A second call returns the same result. For a future that `toFuture` made, it returns the original result.
 *
 * A cancelled task was not successful, and `exception()` resolves with its CancelledError.
 *
 * @param future - The future that `submit` returned, or another one.
 * @returns The AsyncResult.
 * @throws TypeError for a value that is not a Future.
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.AsyncResult
 *
 * @example
 * ```ts
 * import { ProcessPoolExecutor, toAsyncResult } from 'twinpool';
 *
 * await using executor = new ProcessPoolExecutor(2);
 * const result = toAsyncResult(executor.submit((x: number) => x ** 2, 9));
 * await result.wait(5_000);
 * console.log(result.successful(), await result.get()); // true 81
 * ```
 */
export function toAsyncResult<R>(future: Future<R>): AsyncResult<R> {
  const source = deferredOf('toAsyncResult', 'a Future', future, 'addDoneCallback');
  return resultOf(future) ?? new FutureResult(future, source);
}

class FutureResult<R> extends Deferred<R> implements AsyncResult<R> {
  static {
    defineInspect(FutureResult.prototype, (result) => `<AsyncResult of ${inspect(sourceOf(result))}>`);
    adviseFor(FutureResult.prototype, 'AsyncResult', 'await it, and send its value');
  }

  constructor(future: Future<R>, source: Deferred<unknown>) {
    super();
    follow(this, source);
    pair(future, this);
  }

  get [Symbol.toStringTag](): string {
    return 'AsyncResult';
  }

  get(timeout?: number): Promise<R> {
    return timeout === undefined ? handledPromiseOf(this) : markHandled(valueWithin(this, timeout, lateError));
  }

  wait(timeout?: number): Promise<void> {
    return markHandled(isDoneWithin(this, timeout).then(() => undefined));
  }

  ready(): boolean {
    return isFinal(stateOf(this));
  }

  successful(): boolean {
    if (!this.ready()) throw new NotReadyError('the result is not ready: await it, or call ready() first');
    // The program learns here that the call failed.
    markObserved(this);
    return stateOf(this) === 'returned';
  }

  exception(timeout?: number): Promise<unknown> {
    return markHandled(errorWithin(this, timeout, lateError));
  }

  /** Returns whether this call cancelled the task. A future also returns `true` if an earlier call cancelled it. */
  cancel(): boolean {
    return cancel(this);
  }
}

function lateError(ms: number): TimeoutError {
  return new TimeoutError(`the result was not ready after ${ms} ms; its task goes on, and you may call get() again`);
}
