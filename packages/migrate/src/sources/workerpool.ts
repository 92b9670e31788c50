/**
 * Plans the translation of workerpool to executors: with processes if `workerType` is 'process', otherwise with threads.
 *
 *   exec(fn, params)        -> submit(fn, ...params)
 *   exec('name', params)    -> submit(taskRef to the export of the script, ...params)
 *   .timeout(ms)            -> the option `taskTimeout`
 *   .cancel()               -> abort of a `signal`
 *   proxy()                 -> an object of functions that submit
 *   anything else           -> a problem, by name
 *
 * workerpool-script.ts plans the scripts.
 */
import ts from 'typescript';
import { methodCallOn } from '../expression-context.ts';
import { nameOfProperty } from '../options-argument.ts';
import { unwrap, withParentheses } from '../outer-expressions.ts';
import { indentOf, lineEnd, terminator } from '../rewriter.ts';
import type { Script } from '../scripts/script.ts';
import { optionName, optionOf, readLiteral } from '../units/options-literal.ts';
import type { Construction, Unit } from '../units/unit.ts';
import { hasSpread, isResultUsed, submissionText } from './calls.ts';
import { environmentProblem } from './environment.ts';
import type { ForeignContext } from './foreign-context.ts';
import { construct, fitsMost, isBinder, isText, receiverText, scriptOf } from './piscina.ts';
import { isUsedAfterEnd } from './use-after-end.ts';
import { registrationOf } from './workerpool-script.ts';

const RENAMED: ReadonlyMap<string, string> = new Map([
  ['maxWorkers', 'maxWorkers'],
  ['maxQueueSize', 'maxQueue'],
  ['workerTerminateTimeout', 'killGrace'],
]);
/** The options of workers by the option that holds them, and the kind of worker they are for. */
const NESTED: ReadonlyMap<string, 'process' | 'thread'> = new Map([
  ['forkOpts', 'process'],
  ['forkArgs', 'process'],
  ['workerThreadOpts', 'thread'],
]);
const OF_WORKERS: ReadonlySet<string> = new Set(['argv', 'env', 'execArgv', 'resourceLimits', 'workerData']);

const STATS: ReadonlyMap<string, string> = new Map([
  ['pendingTasks', 'queued'],
  ['activeTasks', 'running'],
  ['busyWorkers', 'busy'],
]);

export function planWorkerpool(ctx: ForeignContext, unit: Unit): void {
  for (const root of unit.group.roots) planConstruction(ctx, unit, root as ts.CallExpression);
  for (const access of unit.group.members) planMember(ctx, unit, access);
}

function planConstruction(ctx: ForeignContext, unit: Unit, node: ts.CallExpression): void {
  ctx.claim(node.expression);
  const [first, second] = node.arguments;
  const isScript = first !== undefined && (second !== undefined || !isOptionsObject(ctx, first));
  const script = isScript && !isNothing(first) ? scriptOf(ctx, unit, first) : undefined;
  const options = readLiteral(ctx.analysis, isScript ? second : first);
  if (!options.isKnown || hasSpread(node)) unit.problem(node, 'options-elsewhere');
  const type = optionOf(options, 'workerType');
  const isProcess = type !== undefined && isText(type, ['process']);
  const most = optionOf(options, 'maxWorkers');
  const drop = new Set(['workerType']);
  const change = new Map<string, () => string>();
  const nested: ts.ObjectLiteralElementLike[] = [];
  for (const property of options.literal?.properties ?? []) {
    const name = optionName(property);
    const value = optionOf(options, name);
    const renamed = RENAMED.get(name);
    const kind = NESTED.get(name);
    if (value === undefined) unit.problem(property, name === '...' ? 'options-elsewhere' : 'option', `${name} of ${unit.api}`);
    else if (name === 'workerType') {
      if (!isText(value, ['auto', 'thread', 'process'])) unit.problem(property, 'option', `workerType: ${value.getText()}`);
    } else if (renamed !== undefined) {
      if (name !== renamed) change.set(name, () => `${renamed}: ${ctx.print(value)}`);
    } else if (kind !== undefined) {
      drop.add(name);
      // workerpool ignores the options of the other kind of worker.
      if (kind !== (isProcess ? 'process' : 'thread')) continue;
      if (name === 'forkArgs') {
        drop.delete(name);
        change.set(name, () => `argv: ${ctx.print(value)}`);
      } else planNested(ctx, unit, property, value, nested);
    } else if (name === 'minWorkers' && (isText(value, ['max']) ? most !== undefined : fitsMost(value, most)))
      change.set(name, () => `minWorkers: ${ctx.print(isText(value, ['max']) ? (most as ts.Expression) : value)}`);
    else unit.problem(property, 'option', `${name} of ${unit.api}`);
  }
  const executor: Construction['executor'] = isProcess ? 'ProcessPoolExecutor' : 'ThreadPoolExecutor';
  unit.constructions.push({ node, options, script, defaultName: undefined, executor });
  unit.edit(() => construct(ctx, node, options, { drop, change, add: nested.map((each) => ctx.print(each)) }, executor));
}

