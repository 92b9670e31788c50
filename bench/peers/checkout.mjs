// Which packages are measured: those of this checkout, or of the one whose folder BENCH_CHECKOUT names (compare.mjs).
import { pathToFileURL } from 'node:url';

const folder = process.env.BENCH_CHECKOUT;

/** What to import for a package of ours. */
export function entryOf(name) {
  return folder === undefined ? `@twinpool/${name}` : pathToFileURL(`${folder}/packages/${name}/dist/index.js`).href;
}
