/**
 * The worker's side of the files for large buffers (the other side: lanes/buffer-files.ts): reads arguments, and puts results.
 *
 *   argument:  PIECE ... --> memory --take--> task --the task has ended--> kept, if its memory may be used again
 *   result:    put --> region, PIECE ... --> SPACE [taken] --> the region is free
 *
 * Before each buffer it asks whether the descriptor still belongs to the file: about 2 µs.
 *
 * It does not know tasks and messages.
 */
import { fstatSync } from 'node:fs';
import { now } from '../primitives/time.ts';
import { type BufferOutlet, type BufferPart, LEAST_BUFFER } from '../wire/buffer-passing.ts';
import { BufferReader } from '../wire/buffer-reader.ts';
import { BufferWriter } from '../wire/buffer-writer.ts';
import { type Message, SPACE } from '../wire/messages.ts';
import type { LentBuffers } from './transport.ts';

const FROM_PROGRAM = 6;
const TO_PROGRAM = 7;
/** ms without the file after the file system has refused something. */
const PAUSE = 10_000;
/** Buffers that are kept. More: tasks with several arguments need no new memory. Fewer: less memory. */
const MOST_KEPT = 8;

export class WorkerBuffers implements BufferOutlet, LentBuffers {
  readonly #send: (message: Message) => void;
  #arguments: string | undefined;
  #results: string | undefined;
  #reader: BufferReader | undefined;
  #writer: BufferWriter | undefined;
  #room = 0;
  /** The room that the program was asked for. */
  #asked = 0;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  /** Memory of arguments whose tasks have ended; the newest are last. */
  readonly #kept: ArrayBuffer[] = [];

  constructor(send: (message: Message) => void) {
    this.#send = send;
  }

  /** The program has files for this worker. It gets a message if they did not arrive here. */
  open(room: number): void {
    this.#arguments = fileAt(FROM_PROGRAM);
    this.#results = fileAt(TO_PROGRAM);
    if (this.#arguments === undefined || this.#results === undefined) {
      this.#send([SPACE, 0]);
      return;
    }
    this.#room = room;
    this.#reader = new BufferReader(FROM_PROGRAM, {
      most: () => Number.POSITIVE_INFINITY,
      mostOfOne: Number.POSITIVE_INFINITY,
      isStrict: false,
      allocate: (total) => this.#memory(total),
    });
    this.#writer = new BufferWriter(TO_PROGRAM, {
      announce: (piece) => this.#send(piece),
      mayGrow: (_from, to) => this.#mayGrow(to),
      failed: () => {
        this.#pausedUntil = now() + PAUSE;
      },
    });
  }

  /** More of an argument follows. */
  get isMidway(): boolean {
    return this.#reader?.isMidway === true;
  }

  // Arguments.

  /** Returns whether the piece was read. */
  piece(message: Message): boolean {
    return this.#reader !== undefined && fileAt(FROM_PROGRAM) === this.#arguments && this.#reader.piece(message) === undefined;
  }

  has(ids: readonly number[]): boolean {
    return this.#reader?.has(ids) === true;
  }

  take(ids: readonly number[], lent?: ArrayBuffer[]): ArrayBuffer[] {
    if (this.#reader === undefined) throw new RangeError('this worker has no file for buffers');
    return this.#reader.take(ids, lent);
  }

  /** The task that had them has ended, and its outcome was sent. */
  giveBack(lent: readonly ArrayBuffer[]): void {
    this.#kept.push(...lent);
    this.#kept.splice(0, this.#kept.length - MOST_KEPT);
  }

  // Results.

  get least(): number {
    return this.#writer === undefined || now() < this.#pausedUntil ? Number.POSITIVE_INFINITY : LEAST_BUFFER;
  }

  put(part: BufferPart): number | undefined {
    // Else the result travels in its message.
    return fileAt(TO_PROGRAM) === this.#results ? this.#writer?.put(part, false) : undefined;
  }

  /** The program has read all buffers up to `taken`, and results may use `bytes` of the file. */
  hasRoom(taken: number, bytes: number, rests: boolean): void {
    this.#writer?.releaseUpTo(taken);
    this.#writer?.shrink(bytes);
    this.#room = bytes;
    this.#asked = 0;
    if (!rests) return;
    this.#kept.length = 0;
    this.#reader?.forget();
  }

  #mayGrow(to: number): boolean {
    if (to <= this.#room) return true;
    if (to > this.#asked) this.#send([SPACE, to]);
    this.#asked = Math.max(to, this.#asked);
    return false;
  }

  #memory(total: number): Uint8Array<ArrayBuffer> {
    const at = this.#kept.findLastIndex(({ byteLength }) => byteLength === total);
    if (at >= 0) return new Uint8Array(this.#kept.splice(at, 1)[0] as ArrayBuffer);
    // Buffers of ever new lengths take no more memory than without keeping.
    this.#kept.shift();
    return Buffer.allocUnsafeSlow(total);
  }
}

/** Names the file of a descriptor; `undefined`: it has none. A task may close a descriptor that is not its own, and get its number for a file of its own. */
export function fileAt(fd: number): string | undefined {
  try {
    const stat = fstatSync(fd);
    return stat.isFile() ? `${stat.dev} ${stat.ino}` : undefined;
  } catch {
    return undefined;
  }
}
