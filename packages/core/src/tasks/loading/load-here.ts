/**
 * Turns a descriptor into a function for a worker in the calling thread: the function that the program passed, or what load-task.ts loads for a reference.
 *
 *   passed function --> itself           its module is not imported a second time; mocks, breakpoints and coverage apply
 *   reference ------------> load-task    the module comes from Node's own loader, as in every worker
 *
 * A method of an object that is not known is loaded too, if it uses `this`. It does not know workers.
 */
import { callParsed, checkedParts } from '../definition/checked-task.ts';
import { localTask } from '../definition/local-task.ts';
import type { TaskDescriptor } from '../definition/task-descriptor.ts';
import { type LoadedTask, loadTask } from './load-task.ts';

export async function loadHere(descriptor: TaskDescriptor): Promise<LoadedTask> {
  const local = localTask(descriptor);
  if (local === undefined) return loadTask(descriptor);
  const { holder } = local;
  if (descriptor.kind === 'module' && holder === undefined && needsHolder(Function.prototype.toString.call(local.fn)))
    return loadTask(descriptor);
  const fn = local.fn as (...args: unknown[]) => unknown;
  const parts = checkedParts(fn);
  if (parts !== undefined) return { call: (...args) => callParsed(parts, args, descriptor.name) };
  return { call: holder === undefined ? fn : (...args) => Reflect.apply(fn, holder, args) };
}

/** A method, which may use `this`. */
function needsHolder(text: string): boolean {
  return /\b(?:this|super)\b/.test(text) && !/^(?:async\s+)?(?:function\b|\(|[\w$]+\s*=>)/.test(text);
}