/** Plans the options inside `forkOpts` and `workerThreadOpts`. */
function planNested(ctx: ForeignContext, unit: Unit, property: ts.Node, value: ts.Expression, nested: ts.ObjectLiteralElementLike[]): void {
  const literal = unwrap(value);
  if (!ts.isObjectLiteralExpression(literal)) {
    unit.problem(property, 'options-elsewhere');
    return;
  }
  for (const each of literal.properties) {
    const name = nameOfProperty(each);
    const inner = ts.isPropertyAssignment(each) ? each.initializer : ts.isShorthandPropertyAssignment(each) ? each.name : undefined;
    const problem = name === 'env' && inner !== undefined ? environmentProblem(ctx.checker, inner) : undefined;
    if (!OF_WORKERS.has(name) || inner === undefined) unit.problem(each, 'option', `${name} of ${unit.api}`);
    else if (problem === undefined) nested.push(each);
    else if (problem !== 'default') unit.problem(each, 'option', problem);
  }
}

function isNothing(node: ts.Expression): boolean {
  return node.kind === ts.SyntaxKind.NullKeyword || (ts.isIdentifier(node) && node.text === 'undefined');
}

/** Whether the only argument of `pool()` is the options. */
function isOptionsObject(ctx: ForeignContext, node: ts.Expression): boolean {
  if (ts.isObjectLiteralExpression(unwrap(node))) return true;
  if (readLiteral(ctx.analysis, node).isKnown) return true;
  const type = ctx.checker.getTypeAtLocation(node);
  return (type.flags & (ts.TypeFlags.StringLike | ts.TypeFlags.Any)) === 0;
}

function planMember(ctx: ForeignContext, unit: Unit, access: ts.PropertyAccessExpression): void {
  const member = access.name.text;
  const call = ts.isCallExpression(access.parent) && access.parent.expression === access ? access.parent : undefined;
  if (call !== undefined && member === 'exec') planExec(ctx, unit, call, access);
  else if (call !== undefined && member === 'proxy') planProxy(ctx, unit, call, access);
  else if (call !== undefined && member === 'terminate') planTerminate(ctx, unit, call, access);
  else if (call !== undefined && member === 'stats') planStats(ctx, unit, call, access);
  else unit.problem(access, 'member', `${member}${call === undefined ? '' : '()'} of ${unit.api}`);
}

