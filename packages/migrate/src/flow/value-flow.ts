/**
 * Follows values through the program: from the expressions that make them to every expression that holds them.
 *
 *   root (new Piscina(…)) -> variables, fields, parameters, results of functions, exports and imports -> members (pool.run)
 *                                                                                                     -> escapes (f(pool), f unknown)
 *
 * A state is an expression and a path: how the value is reached from the value of the expression. The path of a pool is empty; of an object that
 * holds it `.name`, of a function that returns it `()`, of a promise of it `~`. Two roots whose values meet in one state are one group.
 *
 * Invariants: a group without escapes has no use that is not a member in the list. Every place that stores a value of a group stores only values
 * of that group, `null` or `undefined`. This file does not know the libraries.
 */
import ts from 'typescript';
import type { Analysis } from '../analysis.ts';
import type { ModuleLinks } from './module-links.ts';

type Path = readonly string[];

/** A place where a value goes out of sight. */
export interface Escape {
  readonly node: ts.Node;
  readonly reason: 'handed-on' | 'other-value' | 'exported' | 'member-as-value' | 'kept-elsewhere' | 'untyped-read';
  readonly detail: string;
}

export interface Group {
  readonly roots: ts.Expression[];
  readonly values: Set<ts.Expression>;
  /** The property accesses whose receiver is a value. */
  readonly members: ts.PropertyAccessExpression[];
  /** The type nodes that are written for places that store a value. */
  readonly types: Set<ts.TypeNode>;
  readonly escapes: Escape[];
}

interface Storage {
  readonly symbol: ts.Symbol;
  readonly path: Path;
  readonly group: number;
}

interface Returning {
  readonly fn: ts.SignatureDeclaration;
  readonly path: Path;
  readonly group: number;
}

const AWAIT = '~';
const CALL = '()';

export class ValueFlow {
  readonly #analysis: Analysis;
  readonly #links: ModuleLinks;
  readonly #checker: ts.TypeChecker;
  readonly #parents: number[] = [];
  readonly #roots: ts.Expression[] = [];
  /** The groups by state. */
  readonly #states = new Map<ts.Node, Map<string, number>>();
  readonly #queue: { readonly node: ts.Expression; readonly path: Path; readonly group: number }[] = [];
  readonly #storages = new Map<ts.Symbol, Map<string, Storage>>();
  readonly #returning = new Map<ts.Node, Map<string, Returning>>();
  readonly #members = new Map<ts.PropertyAccessExpression, number>();
  readonly #escapes: { readonly place: Escape; readonly group: number }[] = [];
  readonly #exports = new Map<string, number>();
  readonly #types = new Map<ts.TypeNode, number>();
  readonly #calls: ReadonlyMap<ts.Node, readonly (ts.CallExpression | ts.NewExpression)[]>;
  readonly #untyped: ReadonlyMap<string, readonly ts.PropertyAccessExpression[]>;

  constructor(analysis: Analysis, links: ModuleLinks, roots: readonly ts.Expression[]) {
    this.#analysis = analysis;
    this.#links = links;
    this.#checker = analysis.checker;
    const { calls, untyped } = indexOf(analysis);
    this.#calls = calls;
    this.#untyped = untyped;
    for (const root of roots) {
      this.#parents.push(this.#roots.length);
      this.#roots.push(root);
      this.#enqueue(root, [], this.#roots.length - 1);
    }
    this.#run();
    this.#verify();
  }

