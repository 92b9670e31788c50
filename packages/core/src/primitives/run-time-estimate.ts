/**
 * RunTimeEstimate: measures the runs of one task function, and computes how many tasks a worker may get ahead of the running one.
 *
 *   record(count, elapsed) --> estimate (moving average), surprise (rare long runs)
 *   estimate, surprise     --> roomBehind (tasks that a worker may get ahead), expectation (run time that the worker gets with the tasks)
 *
 * All times are microseconds. It does not know lanes, jobs and clocks.
 */

/** No run counts as shorter. */
const SHORTEST = 0.01;
/** Work that may lie in a worker behind its running task. More: fewer messages. Less: better balance, and more tasks can be cancelled. */
export const AHEAD = 1000;
/** A worker that has work gets more when it has room for this much. More: fewer messages. Less: workers run out of work less often. */
const WORTH_A_MESSAGE = 250;
/** A worker that cannot give tasks back gets one ahead if it takes less than this. Behind a longer task the wait would be noticed. */
const LONG_TASK = 5000;
/** A run is a surprise if it takes more than NOTABLE_TASK, and more than SURPRISING times the estimate. */
const NOTABLE_TASK = 1000;
const SURPRISING = 4;
/**
 * A surprise of at most this length may have another cause than the task: a busy system or a garbage collection stops a worker for some
 * milliseconds. A longer one counts CERTAIN times.
 */
const DOUBTFUL = 30_000;
const CERTAIN = 4;
/** Surprises are averaged over this number of runs. More: a function is distrusted for longer. Fewer: rare long runs are forgotten in between. */
const MEMORY = 1000;
/** What one run leaves of the average before it. */
const REMAINDER = Math.exp(-1 / MEMORY);
/**
 * Bounds of the surprise, the time per run that is spent in surprises: a task that lies behind others waits that long on average. From
 * ANSWERS_LEAVE on, answers leave the worker before the next task starts. From NOTHING_AHEAD on, a worker that cannot give tasks back gets none
 * ahead, because one by one costs as much. Higher: a machine that stops a worker at times costs little. Lower: fewer tasks wait behind a rare
 * long one.
 */
const ANSWERS_LEAVE = 10;
const NOTHING_AHEAD = 100;

/** The most tasks in a message that holds a batch. */
const MOST_IN_BATCH = 4096;

export class RunTimeEstimate {
  /** Moving average of the run time; 0 while nothing was measured. */
  estimate = 0;
  /** The mean run time of the last measurement; 0 while nothing was measured. */
  lastMean = 0;
  /** Recent time per run that was spent in surprises. */
  #surprise = 0;

  /** Adds a measurement: `count` runs took `elapsed` together. */
  record(count: number, elapsed: number): void {
    const mean = elapsed / count;
    this.lastMean = mean;
    // The longest single run in the sum, if the other runs took as long as expected.
    const longest = count === 1 ? elapsed : elapsed - (count - 1) * Math.min(this.estimate, mean);
    this.#surprise *= count === 1 ? REMAINDER : Math.exp(-count / MEMORY);
    if (this.estimate > 0 && longest > Math.max(NOTABLE_TASK, SURPRISING * this.estimate)) {
      this.#surprise += ((longest > DOUBTFUL ? CERTAIN : 1) * longest) / MEMORY;
    }
    this.estimate = Math.max(this.estimate === 0 ? mean : (this.estimate + mean) / 2, SHORTEST);
  }

  /**
   * Returns how many further tasks may be handed to a worker that already has `outstanding` tasks, which are `load` of work; it gets `claimed` of
   * them in the same message. `canTakeBack`: tasks can be taken back from this worker, so a rare long run does not delay them.
   */
  roomBehind(outstanding: number, claimed: number, load: number, canTakeBack: boolean): number {
    const { estimate } = this;
    if (estimate === 0 || (this.#surprise >= NOTHING_AHEAD && !canTakeBack)) return 0;
    // Only behind a task that runs: other workers are started, or get their share, first.
    if (estimate >= LONG_TASK) return canTakeBack && outstanding === 1 && claimed === 0 ? 1 : 0;
    if (estimate >= AHEAD) return outstanding <= 1 ? 1 : 0;
    if (claimed === 0 && outstanding > 0 && AHEAD - load < WORTH_A_MESSAGE) return 0;
    return Math.max(0, Math.floor((AHEAD - load) / estimate));
  }

  /** Its tasks lie behind another one only where they can be taken back. */
  get isLong(): boolean {
    return this.estimate >= LONG_TASK;
  }

  /** Its tasks travel one by one where the answers of a message come together: they were never measured, or are long. */
  get isAlone(): boolean {
    return this.estimate === 0 || this.estimate >= LONG_TASK || this.#surprise >= NOTHING_AHEAD;
  }

  /**
   * Returns how many further tasks one message may hold that has `claimed` tasks, which are `load` of work, where a message should hold `batch` of work.
   * A function that was never measured, or is long, gets one task.
   */
  roomInBatch(claimed: number, load: number, batch: number): number {
    const { estimate } = this;
    const { isAlone } = this;
    const most = isAlone ? 1 : Math.min(MOST_IN_BATCH, Math.floor(batch / estimate));
    const left = isAlone ? most - claimed : Math.min(most - claimed, Math.floor((batch - load) / estimate));
    return Math.max(claimed === 0 ? 1 : 0, left);
  }

  /**
   * Returns the run time that a worker gets together with the tasks. 0 means unknown or long: no answer waits for such a task, and the worker
   * claims it alone. `alone`: the run time from which one message per task is cheap enough for the lane.
   */
  expectation(alone: number): number {
    return this.#surprise >= ANSWERS_LEAVE || this.estimate >= alone ? 0 : this.estimate;
  }
}
