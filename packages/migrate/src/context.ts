/**
 * Where an expression stands: what becomes of its value, and what is known of its input.
 *
 * Questions only; none of them changes anything.
 */
import ts from 'typescript';
import { type Attempt, bare, wrapped } from './session.ts';

/** Directly under an `await`. */
export function isAwaited(node: ts.Expression): boolean {
  return ts.isAwaitExpression(wrapped(node).parent);
}

/** A statement of its own: nobody sees its value. */
export function isDiscarded(node: ts.Expression): boolean {
  const { parent } = wrapped(node);
  return ts.isExpressionStatement(parent) || ts.isVoidExpression(parent);
}

/** Whether throwing at the call comes to the same as rejecting: it is awaited, returned by an async function, or part of what is. */
export function isAwaitedInAll(node: ts.Expression): boolean {
  let at: ts.Node = wrapped(node);
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

/** The method call that is made of an expression's value, if it is made on the spot. */
export function methodCallOn(node: ts.Expression): { readonly name: string; readonly call: ts.CallExpression } | undefined {
  const top = wrapped(node);
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

/** Read by `for await` on the spot. */
export function loopOver(node: ts.Expression): ts.ForOfStatement | undefined {
  const top = wrapped(node);
  return ts.isForOfStatement(top.parent) && top.parent.expression === top ? top.parent : undefined;
}

/** Whether a loop may be left before its end by a statement of its own. */
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

/** list: all of it is there. lazy: it is made while it is read. async: nobody knows when. */
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

export function inputKindOf(attempt: Attempt, node: ts.Expression): InputKind {
  const { checker } = attempt;
  const inner = bare(node);
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

/** A text that may stand behind a dot or before a call. */
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

/** Whether evaluating it a second time does nothing and gives the same. */
export function isRepeatable(node: ts.Expression): boolean {
  const inner = bare(node);
  if (ts.isPropertyAccessExpression(inner)) return isRepeatable(inner.expression);
  return ts.isIdentifier(inner) || ts.isLiteralExpression(inner) || inner.kind === ts.SyntaxKind.ThisKeyword;
}

/** What a method is called on, as it will be; with the `?` of `?.` where the author has one. */
export function subject(attempt: Attempt, receiver: ts.Expression): string {
  const { parent } = receiver;
  const isOptional = ts.isPropertyAccessExpression(parent) && parent.expression === receiver && parent.questionDotToken !== undefined;
  return attempt.print(receiver) + (isOptional ? '?' : '');
}

/** Whether a call may meet a facade that was ended before, as far as the text above it tells. */
export function mayBeEnded(call: ts.Node): boolean {
  const file = call.getSourceFile();
  return /\.(close|terminate|shutdown|terminateWorkers)\(/.test(file.text.slice(0, call.getStart(file)));
}