  /** The groups, in the order of their first roots. */
  groups(): Group[] {
    const groups = new Map<number, Group>();
    for (const [i, root] of this.#roots.entries()) {
      const at = this.#find(i);
      const group = groups.get(at) ?? { roots: [], values: new Set(), members: [], types: new Set(), escapes: [] };
      groups.set(at, group);
      group.roots.push(root);
    }
    const of = (i: number) => groups.get(this.#find(i)) as Group;
    for (const [node, paths] of this.#states) {
      const group = paths.get('');
      if (group !== undefined) of(group).values.add(node as ts.Expression);
    }
    for (const [access, group] of this.#members) of(group).members.push(access);
    for (const [type, group] of this.#types) of(group).types.add(type);
    for (const { place, group } of this.#escapes) {
      const { escapes } = of(group);
      if (!escapes.some(({ node, reason }) => node === place.node && reason === place.reason)) escapes.push(place);
    }
    return [...groups.values()];
  }

  #find(group: number): number {
    let at = group;
    while (this.#parents[at] !== at) at = this.#parents[at] as number;
    return at;
  }

  #unite(a: number, b: number): void {
    const [first, second] = [this.#find(a), this.#find(b)].sort((x, y) => x - y) as [number, number];
    this.#parents[second] = first;
  }

  #escape(node: ts.Node, reason: Escape['reason'], detail: string, group: number): void {
    this.#escapes.push({ place: { node, reason, detail }, group });
  }

  #enqueue(node: ts.Expression, path: Path, group: number): void {
    const states = this.#states.get(node) ?? new Map<string, number>();
    this.#states.set(node, states);
    const key = path.join('');
    const known = states.get(key);
    if (known !== undefined) {
      this.#unite(known, group);
      return;
    }
    // A value that grows while it is followed: a recursive structure.
    if (path.length > 6) {
      this.#escape(node, 'handed-on', 'a recursive structure', group);
      return;
    }
    states.set(key, group);
    this.#queue.push({ node, path, group });
  }

  #run(): void {
    for (let state = this.#queue.shift(); state !== undefined; state = this.#queue.shift()) this.#step(state.node, state.path, state.group);
  }

  /** Follows the value of an expression to the node around it. */
  #step(node: ts.Expression, path: Path, group: number): void {
    const { parent } = node;
    const [head, ...rest] = path;
    const on = (next: ts.Expression, to: Path = path) => this.#enqueue(next, to, group);
    const lose = (reason: Escape['reason'] = 'handed-on', detail = shortText(parent)) => this.#escape(node, reason, detail, group);
    if (
      ts.isParenthesizedExpression(parent) ||
      ts.isNonNullExpression(parent) ||
      ts.isAsExpression(parent) ||
      ts.isSatisfiesExpression(parent) ||
      ts.isTypeAssertionExpression(parent)
    ) {
      if (head === undefined && (ts.isAsExpression(parent) || ts.isSatisfiesExpression(parent))) this.#type(parent.type, group);
      on(parent);
    } else if (ts.isAwaitExpression(parent)) on(parent, head === AWAIT ? rest : path);
    else if (ts.isPropertyAccessExpression(parent) && parent.expression === node) this.#property(node, parent, path, group);
    else if (ts.isElementAccessExpression(parent) && parent.expression === node) {
      const name = parent.argumentExpression;
      if (!ts.isStringLiteralLike(name) || head === undefined) lose('member-as-value', parent.getText());
      else if (head === `.${name.text}`) on(parent, rest);
    } else if (ts.isVariableDeclaration(parent) && parent.initializer === node) this.#bind(parent.name, path, group);
    else if (ts.isBinaryExpression(parent)) this.#binary(node, parent, path, group);
    else if (ts.isConditionalExpression(parent)) {
      if (parent.condition !== node) on(parent);
    } else if (ts.isReturnStatement(parent)) {
      const fn = ts.findAncestor(parent, ts.isFunctionLike);
      if (fn !== undefined) this.#returns(fn, path, group);
    } else if (ts.isArrowFunction(parent) && parent.body === node) this.#returns(parent, path, group);
    else if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) {
      if (parent.expression === node) {
        if (head === CALL && ts.isCallExpression(parent)) on(parent, rest);
        else if (head === undefined) lose('member-as-value');
      } else this.#argument(node, parent, path, group);
    } else if (ts.isPropertyAssignment(parent) && parent.initializer === node)
      this.#inLiteral(parent.parent, nameText(parent.name), node, path, group);
    else if (ts.isShorthandPropertyAssignment(parent)) this.#inLiteral(parent.parent, parent.name.text, node, path, group);
    else if (ts.isSpreadAssignment(parent)) on(parent.parent);
    else if (ts.isExportAssignment(parent)) {
      if (parent.isExportEquals) this.#exportWhole(parent, path, group);
      else this.#exportName(parent.getSourceFile(), 'default', path, group, parent);
    } else if (ts.isPropertyDeclaration(parent)) this.#storeIn(parent.name, path, group, node);
    else if ((ts.isParameter(parent) || ts.isBindingElement(parent)) && parent.initializer === node) this.#bind(parent.name, path, group);
    else if (ts.isExportSpecifier(parent)) this.#exportName(node.getSourceFile(), parent.name.text, path, group, parent);
    else if (!isHarmless(parent, node)) lose();
  }

  #property(node: ts.Expression, access: ts.PropertyAccessExpression, path: Path, group: number): void {
    const [head, ...rest] = path;
    const name = access.name.text;
    if (head === undefined) {
      this.#members.set(access, group);
      return;
    }
    const call = ts.isCallExpression(access.parent) && access.parent.expression === access ? access.parent : undefined;
    if (head === AWAIT) {
      if (call !== undefined && name === 'then') {
        const [fn] = call.arguments;
        if (fn !== undefined && (ts.isArrowFunction(fn) || ts.isFunctionExpression(fn))) {
          const [parameter] = fn.parameters;
          if (parameter !== undefined) this.#bind(parameter.name, rest, group);
        } else this.#escape(node, 'handed-on', shortText(call), group);
      } else if (call !== undefined && (name === 'catch' || name === 'finally')) this.#enqueue(call, path, group);
      else this.#escape(node, 'handed-on', shortText(access), group);
    } else if (head === CALL) this.#escape(node, 'handed-on', shortText(access), group);
    else if (head === `.${name}` && !isTarget(access)) this.#enqueue(access, rest, group);
  }

  #binary(node: ts.Expression, parent: ts.BinaryExpression, path: Path, group: number): void {
    const { kind } = parent.operatorToken;
    const isRight = parent.right === node;
    switch (kind) {
      case ts.SyntaxKind.EqualsToken:
      case ts.SyntaxKind.QuestionQuestionEqualsToken:
      case ts.SyntaxKind.BarBarEqualsToken:
      case ts.SyntaxKind.AmpersandAmpersandEqualsToken:
        if (!isRight) {
          // `pool ??= …` reads the variable, too.
          if (kind !== ts.SyntaxKind.EqualsToken) this.#enqueue(parent, path, group);
          return;
        }
        this.#assign(parent.left, path, group, parent);
        this.#enqueue(parent, path, group);
        return;
      case ts.SyntaxKind.BarBarToken:
      case ts.SyntaxKind.QuestionQuestionToken:
        this.#enqueue(parent, path, group);
        return;
      case ts.SyntaxKind.AmpersandAmpersandToken:
      case ts.SyntaxKind.CommaToken:
        if (isRight) this.#enqueue(parent, path, group);
        return;
      case ts.SyntaxKind.EqualsEqualsToken:
      case ts.SyntaxKind.EqualsEqualsEqualsToken:
      case ts.SyntaxKind.ExclamationEqualsToken:
      case ts.SyntaxKind.ExclamationEqualsEqualsToken:
      case ts.SyntaxKind.InstanceOfKeyword:
        return;
      default:
        this.#escape(node, 'handed-on', shortText(parent), group);
    }
  }

  #assign(left: ts.Expression, path: Path, group: number, at: ts.BinaryExpression): void {
    const target = skip(left);
    if (ts.isIdentifier(target)) {
      const symbol = this.#analysis.symbolOf(target);
      if (symbol !== undefined) this.#store(symbol, path, group);
      else this.#escape(at, 'kept-elsewhere', target.text, group);
      return;
    }
    if (!ts.isPropertyAccessExpression(target)) {
      this.#escape(at, 'kept-elsewhere', shortText(target), group);
      return;
    }
    const text = target.getText();
    if (text === 'module.exports') this.#exportWhole(at, path, group);
    else if (/^(module\.)?exports\.\w+$/.test(text)) this.#exportName(at.getSourceFile(), target.name.text, path, group, at);
    else if (target.expression.kind === ts.SyntaxKind.ThisKeyword || this.#isClass(target.expression))
      this.#storeIn(target.name, path, group, at);
    else {
      const owner = skip(target.expression);
      const symbol = ts.isIdentifier(owner) ? this.#analysis.symbolOf(owner) : undefined;
      if (symbol !== undefined && isOwnObject(symbol)) this.#store(symbol, [`.${target.name.text}`, ...path], group);
      else if (this.#isField(target.name)) this.#storeIn(target.name, path, group, at);
      else this.#escape(at, 'kept-elsewhere', text, group);
    }
  }

  /** Whether the expression is a class of the program, so that the property is static. */
  #isClass(node: ts.Expression): boolean {
    const symbol = ts.isIdentifier(node) ? this.#analysis.symbolOf(node) : undefined;
    return symbol !== undefined && (symbol.flags & ts.SymbolFlags.Class) !== 0;
  }

  #isField(name: ts.Node): boolean {
    const declaration = this.#checker.getSymbolAtLocation(name)?.valueDeclaration;
    return declaration !== undefined && (ts.isPropertyDeclaration(declaration) || isThisAssignment(declaration));
  }

  /** A field of a class: all accesses of the field hold the value. */
  #storeIn(name: ts.Node, path: Path, group: number, at: ts.Node): void {
    const symbol = this.#checker.getSymbolAtLocation(name);
    const container = ts.findAncestor(name, (each) => ts.isClassLike(each) || ts.isObjectLiteralExpression(each));
    if (symbol === undefined || (container !== undefined && ts.isObjectLiteralExpression(container))) {
      this.#escape(at, 'kept-elsewhere', shortText(ts.isPropertyAccessExpression(name.parent) ? name.parent : name), group);
      return;
    }
    this.#store(symbol, path, group);
    for (const access of this.#untyped.get((name as ts.Identifier).text) ?? [])
      if (!this.#states.has(access)) this.#escape(access, 'untyped-read', (name as ts.Identifier).text, group);
  }

  /** A variable or a destructuring pattern receives the value. */
  #bind(name: ts.BindingName, path: Path, group: number): void {
    if (ts.isIdentifier(name)) {
      const symbol = this.#analysis.symbolOf(name);
      if (symbol !== undefined) this.#store(symbol, path, group);
      return;
    }
    const [head, ...rest] = path;
    if (head === undefined || !head.startsWith('.') || !ts.isObjectBindingPattern(name)) {
      this.#escape(name, 'member-as-value', shortText(name), group);
      return;
    }
    for (const element of name.elements) {
      if (element.dotDotDotToken !== undefined) this.#bind(element.name, path, group);
      else if (`.${nameText(element.propertyName ?? (element.name as ts.Identifier))}` === head) this.#bind(element.name, rest, group);
    }
  }

  /** A variable, parameter, function or field holds the value: all its references do. */
  #store(found: ts.Symbol, path: Path, group: number): void {
    const symbol = this.#analysis.canonical(found);
    const byPath = this.#storages.get(symbol) ?? new Map<string, Storage>();
    this.#storages.set(symbol, byPath);
    const key = path.join('');
    const known = byPath.get(key);
    if (known !== undefined) {
      this.#unite(known.group, group);
      return;
    }
    byPath.set(key, { symbol, path, group });
    for (const declaration of symbol.declarations ?? []) this.#declared(declaration, path, group);
    for (const reference of this.#analysis.referencesOf(symbol)) {
      const { parent } = reference;
      if (isDeclarationName(reference) || isInType(reference)) continue;
      if (ts.isExportSpecifier(parent)) {
        if (parent.parent.parent.moduleSpecifier === undefined)
          this.#exportName(reference.getSourceFile(), parent.name.text, path, group, parent);
      } else if (ts.isPropertyAccessExpression(parent) && parent.name === reference) {
        if (!isTarget(parent)) this.#enqueue(parent, path, group);
      } else if (ts.isBindingElement(parent)) {
        if ((parent.propertyName ?? parent.name) === reference) this.#bind(parent.name, path, group);
      } else if (ts.isShorthandPropertyAssignment(parent)) {
        this.#enqueue(reference as ts.Identifier, path, group);
      } else if (ts.isPropertyAssignment(parent) && parent.name === reference) {
        // The property of an object literal, which is followed with the literal.
      } else if (!isTarget(reference)) this.#enqueue(reference as ts.Identifier, path, group);
    }
  }

  #declared(declaration: ts.Declaration, path: Path, group: number): void {
    if (path.length === 0 || (path.length === 1 && path[0] === AWAIT)) {
      const { type } = declaration as ts.VariableDeclaration;
      if (
        type !== undefined &&
        (ts.isVariableDeclaration(declaration) || ts.isParameter(declaration) || ts.isPropertyDeclaration(declaration))
      )
        this.#type(type, group);
      if (ts.isPropertySignature(declaration) && declaration.type !== undefined) this.#type(declaration.type, group);
    }
    const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    if (!ts.canHaveModifiers(statement)) return;
    const modifiers = ts.getModifiers(statement) ?? [];
    if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) || ts.isParameter(declaration)) return;
    const isDefault = modifiers.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
    const name = isDefault ? 'default' : (ts.getNameOfDeclaration(declaration)?.getText() ?? 'default');
    this.#exportName(declaration.getSourceFile(), name, path, group, declaration);
  }

  #type(type: ts.TypeNode, group: number): void {
    const known = this.#types.get(type);
    if (known !== undefined) this.#unite(known, group);
    else this.#types.set(type, group);
  }

  /** A function returns the value. */
  #returns(fn: ts.SignatureDeclaration, path: Path, group: number): void {
    const isAsync = ts.canHaveModifiers(fn) && ts.getModifiers(fn)?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword);
    const inner: Path = isAsync === true && path[0] !== AWAIT ? [AWAIT, ...path] : path;
    const known = this.#returning.get(fn) ?? new Map<string, Returning>();
    this.#returning.set(fn, known);
    const key = inner.join('');
    const same = known.get(key);
    if (same !== undefined) {
      this.#unite(same.group, group);
      return;
    }
    known.set(key, { fn, path: inner, group });
    if (fn.type !== undefined) this.#type(fn.type, group);
    const to: Path = [CALL, ...inner];
    if ('asteriskToken' in fn && fn.asteriskToken !== undefined) this.#escape(fn, 'handed-on', 'a generator', group);
    else if (ts.isArrowFunction(fn) || ts.isFunctionExpression(fn)) {
      this.#enqueue(fn, to, group);
      const own = fn.name === undefined ? undefined : this.#analysis.symbolOf(fn.name);
      if (own !== undefined) this.#store(own, to, group);
    } else if (ts.isFunctionDeclaration(fn)) {
      const symbol = fn.name === undefined ? undefined : this.#analysis.symbolOf(fn.name);
      if (symbol !== undefined) this.#store(symbol, to, group);
      else this.#exportName(fn.getSourceFile(), 'default', to, group, fn);
    } else if (ts.isMethodDeclaration(fn) || ts.isGetAccessor(fn)) {
      const own = ts.isGetAccessor(fn) ? inner : to;
      if (ts.isObjectLiteralExpression(fn.parent)) this.#inLiteral(fn.parent, nameText(fn.name), fn, own, group);
      else this.#storeIn(fn.name, own, group, fn);
    } else this.#escape(fn, 'handed-on', shortText(fn), group);
  }

  /** A property of an object literal holds the value. */
  #inLiteral(literal: ts.ObjectLiteralExpression | ts.Node, name: string, at: ts.Node, path: Path, group: number): void {
    if (!ts.isObjectLiteralExpression(literal)) {
      this.#escape(at, 'kept-elsewhere', name, group);
      return;
    }
    const to = [`.${name}`, ...path];
    this.#enqueue(literal, to, group);
    for (const own of thisIn(literal)) this.#enqueue(own, to, group);
  }

  /** An argument of a call: the parameter of a function of the program receives it. */
  #argument(node: ts.Expression, call: ts.CallExpression | ts.NewExpression, path: Path, group: number): void {
    const callee = call.expression.getText();
    if (/^Object\.(freeze|seal)$/.test(callee)) {
      this.#enqueue(call, path, group);
      return;
    }
    if (callee === 'Promise.resolve') {
      this.#enqueue(call, path[0] === AWAIT ? path : [AWAIT, ...path], group);
      return;
    }
    if (callee === 'Boolean') return;
    const fn = this.#checker.getResolvedSignature(call)?.declaration;
    const i = call.arguments?.indexOf(node) ?? -1;
    const parameter = fn === undefined || ts.isJSDocSignature(fn) ? undefined : fn.parameters[i];
    const hasBody = fn !== undefined && 'body' in fn && fn.body !== undefined;
    if (
      parameter === undefined ||
      !hasBody ||
      parameter.dotDotDotToken !== undefined ||
      !this.#analysis.files.includes(fn.getSourceFile())
    ) {
      this.#escape(node, 'handed-on', `${callee}()`, group);
      return;
    }
    if (ts.isParameterPropertyDeclaration(parameter, parameter.parent)) this.#storeIn(parameter.name, path, group, parameter);
    this.#bind(parameter.name, path, group);
  }

  #exportWhole(at: ts.Node, path: Path, group: number): void {
    const file = at.getSourceFile();
    this.#exportTo(file, '', path, group, at, () => {
      let count = 0;
      const named = path[0]?.startsWith('.') === true;
      for (const { how, name, node } of this.#links.importersOf(file)) {
        if (how === 'call') this.#enqueue(node as ts.CallExpression, path, group);
        else if (how === 'promise') {
          this.#enqueue(node as ts.CallExpression, [AWAIT, '.default', ...path], group);
          if (named) this.#enqueue(node as ts.CallExpression, [AWAIT, ...path], group);
        } else if (how === 'namespace') {
          this.#storeAt(node, ['.default', ...path], group);
          this.#storeAt(node, path, group);
        } else if (name === 'default') this.#storeAt(node, path, group);
        else if (named && path[0] === `.${name}`) this.#storeAt(node, path.slice(1), group);
        count += 1;
      }
      return count;
    });
  }

  #exportName(file: ts.SourceFile, exported: string, path: Path, group: number, at: ts.Node): void {
    this.#exportTo(file, exported, path, group, at, () => {
      let count = 0;
      const isEs = isEsModule(file);
      for (const { how, name, node } of this.#links.importersOf(file)) {
        const to = [`.${exported}`, ...path];
        if (how === 'call') this.#enqueue(node as ts.CallExpression, to, group);
        else if (how === 'promise') this.#enqueue(node as ts.CallExpression, [AWAIT, ...to], group);
        else if (how === 'namespace') this.#storeAt(node, to, group);
        else if (name === exported) this.#storeAt(node, path, group);
        else if (name === 'default' && !isEs) this.#storeAt(node, to, group);
        else continue;
        count += 1;
      }
      for (const { file: other, from, to } of this.#links.reexportsOf(file)) {
        if (from !== undefined && from !== exported) continue;
        if (from === undefined && to === undefined && exported === 'default') continue;
        count += 1;
        if (from === undefined && to !== undefined) this.#exportName(other, to, [`.${exported}`, ...path], group, at);
        else this.#exportName(other, to ?? exported, path, group, at);
      }
      return count;
    });
  }

  #exportTo(file: ts.SourceFile, name: string, path: Path, group: number, at: ts.Node, spread: () => number): void {
    const key = `${file.fileName}\0${name}\0${path.join('')}`;
    const known = this.#exports.get(key);
    if (known !== undefined) {
      this.#unite(known, group);
      return;
    }
    this.#exports.set(key, group);
    if (spread() === 0) this.#escape(at, 'exported', name === '' || name === 'default' ? 'this module' : name, group);
  }

  /** Stores into the local name of an import. */
  #storeAt(node: ts.Node, path: Path, group: number): void {
    const local = this.#checker.getSymbolAtLocation(node);
    if (local === undefined) {
      this.#escape(node, 'handed-on', node.getText(), group);
      return;
    }
    // References resolve to the symbol behind an import; these are the references of this file.
    const file = node.getSourceFile();
    for (const reference of this.#analysis.identifiersIn(file, (node as ts.Identifier).text)) {
      if (reference === node || this.#localOf(reference) !== local || isInType(reference)) continue;
      const { parent } = reference;
      if (ts.isExportSpecifier(parent)) this.#exportName(file, parent.name.text, path, group, parent);
      else this.#enqueue(reference, path, group);
    }
  }

  #localOf(reference: ts.Identifier): ts.Symbol | undefined {
    const { parent } = reference;
    if (ts.isShorthandPropertyAssignment(parent)) return this.#checker.getShorthandAssignmentValueSymbol(parent);
    if (ts.isExportSpecifier(parent)) {
      const local = this.#checker.getExportSpecifierLocalTargetSymbol(parent);
      return local;
    }
    return this.#checker.getSymbolAtLocation(reference);
  }

  /** Checks that every place that stores a value stores nothing else. */
  #verify(): void {
    for (let isChanged = true; isChanged; ) {
      isChanged = false;
      const size = this.#queue.length;
      for (const byPath of this.#storages.values())
        for (const storage of byPath.values()) if (!storage.path[0]?.startsWith('.')) this.#verifyStorage(storage);
      for (const byPath of this.#returning.values()) for (const each of byPath.values()) this.#verifyReturns(each);
      if (this.#queue.length > size) {
        isChanged = true;
        this.#run();
      }
    }
  }

  #verifyStorage({ symbol, path, group }: Storage): void {
    for (const declaration of symbol.declarations ?? []) {
      if ((ts.isVariableDeclaration(declaration) || ts.isPropertyDeclaration(declaration)) && declaration.initializer !== undefined)
        this.#verifyWrite(declaration.initializer, path, group);
      else if (ts.isParameter(declaration)) this.#verifyParameter(declaration, path, group);
    }
    for (const reference of this.#analysis.referencesOf(symbol)) {
      const { parent } = reference;
      const target = ts.isPropertyAccessExpression(parent) && parent.name === reference ? parent : reference;
      const write = target.parent;
      if (ts.isBinaryExpression(write) && write.left === target && isAssignment(write)) this.#verifyWrite(write.right, path, group);
      else if (isTarget(target as ts.Expression) && !ts.isBinaryExpression(write))
        this.#escape(target, 'other-value', shortText(write), group);
    }
  }

  #verifyParameter(parameter: ts.ParameterDeclaration, path: Path, group: number): void {
    const fn = parameter.parent;
    const i = fn.parameters.indexOf(parameter);
    if (parameter.initializer !== undefined) this.#verifyWrite(parameter.initializer, path, group);
    // A callback of `then`: its promise is followed.
    if ((ts.isArrowFunction(fn) || ts.isFunctionExpression(fn)) && ts.isCallExpression(fn.parent) && fn.parent.expression !== fn) return;
    for (const call of this.#calls.get(fn) ?? []) {
      const argument = call.arguments?.[i];
      if (call.arguments?.some(ts.isSpreadElement)) this.#escape(call, 'other-value', shortText(call), group);
      else if (argument !== undefined) this.#verifyWrite(argument, path, group);
    }
  }

  #verifyReturns({ fn, path, group }: Returning): void {
    const isAsync = ts.canHaveModifiers(fn) && ts.getModifiers(fn)?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword);
    const inner = isAsync === true && path[0] === AWAIT ? path.slice(1) : path;
    for (const value of returnsOf(fn)) {
      if (isAsync === true && this.#carries(value, path, group)) continue;
      this.#verifyWrite(value, inner, group);
    }
  }

  #verifyWrite(value: ts.Expression, path: Path, group: number): void {
    if (!this.#carries(value, path, group)) this.#escape(value, 'other-value', shortText(value), group);
  }

  /** Whether the expression is a value of the group, `null` or `undefined`. */
  #carries(node: ts.Expression, path: Path, group: number): boolean {
    const known = this.#states.get(node)?.get(path.join(''));
    if (known !== undefined) {
      this.#unite(known, group);
      return true;
    }
    const inner: ts.Expression = skip(node);
    if (inner !== node) return this.#carries(inner, path, group);
    if (node.kind === ts.SyntaxKind.NullKeyword || ts.isVoidExpression(node)) return true;
    if (ts.isIdentifier(node) && node.text === 'undefined') return true;
    if (ts.isConditionalExpression(node)) return this.#carries(node.whenTrue, path, group) && this.#carries(node.whenFalse, path, group);
    if (ts.isBinaryExpression(node)) {
      const { kind } = node.operatorToken;
      if (kind === ts.SyntaxKind.BarBarToken || kind === ts.SyntaxKind.QuestionQuestionToken)
        return this.#carries(node.left, path, group) && this.#carries(node.right, path, group);
      if (kind === ts.SyntaxKind.AmpersandAmpersandToken || isAssignment(node)) return this.#carries(node.right, path, group);
    }
    return false;
  }
}

