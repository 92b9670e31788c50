/**
 * StrayErrors: decides what an error of user code outside of a call means, and reports it.
 *
 *   of the asynchronous task that runs           its outcome
 *   of a module's first load, in a young worker  LATE; the worker goes on
 *   of an ended task, or a rejection without an  LATE; the worker ends after the running task
 *     owner, while an asynchronous task runs
 *   anything else                                fatal LATE; the worker ends at once
 *
 * Errors from before the worker's set-up wait for it. late-errors.ts catches the errors and ends the worker. This file does not know tasks and batches.
 */
import type { Answers } from './answers.ts';
import { ownerOfUncaught } from './microtasks.ts';
import { taskImportHere } from './ownership.ts';
import { hasRefusedHere } from './refusal.ts';
import type { TaskOwners } from './task-owners.ts';

export class StrayErrors {
  readonly #owners: TaskOwners;
  readonly #hasClaimed: () => boolean;
  #answers: Answers | undefined;
  /** Errors from before the worker's set-up. */
  readonly #early: unknown[] = [];
  /** Fails the running asynchronous task with an error outside of its promise. */
  #failRunning: ((error: unknown) => void) | undefined;
  #isRetiring = false;

  /** `hasClaimed`: a task that has not begun waits for its module. */
  constructor(owners: TaskOwners, hasClaimed: () => boolean) {
    this.#owners = owners;
    this.#hasClaimed = hasClaimed;
  }

  /** A leftover of an ended task failed: the worker ends after the running task, or at once. */
  get isRetiring(): boolean {
    return this.#isRetiring;
  }

  /** The worker is set up: errors can be reported. */
  reportTo(answers: Answers): void {
    this.#answers = answers;
    for (const error of this.#early.splice(0)) this.#report(error);
  }

  /** An asynchronous task runs: `fail` ends it. */
  watch(fail: (error: unknown) => void): void {
    this.#failRunning = fail;
  }

  /** No asynchronous task runs. */
  unwatch(): void {
    this.#failRunning = undefined;
  }

  /**
   * An exception that was not caught, or a rejection that was not handled. `true`: this worker goes on, since the error is the outcome of the
   * task that it belongs to, or concerns no task and can wait until the running one has ended.
   */
  takes(error: unknown, kind: 'exception' | 'rejection'): boolean {
    // What a module starts that a task imports counts as the task, unless it was refused a pool.
    const owner = taskImportHere() !== undefined && hasRefusedHere() ? undefined : ownerOfUncaught(error);
    const fail = this.#failRunning;
    if (fail !== undefined && owner === this.#owners.running) {
      fail(error);
      return true;
    }
    // An import ran the program again, and what came of it fails (a refused pool, a port in use): in a replacement it would fail again.
    if (typeof owner !== 'number' && (hasRefusedHere() || (owner !== undefined && this.#owners.areFew))) {
      this.#report(error);
      return true;
    }
    // An exception without an owner may be the running task's: a callback that threw may be the one that it waits for.
    const canWait = fail !== undefined && (owner !== undefined || kind === 'rejection');
    this.#isRetiring ||= canWait || typeof owner === 'number';
    if (canWait) this.#report(error);
    return canWait;
  }

  /** Reports an error after which the worker's state is unknown. The worker then ends. */
  fatal(error: unknown): void {
    this.#answers?.lateError(error, true, this.#hasBegun());
  }

  /** The worker ends. Messages that it sends now still arrive. */
  exiting(): void {
    this.#answers?.exiting(this.#hasBegun());
  }

  /** Whether a task ends with this worker: one that runs, or that waits for its module, unless this worker ends because of another's leftover. */
  #hasBegun(): boolean {
    return this.#owners.running !== 0 || (!this.#isRetiring && this.#hasClaimed());
  }

  #report(error: unknown): void {
    if (this.#answers === undefined) this.#early.push(error);
    else this.#answers.lateError(error, false, false);
  }
}
