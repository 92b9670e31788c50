/**
 * `toAsyncResult`: a Future as the handle of a pool's call.
 *
 * Decides what a result's questions mean to a future. The view has no state of its own: every question is answered by the future, so that the
 * two cannot disagree, and whoever asks one has asked the other.
 */
import { inspect } from 'node:util';
import { NotReadyError, TimeoutError } from '@twinpool/core';
import { HANDLE, type HandleView } from '@twinpool/core/facade';
import { type Future, wait } from '@twinpool/executor';
import type { AsyncResult } from '@twinpool/pool';
import { pair, resultOf, viewOf } from './views.ts';

/**
 * The AsyncResult of what `submit` returned, or of any other future: a second view of the same task. Both always agree, at every moment: what is
 * cancelled through one is cancelled, an error asked for through one was asked for. Asked again it gives the same result, and for the
 * future that `toFuture` made, the result it was made of.
 *
 * A cancelled one has not been successful, and its `exception()` is the CancelledError.
 *
 * Throws TypeError for what is no Future.
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
  const view = viewOf('toAsyncResult', 'a Future', future, 'addDoneCallback');
  return resultOf(future) ?? new FutureResult(future, view);
}

class FutureResult<R> implements AsyncResult<R> {
  static {
    const hidden = {
      [HANDLE](this: FutureResult<unknown>): HandleView {
        return this.#view;
      },
      [inspect.custom](this: FutureResult<unknown>): string {
        return `<AsyncResult of ${inspect(this.#future)}>`;
      },
    };
    Object.defineProperties(FutureResult.prototype, Object.getOwnPropertyDescriptors(hidden));
  }

  readonly #future: Future<R>;
  readonly #view: HandleView;

  constructor(future: Future<R>, view: HandleView) {
    this.#future = future;
    this.#view = view;
    pair(future, this);
  }

  get [Symbol.toStringTag](): string {
    return 'AsyncResult';
  }

  get(timeout?: number): Promise<R> {
    return quiet(this.#future.result(timeout));
  }

  wait(timeout?: number): Promise<void> {
    return quiet(this.#isReadyIn(timeout).then(() => undefined));
  }

  ready(): boolean {
    return this.#view.isDone;
  }

  successful(): boolean {
    if (!this.#view.isDone) throw new NotReadyError('the result is not ready: await it, or ask ready() first');
    return !this.#view.isFailed && !this.#future.cancelled();
  }

  exception(timeout?: number): Promise<unknown> {
    return quiet(this.#exception(timeout));
  }

  /** Unlike a future, which goes on to say `true`, it answers whether this call cancelled it. */
  cancel(): boolean {
    return !this.#view.isDone && this.#future.cancel();
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  then<T = R, E = never>(
    onFulfilled?: ((value: R) => T | PromiseLike<T>) | null | undefined,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined,
  ): Promise<T | E> {
    return this.#future.then(onFulfilled, onRejected);
  }

  catch<E = never>(onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined): Promise<R | E> {
    return this.#future.catch(onRejected);
  }

  finally(onFinally?: (() => void) | null | undefined): Promise<R> {
    return this.#future.finally(onFinally);
  }

  /** Asks nothing of the outcome: an error stays unobserved. */
  async #isReadyIn(timeout: number | undefined): Promise<boolean> {
    const { done } = await wait([this.#future], { timeout });
    return done.size > 0;
  }

  async #exception(timeout: number | undefined): Promise<unknown> {
    if (!(await this.#isReadyIn(timeout))) throw new TimeoutError(`the result was not ready after ${Math.max(0, timeout ?? 0)} ms`);
    return this.#future.then(
      () => undefined,
      (error: unknown) => error,
    );
  }
}

/** A rejection of it that nobody handles is nobody's: the error waits in the result. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
