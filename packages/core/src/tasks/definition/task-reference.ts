/**
 * Makes task references: a module and the name of an export, without loading the module in the program.
 *
 * Invariant: `taskRef` never throws. A reference keeps its fault, and the fault is the outcome of each task that uses the reference.
 * This file does not load modules.
 */
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { isForbiddenName } from './task-descriptor.ts';

const REFERENCE: unique symbol = Symbol.for('twinpool.reference');

/** Any function, with any arguments. */
export type AnyFunction = (...args: never[]) => unknown;

/** Returns the name that the author gave a function, '' if there is none. A program may replace `name` by any value. */
export function ownName(fn: AnyFunction): string {
  try {
    const name: unknown = fn.name;
    // vitest names a default export `__vite_ssr_export_default__`.
    return typeof name !== 'string' || name === 'default' || name === '__vite_ssr_export_default__' ? '' : name;
  } catch {
    return '';
  }
}

/** The export of a module as a task. `F` is the type of the function; it exists only at compile time. */
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
 * Names a task by its module and export, without importing the module in the program.
 *
 * Use it for a module that is heavy, that has side effects when it is imported, or that is an entry of its own for a bundler. `taskRef` never
 * throws: a fault of the reference is the outcome of its tasks. Such a task rejects with TaskSerializationError if the URL cannot name a task
 * module, and with TaskModuleError if the worker cannot find the module or the export.
 *
 * @param url - A `file:` URL or an absolute path: `new URL('./heavy.js', import.meta.url)`.
 * @param exportName - The name of the export; `'Class.method'` for a static method. Without it, the result has one reference per export.
 * @returns The reference, or an object with one reference per export.
 * @see https://nodejs.org/api/esm.html#importmetaurl
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
  // `then` is undefined, so that an async function can return the proxy.
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

/** Returns the fault of a reference, `undefined` if it has none. */
export function referenceFault(task: TaskReference): string | undefined {
  return task[REFERENCE].fault;
}

function nameFault(name: unknown): string | undefined {
  if (typeof name !== 'string' || name === '') return `taskRef: expected the name of an export as a string, got ${inspect(name)}`;
  return name.split('.').some(isForbiddenName)
    ? `taskRef: ${inspect(name)} cannot be a task; export the function under another name`
    : undefined;
}

function resolveUrl(given: unknown): Target {
  const text = given instanceof URL ? given.href : given;
  if (typeof text !== 'string') return { url: '', fault: `taskRef: expected a URL or a string, got ${inspect(given, { depth: 0 })}` };
  if (isAbsolute(text)) return { url: pathToFileURL(text).href, fault: undefined };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'file:') return { url: url.href, fault: undefined };
  const why =
    url === undefined
      ? 'is a relative path: write `new URL(…, import.meta.url)`, or `import.meta.resolve(…)` for a package'
      : `is not a file: expected a \`file:\` URL, got \`${url.protocol}\``;
  return { url: text, fault: `taskRef: ${inspect(text.slice(0, 80))} ${why}` };
}
