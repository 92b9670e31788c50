/**
 * Loads the modules of tasks, TypeScript included: by `import`, or by `require` if the program required the module or a hook of `require` compiles it.
 * Falls back to `tsx`, and tries failed modules again.
 *
 *   absent --importModule--> loading --> loaded
 *     ^                         |
 *     |                         v
 *     '----may be tried------ failed      at once after the first failure; later after a pause that doubles, or after the file has changed.
 *                                         A module that was refused a pool is tried again only after its file has changed.
 *
 * Invariant: each module is evaluated once for all calls of `importModule` while it loads and after it has loaded.
 * Node keeps some failures under their URL until the thread ends: always if the module itself threw, otherwise depending on Node's version. If the
 * same error object comes again, the module is imported under another URL; the modules that it imports keep their URLs.
 * This file does not know the exports of a module.
 */
import { statSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { types } from 'node:util';
import { createRequire } from '../../primitives/create-require.ts';
import { whenSettled } from '../../primitives/promises.ts';
import { now } from '../../primitives/time.ts';
import type { RequireHook } from '../definition/require-hook.ts';
import { installHooks } from './install-hooks.ts';
import { isCommonJsFile } from './module-format.ts';

/** The pause in ms before the third try; it doubles with each further try. A longer pause heals later; a shorter one costs more time and memory. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 60_000;
/** The code of NestedBootstrapError. */
const REFUSED = 'ERR_TWINPOOL_NESTED_BOOTSTRAP';

interface Failure {
  readonly error: unknown;
  /** The last error of the URL itself. `error` may come from the URL of a further try. */
  own: unknown;
  /** The number of tries. */
  readonly tries: number;
  /** The clock time, in ms, after which the module may be tried again. */
  readonly after: number;
  /** The state of the files that the error concerns. */
  readonly state: string;
}

const modules = new Map<string, Promise<object>>();
const failures = new Map<string, Failure>();

/** How the program loads a module. */
export interface LoadedBy {
  /** The program has it in `require.cache`. */
  readonly isRequired: boolean;
  readonly hooks: readonly RequireHook[] | undefined;
}

/** Returns the namespace of the module at a `file:` URL. If it was required, `default` is its `module.exports`. */
export function importModule(url: string, by: LoadedBy): Promise<object> {
  const known = modules.get(url);
  if (known !== undefined) return known;
  const failure = failures.get(url);
  if (failure !== undefined && now() < failure.after && stateOf(url, failure.error) === failure.state) {
    return Promise.reject(failure.error);
  }
  const module = failure === undefined ? load(url, by) : loadAgain(url, by, failure);
  modules.set(url, module);
  void whenSettled<object, unknown>(
    module,
    () => failures.delete(url),
    (error: unknown) => {
      modules.delete(url);
      const tries = (failure?.tries ?? 0) + 1;
      failures.set(url, {
        error,
        own: failure === undefined ? error : failure.own,
        tries,
        after: now() + pauseAfter(tries, error),
        state: stateOf(url, error),
      });
    },
  );
  return module;
}

/**
 * Returns the `module.exports` of an imported CommonJS module, as the only name of a namespace. In the namespace of `import()`, `default` is the
 * whole `module.exports` or, by the convention of compilers (`__esModule`), one property of it.
 */
export function commonJsExports(url: string, namespace: object): object {
  const cached = createRequire(url).cache[fileURLToPath(url)];
  const imported = namespace as { readonly default?: unknown; readonly 'module.exports'?: unknown };
  return { 'module.exports': cached === undefined ? (imported['module.exports'] ?? imported.default) : cached.exports };
}

/** The top level of a module that was refused a pool would run a second time in this worker, and be refused again. */
function pauseAfter(tries: number, error: unknown): number {
  if ((error as { readonly code?: unknown } | null)?.code === REFUSED) return Number.POSITIVE_INFINITY;
  return tries === 1 ? 0 : Math.min(FIRST_PAUSE * 2 ** (tries - 2), LONGEST_PAUSE);
}

async function loadAgain(url: string, by: LoadedBy, failure: Failure): Promise<object> {
  try {
    return await load(url, by);
  } catch (error) {
    const isKept = error === failure.own;
    failure.own = error;
    if (!isKept) throw error;
    return load(`${url}${url.includes('?') ? '&' : '?'}retry=${failure.tries}`, by);
  }
}

/** A text that changes when the file of the module, or the file that was missing, changes. */
function stateOf(url: string, error: unknown): string {
  const missing = (error as { readonly url?: unknown } | null)?.url;
  return [url, missing].map(fileState).join();
}

function fileState(url: unknown): string {
  try {
    const { mtimeMs, ctimeMs, size, ino } = statSync(fileURLToPath(String(url)));
    return `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
  } catch {
    return '';
  }
}

const TYPESCRIPT = /\.(?:ts|mts|cts|tsx)$/;
/** Errors of Node for TypeScript that only tsx can load: `enum`, `./x.js` for x.ts, .tsx, files in node_modules. */
const BEYOND_STRIPPING: ReadonlySet<unknown> = new Set([
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_MODULE_NOT_FOUND',
  'MODULE_NOT_FOUND',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
]);

async function load(url: string, { isRequired, hooks }: LoadedBy): Promise<object> {
  if (hooks !== undefined) {
    installHooks(hooks);
    // Node's `import` would strip the types of a file before a hook sees it, and knows neither its enums nor its imports without extensions.
    if (isRequired || isCommonJsFile(fileURLToPath(url))) return requireModule(url);
  }
  const get = async (from: string): Promise<object> => (isRequired || BACKSLASH.test(url) ? requireModule(from) : import(from));
  if (!TYPESCRIPT.test(url.replace(/[?#].*$/, ''))) return get(url);
  if (!stripsTypes() && !hasLoader()) await registerTsx(url, undefined);
  try {
    return await get(url);
  } catch (error) {
    if (!isBeyondStripping(error)) throw error;
    await registerTsx(url, error);
  }
  try {
    return await get(url);
  } catch (error) {
    if (!isBeyondStripping(error)) throw error;
    // Some versions of Node keep the failure under the first URL.
    return get(`${url}${url.includes('?') ? '&' : '?'}loader=tsx`);
  }
}

/** A backslash in a POSIX path. Node cannot import such a file, but it can require it. */
const BACKSLASH = /%5c/i;

function requireModule(url: string): object {
  const exported: unknown = createRequire(url)(fileURLToPath(url));
  return types.isModuleNamespaceObject(exported) ? (exported as object) : { default: exported };
}

/** A SyntaxError without a code: `import` or `export` in a file that is CommonJS by its package.json, or types where Node strips none. */
function isBeyondStripping(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return BEYOND_STRIPPING.has(code) || (code === undefined && error instanceof SyntaxError);
}

function stripsTypes(): boolean {
  const { features, versions } = process as { features: { typescript?: unknown }; versions: Record<string, string | undefined> };
  return Boolean(features.typescript) || versions.bun !== undefined || versions.deno !== undefined;
}

/** Returns true if the program has a loader of its own, which may load TypeScript. */
function hasLoader(): boolean {
  return /(?:^|\s)(?:--import|--loader|--experimental-loader|--require|-r)\b/.test(
    [...process.execArgv, process.env.NODE_OPTIONS].join(' '),
  );
}

let registration: Promise<boolean> | undefined;

/** Registers tsx, once per worker. `failure`: the error of Node for the file, `undefined` if Node did not try. */
async function registerTsx(url: string, failure: unknown): Promise<void> {
  registration ??= registerFrom(url).then(async (done) => done || registerFrom(import.meta.url));
  if (await registration) return;
  // The next file searches again: it may find a tsx that this file did not.
  registration = undefined;
  // The error of a missing import helps more than the advice to install tsx.
  if (failure instanceof Error && 'code' in failure && /^(?:ERR_)?MODULE_NOT_FOUND$/.test(String(failure.code))) throw failure;
  throw new Error(`this Node cannot load ${url} without help; install \`tsx\`, or use Node 22.18 or later`, { cause: failure });
}

/** Registers the tsx that `from` resolves. Returns false if `from` resolves none. */
async function registerFrom(from: string): Promise<boolean> {
  const require = createRequire(from);
  try {
    // The manifest leads to the ES modules of tsx. The CommonJS modules, which `require` resolves, cannot register (4.23).
    const { exports } = require('tsx/package.json') as {
      readonly exports: Record<string, { readonly import: { readonly default: string } }>;
    };
    const manifest = pathToFileURL(require.resolve('tsx/package.json'));
    // CommonJS first: a .ts file in a package without `"type": "module"` is CommonJS.
    for (const api of ['./cjs/api', './esm/api']) {
      const { register } = (await import(new URL(exports[api]?.import.default ?? '', manifest).href)) as { register(): void };
      register();
    }
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'MODULE_NOT_FOUND') return false;
    throw error;
  }
}
