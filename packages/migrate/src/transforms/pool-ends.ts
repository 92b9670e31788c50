/**
 * `close`, `terminate` and `join` as `shutdown` and `terminateWorkers`.
 *
 * Decides that the usual pair is one call there, and that one of it alone does not wait.
 */
import ts from 'typescript';
import { subject } from '../context.ts';
import type { Attempt } from '../session.ts';

/** `close`, `terminate`, `join`: one by one, or the usual pair at once. */
export function end(attempt: Attempt, call: ts.CallExpression, receiver: ts.Expression): void {
  const method = (call.expression as ts.PropertyAccessExpression).name.text;
  if (method === 'join') {
    // The pair was one already.
    if (!attempt.rewriter.has(call)) attempt.replace(call, () => `${subject(attempt, receiver)}.shutdown()`);
    return;
  }
  const joined = joinAfter(attempt, call, receiver.getText());
  const made = () =>
    `${subject(attempt, receiver)}.${method === 'terminate' ? 'terminateWorkers()' : joined === undefined ? 'shutdown({ wait: false })' : 'shutdown()'}`;
  if (joined === undefined) attempt.replace(call, () => (ts.isVoidExpression(call.parent) ? made() : `void ${made()}`));
  else {
    attempt.rewriter.remove(call.parent);
    attempt.replace(joined, made);
  }
}

/** The `join()` of the statement right after, where it is awaited or returned. */
function joinAfter(attempt: Attempt, call: ts.CallExpression, receiver: string): ts.CallExpression | undefined {
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
  return attempt.knowledge.kindOf((inner.expression as ts.PropertyAccessExpression).expression)?.api === 'pool' ? inner : undefined;
}
