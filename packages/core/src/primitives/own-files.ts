/**
 * Where this package's own files are, from the place of the file that this module is built into: `dist/`.
 *
 * In a bundle they are elsewhere or absent: a file is looked at before it is used (lanes/worker-program.ts). A bundler that makes CommonJS may leave
 * `import.meta` empty.
 */
import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A `file:` URL; of Node itself where the place is not known. */
export const OWN_URL: string = import.meta.url ?? pathToFileURL(process.execPath).href;

/** What worker threads and processes run (twinpool-worker.ts). Bundlers that know this form copy the file. */
export const WORKER_FILE: string | undefined = pathOf(() => new URL('./worker/twinpool-worker.cjs', import.meta.url));
/** The reaper for systems without a shell. */
export const REAPER_FILE: string | undefined = pathOf(() => new URL('./lanes/orphan-reaper-node.cjs', import.meta.url));

let bundled: boolean | undefined;

/** Whether this package is part of a bundle: its files are not where they belong. */
export function isBundled(): boolean {
  bundled ??= !isThere(WORKER_FILE);
  return bundled;
}

export function isThere(file: string | undefined): file is string {
  return file !== undefined && existsSync(file);
}

function pathOf(url: () => URL): string | undefined {
  try {
    return fileURLToPath(url());
  } catch {
    return undefined;
  }
}
