/**
 * StrayErrors: decides what an error of user code outside of a call means, and reports it.
 *
 *   of an asynchronous task that runs            its outcome
 *   of a module's first load, in a young worker  LATE; the worker goes on
 *   with several slots, while tasks run          LATE that retires: the worker ends after its running tasks, when the program says so
 *   of an ended task, or a rejection without an  LATE; the worker ends after the running task
 *     owner, while an asynchronous task runs
 *   anything else                                fatal LATE; the worker ends at once
 *
 * Errors from before the worker's set-up wait for it. late-errors.ts catches the errors and ends the worker. This file does not know slots and batches.
 */
import { ownerOfUncaught } from './microtasks.ts';
import { type Owner, taskImportHere } from './ownership.ts';
import { hasRefusedHere } from './refusal.ts';
import type { TaskOwners } from './task-owners.ts';

/** The tasks of this worker, as far as an error may concern them. */
export interface RunningTasks {
  /** Several tasks may run at once. */
  readonly isShared: boolean;
  /** No task runs and none waits. */
  readonly isIdle: boolean;
  /** An asynchronous task runs. */
  readonly isAnyAwaited: boolean;
  /** Fails the asynchronous task of this owner; `undefined` if no such task runs. */
  failureOf(owner: Owner): ((error: unknown) => void) | undefined;
  /** The slots whose task has begun; `withClaims`: or waits for its module. */
  begun(withClaims: boolean): readonly number[];
}

/** Sends errors to the program. */
export interface ErrorReporter {
  lateError(error: unknown, fatal: boolean, running: boolean, slots: readonly number[] | undefined, retires: boolean): void;
  exiting(running: boolean, slots: readonly number[] | undefined): void;
}

export class StrayErrors {
  readonly #owners: TaskOwners;
  readonly #tasks: RunningTasks;
  #reporter: ErrorReporter | undefined;
  /** Errors from before the worker's set-up. */
  readonly #early: unknown[] = [];
  #isRetiring = false;

  constructor(owners: TaskOwners, tasks: RunningTasks) {
    this.#owners = owners;
    this.#tasks = tasks;
  }

  /** A leftover of an ended task failed: the worker ends after the running task, or at once. */
  get isRetiring(): boolean {
    return this.#isRetiring;
  }

  /** The worker is set up: errors can be reported. */
  reportTo(reporter: ErrorReporter): void {
    this.#reporter = reporter;
    for (const error of this.#early.splice(0)) this.#report(error, false);
  }

  /**
   * An exception that was not caught, or a rejection that was not handled. `true`: this worker goes on, since the error is the outcome of the
   * task that it belongs to, or concerns no task and can wait until the running one has ended.
   */
  takes(error: unknown, kind: 'exception' | 'rejection'): boolean {
    // What a module starts that a task imports counts as the task, unless it was refused a pool.
    const owner = taskImportHere() !== undefined && hasRefusedHere() ? undefined : ownerOfUncaught(error);
    const tasks = this.#tasks;
    const fail = tasks.failureOf(owner);
    if (fail !== undefined) {
      fail(error);
      return true;
    }
    // An import ran the program again, and what came of it fails (a refused pool, a port in use): in a replacement it would fail again.
    if (typeof owner !== 'number' && (hasRefusedHere() || (owner !== undefined && this.#owners.areFew))) {
      this.#report(error, false);
      return true;
    }
    if (tasks.isShared && !tasks.isIdle) {
      this.#report(error, true);
      return true;
    }
    // An exception without an owner may be the running task's: a callback that threw may be the one that it waits for.
    const canWait = tasks.isAnyAwaited && (owner !== undefined || kind === 'rejection');
    this.#isRetiring ||= canWait || typeof owner === 'number';
    if (canWait) this.#report(error, false);
    return canWait;
  }

  /** Reports an error after which the worker's state is unknown. The worker then ends. */
  fatal(error: unknown): void {
    const begun = this.#begun();
    this.#reporter?.lateError(error, true, begun.length > 0, begun, true);
  }

  /** The worker ends. Messages that it sends now still arrive. */
  exiting(): void {
    const begun = this.#begun();
    this.#reporter?.exiting(begun.length > 0, begun);
  }

  /** The tasks that end with this worker: those that run, or wait for their module, unless this worker ends because of another's leftover. */
  #begun(): readonly number[] {
    return this.#tasks.begun(!this.#isRetiring);
  }

  #report(error: unknown, retires: boolean): void {
    if (this.#reporter === undefined) this.#early.push(error);
    else this.#reporter.lateError(error, false, false, undefined, retires);
  }
}
