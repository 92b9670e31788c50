/**
 * Puts buffers into a file that another process reads, and announces each piece of them.
 *
 *   file:    |region 1|  free  |region 2|region 3|  '-- extent: the end of what was used since the file was emptied
 *
 *   put:     find a region --write a piece, announce it--> the next piece ... --> the number of the buffer
 *               '-- no room, or the file system refuses: undefined, and the region is free again
 *
 * Invariants: a region belongs to its buffer until `release`. A piece is announced after it is in the file. The pieces of a buffer follow each other, with
 * no piece of another buffer between them. No error leaves `put`.
 * This file does not know when the other side has read a buffer, nor how a file is opened.
 */
import { ftruncateSync, writeSync } from 'node:fs';
import type { BufferPart } from './buffer-passing.ts';
import { type Message, PIECE } from './messages.ts';

/** Bytes. The other side reads a piece while the next one is written. Smaller: more messages. Larger: less is done at the same time. */
const PIECE_BYTES = 2 << 20;
/** Regions begin at multiples of the size of a memory page. */
const PAGE = 4096;

interface Region {
  readonly id: number;
  readonly position: number;
  /** The first page after it. */
  readonly end: number;
}

export interface WriterActions {
  announce(piece: Message): void;
  /** Asks for a file of that many bytes. */
  mayGrow(from: number, to: number): boolean;
  /** The file system refuses to take more. */
  failed(): void;
}

export class BufferWriter {
  readonly #fd: number;
  readonly #actions: WriterActions;
  /** In the order of their positions. */
  readonly #regions: Region[] = [];
  #lastId = 0;
  #extent = 0;

  constructor(fd: number, actions: WriterActions) {
    this.#fd = fd;
    this.#actions = actions;
  }

  /** The bytes of the file that were used since it was emptied. */
  get extent(): number {
    return this.#extent;
  }

  /** Returns the number of the buffer; `undefined` if the file cannot take it. */
  put(part: BufferPart, isReusable: boolean): number | undefined {
    const bytes = ArrayBuffer.isView(part) ? new Uint8Array(part.buffer, part.byteOffset, part.byteLength) : new Uint8Array(part);
    const region = this.#allocate(bytes.length);
    if (region === undefined) return undefined;
    const { id, position } = region;
    const total = bytes.length;
    let done = 0;
    let announced = 0;
    try {
      while (done < total) {
        const end = Math.min(done + PIECE_BYTES, total);
        while (done < end) done += this.#write(bytes, done, end, position);
        this.#actions.announce([PIECE, id, position, total, end, isReusable]);
        announced = end;
      }
      return id;
    } catch {
      if (announced > 0) this.#actions.announce([PIECE, id, position, total, 0, isReusable]);
      this.release(id);
      this.#actions.failed();
      return undefined;
    }
  }

  /** The other side does not need the buffer any more. */
  release(id: number): void {
    const at = this.#regions.findIndex((region) => region.id === id);
    if (at >= 0) this.#regions.splice(at, 1);
  }

  /** The same for all buffers up to this number. */
  releaseUpTo(id: number): void {
    for (let at = this.#regions.length - 1; at >= 0; at--) if ((this.#regions[at] as Region).id <= id) this.#regions.splice(at, 1);
  }

  /** The file may have only that many bytes from now on, and no buffer lies behind them. */
  shrink(to: number): void {
    this.#extent = Math.min(this.#extent, to);
  }

  /** The other side needs no buffer of the file. */
  empty(): void {
    this.#regions.length = 0;
    this.#extent = 0;
    try {
      ftruncateSync(this.#fd, 0);
    } catch {}
  }

  #write(bytes: Uint8Array, from: number, to: number, position: number): number {
    const count = writeSync(this.#fd, bytes, from, to - from, position + from);
    if (count === 0) throw new RangeError('the file takes no more bytes');
    return count;
  }

  /** Takes the first place that is long enough. */
  #allocate(length: number): Region | undefined {
    let position = 0;
    let at = 0;
    for (; at < this.#regions.length; at++) {
      const region = this.#regions[at] as Region;
      if (region.position - position >= length) break;
      position = region.end;
    }
    const end = Math.ceil((position + length) / PAGE) * PAGE;
    if (end > this.#extent) {
      if (!this.#actions.mayGrow(this.#extent, end)) return undefined;
      this.#extent = end;
    }
    this.#lastId += 1;
    const region = { id: this.#lastId, position, end };
    this.#regions.splice(at, 0, region);
    return region;
  }
}
