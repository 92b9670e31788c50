/**
 * `@twinpool/unplugin/next`: the settings that Next.js needs for twinpool on its server.
 *
 *   both         twinpool is external: the server loads the installed package; files of task modules are copied into `output: 'standalone'`
 *   webpack      the plugin, in the compiler of the Node.js server only
 *   Turbopack    takes no plugin of this kind: tasks are inline functions, or `taskRef`s to files
 */
import { checkOptions, type TwinpoolOptions } from './plugin-options.ts';
import twinpoolWebpack from './webpack.ts';

export type { TwinpoolOptions } from './plugin-options.ts';

const PACKAGES = ['twinpool', '@twinpool/core', '@twinpool/pool', '@twinpool/executor', '@twinpool/adapters', 'piscina'];

interface NextConfig {
  readonly serverExternalPackages?: readonly string[] | undefined;
  readonly outputFileTracingIncludes?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly turbopack?: object | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: of any version of Next.js
  readonly webpack?: ((config: any, context: any) => any) | null | undefined;
}
interface WebpackContext {
  readonly isServer: boolean;
  readonly nextRuntime?: string | undefined;
}
interface WebpackConfig {
  readonly plugins?: unknown[] | undefined;
}

/**
 * Makes twinpool work in route handlers and server actions of Next.js.
 *
 * @param nextConfig - Your configuration: an object, or the function that makes one.
 * @param options - Which modules are task modules; see `TwinpoolOptions`.
 * @returns The configuration with what twinpool needs.
 * @throws TypeError for an option that is unknown or wrong.
 *
 * @example
 * ```ts
 * import { withTwinpool } from '@twinpool/unplugin/next';
 *
 * export default withTwinpool({ output: 'standalone' }, { tasks: 'lib/*.tasks.mjs' });
 * ```
 */
export function withTwinpool<C extends object>(nextConfig: C, options?: TwinpoolOptions): C;
export function withTwinpool<A extends readonly unknown[], C extends object>(
  nextConfig: (...args: A) => C | Promise<C>,
  options?: TwinpoolOptions,
): (...args: A) => Promise<C>;
export function withTwinpool(nextConfig: object | ((...args: unknown[]) => unknown), options?: TwinpoolOptions): unknown {
  const { patterns } = checkOptions(options);
  if (typeof nextConfig === 'function') {
    return async (...args: unknown[]) =>
      extended((await (nextConfig as (...args: unknown[]) => unknown)(...args)) as NextConfig, patterns, options);
  }
  return extended(nextConfig, patterns, options);
}

function extended(config: NextConfig, patterns: readonly string[], options: TwinpoolOptions | undefined): NextConfig {
  const traced = config.outputFileTracingIncludes ?? {};
  return {
    ...config,
    serverExternalPackages: [...new Set([...(config.serverExternalPackages ?? []), ...PACKAGES])],
    outputFileTracingIncludes: {
      ...traced,
      '/**': [...(traced['/**'] ?? []), ...patterns.map(fromRoot), ...PACKAGES.slice(1).flatMap(distOf)],
    },
    // Without it Next.js refuses a configuration that has something for webpack.
    turbopack: config.turbopack ?? {},
    webpack(given: WebpackConfig, context: WebpackContext) {
      const own = (config.webpack?.(given, context) ?? given) as WebpackConfig;
      if (!context.isServer || context.nextRuntime === 'edge') return own;
      return { ...own, plugins: [...(own.plugins ?? []), twinpoolWebpack(options)] };
    },
  };
}

function fromRoot(pattern: string): string {
  return pattern.startsWith('.') || pattern.startsWith('/') ? pattern : `./${pattern}`;
}

/** What a package loads by a path that no tracer sees. */
function distOf(name: string): string[] {
  return [`./node_modules/${name}/package.json`, `./node_modules/${name}/dist/**/*.{js,cjs,mjs}`];
}
