/**
 * Translates `apply` and `applyAsync` to `submit`, and `broadcast` to that of executors.
 *
 * A pool runs callbacks before the result settles, and an error of a callback becomes the result:
 *
 *   the handle is used as a promise  -> a `then` before all other reactions
 *   the handle is discarded          -> a done-callback
 *
 * This file does not know which calls are unsupported.
 */
import ts from 'typescript';
import { isAwaited, isAwaitedInAll, isDiscarded, methodCallOn, operand, printReceiver } from '../expression-context.ts';
import { type OptionsArgument, optionsText, readOptions, valueText } from '../options-argument.ts';
import { withParentheses } from '../outer-expressions.ts';
import type { Pass } from '../pass.ts';
import { indentOf, lineEnd, terminator } from '../rewriter.ts';

const CALLBACKS: ReadonlySet<string> = new Set(['callback', 'errorCallback']);

/** Translates `pool.apply(fn, args, options)`. */
export function apply(pass: Pass, call: ts.CallExpression, receiver: ts.Expression): void {
  const options = readOptions(pass, call.arguments[2]);
  const hasCallbacks = [...CALLBACKS].some((name) => options.names.has(name));
  if (hasCallbacks && options.form === 'opaque') {
    pass.replace(call, () => {
      const calls = `${printReceiver(pass, receiver)}.withOptions(rest).submit(${taskText(pass, call)})`;
      const chain = '.then((value) => { callback?.(value); return value; }, (error) => { errorCallback?.(error); throw error; })';
      return `(({ callback, errorCallback, ...rest }) => ${calls}${chain})(${pass.print(options.node as ts.Node)})`;
    });
    return;
  }
  if (hasCallbacks) {
    pass.replace(call, () => submitText(pass, call, receiver, options) + chainText(pass, options));
    return;
  }
  if (isAwaitedInAll(call) || isDiscarded(call)) {
    pass.replace(call, () => submitText(pass, call, receiver, options));
    return;
  }
  // `apply` of a closed pool rejects, but `submit` of a closed executor throws.
  const runInExecutor = pass.need(call, 'runInExecutor');
  pass.replace(call, () => `${runInExecutor()}(${receiverText(pass, receiver, options)}, ${taskText(pass, call)})`);
}

/** Translates `pool.applyAsync(fn, args, options)`. */
export function applyAsync(pass: Pass, call: ts.CallExpression, receiver: ts.Expression): void {
  const options = readOptions(pass, call.arguments[2]);
  const submit = () => submitText(pass, call, receiver, options);
  if (options.form !== 'literal' || ![...CALLBACKS].some((name) => options.names.has(name))) {
    pass.replace(call, submit);
    return;
  }
  if (isDiscarded(call)) {
    pass.replace(call, () => `${submit()}.addDoneCallback((future) => future${thenText(pass, options)})`);
    return;
  }
  if (isPromiseOnly(pass, call)) {
    promiseUses(pass, call);
    pass.replace(call, () => submit() + chainText(pass, options));
    const statement = ts.findAncestor(call, ts.isVariableStatement);
    const { parent } = withParentheses(call);
    if (statement !== undefined && ts.isVariableDeclaration(parent)) {
      const file = call.getSourceFile();
      pass.rewriter.after(
        statement,
        () => `${lineEnd(file)}${indentOf(statement)}${parent.name.getText()}.catch(() => undefined)${terminator(file)}`,
      );
    }
    return;
  }
  pass.replace(call, () => `((future) => { future${thenText(pass, options)}.catch(() => undefined); return future; })(${submit()})`);
}

/** Translates `pool.broadcast(fn, args, options)`. */
export function broadcast(pass: Pass, call: ts.CallExpression, receiver: ts.Expression): void {
  const options = readOptions(pass, call.arguments[2]);
  pass.replace(call, () => `${receiverText(pass, receiver, options)}.broadcast(${taskText(pass, call)})`);
}

/** Whether all uses of a handle are `await`, `then`, `catch`, `finally` or `get()` without a timeout. */
export function isPromiseOnly(pass: Pass, call: ts.CallExpression): boolean {
  return usesOf(pass, call)?.every((use) => isPromiseUse(use)) ?? false;
}

/** Whether the handle of a whole map is used once, for its result. */
export function isConsumedOnce(pass: Pass, call: ts.CallExpression, _owner: unknown): boolean {
  const uses = usesOf(pass, call);
  if (uses?.length !== 1) return false;
  const [use] = uses as [ts.Expression];
  return isPromiseUse(use) && !isInLoopAfter(call, use);
}

