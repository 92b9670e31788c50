/**
 * IMapIterator: the results of `imap` and `imapUnordered`, one by one.
 *
 * Decides what a question that is given up means (it is taken back; the next one gets the outcome) and what leaving the loop means (what
 * has not started never runs, the input is closed). Order, window and the end of the input are the business of core's StreamJob.
 */
import { TimeoutError } from '@twinpool/core';
import { Alarm, checkTimeout, type StreamJob, systemClock } from '@twinpool/core/facade';
import { inspectedAs } from './inspected.ts';
import type { Life } from './life.ts';

type Step<R> = IteratorResult<R, undefined>;

/**
 * What `imap` and `imapUnordered` return, as Python's `IMapIterator`; the same for every chunksize.
 *
 * A task's error rejects that `next()` only, and the next one goes on with the following item. A `for await` loop ends with the error and
 * reads no further; go on with `next()` if you want to.
 *
 * @example
 * ```ts
 * for await (const line of pool.imap(parse, lines)) console.log(line);
 * ```
 */
export class IMapIterator<R> implements AsyncIterableIterator<R, undefined, number | undefined>, AsyncDisposable {
  static {
    inspectedAs(IMapIterator.prototype, (iterator) => {
      const state = iterator.#job.over ? 'ended' : 'running';
      return `<IMapIterator of ${iterator.#life.seat.name}.${iterator.#method} state=${state}>`;
    });
  }

  readonly #job: StreamJob;
  /** Held so that a pool is not taken for forgotten while its results are read. */
  readonly #life: Life;
  readonly #method: string;

  constructor(job: StreamJob, life: Life, method: string) {
    this.#job = job;
    this.#life = life;
    this.#method = method;
  }

  /**
   * The next result. Several calls at once get consecutive results. `timeout` is in milliseconds: `undefined` and `Infinity` mean none, 0
   * or less looks at once; a TimeoutError loses nothing, the result comes with the next call.
   */
  next(timeout?: number): Promise<Step<R>> {
    return new Promise((resolve, reject) => {
      const ms = checkTimeout(timeout);
      let alarm: Alarm | undefined;
      let isOpen = true;
      const withdraw = this.#job.take((ok, value) => {
        isOpen = false;
        alarm?.stop();
        if (ok === undefined) resolve({ done: true, value: undefined });
        else if (ok) resolve({ done: false, value: value as R });
        else reject(value);
      });
      if (!isOpen || ms === Number.POSITIVE_INFINITY) return;
      const giveUp = () => {
        if (withdraw()) reject(new TimeoutError(`${this.#method}: no result after ${Math.max(0, ms)} ms; it comes with a later next()`));
      };
      if (ms <= 0) {
        giveUp();
        return;
      }
      alarm = new Alarm(systemClock, giveUp, true);
      alarm.set(ms);
    });
  }

  /** Leaves: what has not started never runs, the input is closed, and every `next()` says done. Resolves when the input is closed. */
  async return(_value?: unknown): Promise<Step<R>> {
    await this.#job.close();
    return { done: true, value: undefined };
  }

  /** Leaves as `return` does, and rejects with `error`. */
  async throw(error?: unknown): Promise<Step<R>> {
    await this.#job.close();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#job.close();
  }
}
