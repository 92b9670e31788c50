/**
 * Deferred: one outcome that is there now or later, the part that every facade's handle is built on.
 *
 *   pending ---> running ---> returned | raised        `#settle` makes every move to a final state, once
 *      |  '----------------------^
 *      '---> cancelled ---> notified                   `running` and `notified` are set by hand only (`setState`)
 *
 *   view --#source--> Deferred <--#source-- itself     a view has no state of its own: all questions go to the source
 *
 * Settling, in this order: the state, the listeners of `wait` and of time limits, the done-callbacks as they were added, the promise. No
 * promise exists until somebody asks for the outcome: a failure that was never asked for is silent, as in Python, and is counted.
 *
 * A handle of a facade extends this class, and gives these functions the names of its API. The functions are not methods, since a handle's
 * methods are its API. This file does not know the names, and does not know which errors say that a time limit passed.
 */

import { CancelledError } from '../errors.ts';
import { checkTimeout } from '../options/check-options.ts';
import { Alarm, systemClock } from '../primitives/clock.ts';
import { HANDLE, type HandleView } from '../primitives/handle.ts';
import { runCallback, type Scope, warnOfError } from '../primitives/user-code.ts';
import { Asked, isResolving, TOLD, Told } from './waiters.ts';

export type Settled = 'cancelled' | 'returned' | 'raised';
export type DeferredState = 'pending' | 'running' | 'notified' | Settled;

/** The facade that a handle belongs to. It counts failures that were not asked for, and hears of callbacks that threw. */
export interface DeferredHome {
  unobserved(by: 1 | -1): void;
  warn(error: unknown, what: string): void;
}

/** The job that settles a handle. */
export interface DeferredJob {
  /** Something of it was handed to a worker. */
  readonly handedOver: boolean;
  /** `true` if this call cancelled it; then it has settled its listener before this returns. */
  cancel(): boolean;
}

