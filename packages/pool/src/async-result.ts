/**
 * AsyncResult: the handle of `applyAsync`, `mapAsync` and `starmapAsync`; `multiprocessing`'s names for the one outcome of core's `Deferred`.
 *
 * Runs the callbacks of the call before it settles the Deferred: inside them the result is not ready, and an error of one becomes the
 * outcome. Keeps no other state.
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
import { inspectedAs } from './inspected.ts';
import type { MapListener } from './maps.ts';
import { asPoolError } from './maybe-encoding-error.ts';

/**
 * A result that may not be there yet, as Python's `AsyncResult`. `await` it, or ask with a time limit.
 *
 * Timeouts are milliseconds: `undefined` and `Infinity` mean none, 0 or less looks at once, `NaN` is a RangeError. A failure that is
 * never asked for raises no `unhandledRejection`.
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
   * The result, as soon as there is one.
   *
   * @param timeout - Milliseconds to wait; 0 or less looks at once. Default: none. Afterwards the task goes on, and a later `get` can succeed.
   * @returns The result.
   * @throws The task's error (rejection).
   * @throws TimeoutError (rejection) after `timeout`; RangeError for `NaN`.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.AsyncResult.get
   */
  get(timeout?: number): Promise<R>;
  /**
   * Waits until the result is ready or the time is over. It never rejects because of the task.
   *
   * @param timeout - Milliseconds to wait. Default: none.
   * @returns Nothing.
   * @throws RangeError (rejection) for `NaN`.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.AsyncResult.wait
   */
  wait(timeout?: number): Promise<void>;
  /**
   * Tells whether there is a result or an error. `false` inside the callbacks.
   *
   * @returns `true` when there is.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.AsyncResult.ready
   */
  ready(): boolean;
  /**
   * Tells whether the task succeeded.
   *
   * @returns `true` for a result, `false` for an error.
   * @throws NotReadyError before there is either.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.AsyncResult.successful
   */
  successful(): boolean;
  /**
   * The task's error, as soon as the task has ended.
   *
   * @param timeout - Milliseconds to wait. Default: none.
   * @returns The error; `undefined` when the task succeeded.
   * @throws TimeoutError (rejection) after `timeout`; RangeError for `NaN`.
   */
  exception(timeout?: number): Promise<unknown>;
  /**
   * Cancels the call unless some of it was handed to a worker.
   *
   * @returns `true` if nothing of it was handed over; then nothing of it ever runs, and it fails with CancelledError.
   */
  cancel(): boolean;
}

/** The class behind AsyncResult. It becomes live by `start`. */
export class PoolResult<R> extends Deferred<R> implements AsyncResult<R>, MapListener {
  static {
    inspectedAs(PoolResult.prototype, (result, options) => {
      const state = stateOf(result);
      if (!isFinal(state)) return '<AsyncResult state=pending>';
      if (state === 'returned') return '<AsyncResult state=successful>';
      return `<AsyncResult state=failed error=${inspect(outcomeOf(result), { ...options, depth: -1 })}>`;
    });
    adviseFor(PoolResult.prototype, 'AsyncResult', 'await it, and send its value');
  }

  #callbacks: BoundCallbacks | undefined;
  /** The call that makes this object has not returned. */
  #isStarting = false;

  constructor(owner: DeferredOwner, callbacks: Callbacks<unknown> | undefined) {
    super();
    setOwner(this, owner);
    this.#callbacks = callbacks && new BoundCallbacks(callbacks, owner);
    // The callback gets the error.
    if (callbacks?.errorCallback !== undefined) markObserved(this);
  }

  get [Symbol.toStringTag](): string {
    return 'AsyncResult';
  }

  /** `submit` hands the job over; the job tells `jobSettled`, maybe at once. */
  start(job: DeferredJob, submit: () => void): this {
    setJob(this, job);
    this.#isStarting = true;
    submit();
    this.#isStarting = false;
    return this;
  }

  jobSettled(ok: boolean, value: unknown): void {
    // A callback may use the handle, which the caller has only once the call has returned.
    // In another turn: a callback that calls again what is refused at once lets the workers go on.
    if (this.#isStarting && this.#callbacks !== undefined) afterTurn(() => PoolResult.#settle(this, ok, value));
    else PoolResult.#settle(this, ok, value);
  }

  /** As in Python no callback is called then. */
  inputWasEmpty(): void {
    this.#callbacks = undefined;
    settle(this, 'returned', []);
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

  cancel(): boolean {
    return cancel(this);
  }

  /** Static, as all that is private here is no instance's method: a class with such a method costs each of its instances a field. */
  static #settle(result: PoolResult<unknown>, ok: boolean, value: unknown): void {
    const callbacks = result.#callbacks;
    result.#callbacks = undefined;
    const ending = settledStateOf(ok, value);
    if (callbacks === undefined) {
      settle(result, ending, ok ? value : asPoolError(value));
      return;
    }
    const outcome = callbacks.run(ok, value);
    // Unless it is the error that the errorCallback was given.
    const isThrown = outcome.ok !== ok || !Object.is(outcome.value, value);
    settle(result, isThrown && !outcome.ok ? 'raised' : ending, outcome.value);
  }
}

function lateError(ms: number): TimeoutError {
  return new TimeoutError(`the result was not ready after ${ms} ms; its tasks go on, and you may call get() again`);
}
