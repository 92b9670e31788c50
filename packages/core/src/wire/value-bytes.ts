/**
 * Values as bytes, in V8's serialisation format, with what Node's own serialiser leaves open.
 *
 * Decides how views of memory are written: a view arrives over memory that holds its own bytes only, of the class it had (Buffers stay
 * Buffers); views that own their whole buffer still share it with each other, as in a structured clone. Shared memory is refused: V8 can
 * write it here but not read it. Refuses to know whether a value should be sent: that is judged before (survey.ts).
 *
 *   a view    COPY  | type << 2, byte length, bytes            WHOLE | type << 2, byte offset, length, buffer
 *   `process.env` and the like   PLAIN_HOST, an object of its own fields
 */
import { Deserializer, Serializer } from 'node:v8';
import { ownsBuffer } from './value-kind.ts';

const COPY = 0;
const WHOLE = 1;
const PLAIN_HOST = 2;

interface ViewType {
  readonly BYTES_PER_ELEMENT?: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayBufferView;
}

/** The place in this list is the type's number in the bytes: append only. `undefined` is Buffer. */
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

/** The number of the view's class: of the built-in one that it is, whatever a subclass calls itself. */
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

/** The same view over memory that holds its bytes only. Not a Buffer: a clone would lose that anyway. */
export function rightSized(view: ArrayBufferView): ArrayBufferView {
  const { buffer, byteOffset, byteLength } = view;
  return makeView(viewType(view) || 1, buffer.slice(byteOffset, byteOffset + byteLength), 0, byteLength);
}

/** The same view, over another buffer of the same bytes. */
export function viewOver(view: ArrayBufferView, buffer: ArrayBufferLike): ArrayBufferView {
  return makeView(viewType(view) || 1, buffer, view.byteOffset, view.byteLength);
}

/** Writes messages and single values. */
export class FrameSerializer extends Serializer {
  declare readonly _setTreatArrayBufferViewsAsHostObjects: (mode: boolean) => void;

  constructor() {
    super();
    this._setTreatArrayBufferViewsAsHostObjects(true);
  }

  /** Called by V8 for views, and for objects that native code made. */
  _writeHostObject(object: object): void {
    if (!ArrayBuffer.isView(object)) {
      this.writeUint32(PLAIN_HOST);
      this.writeValue({ ...object });
      return;
    }
    const type = viewType(object) << 2;
    if (type === 0 || !ownsBuffer(object)) {
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

/** Reads what FrameSerializer wrote. */
class FrameDeserializer extends Deserializer {
  _readHostObject(): object {
    const head = this.readUint32();
    const how = head & 3;
    if (how === PLAIN_HOST) return this.readValue() as object;
    const type = head >>> 2;
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

/** The bytes of one value, after `prefix`, over a buffer of their own. Throws what V8 throws for values that cannot be cloned. */
export function toBytes(value: unknown, prefix?: Uint8Array): Buffer {
  const serializer: Serializer = new FrameSerializer();
  if (prefix !== undefined) serializer.writeRawBytes(prefix);
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

/** The value again. Throws when the bytes are damaged, or nested deeper than this thread's stack. */
export function fromBytes(bytes: Uint8Array): unknown {
  const deserializer = new FrameDeserializer(bytes);
  deserializer.readHeader();
  return deserializer.readValue();
}
