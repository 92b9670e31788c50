/**
 * Finds an export by name, in the namespace of a module that the worker has imported.
 *
 * Invariant: only own properties count, so a name on a prototype is never an export. Names that Node leaves out of the namespace of a CommonJS
 * module are looked up in `module.exports`.
 * This file does not know whether the export is a task.
 */
import { isForbiddenName, type ModuleDescriptor } from '../definition/task-descriptor.ts';

/** A value of a module, and the object that is `this` in its calls. */
export interface Exported {
  readonly value: unknown;
  readonly holder: unknown;
}

/** Returns the export or the member of an export, `undefined` if the module does not have it. */
export function namedExport(
  namespace: object,
  { exportName, commonjs, member }: Pick<ModuleDescriptor, 'exportName' | 'commonjs' | 'member'>,
): Exported | undefined {
  const found = commonjs === true ? ofCommonJs(namespace, exportName) : topLevel(namespace, exportName, member === undefined);
  if (found === undefined || member === undefined) return found;
  const value = ownValue(found.value, member);
  return value === undefined ? undefined : { value: value.value, holder: found.value };
}

function ofCommonJs(namespace: object, name: string): Exported | undefined {
  const whole = ownValue(namespace, 'module.exports');
  return name === 'module.exports' ? whole : ownValue(whole?.value, name);
}

/**
 * Returns an export at the top of a namespace. For a CommonJS module, Node sets `default` to `module.exports`, and has only the names that it
 * recognised in the source. The name `default` also means `exports.default` if `module.exports` is not a function.
 */
function topLevel(namespace: object, name: string, isTask: boolean): Exported | undefined {
  const whole = ownValue(namespace, 'module.exports') ?? ownValue(namespace, 'default');
  if (name === 'module.exports') return whole;
  const found = ownValue(namespace, name);
  if (name !== 'default') return found ?? ownValue(whole?.value, name);
  if (typeof found?.value !== 'object') return found;
  const inner = ownValue(found.value, 'default');
  const isMeant = isTask ? typeof inner?.value === 'function' : ownValue(found.value, '__esModule') !== undefined;
  return (isMeant ? inner : undefined) ?? found;
}

function ownValue(holder: unknown, name: string): Exported | undefined {
  if ((typeof holder !== 'object' && typeof holder !== 'function') || holder === null || isForbiddenName(name)) return undefined;
  return Object.hasOwn(holder, name) ? { value: Reflect.get(holder, name), holder: undefined } : undefined;
}
