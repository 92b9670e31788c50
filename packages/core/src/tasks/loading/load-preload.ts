/**
 * Loads one module of the option `preload` in a worker. A `file:` URL loads as a task module does, TypeScript included; any other specifier resolves
 * as from the program's entry file. It does not know when.
 */
import { TaskModuleError } from '../../errors.ts';
import { messageOf } from '../../primitives/message-of.ts';
import type { PreloadModule } from '../definition/preload-module.ts';
import { compileInline } from './compile-inline.ts';
import { importModule } from './import-module.ts';

export async function loadPreload({ specifier, base }: PreloadModule): Promise<void> {
  try {
    await (specifier.startsWith('file:') ? importModule(specifier, { isRequired: false, hooks: undefined }) : importFrom(base)(specifier));
  } catch (cause) {
    throw new TaskModuleError(`Cannot load the preload ${specifier}: ${messageOf(cause)}`, { cause });
  }
}

function importFrom(base: string): (specifier: string) => Promise<unknown> {
  return compileInline({
    kind: 'source',
    name: 'preload',
    source: '(specifier) => import(specifier)',
    base,
    line: 1,
    column: 1,
    strict: true,
    imports: true,
    identities: [],
    counters: [],
  }) as (specifier: string) => Promise<unknown>;
}
