/**
 * The task functions that a worker was told of, and what it has learned of each.
 *
 * Decides when one is loaded: with the first task that needs it. Should the import end this worker, it is that task's doing, and must not happen
 * to the next one. Refuses to know tasks.
 */
import { originOf, type TaskDescriptor } from '../task/descriptor.ts';
import { type LoadedTask, loadTask } from '../task/load.ts';
import { runAs } from './ownership.ts';
import { withinTime } from './within-time.ts';

/** `task` or `failure` once it `isLoaded`. */
export interface Known {
  readonly descriptor: TaskDescriptor;
  isLoaded: boolean;
  task: LoadedTask | undefined;
  failure: unknown;
  /** It returned a promise before: each of its tasks has an owner of its own. */
  isAsync: boolean;
  /** All that it ever returned were numbers. */
  givesNumbers: boolean;
}

export class Functions {
  readonly #known = new Map<number, Known>();

  define(id: number, descriptor: TaskDescriptor): void {
    this.#known.set(id, { descriptor, isLoaded: false, task: undefined, failure: undefined, isAsync: false, givesNumbers: true });
  }

  get(id: number): Known | undefined {
    return this.#known.get(id);
  }

  /** Resolves when it is loaded, or has failed to; `timeout` in ms. */
  load(known: Known, timeout: number): Promise<void> {
    const { descriptor } = known;
    return withinTime(
      runAs(originOf(descriptor), () => loadTask(descriptor)),
      timeout,
      descriptor.name,
    ).then(
      (task) => {
        known.task = task;
        known.isLoaded = true;
      },
      (error: unknown) => {
        known.failure = error;
        known.isLoaded = true;
      },
    );
  }
}
