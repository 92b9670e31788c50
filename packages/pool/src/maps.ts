/**
 * One `map` on its way: over an input that is known (core's MapJob), or over an asynchronous one (a StreamJob whose outcomes are gathered).
 *
 * Decides that both settle alike: when every task has ended, with the results or with the first error by input order; with `failFast` at
 * the first error that comes. Whose result it is, a promise's or a handle's, they refuse to know.
 */
import { CancelledError } from '@twinpool/core';
import type { JobListener, MapJob, StreamJob } from '@twinpool/core/facade';
import type { Life } from './life.ts';
import type { Outcomes } from './map-result.ts';
import { asPoolError } from './maybe-encoding-error.ts';

/** Whoever waits for a map. */
export interface MapListener extends JobListener {
  /** Instead of `jobSettled`: there was nothing to do. */
  inputWasEmpty(): void;
}

const CANCELLED = 'the call was cancelled before any of its tasks was handed to a worker';
const GIVEN_UP = 'the map ended at its first error (failFast), before this item had an outcome';

export class KnownMap implements Outcomes {
  readonly #job: MapJob;
  readonly #life: Life;
  readonly #listener: MapListener;
  readonly #isFailFast: boolean;

  constructor(job: MapJob, life: Life, listener: MapListener, isFailFast: boolean) {
    this.#job = job;
    this.#life = life;
    this.#listener = listener;
    this.#isFailFast = isFailFast;
  }

  submit(): void {
    const { total } = this.#job;
    if (total === 0) this.#listener.inputWasEmpty();
    else this.#life.seat.submit(this.#job, total);
  }

  get handedOver(): boolean {
    return this.#job.handedOver;
  }

  /** True if and only if no task of it was handed over. */
  cancel(): boolean {
    const job = this.#job;
    if (job.over || this.handedOver) return false;
    job.end(new CancelledError(CANCELLED), 'cancelled');
    return true;
  }

  outcomes(ending: unknown): PromiseSettledResult<unknown>[] {
    const all: PromiseSettledResult<unknown>[] = [];
    let isOfATask = false;
    for (let i = 0; i < this.#job.total; i++) {
      const { ok, value } = this.#job.outcomeOf(i);
      isOfATask ||= ok === false && value === ending;
      all.push(ok ? { status: 'fulfilled', value } : rejected(ok === false ? value : UNSETTLED));
    }
    const missing = this.#isFailFast && isOfATask ? new CancelledError(GIVEN_UP, { cause: ending }) : ending;
    return all.map((each) => (each.status === 'rejected' && each.reason === UNSETTLED ? rejected(missing) : each));
  }
}

const UNSETTLED = Symbol('has no outcome');

export class StreamedMap implements Outcomes {
  readonly #job: StreamJob;
  readonly #life: Life;
  readonly #listener: MapListener;
  readonly #keepsFailures: boolean;
  /** With a hole, `undefined`, for each that failed. */
  readonly #results: unknown[] = [];
  readonly #failures = new Map<number, unknown>();
  #failure: { readonly error: unknown } | undefined;
  /** What ended it is no task's error. */
  #isCutOff = false;
  #isOver = false;
  /** While `#ask` runs: a question was answered inside it. */
  #isAsking = false;
  #isAnswered = false;

  constructor(job: StreamJob, life: Life, listener: MapListener, keepsFailures: boolean) {
    this.#job = job;
    this.#life = life;
    this.#listener = listener;
    this.#keepsFailures = keepsFailures;
  }

  submit(): void {
    this.#life.seat.submit(this.#job, 0);
    this.#ask();
  }

  get handedOver(): boolean {
    return this.#job.handedOver;
  }

  /** True if and only if no task of it was handed over. */
  cancel(): boolean {
    if (this.#isOver || this.#job.over || this.handedOver) return false;
    this.#isCutOff = true;
    this.#settle(false, new CancelledError(CANCELLED));
    void this.#job.close();
    return true;
  }

  /** The first error by time, of a task or of the input: with `failFast` it is the end. */
  failed(error: unknown, ofInput: boolean): void {
    if (this.#isOver) return;
    this.#isCutOff = ofInput;
    this.#settle(false, error);
    void this.#job.close();
  }

  outcomes(ending: unknown): PromiseSettledResult<unknown>[] {
    if (this.#isCutOff) throw asPoolError(ending);
    const given = this.#results.map((value, i): PromiseSettledResult<unknown> => {
      return this.#failures.has(i) ? rejected(this.#failures.get(i)) : { status: 'fulfilled', value };
    });
    if (given.length === this.#job.accepted) return given;
    const missing = rejected(new CancelledError(GIVEN_UP, { cause: ending }));
    return [...given, ...new Array<typeof missing>(this.#job.accepted - given.length).fill(missing)];
  }

  /** Asks until there is no outcome yet. A loop: outcomes that are there already come before `take` returns, maybe a thousand of them. */
  #ask(): void {
    this.#isAsking = true;
    do {
      this.#isAnswered = false;
      this.#job.take((ok, value, isLast) => this.#take(ok, value, isLast));
    } while (this.#isAnswered && !this.#isOver);
    this.#isAsking = false;
  }

  #take(ok: boolean | undefined, value: unknown, isLast: boolean): void {
    if (this.#isOver) return;
    if (ok === undefined) {
      this.#end();
      return;
    }
    if (isLast) this.#isCutOff = true;
    else if (!ok && this.#keepsFailures) this.#failures.set(this.#results.length, value);
    if (!ok) this.#failure ??= { error: value };
    if (!isLast) this.#results.push(ok ? value : undefined);
    if (this.#isAsking) this.#isAnswered = true;
    else this.#ask();
  }

  #end(): void {
    if (this.#failure !== undefined) this.#settle(false, this.#failure.error);
    else if (this.#job.accepted > 0) this.#settle(true, this.#results);
    else {
      this.#isOver = true;
      this.#listener.inputWasEmpty();
    }
  }

  #settle(ok: boolean, value: unknown): void {
    this.#isOver = true;
    this.#listener.jobSettled(ok, value);
  }
}

function rejected(reason: unknown): PromiseRejectedResult {
  return { status: 'rejected', reason: asPoolError(reason) };
}
