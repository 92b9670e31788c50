// Provides a task that blocks its thread, and one that does not.
import { readFileSync } from 'node:fs';

/** Opens a named pipe, which blocks in the system until a writer opens it. */
export function readWhole(path) {
  return readFileSync(path).length;
}

export function spin(ms) {
  for (const end = performance.now() + ms; performance.now() < end; );
  return ms;
}
