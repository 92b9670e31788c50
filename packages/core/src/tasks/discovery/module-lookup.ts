/**
 * Finds the module of a script, and its exports if they can be read without evaluating anything.
 *
 *   script --ES module, evaluated by Node's loader--> 'module'      its namespace
 *      |----CommonJS, in require.cache--------------> 'commonjs'    its `module.exports`
 *      |----another file----------------------------> 'file'        its exports cannot be read
 *      '----not a file------------------------------> 'nowhere'
 *
 * Invariant: a module that Node's loader has not evaluated is never imported. A second evaluation would run the program again.
 * This file does not know functions.
 */
import { realpathSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRequire } from '../../primitives/create-require.ts';
import { afterTurn } from '../../primitives/time.ts';
import { pathInUrl, type Script } from './locator.ts';

export type ModuleLookup =
  /** An ES module that Node's loader has evaluated. */
  | { readonly kind: 'module'; readonly url: string; readonly namespace: object }
  /** A CommonJS module in `require.cache`; several modules if the inspector reports the same path for them. */
  | { readonly kind: 'commonjs'; readonly url: string; readonly modules: readonly CommonJsModule[] }
  /** A file whose exports cannot be read: it is still being evaluated, or another loader has it (vitest, jest, `vm`). */
  | { readonly kind: 'file'; readonly url: string }
  /** `node -e`, standard input, `new Function`, or an unknown script. Bare specifiers resolve from the working directory. */
  | { readonly kind: 'nowhere'; readonly url: string };

export interface CommonJsModule {
  readonly url: string;
  readonly exported: unknown;
}

/** Evaluated modules by script id. An evaluated module stays evaluated. */
const evaluatedModules = new Map<string, ModuleLookup>();

export async function lookUpModule(script: Script | undefined): Promise<ModuleLookup> {
  const path = script && filePath(script.url);
  if (script === undefined || path === undefined) return { kind: 'nowhere', url: workingDirectory() };
  if (!script.isModule) {
    const modules = script.isMain ? cachedCommonJs(path, script.url) : [];
    const [first] = modules;
    return first === undefined ? { kind: 'file', url: bare(script.url) } : { kind: 'commonjs', url: first.url, modules };
  }
  if (!script.isMain || canCompileModules() || realPath(path) !== path) return { kind: 'file', url: bare(script.url) };
  const known = evaluatedModules.get(script.id);
  if (known !== undefined) return known;
  const namespace = await namespaceIfEvaluated(script.url);
  if (namespace === undefined) return { kind: 'file', url: script.url };
  const lookup: ModuleLookup = { kind: 'module', url: script.url, namespace };
  evaluatedModules.set(script.id, lookup);
  return lookup;
}

/** Returns true if the file is the entry of the program. */
export function isEntry(url: string): boolean {
  entryPath ??= process.argv[1] === undefined ? '' : (realPath(process.argv[1]) ?? '');
  return filePath(url) === entryPath;
}

let entryPath: string | undefined;

function workingDirectory(): string {
  try {
    return pathToFileURL(`${process.cwd()}/[task]`).href;
  } catch {
    return 'file:///[task]';
  }
}

/** Returns `undefined` if the URL is not a file: other schemes, and the invented names `[eval]`, `[eval1]`, `[stdin]`, `[worker eval]`. */
function filePath(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined;
  try {
    const path = fileURLToPath(url);
    return /[\\/]\[[\w ]+\]$/.test(path) ? undefined : path;
  } catch {
    return undefined;
  }
}

/** Removes the query of a test runner, which Node's loader does not know. */
function bare(url: string): string {
  return url.replace(/[?#].*$/, '');
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** Returns the modules whose script has this URL in the inspector. */
function cachedCommonJs(path: string, url: string): CommonJsModule[] {
  const { cache } = createRequire(process.execPath);
  const found: CommonJsModule[] = [];
  const direct = cache[path] ?? cache[path + bareQuery(url)];
  if (direct !== undefined) found.push({ url, exported: direct.exports });
  for (const [filename, module] of Object.entries(cache)) {
    if (module !== undefined && filename !== path && pathInUrl(filename) === path)
      found.push({ url: pathToFileURL(filename).href, exported: module.exports });
  }
  return found;
}

function bareQuery(url: string): string {
  return /[?].*$/.exec(url)?.[0] ?? '';
}

/** With this flag a program may compile modules under any URL, so a URL does not show that Node's loader has the module. */
function canCompileModules(): boolean {
  return [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((argument) => argument.includes('--experimental-vm-modules'));
}

/** The most turns of the event loop for an import from the loader's cache. Each import goes through the loader's hooks. */
const TURNS = 4;

/**
 * Returns the namespace of a module that the loader has evaluated. The import evaluates nothing. But it waits for a module that is still being
 * evaluated, and that module may wait for this call: so the import is raced against imports of a module that is certainly loaded.
 */
async function namespaceIfEvaluated(url: string): Promise<object | undefined> {
  let settled = false;
  let namespace: object | undefined;
  import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ url).then(
    (value: object) => {
      settled = true;
      namespace = value;
    },
    () => {
      settled = true;
    },
  );
  for (let turn = 0; turn < TURNS && !settled; turn++) {
    await import('node:module');
    if (!settled) await new Promise<void>((resolve) => afterTurn(resolve));
  }
  return namespace;
}
