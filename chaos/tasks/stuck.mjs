// A call that blocks its thread, and one that does not.
import { readFileSync } from 'node:fs';

/** Of a named pipe it waits, in the system, for somebody to write. */
export function readWhole(path) {
  return readFileSync(path).length;
}

export function spin(ms) {
  for (const end = performance.now() + ms; performance.now() < end; );
  return ms;
}
