/**
 * Turns a priority of twinpool (any number, default 0, higher first) into one of BullMQ (1 to 2 097 151, lower first; 0 would run before all others).
 *
 * The default lies in the middle. Priorities beyond ±1 000 000 count as that; fractions of a step are lost.
 */
const MIDDLE = 1_048_576;
const FARTHEST = 1_000_000;

export function bullmqPriority(priority: number): number {
  return MIDDLE - Math.round(Math.min(FARTHEST, Math.max(-FARTHEST, priority)));
}
