/**
 * Adds a note to the TypeError of a task that got an instance of a class: the worker has the own fields of the instance and no methods.
 *
 *   TypeError about a missing method or field, and an argument with an instance --> one more line at the end of the stack
 *
 * Invariants: the message of the error stays as it is. No code of the arguments runs. A task that does not fail costs nothing.
 * This file does not know how the argument travelled.
 */
import { types } from 'node:util';
import { INSTANCE, kindOf, LIST, ORDINARY, typeName } from './value-kind.ts';

/** V8's messages about a missing member. A missing private member means that a method was copied by its source. */
const MISSING = /is not a function|is not iterable|is not a constructor|^Cannot (?:read|set) propert|private member/;
/** The most objects, and items per object, that are searched. More would make a failure of a large map slow. */
const MOST_OBJECTS = 200;
const MOST_ITEMS = 100;

/** `item`: the argument of the task, or the list of all its arguments if `isArgumentList`. */
export function noteInstances(error: unknown, item: unknown, isArgumentList: boolean): void {
  if (!types.isNativeError(error) || !(error instanceof TypeError) || !MISSING.test(error.message)) return;
  const found = findInstance(isArgumentList && Array.isArray(item) ? item : [item]);
  if (found === undefined) return;
  const { path, instance } = found;
  const lost = hidesFields(instance) ? 'its methods and its private fields' : 'its methods';
  const note = `${path} was an instance of ${typeName(instance)}: the worker has its own fields, without ${lost}`;
  const value = `${error.stack ?? String(error)}\n    (${note})`;
  Object.defineProperty(error, 'stack', {
    __proto__: null,
    value,
    enumerable: false,
    configurable: true,
    writable: true,
  } as PropertyDescriptor);
}

/** Returns the nearest instance, breadth first. */
function findInstance(args: readonly unknown[]): { readonly path: string; readonly instance: object } | undefined {
  const waiting: { readonly value: unknown; readonly path: string }[] = args
    .slice(0, MOST_ITEMS)
    .map((value, at) => ({ value, path: `argument ${at + 1}` }));
  const seen = new Set<object>();
  for (let at = 0; at < waiting.length && at < MOST_OBJECTS; at++) {
    const { value, path } = waiting[at] as (typeof waiting)[number];
    if (typeof value !== 'object' || value === null || seen.has(value) || types.isProxy(value)) continue;
    seen.add(value);
    const kind = kindOf(value);
    if (kind === INSTANCE) return { path, instance: value };
    if (kind !== ORDINARY && kind !== LIST) continue;
    for (const key of Object.keys(value).slice(0, MOST_ITEMS)) {
      const field = Object.getOwnPropertyDescriptor(value, key)?.value as unknown;
      if (typeof field === 'object' && field !== null)
        waiting.push({ value: field, path: kind === LIST ? `${path}[${key}]` : `${path}.${key}` });
    }
  }
  return undefined;
}

/** Returns true if the source of a class of the instance has private names. Code outside of the class cannot read the private fields themselves. */
function hidesFields(instance: object): boolean {
  for (let at: object | null = Object.getPrototypeOf(instance); at !== null && !types.isProxy(at); at = Object.getPrototypeOf(at)) {
    const type: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
    if (typeof type === 'function' && !types.isProxy(type) && /#[\p{L}_$]/u.test(Function.prototype.toString.call(type))) return true;
  }
  return false;
}
