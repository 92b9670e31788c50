/**
 * AsyncResult: the handle of `applyAsync`, `mapAsync` and `starmapAsync`. It gives `multiprocessing`'s names to the outcome of core's `Deferred`.
 *
 *   job --jobSettled--> callbacks of the call --outcome--> settle (Deferred)        inside the callbacks the result is not ready
 *
 * Invariant: an error that a callback throws becomes the outcome. The class has no other state than the callbacks. It does not know the kinds of
 * jobs.
 */
import { inspect } from 'node:util';
import { NotReadyError, TimeoutError } from '@twinpool/core';
import {
  adviseFor,
  afterTurn,
  cancel,
  Deferred,
  type DeferredJob,
  type DeferredOwner,
  defineInspect,
  errorWithin,
  handledPromiseOf,
  isDoneWithin,
  isFinal,
  markHandled,
  markObserved,
  outcomeOf,
  setJob,
  setOwner,
  settle,
  settledStateOf,
  stateOf,
  valueWithin,
} from '@twinpool/core/facade';
import { BoundCallbacks, type Callbacks } from './callbacks.ts';
import type { MapListener } from './map-call.ts';
import { asPoolError } from './maybe-encoding-error.ts';

/**
 * The handle of a result that may not be there yet, as Python's `AsyncResult`. `await` it, or wait for it with a time limit.
 *
 * Timeouts are milliseconds. `undefined` and `Infinity` mean no limit; 0 or less checks once, without a wait. A failure that your program does not
 * read raises no `unhandledRejection`.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.AsyncResult
 *
 * @example
 * ```ts
 * import { ThreadPool } from 'twinpool';
 *
 * await using pool = new ThreadPool(1);
 * const result = pool.applyAsync((x: number) => x * x, [7]);
 * console.log(result.ready(), await result, result.ready()); // false 49 true
 * ```
 */
export interface AsyncResult<R> extends Promise<R> {
  /**
   * Waits for the result and returns it.
   *
   * @param timeout - Milliseconds to wait; 0 or less checks once. Default: no limit. After a TimeoutError the task goes on, and a later `get` can
   * succeed.
   * @returns The result.
   * @throws The task's error (rejection).
   * @throws TimeoutError (rejection) after `timeout`, RangeError (rejection) for `NaN`.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.AsyncResult.get
   */
  get(timeout?: number): Promise<R>;
  /**
   * Waits until the result is ready or the time is over. It never rejects because of the task.
   *
   * @param timeout - Milliseconds to wait; 0 or less checks once. Default: no limit.
   * @returns Nothing.
   * @throws RangeError (rejection) for `NaN`.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.AsyncResult.wait
   */
  wait(timeout?: number): Promise<void>;
  /**
   * Checks whether the task has ended, with a result or an error. It has not, inside the callbacks of the call.
   *
   * @returns `true` when the task has ended.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.AsyncResult.ready
   */
  ready(): boolean;
  /**
   * Checks whether the task succeeded.
   *
   * @returns `true` for a result, `false` for an error.
   * @throws NotReadyError while the task has not ended.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.AsyncResult.successful
   */
  successful(): boolean;
  /**
   * Waits until the task has ended and returns its error. Python has it in `concurrent.futures` only.
   *
   * @param timeout - Milliseconds to wait; 0 or less checks once. Default: no limit.
   * @returns The error; `undefined` when the task succeeded.
   * @throws TimeoutError (rejection) after `timeout`, RangeError (rejection) for `NaN`.
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.exception
   */
  exception(timeout?: number): Promise<unknown>;
  /**
   * Cancels the call unless a task of it was handed to a worker. Python has it in `concurrent.futures` only.
   *
   * @returns `true` if no task of it was handed over: then none ever runs, and the call fails with CancelledError.
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.cancel
   */
  cancel(): boolean;
}

/** The class behind AsyncResult. `begin` gives it its job. */
export class PoolResult<R> extends Deferred<R> implements AsyncResult<R>, MapListener {
  static {
    defineInspect(PoolResult.prototype, (result, options) => {
      const state = stateOf(result);
      if (!isFinal(state)) return '<AsyncResult state=pending>';
      if (state === 'returned') return '<AsyncResult state=successful>';
      return `<AsyncResult state=failed error=${inspect(outcomeOf(result), { ...options, depth: -1 })}>`;
    });
    adviseFor(PoolResult.prototype, 'AsyncResult', 'await it, and send its value');
  }

  #callbacks: BoundCallbacks | undefined;
  /** The method that makes this object has not returned. */
  #isStarting = false;

  constructor(owner: DeferredOwner, callbacks: Callbacks<unknown> | undefined) {
    super();
    setOwner(this, owner);
    this.#callbacks = callbacks && new BoundCallbacks(callbacks, owner);
    // The error is observed: the callback gets it.
    if (callbacks?.errorCallback !== undefined) markObserved(this);
  }

  get [Symbol.toStringTag](): string {
    return 'AsyncResult';
  }

  /** The caller submits this job now, and calls `begun` when it has. The job calls `jobSettled`, maybe at once. */
  begin(job: DeferredJob): void {
    setJob(this, job);
    this.#isStarting = true;
  }

  begun(): void {
    this.#isStarting = false;
  }

  jobSettled(ok: boolean, value: unknown): void {
    // A callback may use the handle, which the caller has only after the call has returned. The callback runs in a later turn of the event loop:
    // if it repeats a call that is refused at once, messages of workers are still read.
    if (this.#isStarting && this.#callbacks !== undefined) afterTurn(() => PoolResult.#settle(this, ok, value));
    else PoolResult.#settle(this, ok, value);
  }

  /** No callback is called, as in Python. */
  inputWasEmpty(results: object): void {
    this.#callbacks = undefined;
    settle(this, 'returned', results);
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

  cancel(): boolean {
    return cancel(this);
  }

  /** Static: a private method of instances would cost each instance a field. */
  static #settle(result: PoolResult<unknown>, ok: boolean, value: unknown): void {
    const callbacks = result.#callbacks;
    result.#callbacks = undefined;
    const state = settledStateOf(ok, value);
    if (callbacks === undefined) {
      settle(result, state, ok ? value : asPoolError(value));
      return;
    }
    const outcome = callbacks.run(ok, value);
    // A callback threw, and not the error that the errorCallback got.
    const isThrown = outcome.ok !== ok || !Object.is(outcome.value, value);
    settle(result, isThrown && !outcome.ok ? 'raised' : state, outcome.value);
  }
}

function lateError(ms: number): TimeoutError {
  return new TimeoutError(`the result was not ready after ${ms} ms; its tasks go on, and you may call get() again`);
}
