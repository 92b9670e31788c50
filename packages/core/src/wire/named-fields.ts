/**
 * Tells whether a list has fields besides its items, at a cost that does not depend on the number of items.
 */
import { inspect } from 'node:util';

/** From this length on, `inspect` without items is cheaper than the list of all keys. */
const MANY_ITEMS = 100;
const NAMES_ONLY = { maxArrayLength: 0, depth: 0, customInspect: false, breakLength: Number.POSITIVE_INFINITY, compact: true } as const;

/** Returns true if a list without holes has named fields (`'ab'.match(/b/).index`). Makes no key per item of a long list. */
export function hasNamedFields(list: readonly unknown[]): boolean {
  if (list.length < MANY_ITEMS || Object.getPrototypeOf(list) !== Array.prototype) return Object.keys(list).length !== list.length;
  return inspect(list, NAMES_ONLY) !== `[ ... ${list.length} more items ]` && Object.keys(list).length !== list.length;
}
