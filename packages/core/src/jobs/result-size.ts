/**
 * Estimates how many bytes of memory a result takes.
 *
 * Strings, buffers and views are counted exactly. At most MOST_LOOKS parts of an object are read; a long list is estimated from its first items. A
 * single number counts as 0. It runs no code of the user, and returns the same size for the same value each time.
 */
import { types } from 'node:util';

const MOST_LOOKS = 64;
/** Bytes of an object without its parts. */
const OBJECT = 32;
/** A shorter string counts as 0. */
const SHORT_TEXT = 64;

/** The parts that may still be read of the value that is measured now. */
let looks = 0;

/** Returns the bytes of `value`. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length < SHORT_TEXT ? 0 : value.length;
  if (typeof value !== 'object' || value === null) return 0;
  looks = MOST_LOOKS;
  return sizeOfObject(value);
}

function sizeOfPart(value: unknown): number {
  if (typeof value === 'string') return value.length;
  return typeof value === 'object' && value !== null && looks > 0 ? sizeOfObject(value) : 8;
}

function sizeOfObject(value: object): number {
  looks -= 1;
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return OBJECT + value.byteLength;
  if (types.isProxy(value)) return OBJECT;
  if (types.isMap(value))
    return OBJECT + sizeOfParts(Map.prototype.keys.call(value), value.size) + sizeOfParts(Map.prototype.values.call(value), value.size);
  if (types.isSet(value)) return OBJECT + sizeOfParts(Set.prototype.values.call(value), value.size);
  if (Array.isArray(value)) return OBJECT + sizeOfParts(Array.prototype.values.call(value), value.length);
  let size = OBJECT;
  for (const key in value) {
    if (looks <= 0) break;
    looks -= 1;
    const field = Object.getOwnPropertyDescriptor(value, key);
    if (field !== undefined) size += sizeOfPart(field.value);
  }
  return size;
}

function sizeOfParts(parts: Iterable<unknown>, count: number): number {
  let size = 0;
  let seen = 0;
  for (const part of parts) {
    if (looks <= 0) break;
    looks -= 1;
    size += sizeOfPart(part);
    seen += 1;
  }
  return seen === 0 ? 8 * count : Math.ceil((size / seen) * count);
}
