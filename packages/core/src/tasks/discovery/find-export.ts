/**
 * Which export of a module a function is, told by identity.
 *
 * Decides what counts as an export: a value, a static method of an exported class, a method of an exported object. Refuses to
 * run code of the module: getters are called only where a compiler makes them of exports, proxies are left alone.
 */
import { types } from 'node:util';
import { isForbiddenName } from '../definition/task-descriptor.ts';
import { type AnyFunction, ownName } from '../definition/task-reference.ts';
import type { ExportName } from './declaration.ts';

/** The export of an ES module's namespace that is `fn`: a name before `default`, then methods. */
export function findExportInNamespace(namespace: object, fn: AnyFunction): ExportName | undefined {
  const own = ownName(fn);
  if (own !== '' && !isForbiddenName(own) && Object.hasOwn(namespace, own) && Reflect.get(namespace, own) === fn)
    return { exportName: own };
  return search(new Map(Object.keys(namespace).map((key) => [key, Reflect.get(namespace, key)] as const)), fn);
}

/** The export of a CommonJS module that is `fn`; `exportName` is `module.exports` for the whole. */
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

/** Its own name says most, `default` little, the whole of a CommonJS module least. */
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
  // Of an object only the likely key: it may be a table of any size.
  const keys = typeof holder === 'function' ? keysOf(holder) : [ownName(fn)];
  return keys.find((key) => !isForbiddenName(key) && Object.getOwnPropertyDescriptor(holder, key)?.value === fn);
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
