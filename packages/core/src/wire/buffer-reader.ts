/**
 * Reads the buffers that another process puts into a file, piece by piece, and keeps them until the message that uses them comes.
 *
 *   nothing --first piece--> partial --last piece--> whole --take--> gone
 *                               '--given up--> nothing      '--a later buffer lies in its place--> gone
 *
 * Invariants: a piece is read when it is announced, so a buffer is independent of its file once its last piece was announced. A region that was not
 * acknowledged holds no other buffer (`isStrict`). Bytes that are not in the file make their buffer unreadable, and no other.
 * This file does not know who announces the pieces, nor which message uses a buffer.
 */
import { readSync } from 'node:fs';
import type { BufferSource } from './buffer-passing.ts';
import type { Message } from './messages.ts';

interface Incoming {
  readonly id: number;
  readonly position: number;
  readonly total: number;
  readonly isReusable: boolean;
  readonly bytes: Uint8Array<ArrayBuffer>;
  done: number;
  /** Some of its bytes were not in the file. */
  isBroken: boolean;
}

export interface ReaderRules {
  /** The length of the file, and of one buffer, that the sender may use. */
  readonly most: () => number;
  readonly mostOfOne: number;
  /** The sender must not use a region again before `acknowledge` has returned its buffer. */
  readonly isStrict: boolean;
  /** Memory for a buffer. Default: new memory. */
  readonly allocate?: (total: number) => Uint8Array<ArrayBuffer>;
}

export class BufferReader implements BufferSource {
  readonly #fd: number;
  readonly #rules: ReaderRules;
  readonly #whole = new Map<number, Incoming>();
  /** Buffers that were not acknowledged. */
  readonly #unacknowledged = new Map<number, Incoming>();
  #partial: Incoming | undefined;
  #lastId = 0;
  #acknowledged = 0;
  #extent = 0;

  constructor(fd: number, rules: ReaderRules) {
    this.#fd = fd;
    this.#rules = rules;
  }

  /** More pieces of a buffer follow. */
  get isMidway(): boolean {
    return this.#partial !== undefined;
  }
  /** The bytes of the file that were used since the last `forget`. */
  get extent(): number {
    return this.#extent;
  }
  /** Buffers were read that the sender does not know of. */
  get owesAcknowledgement(): boolean {
    return this.#partial === undefined && this.#acknowledged !== this.#lastId;
  }

  /** Takes a PIECE message, whose form is right. Returns what is wrong with it, as the end of a sentence. */
  piece([, id, position, total, end, isReusable]: Message): string | undefined {
    const isFirst = this.#partial === undefined;
    if (end === 0) return this.#giveUp(id as number);
    this.#partial ??= this.#begin(id as number, position as number, total as number, isReusable === true);
    const partial = this.#partial;
    if (partial === undefined) return 'it put a buffer where it must not';
    if (!isFirst && (partial.id !== id || partial.position !== position || partial.total !== total))
      return 'it mixed the pieces of two buffers';
    if ((end as number) <= partial.done || (end as number) > partial.total) return 'it announced a piece of the wrong length';
    this.#read(partial, end as number);
    if (partial.done === partial.total) {
      this.#partial = undefined;
      if (!partial.isBroken) this.#whole.set(partial.id, partial);
    }
    return partial.isBroken ? 'it announced bytes that are not in its file' : undefined;
  }

  has(ids: readonly number[]): boolean {
    return ids.every((id) => this.#whole.has(id));
  }

  take(ids: readonly number[], lent?: ArrayBuffer[]): ArrayBuffer[] {
    return ids.map((id) => {
      const incoming = this.#whole.get(id);
      if (incoming === undefined) throw new RangeError(`buffer ${id} is not there`);
      this.#whole.delete(id);
      const { buffer } = incoming.bytes;
      if (incoming.isReusable) lent?.push(buffer);
      return buffer;
    });
  }

  /** Returns the number of the last buffer that was read: the sender may use the regions of all up to it. */
  acknowledge(): number {
    this.#unacknowledged.clear();
    this.#acknowledged = this.#lastId;
    return this.#lastId;
  }

  /** The file is emptied. Buffers that no message has used are not needed. */
  forget(): void {
    this.#whole.clear();
    this.#extent = 0;
  }

  #begin(id: number, position: number, total: number, isReusable: boolean): Incoming | undefined {
    const { most, mostOfOne, isStrict, allocate = newMemory } = this.#rules;
    const end = position + total;
    if (id !== this.#lastId + 1 || total > mostOfOne || end > most()) return undefined;
    if (isStrict) for (const other of this.#unacknowledged.values()) if (overlaps(other, position, end)) return undefined;
    for (const other of this.#whole.values()) if (overlaps(other, position, end)) this.#whole.delete(other.id);
    this.#lastId = id;
    this.#extent = Math.max(this.#extent, end);
    const bytes = isReusable ? allocate(total) : newMemory(total);
    const incoming = { id, position, total, isReusable, bytes, done: 0, isBroken: false };
    if (isStrict) this.#unacknowledged.set(id, incoming);
    return incoming;
  }

  #giveUp(id: number): string | undefined {
    if (this.#partial?.id !== id) return 'it gave up a buffer that it had not begun';
    this.#partial = undefined;
    this.#unacknowledged.delete(id);
    return undefined;
  }

  #read(into: Incoming, to: number): void {
    try {
      while (into.done < to) {
        const count = readSync(this.#fd, into.bytes, into.done, to - into.done, into.position + into.done);
        if (count === 0) break;
        into.done += count;
      }
    } catch {}
    into.isBroken ||= into.done < to;
    into.done = to;
  }
}

function overlaps(other: Incoming, from: number, to: number): boolean {
  return other.position < to && from < other.position + other.total;
}

function newMemory(total: number): Uint8Array<ArrayBuffer> {
  return Buffer.allocUnsafeSlow(total);
}
