/**
 * Tells whether a pool of workerpool may get a call after its `terminate()`: workerpool then starts new workers, but an executor refuses the call.
 *
 *   a call stands behind terminate() in the same function              -> yes
 *   terminate() runs after each test, and the pool outlives the tests  -> yes
 *   terminate() is in a function that runs now and then                -> yes: it may run before the last call
 *   terminate() is in the function that makes or uses the pool, in one that is called once, or in one whose name or caller says "the end" -> no
 *
 * This file does not know how an end is translated.
 */
import ts from 'typescript';
import type { Analysis } from '../analysis.ts';
import { withParentheses } from '../outer-expressions.ts';
import type { Unit } from '../units/unit.ts';

const USES = /^(exec|proxy)$/;
/** Words in names of functions, hooks and events that mean the end of the program, or of the object that owns the pool. */
const END =
  /^(after|cleanup|clean|clos(e|ed|ing)|deactivate|destroy(ed)?|dispos(e|ed|al)|done|end(ed)?|exit(ed|ing)?|finali[sz]e|finish(ed)?|halt|kill|quit|releas(e|ed)|shut(down)?|sig[a-z]+|stop(ped)?|tear|teardown|terminat(e|ed|ion)|unload|unmount)$/;

export function isUsedAfterEnd(analysis: Analysis, { group: { roots, members } }: Unit, end: ts.CallExpression): boolean {
  const uses = members.filter(({ name }) => USES.test(name.text));
  const [root, ...others] = roots;
  if (root === undefined) return false;
  if (others.length === 0 && root.getSourceFile() === end.getSourceFile()) {
    if (isAfterEach(end, root)) return true;
    if (uses.some((use) => isBehind(use, end, root))) return true;
  }
  return uses.length > 0 && roots.every((each) => mayEndEarly(analysis, each, end, uses));
}

function isAfterEach(end: ts.CallExpression, root: ts.Node): boolean {
  const fn = functionOf(end);
  if (fn === undefined || calleeOf(fn) !== 'afterEach') return false;
  const around = functionOf(root);
  return around === undefined || (calleeOf(around) !== undefined && !/^(beforeEach|it|test)\b/.test(calleeOf(around) as string));
}

/** Whether a use follows the end in the same function, and is not left out by a `return` or `throw` after the end. */
function isBehind(use: ts.Node, end: ts.CallExpression, root: ts.Node): boolean {
  const fn = functionOf(end);
  const block = ts.findAncestor(end, ts.isBlock);
  const last = block?.statements.at(-1);
  const isLeft = last !== undefined && (ts.isReturnStatement(last) || ts.isThrowStatement(last));
  if (isLeft && block !== (fn as ts.FunctionLikeDeclaration | undefined)?.body) return false;
  return use.pos > end.end && root.pos < end.pos && use.getSourceFile() === end.getSourceFile() && functionOf(use) === fn;
}

/** Whether the end is in a function that may run several times while functions outside of it use the pool. */
function mayEndEarly(analysis: Analysis, root: ts.Node, end: ts.CallExpression, uses: readonly ts.Node[]): boolean {
  const maker = root.getSourceFile() === end.getSourceFile() ? functionOf(root) : undefined;
  let fn = functionOf(end);
  while (fn !== undefined && fn !== maker) {
    const here = fn;
    if (uses.some((use) => ts.findAncestor(use, (each) => each === here) !== undefined)) return false;
    if (saysEnd(nameOf(fn)) || (!isContinuation(fn) && saysEnd(calleeOf(fn) ?? ''))) return false;
    const once = isContinuation(fn) ? fn.parent : onlyCallOf(analysis, fn);
    if (once === undefined || isInLoop(once)) return true;
    fn = functionOf(once);
  }
  return false;
}

/** A function that runs once where it stands: an argument of `then`, or one that is called at once. */
function isContinuation(fn: ts.Node): boolean {
  const { parent } = withParentheses(fn as ts.Expression);
  if (!ts.isCallExpression(parent)) return false;
  const callee = parent.expression;
  return (
    callee === withParentheses(fn as ts.Expression) ||
    (ts.isPropertyAccessExpression(callee) && /^(then|catch|finally|always)$/.test(callee.name.text))
  );
}

/** The call of a function that is mentioned once, in that call. */
function onlyCallOf(analysis: Analysis, fn: ts.SignatureDeclaration): ts.CallExpression | undefined {
  const holder = ts.isVariableDeclaration(fn.parent) ? fn.parent : fn;
  const name = (holder as ts.NamedDeclaration).name;
  const isExported = (ts.getCombinedModifierFlags(holder as ts.Declaration) & ts.ModifierFlags.Export) !== 0;
  const symbol = name === undefined || isExported ? undefined : analysis.symbolOf(name);
  if (symbol === undefined) return undefined;
  const [use, ...more] = analysis.referencesOf(symbol).filter((each) => each !== name);
  const call = use?.parent;
  return more.length === 0 && call !== undefined && ts.isCallExpression(call) && call.expression === use ? call : undefined;
}

function isInLoop(node: ts.Node): boolean {
  const loop = ts.findAncestor(node, (each) => ts.isIterationStatement(each, false) || ts.isFunctionLike(each));
  return loop !== undefined && !ts.isFunctionLike(loop);
}

/** The name of a function, or of the variable or property that holds it. */
function nameOf(fn: ts.SignatureDeclaration): string {
  if (fn.name !== undefined) return fn.name.getText();
  const { parent } = fn;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)) return parent.name.getText();
  return ts.isBinaryExpression(parent) ? parent.left.getText() : '';
}

/** What calls a function that is written as an argument: the last two names of the call and the text of its first argument (`process.on exit`). */
function calleeOf(fn: ts.Node): string | undefined {
  const { parent } = fn;
  if (!ts.isCallExpression(parent) || parent.expression === fn) return undefined;
  const [first] = parent.arguments;
  const names = parent.expression.getText().split('.').slice(-2).join('.');
  return first !== undefined && ts.isStringLiteralLike(first) ? `${names} ${first.text}` : names;
}

function saysEnd(text: string): boolean {
  const words = text.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return words.split(/[^a-z]+/).some((word) => END.test(word));
}

function functionOf(node: ts.Node): ts.SignatureDeclaration | undefined {
  return ts.findAncestor(node.parent, ts.isFunctionLike);
}
