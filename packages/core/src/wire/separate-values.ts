/**
 * Keeps the values that arrived in messages of their own until the message that uses them takes them.
 *
 *   message [SEPARATE_VALUE, packed] --add--> queue --take--> the item, result or report that uses it
 *
 * Invariant: values are taken in the order in which they arrived. A value that cannot be read keeps its place in the queue: `take`
 * throws its error, and the next `take` returns the next value.
 * This file does not know tasks and messages.
 */
import { unpackBytes } from './packed-value.ts';

export class SeparateValues {
  readonly #waiting: unknown[] = [];

  /** Values that arrived and were not taken. */
  get size(): number {
    return this.#waiting.length;
  }

  add(packed: unknown): void {
    this.#waiting.push(packed);
  }

  /** Adds the place of a value whose message could not be read. */
  addUnreadable(error: unknown): void {
    this.#waiting.push(new Unreadable(error));
  }

  /** Removes and unpacks the oldest value. Throws the error that makes it unreadable. */
  take(): unknown {
    const packed = this.#waiting.shift();
    if (packed instanceof Unreadable) throw packed.error;
    return unpackBytes(packed);
  }
}

class Unreadable {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}
