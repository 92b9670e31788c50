/**
 * Items of a checked task from their acceptance until a lane takes them: each is validated when it is accepted.
 *
 *   push, or a list --validate--> slot: pending --> ready --cut--> a chunk
 *                                          '------> refused: its task is settled at once, and no lane ever sees it
 *
 * Chunks hold consecutive items in input order, so a pending one holds up those behind it. An asynchronous schema validates at most
 * MOST_PENDING items of a list at a time. Knows no lanes; code of the user (the schema) runs in `push` and may call back into everything.
 */
import { Fifo } from '../primitives/fifo.ts';
import { type Job, parseArguments } from './job.ts';
import { ListChunk } from './list-chunk.ts';

const MOST_PENDING = 1024;

interface Slot {
  /** Undefined while the schema has not answered. */
  args: readonly unknown[] | undefined;
  isRefused: boolean;
}

export class CheckedItems {
  readonly #job: Job;
  readonly #spread: boolean;
  readonly #slots = new Fifo<Slot>();
  /** Index, in the job, of the first slot, and of the item that comes next. */
  #base = 0;
  #next = 0;
  #size = 0;
  #pending = 0;
  /** Rises when all is dropped: what a schema answers afterwards counts no more. */
  #generation = 0;
  /** Items that were not validated yet, from `#next` on. */
  #list: ArrayLike<unknown> | undefined;

  /** `spread`: an item is the array of its task's arguments. */
  constructor(job: Job, spread: boolean, list: ArrayLike<unknown> | undefined) {
    this.#job = job;
    this.#spread = spread;
    this.#list = list;
  }

  /** Items whose tasks no lane has and that are not settled. */
  get size(): number {
    return this.#size + (this.#list === undefined ? 0 : this.#list.length - this.#next);
  }

  /** Those that can be cut now; an upper bound. */
  get claimable(): number {
    return this.isPending ? 0 : this.#size;
  }

  /** The first item waits for its schema. */
  get isPending(): boolean {
    return this.#slots.size === 0 ? this.size > 0 : this.#slots.first?.args === undefined;
  }

  /** Validates the list, as far as MOST_PENDING goes. */
  validate(): void {
    while (this.#list !== undefined && this.#pending < MOST_PENDING) {
      const item = this.#list[this.#next];
      const isLast = this.#next === this.#list.length - 1;
      if (isLast) this.#list = undefined;
      this.push(item);
    }
  }

  /** `item` was accepted as the next of the job. */
  push(item: unknown): void {
    const slot: Slot = { args: undefined, isRefused: false };
    const index = this.#next++;
    const generation = this.#generation;
    this.#slots.push(slot);
    this.#size += 1;
    this.#pending += 1;
    let isHere = true;
    parseArguments(this.#job, this.#spread ? (item as readonly unknown[]) : [item], (ok, value) => {
      if (generation !== this.#generation) return;
      this.#pending -= 1;
      if (ok) slot.args = value as readonly unknown[];
      else this.#refuse(slot, index, value);
      if (isHere) return;
      this.validate();
      this.#job.owner.wake(this.#job);
    });
    isHere = false;
  }

  /** The first `most` that are ready, as a chunk. */
  cut(job: Job, most: number): ListChunk | undefined {
    const lists: (readonly unknown[])[] = [];
    const base = this.#base;
    for (let slot = this.#slots.first; slot?.args !== undefined && !slot.isRefused && lists.length < most; slot = this.#slots.first) {
      lists.push(slot.args);
      this.#slots.shift();
    }
    this.#base += lists.length;
    this.#size -= lists.length;
    this.#dropRefused();
    return lists.length === 0 ? undefined : new ListChunk(job, base, lists.length, lists, 0, true);
  }

  clear(): void {
    this.#generation += 1;
    this.#list = undefined;
    this.#slots.clear();
    this.#base = this.#next;
    this.#size = 0;
    this.#pending = 0;
  }

  #refuse(slot: Slot, index: number, error: unknown): void {
    slot.args = NONE;
    slot.isRefused = true;
    this.#size -= 1;
    this.#dropRefused();
    this.#job.settle(index, false, error);
  }

  #dropRefused(): void {
    while (this.#slots.first?.isRefused) {
      this.#slots.shift();
      this.#base += 1;
    }
  }
}

const NONE: readonly unknown[] = [];
