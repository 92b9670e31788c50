/**
 * The note on a TypeError of a task that was given an instance of a class: the worker has the instance's own fields, and no methods.
 *
 * Decides when that is worth saying: a method or field was missing, and an argument holds such an instance on this side. The note goes to the
 * end of the error's stack; the message stays the task's. Costs nothing where no task fails. Runs no code of the arguments.
 */
import { types } from 'node:util';
import { INSTANCE, kindOf, LIST, ORDINARY, typeName } from './value-kind.ts';

/** What V8 says where something is not there; a private member shows that a method did travel, by a copy of its source. */
const MISSING = /is not a function|is not iterable|is not a constructor|^Cannot (?:read|set) propert|private member/;
/** Objects and items that are looked at. More would make a failure of a large map slow. */
const MOST_OBJECTS = 200;
const MOST_ITEMS = 100;

/** `item`: what the task was given; `isSpread`: it is the list of all arguments. */
export function noteInstances(error: unknown, item: unknown, isSpread: boolean): void {
  if (!types.isNativeError(error) || !(error instanceof TypeError) || !MISSING.test(error.message)) return;
  const found = findInstance(isSpread && Array.isArray(item) ? item : [item]);
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

/** The nearest one, breadth first. */
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

/** Whether a class of it has private names, as its source says. From outside nobody sees whether there is anything in them. */
function hidesFields(instance: object): boolean {
  for (let at: object | null = Object.getPrototypeOf(instance); at !== null && !types.isProxy(at); at = Object.getPrototypeOf(at)) {
    const type: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
    if (typeof type === 'function' && !types.isProxy(type) && /#[\p{L}_$]/u.test(Function.prototype.toString.call(type))) return true;
  }
  return false;
}
