/**
 * Reads the inputs of a pool's methods.
 *
 *   synchronous input of map, starmap    itemsOf: copied at the call, so a later change of the input has no effect
 *   synchronous input of imap            iteratorOf: read item by item
 *   asynchronous input                   asyncIteratorOf: read item by item
 *
 * It does not know tasks.
 */
import { inspect, types } from 'node:util';
import { checkStep, type KeptMemory, ListReader, WORTH_KEEPING } from '@twinpool/core/facade';

/** Items, synchronous or asynchronous; an object that is both is read as asynchronous. */
export type Input<T> = Iterable<T> | AsyncIterable<T>;

/** Returns the asynchronous iterator of an input, `undefined` for a synchronous input. Throws TypeError for any other value. */
export function asyncIteratorOf(what: string, input: unknown): AsyncIterator<unknown> | undefined {
  if (input !== null && input !== undefined) {
    const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: synchronous } = input as Partial<
      AsyncIterable<unknown> & Iterable<unknown>
    >;
    if (typeof asynchronous === 'function') return checkIterator(asynchronous.call(input));
    if (typeof synchronous === 'function') return undefined;
  }
  throw new TypeError(
    `${what}: expected an iterable or an async iterable, got ${inspect(input, { depth: 0, breakLength: Number.POSITIVE_INFINITY })}`,
  );
}

/** The items of an input, in a list that only the call has. */
export interface Items {
  readonly list: ArrayLike<unknown>;
  /** The memory of a long typed array; the call gives it back when nothing reads the items any more. */
  readonly memory: ArrayBufferLike | undefined;
}

/** Reads the items. `input`: `asyncIteratorOf` has checked that it is iterable. */
export function itemsOf(input: Iterable<unknown>, kept: KeptMemory): Items {
  if (!types.isTypedArray(input) || !hasUsualIterator(input)) return { list: [...input], memory: undefined };
  // Twenty times as fast as iteration. `slice` would call the constructor of a subclass.
  const Type = TYPED_ARRAYS[tagOf.call(input)] as typeof Uint8Array;
  const length = lengthOfTyped.call(input);
  const bytes = length * Type.BYTES_PER_ELEMENT;
  if (bytes < WORTH_KEEPING) return { list: new Type(input as Uint8Array), memory: undefined };
  const memory = kept.take(bytes);
  const list = new Type(memory, 0, length);
  list.set(input as Uint8Array);
  return { list, memory };
}

/** Returns the iterator of a synchronous input. Throws TypeError if the iterator is not an object. */
export function iteratorOf(input: Iterable<unknown>): Iterator<unknown> {
  if (Array.isArray(input) && hasUsualIterator(input) && !types.isProxy(input) && arrayIterator.next === usualNext)
    return new ListReader(input);
  return checkIterator(input[Symbol.iterator]());
}

function checkIterator<I>(iterator: I): I {
  if ((typeof iterator === 'object' || typeof iterator === 'function') && iterator !== null) return iterator;
  throw new TypeError(`expected an object as the input's iterator, got ${inspect(iterator)}`);
}

const TypedArray: { readonly prototype: object } = Object.getPrototypeOf(Uint8Array);
const lengthOfTyped: (this: unknown) => number = Object.getOwnPropertyDescriptor(TypedArray.prototype, 'length')?.get as () => number;
const tagOf: (this: unknown) => string = Object.getOwnPropertyDescriptor(TypedArray.prototype, Symbol.toStringTag)?.get as () => string;
const usualIterators: ReadonlySet<unknown> = new Set(
  [TypedArray, Array, Set, Map].map(({ prototype }) => (prototype as Iterable<unknown>)[Symbol.iterator]),
);
const TYPED_ARRAYS: Readonly<Record<string, unknown>> = Object.fromEntries(
  [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    // Node 24 and later.
    ...('Float16Array' in globalThis ? [(globalThis as { Float16Array?: unknown }).Float16Array as typeof Float32Array] : []),
  ].map((type) => [type.name, type]),
);

const arrayIterator: Iterator<unknown> = Object.getPrototypeOf([][Symbol.iterator]());
const usualNext: unknown = arrayIterator.next;

/** Whether the input is iterated by the built-in iterator of its class. */
function hasUsualIterator(input: Iterable<unknown>): boolean {
  return usualIterators.has(input[Symbol.iterator]);
}

/** Returns the number of items of an array, a typed array, a Set or a Map; `undefined` for other inputs. */
export function lengthOf(input: unknown): number | undefined {
  if (types.isProxy(input) || !hasUsualIterator(input as Iterable<unknown>)) return undefined;
  if (Array.isArray(input) || types.isTypedArray(input)) return input.length;
  return types.isSet(input) || types.isMap(input) ? input.size : undefined;
}

/** Throws TypeError unless `item` is an array of arguments. */
export function checkArguments(what: string, index: number, item: unknown): void {
  if (Array.isArray(item)) return;
  throw new TypeError(`${what}: expected arrays of arguments, got ${inspect(item, { depth: 0 })} as item ${index}`);
}

/** Throws RangeError if `into` has fewer elements than the input has items. */
export function checkRoom(what: string, items: number, { length }: { readonly length: number }): void {
  if (items > length)
    throw new RangeError(`${what}: expected an array \`into\` with an element for each item, got ${length} elements for ${items} items`);
}

/** Returns the same input; it rejects with TypeError at the first item that is not an array of arguments. */
export function argumentLists(what: string, input: AsyncIterator<unknown>): AsyncIterator<unknown> {
  return checkedItems(input, (index, item) => checkArguments(what, index, item));
}

/** Returns the same input; it rejects with the error that `check` throws for an item, and is closed then. */
export function checkedItems(input: AsyncIterator<unknown>, check: (index: number, item: unknown) => void): AsyncIterator<unknown> {
  let index = 0;
  const close = async (): Promise<IteratorResult<unknown, unknown>> => (await input.return?.()) ?? { done: true, value: undefined };
  return {
    async next() {
      const step: unknown = await input.next();
      checkStep(step);
      if (step.done) return step;
      try {
        check(index++, step.value);
      } catch (error) {
        await close();
        throw error;
      }
      return step;
    },
    return: close,
  };
}
