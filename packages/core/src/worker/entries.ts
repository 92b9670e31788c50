/** The URLs of the programs that workers run. Relative to `dist/`: the bundle that holds this module lies there (scripts/bundle.mjs). */
import { fileURLToPath } from 'node:url';

export const THREAD_ENTRY: string = fileURLToPath(new URL('./worker/thread-entry.cjs', import.meta.url));
export const PROCESS_ENTRY: string = fileURLToPath(new URL('./worker/process.js', import.meta.url));
export const REAPER_ENTRY: string = fileURLToPath(new URL('./lanes/orphan-reaper-node.js', import.meta.url));
