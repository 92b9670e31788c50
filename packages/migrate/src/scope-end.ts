/**
 * Leaving a scope: a pool's terminates, an executor's waits.
 *
 * Decides how a scope of one keeps the other's end: by a guard, which is disposed of before what it guards.
 *
 *   await using pool = new ProcessPoolExecutor(2);
 *   await using _terminating = { [Symbol.asyncDispose]: () => pool.terminateWorkers() };
 *
 * A guard of the other direction is taken out instead. `use` has a `try … finally` in its place, since it stands where `await using` cannot be had.
 */
import ts from 'typescript';
import { indentOf, indentStep, lineEnd, terminator } from './rewriter.ts';
import { type Attempt, bare } from './session.ts';

export interface ScopeEnd {
  /** Begins the guard's name. */
  readonly guard: 'terminating' | 'draining';
  /** The guard's value, for the text of what it guards. */
  readonly value: (subject: string) => string;
  /** The same as statements. */
  readonly statements: (subject: string) => readonly string[];
}

export const TERMINATING: ScopeEnd = {
  guard: 'terminating',
  value: (subject) => `{ [Symbol.asyncDispose]: () => ${subject}.terminateWorkers() }`,
  statements: (subject) => [`await ${subject}.terminateWorkers()`],
};

export const DRAINING: ScopeEnd = {
  guard: 'draining',
  value: (subject) => `{ [Symbol.asyncDispose]: () => (${subject}.close(), ${subject}.join()) }`,
  statements: (subject) => [`${subject}.close()`, `await ${subject}.join()`],
};

const opposite = (end: ScopeEnd): ScopeEnd => (end === TERMINATING ? DRAINING : TERMINATING);

/** The scope of `await using`. `isHarmless`: both ends come to the same. */
export function endDeclaration(attempt: Attempt, declaration: ts.VariableDeclaration, end: ScopeEnd, isHarmless: () => boolean): void {
  const list = declaration.parent;
  if (
    !ts.isVariableDeclarationList(list) ||
    (list.flags & ts.NodeFlags.BlockScoped) !== ts.NodeFlags.AwaitUsing ||
    !ts.isIdentifier(declaration.name)
  )
    return;
  const statement = list.parent;
  if (!ts.isVariableStatement(statement)) return;
  const subject = declaration.name.text;
  const guards = guardsOf(statement, subject);
  const undone = guards.find(({ guard }) => guard === opposite(end).guard);
  if (undone !== undefined) {
    attempt.rewriter.remove(undone.statement);
    return;
  }
  if (guards.length > 0 || isHarmless()) return;
  const file = statement.getSourceFile();
  let name = `_${end.guard}`;
  for (let i = 2; new RegExp(`\\b${name}\\b`).test(file.text); i++) name = `_${end.guard}${i}`;
  attempt.rewriter.after(
    statement,
    () => `${lineEnd(file)}${indentOf(statement)}await using ${name} = ${end.value(subject)}${terminator(file)}`,
  );
}

/** Whether a statement is a guard, of the pool or executor of this name. */
export function isGuard(node: ts.Node): boolean {
  return ts.isVariableStatement(node) && readGuard(node) !== undefined;
}

function guardsOf(statement: ts.VariableStatement, subject: string) {
  const { parent } = statement;
  const statements = ts.isBlock(parent) || ts.isSourceFile(parent) ? parent.statements : [];
  return statements.flatMap((each) => {
    const guard = ts.isVariableStatement(each) ? readGuard(each) : undefined;
    return guard?.subject === subject ? [{ ...guard, statement: each }] : [];
  });
}

function readGuard(statement: ts.VariableStatement): { readonly guard: string; readonly subject: string } | undefined {
  const [declaration] = statement.declarationList.declarations;
  if (declaration === undefined || !ts.isIdentifier(declaration.name) || declaration.initializer === undefined) return undefined;
  const guard = /^_(terminating|draining)\d*$/.exec(declaration.name.text)?.[1];
  const value = bare(declaration.initializer);
  if (guard === undefined || !ts.isObjectLiteralExpression(value)) return undefined;
  const subject = /=>\s*\(?([\w$]+)\.(?:terminateWorkers|close|shutdown|terminate)\(/.exec(value.getText())?.[1];
  return subject === undefined ? undefined : { guard, subject };
}

/** The scope of `Pool.use(options, body)`. */
export function endBody(attempt: Attempt, body: ts.Expression, end: ScopeEnd, isHarmless: (parameter: ts.Identifier) => boolean): void {
  const fn = bare(body);
  const file = body.getSourceFile();
  const finish = terminator(file);
  if ((ts.isArrowFunction(fn) || ts.isFunctionExpression(fn)) && fn.parameters.length > 0) {
    const [parameter] = fn.parameters as unknown as [ts.ParameterDeclaration];
    if (!ts.isIdentifier(parameter.name)) return;
    const subject = parameter.name;
    if (isHarmless(subject) || isEnded(fn.body, subject.text)) return;
    const statements = end.statements(subject.text);
    if (!ts.isBlock(fn.body)) {
      const expression = fn.body;
      attempt.replace(expression, () => block(body, [`return await ${attempt.rewriter.printInside(expression)}`], statements, finish));
    } else {
      const inner = fn.body;
      attempt.replace(inner, () => {
        const text = attempt.rewriter.printInside(inner);
        return block(body, undefined, statements, finish, text);
      });
    }
    if (!fn.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword)) attempt.rewriter.before(fn, () => 'async ');
    return;
  }
  const subject = end === TERMINATING ? 'executor' : 'pool';
  attempt.replace(body, () => {
    const text = attempt.rewriter.printInside(body);
    return `async (${subject}) => ${block(body, [`return await (${text})(${subject})`], end.statements(subject), finish)}`;
  });
}

/** Its own `finally` ends it already. */
function isEnded(body: ts.ConciseBody, subject: string): boolean {
  if (!ts.isBlock(body)) return false;
  const last = body.statements.at(-1);
  if (last === undefined || !ts.isTryStatement(last) || last.finallyBlock === undefined || body.statements.length > 1) return false;
  return new RegExp(`\\b${subject}\\.(terminateWorkers|terminate|close|shutdown)\\(`).test(last.finallyBlock.getText());
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

/** A step to the right, but for the lines that a template literal goes on in. */
function shifted(text: string, step: string, end: string): string {
  const file = ts.createSourceFile('block.tsx', `async () => ${text}`, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TSX);
  const offset = 'async () => '.length;
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
  void offset;
  return text
    .split(/\r?\n/)
    .map((line, i) => (i === 0 || literal.has(i) || line === '' ? line : step + line))
    .join(end);
}
