/**
 * Runs the user's code at the start of a worker: loads the preloaded modules, then loads and calls the initializer.
 *
 *   preload ... --> load --> call --> the worker is ready            one of them fails: INIT_FAILED, and the worker ends
 *
 * It does not know tasks.
 */
import process from 'node:process';
import { originOf, type TaskDescriptor } from '../tasks/definition/task-descriptor.ts';
import { loadPreload } from '../tasks/loading/load-preload.ts';
import { loadTask } from '../tasks/loading/load-task.ts';
import { INIT_FAILED, type PackedValue, PRELOADED, type WorkerSetup } from '../wire/messages.ts';
import { unpackValue } from '../wire/packed-value.ts';
import { encodeThrown } from '../wire/thrown.ts';
import { runAs } from './ownership.ts';
import type { TaskOwners } from './task-owners.ts';
import type { WorkerTransport } from './transport.ts';

// Captured: a task may replace what it finds on the global object.
const exit = process.exit.bind(process);

export async function runStartCode(setup: WorkerSetup, transport: WorkerTransport, owners: TaskOwners): Promise<void> {
  const { preload, initializer, initargs } = setup;
  let isInitializing = false;
  transport.keepTurning(false);
  try {
    for (const module of preload) await runAs(module.specifier, loadPreload, undefined, module);
    isInitializing = true;
    if (initializer !== undefined) {
      transport.send([PRELOADED]);
      await callInitializer(initializer, initargs, owners);
    }
  } catch (error) {
    transport.send([INIT_FAILED, encodeThrown(error), isInitializing]);
    exit(1);
  }
}

async function callInitializer(initializer: TaskDescriptor, initargs: PackedValue, owners: TaskOwners): Promise<void> {
  const task = await runAs(originOf(initializer), () => loadTask(initializer));
  await owners.initialize(() => task.call(...(unpackValue(initargs) as unknown[])));
}
