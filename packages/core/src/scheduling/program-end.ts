/**
 * Ends idle workers at the orderly end of the program: when nothing is left to do, they leave before the program ends, not after it.
 *
 * So what they write at their end (coverage, profiles, 'exit' listeners) is complete when the program has ended, and the system need not wait for a
 * process of theirs. `process.exit()`, a signal and an uncaught error leave no time for that: lanes/orphan-reaper.ts.
 *
 *   'beforeExit' --idle workers are ended--> the event loop is held until they are gone --> 'beforeExit' again --> end
 *
 * At that moment no work is open. A worker that still runs an abandoned task is not waited for. It does not know what the work was.
 */
import type { Lane } from '../lanes/lane.ts';
import { clearTicker, setTicker } from '../primitives/time.ts';

const LONGEST_DELAY = 2 ** 31 - 1;

type AfterWorkers = () => Promise<void> | undefined;

/** The workers of this program, each with what ends after the last worker of its runtime. */
const lanes = new Map<Lane, AfterWorkers>();
/** Workers that were asked to leave. One that is started meanwhile is not waited for: it has work, or 'beforeExit' comes again. */
const leaving = new Set<Lane>();
let hold: NodeJS.Timeout | undefined;

export function endAtProgramEnd(lane: Lane, afterWorkers: AfterWorkers): void {
  if (lanes.size === 0) process.on('beforeExit', leave);
  lanes.set(lane, afterWorkers);
}

/** The worker is gone. */
export function hasEnded(lane: Lane): void {
  const afterWorkers = lanes.get(lane);
  if (!lanes.delete(lane)) return;
  if (lanes.size === 0) process.off('beforeExit', leave);
  if (leaving.delete(lane) && leaving.size === 0) void Promise.resolve(afterWorkers?.()).then(release);
}

/** Workers were asked to leave because nothing is left to do: 'beforeExit' comes again. */
export function areWorkersLeaving(): boolean {
  return leaving.size > 0;
}

function leave(): void {
  const idle = [...lanes.keys()].filter((lane) => lane.outstanding === 0 && !leaving.has(lane));
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
