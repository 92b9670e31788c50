/**
 * IMapIterator: delivers the results of `imap` and `imapUnordered` one by one.
 *
 *   next --#take--> StreamJob (core) --outcome--> the promise of this `next`
 *                       '--TimeoutError after `timeout`: the request is withdrawn, the next `next` gets the outcome
 *
 * A task's error is a rejection, the end of the iteration (`onError: 'stop'`), or an outcome as any other (`settled`). The end of the consumer's loop
 * closes the input, and tasks that have not started never run. This file does not know the order of outcomes and the bounds of the input: the
 * StreamJob has them.
 */
import { inspect } from 'node:util';
import { TimeoutError } from '@twinpool/core';
import {
  Alarm,
  adviseFor,
  checkTimeout,
  defineInspect,
  gather,
  type OutcomeReader,
  type StreamJob,
  systemClock,
} from '@twinpool/core/facade';
import { asPoolError } from './maybe-encoding-error.ts';
import type { PoolLifecycle } from './pool-lifecycle.ts';

type Step<R> = IteratorResult<R, undefined>;

/**
 * The iterator that `imap` and `imapUnordered` return, as Python's `IMapIterator`.
 *
 * A task's error rejects one `next()`, and the following `next()` goes on with the next item; with `onError: 'stop'` the error ends the iteration. A
 * `for await` loop ends at an error and reads no further: call `next()` to go on, or loop over `settled()`.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.imap
 *
 * @example
 * ```ts
 * import { ThreadPool } from 'twinpool';
 *
 * await using pool = new ThreadPool(1);
 * for await (const square of pool.imap((x: number) => x ** 2, [1, 2, 3])) console.log(square);
 * ```
 */
export class IMapIterator<R> implements AsyncIterableIterator<R, undefined, number | undefined>, AsyncDisposable {
  static {
    defineInspect(IMapIterator.prototype, (iterator) => {
      const state = iterator.#job.isOver ? 'ended' : 'running';
      return `<IMapIterator of ${iterator.#lifecycle.attachment.name}.${iterator.#method} state=${state}>`;
    });
    adviseFor(IMapIterator.prototype, 'IMapIterator', 'collect its values first');
  }

  readonly #job: StreamJob;
  /** The reference keeps the pool from being garbage collected while its results are read. */
  readonly #lifecycle: PoolLifecycle;
  readonly #method: string;
  readonly #stopsAtErrors: boolean;

  constructor(job: StreamJob, lifecycle: PoolLifecycle, method: string, stopsAtErrors: boolean) {
    this.#job = job;
    this.#lifecycle = lifecycle;
    this.#method = method;
    this.#stopsAtErrors = stopsAtErrors;
  }

  /**
   * Waits for the next result and returns it. You may call it again before it has settled: the calls get consecutive results.
   *
   * @param timeout - Milliseconds to wait; 0 or less checks once. Default: no limit.
   * @returns The next result, or the end.
   * @throws The task's error (rejection); the iterator goes on.
   * @throws TimeoutError (rejection) after `timeout`; no result is lost, the next call gets it. RangeError (rejection) for `NaN`.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.imap
   */
  next(timeout?: number): Promise<IteratorResult<R, undefined>> {
    return this.#take(timeout, false) as Promise<Step<R>>;
  }

