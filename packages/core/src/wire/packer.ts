/**
 * Chooses the form in which one argument or result travels, so that one bad item harms no other item of its message.
 *
 *   PLAIN      The value is part of the message as it is. Only a value that was checked completely, and that is certain to be cloned and read
 *              without an error: small, shallow, no getter, no Proxy, nothing that a clone empties or takes too much memory of.
 *   BYTES      The value is part of the message in packed form (packed-value.ts), and the receiver unpacks it inside `try`: a large or deep
 *              value, a value with Buffers (a clone loses that class), a value with getters (each getter is called once).
 *   STORED     Processes only. The value is part of the message as bytes, and its large buffers have gone another way (buffer-passing.ts).
 *   SEPARATE   Threads only. The packed value is a message of its own: a value that only `postMessage` can carry, or that is moved.
 *
 *   value --quick-check.ts--> certain ------------------------------> PLAIN, or BYTES if it has views
 *                        '--> unknown --sendability-check.ts--> PLAIN | BYTES | STORED | SEPARATE, or an error with the path in the value
 *
 * Invariant: for a common value the way is short. It runs no code of the user and allocates nothing.
 * This file does not know messages and workers.
 */
import { types } from 'node:util';
import { Copier } from './copier.ts';
import { ownCopy } from './own-copy.ts';
import { bytesWithErrors, tooLarge, unsendable, withErrors } from './packed-value.ts';
import { DEEPEST_PLAIN, isCertainToTravel, isLargeBuffer, LARGEST_PLAIN, type QuickCheck } from './quick-check.ts';
import { SendabilityCheck, type TransportCapabilities } from './sendability-check.ts';
import type { Transferable } from './transfer.ts';
import { rightSized, toBytes } from './value-bytes.ts';
import { ownsBuffer } from './value-kind.ts';

export const PLAIN = 0;
export const BYTES = 1;
export const SEPARATE = 2;
export const STORED = 3;

type Form = typeof PLAIN | typeof BYTES | typeof SEPARATE | typeof STORED;

/** The most bytes that one unit of LARGEST_PLAIN takes. */
const UNIT_BYTES = 80;
/** The most units of a value that is copied here: copying a larger one takes longer than to send or serialise it apart. */
const LIGHTEST = 1 << 8;
/** From this number of bytes on, moving a buffer costs less than copying it. */
const WORTH_TRANSFER = 1 << 15;
/** The most bytes that one character of a text takes. */
const TEXT_BYTES = 2;
const NOTHING: ReadonlySet<unknown> = new Set();

/** Packs one value at a time. `form`, `value` and `transfer` describe the last packed value. */
export class Packer {
  form: Form = PLAIN;
  /** The packed value is PLAIN, and so small that `ownCopy` of it is cheap. */
  isLight = false;
  /** The receiver may read large buffers into memory that it uses again. */
  isReusable = false;
  value: unknown;
  /** The objects that the message must list as moved. */
  transfer: Transferable[] | undefined;
  /** A text up to this length needs no check. Other primitives except bigints never need one. */
  readonly longestText: number;
  readonly #capabilities: TransportCapabilities;
  readonly #quickCheck: QuickCheck;
  readonly #others = new Set<object>();

  constructor(capabilities: TransportCapabilities) {
    this.#capabilities = capabilities;
    this.longestText = capabilities.maxPayloadBytes / TEXT_BYTES;
    this.#quickCheck = { left: 0, hasViews: false, others: undefined, isShared: false, capabilities };
  }

  /** The transport can move buffers instead of copying them. */
  get movesBuffers(): boolean {
    return this.#capabilities.movesBuffers;
  }

