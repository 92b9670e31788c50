/**
 * Future: one task's outcome, to be had now or later.
 *
 * Decides in which order a settled future tells whom. Refuses to know who settles it: a task (task-future.ts), or whoever made it by hand.
 *
 *   pending ---> running ---> returned | raised        `#settle` makes every move to a final state, once
 *      |  '----------------------^
 *      '---> cancelled ---> notified                   both are `cancelled()`; CPython tells them apart, so do `set…` here
 *
 * Settling, in this order: the state, the waiters of `wait` and `asCompleted`, the done-callbacks as they were added, the promise. No
 * promise exists until somebody asks for the outcome: a failure nobody asked for is silent, as in Python, and is counted in
 * `stats().unobservedErrors`.
 */
import { AsyncResource } from 'node:async_hooks';
import { inspect, types } from 'node:util';
import { CancelledError, InvalidStateError, TimeoutError } from '@twinpool/core';
import {
  Alarm,
  Asked,
  adviseFor,
  checkTimeout,
  HANDLE,
  type HandleView,
  isResolving,
  systemClock,
  TOLD,
  Told,
} from '@twinpool/core/facade';
import { shownAs, typeName } from './shown.ts';

type State = 'pending' | 'running' | 'cancelled' | 'notified' | 'returned' | 'raised';

/** The outcome of a future that is done. */
export type FutureOutcome<R> =
  | { readonly status: 'fulfilled'; readonly value: R }
  | { readonly status: 'rejected'; readonly reason: unknown }
  | { readonly status: 'cancelled' };

/** Where a future comes from, when it has a home: who counts what nobody asked for, and who is told of a callback that threw. */
export interface FutureHome {
  unobserved(by: 1 | -1): void;
  warn(error: unknown, what: string): void;
}

/** For the future of a task; no part of the public class. */
export let settleFuture: (future: Future<unknown>, state: 'cancelled' | 'returned' | 'raised', value: unknown) => void;
export let giveHome: (future: Future<unknown>, home: FutureHome) => void;

let hasRaised: (future: Future<unknown>) => boolean;
let listen: (future: Future<unknown>, listener: () => void) => () => void;

class View implements HandleView {
  readonly #future: Future<unknown>;

  constructor(future: Future<unknown>) {
    this.#future = future;
  }

