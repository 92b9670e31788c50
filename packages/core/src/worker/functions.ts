/**
 * The task functions that a worker was told of, and what it has learned of each.
 *
 * Decides when one is loaded: with the first task that needs it. Should the import end this worker, it is that task's doing, and must not happen
 * to the next one. A load that failed is tried again with the next tasks. One that takes longer than it may goes on: until it has come to an end
 * tasks fail at once, instead of each waiting that long. Refuses to know tasks.
 */
import { originOf, type TaskDescriptor } from '../tasks/definition/task-descriptor.ts';
import { type LoadedTask, loadTask } from '../tasks/loading/load-task.ts';
import { runAs } from './ownership.ts';
import { withinTime } from './within-time.ts';

export interface Known {
  readonly descriptor: TaskDescriptor;
  /** Once it is loaded. */
  task: LoadedTask | undefined;
  /** Of the last try. */
  failure: unknown;
  isLoading: boolean;
  /** It returned a promise before: each of its tasks has an owner of its own. */
  isAsync: boolean;
  /** All that it ever returned were numbers. */
  givesNumbers: boolean;
}

export class Functions {
  readonly #known = new Map<number, Known>();

  define(id: number, descriptor: TaskDescriptor): void {
    this.#known.set(id, { descriptor, task: undefined, failure: undefined, isLoading: false, isAsync: false, givesNumbers: true });
  }

  forget(ids: readonly number[]): void {
    for (const id of ids) this.#known.delete(id);
  }

  get(id: number): Known | undefined {
    return this.#known.get(id);
  }

  /** Resolves when it has its `task`, or the `failure` of this try; `timeout` in ms. Calls `loaded` when it has the task, also later than that. */
  async load(known: Known, timeout: number, loaded: () => void): Promise<void> {
    if (known.isLoading) return;
    const { descriptor } = known;
    known.isLoading = true;
    const loading = runAs(originOf(descriptor), () => loadTask(descriptor)).then(
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
      await withinTime(loading, timeout, descriptor.name);
    } catch (error) {
      known.failure = error;
    }
  }
}
