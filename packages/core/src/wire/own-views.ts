/**
 * Replaces the views in a value that show a part of a buffer by views over their own bytes, for runtimes whose serialiser writes whole buffers.
 *
 * Containers that a clone keeps (arrays, plain objects, Map, Set) are copied, cycles included; every other object stays as it is. The value itself
 * is not changed.
 */
import { types } from 'node:util';
import { ownsBuffer } from './value-kind.ts';

export function withOwnViews(value: unknown, copies: Map<object, unknown> = new Map()): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  const keep = <T>(copy: T): T => {
    copies.set(value as object, copy);
    return copy;
  };
  const inner = (each: unknown): unknown => withOwnViews(each, copies);
  if (ArrayBuffer.isView(value)) return keep(ownsBuffer(value) ? value : copied(value));
  if (Array.isArray(value)) return copyFields(value, keep(new Array(value.length)), inner);
  if (types.isMap(value)) {
    const copy = keep(new Map());
    for (const [key, each] of value) copy.set(inner(key), inner(each));
    return copy;
  }
  if (types.isSet(value)) {
    const copy = keep(new Set());
    for (const each of value) copy.add(inner(each));
    return copy;
  }
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === null || prototype === Object.prototype ? copyFields(value, keep({}), inner) : value;
}

function copyFields(from: object, to: object, inner: (value: unknown) => unknown): object {
  for (const key of Object.keys(from)) {
    Object.defineProperty(to, key, { value: inner(Reflect.get(from, key)), writable: true, enumerable: true, configurable: true });
  }
  return to;
}

/** `structuredClone` would keep the whole buffer, and the class of a view is that of its constructor. */
function copied(view: ArrayBufferView): ArrayBufferView {
  if (Buffer.isBuffer(view)) {
    const copy = Buffer.allocUnsafeSlow(view.length);
    copy.set(view);
    return copy;
  }
  if (types.isDataView(view)) return new DataView(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  return (view as Uint8Array).slice();
}
