/**
 * How a function is found: by reference when it is an export, by source when it needs nothing but a worker's globals, else refused.
 *
 *   function -> written where? -> exports can be compared -> export: reference
 *                    |                     |
 *                    |                     +-> none --------------------------------+-> self-contained: source
 *                    +-> exports cannot be had (still evaluated, vitest, vm) -> syntax + -> exported or named at the top: reference
 *                    +-> nowhere (-e, new Function, no inspector) ------------------+       that the worker confirms
 *                                                                                   +-> refused, with each free name
 *
 * Decides which of these a function is. Refuses to evaluate anything, and to know what becomes of the answer.
 */
import { callableText } from './callable-text.ts';
import { type CheckedParts, checkedParts } from './checked.ts';
import type { Confirmation, ModuleDescriptor, SourceDescriptor, TaskDescriptor } from './descriptor.ts';
import { exportOfCommonJs, exportOfNamespace } from './exports.ts';
import { type FreeName, type FunctionSyntax, readFunction } from './free-names.ts';
import { type Home, homeOf, isEntry } from './home.ts';
import { type Inspection, inspection } from './inspection.ts';
import type { Location } from './locate.ts';
import { fileName, type Place, Places, placeText } from './place.ts';
import type { AnyFunction } from './reference.ts';
import { freeNames, madeByCall, madeByNode, refuse, UNEXPORTED_CHECKED, UNREADABLE, withoutInspector } from './refusals.ts';
import { type ExportName, type Written, whereWritten } from './written.ts';

export interface Found {
  readonly descriptor: TaskDescriptor;
  /** By what another function object is known to be the same inline function: its text, or also the place where it is written. */
  readonly sharedBy: 'text' | 'place' | undefined;
}

/** Rejects with TaskSerializationError. */
export async function findTask(task: AnyFunction): Promise<Found> {
  const parts = checkedParts(task);
  const fn = parts?.handler ?? task;
  const inspected = await inspection();
  const location = inspected?.locator.locate(fn);
  return new Search(task, fn, parts, inspected, location).run();
}

class Search {
  readonly #task: AnyFunction;
  readonly #fn: AnyFunction;
  readonly #parts: CheckedParts | undefined;
  readonly #inspected: Inspection | undefined;
  readonly #location: Location | undefined;
  readonly #text: string;
  #syntax: FunctionSyntax | undefined = undefined;
  #free: readonly FreeName[] | undefined = undefined;
  #written: Written | undefined = undefined;

  constructor(
    task: AnyFunction,
    fn: AnyFunction,
    parts: CheckedParts | undefined,
    inspected: Inspection | undefined,
    location: Location | undefined,
  ) {
    this.#task = task;
    this.#fn = fn;
    this.#parts = parts;
    this.#inspected = inspected;
    this.#location = location;
    this.#text = Function.prototype.toString.call(fn);
  }

