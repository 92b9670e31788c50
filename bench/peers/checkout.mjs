// Selects the measured packages: those of this checkout, or those of the folder in BENCH_CHECKOUT (compare.mjs).
import { pathToFileURL } from 'node:url';

const folder = process.env.BENCH_CHECKOUT;

/** Returns the specifier to import for a package of ours. */
export function entryOf(name) {
  return folder === undefined ? `@twinpool/${name}` : pathToFileURL(`${folder}/packages/${name}/dist/index.js`).href;
}
