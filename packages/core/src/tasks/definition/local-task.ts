/**
 * Keeps the functions of this program that workers in the calling thread call as they are, by the descriptor that names each of them.
 *
 *   no inline runtime so far --keepLocalTasks--> every function that becomes a task is kept with its descriptor, as long as the descriptor
 *
 * Programs without such workers keep no function: a function holds the variables around it. It does not know how a function is found.
 */
import type { TaskDescriptor } from './task-descriptor.ts';
import type { AnyFunction } from './task-reference.ts';

export interface LocalTask {
  readonly fn: AnyFunction;
  /** `this` of its calls; `undefined` if it is not known. */
  readonly holder: unknown;
}

const locals = new WeakMap<TaskDescriptor, LocalTask>();
let isKeeping = false;

/** Returns whether this is the first call. */
export function keepLocalTasks(): boolean {
  const isFirst = !isKeeping;
  isKeeping = true;
  return isFirst;
}

export function keepsLocalTasks(): boolean {
  return isKeeping;
}

/** Returns a descriptor of its own for this function: another function may have an equal one. */
export function localDescriptor(descriptor: TaskDescriptor, task: LocalTask): TaskDescriptor {
  const own = { ...descriptor };
  locals.set(own, task);
  return own;
}

export function localTask(descriptor: TaskDescriptor): LocalTask | undefined {
  return locals.get(descriptor);
}
