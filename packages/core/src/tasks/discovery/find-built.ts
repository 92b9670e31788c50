/** Which export of a task module of a built program a function is. */
import { type BuiltModule, builtModules } from '../definition/built-modules.ts';
import type { AnyFunction } from '../definition/task-reference.ts';
import type { ExportName } from './declaration.ts';
import { findExportInCommonJs, findExportInNamespace } from './find-export.ts';

const WHOLE = 'module.exports';

export function findBuilt(fn: AnyFunction): { readonly url: string; readonly exported: ExportName } | undefined {
  for (const module of builtModules) {
    const exported = exportIn(module, fn);
    if (exported !== undefined) return { url: module.url, exported };
  }
  return undefined;
}

function exportIn(module: BuiltModule, fn: AnyFunction): ExportName | undefined {
  const exported = typeof module.exported === 'function' ? module.exported() : module.exported;
  if (exported === undefined) return undefined;
  return Object.hasOwn(exported, WHOLE) ? findExportInCommonJs(Reflect.get(exported, WHOLE), fn) : findExportInNamespace(exported, fn);
}
