/**
 * Answers questions about the program that a rewrite reads: kinds, references and owners.
 *
 * Every value of a library has an owner:
 *
 *   a local variable that is never passed on     -> its symbol
 *   a call whose result is used on the spot      -> the call
 *   everything else                              -> one common owner for the whole family
 *
 * Invariant: an owner that was kept stays kept. The analysis lives through all passes; a pass reads it and only adds to `kept`.
 * The analysis does not know what a name or a call is rewritten to.
 */
import ts from 'typescript';
import { type Family, type Kind, kindOf, libraryOf } from './library-kind.ts';
import { immediateCallAround, unwrap, withParentheses } from './outer-expressions.ts';
import type { Program } from './program.ts';

/** A node or a symbol; for values that are passed on, the name of their family. */
export type Owner = ts.Node | ts.Symbol | string;

/** The owner of all values: kept if a class of the program overrides methods of a library. */
export const EVERYTHING = 'everything';

export class Analysis {
  readonly checker: ts.TypeChecker;
  readonly files: readonly ts.SourceFile[];
  readonly kept: Set<Owner> = new Set();
  readonly #references = new Map<ts.Symbol, (ts.Identifier | ts.PrivateIdentifier)[]>();
  readonly #identifiers = new Map<ts.SourceFile, Map<string, ts.Identifier[]>>();
  readonly #kinds = new Map<ts.Node, Kind | undefined>();
  readonly #confined = new Map<ts.Symbol, boolean>();

  constructor(program: Program) {
    this.checker = program.checker;
    this.files = program.files.map(({ ast }) => ast);
    for (const file of this.files) this.#index(file);
  }

  /** The identifiers of a symbol: its uses, and the places that destructure a property. */
  referencesOf(symbol: ts.Symbol): readonly ts.Identifier[] {
    return (this.#references.get(this.canonical(symbol)) ?? []) as readonly ts.Identifier[];
  }

  identifiersIn(file: ts.SourceFile, text: string): readonly ts.Identifier[] {
    return this.#identifiers.get(file)?.get(text) ?? [];
  }

  symbolOf(identifier: ts.Node): ts.Symbol | undefined {
    const { parent } = identifier;
    if (ts.isShorthandPropertyAssignment(parent)) return this.checker.getShorthandAssignmentValueSymbol(parent);
    if (ts.isExportSpecifier(parent) && parent.parent.parent.moduleSpecifier === undefined)
      return this.checker.getExportSpecifierLocalTargetSymbol(parent);
    return this.checker.getSymbolAtLocation(identifier);
  }

  /** The symbol of a declaration, for the copy that TypeScript makes of a member of a class whose type depends on `this`. */
  canonical(symbol: ts.Symbol): ts.Symbol {
    const declaration = symbol.valueDeclaration;
    if ((symbol.flags & ts.SymbolFlags.Transient) === 0 || declaration === undefined) return symbol;
    const name = ts.getNameOfDeclaration(declaration);
    return (name === undefined ? undefined : this.checker.getSymbolAtLocation(name)) ?? symbol;
  }

  kindOf(node: ts.Node): Kind | undefined {
    if (!this.#kinds.has(node))
      this.#kinds.set(node, this.#completedKind(node) ?? kindOf(this.checker.getTypeAtLocation(node), this.checker));
    return this.#kinds.get(node);
  }

  /** The kind of the variable of a loop over `asCompleted`: TypeScript may give it the awaited type. */
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
    const node = unwrap(expression);
    if (ts.isIdentifier(node)) {
      const symbol = this.symbolOf(node);
      return symbol !== undefined && this.isConfined(symbol) ? symbol : family;
    }
    return ts.isCallExpression(node) || ts.isNewExpression(node) ? this.ownerOfProduct(node, family) : family;
  }

  /** The owner of the value that a call returns. */
  ownerOfProduct(call: ts.Expression, family: Family): Owner {
    const top = withParentheses(ts.isCallExpression(call) ? immediateCallAround(call) : call);
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
    // A function of the program may return a pool that other code uses, too.
    return isUsedHere && (family !== 'facade' || this.#isNewValue(unwrap(call))) ? call : family;
  }

  /** Whether a symbol is a local variable with one value that is only awaited, iterated over, or the receiver of method calls. */
  isConfined(symbol: ts.Symbol): boolean {
    let isConfined = this.#confined.get(symbol);
    if (isConfined === undefined) {
      this.#confined.set(symbol, false);
      isConfined = this.#computeConfined(symbol);
      this.#confined.set(symbol, isConfined);
    }
    return isConfined;
  }

  #computeConfined(symbol: ts.Symbol): boolean {
    const declaration = symbol.valueDeclaration;
    if (declaration === undefined || !ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return false;
    if (!ts.isIdentifier(declaration.name) || !ts.isVariableDeclarationList(declaration.parent)) return false;
    if (!this.#isNewValue(unwrap(declaration.initializer))) return false;
    const statement = declaration.parent.parent;
    if (!ts.isVariableStatement(statement) || statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return false;
    return this.referencesOf(symbol).every((reference) => reference === declaration.name || isDirectUse(reference));
  }

  /** Whether an expression creates a value: a constructor, a library method or an adapter. A function of the program may return a shared value. */
  #isNewValue(node: ts.Expression): boolean {
    if (ts.isNewExpression(node)) return true;
    if (!ts.isCallExpression(node)) return false;
    const { expression } = node;
    if (ts.isPropertyAccessExpression(expression) && this.kindOf(expression.expression) !== undefined) return true;
    const fn = unwrap(expression);
    if (ts.isArrowFunction(fn)) return !ts.isBlock(fn.body) && this.#isNewValue(unwrap(fn.body));
    const callee = this.symbolOf(ts.isPropertyAccessExpression(expression) ? expression.name : expression);
    const target = callee !== undefined && callee.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(callee) : callee;
    return target !== undefined && libraryOf(target) !== undefined;
  }

  #index(node: ts.Node): void {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) {
      const symbol = this.symbolOf(node);
      if (symbol !== undefined) push(this.#references, this.canonical(symbol), node);
      const property = this.#destructured(node);
      if (property !== undefined && property !== symbol) push(this.#references, this.canonical(property), node);
    }
    if (ts.isIdentifier(node)) {
      const file = node.getSourceFile();
      const identifiers = this.#identifiers.get(file) ?? new Map<string, ts.Identifier[]>();
      this.#identifiers.set(file, identifiers);
      push(identifiers, node.text, node);
    }
    ts.forEachChild(node, (child) => this.#index(child));
  }

  /** The property that `const { name } = object` reads. */
  #destructured(node: ts.Node): ts.Symbol | undefined {
    const { parent } = node;
    if (!ts.isBindingElement(parent) || !ts.isObjectBindingPattern(parent.parent) || !ts.isIdentifier(node)) return undefined;
    if ((parent.propertyName ?? parent.name) !== node) return undefined;
    const { parent: declaration } = parent.parent;
    const initializer = ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
    return this.checker.getTypeAtLocation(initializer ?? parent.parent).getProperty(node.text);
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function isDirectUse(reference: ts.Identifier): boolean {
  const { parent } = reference;
  if (ts.isPropertyAccessExpression(parent))
    return parent.expression === reference && ts.isCallExpression(parent.parent) && parent.parent.expression === parent;
  return ts.isAwaitExpression(parent) || (ts.isForOfStatement(parent) && parent.expression === reference);
}
