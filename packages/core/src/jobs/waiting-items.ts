/**
 * WaitingItems: keeps the accepted items of a stream until a lane claims them.
 *
 * Items that were read from an input while the work went on are released with their chunk. Items that were all given at the start are released
 * with the last of them: their chunks are views of the one list, as those of a MapJob, and nothing is copied. It does not know why an item is
 * accepted.
 */
import { Fifo } from '../primitives/fifo.ts';
import type { Job } from './job.ts';
import { ListChunk } from './list-chunk.ts';

export class WaitingItems {
  /** The items that were given at the start; undefined if there are none, or if all of them were cut. */
  #given: readonly unknown[] | undefined;
  readonly #spread: boolean;
  #pulled = new Fifo<unknown>();
  /** The index, in the job, of the first item. */
  #next = 0;

  /** `given`: the caller does not change the array. `spread`: an item is the array of its task's arguments. */
  constructor(given: readonly unknown[] | undefined, spread: boolean) {
    this.#given = given;
    this.#spread = spread;
  }

  get size(): number {
    return this.#given === undefined ? this.#pulled.size : this.#given.length - this.#next;
  }

  /** The number of items that `cut` may return now. */
  get claimable(): number {
    return this.size;
  }

  push(item: unknown): void {
    this.#pulled.push(item);
  }

  /** `items`: the caller does not use the array any more. */
  pushMany(items: unknown[]): void {
    if (this.#pulled.size === 0) this.#pulled = new Fifo(items);
    else for (const item of items) this.#pulled.push(item);
  }

  /** Returns at most `most` items as a chunk of `job`. */
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
