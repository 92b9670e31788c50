/**
 * CheckedItems: validates the items of a checked task, and keeps them until a lane claims them.
 *
 *   push, or a list --validate--> slot: pending --> ready --cut--> a chunk
 *                                          '------> refused: its task is settled at once, and no lane gets it
 *
 * Invariants: chunks hold consecutive items in input order, so a pending item holds up the items behind it. An asynchronous schema validates at
 * most MOST_PENDING items of a list at the same time. The schema is code of the user: it runs in `push` and may call the API. This file does not
 * know lanes.
 */
import { Fifo } from '../primitives/fifo.ts';
import { type Job, parseArguments } from './job.ts';
import { ListChunk } from './list-chunk.ts';

const MOST_PENDING = 1024;

interface Slot {
  /** Undefined while the validation is pending. */
  args: readonly unknown[] | undefined;
  isRefused: boolean;
}

export class CheckedItems {
  readonly #job: Job;
  readonly #spread: boolean;
  readonly #slots = new Fifo<Slot>();
  /** The index, in the job, of the first slot. */
  #base = 0;
  /** The index, in the job, of the next item to be validated. */
  #next = 0;
  #size = 0;
  #pending = 0;
  /** Rises with `clear`: later results of a schema are ignored. */
  #generation = 0;
  /** A list whose items from `#next` on are not validated yet. */
  #list: ArrayLike<unknown> | undefined;

  /** `spread`: an item is the array of its task's arguments. */
  constructor(job: Job, spread: boolean, list: ArrayLike<unknown> | undefined) {
    this.#job = job;
    this.#spread = spread;
    this.#list = list;
  }

  /** The number of items that are not claimed and whose tasks are not settled. */
  get size(): number {
    return this.#size + (this.#list === undefined ? 0 : this.#list.length - this.#next);
  }

  /** An upper bound of the items that `cut` returns now. */
  get claimable(): number {
    return this.isPending ? 0 : this.#size;
  }

  /** The validation of the first item is pending. */
  get isPending(): boolean {
    return this.#slots.size === 0 ? this.size > 0 : this.#slots.first?.args === undefined;
  }

  /** Validates items of the list until MOST_PENDING of them are pending. */
  validate(): void {
    while (this.#list !== undefined && this.#pending < MOST_PENDING) {
      const item = this.#list[this.#next];
      const isLast = this.#next === this.#list.length - 1;
      if (isLast) this.#list = undefined;
      this.push(item);
    }
  }

  /** Validates `item`, which was accepted as the next item of the job. */
  push(item: unknown): void {
    const slot: Slot = { args: undefined, isRefused: false };
    const index = this.#next++;
    const generation = this.#generation;
    this.#slots.push(slot);
    this.#size += 1;
    this.#pending += 1;
    let isSynchronous = true;
    parseArguments(this.#job, this.#spread ? (item as readonly unknown[]) : [item], (ok, value) => {
      if (generation !== this.#generation) return;
      this.#pending -= 1;
      if (ok) slot.args = value as readonly unknown[];
      else this.#refuse(slot, index, value);
      if (isSynchronous) return;
      this.validate();
      this.#job.owner.wake(this.#job);
    });
    isSynchronous = false;
  }

  /** Returns at most `most` ready items as a chunk; undefined if the first item is not ready. */
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

  /** Drops all items. */
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
