/**
 * AsyncResult: the handle of `applyAsync`, `mapAsync` and `starmapAsync`.
 *
 *   pending --callbacks--> successful     `#finish` makes both moves; a callback that throws makes it failed
 *      '----callbacks----> failed
 *
 * Decides in which order the world hears of an outcome: first the callbacks (the result is not ready yet), then waits and promises. There
 * is no promise until somebody asks for one, and a failure that nobody asks for is silent, as in Python; it is counted.
 */
import { inspect } from 'node:util';
import { CancelledError, NotReadyError, TimeoutError } from '@twinpool/core';
import {
  Alarm,
  Asked,
  adviseFor,
  checkTimeout,
  HANDLE,
  type HandleView,
  isResolving,
  type Seat,
  systemClock,
  TOLD,
  Told,
} from '@twinpool/core/facade';
import { type Callbacks, runCallbacks } from './callbacks.ts';
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
 * const result = pool.applyAsync((x: number) => x * x, [7]);
 * console.log(result.ready(), await result, result.ready()); // false 49 true
 * ```
 */
export interface AsyncResult<R> extends Promise<R> {
  /** The result, or a rejection with the task's error; after `timeout` a rejection with TimeoutError. The task goes on, and a later `get` can succeed. */
  get(timeout?: number): Promise<R>;
  /** Resolves when the result is ready or the time is over. Never rejects because of the task. */
  wait(timeout?: number): Promise<void>;
  /** Whether there is a result or an error. `false` inside the callbacks. */
  ready(): boolean;
  /** Whether it is a result. Throws NotReadyError before there is either. */
  successful(): boolean;
  /** The task's error, `undefined` when it succeeded; after `timeout` a rejection with TimeoutError. */
  exception(timeout?: number): Promise<unknown>;
  /** `true` if nothing of it was handed to a worker; then nothing of it ever runs, and it fails with CancelledError. */
  cancel(): boolean;
}

/** What a result asks of its job. */
export interface Cancellable {
  /** Something of it was handed to a worker. */
  readonly handedOver: boolean;
  cancel(): boolean;
}

/** The class behind AsyncResult. It becomes live by `start`. */
export class PoolResult<R> implements AsyncResult<R>, MapListener {
  static {
    inspectedAs(PoolResult.prototype, (result, options) => {
      const error = result.#state === 'failed' ? ` error=${inspect(result.#value, { ...options, depth: -1 })}` : '';
      return `<AsyncResult state=${result.#state}${error}>`;
    });
    adviseFor(PoolResult.prototype, 'AsyncResult', 'await it, and send its value');
    Object.defineProperty(PoolResult.prototype, HANDLE, {
      value(this: PoolResult<unknown>): HandleView {
        return this.#view();
      },
    });
  }

  /** As drawn above; moved by `#finish` only. */
  #state: 'pending' | 'successful' | 'failed' = 'pending';
  /** The result or the error. */
  #value: unknown;
  #job: Cancellable | undefined;
  #callbacks: Callbacks<unknown> | undefined;
  readonly #seat: Seat;
  /** The call that makes this object has not returned. */
  #isStarting = false;
  /** Who asked for the outcome; from the first one on, and where there is an `errorCallback`, somebody gets the error if there is one. */
  #asked: Asked | undefined;
  #waiters: Set<() => void> | undefined;

  constructor(seat: Seat, callbacks: Callbacks<unknown> | undefined) {
    this.#seat = seat;
    this.#callbacks = callbacks;
    this.#asked = callbacks?.errorCallback === undefined ? undefined : TOLD;
  }

  get [Symbol.toStringTag](): string {
    return 'AsyncResult';
  }

  /** `submit` hands the job over; the job tells `jobSettled`, maybe at once. */
  start(job: Cancellable, submit: () => void): this {
    this.#job = job;
    this.#isStarting = true;
    submit();
    this.#isStarting = false;
    return this;
  }

  jobSettled(ok: boolean, value: unknown): void {
    // A callback may use the handle, which the caller has only once the call has returned.
    if (this.#isStarting && this.#callbacks !== undefined) queueMicrotask(() => this.#settle(ok, value));
    else this.#settle(ok, value);
  }

  /** As in Python no callback is called then. */
  inputWasEmpty(): void {
    this.#finish(true, []);
  }

  get(timeout?: number): Promise<R> {
    return timeout === undefined ? this.#ask() : quiet(this.#get(timeout));
  }

  wait(timeout?: number): Promise<void> {
    return quiet(this.#within(timeout).then(() => undefined));
  }

  ready(): boolean {
    return this.#state !== 'pending';
  }

  successful(): boolean {
    if (this.#state === 'pending') throw new NotReadyError('the result is not ready: await it, or ask ready() first');
    return this.#state === 'successful';
  }

  exception(timeout?: number): Promise<unknown> {
    return quiet(this.#exception(timeout));
  }

  cancel(): boolean {
    return this.#job?.cancel() ?? false;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise; `await pool.applyAsync(…)` works.
  then<T = R, U = never>(
    onFulfilled?: ((value: R) => T | PromiseLike<T>) | null | undefined,
    onRejected?: ((reason: unknown) => U | PromiseLike<U>) | null | undefined,
  ): Promise<T | U> {
    if (!isResolving(onFulfilled) || !isResolving(onRejected)) return this.#ask().then(onFulfilled, onRejected);
    this.#promise(onFulfilled, onRejected);
    return new Told(this) as Promise<unknown> as Promise<T | U>;
  }

  catch<U = never>(onRejected?: ((reason: unknown) => U | PromiseLike<U>) | null | undefined): Promise<R | U> {
    return this.#ask().catch(onRejected);
  }

  finally(onFinally?: (() => void) | null | undefined): Promise<R> {
    return this.#ask().finally(onFinally);
  }

  /** For `wait` and `asCompleted` of the executor, which take results of a pool too. */
  #view(): HandleView {
    const state = () => this.#state;
    const value = () => this.#value;
    const job = () => this.#job;
    return {
      get isDone() {
        return state() !== 'pending';
      },
      get isRunning() {
        return state() === 'pending' && job()?.handedOver === true;
      },
      get isFailed() {
        return state() === 'failed' && !isCancellation(value());
      },
      onSettled: (listener) => this.#onSettled(listener),
    };
  }

  #onSettled(listener: () => void): () => void {
    if (this.#state !== 'pending') return () => undefined;
    const waiters = this.#waitersNow();
    // Of its own, since one function may listen several times.
    const tell = () => listener();
    waiters.add(tell);
    return () => void waiters.delete(tell);
  }

  async #get(timeout: number): Promise<R> {
    if (!(await this.#within(timeout))) throw late(timeout);
    return this.#ask();
  }

  async #exception(timeout: number | undefined): Promise<unknown> {
    if (!(await this.#within(timeout))) throw late(timeout);
    this.#observe();
    return this.#state === 'failed' ? this.#value : undefined;
  }

  /** The outcome to the resolving functions of somebody's promise. */
  #promise(resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
    if (this.#state === 'pending') {
      this.#asked = Asked.also(this.#asked, new Asked(resolve, reject));
      return;
    }
    this.#observe();
    if (this.#state === 'successful') resolve(this.#value);
    else reject(this.#value);
  }

  /** The one promise of this result; whoever gets it gets the error too. */
  #ask(): Promise<R> {
    if (this.#asked?.promise !== undefined) return this.#asked.promise as Promise<R>;
    const asked = Asked.byPromise();
    if (this.#state === 'pending') this.#asked = Asked.also(this.#asked, asked);
    else {
      this.#observe();
      this.#asked = asked;
      this.#tell(asked);
    }
    return asked.promise as Promise<R>;
  }

  #tell(asked: Asked): void {
    const ok = this.#state === 'successful';
    asked.tell(ok, this.#value);
    if (!ok && asked.promise !== undefined) void quiet(asked.promise);
  }

  #observe(): void {
    if (this.#asked !== undefined) return;
    this.#asked = TOLD;
    if (this.#state === 'failed') this.#seat.unobserved(-1);
  }

  /** Whether it became ready before the time was over. */
  async #within(timeout: number | undefined): Promise<boolean> {
    const ms = checkTimeout(timeout);
    if (this.#state !== 'pending') return true;
    if (ms <= 0) return false;
    return new Promise((resolve) => {
      const waiters = this.#waitersNow();
      const alarm = new Alarm(
        systemClock,
        () => {
          waiters.delete(onReady);
          resolve(false);
        },
        true,
      );
      const onReady = () => {
        alarm.stop();
        resolve(true);
      };
      waiters.add(onReady);
      alarm.set(ms);
    });
  }

  #waitersNow(): Set<() => void> {
    this.#waiters ??= new Set();
    return this.#waiters;
  }

  #settle(ok: boolean, value: unknown): void {
    const callbacks = this.#callbacks;
    if (callbacks === undefined) this.#finish(ok, ok ? value : asPoolError(value));
    else {
      const outcome = runCallbacks(callbacks, this.#seat, ok, value);
      this.#finish(outcome.ok, outcome.value);
    }
  }

  #finish(ok: boolean, value: unknown): void {
    this.#state = ok ? 'successful' : 'failed';
    this.#value = value;
    this.#job = undefined;
    this.#callbacks = undefined;
    const asked = this.#asked;
    if (asked !== undefined) this.#asked = asked.kept;
    else if (!ok) this.#seat.unobserved(1);
    const waiters = this.#waiters;
    this.#waiters = undefined;
    if (waiters !== undefined) for (const tell of waiters) tell();
    if (asked !== undefined) this.#tell(asked);
  }
}

/** One of this call; a task may throw one, too. */
function isCancellation(error: unknown): boolean {
  return error instanceof CancelledError && error.remote !== true;
}

/** A rejection of it that nobody handles is nobody's: the error waits in the result. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

function late(timeout: number | undefined): TimeoutError {
  return new TimeoutError(`the result was not ready after ${Math.max(0, timeout ?? 0)} ms; its tasks go on, and it can be asked for again`);
}