function planTerminate(ctx: ForeignContext, unit: Unit, call: ts.CallExpression, access: ts.PropertyAccessExpression): void {
  const [force] = call.arguments;
  if (isResultUsed(call)) unit.problem(call, 'result-used', 'terminate()');
  if (
    call.arguments.length > 1 ||
    (force !== undefined && force.kind !== ts.SyntaxKind.TrueKeyword && force.kind !== ts.SyntaxKind.FalseKeyword && !isNothing(force))
  )
    unit.problem(call, 'run-options', 'terminate()');
  if (isUsedAfterEnd(ctx.analysis, unit, call)) unit.problem(call, 'used-again', 'terminate()');
  const isForced = force?.kind === ts.SyntaxKind.TrueKeyword;
  // A pool has no call that drops the waiting tasks and awaits the running ones: a later step writes close() and join().
  const end = isForced ? 'terminateWorkers()' : ctx.to === 'pool' ? 'shutdown()' : 'shutdown({ cancelFutures: true })';
  unit.edit(() => ctx.edits.replace(call, () => `${receiverText(ctx, access)}.${end}`));
}

function planStats(ctx: ForeignContext, unit: Unit, call: ts.CallExpression, access: ts.PropertyAccessExpression): void {
  const { parent } = withParentheses(call);
  const name = ts.isPropertyAccessExpression(parent) ? parent.name : undefined;
  const to = name === undefined ? undefined : STATS.get(name.text);
  if (to === undefined || name === undefined)
    unit.problem(call, 'member', `${name === undefined ? 'the object of stats()' : `stats().${name.text}`} of ${unit.api}`);
  else
    unit.edit(() => {
      ctx.edits.replace(name, () => to);
      ctx.edits.replace(call, () => `${receiverText(ctx, access)}.stats()`);
    });
}

/** The uses of the promise of a call. */
interface Pending {
  /** The expression that stands for the promise: the call, or the call with `.timeout(ms)`. */
  readonly outer: ts.CallExpression;
  readonly timeout: ts.Expression | undefined;
  readonly cancels: readonly ts.CallExpression[];
  /** The names of `always` calls, which become `finally`. */
  readonly always: readonly ts.MemberName[];
}

function planExec(ctx: ForeignContext, unit: Unit, call: ts.CallExpression, access: ts.PropertyAccessExpression): void {
  const [method, params, third] = call.arguments;
  const options = readLiteral(ctx.analysis, third);
  if (
    method === undefined ||
    hasSpread(call) ||
    !options.isKnown ||
    (options.literal !== undefined && unwrap(third as ts.Expression) !== options.literal)
  ) {
    unit.problem(call, 'run-options', 'exec()');
    return;
  }
  for (const property of options.literal?.properties ?? [])
    if (!['on', 'transfer'].includes(optionName(property))) unit.problem(property, 'run-option', optionName(property));
  const task = taskOf(ctx, unit, call, method);
  const pending = pendingOf(ctx, unit, call);
  const listener = options.literal?.properties.find((each) => optionName(each) === 'on');
  const transferred = optionOf(options, 'transfer');
  const list = params === undefined ? undefined : unwrap(params);
  if (transferred !== undefined && !(list !== undefined && ts.isArrayLiteralExpression(list) && list.elements.length > 0))
    unit.problem(call, 'run-option', 'transfer');
  if (
    listener !== undefined &&
    !ts.isPropertyAssignment(listener) &&
    !ts.isShorthandPropertyAssignment(listener) &&
    !ts.isMethodDeclaration(listener)
  )
    unit.problem(call, 'run-option', 'on');
  if (task === undefined || pending === undefined) return;
  unit.edit(() => {
    const { outer, timeout, cancels, always } = pending;
    for (const name of always) ctx.edits.replace(name, () => 'finally');
    const abort = cancels.length === 0 ? undefined : abortOf(ctx, outer, cancels);
    const own = () => [
      ...(listener === undefined ? [] : [`onReport: ${listenerText(ctx, listener)}`]),
      ...(timeout === undefined ? [] : [`taskTimeout: ${ctx.print(timeout)}`]),
      ...(abort === undefined ? [] : [`signal: ${abort}.signal`]),
    ];
    const reference = task();
    const transfer = transferred === undefined ? undefined : ctx.edits.need(call, 'transfer');
    const wrap = transfer === undefined ? undefined : (text: string) => `${transfer}(${text}, ${ctx.print(transferred as ts.Expression)})`;
    ctx.edits.replace(outer, () =>
      submissionText(ctx, {
        call,
        receiver: access.expression,
        options: own(),
        task: reference(),
        args: argumentTexts(ctx, params, wrap),
        outer,
      }),
    );
  });
}

