/**
 * Declares the plugins that the subpaths return, without the bundlers' own types: a program that uses one bundler has the types of that one only.
 */

/** A plugin for Rollup, Rolldown and Vite. */
export interface NamedPlugin {
  readonly name: string;
}
/** A plugin for webpack and Rspack. */
export interface CompilerPlugin {
  // biome-ignore lint/suspicious/noExplicitAny: of any version of either bundler
  apply(compiler: any): void;
}
/** A plugin for esbuild and Bun. */
export interface SetupPlugin extends NamedPlugin {
  // biome-ignore lint/suspicious/noExplicitAny: of any version of either bundler
  setup(build: any): void | Promise<void>;
}
