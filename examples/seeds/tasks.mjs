/** The tasks of the programs in this folder. */

/** @param {number} x */
export function square(x) {
  return x ** 2;
}

/**
 * @param {number} x
 * @param {number} y
 */
export function multiply(x, y) {
  return x * y;
}

/**
 * Simulates work that takes `ms` milliseconds.
 *
 * @param {number} ms
 */
export async function takes(ms) {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return `took ${ms} ms`;
}

/** @param {string} text */
export function parseCount(text) {
  const count = Number(text);
  if (!Number.isInteger(count)) throw new RangeError(`${text} is not a whole number`);
  return count;
}

/**
 * Exact, as Python's integers are.
 *
 * @param {number} n
 */
export function sumOfSquares(n) {
  let total = 0n;
  for (let i = 0n; i < n; i++) total += i * i;
  return total;
}
