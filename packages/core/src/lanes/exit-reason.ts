/**
 * How one worker ends, as far as this side knows: what was decided here, what the worker said, what the system tells.
 *
 *   alive --verdict (we end it)--> alive --death--> dead        `death` without a verdict: it ended by itself, or somebody else ended it
 *
 * Decides whether that is a loss, whose doing it was, and the error of the tasks that were lost with it. Refuses to know what the worker had.
 */

import { WorkerLostError } from '../errors.ts';
import { type Death, type Deceased, lossError, type Verdict, why } from './worker-exit.ts';

const FROM_OUTSIDE = new Set<unknown>(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP']);

export class Fate {
  /** Why it was ended here; the first reason counts. */
  #verdict: Verdict | undefined;
  #death: Death | undefined;
  #diedAt = 0;
  /** The error because of which it ends, as it said. */
  lateError: unknown;
  /** Tasks that had started and were not answered, as a worker that ends by its own decision says. */
  startedAtExit: 0 | 1 | undefined;
  /** It had started well. */
  wasReady = false;
  hasAnswered = false;

  get death(): Death | undefined {
    return this.#death;
  }

  /** Whether it died by itself; a worker that was ended here is no loss. */
  get wasLost(): boolean {
    return this.#death !== undefined && (this.#verdict === undefined || this.#verdict.kind === 'protocol');
  }

  /** Somebody ended it from outside: that says nothing of whether the next one will start. */
  get wasKilledFromOutside(): boolean {
    return this.#verdict === undefined && FROM_OUTSIDE.has(this.#death?.signal);
  }

  decide(verdict: Verdict): void {
    this.#verdict ??= verdict;
  }

  died(death: Death, now: number): void {
    this.#death = death;
    this.#diedAt = now;
  }

  /** Why a task is lost that began at `since`, ms of the clock. */
  lossError(who: Deceased, taskName: string, since: number): WorkerLostError {
    const death = this.#death ?? { exitCode: null, signal: null };
    return lossError(who, taskName, this.#diedAt - since, death, this.lateError, this.#verdict);
  }

  /** Why no work can be done in it; `when` it ended. */
  startLoss(workerId: number, workerName: string, when: string): WorkerLostError {
    const death = this.#death ?? { exitCode: null, signal: null };
    const cause = this.#verdict?.cause ?? death.cause;
    const message = `worker ${workerId} ended ${when}: ${why(death, undefined, this.#verdict)}`;
    return new WorkerLostError(message, { workerId, workerName, ...death, cause });
  }
}
