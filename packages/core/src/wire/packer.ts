/**
 * How one argument or result travels, so that one bad item harms no other.
 *
 * Decides the form of each value. Refuses to know messages and workers: a transport puts the forms together and brings them over.
 *
 *   PLAIN   goes into the message as it is. Only what was looked at completely, with a result that makes cloning and
 *           reading certain: small, shallow, no getters, no Proxy, nothing that the clone would empty or take too much of.
 *   BYTES   goes into the message too, but is read by `unpackBytes` inside `try`: what is large or deep (bytes of its own), what holds
 *           Buffers (a clone forgets that class) or getters (each is asked once).
 *   ALONE   threads: goes as a message of its own, and through `unpackBytes` too: what only `postMessage` can carry and what is moved.
 *
 * A packed value is one of
 *   ArrayBuffer                      a Buffer
 *   Uint8Array                       bytes of our serialiser (bytes.ts)
 *   [value, buffers]                 a value, and those of its parts that were Buffers
 *   [[value], buffers, places, rows, holders]   a value that holds errors: what stands for them, with the rows of a table, and where they lie
 *
 * The way is short for what is common: `fits` runs none of the user's code and allocates nothing. Whatever it does not know for certain
 * gets a full look (survey.ts), which also finds the path for messages.
 */
import { types } from 'node:util';
import { PayloadTooLargeError, TaskSerializationError } from '../errors.ts';
import { Copier, ownField, WORTH_MOVING } from './copier.ts';
import { areRows, ErrorTable, type Row, revive, type Seal } from './error-table.ts';
import { hasNames, SendabilityCheck, type TransportCapabilities } from './sendability-check.ts';
import { anyTransfers, type Transferable, transferListOf } from './transfer.ts';
import { fromBytes, rightSized, toBytes } from './value-bytes.ts';
import { BUFFER, INSTANCE, isDetached, kindOf, LEAF, LIST, MAP, ORDINARY, ownsBuffer, SET, SHARED, VIEW } from './value-kind.ts';

export type { TransportCapabilities } from './sendability-check.ts';

export const PLAIN = 0;
export const BYTES = 1;
export const SEPARATE = 2;

/** Nesting up to which any thread's stack is enough to read a value. */
const DEEPEST_PLAIN = 50;
/**
 * Size of a PLAIN value, in fields; 16 bytes of text or buffer count as one, an object as 16. More: larger items without a serialiser of
 * their own. Less: less time is lost where a million paths lead to one object, since the quick look sees every path.
 */
const LARGEST_PLAIN = 1 << 16;
const OBJECT = 16;
/** Bytes that one of those takes at most. */
const UNIT_BYTES = 80;
/** Bytes from which on moving a buffer costs less than copying it. */
const WORTH_TRANSFER = 1 << 15;
/** Bytes that a character of a text takes at most. */
const TEXT_BYTES = 2;
const NOTHING: ReadonlySet<unknown> = new Set();

/** Packs one value at a time; `form`, `value` and `transfer` are those of the last one. */
export class Packer {
  form: 0 | 1 | 2 = PLAIN;
  value: unknown;
  /** What the message must list as moved. */
  transfer: Transferable[] | undefined;
  /** Up to this length a text needs no look; primitives of other types never do. */
  readonly longestText: number;
  readonly #medium: TransportCapabilities;
  readonly #room: Room;

  constructor(medium: TransportCapabilities) {
    this.#medium = medium;
    this.longestText = medium.maxPayloadBytes / TEXT_BYTES;
    this.#room = { left: 0, hasViews: false, medium };
  }

  /** What is sent can be moved instead of copied. */
  get movesBuffers(): boolean {
    return this.#medium.movesBuffers;
  }

