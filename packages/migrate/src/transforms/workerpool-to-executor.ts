/**
 * From workerpool to an executor: threads, unless its `workerType` says processes.
 *
 * Decides that a function stays a function, a name becomes a reference into the script, and the script a module that exports what it
 * registered; that `timeout` of a call is its time limit, and `cancel` aborts a signal.
 */
import ts from 'typescript';
import { isAwaitedInAll, isDiscarded, methodCallOn, subject } from '../context.ts';
import { nameOfProperty, optionsText, propertyOf, readOptions, valueText, type WrittenOptions, writtenValue } from '../options.ts';
import { indentOf, lineEnd, terminator } from '../rewriter.ts';
import { type Attempt, bare, wrapped } from '../session.ts';
import { sourceOf, TaskFiles } from './task-files.ts';
import { registeredIn, workerFile } from './workerpool-files.ts';

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
  readonly options: WrittenOptions;
}

/** One attempt over all files. `isDraining`: its end lets what waits finish, since the API it goes on to has no other. */
export function workerpoolToExecutor(attempt: Attempt, isDraining: boolean): void {
  const tasks = new TaskFiles(attempt);
  const constructions = attempt.knowledge.files.flatMap((file) => constructionsIn(attempt, file));
  for (const file of attempt.knowledge.files) {
    workerFile(attempt, file);
    for (const [identifier, { library, name, how }] of attempt.bookOf(file).names)
      if (library === 'workerpool') visitValue(attempt, identifier, name, how);
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node)) visitCall(attempt, node, constructions, tasks, isDraining);
      else if (ts.isPropertyAccessExpression(node)) visitError(attempt, node);
      else if (ts.isTypeReferenceNode(node)) visitType(attempt, node, constructions);
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
}

