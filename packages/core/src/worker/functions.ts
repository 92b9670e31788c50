/**
 * Keeps the task functions that the program defined in this worker, and loads each with the first task that needs it.
 *
 *   defined --first task--> loading --> loaded
 *                 ^            '------> failed: the task fails, and the next task tries again
 *
 * If an import ends the worker, only the task that needed it is lost. A load that exceeds its time limit continues: until it ends, tasks of the function
 * fail at once instead of waiting that long each. This file does not know tasks.
 */
import { whenSettled } from '../primitives/promises.ts';
import { afterTurn } from '../primitives/time.ts';
import { originOf, type TaskDescriptor } from '../tasks/definition/task-descriptor.ts';
import { bundledError, type LoadedTask } from '../tasks/loading/load-task.ts';
import { workerState } from './ownership.ts';
import type { TaskOwners } from './task-owners.ts';
import { withinTime } from './within-time.ts';

/** Makes a callable function of a descriptor. */
export type LoadTask = (descriptor: TaskDescriptor) => Promise<LoadedTask>;

export interface WorkerFunction {
  readonly descriptor: TaskDescriptor;
  /** Set when the function is loaded. */
  task: LoadedTask | undefined;
  /** The error of the last load. */
  failure: unknown;
  isLoading: boolean;
  /** The load, while tasks wait for it; `undefined` after its time limit. */
  loading: Promise<void> | undefined;
  /** Whether it has returned a promise: then each of its tasks has an owner of its own. */
  isAsync: boolean;
  /** Whether it has returned only numbers so far. */
  givesNumbers: boolean;
}

/** The entry of a bundle that runs in a worker is refused its pool. It may catch the error and then wait without end, so its task fails at once. */
function loadedOrRefused(loading: Promise<void>, descriptor: TaskDescriptor): Promise<void> {
  if (descriptor.kind !== 'module' || descriptor.bundled !== true) return loading;
  const refused = new Promise<never>((_, reject) => {
    const refuse = (error: Error): void => reject(bundledError(descriptor, error));
    workerState.onRefusal = refuse;
    const { refusal } = workerState;
    // By another task, whose import of the same module may never end. One that has ended comes first.
    if (refusal !== undefined) afterTurn(() => refuse(refusal));
  });
  return Promise.race([loading, refused]).finally(() => {
    workerState.onRefusal = undefined;
  });
}

export class Functions {
  readonly #known = new Map<number, WorkerFunction>();
  readonly #owners: TaskOwners;
  readonly #loadTask: LoadTask;

  constructor(owners: TaskOwners, loadTask: LoadTask) {
    this.#owners = owners;
    this.#loadTask = loadTask;
  }

  define(id: number, descriptor: TaskDescriptor): void {
    this.#known.set(id, {
      descriptor,
      task: undefined,
      failure: undefined,
      isLoading: false,
      loading: undefined,
      isAsync: false,
      givesNumbers: true,
    });
  }

  forget(ids: readonly number[]): void {
    for (const id of ids) this.#known.delete(id);
  }

  get(id: number): WorkerFunction | undefined {
    return this.#known.get(id);
  }

  /** Resolves when `task` or `failure` is set, after `timeout` ms at the latest. Calls `loaded` when the function is loaded, also after the timeout. */
  load(known: WorkerFunction, timeout: number, loaded: () => void): Promise<void> {
    if (known.isLoading) return known.loading ?? Promise.resolve();
    known.isLoading = true;
    known.loading = this.#load(known, timeout, loaded).finally(() => {
      known.loading = undefined;
    });
    return known.loading;
  }

  async #load(known: WorkerFunction, timeout: number, loaded: () => void): Promise<void> {
    const { descriptor } = known;
    const loading = whenSettled(
      this.#owners.runAs(originOf(descriptor), () => this.#loadTask(descriptor)),
      (task) => {
        known.task = task;
        known.isLoading = false;
        loaded();
      },
      (error: unknown) => {
        known.failure = error;
        known.isLoading = false;
      },
    );
    try {
      await withinTime(loadedOrRefused(loading, descriptor), timeout, descriptor.name);
    } catch (error) {
      known.failure = error;
    }
  }
}
