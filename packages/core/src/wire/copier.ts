/**
 * Copies a value for `postMessage`, so that every view in the copy holds only its own bytes.
 *
 *   containers, views of which a clone would take too much memory: copied here
 *   errors:                                                        replaced by placeholders, collected in `errors`
 *   everything else:                                               left to the clone
 *
 * Invariant: identity is kept, so cycles and shared parts survive. The copy costs one more walk over the value; only values that need it (a
 * Buffer, a part of a buffer, a getter, an error) are copied.
 * This file does not know whether a value can be sent: sendability-check.ts has judged it before.
 */
import { types } from 'node:util';
import { rightSized, viewOver } from './value-bytes.ts';
import { BUFFER, ERROR, INSTANCE, kindOf, LIST, MAP, ORDINARY, ownsBuffer, SET, VIEW } from './value-kind.ts';

/** From this number of bytes on, a buffer is copied here and the copy is moved: one copy instead of two, for two more allocations. */
export const WORTH_MOVING: number = 1 << 18;

/** The results of getters, by object and key. Each getter is called once. */
export type Readings = ReadonlyMap<object, ReadonlyMap<string, unknown>>;

/** A descriptor without a prototype: a polluted Object.prototype could turn the field into an accessor. */
export function ownField(value: unknown): PropertyDescriptor {
  return { __proto__: null, value, enumerable: true, configurable: true, writable: true } as PropertyDescriptor;
}

export class Copier {
  /** Views of the copy that were Buffers, because a clone loses that class. `undefined`: the copier does not copy views. */
  readonly buffers: Uint8Array[] | undefined;
  /** Buffers that only the copy holds, so that they can be moved. */
  readonly movable: ArrayBuffer[] = [];
  /** The error of each placeholder in the copy, and the containers that hold a placeholder. */
  readonly errors: Map<object, object> = new Map();
  readonly holders: Set<object> = new Set();
  readonly #readings: Readings | undefined;
  readonly #keep: ReadonlySet<unknown>;
  readonly #isDeep: boolean;
  readonly #copies = new Map<object, object>();

  /** `keep`: objects that are moved, so that the copy refers to them. `isDeep`: the copy also has its own dates and small buffers. */
  constructor(buffers: Uint8Array[] | undefined, keep: ReadonlySet<unknown>, readings?: Readings, isDeep = false) {
    this.buffers = buffers;
    this.#keep = keep;
    this.#readings = readings;
    this.#isDeep = isDeep;
  }

  /** Returns true if the copy needs no further treatment: it has no Buffer to restore and nothing to move. */
  get isBare(): boolean {
    return this.movable.length === 0 && (this.buffers === undefined || this.buffers.length === 0);
  }

  copy(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    const known = this.#copies.get(value);
    if (known !== undefined) return known;
    if (this.#keep.has(value)) return value;
    switch (kindOf(value)) {
      case ORDINARY:
      case INSTANCE:
        return this.#copyFields(value, this.#remember(value, {}), Object.keys(value));
      case LIST:
        return this.#copyList(value as unknown[]);
      case MAP: {
        const copy = this.#remember(value, new Map<unknown, unknown>());
        for (const [key, item] of Map.prototype.entries.call(value)) copy.set(this.#part(key, copy), this.#part(item, copy));
        return copy;
      }
      case SET: {
        const copy = this.#remember(value, new Set<unknown>());
        for (const item of Set.prototype.values.call(value)) copy.add(this.#part(item, copy));
        return copy;
      }
      case ERROR: {
        const placeholder = this.#remember(value, {});
        this.errors.set(placeholder, value);
        return placeholder;
      }
      case VIEW:
        return this.buffers === undefined ? value : this.#copyView(value as ArrayBufferView, this.buffers);
      case BUFFER:
        return this.buffers === undefined ? value : this.#copyBuffer(value as ArrayBuffer);
      default:
        return this.#isDeep && types.isDate(value) ? this.#remember(value, new Date(Date.prototype.getTime.call(value))) : value;
    }
  }

  /** Copies a part of `holder`, and notes the holder if the part is an error. */
  #part(value: unknown, holder: object): unknown {
    const copy = this.copy(value);
    if (this.errors.size > 0 && this.errors.has(copy as object)) this.holders.add(holder);
    return copy;
  }

  #remember<T extends object>(original: object, copy: T): T {
    this.#copies.set(original, copy);
    return copy;
  }

  #copyFields(from: object, to: object, keys: readonly string[]): object {
    const readings = this.#readings?.get(from);
    for (const key of keys) {
      const value = this.#part(readings?.has(key) === true ? readings.get(key) : (from as Record<string, unknown>)[key], to);
      // An assignment to `__proto__` would set the prototype.
      if (key === '__proto__') Object.defineProperty(to, key, ownField(value));
      else (to as Record<string, unknown>)[key] = value;
    }
    return to;
  }

  #copyList(list: readonly unknown[]): unknown[] {
    const copy = this.#remember(list, [] as unknown[]);
    copy.length = list.length;
    this.#copyFields(list, copy, Object.keys(list));
    return copy;
  }

  #copyView(view: ArrayBufferView, buffers: Uint8Array[]): ArrayBufferView {
    const isBuffer = Buffer.isBuffer(view);
    let copy: ArrayBufferView;
    if (this.#keep.has(view.buffer) || types.isSharedArrayBuffer(view.buffer)) {
      if (!isBuffer) return view;
      copy = viewOver(view, view.buffer);
    } else if (isBuffer || !ownsBuffer(view)) {
      copy = rightSized(view);
      if (view.byteLength >= WORTH_MOVING) this.movable.push(copy.buffer as ArrayBuffer);
    } else {
      const buffer = this.copy(view.buffer) as ArrayBuffer;
      copy = buffer === view.buffer ? view : viewOver(view, buffer);
    }
    if (isBuffer) buffers.push(copy as Uint8Array);
    return this.#remember(view, copy);
  }

  #copyBuffer(buffer: ArrayBuffer & { readonly resizable?: boolean }): ArrayBuffer {
    const isMoved = buffer.byteLength >= WORTH_MOVING && buffer.resizable !== true;
    if (!isMoved && !this.#isDeep) return buffer;
    const copy = this.#remember(buffer, buffer.slice(0));
    if (isMoved) this.movable.push(copy);
    return copy;
  }
}
