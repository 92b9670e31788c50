/**
 * Deferred: one outcome that is there now or later. Every facade's handle extends it.
 *
 *   pending ---> running ---> returned | raised        `#settle` makes every move to a final state, once
 *      |  '----------------------^
 *      '---> cancelled ---> notified                   `running` and `notified` are set by hand only (`setState`)
 *
 *   view --#value--> Deferred     a view has no state of its own: it reads the state of its source
 *
 * Invariants: a handle reaches one final state, once. Settling has a fixed order: the state, the listeners of `wait` and of time limits, the
 * done-callbacks in the order in which they were added, the promises. A promise is made when a caller asks for the outcome, not before: a failure
 * without such a caller is silent, as in Python, and is counted as unobserved.
 *
 * The functions here are not methods, because a handle's methods are its API. This file does not know the names of that API, nor the texts of its
 * errors.
 */

import { CancelledError } from '../errors.ts';
import { checkTimeout } from '../options/check-options.ts';
import { Alarm, systemClock } from '../primitives/clock.ts';
import { HANDLE, type HandleView } from '../primitives/handle.ts';
import { runCallback, type Scope, warnOfError } from '../primitives/user-code.ts';
import { isResolvingFunction, LazyPromise, rejectFirst, resolveFirst } from './resolving-functions.ts';
import { OBSERVED, Waiter } from './waiter.ts';

export type SettledState = 'cancelled' | 'returned' | 'raised';
export type DeferredState = 'pending' | 'running' | 'notified' | SettledState;

/** The facade that made a handle. */
export interface DeferredOwner {
  /** Counts failures that no caller has read: 1 for a new one, -1 when a caller reads one. */
  unobserved(by: 1 | -1, handle: object, error: unknown): void;
  /** A callback of the user threw. */
  warn(error: unknown, what: string): void;
}

/** The job that settles a handle. */
export interface DeferredJob {
  /** A task of it was handed to a worker. */
  readonly isHandedOver: boolean;
  /** Returns `true` if this call cancelled the job; the job has settled its listener then. */
  cancel(): boolean;
}

/** A function that settles the promise of a caller. */
type Settle = (outcome: unknown) => void;
type Listener = (() => void) | DoneCallback;

/** Returns the state. It is `running` while a worker has a task of the job. */
export let stateOf: (handle: Deferred<unknown>) => DeferredState;
/** Returns the result or the error of a handle that is done. The outcome does not become observed. */
export let outcomeOf: (handle: Deferred<unknown>) => unknown;
/** Returns the handle whose outcome this one shows: itself, unless it is a view. */
export let sourceOf: (handle: Deferred<unknown>) => Deferred<unknown>;
/** Makes a new handle a view of another one. */
export let follow: (view: Deferred<unknown>, source: Deferred<unknown>) => void;
/** Sets the owner of a new handle. A handle that was made by hand has no owner. */
export let setOwner: (handle: Deferred<unknown>, owner: DeferredOwner) => void;
/** Sets the job that will settle a new handle. */
export let setJob: (handle: Deferred<unknown>, job: DeferredJob) => void;
/** Moves a handle that is not done to a final state. On one that is done it has no effect. */
export let settle: (handle: Deferred<unknown>, state: SettledState, value: unknown) => void;
/** Sets one of the two states that a job never sets. */
export let setState: (handle: Deferred<unknown>, state: 'running' | 'notified') => void;
/** Cancels the job; without a job, a pending handle. Returns `true` if this call did it. */
export let cancel: (handle: Deferred<unknown>) => boolean;
/** From now on a failure counts as observed. */
export let markObserved: (handle: Deferred<unknown>) => void;
/** Returns the promise of the outcome. The outcome becomes observed. */
export let promiseOf: <R>(handle: Deferred<R>) => Promise<R>;
/** Returns the same promise; its rejection raises no `unhandledRejection`. */
export let handledPromiseOf: <R>(handle: Deferred<R>) => Promise<R>;
/**
 * Resolves with `true` when the handle is done, with `false` when `timeout` milliseconds are over first. The outcome does not become observed.
 * Rejects with RangeError for a bad `timeout`.
 */
export let isDoneWithin: (handle: Deferred<unknown>, timeout: number | undefined) => Promise<boolean>;
/** Adds a done-callback. When the handle is done, the callback is called at once. */
export let addCallback: (handle: Deferred<unknown>, callback: DoneCallback) => void;

