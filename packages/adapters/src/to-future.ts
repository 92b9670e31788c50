/**
 * `toFuture`: makes a Future from the handle of a pool's call.
 *
 *   Future (a view) --#source--> Deferred <-- AsyncResult        core's Deferred has the outcome; both classes only name its operations
 *
 * It does not know how the task runs.
 */
import { inspect } from 'node:util';
import { type Deferred, defineInspect, follow, sourceOf } from '@twinpool/core/facade';
import { Future } from '@twinpool/executor';
import type { AsyncResult } from '@twinpool/pool';
import { deferredOf, futureOf, pair } from './handle-pairs.ts';

/**
 * Returns a future for the handle of a pool's call: a second handle of the same task.
 *
 * Both handles have the same state at every moment. A `cancel()` of one cancels the task for both, and an error that you read from one counts as read.
 * A second call returns the same future. For a result that `toAsyncResult` made, it returns the original future.
 *
 * The call's `callback` and `errorCallback` run first and may replace the outcome; then the done-callbacks run. `running()` of a map is `true` when a task
 * of it was handed to a worker. `setResult` and `setException` throw InvalidStateError, because the pool settles the future.
 *
 * @param result - The handle that `applyAsync`, `mapAsync` or `starmapAsync` returned.
 * @returns The future.
 * @throws TypeError for a value that is not an AsyncResult.
 * @see https://docs.python.org/3/library/concurrent.futures.html#future-objects
 *
 * @example
 * ```ts
 * import { Pool, toFuture } from 'twinpool';
 *
 * await using pool = new Pool(2);
 * const result = pool.applyAsync((x: number) => x ** 2, [9]);
 * const future = toFuture(result);
 * future.addDoneCallback(() => console.log(future.done(), result.ready())); // true true
 * console.log(await future.result(5_000), await result.get()); // 81 81
 * ```
 */
export function toFuture<R>(result: AsyncResult<R>): Future<R> {
  const source = deferredOf('toFuture', 'an AsyncResult', result, 'ready');
  return futureOf(result) ?? new ResultFuture(result, source);
}

class ResultFuture<R> extends Future<R> {
  static {
    defineInspect(ResultFuture.prototype, (future) => `<Future of ${inspect(sourceOf(future))}>`);
  }

  constructor(result: AsyncResult<R>, source: Deferred<unknown>) {
    super();
    follow(this, source);
    pair(this, result);
  }
}
