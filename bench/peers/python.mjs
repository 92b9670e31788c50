// Makes CPython a contender: a command instead of a function. Without python3 it fails to start and is left out.
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../python/bench.py', import.meta.url));

/** `method` is a function of bench.py; `kind` is 'pool', 'processes' or 'threads'. */
export function python(method, kind, count) {
  return { command: ['python3', script, method, kind, String(count)] };
}
