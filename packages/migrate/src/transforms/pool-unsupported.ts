/**
 * Finds the calls of a pool that have no counterpart in an executor, and names the reason.
 *
 * The answer follows from the options, the input and the uses of the handle. This file does not know how supported calls are translated.
 */
import ts from 'typescript';
import type { Owner } from '../analysis.ts';
import { inputKindOf, isDiscarded } from '../expression-context.ts';
import { readOptions } from '../options-argument.ts';
import { unwrap } from '../outer-expressions.ts';
import type { Pass } from '../pass.ts';
import { isConsumedOnce, isPromiseOnly } from './pool-calls.ts';
import { isListLoop } from './pool-maps.ts';

/** The reason why a call cannot be translated; `undefined` if it can. */
export function unsupportedReason(pass: Pass, call: ts.CallExpression, method: string, owner: Owner | undefined): string | undefined {
  const options = readOptions(pass, call.arguments[method === 'withOptions' ? 9 : 2]);
  if (call.arguments.some(ts.isSpreadElement)) return 'unknown-arguments';
  const hasCallbacks = options.names.has('callback') || options.names.has('errorCallback');
  switch (method) {
    case 'applyAsync':
      if (hasCallbacks && options.form !== 'literal') return 'callback-options';
      return hasCallbacks && !isDiscarded(call) && !isPromiseOnly(pass, call) && !isHarmlessCallbacks(options.node)
        ? 'callback-error'
        : undefined;
    case 'mapAsync':
    case 'starmapAsync':
      if (options.names.has('into')) return 'into';
      if (hasCallbacks && options.form !== 'literal') return 'callback-options';
      if (!isDiscarded(call) && !isConsumedOnce(pass, call, owner)) return 'whole-map-handle';
      return method === 'starmapAsync' && isUnknownRows(pass, call) ? 'starmap-input' : undefined;
    case 'map':
      return options.names.has('into') ? 'into' : undefined;
    case 'starmap':
      if (options.names.has('into')) return 'into';
      return isUnknownRows(pass, call) ? 'starmap-input' : undefined;
    case 'imap':
      return options.names.has('indexed') ? 'indexed' : undefined;
    case 'imapUnordered':
      if (options.names.has('indexed')) return 'indexed';
      if (!isListLoop(pass, call)) return 'unordered-iterator';
      return options.names.has('onReport') || options.names.has('onProgress') || options.form === 'opaque' ? 'report-index' : undefined;
    case 'join':
      return hasEarlierEnd(pass, call) ? undefined : 'join-before-close';
    default:
      return undefined;
  }
}

function isUnknownRows(pass: Pass, call: ts.CallExpression): boolean {
  const [, rows] = call.arguments;
  return rows === undefined || inputKindOf(pass, rows) === 'async';
}

/** Whether the text before the call ends a pool: only a `join()` without that can throw `PoolRunningError`. */
function hasEarlierEnd(pass: Pass, call: ts.CallExpression): boolean {
  const file = call.getSourceFile();
  const fn = ts.findAncestor(call, ts.isFunctionLike);
  if (fn !== undefined || pass.analysis.files.length > 1) return true;
  return /\.(close|terminate)\(\)/.test(file.text.slice(0, call.getStart(file)));
}

/** Whether the text of the callbacks contains nothing that may throw. */
function isHarmlessCallbacks(options: ts.Node | undefined): boolean {
  if (options === undefined || !ts.isObjectLiteralExpression(options)) return false;
  const isHarmless = (node: ts.Node): boolean => {
    if (ts.isThrowStatement(node) || ts.isNewExpression(node) || ts.isAwaitExpression(node)) return false;
    if (
      ts.isCallExpression(node) &&
      !/(^console\.|\.(push|set|add|delete|unshift|join|toFixed|toString|slice)$|^(String|Number|Boolean)$|^Math\.)/.test(
        node.expression.getText(),
      )
    )
      return false;
    return ts.forEachChild(node, (child) => (isHarmless(child) ? undefined : true)) !== true;
  };
  return options.properties.every((property) => {
    const name = property.name?.getText();
    if (name !== 'callback' && name !== 'errorCallback') return true;
    const value = ts.isPropertyAssignment(property)
      ? unwrap(property.initializer)
      : ts.isMethodDeclaration(property)
        ? property
        : undefined;
    return value !== undefined && ts.isFunctionLike(value) && isHarmless((value as ts.FunctionLikeDeclaration).body ?? value);
  });
}
