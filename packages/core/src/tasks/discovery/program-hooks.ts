/**
 * Finds the hooks of `require` that the program has installed: ts-node, swc-node, esbuild-register and others.
 *
 * A worker inherits hooks that came as flags (`-r`). Others it does not: ts-node's command, `mocha --require` and a call of `register` install
 * them while the program runs. `require.cache` shows the modules of both kinds, and nothing is loaded to find them.
 */

import { dirname, join } from 'node:path';
import { createRequire } from '../../primitives/create-require.ts';
import { type RequireHook, TS_NODE } from '../definition/require-hook.ts';

/** Where the packages of hooks have the module that makes the hook, and beside it the module that installs the hook when it is required. */
const INSTALLERS: readonly (readonly [made: string, installed: string])[] = [
  ['/node_modules/@swc-node/register/lib/register.js', '../index.js'],
  ['/node_modules/@swc/register/lib/index.js', 'index.js'],
  ['/node_modules/@babel/register/lib/index.js', 'index.js'],
  ['/node_modules/esbuild-register/dist/node.js', '../register.js'],
  ['/node_modules/sucrase/register/ts.js', 'ts.js'],
  ['/node_modules/sucrase/register/index.js', 'index.js'],
  ['/node_modules/tsx/dist/cjs/index.cjs', 'index.cjs'],
];
const TS_NODE_MODULE = '/node_modules/ts-node/dist/index.js';
const COMPILED = /\.(?:[cm]?ts|tsx|jsx)(?:[?#]|$)/;

/** The hooks that a worker needs to load the module at `url`; `undefined` where the program has none, or the module needs none. */
export function hooksFor(url: string, isCommonJs: boolean): readonly RequireHook[] | undefined {
  if (!isCommonJs && !COMPILED.test(url)) return undefined;
  const files = Object.keys(createRequire(process.execPath).cache);
  const service = Reflect.get(process, TS_NODE) as { readonly options?: object } | undefined;
  const hooks: RequireHook[] = [];
  for (const file of files) {
    const path = file.replaceAll('\\', '/');
    // Functions among the options (custom transformers) do not travel.
    if (service !== undefined && path.endsWith(TS_NODE_MODULE))
      hooks.push({ file, tsNode: JSON.parse(JSON.stringify(service.options ?? {})) as object });
    const [, installed] = INSTALLERS.find(([made]) => path.endsWith(made)) ?? [];
    if (installed !== undefined) hooks.push({ file: join(dirname(file), installed) });
  }
  return hooks.length === 0 ? undefined : hooks;
}
