/**
 * A first-in first-out list whose `shift` does not move the rest.
 *
 * Decides when what was shifted is let go: the item at once, its place when the list is empty, or grows and half of it is such.
 */

/** Fewer places than this are not worth moving the rest for. */
const LEAST_MOVED = 1024;

export class Fifo<T> {
  /** 0 in the place of what was shifted, since a list of numbers stays one then: that is several times as fast to read and to send. */
  #items: (T | 0)[];
  #head = 0;

  /** `items` is this list's from now on. */
  constructor(items: T[] = []) {
    this.#items = items;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Undefined where there is none. */
  get first(): T | undefined {
    return this.#head < this.#items.length ? (this.#items[this.#head] as T) : undefined;
  }

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
    if (this.size > 0) this.#letGo(1);
    return first;
  }

  /** Up to `count` of them, in a list that is nobody else's. */
  shiftMany(count: number): T[] {
    const items = this.#items as T[];
    const head = this.#head;
    if (count < items.length - head) {
      const shifted = items.slice(head, head + count);
      this.#letGo(count);
      return shifted;
    }
    this.clear();
    // Where little was shifted this moves nothing: the list is cut at its front.
    if (head > 0) items.splice(0, head);
    return items;
  }

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

  #letGo(count: number): void {
    const head = this.#head + count;
    if (head === this.#items.length) this.clear();
    else {
      this.#items.fill(0, this.#head, head);
      this.#head = head;
    }
  }
}
