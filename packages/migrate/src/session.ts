/**
 * One attempt at a rewrite: what is what, what is kept, what was changed.
 *
 * Values of a library belong to an owner: a local variable that goes nowhere else, a call whose result is used on the spot, or, for everything
 * that is passed on, one common owner for all of a family. What cannot be translated keeps its owner: all that it owns stays as it is. Keeping one
 * may keep others, so an attempt is repeated until nothing more is kept; only the last attempt's edits count.
 *
 *   attempt --keeps another owner--> attempt again --...--> nothing new: its edits are the rewrite
 */
import ts from 'typescript';
import { type Family, type Kind, kindOf, libraryOf } from './kinds.ts';
import { NameBook } from './name-book.ts';
import type { Program } from './program.ts';
import { MARK, markText, type Reason, reasonOf } from './reasons.ts';
import { indentOf, lineEnd, Rewriter } from './rewriter.ts';

/** A node or a symbol for its own, the name of the family for what is passed on. */
export type Owner = ts.Node | ts.Symbol | string;

/** Keeps everything: somebody's own class decides what methods mean. */
export const EVERYTHING = 'everything';

export interface Remark {
  readonly node: ts.Node;
  readonly reason: Reason;
}

/** What all attempts share. */
export class Knowledge {
  readonly checker: ts.TypeChecker;
  readonly files: readonly ts.SourceFile[];
  readonly kept: Set<Owner> = new Set();
  readonly #references = new Map<ts.Symbol, ts.Identifier[]>();
  readonly #kinds = new Map<ts.Node, Kind | undefined>();
  readonly #confined = new Map<ts.Symbol, boolean>();

  constructor(program: Program) {
    this.checker = program.checker;
    this.files = program.files.map(({ ast }) => ast);
    for (const file of this.files) this.#index(file);
  }

  referencesOf(symbol: ts.Symbol): readonly ts.Identifier[] {
    return this.#references.get(symbol) ?? [];
  }

  symbolOf(identifier: ts.Node): ts.Symbol | undefined {
    const { parent } = identifier;
    return ts.isShorthandPropertyAssignment(parent)
      ? this.checker.getShorthandAssignmentValueSymbol(parent)
      : this.checker.getSymbolAtLocation(identifier);
  }

  kindOf(node: ts.Node): Kind | undefined {
    if (!this.#kinds.has(node))
      this.#kinds.set(node, this.#completedKind(node) ?? kindOf(this.checker.getTypeAtLocation(node), this.checker));
    return this.#kinds.get(node);
  }

  /** The variable of a loop over `asCompleted`: TypeScript awaits its type when it has seen the iterator's before. */
  #completedKind(node: ts.Node): Kind | undefined {
    if (!ts.isIdentifier(node)) return undefined;
    const declaration = this.symbolOf(node)?.valueDeclaration;
    const loop = declaration !== undefined && ts.isVariableDeclaration(declaration) ? declaration.parent.parent : undefined;
    if (loop === undefined || !ts.isForOfStatement(loop) || loop.awaitModifier === undefined) return undefined;
    const type = this.checker.getTypeAtLocation(loop.expression);
    const [of] = type.symbol?.name === 'FutureIterator' ? this.checker.getTypeArguments(type as ts.TypeReference) : [];
    return of === undefined ? undefined : kindOf(of, this.checker);
  }

  ownerOf(expression: ts.Expression, family: Family): Owner {
    const node = bare(expression);
    if (ts.isIdentifier(node)) {
      const symbol = this.symbolOf(node);
      return symbol !== undefined && this.isConfined(symbol) ? symbol : family;
    }
    return ts.isCallExpression(node) || ts.isNewExpression(node) ? this.ownerOfProduct(node, family) : family;
  }

  /** Who owns what a call returns. */
  ownerOfProduct(call: ts.Expression, family: Family): Owner {
    const top = wrapped(ts.isCallExpression(call) ? calledAtOnce(call) : call);
    const { parent } = top;
    if (ts.isVariableDeclaration(parent) && parent.initializer === top && ts.isIdentifier(parent.name)) {
      const symbol = this.symbolOf(parent.name);
      return symbol !== undefined && this.isConfined(symbol) ? symbol : family;
    }
    const isUsedHere =
      (ts.isPropertyAccessExpression(parent) && parent.expression === top) ||
      ts.isAwaitExpression(parent) ||
      ts.isExpressionStatement(parent) ||
      ts.isVoidExpression(parent) ||
      (ts.isForOfStatement(parent) && parent.expression === top);
    return isUsedHere ? call : family;
  }

  /** A local variable that holds one thing from its declaration on, and is only asked, awaited and looped over. */
  isConfined(symbol: ts.Symbol): boolean {
    let known = this.#confined.get(symbol);
    if (known === undefined) {
      this.#confined.set(symbol, false);
      known = this.#judge(symbol);
      this.#confined.set(symbol, known);
    }
    return known;
  }

