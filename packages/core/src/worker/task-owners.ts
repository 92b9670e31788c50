/**
 * TaskOwners: numbers the owners of user code in this worker (ownership.ts): one for each task, and one for the initializer.
 *
 *   next() --> newest --begin--> its code is on the stack          the slot that runs the task keeps its owner (slot-runner.ts)
 *   initialize: the owner of the initializer runs until the initializer has ended
 *
 * Invariant: an owner runs once, and no later owner has its number. It does not know what a task does, nor which ones run.
 */
import { runAs, setCalling } from './ownership.ts';

export class TaskOwners {
  #newest = 0;
  /** The newest owner before the first task. */
  #atStart = 0;
  /** The owner of the running initializer, or 0. */
  #initializing = 0;

  /** At most one task has begun, or one run of short tasks. */
  get areFew(): boolean {
    return this.#newest <= this.#atStart + 1;
  }

  isInitializing(owner: number): boolean {
    return owner !== 0 && owner === this.#initializing;
  }

  /** Returns a new owner, for the next task or for a run of short tasks. */
  next(): number {
    this.#newest += 1;
    return this.#newest;
  }

  /** Before a task of the newest owner is called. Returns that owner. */
  begin(): number {
    setCalling(this.#newest);
    return this.#newest;
  }

  /** Calls the initializer, as code of an owner of its own. */
  async initialize(call: () => unknown): Promise<void> {
    this.#initializing = this.next();
    await runAs(this.#initializing, call);
    this.#initializing = 0;
  }

  /** The owners so far are of no task. */
  startTasks(): void {
    this.#atStart = this.#newest;
  }
}
