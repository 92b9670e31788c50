/**
 * Imports the modules of tasks, TypeScript included.
 *
 * Decides when Node alone loads a file and when `tsx` is needed, and that each module is evaluated once, also when that fails.
 * Refuses to know what is in a module.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const modules = new Map<string, Promise<object>>();

/** The namespace of the module at a `file:` URL. */
export function importModule(url: string): Promise<object> {
  let module = modules.get(url);
  if (module === undefined) {
    module = load(url);
    modules.set(url, module);
  }
  return module;
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
  if (!TYPESCRIPT.test(url.replace(/[?#].*$/, ''))) return import(url);
  if (!stripsTypes() && !hasLoader()) await registerTsx(url, undefined);
  try {
    return (await import(url)) as object;
  } catch (error) {
    if (!BEYOND_STRIPPING.has((error as { code?: unknown } | null)?.code)) throw error;
    await registerTsx(url, error);
    // Under the old URL the loader keeps the failure.
    return import(`${url}${url.includes('?') ? '&' : '?'}tsx`);
  }
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
  registration ??= findTsx(url).then((tsx) => {
    tsx?.register();
    return tsx !== undefined;
  });
  if (await registration) return;
  // Looked for again for the next file: it may find what this one did not.
  registration = undefined;
  // A missing import says more than the advice to install something.
  if (failure instanceof Error && 'code' in failure && failure.code === 'ERR_MODULE_NOT_FOUND') throw failure;
  throw new Error(`this Node cannot load ${url} by itself; install \`tsx\`, or use Node 22.18 or later`, { cause: failure });
}

/** As the task's module would find it, else as this package does; `undefined` when it is not installed. */
async function findTsx(url: string): Promise<typeof import('tsx/esm/api') | undefined> {
  for (const from of [url, import.meta.url]) {
    const require = createRequire(from);
    try {
      // Its ES module by way of the manifest: what `require` would resolve to cannot register itself (4.23).
      const { exports } = require('tsx/package.json') as { exports: { './esm/api': { import: { default: string } } } };
      const manifest = pathToFileURL(require.resolve('tsx/package.json'));
      return (await import(new URL(exports['./esm/api'].import.default, manifest).href)) as typeof import('tsx/esm/api');
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return undefined;
}
