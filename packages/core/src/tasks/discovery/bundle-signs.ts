/**
 * Tells whether a function is in a bundle: a file that a bundler made of several sources. In a bundle the advice "export it" does not help, because the
 * bundle does not export what its sources export.
 *
 * The signs are what bundlers leave: a missing file of this package, a source map to a file of another name, comments and helpers, or minified text.
 */
import { isBundled } from '../../primitives/own-files.ts';
import type { Candidate } from './candidate.ts';
import { fileName } from './source-position.ts';

/** esbuild and Bun name a source in a comment, Rollup's kin in a region; the rest are helpers. */
const SIGNS =
  /^(?:\/\/ [\w@./-]+\.[cm]?[jt]sx?|\/\/#region .+)$|\b(?:__webpack_(?:require|exports|modules)__|__turbopack_\w+|__rolldown_runtime__|__commonJS(?:Min)?|__esm(?:Min)?|__toESM|__export(?:All)?)\b/m;
/** Those of the above that no compiler of single files leaves. */
const SURE_SIGNS = /^(?:\/\/ [\w@./-]+\.[cm]?[jt]sx?|\/\/#region .+)$|\b(?:__webpack_(?:require|exports|modules)__|__turbopack_\w+)\b/m;
/** People begin a file with its name, too. A bundle of several sources names more than one of them. */
const HEADING = /^(?:#!.*\n)?\s*\/\/ .*/;
/** Characters per line, on average. People write less, minifiers more. */
const MINIFIED = 250;

export function isInBundle(candidate: Candidate): boolean {
  const { location, inspected } = candidate;
  if (isBundled()) return true;
  if (location === undefined || inspected === undefined || location.script.url === '') return false;
  const { script } = location;
  const { file } = candidate.positions(0).at(0);
  const { source, sourceMapUrl } = inspected.locator.textOf(script);
  // With a map it is known: a compiler's file has one source, of its own name.
  if (file !== script.url || sourceMapUrl.startsWith('data:'))
    return stem(file) !== stem(script.url) || inspected.maps.sourceCount(script) > 1 || SURE_SIGNS.test(body(source));
  return looksBundled(source);
}

/** The same without source maps, whose reader is not loaded yet. */
export function mayBeInBundle({ location, inspected }: Candidate): boolean {
  if (isBundled()) return true;
  if (location === undefined || inspected === undefined) return false;
  const { source, sourceMapUrl } = inspected.locator.textOf(location.script);
  return !sourceMapUrl.startsWith('data:') && looksBundled(source);
}

/** The signs that a text shows without a source map. */
export function looksBundled(source: string): boolean {
  return SIGNS.test(body(source)) || source.length / (source.split('\n').length + 1) > MINIFIED;
}

function body(source: string): string {
  return source.replace(HEADING, '');
}

/** `tasks` of `/app/tasks.js` and of `src/tasks.ts`. */
function stem(file: string): string {
  return fileName(file).replace(/\.\w+$/, '');
}
