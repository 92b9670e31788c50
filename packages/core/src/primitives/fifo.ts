/**
 * A first-in first-out list whose `shift` does not move the other items.
 *
 * A shifted item is released at once. Its place is freed when the list becomes empty, or when `push` finds that more than half of the places
 * are empty ones at the front.
 */

/** With fewer empty places than this the other items are not moved. */
const LEAST_MOVED = 1024;

export class Fifo<T> {
  /** A shifted item leaves 0 in its place: so a list of numbers stays one, which V8 reads and copies several times as fast. */
  #items: (T | 0)[];
  #head = 0;

  /** `items`: the caller does not use the array any more. */
  constructor(items: T[] = []) {
    this.#items = items;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** The item that `shift` returns next; undefined when the list is empty. */
  get first(): T | undefined {
    return this.#head < this.#items.length ? (this.#items[this.#head] as T) : undefined;
  }

  /** The item that was pushed last; undefined when the list is empty. */
  get last(): T | undefined {
    return this.#head < this.#items.length ? (this.#items.at(-1) as T) : undefined;
  }

  push(item: T): void {
    if (this.#head > LEAST_MOVED && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    this.#items.push(item);
  }

  shift(): T | undefined {
    const { first } = this;
    if (this.size > 0) this.#release(1);
    return first;
  }

  /** Shifts at most `count` items, in an array that the caller may keep. */
  shiftMany(count: number): T[] {
    const items = this.#items as T[];
    const head = this.#head;
    if (count < items.length - head) {
      const shifted = items.slice(head, head + count);
      this.#release(count);
      return shifted;
    }
    this.clear();
    // V8 cuts an array at its front without moving the items, when few were shifted.
    if (head > 0) items.splice(0, head);
    return items;
  }

  /** Returns whether the item was in the list. */
  remove(item: T): boolean {
    const at = this.#items.indexOf(item, this.#head);
    if (at < 0) return false;
    this.#items.splice(at, 1);
    return true;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }

  #release(count: number): void {
    const head = this.#head + count;
    if (head === this.#items.length) this.clear();
    else {
      this.#items.fill(0, this.#head, head);
      this.#head = head;
    }
  }
}