  #judge(symbol: ts.Symbol): boolean {
    const declaration = symbol.valueDeclaration;
    if (declaration === undefined || !ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return false;
    if (!ts.isIdentifier(declaration.name) || !ts.isVariableDeclarationList(declaration.parent)) return false;
    if (!this.#isMaking(bare(declaration.initializer))) return false;
    const statement = declaration.parent.parent;
    if (!ts.isVariableStatement(statement) || statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return false;
    return this.referencesOf(symbol).every((reference) => reference === declaration.name || isAsked(reference));
  }

  /** A construction, a method of the library's or an adapter: a function of the user's may give what others have too. */
  #isMaking(node: ts.Expression): boolean {
    if (ts.isNewExpression(node)) return true;
    if (!ts.isCallExpression(node)) return false;
    const { expression } = node;
    if (ts.isPropertyAccessExpression(expression) && this.kindOf(expression.expression) !== undefined) return true;
    const fn = bare(expression);
    if (ts.isArrowFunction(fn)) return !ts.isBlock(fn.body) && this.#isMaking(bare(fn.body));
    const callee = this.symbolOf(ts.isPropertyAccessExpression(expression) ? expression.name : expression);
    const target = callee !== undefined && callee.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(callee) : callee;
    return target !== undefined && libraryOf(target) !== undefined;
  }

  #index(node: ts.Node): void {
    if (ts.isIdentifier(node)) {
      const symbol = this.symbolOf(node);
      if (symbol !== undefined) {
        const list = this.#references.get(symbol);
        if (list === undefined) this.#references.set(symbol, [node]);
        else list.push(node);
      }
    }
    ts.forEachChild(node, (child) => this.#index(child));
  }
}

export class Attempt {
  readonly knowledge: Knowledge;
  readonly checker: ts.TypeChecker;
  readonly rewriter: Rewriter = new Rewriter();
  readonly remarks: Remark[] = [];
  /** Whether an owner was kept that the attempt had begun without. */
  hasLearned = false;
  /** Files that have been given the helper that a transform writes. */
  readonly helpers: Set<ts.SourceFile> = new Set();
  readonly #books = new Map<ts.SourceFile, NameBook>();
  readonly #target: 'pool' | 'executor';
  readonly #postponed: (() => void)[] = [];
  /** Marks that are still due, by statement. */
  readonly #marks = new Map<ts.Node, Set<string>>();

  constructor(knowledge: Knowledge, target: 'pool' | 'executor') {
    this.knowledge = knowledge;
    this.checker = knowledge.checker;
    this.#target = target;
  }

  /** Something to be decided when everything else has been. */
  later(decide: () => void): void {
    this.#postponed.push(decide);
  }

  /** Called once, after the transform. */
  conclude(): void {
    for (const decide of this.#postponed) decide();
  }

  bookOf(node: ts.Node): NameBook {
    const file = node.getSourceFile();
    let book = this.#books.get(file);
    if (book === undefined) {
      book = new NameBook(file, this.checker, this.rewriter, this.#target);
      this.#books.set(file, book);
    }
    return book;
  }

  /** The text of a node, as it will be. */
  print(node: ts.Node): string {
    return this.rewriter.print(node);
  }

  replace(node: ts.Node, printer: () => string): void {
    this.rewriter.replace(node, printer);
  }

  need(node: ts.Node, name: string): () => string {
    return this.bookOf(node).need(name);
  }

  isKept(owner: Owner): boolean {
    return this.knowledge.kept.has(owner) || this.knowledge.kept.has(EVERYTHING);
  }

  /** Everything of this owner stays as it is. */
  keep(owner: Owner): void {
    if (this.knowledge.kept.has(owner)) return;
    this.knowledge.kept.add(owner);
    this.hasLearned = true;
  }

  /** Something is left, and says so. */
  leave(node: ts.Node, reasonName: string): void {
    const reason = reasonOf(reasonName);
    this.remarks.push({ node, reason });
    const statement = statementToMark(node);
    const marks = this.#marks.get(statement) ?? new Set<string>();
    this.#marks.set(statement, marks);
    const text = markText(reason);
    if (marks.has(text)) return;
    marks.add(text);
    if (marksBefore(statement).some((comment) => comment.includes(text))) return;
    this.rewriter.before(statement, () => `${text}${lineEnd(node.getSourceFile())}${indentOf(statement)}`);
  }

  /** The marks of earlier runs that are due no longer go. Returns the texts to take out, by file. */
  staleMarks(): Map<ts.SourceFile, string[]> {
    const due = new Set([...this.#marks.values()].flatMap((texts) => [...texts]));
    const stale = new Map<ts.SourceFile, string[]>();
    for (const file of this.knowledge.files) {
      const lines = [...file.text.matchAll(/^[ \t]*(\/\/ twinpool-migrate: .*?)\r?$/gm)]
        .map(([, text]) => text as string)
        .filter((text) => !due.has(text));
      if (lines.length > 0) stale.set(file, lines);
    }
    return stale;
  }
}

/** The call of `((rows) => call)(list)`, as a rewrite writes it; else the call itself. */
export function calledAtOnce(call: ts.CallExpression): ts.CallExpression {
  const arrow = wrapped(call).parent;
  if (!ts.isArrowFunction(arrow) || arrow.body !== wrapped(call) || arrow.parameters[0]?.name.getText() !== 'rows') return call;
  const outer = wrapped(arrow).parent;
  return ts.isCallExpression(outer) && outer.arguments.length === 1 ? outer : call;
}

/** Through parentheses, `as`, `satisfies` and `!`. */
export function bare(node: ts.Expression): ts.Expression {
  let inner = node;
  while (
    ts.isParenthesizedExpression(inner) ||
    ts.isAsExpression(inner) ||
    ts.isNonNullExpression(inner) ||
    ts.isSatisfiesExpression(inner)
  )
    inner = inner.expression;
  return inner;
}

/** The outermost of the parentheses around an expression. */
export function wrapped(node: ts.Expression): ts.Expression {
  let outer = node;
  while (ts.isParenthesizedExpression(outer.parent) || ts.isNonNullExpression(outer.parent)) outer = outer.parent;
  return outer;
}

function isAsked(reference: ts.Identifier): boolean {
  const { parent } = reference;
  if (ts.isPropertyAccessExpression(parent))
    return parent.expression === reference && ts.isCallExpression(parent.parent) && parent.parent.expression === parent;
  return ts.isAwaitExpression(parent) || (ts.isForOfStatement(parent) && parent.expression === reference);
}

/** The nearest statement that begins its line. */
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