  /** `root` is what messages call the value. Throws TaskSerializationError with the path inside it, or PayloadTooLargeError. */
  pack(value: unknown, root: string): void {
    try {
      if (typeof value === 'object' && value !== null && this.#fits(value)) {
        if (this.#room.hasViews) this.#packViews(value);
        else this.#set(PLAIN, value, undefined);
      } else if (this.#medium.movesBuffers && isLargeBuffer(value)) this.#packBuffer(value, root);
      else this.#packSurveyed(value, root);
    } catch (error) {
      throw unsendable(error, root);
    }
  }

  /** The packed value is on its way: nothing of it is to be kept alive from here. */
  clear(): void {
    this.value = undefined;
    this.transfer = undefined;
  }

  #fits(value: object): boolean {
    const room = this.#room;
    room.left = LARGEST_PLAIN;
    room.hasViews = false;
    return fits(value, 0, room) && (LARGEST_PLAIN - room.left) * UNIT_BYTES <= this.#medium.maxPayloadBytes;
  }

  #set(form: 0 | 1 | 2, value: unknown, transfer: Transferable[] | undefined): void {
    this.form = form;
    this.value = value;
    this.transfer = transfer;
  }

  /** A large Buffer by itself: copied once, then moved. */
  #packBuffer(buffer: Buffer, root: string): void {
    const { maxPayloadBytes } = this.#medium;
    if (buffer.byteLength > maxPayloadBytes) throw tooLarge(root, buffer.byteLength, maxPayloadBytes);
    const bytes = rightSized(buffer).buffer as ArrayBuffer;
    this.#set(BYTES, bytes, [bytes]);
  }

  #packViews(value: object): void {
    if (Buffer.isBuffer(value) && !types.isSharedArrayBuffer(value.buffer)) {
      this.#set(BYTES, ownsBuffer(value) ? value.buffer : rightSized(value).buffer, undefined);
      return;
    }
    const copier = new Copier([], NOTHING);
    const copy = copier.copy(value);
    if (copier.isBare) this.#set(PLAIN, copy, undefined);
    else this.#set(BYTES, [copy, copier.buffers], undefined);
  }

  #packSurveyed(value: unknown, root: string): void {
    const medium = this.#medium;
    const survey = new SendabilityCheck(medium, root);
    survey.run(value);
    if (survey.hasErrors) {
      this.#packWithErrors(value, survey, root);
      return;
    }
    const { maxPayloadBytes, movesBuffers } = medium;
    const isSmall =
      survey.isMeasured &&
      survey.depth <= DEEPEST_PLAIN &&
      survey.size <= LARGEST_PLAIN &&
      survey.most + survey.bufferBytes <= maxPayloadBytes;
    if (movesBuffers && (survey.hasHandles || survey.moved.size > 0 || (survey.hasShared && !isSmall))) {
      const copier = new Copier([], survey.moved, survey.readings);
      const copy = survey.hasViews || survey.readings !== undefined ? copier.copy(value) : value;
      this.#set(SEPARATE, [copy, copier.buffers], [...(survey.moved as ReadonlySet<Transferable>), ...copier.movable]);
      return;
    }
    const copier = new Copier(movesBuffers && isSmall ? [] : undefined, NOTHING, survey.readings);
    const needsCopy = survey.readings !== undefined || (survey.hasViews && copier.buffers !== undefined);
    const copy = needsCopy ? copier.copy(value) : value;
    if (!isSmall) this.#packBytes(copy, root);
    else if (copier.isBare) this.#set(PLAIN, copy, undefined);
    else this.#set(BYTES, [copy, copier.buffers], copier.movable);
  }

  #packWithErrors(value: unknown, survey: SendabilityCheck, root: string): void {
    const { maxPayloadBytes, movesBuffers } = this.#medium;
    const copier = new Copier(movesBuffers ? [] : undefined, survey.moved, survey.readings);
    const { packed, size } = withErrors(value, copier, root, maxPayloadBytes);
    if (movesBuffers && (survey.hasHandles || survey.moved.size > 0 || survey.hasShared)) {
      this.#set(SEPARATE, packed, [...(survey.moved as ReadonlySet<Transferable>), ...copier.movable]);
    } else if (
      survey.isMeasured &&
      survey.depth <= DEEPEST_PLAIN &&
      survey.size + size / UNIT_BYTES <= LARGEST_PLAIN &&
      survey.most + survey.bufferBytes + size <= maxPayloadBytes
    ) {
      this.#set(BYTES, packed, copier.movable);
    } else {
      const bytes = bytesWithErrors(packed);
      if (bytes.byteLength > maxPayloadBytes) throw tooLarge(root, bytes.byteLength, maxPayloadBytes);
      this.#set(BYTES, bytes, undefined);
    }
  }

  #packBytes(value: unknown, root: string): void {
    const { maxPayloadBytes, movesBuffers } = this.#medium;
    const bytes = toBytes(value);
    if (bytes.byteLength > maxPayloadBytes) throw tooLarge(root, bytes.byteLength, maxPayloadBytes);
    this.#set(BYTES, bytes, movesBuffers && bytes.byteLength >= WORTH_TRANSFER ? [bytes.buffer as ArrayBuffer] : undefined);
  }
}

