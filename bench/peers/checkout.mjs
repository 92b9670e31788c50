// Selects the measured packages: those of this checkout, or those of the folder in BENCH_CHECKOUT (compare.mjs).
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = process.env.BENCH_CHECKOUT;

/** Returns the specifier to import for a package of ours, or for an entry of it, such as `core/facade`. */
export function entryOf(name) {
  if (folder === undefined) return `@twinpool/${name}`;
  const [packed, entry = '.'] = name.split('/');
  return pathToFileURL(join(folder, 'packages', packed, 'dist', entry, 'index.js')).href;
}
