/** Copies numbers of a list into a typed array, which is read by index in the same way and is copied at once. It does not know tasks. */
import type { NumberArray } from './number-array.ts';

/** Whether an Int32Array keeps the value as it is: -0 would become 0. */
export function isInt(value: unknown): boolean {
  return typeof value === 'number' && (value | 0) === value && (value !== 0 || 1 / value > 0);
}

/**
 * Returns `count` items from index `from` on as a typed array; undefined if one of them is not a number.
 *
 * It costs about 2 ns an item. `Int32Array.from` costs 16 ns where V8 does not know that the list has numbers only.
 */
export function numbersIn(list: ArrayLike<unknown>, from: number, count: number): NumberArray | undefined {
  // Most lists of mixed values are recognized before memory is allocated.
  if (typeof list[from] !== 'number' || typeof list[from + count - 1] !== 'number') return undefined;
  const ints = new Int32Array(count);
  let known = 0;
  for (; known < count; known++) {
    const value = list[from + known];
    if (!isInt(value)) break;
    ints[known] = value as number;
  }
  if (known === count) return ints;
  const floats = new Float64Array(count);
  floats.set(ints.subarray(0, known));
  for (; known < count; known++) {
    const value = list[from + known];
    if (typeof value !== 'number') return undefined;
    floats[known] = value;
  }
  return floats;
}
