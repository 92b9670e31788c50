/**
 * `toFuture`: the handle of a pool's call as a Future.
 *
 *   Future view --#source--> Deferred <-- AsyncResult        core's Deferred holds the one outcome; both classes only name its questions
 */
import { inspect } from 'node:util';
import { type Deferred, follow, sourceOf } from '@twinpool/core/facade';
import { Future } from '@twinpool/executor';
import type { AsyncResult } from '@twinpool/pool';
import { deferredOf, futureOf, pair } from './views.ts';

/**
 * The future of what `applyAsync`, `mapAsync` or `starmapAsync` returned: a second view of the same task. Both always agree, at every moment: what is
 * cancelled through one is cancelled, an error asked for through one was asked for. Asked again it gives the same future, and for the result
 * that `toAsyncResult` made, the future it was made of.
 *
 * The call's `callback` and `errorCallback` run first, and decide the outcome; then the done-callbacks run. `running()` of a map is whether
 * anything of it was handed to a worker. `setResult` and `setException` throw InvalidStateError: the pool settles it.
 *
 * @param result - What `applyAsync`, `mapAsync` or `starmapAsync` returned.
 * @returns The future.
 * @throws TypeError for what is not an AsyncResult.
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
    const hidden = {
      [inspect.custom](this: ResultFuture<unknown>): string {
        return `<Future of ${inspect(sourceOf(this))}>`;
      },
    };
    Object.defineProperties(ResultFuture.prototype, Object.getOwnPropertyDescriptors(hidden));
  }

  constructor(result: AsyncResult<R>, source: Deferred<unknown>) {
    super();
    follow(this, source);
    pair(this, result);
  }
}
