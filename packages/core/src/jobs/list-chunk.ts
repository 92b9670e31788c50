/**
 * ListChunk: consecutive items of a list, as a chunk of a job.
 *
 * The chunk is a view: the list is shared with the job and with other chunks, and is never copied or changed.
 */
import { types } from 'node:util';
import type { NumberArray } from '../primitives/number-array.ts';
import { numbersIn } from '../primitives/packed-numbers.ts';
import type { Chunk, Job } from './job.ts';

export class ListChunk implements Chunk {
  readonly job: Job;
  readonly base: number;
  readonly spread: boolean;
  count: number;
  charge = 0;
  readonly #items: ArrayLike<unknown>;
  readonly #from: number;
  readonly #results: Float64Array | undefined;

  /**
   * `base`: the index, in the job, of the first task. `from`: the index, in `items`, of its item. `spread`: items are arrays of arguments. `results`: shared
   * memory with an element for each task of the job.
   */
  constructor(
    job: Job,
    base: number,
    count: number,
    items: ArrayLike<unknown>,
    from: number,
    spread: boolean,
    results: Float64Array | undefined = undefined,
  ) {
    this.job = job;
    this.base = base;
    this.count = count;
    this.spread = spread;
    this.#items = items;
    this.#from = from;
    this.#results = results;
  }

  at(offset: number): unknown {
    return this.#items[this.#from + offset];
  }

  numbers(): NumberArray | undefined {
    const items = this.#items;
    if (this.spread || !types.isTypedArray(items) || types.isBigInt64Array(items) || types.isBigUint64Array(items)) return undefined;
    return (items as NumberArray).subarray(this.#from, this.#from + this.count);
  }

  packed(): NumberArray | undefined {
    return this.spread ? undefined : numbersIn(this.#items, this.#from, this.count);
  }

  results(): Float64Array | undefined {
    return this.#results?.subarray(this.base, this.base + this.count);
  }

  splitTail(count: number): Chunk {
    const kept = this.count - count;
    const tail = new ListChunk(this.job, this.base + kept, count, this.#items, this.#from + kept, this.spread, this.#results);
    tail.charge = this.charge;
    this.count = kept;
    return tail;
  }
}