/** A value as bytes that any transport takes, for what is not packed by a lane; `unseal` reads them. Throws as `Packer.pack` does. */
export function seal(value: unknown, root: string, maxPayloadBytes: number, outer?: ErrorTable): Uint8Array {
  try {
    const survey = new SendabilityCheck({ sharesMemory: false, movesBuffers: false, maxPayloadBytes }, root);
    survey.run(value);
    const copier = new Copier(undefined, NOTHING, survey.readings);
    const bytes = survey.hasErrors
      ? bytesWithErrors(withErrors(value, copier, root, maxPayloadBytes, outer).packed)
      : toBytes(survey.readings === undefined ? value : copier.copy(value));
    if (bytes.byteLength > maxPayloadBytes) throw tooLarge(root, bytes.byteLength, maxPayloadBytes);
    return bytes;
  } catch (error) {
    throw unsendable(error, root);
  }
}

/** A field of an error that is no error itself. */
export const sealField: Seal = (value, most, outer) => seal(value, '', most, outer);

/** What `seal` took. Throws when it cannot be read. */
export function unseal(bytes: Uint8Array): unknown {
  return bytes[0] === HAS_ERRORS ? unpackList(fromBytes(bytes.subarray(PREFIX_BYTES))) : fromBytes(bytes);
}

/** First byte, of a few, before bytes that hold errors; V8's begin with 0xff. */
const HAS_ERRORS = 0x02;
const PREFIX_BYTES = 8;

type WithErrors = readonly [
  box: readonly unknown[],
  buffers: readonly Uint8Array[],
  places: ReadonlyMap<object, number>,
  rows: readonly unknown[],
  holders: readonly object[],
];

/** The value, in a list of its own, with something that stands for each error; and what the errors take, about, in bytes. */
function withErrors(value: unknown, copier: Copier, root: string, most: number, outer?: ErrorTable): { packed: WithErrors; size: number } {
  const box = copier.copy([value]) as unknown[];
  const table = new ErrorTable(true, { text: most, rows: Number.POSITIVE_INFINITY, members: Number.POSITIVE_INFINITY }, sealField, outer);
  const places = new Map<object, number>();
  for (const [place, error] of copier.errors) {
    if (outer?.admits(error) === false) throw new TaskSerializationError(`${root} holds an error that holds it`);
    places.set(place, table.add(error));
  }
  if (table.isFull) throw new PayloadTooLargeError(`${root} is larger than maxPayloadBytes (${most})`);
  return { packed: [box, copier.buffers ?? [], places, table.rows, [...copier.holders]], size: table.size + table.rows.length * ROW_BYTES };
}

/** What a row takes beside its texts and fields, about. */
const ROW_BYTES = 200;

function bytesWithErrors(packed: WithErrors): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix[0] = HAS_ERRORS;
  return toBytes(packed, prefix);
}

