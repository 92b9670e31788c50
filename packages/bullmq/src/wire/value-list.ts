/**
 * Encodes a list of values as text, and decodes it: arguments on their way to a node, results on their way back.
 *
 *   'j' JSON       if JSON keeps every value: primitives, and trees of plain objects and arrays
 *   'b' base64     otherwise: the bytes of core's codec (V8's format), for `undefined`, -0, dates, maps, buffers, cycles, errors
 *
 * Special items (large or deep values, errors) are `[place, kind, payload, …]`, as in core's messages; a list with such items travels as bytes.
 *
 * Invariant: what arrives is what was sent. The caller of `decodeList` has checked the signature before, if there is a secret. The format does not know tasks.
 */
import { types } from 'node:util';
import { fromBytes, toBytes } from '@twinpool/core/facade';

export interface ValueList {
  readonly items: ArrayLike<unknown>;
  readonly specials: readonly unknown[] | undefined;
}

/** Deeper values travel as bytes: V8's parser of JSON takes them, our check need not. */
const DEEPEST = 32;

export function encodeList(items: ArrayLike<unknown>, specials: readonly unknown[] | undefined): string {
  if (specials === undefined) {
    const text = jsonOf(items);
    if (text !== undefined) return `j${text}`;
  }
  const list = Array.isArray(items) ? (items as readonly unknown[]) : Array.from(items);
  return `b${toBytes([list, specials]).toString('base64')}`;
}

/** Throws if the text cannot be read, or is not a list of `count` values. */
export function decodeList(text: unknown, count: number): ValueList {
  if (typeof text !== 'string') throw new TypeError('expected a list of values as text');
  const [items, specials] = text[0] === 'j' ? [JSON.parse(text.slice(1)) as unknown, undefined] : bytesOf(text);
  if (!Array.isArray(items) || items.length !== count) throw new TypeError(`expected a list of ${count} values`);
  if (specials !== undefined && !Array.isArray(specials)) throw new TypeError('expected a list of special values');
  return { items, specials };
}

function bytesOf(text: string): readonly unknown[] {
  const pair = fromBytes(Buffer.from(text.slice(1), 'base64'));
  if (!Array.isArray(pair)) throw new TypeError('expected a pair of lists');
  return pair;
}

/** The list as JSON; `undefined` if JSON would change a value. */
function jsonOf(items: ArrayLike<unknown>): string | undefined {
  if (types.isInt32Array(items)) return `[${items.join(',')}]`;
  if (types.isFloat64Array(items)) return items.every(isExactNumber) ? `[${items.join(',')}]` : undefined;
  const check: Check = { seen: undefined };
  for (let i = 0; i < items.length; i++) if (!isExact(items[i], 0, check)) return undefined;
  return JSON.stringify(Array.isArray(items) ? items : Array.from(items));
}

interface Check {
  /** Objects so far: JSON would make two of one that occurs twice. */
  seen: Set<object> | undefined;
}

function isExactNumber(value: number): boolean {
  return Number.isFinite(value) && (value !== 0 || 1 / value > 0);
}

function isExact(value: unknown, depth: number, check: Check): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return isExactNumber(value);
    case 'object':
      return value === null || isExactObject(value, depth, check);
    default:
      return false;
  }
}

function isExactObject(value: object, depth: number, check: Check): boolean {
  if (depth >= DEEPEST) return false;
  check.seen ??= new Set();
  if (check.seen.has(value)) return false;
  check.seen.add(value);
  if (Array.isArray(value)) return isExactArray(value, depth, check);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const keys = Object.keys(value);
  for (const key of keys) {
    if (key === 'toJSON' || !isExact((value as Record<string, unknown>)[key], depth + 1, check)) return false;
  }
  return true;
}

function isExactArray(list: readonly unknown[], depth: number, check: Check): boolean {
  // A hole, or a property beside the items, is lost in JSON.
  if (Object.keys(list).length !== list.length) return false;
  for (const item of list) if (!isExact(item, depth + 1, check)) return false;
  return true;
}
