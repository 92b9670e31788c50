/**
 * Measures how much memory this worker uses, not more often than is worth its cost.
 *
 *   without a limit: with an answer, if the last measurement is EVERY ms and SHARE times its own cost ago
 *   with a limit:    after each task that may have used much since the last measurement
 *
 * The number is that of `maxMemoryPerChild` and of `WorkerLostError.memory`. It does not know what follows from it.
 */
import v8 from 'node:v8';
import { now } from '../primitives/time.ts';

/** Captured: a task may replace what it finds. */
const { getHeapStatistics } = v8;

/** The bytes that this thread uses. */
export function heapAndExternal(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

/** ms. Shorter: the memory of a lost worker is known as it was shortly before. Longer: measuring costs less. */
const EVERY = 10;
/** A measurement is made at most after this many times what the last one took. Less: measuring costs more than 0.5 % of the worker's time. */
const SHARE = 200;

export class UsedMemory {
  readonly #measure: () => number;
  /** The time, in ms, in which a task cannot use much. */
  readonly #harmless: number;
  #bytes: number | undefined;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #cost = 0;

  /** `harmless`: ms of work after which a limit is looked at. */
  constructor(measure: () => number, harmless: number) {
    this.#measure = measure;
    this.#harmless = harmless;
  }

  /** Returns the bytes of a new measurement, if it is time for one; `time`: now. */
  sometimes(time: number): number | undefined {
    return time - this.#measuredAt < Math.max(EVERY, SHARE * this.#cost) ? undefined : this.measure();
  }

  /** Returns whether a task that has ended uses, with all that went before, more than `limit`. */
  exceeds(limit: number): boolean {
    if (this.#bytes !== undefined && now() - this.#measuredAt < this.#harmless) return this.#bytes > limit;
    return this.measure() > limit;
  }

  /** The bytes of the last measurement. */
  get bytes(): number | undefined {
    return this.#bytes;
  }

  measure(): number {
    const before = now();
    this.#bytes = this.#measure();
    this.#measuredAt = now();
    this.#cost = this.#measuredAt - before;
    return this.#bytes;
  }
}
