/**
 * The files that workerpool runs in its workers: what they register becomes what they export.
 *
 * Decides the text of the exports, and what of workerpool is used inside of a task.
 */
import ts from 'typescript';
import { nameOfProperty } from '../options.ts';
import { lineEnd, terminator } from '../rewriter.ts';
import { type Attempt, bare } from '../session.ts';

/** Rewrites `workerpool.worker({ … })`, `workerEmit(…)` and `new Transfer(…)`. */
export function workerFile(attempt: Attempt, file: ts.SourceFile): void {
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const name = calledName(attempt, node.expression);
      if (name === 'worker') register(attempt, node, file);
      else if (name === 'workerEmit') emit(attempt, node);
    } else if (ts.isNewExpression(node) && calledName(attempt, node.expression) === 'Transfer') moved(attempt, node);
    ts.forEachChild(node, visit);
  };
  visit(file);
}

/** The names that a file registers; `undefined` where it does not write them out. */
export function registeredIn(attempt: Attempt, file: ts.SourceFile): string[] | undefined {
  let names: string[] | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && calledName(attempt, node.expression) === 'worker')
      names = methodsOf(node)?.properties.map(nameOfProperty);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

function calledName(attempt: Attempt, expression: ts.Expression): string | undefined {
  const callee = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
  const name = ts.isIdentifier(callee) ? attempt.bookOf(callee).names.get(callee) : undefined;
  return name?.library === 'workerpool' ? name.name : undefined;
}

function methodsOf(call: ts.CallExpression): ts.ObjectLiteralExpression | undefined {
  const [methods] = call.arguments;
  const node = methods === undefined ? undefined : bare(methods);
  return node !== undefined && ts.isObjectLiteralExpression(node) && !node.properties.some(ts.isSpreadAssignment) ? node : undefined;
}

function register(attempt: Attempt, call: ts.CallExpression, file: ts.SourceFile): void {
  const methods = methodsOf(call);
  if (methods === undefined || call.arguments.length > 1 || !ts.isExpressionStatement(call.parent)) {
    attempt.leave(call, 'worker-file');
    attempt.keep('facade');
    return;
  }
  if (attempt.isKept('facade')) return;
  if (isRequiring(file)) {
    attempt.replace(call, () => `module.exports = ${attempt.print(methods)}`);
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
    attempt.rewriter.remove(statement);
    return;
  }
  attempt.replace(statement, () => {
    const texts = written.map((property) => shifted(exportText(attempt, property, finish)));
    if (listed.length > 0) texts.push(`export { ${listed.join(', ')} }${finish}`);
    return texts.join(lineEnd(file).repeat(2));
  });
}

/** A member of the object as a declaration of its own. */
function exportText(attempt: Attempt, property: ts.ObjectLiteralElementLike, finish: string): string {
  const name = nameOfProperty(property);
  if (!ts.isMethodDeclaration(property))
    return `export const ${name} = ${attempt.print((property as ts.PropertyAssignment).initializer)}${finish}`;
  const isAsync = property.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) ?? false;
  const text = attempt.print(property).replace(/^async\s+/, '');
  return `export ${isAsync ? 'async ' : ''}function ${text}`;
}

/** A step to the left, since it stood in an object. */
function shifted(text: string): string {
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

function emit(attempt: Attempt, call: ts.CallExpression): void {
  if (attempt.isKept('facade')) return;
  const context = attempt.need(call, 'context');
  attempt.replace(call, () => `${context()}().report(${call.arguments.map((each) => attempt.print(each)).join(', ')})`);
}

function moved(attempt: Attempt, node: ts.NewExpression): void {
  if (attempt.isKept('facade')) return;
  const transfer = attempt.need(node, 'transfer');
  attempt.replace(node, () => `${transfer()}(${(node.arguments ?? []).map((each) => attempt.print(each)).join(', ')})`);
}

function isRequiring(file: ts.SourceFile): boolean {
  return /\brequire\(/.test(file.text) && !file.statements.some((each) => ts.isImportDeclaration(each) || ts.isExportDeclaration(each));
}
