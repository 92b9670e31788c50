/** Where the programs of workers lie. In the folder of the package's doors, so that the paths hold in the bundle too (scripts/bundle.mjs). */
import { fileURLToPath } from 'node:url';

export const THREAD_ENTRY: string = fileURLToPath(new URL('./worker/thread-entry.cjs', import.meta.url));
export const PROCESS_ENTRY: string = fileURLToPath(new URL('./worker/process.js', import.meta.url));
export const REAPER_ENTRY: string = fileURLToPath(new URL('./lanes/reaper-node.js', import.meta.url));