function listenerText(ctx: ForeignContext, property: ts.ObjectLiteralElementLike): string {
  if (ts.isPropertyAssignment(property)) return ctx.print(property.initializer);
  if (!ts.isMethodDeclaration(property)) return ctx.print(property.name as ts.Node);
  const parameters = property.parameters.map((each) => ctx.print(each)).join(', ');
  const isAsync = property.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) ? 'async ' : '';
  return `${isAsync}function (${parameters}) ${property.body === undefined ? '{}' : ctx.print(property.body)}`;
}

function argumentTexts(ctx: ForeignContext, params: ts.Expression | undefined, wrap: ((text: string) => string) | undefined): string[] {
  if (params === undefined) return [];
  const list = unwrap(params);
  if (isNothing(list)) return [];
  if (!ts.isArrayLiteralExpression(list)) {
    const text = ctx.print(params);
    return [`...${ts.isIdentifier(list) || ts.isPropertyAccessExpression(list) || ts.isCallExpression(list) ? text : `(${text})`}`];
  }
  return list.elements.map((element, i) => (i === 0 && wrap !== undefined ? wrap(ctx.print(element)) : ctx.print(element)));
}

/** The task: a function as it is; for a name, a reference to the export of the script. */
function taskOf(ctx: ForeignContext, unit: Unit, call: ts.CallExpression, method: ts.Expression): (() => () => string) | undefined {
  const type = ctx.checker.getTypeAtLocation(method);
  const node = unwrap(method);
  const isText = (each: ts.Type): boolean => (each.isUnion() ? each.types.every(isText) : (each.flags & ts.TypeFlags.StringLike) !== 0);
  if (type.getCallSignatures().length > 0) return () => () => ctx.print(method);
  const { script } = unit;
  const name = ts.isStringLiteralLike(node) ? node.text : undefined;
  if (script === undefined) {
    if (unit.problems.length === 0)
      unit.problem(call, unit.constructions.length > 1 ? 'several-scripts' : 'method-unknown', method.getText());
    return undefined;
  }
  if (name === undefined && !isText(type)) {
    unit.problem(call, 'method-unknown', method.getText());
    return undefined;
  }
  const registered = registeredIn(ctx, unit, script, call);
  if (registered === undefined) return undefined;
  if (name !== undefined && !registered.includes(name)) {
    unit.problem(call, 'script-export', name);
    return undefined;
  }
  return () => {
    if (name === undefined) return () => ctx.edits.referByName(call, script, ctx.print(method));
    const reference = ctx.edits.refer(call, script, name, '(...args: any[]) => any');
    return () => reference;
  };
}

/** The names that the script registers. Records a problem if they are not known. */
function registeredIn(ctx: ForeignContext, unit: Unit, script: Script, at: ts.Node): string[] | undefined {
  if (!script.isOwn) {
    unit.problem(at, 'script-outside', script.path);
    return undefined;
  }
  const registration = registrationOf(ctx, script.file);
  if (registration !== undefined) return registration.names;
  unit.problem(at, 'script-functions', script.path.slice(script.path.lastIndexOf('/') + 1));
  return undefined;
}