  /**
   * The next values travel in one message, or each alone. Objects that two of them have are sent twice: else their receivers would share one copy, and each
   * would see what another one changes.
   */
  travelTogether(isTogether: boolean): void {
    if (this.#others.size > 0) this.#others.clear();
    this.#quickCheck.others = isTogether ? this.#others : undefined;
  }

  /** Packs a value that certainly travels as it is; this runs no code of the user. Returns false for any other value, which it does not pack. */
  packQuickly(value: unknown): boolean {
    if (typeof value !== 'object' || value === null || !this.#passesQuickCheck(value)) return false;
    if (this.#quickCheck.hasViews || this.#quickCheck.isShared) return false;
    this.#set(PLAIN, value, undefined);
    return true;
  }

  /** `root` names the value in error messages. Throws TaskSerializationError with the path inside the value, or PayloadTooLargeError. */
  pack(value: unknown, root: string): void {
    try {
      if (typeof value === 'object' && value !== null && this.#passesQuickCheck(value)) {
        if (this.#quickCheck.hasViews) this.#packViews(value);
        else if (this.#quickCheck.isShared) this.#packApart(value, root);
        else this.#set(PLAIN, value, undefined);
      } else if (this.#capabilities.movesBuffers && isLargeBuffer(value)) this.#packBuffer(value, root);
      else this.#packChecked(value, root);
    } catch (error) {
      throw unsendable(error, root);
    }
  }

  /** Drops the packed value after it was sent, so that the packer does not keep it alive. */
  clear(): void {
    this.value = undefined;
    this.transfer = undefined;
  }

  #isTogether(): boolean {
    return this.#quickCheck.others !== undefined;
  }

  #passesQuickCheck(value: object): boolean {
    const check = this.#quickCheck;
    check.left = LARGEST_PLAIN;
    check.hasViews = false;
    check.isShared = false;
    const isCertain = isCertainToTravel(value, 0, check);
    this.isLight = isCertain && !check.hasViews && LARGEST_PLAIN - check.left <= LIGHTEST;
    return isCertain && (LARGEST_PLAIN - check.left) * UNIT_BYTES <= this.#capabilities.maxPayloadBytes;
  }

  #set(form: Form, value: unknown, transfer: Transferable[] | undefined): void {
    this.form = form;
    this.value = value;
    this.transfer = transfer;
  }

  /** Packs a value that has objects of another one. */
  #packApart(value: object, root: string): void {
    if (this.isLight) this.#set(PLAIN, ownCopy(value), undefined);
    else this.#packChecked(value, root);
  }

  /** Packs one large Buffer: it is copied once, and the copy is moved. */
  #packBuffer(buffer: Buffer, root: string): void {
    const { maxPayloadBytes } = this.#capabilities;
    if (buffer.byteLength > maxPayloadBytes) throw tooLarge(root, buffer.byteLength, maxPayloadBytes);
    const bytes = rightSized(buffer).buffer as ArrayBuffer;
    this.#set(BYTES, bytes, [bytes]);
  }

  #packViews(value: object): void {
    if (Buffer.isBuffer(value) && !types.isSharedArrayBuffer(value.buffer)) {
      const isOwn = ownsBuffer(value) && !this.#isTogether();
      this.#set(BYTES, isOwn ? value.buffer : rightSized(value).buffer, undefined);
      return;
    }
    const copier = new Copier([], NOTHING, undefined, this.#isTogether());
    const copy = copier.copy(value);
    if (copier.isBare) this.#set(PLAIN, copy, undefined);
    else this.#set(BYTES, [copy, copier.buffers], undefined);
  }

  #packChecked(value: unknown, root: string): void {
    const check = new SendabilityCheck(this.#capabilities, root);
    check.run(value);
    if (check.hasErrors) {
      this.#packWithErrors(value, check, root);
      return;
    }
    if (check.large.length > 0 && this.#packStored(value, check)) return;
    const { maxPayloadBytes, movesBuffers } = this.#capabilities;
    const isSmall =
      check.isMeasured && check.depth <= DEEPEST_PLAIN && check.size <= LARGEST_PLAIN && check.most + check.bufferBytes <= maxPayloadBytes;
    if (movesBuffers && (check.hasHandles || check.moved.size > 0 || (check.hasShared && !isSmall))) {
      const copier = new Copier([], check.moved, check.readings);
      const copy = check.hasViews || check.readings !== undefined ? copier.copy(value) : value;
      this.#set(SEPARATE, [copy, copier.buffers], [...(check.moved as ReadonlySet<Transferable>), ...copier.movable]);
      return;
    }
    const copier = new Copier(movesBuffers && isSmall ? [] : undefined, NOTHING, check.readings, this.#isTogether());
    const needsCopy = check.readings !== undefined || (copier.buffers !== undefined && (check.hasViews || this.#isTogether()));
    const copy = needsCopy ? copier.copy(value) : value;
    // The copier leaves the views of a value for a process to the serialiser.
    if (!isSmall || (this.#isTogether() && !movesBuffers)) this.#packBytes(copy, root);
    else if (copier.isBare) this.#set(PLAIN, copy, undefined);
    else this.#set(BYTES, [copy, copier.buffers], copier.movable);
  }

  /** Returns false if the value is not packed: no large buffer has another way, or the value may be too large, which its bytes decide. */
  #packStored(value: unknown, check: SendabilityCheck): boolean {
    const { outlet, maxPayloadBytes } = this.#capabilities;
    if (outlet === undefined || !check.isMeasured || check.most + check.bufferBytes > maxPayloadBytes) return false;
    const stored = new Map<object, number>();
    const ids: number[] = [];
    for (const part of check.large) {
      const id = outlet.put(part, this.isReusable);
      if (id !== undefined) stored.set(part, ids.push(id) - 1);
    }
    if (ids.length === 0) return false;
    const copy = check.readings === undefined ? value : new Copier(undefined, NOTHING, check.readings).copy(value);
    this.#set(STORED, [toBytes(copy, undefined, stored), ids], undefined);
    return true;
  }

  #packWithErrors(value: unknown, check: SendabilityCheck, root: string): void {
    const { maxPayloadBytes, movesBuffers } = this.#capabilities;
    const copier = new Copier(movesBuffers ? [] : undefined, check.moved, check.readings);
    const { packed, size } = withErrors(value, copier, root, maxPayloadBytes);
    if (movesBuffers && (check.hasHandles || check.moved.size > 0 || check.hasShared)) {
      this.#set(SEPARATE, packed, [...(check.moved as ReadonlySet<Transferable>), ...copier.movable]);
    } else if (
      check.isMeasured &&
      check.depth <= DEEPEST_PLAIN &&
      check.size + size / UNIT_BYTES <= LARGEST_PLAIN &&
      check.most + check.bufferBytes + size <= maxPayloadBytes
    ) {
      this.#set(BYTES, packed, copier.movable);
    } else {
      const bytes = bytesWithErrors(packed);
      if (bytes.byteLength > maxPayloadBytes) throw tooLarge(root, bytes.byteLength, maxPayloadBytes);
      this.#set(BYTES, bytes, undefined);
    }
  }

  #packBytes(value: unknown, root: string): void {
    const { maxPayloadBytes, movesBuffers } = this.#capabilities;
    const bytes = toBytes(value);
    if (bytes.byteLength > maxPayloadBytes) throw tooLarge(root, bytes.byteLength, maxPayloadBytes);
    this.#set(BYTES, bytes, movesBuffers && bytes.byteLength >= WORTH_TRANSFER ? [bytes.buffer as ArrayBuffer] : undefined);
  }
}
