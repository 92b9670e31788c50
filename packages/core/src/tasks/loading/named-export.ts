/**
 * An export by its name, in the namespace that a worker has.
 *
 * Decides what a name means: own properties only, and what Node leaves out of the namespace of a CommonJS module is looked up in
 * the whole of it. Refuses to know whether it is a task.
 */
import { isForbiddenName, type ModuleDescriptor } from '../definition/task-descriptor.ts';

/** A value of a module, with what it is called on. */
export interface Exported {
  readonly value: unknown;
  readonly holder: unknown;
}

/** Own properties only: what a module does not export itself is no task, whatever its prototype has. */
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
 * Of a CommonJS module Node gives `default` for the whole, and by name only what it could tell from the source. `default` of a whole that is
 * no function, `exports.default`, is meant by that name too.
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
