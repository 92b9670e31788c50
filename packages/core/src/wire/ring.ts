/**
 * One direction of a ring in shared memory: a writer and a reader of records, each a few words of 8 bytes.
 *
 *   record   header: length << 8 | kind (i32), messages posted on the port before it (i32)  |  words: two i32, one f64, or 8 characters
 *
 *   writer:  begin -> pair, number, text ... -> commit: clears the next header, then stores that of the record
 *   reader:  open -> pair, number, text ... -> close: clears the header; TAIL follows
 *
 * Invariants: the header is stored last, so a record that is half written is never read. Behind the last record is a header of 0. So a record needs one
 * line of the cache of the other processor, and no second one that says that it is there. Positions count words without end and are cut to the ring with every
 * access, so neither side reads or writes outside of it, whatever the other side has written. The reader copies a header before it uses it, and reads
 * no word behind the record.
 * This file does not know messages, and does not wait.
 */
import { type Direction, RING_WORDS, TAIL } from './cells.ts';

const MASK = RING_WORDS - 1;
const WORD = 8;
const KIND_BITS = 8;
/** The most words of one record. For a longer message the port is as fast. */
const MOST_WORDS = RING_WORDS / 4;
/** Words after which the reader tells the writer that they may be used again. More: the ring holds less. Fewer: more traffic between processors. */
const TOLD_EVERY = RING_WORDS / 4;
/** The most characters of a text. */
const LONGEST_TEXT = 64;
const LATIN1 = 0xff;

/** One ring, seen as numbers of three kinds. */
class Words {
  readonly ints: Int32Array;
  readonly doubles: Float64Array;
  readonly bytes: Uint8Array;

  constructor({ buffer, byteOffset, BYTES_PER_ELEMENT }: Int32Array, { ring }: Direction) {
    const from = byteOffset + ring * BYTES_PER_ELEMENT;
    this.ints = new Int32Array(buffer, from, 2 * RING_WORDS);
    this.doubles = new Float64Array(buffer, from, RING_WORDS);
    this.bytes = new Uint8Array(buffer, from, WORD * RING_WORDS);
  }
}

export class RingWriter {
  readonly #cells: Int32Array;
  readonly #ring: number;
  readonly #tail: number;
  readonly #words: Words;
  /** The position of the record, the words of it so far, and the most that it may have. */
  #at = 0;
  #length = 0;
  #most = 0;
  /** TAIL as it was read last: reading it costs as much as a line of the cache of another processor. */
  #read = 0;

  constructor(cells: Int32Array, direction: Direction) {
    this.#cells = cells;
    this.#ring = direction.ring;
    this.#tail = direction.receiver + TAIL;
    this.#words = new Words(cells, direction);
    this.#at = Atomics.load(cells, this.#tail);
    this.#read = this.#at;
  }

