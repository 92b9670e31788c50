/**
 * Items of a stream that were accepted and that no lane has.
 *
 * Decides when an item is let go: with its chunk, where it was pulled from an input as the work went on; with the last of them, where all
 * were given at the start. Chunks of those are views, as a MapJob's: nothing is copied. Refuses to know why an item is accepted.
 */
import { Fifo } from '../primitives/fifo.ts';
import type { Job } from './job.ts';
import { ListChunk } from './list-chunk.ts';

export class WaitingItems {
  /** Undefined when there are none, or none any more. */
  #given: readonly unknown[] | undefined;
  readonly #spread: boolean;
  readonly #pulled = new Fifo<unknown>();
  /** Index, in the job, of the first. */
  #next = 0;

  /** Nobody else writes to `given`. `spread`: an item is the array of its task's arguments. */
  constructor(given: readonly unknown[] | undefined, spread: boolean) {
    this.#given = given;
    this.#spread = spread;
  }

  get size(): number {
    return this.#given === undefined ? this.#pulled.size : this.#given.length - this.#next;
  }

  /** Those that can be cut now. */
  get claimable(): number {
    return this.size;
  }

  push(item: unknown): void {
    this.#pulled.push(item);
  }

  /** The first `most` of them, or all, as a chunk of `job`. */
  cut(job: Job, most: number): ListChunk {
    const base = this.#next;
    const given = this.#given;
    const items = given ?? this.#pulled.shiftMany(most);
    const count = given === undefined ? items.length : Math.min(most, this.size);
    this.#next += count;
    if (this.#next === given?.length) this.#given = undefined;
    return new ListChunk(job, base, count, items, given === undefined ? 0 : base, this.#spread);
  }

  clear(): void {
    this.#given = undefined;
    this.#pulled.clear();
  }
}
