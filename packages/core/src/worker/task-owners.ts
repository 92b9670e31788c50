/**
 * TaskOwners: gives each task of this worker an owner (ownership.ts), and tells which one runs.
 *
 *   next() --> newest --begin--> running --end--> ended              one task runs at a time
 *   initialize: the owner of the initializer runs until the initializer has ended
 *
 * Invariant: an owner runs once, and no later owner has its number. It does not know what a task does.
 */
import { runAs, setCalling } from './ownership.ts';

export class TaskOwners {
  #newest = 0;
  /** The newest owner before the first task. */
  #atStart = 0;
  /** The owner of the running task, or 0. */
  #running = 0;
  /** The owner of the running initializer, or 0. */
  #initializing = 0;

  get running(): number {
    return this.#running;
  }
  /** At most one task has begun, or one run of short tasks. */
  get areFew(): boolean {
    return this.#newest <= this.#atStart + 1;
  }

  isRunning(owner: number): boolean {
    return owner === this.#running || owner === this.#initializing;
  }

  /** Returns a new owner, for the next task or for a run of short tasks. */
  next(): number {
    this.#newest += 1;
    return this.#newest;
  }

  /** Before a task of the newest owner is called. */
  begin(): void {
    this.#running = this.#newest;
    setCalling(this.#newest);
  }

  end(): void {
    this.#running = 0;
    setCalling(0);
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
