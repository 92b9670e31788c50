/**
 * Parses the records of one block, in the worker: each call of `next()` returns the next record, or throws what is wrong with it.
 *
 *   json    text --LF--> line --JSON.parse--> record          lines of white space are left out
 *   lines   text --LF--> record                               the CR of CRLF is dropped
 *   csv     all rows at once; if one of them is bad, row by row, so that it harms no other row
 *
 * Invariant: the reader finds the records that records.ts has counted.
 */
import type { BlockCall } from './block-messages.ts';
import { CsvRowScanner } from './csv-rows.ts';
import { messageOf } from './misuse.ts';

/** Parses rows; loaded for CSV inputs only (csv-fields.ts). */
export type RowParser = (bytes: Uint8Array) => string[][];

export interface RecordReader {
  next(): unknown;
}

export function readerOf(call: BlockCall, rowsOf: RowParser | undefined): RecordReader {
  if (call.format === 'csv') return new RowReader(call, rowsOf as RowParser);
  const { bytes } = call;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return call.format === 'json' ? new JsonReader(text, call.line) : new LineReader(text);
}

class LineReader implements RecordReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): string {
    const start = this.#at;
    const end = this.#text.indexOf('\n', start);
    this.#at = end + 1;
    // The last line of an input may have no end, and then its CR belongs to it.
    if (end === -1) return this.#text.slice(start);
    return this.#text.slice(start, this.#text.charCodeAt(end - 1) === 13 && end > start ? end - 1 : end);
  }
}

class JsonReader implements RecordReader {
  readonly #text: string;
  #at = 0;
  /** The number of the next line. */
  #line: number;

  constructor(text: string, line: number) {
    this.#text = text;
    this.#line = line;
  }

  next(): unknown {
    for (;;) {
      const end = this.#text.indexOf('\n', this.#at);
      const line = this.#text.slice(this.#at, end === -1 ? this.#text.length : end);
      this.#at = end === -1 ? this.#text.length : end + 1;
      this.#line += 1;
      try {
        return JSON.parse(line);
      } catch (error) {
        if (line.trim() === '') continue;
        throw new SyntaxError(`line ${this.#line - 1} is not JSON: ${messageOf(error)}`);
      }
    }
  }
}

/** What a row parsed to, or why it is bad. */
type Row = readonly string[] | Error;

class RowReader implements RecordReader {
  readonly #call: BlockCall;
  readonly #names: readonly string[];
  readonly #rows: readonly Row[];
  #at = 0;

  constructor(call: BlockCall, rowsOf: RowParser) {
    this.#call = call;
    this.#names = namesOf(call.header as Uint8Array, rowsOf);
    this.#rows = parsedAtOnce(call, rowsOf) ?? [...eachRow(call)].map(({ bytes, line }) => parsedAlone(bytes, line, rowsOf));
  }

  next(): unknown {
    const row = this.#rows[this.#at++] as Row;
    if (row instanceof Error) throw row;
    const names = this.#names;
    if (row.length !== names.length) {
      const line = [...eachRow(this.#call)][this.#at - 1]?.line;
      throw new SyntaxError(`line ${line}: expected ${fields(names.length)} as in the header, got ${fields(row.length)}`);
    }
    // Also a field with the name `__proto__` becomes a property.
    return Object.fromEntries(names.map((name, i) => [name, row[i]]));
  }
}

function fields(count: number): string {
  return `${count} field${count === 1 ? '' : 's'}`;
}

let lastHeader: { readonly text: string; readonly names: readonly string[] } | undefined;

function namesOf(header: Uint8Array, rowsOf: RowParser): readonly string[] {
  const text = Buffer.from(header).toString('latin1');
  if (lastHeader?.text !== text) lastHeader = { text, names: rowsOf(header)[0] ?? [] };
  return lastHeader.names;
}

function parsedAtOnce({ bytes, count }: BlockCall, rowsOf: RowParser): readonly Row[] | undefined {
  try {
    const rows = rowsOf(bytes);
    return rows.length === count ? rows : undefined;
  } catch {
    return undefined;
  }
}

function parsedAlone(bytes: Uint8Array, line: number, rowsOf: RowParser): Row {
  try {
    const [row, ...rest] = rowsOf(bytes);
    if (row !== undefined && rest.length === 0) return row;
    return new SyntaxError(`line ${line} is not a row of CSV`);
  } catch (error) {
    // The parser names a line of the block.
    return new SyntaxError(`line ${line} is not a row of CSV: ${messageOf(error).replace(/(?:,| instead of| at line) .*$/s, '')}`);
  }
}

function* eachRow({ bytes, line: first }: BlockCall): Generator<{ readonly bytes: Uint8Array; readonly line: number }> {
  const scanner = new CsvRowScanner();
  let line = first;
  for (let start = 0; start < bytes.length; ) {
    const found = scanner.endOfRow(bytes, start);
    const end = found === -1 ? bytes.length : found;
    const row = bytes.subarray(start, end);
    if (!isEmpty(row)) yield { bytes: row, line };
    line += scanner.takeLines();
    start = end;
  }
}

function isEmpty(row: Uint8Array): boolean {
  return (row.length === 1 && row[0] === 10) || (row.length === 2 && row[0] === 13 && row[1] === 10);
}