  async run(): Promise<Found> {
    const location = this.#location;
    if (location?.script.url.startsWith('node:')) throw this.#refusal(madeByNode(location.script.url, location.line + 1));
    const home = await homeOf(location?.script);
    for (const candidate of [home, await this.#homeOfCall()]) {
      const exported = exportIn(candidate, this.#task);
      if (exported !== undefined) return this.#byReference(candidate.url, exported, undefined);
    }
    this.#syntax = readFunction(this.#text, this.#strictness());
    if (home.kind === 'file') {
      const unconfirmed = this.#unconfirmed(home.url, location?.script.isModule === true);
      if (unconfirmed !== undefined) return unconfirmed;
    }
    if (this.#parts !== undefined) throw this.#refusal(this.#hint(UNEXPORTED_CHECKED));
    if (this.#syntax === undefined) throw this.#refusal(this.#hint(UNREADABLE));
    const free = this.#freeNames(this.#syntax);
    if (free.length === 0) return this.#bySource(this.#syntax, home);
    throw this.#refusal(this.#hint(this.#whyNot(free)));
  }

  /** The module that calls `defineTask`, where the function that does the work is written in another one. */
  #homeOfCall(): Promise<Home> {
    const script = this.#parts?.file === undefined ? undefined : this.#inspected?.locator.scriptOf(this.#parts.file);
    return homeOf(script);
  }

  /** A reference by file and name, where syntax says that the function is exported, or does not say that it is not. */
  #unconfirmed(url: string, isModule: boolean): Found | undefined {
    const written = this.#whereWritten();
    const name = this.#ownName();
    const confirm: Confirmation = { name, source: this.#text, place: placeText(this.#places().at(0)) };
    if (written?.exported !== undefined) return this.#byReference(url, written.exported, confirm);
    const needsNothing = this.#parts === undefined && this.#syntax !== undefined && this.#freeNames(this.#syntax).length === 0;
    // A wrapper that a test runner puts around a module counts as one function.
    const isNested = written !== undefined && written.depth > (isModule ? 0 : 1);
    const isNamed = written === undefined ? name !== '' : written.bound !== undefined;
    if (needsNothing || isNested || !isNamed || (isModule && written !== undefined)) return undefined;
    const exportName = written?.bound ?? name;
    return this.#byReference(url, { exportName: exportName === VITE_DEFAULT ? 'default' : exportName }, confirm);
  }

  #byReference(url: string, { exportName, member }: ExportName, confirm: Confirmation | undefined): Found {
    const descriptor: ModuleDescriptor = {
      kind: 'module',
      name:
        member !== undefined
          ? `${exportName}.${member}`
          : exportName !== 'default' && exportName !== 'module.exports'
            ? exportName
            : this.#name(),
      url,
      exportName,
      member,
      parsed: this.#parts === undefined ? undefined : true,
      entry: isEntry(url) ? true : undefined,
      confirm,
    };
    return { descriptor, sharedBy: undefined };
  }

  #bySource(syntax: FunctionSyntax, home: Home): Found {
    const { base, line, column } = this.#origin(home);
    const descriptor: SourceDescriptor = {
      kind: 'source',
      name: this.#name(),
      source: callableText(this.#text, syntax),
      base,
      line,
      column,
      strict: syntax.strict,
      imports: syntax.imports,
      identities: syntax.identities,
      counters: syntax.counters,
    };
    const isPure = syntax.globals.size === 0 && !syntax.imports;
    return { descriptor, sharedBy: isPure || this.#location === undefined ? 'text' : 'place' };
  }

  /** Stack lines name the file that was loaded; where its map leads to the very same file (tsx, vitest), the place in the source. */
  #origin(home: Home): { base: string; line: number; column: number } {
    const start = this.#places().at(0);
    const base = home.url;
    if (home.kind === 'nowhere' || start.file === base) return { base, line: start.line, column: start.column };
    const { line, column } = new Places(this.#text, this.#syntax?.anchor ?? 0, this.#location, undefined).at(0);
    return { base, line, column };
  }

  #freeNames({ free, globals }: FunctionSyntax): readonly FreeName[] {
    this.#free ??= [...free, ...this.#hiddenGlobals(globals)].sort((a, b) => a.offset - b.offset);
    return this.#free;
  }

  /** `setTimeout` may be an import of `node:timers/promises`: the name of a global counts only where nothing nearer has it. */
  #hiddenGlobals(globals: FunctionSyntax['globals']): FreeName[] {
    if (globals.size === 0 || this.#location === undefined) return [];
    const near = this.#inspected?.locator.surroundings(this.#fn);
    return [...globals].filter(([name]) => near?.has(name)).map(([name, offset]) => ({ name, offset, kind: 'not the global' }));
  }

  #whyNot(free: readonly FreeName[]): string {
    const isMade = free.some((one) => one.kind === 'variable') && this.#whereWritten()?.isReturned === true;
    return isMade ? madeByCall(this.#places().at(0), free, this.#places()) : freeNames(this.#ownName(), free, this.#places());
  }

  #hint(reason: string): string {
    return this.#inspected === undefined ? withoutInspector(reason) : reason;
  }

  #refusal(reason: string): Error {
    const place = this.#location === undefined ? undefined : this.#places().at(0);
    return refuse({ name: this.#ownName(), place }, reason);
  }

  #places(): Places {
    return new Places(this.#text, this.#syntax?.anchor ?? 0, this.#location, this.#inspected?.maps);
  }

  #whereWritten(): Written | undefined {
    if (this.#inspected === undefined || this.#location === undefined) return undefined;
    this.#written ??= whereWritten(this.#inspected.locator.textOf(this.#location.script), this.#location, this.#parts !== undefined);
    return this.#written;
  }

  /** Whether the code around it is strict; `undefined` when that is not known. */
  #strictness(): boolean | undefined {
    if (this.#inspected === undefined || this.#location === undefined) return undefined;
    const { script } = this.#location;
    return script.isModule || this.#inspected.locator.isStrict(script);
  }

  #ownName(): string {
    return ownName(this.#fn) || ownName(this.#task);
  }

  /** For messages: the function's own name, else where it is written. */
  #name(): string {
    const own = this.#ownName();
    if (own !== '') return own;
    const place: Place | undefined = this.#location && this.#places().at(0);
    return place === undefined || place.file === '' ? '<anonymous>' : `<anonymous ${fileName(place.file)}:${place.line}>`;
  }
}

function exportIn(home: Home, task: AnyFunction): ExportName | undefined {
  if (home.kind === 'module') return exportOfNamespace(home.namespace, task);
  return home.kind === 'commonjs' ? exportOfCommonJs(home.exported, task) : undefined;
}

/** The name it was given, '' where it got one by its position only (`export default`). A program may put anything there. */
export function ownName(fn: AnyFunction): string {
  const name: unknown = fn.name;
  return typeof name !== 'string' || name === 'default' || name === VITE_DEFAULT ? '' : name;
}

const VITE_DEFAULT = '__vite_ssr_export_default__';
