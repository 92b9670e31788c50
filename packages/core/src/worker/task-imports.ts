/**
 * Marks what a module starts that a task imports or requires: it must not start workers, as the top level of any module must not (refusal.ts).
 *
 *   task n --import(), require()--> top level of the module --> timers, promises, callbacks     owner n, marked with the module
 *     '--what the task itself does, before and after the import                                 owner n
 *
 * `import()` is seen where Node publishes `tracing:module.import` (22 and later); `require` is seen everywhere. On Node 20 the synchronous part of a top
 * level is found on the stack. Does not know tasks.
 */
import { channel } from 'node:diagnostics_channel';
import Module from 'node:module';
import { pathToFileURL } from 'node:url';
import { ownerHere, type TaskImport, taskImportHere, workerState } from './ownership.ts';

type Stored = ReturnType<typeof workerState.store.getStore>;

/** To be called before the worker loads code of the user. */
export function watchTaskImports(): void {
  const { store } = workerState;
  channel('tracing:module.import:start').bindStore?.(store, (event) => marked(() => importedUrl(event as ImportEvent)));
  const prototype = (Module as unknown as { readonly prototype: { load?: (this: unknown, file: string) => unknown } }).prototype;
  const { load } = prototype;
  // Bun and Deno have none.
  if (load === undefined) return;
  prototype.load = function (file) {
    return store.run(
      marked(() => pathToFileURL(file).href),
      () => load.call(this, file),
    );
  };
}

/** The module whose top level, imported by a running task, runs here or has started what runs here. */
export function moduleOfTaskImport(): string | undefined {
  return taskImportHere() ?? moduleOnStack();
}

interface ImportEvent {
  readonly url: string;
  readonly parentURL: string | undefined;
}

function importedUrl({ url, parentURL }: ImportEvent): string {
  return /^\.{0,2}\//.test(url) && URL.canParse(url, parentURL) ? new URL(url, parentURL).href : url;
}

function marked(module: () => string): Stored {
  const task = ownerHere();
  return typeof task === 'number' ? ({ task, module: module() } satisfies TaskImport) : workerState.store.getStore();
}

/** Node's loader calls the code that runs now: then the function that it called is the top level of a module. */
function moduleOnStack(): string | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = Number.POSITIVE_INFINITY;
    Error.prepareStackTrace = (_error, calls) => calls;
    const calls = new Error().stack as unknown as NodeJS.CallSite[];
    const loader = calls.findIndex((call) => call.getFileName()?.startsWith('node:internal/modules/') === true);
    const file = calls[loader - 1]?.getFileName() ?? undefined;
    return file === undefined || file.startsWith('file:') ? file : pathToFileURL(file).href;
  } catch {
    // A task has replaced these functions.
    return undefined;
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}