/** Whether it has the form of a packed value; what it holds may still be unreadable. */
export function isPacked(packed: unknown): boolean {
  if (types.isArrayBuffer(packed) || types.isUint8Array(packed)) return true;
  if (!Array.isArray(packed) || !Array.isArray(packed[1]) || !packed[1].every(types.isUint8Array)) return false;
  return packed.length === 2 || isWithErrors(packed);
}

function isWithErrors(packed: readonly unknown[]): boolean {
  const [box, , places, rows, holders] = packed;
  return (
    packed.length === 5 &&
    Array.isArray(box) &&
    areRows(rows) &&
    types.isMap(places) &&
    [...places.values()].every((place: unknown) => Number.isInteger(place) && Object.hasOwn(rows, place as number)) &&
    Array.isArray(holders) &&
    holders.every((holder) => typeof holder === 'object' && holder !== null)
  );
}

/** The value of a BYTES or ALONE item. Throws when it cannot be read: only this item is lost. */
export function unpackBytes(packed: unknown): unknown {
  if (types.isArrayBuffer(packed)) return Buffer.from(packed);
  return types.isUint8Array(packed) ? unseal(packed) : unpackList(packed);
}

function unpackList(packed: unknown): unknown {
  if (!isPacked(packed) || !Array.isArray(packed)) throw new TypeError('a packed value is damaged');
  const [value, buffers] = packed as [unknown, Uint8Array[]];
  for (const buffer of buffers) Object.setPrototypeOf(buffer, Buffer.prototype);
  return packed.length === 2 ? value : putErrors(packed as unknown as WithErrors);
}

/** Puts the errors where they belong. */
function putErrors([box, , places, rows, holders]: WithErrors): unknown {
  const errors = revive(rows as readonly Row[], unseal);
  const real = (part: unknown): unknown => {
    const place = places.get(part as object);
    return place === undefined ? part : errors[place];
  };
  for (const holder of holders) {
    if (types.isMap(holder)) {
      const entries = [...holder];
      holder.clear();
      for (const [key, item] of entries) holder.set(real(key), real(item));
    } else if (types.isSet(holder)) {
      const items = [...holder];
      holder.clear();
      for (const item of items) holder.add(real(item));
    } else {
      for (const key of Object.keys(holder)) {
        const part = (holder as Record<string, unknown>)[key];
        if (places.has(part as object)) Object.defineProperty(holder, key, ownField(real(part)));
      }
    }
  }
  return box[0];
}

/** Why `value` cannot be sent, with the path to the part at fault, or `undefined`. Costs a full walk: for messages only. */
export function describeUnsendable(value: unknown, root: string, medium: TransportCapabilities): string | undefined {
  try {
    new SendabilityCheck(medium, root).run(value);
    return undefined;
  } catch (error) {
    return unsendable(error, root).message;
  }
}

function tooLarge(root: string, bytes: number, limit: number): PayloadTooLargeError {
  return new PayloadTooLargeError(`${root} takes ${bytes} bytes, more than maxPayloadBytes (${limit})`);
}

/** What a value's own code threw, or V8, as an error of ours. */
function unsendable(error: unknown, root: string): TaskSerializationError {
  if (error instanceof TaskSerializationError) return error;
  const reason = isStackOverflow(error) ? 'it is nested too deeply' : types.isNativeError(error) ? error.message : 'reading it threw';
  return new TaskSerializationError(`${root} cannot be sent: ${reason}`, { cause: error });
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
}

interface Room {
  left: number;
  hasViews: boolean;
  readonly medium: TransportCapabilities;
}