/** The uses of a handle: the references of its local variable, or the call itself. `undefined`: unknown. */
export function usesOf(pass: Pass, call: ts.CallExpression): ts.Expression[] | undefined {
  const { parent } = withParentheses(call);
  if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name)) {
    const symbol = pass.analysis.symbolOf(parent.name);
    if (symbol === undefined || !pass.analysis.isConfined(symbol)) return undefined;
    return pass.analysis.referencesOf(symbol).filter((reference) => reference !== parent.name);
  }
  return isAwaited(call) || methodCallOn(call) !== undefined ? [call] : undefined;
}

function isPromiseUse(use: ts.Expression): boolean {
  if (isAwaited(use)) return true;
  const method = methodCallOn(use);
  if (method === undefined) return false;
  return method.name === 'get' ? method.call.arguments.length === 0 : ['then', 'catch', 'finally'].includes(method.name);
}

function isInLoopAfter(call: ts.Node, use: ts.Node): boolean {
  const isRepeating = (node: ts.Node) => ts.isIterationStatement(node, false) || ts.isFunctionLike(node);
  return ts.findAncestor(use, isRepeating) !== ts.findAncestor(call, isRepeating);
}

/** Replaces `handle.get()` with the handle, which has become a promise. */
export function promiseUses(pass: Pass, call: ts.CallExpression): void {
  for (const use of usesOf(pass, call) ?? []) {
    const method = methodCallOn(use);
    if (method?.name === 'get') pass.replace(method.call, () => pass.print(use));
  }
}

/** The text `receiver.submit(fn, ...args)`, with `withOptions` if the call has options. */
export function submitText(pass: Pass, call: ts.CallExpression, receiver: ts.Expression, options: OptionsArgument): string {
  return `${receiverText(pass, receiver, options)}.submit(${taskText(pass, call)})`;
}

export function receiverText(pass: Pass, receiver: ts.Expression, options: OptionsArgument): string {
  const own = optionsText(pass, options, { drop: CALLBACKS });
  const text = printReceiver(pass, receiver);
  return own === undefined ? text : `${text}.withOptions(${own})`;
}

function taskText(pass: Pass, call: ts.CallExpression): string {
  const [fn, args] = call.arguments;
  const parts = [fn === undefined ? '' : pass.print(fn)];
  if (args !== undefined && !(ts.isIdentifier(args) && args.text === 'undefined')) parts.push(...argumentTexts(pass, args));
  return parts.filter((part) => part !== '').join(', ');
}

/** The arguments of an array of arguments. */
function argumentTexts(pass: Pass, args: ts.Expression): string[] {
  let node = args;
  while (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) node = node.expression;
  if (ts.isArrayLiteralExpression(node)) {
    if (node.elements.length === 0) return [];
    const file = node.getSourceFile();
    const [first] = node.elements as unknown as [ts.Node];
    const last = node.elements.at(-1) as ts.Node;
    return [pass.rewriter.printRange(file, first.getStart(file), last.end, node.elements)];
  }
  const mayBeMissing =
    (pass.checker.getTypeAtLocation(args).flags & ts.TypeFlags.Union) !== 0 &&
    pass.checker.getNonNullableType(pass.checker.getTypeAtLocation(args)) !== pass.checker.getTypeAtLocation(args);
  return [mayBeMissing ? `...(${pass.print(args)} ?? [])` : `...${operand(pass.print(args), args)}`];
}

/** The text `.then(callback, errorCallback)`. It handles every rejection. */
function thenText(pass: Pass, options: OptionsArgument): string {
  const callback = valueText(pass, options, 'callback') ?? 'undefined';
  const errorCallback = valueText(pass, options, 'errorCallback') ?? '() => undefined';
  return `.then(${callback}, ${errorCallback})`;
}

/** The text of a `.then(…)` that passes the value or the error on, or the error that a callback throws. */
function chainText(pass: Pass, options: OptionsArgument): string {
  const callback = valueText(pass, options, 'callback');
  const errorCallback = valueText(pass, options, 'errorCallback');
  const onValue = callback === undefined ? 'undefined' : `(value) => { ${calledText(callback)}(value); return value; }`;
  const onError = errorCallback === undefined ? '' : `, (error) => { ${calledText(errorCallback)}(error); throw error; }`;
  return `.then(${onValue}${onError})`;
}

function calledText(fn: string): string {
  return /^[\w$.]+$/.test(fn) ? fn : `(${fn})`;
}