  get isDone(): boolean {
    return this.#future.done();
  }
  get isRunning(): boolean {
    return this.#future.running();
  }
  get isFailed(): boolean {
    return hasRaised(this.#future);
  }
  onSettled(listener: () => void): () => void {
    return listen(this.#future, listener);
  }
}

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
export class Future<R> implements Promise<R> {
  static {
    settleFuture = (future, state, value) => future.#settle(state, value);
    giveHome = (future, home) => {
      future.#home = home;
    };
    hasRaised = (future) => future.#state === 'raised';
    listen = (future, listener) => future.#onSettled(listener);
    const hidden = {
      [HANDLE](this: Future<unknown>): HandleView {
        return new View(this);
      },
    };
    Object.defineProperties(Future.prototype, Object.getOwnPropertyDescriptors(hidden));
    adviseFor(Future.prototype, 'Future', 'await it first');
    shownAs<Future<unknown>>(Future.prototype, 'Future', (future) => future.#shown());
  }

  #state: State = 'pending';
  /** The result; or the error. */
  #value: unknown = undefined;
  #home: FutureHome | undefined = undefined;
  /** Who asked for the outcome; from the first one on it counts as observed. */
  #asked: Asked | undefined = undefined;
  #waiters: (() => void)[] | undefined = undefined;
  #callbacks: (() => unknown)[] | undefined = undefined;

  /** Cancels the task unless it was handed to a worker: `true` if and only if it never ran and never will (also when asked again). */
  cancel(): boolean {
    if (this.#state === 'pending') this.#settle('cancelled', new CancelledError('the future was cancelled'));
    return this.cancelled();
  }

  /** Whether it was cancelled: by `cancel()`, by an aborted signal, or by a shutdown. */
  cancelled(): boolean {
    return this.#state === 'cancelled' || this.#state === 'notified';
  }

  /** Whether the task was handed to a worker and has not ended; then it cannot be cancelled. */
  running(): boolean {
    return this.#state === 'running';
  }

  /** Whether there is an outcome: it returned, it raised, or it was cancelled. */
  done(): boolean {
    return this.#state !== 'pending' && this.#state !== 'running';
  }

  /**
   * The result. Rejects with what the task threw (the same object each time), with CancelledError when it was cancelled, and with
   * TimeoutError when there is no outcome after `timeout` milliseconds (0 or less: now); then the task goes on, and one may ask again.
   */
  result(timeout?: number | undefined): Promise<R> {
    return timeout === undefined ? this.#ask() : this.#askWithin(timeout);
  }

  /** What the task threw, or `undefined` when it returned. Rejects as `result` does when it was cancelled or takes too long. */
  exception(timeout?: number | undefined): Promise<unknown> {
    return this.result(timeout).then(
      () => undefined,
      (error: unknown) => {
        if (this.#state !== 'raised' || !Object.is(error, this.#value)) throw error;
        return error;
      },
    );
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
    const outcome = this.#outcomeNow('resultNow');
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  /** What the task threw, or `undefined` when it returned, at once. Throws as `resultNow` does when it was cancelled or is not done. */
  exceptionNow(): unknown {
    const outcome = this.#outcomeNow('exceptionNow');
    return outcome.status === 'rejected' ? outcome.reason : undefined;
  }

  /** How it ended, in the form of `Promise.allSettled` and with a status for the cancelled ones; `undefined` while it is not done. */
  outcome(): FutureOutcome<R> | undefined {
    if (!this.done()) return undefined;
    if (this.cancelled()) return { status: 'cancelled' };
    if (this.#state === 'returned') return { status: 'fulfilled', value: this.#value as R };
    this.#observe();
    return { status: 'rejected', reason: this.#value };
  }

  /**
   * Calls `fn` with this future when it is done, before `await` goes on; at once, and synchronously, when it is done already. Callbacks
   * run in the order in which they were added, in the AsyncLocalStorage context of whoever added them. What one throws, or an `async` one
   * rejects with, becomes a process warning and harms nothing else.
   */
  addDoneCallback(fn: (future: Future<R>) => void): void {
    if (typeof fn !== 'function') throw new TypeError(`addDoneCallback: expected a function, got ${inspect(fn, { depth: 0 })}`);
    if (this.done()) {
      this.#call(() => fn(this));
      return;
    }
    // Whoever settles this future belongs to somebody else: the callback runs where it was added, as a promise's would.
    const scope = new AsyncResource('TWINPOOL_DONE_CALLBACK', { requireManualDestroy: true });
    const callback = () => scope.runInAsyncScope(fn, undefined, this);
    if (this.#callbacks === undefined) this.#callbacks = [callback];
    else this.#callbacks.push(callback);
  }

  // biome-ignore lint/suspicious/noThenProperty: a future is a promise
  then<T = R, E = never>(
    onFulfilled?: ((value: R) => T | PromiseLike<T>) | null | undefined,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined,
  ): Promise<T | E> {
    if (!isResolving(onFulfilled) || !isResolving(onRejected)) return this.#ask().then(onFulfilled, onRejected);
    this.#promise(onFulfilled, onRejected);
    return new Told(this) as Promise<unknown> as Promise<T | E>;
  }

  catch<E = never>(onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined): Promise<R | E> {
    return this.#ask().catch(onRejected);
  }

  finally(onFinally?: (() => void) | null | undefined): Promise<R> {
    return this.#ask().finally(onFinally);
  }

  /** For executors and tests: the result. Throws InvalidStateError when the future is done. */
  setResult(value: R): void {
    this.#refuseWhenDone();
    this.#settle('returned', value);
  }

  /** For executors and tests: what was thrown, anything at all. Throws InvalidStateError when the future is done. */
  setException(error: unknown): void {
    this.#refuseWhenDone();
    this.#settle('raised', error);
  }

  /**
   * For executors and tests, when a task is about to start: `true`, and the future is running; or `false` when it was cancelled meanwhile.
   * Throws InvalidStateError in any other state, also when it is asked twice.
   */
  setRunningOrNotifyCancel(): boolean {
    if (this.#state === 'pending') {
      this.#state = 'running';
      return true;
    }
    if (this.#state !== 'cancelled') throw new InvalidStateError(`the future is in an unexpected state: ${inspect(this)}`);
    this.#state = 'notified';
    return false;
  }

  get [Symbol.toStringTag](): string {
    return 'Future';
  }

  #settle(state: 'cancelled' | 'returned' | 'raised', value: unknown): void {
    // Who settles by hand may have been faster than the task.
    if (this.done()) return;
    this.#state = state;
    this.#value = value;
    const asked = this.#asked;
    if (asked !== undefined) this.#asked = asked.kept;
    else if (state === 'raised') this.#home?.unobserved(1);
    const waiters = this.#waiters;
    if (waiters !== undefined) {
      this.#waiters = undefined;
      for (const waiter of waiters) waiter();
    }
    const callbacks = this.#callbacks;
    if (callbacks !== undefined) {
      this.#callbacks = undefined;
      for (const callback of callbacks) this.#call(callback);
    }
    asked?.tell(state === 'returned', value);
  }

  /** The outcome to the resolving functions of somebody's promise. */
  #promise(resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
    if (this.done()) {
      this.#observe();
      if (this.#state === 'returned') resolve(this.#value);
      else reject(this.#value);
    } else this.#asked = Asked.also(this.#asked, new Asked(resolve, reject));
  }

  #observe(): void {
    if (this.#asked !== undefined) return;
    this.#asked = TOLD;
    if (this.#state === 'raised') this.#home?.unobserved(-1);
  }

  /** The promise of the outcome. Whoever gets it has to handle it, so it is made for somebody, never in advance. */
  #ask(): Promise<R> {
    if (this.#asked?.promise !== undefined) return this.#asked.promise as Promise<R>;
    const asked = Asked.byPromise();
    if (this.done()) {
      this.#observe();
      this.#asked = asked;
      asked.tell(this.#state === 'returned', this.#value);
    } else this.#asked = Asked.also(this.#asked, asked);
    return asked.promise as Promise<R>;
  }

  async #askWithin(timeout: number): Promise<R> {
    const limit = checkTimeout(timeout);
    if (this.done() || limit === Number.POSITIVE_INFINITY) return this.#ask();
    await new Promise<void>((resolve, reject) => {
      const fail = () => reject(new TimeoutError(`the future was not done within ${limit} ms`));
      if (limit <= 0) return fail();
      const alarm = new Alarm(
        systemClock,
        () => {
          forget();
          fail();
        },
        true,
      );
      const forget = this.#onSettled(() => {
        alarm.stop();
        resolve();
      });
      alarm.set(limit);
    });
    return this.#ask();
  }

  #onSettled(listener: () => void): () => void {
    if (this.#waiters === undefined) this.#waiters = [listener];
    else this.#waiters.push(listener);
    return () => {
      const waiters = this.#waiters;
      const at = waiters?.indexOf(listener) ?? -1;
      if (at >= 0) waiters?.splice(at, 1);
    };
  }

  #call(callback: () => unknown): void {
    try {
      const returned = callback();
      // Of an `async` callback. A future that is returned stays as silent as any other.
      if (types.isPromise(returned)) void returned.then(undefined, (error: unknown) => this.#warn(error));
    } catch (error) {
      this.#warn(error);
    }
  }

  #warn(error: unknown): void {
    const what = 'a done-callback';
    if (this.#home !== undefined) this.#home.warn(error, what);
    else process.emitWarning(`twinpool: ${what} threw: ${inspect(error)}`, { type: 'TwinpoolWarning', code: 'TWINPOOL_UNCAUGHT' });
  }

  #outcomeNow(what: string): Exclude<FutureOutcome<R>, { status: 'cancelled' }> {
    const outcome = this.outcome();
    if (outcome === undefined) throw new InvalidStateError(`${what}: the future is not done: ${inspect(this)}`);
    if (outcome.status === 'cancelled') throw this.#value;
    return outcome;
  }

  #refuseWhenDone(): void {
    if (!this.done()) return;
    const state = { cancelled: 'CANCELLED', notified: 'CANCELLED_AND_NOTIFIED' }[this.#state as string] ?? 'FINISHED';
    throw new InvalidStateError(`${state}: ${inspect(this)}`);
  }

  /** As Python shows it, in Node's form. */
  #shown(): Record<string, string> {
    if (this.cancelled()) return { state: 'cancelled' };
    if (this.done()) return { state: 'finished', [this.#state]: typeName(this.#value) };
    return { state: this.running() ? 'running' : 'pending' };
  }
}
