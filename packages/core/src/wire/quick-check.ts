/**
 * The quick check of a value before it is sent: most values pass it, and then nothing else looks at them.
 *
 *   value --isCertainToTravel--> true:  plain, or a copy of its views
 *                            '-> false: unknown; SendabilityCheck looks at the whole value
 *
 * Invariants: the check runs no code of the user (no getter, no Proxy trap); for a value that travels alone it allocates nothing. It never returns true
 * for a value that cannot travel; it may return false for a value that can.
 * This file does not know how a value is packed.
 */
import { types } from 'node:util';
import { isDetached } from '../primitives/is-detached.ts';
import { WORTH_MOVING } from './copier.ts';
import { hasNamedFields } from './named-fields.ts';
import type { TransportCapabilities } from './sendability-check.ts';
import { transferListOf, transfers } from './transfer.ts';
import { BUFFER, INSTANCE, kindOf, LEAF, LIST, MAP, ORDINARY, ownsBuffer, SET, SHARED, VIEW } from './value-kind.ts';

/** The deepest nesting that every thread can read with its stack. */
export const DEEPEST_PLAIN = 50;
/**
 * The largest plain value, in units: a field, or 16 bytes of text or buffer, is one unit; an object is 16. A larger limit sends larger items
 * without serialising them separately. A smaller limit loses less time if a million paths lead to one object, because the quick check
 * follows every path.
 */
export const LARGEST_PLAIN: number = 1 << 16;
const OBJECT_UNITS = 16;

/** The state of one check. The packer reuses one object for all its checks. */
export interface QuickCheck {
  /** Units that the value may still take. */
  left: number;
  /** The check met a view of which a clone would take too much memory, or whose class a clone would lose. */
  hasViews: boolean;
  /** Objects of the values that travel in the same message; `undefined`: they do not matter. The check adds those of the value. */
  others: Set<object> | undefined;
  /** The check met an object that another value of the message has, or that this value has twice. */
  isShared: boolean;
  readonly capabilities: TransportCapabilities;
}

const ObjectPrototype = Object.prototype;
const ArrayPrototype = Array.prototype;
const tagOf = Object.prototype.toString;
const { getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { isProxy } = types;

/** Returns true if the value is certain to travel as it is, after its views are copied if `hasViews` is set. False means "unknown". */
export function isCertainToTravel(value: object, depth: number, check: QuickCheck): boolean {
  check.left -= OBJECT_UNITS;
  if (check.left < 0 || depth >= DEEPEST_PLAIN || isProxy(value)) return false;
  if (check.others !== undefined) note(value, check.others, check);
  if (transfers.any && transferListOf(value) !== undefined) return false;
  const prototype = getPrototypeOf(value);
  if (prototype === ObjectPrototype || prototype === null) {
    return tagOf.call(value) === '[object Object]' && fieldsFit(value, depth, check);
  }
  if (prototype === ArrayPrototype && Array.isArray(value)) return listFits(value, depth, check);
  switch (kindOf(value)) {
    case LEAF:
      // This check does not measure the text of a RegExp or of a boxed string.
      return types.isDate(value);
    case ORDINARY:
    case INSTANCE:
      return fieldsFit(value, depth, check);
    case LIST:
      return listFits(value as unknown[], depth, check);
    case MAP:
      for (const key of Map.prototype.keys.call(value)) if (!itemFits(key, depth, check)) return false;
      for (const item of Map.prototype.values.call(value)) if (!itemFits(item, depth, check)) return false;
      return true;
    case SET:
      for (const item of Set.prototype.values.call(value)) if (!itemFits(item, depth, check)) return false;
      return true;
    case BUFFER:
      return bytesFit(value as ArrayBuffer, (value as ArrayBuffer).byteLength, check);
    case VIEW:
      return viewFits(value as ArrayBufferView, check);
    case SHARED:
      return check.capabilities.sharesMemory;
    default:
      return false;
  }
}

function note(object: object, others: Set<object>, check: QuickCheck): void {
  const { size } = others;
  if (others.add(object).size === size) check.isShared = true;
}

function fieldsFit(value: object, depth: number, check: QuickCheck): boolean {
  for (const key in value) {
    const field = getOwnPropertyDescriptor(value, key);
    // `for in` also lists the fields that a program put on Object.prototype.
    if (field === undefined) continue;
    if (field.get !== undefined || field.set !== undefined) return false;
    check.left -= key.length >> 4;
    if (!itemFits(field.value, depth, check)) return false;
  }
  return true;
}

function listFits(list: readonly unknown[], depth: number, check: QuickCheck): boolean {
  const { length } = list;
  check.left -= length;
  if (check.left < 0) return false;
  for (let i = 0; i < length; i++) {
    const item = list[i];
    // Most items of long lists are numbers.
    if (typeof item === 'number') continue;
    if (item === undefined && !Object.hasOwn(list, i)) return false;
    if (!itemFits(item, depth, check)) return false;
  }
  return !hasNamedFields(list);
}

function itemFits(item: unknown, depth: number, check: QuickCheck): boolean {
  check.left -= 1;
  if (check.left < 0) return false;
  switch (typeof item) {
    case 'object':
      return item === null || isCertainToTravel(item, depth + 1, check);
    case 'string':
      check.left -= item.length >> 4;
      return check.left >= 0;
    case 'function':
    case 'symbol':
      return false;
    case 'bigint':
      // JavaScript has no cheap way to read the size of a bigint.
      return item <= MOST_BIGINT && item >= -MOST_BIGINT;
    default:
      return true;
  }
}

const MOST_BIGINT = 2n ** 128n;

function viewFits(view: ArrayBufferView, check: QuickCheck): boolean {
  const { buffer } = view;
  if (types.isSharedArrayBuffer(buffer)) {
    if (Buffer.isBuffer(view)) check.hasViews = true;
    return check.capabilities.sharesMemory;
  }
  if (check.others !== undefined) note(buffer, check.others, check);
  if (check.capabilities.movesBuffers && (Buffer.isBuffer(view) || !ownsBuffer(view))) check.hasViews = true;
  return bytesFit(buffer as ArrayBuffer, view.byteLength, check);
}

function bytesFit(buffer: ArrayBuffer, byteLength: number, check: QuickCheck): boolean {
  if (byteLength >= WORTH_MOVING && isWorthMore(byteLength, check.capabilities)) return false;
  check.left -= byteLength >> 4;
  return check.left >= 0 && !isDetached(buffer);
}

/** Returns true for bytes that are moved, or travel outside of the message. */
function isWorthMore(byteLength: number, { movesBuffers, outlet }: TransportCapabilities): boolean {
  return movesBuffers || (outlet !== undefined && byteLength >= outlet.least);
}

/** Returns true for a large Buffer that is neither shared nor marked by `transfer`: it needs no further check. */
export function isLargeBuffer(value: unknown): value is Buffer {
  if (!types.isUint8Array(value) || getPrototypeOf(value) !== Buffer.prototype || value.byteLength < WORTH_MOVING) return false;
  return !types.isSharedArrayBuffer(value.buffer) && (!transfers.any || transferListOf(value) === undefined);
}
