/**
 * The limits of the task that runs: its `taskTimeout`, and the grace of one whose job has ended.
 *
 * Decides when a worker is ended because of its task. An alarm rings after what lies in the channel was read (clock.ts): an answer that lies there
 * clears it first. Only the task at the front runs: an abandoned task behind it is told, and its time begins, when it gets there. Time for
 * which the worker was stopped together with the program does not count for `taskTimeout`.
 */

import { TaskTimeoutError } from '../errors.ts';
import type { Job } from '../jobs/job.ts';
import { Alarm, type Clock } from '../primitives/clock.ts';
import type { Ledger } from './in-flight.ts';

export interface LimitActions {
  /** ms for which the worker was stopped together with the program, so far. */
  stoppedFor(): number;
  abortRunning(): void;
  /** Sees to it that ending the worker ends the front task only. False: that has ended, its answer is under way. */
  isolateFront(): boolean;
  /** The front task leaves the account of the lane. */
  frontLeaves(): void;
  kill(kind: 'limit' | 'abort', force: boolean, cause?: unknown): void;
}

export class Limits {
  readonly #clock: Clock;
  readonly #ledger: Ledger;
  readonly #actions: LimitActions;
  /** The front task was said to have begun. */
  #hasStarted = false;
  readonly #timeout: Alarm;
  readonly #grace: Alarm;
  /** Jobs that were ended while the worker had tasks of them, and how long such a task may still run. */
  readonly #abandoned = new Map<Job, number>();
  /** The place in the ledger of the task whose grace runs. */
  #gracedAt = '';
  /** When the limit of the front task is over, ms of the clock, and how much stopped time that includes. */
  #due = 0;
  #allowedFor = 0;

  constructor(clock: Clock, ledger: Ledger, actions: LimitActions) {
    this.#clock = clock;
    this.#ledger = ledger;
    this.#actions = actions;
    this.#timeout = new Alarm(clock, () => this.#atTimeout());
    this.#grace = new Alarm(clock, () => this.#endFront(false));
  }

  /** The front task has begun. False: there is none that has a limit and was not said to have begun. */
  started(): boolean {
    const { front } = this.#ledger;
    const taskTimeout = front?.job.settings.taskTimeout ?? Number.POSITIVE_INFINITY;
    if (front === undefined || taskTimeout === Number.POSITIVE_INFINITY || this.#hasStarted) return false;
    this.#hasStarted = true;
    this.#due = this.#clock.now() + taskTimeout;
    this.#allowedFor = this.#actions.stoppedFor();
    if (!front.job.over) this.#timeout.set(taskTimeout);
    return true;
  }

  /** The front task was answered. */
  answered(): void {
    this.#hasStarted = false;
    this.#timeout.clear();
  }

  /** Tasks of these jobs get `grace` ms once they run; below 0: none, and by force. `frontChanged` is to be called once the front task runs. */
  abandon(jobs: ReadonlySet<Job>, grace: number): void {
    for (const { job } of this.#ledger.chunks) {
      if (jobs.has(job)) this.#abandoned.set(job, Math.min(grace, this.#abandoned.get(job) ?? grace));
    }
  }

  frontChanged(): void {
    if (this.#abandoned.size === 0) return;
    const { front } = this.#ledger;
    if (front === undefined) this.#abandoned.clear();
    const grace = front === undefined ? undefined : this.#abandoned.get(front.job);
    if (grace === undefined) this.#grace.clear();
    else if (grace <= 0) this.#endFront(grace < 0);
    else if (!this.#grace.isSet || this.#gracedAt !== this.#ledger.position) {
      this.#gracedAt = this.#ledger.position;
      this.#actions.abortRunning();
      this.#grace.set(grace);
    }
  }

  stop(): void {
    this.#timeout.stop();
    this.#grace.stop();
  }

  #endFront(force: boolean): void {
    if (this.#actions.isolateFront()) this.#actions.kill('abort', force);
  }

  #atTimeout(): void {
    const stoppedFor = this.#actions.stoppedFor();
    this.#due += stoppedFor - this.#allowedFor;
    this.#allowedFor = stoppedFor;
    const left = this.#due - this.#clock.now();
    if (left > 0) this.#timeout.set(left);
    else this.#overTimeout();
  }

  #overTimeout(): void {
    const { front } = this.#ledger;
    if (front === undefined || !this.#actions.isolateFront()) return;
    const { frontIndex } = this.#ledger;
    const { job } = front;
    const { taskTimeout } = job.settings;
    const error = new TaskTimeoutError(`task '${job.fn.name}' ran longer than its taskTimeout of ${taskTimeout} ms; its worker was ended`);
    // The caller hears of it now, not when the worker is gone.
    this.#actions.frontLeaves();
    this.#ledger.disownFront();
    this.#actions.kill('limit', false, error);
    job.settle(frontIndex, false, error);
  }
}
