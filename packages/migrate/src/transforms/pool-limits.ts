/**
 * The calls of a pool that have no counterpart.
 *
 * Decides by what is known of options, inputs and of what becomes of the handle; names the reason.
 */
import ts from 'typescript';
import { inputKindOf, isDiscarded } from '../context.ts';
import { readOptions } from '../options.ts';
import { type Attempt, bare, type Owner } from '../session.ts';
import { isAskedOnce, isPromiseOnly } from './pool-calls.ts';
import { isListLoop } from './pool-maps.ts';

/** Why a call cannot be translated. */
export function reasonAgainst(attempt: Attempt, call: ts.CallExpression, method: string, owner: Owner | undefined): string | undefined {
  const options = readOptions(attempt, call.arguments[method === 'withOptions' ? 9 : 2]);
  if (call.arguments.some(ts.isSpreadElement)) return 'unknown-arguments';
  const hasCallbacks = options.names.has('callback') || options.names.has('errorCallback');
  switch (method) {
    case 'applyAsync':
      if (hasCallbacks && options.form !== 'literal') return 'callback-options';
      return hasCallbacks && !isDiscarded(call) && !isPromiseOnly(attempt, call) && !isHarmlessCallbacks(options.node)
        ? 'callback-error'
        : undefined;
    case 'mapAsync':
    case 'starmapAsync':
      if (hasCallbacks && options.form !== 'literal') return 'callback-options';
      if (!isDiscarded(call) && !isAskedOnce(attempt, call, owner)) return 'whole-map-handle';
      return method === 'starmapAsync' && isUnknownRows(attempt, call) ? 'starmap-input' : undefined;
    case 'starmap':
      return isUnknownRows(attempt, call) ? 'starmap-input' : undefined;
    case 'imapUnordered':
      if (!isListLoop(attempt, call)) return 'unordered-iterator';
      return options.names.has('onReport') || options.names.has('onProgress') || options.form === 'opaque' ? 'report-index' : undefined;
    case 'join':
      return hasEarlierEnd(attempt, call) ? undefined : 'join-before-close';
    default:
      return undefined;
  }
}

function isUnknownRows(attempt: Attempt, call: ts.CallExpression): boolean {
  const [, rows] = call.arguments;
  return rows === undefined || inputKindOf(attempt, rows) === 'async';
}

/** Whether anything ends a pool before, as far as the text tells: only a `join` without can be the one that is refused. */
function hasEarlierEnd(attempt: Attempt, call: ts.CallExpression): boolean {
  const file = call.getSourceFile();
  const fn = ts.findAncestor(call, ts.isFunctionLike);
  if (fn !== undefined || attempt.knowledge.files.length > 1) return true;
  return /\.(close|terminate)\(\)/.test(file.text.slice(0, call.getStart(file)));
}

/** A callback that cannot throw, as far as the text tells. */
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
    const value = ts.isPropertyAssignment(property) ? bare(property.initializer) : ts.isMethodDeclaration(property) ? property : undefined;
    return value !== undefined && ts.isFunctionLike(value) && isHarmless((value as ts.FunctionLikeDeclaration).body ?? value);
  });
}
