/**
 * What is measured of one task function, and what follows for how much of it may be handed over ahead.
 *
 * Decides from run times alone; refuses to know lanes, jobs and clocks. All times here are microseconds.
 */

/** Nothing is taken to be shorter. */
const SHORTEST = 0.01;
/** Work that may lie in a worker ahead of what it runs. More: fewer messages. Less: better balance, more that can be cancelled. */
export const AHEAD = 1000;
/** A worker that has work gets more when it can take this much of it. More: fewer messages. Less: it is nearer to running dry. */
const WORTH_A_MESSAGE = 250;
/** Up to here one task may be handed over ahead; above, none: waiting behind such a task would be felt. */
const LONG_TASK = 5000;
/** A run of at least this length, and of so many times what was expected, is a surprise. */
const NOTABLE_TASK = 1000;
const SURPRISING = 4;
/**
 * Up to here it may be no fault of the task: a busy system stops a worker for some milliseconds, and so does a garbage collection. What is longer
 * weighs so many times as much.
 */
const DOUBTFUL = 30_000;
const CERTAIN = 4;
/** Runs over which surprises are averaged. More: a function is distrusted for longer. Fewer: rare long runs are forgotten in between. */
const MEMORY = 1000;
/**
 * Time a run, spent in surprises: what a task that lies behind others waits in the mean for nothing. From the first on answers leave before the
 * next task starts, from the second on a worker that gives nothing back gets nothing ahead: one by one costs as much. Higher: machines that now
 * and then stop a worker cost little. Lower: more rare long tasks are met with nothing behind them.
 */
const ANSWERS_LEAVE = 10;
const NOTHING_AHEAD = 100;

export class RunTimeEstimate {
  /** Moving average of a run; 0: never measured. */
  estimate = 0;
  /** What a run of the last measurement took; 0: never measured. */
  lastMean = 0;
  /** Time a run, of late, in runs that took far longer than expected. */
  #surprise = 0;

  /** `count` runs took `elapsed` together. */
  record(count: number, elapsed: number): void {
    const mean = elapsed / count;
    this.lastMean = mean;
    // The longest single run hidden in the sum, if the others took what was expected.
    const longest = count === 1 ? elapsed : elapsed - (count - 1) * Math.min(this.estimate, mean);
    this.#surprise *= Math.exp(-count / MEMORY);
    if (this.estimate > 0 && longest > Math.max(NOTABLE_TASK, SURPRISING * this.estimate)) {
      this.#surprise += ((longest > DOUBTFUL ? CERTAIN : 1) * longest) / MEMORY;
    }
    this.estimate = Math.max(this.estimate === 0 ? mean : (this.estimate + mean) / 2, SHORTEST);
  }

  /**
   * How many further tasks may be handed over to a worker that has `outstanding` of them, `load` of work, before it already, `claimed` of which it
   * gets in the same message. Where they can be taken back, a rare long run costs them nothing.
   */
  roomBehind(outstanding: number, claimed: number, load: number, canTakeBack: boolean): number {
    const { estimate } = this;
    if (estimate === 0 || (this.#surprise >= NOTHING_AHEAD && !canTakeBack) || estimate >= LONG_TASK) return 0;
    if (estimate >= AHEAD) return outstanding <= 1 ? 1 : 0;
    if (claimed === 0 && outstanding > 0 && AHEAD - load < WORTH_A_MESSAGE) return 0;
    return Math.max(0, Math.floor((AHEAD - load) / estimate));
  }

  /**
   * What a worker is told to expect of one run; 0 means "unknown or long: let no answer wait for it, and claim it alone".
   * `alone` is the length from which an own message a task is cheap enough for the lane.
   */
  expectation(alone: number): number {
    return this.#surprise >= ANSWERS_LEAVE || this.estimate >= alone ? 0 : this.estimate;
  }
}
