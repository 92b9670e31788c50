/**
 * Future: `concurrent.futures.Future`. It gives the names of that API to the outcome of core's `Deferred`, which draws the states.
 *
 *   cancelled (`CANCELLED` in CPython) --setRunningOrNotifyCancel--> notified (`CANCELLED_AND_NOTIFIED`)          the state below is Deferred's
 *
 * The class has no state of its own: a future that is a view of another handle (`toFuture`) reads that one. It does not know what settles it: a task
 * (task-future.ts), or the code that made it by hand. Two thirds of this file are docstrings.
 */
import { inspect } from 'node:util';
import { InvalidStateError, TimeoutError } from '@twinpool/core';
import {
  addCallback,
  adviseFor,
  cancel,
  Deferred,
  DoneCallback,
  errorWithin,
  isFinal,
  markObserved,
  outcomeOf,
  promiseOf,
  type SettledState,
  scopeHere,
  setState,
  settle,
  sourceOf,
  stateOf,
  valueWithin,
} from '@twinpool/core/facade';
import { inspectAs, typeName } from './inspect-as.ts';

/** The outcome of a future that is done, as `outcome()` returns it. */
export type FutureOutcome<R> =
  | { readonly status: 'fulfilled'; readonly value: R }
  | { readonly status: 'rejected'; readonly reason: unknown }
  | { readonly status: 'cancelled' };

/** Declares the promise methods, which Future inherits from a class of core, so that editors name `Future.then`. */
export interface Future<R> {
  /**
   * Continues with the result or the error, as every promise does.
   *
   * @param onFulfilled - Called with the result.
   * @param onRejected - Called with the task's error, or the CancelledError.
   * @returns A promise of the value that the called function returns.
   */
  then<T = R, E = never>(
    onFulfilled?: ((value: R) => T | PromiseLike<T>) | null | undefined,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined,
  ): Promise<T | E>;
  /**
   * Continues with the error, as every promise does.
   *
   * @param onRejected - Called with the task's error, or the CancelledError.
   * @returns A promise of the result, or of the value that `onRejected` returns.
   */
  catch<E = never>(onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined): Promise<R | E>;
  /**
   * Continues after any outcome, as every promise does.
   *
   * @param onFinally - Called without an argument.
   * @returns A promise of the outcome.
   */
  finally(onFinally?: (() => void) | null | undefined): Promise<R>;
}

