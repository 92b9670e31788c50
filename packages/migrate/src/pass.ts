/**
 * One pass over the program: collects the edits and the places that cannot be translated.
 *
 *   pass --keeps another owner--> next pass --...--> keeps no other owner: its edits are the result
 *
 * A place that cannot be translated keeps its owner, and all values of that owner stay as they are. To keep one owner may require to keep
 * others, so passes repeat until a pass keeps no other owner. Invariant: only the edits of the last pass are applied.
 * A pass does not know the APIs: the transforms call it.
 */
import type ts from 'typescript';
import { type Analysis, EVERYTHING, type Owner } from './analysis.ts';
import { ImportEditor } from './import-editor.ts';
import { markText, type Reason, reasonOf } from './leftover-reasons.ts';
import { mark, statementToMark } from './marks.ts';
import { Rewriter } from './rewriter.ts';

export interface Untranslated {
  readonly node: ts.Node;
  readonly reason: Reason;
}

export class Pass {
  readonly analysis: Analysis;
  readonly checker: ts.TypeChecker;
  readonly rewriter: Rewriter = new Rewriter();
  readonly untranslated: Untranslated[] = [];
  /** Whether this pass kept an owner that was not kept when it began. */
  hasKeptMore = false;
  /** The files to which a transform added its helper function. */
  readonly helpers: Set<ts.SourceFile> = new Set();
  readonly #importEditors = new Map<ts.SourceFile, ImportEditor>();
  readonly #target: 'pool' | 'executor';
  readonly #deferred: (() => void)[] = [];
  /** The marks that this pass requires, by statement. */
  readonly #marks = new Map<ts.Node, Set<string>>();

  constructor(analysis: Analysis, target: 'pool' | 'executor') {
    this.analysis = analysis;
    this.checker = analysis.checker;
    this.#target = target;
  }

  /** Registers a decision that runs after the transform. */
  defer(decide: () => void): void {
    this.#deferred.push(decide);
  }

  /** Runs the deferred decisions. Call it once, after the transform. */
  runDeferred(): void {
    for (const decide of this.#deferred) decide();
  }

  importEditorOf(node: ts.Node): ImportEditor {
    const file = node.getSourceFile();
    let importEditor = this.#importEditors.get(file);
    if (importEditor === undefined) {
      importEditor = new ImportEditor(file, this.checker, this.rewriter, this.#target);
      this.#importEditors.set(file, importEditor);
    }
    return importEditor;
  }

  /** The rewritten text of a node. */
  print(node: ts.Node): string {
    return this.rewriter.print(node);
  }

  replace(node: ts.Node, printer: () => string): void {
    this.rewriter.replace(node, printer);
  }

  need(node: ts.Node, name: string): () => string {
    return this.importEditorOf(node).need(name);
  }

  isKept(owner: Owner): boolean {
    return this.analysis.kept.has(owner) || this.analysis.kept.has(EVERYTHING);
  }

  /** Keeps an owner: all its values stay as they are. */
  keep(owner: Owner): void {
    if (this.analysis.kept.has(owner)) return;
    this.analysis.kept.add(owner);
    this.hasKeptMore = true;
  }

  /** Records that a node is not translated, and marks its statement with the reason. */
  markUntranslated(node: ts.Node, reasonName: string, detail = ''): void {
    const reason = reasonOf(reasonName, detail);
    this.untranslated.push({ node, reason });
    const statement = statementToMark(node);
    const marks = this.#marks.get(statement) ?? new Set<string>();
    this.#marks.set(statement, marks);
    const text = markText(reason);
    if (marks.has(text)) return;
    marks.add(text);
    mark(this.rewriter, node, text);
  }
}
