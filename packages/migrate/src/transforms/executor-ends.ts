/**
 * `shutdown`, `terminateWorkers` and `killWorkers` as `close`, `terminate` and `join`.
 *
 * Decides how one call becomes two: as two statements where it is one, else as one expression.
 */
import ts from 'typescript';
import { isRepeatable, subject } from '../context.ts';
import { readOptions, writtenValue } from '../options.ts';
import { indentOf, lineEnd, terminator } from '../rewriter.ts';
import type { Attempt } from '../session.ts';

export function end(
  attempt: Attempt,
  call: ts.CallExpression,
  receiver: ts.Expression,
  method: 'shutdown' | 'terminateWorkers' | 'killWorkers',
): void {
  const first = method === 'shutdown' ? 'close' : 'terminate';
  const options = readOptions(attempt, call.arguments[0]);
  const isWaiting = method !== 'shutdown' || writtenValue(options, 'wait')?.kind !== ts.SyntaxKind.FalseKeyword;
  const one = () => `${subject(attempt, receiver)}.${first}()`;
  const { parent } = call;
  const isAwaitedHere = ts.isAwaitExpression(parent);
  const outer: ts.Expression = isAwaitedHere || ts.isVoidExpression(parent) ? parent : call;
  const statement = ts.isExpressionStatement(outer.parent) ? outer.parent : undefined;
  if (!isWaiting || (statement !== undefined && !isAwaitedHere) || (ts.isVoidExpression(parent) && outer !== call)) {
    const isValue = !isWaiting && statement === undefined && !ts.isVoidExpression(parent) && !isAwaitedHere && !ts.isArrowFunction(parent);
    attempt.replace(outer, () => (isValue ? `Promise.resolve(${one()})` : one()));
    return;
  }
  const two = () => `${subject(attempt, receiver)}.join()`;
  if (statement === undefined || !isRepeatable(receiver)) {
    attempt.replace(call, () =>
      isRepeatable(receiver) ? `(${one()}, ${two()})` : `((pool) => (pool.${first}(), pool.join()))(${attempt.print(receiver)})`,
    );
    return;
  }
  const file = call.getSourceFile();
  const isInList = ts.isBlock(statement.parent) || ts.isSourceFile(statement.parent) || ts.isCaseOrDefaultClause(statement.parent);
  const finish = terminator(file);
  attempt.replace(statement, () => {
    const separator = lineEnd(file) + indentOf(statement);
    const last = `await ${two()}${finish}`;
    return isInList ? `${one()}${finish}${separator}${last}` : `{ ${one()}; ${last} }`;
  });
}
