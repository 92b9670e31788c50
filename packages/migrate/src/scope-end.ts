/**
 * Keeps the meaning of the end of a scope: a pool terminates there, an executor waits.
 *
 * A rewrite adds a guard, which is disposed before the pool or executor that it guards:
 *
 *   await using pool = new ProcessPoolExecutor(2);
 *   await using _terminating = { [Symbol.asyncDispose]: () => pool.terminateWorkers() };
 *
 * If the scope has a guard from a rewrite in the other direction, that guard is removed instead. The body of `use` gets a `try … finally`,
 * because `use` is for code without `await using`. This file does not know when both ends have the same effect: the caller passes `isHarmless`.
 */
import ts from 'typescript';
import { unwrap } from './outer-expressions.ts';
import type { Pass } from './pass.ts';
import { indentOf, indentStep, lineEnd, terminator } from './rewriter.ts';

export interface ScopeEnd {
  /** The prefix of the guard's name. */
  readonly guard: 'terminating' | 'draining';
  /** The value of the guard of `receiver`. */
  readonly value: (receiver: string) => string;
  /** The end of `receiver` as statements. */
  readonly statements: (receiver: string) => readonly string[];
}

export const TERMINATING: ScopeEnd = {
  guard: 'terminating',
  value: (receiver) => `{ [Symbol.asyncDispose]: () => ${receiver}.terminateWorkers() }`,
  statements: (receiver) => [`await ${receiver}.terminateWorkers()`],
};

export const DRAINING: ScopeEnd = {
  guard: 'draining',
  value: (receiver) => `{ [Symbol.asyncDispose]: () => (${receiver}.close(), ${receiver}.join()) }`,
  statements: (receiver) => [`${receiver}.close()`, `await ${receiver}.join()`],
};

const opposite = (end: ScopeEnd): ScopeEnd => (end === TERMINATING ? DRAINING : TERMINATING);

/** Rewrites the end of an `await using` scope. `isHarmless`: whether both ends have the same effect. */
export function endDeclaration(pass: Pass, declaration: ts.VariableDeclaration, end: ScopeEnd, isHarmless: () => boolean): void {
  const list = declaration.parent;
  if (
    !ts.isVariableDeclarationList(list) ||
    (list.flags & ts.NodeFlags.BlockScoped) !== ts.NodeFlags.AwaitUsing ||
    !ts.isIdentifier(declaration.name)
  )
    return;
  const statement = list.parent;
  if (!ts.isVariableStatement(statement)) return;
  const receiver = declaration.name.text;
  const guards = guardsOf(statement, receiver);
  const undone = guards.find(({ guard }) => guard === opposite(end).guard);
  if (undone !== undefined) {
    pass.rewriter.remove(undone.statement);
    return;
  }
  if (guards.length > 0 || isHarmless()) return;
  const file = statement.getSourceFile();
  let name = `_${end.guard}`;
  for (let i = 2; new RegExp(`\\b${name}\\b`).test(file.text); i++) name = `_${end.guard}${i}`;
  pass.rewriter.after(
    statement,
    () => `${lineEnd(file)}${indentOf(statement)}await using ${name} = ${end.value(receiver)}${terminator(file)}`,
  );
}

/** Whether a statement declares a guard. */
export function isGuard(node: ts.Node): boolean {
  return ts.isVariableStatement(node) && readGuard(node) !== undefined;
}

function guardsOf(statement: ts.VariableStatement, receiver: string) {
  const { parent } = statement;
  const statements = ts.isBlock(parent) || ts.isSourceFile(parent) ? parent.statements : [];
  return statements.flatMap((each) => {
    const guard = ts.isVariableStatement(each) ? readGuard(each) : undefined;
    return guard?.receiver === receiver ? [{ ...guard, statement: each }] : [];
  });
}

