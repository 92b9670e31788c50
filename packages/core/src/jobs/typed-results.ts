/**
 * TypedResults: the results of a job in a typed array of the caller (`into`). They are written as they arrive.
 *
 *   result --fits the element type--> array[index]
 *     '------does not fit-----------> nothing is written; TaskSerializationError
 *
 *   Int8 … Uint32, Uint8Clamped   whole numbers of the range (-0 becomes 0)
 *   Float64, Float32, Float16     all numbers, also NaN; the last two round
 *   BigInt64, BigUint64           bigints of the range
 *
 * Invariants: an element is written with a value that equals the result, but for the rounding. No code of the caller's class runs. The caller may move
 * the memory of the array away, or make it shorter, while the job runs: then each result without an element does not fit. This file does not know jobs.
 */
import { types } from 'node:util';
import { TaskSerializationError } from '../errors.ts';
import { shownValue } from '../primitives/shown-value.ts';
import { withoutStack } from '../primitives/without-stack.ts';

interface ElementType {
  readonly type: 'number' | 'bigint';
  readonly isWhole: boolean;
  readonly least: number | bigint;
  readonly most: number | bigint;
  /** The results that fit, for an error. */
  readonly expected: string;
}

const whole = (least: number, most: number): ElementType => {
  return { type: 'number', isWhole: true, least, most, expected: `a whole number from ${least} to ${most}` };
};
const big = (least: bigint, most: bigint): ElementType => {
  return { type: 'bigint', isWhole: true, least, most, expected: `a bigint from ${least}n to ${most}n` };
};
const ANY_NUMBER: ElementType = {
  type: 'number',
  isWhole: false,
  least: Number.NEGATIVE_INFINITY,
  most: Number.POSITIVE_INFINITY,
  expected: 'a number',
};

/** By the name of the class of arrays. Node 24 and later has Float16Array. */
const ELEMENT_TYPES: Readonly<Record<string, ElementType>> = {
  __proto__: null as never,
  Int8Array: whole(-(2 ** 7), 2 ** 7 - 1),
  Uint8Array: whole(0, 2 ** 8 - 1),
  Uint8ClampedArray: whole(0, 2 ** 8 - 1),
  Int16Array: whole(-(2 ** 15), 2 ** 15 - 1),
  Uint16Array: whole(0, 2 ** 16 - 1),
  Int32Array: whole(-(2 ** 31), 2 ** 31 - 1),
  Uint32Array: whole(0, 2 ** 32 - 1),
  Float16Array: ANY_NUMBER,
  Float32Array: ANY_NUMBER,
  Float64Array: ANY_NUMBER,
  BigInt64Array: big(-(2n ** 63n), 2n ** 63n - 1n),
  BigUint64Array: big(0n, 2n ** 64n - 1n),
};

/** The members of every typed array. A subclass may have others of the same names. */
const { prototype } = Object.getPrototypeOf(Uint8Array) as { prototype: Uint8Array };
const getterOf = (key: PropertyKey) => Object.getOwnPropertyDescriptor(prototype, key)?.get as (this: unknown) => never;
const lengthOf: (this: unknown) => number = getterOf('length');
const tagOf: (this: unknown) => string = getterOf(Symbol.toStringTag);
const setOf: (this: unknown, values: ArrayLike<unknown>, at: number) => void = prototype.set as never;
const subarrayOf: (this: unknown, from: number, to: number) => ArrayLike<unknown> = prototype.subarray as never;

export class TypedResults {
  /** Returns the results of a job with this shape. A shape without them may inherit anything from a polluted Object.prototype. */
  static of({ into }: { readonly into?: TypedResults | undefined }): TypedResults | undefined {
    return into instanceof TypedResults ? into : undefined;
  }

  /** The array of the caller. */
  readonly array: object;
  readonly #elements: { [index: number]: unknown };
  readonly #name: string;
  readonly #type: ElementType;

  /** `array`: a typed array of any class, realm and kind of memory. */
  constructor(array: object) {
    this.array = array;
    this.#elements = array as { [index: number]: unknown };
    this.#name = tagOf.call(array);
    this.#type = ELEMENT_TYPES[this.#name] ?? ANY_NUMBER;
  }

  /** The number of elements, as it is now. */
  get length(): number {
    return lengthOf.call(this.array);
  }

  /** Returns the error of a result that does not fit; `undefined` for any other. */
  misfit(index: number, result: unknown): TaskSerializationError | undefined {
    if (index >= this.length) return this.noElement();
    return this.#fits(result) ? undefined : this.#doesNotFit(result);
  }

  /** Writes a result. Returns false if it does not fit. */
  put(index: number, result: unknown): boolean {
    if (index >= this.length || !this.#fits(result)) return false;
    this.#elements[index] = result;
    return true;
  }

  /** Writes `count` results, `values[from]` being the first. Returns false if one of them does not fit: then some of the others are not written. */
  putRange(index: number, values: ArrayLike<unknown>, from: number, count: number): boolean {
    if (index + count > this.length) return false;
    if (!Array.isArray(values) && (types.isFloat64Array(values) || types.isInt32Array(values)))
      return this.#putNumbers(index, values, from, count);
    const elements = this.#elements;
    for (let i = 0; i < count; i++) {
      const result = values[from + i];
      if (!this.#fits(result)) return false;
      elements[index + i] = result;
    }
    return true;
  }

  /** Returns the element, or the error of an element that is gone. */
  outcomeAt(index: number): { readonly ok: boolean; readonly value: unknown } {
    return index < this.length ? { ok: true, value: this.#elements[index] } : { ok: false, value: this.noElement() };
  }

  /** The error of results whose elements are gone. */
  noElement(): TaskSerializationError {
    return withoutStack(() => {
      const how = `it has ${this.length} elements now, because its memory was moved away or became shorter`;
      return new TaskSerializationError(`the array \`into\` (${this.#name}) has lost results while the map ran: ${how}`);
    });
  }

  /** Checks all numbers, then copies them at once: the copy is one loop of the engine, whatever the two element types are. */
  #putNumbers(index: number, values: Float64Array | Int32Array, from: number, count: number): boolean {
    const { type, isWhole, least, most } = this.#type;
    if (type !== 'number') return false;
    if (isWhole) {
      for (let i = from; i < from + count; i++) {
        const value = values[i] as number;
        // NaN is not in the range.
        if (!(value >= least && value <= most) || Math.trunc(value) !== value) return false;
      }
    }
    setOf.call(this.array, from === 0 && count === values.length ? values : subarrayOf.call(values, from, from + count), index);
    return true;
  }

  #fits(result: unknown): boolean {
    const { type, isWhole, least, most } = this.#type;
    if (typeof result !== type) return false;
    if (!isWhole) return true;
    if (!((result as number) >= least && (result as number) <= most)) return false;
    return type === 'bigint' || Math.trunc(result as number) === result;
  }

  #doesNotFit(result: unknown): TaskSerializationError {
    const { expected } = this.#type;
    const message = `the result does not fit into the array \`into\` (${this.#name}): expected ${expected}, got ${shownValue(result)}`;
    return withoutStack(() => new TaskSerializationError(message));
  }
}
