/**
 * Runs the user's finalizer at the orderly end of a worker.
 *
 *   start: load --> the worker is ready ...             end: no task runs, and no more follow --> call --> the worker leaves
 *
 * Its module is loaded while the worker starts: at the end the whole time is for the call. An error, also that of the load, is a late error at the end.
 * It does not know why the worker ends; the program limits the time.
 */
import { whenSettled } from '../primitives/promises.ts';
import { originOf } from '../tasks/definition/task-descriptor.ts';
import type { LoadedTask } from '../tasks/loading/load-task.ts';
import type { WorkerSetup } from '../wire/messages.ts';
import { unpackValue } from '../wire/packed-value.ts';
import type { Answers } from './answers.ts';
import type { LoadTask } from './functions.ts';
import type { TaskOwners } from './task-owners.ts';

const nothing = () => undefined;

export class Finalizer {
  readonly #setup: WorkerSetup;
  readonly #owners: TaskOwners;
  readonly #load: LoadTask;
  #loading: Promise<LoadedTask> | undefined;

  constructor(setup: WorkerSetup, owners: TaskOwners, load: LoadTask) {
    this.#setup = setup;
    this.#owners = owners;
    this.#load = load;
  }

  /** Never rejects. */
  async load(): Promise<void> {
    const { finalizer } = this.#setup;
    if (finalizer === undefined) return;
    this.#loading = this.#owners.runAs(originOf(finalizer), () => this.#load(finalizer));
    await whenSettled(this.#loading, nothing, nothing);
  }

  /** Never rejects. */
  async run(answers: Answers): Promise<void> {
    try {
      const task = await this.#loading;
      await this.#owners.runAside(() => task?.call(...(unpackValue(this.#setup.finalargs) as unknown[])));
    } catch (error) {
      answers.lateError(error, false, false, undefined, false);
    }
  }
}
