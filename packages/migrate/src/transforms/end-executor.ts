/**
 * Translates `shutdown`, `terminateWorkers` and `killWorkers` to `close`, `terminate` and `join`.
 *
 * One call becomes two calls: two statements if the call is a statement, otherwise one expression. This file does not know which calls are
 * unsupported.
 */
import ts from 'typescript';
import { isRepeatable, printReceiver } from '../expression-context.ts';
import { optionValue, readOptions } from '../options-argument.ts';
import type { Pass } from '../pass.ts';
import { indentOf, lineEnd, terminator } from '../rewriter.ts';

export function endExecutor(
  pass: Pass,
  call: ts.CallExpression,
  receiver: ts.Expression,
  method: 'shutdown' | 'terminateWorkers' | 'killWorkers',
): void {
  const first = method === 'shutdown' ? 'close' : 'terminate';
  const options = readOptions(pass, call.arguments[0]);
  const isWaiting = method !== 'shutdown' || optionValue(options, 'wait')?.kind !== ts.SyntaxKind.FalseKeyword;
  const one = () => `${printReceiver(pass, receiver)}.${first}()`;
  const { parent } = call;
  const isAwaitedHere = ts.isAwaitExpression(parent);
  const outer: ts.Expression = isAwaitedHere || ts.isVoidExpression(parent) ? parent : call;
  const statement = ts.isExpressionStatement(outer.parent) ? outer.parent : undefined;
  if (!isWaiting || (statement !== undefined && !isAwaitedHere) || (ts.isVoidExpression(parent) && outer !== call)) {
    const isValue = !isWaiting && statement === undefined && !ts.isVoidExpression(parent) && !isAwaitedHere && !ts.isArrowFunction(parent);
    pass.replace(outer, () => (isValue ? `Promise.resolve(${one()})` : one()));
    return;
  }
  const two = () => `${printReceiver(pass, receiver)}.join()`;
  if (statement === undefined || !isRepeatable(receiver)) {
    pass.replace(call, () =>
      isRepeatable(receiver) ? `(${one()}, ${two()})` : `((pool) => (pool.${first}(), pool.join()))(${pass.print(receiver)})`,
    );
    return;
  }
  const file = call.getSourceFile();
  const isInList = ts.isBlock(statement.parent) || ts.isSourceFile(statement.parent) || ts.isCaseOrDefaultClause(statement.parent);
  const finish = terminator(file);
  pass.replace(statement, () => {
    const separator = lineEnd(file) + indentOf(statement);
    const last = `await ${two()}${finish}`;
    return isInList ? `${one()}${finish}${separator}${last}` : `{ ${one()}; ${last} }`;
  });
}
