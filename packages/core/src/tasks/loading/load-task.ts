/**
 * Turns a descriptor into a function that the worker can call.
 *
 *   'source' -----------------------------> compile-inline
 *   'module' --import--> with `confirm` --> confirm-export --> callable
 *                   '--> else ------------> named-export ----> callable
 *
 * Invariants: every failure rejects with TaskModuleError, whose cause is the original error. Parser and compiler load only for descriptors that need
 * them.
 * This file does not know workers and messages.
 */
import { types } from 'node:util';
import { TaskModuleError, TaskSerializationError } from '../../errors.ts';
import { bundleCures } from '../definition/bundle-cures.ts';
import { callParsed, checkedParts } from '../definition/checked-task.ts';
import type { Confirmation, ModuleDescriptor, TaskDescriptor } from '../definition/task-descriptor.ts';
import { compileInline } from './compile-inline.ts';
import { confirmExport } from './confirm-export.ts';
import { commonJsExports, importModule } from './import-module.ts';
import { type Exported, namedExport } from './named-export.ts';

export interface LoadedTask {
  /** Calls the function. For a checked task with `parsed` the arguments are parsed already. */
  readonly call: (...args: unknown[]) => unknown;
}

/** Loads the function of a descriptor. A module is evaluated once for all its tasks; a failed module is tried again. */
export async function loadTask(descriptor: TaskDescriptor): Promise<LoadedTask> {
  if (descriptor.kind === 'source') {
    return { call: compileInline(descriptor) };
  }
  const namespace = await importOf(descriptor);
  if (descriptor.confirm !== undefined) {
    return callable(descriptor, confirmed(namespace, descriptor, descriptor.confirm));
  }
  return callable(descriptor, namedExport(namespace, descriptor));
}

function confirmed(namespace: object, descriptor: ModuleDescriptor, meant: Confirmation): Exported {
  try {
    return confirmExport(namespace, descriptor, meant);
  } catch (error) {
    throw descriptor.bundled === true ? bundledError(descriptor, error) : error;
  }
}

async function importOf(descriptor: ModuleDescriptor): Promise<object> {
  const { url, name, entry, commonjs, hooks } = descriptor;
  if (!url.startsWith('file:')) throw new TaskModuleError(`Cannot load the task \`${name}\`: ${url.slice(0, 80)} is not a file`);
  try {
    const namespace = await importModule(url, { isRequired: commonjs === true, hooks });
    if (commonjs === true) return commonJsExports(url, namespace);
    // webpack exports a promise of a CommonJS module that waits for ES modules.
    const { default: whole } = namespace as { readonly default?: unknown };
    return types.isPromise(whole) ? { 'module.exports': await whole } : namespace;
  } catch (cause) {
    if (descriptor.bundled === true) throw bundledError(descriptor, cause);
    const advice =
      entry === true
        ? '. This file is the entry of the program: guard its top level with `if (!isWorker)`, or put the tasks into another module' +
          ' (with a bundler: an entry of its own, named by `taskRef`)'
        : '';
    throw new TaskModuleError(`Cannot load the task \`${name}\` from ${url}: ${messageOf(cause)}${advice}`, { cause });
  }
}

/** Why a worker cannot load a function of a bundle. */
export function bundledError({ name, url, entry }: ModuleDescriptor, cause: unknown): TaskSerializationError {
  const where = entry === true ? `the entry of the program (${url}), which a worker cannot load` : `${url}, which a worker cannot load`;
  return new TaskSerializationError(
    `\`${name}\` cannot be sent to a worker: it is in ${where}: ${messageOf(cause)}. ${bundleCures(name)}`,
    {
      cause,
    },
  );
}

function callable(descriptor: ModuleDescriptor, exported: Exported | undefined): LoadedTask {
  const { name, url, parsed } = descriptor;
  if (exported === undefined && descriptor.bundled === true) throw bundledError(descriptor, 'the file does not export it');
  if (exported === undefined) throw new TaskModuleError(`The task \`${name}\` is not an export of ${url}; export it there`);
  const { value, holder } = exported;
  if (typeof value !== 'function') {
    throw new TaskModuleError(`The task \`${name}\` of ${url} is not a function but ${value === null ? 'null' : typeof value}`);
  }
  const parts = checkedParts(value);
  if (parsed === true) {
    if (parts === undefined)
      throw new TaskModuleError(
        `The task \`${name}\` of ${url} is a checked task in the program, but not in the worker; make it with \`defineTask\` in both`,
      );
    return { call: (...args) => callParsed(parts, args, name) };
  }
  // A generator object cannot be sent, and calling the function runs no line of its body.
  if (/Generator/.test(value.constructor.name))
    throw new TaskModuleError(`The task \`${name}\` of ${url} is a generator function; return an array instead`);
  const fn = value as (...args: unknown[]) => unknown;
  return { call: holder === undefined ? fn : (...args) => Reflect.apply(fn, holder, args) };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
