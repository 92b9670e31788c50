/**
 * IMapIterator: the results of `imap` and `imapUnordered`, one by one.
 *
 * Decides what a question that is given up means (it is taken back; the next one gets the outcome) and what leaving the loop means (what
 * has not started never runs, the input is closed), and whether a task's error is a rejection, the end, or (`settled`) a value like any
 * other. Order, window and the end of the input are the business of core's StreamJob.
 */
import { inspect } from 'node:util';
import { TimeoutError } from '@twinpool/core';
import { Alarm, adviseFor, checkTimeout, type StreamJob, systemClock } from '@twinpool/core/facade';
import { inspectedAs } from './inspected.ts';
import type { Life } from './life.ts';
import { asPoolError } from './maybe-encoding-error.ts';

type Step<R> = IteratorResult<R, undefined>;

/**
 * What `imap` and `imapUnordered` return, as Python's `IMapIterator`; the same for every chunksize.
 *
 * A task's error rejects that `next()` only, and the next one goes on with the following item; with `onError: 'stop'` it is the end. A
 * `for await` loop ends with the error and reads no further: go on with `next()`, or loop over `settled()`, if you want to.
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
    inspectedAs(IMapIterator.prototype, (iterator) => {
      const state = iterator.#job.over ? 'ended' : 'running';
      return `<IMapIterator of ${iterator.#life.seat.name}.${iterator.#method} state=${state}>`;
    });
    adviseFor(IMapIterator.prototype, 'IMapIterator', 'collect its values first');
  }

  readonly #job: StreamJob;
  /** Held so that a pool is not taken for forgotten while its results are read. */
  readonly #life: Life;
  readonly #method: string;
  readonly #stopsAtErrors: boolean;

  constructor(job: StreamJob, life: Life, method: string, stopsAtErrors: boolean) {
    this.#job = job;
    this.#life = life;
    this.#method = method;
    this.#stopsAtErrors = stopsAtErrors;
  }

  /**
   * The next result. Several calls at once get consecutive results. `timeout` is in milliseconds: `undefined` and `Infinity` mean none, 0
   * or less looks at once; a TimeoutError loses nothing, the result comes with the next call.
   *
   * @param timeout - Milliseconds to wait. Default: none.
   * @returns The next result, or the end.
   * @throws The task's error, or TimeoutError (rejection); the iterator goes on.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.imap
   */
  next(timeout?: number): Promise<IteratorResult<R, undefined>> {
    return this.#ask(timeout, false) as Promise<Step<R>>;
  }

  /**
   * The same results as outcomes, `{ status, value }` or `{ status, reason }`: a task's error ends no loop. What is no task's error still
   * rejects: one of the input, the end of the pool, a TimeoutError. The view and the iterator read the same results; take one of them.
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
    return new SettledView<R>(this, (timeout) => this.#ask(timeout, true) as Promise<Step<PromiseSettledResult<R>>>);
  }

  /**
   * Leaves: what has not started never runs, the input is closed, and every `next()` says done. Resolves when the input is closed.
   *
   * @param _value - Without effect.
   * @returns The end.
   */
  async return(_value?: unknown): Promise<IteratorResult<R, undefined>> {
    await this.#job.close();
    return { done: true, value: undefined };
  }

  /**
   * Leaves as `return` does, and rejects with `error`.
   *
   * @param error - What it rejects with.
   * @returns Never.
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

  #ask(timeout: number | undefined, asOutcomes: boolean): Promise<Step<R | PromiseSettledResult<R>>> {
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
        if (withdraw()) reject(new TimeoutError(`${this.#method}: no result after ${Math.max(0, ms)} ms; it comes with a later next()`));
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

/** What `settled()` of an iterator returns: the outcomes one by one. */
export interface SettledIterator<R> extends AsyncIterableIterator<PromiseSettledResult<R>, undefined, number | undefined>, AsyncDisposable {
  /**
   * The next outcome; `timeout` as of the iterator's own `next`.
   *
   * @param timeout - Milliseconds to wait. Default: none.
   * @returns The next outcome, or the end.
   */
  next(timeout?: number): Promise<IteratorResult<PromiseSettledResult<R>, undefined>>;
  /**
   * Leaves as the iterator's own `return` does.
   *
   * @param value - Without effect.
   * @returns The end.
   */
  return(value?: unknown): Promise<IteratorResult<PromiseSettledResult<R>, undefined>>;
  [Symbol.asyncIterator](): SettledIterator<R>;
}

class SettledView<R> implements SettledIterator<R> {
  static {
    inspectedAs(SettledView.prototype, (view, options) => `<SettledIterator of ${inspect(view.#of, options)}>`);
  }

  readonly next: (timeout?: number) => Promise<Step<PromiseSettledResult<R>>>;
  readonly #of: IMapIterator<R>;

  constructor(of: IMapIterator<R>, next: (timeout?: number) => Promise<Step<PromiseSettledResult<R>>>) {
    this.#of = of;
    this.next = next;
  }

  async return(_value?: unknown): Promise<Step<PromiseSettledResult<R>>> {
    await this.#of.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#of[Symbol.asyncDispose]();
  }
}
