/**
 * Cuts a stream of bytes into blocks of whole records, without making a string of any record.
 *
 *   chunk --push--> [ .......record\n record\n record\n part ]     --cut(most)--> block of at most `most` records
 *                        the part of a record at a chunk's end waits for the next chunk
 *
 * Formats: 'json' has one record per line that is not white space; 'lines' one per line; 'csv' one per row, whose quotes may hold newlines, after the
 * first row. Only LF ends a line here; the CR of CRLF stays, and the worker drops it.
 *
 * Invariants: blocks come in the order of the input, and their `index` and `line` count without a gap. Every byte is scanned once.
 * This file does not parse records: the worker does.
 */

import { CsvRowScanner } from './csv-rows.ts';
import { Misuse } from './misuse.ts';

export type RecordFormat = 'json' | 'lines' | 'csv';

export interface Block {
  readonly bytes: Uint8Array;
  /** The records in it. */
  readonly count: number;
  /** The index of its first record in the input, from 0. */
  readonly index: number;
  /** The number of its first line in the input, from 1. */
  readonly line: number;
}

const LF = 10;
const EMPTY = Buffer.alloc(0);
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** Bytes of one block, unless one record is larger. Larger: fewer calls. Smaller: less memory. */
const MOST_BYTES = 256 * 1024;
/** Bytes of one record: a message to a worker takes no more. */
const MOST_OF_RECORD = 255 * 1024 * 1024;

export class RecordCutter {
  readonly #format: RecordFormat;
  readonly #csv: CsvRowScanner | undefined;
  #chunk: Buffer = EMPTY;
  /** Where the next record begins in the chunk, and how far the chunk was scanned. */
  #start = 0;
  #scanned = 0;
  /** The beginning of a record whose end has not come. */
  #parts: Buffer[] = [];
  #partBytes = 0;
  /** Where the first record of the chunk ends, if it began in an earlier chunk: it must not be scanned again. */
  #firstEnd: number | undefined;
  #index = 0;
  #line = 1;
  #hasBegun = false;
  #hasEnded = false;
  #isWhole = false;
  #header: Uint8Array | undefined;

  /** @param whole - Bytes that were cut before, and are all there is: they have neither a mark nor a header. Default: what is pushed. */
  constructor(format: RecordFormat, whole?: Buffer) {
    this.#format = format;
    if (format === 'csv') this.#csv = new CsvRowScanner();
    if (whole === undefined) return;
    this.#isWhole = this.#hasBegun = true;
    this.#header = EMPTY;
    this.#take(whole);
  }

  /** The number of the line behind the last block, from 1. */
  get line(): number {
    return this.#line;
  }

  /** The first row of a CSV input, once it has come. */
  get header(): Uint8Array | undefined {
    return this.#header;
  }
  /** The next chunk may be pushed: the last one has been cut up. */
  get isEmpty(): boolean {
    return this.#start === this.#chunk.length;
  }

  /** To be called when `isEmpty`. */
  push(chunk: Buffer): void {
    const bytes = this.#hasBegun ? chunk : this.#withoutMark(chunk, false);
    if (bytes === undefined) return;
    this.#take(bytes);
  }