/** What `wait` and `asCompleted` see of a handle. */
class View implements HandleView {
  readonly #source: Deferred<unknown>;
  readonly #listen: (listener: () => void) => () => void;

  constructor(source: Deferred<unknown>, listen: (listener: () => void) => () => void) {
    this.#source = source;
    this.#listen = listen;
  }

  get isDone(): boolean {
    return isFinal(stateOf(this.#source));
  }
  get isRunning(): boolean {
    return stateOf(this.#source) === 'running';
  }
  get isFailed(): boolean {
    return stateOf(this.#source) === 'raised';
  }
  onSettled(listener: () => void): () => void {
    return this.#listen(listener);
  }
}

/** A function to call with the handle that it was added to, in the async context of the code that added it. */
export class DoneCallback {
  readonly #handle: Deferred<unknown>;
  readonly #fn: (handle: never) => unknown;
  readonly #scope: Scope | undefined;

  constructor(handle: Deferred<unknown>, fn: (handle: never) => unknown, scope: Scope | undefined) {
    this.#handle = handle;
    this.#fn = fn;
    this.#scope = scope;
  }

  call(onError: (error: unknown) => void): void {
    runCallback(this.#scope, this.#fn, [this.#handle], onError);
  }
}

export abstract class Deferred<R> implements Promise<R> {
  static {
    stateOf = (handle) => {
      const source = Deferred.#sourceOf(handle);
      return source.#state === 'pending' && (source.#value as DeferredJob | undefined)?.isHandedOver === true
        ? 'running'
        : (source.#state as DeferredState);
    };
    outcomeOf = (handle) => Deferred.#sourceOf(handle).#value;
    sourceOf = (handle) => Deferred.#sourceOf(handle);
    follow = (view, source) => {
      view.#state = 'view';
      view.#value = Deferred.#sourceOf(source);
    };
    setOwner = (handle, owner) => {
      handle.#owner = owner;
    };
    setJob = (handle, job) => {
      handle.#value = job;
    };
    settle = (handle, state, value) => Deferred.#settle(handle, state, value);
    setState = (handle, state) => {
      handle.#state = state;
    };
    cancel = (handle) => Deferred.#cancel(Deferred.#sourceOf(handle));
    markObserved = (handle) => Deferred.#markObserved(Deferred.#sourceOf(handle));
    promiseOf = <T>(handle: Deferred<T>) => Deferred.#promiseOf(Deferred.#sourceOf(handle)).promise as Promise<T>;
    handledPromiseOf = <T>(handle: Deferred<T>) => {
      const source = Deferred.#sourceOf(handle);
      const waiter = Deferred.#promiseOf(source);
      waiter.markHandled(isFinal(source.#state));
      return waiter.promise as Promise<T>;
    };
    isDoneWithin = (handle, timeout) => Deferred.#isDoneWithin(Deferred.#sourceOf(handle), timeout);
    addCallback = (handle, callback) => Deferred.#addCallback(Deferred.#sourceOf(handle), callback);
    const hidden = {
      [HANDLE](this: Deferred<unknown>): HandleView {
        const source = Deferred.#sourceOf(this);
        return new View(source, (listener) => Deferred.#listen(source, listener));
      },
    };
    Object.defineProperties(Deferred.prototype, Object.getOwnPropertyDescriptors(hidden));
  }

  /** A view has its source in `#value`. */
  #state: DeferredState | 'view' = 'pending';
  /** The job, if there is one, until it has ended; then the result or the error. One field saves memory in each pending handle. */
  #value: unknown = undefined;
  #owner: DeferredOwner | undefined = undefined;
  /**
   * The first caller that waits for the outcome. From then on the outcome is observed. While one `await` is all that waits, this is the function that
   * fulfils the caller's promise, and `#listeners` the one that rejects it: two fields cost a call less than an object.
   */
  #waiter: Waiter | Settle | undefined = undefined;
  /** Listeners, which are functions, and done-callbacks. */
  #listeners: Listener[] | Settle | undefined = undefined;

  abstract get [Symbol.toStringTag](): string;

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  then<T = R, E = never>(
    onFulfilled?: ((value: R) => T | PromiseLike<T>) | null | undefined,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined,
  ): Promise<T | E> {
    const source = Deferred.#sourceOf(this) as Deferred<R>;
    // The first caller's function for the error is looked at when the handle fails: most do not.
    const isAwait =
      isResolvingFunction(onFulfilled) &&
      (Deferred.#isFirstAwait(source) ? typeof onRejected === 'function' : isResolvingFunction(onRejected));
    if (!isAwait) return (Deferred.#newPromise(source) as Promise<R>).then(onFulfilled, onRejected);
    Deferred.#resolveWith(source, onFulfilled as Settle, onRejected as Settle);
    return new LazyPromise(source, onRejected as Settle) as Promise<unknown> as Promise<T | E>;
  }

  catch<E = never>(onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined): Promise<R | E> {
    return (Deferred.#newPromise(Deferred.#sourceOf(this)) as Promise<R>).catch(onRejected);
  }

  finally(onFinally?: (() => void) | null | undefined): Promise<R> {
    return (Deferred.#newPromise(Deferred.#sourceOf(this)) as Promise<R>).finally(onFinally);
  }

  // Static: private methods of instances would cost each instance a field.

  static #sourceOf(handle: Deferred<unknown>): Deferred<unknown> {
    return handle.#state === 'view' ? (handle.#value as Deferred<unknown>) : handle;
  }

  static #settle(handle: Deferred<unknown>, state: SettledState, value: unknown): void {
    // A handle that is settled by hand may be done before its job is.
    if (isFinal(handle.#state)) return;
    handle.#state = state;
    handle.#value = value;
    const waiter = handle.#waiter;
    if (typeof waiter === 'function') {
      const onRejected = handle.#listeners as Settle;
      handle.#waiter = OBSERVED;
      handle.#listeners = undefined;
      if (state === 'returned') resolveFirst(handle, waiter, value);
      else rejectFirst(handle, onRejected, value);
      return;
    }
    if (waiter !== undefined) handle.#waiter = waiter.afterOutcome;
    else if (state === 'raised') handle.#owner?.unobserved(1, handle, value);
    const listeners = handle.#listeners as Listener[] | undefined;
    if (listeners !== undefined) {
      handle.#listeners = undefined;
      for (const one of listeners) if (typeof one === 'function') one();
      for (const one of listeners) if (typeof one !== 'function') Deferred.#call(handle, one);
    }
    waiter?.settle(state === 'returned', value);
  }

  static #cancel(handle: Deferred<unknown>): boolean {
    if (isFinal(handle.#state)) return false;
    const job = handle.#value as DeferredJob | undefined;
    if (job !== undefined) return job.cancel();
    if (handle.#state !== 'pending') return false;
    Deferred.#settle(handle, 'cancelled', new CancelledError('the future was cancelled'));
    return true;
  }

  /** Nothing waits for the outcome, and it is not there. */
  static #isFirstAwait(handle: Deferred<unknown>): boolean {
    return (handle.#waiter === undefined || handle.#waiter === OBSERVED) && handle.#listeners === undefined && !isFinal(handle.#state);
  }

  /** Settles a promise of the caller with the outcome. */
  static #resolveWith(handle: Deferred<unknown>, resolve: Settle, reject: Settle): void {
    if (isFinal(handle.#state)) {
      Deferred.#markObserved(handle);
      if (handle.#state === 'returned') resolve(handle.#value);
      else reject(handle.#value);
    } else if (Deferred.#isFirstAwait(handle)) {
      handle.#waiter = resolve;
      handle.#listeners = reject;
    } else handle.#waiter = Waiter.add(Deferred.#firstWaiter(handle), new Waiter(resolve, reject));
  }

  /** The first waiter as an object; `#listeners` is a list from then on. */
  static #firstWaiter(handle: Deferred<unknown>): Waiter | undefined {
    if (typeof handle.#waiter === 'function') {
      const onFulfilled = handle.#waiter;
      const onRejected = handle.#listeners as Settle;
      handle.#waiter = new Waiter(
        (result) => resolveFirst(handle, onFulfilled, result),
        (error) => rejectFirst(handle, onRejected, error),
      );
      handle.#listeners = undefined;
    }
    return handle.#waiter;
  }

  static #markObserved(handle: Deferred<unknown>): void {
    if (handle.#waiter !== undefined) return;
    handle.#waiter = OBSERVED;
    if (handle.#state === 'raised') handle.#owner?.unobserved(-1, handle, handle.#value);
  }

  /** A promise of the outcome that only one caller uses: it is not kept, which is cheaper. */
  static #newPromise(handle: Deferred<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => Deferred.#resolveWith(handle, resolve as Settle, reject));
  }

  /** Returns the waiter that has the promise. The promise is made here, never in advance: a promise that rejects needs a handler. */
  static #promiseOf(handle: Deferred<unknown>): Waiter {
    if (Deferred.#firstWaiter(handle)?.promise === undefined) {
      const waiter = Waiter.withPromise();
      if (isFinal(handle.#state)) {
        Deferred.#markObserved(handle);
        handle.#waiter = waiter;
        waiter.settle(handle.#state === 'returned', handle.#value);
      } else handle.#waiter = Waiter.add(Deferred.#firstWaiter(handle), waiter);
    }
    return handle.#waiter as Waiter;
  }

  static async #isDoneWithin(handle: Deferred<unknown>, timeout: number | undefined): Promise<boolean> {
    const limit = checkTimeout(timeout);
    if (isFinal(handle.#state)) return true;
    if (limit <= 0) return false;
    return new Promise((resolve) => {
      const alarm = new Alarm(
        systemClock,
        () => {
          forget();
          resolve(false);
        },
        { keepsAlive: true },
      );
      const forget = Deferred.#listen(handle, () => {
        alarm.stop();
        resolve(true);
      });
      alarm.set(limit);
    });
  }

  static #listen(handle: Deferred<unknown>, listener: () => void): () => void {
    if (isFinal(handle.#state)) return () => undefined;
    Deferred.#addListener(handle, listener);
    return () => {
      const listeners = handle.#listeners;
      const at = Array.isArray(listeners) ? listeners.indexOf(listener) : -1;
      if (at >= 0) (listeners as Listener[]).splice(at, 1);
    };
  }

  static #addCallback(handle: Deferred<unknown>, callback: DoneCallback): void {
    if (isFinal(handle.#state)) Deferred.#call(handle, callback);
    else Deferred.#addListener(handle, callback);
  }

  static #addListener(handle: Deferred<unknown>, one: Listener): void {
    Deferred.#firstWaiter(handle);
    if (Array.isArray(handle.#listeners)) handle.#listeners.push(one);
    else handle.#listeners = [one];
  }

  static #call(handle: Deferred<unknown>, callback: DoneCallback): void {
    callback.call((error) => Deferred.#warn(handle, error));
  }

  static #warn(handle: Deferred<unknown>, error: unknown): void {
    const what = 'a done-callback';
    if (handle.#owner !== undefined) handle.#owner.warn(error, what);
    else warnOfError(error, what);
  }
}

export function isFinal(state: DeferredState | 'view'): boolean {
  return state !== 'pending' && state !== 'running';
}

/** Returns the state for the outcome of a job. A CancelledError that the task itself threw is a failure like any other. */
export function settledStateOf(ok: boolean, value: unknown): SettledState {
  if (ok) return 'returned';
  return value instanceof CancelledError && value.remote !== true ? 'cancelled' : 'raised';
}

/** Resolves or rejects as `promiseOf`, or rejects with `lateError(timeout)` when `timeout` milliseconds are over first. */
export async function valueWithin<R>(handle: Deferred<R>, timeout: number | undefined, lateError: LateError): Promise<R> {
  if (!(await isDoneWithin(handle, timeout))) throw lateError(Math.max(0, timeout ?? 0));
  return promiseOf(handle);
}

/** Resolves with the error of the handle, `undefined` for a result; rejects with `lateError(timeout)` when `timeout` milliseconds are over first. */
export async function errorWithin(handle: Deferred<unknown>, timeout: number | undefined, lateError: LateError): Promise<unknown> {
  if (!(await isDoneWithin(handle, timeout))) throw lateError(Math.max(0, timeout ?? 0));
  markObserved(handle);
  return stateOf(handle) === 'returned' ? undefined : outcomeOf(handle);
}

/** Makes the error for a time limit of `ms` milliseconds that is over. */
type LateError = (ms: number) => Error;

/** A rejection of the promise raises no `unhandledRejection` any more. Returns the promise. */
export function markHandled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
