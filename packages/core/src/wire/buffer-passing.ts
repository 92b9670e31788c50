/**
 * Declares how large buffers travel outside of messages: a sender puts them into a file that both sides have, and a message names them by number.
 *
 *   sender:    put(buffer) -> number --PIECE, PIECE ...--> receiver: reads each piece into memory
 *              message [bytes, numbers] -----------------> receiver: take(numbers), then reads the value
 *
 * Only processes have such a file (lanes/buffer-files.ts, worker/buffer-files.ts). This file does not know files and messages.
 */

/**
 * Bytes. A smaller buffer stays in its message. Smaller: small buffers pay for a system call and a message more than they gain. Larger: buffers of
 * this size are copied four times.
 */
export const LEAST_BUFFER: number = 1 << 18;

/** A buffer, or a view that travels with its own bytes only. */
export type BufferPart = ArrayBuffer | ArrayBufferView;

/** Takes large buffers out of the messages of one sender. */
export interface BufferOutlet {
  /** The size in bytes from which on a buffer goes another way; Infinity while none does. */
  readonly least: number;
  /**
   * Sends the bytes on their way and returns the number of the buffer. `undefined`: the file is full, and the bytes stay in the message. `isReusable`: the
   * receiver may read them into memory that it uses again.
   */
  put(part: BufferPart, isReusable: boolean): number | undefined;
}

/** Has the buffers that arrived outside of messages. */
export interface BufferSource {
  /** Whether all of them have arrived and none was taken. */
  has(ids: readonly number[]): boolean;
  /** Removes and returns buffers. Throws if one of them is not there. `lent` gets those whose memory is used again. */
  take(ids: readonly number[], lent?: ArrayBuffer[]): ArrayBuffer[];
}

/** A value whose large buffers came outside of its message. */
export type StoredValue = readonly [bytes: Uint8Array, ids: readonly number[]];