/** The uses of the promise that `exec` returns. Records a problem for `cancel` and `timeout` that cannot be moved to the call. */
function pendingOf(ctx: ForeignContext, unit: Unit, call: ts.CallExpression): Pending | undefined {
  const limit = methodCallOn(call);
  const hasLimit = limit?.name === 'timeout';
  const outer = hasLimit ? limit.call : call;
  const timeout = hasLimit ? limit.call.arguments[0] : undefined;
  const always: ts.MemberName[] = [];
  const cancels: ts.CallExpression[] = [];
  let isFine = true;
  const lose = (node: ts.Node, name: string) => {
    isFine = false;
    unit.problem(node, 'pending', name);
  };
  const chain = (promise: ts.Expression, isFirst: boolean): void => {
    const next = methodCallOn(promise);
    if (next === undefined) {
      const { parent } = withParentheses(promise);
      if (!ts.isVariableDeclaration(parent) || !ts.isIdentifier(parent.name)) return;
      const symbol = ctx.analysis.symbolOf(parent.name);
      for (const reference of symbol === undefined ? [] : ctx.analysis.referencesOf(symbol)) {
        if (reference === parent.name) continue;
        const use = methodCallOn(reference);
        if (use?.name === 'cancel' && isFirst && isDirectlyIn(reference, parent)) cancels.push(use.call);
        else if (use?.name === 'cancel' || use?.name === 'timeout') lose(use.call, use.name);
        else chain(reference, false);
      }
      return;
    }
    const { name, call: nextCall } = next;
    if (name === 'always') always.push((nextCall.expression as ts.PropertyAccessExpression).name);
    if (name === 'cancel' || name === 'timeout') lose(nextCall, name);
    else if (name === 'then' || name === 'catch' || name === 'always' || name === 'finally') chain(nextCall, false);
  };
  chain(outer, true);
  return isFine ? { outer, timeout, cancels, always } : undefined;
}

/** Whether a use is in the scope of the variable's statement, which gets an AbortController. */
function isDirectlyIn(reference: ts.Node, declaration: ts.VariableDeclaration): boolean {
  const statement = declaration.parent.parent;
  return ts.isVariableStatement(statement) && ts.findAncestor(reference, (each) => each === statement.parent) !== undefined;
}

/** Adds an AbortController before the statement of the call. Returns its name. */
function abortOf(ctx: ForeignContext, call: ts.CallExpression, cancels: readonly ts.CallExpression[]): string {
  const { parent } = withParentheses(call);
  const statement = ts.findAncestor(call, ts.isVariableStatement) as ts.VariableStatement;
  const name = `${((parent as ts.VariableDeclaration).name as ts.Identifier).text}Abort`;
  const file = call.getSourceFile();
  ctx.edits.rewriter.before(
    statement,
    () => `const ${name} = new AbortController()${terminator(file)}${lineEnd(file)}${indentOf(statement)}`,
  );
  for (const cancel of cancels) ctx.edits.replace(cancel, () => `${name}.abort()`);
  return name;
}

/** Plans `pool.proxy()`: an object of functions that submit. */
function planProxy(ctx: ForeignContext, unit: Unit, call: ts.CallExpression, access: ts.PropertyAccessExpression): void {
  const { script } = unit;
  if (script === undefined) {
    unit.problem(call, 'script-unknown', 'proxy()');
    return;
  }
  const names = registeredIn(ctx, unit, script, call);
  if (names === undefined) return;
  unit.edit(() => {
    const args = ctx.isTyped(call) ? '(...args: any[])' : '(...args)';
    const references = names.map((name) => [name, ctx.edits.refer(call, script, name, '(...args: any[]) => any')] as const);
    ctx.edits.replace(call, () => {
      const own = ctx.print(access.expression);
      return `Promise.resolve({ ${references.map(([name, reference]) => `${name}: ${args} => ${own}.submit(${reference}, ...args)`).join(', ')} })`;
    });
  });
}

