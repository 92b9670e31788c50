/**
 * Translates `submit`, `broadcast`, `runInExecutor` and `addDoneCallback` to a pool.
 *
 *   submit, awaited at the call            -> apply
 *   any other submit                       -> applyAsync
 *   broadcast                              -> broadcast, with a list of arguments
 *   addDoneCallback                        -> the first `finally` of the result
 *   addDoneCallback of an earlier rewrite  -> callback and errorCallback
 *
 * This file does not know which calls are unsupported.
 */
import ts from 'typescript';
import { isAwaited, isDiscarded, isRepeatable, methodCallOn, printReceiver } from '../expression-context.ts';
import { unwrap } from '../outer-expressions.ts';
import type { Pass } from '../pass.ts';

/** Translates `executor.submit(fn, ...args)`. */
export function submit(pass: Pass, call: ts.CallExpression, receiver: ts.Expression): void {
  const [fn, ...args] = call.arguments;
  const callbacks = callbacksOf(pass, call);
  const view = viewOf(receiver);
  const method = isAwaited(call) || isResultAwaited(call) ? 'apply' : 'applyAsync';
  if (method === 'apply' && !isAwaited(call)) {
    const next = methodCallOn(call);
    if (next !== undefined) pass.replace(next.call, () => pass.print(call));
  }
  if (callbacks !== undefined) pass.replace(callbacks.chain, () => pass.print(call));
  pass.replace(call, () => {
    const own = callbacks?.text() ?? [];
    const target = printReceiver(pass, view?.receiver ?? receiver);
    const options = optionTexts(pass, view?.options, own);
    const list = argumentsText(pass, args);
    const parts = [fn === undefined ? '' : pass.print(fn)];
    if (list !== undefined || options !== undefined) parts.push(list ?? '[]');
    if (options !== undefined) parts.push(options);
    return `${target}.${method}(${parts.join(', ')})`;
  });
}

/** Translates `executor.broadcast(fn, ...args)`. */
export function broadcast(pass: Pass, call: ts.CallExpression, receiver: ts.Expression): void {
  const [fn, ...args] = call.arguments;
  pass.replace(call, () => {
    const parts = [fn === undefined ? '' : pass.print(fn)];
    const list = argumentsText(pass, args);
    if (list !== undefined) parts.push(list);
    return `${printReceiver(pass, receiver)}.broadcast(${parts.join(', ')})`;
  });
}

/** `await executor.submit(…).result()`. */
function isResultAwaited(call: ts.CallExpression): boolean {
  const next = methodCallOn(call);
  return next?.name === 'result' && next.call.arguments.length === 0 && isAwaited(next.call);
}

/** The parts of a receiver that is `executor.withOptions(options)`. */
function viewOf(receiver: ts.Expression): { readonly receiver: ts.Expression; readonly options: ts.Expression } | undefined {
  const inner = unwrap(receiver);
  if (!ts.isCallExpression(inner) || !ts.isPropertyAccessExpression(inner.expression) || inner.expression.name.text !== 'withOptions')
    return undefined;
  const [options] = inner.arguments;
  return options === undefined ? undefined : { receiver: inner.expression.expression, options };
}

function optionTexts(pass: Pass, options: ts.Expression | undefined, own: readonly string[]): string | undefined {
  if (options === undefined) return own.length === 0 ? undefined : `{ ${own.join(', ')} }`;
  if (own.length === 0) return pass.print(options);
  const inner = unwrap(options);
  if (!ts.isObjectLiteralExpression(inner)) return `{ ...${pass.print(options)}, ${own.join(', ')} }`;
  return `{ ${[...inner.properties.map((property) => pass.print(property)), ...own].join(', ')} }`;
}

function argumentsText(pass: Pass, args: readonly ts.Expression[]): string | undefined {
  const [only] = args;
  if (only === undefined) return undefined;
  if (args.length === 1 && ts.isSpreadElement(only)) {
    const type = pass.checker.getTypeAtLocation(only.expression);
    if (pass.checker.isArrayLikeType(type)) return pass.print(only.expression);
  }
  const file = only.getSourceFile();
  const last = args.at(-1) as ts.Node;
  return `[${pass.rewriter.printRange(file, only.getStart(file), last.end, args)}]`;
}

/** The callbacks of a discarded `.addDoneCallback((future) => future.then(callback, errorCallback))` after the call. */
function callbacksOf(
  pass: Pass,
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
      const printed = pass.print(value as ts.Node);
      return [printed === name ? printed : `${name as string}: ${printed}`];
    });
  return { chain: next.call, text };
}

function thenOf(callback: ts.Expression | undefined): ts.CallExpression | undefined {
  if (callback === undefined || !ts.isArrowFunction(callback) || callback.parameters.length !== 1 || ts.isBlock(callback.body))
    return undefined;
  const body = unwrap(callback.body);
  if (!ts.isCallExpression(body) || !ts.isPropertyAccessExpression(body.expression) || body.expression.name.text !== 'then')
    return undefined;
  return body.expression.expression.getText() === callback.parameters[0]?.name.getText() ? body : undefined;
}

/** Translates `future.addDoneCallback(fn)`. The callback runs before later reactions, and an error that it throws is ignored. */
export function addDoneCallback(pass: Pass, call: ts.CallExpression, receiver: ts.Expression): void {
  const [fn] = call.arguments;
  if (fn === undefined || (thenOf(fn) !== undefined && ts.isCallExpression(unwrap(receiver)) && isDiscarded(call))) return;
  const inner = unwrap(fn);
  const isPlain = (ts.isArrowFunction(inner) || ts.isFunctionExpression(inner)) && inner.parameters.length === 0;
  const quiet = '.catch(() => undefined)';
  if (isPlain) {
    pass.replace(call, () => `${printReceiver(pass, receiver)}.finally(${pass.print(fn)})${quiet}`);
    return;
  }
  const name = ts.isIdentifier(inner);
  const called = (result: string) => `() => ${name ? pass.print(fn) : `(${pass.print(fn)})`}(${result})`;
  pass.replace(call, () => {
    const text = printReceiver(pass, receiver);
    if (isRepeatable(receiver)) return `${text}.finally(${called(text)})${quiet}`;
    return `((result) => result.finally(${called('result')})${quiet})(${text})`;
  });
}

/** Translates `runInExecutor(executor, fn, ...args)` for an executor that becomes a pool. */
export function runInExecutor(pass: Pass, call: ts.CallExpression, callee: ts.Identifier): void {
  const [executor, fn, ...args] = call.arguments;
  if (executor === undefined || fn === undefined) return;
  const kind = pass.analysis.kindOf(executor);
  const view = viewOf(executor);
  const receiver = view?.receiver ?? executor;
  if (kind?.api !== 'executor' || kind.hasOverrides || pass.isKept(pass.analysis.ownerOf(receiver, 'facade'))) return;
  if (pass.checker.getTypeAtLocation(executor) !== pass.checker.getNonNullableType(pass.checker.getTypeAtLocation(executor))) return;
  pass.importEditorOf(call).drop(callee);
  pass.replace(call, () => {
    const options = optionTexts(pass, view?.options, []);
    const list = argumentsText(pass, args);
    const parts = [pass.print(fn)];
    if (list !== undefined || options !== undefined) parts.push(list ?? '[]');
    if (options !== undefined) parts.push(options);
    return `${pass.print(receiver)}.apply(${parts.join(', ')})`;
  });
}
