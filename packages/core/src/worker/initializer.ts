/**
 * Runs the user's code at the start of a worker: loads the preloaded modules, then loads and calls the initializer.
 *
 *   preload ... --> load --> call --> the worker is ready            one of them fails: INIT_FAILED, and the worker ends
 *
 * It does not know tasks.
 */
import { originOf, type TaskDescriptor } from '../tasks/definition/task-descriptor.ts';
import { loadPreload } from '../tasks/loading/load-preload.ts';
import { INIT_FAILED, type PackedValue, PRELOADED, type WorkerSetup } from '../wire/messages.ts';
import { unpackValue } from '../wire/packed-value.ts';
import { encodeThrown } from '../wire/thrown.ts';
import type { LoadTask } from './functions.ts';
import type { TaskOwners } from './task-owners.ts';
import type { WorkerTransport } from './transport.ts';

/** Never settles if the code fails: then the worker ends. */
export async function runStartCode(setup: WorkerSetup, transport: WorkerTransport, owners: TaskOwners, load: LoadTask): Promise<void> {
  const { preload, initializer, initargs } = setup;
  let isInitializing = false;
  transport.keepTurning(false);
  try {
    for (const module of preload) await owners.runAs(module.specifier, loadPreload, undefined, module);
    isInitializing = true;
    if (initializer !== undefined) {
      transport.send([PRELOADED]);
      await callInitializer(initializer, initargs, owners, load);
    }
  } catch (error) {
    transport.send([INIT_FAILED, encodeThrown(error), isInitializing]);
    transport.exit(1);
    await new Promise(() => undefined);
  }
}

async function callInitializer(initializer: TaskDescriptor, initargs: PackedValue, owners: TaskOwners, load: LoadTask): Promise<void> {
  const task = await owners.runAs(originOf(initializer), () => load(initializer));
  await owners.runAside(() => task.call(...(unpackValue(initargs) as unknown[])));
}
