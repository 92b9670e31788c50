/**
 * Translates the files that workerpool runs in its workers.
 *
 *   workerpool.worker({ … })  -> exports
 *   workerEmit(…)             -> context().report(…)
 *   new Transfer(…)           -> transfer(…)
 *
 * This file does not know how the functions are called.
 */
import ts from 'typescript';
import { nameOfProperty } from '../options-argument.ts';
import { unwrap } from '../outer-expressions.ts';
import type { Pass } from '../pass.ts';
import { lineEnd, terminator } from '../rewriter.ts';

/** Rewrites `workerpool.worker({ … })`, `workerEmit(…)` and `new Transfer(…)`. */
export function workerFile(pass: Pass, file: ts.SourceFile): void {
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const name = calledName(pass, node.expression);
      if (name === 'worker') register(pass, node, file);
      else if (name === 'workerEmit') emit(pass, node);
    } else if (ts.isNewExpression(node) && calledName(pass, node.expression) === 'Transfer') translateTransfer(pass, node);
    ts.forEachChild(node, visit);
  };
  visit(file);
}

/** The names that a file registers; `undefined` if they are not in an object literal. */
export function registeredIn(pass: Pass, file: ts.SourceFile): string[] | undefined {
  let names: string[] | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && calledName(pass, node.expression) === 'worker')
      names = methodsOf(node)?.properties.map(nameOfProperty);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

function calledName(pass: Pass, expression: ts.Expression): string | undefined {
  const callee = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
  const name = ts.isIdentifier(callee) ? pass.importEditorOf(callee).names.get(callee) : undefined;
  return name?.library === 'workerpool' ? name.name : undefined;
}

function methodsOf(call: ts.CallExpression): ts.ObjectLiteralExpression | undefined {
  const [methods] = call.arguments;
  const node = methods === undefined ? undefined : unwrap(methods);
  return node !== undefined && ts.isObjectLiteralExpression(node) && !node.properties.some(ts.isSpreadAssignment) ? node : undefined;
}

function register(pass: Pass, call: ts.CallExpression, file: ts.SourceFile): void {
  const methods = methodsOf(call);
  if (methods === undefined || call.arguments.length > 1 || !ts.isExpressionStatement(call.parent)) {
    pass.markUntranslated(call, 'worker-file');
    pass.keep('facade');
    return;
  }
  if (pass.isKept('facade')) return;
  if (isRequiring(file)) {
    pass.replace(call, () => `module.exports = ${pass.print(methods)}`);
    return;
  }
  const statement = call.parent;
  const exported = new Set(file.statements.flatMap(exportedNames));
  const listed = methods.properties.flatMap((property) => {
    const name = nameOfProperty(property);
    const value = ts.isShorthandPropertyAssignment(property)
      ? name
      : ts.isPropertyAssignment(property) && ts.isIdentifier(property.initializer)
        ? property.initializer.text
        : undefined;
    if (value === undefined || exported.has(name)) return [];
    return [value === name ? name : `${value} as ${name}`];
  });
  const finish = terminator(file);
  const written = methods.properties.filter(
    (property) => ts.isMethodDeclaration(property) || (ts.isPropertyAssignment(property) && !ts.isIdentifier(property.initializer)),
  );
  if (listed.length + written.length === 0) {
    pass.rewriter.remove(statement);
    return;
  }
  pass.replace(statement, () => {
    const texts = written.map((property) => outdented(exportText(pass, property, finish)));
    if (listed.length > 0) texts.push(`export { ${listed.join(', ')} }${finish}`);
    return texts.join(lineEnd(file).repeat(2));
  });
}

/** A member of the object literal as an exported declaration. */
function exportText(pass: Pass, property: ts.ObjectLiteralElementLike, finish: string): string {
  const name = nameOfProperty(property);
  if (!ts.isMethodDeclaration(property))
    return `export const ${name} = ${pass.print((property as ts.PropertyAssignment).initializer)}${finish}`;
  const isAsync = property.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) ?? false;
  const text = pass.print(property).replace(/^async\s+/, '');
  return `export ${isAsync ? 'async ' : ''}function ${text}`;
}

/** Removes one level of indentation: that of the object literal. */
function outdented(text: string): string {
  const lines = text.split('\n');
  const step = /^[ \t]*/.exec(lines.at(-1) ?? '')?.[0] ?? '';
  return lines.map((line, i) => (i > 0 && line.startsWith(step) ? line.slice(step.length) : line)).join('\n');
}

function exportedNames(statement: ts.Statement): string[] {
  if (!ts.canHaveModifiers(statement) || !ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement))
    return statement.name === undefined ? [] : [statement.name.text];
  return ts.isVariableStatement(statement) ? statement.declarationList.declarations.map(({ name }) => name.getText()) : [];
}

function emit(pass: Pass, call: ts.CallExpression): void {
  if (pass.isKept('facade')) return;
  const context = pass.need(call, 'context');
  pass.replace(call, () => `${context()}().report(${call.arguments.map((each) => pass.print(each)).join(', ')})`);
}

function translateTransfer(pass: Pass, node: ts.NewExpression): void {
  if (pass.isKept('facade')) return;
  const transfer = pass.need(node, 'transfer');
  pass.replace(node, () => `${transfer()}(${(node.arguments ?? []).map((each) => pass.print(each)).join(', ')})`);
}

function isRequiring(file: ts.SourceFile): boolean {
  return /\brequire\(/.test(file.text) && !file.statements.some((each) => ts.isImportDeclaration(each) || ts.isExportDeclaration(each));
}
