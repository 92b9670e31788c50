/**
 * The orderly end of the program: when nothing is left to do, idle workers leave before it ends, instead of after it.
 *
 * So what they write at their end (coverage, profiles, 'exit' listeners) is there when the program has ended, and no process of theirs is left for
 * the system to wait for. `process.exit()`, a signal and an uncaught error leave no time for that: lanes/reaper.ts.
 *
 *   'beforeExit' --idle workers are ended--> the event loop is held until they are gone --> 'beforeExit' again --> end
 *
 * Knows nothing of the work: at that moment, none is open. A worker that still runs an abandoned task is not waited for.
 */
import type { Lane } from '../lanes/lane.ts';
import { clearTicker, setTicker } from '../primitives/time.ts';

const LONGEST_DELAY = 2 ** 31 - 1;

const lanes = new Set<Lane>();
/** Those that were told to leave. One that is started meanwhile is not waited for: there is work for it, or 'beforeExit' comes again. */
const leaving = new Set<Lane>();
let hold: NodeJS.Timeout | undefined;
let watchEnds: () => Promise<void> | undefined = () => undefined;

/** @param lastWatch the end of what watches over workers, if it is ending. */
export function leavesAtProgramEnd(lane: Lane, lastWatch: () => Promise<void> | undefined): void {
  if (lanes.size === 0) process.on('beforeExit', leave);
  lanes.add(lane);
  watchEnds = lastWatch;
}

export function hasLeft(lane: Lane): void {
  if (!lanes.delete(lane)) return;
  if (lanes.size === 0) process.off('beforeExit', leave);
  if (leaving.delete(lane) && leaving.size === 0) void Promise.resolve(watchEnds()).then(release);
}

function leave(): void {
  const idle = [...lanes].filter((lane) => lane.outstanding === 0 && !leaving.has(lane));
  if (idle.length === 0) return;
  hold ??= setTicker(() => undefined, LONGEST_DELAY);
  for (const lane of idle) leaving.add(lane);
  for (const lane of idle) lane.endWithProgram();
}

function release(): void {
  if (leaving.size > 0) return;
  clearTicker(hold);
  hold = undefined;
}