function indexOf(analysis: Analysis) {
  const calls = new Map<ts.Node, (ts.CallExpression | ts.NewExpression)[]>();
  const untyped = new Map<string, ts.PropertyAccessExpression[]>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const fn = analysis.checker.getResolvedSignature(node)?.declaration;
      if (fn !== undefined) push(calls, fn, node);
    } else if (
      ts.isPropertyAccessExpression(node) &&
      analysis.checker.getSymbolAtLocation(node.name) === undefined &&
      !isFromOutside(analysis, node.expression)
    )
      push(untyped, node.name.text, node);
    ts.forEachChild(node, visit);
  };
  for (const file of analysis.files) visit(file);
  return { calls, untyped };
}

/** Whether a value comes from a module that is not a file of the program: `Registry` of `import { Registry } from 'registry'`. */
function isFromOutside({ checker, files }: Analysis, node: ts.Expression): boolean {
  let root = skip(node);
  while (ts.isCallExpression(root) || ts.isPropertyAccessExpression(root)) root = skip(root.expression);
  if (!ts.isIdentifier(root)) return false;
  const symbol = checker.getSymbolAtLocation(root);
  if (symbol === undefined || (symbol.flags & ts.SymbolFlags.Alias) === 0) return false;
  return !(checker.getAliasedSymbol(symbol).declarations ?? []).some((each) => files.includes(each.getSourceFile()));
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function skip(node: ts.Expression): ts.Expression {
  let inner = node;
  while (
    ts.isParenthesizedExpression(inner) ||
    ts.isAsExpression(inner) ||
    ts.isNonNullExpression(inner) ||
    ts.isSatisfiesExpression(inner) ||
    ts.isTypeAssertionExpression(inner)
  )
    inner = inner.expression;
  return inner;
}

function isAssignment({ operatorToken: { kind } }: ts.BinaryExpression): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

/** Whether the expression is written, not read. */
function isTarget(node: ts.Expression): boolean {
  const { parent } = node;
  if (ts.isBinaryExpression(parent) && parent.left === node) return parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
  return (
    ((ts.isForOfStatement(parent) || ts.isForInStatement(parent)) && parent.initializer === node) ||
    ts.isDeleteExpression(parent) ||
    (ts.isArrayLiteralExpression(parent) && ts.isBinaryExpression(parent.parent) && parent.parent.left === parent)
  );
}

function isThisAssignment(declaration: ts.Declaration): boolean {
  const access = ts.isBinaryExpression(declaration) ? declaration.left : declaration;
  return ts.isPropertyAccessExpression(access) && access.expression.kind === ts.SyntaxKind.ThisKeyword;
}

/** Whether the symbol is a variable that is declared with an object literal. */
function isOwnObject(symbol: ts.Symbol): boolean {
  const declaration = symbol.valueDeclaration;
  return (
    declaration !== undefined &&
    ts.isVariableDeclaration(declaration) &&
    declaration.initializer !== undefined &&
    ts.isObjectLiteralExpression(skip(declaration.initializer))
  );
}

function isDeclarationName(node: ts.Node): boolean {
  const { parent } = node;
  return (
    ((ts.isVariableDeclaration(parent) ||
      ts.isParameter(parent) ||
      ts.isFunctionDeclaration(parent) ||
      ts.isFunctionExpression(parent) ||
      ts.isClassLike(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isMethodSignature(parent) ||
      ts.isAccessor(parent)) &&
      parent.name === node) ||
    ts.isImportSpecifier(parent) ||
    ts.isImportClause(parent) ||
    ts.isNamespaceImport(parent) ||
    ts.isImportEqualsDeclaration(parent) ||
    (ts.isBindingElement(parent) && parent.name === node && parent.propertyName === undefined && ts.isArrayBindingPattern(parent.parent))
  );
}

function isInType(node: ts.Node): boolean {
  return ts.findAncestor(node, (each) => ts.isTypeNode(each) && !ts.isExpressionWithTypeArguments(each)) !== undefined;
}

/** Whether the node around a value neither keeps nor changes it. */
function isHarmless(parent: ts.Node, node: ts.Node): boolean {
  return (
    ts.isExpressionStatement(parent) ||
    ts.isVoidExpression(parent) ||
    ts.isTypeOfExpression(parent) ||
    (ts.isPrefixUnaryExpression(parent) && parent.operator === ts.SyntaxKind.ExclamationToken) ||
    ts.isIfStatement(parent) ||
    ts.isWhileStatement(parent) ||
    ts.isDoStatement(parent) ||
    (ts.isForStatement(parent) && parent.condition === node) ||
    ts.isDeleteExpression(parent)
  );
}

/** The `this` of the methods of an object literal. */
function thisIn(literal: ts.ObjectLiteralExpression): ts.Expression[] {
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.ThisKeyword) found.push(node as ts.Expression);
    if (ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node) || ts.isClassLike(node) || ts.isObjectLiteralExpression(node))
      return;
    ts.forEachChild(node, visit);
  };
  for (const property of literal.properties) {
    if (ts.isMethodDeclaration(property) || ts.isAccessor(property)) ts.forEachChild(property, visit);
    else if (ts.isPropertyAssignment(property) && ts.isFunctionExpression(property.initializer))
      ts.forEachChild(property.initializer, visit);
  }
  return found;
}

/** The expressions that a function returns. */
function returnsOf(fn: ts.SignatureDeclaration): ts.Expression[] {
  const body = (fn as ts.FunctionLikeDeclaration).body;
  if (body === undefined) return [];
  if (!ts.isBlock(body)) return [body as ts.Expression];
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isReturnStatement(node) && node.expression !== undefined) found.push(node.expression);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(body, visit);
  return found;
}

function nameText(name: ts.PropertyName | ts.BindingName): string {
  return ts.isIdentifier(name) || ts.isStringLiteralLike(name) || ts.isPrivateIdentifier(name) ? name.text : name.getText();
}

function isEsModule(file: ts.SourceFile): boolean {
  return file.statements.some(
    (each) =>
      ts.isImportDeclaration(each) ||
      ts.isExportDeclaration(each) ||
      ts.isExportAssignment(each) ||
      (ts.canHaveModifiers(each) && ts.getModifiers(each)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)),
  );
}

/** The beginning of the text of a node, on one line. */
export function shortText(node: ts.Node): string {
  const text = node.getText().replace(/\s+/g, ' ');
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
