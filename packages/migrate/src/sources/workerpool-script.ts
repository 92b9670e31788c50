/**
 * Plans the files that workerpool runs in its workers.
 *
 *   workerpool.worker({ add }), worker(methods)   -> exports
 *   if (!isMainThread) workerpool.worker({ add }) -> exports at the top level; the condition goes
 *   workerEmit(…)                                 -> context().report(…)
 *   new Transfer(…)                               -> transfer(…)
 *
 * Invariant: the exports of a file have the names that it registered. This file does not know how the functions are called.
 */
import ts from 'typescript';
import { unwrap } from '../outer-expressions.ts';
import { indentOf, lineEnd, terminator } from '../rewriter.ts';
import { exportsOf } from '../scripts/script.ts';
import { moduleStyle } from '../targets/module-header.ts';
import { optionName } from '../units/options-literal.ts';
import type { Unit } from '../units/unit.ts';
import type { ForeignContext } from './foreign-context.ts';
import { isBinder } from './piscina.ts';

export interface Registration {
  readonly call: ts.CallExpression;
  readonly methods: ts.ObjectLiteralExpression;
  /** The constant that holds the methods. */
  readonly constant: ts.Identifier | undefined;
  readonly names: string[];
}

/** The only call of `worker()` in a file; `undefined` if there is none, or if its functions are not known. */
export function registrationOf(ctx: ForeignContext, file: ts.SourceFile): Registration | undefined {
  const calls = callsIn(ctx, file);
  const [call] = calls;
  const [argument] = call?.arguments ?? [];
  if (call === undefined || calls.length > 1 || argument === undefined || call.arguments.length > 1) return undefined;
  const node = unwrap(argument);
  const constant = ts.isIdentifier(node) ? node : undefined;
  const methods = ts.isObjectLiteralExpression(node) ? node : constant === undefined ? undefined : literalOf(ctx, constant);
  if (
    methods === undefined ||
    methods.properties.some((each) => each.name === undefined || ts.isComputedPropertyName(each.name) || ts.isAccessor(each))
  )
    return undefined;
  return { call, methods, constant, names: methods.properties.map(optionName) };
}

function callsIn(ctx: ForeignContext, file: ts.SourceFile): ts.CallExpression[] {
  return ctx.namesIn(file, 'workerpool').flatMap(([identifier, { name }]) => {
    if (name !== 'worker') return [];
    const callee = ts.isPropertyAccessExpression(identifier.parent) ? identifier.parent : identifier;
    return ts.isCallExpression(callee.parent) && callee.parent.expression === callee ? [callee.parent] : [];
  });
}

/** The object literal of a constant of the file that nothing changes. */
function literalOf(ctx: ForeignContext, name: ts.Identifier): ts.ObjectLiteralExpression | undefined {
  const symbol = ctx.analysis.symbolOf(name);
  const declaration = symbol?.valueDeclaration;
  if (symbol === undefined || declaration === undefined || !ts.isVariableDeclaration(declaration) || declaration.initializer === undefined)
    return undefined;
  if (!ts.isVariableDeclarationList(declaration.parent) || (declaration.parent.flags & ts.NodeFlags.Const) === 0) return undefined;
  const statement = declaration.parent.parent;
  if (!ts.isVariableStatement(statement) || !ts.isSourceFile(statement.parent)) return undefined;
  const literal = unwrap(declaration.initializer);
  if (!ts.isObjectLiteralExpression(literal)) return undefined;
  const isChanged = ctx.analysis.referencesOf(symbol).some((reference) => {
    const { parent } = reference;
    if (reference === declaration.name || reference === name || ts.findAncestor(reference, ts.isTypeNode) !== undefined) return false;
    // A read of one function, such as methods.add(1, 2), changes nothing.
    return !(
      ts.isPropertyAccessExpression(parent) &&
      parent.expression === reference &&
      ts.isCallExpression(parent.parent) &&
      parent.parent.expression === parent
    );
  });
  return isChanged ? undefined : literal;
}

/** Plans the uses of workerpool in a file that runs in workers. */
export function planWorkerFile(ctx: ForeignContext, file: ts.SourceFile, units: readonly Unit[]): void {
  const [unit] = units;
  const report = (node: ts.Node, reason: string, detail = '') => {
    if (unit === undefined) ctx.problem(node, reason, detail);
    for (const each of units) each.problem(node, reason, detail);
  };
  for (const [identifier, { name }] of ctx.namesIn(file, 'workerpool')) {
    if (isBinder(identifier) || !['worker', 'workerEmit', 'Transfer'].includes(name)) continue;
    ctx.claim(identifier);
    const callee =
      ts.isPropertyAccessExpression(identifier.parent) && identifier.parent.name === identifier ? identifier.parent : identifier;
    const call = callee.parent;
    if (unit === undefined) report(identifier, 'script-of-unknown-pool', name);
    else if (name === 'worker') {
      const registration = registrationOf(ctx, file);
      if (registration === undefined) report(identifier, 'worker-functions');
      else planRegistration(ctx, unit, registration, report);
    } else if (name === 'workerEmit' && ts.isCallExpression(call) && call.expression === callee) {
      unit.edit(() => {
        const context = ctx.edits.need(file, 'context');
        ctx.edits.replace(call, () => `${context}().report(${call.arguments.map((each) => ctx.print(each)).join(', ')})`);
      });
    } else if (name === 'Transfer' && ts.isNewExpression(call) && call.expression === callee) {
      unit.edit(() => {
        const transfer = ctx.edits.need(file, 'transfer');
        ctx.edits.replace(call, () => `${transfer}(${(call.arguments ?? []).map((each) => ctx.print(each)).join(', ')})`);
      });
    } else report(identifier, 'library-value', name);
  }
}

