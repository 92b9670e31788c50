/**
 * Keeps account of the long task that lies behind another one, in a lane that gives tasks back.
 *
 *   waiting --handed over behind the task that began first--> ahead --the worker begins it--> running
 *      ^------ taken back: an idle lane, a task that comes before it, cancel, the end of what waits ---'
 *
 * - At most one is put there, so long tasks begin in their order.
 * - Until its worker begins it, it is a waiting task for its caller, for the counts and for `maxQueue`. The worker says so by the claim of its message.
 *
 * It does not know queues, nor which task is next.
 */
import type { Chunk, Job } from '../jobs/job.ts';
import type { Lane } from '../lanes/lane.ts';
import type { Slot } from '../lanes/slot.ts';
import type { Client } from './client.ts';

export class LongAhead {
  readonly #lanes: readonly Lane[];
  readonly #giveBack: (chunks: readonly Chunk[]) => void;
  /** A task may lie ahead: most runtimes never have a long one, and look at nothing. */
  #mayBe = false;

  constructor(lanes: readonly Lane[], giveBack: (chunks: readonly Chunk[]) => void) {
    this.#lanes = lanes;
    this.#giveBack = giveBack;
  }

  /** A task that may be long was measured, or is handed over. */
  note(): void {
    this.#mayBe = true;
  }

  /** The number of such tasks that were not begun; `client`: of this one. */
  count(client?: Client): number {
    let count = 0;
    if (this.#mayBe) for (const lane of this.#lanes) if (isAhead(lane, client) && lane.slots[0]?.hasBegunAll === false) count += 1;
    return count;
  }

  /** Those for which no lane is idle. */
  countWithoutLane(): number {
    let count = this.count();
    if (count > 0) for (const lane of this.#lanes) if (lane.isIdle) count -= 1;
    return Math.max(0, count);
  }

  hasBegun(job: Job): boolean {
    for (const lane of this.#lanes) if (isAhead(lane, job)) return (lane.slots[0] as Slot).hasBegunAll;
    return true;
  }

  /** Takes back what was not begun, of this job or client. Returns whether there was any. */
  takeBack(of: Job | Client): boolean {
    let isAny = false;
    if (this.#mayBe) for (const lane of this.#lanes) if (isAhead(lane, of) && this.#takeLast(lane)) isAny = true;
    return isAny;
  }

  /** It came before what waits: an idle lane gets it first, if it may run there. */
  recall(mayMove: (job: Job, idle: Lane) => boolean): void {
    const idle = this.#mayBe ? this.#lanes.find((lane) => lane.isIdle && lane.callsLeft > 0) : undefined;
    if (idle === undefined) return;
    for (const lane of this.#lanes) {
      const ahead = aheadIn(lane);
      if (ahead !== undefined && mayMove(ahead.job, idle)) this.#takeLast(lane);
    }
  }

  /** It goes back if what waits comes before it: that has a higher priority, or its client has had less worker time. */
  reconsider(nextFor: (lane: Lane) => Client | undefined): void {
    if (!this.#mayBe) return;
    this.#mayBe = false;
    for (const lane of this.#lanes) {
      // What lies between two tasks may leave: then the long one lies alone behind the other.
      if (lane.outstanding > 1) this.#mayBe = true;
      const ahead = aheadIn(lane);
      if (ahead === undefined) continue;
      const next = nextFor(lane);
      if (next !== undefined && comesBefore(next, ahead)) this.#takeLast(lane);
    }
  }

  /** Whether the next long task may lie here: no other one lies ahead, and this lane will be free first, as far as that can be known. */
  mayLieIn(lane: Lane): boolean {
    const { frontSince } = lane.slots[0] as Slot;
    for (const other of this.#lanes) {
      const slot = other.slots[0] as Slot;
      if (slot.longAhead !== undefined) return false;
      if (other !== lane && other.state === 'ready' && other.callsLeft > 0 && slot.outstanding === 1 && slot.frontSince < frontSince)
        return false;
    }
    return true;
  }

  /** Returns false if the worker has begun it. */
  #takeLast(lane: Lane): boolean {
    const back = (lane.slots[0] as Slot).takeBack(1);
    this.#giveBack(back);
    return back.length > 0;
  }
}

/** What lies ahead in this lane. It may have begun since. */
function aheadIn({ canTakeBack, slots }: Lane): Chunk | undefined {
  return canTakeBack ? (slots[0] as Slot).longAhead : undefined;
}

function isAhead(lane: Lane, of: Client | Job | undefined): boolean {
  const ahead = aheadIn(lane);
  return ahead !== undefined && (of === undefined || ahead.job === of || ahead.job.owner === of);
}

/** Whether the next task of this client is to run before that chunk. */
function comesBefore(client: Client, { job, count, charge }: Chunk): boolean {
  const owner = job.owner as Client;
  if (client !== owner) return client.charged < owner.charged - count * charge;
  const front = client.front();
  return front !== undefined && front.settings.priority > job.settings.priority;
}
