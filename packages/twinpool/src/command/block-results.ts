/**
 * Keeps the results of blocks until they are in order, and writes them.
 *
 *   block --add--> waits --part, part, finish--> done
 *     ordered:    a part is written when all blocks before its own are done. With `stopsOnError` the first failed record ends the output.
 *     unordered:  a part is written at once
 *
 * Invariants: what is written is whole lines, and in order it is a prefix of the whole. `next` is the number of records that are done without a gap from
 * the start of the input, failed ones included, but for the one that ended the output.
 * This file does not know workers.
 */
import type { Part } from './block-messages.ts';
import type { Block } from './records.ts';

export interface ResultTarget {
  /** Whole lines of results. */
  write(bytes: Uint8Array): void;
  /** The line of a failed record. */
  fail(text: string): void;
}

export class BlockEntry {
  /** Finished parts that were not written. */
  readonly parts: Part[] = [];
  /** Records and bytes that belong to it. */
  count: number;
  bytes: number;
  /** Records of it that are finished. */
  done = 0;

  constructor({ count, bytes }: Block) {
    this.count = count;
    this.bytes = bytes.length;
  }

  get isDone(): boolean {
    return this.done === this.count;
  }
}

export class BlockResults {
  readonly #isOrdered: boolean;
  readonly #stopsOnError: boolean;
  readonly #target: ResultTarget;
  /** In the order of the input; the first is at `#first`. */
  #entries: BlockEntry[] = [];
  #first = 0;
  #heldBytes = 0;
  #next: number;
  #written = 0;
  #failed = 0;
  #doneBytes = 0;
  #hasStopped = false;

  constructor(isOrdered: boolean, stopsOnError: boolean, skipped: number, target: ResultTarget) {
    this.#isOrdered = isOrdered;
    this.#stopsOnError = stopsOnError;
    this.#target = target;
    this.#next = skipped;
  }

  /** Records that are done without a gap from the start of the input, in ordered output. */
  get next(): number {
    return this.#next;
  }
  get written(): number {
    return this.#written;
  }
  get failed(): number {
    return this.#failed;
  }
  /** Bytes of the input that are done, without a gap if the output is in order. */
  get doneBytes(): number {
    return this.#doneBytes;
  }
  /** Blocks that are not written. */
  get held(): number {
    return this.#entries.length - this.#first;
  }
  /** Bytes of results that wait for earlier ones. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Records that are left out. */
  skip(block: Block): void {
    this.#doneBytes += block.bytes.length;
  }

  add(block: Block): BlockEntry {
    const entry = new BlockEntry(block);
    if (this.#isOrdered) this.#entries.push(entry);
    return entry;
  }

  /** The rest at the end of an entry becomes an entry of its own, right behind it. */
  split(entry: BlockEntry, rest: Block): BlockEntry {
    entry.count -= rest.count;
    entry.bytes -= rest.bytes.length;
    const behind = new BlockEntry(rest);
    if (this.#isOrdered) this.#entries.splice(this.#entries.indexOf(entry, this.#first) + 1, 0, behind);
    return behind;
  }

  put(entry: BlockEntry, part: Part): void {
    entry.done += part.count;
    if (!this.#isOrdered) {
      this.#write(part, false);
      if (entry.isDone) this.#doneBytes += entry.bytes;
      return;
    }
    entry.parts.push(part);
    this.#heldBytes += part.bytes.length;
    this.#writeInOrder();
  }

  #writeInOrder(): void {
    for (let entry = this.#entries[this.#first]; entry !== undefined; entry = this.#entries[this.#first]) {
      for (const part of entry.parts.splice(0)) {
        this.#heldBytes -= part.bytes.length;
        this.#write(part, this.#stopsOnError);
      }
      if (!entry.isDone) break;
      this.#doneBytes += entry.bytes;
      this.#first += 1;
    }
    if (this.#first < 1024) return;
    this.#entries = this.#entries.slice(this.#first);
    this.#first = 0;
  }

  #write({ count, bytes, failures }: Part, endsAtFailure: boolean): void {
    if (this.#hasStopped) return;
    const [first] = failures;
    if (endsAtFailure && first !== undefined) {
      this.#target.write(bytes.subarray(0, first.at));
      this.#target.fail(first.text);
      this.#written += first.index - this.#next;
      this.#next = first.index;
      this.#failed += 1;
      this.#hasStopped = true;
      return;
    }
    this.#target.write(bytes);
    for (const { text } of failures) this.#target.fail(text);
    this.#next += count;
    this.#written += count - failures.length;
    this.#failed += failures.length;
  }
}
