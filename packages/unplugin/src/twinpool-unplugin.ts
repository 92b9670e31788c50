/** The plugin for every bundler, put together. Each subpath of the package exports the one of its bundler. */
import { createUnplugin, type UnpluginInstance } from 'unplugin';
import { type BunBuild, setUpBun } from './bun-hooks.ts';
import { type PluginBuild, setUpEsbuild } from './esbuild-hooks.ts';
import { checkOptions, type TwinpoolOptions } from './plugin-options.ts';
import { RollupHooks } from './rollup-hooks.ts';
import { TwinpoolBuild } from './twinpool-build.ts';
import { applyToWebpack, type Compiler } from './webpack-hooks.ts';

export const instance: UnpluginInstance<TwinpoolOptions | undefined, false> = createUnplugin<TwinpoolOptions | undefined, false>(
  (options, { framework }) => {
    const build = new TwinpoolBuild(checkOptions(options));
    const rollup = new RollupHooks(build);
    const isRollupLike = framework === 'rollup' || framework === 'rolldown' || framework === 'vite';
    const hooks = {
      buildStart(options: never) {
        rollup.buildStart(this as never, options);
      },
      outputOptions: (given: never) => rollup.outputOptions(given),
      generateBundle(given: never, bundle: never) {
        rollup.generateBundle(this as never, given, bundle);
      },
    };
    return {
      name: 'twinpool',
      enforce: 'pre',
      transformInclude: (id) => build.isSource(id),
      transform(code, id) {
        if (isRollupLike) return rollup.transform(this as never, code, id) as never;
        const transformed = build.transform(code, id);
        for (const warning of transformed?.warnings ?? []) this.warn(`twinpool: ${warning}`);
        return transformed as never;
      },
      rollup: hooks as never,
      rolldown: hooks as never,
      vite: {
        ...(hooks as object),
        configResolved(config) {
          rollup.isServing = config.command === 'serve';
          build.configure(config.root, [config.build.outDir]);
        },
      },
      webpack: (compiler) => applyToWebpack(compiler as unknown as Compiler, build),
      rspack: (compiler) => applyToWebpack(compiler as unknown as Compiler, build),
      bun: { setup: (bun) => setUpBun(bun as unknown as BunBuild, build) },
      esbuild: { setup: (esbuild) => setUpEsbuild(esbuild as unknown as PluginBuild, build) },
    };
  },
);
