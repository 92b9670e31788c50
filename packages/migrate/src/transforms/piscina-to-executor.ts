/**
 * Translates piscina to an executor with threads: one pass over all files.
 *
 *   filename, name         -> a `taskRef` to the export of the task file
 *   run(task, options)     -> submit(taskRef, task), options through `withOptions`
 *   destroy(), close()     -> terminateWorkers(), shutdown()
 *   anything else          -> marked; the owner stays on piscina
 */
import ts from 'typescript';
import { isAwaitedInAll, isDiscarded, printReceiver } from '../expression-context.ts';
import type { LibraryName } from '../import-editor.ts';
import { type OptionsArgument, optionsText, optionValue, propertyOf, readOptions, valueText } from '../options-argument.ts';
import { unwrap } from '../outer-expressions.ts';
import type { Pass } from '../pass.ts';
import { sourceOf, TaskReferences } from './task-references.ts';

/** Options that only tune piscina. They are removed. */
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
  readonly options: OptionsArgument;
}

/** Runs one pass over all files. */
export function piscinaToExecutor(pass: Pass): void {
  const tasks = new TaskReferences(pass);
  const constructions = pass.analysis.files.flatMap((file) => constructionsIn(pass, file));
  for (const file of pass.analysis.files) {
    for (const [identifier, name] of pass.importEditorOf(file).names) if (name.library === 'piscina') visitName(pass, identifier, name);
    const visit = (node: ts.Node): void => {
      if (ts.isNewExpression(node)) visitNew(pass, node);
      else if (ts.isPropertyAccessExpression(node)) visitMember(pass, node, constructions, tasks);
      else if (ts.isElementAccessExpression(node)) markElement(pass, node);
      else if (ts.isCallExpression(node)) visitMove(pass, node);
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
}

function constructionsIn(pass: Pass, file: ts.SourceFile): Construction[] {
  const found: Construction[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && pass.analysis.kindOf(node)?.api === 'piscina')
      found.push({ node, options: readOptions(pass, node.arguments?.[0]) });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function visitNew(pass: Pass, node: ts.NewExpression): void {
  const kind = pass.analysis.kindOf(node);
  if (kind?.api !== 'piscina') return;
  const owner = pass.analysis.ownerOfProduct(node, 'facade');
  const options = readOptions(pass, node.arguments?.[0]);
  const unknown = [...options.names].some((name) => ![...TUNING, ...KEPT, 'filename', 'name', 'maxThreads'].includes(name));
  const list = ts.isVariableDeclaration(node.parent) ? node.parent.parent : undefined;
  const isSyncUsing = list !== undefined && (list.flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Using;
  if (options.form === 'opaque' || unknown || isSyncUsing || kind.hasOverrides) {
    pass.markUntranslated(node, isSyncUsing ? 'piscina-member' : 'piscina-option');
    pass.keep(owner);
  }
  if (pass.isKept(owner)) return;
  const executor = pass.need(node, 'ThreadPoolExecutor');
  pass.replace(node, () => `new ${executor()}(${constructionText(pass, options) ?? ''})`);
}

function constructionText(pass: Pass, options: OptionsArgument): string | undefined {
  const drop = new Set([...TUNING, 'filename', 'name']);
  const most = propertyOf(options, 'maxThreads');
  if (most !== undefined)
    pass.replace(most.property, () => `maxWorkers: ${most.value === most.property.name ? 'maxThreads' : pass.print(most.value)}`);
  const queue = propertyOf(options, 'maxQueue');
  if (queue !== undefined && /^['"]auto['"]$/.test(queue.value.getText())) {
    const threads = most === undefined ? undefined : Number(most.value.getText());
    if (threads === undefined || Number.isNaN(threads)) drop.add('maxQueue');
    else pass.replace(queue.property, () => `maxQueue: ${threads ** 2}`);
  }
  return optionsText(pass, options, { drop });
}

function visitMember(pass: Pass, access: ts.PropertyAccessExpression, constructions: readonly Construction[], tasks: TaskReferences): void {
  if (pass.analysis.kindOf(access.expression)?.api !== 'piscina') return;
  const owner = pass.analysis.ownerOf(access.expression, 'facade');
  const call = ts.isCallExpression(access.parent) && access.parent.expression === access ? access.parent : undefined;
  const member = access.name.text;
  if (call !== undefined && member === 'run') run(pass, call, access, constructions, tasks);
  else if (call !== undefined && (member === 'destroy' || member === 'close')) {
    if (!pass.isKept(owner)) end(pass, call, access.expression, member);
  } else if (call === undefined && (member === 'completed' || member === 'queueSize')) {
    if (!pass.isKept(owner))
      pass.replace(access, () => `${printReceiver(pass, access.expression)}.stats().${member === 'completed' ? 'completed' : 'queued'}`);
  } else {
    pass.markUntranslated(access, 'piscina-member');
    pass.keep(owner);
  }
}

function markElement(pass: Pass, node: ts.ElementAccessExpression): void {
  if (pass.analysis.kindOf(node.expression)?.api !== 'piscina') return;
  pass.markUntranslated(node, 'member-as-value');
  pass.keep(pass.analysis.ownerOf(node.expression, 'facade'));
}

function end(pass: Pass, call: ts.CallExpression, receiver: ts.Expression, member: 'destroy' | 'close'): void {
  const options = readOptions(pass, call.arguments[0]);
  const isForced = member === 'destroy' || optionValue(options, 'force')?.kind === ts.SyntaxKind.TrueKeyword;
  pass.replace(call, () => `${printReceiver(pass, receiver)}.${isForced ? 'terminateWorkers' : 'shutdown'}()`);
}

/** Translates `piscina.run(task, { name, filename, signal, transferList })`. */
function run(
  pass: Pass,
  call: ts.CallExpression,
  access: ts.PropertyAccessExpression,
  constructions: readonly Construction[],
  tasks: TaskReferences,
): void {
  const receiver = access.expression;
  const owner = pass.analysis.ownerOf(receiver, 'facade');
  const options = readOptions(pass, call.arguments[1]);
  const made = constructionOf(pass, receiver, constructions);
  const file = (optionValue(options, 'filename') ?? (made === undefined ? undefined : optionValue(made.options, 'filename'))) as
    | ts.Expression
    | undefined;
  const name = exportNameOf(optionValue(options, 'name') ?? (made === undefined ? undefined : optionValue(made.options, 'name')));
  const isRead = options.form !== 'opaque' && [...options.names].every((each) => RUN_OPTIONS.includes(each));
  const reason = !isRead
    ? 'piscina-run-options'
    : file === undefined || name === undefined || !tasks.canRefer(call, file) || isExportedPromise(pass, file)
      ? 'piscina-file'
      : undefined;
  if (reason !== undefined) {
    pass.markUntranslated(call, reason);
    pass.keep(owner);
    return;
  }
  if (pass.isKept(owner) || file === undefined || name === undefined) return;
  const task = tasks.refer(file, name, taskType(made));
  const list = valueText(pass, options, 'transferList');
  const transfer = list === undefined ? undefined : pass.need(call, 'transfer');
  const own = () => optionsText(pass, options, { drop: new Set(['name', 'filename', 'transferList']) });
  const argument = () => {
    const text = call.arguments[0] === undefined ? 'undefined' : pass.print(call.arguments[0]);
    return transfer === undefined ? text : `${transfer()}(${text}, ${list})`;
  };
  const view = () => {
    const text = own();
    return printReceiver(pass, receiver) + (text === undefined ? '' : `.withOptions(${text})`);
  };
  if (isAwaitedInAll(call) || isDiscarded(call)) {
    pass.replace(call, () => `${view()}.submit(${task}, ${argument()})`);
    return;
  }
  const runInExecutor = pass.need(call, 'runInExecutor');
  pass.replace(call, () => `${runInExecutor()}(${view()}, ${task}, ${argument()})`);
}

/** The constructor call of a pool: the initializer of its declaration, or the only constructor call of the program. */
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

/** Whether the export of a task file is the result of a call. piscina awaits such a promise; `taskRef` needs a function. */
function isExportedPromise(pass: Pass, file: ts.Expression): boolean {
  const source = sourceOf(pass, file);
  return (
    source?.statements.some((statement) => {
      if (ts.isExportAssignment(statement)) return ts.isCallExpression(unwrap(statement.expression));
      return ts.isExpressionStatement(statement) && /^module\.exports\s*=\s*(await\s+)?[\w$.]+\(/.test(statement.getText());
    }) ?? false
  );
}

function exportNameOf(name: ts.Node | undefined): string | undefined {
  if (name === undefined) return 'default';
  return ts.isStringLiteralLike(name) ? name.text : undefined;
}

/** The function type from the type arguments of `new Piscina<Task, Result>(…)`. */
function taskType(made: Construction | undefined): string {
  const [task, result] = made?.node.typeArguments ?? [];
  return `(task: ${task?.getText() ?? 'any'}) => ${result?.getText() ?? 'any'}`;
}

/** Translates `move(value)` and `Piscina.move(value)`. */
function visitMove(pass: Pass, call: ts.CallExpression): void {
  const callee = ts.isPropertyAccessExpression(call.expression) ? call.expression.name : call.expression;
  if (!ts.isIdentifier(callee)) return;
  const name = pass.importEditorOf(call).names.get(callee);
  const [value] = call.arguments;
  if (name?.library !== 'piscina' || name.name !== 'move' || value === undefined) return;
  const transfer = pass.need(call, 'transfer');
  if (name.how === 'binding') pass.importEditorOf(call).drop(callee);
  pass.replace(call, () => {
    const text = pass.print(value);
    if (ts.isIdentifier(unwrap(value))) return `${transfer()}(${text}, [${bufferText(pass, value, text)}])`;
    return `((value) => ${transfer()}(value, [${bufferText(pass, value, 'value')}]))(${text})`;
  });
}

/** The object to transfer: the buffer of a view, otherwise the value itself. */
function bufferText(pass: Pass, value: ts.Expression, text: string): string {
  const type = pass.checker.getTypeAtLocation(value);
  if (type.flags & ts.TypeFlags.Any) return `ArrayBuffer.isView(${text}) ? ${text}.buffer : ${text}`;
  return type.getProperty('buffer') === undefined ? text : `${text}.buffer`;
}

function visitName(pass: Pass, identifier: ts.Identifier, { name, how }: LibraryName): void {
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
    const isWorker = pass.need(identifier, 'isWorker');
    pass.replace(whole, () => isWorker());
  } else if (name === 'workerData') {
    if (ts.findAncestor(identifier, ts.isFunctionLike) === undefined) {
      pass.markUntranslated(identifier, 'worker-file');
      return;
    }
    const context = pass.need(identifier, 'context');
    const isTyped = /\.[cm]?tsx?$/.test(identifier.getSourceFile().fileName);
    pass.replace(whole, () => (isTyped ? `(${context()}().workerData as any)` : `${context()}().workerData`));
  } else if (name === 'Piscina' && ts.findAncestor(identifier, ts.isTypeReferenceNode) !== undefined && !pass.isKept('facade')) {
    const reference = ts.findAncestor(identifier, ts.isTypeReferenceNode) as ts.TypeReferenceNode;
    if (reference.typeName !== whole) return;
    const executor = pass.need(identifier, 'ThreadPoolExecutor');
    pass.replace(reference, () => executor());
  }
}
