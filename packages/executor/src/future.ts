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
  ask,
  cancel,
  checkTimeout,
  Deferred,
  DoneCallback,
  isDoneWithin,
  isFinal,
  observe,
  outcomeOf,
  type Settled,
  scopeHere,
  setState,
  settle,
  sourceOf,
  stateOf,
} from '@twinpool/core/facade';
import { shownAs, typeName } from './shown.ts';

/** The outcome of a future that is done. */
export type FutureOutcome<R> =
  | { readonly status: 'fulfilled'; readonly value: R }
  | { readonly status: 'rejected'; readonly reason: unknown }
  | { readonly status: 'cancelled' };

/**
 * The outcome of a task that was submitted: `concurrent.futures.Future`, which is a promise too.
 *
 * `await future` gives the result. A failed future that nobody awaits is silent; what `then` returns behaves as any promise does.
 * Returned from an `async` function, or awaited in passing, a future becomes its value, as every promise does: put it into an array or an
 * object to hand it on.
 *
 * The constructor, `setResult`, `setException` and `setRunningOrNotifyCancel` are for executors and tests; `submit` makes futures.
 *
 * Source: https://docs.python.org/3/library/concurrent.futures.html#future-objects
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
export class Future<R> extends Deferred<R> {
  static {
    adviseFor(Future.prototype, 'Future', 'await it first');
    shownAs<Future<unknown>>(Future.prototype, 'Future', shown);
  }

  /** Cancels the task unless it was handed to a worker: `true` if and only if it never ran and never will (also when asked again). */
  cancel(): boolean {
    return cancel(this) || this.cancelled();
  }

  /** Whether it was cancelled: by `cancel()`, by an aborted signal, or by a shutdown. */
  cancelled(): boolean {
    const state = stateOf(this);
    return state === 'cancelled' || state === 'notified';
  }

  /** Whether the task was handed to a worker and has not ended; then it cannot be cancelled. */
  running(): boolean {
    return stateOf(this) === 'running';
  }

  /** Whether there is an outcome: it returned, it raised, or it was cancelled. */
  done(): boolean {
    return isFinal(stateOf(this));
  }

  /**
   * The result. Rejects with what the task threw (the same object each time), with CancelledError when it was cancelled, and with
   * TimeoutError when there is no outcome after `timeout` milliseconds (0 or less: now); then the task goes on, and one may ask again.
   */
  result(timeout?: number | undefined): Promise<R> {
    return timeout === undefined ? ask(this, false) : resultWithin(this, timeout);
  }

  /** What the task threw, or `undefined` when it returned. Rejects as `result` does when it was cancelled or takes too long. */
  async exception(timeout?: number | undefined): Promise<unknown> {
    await doneWithin(this, timeout);
    observe(this);
    if (this.cancelled()) throw outcomeOf(this);
    return stateOf(this) === 'raised' ? outcomeOf(this) : undefined;
  }

  /**
   * The result of a future that is done, at once: for done-callbacks, where Python's `result()` returns. Throws what the task threw,
   * CancelledError when it was cancelled, and InvalidStateError when it is not done.
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

  /** What the task threw, or `undefined` when it returned, at once. Throws as `resultNow` does when it was cancelled or is not done. */
  exceptionNow(): unknown {
    const outcome = outcomeNow(this, 'exceptionNow');
    return outcome.status === 'rejected' ? outcome.reason : undefined;
  }

  /** How it ended, in the form of `Promise.allSettled` and with a status for the cancelled ones; `undefined` while it is not done. */
  outcome(): FutureOutcome<R> | undefined {
    const state = stateOf(this);
    if (!isFinal(state)) return undefined;
    if (state === 'returned') return { status: 'fulfilled', value: outcomeOf(this) as R };
    if (state !== 'raised') return { status: 'cancelled' };
    observe(this);
    return { status: 'rejected', reason: outcomeOf(this) };
  }

  /**
   * Calls `fn` with this future when it is done, before `await` goes on; at once, and synchronously, when it is done already. Callbacks
   * run in the order in which they were added, in the AsyncLocalStorage context of whoever added them. What one throws, or an `async` one
   * rejects with, becomes a process warning and harms nothing else.
   */
  addDoneCallback(fn: (future: Future<R>) => void): void {
    if (typeof fn !== 'function') throw new TypeError(`addDoneCallback: expected a function, got ${inspect(fn, { depth: 0 })}`);
    // What settles this future belongs to other code: the callback runs where it was added, as a promise's would.
    const scope = this.done() ? undefined : scopeHere();
    addCallback(this, new DoneCallback(this, fn, scope));
  }

  /** For executors and tests: the result. Throws InvalidStateError when the future is done. */
  setResult(value: R): void {
    settleByHand(this, 'returned', value);
  }

  /** For executors and tests: what was thrown, anything at all. Throws InvalidStateError when the future is done. */
  setException(error: unknown): void {
    settleByHand(this, 'raised', error);
  }

  /**
   * For executors and tests, when a task is about to start: `true`, and the future is running; or `false` when it was cancelled meanwhile.
   * Throws InvalidStateError in any other state, also when it is asked twice.
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

async function resultWithin<R>(future: Future<R>, timeout: number): Promise<R> {
  await doneWithin(future, timeout);
  return ask(future, false);
}

async function doneWithin(future: Future<unknown>, timeout: number | undefined): Promise<void> {
  if (!(await isDoneWithin(future, timeout))) throw new TimeoutError(`the future was not done within ${checkTimeout(timeout)} ms`);
}

function outcomeNow<R>(future: Future<R>, what: string): Exclude<FutureOutcome<R>, { status: 'cancelled' }> {
  const outcome = future.outcome();
  if (outcome === undefined) throw new InvalidStateError(`${what}: the future is not done: ${inspect(future)}`);
  if (outcome.status === 'cancelled') throw outcomeOf(future);
  return outcome;
}

function settleByHand(future: Future<unknown>, state: Settled, value: unknown): void {
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
