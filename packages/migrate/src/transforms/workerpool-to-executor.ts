/**
 * Translates workerpool to an executor: with processes if `workerType` is 'process', otherwise with threads.
 *
 *   exec(fn, params)        -> submit(fn, ...params)
 *   exec('name', params)    -> submit(taskRef to the export of the script, ...params)
 *   .timeout(ms)            -> the option `taskTimeout`
 *   .cancel()               -> abort of a `signal`
 *   proxy()                 -> an object of functions that submit
 *   anything else           -> marked; the owner stays on workerpool
 *
 * workerpool-worker-file.ts translates the scripts.
 */
import ts from 'typescript';
import { isAwaitedInAll, isDiscarded, methodCallOn, printReceiver } from '../expression-context.ts';
import { nameOfProperty, type OptionsArgument, optionsText, optionValue, propertyOf, readOptions, valueText } from '../options-argument.ts';
import { unwrap, withParentheses } from '../outer-expressions.ts';
import type { Pass } from '../pass.ts';
import { indentOf, lineEnd, terminator } from '../rewriter.ts';
import { sourceOf, TaskReferences } from './task-references.ts';
import { registeredIn, workerFile } from './workerpool-worker-file.ts';

const DROPPED: readonly string[] = ['workerType', 'minWorkers'];
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['maxWorkers', 'maxWorkers'],
  ['maxQueueSize', 'maxQueue'],
  ['workerTerminateTimeout', 'killGrace'],
  ['forkArgs', 'argv'],
]);
const NESTED: readonly string[] = ['forkOpts', 'workerThreadOpts'];
const OF_WORKERS: readonly string[] = ['argv', 'env', 'execArgv', 'resourceLimits', 'workerData'];
const EXEC_OPTIONS: readonly string[] = ['on', 'transfer'];

const STATS: ReadonlyMap<string, string> = new Map([
  ['totalWorkers', 'workers'],
  ['busyWorkers', 'busy'],
  ['idleWorkers', 'idle'],
  ['pendingTasks', 'queued'],
  ['activeTasks', 'running'],
]);

interface Construction {
  readonly node: ts.CallExpression;
  readonly script: ts.Expression | undefined;
  readonly options: OptionsArgument;
}

/** Runs one pass over all files. `isDraining`: `terminate()` waits for queued tasks, because a later step to the pool API requires it. */
export function workerpoolToExecutor(pass: Pass, isDraining: boolean): void {
  const tasks = new TaskReferences(pass);
  const constructions = pass.analysis.files.flatMap((file) => constructionsIn(pass, file));
  for (const file of pass.analysis.files) {
    workerFile(pass, file);
    for (const [identifier, { library, name, how }] of pass.importEditorOf(file).names)
      if (library === 'workerpool') visitValue(pass, identifier, name, how);
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node)) visitCall(pass, node, constructions, tasks, isDraining);
      else if (ts.isPropertyAccessExpression(node)) visitError(pass, node);
      else if (ts.isTypeReferenceNode(node)) visitType(pass, node, constructions);
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
}