  /** Begins a record, in place of one that was not committed. */
  begin(): void {
    if (this.#room() < MOST_WORDS) this.#read = Atomics.load(this.#cells, this.#tail);
    this.#most = Math.min(this.#room() - 1, MOST_WORDS);
    this.#length = 1;
  }

  /** The words that are free, as far as this side knows. */
  #room(): number {
    const used = (this.#at - this.#read) | 0;
    // The reader's side may have written anything: then nothing fits.
    return used < 0 ? 0 : RING_WORDS - used;
  }

  /** Whether this number of words fits. */
  hasRoomFor(words: number): boolean {
    return this.#length + words <= this.#most;
  }

  // Each returns false if it does not fit. Then the record must not be committed.

  pair(first: number, second: number): boolean {
    if (this.#length >= this.#most) return false;
    const word = ((this.#at + this.#length++) & MASK) << 1;
    const { ints } = this.#words;
    ints[word] = first;
    ints[word + 1] = second;
    return true;
  }

  number(value: number): boolean {
    if (this.#length >= this.#most) return false;
    this.#words.doubles[(this.#at + this.#length++) & MASK] = value;
    return true;
  }

  /** Writes the characters of a text, and not how many there are. */
  text(text: string): boolean {
    const { length } = text;
    const words = Math.ceil(length / WORD);
    if (length > LONGEST_TEXT || this.#length + words > this.#most) return false;
    const { bytes } = this.#words;
    const from = (this.#at + this.#length) * WORD;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > LATIN1) return false;
      bytes[(from + i) & (WORD * RING_WORDS - 1)] = code;
    }
    this.#length += words;
    return true;
  }

  /** `posted`: the number of messages that this side has posted on the port so far. */
  commit(kind: number, posted: number): void {
    const { ints } = this.#words;
    const word = (this.#at & MASK) << 1;
    ints[word + 1] = posted;
    const header = (this.#length << KIND_BITS) | kind;
    this.#at = (this.#at + this.#length) | 0;
    ints[(this.#at & MASK) << 1] = 0;
    Atomics.store(this.#cells, this.#ring + word, header);
  }
}

/** Throws RangeError when the ring holds what no correct writer leaves there. Then it must not be read any more. */
export class RingReader {
  kind = 0;
  /** The number of messages that the writer had posted on the port before the record. */
  posted = 0;
  /** The other integer of the last pair. */
  second = 0;
  readonly #cells: Int32Array;
  readonly #ring: number;
  readonly #tail: number;
  readonly #words: Words;
  #at = 0;
  /** What TAIL says. */
  #told = 0;
  #next = 0;
  #length = 0;

  constructor(cells: Int32Array, direction: Direction) {
    this.#cells = cells;
    this.#ring = direction.ring;
    this.#tail = direction.receiver + TAIL;
    this.#words = new Words(cells, direction);
    this.#at = Atomics.load(cells, this.#tail);
    this.#told = this.#at;
  }

  /** The next record is there, and was not closed. */
  get hasRecord(): boolean {
    return Atomics.load(this.#cells, this.#ring + ((this.#at & MASK) << 1)) !== 0;
  }

  /** A record was opened, and was not closed. */
  get isOpen(): boolean {
    return this.#length > 0;
  }

  /** Opens the next record, which may be open already. Returns false if there is none. */
  open(): boolean {
    const { ints } = this.#words;
    const word = (this.#at & MASK) << 1;
    const header = Atomics.load(this.#cells, this.#ring + word);
    if (header === 0) {
      this.#length = 0;
      return false;
    }
    this.posted = ints[word + 1] as number;
    this.kind = header & ((1 << KIND_BITS) - 1);
    this.#length = header >> KIND_BITS;
    this.#next = 1;
    if (this.#length < 1 || this.#length > MOST_WORDS)
      throw new RangeError(`expected a record of at most ${MOST_WORDS} words, got ${this.#length}`);
    return true;
  }

  /** Reads a word as two integers, and returns the first one; `second` has the other one. */
  pair(): number {
    const word = this.#take(1) << 1;
    const { ints } = this.#words;
    this.second = ints[word + 1] as number;
    return ints[word] as number;
  }

  number(): number {
    return this.#words.doubles[this.#take(1)] as number;
  }

  text(length: number): string {
    if (length < 0 || length > LONGEST_TEXT) throw new RangeError(`expected a text of at most ${LONGEST_TEXT} characters, got ${length}`);
    const from = this.#take(Math.ceil(length / WORD)) * WORD;
    const { bytes } = this.#words;
    let text = '';
    for (let i = 0; i < length; i++) text += String.fromCharCode(bytes[(from + i) & (WORD * RING_WORDS - 1)] as number);
    return text;
  }

  /** The record is read: its words may be used again, from the next TOLD_EVERY on. Throws if some of it were not read. */
  close(): void {
    const isWhole = this.#next === this.#length;
    this.#words.ints[(this.#at & MASK) << 1] = 0;
    this.#at = (this.#at + this.#length) | 0;
    this.#length = 0;
    if (((this.#at - this.#told) | 0) >= TOLD_EVERY) {
      this.#told = this.#at;
      Atomics.store(this.#cells, this.#tail, this.#at);
    }
    if (!isWhole) throw new RangeError(`expected the end of a record after ${this.#next} words`);
  }

  /** The place in the ring of the next words of the record. */
  #take(words: number): number {
    const at = (this.#at + this.#next) & MASK;
    this.#next += words;
    if (this.#next > this.#length) throw new RangeError(`expected ${this.#next} words of a record, got ${this.#length}`);
    return at;
  }
}