function readGuard(statement: ts.VariableStatement): { readonly guard: string; readonly receiver: string } | undefined {
  const [declaration] = statement.declarationList.declarations;
  if (declaration === undefined || !ts.isIdentifier(declaration.name) || declaration.initializer === undefined) return undefined;
  const guard = /^_(terminating|draining)\d*$/.exec(declaration.name.text)?.[1];
  const value = unwrap(declaration.initializer);
  if (guard === undefined || !ts.isObjectLiteralExpression(value)) return undefined;
  const receiver = /=>\s*\(?([\w$]+)\.(?:terminateWorkers|close|shutdown|terminate)\(/.exec(value.getText())?.[1];
  return receiver === undefined ? undefined : { guard, receiver };
}

/** Rewrites the end of `Pool.use(options, body)`. */
export function endBody(pass: Pass, body: ts.Expression, end: ScopeEnd, isHarmless: (parameter: ts.Identifier) => boolean): void {
  const fn = unwrap(body);
  const file = body.getSourceFile();
  const finish = terminator(file);
  if ((ts.isArrowFunction(fn) || ts.isFunctionExpression(fn)) && fn.parameters.length > 0) {
    const [parameter] = fn.parameters as unknown as [ts.ParameterDeclaration];
    if (!ts.isIdentifier(parameter.name)) return;
    const receiver = parameter.name;
    if (isHarmless(receiver) || isEnded(fn.body, receiver.text)) return;
    const statements = end.statements(receiver.text);
    if (!ts.isBlock(fn.body)) {
      const expression = fn.body;
      pass.replace(expression, () => block(body, [`return await ${pass.rewriter.printInside(expression)}`], statements, finish));
    } else {
      const inner = fn.body;
      pass.replace(inner, () => {
        const text = pass.rewriter.printInside(inner);
        return block(body, undefined, statements, finish, text);
      });
    }
    if (!fn.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword)) pass.rewriter.before(fn, () => 'async ');
    return;
  }
  const receiver = end === TERMINATING ? 'executor' : 'pool';
  pass.replace(body, () => {
    const text = pass.rewriter.printInside(body);
    return `async (${receiver}) => ${block(body, [`return await (${text})(${receiver})`], end.statements(receiver), finish)}`;
  });
}

/** Whether a `finally` in the body already ends the receiver. */
function isEnded(body: ts.ConciseBody, receiver: string): boolean {
  if (!ts.isBlock(body)) return false;
  const last = body.statements.at(-1);
  if (last === undefined || !ts.isTryStatement(last) || last.finallyBlock === undefined || body.statements.length > 1) return false;
  return new RegExp(`\\b${receiver}\\.(terminateWorkers|terminate|close|shutdown)\\(`).test(last.finallyBlock.getText());
}

function block(near: ts.Node, lines: readonly string[] | undefined, statements: readonly string[], finish: string, inner?: string): string {
  const file = near.getSourceFile();
  const end = lineEnd(file);
  const indent = indentOf(near);
  const step = indentStep(file);
  const deep = (depth: number) => indent + step.repeat(depth);
  const tried =
    inner === undefined
      ? `{${end}${(lines ?? []).map((line) => deep(2) + line + finish).join(end)}${end}${deep(1)}}`
      : shifted(inner, step, end);
  const ended = statements.map((line) => deep(2) + line + finish).join(end);
  return `{${end}${deep(1)}try ${tried} finally {${end}${ended}${end}${deep(1)}}${end}${indent}}`;
}

/** Indents a text by one level, except the continuation lines of template literals. */
function shifted(text: string, step: string, end: string): string {
  const file = ts.createSourceFile('block.tsx', `async () => ${text}`, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TSX);
  const literal = new Set<number>();
  const visit = (node: ts.Node): void => {
    if (ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node)) {
      const first = file.getLineAndCharacterOfPosition(node.getStart(file)).line;
      const last = file.getLineAndCharacterOfPosition(node.end).line;
      for (let line = first + 1; line <= last; line++) literal.add(line);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return text
    .split(/\r?\n/)
    .map((line, i) => (i === 0 || literal.has(i) || line === '' ? line : step + line))
    .join(end);
}
