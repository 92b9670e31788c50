/**
 * Task references: a module and the name of an export, without loading the module on this side.
 *
 * Decides what a reference is and which URLs it may have. Refuses to load anything, and never throws: a bad reference is the
 * outcome of the task that is given it.
 */
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { isForbiddenName } from './task-descriptor.ts';

const REFERENCE: unique symbol = Symbol.for('twinpool.reference');

/** Any function at all; what it takes does not matter. */
export type AnyFunction = (...args: never[]) => unknown;

/** The name that a function was given, '' where it got one by its position only. A program may put anything there. */
export function ownName(fn: AnyFunction): string {
  try {
    const name: unknown = fn.name;
    // The second is what vitest calls a default export.
    return typeof name !== 'string' || name === 'default' || name === '__vite_ssr_export_default__' ? '' : name;
  } catch {
    return '';
  }
}

/** The export of a module as a task. `F` is the type of the function it stands for; nothing of that exists at run time. */
export interface TaskReference<F extends AnyFunction = (...args: unknown[]) => unknown> {
  /** The `file:` URL of the module. */
  readonly url: string;
  /** The name of the export; `'Class.method'` for a static method. */
  readonly exportName: string;
  readonly [REFERENCE]: { readonly fault: string | undefined; readonly type?: F | undefined };
}

/** A reference for every function that a module exports. */
export type TaskReferences<M> = {
  readonly [K in keyof M as M[K] extends AnyFunction ? K : never]: M[K] extends AnyFunction ? TaskReference<M[K]> : never;
};

/**
 * Names a task by its module and export, without importing the module here: for a module that is heavy, that does something
 * when it is imported, or that a bundler makes an entry of its own. With a URL alone it gives a reference per export.
 *
 * `url` is a `file:` URL or an absolute path; write `new URL('./heavy.js', import.meta.url)`. A static method is
 * `'Class.method'`. What is wrong with a reference shows when its task runs: TaskSerializationError for a URL that cannot be a
 * task's, TaskModuleError when the module or the export is not there.
 *
 * @param url - A `file:` URL or an absolute path: `new URL('./heavy.js', import.meta.url)`.
 * @param exportName - The name of the export. Without it: a reference for each export.
 * @returns The reference, or an object of references.
 *
 * @example
 * ```ts
 * import { basename } from 'node:path';
 * import { taskRef } from 'twinpool';
 *
 * // In a program: taskRef<typeof import('./heavy.js').parse>(…, 'parse'), or taskRef<typeof import('./heavy.js')>(…).parse
 * const name = taskRef<typeof basename>(new URL('./heavy.js', import.meta.url), 'basename');
 * console.log(name.exportName); // basename
 * ```
 */
export function taskRef<F extends AnyFunction = (...args: unknown[]) => unknown>(url: URL | string, exportName: string): TaskReference<F>;
export function taskRef<M extends object = Record<string, (...args: unknown[]) => unknown>>(url: URL | string): TaskReferences<M>;
export function taskRef(url: URL | string, ...names: [string?]): unknown {
  const target = resolveUrl(url);
  if (names.length > 0) return reference(target, names[0]);
  // `then` stays undefined so that the proxy can be returned from an async function.
  return new Proxy(Object.create(null), {
    get: (_, name) => (typeof name === 'string' && name !== 'then' ? reference(target, name) : undefined),
    set: () => false,
    defineProperty: () => false,
  });
}

interface Target {
  readonly url: string;
  readonly fault: string | undefined;
}

function reference({ url, fault }: Target, exportName: unknown): TaskReference {
  return Object.freeze({
    url,
    exportName: typeof exportName === 'string' ? exportName : '',
    [REFERENCE]: Object.freeze({ fault: fault ?? nameFault(exportName) }),
  });
}

export function isReference(value: unknown): value is TaskReference {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, REFERENCE);
}

/** Why this reference cannot be a task's, `undefined` when it can. */
export function referenceFault(task: TaskReference): string | undefined {
  return task[REFERENCE].fault;
}

function nameFault(name: unknown): string | undefined {
  if (typeof name !== 'string' || name === '') return `taskRef: the name of an export must be a string, got ${inspect(name)}`;
  return name.split('.').some(isForbiddenName) ? `taskRef: ${inspect(name)} cannot be a task` : undefined;
}

function resolveUrl(given: unknown): Target {
  const text = given instanceof URL ? given.href : given;
  if (typeof text !== 'string') return { url: '', fault: `taskRef: expected a URL or a string, got ${inspect(given, { depth: 0 })}` };
  if (isAbsolute(text)) return { url: pathToFileURL(text).href, fault: undefined };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'file:') return { url: url.href, fault: undefined };
  const why =
    url === undefined
      ? 'is relative to nothing that is known here: write `new URL(…, import.meta.url)`, or `import.meta.resolve(…)` for a package'
      : `is not a file: a task module has a \`file:\` URL, never \`${url.protocol}\``;
  return { url: text, fault: `taskRef: ${inspect(text.slice(0, 80))} ${why}` };
}
