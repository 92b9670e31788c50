/**
 * Ends a worker because of the task that runs in one of its slots: its `taskTimeout`, or the grace of a task whose job has ended.
 *
 *   taskTimeout   STARTED --taskTimeout--> isolate the front, settle it with TaskTimeoutError, kill
 *   grace         abandon --the task is at the front--> abort its signal --grace--> isolate the front, kill
 *                 it cannot be isolated --AGAIN ms later the same task is at the front: the worker is stuck--> kill
 *
 * - Only the front task runs. The grace of an abandoned task behind it begins when that task gets there.
 * - An alarm rings after what lies in the channel was read (primitives/clock.ts): an answer that lies there clears it first.
 * - Time for which the worker was stopped together with the program does not count for `taskTimeout`.
 *
 * It does not know how a worker is reached or ended, nor that other slots of the worker may go on.
 */

import { TaskTimeoutError } from '../errors.ts';
import type { Job } from '../jobs/job.ts';
import { Alarm, type Clock } from '../primitives/clock.ts';
import type { InFlight } from './in-flight.ts';
import type { EndReason } from './worker-exit.ts';

/** ms until the end of a worker is tried again. Shorter: a worker may be ended whose answers are still on their way. Longer: a stuck worker lives longer. */
const AGAIN = 50;

export interface DeadlineActions {
  /** What a time limit does to the worker, as the end of a sentence. */
  readonly aftermath: string;
  /** Milliseconds, so far, for which the worker was stopped together with the program. */
  stoppedFor(): number;
  /** Aborts the signal of the front task. */
  abortFront(): void;
  /**
   * Makes sure that ending the worker ends no task of a call that goes on, except the front task. False: the front task has ended and its answer is under
   * way, or a task of another call has started. `isStuck`: then the worker has sent nothing for AGAIN ms since, and may be ended.
   */
  isolateFront(isStuck: boolean): boolean;
  /** The front task leaves the account of the lane. */
  frontLeaves(): void;
  kill(reason: EndReason, force: boolean): void;
}

export class Deadlines {
  readonly #clock: Clock;
  readonly #inFlight: InFlight;
  readonly #actions: DeadlineActions;
  /** The worker has sent STARTED for the front task. */
  #hasStarted = false;
  readonly #timeout: Alarm;
  readonly #grace: Alarm;
  /** Jobs that were ended while the worker had tasks of them, and how long such a task may still run, in milliseconds. */
  readonly #abandoned = new Map<Job, number>();
  /** The position in flight of the task whose grace runs. */
  #gracedAt = '';
  /** The position in flight at which the worker could not be ended the last time. */
  #heldAt = '';
  /** The end of the front task's timeout, in milliseconds of the clock, and the stopped time that it includes. */
  #due = 0;
  #allowedFor = 0;

  constructor(clock: Clock, inFlight: InFlight, actions: DeadlineActions) {
    this.#clock = clock;
    this.#inFlight = inFlight;
    this.#actions = actions;
    this.#timeout = new Alarm(clock, () => this.#atTimeout());
    this.#grace = new Alarm(clock, () => this.#endFront(false));
  }

  /** A task whose job has ended has some time left. */
  get isGracing(): boolean {
    return this.#grace.isSet;
  }

  /** The front task has begun. Returns false if no task has a timeout, or the front task had begun before. */
  started(): boolean {
    const { front } = this.#inFlight;
    const taskTimeout = front?.job.settings.taskTimeout ?? Number.POSITIVE_INFINITY;
    if (front === undefined || taskTimeout === Number.POSITIVE_INFINITY || this.#hasStarted) return false;
    this.#hasStarted = true;
    this.#due = this.#clock.now() + taskTimeout;
    this.#allowedFor = this.#actions.stoppedFor();
    if (!front.job.isOver) this.#timeout.set(taskTimeout);
    return true;
  }

  /** The front task has ended, `elapsed` ms after its start, in a worker whose code cannot be ended: no alarm could ring while it ran. */
  endedAfter(elapsed: number): void {
    const { front } = this.#inFlight;
    if (front !== undefined && !front.job.isOver && elapsed > front.job.settings.taskTimeout)
      this.#settleTimedOut(front.job, () => undefined);
  }

  /** The front task was answered. */
  answered(): void {
    this.#hasStarted = false;
    this.#timeout.clear();
  }

  /** Tasks of these jobs get `grace` ms once they run; below 0: none, and their end is by force. The caller calls `frontChanged` once the front task runs. */
  abandon(jobs: ReadonlySet<Job>, grace: number): void {
    for (const { job } of this.#inFlight.chunks) {
      if (jobs.has(job)) this.#abandoned.set(job, Math.min(grace, this.#abandoned.get(job) ?? grace));
    }
  }

  /** Another task is at the front, or the same one was abandoned. */
  frontChanged(): void {
    if (this.#abandoned.size === 0) return;
    const { front } = this.#inFlight;
    if (front === undefined) this.#abandoned.clear();
    const grace = front === undefined ? undefined : this.#abandoned.get(front.job);
    if (grace === undefined) this.#grace.clear();
    else if (grace <= 0) this.#endFront(grace < 0);
    else if (!this.#grace.isSet || this.#gracedAt !== this.#inFlight.position) {
      this.#gracedAt = this.#inFlight.position;
      this.#actions.abortFront();
      this.#grace.set(grace);
    }
  }

  stop(): void {
    this.#timeout.stop();
    this.#grace.stop();
  }

  #endFront(force: boolean): void {
    if (this.#actions.isolateFront(this.#heldAt === this.#inFlight.position)) {
      this.#actions.kill({ kind: 'abort' }, force);
      return;
    }
    // Tasks behind the front were taken back: its position is another one now.
    const { front, position } = this.#inFlight;
    if (front === undefined) return;
    this.#heldAt = this.#gracedAt = position;
    this.#grace.set(AGAIN);
  }

  #atTimeout(): void {
    const stoppedFor = this.#actions.stoppedFor();
    this.#due += stoppedFor - this.#allowedFor;
    this.#allowedFor = stoppedFor;
    const left = this.#due - this.#clock.now();
    if (left > 0) this.#timeout.set(left);
    else this.#endTimedOut();
  }

  #endTimedOut(): void {
    const { front } = this.#inFlight;
    if (front === undefined || !this.#actions.isolateFront(false)) return;
    this.#settleTimedOut(front.job, (cause) => this.#actions.kill({ kind: 'limit', cause }, false));
  }

  /** The caller gets the error now, not when the worker is gone. */
  #settleTimedOut(job: Job, endWorker: (error: Error) => void): void {
    const { frontIndex } = this.#inFlight;
    const error = new TaskTimeoutError(
      `task '${job.fn.name}' ran longer than its taskTimeout of ${job.settings.taskTimeout} ms; ${this.#actions.aftermath}`,
    );
    this.#actions.frontLeaves();
    this.#inFlight.replaceFront();
    endWorker(error);
    job.settle(frontIndex, false, error);
  }
}