/** Plans `cpus`, `isMainThread` and the errors of workerpool. */
export function planWorkerpoolNames(ctx: ForeignContext, file: ts.SourceFile, units: readonly Unit[]): void {
  const [unit] = units;
  for (const [identifier, { name, how }] of ctx.namesIn(file, 'workerpool')) {
    if (isBinder(identifier)) continue;
    const { parent } = identifier;
    const whole = how === 'member' && ts.isPropertyAccessExpression(parent) ? parent : identifier;
    const replace = (by: () => string) => {
      ctx.claim(identifier);
      if (unit === undefined) ctx.problem(identifier, 'script-of-unknown-pool', name);
      else
        unit.edit(() => {
          const text = by();
          ctx.edits.replace(whole === identifier && ts.isShorthandPropertyAssignment(parent) ? parent : whole, () => text);
        });
    };
    if (name === 'cpus') replace(() => `${ctx.edits.need(file, 'availableParallelism')}()`);
    else if (name === 'isMainThread') replace(() => `!${ctx.edits.need(file, 'isWorker')}`);
    else if (name === 'Promise' || name === 'WorkerpoolPromise') {
      const access = whole.parent;
      const error = ts.isPropertyAccessExpression(access) && access.expression === whole ? access.name.text : undefined;
      if (error !== 'CancellationError' && error !== 'TimeoutError') continue;
      ctx.claim(identifier);
      if (unit === undefined) ctx.problem(identifier, 'library-value', `Promise.${error}`);
      else
        unit.edit(() => {
          const local = ctx.edits.need(file, error === 'TimeoutError' ? 'TimeoutError' : 'CancelledError');
          ctx.edits.replace(access, () => local);
        });
    }
  }
}

/** Reports `cancel`, `timeout` and `always` of promises whose calls were not followed. */
export function checkPending(ctx: ForeignContext, units: readonly Unit[]): void {
  const calls = new Set(units.flatMap(({ group }) => group.members.map((access) => access.parent)));
  for (const unit of units) {
    for (const file of unit.files) {
      const visit = (node: ts.Node): void => {
        if (
          ts.isCallExpression(node) &&
          ts.isPropertyAccessExpression(node.expression) &&
          /^(cancel|always|timeout)$/.test(node.expression.name.text)
        ) {
          const receiver = node.expression.expression;
          const type = ctx.checker.getTypeAtLocation(receiver);
          const isPending =
            ctx.analysis.kindOf(receiver)?.family === 'handle' ||
            ((type.flags & ts.TypeFlags.Any) !== 0 && receiver.kind !== ts.SyntaxKind.ThisKeyword && isOfProgram(ctx, receiver));
          if (isPending && !isFollowed(ctx, receiver, calls)) unit.problem(node, 'pending', node.expression.name.text);
        }
        ts.forEachChild(node, visit);
      };
      visit(file);
    }
  }
}

/** Whether a value without a type may come from the program: not from a global such as `it` of a test, and not from another package. */
function isOfProgram(ctx: ForeignContext, receiver: ts.Expression): boolean {
  let root = unwrap(receiver);
  while (ts.isCallExpression(root) || ts.isPropertyAccessExpression(root) || ts.isElementAccessExpression(root))
    root = unwrap(root.expression);
  if (!ts.isIdentifier(root)) return true;
  const symbol = ctx.checker.getSymbolAtLocation(root);
  if (symbol === undefined) return false;
  const isOwn = (declaration: ts.Declaration) => ctx.analysis.files.includes(declaration.getSourceFile());
  if ((symbol.flags & ts.SymbolFlags.Alias) === 0) return symbol.declarations?.some(isOwn) ?? false;
  return ctx.checker.getAliasedSymbol(symbol).declarations?.some(isOwn) ?? false;
}

/** Whether the receiver is the promise of a call of the units: at the call, in a chain, or in a variable that holds it. */
function isFollowed(ctx: ForeignContext, receiver: ts.Expression, calls: ReadonlySet<ts.Node>): boolean {
  const node = unwrap(receiver);
  if (ts.isIdentifier(node)) {
    const declaration = ctx.analysis.symbolOf(node)?.valueDeclaration;
    return (
      declaration !== undefined &&
      ts.isVariableDeclaration(declaration) &&
      declaration.initializer !== undefined &&
      isFollowed(ctx, declaration.initializer, calls)
    );
  }
  if (!ts.isCallExpression(node)) return false;
  if (calls.has(node)) return true;
  return ts.isPropertyAccessExpression(node.expression) && isFollowed(ctx, node.expression.expression, calls);
}
