/**
 * Says where tasks go if workers have several slots (`concurrentTasksPerWorker`).
 *
 *   a task waits --> the lane with the fewest tasks; while a worker starts, a ready one keeps to its share for SPREAD_WAIT ms
 *   a task has not begun, since the event loop of its worker is busy --> another lane with a free slot, where it can be taken back
 *
 * It does not know which task is next.
 */
import type { Chunk, Job } from '../jobs/job.ts';
import type { Lane } from '../lanes/lane.ts';

/**
 * ms for which ready lanes take no more than their share while another worker is starting, so that a burst spreads. More: a slow start keeps free slots
 * empty. Less: the first worker that is ready gets the whole burst.
 */
const SPREAD_WAIT = 200;

/**
 * The lane with a free slot, and a share of the `waiting` tasks, that has the fewest tasks; one whose event loop is busy comes last. `refused`: lanes that
 * are not asked. `lookIn`: called with the ms after which a starting worker is not waited for any more.
 */
export function leastBusy(
  lanes: readonly Lane[],
  waiting: number,
  refused: ReadonlySet<Lane> | undefined,
  now: number,
  lookIn: (ms: number) => void,
): Lane | undefined {
  let open = waiting;
  let sharers = 0;
  let isStarting = false;
  for (const { state, outstanding, startedAt, isReplaced } of lanes) {
    if (state === 'starting') {
      if (now - startedAt >= SPREAD_WAIT) continue;
      isStarting = true;
      lookIn(SPREAD_WAIT - (now - startedAt));
    } else if (state !== 'ready' || isReplaced) continue;
    sharers += 1;
    open += outstanding;
  }
  const most = isStarting ? Math.ceil(open / sharers) : Number.POSITIVE_INFINITY;
  let least: Lane | undefined;
  for (const lane of lanes) {
    if (lane.freeSlot === undefined || lane.outstanding >= most || refused?.has(lane) === true) continue;
    const isLess = least === undefined || (lane.isHeldUp === least.isHeldUp ? lane.outstanding < least.outstanding : least.isHeldUp);
    if (isLess) least = lane;
  }
  return least;
}

/** Another lane with a free slot, for tasks that wait to begin in `held`; `undefined` if none wait there, or if they cannot be taken back. */
export function laneToRelieve(held: Lane, lanes: readonly Lane[]): Lane | undefined {
  if (!held.isHeldUp || !held.canTakeBack || held.isReplaced || held.state !== 'ready') return undefined;
  return lanes.find((lane) => lane !== held && lane.freeSlot !== undefined && !lane.isHeldUp);
}

/** Takes back half of the tasks of a lane that have not begun, `most` at most, the last slots first, as far as they may move. */
export function takeBackUnbegun(held: Lane, most: number, mayMove: (job: Job) => boolean): Chunk[] {
  const waiting = held.slots.filter((slot) => slot.outstanding > 0 && !slot.hasBegun);
  const limit = Math.min(Math.ceil(waiting.length / 2), most);
  const taken: Chunk[] = [];
  for (const slot of waiting.reverse()) {
    if (taken.length >= limit) break;
    if (slot.last !== undefined && mayMove(slot.last.job)) taken.push(...slot.takeBack(1));
  }
  return taken;
}
