/**
 * Says when a burst of short tasks stays with the thread that works already.
 *
 *   a lane has tasks --they, and what waits, take less than WORTH_WAKING µs--> warm: it gets the burst
 *                        '--more, or SHORT_RUN ms are over-----------------> not warm: another thread is worth waking
 *
 * Waking a thread takes longer than such a burst. This holds only where tasks can be taken back: if one runs long after all, the others move.
 * It does not know which job is next.
 */
import type { Lane } from '../lanes/lane.ts';
import type { Slot } from '../lanes/slot.ts';
import type { Client } from './client.ts';

/**
 * µs of expected work for which no further thread is woken; waking one takes 25 µs, and several times that on a busy machine. More: longer bursts stay with
 * one thread. Less: more wake-ups.
 */
const WORTH_WAKING = 100;
/** ms after which work that was expected to be short is shared after all. */
export const SHORT_RUN = 1;

/** µs of work that waits; Infinity where that is not known, or a function was long at times. */
export function expectedWork(clients: ReadonlySet<Client>): number {
  let work = 0;
  for (const client of clients) {
    const front = client.front();
    if (front === undefined) continue;
    const expected = front.fn.runTimes.expectation(WORTH_WAKING);
    if (expected === 0) return Number.POSITIVE_INFINITY;
    work += expected * client.claimable;
  }
  return work;
}

/** Whether one lane that can give tasks back gets all that waits. */
export function staysTogether(lane: Lane, clients: ReadonlySet<Client>): boolean {
  return lane.canTakeBack && expectedWork(clients) <= WORTH_WAKING;
}

/** A lane, of one slot each, that has tasks, and will have done them, and `work` µs more, before another thread is awake. */
export function warmLane(lanes: readonly Lane[], work: number, now: number): Lane | undefined {
  for (const lane of lanes) if (isWarm(lane, work, now)) return lane;
  return undefined;
}

/** Whether it is such a lane. */
export function isWarm(lane: Lane, work: number, now: number): boolean {
  if (!lane.canTakeBack) return false;
  const slot = lane.slots[0] as Slot;
  return slot.outstanding > 0 && lane.state === 'ready' && lane.callsLeft > 0 && slot.hasRoom && isShort(slot, work, now);
}

/** Whether the slot will have done its tasks, and `work` µs more, before another thread is awake. */
export function isShort({ load, frontSince }: Slot, work: number, now: number): boolean {
  return load + work <= WORTH_WAKING && now - frontSince <= SHORT_RUN;
}
