/**
 * TaskOwners: numbers the owners of user code in this worker (ownership.ts): one for each task, and one for the initializer.
 *
 *   next() --> newest --begin--> its code is on the stack          the slot that runs the task keeps its owner (slot-runner.ts)
 *   runAside: the owner of the initializer, or the finalizer, runs until that has ended
 *
 * Invariant: an owner runs once, and no later owner has its number. All that marks code as a task's goes through this class, so that inline-owners.ts can
 * do it in another way. It does not know what a task does, nor which ones run.
 */
import { becomeWorker, enterOwner, type Identity, runAs, setCalling, type TaskSource } from './ownership.ts';

export class TaskOwners {
  #newest = 0;
  /** The newest owner before the first task. */
  #atStart = 0;
  /** The owner of the running initializer or finalizer, or 0. */
  #aside = 0;

  /** The worker is set up: `source` has its tasks. `depth`: how many runtimes are above it. */
  setUp(depth: number, source: TaskSource, identity: Identity): void {
    becomeWorker(depth, source, identity);
  }

  /** At most one task has begun, or one run of short tasks. */
  get areFew(): boolean {
    return this.#newest <= this.#atStart + 1;
  }

  /** It is that of the initializer or the finalizer, which runs. */
  isAside(owner: number): boolean {
    return owner !== 0 && owner === this.#aside;
  }

  /** Returns a new owner, for the next task or for a run of short tasks. */
  next(): number {
    this.#newest += 1;
    return this.#newest;
  }

  /** What the running code starts from now on belongs to `owner`. */
  enter(owner: number): void {
    enterOwner(owner);
  }

  /** Calls `fn` so that everything that it starts belongs to `owner`, a task or a module, in an async context of its own. */
  runAs<T, A extends readonly unknown[]>(owner: number | string, fn: (...args: A) => T, self?: unknown, ...args: A): T {
    return runAs(owner, fn, self, ...args);
  }

  /** Code of this task is on the stack from now on; 0: of none. */
  setCalling(task: number): void {
    setCalling(task);
  }

  /** Before a task of the newest owner is called. Returns that owner. */
  begin(): number {
    this.setCalling(this.#newest);
    return this.#newest;
  }

  /** Calls the initializer or the finalizer, as code of an owner of its own. */
  async runAside(call: () => unknown): Promise<void> {
    this.#aside = this.next();
    try {
      await this.runAs(this.#aside, call);
    } finally {
      this.#aside = 0;
    }
  }

  /** The owners so far are of no task. */
  startTasks(): void {
    this.#atStart = this.#newest;
  }
}
