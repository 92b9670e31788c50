/**
 * One owner of code of another library: the pools whose values meet, their options, their scripts and every place that uses them.
 *
 *   plan:   problems and edits are collected; nothing is applied
 *   decide: a unit with a problem keeps all its code; units that share a file of the workers are decided together
 *   apply:  the edits of the other units run
 *
 * Invariant: all edits of a unit are applied, or none. This file does not know the libraries.
 */
import type ts from 'typescript';
import type { Group } from '../flow/value-flow.ts';
import type { Api } from '../library-kind.ts';
import type { Script } from '../scripts/script.ts';
import type { OptionsLiteral } from './options-literal.ts';

export interface Problem {
  readonly node: ts.Node;
  readonly reason: string;
  readonly detail: string;
}

/** An expression that makes a pool. */
export interface Construction {
  readonly node: ts.NewExpression | ts.CallExpression;
  readonly options: OptionsLiteral;
  readonly script: Script | undefined;
  /** The function of the script that runs if a call names none. */
  readonly defaultName: ts.Expression | undefined;
  /** The class of twinpool. */
  readonly executor: 'ThreadPoolExecutor' | 'ProcessPoolExecutor';
}

export class Unit {
  readonly api: Api;
  readonly group: Group;
  readonly constructions: Construction[] = [];
  readonly problems: Problem[] = [];
  /** The files that run in the workers of this unit and use the library. */
  readonly workerFiles: Set<ts.SourceFile> = new Set();
  /** Whether a call of the unit has a signal, so that its error tells an abort. */
  isAbortable = false;
  readonly #edits: (() => void)[] = [];
  readonly #scripts = new Set<Script>();

  constructor(api: Api, group: Group) {
    this.api = api;
    this.group = group;
  }

  /** Records why the unit is kept. */
  problem(node: ts.Node, reason: string, detail = ''): void {
    if (!this.problems.some((each) => each.node === node && each.reason === reason && each.detail === detail))
      this.problems.push({ node, reason, detail });
  }

  /** Records that a call runs a script other than that of the pool. */
  runs(script: Script): void {
    this.#scripts.add(script);
  }

  get scripts(): Script[] {
    return [...this.#scripts, ...this.constructions.flatMap(({ script }) => (script === undefined ? [] : [script]))];
  }

  edit(apply: () => void): void {
    this.#edits.push(apply);
  }

  apply(): void {
    for (const edit of this.#edits) edit();
  }

  /** The files that use values of the unit, or run in its workers. */
  get files(): ReadonlySet<ts.SourceFile> {
    const files = new Set(this.workerFiles);
    for (const node of [...this.group.roots, ...this.group.values, ...this.group.members]) files.add(node.getSourceFile());
    for (const { file, isOwn } of this.scripts) if (isOwn) files.add(file);
    return files;
  }

  /** The only script of the unit; `undefined` if its pools run different scripts, or none. */
  get script(): Script | undefined {
    const [first, ...others] = this.constructions.map(({ script }) => script);
    return others.every((other) => other?.path === first?.path) ? first : undefined;
  }

  get executor(): 'ThreadPoolExecutor' | 'ProcessPoolExecutor' | 'Executor' {
    const [first, ...others] = new Set(this.constructions.map(({ executor }) => executor));
    return others.length > 0 || first === undefined ? 'Executor' : first;
  }
}

/** The units that are kept: those with a problem, and all that share a worker file with one. */
export function keptOf(units: readonly Unit[]): Set<Unit> {
  const kept = new Set(units.filter(({ problems }) => problems.length > 0));
  for (let size = -1; size !== kept.size; ) {
    size = kept.size;
    const files = new Set([...kept].flatMap(({ workerFiles }) => [...workerFiles]));
    for (const unit of units) if ([...unit.workerFiles].some((file) => files.has(file))) kept.add(unit);
  }
  return kept;
}
