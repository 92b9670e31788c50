/**
 * Translates `close`, `terminate` and `join` to `shutdown` and `terminateWorkers`.
 *
 * The pair `close(); await join()` becomes one call. `close()` or `terminate()` without `join()` becomes a call that is not awaited. This file
 * does not know which calls are unsupported.
 */
import ts from 'typescript';
import { printReceiver } from '../expression-context.ts';
import type { Pass } from '../pass.ts';

/** Translates one of the three calls, or a pair. */
export function endPool(pass: Pass, call: ts.CallExpression, receiver: ts.Expression): void {
  const method = (call.expression as ts.PropertyAccessExpression).name.text;
  if (method === 'join') {
    // The `close()` or `terminate()` before it already replaced this call.
    if (!pass.rewriter.has(call)) pass.replace(call, () => `${printReceiver(pass, receiver)}.shutdown()`);
    return;
  }
  const joined = joinAfter(pass, call, receiver.getText());
  const made = () =>
    `${printReceiver(pass, receiver)}.${method === 'terminate' ? 'terminateWorkers()' : joined === undefined ? 'shutdown({ wait: false })' : 'shutdown()'}`;
  if (joined === undefined) pass.replace(call, () => (ts.isVoidExpression(call.parent) ? made() : `void ${made()}`));
  else {
    pass.rewriter.remove(call.parent);
    pass.replace(joined, made);
  }
}

/** The `join()` in the next statement, if it is awaited or returned. */
function joinAfter(pass: Pass, call: ts.CallExpression, receiver: string): ts.CallExpression | undefined {
  const statement = call.parent;
  if (!ts.isExpressionStatement(statement)) return undefined;
  const list = ts.isBlock(statement.parent) || ts.isSourceFile(statement.parent) ? statement.parent.statements : undefined;
  const next = list?.[list.indexOf(statement) + 1];
  if (next === undefined || ts.getLeadingCommentRanges(next.getSourceFile().text, next.pos) !== undefined) return undefined;
  const expression = ts.isExpressionStatement(next) ? next.expression : ts.isReturnStatement(next) ? next.expression : undefined;
  if (expression === undefined) return undefined;
  const inner = ts.isAwaitExpression(expression) ? expression.expression : ts.isReturnStatement(next) ? expression : undefined;
  if (inner === undefined || !ts.isCallExpression(inner) || inner.expression.getText().replace('?.', '.') !== `${receiver}.join`)
    return undefined;
  return pass.analysis.kindOf((inner.expression as ts.PropertyAccessExpression).expression)?.api === 'pool' ? inner : undefined;
}
