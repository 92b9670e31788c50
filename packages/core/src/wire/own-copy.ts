/**
 * Copies a small value that the quick check has passed, so that later changes of the original do not reach the copy.
 *
 *   containers, dates, buffers, views    copied; a view in the copy has memory of its own, which views of one whole buffer still share
 *   shared memory, texts, numbers        as they are
 *
 * Invariant: what arrives of the copy is what would arrive of the original now. It runs no code of the user. It compares each object with all others of
 * the value, so it is for few objects; such a value has no cycle (quick-check.ts would have counted it as large).
 * This file does not know why a value is copied.
 */
import { types } from 'node:util';
import { ownField } from './copier.ts';
import { rightSized, viewOver } from './value-bytes.ts';
import { BUFFER, kindOf, LEAF, LIST, MAP, ownsBuffer, SET, VIEW } from './value-kind.ts';

const originals: object[] = [];
const copies: object[] = [];

/** Returns the copy. Throws if a buffer of the value was moved away meanwhile. */
export function ownCopy(value: object): object {
  try {
    return copyOf(value);
  } finally {
    originals.length = 0;
    copies.length = 0;
  }
}

function partOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? copyOf(value) : value;
}

function copyOf(value: object): object {
  const at = originals.indexOf(value);
  if (at >= 0) return copies[at] as object;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return fieldsOf(value);
  switch (kindOf(value)) {
    case LIST: {
      const copy = noted(value, [] as unknown[]);
      for (const item of value as unknown[]) copy.push(partOf(item));
      return copy;
    }
    case MAP: {
      const copy = noted(value, new Map<unknown, unknown>());
      for (const [key, item] of Map.prototype.entries.call(value)) copy.set(partOf(key), partOf(item));
      return copy;
    }
    case SET: {
      const copy = noted(value, new Set<unknown>());
      for (const item of Set.prototype.values.call(value)) copy.add(partOf(item));
      return copy;
    }
    case BUFFER:
      return noted(value, (value as ArrayBuffer).slice(0));
    case VIEW:
      return viewCopy(value as ArrayBufferView);
    case LEAF:
      return types.isDate(value) ? noted(value, new Date(Date.prototype.getTime.call(value))) : value;
    default:
      return types.isSharedArrayBuffer(value) ? value : fieldsOf(value);
  }
}

function fieldsOf(value: object): object {
  const copy = noted(value, {} as Record<string, unknown>);
  for (const key of Object.keys(value)) {
    const part = partOf((value as Record<string, unknown>)[key]);
    // An assignment to `__proto__` would set the prototype.
    if (key === '__proto__') Object.defineProperty(copy, key, ownField(part));
    else copy[key] = part;
  }
  return copy;
}

function viewCopy(view: ArrayBufferView): object {
  if (types.isSharedArrayBuffer(view.buffer)) return view;
  const copy = ownsBuffer(view) ? viewOver(view, copyOf(view.buffer) as ArrayBuffer) : rightSized(view);
  return noted(view, Buffer.isBuffer(view) ? Buffer.from(copy.buffer as ArrayBuffer, copy.byteOffset, copy.byteLength) : copy);
}

function noted<T extends object>(original: object, copy: T): T {
  originals.push(original);
  copies.push(copy);
  return copy;
}
