/**
 * Finds the export of a module that is identical to a function: a value, a static method of an exported class, or a method of an exported object.
 *
 * Invariant: no code of the module runs. A getter is called only if a compiler made it of an export, or if it has the name of the function; a proxy
 * is never read.
 * This file does not know how a worker finds the export.
 */
import { types } from 'node:util';
import { isForbiddenName } from '../definition/task-descriptor.ts';
import { type AnyFunction, ownName } from '../definition/task-reference.ts';
import type { ExportName } from './declaration.ts';

/** Returns the export of an ES module that is `fn`. The name of the function comes first, then other names, `default`, methods. */
export function findExportInNamespace(namespace: object, fn: AnyFunction): ExportName | undefined {
  const own = ownName(fn);
  // An export whose declaration was not reached yet cannot be read.
  const read = (key: string) => quietly(() => Reflect.get(namespace, key));
  if (own !== '' && !isForbiddenName(own) && hasName(namespace, own) && read(own) === fn) return { exportName: own };
  return search(
    new Map(
      Reflect.ownKeys(namespace)
        .filter(isText)
        .map((key) => [key, read(key)] as const),
    ),
    fn,
  );
}

/** Returns the export of a CommonJS module that is `fn`; `exportName` is `module.exports` if `fn` is the whole module. */
export function findExportInCommonJs(exported: unknown, fn: AnyFunction): ExportName | undefined {
  if (exported === fn) return { exportName: 'module.exports' };
  if (!isOpen(exported)) return undefined;
  const values = new Map<string, unknown>();
  // A static method is called on its class.
  const isClass = typeof exported === 'function' && /^class\b/.test(Function.prototype.toString.call(exported));
  const member = isClass ? memberOf(exported, fn) : undefined;
  if (member !== undefined) return { exportName: 'module.exports', member };
  const compiled = Object.hasOwn(exported, '__esModule');
  const own = ownName(fn);
  for (const key of keysOf(exported)) {
    const descriptor = Object.getOwnPropertyDescriptor(exported, key);
    if (descriptor === undefined) continue;
    if ('value' in descriptor) values.set(key, descriptor.value);
    else if (compiled || key === own)
      values.set(
        key,
        quietly(() => Reflect.get(exported, key)),
      );
  }
  return search(values, fn);
}

/** Prefers the name of the function, then other names, `default`, and `module.exports`. */
function search(values: ReadonlyMap<string, unknown>, fn: AnyFunction): ExportName | undefined {
  const own = ownName(fn);
  const rank = (name: string): number => (name === own ? 0 : name === 'default' ? 2 : name === 'module.exports' ? 3 : 1);
  const names = [...values.keys()].filter((name) => !isForbiddenName(name)).sort((a, b) => rank(a) - rank(b));
  const direct = names.find((name) => values.get(name) === fn);
  if (direct !== undefined) return { exportName: direct };
  for (const exportName of names) {
    const member = memberOf(values.get(exportName), fn);
    if (member !== undefined) return { exportName, member };
  }
  return undefined;
}

function memberOf(holder: unknown, fn: AnyFunction): string | undefined {
  if (!isOpen(holder)) return undefined;
  // For an object only the name of the function is read, because the object may be a table of any size.
  const keys = typeof holder === 'function' ? keysOf(holder) : [ownName(fn)];
  return keys.find((key) => !isForbiddenName(key) && Object.getOwnPropertyDescriptor(holder, key)?.value === fn);
}

/** `Object.hasOwn` and `Object.keys` would read the value. */
function hasName(namespace: object, name: string): boolean {
  return quietly(() => Object.hasOwn(namespace, name)) === true;
}

function isText(key: string | symbol): key is string {
  return typeof key === 'string';
}

function isOpen(value: unknown): value is object {
  return ((typeof value === 'object' && value !== null) || typeof value === 'function') && !types.isProxy(value);
}

const MOST_KEYS = 10_000;

function keysOf(value: object): readonly string[] {
  return ArrayBuffer.isView(value) || Array.isArray(value) ? [] : Object.getOwnPropertyNames(value).slice(0, MOST_KEYS);
}

function quietly(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}
