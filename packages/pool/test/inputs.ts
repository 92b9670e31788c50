/** Provides inputs for `map` and `imap`: failing ones, asynchronous ones, and ones that the test feeds. */

export class SayWhenError extends Error {}

/** Yields 0, 1, 2 … up to `total`, and throws in place of the item `when`. As in the tests of CPython. */
export function* saysWhen(total: number, when: number): Generator<number> {
  for (let i = 0; i < total; i++) {
    if (i === when) throw new SayWhenError('said when');
    yield i;
  }
  if (when === total) throw new SayWhenError('said when');
}

/** Yields the same items asynchronously. */
export async function* later<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) {
    await new Promise((resolve) => setImmediate(resolve));
    yield item;
  }
}

/** An asynchronous input that the test feeds. It counts reads and closes. */
export class Feed<T> implements AsyncIterableIterator<T> {
  pulled = 0;
  closed = 0;
  readonly #waiting: { readonly resolve: (step: IteratorResult<T, undefined>) => void; readonly reject: (error: unknown) => void }[] = [];

  next(): Promise<IteratorResult<T, undefined>> {
    this.pulled += 1;
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
  give(value: T): void {
    this.#waiting.shift()?.resolve({ done: false, value });
  }
  end(): void {
    this.#waiting.shift()?.resolve({ done: true, value: undefined });
  }
  fail(error: unknown): void {
    this.#waiting.shift()?.reject(error);
  }
  async return(): Promise<IteratorResult<T, undefined>> {
    this.closed += 1;
    return { done: true, value: undefined };
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
}

export const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
export const squares = (length: number): number[] => range(length).map((x) => x * x);

/** Yields 0, 1, 2 … without end. It counts reads and closes. */
export class Endless implements IterableIterator<number, undefined> {
  pulled = 0;
  closed = 0;

  next(): IteratorResult<number, undefined> {
    return { done: false, value: this.pulled++ };
  }
  return(): IteratorResult<number, undefined> {
    this.closed += 1;
    return { done: true, value: undefined };
  }
  [Symbol.iterator](): this {
    return this;
  }
}
