/**
 * Values that came in messages of their own, until the message that uses them asks for them, in the same order.
 *
 * Decides that one that cannot be read keeps its place: who asks for it is told, and the next one is still the next one.
 */
import { unpackBytes } from './values.ts';

export class AloneValues {
  readonly #waiting: unknown[] = [];

  /** How many were not asked for yet. */
  get count(): number {
    return this.#waiting.length;
  }

  came(packed: unknown): void {
    this.#waiting.push(packed);
  }

  /** One came that cannot be read. */
  cameUnreadable(error: unknown): void {
    this.#waiting.push(new Unreadable(error));
  }

  /** Throws what makes it unreadable. */
  next(): unknown {
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
