/**
 * The URL of a task module's output file, in code that is built before the file's name is known.
 *
 *   source --transform--> "twinpool:<id>:______" --bundler--> the same in some file --replaceUrls--> new URL("./tasks/x.js", import.meta.url).href
 *
 * The bundler sees a string, so no bundler has an opinion about it: `import.meta.url` would be the source's path in webpack, empty in CommonJS of
 * esbuild, an asset's address in Vite. What replaces it has the same length wherever it fits, so that source maps stay right.
 */
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Room for a path of about a hundred characters. */
const LENGTH = 170;
const PLACEHOLDER = /(\\?["'`])twinpool:([0-9a-f]{10}):_*\1/g;

export function placeholder(id: string): string {
  return `"${`twinpool:${id}:`.padEnd(LENGTH, '_')}"`;
}

export function hasPlaceholder(code: string): boolean {
  return code.includes('twinpool:');
}

export interface Output {
  /** Where the code is, relative to the output folder. */
  readonly from: string;
  readonly isModule: boolean;
  /** The number of the rebuild. A new number makes workers load the file again. */
  readonly version: number;
}

/**
 * `fileOf`: the output file of a task module, relative to the output folder, or the `file:` URL of the source, where a server builds nothing;
 * `undefined` when it is of another build.
 */
export function replaceUrls(code: string, { from, isModule, version }: Output, fileOf: (id: string) => string | undefined): string {
  return code.replace(PLACEHOLDER, (all, quote: string, id: string) => {
    const file = fileOf(id);
    if (file === undefined) return all;
    if (file.startsWith('file:')) return ofSource(file);
    const query = version === 0 ? '' : `?v=${version}`;
    const path = posix.relative(posix.dirname(from), file);
    // Inside a string (webpack's `eval`) only the other quote is free.
    const mark = quote.startsWith('\\') ? "'" : '"';
    const string = (text: string) => `${mark}${text}${mark}`;
    const expression = isModule
      ? `new URL(${string(`${path.startsWith('.') ? '' : './'}${encodeURI(path)}${query}`)},import.meta.url).href`
      : `require(${string('node:url')}).pathToFileURL(__dirname+${string(`/${path}`)}).href${query === '' ? '' : `+${string(query)}`}`;
    return expression.padEnd(all.length);
  });
}

/**
 * The URL of a source with the time of its last change, which the running program looks up: Vite evaluates a module that names the source anew after a
 * change, but does not transform it anew. In a browser, where no worker loads the file, the time is 0.
 */
function ofSource(url: string): string {
  const path = JSON.stringify(fileURLToPath(url));
  const stat = `globalThis.process?.getBuiltinModule?.("node:fs").statSync(${path},{throwIfNoEntry:false})`;
  return `(${JSON.stringify(`${url}?v=`)}+(${stat}?.mtimeMs??0))`;
}
