/**
 * KeptMemory: keeps a large piece of memory for its next use. New memory has no pages yet: to fill it takes six times as long as to fill kept memory.
 *
 *   take --> in use --give--> kept --take--> in use          kept --not used for DROP_AFTER--> dropped
 *               '--the user does not give it back--> garbage
 *
 * Invariants: at most one piece is kept. It is taken by one user at a time, and given back only when nothing reads it any more. It does not know what the
 * memory is for.
 */
import { Alarm, type Clock } from './clock.ts';

/** Bytes. Smaller pieces are not kept: to get them is cheap. */
export const WORTH_KEEPING: number = 1 << 20;
/** ms. Longer: memory that is not used is kept longer. Shorter: calls with a pause between them get new memory. */
const DROP_AFTER = 1000;
/** A piece is not taken for a use that needs less than this part of it: then a program that once needed much would keep it. */
const LEAST_PART = 1 / 4;

export class KeptMemory {
  readonly #make: (bytes: number) => ArrayBufferLike;
  readonly #alarm: Alarm;
  #kept: ArrayBufferLike | undefined;

  /** `isShared`: threads read the memory. */
  constructor(clock: Clock, isShared: boolean) {
    this.#make = isShared ? (bytes) => new SharedArrayBuffer(bytes) : (bytes) => new ArrayBuffer(bytes);
    this.#alarm = new Alarm(clock, () => {
      this.#kept = undefined;
    });
  }

  /** Returns memory of at least `bytes` bytes, with any content. */
  take(bytes: number): ArrayBufferLike {
    const kept = this.#kept;
    if (kept === undefined || kept.byteLength < bytes || bytes < kept.byteLength * LEAST_PART) return this.#make(bytes);
    this.#kept = undefined;
    this.#alarm.clear();
    return kept;
  }

  /** Nothing reads the memory any more. */
  give(memory: ArrayBufferLike): void {
    const kept = this.#kept;
    if (kept !== undefined && kept.byteLength >= memory.byteLength) return;
    this.#kept = memory;
    this.#alarm.set(DROP_AFTER);
  }
}
