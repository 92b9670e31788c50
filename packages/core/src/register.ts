/** `@twinpool/core/register`: for the code that `@twinpool/unplugin` adds to task modules. It imports nothing else of this package. */
import { addBuiltModule } from './tasks/definition/built-modules.ts';

/**
 * Says which file workers load a task module from, so that its exported functions can be tasks in a built program. `@twinpool/unplugin` adds the
 * call; code of your own build tool can make it, too.
 *
 * @param url - The `file:` URL of a file that has the same exports as the module.
 * @param exported - The module's namespace, or a function that returns it; of a CommonJS module an object whose only property, `module.exports`, has
 * its exports.
 * @returns Nothing.
 *
 * @example
 * ```ts
 * import { register } from '@twinpool/core/register';
 * import * as tasks from 'node:path';
 *
 * register('file:///app/dist/tasks.js', tasks);
 * ```
 */
export function register(url: string, exported: object | (() => object)): void {
  addBuiltModule({ url, exported });
}