function constructionsIn(attempt: Attempt, file: ts.SourceFile): Construction[] {
  const found: Construction[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isConstruction(attempt, node)) found.push(readConstruction(attempt, node));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** `workerpool.pool(…)`, whatever it is called here; not a function of the user's that returns one. */
function isConstruction(attempt: Attempt, call: ts.CallExpression): boolean {
  const kind = attempt.knowledge.kindOf(call);
  if (kind?.api !== 'workerpool' || kind.family !== 'facade') return false;
  const callee = ts.isPropertyAccessExpression(call.expression) ? call.expression.name : call.expression;
  return ts.isIdentifier(callee) && attempt.bookOf(call).names.get(callee)?.name === 'pool';
}

function readConstruction(attempt: Attempt, node: ts.CallExpression): Construction {
  const [first, second] = node.arguments;
  const isScript =
    first !== undefined && (second !== undefined || (attempt.checker.getTypeAtLocation(first).flags & ts.TypeFlags.StringLike) !== 0);
  return { node, script: isScript ? first : undefined, options: readOptions(attempt, isScript ? second : first) };
}

function visitCall(
  attempt: Attempt,
  call: ts.CallExpression,
  constructions: readonly Construction[],
  tasks: TaskFiles,
  isDraining: boolean,
): void {
  const made = constructions.find(({ node }) => node === call);
  if (made !== undefined) construct(attempt, made);
  const { expression } = call;
  if (!ts.isPropertyAccessExpression(expression)) return;
  const kind = attempt.knowledge.kindOf(expression.expression);
  if (kind?.api !== 'workerpool') return;
  const method = expression.name.text;
  if (kind.family === 'handle') {
    if ((method === 'cancel' || method === 'timeout') && !attempt.rewriter.has(call)) attempt.later(() => leavePending(attempt, call));
    else if (method === 'always') attempt.replace(expression.name, () => 'finally');
    return;
  }
  const owner = attempt.knowledge.ownerOf(expression.expression, 'facade');
  if (method === 'exec') exec(attempt, call, expression.expression, constructions, tasks);
  else if (method === 'proxy') proxy(attempt, call, expression.expression, constructions, tasks);
  else if (method === 'terminate') {
    if (attempt.isKept(owner)) return;
    const isForced = call.arguments[0]?.kind === ts.SyntaxKind.TrueKeyword;
    const end = isForced ? 'terminateWorkers()' : isDraining ? 'shutdown()' : 'shutdown({ cancelFutures: true })';
    attempt.replace(call, () => `${subject(attempt, expression.expression)}.${end}`);
  } else if (method === 'stats') {
    if (attempt.isKept(owner)) return;
    const { parent } = call;
    const name = ts.isPropertyAccessExpression(parent) ? STATS.get(parent.name.text) : undefined;
    if (name !== undefined) {
      attempt.replace(parent, () => `${subject(attempt, expression.expression)}.stats().${name}`);
      return;
    }
    const names = 'totalWorkers: workers, busyWorkers: busy, idleWorkers: idle, pendingTasks: queued, activeTasks: running';
    attempt.replace(
      call,
      () => `(({ workers, busy, idle, queued, running }) => ({ ${names} }))(${subject(attempt, expression.expression)}.stats())`,
    );
  } else {
    attempt.leave(call, 'workerpool-member');
    attempt.keep(owner);
  }
}

function leavePending(attempt: Attempt, call: ts.CallExpression): void {
  if (attempt.rewriter.has(call) || attempt.isKept('facade')) return;
  attempt.leave(call, 'workerpool-pending');
  attempt.keep('facade');
}

function construct(attempt: Attempt, { node, options }: Construction): void {
  const owner = attempt.knowledge.ownerOfProduct(node, 'facade');
  const type = writtenValue(options, 'workerType')?.getText().replace(/['"]/g, '');
  const nested = options.form === 'literal' ? nestedOptions(attempt, options) : [];
  const isKnown = [...options.names].every((name) => DROPPED.includes(name) || RENAMED.has(name) || NESTED.includes(name));
  if (
    options.form === 'opaque' ||
    !isKnown ||
    nested === undefined ||
    (type !== undefined && !['auto', 'thread', 'process'].includes(type))
  ) {
    attempt.leave(node, 'workerpool-option');
    attempt.keep(owner);
  }
  if (attempt.isKept(owner) || nested === undefined) return;
  const executor = attempt.need(node, type === 'process' ? 'ProcessPoolExecutor' : 'ThreadPoolExecutor');
  for (const [from, to] of RENAMED) {
    const found = propertyOf(options, from);
    if (found !== undefined && from !== to)
      attempt.replace(found.property, () => `${to}: ${found.value === found.property.name ? from : attempt.print(found.value)}`);
  }
  attempt.replace(
    node,
    () =>
      `new ${executor()}(${optionsText(attempt, options, { drop: new Set([...DROPPED, ...NESTED]), add: nested.map((each) => each()) }) ?? ''})`,
  );
}

/** What is in `forkOpts` or `workerThreadOpts`, one level up. */
function nestedOptions(attempt: Attempt, options: WrittenOptions): (() => string)[] | undefined {
  const texts: (() => string)[] = [];
  for (const name of NESTED) {
    const value = writtenValue(options, name);
    if (value === undefined) continue;
    if (!ts.isObjectLiteralExpression(value) || !value.properties.every((property) => OF_WORKERS.includes(nameOfProperty(property))))
      return undefined;
    for (const property of value.properties) texts.push(() => attempt.print(property));
  }
  return texts;
}

/** `pool.exec(method, params, options)`, with the `timeout` or `cancel` that follows. */
function exec(
  attempt: Attempt,
  call: ts.CallExpression,
  receiver: ts.Expression,
  constructions: readonly Construction[],
  tasks: TaskFiles,
): void {
  const [method, params] = call.arguments;
  const owner = attempt.knowledge.ownerOf(receiver, 'facade');
  const options = readOptions(attempt, call.arguments[2]);
  const made = constructionOf(attempt, receiver, constructions);
  const task = method === undefined ? undefined : taskOf(attempt, call, method, made, tasks);
  const isRead = options.form !== 'opaque' && [...options.names].every((name) => EXEC_OPTIONS.includes(name));
  const transferred = writtenValue(options, 'transfer');
  const list = params === undefined ? undefined : bare(params);
  const isMovable = transferred === undefined || (list !== undefined && ts.isArrayLiteralExpression(list) && list.elements.length > 0);
  if (task === undefined || !isRead || !isMovable) {
    attempt.leave(call, task === undefined ? 'workerpool-method' : 'workerpool-option');
    attempt.keep(owner);
    return;
  }
  if (attempt.isKept(owner)) return;
  const limit = methodCallOn(call);
  const timeout = limit?.name === 'timeout' ? limit.call.arguments[0] : undefined;
  if (limit?.name === 'timeout') attempt.replace(limit.call, () => attempt.print(call));
  const outer = limit?.name === 'timeout' ? limit.call : call;
  const abort = abortOf(attempt, outer);
  const add = () => [
    ...(valueText(attempt, options, 'on') === undefined ? [] : [`onReport: ${valueText(attempt, options, 'on')}`]),
    ...(timeout === undefined ? [] : [`taskTimeout: ${attempt.print(timeout)}`]),
    ...(abort === undefined ? [] : [`signal: ${abort}.signal`]),
  ];
  const transfer = transferred === undefined ? undefined : attempt.need(call, 'transfer');
  const view = () => {
    const own = add();
    return subject(attempt, receiver) + (own.length === 0 ? '' : `.withOptions({ ${own.join(', ')} })`);
  };
  const parts = () =>
    [
      task(),
      ...argumentTexts(
        attempt,
        params,
        transfer === undefined ? undefined : (text) => `${transfer()}(${text}, ${attempt.print(transferred as ts.Node)})`,
      ),
    ].join(', ');
  if (isAwaitedInAll(outer) || isDiscarded(outer)) {
    attempt.replace(call, () => `${view()}.submit(${parts()})`);
    return;
  }
  const runInExecutor = attempt.need(call, 'runInExecutor');
  attempt.replace(call, () => `${runInExecutor()}(${view()}, ${parts()})`);
}

function argumentTexts(attempt: Attempt, params: ts.Expression | undefined, wrap: ((text: string) => string) | undefined): string[] {
  if (params === undefined) return [];
  const list = bare(params);
  if (list.kind === ts.SyntaxKind.NullKeyword || (ts.isIdentifier(list) && list.text === 'undefined')) return [];
  if (!ts.isArrayLiteralExpression(list)) return [`...${attempt.print(params)}`];
  return list.elements.map((element, i) => (i === 0 && wrap !== undefined ? wrap(attempt.print(element)) : attempt.print(element)));
}

/** What is run: a function as it is, a name of the script as a reference. */
function taskOf(
  attempt: Attempt,
  site: ts.Node,
  method: ts.Expression,
  made: Construction | undefined,
  tasks: TaskFiles,
): (() => string) | undefined {
  const type = attempt.checker.getTypeAtLocation(method);
  if (!(type.flags & ts.TypeFlags.StringLike)) return type.getCallSignatures().length > 0 ? () => attempt.print(method) : undefined;
  const name = bare(method);
  if (!ts.isStringLiteralLike(name) || made?.script === undefined || !tasks.canRefer(site, made.script)) return undefined;
  const { script } = made;
  const task = tasks.refer(script, name.text, '(...args: any[]) => any');
  return () => task;
}

/** `cancel()` of a variable that holds the call: the name of the controller that aborts it. */
function abortOf(attempt: Attempt, call: ts.CallExpression): string | undefined {
  const { parent } = wrapped(call);
  if (!ts.isVariableDeclaration(parent) || !ts.isIdentifier(parent.name)) return undefined;
  const symbol = attempt.knowledge.symbolOf(parent.name);
  if (symbol === undefined) return undefined;
  const cancels = attempt.knowledge.referencesOf(symbol).flatMap((reference) => {
    const use = methodCallOn(reference);
    return use?.name === 'cancel' ? [use.call] : [];
  });
  const statement = ts.findAncestor(call, ts.isVariableStatement);
  if (cancels.length === 0 || statement === undefined) return undefined;
  const name = `${parent.name.text}Abort`;
  const file = call.getSourceFile();
  attempt.rewriter.before(
    statement,
    () => `const ${name} = new AbortController()${terminator(file)}${lineEnd(file)}${indentOf(statement)}`,
  );
  for (const cancel of cancels) attempt.replace(cancel, () => `${name}.abort()`);
  return name;
}

/** `pool.proxy()`: an object of functions that submit. */
function proxy(
  attempt: Attempt,
  call: ts.CallExpression,
  receiver: ts.Expression,
  constructions: readonly Construction[],
  tasks: TaskFiles,
): void {
  const owner = attempt.knowledge.ownerOf(receiver, 'facade');
  const script = constructionOf(attempt, receiver, constructions)?.script;
  const source = script === undefined ? undefined : sourceOf(attempt, script);
  const names = source === undefined ? undefined : registeredIn(attempt, source);
  if (script === undefined || names === undefined || !tasks.canRefer(call, script)) {
    attempt.leave(call, 'workerpool-script');
    attempt.keep(owner);
    return;
  }
  if (attempt.isKept(owner)) return;
  const isTyped = /\.[cm]?tsx?$/.test(call.getSourceFile().fileName);
  const refs = names.map((name) => [name, tasks.refer(script, name, '(...args: any[]) => any')] as const);
  attempt.replace(call, () => {
    const own = subject(attempt, receiver);
    const members = refs.map(([name, ref]) => `${name}: (...args${isTyped ? ': any[]' : ''}) => ${own}.submit(${ref}, ...args)`);
    return `Promise.resolve({ ${members.join(', ')} })`;
  });
}

function constructionOf(attempt: Attempt, receiver: ts.Expression, constructions: readonly Construction[]): Construction | undefined {
  const node = bare(receiver);
  const symbol = attempt.knowledge.symbolOf(ts.isPropertyAccessExpression(node) ? node.name : node);
  const declaration = symbol?.valueDeclaration;
  const initializer =
    declaration !== undefined && (ts.isVariableDeclaration(declaration) || ts.isPropertyDeclaration(declaration))
      ? declaration.initializer
      : undefined;
  const own = constructions.find(({ node: made }) => made === (initializer === undefined ? undefined : bare(initializer)));
  return own ?? (constructions.length === 1 ? constructions[0] : undefined);
}

/** `workerpool.Promise.CancellationError` and `TimeoutError`. */
function visitError(attempt: Attempt, node: ts.PropertyAccessExpression): void {
  const name = node.name.text;
  if (name !== 'CancellationError' && name !== 'TimeoutError') return;
  const owner = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression;
  if (!ts.isIdentifier(owner) || attempt.bookOf(node).names.get(owner)?.library !== 'workerpool' || attempt.isKept('facade')) return;
  const error = attempt.need(node, name === 'TimeoutError' ? 'TimeoutError' : 'CancelledError');
  attempt.replace(node, () => error());
}

/** `cpus`, `isMainThread`, and errors of workerpool's own. */
function visitValue(attempt: Attempt, identifier: ts.Identifier, name: string, how: string): void {
  const { parent } = identifier;
  if (how === 'indirect' || ts.isImportSpecifier(parent) || ts.isBindingElement(parent) || attempt.isKept('facade')) return;
  const whole = how === 'member' && ts.isPropertyAccessExpression(parent) ? parent : identifier;
  if (name === 'cpus') {
    const parallelism = attempt.need(identifier, 'availableParallelism');
    attempt.replace(whole, () => `${parallelism()}()`);
  } else if (name === 'isMainThread') {
    const isWorker = attempt.need(identifier, 'isWorker');
    attempt.replace(whole, () => `!${isWorker()}`);
  } else if (name === 'platform' || name === 'TerminateError') attempt.leave(identifier, 'workerpool-member');
}

function visitType(attempt: Attempt, node: ts.TypeReferenceNode, constructions: readonly Construction[]): void {
  const name = ts.isQualifiedName(node.typeName) ? node.typeName.right : node.typeName;
  if (attempt.bookOf(node).names.get(name)?.library !== 'workerpool' || attempt.isKept('facade') || name.text === 'WorkerPoolOptions')
    return;
  if (attempt.bookOf(node).names.get(name)?.name !== 'Pool') return;
  const isProcess = constructions.some(({ options }) => writtenValue(options, 'workerType')?.getText().includes('process'));
  const executor = attempt.need(node, isProcess ? 'ProcessPoolExecutor' : 'ThreadPoolExecutor');
  attempt.replace(node, () => executor());
}
