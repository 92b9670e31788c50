/**
 * ResultIterator: delivers the outcomes of `executor.map` in input order, and ends the iteration.
 *
 *   next, toArray, settled --#take--> OutcomeSource (a StreamJob of core) --outcome--> the consumer
 *
 *   open --end of the input, first error, deadline, or the consumer leaves--> ended        `#end` makes the move
 *
 * Invariants: a task's error ends the iteration only with `onError: 'stop'`. The end closes the source, which cancels the tasks that have not started. An
 * outcome that lies ready is delivered, also after the deadline. This file does not know where outcomes come from.
 */
import { TimeoutError } from '@twinpool/core';
import { Alarm, adviseFor, gather, type OutcomeReader, systemClock, type Taker } from '@twinpool/core/facade';
import { inspectAs } from './inspect-as.ts';

/** Outcomes in input order; a StreamJob is one. */
export interface OutcomeSource {
  /** Calls `taker` with the next outcome, once. Returns a function that withdraws the request, and returns whether it was still open. */
  take(taker: Taker): () => boolean;
  /** Takes the values that lie ready, up to a failure; none while a `take` waits. `take` continues after them. */
  takeValues(): unknown[];
  /** The number of outcomes that are known to come. */
  readonly left: number;
  /** Cancels the tasks that have not started. Resolves when the input is closed. */
  close(): Promise<void>;
}

/** The source of a map without items. */
export const NO_OUTCOMES: OutcomeSource = {
  take(taker) {
    taker(undefined, undefined, false);
    return () => false;
  },
  takeValues: () => [],
  left: 0,
  close: () => Promise.resolve(),
};

/** A request for an outcome that waits, and may reach the deadline. */
interface PendingRequest {
  readonly deliver: Taker;
  withdraw: () => boolean;
}

/** The options of `map` that concern the iteration. */
export interface IterationOptions {
  /** Milliseconds, counted from `calledAt`; Infinity means no limit. */
  readonly timeout: number;
  readonly calledAt: number;
  readonly onError: 'stop' | 'continue' | undefined;
}

/**
 * The iterator that `executor.map` returns: the results in the order of the input.
 *
 * The first error of a task, of the input, or of the deadline is delivered once and ends the iteration. The end of a loop ends it too. Tasks that were
 * not handed to a worker are cancelled then. With `onError: 'continue'` a task's error is delivered at its place, and `next()` goes on with the next
 * item. A `for await` loop always ends at an error: loop over `settled()` then.
 *
 * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Executor.map
 *
 * @example
 * ```ts
 * import { ThreadPoolExecutor } from 'twinpool';
 *
 * await using executor = new ThreadPoolExecutor(2);
 * for await (const square of executor.map((x: number) => x ** 2, [1, 2, 3])) console.log(square); // 1, 4, 9
 * ```
 */
export class ResultIterator<R> implements AsyncIterableIterator<R, undefined, unknown>, AsyncDisposable {
  static {
    adviseFor(ResultIterator.prototype, 'ResultIterator', 'collect its values first: await results.toArray()');
    inspectAs<ResultIterator<unknown>>(ResultIterator.prototype, 'ResultIterator', (results) => ({
      state: results.#hasEnded ? 'ended' : 'open',
      delivered: results.#delivered,
    }));
  }

  readonly #source: OutcomeSource;
  readonly #continues: boolean;
  /** A time of the clock; Infinity means no deadline. */
  readonly #deadline: number;
  readonly #timeout: number;
  /** Exists if there is a deadline. It is set, and keeps the program alive, only while a request waits. */
  readonly #alarm: Alarm | undefined;
  /** The requests that wait, in order. They are kept only if there is a deadline. */
  readonly #requests: PendingRequest[] = [];
  #delivered = 0;
  #hasEnded = false;

  /** For executors: `map` makes the iterators. */
  constructor(source: OutcomeSource, { timeout, calledAt, onError }: IterationOptions) {
    this.#source = source;
    this.#continues = onError === 'continue';
    this.#timeout = timeout;
    this.#deadline = calledAt + timeout;
    this.#alarm = timeout === Number.POSITIVE_INFINITY ? undefined : new Alarm(systemClock, () => this.#expire(), { keepsAlive: true });
  }

