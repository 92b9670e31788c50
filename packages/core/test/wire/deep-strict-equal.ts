/**
 * `deepStrictEqual` of node:assert as an assertion that vitest counts (`expect.requireAssertions`).
 *
 * It compares prototypes, symbols and -0, which `toEqual` does not, and it is fast enough for property tests.
 */
import { deepStrictEqual as compare } from 'node:assert';
import { expect } from 'vitest';

export function deepStrictEqual(actual: unknown, expected: unknown): void {
  let difference: unknown;
  try {
    compare(actual, expected);
  } catch (error) {
    difference = error;
  }
  expect(difference).toBeUndefined();
}
