/**
 * What `executor.map` returns: results in input order, for as long as all goes well.
 *
 * Decides when the iteration is over: at the end of the input, at the first error, at the deadline, or when the consumer leaves; whatever
 * comes first, what has not started is cancelled then. Refuses to know where outcomes come from.
 */
import { TimeoutError } from '@twinpool/core';
import { Alarm, systemClock, type Taker } from '@twinpool/core/facade';

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
    taker(undefined, undefined);
    return () => false;
  },
  close: () => Promise.resolve(),
};

interface Question {
  readonly answer: Taker;
  takeBack: () => boolean;
}

/**
 * The results of `executor.map`, in the order of the input. `next()` may be called again before it has answered: calls are answered in
 * turn.
 *
 * The first error of a task, of the input, or of the deadline is delivered once and ends the iteration; so does leaving the loop. What
 * was not handed to a worker is then cancelled. Results nobody asks for wait here.
 */
export class ResultIterator<R> implements AsyncIterableIterator<R, undefined, unknown>, AsyncDisposable {
  readonly #source: OutcomeSource;
  /** Of the clock; Infinity: none. */
  readonly #deadline: number;
  readonly #timeout: number;
  /** Exists when there is a deadline; runs, and keeps the program alive, while somebody waits. */
  readonly #alarm: Alarm | undefined;
  /** Those who wait, first come first; kept for the deadline only. */
  readonly #questions: Question[] = [];
  #hasEnded = false;

  /** For executors. `timeout` in milliseconds, counted from `calledAt`. */
  constructor(source: OutcomeSource, timeout: number, calledAt: number) {
    this.#source = source;
    this.#timeout = timeout;
    this.#deadline = calledAt + timeout;
    this.#alarm = timeout === Number.POSITIVE_INFINITY ? undefined : new Alarm(systemClock, () => this.#expire(), true);
  }

  next(): Promise<IteratorResult<R, undefined>> {
    return new Promise((resolve, reject) => {
      this.#take((ok, value) => {
        if (ok === undefined) resolve({ done: true, value: undefined });
        else if (ok) resolve({ done: false, value: value as R });
        else reject(value);
      });
    });
  }

  /** All results that are left, as an array; rejects with the first error. */
  toArray(): Promise<R[]> {
    return new Promise((resolve, reject) => {
      const values: R[] = [];
      // Outcomes that are there already are answered inside `take`: a loop, where recursion would go as deep as the input is long.
      let isAsking = false;
      let isAnswered = false;
      const ask = () => {
        isAsking = true;
        do {
          isAnswered = false;
          this.#take(answer);
        } while (isAnswered);
        isAsking = false;
      };
      const answer: Taker = (ok, value) => {
        if (ok === undefined) resolve(values);
        else if (!ok) reject(value);
        else {
          values.push(value as R);
          if (isAsking) isAnswered = true;
          else ask();
        }
      };
      ask();
    });
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

  #take(answer: Taker): void {
    if (this.#hasEnded) {
      answer(undefined, undefined);
      return;
    }
    if (this.#alarm === undefined) {
      this.#source.take((ok, value) => this.#answer(answer, ok, value));
      return;
    }
    let isAnswered = false;
    const question: Question = { answer, takeBack: () => false };
    question.takeBack = this.#source.take((ok, value) => {
      isAnswered = true;
      this.#forget(question);
      this.#answer(answer, ok, value);
    });
    // What is there is delivered, however late it is.
    if (isAnswered) return;
    this.#questions.push(question);
    const left = this.#deadline - systemClock.now();
    if (left > 0) this.#alarm.set(left);
    else this.#expire();
  }

  #answer(answer: Taker, ok: boolean | undefined, value: unknown): void {
    // Ended before the consumer is told, so that it finds what it may look at settled.
    if (ok !== true) void this.#end();
    answer(ok, value);
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
    this.#answer(first.answer, false, new TimeoutError(`map: the iteration was not over ${this.#timeout} ms after the call`));
  }

  #end(): Promise<void> {
    this.#hasEnded = true;
    this.#alarm?.stop();
    return this.#source.close();
  }
}
