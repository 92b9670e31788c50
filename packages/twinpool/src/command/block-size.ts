/**
 * Chooses how many records travel together, and how many blocks each worker has, from the measured time per record.
 *
 *   not measured             1 record, 2 blocks per worker
 *   LONG or more per record  1 record: no record waits behind another in its block
 *   less                     as many as take BLOCK ms, at most 8 times the last size: fewer and larger messages
 *
 * Slow records behind fast ones leave the blocks of the fast ones at once: the time of a block that took GIVE_BACK_AFTER ms counts in full.
 *
 * It is given the time by the worker, the loading of the function excluded. This file does not know records.
 */
import { GIVE_BACK_AFTER } from './block-messages.ts';

/** ms. Such records travel alone: a message costs a tenth of their time. */
const LONG = 1;
/** ms of work in one block. Longer: fewer messages. Shorter: less is repeated after a worker was lost without notice. */
const BLOCK = 4;
const MOST_RECORDS = 8192;
const GROWTH = 8;
/** The most by which one block raises the time per record, unless it took long. */
const SLOWER = 1.2;
/** ms of work that wait in front of a worker, and the fewest and most blocks of them. */
const AHEAD = 8;
const FEWEST_AHEAD = 2;
const MOST_AHEAD = 12;

export class BlockSize {
  readonly #fixed: number | undefined;
  #perRecord: number | undefined;
  #records = 1;

  /** @param fixed - The number of records; `undefined`: chosen. */
  constructor(fixed: number | undefined) {
    this.#fixed = fixed;
  }

  get records(): number {
    return this.#fixed ?? this.#records;
  }

  /** Blocks per worker that are handed over, the running one included. */
  get ahead(): number {
    if (this.#perRecord === undefined) return FEWEST_AHEAD;
    const block = this.#perRecord * this.records;
    return Math.max(FEWEST_AHEAD, Math.min(MOST_AHEAD, Math.ceil(AHEAD / block)));
  }

  measured(count: number, took: number): void {
    const each = took / count;
    const before = this.#perRecord;
    // A function becomes faster while it is compiled, and other programs interrupt a block for some ms: less time counts more than more time.
    if (before === undefined || took > GIVE_BACK_AFTER) this.#perRecord = each;
    else this.#perRecord = each < before ? (before + each) / 2 : Math.min(each, before * SLOWER);
    const wanted = this.#perRecord >= LONG ? 1 : Math.floor(BLOCK / this.#perRecord);
    this.#records = Math.max(1, Math.min(wanted, MOST_RECORDS, this.#records * GROWTH));
  }
}
