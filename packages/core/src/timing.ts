/**
 * What is measured of one task function, and what follows for how much of it may be handed over ahead.
 *
 * Decides from run times alone; refuses to know lanes, jobs and clocks. All times here are microseconds.
 */

/** Work that may lie in a worker ahead of what it runs. More: fewer messages. Less: better balance, more that can be cancelled. */
export const AHEAD = 1000;
/** Up to here one task may be handed over ahead; above, none: waiting behind such a task would be felt. */
const LONG_TASK = 5000;
/** A run of this length makes every following answer leave before the next task starts. */
const NOTABLE_TASK = 1000;
/** Runs that must stay short before a function is trusted again. */
const RUNS_TO_TRUST = 1000;

export class Timing {
  /** Moving average of a run; 0: never measured. */
  estimate = 0;
  /** What a run of the last measurement took; 0: never measured. */
  lastMean = 0;
  /** Runs to go until nothing above LONG_TASK is remembered. */
  #longLeft = 0;
  /** The same for NOTABLE_TASK. */
  #notableLeft = 0;

  /** `count` runs took `elapsed` together. */
  record(count: number, elapsed: number): void {
    const mean = elapsed / count;
    this.lastMean = mean;
    // The longest single run hidden in the sum, if the others took what was expected.
    const longest = count === 1 ? elapsed : elapsed - (count - 1) * Math.min(this.estimate, mean);
    this.estimate = this.estimate === 0 ? Math.max(mean, 0.01) : Math.max((this.estimate + mean) / 2, 0.01);
    this.#longLeft = longest > LONG_TASK ? RUNS_TO_TRUST : Math.max(0, this.#longLeft - count);
    this.#notableLeft = longest > NOTABLE_TASK ? RUNS_TO_TRUST : Math.max(0, this.#notableLeft - count);
  }

  /** How many further tasks may be handed over to a worker that has `outstanding` of them, `load` of work, before it already. */
  roomBehind(outstanding: number, load: number): number {
    const { estimate } = this;
    if (estimate === 0 || this.#longLeft > 0 || estimate >= LONG_TASK) return 0;
    if (estimate >= AHEAD) return outstanding <= 1 ? 1 : 0;
    return Math.max(0, Math.floor((AHEAD - load) / estimate));
  }

  /**
   * What a worker is told to expect of one run; 0 means "unknown or long: let no answer wait for it, and claim it alone".
   * `alone` is the length from which an own message a task is cheap enough for the lane.
   */
  expectation(alone: number): number {
    return this.#notableLeft > 0 || this.estimate >= alone ? 0 : this.estimate;
  }
}