function planRegistration(
  ctx: ForeignContext,
  unit: Unit,
  { call, methods, constant, names }: Registration,
  report: (node: ts.Node, reason: string, detail?: string) => void,
): void {
  const file = call.getSourceFile();
  const place = placeOf(call);
  if (place === undefined) {
    report(call, 'worker-place');
    return;
  }
  const self = thisIn(methods);
  if (self !== undefined) report(self, 'worker-this');
  const lead = leadInside(place, call);
  const exported = exportsOf(file);
  if (moduleStyle(file) === 'commonjs') {
    if (exported.names.size > 0 || exported.isOpen) {
      // The file exports something else already.
      const same = names.filter((name) => exported.names.has(name));
      if (exported.names.has('default') && !(same.length === names.length)) report(call, 'worker-exports', [...exported.names].join(', '));
      else if (same.length === names.length) unit.edit(() => removePlace(ctx, place, lead));
      else report(call, 'worker-exports', [...exported.names].join(', '));
      return;
    }
    const argument = call.arguments[0] as ts.Expression;
    unit.edit(() => replacePlace(ctx, place, () => `${lead}module.exports = ${ctx.print(argument)}${terminator(file)}`));
    return;
  }
  const clash = names.find((name) => exported.names.has(name) && !isSameExport(ctx, methods, name, exported.values));
  if (clash !== undefined) {
    report(call, 'worker-exports', clash);
    return;
  }
  const left = names.filter((name) => !exported.names.has(name));
  const isPlain = names.every((name) => /^[A-Za-z_$][\w$]*$/.test(name));
  if (!isPlain) {
    report(call, 'worker-exports', names.join(', '));
    return;
  }
  if (constant !== undefined) {
    const declared = left.find((name) => ctx.analysis.identifiersIn(file, name).some((each) => isTopLevelName(each)));
    if (declared !== undefined) report(call, 'worker-exports', declared);
    unit.edit(() => replacePlace(ctx, place, () => `${lead}export const { ${left.join(', ')} } = ${constant.text}${terminator(file)}`));
    return;
  }
  const listed: string[] = [];
  const written: ts.ObjectLiteralElementLike[] = [];
  for (const property of methods.properties) {
    const name = optionName(property);
    if (!left.includes(name)) continue;
    const value = ts.isPropertyAssignment(property)
      ? unwrap(property.initializer)
      : ts.isShorthandPropertyAssignment(property)
        ? property.name
        : undefined;
    if (value !== undefined && ts.isIdentifier(value)) listed.push(value.text === name ? name : `${value.text} as ${name}`);
    else {
      if (ctx.analysis.identifiersIn(file, name).some((each) => isTopLevelName(each))) report(property, 'worker-exports', name);
      if (ts.isMethodDeclaration(property) && property.asteriskToken !== undefined) report(property, 'worker-exports', name);
      written.push(property);
    }
  }
  const finish = terminator(file);
  unit.edit(() => {
    if (listed.length + written.length === 0) removePlace(ctx, place, lead);
    else
      replacePlace(ctx, place, () => {
        const texts = written.map(
          (property) =>
            commentOf(property) + outdented(exportText(ctx, property, finish), indentOf(property).length - indentOf(place).length),
        );
        if (listed.length > 0) texts.push(`export { ${listed.join(', ')} }${finish}`);
        return lead + texts.join(lineEnd(file).repeat(2));
      });
  });
}

