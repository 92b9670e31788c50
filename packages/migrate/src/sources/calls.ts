/**
 * Prints a call of an executor in place of a call of another library, and answers how the result of a call is used.
 *
 *   awaited or discarded      -> executor.withOptions(…).submit(task, …)
 *   passed on as a promise    -> runInExecutor(executor.withOptions(…), task, …), which rejects where submit() throws
 *
 * This file does not know which library the call belongs to.
 */
import ts from 'typescript';
import { isAwaitedInAll, isDiscarded } from '../expression-context.ts';
import { withParentheses } from '../outer-expressions.ts';
import type { ForeignContext } from './foreign-context.ts';

export interface Submission {
  /** The call of the other library. */
  readonly call: ts.CallExpression;
  readonly receiver: ts.Expression;
  /** The options of the call, as texts. */
  readonly options: readonly string[];
  readonly task: string;
  readonly args: readonly string[];
  /** The expression whose use decides how the call is printed. Default: the call. */
  readonly outer?: ts.Expression;
}

export function submissionText(ctx: ForeignContext, { call, receiver, options, task, args, outer = call }: Submission): string {
  const access = call.expression;
  const isOptional = ts.isPropertyAccessExpression(access) && access.questionDotToken !== undefined;
  const view = options.length === 0 ? '' : `.withOptions({ ${options.join(', ')} })`;
  const parts = [task, ...args].join(', ');
  const target = ctx.print(receiver);
  if (isOptional || isAwaitedInAll(outer) || isDiscarded(outer))
    return `${target}${isOptional ? '?' : ''}${view === '' ? '' : view}.submit(${parts})`;
  return `${ctx.edits.need(call, 'runInExecutor')}(${target}${view}, ${parts})`;
}

/** Whether the program looks at the value that the promise of a call resolves to. */
export function isResultUsed(call: ts.Expression): boolean {
  const top = withParentheses(call);
  const { parent } = top;
  if (ts.isAwaitExpression(parent)) return isResultUsed(parent);
  if (ts.isExpressionStatement(parent) || ts.isVoidExpression(parent) || ts.isReturnStatement(parent) || ts.isArrowFunction(parent))
    return false;
  if (ts.isArrayLiteralExpression(parent)) return isResultUsed(parent);
  if (ts.isCallExpression(parent) && parent.expression !== top)
    return !/^Promise\.(all|allSettled|race)$/.test(parent.expression.getText()) || isResultUsed(parent);
  if (ts.isConditionalExpression(parent) || ts.isBinaryExpression(parent)) {
    if (ts.isBinaryExpression(parent) && ts.isIdentifier(parent.left) && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken)
      return true;
    return isResultUsed(parent);
  }
  if (ts.isPropertyAccessExpression(parent) && ts.isCallExpression(parent.parent)) {
    const { name } = parent;
    if (name.text === 'catch' || name.text === 'finally' || name.text === 'always') return isResultUsed(parent.parent);
    const [fn] = parent.parent.arguments;
    if (name.text !== 'then' || fn === undefined) return true;
    return !((ts.isArrowFunction(fn) || ts.isFunctionExpression(fn)) && fn.parameters.length === 0);
  }
  return true;
}

/** Whether a promise of the library is only awaited, returned or chained at the call. */
export function hasSpread(call: ts.CallExpression): boolean {
  return call.arguments.some(ts.isSpreadElement);
}
