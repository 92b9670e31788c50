/**
 * Where the script of a function is at home: what of it can be asked for its exports, without evaluating anything.
 *
 * Decides which module a script is, and never imports what Node's own loader has not evaluated already: a second evaluation
 * would run the program again. Refuses to know functions.
 */
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterTurn } from '../../primitives/time.ts';
import { pathInUrl, type Script } from './locator.ts';

export type ModuleLookup =
  /** An ES module that Node's loader has evaluated. */
  | { readonly kind: 'module'; readonly url: string; readonly namespace: object }
  /** A CommonJS module that is in `require.cache`; several where the inspector tells one name for all of them. */
  | { readonly kind: 'commonjs'; readonly url: string; readonly modules: readonly CommonJsModule[] }
  /** A file whose exports cannot be had: still being evaluated, or loaded by something else (vitest, jest, `vm`). */
  | { readonly kind: 'file'; readonly url: string }
  /** `node -e`, standard input, `new Function`, or not known at all. Bare names resolve from the working directory. */
  | { readonly kind: 'nowhere'; readonly url: string };

export interface CommonJsModule {
  readonly url: string;
  readonly exported: unknown;
}

/** By script. What was evaluated once stays so. */
const evaluatedModules = new Map<string, ModuleLookup>();

export async function lookUpModule(script: Script | undefined): Promise<ModuleLookup> {
  const path = script && filePath(script.url);
  if (script === undefined || path === undefined) return { kind: 'nowhere', url: workingDirectory() };
  if (!script.isModule) {
    const modules = script.isMain ? cachedCommonJs(path, script.url) : [];
    const [first] = modules;
    return first === undefined ? { kind: 'file', url: bare(script.url) } : { kind: 'commonjs', url: first.url, modules };
  }
  if (!script.isMain || hasModulesOfItsOwn() || realPath(path) !== path) return { kind: 'file', url: bare(script.url) };
  const known = evaluatedModules.get(script.id);
  if (known !== undefined) return known;
  const namespace = await evaluated(script.url);
  if (namespace === undefined) return { kind: 'file', url: script.url };
  const lookup: ModuleLookup = { kind: 'module', url: script.url, namespace };
  evaluatedModules.set(script.id, lookup);
  return lookup;
}

/** Whether the file is the one that the program was started with. */
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

/** `undefined` for what is no file: other schemes, and the invented names `[eval]`, `[eval1]`, `[stdin]`, `[worker eval]`. */
function filePath(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined;
  try {
    const path = fileURLToPath(url);
    return /[\\/]\[[\w ]+\]$/.test(path) ? undefined : path;
  } catch {
    return undefined;
  }
}

/** Queries of a test runner mean nothing to Node's loader. */
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

/** The modules whose script the inspector calls `url`. */
function cachedCommonJs(path: string, url: string): CommonJsModule[] {
  const { cache } = createRequire(import.meta.url);
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

/** With this flag a program may compile modules under any URL: that Node's loader has it can no longer be told. */
function hasModulesOfItsOwn(): boolean {
  return [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((argument) => argument.includes('--experimental-vm-modules'));
}

/** Turns of the event loop that an import of something in the loader's cache may take; each goes through the loader's hooks. */
const TURNS = 4;

/**
 * The namespace of a module that the loader has. Importing it evaluates nothing, but waits for a module that is still being
 * evaluated, and that may be waiting for us: so it is raced against imports of what is surely there.
 */
async function evaluated(url: string): Promise<object | undefined> {
  let settled = false;
  let namespace: object | undefined;
  import(url).then(
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
