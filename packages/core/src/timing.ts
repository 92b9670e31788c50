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
/**
 * The same after the only long run in OFFENCE_MEMORY: on a busy machine the system now and then stops a worker for some milliseconds, and that
 * looks like a long run. More: each such stop sends a thousand tasks one by one. Fewer: a second long task is met with work ahead of it.
 */
const RUNS_OF_PROBATION = 64;
const OFFENCE_MEMORY = 10_000;

/** How long a function is to be watched for runs above one length. */
class Probation {
  readonly #length: number;
  #left = 0;
  #sinceLast = Number.POSITIVE_INFINITY;

  constructor(length: number) {
    this.#length = length;
  }

  get isOn(): boolean {
    return this.#left > 0;
  }

  /** `count` runs, the longest of them at most this long. */
  ran(count: number, longest: number): void {
    if (longest > this.#length) {
      this.#left = this.#sinceLast < OFFENCE_MEMORY ? RUNS_TO_TRUST : RUNS_OF_PROBATION;
      this.#sinceLast = 0;
      return;
    }
    this.#left = Math.max(0, this.#left - count);
    this.#sinceLast += count;
  }
}

export class Timing {
  /** Moving average of a run; 0: never measured. */
  estimate = 0;
  /** What a run of the last measurement took; 0: never measured. */
  lastMean = 0;
  readonly #long = new Probation(LONG_TASK);
  readonly #notable = new Probation(NOTABLE_TASK);

  /** `count` runs took `elapsed` together. */
  record(count: number, elapsed: number): void {
    const mean = elapsed / count;
    this.lastMean = mean;
    // The longest single run hidden in the sum, if the others took what was expected.
    const longest = count === 1 ? elapsed : elapsed - (count - 1) * Math.min(this.estimate, mean);
    this.estimate = this.estimate === 0 ? Math.max(mean, 0.01) : Math.max((this.estimate + mean) / 2, 0.01);
    this.#long.ran(count, longest);
    this.#notable.ran(count, longest);
  }

  /**
   * How many further tasks may be handed over to a worker that has `outstanding` of them, `load` of work, before it already. Where they can be
   * taken back, a rare long run costs them nothing.
   */
  roomBehind(outstanding: number, load: number, canTakeBack: boolean): number {
    const { estimate } = this;
    if (estimate === 0 || (this.#long.isOn && !canTakeBack) || estimate >= LONG_TASK) return 0;
    if (estimate >= AHEAD) return outstanding <= 1 ? 1 : 0;
    return Math.max(0, Math.floor((AHEAD - load) / estimate));
  }

  /**
   * What a worker is told to expect of one run; 0 means "unknown or long: let no answer wait for it, and claim it alone".
   * `alone` is the length from which an own message a task is cheap enough for the lane.
   */
  expectation(alone: number): number {
    return this.#notable.isOn || this.estimate >= alone ? 0 : this.estimate;
  }
}