/**
 * The handle of a submitted task: `concurrent.futures.Future`. It is a promise too.
 *
 * `await future` returns the result. A failed future that your program does not await raises no `unhandledRejection`; a promise that `then` returns
 * does, as any promise. An `async` function cannot return a future: its caller gets the value. Put the future into an array or an object to return it.
 *
 * `submit` makes futures. The constructor, `setResult`, `setException` and `setRunningOrNotifyCancel` are for executors and tests.
 *
 * Price: about 240 bytes while it is pending.
 *
 * @see https://docs.python.org/3/library/concurrent.futures.html#future-objects
 *
 * @example
 * ```ts
 * import { ProcessPoolExecutor } from 'twinpool';
 *
 * await using executor = new ProcessPoolExecutor(2);
 * const future = executor.submit((x: number) => x ** 2, 9);
 * future.addDoneCallback(() => console.log('done'));
 * console.log(await future.result(5_000), future.done(), await future.exception()); // 81 true undefined
 * ```
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface declares what the class inherits
export class Future<R> extends Deferred<R> {
  static {
    adviseFor(Future.prototype, 'Future', 'await it first');
    inspectAs<Future<unknown>>(Future.prototype, 'Future', shown);
  }

  /**
   * Cancels the task unless it was handed to a worker.
   *
   * @returns `true` if and only if the task has not run and never will; also if it was cancelled before.
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.cancel
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor(1);
   * const future = executor.submit((x: number) => x + 1, 41);
   * console.log(future.cancel() === future.cancelled()); // true
   * ```
   */
  cancel(): boolean {
    return cancel(this) || this.cancelled();
  }

  /**
   * Checks whether the task was cancelled: by `cancel()`, by an aborted signal, or by a shutdown.
   *
   * @returns `true` when it was.
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.cancelled
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor(1);
   * const future = executor.submit((x: number) => x + 1, 41);
   * await future;
   * console.log(future.cancelled()); // false
   * ```
   */
  cancelled(): boolean {
    const state = stateOf(this);
    return state === 'cancelled' || state === 'notified';
  }

  /**
   * Checks whether the task was handed to a worker and has not ended. Such a task cannot be cancelled.
   *
   * @returns `true` while it runs.
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.running
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor(1);
   * const future = executor.submit((x: number) => x + 1, 41);
   * await future;
   * console.log(future.running()); // false
   * ```
   */
  running(): boolean {
    return stateOf(this) === 'running';
  }

  /**
   * Checks whether the future has its outcome: the task returned, threw, or was cancelled.
   *
   * @returns `true` when it has.
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.done
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor(1);
   * const future = executor.submit((x: number) => x + 1, 41);
   * await future;
   * console.log(future.done()); // true
   * ```
   */
  done(): boolean {
    return isFinal(stateOf(this));
  }

  /**
   * Waits for the result and returns it.
   *
   * @param timeout - Milliseconds to wait; 0 or less checks once. Default: no limit. After a TimeoutError the task goes on, and you may call `result`
   * again.
   * @returns The result.
   * @throws The task's error, the same object each time (rejection).
   * @throws CancelledError (rejection) when it was cancelled.
   * @throws TimeoutError (rejection) after `timeout`, RangeError (rejection) for `NaN`.
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.result
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor(1);
   * const future = executor.submit((x: number) => x + 1, 41);
   * console.log(await future.result(5_000)); // 42
   * ```
   */
  result(timeout?: number | undefined): Promise<R> {
    return timeout === undefined ? promiseOf(this) : valueWithin(this, timeout, lateError);
  }

  /**
   * Waits for the outcome and returns the task's error.
   *
   * @param timeout - Milliseconds to wait; 0 or less checks once. Default: no limit.
   * @returns The task's error, or `undefined` when the task returned.
   * @throws CancelledError (rejection) when it was cancelled.
   * @throws TimeoutError (rejection) after `timeout`, RangeError (rejection) for `NaN`.
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.exception
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor(1);
   * const future = executor.submit((x: number) => x + 1, 41);
   * console.log(await future.exception()); // undefined
   * ```
   */
  async exception(timeout?: number | undefined): Promise<unknown> {
    const error = await errorWithin(this, timeout, lateError);
    if (this.cancelled()) throw error;
    return error;
  }

  /**
   * Returns the result of a future that is done, without a promise: for done-callbacks, where Python calls `result()`.
   *
   * @returns The result.
   * @throws The task's error, CancelledError when it was cancelled, InvalidStateError when the future is not done.
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor(1);
   * executor.submit((x: number) => x + 1, 41).addDoneCallback((future) => console.log(future.resultNow())); // 42
   * ```
   */
  resultNow(): R {
    const outcome = outcomeNow(this, 'resultNow');
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  /**
   * Returns the task's error of a future that is done, without a promise.
   *
   * @returns The task's error, or `undefined` when the task returned.
   * @throws CancelledError when it was cancelled, InvalidStateError when the future is not done.
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor(1);
   * const future = executor.submit((x: number) => x + 1, 41);
   * await future;
   * console.log(future.exceptionNow()); // undefined
   * ```
   */
  exceptionNow(): unknown {
    const outcome = outcomeNow(this, 'exceptionNow');
    return outcome.status === 'rejected' ? outcome.reason : undefined;
  }

  /**
   * Returns the outcome in the form of `Promise.allSettled`, with a third status for a cancelled future.
   *
   * @returns The outcome; `undefined` while the future is not done.
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor(1);
   * const future = executor.submit((x: number) => x + 1, 41);
   * await future;
   * console.log(future.outcome()); // { status: 'fulfilled', value: 42 }
   * ```
   */
  outcome(): FutureOutcome<R> | undefined {
    const state = stateOf(this);
    if (!isFinal(state)) return undefined;
    if (state === 'returned') return { status: 'fulfilled', value: outcomeOf(this) as R };
    if (state !== 'raised') return { status: 'cancelled' };
    markObserved(this);
    return { status: 'rejected', reason: outcomeOf(this) };
  }

  /**
   * Adds a done-callback: `fn` is called with this future when it is done, before `await` goes on. If the future is already done, `fn` is called at once.
   *
   * Callbacks run in the order in which they were added, in the AsyncLocalStorage context of the code that added them. An error that a callback throws
   * or rejects with becomes a process warning, and has no other effect.
   *
   * @param fn - The callback. Its return value is ignored.
   * @returns Nothing.
   * @throws TypeError when `fn` is not a function.
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.add_done_callback
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor(1);
   * const future = executor.submit((x: number) => x + 1, 41);
   * future.addDoneCallback((done) => console.log(done.resultNow())); // 42
   * await future;
   * ```
   */
  addDoneCallback(fn: (future: Future<R>) => void): void {
    if (typeof fn !== 'function') throw new TypeError(`addDoneCallback: expected a function, got ${inspect(fn, { depth: 0 })}`);
    // Other code settles this future: the callback runs in the context in which it was added, as a callback of a promise does.
    const scope = this.done() ? undefined : scopeHere();
    addCallback(this, new DoneCallback(this, fn, scope));
  }

  /**
   * Settles the future with a result: for executors and tests.
   *
   * @param value - The result.
   * @returns Nothing.
   * @throws InvalidStateError when the future is done.
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.set_result
   *
   * @example
   * ```ts
   * import { Future } from 'twinpool';
   *
   * const future = new Future<number>();
   * future.setResult(42);
   * console.log(await future); // 42
   * ```
   */
  setResult(value: R): void {
    settleByHand(this, 'returned', value);
  }

  /**
   * Settles the future with an error: for executors and tests.
   *
   * @param error - The error, a value of any type.
   * @returns Nothing.
   * @throws InvalidStateError when the future is done.
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.set_exception
   *
   * @example
   * ```ts
   * import { Future } from 'twinpool';
   *
   * const future = new Future<number>();
   * future.setException(new Error('no'));
   * console.log(future.done()); // true
   * ```
   */
  setException(error: unknown): void {
    settleByHand(this, 'raised', error);
  }

  /**
   * Marks the future as running, before its task starts: for executors and tests.
   *
   * @returns `true` if the future is running now; `false` if it was cancelled before.
   * @throws InvalidStateError in any other state, also for a second call.
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Future.set_running_or_notify_cancel
   *
   * @example
   * ```ts
   * import { Future } from 'twinpool';
   *
   * const future = new Future<number>();
   * console.log(future.setRunningOrNotifyCancel(), future.running()); // true true
   * ```
   */
  setRunningOrNotifyCancel(): boolean {
    refuseView(this);
    const state = stateOf(this);
    if (state === 'pending') {
      setState(this, 'running');
      return true;
    }
    if (state !== 'cancelled') throw new InvalidStateError(`the future is in an unexpected state: ${inspect(this)}`);
    setState(this, 'notified');
    return false;
  }

  get [Symbol.toStringTag](): string {
    return 'Future';
  }
}

