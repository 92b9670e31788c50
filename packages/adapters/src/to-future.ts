/**
 * `toFuture`: the handle of a pool's call as a Future.
 *
 * Decides what a future's questions mean to a result. The view has no state of its own: every question is answered by the result, so that
 * the two cannot disagree, and whoever asks one has asked the other.
 *
 *   Future view --every question--> AsyncResult --> job         the result tells the view once: `#told`, for the done-callbacks
 */
import { inspect } from 'node:util';
import { InvalidStateError } from '@twinpool/core';
import { HANDLE, type HandleView } from '@twinpool/core/facade';
import { Future } from '@twinpool/executor';
import type { AsyncResult } from '@twinpool/pool';
import { futureOf, pair, viewOf } from './views.ts';

/**
 * The future of what `applyAsync`, `mapAsync` or `starmapAsync` returned: a second view of the same task. Both always agree, at every moment: what is
 * cancelled through one is cancelled, an error asked for through one was asked for. Asked again it gives the same future, and for the result
 * that `toAsyncResult` made, the future it was made of.
 *
 * The call's `callback` and `errorCallback` run first, and decide the outcome; then the done-callbacks run. `running()` of a map is whether
 * anything of it was handed to a worker. `setResult` and `setException` throw InvalidStateError: the pool settles it.
 *
 * Throws TypeError for what is no AsyncResult.
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
  const view = viewOf('toFuture', 'an AsyncResult', result, 'ready');
  return futureOf(result) ?? new ResultFuture(result, view);
}

class ResultFuture<R> extends Future<R> {
  static {
    const hidden = {
      [HANDLE](this: ResultFuture<unknown>): HandleView {
        return this.#view;
      },
      [inspect.custom](this: ResultFuture<unknown>): string {
        return `<Future of ${inspect(this.#result)}>`;
      },
    };
    Object.defineProperties(ResultFuture.prototype, Object.getOwnPropertyDescriptors(hidden));
  }

  readonly #result: AsyncResult<R>;
  readonly #view: HandleView;
  /** Done when the result is; its callbacks are the done-callbacks. */
  readonly #told = new Future<undefined>();

  constructor(result: AsyncResult<R>, view: HandleView) {
    super();
    this.#result = result;
    this.#view = view;
    pair(this, result);
    const tell = () => this.#told.setResult(undefined);
    if (view.isDone) tell();
    else view.onSettled(tell);
  }

  override cancel(): boolean {
    return this.#result.cancel() || this.cancelled();
  }

  override cancelled(): boolean {
    return this.#view.isDone && !this.#view.isFailed && !this.#result.successful();
  }

  override running(): boolean {
    return this.#view.isRunning;
  }

  override done(): boolean {
    return this.#view.isDone;
  }

  override result(timeout?: number | undefined): Promise<R> {
    return this.#result.get(timeout);
  }

  override async exception(timeout?: number | undefined): Promise<unknown> {
    const error = await this.#result.exception(timeout);
    if (this.cancelled()) throw error;
    return error;
  }

  override addDoneCallback(fn: (future: Future<R>) => void): void {
    if (typeof fn !== 'function') throw new TypeError(`addDoneCallback: expected a function, got ${inspect(fn, { depth: 0 })}`);
    this.#told.addDoneCallback(() => fn(this));
  }

  // biome-ignore lint/suspicious/noThenProperty: a future is a promise
  override then<T = R, E = never>(
    onFulfilled?: ((value: R) => T | PromiseLike<T>) | null | undefined,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined,
  ): Promise<T | E> {
    return this.#result.then(onFulfilled, onRejected);
  }

  override catch<E = never>(onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined): Promise<R | E> {
    return this.#result.catch(onRejected);
  }

  override finally(onFinally?: (() => void) | null | undefined): Promise<R> {
    return this.#result.finally(onFinally);
  }

  override setResult(_value: R): void {
    this.#refuse();
  }

  override setException(_error: unknown): void {
    this.#refuse();
  }

  override setRunningOrNotifyCancel(): boolean {
    return this.#refuse();
  }

  #refuse(): never {
    throw new InvalidStateError(`${inspect(this)}: it is settled by the pool, and by nobody else`);
  }
}
