/**
 * The packed form of a value: it arrives in a message, and the receiver unpacks it inside `try`, so that one unreadable value harms no other.
 *
 *   seal      value --> bytes                      for values that no lane packs, and for every form that must be bytes
 *   unpack    packed value --> value               throws if it cannot be read
 *
 * A packed value is one of
 *   ArrayBuffer                      a Buffer
 *   Uint8Array                       bytes of value-bytes.ts, with a prefix if they hold errors
 *   [value, buffers]                 a value, and those of its parts that were Buffers
 *   [[value], buffers, rowOf, rows, holders]
 *                                    a value that holds errors. A placeholder stands for each error; `rowOf` maps a placeholder to its row in the
 *                                    error table `rows`; `holders` are the containers that hold a placeholder.
 *
 * A stored value is `[bytes, ids]`: its large buffers have come outside of its message (buffer-passing.ts).
 *
 * This file does not know messages, and it does not choose the form of a value (packer.ts does).
 */
import { types } from 'node:util';
import { PayloadTooLargeError, TaskSerializationError } from '../errors.ts';
import type { BufferSource, StoredValue } from './buffer-passing.ts';
import { Copier, ownField } from './copier.ts';
import { areRows, type Row } from './error-rows.ts';
import { ErrorTable, type Seal } from './error-table.ts';
import { AS_BYTES, type PackedValue } from './messages.ts';
import { reviveErrors } from './revive-errors.ts';
import { largerThan, SendabilityCheck } from './sendability-check.ts';
import { fromBytes, toBytes } from './value-bytes.ts';

const NOTHING: ReadonlySet<unknown> = new Set();

/** Writes a value as bytes that every transport can carry. `unseal` reads them. Throws the same errors as `Packer.pack`. */
export function seal(value: unknown, root: string, maxPayloadBytes: number, outer?: ErrorTable): Uint8Array {
  try {
    const check = new SendabilityCheck({ sharesMemory: false, movesBuffers: false, maxPayloadBytes }, root);
    check.run(value);
    const copier = new Copier(undefined, NOTHING, check.readings);
    const bytes = check.hasErrors
      ? bytesWithErrors(withErrors(value, copier, root, maxPayloadBytes, outer).packed)
      : toBytes(check.readings === undefined ? value : copier.copy(value));
    if (bytes.byteLength > maxPayloadBytes) throw tooLarge(root, bytes.byteLength, maxPayloadBytes);
    return bytes;
  } catch (error) {
    throw unsendable(error, root);
  }
}

/** Seals a field of an error if the field is not an error. */
export const sealField: Seal = (value, most, outer) => seal(value, '', most, outer);

/** Returns the value that `seal` wrote. Throws if the bytes cannot be read. */
export function unseal(bytes: Uint8Array): unknown {
  return bytes[0] === HAS_ERRORS ? unpackList(fromBytes(bytes.subarray(PREFIX_BYTES))) : fromBytes(bytes);
}

/** The first byte of the prefix before bytes that hold errors. V8's bytes begin with 0xff. */
const HAS_ERRORS = 0x02;
const PREFIX_BYTES = 8;

export type WithErrors = readonly [
  box: readonly unknown[],
  buffers: readonly Uint8Array[],
  rowOf: ReadonlyMap<object, number>,
  rows: readonly unknown[],
  holders: readonly object[],
];

/** Returns the value, in a list, with a placeholder for each error; and the approximate size of the errors in bytes. */
export function withErrors(
  value: unknown,
  copier: Copier,
  root: string,
  most: number,
  outer?: ErrorTable,
): { packed: WithErrors; size: number } {
  const box = copier.copy([value]) as unknown[];
  const table = new ErrorTable(true, { text: most, rows: Number.POSITIVE_INFINITY, members: Number.POSITIVE_INFINITY }, sealField, outer);
  const rowOf = new Map<object, number>();
  for (const [placeholder, error] of copier.errors) {
    if (outer?.admits(error) === false) throw new TaskSerializationError(`${root} holds an error that holds ${root}; remove the cycle`);
    rowOf.set(placeholder, table.add(error));
  }
  if (table.isFull) throw largerThan(root, most);
  return { packed: [box, copier.buffers ?? [], rowOf, table.rows, [...copier.holders]], size: table.size + table.rows.length * ROW_BYTES };
}

