/**
 * `asCompleted`: futures in the order in which they get done.
 *
 * Decides what comes next. Hand-written, since an async generator would await the futures it yields, and give their values.
 */
import { TimeoutError } from '@twinpool/core';
import { Alarm, adviseFor, checkTimeout, systemClock } from '@twinpool/core/facade';
import type { Future } from './future.ts';
import { type ResultLike, viewsOf } from './handle.ts';
import { ownOptions } from './options.ts';
import { shownAs } from './shown.ts';

/** Options of `asCompleted`. */
export interface AsCompletedOptions {
  /** Milliseconds for the whole iteration, counted from the call. */
  timeout?: number | undefined;
}

/** Yields the futures themselves, never their values. */
export interface FutureIterator<F> extends AsyncIterableIterator<F> {
  /**
   * The next future that is done.
   *
   * @returns The future, or the end.
   * @throws TimeoutError (rejection) when the time is over.
   */
  next(): Promise<IteratorResult<F, undefined>>;
  /**
   * Leaves the iteration; no future is cancelled.
   *
   * @returns The end.
   */
  return(): Promise<IteratorResult<F, undefined>>;
  [Symbol.asyncIterator](): FutureIterator<F>;
}

/**
 * Iterates futures, of any executors, and AsyncResults, mixed, as they get done: those that are done already first, in the order given.
 * Each comes once, a failed or cancelled one like any other. Leaving the loop cancels nothing.
 *
 * When `timeout` milliseconds have passed since the call, what is done still comes, and then `next()` rejects with TimeoutError
 * ("2 (of 4) futures unfinished").
 *
 * Unlike CPython: a cancelled future comes as soon as it is cancelled, and the time counts from the call, as Python's documentation has it.
 *
 * @param futures - Futures and AsyncResults.
 * @param options - `timeout`: milliseconds for the whole iteration, default none.
 * @returns An iterator of the futures themselves.
 * @throws TypeError for what is not a future, RangeError for a bad `timeout`, OptionsError for another option.
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

interface Asker<F> {
  readonly resolve: (step: IteratorResult<F, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

class AsCompleted<F> implements FutureIterator<F> {
  static {
    adviseFor(AsCompleted.prototype, 'FutureIterator', 'iterate it here');
    shownAs<AsCompleted<unknown>>(AsCompleted.prototype, 'FutureIterator', (iterator) => ({
      total: iterator.#total,
      unfinished: iterator.#pending.size,
    }));
  }

  readonly #total: number;
  readonly #deadline: number;
  /** There is no time to wait: what is done now comes, and nothing else. */
  readonly #looksOnce: boolean;
  readonly #alarm: Alarm;
  /** Not done yet, with the way to stop listening. */
  readonly #pending = new Map<F, () => void>();
  /** Done, in order, from `#next` on; what was yielded is forgotten. */
  #done: (F | undefined)[] = [];
  #next = 0;
  readonly #askers: Asker<F>[] = [];

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
      this.#askers.push({ resolve, reject });
      this.#answer();
    });
  }

  return(): Promise<IteratorResult<F, undefined>> {
    this.#end();
    this.#answer();
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
    this.#answer();
  }

  #answer(): void {
    while (this.#askers.length > 0) {
      const value = this.#take();
      if (value !== undefined) this.#askers.shift()?.resolve({ done: false, value });
      else if (this.#pending.size === 0) this.#askers.shift()?.resolve({ done: true, value: undefined });
      else {
        // The timer runs, and keeps the program alive, while somebody waits.
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
    this.#askers.shift()?.reject(error);
    this.#answer();
  }

  #end(): void {
    for (const unsubscribe of this.#pending.values()) unsubscribe();
    this.#pending.clear();
    this.#done = [];
    this.#next = 0;
  }
}
