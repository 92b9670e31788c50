/**
 * Writes values as bytes in V8's serialisation format, and reads them; adds the format of the objects that V8 leaves to its user.
 *
 *   view                          COPY  | type << 2, byte length, bytes            the view over a part of a buffer, or a Buffer
 *                                 STORED | type << 2, index                        the same, if its bytes came outside of these (buffer-passing.ts)
 *                                 WHOLE | type << 2, byte offset, length, buffer   a view that owns its whole buffer
 *   `process.env` and similar     PLAIN_HOST, an object with its own fields
 *
 * Invariants: a view arrives with its class (a Buffer stays a Buffer) over memory that holds only its own bytes. Views that own their whole
 * buffer share it with each other after reading, as in a structured clone. Shared memory is refused: V8 can write it, but not read it.
 * Bun has no Serializer: there the bytes are those of its structured clone, which keeps the classes of views, after views over a part of a buffer
 * were copied. Both sides are the same program, so the formats never meet.
 * A whole buffer whose bytes came outside of these is written as a transferred one.
 * This file does not know whether a value should be sent: sendability-check.ts has judged it before.
 */
import { Deserializer, deserialize, Serializer, serialize } from 'node:v8';
import { withOwnViews } from './own-views.ts';
import { ownsBuffer } from './value-kind.ts';

const COPY = 0;
const WHOLE = 1;
const PLAIN_HOST = 2;
const STORED = 3;

interface ViewType {
  readonly BYTES_PER_ELEMENT?: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView;
}

/** The index in this list is the number of the type in the bytes: only append to the list. `undefined` is Buffer. */
const NAMES = [
  undefined,
  'Uint8Array',
  'Int8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'DataView',
  'Float16Array',
] as const;
const typedArrayTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get as () => string;

/** The number of the built-in class of a view, also for a subclass with another name. */
function viewType(view: ArrayBufferView): number {
  if (Buffer.isBuffer(view)) return 0;
  const name = typedArrayTag.call(view) ?? 'DataView';
  const type = (NAMES as readonly unknown[]).indexOf(name);
  if (type < 0) throw new TypeError(`views of type ${name} cannot be sent`);
  return type;
}

function makeView(type: number, buffer: ArrayBufferLike, byteOffset: number, byteLength: number): ArrayBufferView {
  if (type === 0) return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
  const name = NAMES[type];
  const View = name === undefined ? undefined : (globalThis as unknown as Record<string, ViewType | undefined>)[name];
  if (View === undefined) throw new TypeError(`view of unknown type ${type}`);
  return new View(buffer, byteOffset, byteLength / (View.BYTES_PER_ELEMENT ?? 1));
}

/** Copies a view into memory that holds only its bytes. A Buffer becomes a Uint8Array, because a clone loses that class in any case. */
export function rightSized(view: ArrayBufferView): ArrayBufferView {
  const { buffer, byteOffset, byteLength } = view;
  return makeView(viewType(view) || 1, buffer.slice(byteOffset, byteOffset + byteLength), 0, byteLength);
}

/** Makes the same view over another buffer with the same bytes. */
export function viewOver(view: ArrayBufferView, buffer: ArrayBufferLike): ArrayBufferView {
  return makeView(viewType(view) || 1, buffer, view.byteOffset, view.byteLength);
}

/** Writes messages and single values. */
class FrameSerializer extends Serializer {
  declare readonly _setTreatArrayBufferViewsAsHostObjects: (mode: boolean) => void;

  /** The parts whose bytes are elsewhere, and the index of each. */
  readonly #stored: ReadonlyMap<object, number> | undefined;

  constructor(stored: ReadonlyMap<object, number> | undefined) {
    super();
    this._setTreatArrayBufferViewsAsHostObjects(true);
    this.#stored = stored;
    if (stored === undefined) return;
    for (const [part, index] of stored) if (!ArrayBuffer.isView(part)) this.transferArrayBuffer(index, part as ArrayBuffer);
  }

  /** V8 calls this for views, and for objects that native code made. */
  _writeHostObject(object: object): void {
    if (!ArrayBuffer.isView(object)) {
      this.writeUint32(PLAIN_HOST);
      this.writeValue({ ...object });
      return;
    }
    const type = viewType(object) << 2;
    if (type === 0 || !ownsBuffer(object)) {
      const index = this.#stored?.get(object);
      if (index !== undefined) {
        this.writeUint32(STORED | type);
        this.writeUint32(index);
        return;
      }
      this.writeUint32(COPY | type);
      this.writeUint32(object.byteLength);
      this.writeRawBytes(object as NodeJS.ArrayBufferView);
      return;
    }
    this.writeUint32(WHOLE | type);
    this.writeUint32(object.byteOffset);
    this.writeUint32(object.byteLength);
    this.writeValue(object.buffer);
  }
}

/** Reads the bytes that FrameSerializer wrote. */
class FrameDeserializer extends Deserializer {
  readonly #stored: readonly ArrayBuffer[];

  constructor(bytes: Uint8Array, stored: readonly ArrayBuffer[]) {
    super(bytes);
    this.#stored = stored;
    for (let index = 0; index < stored.length; index++) this.transferArrayBuffer(index, stored[index] as ArrayBuffer);
  }

  _readHostObject(): object {
    const head = this.readUint32();
    const how = head & 3;
    if (how === PLAIN_HOST) return this.readValue() as object;
    const type = head >>> 2;
    if (how === STORED) {
      const buffer = this.#stored[this.readUint32()];
      if (buffer === undefined) throw new RangeError('expected a buffer that came outside of the bytes');
      return makeView(type, buffer, 0, buffer.byteLength);
    }
    if (how === COPY) {
      const length = this.readUint32();
      const { buffer, byteOffset } = this.readRawBytes(length);
      return makeView(type, buffer.slice(byteOffset, byteOffset + length), 0, length);
    }
    const byteOffset = this.readUint32();
    const byteLength = this.readUint32();
    return makeView(type, this.readValue() as ArrayBufferLike, byteOffset, byteLength);
  }
}

const NO_BUFFERS: readonly ArrayBuffer[] = [];
/** Bun has none. */
export const HAS_SERIALIZER: boolean = hasSerializer();

function hasSerializer(): boolean {
  try {
    return new Serializer() instanceof Serializer;
  } catch {
    return false;
  }
}

/**
 * Returns the bytes of one value after `prefix`, in a buffer of their own. `stored`: the buffers and views whose bytes are elsewhere, each with its index.
 * Throws the error of V8 for a value that cannot be cloned.
 */
export function toBytes(value: unknown, prefix?: Uint8Array, stored?: ReadonlyMap<object, number>): Buffer {
  if (!HAS_SERIALIZER) {
    const bytes = serialize(withOwnViews(value));
    return prefix === undefined ? bytes : Buffer.concat([prefix, bytes]);
  }
  const serializer: Serializer = new FrameSerializer(stored);
  if (prefix !== undefined) serializer.writeRawBytes(prefix);
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

/**
 * Returns the value of the bytes. `stored`: the buffers that came outside of them, by index. Throws if the bytes are damaged, or nested too deeply for the
 * stack of this thread.
 */
export function fromBytes(bytes: Uint8Array, stored: readonly ArrayBuffer[] = NO_BUFFERS): unknown {
  if (!HAS_SERIALIZER) return deserialize(bytes as Buffer);
  const deserializer = new FrameDeserializer(bytes, stored);
  deserializer.readHeader();
  return deserializer.readValue();
}
