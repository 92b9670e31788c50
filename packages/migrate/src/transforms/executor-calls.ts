/**
 * `submit`, `runInExecutor` and done-callbacks in the words of a pool.
 *
 * Decides that a call that is awaited on the spot is an `apply`, any other an `applyAsync`; and that a done-callback runs as the first reaction to
 * the result, or as the call's own callbacks where it was written by a rewrite in the other direction.
 */
import ts from 'typescript';
import { isAwaited, isDiscarded, isRepeatable, methodCallOn, subject } from '../context.ts';
import { type Attempt, bare } from '../session.ts';

/** `executor.submit(fn, ...args)`. */
export function submit(attempt: Attempt, call: ts.CallExpression, receiver: ts.Expression): void {
  const [fn, ...args] = call.arguments;
  const callbacks = callbacksOf(attempt, call);
  const view = viewOf(receiver);
  const method = isAwaited(call) || isResultAwaited(call) ? 'apply' : 'applyAsync';
  if (method === 'apply' && !isAwaited(call)) {
    const next = methodCallOn(call);
    if (next !== undefined) attempt.replace(next.call, () => attempt.print(call));
  }
  if (callbacks !== undefined) attempt.replace(callbacks.chain, () => attempt.print(call));
  attempt.replace(call, () => {
    const own = callbacks?.text() ?? [];
    const target = subject(attempt, view?.receiver ?? receiver);
    const options = optionTexts(attempt, view?.options, own);
    const list = argumentsText(attempt, args);
    const parts = [fn === undefined ? '' : attempt.print(fn)];
    if (list !== undefined || options !== undefined) parts.push(list ?? '[]');
    if (options !== undefined) parts.push(options);
    return `${target}.${method}(${parts.join(', ')})`;
  });
}

/** `await executor.submit(…).result()`. */
function isResultAwaited(call: ts.CallExpression): boolean {
  const next = methodCallOn(call);
  return next?.name === 'result' && next.call.arguments.length === 0 && isAwaited(next.call);
}

/** `executor.withOptions(options)` written in front of the call. */
function viewOf(receiver: ts.Expression): { readonly receiver: ts.Expression; readonly options: ts.Expression } | undefined {
  const inner = bare(receiver);
  if (!ts.isCallExpression(inner) || !ts.isPropertyAccessExpression(inner.expression) || inner.expression.name.text !== 'withOptions')
    return undefined;
  const [options] = inner.arguments;
  return options === undefined ? undefined : { receiver: inner.expression.expression, options };
}

function optionTexts(attempt: Attempt, options: ts.Expression | undefined, own: readonly string[]): string | undefined {
  if (options === undefined) return own.length === 0 ? undefined : `{ ${own.join(', ')} }`;
  if (own.length === 0) return attempt.print(options);
  const inner = bare(options);
  if (!ts.isObjectLiteralExpression(inner)) return `{ ...${attempt.print(options)}, ${own.join(', ')} }`;
  return `{ ${[...inner.properties.map((property) => attempt.print(property)), ...own].join(', ')} }`;
}

function argumentsText(attempt: Attempt, args: readonly ts.Expression[]): string | undefined {
  const [only] = args;
  if (only === undefined) return undefined;
  if (args.length === 1 && ts.isSpreadElement(only)) {
    const type = attempt.checker.getTypeAtLocation(only.expression);
    if (attempt.checker.isArrayLikeType(type)) return attempt.print(only.expression);
  }
  const file = only.getSourceFile();
  const last = args.at(-1) as ts.Node;
  return `[${attempt.rewriter.printRange(file, only.getStart(file), last.end, args)}]`;
}

/** `.addDoneCallback((future) => future.then(callback, errorCallback))` behind the call, whose value nobody sees. */
function callbacksOf(
  attempt: Attempt,
  call: ts.CallExpression,
): { readonly chain: ts.CallExpression; readonly text: () => string[] } | undefined {
  const next = methodCallOn(call);
  if (next?.name !== 'addDoneCallback' || !isDiscarded(next.call)) return undefined;
  const then = thenOf(next.call.arguments[0]);
  if (then === undefined) return undefined;
  const [callback, errorCallback] = then.arguments;
  const text = () =>
    [
      ['callback', callback],
      ['errorCallback', errorCallback],
    ].flatMap(([name, value]) => {
      if (value === undefined || /^(undefined|\(\) => undefined)$/.test((value as ts.Node).getText())) return [];
      const printed = attempt.print(value as ts.Node);
      return [printed === name ? printed : `${name as string}: ${printed}`];
    });
  return { chain: next.call, text };
}

function thenOf(callback: ts.Expression | undefined): ts.CallExpression | undefined {
  if (callback === undefined || !ts.isArrowFunction(callback) || callback.parameters.length !== 1 || ts.isBlock(callback.body))
    return undefined;
  const body = bare(callback.body);
  if (!ts.isCallExpression(body) || !ts.isPropertyAccessExpression(body.expression) || body.expression.name.text !== 'then')
    return undefined;
  return body.expression.expression.getText() === callback.parameters[0]?.name.getText() ? body : undefined;
}

/** `future.addDoneCallback(fn)`: before whoever awaits it later; what it throws harms nothing. */
export function addDoneCallback(attempt: Attempt, call: ts.CallExpression, receiver: ts.Expression): void {
  const [fn] = call.arguments;
  if (fn === undefined || (thenOf(fn) !== undefined && ts.isCallExpression(bare(receiver)) && isDiscarded(call))) return;
  const inner = bare(fn);
  const isPlain = (ts.isArrowFunction(inner) || ts.isFunctionExpression(inner)) && inner.parameters.length === 0;
  const quiet = '.catch(() => undefined)';
  if (isPlain) {
    attempt.replace(call, () => `${subject(attempt, receiver)}.finally(${attempt.print(fn)})${quiet}`);
    return;
  }
  const name = ts.isIdentifier(inner);
  const called = (subject: string) => `() => ${name ? attempt.print(fn) : `(${attempt.print(fn)})`}(${subject})`;
  attempt.replace(call, () => {
    const text = subject(attempt, receiver);
    if (isRepeatable(receiver)) return `${text}.finally(${called(text)})${quiet}`;
    return `((result) => result.finally(${called('result')})${quiet})(${text})`;
  });
}

/** `runInExecutor(executor, fn, ...args)` on one that has become a pool. */
export function runInExecutor(attempt: Attempt, call: ts.CallExpression, callee: ts.Identifier): void {
  const [executor, fn, ...args] = call.arguments;
  if (executor === undefined || fn === undefined) return;
  const kind = attempt.knowledge.kindOf(executor);
  const view = viewOf(executor);
  const receiver = view?.receiver ?? executor;
  if (kind?.api !== 'executor' || kind.isForeign || attempt.isKept(attempt.knowledge.ownerOf(receiver, 'facade'))) return;
  if (attempt.checker.getTypeAtLocation(executor) !== attempt.checker.getNonNullableType(attempt.checker.getTypeAtLocation(executor)))
    return;
  attempt.bookOf(call).drop(callee);
  attempt.replace(call, () => {
    const options = optionTexts(attempt, view?.options, []);
    const list = argumentsText(attempt, args);
    const parts = [attempt.print(fn)];
    if (list !== undefined || options !== undefined) parts.push(list ?? '[]');
    if (options !== undefined) parts.push(options);
    return `${attempt.print(receiver)}.apply(${parts.join(', ')})`;
  });
}