  /**
   * Waits for the next result and returns it. You may call it again before it has settled: the calls get consecutive results.
   *
   * @returns The result, or the end.
   * @throws The first error (rejection), TimeoutError (rejection) at the deadline.
   */
  next(): Promise<IteratorResult<R, undefined>> {
    return new Promise((resolve, reject) => {
      this.#take(this.#continues, (ok, value) => {
        if (ok === undefined) resolve({ done: true, value: undefined });
        else if (ok) resolve({ done: false, value: value as R });
        else reject(value);
      });
    });
  }

  /**
   * Waits for all remaining results and returns them as an array.
   *
   * Price: less than a `for await` loop, because there is no promise per result.
   *
   * @returns The results, in input order.
   * @throws The first error (rejection), TimeoutError (rejection) at the deadline.
   */
  toArray(): Promise<R[]> {
    const read = (ok: boolean, value: unknown): R => {
      if (!ok) throw value;
      return value as R;
    };
    return gather(this.#reader(this.#continues), read, (values) => values as R[]);
  }

  /**
   * Returns a view of the same iteration that delivers outcomes in the form of `Promise.allSettled`. A task's error is an outcome and does not end
   * the iteration, whatever `onError` is.
   *
   * Other errors still reject and end the iteration: an error of the input, the deadline, an abort, a shutdown.
   *
   * @returns The outcomes, one by one.
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor(2);
   * for await (const outcome of executor.map((text: string) => JSON.parse(text) as unknown, ['1', '{', '3']).settled())
   *   console.log(outcome.status); // fulfilled, rejected, fulfilled
   * ```
   */
  settled(): SettledResults<R> {
    return new SettledView<R>(this.#reader(true), () => this.#end());
  }

  /**
   * Ends the iteration and cancels the tasks that have not started. The promise resolves when the inputs are closed.
   *
   * @returns The end.
   */
  async return(): Promise<IteratorResult<R, undefined>> {
    await this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  get [Symbol.toStringTag](): string {
    return 'ResultIterator';
  }

  #take(continues: boolean, deliver: Taker): void {
    if (this.#hasEnded) {
      deliver(undefined, undefined, false);
      return;
    }
    const taker: Taker = (ok, value, isLast) => {
      if (ok !== undefined) this.#delivered += 1;
      // The iteration ends before the outcome is delivered: the consumer finds the other futures and inputs in their final state.
      if (ok === undefined || (!ok && (!continues || isLast))) void this.#end();
      deliver(ok, value, isLast);
    };
    if (this.#alarm === undefined) {
      this.#source.take(taker);
      return;
    }
    let isDelivered = false;
    const request: PendingRequest = { deliver: taker, withdraw: () => false };
    request.withdraw = this.#source.take((ok, value, isLast) => {
      isDelivered = true;
      this.#remove(request);
      taker(ok, value, isLast);
    });
    // An outcome that lies ready is delivered, also after the deadline.
    if (isDelivered) return;
    this.#requests.push(request);
    if (this.#timeout <= 0) this.#expire();
    else this.#alarm.set(this.#deadline - systemClock.now());
  }

  #reader(continues: boolean): OutcomeReader {
    return { next: (deliver) => this.#take(continues, deliver), values: () => this.#takeValues(), left: () => this.#source.left };
  }

  #takeValues(): unknown[] {
    if (this.#hasEnded) return [];
    const values = this.#source.takeValues();
    this.#delivered += values.length;
    return values;
  }

  #remove(request: PendingRequest): void {
    const at = this.#requests.indexOf(request);
    if (at >= 0) this.#requests.splice(at, 1);
    if (this.#requests.length === 0) this.#alarm?.stop();
  }

  #expire(): void {
    const [first] = this.#requests;
    if (first === undefined || !first.withdraw()) return;
    this.#remove(first);
    first.deliver(false, new TimeoutError(`map: the iteration was not over ${this.#timeout} ms after the call`), true);
  }

  #end(): Promise<void> {
    this.#hasEnded = true;
    this.#alarm?.stop();
    return this.#source.close();
  }
}

/** The view that `ResultIterator.settled()` returns. The end of its loop ends the map. */
export interface SettledResults<R> extends AsyncIterableIterator<PromiseSettledResult<R>, undefined, unknown>, AsyncDisposable {
  /**
   * Waits for the next outcome and returns it.
   *
   * @returns The outcome, or the end.
   * @throws An error that is not a task's (rejection).
   */
  next(): Promise<IteratorResult<PromiseSettledResult<R>, undefined>>;
  /**
   * Ends the iteration and cancels the tasks that have not started.
   *
   * @returns The end.
   */
  return(): Promise<IteratorResult<PromiseSettledResult<R>, undefined>>;
  /**
   * Waits for all remaining outcomes and returns them as an array.
   *
   * @returns The outcomes, in input order.
   * @throws An error that is not a task's (rejection).
   */
  toArray(): Promise<PromiseSettledResult<R>[]>;
  [Symbol.asyncIterator](): SettledResults<R>;
}

class SettledView<R> implements SettledResults<R> {
  readonly #reader: OutcomeReader;
  readonly #end: () => Promise<void>;

  constructor(reader: OutcomeReader, end: () => Promise<void>) {
    this.#reader = reader;
    this.#end = end;
  }

  next(): Promise<IteratorResult<PromiseSettledResult<R>, undefined>> {
    return new Promise((resolve, reject) => {
      this.#reader.next((ok, value, isLast) => {
        if (ok === undefined) resolve({ done: true, value: undefined });
        else if (isLast) reject(value);
        else resolve({ done: false, value: settledResult(ok, value) });
      });
    });
  }

  toArray(): Promise<PromiseSettledResult<R>[]> {
    const read = (ok: boolean, value: unknown, isLast: boolean): PromiseSettledResult<R> => {
      if (isLast) throw value;
      return settledResult<R>(ok, value);
    };
    return gather(this.#reader, read, (values) => values.map((value) => settledResult<R>(true, value)));
  }

  async return(): Promise<IteratorResult<PromiseSettledResult<R>, undefined>> {
    await this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  get [Symbol.toStringTag](): string {
    return 'SettledResults';
  }
}

function settledResult<R>(ok: boolean, value: unknown): PromiseSettledResult<R> {
  return ok ? { status: 'fulfilled', value: value as R } : { status: 'rejected', reason: value };
}
