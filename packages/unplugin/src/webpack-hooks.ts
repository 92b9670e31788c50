/**
 * The plugin of webpack and Rspack: task modules are entries with a library, so that their exports are kept.
 *
 * The URLs are put in after the files have their final names and the source maps are written. A build for browsers is left alone.
 */
import type { TwinpoolBuild } from './twinpool-build.ts';

interface Chunk {
  readonly files: Iterable<string>;
}
interface Compilation {
  readonly entrypoints: { get(name: string): { getEntrypointChunk(): Chunk } | undefined };
  readonly warnings: unknown[];
  readonly hooks: {
    readonly processAssets: { tap(options: { name: string; stage: number }, run: (assets: Record<string, Source>) => void): void };
  };
  updateAsset(name: string, source: unknown): void;
}
interface Source {
  source(): string | Buffer;
}
export interface Compiler {
  readonly context: string;
  readonly options: {
    readonly output: { readonly path?: string | undefined; readonly module?: boolean | undefined };
    readonly externalsPresets?: { readonly node?: boolean | undefined } | undefined;
    readonly target?: unknown;
  };
  readonly hooks: {
    readonly thisCompilation: { tap(name: string, run: (compilation: Compilation) => void): void };
    readonly environment: { tap(name: string, run: () => void): void };
    readonly afterEnvironment: { tap(name: string, run: () => void): void };
    readonly beforeCompile: { tap(name: string, run: () => void): void };
  };
  readonly webpack: {
    readonly EntryPlugin: new (context: string, entry: string, options: object) => { apply(compiler: Compiler): void };
    readonly library: { readonly EnableLibraryPlugin: new (type: string) => { apply(compiler: Compiler): void } };
    readonly sources: { readonly RawSource: new (text: string) => unknown };
    readonly Compilation: { readonly PROCESS_ASSETS_STAGE_OPTIMIZE_HASH: number };
  };
}

const NAME = 'twinpool';

export function applyToWebpack(compiler: Compiler, build: TwinpoolBuild): void {
  const { options, webpack } = compiler;
  const isModule = options.output.module === true;
  build.configure(compiler.context, [options.output.path]);
  let warnings: string[] = [];
  const library = { type: isModule ? 'module' : 'commonjs2' };
  new webpack.library.EnableLibraryPlugin(library.type).apply(compiler);
  for (const { file, name } of build.begin((message) => warnings.push(message))) {
    new webpack.EntryPlugin(compiler.context, file, { name, library }).apply(compiler);
  }
  let isFirst = true;
  compiler.hooks.beforeCompile.tap(NAME, () => {
    if (!isFirst) build.begin((message) => warnings.push(message));
    isFirst = false;
  });
  compiler.hooks.thisCompilation.tap(NAME, (compilation) => {
    for (const warning of warnings) compilation.warnings.push(new Error(warning));
    warnings = [];
    const stage = webpack.Compilation.PROCESS_ASSETS_STAGE_OPTIMIZE_HASH + 1;
    compilation.hooks.processAssets.tap({ name: NAME, stage }, (assets) => {
      const fileOf = ({ name }: { readonly name: string }) =>
        [...(compilation.entrypoints.get(name)?.getEntrypointChunk().files ?? [])].find(
          (file) => /\.[cm]?js$/.test(file) && !file.includes('.hot-update.'),
        );
      for (const [file, asset] of Object.entries(assets)) {
        if (!/\.[cm]?js$/.test(file)) continue;
        const code = asset.source().toString();
        const replaced = build.replace(code, { from: file, isModule }, fileOf);
        if (replaced !== code) compilation.updateAsset(file, new webpack.sources.RawSource(replaced));
      }
    });
  });
}