  /** The input has ended: what is left is the last record. */
  end(): void {
    if (!this.#hasBegun) this.#take(this.#withoutMark(EMPTY, true) as Buffer);
    this.#hasEnded = true;
    if (this.#partBytes > 0) this.#join(EMPTY, 0);
  }

  /** Returns at most `most` records; `undefined` if another chunk is needed, or the input has ended. */
  cut(most: number): Block | undefined {
    if (this.#csv !== undefined && this.#header === undefined && !this.#cutHeader()) return undefined;
    for (;;) {
      const block = this.#cutSome(most);
      // Lines that are not records.
      if (block !== undefined && block.count === 0) continue;
      if (block !== undefined || !this.#isWhole || this.#hasEnded) return block;
      this.end();
    }
  }

  /** A mark may come in several chunks. Returns `undefined` while it may still be one. */
  #withoutMark(chunk: Buffer, isLast: boolean): Buffer | undefined {
    const bytes = Buffer.concat([...this.#parts, chunk]);
    if (!isLast && bytes.length < BYTE_ORDER_MARK.length && bytes.equals(BYTE_ORDER_MARK.subarray(0, bytes.length))) {
      this.#parts = [bytes];
      return undefined;
    }
    this.#parts = [];
    this.#hasBegun = true;
    return bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
  }

  #take(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#start = this.#scanned = 0;
    if (this.#partBytes === 0) return;
    const end = this.#endOfRecord(chunk, 0);
    if (end === -1) this.#keepRest();
    else this.#join(chunk, end);
  }

  /** The rest of the chunk, scanned to its end, is the beginning of a record. */
  #keepRest(): void {
    const rest = this.#chunk.subarray(this.#start);
    this.#start = this.#scanned = this.#chunk.length;
    if (rest.length === 0) return;
    this.#parts.push(rest);
    this.#partBytes += rest.length;
    if (this.#partBytes > MOST_OF_RECORD)
      throw new Misuse(`the record that begins at line ${this.#line} of the input is larger than ${MOST_OF_RECORD} bytes`);
  }

  /** A copy of a chunk costs less than a block for the record at its beginning alone. */
  #join(chunk: Buffer, end: number): void {
    this.#firstEnd = this.#partBytes + end;
    this.#chunk = Buffer.concat([...this.#parts, chunk]);
    this.#start = this.#scanned = 0;
    this.#parts = [];
    this.#partBytes = 0;
  }

  /** Returns the place behind the LF that ends the record; -1 if the chunk has none. */
  #endOfRecord(chunk: Buffer, from: number): number {
    return this.#csv === undefined ? chunk.indexOf(LF, from) + 1 || -1 : this.#csv.endOfRow(chunk, from);
  }

  #cutHeader(): boolean {
    for (;;) {
      const row = this.#cutSome(1);
      if (row === undefined) return false;
      if (row.count === 0) continue;
      this.#header = row.bytes;
      this.#index = 0;
      return true;
    }
  }

  #cutSome(most: number): Block | undefined {
    const chunk = this.#chunk;
    const start = this.#start;
    let count = 0;
    let lines = 0;
    // The scanner of CSV keeps its state at the end of the chunk, so the part of a record there must not be scanned again.
    while (count < most && this.#start - start < MOST_BYTES && this.#scanned < chunk.length) {
      const end = this.#firstEnd ?? this.#endOfRecord(chunk, this.#scanned);
      this.#firstEnd = undefined;
      if (end === -1) {
        this.#scanned = chunk.length;
        break;
      }
      if (this.#isRecord(chunk, this.#start, end)) count += 1;
      lines += this.#csv === undefined ? 1 : this.#csv.takeLines();
      this.#start = this.#scanned = end;
    }
    if (this.#start === start) {
      this.#keepRest();
      return undefined;
    }
    return this.#block(chunk.subarray(start, this.#start), count, lines);
  }

  #block(bytes: Uint8Array, count: number, lines: number): Block {
    const block = { bytes, count, index: this.#index, line: this.#line };
    this.#index += count;
    this.#line += lines;
    return block;
  }

  #isRecord(bytes: Buffer, start: number, end: number): boolean {
    if (this.#format === 'lines') return true;
    if (this.#format === 'csv') return !isEmptyRow(bytes, start, end);
    return !isWhite(bytes, start, end);
  }
}

function isEmptyRow(bytes: Buffer, start: number, end: number): boolean {
  const length = end - start;
  return (length === 1 && bytes[start] === LF) || (length === 2 && bytes[start] === 13 && bytes[start + 1] === LF);
}

/** Most lines begin with a byte that is visible, so they are not decoded. */
function isWhite(bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[start] as number;
  if (first > 0x20 && first < 0x80) return false;
  return bytes.toString('utf8', start, end).trim() === '';
}
