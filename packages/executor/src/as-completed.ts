/**
 * `asCompleted`: iterates futures in the order in which they get done.
 *
 *   #pending --settled--> #done --next()--> the consumer
 *       '--the time is over--> TimeoutError, and the end
 *
 * The iterator is hand-written: an async generator would await the futures that it yields, and yield their values. It does not know executors.
 */
import { TimeoutError } from '@twinpool/core';
import { Alarm, adviseFor, checkTimeout, systemClock } from '@twinpool/core/facade';
import type { Future } from './future.ts';
import { type ResultLike, viewsOf } from './handle-views.ts';
import { inspectAs } from './inspect-as.ts';
import { ownOptions } from './options.ts';

/** Options of `asCompleted`. */
export interface AsCompletedOptions {
  /** Milliseconds for the whole iteration, counted from the call of `asCompleted`. Default: no limit. */
  timeout?: number | undefined;
}

/** The iterator that `asCompleted` returns. It yields the futures themselves, never their values. */
export interface FutureIterator<F> extends AsyncIterableIterator<F> {
  /**
   * Waits for the next future that is done and returns it.
   *
   * @returns The future, or the end.
   * @throws TimeoutError (rejection) when the time is over.
   */
  next(): Promise<IteratorResult<F, undefined>>;
  /**
   * Ends the iteration. No future is cancelled.
   *
   * @returns The end.
   */
  return(): Promise<IteratorResult<F, undefined>>;
  [Symbol.asyncIterator](): FutureIterator<F>;
}

/**
 * Iterates futures in the order in which they get done. It takes futures of any executors and AsyncResults, mixed.
 *
 * Futures that are already done come first, in the order given. Each future comes once, also a failed or cancelled one. The end of the loop cancels
 * nothing. When `timeout` milliseconds have passed since the call, the futures that are done still come, and then `next()` rejects with TimeoutError
 * ("2 (of 4) futures unfinished").
 *
 * Unlike in CPython, a cancelled future comes as soon as it is cancelled, and the time counts from the call, as Python's documentation says.
 *
 * @param futures - Futures and AsyncResults.
 * @param options - `timeout`: milliseconds for the whole iteration. Default: no limit.
 * @returns An iterator of the futures themselves.
 * @throws TypeError for a value that is not a future, RangeError for a bad `timeout`, OptionsError for another option.
 * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.as_completed
 *
 * @example
 * ```ts
 * import { asCompleted, ThreadPoolExecutor } from 'twinpool';
 *
 * await using executor = new ThreadPoolExecutor(2);
 * const futures = [1, 2, 3].map((n) => executor.submit((x: number) => x * 2, n));
 * for await (const future of asCompleted(futures, { timeout: 5_000 })) console.log(await future.result());
 * ```
 */
export function asCompleted<F extends Future<unknown> | ResultLike>(futures: Iterable<F>, options?: AsCompletedOptions): FutureIterator<F> {
  const calledAt = systemClock.now();
  const { timeout } = ownOptions('asCompleted', options, ['timeout']);
  return new AsCompleted(futures, checkTimeout(timeout), calledAt);
}

/** A call of `next` that has not settled. */
interface PendingNext<F> {
  readonly resolve: (step: IteratorResult<F, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

class AsCompleted<F> implements FutureIterator<F> {
  static {
    adviseFor(AsCompleted.prototype, 'FutureIterator', 'iterate it here');
    inspectAs<AsCompleted<unknown>>(AsCompleted.prototype, 'FutureIterator', (iterator) => ({
      total: iterator.#total,
      unfinished: iterator.#pending.size,
    }));
  }

  readonly #total: number;
  readonly #deadline: number;
  /** The timeout is 0 or less: only futures that are done now come. */
  readonly #looksOnce: boolean;
  readonly #alarm: Alarm;
  /** The futures that are not done, with the function that removes the listener. */
  readonly #pending = new Map<F, () => void>();
  /** The done futures in order. From `#next` on they were not yielded; the references before it are released. */
  #done: (F | undefined)[] = [];
  #next = 0;
  readonly #waiting: PendingNext<F>[] = [];

  constructor(futures: Iterable<F>, timeout: number, calledAt: number) {
    const views = viewsOf('asCompleted', futures);
    this.#total = views.size;
    this.#deadline = calledAt + timeout;
    this.#looksOnce = timeout <= 0;
    this.#alarm = new Alarm(systemClock, () => this.#expire(), { keepsAlive: true });
    for (const [future, view] of views) {
      if (view.isDone) this.#done.push(future);
      else
        this.#pending.set(
          future,
          view.onSettled(() => this.#settled(future)),
        );
    }
  }

  next(): Promise<IteratorResult<F, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#deliver();
    });
  }

  return(): Promise<IteratorResult<F, undefined>> {
    this.#end();
    this.#deliver();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #settled(future: F): void {
    if (!this.#pending.delete(future)) return;
    this.#done.push(future);
    this.#deliver();
  }

  #deliver(): void {
    while (this.#waiting.length > 0) {
      const value = this.#take();
      if (value !== undefined) this.#waiting.shift()?.resolve({ done: false, value });
      else if (this.#pending.size === 0) this.#waiting.shift()?.resolve({ done: true, value: undefined });
      else {
        // The timer runs, and keeps the program alive, only while a `next` waits.
        if (this.#looksOnce) this.#expire();
        else this.#alarm.set(this.#deadline - systemClock.now());
        return;
      }
    }
    this.#alarm.stop();
  }

  #take(): F | undefined {
    const future = this.#done[this.#next];
    if (future === undefined) return undefined;
    this.#done[this.#next] = undefined;
    this.#next += 1;
    return future;
  }

  #expire(): void {
    const error = new TimeoutError(`${this.#pending.size} (of ${this.#total}) futures unfinished`);
    this.#end();
    this.#waiting.shift()?.reject(error);
    this.#deliver();
  }

  #end(): void {
    for (const unsubscribe of this.#pending.values()) unsubscribe();
    this.#pending.clear();
    this.#done = [];
    this.#next = 0;
  }
}
