/**
 * One pass over the program: collects the edits and the places that cannot be translated.
 *
 *   pass --keeps another owner--> next pass --...--> keeps no other owner: its edits are the result
 *
 * A place that cannot be translated keeps its owner, and all values of that owner stay as they are. To keep one owner may require to keep
 * others, so passes repeat until a pass keeps no other owner. Invariant: only the edits of the last pass are applied.
 * A pass does not know the APIs: the transforms call it.
 */
import ts from 'typescript';
import { type Analysis, EVERYTHING, type Owner } from './analysis.ts';
import { ImportEditor } from './import-editor.ts';
import { MARK, markText, type Reason, reasonOf } from './leftover-reasons.ts';
import { indentOf, lineEnd, Rewriter } from './rewriter.ts';

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
  markUntranslated(node: ts.Node, reasonName: string): void {
    const reason = reasonOf(reasonName);
    this.untranslated.push({ node, reason });
    const statement = statementToMark(node);
    const marks = this.#marks.get(statement) ?? new Set<string>();
    this.#marks.set(statement, marks);
    const text = markText(reason);
    if (marks.has(text)) return;
    marks.add(text);
    if (marksBefore(statement).some((comment) => comment.includes(text))) return;
    this.rewriter.before(statement, () => `${text}${lineEnd(node.getSourceFile())}${indentOf(statement)}`);
  }

  /** The marks of earlier runs that this pass does not require, by file. */
  staleMarks(): Map<ts.SourceFile, string[]> {
    const due = new Set([...this.#marks.values()].flatMap((texts) => [...texts]));
    const stale = new Map<ts.SourceFile, string[]>();
    for (const file of this.analysis.files) {
      const lines = [...file.text.matchAll(/^[ \t]*(\/\/ twinpool-migrate: .*?)\r?$/gm)]
        .map(([, text]) => text as string)
        .filter((text) => !due.has(text));
      if (lines.length > 0) stale.set(file, lines);
    }
    return stale;
  }
}

/** The nearest statement that starts its line. */
function statementToMark(node: ts.Node): ts.Node {
  const file = node.getSourceFile();
  let found: ts.Node = file.statements[0] as ts.Node;
  for (let at: ts.Node | undefined = node; at !== undefined && !ts.isSourceFile(at); at = at.parent) {
    const isList =
      at.parent !== undefined &&
      (ts.isBlock(at.parent) || ts.isSourceFile(at.parent) || ts.isCaseOrDefaultClause(at.parent) || ts.isModuleBlock(at.parent));
    if (!(isList && ts.isStatement(at)) && !ts.isClassElement(at)) continue;
    found = at;
    const start = at.getStart(file);
    const line = file.text.slice(file.text.lastIndexOf('\n', start - 1) + 1, start);
    if (/^[ \t]*$/.test(line)) break;
  }
  return found;
}

function marksBefore(statement: ts.Node): string[] {
  const { text } = statement.getSourceFile();
  const comments = ts.getLeadingCommentRanges(text, statement.pos) ?? [];
  return comments.map(({ pos, end }) => text.slice(pos, end)).filter((comment) => comment.includes(MARK));
}
