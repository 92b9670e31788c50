/**
 * Imports the modules of tasks, TypeScript included.
 *
 * Decides when Node alone loads a file and when `tsx` is needed, and that each module is evaluated once, also when that fails.
 * Refuses to know what is in a module.
 */
import { createRequire } from 'node:module';

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

let registration: Promise<void> | undefined;

/** Once per worker. `failure`: what Node said of the file, `undefined` when it was not asked. */
function registerTsx(url: string, failure: unknown): Promise<void> {
  registration ??= findTsx(url).then(({ register }) => {
    register();
  });
  return registration.catch((cause: unknown) => {
    registration = undefined;
    if (failure !== undefined && !isTypeScriptFailure(failure)) throw failure;
    throw new Error(`this Node cannot load ${url} by itself; install \`tsx\`, or use Node 22.18 or later`, { cause: failure ?? cause });
  });
}

/** Without tsx a missing import of the module says more than the advice to install it. */
function isTypeScriptFailure(failure: unknown): boolean {
  return (failure as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND';
}

/** As the task's module would find it, else as this package does. */
async function findTsx(url: string): Promise<typeof import('tsx/esm/api')> {
  try {
    return createRequire(url)('tsx/esm/api') as typeof import('tsx/esm/api');
  } catch {
    return import('tsx/esm/api');
  }
}