  /**
   * Returns a view that delivers outcomes, `{ status, value }` or `{ status, reason }`, so that a task's error does not end a loop.
   *
   * Other errors still reject: an error of the input, the end of the pool, a TimeoutError. The view and the iterator read the same results: use only
   * one of them.
   *
   * @returns The outcomes, one by one.
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool(1);
   * const parsed = pool.imap((text: string) => JSON.parse(text) as number, ['1', '}', '3']);
   * for await (const outcome of parsed.settled()) console.log(outcome.status); // fulfilled, rejected, fulfilled
   * ```
   */
  settled(): SettledIterator<R> {
    if (!this.#stopsAtErrors) this.#job.takeErrorsToo();
    const next = (timeout?: number) => this.#take(timeout, true) as Promise<Step<PromiseSettledResult<R>>>;
    return new View<PromiseSettledResult<R>>('SettledIterator', this, next);
  }

  /**
   * Waits for all remaining results and returns them as an array.
   *
   * Price: less than a loop over the iterator, because it makes one promise, not one per result.
   *
   * @returns The results: of `imap` in input order, of `imapUnordered` in the order in which the tasks ended.
   * @throws The first error (rejection). The iterator goes on after it, unless `onError` is 'stop'.
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool(1);
   * console.log(await pool.imap((x: number) => x ** 2, [1, 2, 3]).toArray()); // [ 1, 4, 9 ]
   * ```
   */
  toArray(): Promise<R[]> {
    const job = this.#job;
    const reader: OutcomeReader = { next: (deliver) => void job.take(deliver), values: () => job.takeValues(), left: () => job.left };
    const read = (ok: boolean, value: unknown, isLast: boolean): R => {
      if (ok) return value as R;
      if (this.#stopsAtErrors && !isLast) void job.close();
      throw asPoolError(value);
    };
    return gather(reader, read, (values) => values as R[]);
  }

  /**
   * Returns a view that delivers the results in arrays: those that are ready, at least one.
   *
   * A task's error rejects one `next()`, after the results before it; the following `next()` goes on. The view and the iterator read the same results.
   *
   * Price: one promise per array, so a loop over many short tasks costs a fraction of one over single results.
   *
   * @returns The arrays, one by one.
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool(1);
   * let sum = 0;
   * for await (const batch of pool.imap((x: number) => x ** 2, [1, 2, 3]).batches()) for (const square of batch) sum += square;
   * console.log(sum); // 14
   * ```
   */
  batches(): BatchIterator<R> {
    const takeReady = (): R[] => this.#job.takeReady() as R[];
    const next = async (timeout?: number): Promise<Step<R[]>> => {
      const ms = checkTimeout(timeout);
      const ready = takeReady();
      if (ready.length > 0) return { done: false, value: ready };
      const { done, value } = await this.next(ms);
      return done === true ? { done, value } : { done: false, value: [value, ...takeReady()] };
    };
    return new View<R[]>('BatchIterator', this, next);
  }

  /**
   * Ends the iteration: tasks that have not started never run, and the input is closed. The promise resolves when the input is closed.
   *
   * @param _value - It has no effect.
   * @returns The end.
   */
  async return(_value?: unknown): Promise<IteratorResult<R, undefined>> {
    await this.#job.close();
    return { done: true, value: undefined };
  }

  /**
   * Ends the iteration as `return` does, and rejects with `error`.
   *
   * @param error - The error to reject with.
   * @returns A promise that rejects.
   * @throws `error` (rejection).
   */
  async throw(error?: unknown): Promise<IteratorResult<R, undefined>> {
    await this.#job.close();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#job.close();
  }

  #take(timeout: number | undefined, asOutcomes: boolean): Promise<Step<R | PromiseSettledResult<R>>> {
    return new Promise((resolve, reject) => {
      const ms = checkTimeout(timeout);
      let alarm: Alarm | undefined;
      let isOpen = true;
      const withdraw = this.#job.take((ok, value, isLast) => {
        isOpen = false;
        alarm?.stop();
        if (ok === undefined) resolve({ done: true, value: undefined });
        else if (ok) resolve({ done: false, value: asOutcomes ? { status: 'fulfilled', value: value as R } : (value as R) });
        else {
          if (this.#stopsAtErrors && !isLast) void this.#job.close();
          const reason = asPoolError(value);
          if (asOutcomes && !isLast) resolve({ done: false, value: { status: 'rejected', reason } });
          else reject(reason);
        }
      });
      if (!isOpen || ms === Number.POSITIVE_INFINITY) return;
      const giveUp = () => {
        if (withdraw()) reject(new TimeoutError(`${this.#method}: no result after ${Math.max(0, ms)} ms; call next() again to get it`));
      };
      if (ms <= 0) {
        giveUp();
        return;
      }
      alarm = new Alarm(systemClock, giveUp, { keepsAlive: true });
      alarm.set(ms);
    });
  }
}

/** The view that `settled()` of an iterator returns: the outcomes, one by one. */
export interface SettledIterator<R> extends AsyncIterableIterator<PromiseSettledResult<R>, undefined, number | undefined>, AsyncDisposable {
  /**
   * Waits for the next outcome and returns it.
   *
   * @param timeout - Milliseconds to wait; 0 or less checks once. Default: no limit.
   * @returns The next outcome, or the end.
   * @throws TimeoutError (rejection) after `timeout`; no outcome is lost. An error that is not a task's (rejection).
   */
  next(timeout?: number): Promise<IteratorResult<PromiseSettledResult<R>, undefined>>;
  /**
   * Ends the iteration as the iterator's own `return` does.
   *
   * @param value - It has no effect.
   * @returns The end.
   */
  return(value?: unknown): Promise<IteratorResult<PromiseSettledResult<R>, undefined>>;
  [Symbol.asyncIterator](): SettledIterator<R>;
}

/** The view that `batches()` of an iterator returns: the results that are ready, in arrays. */
export interface BatchIterator<R> extends AsyncIterableIterator<R[], undefined, number | undefined>, AsyncDisposable {
  /**
   * Waits for results and returns all that are ready.
   *
   * @param timeout - Milliseconds to wait; 0 or less checks once. Default: no limit.
   * @returns The results, at least one, or the end.
   * @throws The task's error (rejection), after the results before it; the view goes on.
   * @throws TimeoutError (rejection) after `timeout`; no result is lost. RangeError (rejection) for `NaN`.
   */
  next(timeout?: number): Promise<IteratorResult<R[], undefined>>;
  /**
   * Ends the iteration as the iterator's own `return` does.
   *
   * @param value - It has no effect.
   * @returns The end.
   */
  return(value?: unknown): Promise<IteratorResult<R[], undefined>>;
  [Symbol.asyncIterator](): BatchIterator<R>;
}

/** Another way to read an iterator. Its end is the iterator's. */
class View<V> implements AsyncIterableIterator<V, undefined, number | undefined>, AsyncDisposable {
  static {
    defineInspect(View.prototype, (view, options) => `<${view.#name} of ${inspect(view.#iterator, options)}>`);
  }

  readonly next: (timeout?: number) => Promise<Step<V>>;
  readonly #name: string;
  readonly #iterator: IMapIterator<unknown>;

  constructor(name: string, iterator: IMapIterator<unknown>, next: (timeout?: number) => Promise<Step<V>>) {
    this.#name = name;
    this.#iterator = iterator;
    this.next = next;
  }

  async return(_value?: unknown): Promise<Step<V>> {
    await this.#iterator.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#iterator[Symbol.asyncDispose]();
  }
}
