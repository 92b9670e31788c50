/**
 * Finds the name under which the nodes know a function that the caller passes.
 *
 *   tasks: a module   -> its exports, loaded in this program      the function itself, or module and export name of how it was found
 *   tasks: a record   -> its keys                                 the function itself
 *
 * A test runner, or a loader, may have another copy of the module than this program's `import()` gives: then the function is known by the place where it
 * was found. Only names are sent. It does not know jobs.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OptionsError, TaskModuleError, TaskSerializationError } from '@twinpool/core';
import { type TaskFunction, taskFunctionOf } from '@twinpool/core/facade';

export type Tasks = string | URL | Record<string, unknown>;

export class TaskNames {
  readonly names: readonly string[];
  readonly #byId: Map<number, string>;
  readonly #byPlace: ReadonlyMap<string, string>;
  readonly #url: string | undefined;

  private constructor(byId: Map<number, string>, byPlace: ReadonlyMap<string, string>, names: readonly string[], url: string | undefined) {
    this.#byId = byId;
    this.#byPlace = byPlace;
    this.names = names;
    this.#url = url;
  }

  /** Loads the tasks. Throws TaskModuleError if the module cannot be loaded, OptionsError if it exports no function. */
  static async load(tasks: Tasks): Promise<TaskNames> {
    const url = typeof tasks === 'string' || tasks instanceof URL ? urlOf(tasks) : undefined;
    const exported = url === undefined ? (tasks as Record<string, unknown>) : await importModule(url);
    const byId = new Map<number, string>();
    const byPlace = new Map<string, string>();
    const names: string[] = [];
    for (const [name, value] of functionsIn(exported)) {
      const fn = taskFunctionOf(value);
      await fn.settled;
      names.push(name);
      byId.set(fn.id, name);
      // As an export of this module, and of the one that it comes from.
      if (url !== undefined) byPlace.set(placeIn(url, name, undefined), name);
      const place = placeOf(fn);
      if (place !== undefined) byPlace.set(place, name);
    }
    if (names.length === 0) {
      const message = url === undefined ? 'expected a record with at least one function' : `${url} exports no function`;
      throw new OptionsError(`BullmqRuntime.connect: tasks: ${message}`, [{ path: 'tasks', message }]);
    }
    return new TaskNames(byId, byPlace, names, url);
  }

  /** Its name at the nodes; `undefined` if they do not know it. */
  nameOf(fn: TaskFunction): string | undefined {
    const name = this.#byId.get(fn.id);
    if (name !== undefined) return name;
    const place = placeOf(fn);
    const other = (place === undefined ? undefined : this.#byPlace.get(place)) ?? this.#nameOfCopy(fn);
    if (other !== undefined) this.#byId.set(fn.id, other);
    return other;
  }

  /** The name of a function that was found before. */
  nameOfId(id: number): string | undefined {
    return this.#byId.get(id);
  }

  /** Why the nodes cannot run it. */
  faultOf(fn: TaskFunction): TaskSerializationError | undefined {
    if (this.nameOf(fn) !== undefined) return undefined;
    const what = fn.descriptor?.kind === 'source' ? `\`${fn.name}\` is an inline function` : `\`${fn.name}\` is not one of the tasks`;
    const where = this.#url ?? 'the record of tasks';
    return new TaskSerializationError(`${what}: on other machines only functions run that ${where} exports: ${this.names.join(', ')}`);
  }

  /** Another loader has loaded the module, so its function was found by its source: where it is written and its name say which one it is. */
  #nameOfCopy({ descriptor }: TaskFunction): string | undefined {
    if (descriptor?.kind !== 'source' || this.#url === undefined) return undefined;
    return this.#byPlace.get(placeIn(descriptor.base, descriptor.name, undefined));
  }
}

export function urlOf(tasks: string | URL): string {
  if (tasks instanceof URL) return tasks.href;
  return /^file:/.test(tasks) ? tasks : pathToFileURL(resolve(tasks)).href;
}

async function importModule(url: string): Promise<Record<string, unknown>> {
  try {
    return (await import(url)) as Record<string, unknown>;
  } catch (error) {
    throw new TaskModuleError(`the tasks module ${url} cannot be loaded: ${(error as Error).message}`, { cause: error });
  }
}

/** Own functions by name. The default export of a CommonJS module is its whole `module.exports`. */
function functionsIn(exported: Record<string, unknown>): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const whole = exported['default'];
  const isWhole = typeof whole === 'object' && whole !== null;
  for (const from of isWhole ? [whole as Record<string, unknown>, exported] : [exported]) {
    for (const name of Object.keys(from)) if (typeof from[name] === 'function') found.set(name, from[name]);
  }
  return found;
}

/** The module and name of a function: of its export, or of itself where a test runner has another copy of the module. */
function placeOf({ descriptor }: TaskFunction): string | undefined {
  if (descriptor?.kind !== 'module') return undefined;
  const name = descriptor.exportName === '' ? descriptor.confirm?.name : descriptor.exportName;
  return name === undefined ? undefined : placeIn(descriptor.url, name, descriptor.member);
}

function placeIn(url: string, name: string, member: string | undefined): string {
  return `${withoutQuery(url)} ${name} ${member ?? ''}`;
}

function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/, '');
}
