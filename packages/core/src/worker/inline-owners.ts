/**
 * InlineOwners: the owners of an inline worker's tasks, in a program that need not be a worker.
 *
 * Each owner is an InlineTask in an AsyncLocalStorage of its own (ownership.ts), so `context()` finds the task and its worker across awaits, and several
 * inline workers in one program do not mix. Nothing else of the program changes: `isWorker` and the values of `twinpool/worker` stay as they are, and
 * an uncaught error is the program's own.
 */
import { enterInlineTask, type Identity, type InlineTask, newScope, type TaskSource } from './ownership.ts';
import type { TaskContext } from './task-context.ts';
import { TaskOwners } from './task-owners.ts';

/** One owner. */
class OwnedTask implements InlineTask {
  readonly depth: number;
  readonly #source: TaskSource;
  readonly #owner: number;

  constructor(source: TaskSource, owner: number, depth: number) {
    this.#source = source;
    this.#owner = owner;
    this.depth = depth;
  }

  get isRunning(): boolean {
    return this.#source.isRunning(this.#owner);
  }
  get context(): TaskContext | undefined {
    return this.#source.contextOf(this.#owner);
  }
}

export class InlineOwners extends TaskOwners {
  #source!: TaskSource;
  #depth = 0;

  override setUp(depth: number, source: TaskSource, _identity: Identity): void {
    this.#depth = depth;
    this.#source = source;
  }

  override enter(owner: number): void {
    enterInlineTask(new OwnedTask(this.#source, owner, this.#depth));
  }

  /** What a module starts while it is loaded belongs to no task. */
  override runAs<T, A extends readonly unknown[]>(owner: number | string, fn: (...args: A) => T, self?: unknown, ...args: A): T {
    return newScope('TWINPOOL_TASK').runInAsyncScope((): T => {
      if (typeof owner === 'number') this.enter(owner);
      return Reflect.apply(fn, self, args);
    });
  }

  /** The storage alone tells the task. */
  override setCalling(): void {}
}
