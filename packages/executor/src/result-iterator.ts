/**
 * What `executor.map` returns: results in input order, for as long as all goes well.
 *
 * Decides when the iteration is over: at the end of the input, at the first error (of a task only where `onError` is 'stop'), at the
 * deadline, or when the consumer leaves; whatever comes first, what has not started is cancelled then. Refuses to know where outcomes
 * come from.
 */
import { TimeoutError } from '@twinpool/core';
import { Alarm, adviseFor, systemClock, type Taker } from '@twinpool/core/facade';
import { shownAs } from './shown.ts';

/** Outcomes in input order; a StreamJob is one. */
export interface OutcomeSource {
  /** Asks for the next outcome. Returns a function that takes the question back. */
  take(taker: Taker): () => boolean;
  /** The values that lie ready, up to a failure, unless somebody waits for them; `take` goes on from there. */
  takeValues(): unknown[];
  /** Outcomes that are known to come, as far as it is known. */
  readonly left: number;
  /** Cancels what has not started. Resolves when the input is closed. */
  close(): Promise<void>;
}

/** Of a map over nothing. */
export const NO_OUTCOMES: OutcomeSource = {
  take(taker) {
    taker(undefined, undefined, false);
    return () => false;
  },
  takeValues: () => [],
  left: 0,
  close: () => Promise.resolve(),
};

interface Question {
  readonly answer: Taker;
  takeBack: () => boolean;
}

/** How an iterator behaves. */
export interface Manners {
  /** Milliseconds, counted from `calledAt`; Infinity: none. */
  readonly timeout: number;
  readonly calledAt: number;
  readonly onError: 'stop' | 'continue' | undefined;
}

/** How a view gets at the outcomes, in turn with whoever else asks. */
interface Asking {
  next(answer: Taker): void;
  /** The values that are there. */
  values(): unknown[];
  /** How many to make room for. */
  left(): number;
}

/**
 * The results of `executor.map`, in the order of the input. `next()` may be called again before it has answered: calls are answered in
 * turn.
 *
 * The first error of a task, of the input, or of the deadline is delivered once and ends the iteration; so does leaving the loop. What
 * was not handed to a worker is then cancelled. With `onError: 'continue'` a task's error is delivered at its place, and `next()` goes on
 * after it; as `for await` ends at an error in any case, `settled()` is the view to loop over then. Results nobody asks for wait here.
 */
export class ResultIterator<R> implements AsyncIterableIterator<R, undefined, unknown>, AsyncDisposable {
  static {
    adviseFor(ResultIterator.prototype, 'ResultIterator', 'collect its values first: await results.toArray()');
    shownAs<ResultIterator<unknown>>(ResultIterator.prototype, 'ResultIterator', (results) => ({
      state: results.#hasEnded ? 'ended' : 'open',
      delivered: results.#delivered,
    }));
  }

  readonly #source: OutcomeSource;
  readonly #goesOn: boolean;
  /** Of the clock; Infinity: none. */
  readonly #deadline: number;
  readonly #timeout: number;
  /** Exists when there is a deadline; runs, and keeps the program alive, while somebody waits. */
  readonly #alarm: Alarm | undefined;
  /** Those who wait, first come first; kept for the deadline only. */
  readonly #questions: Question[] = [];
  #delivered = 0;
  #hasEnded = false;

  /** For executors. */
  constructor(source: OutcomeSource, { timeout, calledAt, onError }: Manners) {
    this.#source = source;
    this.#goesOn = onError === 'continue';
    this.#timeout = timeout;
    this.#deadline = calledAt + timeout;
    this.#alarm = timeout === Number.POSITIVE_INFINITY ? undefined : new Alarm(systemClock, () => this.#expire(), { keepsAlive: true });
  }

