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
  /** Cancels what has not started. Resolves when the input is closed. */
  close(): Promise<void>;
}

/** Of a map over nothing. */
export const NO_OUTCOMES: OutcomeSource = {
  take(taker) {
    taker(undefined, undefined, false);
    return () => false;
  },
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

type Ask = (answer: Taker) => void;

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
    this.#alarm = timeout === Number.POSITIVE_INFINITY ? undefined : new Alarm(systemClock, () => this.#expire(), true);
  }

  next(): Promise<IteratorResult<R, undefined>> {
    return new Promise((resolve, reject) => {
      this.#take(this.#goesOn, (ok, value) => {
        if (ok === undefined) resolve({ done: true, value: undefined });
        else if (ok) resolve({ done: false, value: value as R });
        else reject(value);
      });
    });
  }

  /** All results that are left, as an array; rejects with the first error. */
  toArray(): Promise<R[]> {
    return gather(
      (answer) => this.#take(this.#goesOn, answer),
      (ok, value) => {
        if (!ok) throw value;
        return value as R;
      },
    );
  }

  /**
   * The same iteration by outcomes, as `Promise.allSettled` has them: a task's error is one of them, whatever `onError` says, and the
   * iteration goes on. What is no task's ends it, and rejects: an error of the input, the deadline, an abort, a shutdown.
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
    return new Settled<R>(
      (answer) => this.#take(true, answer),
      () => this.#end(),
    );
  }

  /** Ends the iteration and cancels what has not started. Resolves when the inputs are closed. */
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
    const left = this.#deadline - systemClock.now();
    if (left > 0) this.#alarm.set(left);
    else this.#expire();
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
  next(): Promise<IteratorResult<PromiseSettledResult<R>, undefined>>;
  return(): Promise<IteratorResult<PromiseSettledResult<R>, undefined>>;
  /** All outcomes that are left. */
  toArray(): Promise<PromiseSettledResult<R>[]>;
  [Symbol.asyncIterator](): SettledResults<R>;
}

class Settled<R> implements SettledResults<R> {
  readonly #ask: Ask;
  readonly #end: () => Promise<void>;

  constructor(ask: Ask, end: () => Promise<void>) {
    this.#ask = ask;
    this.#end = end;
  }

  next(): Promise<IteratorResult<PromiseSettledResult<R>, undefined>> {
    return new Promise((resolve, reject) => {
      this.#ask((ok, value, isLast) => {
        if (ok === undefined) resolve({ done: true, value: undefined });
        else if (isLast) reject(value);
        else resolve({ done: false, value: settledResult(ok, value) });
      });
    });
  }

  toArray(): Promise<PromiseSettledResult<R>[]> {
    return gather(this.#ask, (ok, value, isLast) => {
      if (isLast) throw value;
      return settledResult<R>(ok, value);
    });
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

/** Asks to the end, or until `read` throws. */
function gather<T>(take: Ask, read: (ok: boolean, value: unknown, isLast: boolean) => T): Promise<T[]> {
  return new Promise((resolve, reject) => {
    const values: T[] = [];
    // Outcomes that are there already are answered inside `take`: a loop, where recursion would go as deep as the input is long.
    let isAsking = false;
    let isAnswered = false;
    const ask = () => {
      isAsking = true;
      do {
        isAnswered = false;
        take(answer);
      } while (isAnswered);
      isAsking = false;
    };
    const answer: Taker = (ok, value, isLast) => {
      if (ok === undefined) {
        resolve(values);
        return;
      }
      try {
        values.push(read(ok, value, isLast));
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
