/**
 * A copy of a value for `postMessage`, in which every view holds its own bytes only.
 *
 * Decides what of a value is copied on this side and what is left to the clone: containers, and views that a clone would take
 * too much of. Used only where a value needs it (a Buffer, a part of a buffer, a getter), since the copy is one walk more. Refuses to
 * judge whether a value can be sent: that was seen before. Identity is kept, so cycles and shared parts survive.
 */
import { types } from 'node:util';
import { rightSized, viewOver } from './value-bytes.ts';
import { BUFFER, ERROR, INSTANCE, kindOf, LIST, MAP, ORDINARY, ownsBuffer, SET, VIEW } from './value-kind.ts';

/** Bytes from which on a buffer is copied here and then moved: one copy instead of two, but two more allocations. */
export const WORTH_MOVING: number = 1 << 18;

/** What getters gave, by object and key: each is asked once. */
export type Readings = ReadonlyMap<object, ReadonlyMap<string, unknown>>;

/** Without a prototype: a polluted Object.prototype could make it an accessor. */
export function ownField(value: unknown): PropertyDescriptor {
  return { __proto__: null, value, enumerable: true, configurable: true, writable: true } as PropertyDescriptor;
}

export class Copier {
  /** Views of the copy that were Buffers; a clone forgets that. `undefined`: views are not touched at all. */
  readonly buffers: Uint8Array[] | undefined;
  /** Buffers of the copy that nobody else holds. */
  readonly movable: ArrayBuffer[] = [];
  /** Errors travel in a table: what stands in the copy where each was, and the containers in which that is. */
  readonly errors: Map<object, object> = new Map();
  readonly holders: Set<object> = new Set();
  readonly #readings: Readings | undefined;
  readonly #keep: ReadonlySet<unknown>;
  readonly #copies = new Map<object, object>();

  /** `keep`: what stays itself, since it is moved. */
  constructor(buffers: Uint8Array[] | undefined, keep: ReadonlySet<unknown>, readings?: Readings) {
    this.buffers = buffers;
    this.#keep = keep;
    this.#readings = readings;
  }

  /** The copy can go as it is: it has nothing to be revived or moved. */
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
        const place = this.#remember(value, {});
        this.errors.set(place, value);
        return place;
      }
      case VIEW:
        return this.buffers === undefined ? value : this.#copyView(value as ArrayBufferView, this.buffers);
      case BUFFER:
        return this.buffers === undefined ? value : this.#copyBuffer(value as ArrayBuffer);
      default:
        return value;
    }
  }

  /** What is to lie in `holder`. */
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
      // Assigning to `__proto__` would set the prototype instead.
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
    if (buffer.byteLength < WORTH_MOVING || buffer.resizable === true) return buffer;
    const copy = this.#remember(buffer, buffer.slice(0));
    this.movable.push(copy);
    return copy;
  }
}
