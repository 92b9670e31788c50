/**
 * The jobs that each worker runs once, before what waits.
 *
 *   added --a lane that has not had it has no task--> claimed for this lane and handed over
 *             '--it has tasks that were not begun---> they are taken back first, where that is possible
 *
 * A job is in no queue. A lane that has to run it gets nothing else until it has. It does not know what else waits, nor how workers are started.
 */
import type { BroadcastJob } from '../jobs/broadcast-job.ts';
import type { Chunk, Job } from '../jobs/job.ts';
import type { Lane } from '../lanes/lane.ts';
import type { Slot } from '../lanes/slot.ts';
import type { Client } from './client.ts';

/** What broadcasts ask of the scheduler. */
export interface BroadcastServices {
  /** These tasks wait again. */
  giveBack(chunks: readonly Chunk[]): void;
  /** The slot gets the chunk of this job. */
  handOver(slot: Slot, chunk: Chunk): void;
}

export class Broadcasts {
  /** The oldest first. */
  readonly #jobs: BroadcastJob[] = [];
  readonly #lanes: readonly Lane[];
  readonly #slots: number;
  readonly #services: BroadcastServices;

  /** `slots`: those of each lane. */
  constructor(lanes: readonly Lane[], slots: number, services: BroadcastServices) {
    this.#lanes = lanes;
    this.#slots = slots;
    this.#services = services;
  }

  get isEmpty(): boolean {
    return this.#jobs.length === 0;
  }

  add(job: BroadcastJob): void {
    this.#jobs.push(job);
  }

  remove(job: BroadcastJob): void {
    const at = this.#jobs.indexOf(job);
    if (at >= 0) this.#jobs.splice(at, 1);
  }

  has(job: Job): boolean {
    return this.#jobs.length > 0 && this.#jobs.includes(job as BroadcastJob);
  }

  /** Workers that have to be started for the job that lacks most. */
  countMissing(): number {
    let missing = 0;
    for (const job of this.#jobs) {
      const there = this.#lanes.filter((lane) => mustRun(lane, job)).length;
      if (canRun(job)) missing = Math.max(missing, job.free - there);
    }
    return missing;
  }

  /** The lane gets nothing else before it has had one of these jobs. */
  keeps(lane: Lane): boolean {
    for (const job of this.#jobs) if (mustRun(lane, job) && canRun(job)) return true;
    return false;
  }

  /** Each lane with room gets the oldest job that it has not had. */
  fill(): void {
    if (this.#jobs.length === 0) return;
    for (const job of [...this.#jobs]) {
      if (!canRun(job)) continue;
      for (const lane of [...this.#lanes]) {
        if (!mustRun(lane, job)) continue;
        const slot = this.#slots > 1 ? lane.freeSlot : this.#freedSlot(lane);
        const chunk = slot === undefined ? undefined : job.claimFor(lane.id, lane.index);
        if (slot !== undefined && chunk !== undefined) this.#services.handOver(slot, chunk);
      }
    }
  }

  /** The only slot of a lane, if it has no task, or gives all back. An earlier broadcast stays there. */
  #freedSlot(lane: Lane): Slot | undefined {
    const slot = lane.slots[0] as Slot;
    if (slot.outstanding > 0 && !slot.chunks.some(({ job }) => this.has(job)))
      this.#services.giveBack(slot.takeBack(Number.POSITIVE_INFINITY));
    return lane.isIdle ? slot : undefined;
  }
}

function canRun(job: BroadcastJob): boolean {
  return (job.owner as Client).canBroadcast(job);
}

function mustRun(lane: Lane, job: BroadcastJob): boolean {
  return lane.state === 'ready' && !lane.isReplaced && lane.callsLeft > 0 && job.needs(lane.id);
}