function constructionsIn(pass: Pass, file: ts.SourceFile): Construction[] {
  const found: Construction[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isConstruction(pass, node)) found.push(readConstruction(pass, node));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Whether a call is `workerpool.pool(…)`, also through an alias, and not a function of the program that returns a pool. */
function isConstruction(pass: Pass, call: ts.CallExpression): boolean {
  const kind = pass.analysis.kindOf(call);
  if (kind?.api !== 'workerpool' || kind.family !== 'facade') return false;
  const callee = ts.isPropertyAccessExpression(call.expression) ? call.expression.name : call.expression;
  return ts.isIdentifier(callee) && pass.importEditorOf(call).names.get(callee)?.name === 'pool';
}

function readConstruction(pass: Pass, node: ts.CallExpression): Construction {
  const [first, second] = node.arguments;
  const isScript =
    first !== undefined && (second !== undefined || (pass.checker.getTypeAtLocation(first).flags & ts.TypeFlags.StringLike) !== 0);
  return { node, script: isScript ? first : undefined, options: readOptions(pass, isScript ? second : first) };
}

function visitCall(
  pass: Pass,
  call: ts.CallExpression,
  constructions: readonly Construction[],
  tasks: TaskReferences,
  isDraining: boolean,
): void {
  const made = constructions.find(({ node }) => node === call);
  if (made !== undefined) construct(pass, made);
  const { expression } = call;
  if (!ts.isPropertyAccessExpression(expression)) return;
  const kind = pass.analysis.kindOf(expression.expression);
  if (kind?.api !== 'workerpool') return;
  const method = expression.name.text;
  if (kind.family === 'handle') {
    if ((method === 'cancel' || method === 'timeout') && !pass.rewriter.has(call)) pass.defer(() => markPending(pass, call));
    else if (method === 'always') pass.replace(expression.name, () => 'finally');
    return;
  }
  const owner = pass.analysis.ownerOf(expression.expression, 'facade');
  if (method === 'exec') exec(pass, call, expression.expression, constructions, tasks);
  else if (method === 'proxy') proxy(pass, call, expression.expression, constructions, tasks);
  else if (method === 'terminate') {
    if (pass.isKept(owner)) return;
    const isForced = call.arguments[0]?.kind === ts.SyntaxKind.TrueKeyword;
    const end = isForced ? 'terminateWorkers()' : isDraining ? 'shutdown()' : 'shutdown({ cancelFutures: true })';
    pass.replace(call, () => `${printReceiver(pass, expression.expression)}.${end}`);
  } else if (method === 'stats') {
    if (pass.isKept(owner)) return;
    const { parent } = call;
    const name = ts.isPropertyAccessExpression(parent) ? STATS.get(parent.name.text) : undefined;
    if (name !== undefined) {
      pass.replace(parent, () => `${printReceiver(pass, expression.expression)}.stats().${name}`);
      return;
    }
    const names = 'totalWorkers: workers, busyWorkers: busy, idleWorkers: idle, pendingTasks: queued, activeTasks: running';
    pass.replace(
      call,
      () => `(({ workers, busy, idle, queued, running }) => ({ ${names} }))(${printReceiver(pass, expression.expression)}.stats())`,
    );
  } else {
    pass.markUntranslated(call, 'workerpool-member');
    pass.keep(owner);
  }
}

function markPending(pass: Pass, call: ts.CallExpression): void {
  if (pass.rewriter.has(call) || pass.isKept('facade')) return;
  pass.markUntranslated(call, 'workerpool-pending');
  pass.keep('facade');
}

function construct(pass: Pass, { node, options }: Construction): void {
  const owner = pass.analysis.ownerOfProduct(node, 'facade');
  const type = optionValue(options, 'workerType')?.getText().replace(/['"]/g, '');
  const nested = options.form === 'literal' ? nestedOptions(pass, options) : [];
  const isKnown = [...options.names].every((name) => DROPPED.includes(name) || RENAMED.has(name) || NESTED.includes(name));
  if (
    options.form === 'opaque' ||
    !isKnown ||
    nested === undefined ||
    (type !== undefined && !['auto', 'thread', 'process'].includes(type))
  ) {
    pass.markUntranslated(node, 'workerpool-option');
    pass.keep(owner);
  }
  if (pass.isKept(owner) || nested === undefined) return;
  const executor = pass.need(node, type === 'process' ? 'ProcessPoolExecutor' : 'ThreadPoolExecutor');
  for (const [from, to] of RENAMED) {
    const found = propertyOf(options, from);
    if (found !== undefined && from !== to)
      pass.replace(found.property, () => `${to}: ${found.value === found.property.name ? from : pass.print(found.value)}`);
  }
  pass.replace(
    node,
    () =>
      `new ${executor()}(${optionsText(pass, options, { drop: new Set([...DROPPED, ...NESTED]), add: nested.map((each) => each()) }) ?? ''})`,
  );
}

/** The options inside `forkOpts` and `workerThreadOpts`. */
function nestedOptions(pass: Pass, options: OptionsArgument): (() => string)[] | undefined {
  const texts: (() => string)[] = [];
  for (const name of NESTED) {
    const value = optionValue(options, name);
    if (value === undefined) continue;
    if (!ts.isObjectLiteralExpression(value) || !value.properties.every((property) => OF_WORKERS.includes(nameOfProperty(property))))
      return undefined;
    for (const property of value.properties) texts.push(() => pass.print(property));
  }
  return texts;
}

/** Translates `pool.exec(method, params, options)` and a `timeout` or `cancel` that follows. */
function exec(
  pass: Pass,
  call: ts.CallExpression,
  receiver: ts.Expression,
  constructions: readonly Construction[],
  tasks: TaskReferences,
): void {
  const [method, params] = call.arguments;
  const owner = pass.analysis.ownerOf(receiver, 'facade');
  const options = readOptions(pass, call.arguments[2]);
  const made = constructionOf(pass, receiver, constructions);
  const task = method === undefined ? undefined : taskOf(pass, call, method, made, tasks);
  const isRead = options.form !== 'opaque' && [...options.names].every((name) => EXEC_OPTIONS.includes(name));
  const transferred = optionValue(options, 'transfer');
  const list = params === undefined ? undefined : unwrap(params);
  const isMovable = transferred === undefined || (list !== undefined && ts.isArrayLiteralExpression(list) && list.elements.length > 0);
  if (task === undefined || !isRead || !isMovable) {
    pass.markUntranslated(call, task === undefined ? 'workerpool-method' : 'workerpool-option');
    pass.keep(owner);
    return;
  }
  if (pass.isKept(owner)) return;
  const limit = methodCallOn(call);
  const timeout = limit?.name === 'timeout' ? limit.call.arguments[0] : undefined;
  if (limit?.name === 'timeout') pass.replace(limit.call, () => pass.print(call));
  const outer = limit?.name === 'timeout' ? limit.call : call;
  const abort = abortOf(pass, outer);
  const add = () => [
    ...(valueText(pass, options, 'on') === undefined ? [] : [`onReport: ${valueText(pass, options, 'on')}`]),
    ...(timeout === undefined ? [] : [`taskTimeout: ${pass.print(timeout)}`]),
    ...(abort === undefined ? [] : [`signal: ${abort}.signal`]),
  ];
  const transfer = transferred === undefined ? undefined : pass.need(call, 'transfer');
  const view = () => {
    const own = add();
    return printReceiver(pass, receiver) + (own.length === 0 ? '' : `.withOptions({ ${own.join(', ')} })`);
  };
  const parts = () =>
    [
      task(),
      ...argumentTexts(
        pass,
        params,
        transfer === undefined ? undefined : (text) => `${transfer()}(${text}, ${pass.print(transferred as ts.Node)})`,
      ),
    ].join(', ');
  if (isAwaitedInAll(outer) || isDiscarded(outer)) {
    pass.replace(call, () => `${view()}.submit(${parts()})`);
    return;
  }
  const runInExecutor = pass.need(call, 'runInExecutor');
  pass.replace(call, () => `${runInExecutor()}(${view()}, ${parts()})`);
}

function argumentTexts(pass: Pass, params: ts.Expression | undefined, wrap: ((text: string) => string) | undefined): string[] {
  if (params === undefined) return [];
  const list = unwrap(params);
  if (list.kind === ts.SyntaxKind.NullKeyword || (ts.isIdentifier(list) && list.text === 'undefined')) return [];
  if (!ts.isArrayLiteralExpression(list)) return [`...${pass.print(params)}`];
  return list.elements.map((element, i) => (i === 0 && wrap !== undefined ? wrap(pass.print(element)) : pass.print(element)));
}

/** The task: a function as it is; for a name of the script, a reference. */
function taskOf(
  pass: Pass,
  site: ts.Node,
  method: ts.Expression,
  made: Construction | undefined,
  tasks: TaskReferences,
): (() => string) | undefined {
  const type = pass.checker.getTypeAtLocation(method);
  if (!(type.flags & ts.TypeFlags.StringLike)) return type.getCallSignatures().length > 0 ? () => pass.print(method) : undefined;
  const name = unwrap(method);
  if (!ts.isStringLiteralLike(name) || made?.script === undefined || !tasks.canRefer(site, made.script)) return undefined;
  const { script } = made;
  const task = tasks.refer(script, name.text, '(...args: any[]) => any');
  return () => task;
}

/** Translates `cancel()` of the variable that holds the call. Returns the name of its AbortController. */
function abortOf(pass: Pass, call: ts.CallExpression): string | undefined {
  const { parent } = withParentheses(call);
  if (!ts.isVariableDeclaration(parent) || !ts.isIdentifier(parent.name)) return undefined;
  const symbol = pass.analysis.symbolOf(parent.name);
  if (symbol === undefined) return undefined;
  const cancels = pass.analysis.referencesOf(symbol).flatMap((reference) => {
    const use = methodCallOn(reference);
    return use?.name === 'cancel' ? [use.call] : [];
  });
  const statement = ts.findAncestor(call, ts.isVariableStatement);
  if (cancels.length === 0 || statement === undefined) return undefined;
  const name = `${parent.name.text}Abort`;
  const file = call.getSourceFile();
  pass.rewriter.before(statement, () => `const ${name} = new AbortController()${terminator(file)}${lineEnd(file)}${indentOf(statement)}`);
  for (const cancel of cancels) pass.replace(cancel, () => `${name}.abort()`);
  return name;
}

/** Translates `pool.proxy()` to an object of functions that submit. */
function proxy(
  pass: Pass,
  call: ts.CallExpression,
  receiver: ts.Expression,
  constructions: readonly Construction[],
  tasks: TaskReferences,
): void {
  const owner = pass.analysis.ownerOf(receiver, 'facade');
  const script = constructionOf(pass, receiver, constructions)?.script;
  const source = script === undefined ? undefined : sourceOf(pass, script);
  const names = source === undefined ? undefined : registeredIn(pass, source);
  if (script === undefined || names === undefined || !tasks.canRefer(call, script)) {
    pass.markUntranslated(call, 'workerpool-script');
    pass.keep(owner);
    return;
  }
  if (pass.isKept(owner)) return;
  const isTyped = /\.[cm]?tsx?$/.test(call.getSourceFile().fileName);
  const refs = names.map((name) => [name, tasks.refer(script, name, '(...args: any[]) => any')] as const);
  pass.replace(call, () => {
    const own = printReceiver(pass, receiver);
    const members = refs.map(([name, ref]) => `${name}: (...args${isTyped ? ': any[]' : ''}) => ${own}.submit(${ref}, ...args)`);
    return `Promise.resolve({ ${members.join(', ')} })`;
  });
}

function constructionOf(pass: Pass, receiver: ts.Expression, constructions: readonly Construction[]): Construction | undefined {
  const node = unwrap(receiver);
  const symbol = pass.analysis.symbolOf(ts.isPropertyAccessExpression(node) ? node.name : node);
  const declaration = symbol?.valueDeclaration;
  const initializer =
    declaration !== undefined && (ts.isVariableDeclaration(declaration) || ts.isPropertyDeclaration(declaration))
      ? declaration.initializer
      : undefined;
  const own = constructions.find(({ node: made }) => made === (initializer === undefined ? undefined : unwrap(initializer)));
  return own ?? (constructions.length === 1 ? constructions[0] : undefined);
}

/** Translates `workerpool.Promise.CancellationError` and `TimeoutError`. */
function visitError(pass: Pass, node: ts.PropertyAccessExpression): void {
  const name = node.name.text;
  if (name !== 'CancellationError' && name !== 'TimeoutError') return;
  const owner = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression;
  if (!ts.isIdentifier(owner) || pass.importEditorOf(node).names.get(owner)?.library !== 'workerpool' || pass.isKept('facade')) return;
  const error = pass.need(node, name === 'TimeoutError' ? 'TimeoutError' : 'CancelledError');
  pass.replace(node, () => error());
}

/** Translates `cpus`, `isMainThread` and the errors of workerpool. */
function visitValue(pass: Pass, identifier: ts.Identifier, name: string, how: string): void {
  const { parent } = identifier;
  if (how === 'indirect' || ts.isImportSpecifier(parent) || ts.isBindingElement(parent) || pass.isKept('facade')) return;
  const whole = how === 'member' && ts.isPropertyAccessExpression(parent) ? parent : identifier;
  if (name === 'cpus') {
    const parallelism = pass.need(identifier, 'availableParallelism');
    pass.replace(whole, () => `${parallelism()}()`);
  } else if (name === 'isMainThread') {
    const isWorker = pass.need(identifier, 'isWorker');
    pass.replace(whole, () => `!${isWorker()}`);
  } else if (name === 'platform' || name === 'TerminateError') pass.markUntranslated(identifier, 'workerpool-member');
}

function visitType(pass: Pass, node: ts.TypeReferenceNode, constructions: readonly Construction[]): void {
  const name = ts.isQualifiedName(node.typeName) ? node.typeName.right : node.typeName;
  if (pass.importEditorOf(node).names.get(name)?.library !== 'workerpool' || pass.isKept('facade') || name.text === 'WorkerPoolOptions')
    return;
  if (pass.importEditorOf(node).names.get(name)?.name !== 'Pool') return;
  const isProcess = constructions.some(({ options }) => optionValue(options, 'workerType')?.getText().includes('process'));
  const executor = pass.need(node, isProcess ? 'ProcessPoolExecutor' : 'ThreadPoolExecutor');
  pass.replace(node, () => executor());
}
