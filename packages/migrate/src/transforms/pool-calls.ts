/**
 * `apply` and `applyAsync` as `submit`.
 *
 * Decides what callbacks become. A pool runs them before the result settles, and what one throws is the result: where the handle is a mere promise
 * a `then` in front of it does the same; where nobody sees the handle a done-callback does.
 */
import ts from 'typescript';
import { isAwaited, isAwaitedInAll, isDiscarded, methodCallOn, operand, subject } from '../context.ts';
import { optionsText, readOptions, valueText, type WrittenOptions } from '../options.ts';
import { indentOf, lineEnd, terminator } from '../rewriter.ts';
import { type Attempt, wrapped } from '../session.ts';

const CALLBACKS: ReadonlySet<string> = new Set(['callback', 'errorCallback']);

/** `pool.apply(fn, args, options)`. */
export function apply(attempt: Attempt, call: ts.CallExpression, receiver: ts.Expression): void {
  const options = readOptions(attempt, call.arguments[2]);
  const hasCallbacks = [...CALLBACKS].some((name) => options.names.has(name));
  if (hasCallbacks && options.form === 'opaque') {
    attempt.replace(call, () => {
      const calls = `${subject(attempt, receiver)}.withOptions(rest).submit(${taskText(attempt, call)})`;
      const chain = '.then((value) => { callback?.(value); return value; }, (error) => { errorCallback?.(error); throw error; })';
      return `(({ callback, errorCallback, ...rest }) => ${calls}${chain})(${attempt.print(options.node as ts.Node)})`;
    });
    return;
  }
  if (hasCallbacks) {
    attempt.replace(call, () => submitText(attempt, call, receiver, options) + chainText(attempt, options));
    return;
  }
  if (isAwaitedInAll(call) || isDiscarded(call)) {
    attempt.replace(call, () => submitText(attempt, call, receiver, options));
    return;
  }
  // A refused call rejects, where `submit` throws.
  const runInExecutor = attempt.need(call, 'runInExecutor');
  attempt.replace(call, () => `${runInExecutor()}(${receiverText(attempt, receiver, options)}, ${taskText(attempt, call)})`);
}

/** `pool.applyAsync(fn, args, options)`. */
export function applyAsync(attempt: Attempt, call: ts.CallExpression, receiver: ts.Expression): void {
  const options = readOptions(attempt, call.arguments[2]);
  const submit = () => submitText(attempt, call, receiver, options);
  if (options.form !== 'literal' || ![...CALLBACKS].some((name) => options.names.has(name))) {
    attempt.replace(call, submit);
    return;
  }
  if (isDiscarded(call)) {
    attempt.replace(call, () => `${submit()}.addDoneCallback((future) => future${thenText(attempt, options)})`);
    return;
  }
  if (isPromiseOnly(attempt, call)) {
    promiseUses(attempt, call);
    attempt.replace(call, () => submit() + chainText(attempt, options));
    const statement = ts.findAncestor(call, ts.isVariableStatement);
    const { parent } = wrapped(call);
    if (statement !== undefined && ts.isVariableDeclaration(parent)) {
      const file = call.getSourceFile();
      attempt.rewriter.after(
        statement,
        () => `${lineEnd(file)}${indentOf(statement)}${parent.name.getText()}.catch(() => undefined)${terminator(file)}`,
      );
    }
    return;
  }
  attempt.replace(call, () => `((future) => { future${thenText(attempt, options)}.catch(() => undefined); return future; })(${submit()})`);
}

/** Whether a handle is awaited, chained, or asked by a `get()` without a limit, and nothing else. */
export function isPromiseOnly(attempt: Attempt, call: ts.CallExpression): boolean {
  return usesOf(attempt, call)?.every((use) => isPromiseUse(use)) ?? false;
}

/** Whether the handle of a whole map is asked once, for its result. */
export function isAskedOnce(attempt: Attempt, call: ts.CallExpression, _owner: unknown): boolean {
  const uses = usesOf(attempt, call);
  if (uses?.length !== 1) return false;
  const [use] = uses as [ts.Expression];
  return isPromiseUse(use) && !isInLoopAfter(call, use);
}

