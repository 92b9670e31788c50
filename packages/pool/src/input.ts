/**
 * What the methods of a pool take as their input, and in which of two ways it is read.
 *
 * Decides what counts as an iterable and when it is copied: `map` reads a synchronous input to its end at once, so that what the caller
 * does to it afterwards changes nothing; everything else is read item by item. Refuses to know what becomes of the items.
 */
import { inspect, types } from 'node:util';

/** Items, synchronous or asynchronous; an object that is both is read as asynchronous. */
export type Input<T> = Iterable<T> | AsyncIterable<T>;

/** The asynchronous iterator of an input that has one. Throws TypeError for what cannot be iterated at all. */
export function asyncIteratorOf(what: string, input: unknown): AsyncIterator<unknown> | undefined {
  if (input !== null && input !== undefined) {
    const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: synchronous } = input as Partial<
      AsyncIterable<unknown> & Iterable<unknown>
    >;
    if (typeof asynchronous === 'function') return asynchronous.call(input);
    if (typeof synchronous === 'function') return undefined;
  }
  throw new TypeError(
    `${what}: expected an iterable or an async iterable, got ${inspect(input, { depth: 0, breakLength: Number.POSITIVE_INFINITY })}`,
  );
}

/** All items, in a list that is nobody else's. `input` is known to be iterable. */
export function itemsOf(input: Iterable<unknown>): ArrayLike<unknown> {
  // Twenty times as fast as iterating; not `input.slice`, since that of a Buffer does not copy.
  if (types.isTypedArray(input)) return Uint8Array.prototype.slice.call(input);
  return [...input];
}

/** The number of items, where the input knows it before it is read. */
export function lengthOf(input: unknown): number | undefined {
  if (Array.isArray(input) || types.isTypedArray(input)) return input.length;
  return types.isSet(input) || types.isMap(input) ? input.size : undefined;
}

/** Throws TypeError unless `item` is an array of arguments. */
export function checkArguments(what: string, index: number, item: unknown): void {
  if (Array.isArray(item)) return;
  throw new TypeError(`${what}: expected arrays of arguments, got ${inspect(item, { depth: 0 })} as item ${index}`);
}

/** The same input, but it ends with TypeError at the first item that is no array of arguments. */
export function argumentLists(what: string, input: AsyncIterator<unknown>): AsyncIterator<unknown> {
  let index = 0;
  const close = async (): Promise<IteratorResult<unknown, unknown>> => (await input.return?.()) ?? { done: true, value: undefined };
  return {
    async next() {
      const step = await input.next();
      if (step.done) return step;
      try {
        checkArguments(what, index++, step.value);
      } catch (error) {
        await close();
        throw error;
      }
      return step;
    },
    return: close,
  };
}
