/**
 * One `map` on its way: over an input that is known (core's MapJob), or over an asynchronous one (a StreamJob whose outcomes are gathered).
 *
 * Decides that both settle alike: when every task has ended, with the results or with the first error by input order. Whose result it
 * is, a promise's or a handle's, they refuse to know.
 */
import { CancelledError } from '@twinpool/core';
import type { JobListener, MapJob, StreamJob } from '@twinpool/core/facade';
import type { Life } from './life.ts';

/** Whoever waits for a map. */
export interface MapListener extends JobListener {
  /** Instead of `jobSettled`: there was nothing to do. */
  inputWasEmpty(): void;
}

const CANCELLED = 'the call was cancelled before any of its tasks was handed to a worker';

export class KnownMap {
  readonly #job: MapJob;
  readonly #life: Life;
  readonly #listener: MapListener;

  constructor(job: MapJob, life: Life, listener: MapListener) {
    this.#job = job;
    this.#life = life;
    this.#listener = listener;
  }

  submit(): void {
    const { total } = this.#job;
    if (total === 0) this.#listener.inputWasEmpty();
    else this.#life.seat.submit(this.#job, total);
  }

  get handedOver(): boolean {
    return this.#job.waiting < this.#job.total;
  }

  /** True if and only if no task of it was handed over. */
  cancel(): boolean {
    const job = this.#job;
    if (job.over || this.handedOver) return false;
    job.end(new CancelledError(CANCELLED), 'cancelled');
    return true;
  }
}

export class StreamedMap {
  readonly #job: StreamJob;
  readonly #life: Life;
  readonly #listener: MapListener;
  readonly #results: unknown[] = [];
  #failure: { readonly error: unknown } | undefined;
  #isOver = false;
  /** While `#ask` runs: a question was answered inside it. */
  #isAsking = false;
  #isAnswered = false;

  constructor(job: StreamJob, life: Life, listener: MapListener) {
    this.#job = job;
    this.#life = life;
    this.#listener = listener;
  }

  submit(): void {
    this.#life.seat.submit(this.#job, 0);
    this.#ask();
  }

  get handedOver(): boolean {
    return this.#job.waiting < this.#job.accepted;
  }

  /** True if and only if no task of it was handed over. */
  cancel(): boolean {
    if (this.#isOver || this.#job.over || this.handedOver) return false;
    this.#settle(false, new CancelledError(CANCELLED));
    void this.#job.close();
    return true;
  }

  /** Asks until there is no outcome yet. A loop: outcomes that are there already come before `take` returns, maybe a thousand of them. */
  #ask(): void {
    this.#isAsking = true;
    do {
      this.#isAnswered = false;
      this.#job.take((ok, value) => this.#take(ok, value));
    } while (this.#isAnswered && !this.#isOver);
    this.#isAsking = false;
  }

  #take(ok: boolean | undefined, value: unknown): void {
    if (this.#isOver) return;
    if (ok === undefined) {
      this.#end();
      return;
    }
    if (ok) this.#results.push(value);
    else this.#failure ??= { error: value };
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
