/**
 * Answers questions about the code around an expression: how its value is used, and which kind of input it is.
 *
 * Invariant: no function here registers an edit. This file does not know what a call is rewritten to.
 */
import ts from 'typescript';
import { unwrap, withParentheses } from './outer-expressions.ts';
import type { Pass } from './pass.ts';

/** Whether the expression is the operand of an `await`. */
export function isAwaited(node: ts.Expression): boolean {
  return ts.isAwaitExpression(withParentheses(node).parent);
}

/** Whether the expression is a statement, so that its value is discarded. */
export function isDiscarded(node: ts.Expression): boolean {
  const { parent } = withParentheses(node);
  return ts.isExpressionStatement(parent) || ts.isVoidExpression(parent);
}

/** Whether a throw at the call has the effect of a rejection: an `await` or an async function around the call receives both. */
export function isAwaitedInAll(node: ts.Expression): boolean {
  let at: ts.Node = withParentheses(node);
  for (let i = 0; i < 8; i++) {
    const { parent } = at;
    if (ts.isAwaitExpression(parent)) return true;
    if (ts.isReturnStatement(parent) || ts.isArrowFunction(parent)) {
      const fn = ts.isArrowFunction(parent) ? parent : ts.findAncestor(parent, ts.isFunctionLike);
      if (fn === undefined) return false;
      if (ts.canHaveModifiers(fn) && ts.getModifiers(fn)?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword)) return true;
      if (!ts.isCallExpression(fn.parent)) return false;
      at = fn.parent;
    } else if (ts.isArrayLiteralExpression(parent) || ts.isSpreadElement(parent) || ts.isParenthesizedExpression(parent)) at = parent;
    else if (ts.isCallExpression(parent) && parent.expression !== at) {
      if (parent.expression.getText() === 'Promise.allSettled') return false;
      at = parent;
    } else return false;
  }
  return false;
}

/** The method call whose receiver is this expression: `x.name(…)` for `x`. */
export function methodCallOn(node: ts.Expression): { readonly name: string; readonly call: ts.CallExpression } | undefined {
  const top = withParentheses(node);
  const { parent } = top;
  if (
    !ts.isPropertyAccessExpression(parent) ||
    parent.expression !== top ||
    !ts.isCallExpression(parent.parent) ||
    parent.parent.expression !== parent
  )
    return undefined;
  return { name: parent.name.text, call: parent.parent };
}

/** The `for … of` statement that iterates over this expression. */
export function loopOver(node: ts.Expression): ts.ForOfStatement | undefined {
  const top = withParentheses(node);
  return ts.isForOfStatement(top.parent) && top.parent.expression === top ? top.parent : undefined;
}

/** Whether a `return`, `throw`, `break` or labelled `continue` in the loop body can end the loop early. */
export function hasExit(loop: ts.ForOfStatement): boolean {
  const search = (node: ts.Node, depth: number): boolean => {
    if (ts.isFunctionLike(node)) return false;
    if (ts.isReturnStatement(node) || ts.isThrowStatement(node)) return true;
    if (ts.isBreakStatement(node) && (depth === 0 || node.label !== undefined)) return true;
    if (ts.isContinueStatement(node) && node.label !== undefined) return true;
    const inner = ts.isIterationStatement(node, false) || ts.isSwitchStatement(node) ? depth + 1 : depth;
    return ts.forEachChild(node, (child) => search(child, inner)) ?? false;
  };
  return search(loop.statement, 0);
}

/** list: all items exist. lazy: the items are created while they are read. async: an asynchronous iterable. */
export type InputKind = 'list' | 'lazy' | 'async' | 'unknown';

const LISTS: ReadonlySet<string> = new Set([
  'Set',
  'ReadonlySet',
  'Map',
  'ReadonlyMap',
  'Buffer',
  'Uint8Array',
  'Int8Array',
  'Uint8ClampedArray',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'MapIterator',
  'SetIterator',
  'ArrayIterator',
]);

export function inputKindOf(pass: Pass, node: ts.Expression): InputKind {
  const { checker } = pass;
  const inner = unwrap(node);
  if (ts.isArrayLiteralExpression(inner)) return 'list';
  const type = checker.getNonNullableType(checker.getTypeAtLocation(node));
  const of = (each: ts.Type): InputKind => {
    if (each.isUnion()) {
      const kinds = new Set(each.types.map(of));
      return kinds.size === 1 ? ([...kinds][0] as InputKind) : 'unknown';
    }
    if (each.flags & ts.TypeFlags.Any) return 'unknown';
    if (each.flags & ts.TypeFlags.StringLike || checker.isArrayType(each) || checker.isTupleType(each)) return 'list';
    if (LISTS.has(each.symbol?.name ?? '')) return 'list';
    const names = each.getProperties().map(({ escapedName }) => String(escapedName));
    const isAsync = names.some((name) => name.startsWith('__@asyncIterator'));
    const isSync = names.some((name) => name.startsWith('__@iterator'));
    if (isSync) return isAsync ? 'unknown' : checker.getIndexTypeOfType(each, ts.IndexKind.Number) !== undefined ? 'list' : 'lazy';
    return isAsync ? 'async' : 'unknown';
  };
  return of(type);
}

/** The text of an expression, in parentheses where it would otherwise not be a valid operand of `...`, a dot or a call. */
export function operand(text: string, node: ts.Expression): string {
  const inner = node;
  const isSimple =
    ts.isIdentifier(inner) ||
    ts.isPropertyAccessExpression(inner) ||
    ts.isCallExpression(inner) ||
    ts.isParenthesizedExpression(inner) ||
    ts.isElementAccessExpression(inner) ||
    ts.isNonNullExpression(inner) ||
    inner.kind === ts.SyntaxKind.ThisKeyword;
  return isSimple ? text : `(${text})`;
}

/** Whether a second evaluation has no side effect and returns the same value. */
export function isRepeatable(node: ts.Expression): boolean {
  const inner = unwrap(node);
  if (ts.isPropertyAccessExpression(inner)) return isRepeatable(inner.expression);
  return ts.isIdentifier(inner) || ts.isLiteralExpression(inner) || inner.kind === ts.SyntaxKind.ThisKeyword;
}

/** The rewritten receiver of a method call, followed by the `?` of `?.` if the source has one. */
export function printReceiver(pass: Pass, receiver: ts.Expression): string {
  const { parent } = receiver;
  const isOptional = ts.isPropertyAccessExpression(parent) && parent.expression === receiver && parent.questionDotToken !== undefined;
  return pass.print(receiver) + (isOptional ? '?' : '');
}

/** Whether the source text before the call ends a pool or an executor. */
export function mayBeEnded(call: ts.Node): boolean {
  const file = call.getSourceFile();
  return /\.(close|terminate|shutdown|terminateWorkers)\(/.test(file.text.slice(0, call.getStart(file)));
}