/** The approximate size of a row without its texts and fields. */
const ROW_BYTES = 200;

export function bytesWithErrors(packed: WithErrors): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix[0] = HAS_ERRORS;
  return toBytes(packed, prefix);
}

/** Returns true if the argument has the form of a packed value. Its content may still be unreadable. */
export function isPacked(packed: unknown): boolean {
  if (types.isArrayBuffer(packed) || types.isUint8Array(packed)) return true;
  if (!Array.isArray(packed) || !Array.isArray(packed[1]) || !packed[1].every(types.isUint8Array)) return false;
  return packed.length === 2 || isWithErrors(packed);
}

function isWithErrors(packed: readonly unknown[]): boolean {
  const [box, , rowOf, rows, holders] = packed;
  return (
    packed.length === 5 &&
    Array.isArray(box) &&
    areRows(rows) &&
    types.isMap(rowOf) &&
    [...rowOf.values()].every((row: unknown) => Number.isInteger(row) && Object.hasOwn(rows, row as number)) &&
    Array.isArray(holders) &&
    holders.every((holder) => typeof holder === 'object' && holder !== null)
  );
}

/** Returns the value of a BYTES or SEPARATE item. Throws if the item cannot be read; the other items of the message are unaffected. */
export function unpackBytes(packed: unknown): unknown {
  if (types.isArrayBuffer(packed)) return Buffer.from(packed);
  return types.isUint8Array(packed) ? unseal(packed) : unpackList(packed);
}

/** Returns true if the argument has the form of a value whose large buffers came outside of its message. */
export function isStored(packed: unknown): packed is StoredValue {
  if (!Array.isArray(packed) || packed.length !== 2 || !types.isUint8Array(packed[0]) || !Array.isArray(packed[1])) return false;
  const ids = packed[1] as readonly unknown[];
  return ids.length > 0 && ids.every((id, at) => Number.isSafeInteger(id) && (id as number) > 0 && ids.indexOf(id) === at);
}

/** Returns the value of a STORED item. `lent` gets the buffers whose memory is used again. Throws if the item cannot be read. */
export function unpackStored(packed: unknown, source: BufferSource | undefined, lent?: ArrayBuffer[]): unknown {
  if (!isStored(packed) || source === undefined) throw new TypeError('expected a value with buffers outside of its message');
  const [bytes, ids] = packed;
  return fromBytes(bytes, source.take(ids, lent));
}

/** Returns a value that the worker's set-up contains. */
export function unpackValue([kind, payload]: PackedValue): unknown {
  return kind === AS_BYTES ? unpackBytes(payload) : payload;
}

function unpackList(packed: unknown): unknown {
  if (!isPacked(packed) || !Array.isArray(packed)) throw new TypeError('expected a packed value, got another form: the message is damaged');
  const [value, buffers] = packed as [unknown, Uint8Array[]];
  for (const buffer of buffers) Object.setPrototypeOf(buffer, Buffer.prototype);
  return packed.length === 2 ? value : putErrors(packed as unknown as WithErrors);
}

/** Replaces each placeholder by its error. */
function putErrors([box, , rowOf, rows, holders]: WithErrors): unknown {
  const errors = reviveErrors(rows as readonly Row[], unseal);
  const real = (part: unknown): unknown => {
    const row = rowOf.get(part as object);
    return row === undefined ? part : errors[row];
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
        if (rowOf.has(part as object)) Object.defineProperty(holder, key, ownField(real(part)));
      }
    }
  }
  return box[0];
}

export function tooLarge(root: string, bytes: number, limit: number): PayloadTooLargeError {
  return new PayloadTooLargeError(
    `${root} takes ${bytes} bytes, more than maxPayloadBytes (${limit}): send less, or raise maxPayloadBytes`,
  );
}

/** Converts an error that the code of a value threw, or V8, to an error of this package. */
export function unsendable(error: unknown, root: string): TaskSerializationError {
  if (error instanceof TaskSerializationError) return error;
  const reason = isStackOverflow(error) ? 'it is nested too deeply' : types.isNativeError(error) ? error.message : 'reading it threw';
  return new TaskSerializationError(`${root} cannot be sent: ${reason}`, { cause: error });
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
}
