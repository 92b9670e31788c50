/**
 * Imports the modules of tasks, TypeScript included.
 *
 * Decides when Node alone loads a file and when `tsx` is needed, and when a module that failed is tried again. Each module is evaluated once for
 * all that ask while it loads or after it has loaded. Refuses to know what is in a module.
 *
 *   absent --asked--> loading --> loaded
 *     ^                  |
 *     |                  v
 *     +--may be tried-- failed      the first time at once, later after a pause that doubles, or when the file has changed
 *
 * Node keeps some failures under their URL for the thread's life (which ones depends on its version; an error that the module itself threw
 * always). Where the same error comes back, the module is imported under a URL of its own; what it imports keeps its URL.
 */
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { types } from 'node:util';
import { now } from '../../primitives/time.ts';

/** ms between tries of a module that keeps failing: nothing, FIRST_PAUSE, doubled each time. Longer: heals later. Shorter: costs more time and memory. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 60_000;

interface Failure {
  readonly error: unknown;
  /** What the URL itself gave last; `error` may come from a URL that it was tried under. */
  own: unknown;
  /** Tries so far. */
  readonly tries: number;
  /** ms of the clock from which on it may be tried again. */
  readonly after: number;
  /** Of the files that are known to be concerned. */
  readonly state: string;
}

const modules = new Map<string, Promise<object>>();
const failures = new Map<string, Failure>();

/** The namespace of the module at a `file:` URL. */
export function importModule(url: string): Promise<object> {
  const known = modules.get(url);
  if (known !== undefined) return known;
  const failure = failures.get(url);
  if (failure !== undefined && now() < failure.after && stateOf(url, failure.error) === failure.state) {
    return Promise.reject(failure.error);
  }
  const module = failure === undefined ? load(url) : loadAgain(url, failure);
  modules.set(url, module);
  module.then(
    () => failures.delete(url),
    (error: unknown) => {
      modules.delete(url);
      const tries = (failure?.tries ?? 0) + 1;
      const pause = tries === 1 ? 0 : Math.min(FIRST_PAUSE * 2 ** (tries - 2), LONGEST_PAUSE);
      failures.set(url, {
        error,
        own: failure === undefined ? error : failure.own,
        tries,
        after: now() + pause,
        state: stateOf(url, error),
      });
    },
  );
  return module;
}

/**
 * The `module.exports` of a CommonJS module that was imported, as the only name of a namespace. In the namespace that `import()` makes, `default`
 * is the whole of it or, by the convention of compilers (`__esModule`), a property.
 */
export function commonJsExports(url: string, namespace: object): object {
  const cached = createRequire(url).cache[fileURLToPath(url)];
  const imported = namespace as { readonly default?: unknown; readonly 'module.exports'?: unknown };
  return { 'module.exports': cached === undefined ? (imported['module.exports'] ?? imported.default) : cached.exports };
}

async function loadAgain(url: string, failure: Failure): Promise<object> {
  try {
    return await load(url);
  } catch (error) {
    const isKept = error === failure.own;
    failure.own = error;
    if (!isKept) throw error;
    return load(`${url}${url.includes('?') ? '&' : '?'}retry=${failure.tries}`);
  }
}

/** What tells whether a file has changed: of the module itself, and of the one that was missing. */
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
/** What Node's own TypeScript cannot do and tsx can: `enum`, `./x.js` for x.ts, .tsx, files in node_modules. */
const BEYOND_STRIPPING: ReadonlySet<unknown> = new Set([
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_MODULE_NOT_FOUND',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
]);

async function load(url: string): Promise<object> {
  if (BACKSLASH.test(url)) return required(url);
  if (!TYPESCRIPT.test(url.replace(/[?#].*$/, ''))) return import(url);
  if (!stripsTypes() && !hasLoader()) await registerTsx(url, undefined);
  try {
    return (await import(url)) as object;
  } catch (error) {
    if (!isBeyondStripping(error)) throw error;
    await registerTsx(url, error);
  }
  try {
    return (await import(url)) as object;
  } catch (error) {
    if (!isBeyondStripping(error)) throw error;
    // Some versions of Node keep the failure under the old URL.
    return import(`${url}${url.includes('?') ? '&' : '?'}loader=tsx`);
  }
}

/** In a path of POSIX. Node imports no such file, but requires it. */
const BACKSLASH = /%5c/i;

function required(url: string): object {
  const exported: unknown = createRequire(url)(fileURLToPath(url));
  return types.isModuleNamespaceObject(exported) ? (exported as object) : { default: exported };
}

function isBeyondStripping(error: unknown): boolean {
  return BEYOND_STRIPPING.has((error as { readonly code?: unknown } | null)?.code);
}

function stripsTypes(): boolean {
  const { features, versions } = process as { features: { typescript?: unknown }; versions: Record<string, string | undefined> };
  return Boolean(features.typescript) || versions.bun !== undefined || versions.deno !== undefined;
}

/** The program brought a loader of its own, which may know TypeScript. */
function hasLoader(): boolean {
  return /(?:^|\s)(?:--import|--loader|--experimental-loader|--require|-r)\b/.test(
    [...process.execArgv, process.env.NODE_OPTIONS].join(' '),
  );
}

let registration: Promise<boolean> | undefined;

/** Once per worker. `failure`: what Node said of the file, `undefined` when it was not asked. */
async function registerTsx(url: string, failure: unknown): Promise<void> {
  registration ??= registerFrom(url).then(async (done) => done || registerFrom(import.meta.url));
  if (await registration) return;
  // Looked for again for the next file: it may find what this one did not.
  registration = undefined;
  // A missing import says more than the advice to install something.
  if (failure instanceof Error && 'code' in failure && failure.code === 'ERR_MODULE_NOT_FOUND') throw failure;
  throw new Error(`this Node cannot load ${url} by itself; install \`tsx\`, or use Node 22.18 or later`, { cause: failure });
}

/** `false` when tsx is not installed where `from` would find it: at the task's module first, then at this package. */
async function registerFrom(from: string): Promise<boolean> {
  const require = createRequire(from);
  try {
    // Its ES modules, by way of the manifest: what `require` resolves to cannot register itself (4.23).
    const { exports } = require('tsx/package.json') as {
      readonly exports: Record<string, { readonly import: { readonly default: string } }>;
    };
    const manifest = pathToFileURL(require.resolve('tsx/package.json'));
    // CommonJS first: a .ts file in a package without `"type": "module"` is that.
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