/** The state, `running` also while a worker has something of the job. */
export let stateOf: (handle: Deferred<unknown>) => DeferredState;
/** The result or the error of a handle that is done. Asking so observes nothing. */
export let outcomeOf: (handle: Deferred<unknown>) => unknown;
/** The handle whose outcome this one shows: itself, unless it is a view. */
export let sourceOf: (handle: Deferred<unknown>) => Deferred<unknown>;
/** Makes a new handle a view of another one. */
export let follow: (view: Deferred<unknown>, source: Deferred<unknown>) => void;
/** The facade that a new handle belongs to. A handle that was made by hand has none. */
export let belongTo: (handle: Deferred<unknown>, home: DeferredHome) => void;
/** The job that will settle this handle. */
export let startJob: (handle: Deferred<unknown>, job: DeferredJob) => void;
/** Moves a handle that is not done to a final state. On one that is done it has no effect. */
export let settle: (handle: Deferred<unknown>, state: Settled, value: unknown) => void;
/** Sets one of the two states that no job sets. */
export let setState: (handle: Deferred<unknown>, state: 'running' | 'notified') => void;
/** Cancels the job; without a job, a handle that is pending. `true` if this call did it. */
export let cancel: (handle: Deferred<unknown>) => boolean;
/** From now on a failure counts as asked for. */
export let observe: (handle: Deferred<unknown>) => void;
/** The promise of the outcome. `isQuiet`: its rejection needs no handler. */
export let ask: <R>(handle: Deferred<R>, isQuiet: boolean) => Promise<R>;
/** Whether the handle is done before `timeout` milliseconds are over; it observes nothing. Rejects with RangeError for a bad `timeout`. */
export let isDoneWithin: (handle: Deferred<unknown>, timeout: number | undefined) => Promise<boolean>;
/** Adds a done-callback to a handle that is not done; calls it at once, without its scope, when the handle is done. */
export let addCallback: (handle: Deferred<unknown>, callback: DoneCallback) => void;

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
      const source = handle.#source;
      return source.#state === 'pending' && (source.#value as DeferredJob | undefined)?.handedOver === true ? 'running' : source.#state;
    };
    outcomeOf = (handle) => handle.#source.#value;
    sourceOf = (handle) => handle.#source;
    follow = (view, source) => {
      view.#source = source.#source;
    };
    belongTo = (handle, home) => {
      handle.#home = home;
    };
    startJob = (handle, job) => {
      handle.#value = job;
    };
    settle = (handle, state, value) => handle.#settle(state, value);
    setState = (handle, state) => {
      handle.#state = state;
    };
    cancel = (handle) => handle.#source.#cancel();
    observe = (handle) => handle.#source.#observe();
    ask = <T>(handle: Deferred<T>, isQuiet: boolean) => handle.#source.#ask(isQuiet) as Promise<T>;
    isDoneWithin = (handle, timeout) => handle.#source.#isDoneWithin(timeout);
    addCallback = (handle, callback) => handle.#source.#addCallback(callback);
    const hidden = {
      [HANDLE](this: Deferred<unknown>): HandleView {
        const source = this.#source;
        return new View(source, (listener) => source.#listen(listener));
      },
    };
    Object.defineProperties(Deferred.prototype, Object.getOwnPropertyDescriptors(hidden));
  }

  #source: Deferred<unknown> = this;
  #state: DeferredState = 'pending';
  /** The job, if there is one, until it has ended; then the result or the error. One field: memory of a handle that waits counts. */
  #value: unknown = undefined;
  #home: DeferredHome | undefined = undefined;
  /** Those that asked for the outcome; from the first one on it counts as observed. */
  #asked: Asked | undefined = undefined;
  /** Listeners, which are functions, and done-callbacks. */
  #waiting: ((() => void) | DoneCallback)[] | undefined = undefined;

  abstract get [Symbol.toStringTag](): string;

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  then<T = R, E = never>(
    onFulfilled?: ((value: R) => T | PromiseLike<T>) | null | undefined,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined,
  ): Promise<T | E> {
    if (!isResolving(onFulfilled) || !isResolving(onRejected)) return ask(this, false).then(onFulfilled, onRejected);
    this.#source.#promise(onFulfilled, onRejected);
    return new Told(this) as Promise<unknown> as Promise<T | E>;
  }

  catch<E = never>(onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined): Promise<R | E> {
    return ask(this, false).catch(onRejected);
  }

  finally(onFinally?: (() => void) | null | undefined): Promise<R> {
    return ask(this, false).finally(onFinally);
  }

  #settle(state: Settled, value: unknown): void {
    // A handle that is settled by hand may be done before its job is.
    if (isFinal(this.#state)) return;
    this.#state = state;
    this.#value = value;
    const asked = this.#asked;
    if (asked !== undefined) this.#asked = asked.kept;
    else if (state === 'raised') this.#home?.unobserved(1);
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      for (const one of waiting) if (typeof one === 'function') one();
      for (const one of waiting) if (typeof one !== 'function') this.#call(one);
    }
    asked?.tell(state === 'returned', value);
  }

  #cancel(): boolean {
    if (isFinal(this.#state)) return false;
    const job = this.#value as DeferredJob | undefined;
    if (job !== undefined) return job.cancel();
    if (this.#state !== 'pending') return false;
    this.#settle('cancelled', new CancelledError('the future was cancelled'));
    return true;
  }

  /** The outcome to the resolving functions of a promise. */
  #promise(resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
    if (isFinal(this.#state)) {
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

  /** It is made when it is asked for, never in advance: a promise that rejects needs a handler. */
  #ask(isQuiet: boolean): Promise<unknown> {
    if (this.#asked?.promise === undefined) {
      const asked = Asked.byPromise();
      if (isFinal(this.#state)) {
        this.#observe();
        this.#asked = asked;
        asked.tell(this.#state === 'returned', this.#value);
      } else this.#asked = Asked.also(this.#asked, asked);
    }
    const asked = this.#asked as Asked;
    if (isQuiet) asked.beQuiet(isFinal(this.#state));
    return asked.promise as Promise<unknown>;
  }

  async #isDoneWithin(timeout: number | undefined): Promise<boolean> {
    const limit = checkTimeout(timeout);
    if (isFinal(this.#state)) return true;
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
      const forget = this.#listen(() => {
        alarm.stop();
        resolve(true);
      });
      alarm.set(limit);
    });
  }

  #listen(listener: () => void): () => void {
    if (isFinal(this.#state)) return () => undefined;
    this.#wait(listener);
    return () => {
      const at = this.#waiting?.indexOf(listener) ?? -1;
      if (at >= 0) this.#waiting?.splice(at, 1);
    };
  }

  #addCallback(callback: DoneCallback): void {
    if (isFinal(this.#state)) this.#call(callback);
    else this.#wait(callback);
  }

  #wait(one: (() => void) | DoneCallback): void {
    if (this.#waiting === undefined) this.#waiting = [one];
    else this.#waiting.push(one);
  }

  #call(callback: DoneCallback): void {
    callback.call((error) => this.#warn(error));
  }

  #warn(error: unknown): void {
    const what = 'a done-callback';
    if (this.#home !== undefined) this.#home.warn(error, what);
    else warnOfError(error, what);
  }
}

export function isFinal(state: DeferredState): boolean {
  return state !== 'pending' && state !== 'running';
}

/** How a job ended that is told `ok` and `value`. A CancelledError that the task itself threw is a failure like any other. */
export function endingOf(ok: boolean, value: unknown): Settled {
  if (ok) return 'returned';
  return value instanceof CancelledError && value.remote !== true ? 'cancelled' : 'raised';
}

/** Marks a promise's rejection as handled; gives the promise back. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