const ObjectPrototype = Object.prototype;
const ArrayPrototype = Array.prototype;
const tagOf = Object.prototype.toString;
const { getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { isProxy } = types;

/** True for what is certain to travel as it is (with `hasViews`: once its views are copied). False: not known, look closer. */
function fits(value: object, depth: number, room: Room): boolean {
  room.left -= OBJECT;
  if (room.left < 0 || depth >= DEEPEST_PLAIN || isProxy(value)) return false;
  if (anyTransfers && transferListOf(value) !== undefined) return false;
  const prototype = getPrototypeOf(value);
  if (prototype === ObjectPrototype || prototype === null) {
    return tagOf.call(value) === '[object Object]' && fieldsFit(value, depth, room);
  }
  if (prototype === ArrayPrototype && Array.isArray(value)) return listFits(value, depth, room);
  switch (kindOf(value)) {
    case LEAF:
      // A RegExp or a boxed string has a text, whose length is not looked at here.
      return types.isDate(value);
    case ORDINARY:
    case INSTANCE:
      return fieldsFit(value, depth, room);
    case LIST:
      return listFits(value as unknown[], depth, room);
    case MAP:
      for (const key of Map.prototype.keys.call(value)) if (!itemFits(key, depth, room)) return false;
      for (const item of Map.prototype.values.call(value)) if (!itemFits(item, depth, room)) return false;
      return true;
    case SET:
      for (const item of Set.prototype.values.call(value)) if (!itemFits(item, depth, room)) return false;
      return true;
    case BUFFER:
      return bytesFit(value as ArrayBuffer, (value as ArrayBuffer).byteLength, room);
    case VIEW:
      return viewFits(value as ArrayBufferView, room);
    case SHARED:
      return room.medium.sharesMemory;
    default:
      return false;
  }
}

function fieldsFit(value: object, depth: number, room: Room): boolean {
  for (const key in value) {
    const field = getOwnPropertyDescriptor(value, key);
    // `for in` also sees what somebody put on Object.prototype.
    if (field === undefined) continue;
    if (field.get !== undefined || field.set !== undefined) return false;
    room.left -= key.length >> 4;
    if (!itemFits(field.value, depth, room)) return false;
  }
  return true;
}

function listFits(list: readonly unknown[], depth: number, room: Room): boolean {
  const { length } = list;
  room.left -= length;
  if (room.left < 0) return false;
  for (let i = 0; i < length; i++) {
    const item = list[i];
    // Long lists are mostly of numbers.
    if (typeof item === 'number') continue;
    if (item === undefined && !Object.hasOwn(list, i)) return false;
    if (!itemFits(item, depth, room)) return false;
  }
  return !hasNames(list);
}

function itemFits(item: unknown, depth: number, room: Room): boolean {
  room.left -= 1;
  if (room.left < 0) return false;
  switch (typeof item) {
    case 'object':
      return item === null || fits(item, depth + 1, room);
    case 'string':
      room.left -= item.length >> 4;
      return room.left >= 0;
    case 'function':
    case 'symbol':
      return false;
    case 'bigint':
      // Its size cannot be asked.
      return item <= MOST_BIGINT && item >= -MOST_BIGINT;
    default:
      return true;
  }
}

const MOST_BIGINT = 2n ** 128n;

function viewFits(view: ArrayBufferView, room: Room): boolean {
  const { buffer } = view;
  if (types.isSharedArrayBuffer(buffer)) {
    if (Buffer.isBuffer(view)) room.hasViews = true;
    return room.medium.sharesMemory;
  }
  if (room.medium.movesBuffers && (Buffer.isBuffer(view) || !ownsBuffer(view))) room.hasViews = true;
  return bytesFit(buffer as ArrayBuffer, view.byteLength, room);
}

function bytesFit(buffer: ArrayBuffer, byteLength: number, room: Room): boolean {
  if (byteLength >= WORTH_MOVING && room.medium.movesBuffers) return false;
  room.left -= byteLength >> 4;
  return room.left >= 0 && !isDetached(buffer);
}

/** A Buffer with nothing about it that needs a look: not shared, not to be moved. */
function isLargeBuffer(value: unknown): value is Buffer {
  if (!types.isUint8Array(value) || getPrototypeOf(value) !== Buffer.prototype || value.byteLength < WORTH_MOVING) return false;
  return !types.isSharedArrayBuffer(value.buffer) && (!anyTransfers || transferListOf(value) === undefined);
}
