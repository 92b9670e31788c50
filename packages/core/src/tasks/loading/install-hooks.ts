/**
 * Installs the program's hooks of `require` in this worker, each once.
 *
 * A hook that came with the worker's flags is there already: its module is in `require.cache`, so requiring it again does nothing.
 */
import { createRequire } from '../../primitives/create-require.ts';
import { type RequireHook, TS_NODE } from '../definition/require-hook.ts';

const require = createRequire(import.meta.url);

export function installHooks(hooks: readonly RequireHook[]): void {
  for (const { file, tsNode } of hooks) {
    if (tsNode === undefined) require(file);
    else if (Reflect.get(process, TS_NODE) === undefined) (require(file) as { register(options: object): unknown }).register(tsNode);
  }
}