/** Where a handle is used: of a local variable its references, else the call itself. `undefined`: nobody knows. */
export function usesOf(attempt: Attempt, call: ts.CallExpression): ts.Expression[] | undefined {
  const { parent } = wrapped(call);
  if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name)) {
    const symbol = attempt.knowledge.symbolOf(parent.name);
    if (symbol === undefined || !attempt.knowledge.isConfined(symbol)) return undefined;
    return attempt.knowledge.referencesOf(symbol).filter((reference) => reference !== parent.name);
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

/** `handle.get()` of what is a promise now: the promise itself. */
export function promiseUses(attempt: Attempt, call: ts.CallExpression): void {
  for (const use of usesOf(attempt, call) ?? []) {
    const method = methodCallOn(use);
    if (method?.name === 'get') attempt.replace(method.call, () => attempt.print(use));
  }
}

/** `receiver.submit(fn, ...args)`, with the call's options in front. */
export function submitText(attempt: Attempt, call: ts.CallExpression, receiver: ts.Expression, options: WrittenOptions): string {
  return `${receiverText(attempt, receiver, options)}.submit(${taskText(attempt, call)})`;
}

export function receiverText(attempt: Attempt, receiver: ts.Expression, options: WrittenOptions): string {
  const own = optionsText(attempt, options, { drop: CALLBACKS });
  const text = subject(attempt, receiver);
  return own === undefined ? text : `${text}.withOptions(${own})`;
}

function taskText(attempt: Attempt, call: ts.CallExpression): string {
  const [fn, args] = call.arguments;
  const parts = [fn === undefined ? '' : attempt.print(fn)];
  if (args !== undefined && !(ts.isIdentifier(args) && args.text === 'undefined')) parts.push(...argumentTexts(attempt, args));
  return parts.filter((part) => part !== '').join(', ');
}

/** An array of arguments, spread. */
function argumentTexts(attempt: Attempt, args: ts.Expression): string[] {
  let node = args;
  while (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) node = node.expression;
  if (ts.isArrayLiteralExpression(node)) {
    if (node.elements.length === 0) return [];
    const file = node.getSourceFile();
    const [first] = node.elements as unknown as [ts.Node];
    const last = node.elements.at(-1) as ts.Node;
    return [attempt.rewriter.printRange(file, first.getStart(file), last.end, node.elements)];
  }
  const mayBeMissing =
    (attempt.checker.getTypeAtLocation(args).flags & ts.TypeFlags.Union) !== 0 &&
    attempt.checker.getNonNullableType(attempt.checker.getTypeAtLocation(args)) !== attempt.checker.getTypeAtLocation(args);
  return [mayBeMissing ? `...(${attempt.print(args)} ?? [])` : `...${operand(attempt.print(args), args)}`];
}

/** `.then(callback, errorCallback)`, which leaves no failure unhandled. */
function thenText(attempt: Attempt, options: WrittenOptions): string {
  const callback = valueText(attempt, options, 'callback') ?? 'undefined';
  const errorCallback = valueText(attempt, options, 'errorCallback') ?? '() => undefined';
  return `.then(${callback}, ${errorCallback})`;
}

/** `.then(…)` after which the value and the error are still there, or what a callback threw instead. */
function chainText(attempt: Attempt, options: WrittenOptions): string {
  const callback = valueText(attempt, options, 'callback');
  const errorCallback = valueText(attempt, options, 'errorCallback');
  const onValue = callback === undefined ? 'undefined' : `(value) => { ${calledText(callback)}(value); return value; }`;
  const onError = errorCallback === undefined ? '' : `, (error) => { ${calledText(errorCallback)}(error); throw error; }`;
  return `.then(${onValue}${onError})`;
}

function calledText(fn: string): string {
  return /^[\w$.]+$/.test(fn) ? fn : `(${fn})`;
}
