/**
 * ListReader: the iterator of an array, which can also read many items at once.
 *
 * It reads what the array's own iterator would read: an item is read when it is asked for, so a later change of an item that was not read has an
 * effect, and so has a change of the length until the end was found. It does not
 * know streams.
 */
export class ListReader implements Iterator<unknown, undefined> {
  readonly #list: readonly unknown[];
  #next = 0;
  #isExhausted = false;

  constructor(list: readonly unknown[]) {
    this.#list = list;
  }

  /** The end was found. */
  get isExhausted(): boolean {
    return this.#isExhausted;
  }

  next(): IteratorResult<unknown, undefined> {
    if (!this.#isExhausted && this.#next < this.#list.length) return { done: false, value: this.#list[this.#next++] };
    this.#isExhausted = true;
    return { done: true, value: undefined };
  }

  /** Appends up to `most` items to `items`; fewer if it finds the end. If a getter of the array throws, the items before it are appended. */
  readInto(items: unknown[], most: number): void {
    const list = this.#list;
    const from = this.#next;
    let at = from;
    if (!this.#isExhausted) for (; at < list.length && at - from < most; at++) items.push(list[at]);
    this.#next = at;
    this.#isExhausted ||= at - from < most;
  }
}
