/**
 * What the rewrites of all other libraries share: the program, its units, and the uses of library names.
 *
 * Invariant: each use of a name of a library is claimed by a rewrite, or it is reported. This file does not know what a single library offers.
 */
import ts from 'typescript';
import type { Analysis } from '../analysis.ts';
import type { ModuleLinks } from '../flow/module-links.ts';
import { ImportEditor, type LibraryName } from '../import-editor.ts';
import type { Api } from '../library-kind.ts';
import { Rewriter } from '../rewriter.ts';
import type { FileEdits } from '../targets/file-edits.ts';
import type { Problem, Unit } from '../units/unit.ts';

export class ForeignContext {
  readonly analysis: Analysis;
  readonly checker: ts.TypeChecker;
  readonly links: ModuleLinks;
  readonly edits: FileEdits;
  readonly to: 'pool' | 'executor';
  readonly #names: ReadonlyMap<ts.SourceFile, ReadonlyMap<ts.Identifier, LibraryName>>;
  readonly #claimed = new Set<ts.Identifier>();
  /** The problems that belong to no unit. */
  readonly problems: Problem[] = [];
  units: readonly Unit[] = [];

  constructor(
    analysis: Analysis,
    links: ModuleLinks,
    edits: FileEdits,
    to: 'pool' | 'executor',
    names: ReadonlyMap<ts.SourceFile, ReadonlyMap<ts.Identifier, LibraryName>>,
  ) {
    this.analysis = analysis;
    this.checker = analysis.checker;
    this.links = links;
    this.edits = edits;
    this.to = to;
    this.#names = names;
  }

  /** The uses of the names of a library in a file. */
  namesIn(file: ts.SourceFile, api: Api): [ts.Identifier, LibraryName][] {
    return [...(this.#names.get(file) ?? [])].filter(([, { library }]) => library === api);
  }

  /** The library name that an expression ends with: `pool` of `workerpool.pool`. */
  nameOf(expression: ts.Node, api: Api): LibraryName | undefined {
    const identifier = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
    if (!ts.isIdentifier(identifier)) return undefined;
    const name = this.#names.get(identifier.getSourceFile())?.get(identifier);
    return name?.library === api ? name : undefined;
  }

  /** Declares that a rewrite accounts for all library names inside the node. */
  claim(node: ts.Node): void {
    const visit = (each: ts.Node): void => {
      if (ts.isIdentifier(each)) this.#claimed.add(each);
      ts.forEachChild(each, visit);
    };
    visit(node);
  }

  isClaimed(identifier: ts.Identifier): boolean {
    return this.#claimed.has(identifier);
  }

  problem(node: ts.Node, reason: string, detail = ''): void {
    if (!this.problems.some((each) => each.node === node && each.reason === reason)) this.problems.push({ node, reason, detail });
  }

  print(node: ts.Node): string {
    return this.edits.print(node);
  }

  isTyped(node: ts.Node): boolean {
    return /\.[cm]?tsx?$/.test(node.getSourceFile().fileName);
  }
}

/** The library names of all files. */
export function libraryNames(analysis: Analysis): Map<ts.SourceFile, ReadonlyMap<ts.Identifier, LibraryName>> {
  return new Map(analysis.files.map((file) => [file, new ImportEditor(file, analysis.checker, new Rewriter(), 'executor').names] as const));
}
