/** `@twinpool/unplugin/webpack`: the plugin for Webpack. */
import type { TwinpoolOptions } from './plugin-options.ts';
import type { CompilerPlugin } from './plugin-shapes.ts';
import { instance } from './twinpool-unplugin.ts';

export type { TwinpoolOptions } from './plugin-options.ts';

/**
 * Makes the exported functions of task modules usable as tasks in the built program.
 *
 * @param options - Which modules are task modules. Default: `**\/*.{task,tasks}.*`, and modules with the directive `'use tasks'`.
 * @returns The plugin.
 * @throws TypeError for an option that is unknown or wrong.
 *
 * @example
 * ```ts
 * import twinpool from '@twinpool/unplugin/webpack';
 *
 * export const plugins = [twinpool({ tasks: 'src/**\/*.tasks.ts' })];
 * ```
 */
export default function twinpool(options?: TwinpoolOptions): CompilerPlugin {
  return instance.webpack(options) as CompilerPlugin;
}
