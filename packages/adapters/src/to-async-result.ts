/**
 * `toAsyncResult`: a Future as the handle of a pool's call.
 *
 *   AsyncResult view --#source--> Deferred <-- Future        core's Deferred holds the one outcome; both classes only name its questions
 */
import { inspect } from 'node:util';
import { NotReadyError, TimeoutError } from '@twinpool/core';
import {
  adviseFor,
  cancel,
  Deferred,
  errorWithin,
  follow,
  handledPromiseOf,
  isDoneWithin,
  isFinal,
  markHandled,
  sourceOf,
  stateOf,
  valueWithin,
} from '@twinpool/core/facade';
import type { Future } from '@twinpool/executor';
import type { AsyncResult } from '@twinpool/pool';
import { deferredOf, pair, resultOf } from './views.ts';

/**
 * The AsyncResult of what `submit` returned, or of any other future: a second view of the same task. Both always agree, at every moment: what is
 * cancelled through one is cancelled, an error asked for through one was asked for. Asked again it gives the same result, and for the
 * future that `toFuture` made, the result it was made of.
 *
 * A cancelled one has not been successful, and its `exception()` is the CancelledError.
 *
 * @param future - What `submit` returned, or any other future.
 * @returns The AsyncResult.
 * @throws TypeError for what is not a Future.
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
    const hidden = {
      [inspect.custom](this: FutureResult<unknown>): string {
        return `<AsyncResult of ${inspect(sourceOf(this))}>`;
      },
    };
    Object.defineProperties(FutureResult.prototype, Object.getOwnPropertyDescriptors(hidden));
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
    if (!this.ready()) throw new NotReadyError('the result is not ready: await it, or ask ready() first');
    return stateOf(this) === 'returned';
  }

  exception(timeout?: number): Promise<unknown> {
    return markHandled(errorWithin(this, timeout, lateError));
  }

  /** Unlike a future, which goes on to say `true`, it answers whether this call cancelled it. */
  cancel(): boolean {
    return cancel(this);
  }
}

function lateError(ms: number): TimeoutError {
  return new TimeoutError(`the result was not ready after ${ms} ms; its task goes on, and you may call get() again`);
}
