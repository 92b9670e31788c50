/**
 * ListMap: a `map` over a synchronous input, whose items are in a list. It names the operations of a handle on core's MapJob.
 *
 * It keeps no outcomes: the MapJob has them. It does not know who waits for the map.
 */
import type { MapJob } from '@twinpool/core/facade';
import { cancelledCall, failedFast, type MapCall, type MapListener, rejectedOutcome } from './map-call.ts';
import type { PoolLifecycle } from './pool-lifecycle.ts';

export class ListMap implements MapCall {
  readonly #job: MapJob;
  readonly #lifecycle: PoolLifecycle;
  readonly #listener: MapListener;
  readonly #isFailFast: boolean;

  constructor(job: MapJob, lifecycle: PoolLifecycle, listener: MapListener, isFailFast: boolean) {
    this.#job = job;
    this.#lifecycle = lifecycle;
    this.#listener = listener;
    this.#isFailFast = isFailFast;
  }

  submit(): void {
    const { total } = this.#job;
    if (total === 0) this.#listener.inputWasEmpty(this.#job.results);
    else this.#lifecycle.attachment.submit(this.#job, total);
  }

  get isHandedOver(): boolean {
    return this.#job.isHandedOver;
  }

  cancel(): boolean {
    const job = this.#job;
    if (job.isOver || this.isHandedOver) return false;
    job.end(cancelledCall(), 'cancelled');
    return true;
  }

  outcomes(ending: unknown): PromiseSettledResult<unknown>[] {
    const all: PromiseSettledResult<unknown>[] = [];
    let isOfATask = false;
    for (let i = 0; i < this.#job.total; i++) {
      const { ok, value } = this.#job.outcomeOf(i);
      isOfATask ||= ok === false && value === ending;
      all.push(ok ? { status: 'fulfilled', value } : rejectedOutcome(ok === false ? value : UNSETTLED));
    }
    const missing = this.#isFailFast && isOfATask ? failedFast(ending) : ending;
    return all.map((each) => (each.status === 'rejected' && each.reason === UNSETTLED ? rejectedOutcome(missing) : each));
  }
}

const UNSETTLED = Symbol('has no outcome');
