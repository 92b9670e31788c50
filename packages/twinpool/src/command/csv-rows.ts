/**
 * Finds where the rows of a CSV input end: a newline in quotes does not end one.
 *
 *   FIELD_START --"--> QUOTED --"--> AFTER_QUOTE --"--> QUOTED
 *      |  ^               AFTER_QUOTE --comma--> FIELD_START
 *      |  comma           AFTER_QUOTE --other--> PLAIN
 *      v  |
 *     PLAIN               LF in each state but QUOTED: the row ends, FIELD_START
 *
 * The state stays between calls: a row may come in several chunks. A quote inside a field without quotes is an error that the worker reports; the row
 * then ends at its line. This file does not know fields.
 */

const LF = 10;
const CR = 13;
const QUOTE = 34;
const COMMA = 44;

const FIELD_START = 0;
const PLAIN = 1;
const QUOTED = 2;
const AFTER_QUOTE = 3;

export class CsvRowScanner {
  #state = FIELD_START;
  #lines = 0;

  /** Returns the place behind the LF that ends the row; -1 if the row does not end in these bytes. */
  endOfRow(bytes: Uint8Array, from: number): number {
    let state = this.#state;
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === LF) this.#lines += 1;
      if (state === QUOTED) {
        if (byte === QUOTE) state = AFTER_QUOTE;
      } else if (byte === LF) {
        this.#state = FIELD_START;
        return at + 1;
      } else if (byte === COMMA) state = FIELD_START;
      else if (byte === QUOTE && state !== PLAIN) state = QUOTED;
      else if (byte !== CR || state !== AFTER_QUOTE) state = PLAIN;
    }
    this.#state = state;
    return -1;
  }

  /** Returns the LFs since the last call. */
  takeLines(): number {
    const lines = this.#lines;
    this.#lines = 0;
    return lines;
  }
}
