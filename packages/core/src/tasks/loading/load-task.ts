/**
 * The worker's side: from a descriptor to something that can be called.
 *
 * Decides what of a module is the task and how a checked task is called. Every failure rejects with TaskModuleError, whose cause
 * is what went wrong. Refuses to know workers and messages; loads parser and compiler only for the descriptors that need them.
 */
import { TaskModuleError } from '../../errors.ts';
import { callParsed, checkedParts } from '../definition/checked-task.ts';
import type { ModuleDescriptor, TaskDescriptor } from '../definition/task-descriptor.ts';
import { compileInline } from './compile-inline.ts';
import { confirmExport } from './confirm-export.ts';
import { commonJsExports, importModule } from './import-module.ts';
import { type Exported, namedExport } from './named-export.ts';

export interface LoadedTask {
  /** Takes what left the caller: for a checked task arguments that are parsed already. */
  readonly call: (...args: unknown[]) => unknown;
}

/** Loads what `descriptor` names. A module is evaluated once for all its tasks; one that failed is tried again. */
export async function loadTask(descriptor: TaskDescriptor): Promise<LoadedTask> {
  if (descriptor.kind === 'source') {
    return { call: compileInline(descriptor) };
  }
  const namespace = await importOf(descriptor);
  if (descriptor.confirm !== undefined) {
    return callable(descriptor, confirmExport(namespace, descriptor, descriptor.confirm));
  }
  return callable(descriptor, namedExport(namespace, descriptor));
}

async function importOf({ url, name, entry, commonjs }: ModuleDescriptor): Promise<object> {
  if (!url.startsWith('file:')) throw new TaskModuleError(`Cannot load the task \`${name}\`: ${url.slice(0, 80)} is not a file`);
  try {
    const namespace = await importModule(url);
    return commonjs === true ? commonJsExports(url, namespace) : namespace;
  } catch (cause) {
    const advice =
      entry === true
        ? '. It is the program itself: guard its top level with `if (!isWorker)`, or put tasks into a module of their own' +
          ' (with a bundler: an entry of its own, named by `taskRef`)'
        : '';
    throw new TaskModuleError(`Cannot load the task \`${name}\` from ${url}: ${messageOf(cause)}${advice}`, { cause });
  }
}

function callable(descriptor: ModuleDescriptor, exported: Exported | undefined): LoadedTask {
  const { name, url, parsed } = descriptor;
  if (exported === undefined) throw new TaskModuleError(`The task \`${name}\` is not an export of ${url}`);
  const { value, holder } = exported;
  if (typeof value !== 'function') {
    throw new TaskModuleError(`The task \`${name}\` of ${url} is not a function but ${value === null ? 'null' : typeof value}`);
  }
  const parts = checkedParts(value);
  if (parsed === true) {
    if (parts === undefined) throw new TaskModuleError(`The task \`${name}\` of ${url} is not a checked task there`);
    return { call: (...args) => callParsed(parts, args, name) };
  }
  // A generator's object could not be sent, and no line of its body would have run.
  if (/Generator/.test(value.constructor.name))
    throw new TaskModuleError(`The task \`${name}\` of ${url} is a generator function; return an array`);
  const fn = value as (...args: unknown[]) => unknown;
  return { call: holder === undefined ? fn : (...args) => Reflect.apply(fn, holder, args) };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
