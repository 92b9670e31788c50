/**
 * StreamMap: a `map` over an asynchronous input. It takes the outcomes of core's StreamJob one by one, and collects them. With `into` the job has
 * written the results, and only failures are kept.
 *
 *   #takeNext --outcome--> #collect --> #results, #failures      at the end of the stream: settled, with the results or the first error
 *       ^---------------------'
 *
 *   open --end of the stream, cancel, or failed (with failFast)--> over
 *
 * Invariant: it settles its listener once. `#isCutOff` says that the input failed or the whole call was ended: then there is no list of outcomes.
 * It does not know who waits for the map.
 */
import type { StreamJob, TypedResults } from '@twinpool/core/facade';
import { cancelledCall, failedFast, type MapCall, type MapListener, rejectedOutcome } from './map-call.ts';
import { asPoolError } from './maybe-encoding-error.ts';
import type { PoolLifecycle } from './pool-lifecycle.ts';

export class StreamMap implements MapCall {
  readonly #job: StreamJob;
  readonly #lifecycle: PoolLifecycle;
  readonly #listener: MapListener;
  readonly #keepsFailures: boolean;
  readonly #into: TypedResults | undefined;
  /** Results by index, without `into`; `undefined` for each failed task. */
  readonly #results: unknown[] = [];
  /** The number of outcomes of tasks that were taken. */
  #taken = 0;
  readonly #failures = new Map<number, unknown>();
  #failure: { readonly error: unknown } | undefined;
  /** The map ended by an error that is not a task's. */
  #isCutOff = false;
  #isOver = false;
  /** `#takeNext` runs. */
  #isTaking = false;
  /** An outcome came while `#takeNext` ran. */
  #hasTaken = false;

  constructor(job: StreamJob, lifecycle: PoolLifecycle, listener: MapListener, keepsFailures: boolean, into: TypedResults | undefined) {
    this.#job = job;
    this.#lifecycle = lifecycle;
    this.#listener = listener;
    this.#keepsFailures = keepsFailures;
    this.#into = into;
  }

  submit(): void {
    this.#lifecycle.attachment.submit(this.#job, 0);
    this.#takeNext();
  }

  get isHandedOver(): boolean {
    return this.#job.isHandedOver;
  }

  cancel(): boolean {
    if (this.#isOver || this.#job.isOver || this.isHandedOver) return false;
    this.#isCutOff = true;
    this.#settle(false, cancelledCall());
    void this.#job.close();
    return true;
  }

  /** Ends the map at its first error, of a task or of the input (`failFast`). */
  failed(error: unknown, ofInput: boolean): void {
    if (this.#isOver) return;
    this.#isCutOff = ofInput;
    this.#settle(false, error);
    void this.#job.close();
  }

  outcomes(ending: unknown): PromiseSettledResult<unknown>[] {
    if (this.#isCutOff) throw asPoolError(ending);
    const own = Array.from({ length: this.#taken }, (_, i) => this.#outcomeAt(i));
    if (own.length === this.#job.accepted) return own;
    const missing = rejectedOutcome(failedFast(ending));
    return [...own, ...new Array<typeof missing>(this.#job.accepted - own.length).fill(missing)];
  }

  #outcomeAt(index: number): PromiseSettledResult<unknown> {
    if (this.#failures.has(index)) return rejectedOutcome(this.#failures.get(index));
    const { ok, value } = this.#into?.outcomeAt(index) ?? { ok: true, value: this.#results[index] };
    return ok ? { status: 'fulfilled', value } : rejectedOutcome(value);
  }

  /** Takes outcomes until none lies ready. It is a loop, not a recursion: an outcome that lies ready comes before `take` returns. */
  #takeNext(): void {
    this.#isTaking = true;
    do {
      this.#hasTaken = false;
      this.#job.take((ok, value, isLast) => this.#collect(ok, value, isLast));
    } while (this.#hasTaken && !this.#isOver);
    this.#isTaking = false;
  }

  #collect(ok: boolean | undefined, value: unknown, isLast: boolean): void {
    if (this.#isOver) return;
    if (ok === undefined) {
      this.#end();
      return;
    }
    if (!ok) this.#failure ??= { error: value };
    if (isLast) this.#isCutOff = true;
    else {
      if (!ok && this.#keepsFailures) this.#failures.set(this.#taken, value);
      if (this.#into === undefined) this.#results.push(ok ? value : undefined);
      this.#taken += 1;
    }
    if (this.#isTaking) this.#hasTaken = true;
    else this.#takeNext();
  }

  #end(): void {
    const { accepted } = this.#job;
    const into = this.#into;
    const results = into?.array ?? this.#results;
    if (this.#failure !== undefined) this.#settle(false, this.#failure.error);
    else if (into !== undefined && into.length < accepted) this.#settle(false, into.noElement());
    else if (accepted > 0) this.#settle(true, results);
    else {
      this.#isOver = true;
      this.#listener.inputWasEmpty(results);
    }
  }

  #settle(ok: boolean, value: unknown): void {
    this.#isOver = true;
    this.#listener.jobSettled(ok, value);
  }
}
