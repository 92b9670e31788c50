/**
 * Future: `concurrent.futures.Future`, the names that an executor's user has for the one outcome of core's `Deferred`.
 *
 * Says which of the two cancelled states, `CANCELLED` and `CANCELLED_AND_NOTIFIED` in CPython, `set…` accepts, and what the errors of time
 * limits say. Keeps no state: a future that is a view of another handle (`toFuture`) answers from that one. It does not know what settles it: a
 * task (task-future.ts), or code that made it by hand.
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
import { shownAs, typeName } from './shown.ts';

/** The outcome of a future that is done, as `outcome()` gives it. */
export type FutureOutcome<R> =
  | { readonly status: 'fulfilled'; readonly value: R }
  | { readonly status: 'rejected'; readonly reason: unknown }
  | { readonly status: 'cancelled' };

/** The methods of a promise, which Future has from a class of core, by the name that users know. */
export interface Future<R> {
  /**
   * Continues with the result or the error, as every promise does.
   *
   * @param onFulfilled - Gets the result.
   * @param onRejected - Gets what the task threw, or the CancelledError.
   * @returns A promise of what the called one returns.
   */
  then<T = R, E = never>(
    onFulfilled?: ((value: R) => T | PromiseLike<T>) | null | undefined,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined,
  ): Promise<T | E>;
  /**
   * Continues with the error, as every promise does.
   *
   * @param onRejected - Gets what the task threw, or the CancelledError.
   * @returns A promise of the result, or of what `onRejected` returns.
   */
  catch<E = never>(onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined): Promise<R | E>;
  /**
   * Continues whatever the outcome is, as every promise does.
   *
   * @param onFinally - Called without an argument.
   * @returns A promise of the outcome.
   */
  finally(onFinally?: (() => void) | null | undefined): Promise<R>;
}

/**
 * The outcome of a task that was submitted: `concurrent.futures.Future`, and a promise too.
 *
 * `await future` gives the result. A failed future that is never awaited raises no `unhandledRejection`; what `then` returns behaves as any promise does.
 * Returned from an `async` function, or awaited in passing, a future becomes its value, as every promise does: put it into an array or an
 * object to hand it on.
 *
 * The constructor, `setResult`, `setException` and `setRunningOrNotifyCancel` are for executors and tests; `submit` makes futures.
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
    shownAs<Future<unknown>>(Future.prototype, 'Future', shown);
  }

  /**
   * Cancels the task unless it was handed to a worker.
   *
   * @returns `true` if and only if the task never ran and never will, also when it was cancelled before.
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
   * Tells whether the task was cancelled: by `cancel()`, by an aborted signal, or by a shutdown.
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
   * Tells whether the task was handed to a worker and has not ended; then it cannot be cancelled.
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
   * Tells whether there is an outcome: the task returned, raised, or was cancelled.
   *
   * @returns `true` when there is.
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
   * The result, as soon as there is one.
   *
   * @param timeout - Milliseconds to wait; 0 or less looks at once. Default: none. Afterwards the task goes on, and you may ask again.
   * @returns The result.
   * @throws What the task threw, the same object each time (rejection).
   * @throws CancelledError (rejection) when it was cancelled.
   * @throws TimeoutError (rejection) after `timeout`; RangeError for `NaN`.
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
   * What the task threw, as soon as there is an outcome.
   *
   * @param timeout - Milliseconds to wait; 0 or less looks at once. Default: none.
   * @returns What the task threw, or `undefined` when it returned.
   * @throws CancelledError (rejection) when it was cancelled.
   * @throws TimeoutError (rejection) after `timeout`; RangeError for `NaN`.
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
   * The result of a future that is done, at once: for done-callbacks, where Python's `result()` returns.
   *
   * @returns The result.
   * @throws What the task threw, CancelledError when it was cancelled, InvalidStateError when the future is not done.
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
   * What the task threw, at once.
   *
   * @returns What the task threw, or `undefined` when it returned.
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
   * How the task ended, in the form of `Promise.allSettled`, with a status for cancelled ones.
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
   * Calls `fn` with this future when it is done, before `await` goes on; at once, and synchronously, when it is done already.
   *
   * Callbacks run in the order in which they were added, in the AsyncLocalStorage context of the code that added them. What one throws, or
   * an `async` one rejects with, becomes a process warning and harms nothing else.
   *
   * @param fn - The callback.
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
    // What settles this future belongs to other code: the callback runs where it was added, as a promise's would.
    const scope = this.done() ? undefined : scopeHere();
    addCallback(this, new DoneCallback(this, fn, scope));
  }

  /**
   * Gives the future its result: for executors and tests.
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
   * Lets the future fail: for executors and tests.
   *
   * @param error - What was thrown, of any type.
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
   * Says that the task is about to start: for executors and tests.
   *
   * @returns `true`, and the future is running; or `false` when it was cancelled meanwhile.
   * @throws InvalidStateError in any other state, also when it is called twice.
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

/** As Python shows it, in Node's form. */
function shown(future: Future<unknown>): Record<string, string> {
  const state = stateOf(future);
  if (future.cancelled()) return { state: 'cancelled' };
  return isFinal(state) ? { state: 'finished', [state]: typeName(outcomeOf(future)) } : { state };
}