  /**
   * The next result. Several calls at once are answered in turn.
   *
   * @returns The result, or the end.
   * @throws The first error, TimeoutError at the deadline (rejection).
   */
  next(): Promise<IteratorResult<R, undefined>> {
    return new Promise((resolve, reject) => {
      this.#take(this.#goesOn, (ok, value) => {
        if (ok === undefined) resolve({ done: true, value: undefined });
        else if (ok) resolve({ done: false, value: value as R });
        else reject(value);
      });
    });
  }

  /**
   * All results that are left, as an array; rejects with the first error.
   *
   * @returns The results.
   */
  toArray(): Promise<R[]> {
    const read = (ok: boolean, value: unknown): R => {
      if (!ok) throw value;
      return value as R;
    };
    return gather(this.#asking(this.#goesOn), read, (values) => values as R[]);
  }

  /**
   * The same iteration by outcomes, as `Promise.allSettled` has them: a task's error is one of them, whatever `onError` says, and the
   * iteration goes on. What is no task's ends it, and rejects: an error of the input, the deadline, an abort, a shutdown.
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
    return new Settled<R>(this.#asking(true), () => this.#end());
  }

  /**
   * Ends the iteration and cancels what has not started. Resolves when the inputs are closed.
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

  #take(goesOn: boolean, answer: Taker): void {
    if (this.#hasEnded) {
      answer(undefined, undefined, false);
      return;
    }
    const told: Taker = (ok, value, isLast) => {
      if (ok !== undefined) this.#delivered += 1;
      // Ended before the consumer is told, so that it finds what it may look at settled.
      if (ok === undefined || (!ok && (!goesOn || isLast))) void this.#end();
      answer(ok, value, isLast);
    };
    if (this.#alarm === undefined) {
      this.#source.take(told);
      return;
    }
    let isAnswered = false;
    const question: Question = { answer: told, takeBack: () => false };
    question.takeBack = this.#source.take((ok, value, isLast) => {
      isAnswered = true;
      this.#forget(question);
      told(ok, value, isLast);
    });
    // What is there is delivered, however late it is.
    if (isAnswered) return;
    this.#questions.push(question);
    if (this.#timeout <= 0) this.#expire();
    else this.#alarm.set(this.#deadline - systemClock.now());
  }

  #asking(goesOn: boolean): Asking {
    return { next: (answer) => this.#take(goesOn, answer), values: () => this.#takeValues(), left: () => this.#source.left };
  }

  #takeValues(): unknown[] {
    if (this.#hasEnded) return [];
    const values = this.#source.takeValues();
    this.#delivered += values.length;
    return values;
  }

  #forget(question: Question): void {
    const at = this.#questions.indexOf(question);
    if (at >= 0) this.#questions.splice(at, 1);
    if (this.#questions.length === 0) this.#alarm?.stop();
  }

  #expire(): void {
    const [first] = this.#questions;
    if (first === undefined || !first.takeBack()) return;
    this.#forget(first);
    first.answer(false, new TimeoutError(`map: the iteration was not over ${this.#timeout} ms after the call`), true);
  }

  #end(): Promise<void> {
    this.#hasEnded = true;
    this.#alarm?.stop();
    return this.#source.close();
  }
}

/** A map by outcomes: `ResultIterator.settled()`. Leaving its loop ends the map. */
export interface SettledResults<R> extends AsyncIterableIterator<PromiseSettledResult<R>, undefined, unknown>, AsyncDisposable {
  /**
   * The next outcome.
   *
   * @returns The outcome, or the end.
   * @throws What is not a task's error (rejection).
   */
  next(): Promise<IteratorResult<PromiseSettledResult<R>, undefined>>;
  /**
   * Ends the iteration and cancels what has not started.
   *
   * @returns The end.
   */
  return(): Promise<IteratorResult<PromiseSettledResult<R>, undefined>>;
  /**
   * All outcomes that are left.
   *
   * @returns The outcomes, in input order.
   */
  toArray(): Promise<PromiseSettledResult<R>[]>;
  [Symbol.asyncIterator](): SettledResults<R>;
}

class Settled<R> implements SettledResults<R> {
  readonly #asking: Asking;
  readonly #end: () => Promise<void>;

  constructor(asking: Asking, end: () => Promise<void>) {
    this.#asking = asking;
    this.#end = end;
  }

  next(): Promise<IteratorResult<PromiseSettledResult<R>, undefined>> {
    return new Promise((resolve, reject) => {
      this.#asking.next((ok, value, isLast) => {
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
    return gather(this.#asking, read, (values) => values.map((value) => settledResult<R>(true, value)));
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

/** Asks to the end, or until `read` throws; `readAll` is for values. */
function gather<T>(
  asking: Asking,
  read: (ok: boolean, value: unknown, isLast: boolean) => T,
  readAll: (values: unknown[]) => T[],
): Promise<T[]> {
  return new Promise((resolve, reject) => {
    // A list that grows to a hundred thousand is copied a dozen times.
    const all = new Array<T>(asking.left());
    let count = 0;
    // Outcomes that are there already are answered inside `next`: a loop, where recursion would go as deep as the input is long.
    let isAsking = false;
    let isAnswered = false;
    const ask = () => {
      isAsking = true;
      do {
        isAnswered = false;
        for (let values = asking.values(); values.length > 0; values = asking.values()) {
          for (const value of readAll(values)) all[count++] = value;
        }
        asking.next(answer);
      } while (isAnswered);
      isAsking = false;
    };
    const answer: Taker = (ok, value, isLast) => {
      if (ok === undefined) {
        all.length = count;
        resolve(all);
        return;
      }
      try {
        all[count] = read(ok, value, isLast);
        count += 1;
      } catch (error) {
        reject(error);
        return;
      }
      if (isAsking) isAnswered = true;
      else ask();
    };
    ask();
  });
}
