/**
 * From piscina to an executor with threads.
 *
 * Decides that a file of tasks stays a module that exports, and is referred to by `taskRef`; that `run` is `submit`, with what it was given beside
 * the task as options of the call; and what of piscina's own has no counterpart: its owner stays on piscina then.
 */
import ts from 'typescript';
import { isAwaitedInAll, isDiscarded, subject } from '../context.ts';
import type { LibraryName } from '../name-book.ts';
import { optionsText, propertyOf, readOptions, valueText, type WrittenOptions, writtenValue } from '../options.ts';
import { type Attempt, bare } from '../session.ts';
import { sourceOf, TaskFiles } from './task-files.ts';

/** Options that only tune piscina. */
const TUNING: readonly string[] = [
  'minThreads',
  'atomics',
  'recordTiming',
  'stricterFIFO',
  'workerHistogram',
  'trackUnmanagedFds',
  'closeTimeout',
];
const KEPT: readonly string[] = ['idleTimeout', 'maxQueue', 'resourceLimits', 'argv', 'execArgv', 'env', 'workerData'];
const RUN_OPTIONS: readonly string[] = ['name', 'filename', 'signal', 'transferList'];

interface Construction {
  readonly node: ts.NewExpression;
  readonly options: WrittenOptions;
}

/** One attempt over all files. */
export function piscinaToExecutor(attempt: Attempt): void {
  const tasks = new TaskFiles(attempt);
  const constructions = attempt.knowledge.files.flatMap((file) => constructionsIn(attempt, file));
  for (const file of attempt.knowledge.files) {
    for (const [identifier, name] of attempt.bookOf(file).names) if (name.library === 'piscina') visitName(attempt, identifier, name);
    const visit = (node: ts.Node): void => {
      if (ts.isNewExpression(node)) visitNew(attempt, node);
      else if (ts.isPropertyAccessExpression(node)) visitMember(attempt, node, constructions, tasks);
      else if (ts.isElementAccessExpression(node)) leaveElement(attempt, node);
      else if (ts.isCallExpression(node)) visitMove(attempt, node);
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
}

function constructionsIn(attempt: Attempt, file: ts.SourceFile): Construction[] {
  const found: Construction[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && attempt.knowledge.kindOf(node)?.api === 'piscina')
      found.push({ node, options: readOptions(attempt, node.arguments?.[0]) });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function visitNew(attempt: Attempt, node: ts.NewExpression): void {
  const kind = attempt.knowledge.kindOf(node);
  if (kind?.api !== 'piscina') return;
  const owner = attempt.knowledge.ownerOfProduct(node, 'facade');
  const options = readOptions(attempt, node.arguments?.[0]);
  const unknown = [...options.names].some((name) => ![...TUNING, ...KEPT, 'filename', 'name', 'maxThreads'].includes(name));
  const list = ts.isVariableDeclaration(node.parent) ? node.parent.parent : undefined;
  const isSyncUsing = list !== undefined && (list.flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Using;
  if (options.form === 'opaque' || unknown || isSyncUsing || kind.isForeign) {
    attempt.leave(node, isSyncUsing ? 'piscina-member' : 'piscina-option');
    attempt.keep(owner);
  }
  if (attempt.isKept(owner)) return;
  const executor = attempt.need(node, 'ThreadPoolExecutor');
  attempt.replace(node, () => `new ${executor()}(${constructionText(attempt, options) ?? ''})`);
}

function constructionText(attempt: Attempt, options: WrittenOptions): string | undefined {
  const drop = new Set([...TUNING, 'filename', 'name']);
  const most = propertyOf(options, 'maxThreads');
  if (most !== undefined)
    attempt.replace(most.property, () => `maxWorkers: ${most.value === most.property.name ? 'maxThreads' : attempt.print(most.value)}`);
  const queue = propertyOf(options, 'maxQueue');
  if (queue !== undefined && /^['"]auto['"]$/.test(queue.value.getText())) {
    const threads = most === undefined ? undefined : Number(most.value.getText());
    if (threads === undefined || Number.isNaN(threads)) drop.add('maxQueue');
    else attempt.replace(queue.property, () => `maxQueue: ${threads ** 2}`);
  }
  return optionsText(attempt, options, { drop });
}

function visitMember(
  attempt: Attempt,
  access: ts.PropertyAccessExpression,
  constructions: readonly Construction[],
  tasks: TaskFiles,
): void {
  if (attempt.knowledge.kindOf(access.expression)?.api !== 'piscina') return;
  const owner = attempt.knowledge.ownerOf(access.expression, 'facade');
  const call = ts.isCallExpression(access.parent) && access.parent.expression === access ? access.parent : undefined;
  const member = access.name.text;
  if (call !== undefined && member === 'run') run(attempt, call, access, constructions, tasks);
  else if (call !== undefined && (member === 'destroy' || member === 'close')) {
    if (!attempt.isKept(owner)) end(attempt, call, access.expression, member);
  } else if (call === undefined && (member === 'completed' || member === 'queueSize')) {
    if (!attempt.isKept(owner))
      attempt.replace(access, () => `${subject(attempt, access.expression)}.stats().${member === 'completed' ? 'completed' : 'queued'}`);
  } else {
    attempt.leave(access, 'piscina-member');
    attempt.keep(owner);
  }
}

function leaveElement(attempt: Attempt, node: ts.ElementAccessExpression): void {
  if (attempt.knowledge.kindOf(node.expression)?.api !== 'piscina') return;
  attempt.leave(node, 'member-as-value');
  attempt.keep(attempt.knowledge.ownerOf(node.expression, 'facade'));
}

function end(attempt: Attempt, call: ts.CallExpression, receiver: ts.Expression, member: 'destroy' | 'close'): void {
  const options = readOptions(attempt, call.arguments[0]);
  const isForced = member === 'destroy' || writtenValue(options, 'force')?.kind === ts.SyntaxKind.TrueKeyword;
  attempt.replace(call, () => `${subject(attempt, receiver)}.${isForced ? 'terminateWorkers' : 'shutdown'}()`);
}

/** `piscina.run(task, { name, filename, signal, transferList })`. */
function run(
  attempt: Attempt,
  call: ts.CallExpression,
  access: ts.PropertyAccessExpression,
  constructions: readonly Construction[],
  tasks: TaskFiles,
): void {
  const receiver = access.expression;
  const owner = attempt.knowledge.ownerOf(receiver, 'facade');
  const options = readOptions(attempt, call.arguments[1]);
  const made = constructionOf(attempt, receiver, constructions);
  const file = (writtenValue(options, 'filename') ?? (made === undefined ? undefined : writtenValue(made.options, 'filename'))) as
    | ts.Expression
    | undefined;
  const name = exportNameOf(writtenValue(options, 'name') ?? (made === undefined ? undefined : writtenValue(made.options, 'name')));
  const isRead = options.form !== 'opaque' && [...options.names].every((each) => RUN_OPTIONS.includes(each));
  const reason = !isRead
    ? 'piscina-run-options'
    : file === undefined || name === undefined || !tasks.canRefer(call, file) || isLoaded(attempt, file)
      ? 'piscina-file'
      : undefined;
  if (reason !== undefined) {
    attempt.leave(call, reason);
    attempt.keep(owner);
    return;
  }
  if (attempt.isKept(owner) || file === undefined || name === undefined) return;
  const task = tasks.refer(file, name, taskType(made));
  const list = valueText(attempt, options, 'transferList');
  const transfer = list === undefined ? undefined : attempt.need(call, 'transfer');
  const own = () => optionsText(attempt, options, { drop: new Set(['name', 'filename', 'transferList']) });
  const argument = () => {
    const text = call.arguments[0] === undefined ? 'undefined' : attempt.print(call.arguments[0]);
    return transfer === undefined ? text : `${transfer()}(${text}, ${list})`;
  };
  const view = () => {
    const text = own();
    return subject(attempt, receiver) + (text === undefined ? '' : `.withOptions(${text})`);
  };
  if (isAwaitedInAll(call) || isDiscarded(call)) {
    attempt.replace(call, () => `${view()}.submit(${task}, ${argument()})`);
    return;
  }
  const runInExecutor = attempt.need(call, 'runInExecutor');
  attempt.replace(call, () => `${runInExecutor()}(${view()}, ${task}, ${argument()})`);
}

/** Where a pool was made: at its declaration, or in the one place where any is made. */
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

/** A file whose export is made by a call: piscina awaits it, and it is no function that could be referred to. */
function isLoaded(attempt: Attempt, file: ts.Expression): boolean {
  const source = sourceOf(attempt, file);
  return (
    source?.statements.some((statement) => {
      if (ts.isExportAssignment(statement)) return ts.isCallExpression(bare(statement.expression));
      return ts.isExpressionStatement(statement) && /^module\.exports\s*=\s*(await\s+)?[\w$.]+\(/.test(statement.getText());
    }) ?? false
  );
}

function exportNameOf(name: ts.Node | undefined): string | undefined {
  if (name === undefined) return 'default';
  return ts.isStringLiteralLike(name) ? name.text : undefined;
}

/** By the type arguments of `new Piscina<Task, Result>(…)`. */
function taskType(made: Construction | undefined): string {
  const [task, result] = made?.node.typeArguments ?? [];
  return `(task: ${task?.getText() ?? 'any'}) => ${result?.getText() ?? 'any'}`;
}

/** `move(value)`, also as `Piscina.move(value)`. */
function visitMove(attempt: Attempt, call: ts.CallExpression): void {
  const callee = ts.isPropertyAccessExpression(call.expression) ? call.expression.name : call.expression;
  if (!ts.isIdentifier(callee)) return;
  const name = attempt.bookOf(call).names.get(callee);
  const [value] = call.arguments;
  if (name?.library !== 'piscina' || name.name !== 'move' || value === undefined) return;
  const transfer = attempt.need(call, 'transfer');
  if (name.how === 'binding') attempt.bookOf(call).drop(callee);
  attempt.replace(call, () => {
    const text = attempt.print(value);
    if (ts.isIdentifier(bare(value))) return `${transfer()}(${text}, [${bufferText(attempt, value, text)}])`;
    return `((value) => ${transfer()}(value, [${bufferText(attempt, value, 'value')}]))(${text})`;
  });
}

/** What is moved: the buffer behind a view, anything else itself. */
function bufferText(attempt: Attempt, value: ts.Expression, text: string): string {
  const type = attempt.checker.getTypeAtLocation(value);
  if (type.flags & ts.TypeFlags.Any) return `ArrayBuffer.isView(${text}) ? ${text}.buffer : ${text}`;
  return type.getProperty('buffer') === undefined ? text : `${text}.buffer`;
}

function visitName(attempt: Attempt, identifier: ts.Identifier, { name, how }: LibraryName): void {
  if (
    how === 'indirect' ||
    ts.isImportSpecifier(identifier.parent) ||
    ts.isImportClause(identifier.parent) ||
    ts.isBindingElement(identifier.parent)
  )
    return;
  const { parent } = identifier;
  const whole: ts.Node = how === 'member' && (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent)) ? parent : identifier;
  if (name === 'isWorkerThread') {
    const isWorker = attempt.need(identifier, 'isWorker');
    attempt.replace(whole, () => isWorker());
  } else if (name === 'workerData') {
    if (ts.findAncestor(identifier, ts.isFunctionLike) === undefined) {
      attempt.leave(identifier, 'worker-file');
      return;
    }
    const context = attempt.need(identifier, 'context');
    const isTyped = /\.[cm]?tsx?$/.test(identifier.getSourceFile().fileName);
    attempt.replace(whole, () => (isTyped ? `(${context()}().workerData as any)` : `${context()}().workerData`));
  } else if (name === 'Piscina' && ts.findAncestor(identifier, ts.isTypeReferenceNode) !== undefined && !attempt.isKept('facade')) {
    const reference = ts.findAncestor(identifier, ts.isTypeReferenceNode) as ts.TypeReferenceNode;
    if (reference.typeName !== whole) return;
    const executor = attempt.need(identifier, 'ThreadPoolExecutor');
    attempt.replace(reference, () => executor());
  }
}
