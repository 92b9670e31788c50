/** Provides `context()`: the running task's side of its call. ownership.ts knows which task asks. */
import { InvalidStateError } from '../errors.ts';
import { contextHere, isWorker } from './ownership.ts';
import type { TaskContext } from './task-context.ts';

/**
 * The running task's side of its call: the abort signal, the worker, and `report`.
 *
 * @throws InvalidStateError outside of a task, and in timers, promises and listeners of a task that has ended.
 *
 * @returns The context of the task that runs here.
 *
 * @example
 * ```ts
 * import { context } from 'twinpool/worker';
 *
 * export async function poll(url: string): Promise<number> {
 *   const { signal, report } = context();
 *   const response = await fetch(url, { signal });
 *   report({ status: response.status });
 *   return (await response.arrayBuffer()).byteLength;
 * }
 * ```
 */
export function context(): TaskContext {
  const task = contextHere();
  if (task === undefined) {
    throw new InvalidStateError(
      isWorker ? 'context() was called outside of a running task' : 'context() works inside a task, in a worker; this is the main program',
    );
  }
  return task;
}
