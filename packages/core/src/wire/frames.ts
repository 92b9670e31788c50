/**
 * Encodes messages as length-prefixed frames for a pipe, and cuts a stream of bytes into frames again.
 *
 *   frame = magic u16 | version u8 | 0 u8 | payload bytes u32 | payload          little-endian
 *   payload: compact-message.ts if the message is small and simple, else V8's serialisation format
 *
 *   FrameReader:   header --8 bytes--> payload --all bytes--> onPayload, header
 *                     '--not a header--> push returns false: the stream cannot be read any further
 *
 * Invariants: a header is judged before a byte of its payload is read. `push` never throws. The caller decodes a payload inside `try`, so no frame
 * can end its reader.
 * This file does not know pipes and workers.
 */
import { PayloadTooLargeError } from '../errors.ts';
import { decodeCompact, encodeCompact, isCompact } from './compact-message.ts';
import type { Message } from './messages.ts';
import { fromBytes, toBytes } from './value-bytes.ts';

const MAGIC = 0x7457;
const VERSION = 1;
export const HEADER_BYTES = 8;

/** Returns the message as one frame in one buffer. Throws the errors of the serialiser, and PayloadTooLargeError. */
export function encodeFrame(message: Message, maxPayloadBytes: number): Buffer {
  const compact = encodeCompact(message);
  if (compact !== undefined && compact.length <= maxPayloadBytes) return frameOf(compact);
  const frame = toBytes(message, BLANK_HEADER);
  const length = frame.length - HEADER_BYTES;
  if (length > longestPayload(maxPayloadBytes)) {
    throw new PayloadTooLargeError(
      `the message takes ${length} bytes, more than maxPayloadBytes (${maxPayloadBytes}): send less, or raise maxPayloadBytes`,
    );
  }
  return withHeader(frame);
}

function frameOf(payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  frame.set(payload, HEADER_BYTES);
  return withHeader(frame);
}

function withHeader(frame: Buffer): Buffer {
  const length = frame.length - HEADER_BYTES;
  frame[0] = MAGIC & 0xff;
  frame[1] = MAGIC >>> 8;
  frame[2] = VERSION;
  frame[3] = 0;
  frame[4] = length & 0xff;
  frame[5] = (length >>> 8) & 0xff;
  frame[6] = (length >>> 16) & 0xff;
  frame[7] = length >>> 24;
  return frame;
}

/** The longest payload that either side writes or accepts. */
export function longestPayload(maxPayloadBytes: number): number {
  return maxPayloadBytes + OWN_BYTES;
}

/** The bytes that a message may add to its values. */
const OWN_BYTES = 4096;
const BLANK_HEADER = Buffer.alloc(HEADER_BYTES);

export function decodePayload(payload: Uint8Array): Message {
  const message: unknown = isCompact(payload) ? decodeCompact(payload) : fromBytes(payload);
  if (!Array.isArray(message) || typeof message[0] !== 'number')
    throw new TypeError(`expected a message in the frame, got ${Array.isArray(message) ? 'a list without a kind' : typeof message}`);
  return message as unknown as Message;
}

/** The payload bytes that this header announces; -1 if it is not a header of ours, or announces more than `most`. */
export function payloadLength(header: Uint8Array, at: number, most: number): number {
  const magic = (header[at] as number) | ((header[at + 1] as number) << 8);
  if (magic !== MAGIC || header[at + 2] !== VERSION || header[at + 3] !== 0) return -1;
  const length =
    ((header[at + 4] as number) | ((header[at + 5] as number) << 8) | ((header[at + 6] as number) << 16)) +
    (header[at + 7] as number) * 0x1000000;
  return length > most ? -1 : length;
}

/**
 * Cuts a stream of bytes into payloads. A payload that arrived in one piece is a view of that piece; one that arrived in several pieces is copied
 * once, into a buffer of its length.
 */
export class FrameReader {
  readonly #most: number;
  readonly #onPayload: (payload: Uint8Array) => void;
  /** The incomplete payload, and the number of its bytes that have arrived. */
  #partial: Uint8Array | undefined;
  #filled = 0;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerFilled = 0;
  /** The number of complete frames. */
  frames = 0;

  constructor(most: number, onPayload: (payload: Uint8Array) => void) {
    this.#most = most;
    this.#onPayload = onPayload;
  }

  /** A part of a frame has arrived. */
  get isMidway(): boolean {
    return this.#partial !== undefined || this.#headerFilled > 0;
  }

  /** Returns false if the bytes are not a frame: then the stream cannot be read any further. */
  push(bytes: Uint8Array): boolean {
    let at = 0;
    while (at < bytes.length) {
      if (this.#partial !== undefined) {
        const piece = Math.min(this.#partial.length - this.#filled, bytes.length - at);
        this.#partial.set(bytes.subarray(at, at + piece), this.#filled);
        this.#filled += piece;
        at += piece;
        if (this.#filled < this.#partial.length) return true;
        const whole = this.#partial;
        this.#partial = undefined;
        this.frames += 1;
        this.#onPayload(whole);
        continue;
      }
      if (this.#headerFilled > 0 || bytes.length - at < HEADER_BYTES) {
        const piece = Math.min(HEADER_BYTES - this.#headerFilled, bytes.length - at);
        this.#header.set(bytes.subarray(at, at + piece), this.#headerFilled);
        this.#headerFilled += piece;
        at += piece;
        if (this.#headerFilled < HEADER_BYTES) return true;
        this.#headerFilled = 0;
        if (!this.#begin(this.#header, 0)) return false;
        continue;
      }
      const length = payloadLength(bytes, at, this.#most);
      if (length < 0) return false;
      at += HEADER_BYTES;
      if (bytes.length - at >= length) {
        this.frames += 1;
        this.#onPayload(bytes.subarray(at, at + length));
        at += length;
      } else if (!this.#begin(bytes, at - HEADER_BYTES)) return false;
    }
    return true;
  }

  #begin(header: Uint8Array, at: number): boolean {
    const length = payloadLength(header, at, this.#most);
    if (length < 0) return false;
    this.#filled = 0;
    if (length === 0) this.#onPayload(new Uint8Array(0));
    else {
      try {
        this.#partial = new Uint8Array(length);
      } catch {
        // The machine has less memory than the sender announced.
        return false;
      }
    }
    return true;
  }
}