/** The statement that the exports replace: the call, or the condition around it. */
function placeOf(call: ts.CallExpression): ts.Statement | undefined {
  const statement = call.parent;
  if (!ts.isExpressionStatement(statement)) return undefined;
  if (ts.isSourceFile(statement.parent)) return statement;
  const block = ts.isBlock(statement.parent) ? statement.parent : undefined;
  if (block !== undefined && block.statements.length > 1) return undefined;
  const branch: ts.Node = block ?? statement;
  const condition = branch.parent;
  if (!ts.isIfStatement(condition) || !ts.isSourceFile(condition.parent)) return undefined;
  if (/\/[/*]/.test(condition.getText().replace(leadOf(statement), '').replace(call.getText(), ''))) return undefined;
  if (condition.elseStatement === branch) return branch as ts.Statement;
  return condition.elseStatement === undefined ? condition : undefined;
}

/** The comments before a statement. */
function leadOf(statement: ts.Statement): string {
  const file = statement.getSourceFile();
  return file.text.slice(statement.getFullStart(), statement.getStart(file)).trim();
}

/** The comments of the registration inside a condition, which goes. */
function leadInside(place: ts.Statement, call: ts.CallExpression): string {
  const lead = place === call.parent ? '' : leadOf(call.parent as ts.Statement);
  const end = lineEnd(call.getSourceFile());
  return lead === '' ? '' : lead.replace(/\r?\n[ \t]*/g, end) + end;
}

function replacePlace(ctx: ForeignContext, place: ts.Statement, text: () => string): void {
  const { parent } = place;
  if (!ts.isIfStatement(parent)) {
    ctx.edits.replace(place, text);
    return;
  }
  // The last branch of a condition: the exports follow the condition.
  const file = place.getSourceFile();
  ctx.edits.replace(parent, () => {
    const head = ctx.edits.rewriter.printRange(file, parent.getStart(), parent.thenStatement.end, [
      parent.expression,
      parent.thenStatement,
    ]);
    const exported = text();
    return exported === '' ? head : head + lineEnd(file) + exported;
  });
}

function removePlace(ctx: ForeignContext, place: ts.Statement, lead: string): void {
  if (lead !== '' || ts.isIfStatement(place.parent)) replacePlace(ctx, place, () => lead.trimEnd());
  else ctx.edits.rewriter.remove(place);
}

function isTopLevelName(node: ts.Identifier): boolean {
  const { parent } = node;
  if ((ts.isFunctionDeclaration(parent) || ts.isClassDeclaration(parent)) && parent.name === node) return ts.isSourceFile(parent.parent);
  if (ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent)) return true;
  const declaration = ts.findAncestor(parent, (each) => ts.isVariableDeclaration(each) || ts.isStatement(each));
  if (declaration === undefined || !ts.isVariableDeclaration(declaration) || (declaration.name !== node && !ts.isBindingElement(parent)))
    return false;
  return ts.isSourceFile(declaration.parent.parent.parent);
}

/** Whether the file exports the registered function under the registered name. */
function isSameExport(
  ctx: ForeignContext,
  methods: ts.ObjectLiteralExpression,
  name: string,
  values: ReadonlyMap<string, ts.Expression>,
): boolean {
  const property = methods.properties.find((each) => optionName(each) === name);
  const value =
    property === undefined
      ? undefined
      : ts.isPropertyAssignment(property)
        ? unwrap(property.initializer)
        : ts.isShorthandPropertyAssignment(property)
          ? property.name
          : undefined;
  if (value === undefined || !ts.isIdentifier(value)) return false;
  const module = ctx.checker.getSymbolAtLocation(methods.getSourceFile());
  const exported = module === undefined ? undefined : ctx.checker.getExportsOfModule(module).find((each) => each.name === name);
  const target = exported !== undefined && exported.flags & ts.SymbolFlags.Alias ? ctx.checker.getAliasedSymbol(exported) : exported;
  const written = values.get(name);
  const local = ctx.analysis.symbolOf(value);
  const own =
    local !== undefined && 'exportSymbol' in local && local.exportSymbol !== undefined ? (local.exportSymbol as ts.Symbol) : local;
  return (
    (target !== undefined && (own === target || ctx.checker.getExportSymbolOfSymbol(local as ts.Symbol) === target)) ||
    (written !== undefined && ts.isIdentifier(written) && written.text === value.text)
  );
}

/** A `this` inside the methods: workerpool passes the function, a task has none. */
function thisIn(methods: ts.ObjectLiteralExpression): ts.Node | undefined {
  let found: ts.Node | undefined;
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.ThisKeyword) found ??= node;
    if (ts.isClassLike(node) || (ts.isObjectLiteralExpression(node) && node !== methods)) return;
    ts.forEachChild(node, visit);
  };
  visit(methods);
  return found;
}

function commentOf(property: ts.Node): string {
  const file = property.getSourceFile();
  const comment = file.text.slice(property.getFullStart(), property.getStart(file)).trim();
  return comment === '' ? '' : comment + lineEnd(file);
}

/** A member of the object literal as an exported declaration. */
function exportText(ctx: ForeignContext, property: ts.ObjectLiteralElementLike, finish: string): string {
  const name = optionName(property);
  if (!ts.isMethodDeclaration(property))
    return `export const ${name} = ${ctx.print((property as ts.PropertyAssignment).initializer)}${finish}`;
  const isAsync = property.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) ?? false;
  const text = ctx.print(property).replace(/^async\s+/, '');
  return `export ${isAsync ? 'async ' : ''}function ${text}`;
}

/** Removes the indentation of the object literal. */
function outdented(text: string, width: number): string {
  return text
    .split('\n')
    .map((line, i) => (i > 0 && /^[ \t]*$/.test(line.slice(0, width)) ? line.slice(width) : line))
    .join('\n');
}
