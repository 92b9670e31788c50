/**
 * Keeps the task modules of a built program that registered through `@twinpool/core/register`, by the files from which workers load them.
 *
 * A bundler may put a task module into any file, or into several, under any names. The code that `@twinpool/unplugin` adds to the module registers,
 * wherever it runs, which functions are exports of which file. A module that is built again (watch mode, HMR) has the same file with another query,
 * and replaces the old one. This file does not look up functions: find-built.ts does.
 */

/** A copy of a task module in this thread. */
export interface BuiltModule {
  /** The `file:` URL of the file that workers load. */
  readonly url: string;
  /**
   * Its exports, or what returns them; of a CommonJS module they are the only property, `module.exports`. `undefined` where a bundler declares the
   * namespace behind the module, which is still being evaluated.
   */
  readonly exported: object | (() => object | undefined);
}

// One for the whole thread: a bundle may have another copy of this package than the code that registers.
const SHARED = Symbol.for('@twinpool/core/built-modules');
const shared = globalThis as { [SHARED]?: BuiltModule[] };
shared[SHARED] ??= [];
export const builtModules: BuiltModule[] = shared[SHARED];

export function addBuiltModule(module: BuiltModule): void {
  const file = fileOf(module.url);
  for (let at = builtModules.length - 1; at >= 0; at--) {
    const { url } = builtModules[at] as BuiltModule;
    if (url !== module.url && fileOf(url) === file) builtModules.splice(at, 1);
  }
  builtModules.push(module);
}

function fileOf(url: string): string {
  return url.replace(/[?#].*$/, '');
}
