/**
 * Looks every few milliseconds until it is so.
 *
 * @param {() => boolean} isSo
 */
export async function until(isSo) {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}