// Functions, not private methods: a class with private methods costs each of its instances a field.

function lateError(ms: number): TimeoutError {
  return new TimeoutError(`the future was not done within ${ms} ms; its task goes on`);
}

function outcomeNow<R>(future: Future<R>, what: string): Exclude<FutureOutcome<R>, { status: 'cancelled' }> {
  const outcome = future.outcome();
  if (outcome === undefined) throw new InvalidStateError(`${what}: the future is not done: ${inspect(future)}`);
  if (outcome.status === 'cancelled') throw outcomeOf(future);
  return outcome;
}

function settleByHand(future: Future<unknown>, state: SettledState, value: unknown): void {
  refuseView(future);
  const now = stateOf(future);
  if (isFinal(now)) {
    const name = { cancelled: 'CANCELLED', notified: 'CANCELLED_AND_NOTIFIED' }[now as string] ?? 'FINISHED';
    throw new InvalidStateError(`${name}: ${inspect(future)}`);
  }
  settle(future, state, value);
}

function refuseView(future: Future<unknown>): void {
  if (sourceOf(future) !== future) throw new InvalidStateError(`${inspect(future)}: only the pool settles it`);
}

/** The fields that `inspect` shows, as Python's `repr` has them. */
function shown(future: Future<unknown>): Record<string, string> {
  const state = stateOf(future);
  if (future.cancelled()) return { state: 'cancelled' };
  return isFinal(state) ? { state: 'finished', [state]: typeName(outcomeOf(future)) } : { state };
}
