/**
 * Plans the translation of piscina and tinypool to executors.
 *
 *   filename, name         -> a `taskRef` to the export of the task file
 *   minThreads, maxThreads -> minWorkers, maxWorkers
 *   teardown (tinypool)    -> finalizer
 *   run(task, options)     -> submit(taskRef, task), options through `withOptions`
 *   destroy(), close()     -> terminateWorkers(), shutdown()
 *   move(), workerData     -> transfer(), context().workerData; outside of functions the workerData of twinpool/worker
 *   anything else          -> a problem, by name
 */
import ts from 'typescript';
import { libraryOf } from '../library-kind.ts';
import { unwrap } from '../outer-expressions.ts';
import { indentOf, lineEnd, terminator } from '../rewriter.ts';
import { exportsOf, findScript, type Script } from '../scripts/script.ts';
import { type LiteralChange, literalText, optionName, optionOf, readLiteral } from '../units/options-literal.ts';
import type { Construction, Unit } from '../units/unit.ts';
import { hasSpread, submissionText } from './calls.ts';
import { environmentProblem } from './environment.ts';
import type { ForeignContext } from './foreign-context.ts';

type Dialect = 'piscina' | 'tinypool';

/** Options that have no effect on the results of a program. */
const DROPPED: ReadonlySet<string> = new Set(['atomics', 'useAtomics', 'recordTiming', 'workerHistogram', 'trackUnmanagedFds']);
const KEPT: ReadonlySet<string> = new Set([
  'idleTimeout',
  'maxQueue',
  'concurrentTasksPerWorker',
  'resourceLimits',
  'argv',
  'execArgv',
  'env',
  'workerData',
]);
const OWN: ReadonlySet<string> = new Set(['filename', 'name', 'maxThreads']);

export function planPiscina(ctx: ForeignContext, unit: Unit, dialect: Dialect): void {
  for (const root of unit.group.roots) planConstruction(ctx, unit, root as ts.NewExpression, dialect);
  for (const access of unit.group.members) planMember(ctx, unit, access, dialect);
}

function planConstruction(ctx: ForeignContext, unit: Unit, node: ts.NewExpression, dialect: Dialect): void {
  const isDirect = /^(Piscina|Tinypool|default)$/.test(ctx.nameOf(node.expression, dialect)?.name ?? '');
  if (!isDirect) unit.problem(node, ...classProblem(ctx, node));
  else ctx.claim(node.expression);
  const options = readLiteral(ctx.analysis, node.arguments?.[0]);
  if (!options.isKnown) unit.problem(node, 'options-elsewhere');
  const drop = new Set(['filename', 'name', ...DROPPED]);
  const change = new Map<string, () => string>();
  const add: (() => string)[] = [];
  const filename = optionOf(options, 'filename');
  const script = filename === undefined ? undefined : scriptOf(ctx, unit, filename);
  let executor: Construction['executor'] = 'ThreadPoolExecutor';
  for (const property of options.literal?.properties ?? []) {
    const name = optionName(property);
    const value = optionOf(options, name);
    if (DROPPED.has(name)) continue;
    if (ts.isSpreadAssignment(property) || value === undefined) unit.problem(property, 'options-elsewhere');
    else if (name === 'runtime' && dialect === 'tinypool' && isText(value, ['worker_threads', 'child_process'])) {
      if (isText(value, ['child_process'])) executor = 'ProcessPoolExecutor';
      drop.add(name);
    } else if (name === 'isolateWorkers' && dialect === 'tinypool' && isBoolean(value)) {
      drop.add(name);
      if (value.kind === ts.SyntaxKind.TrueKeyword) add.push(() => 'maxTasksPerChild: 1');
    } else if (name === 'teardown' && dialect === 'tinypool' && script !== undefined && ts.isStringLiteralLike(value)) {
      drop.add(name);
      checkExport(ctx, unit, property, script, value.text);
      add.push(() => `finalizer: ${ctx.edits.refer(node, script, value.text, '() => unknown')}`);
    } else if (name === 'minThreads' && fitsMost(value, optionOf(options, 'maxThreads')))
      change.set(name, () => `minWorkers: ${ctx.print(value)}`);
    else if (name === 'maxThreads') change.set(name, () => `maxWorkers: ${ctx.print(value)}`);
    else if (name === 'maxQueue' && ts.isStringLiteralLike(value)) {
      const most = Number(optionOf(options, 'maxThreads')?.getText());
      if (Number.isInteger(most)) change.set(name, () => `maxQueue: ${most ** 2}`);
      else unit.problem(property, 'option', `maxQueue: 'auto'`);
    } else if (name === 'env') {
      const problem = environmentProblem(ctx.checker, value);
      if (problem === 'default') drop.add(name);
      else if (problem !== undefined) unit.problem(property, 'option', problem);
    } else if (!KEPT.has(name) && !OWN.has(name)) unit.problem(property, 'option', `${name} of ${unit.api}`);
  }
  const list = ts.isVariableDeclaration(node.parent) ? node.parent.parent : undefined;
  if (list !== undefined && (list.flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Using)
    unit.problem(node, 'member', `Symbol.dispose of ${dialect}`);
  unit.constructions.push({ node, options, script, defaultName: optionOf(options, 'name'), executor });
  unit.edit(() => construct(ctx, node, options, { drop, change, add: add.map((each) => each()) }, executor));
}

/** Whether `least` workers are certainly not more than the program allows: an executor refuses that. `most`: the option, if it is given. */
export function fitsMost(least: ts.Expression, most: ts.Expression | undefined): boolean {
  const few = unwrap(least);
  if (ts.isNumericLiteral(few) && Number(few.text) <= 1) return true;
  if (most === undefined) return false;
  const many = unwrap(most);
  return ts.isNumericLiteral(few) && ts.isNumericLiteral(many) ? Number(few.text) <= Number(many.text) : few.getText() === many.getText();
}

/** Why a class is not the one that the library exports: it is a subclass, or it comes from a place that is not followed. */
export function classProblem(ctx: ForeignContext, node: ts.NewExpression): [reason: string, detail: string] {
  const name = node.expression.getText();
  const { symbol } = ctx.checker.getTypeAtLocation(node);
  return [symbol !== undefined && libraryOf(symbol) !== undefined ? 'library-value' : 'subclass', name];
}

/** Replaces a constructor call, and the literal of its options where it is written. */
export function construct(
  ctx: ForeignContext,
  node: ts.NewExpression | ts.CallExpression,
  { argument, literal }: Construction['options'],
  change: LiteralChange,
  executor: Construction['executor'],
): void {
  const name = ctx.edits.need(node, executor);
  if (argument === undefined || literal === undefined) {
    ctx.edits.replace(node, () => `new ${name}(${change.add.length === 0 ? '' : `{ ${change.add.join(', ')} }`})`);
    return;
  }
  const text = () => literalText(literal, change, (each) => ctx.print(each));
  if (unwrap(argument) === literal) ctx.edits.replace(node, () => `new ${name}(${text()})`);
  else {
    ctx.edits.replace(literal, () => text() || '{}');
    ctx.edits.replace(node, () => `new ${name}(${ctx.print(argument)})`);
  }
}

/** The script of a path expression. Records a problem if it is not known. */
export function scriptOf(ctx: ForeignContext, unit: Unit, expression: ts.Expression, allowsCwd = true): Script | undefined {
  const found = findScript(ctx.analysis, expression, allowsCwd);
  if ('reason' in found) {
    unit.problem(expression, found.reason, found.detail);
    return undefined;
  }
  return found;
}

export function isText(node: ts.Expression, values: readonly string[]): boolean {
  return ts.isStringLiteralLike(node) && values.includes(node.text);
}

export function isBoolean(node: ts.Expression): boolean {
  return node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword;
}

function planMember(ctx: ForeignContext, unit: Unit, access: ts.PropertyAccessExpression, dialect: Dialect): void {
  const member = access.name.text;
  const call = ts.isCallExpression(access.parent) && access.parent.expression === access ? access.parent : undefined;
  if (call !== undefined && (member === 'run' || member === 'runTask')) planRun(ctx, unit, call, access);
  else if (call !== undefined && (member === 'destroy' || member === 'close') && !(dialect === 'tinypool' && member === 'close'))
    planEnd(ctx, unit, call, access);
  else if (call === undefined && member === 'queueSize')
    unit.edit(() => ctx.edits.replace(access, () => `${receiverText(ctx, access)}.stats().queued`));
  else unit.problem(access, 'member', `${member}${call === undefined ? '' : '()'} of ${unit.api}`);
}

export function receiverText(ctx: ForeignContext, access: ts.PropertyAccessExpression): string {
  return ctx.print(access.expression) + (access.questionDotToken === undefined ? '' : '?');
}

function planEnd(ctx: ForeignContext, unit: Unit, call: ts.CallExpression, access: ts.PropertyAccessExpression): void {
  const [argument] = call.arguments;
  const options = readLiteral(ctx.analysis, argument);
  const force = optionOf(options, 'force');
  const isForced = access.name.text === 'destroy' || force?.kind === ts.SyntaxKind.TrueKeyword;
  if (access.name.text === 'close' && (!options.isKnown || (force !== undefined && !isBoolean(force)))) {
    unit.problem(call, 'run-options', 'close()');
    return;
  }
  unit.edit(() => ctx.edits.replace(call, () => `${receiverText(ctx, access)}.${isForced ? 'terminateWorkers' : 'shutdown'}()`));
}

/** Plans `run(task, { name, filename, signal, transferList })` and the older `runTask(task)`. */
function planRun(ctx: ForeignContext, unit: Unit, call: ts.CallExpression, access: ts.PropertyAccessExpression): void {
  const [task, argument] = call.arguments;
  const options = readLiteral(ctx.analysis, argument);
  const names = options.literal?.properties.map(optionName) ?? [];
  const isWritten =
    argument === undefined || options.argument === undefined || (options.literal !== undefined && unwrap(argument) === options.literal);
  if (hasSpread(call) || !isWritten || call.arguments.length > 2 || names.includes('...')) {
    unit.problem(call, 'run-options', `${access.name.text}()`);
    return;
  }
  for (const name of names) if (!['name', 'filename', 'signal', 'transferList'].includes(name)) unit.problem(call, 'run-option', name);
  const filename = optionOf(options, 'filename');
  const script = filename !== undefined && !isNullish(filename) ? scriptOf(ctx, unit, filename) : unit.script;
  if (script === undefined) {
    const hasOwn = unit.constructions.some((each) => each.script !== undefined);
    if (unit.problems.length === 0) unit.problem(call, hasOwn ? 'several-scripts' : 'script-unknown', 'no filename');
    return;
  }
  if (filename !== undefined) unit.runs(script);
  const signal = optionOf(options, 'signal');
  if (signal !== undefined) unit.isAbortable = true;
  const list = optionOf(options, 'transferList');
  const given = optionOf(options, 'name');
  const own = given !== undefined && !isNullish(given) ? given : defaultNameOf(unit);
  if (own === 'several') {
    unit.problem(call, 'several-scripts', '');
    return;
  }
  const exportName = own === undefined ? 'default' : exportNameOf(ctx, own);
  if (exportName !== undefined) checkExport(ctx, unit, call, script, exportName);
  const [taskType, resultType] = typeArgumentsOf(unit);
  unit.edit(() => {
    const reference =
      exportName === undefined
        ? ctx.edits.referByName(call, script, nameText(ctx, own as ts.Expression))
        : ctx.edits.refer(call, script, exportName, `(task: ${taskType}) => ${resultType}`);
    const transfer = list === undefined ? undefined : ctx.edits.need(call, 'transfer');
    ctx.edits.replace(call, () => {
      const value = task === undefined ? 'undefined' : ctx.print(task);
      const text = transfer === undefined ? value : `${transfer}(${value}, ${ctx.print(list as ts.Expression)})`;
      const own =
        signal === undefined ? [] : [ts.isIdentifier(signal) && signal.text === 'signal' ? 'signal' : `signal: ${ctx.print(signal)}`];
      return submissionText(ctx, { call, receiver: access.expression, options: own, task: reference, args: [text] });
    });
  });
}

function isNullish(node: ts.Expression): boolean {
  return node.kind === ts.SyntaxKind.NullKeyword || (ts.isIdentifier(node) && node.text === 'undefined');
}

function defaultNameOf(unit: Unit): ts.Expression | undefined | 'several' {
  const names = unit.constructions.map(({ defaultName }) => defaultName);
  return new Set(names.map((name) => name?.getText())).size > 1 ? 'several' : names[0];
}

/** The export that a name refers to; `undefined` if it is known only when the program runs. */
function exportNameOf(ctx: ForeignContext, name: ts.Expression): string | undefined {
  const node = unwrap(name);
  if (ts.isStringLiteralLike(node)) return node.text;
  const type = ctx.checker.getTypeAtLocation(node);
  return type.isStringLiteral() && ts.isIdentifier(node) ? type.value : undefined;
}

/** The text of a name. piscina takes the default export if the name is missing. */
function nameText(ctx: ForeignContext, name: ts.Expression): string {
  const type = ctx.checker.getTypeAtLocation(name);
  const isText = (each: ts.Type): boolean => (each.isUnion() ? each.types.every(isText) : (each.flags & ts.TypeFlags.StringLike) !== 0);
  const text = ctx.print(name);
  return isText(type) ? text : `${ts.isIdentifier(name) || ts.isPropertyAccessExpression(name) ? text : `(${text})`} ?? 'default'`;
}

function typeArgumentsOf(unit: Unit): [string, string] {
  const [first] = unit.constructions;
  const [task, result] = first?.node.typeArguments ?? [];
  return [task?.getText() ?? 'any', result?.getText() ?? 'any'];
}

/** Checks that a script exports a function of the name. */
export function checkExport(ctx: ForeignContext, unit: Unit, at: ts.Node, { file, isOwn }: Script, name: string): void {
  const { names, isOpen, values } = exportsOf(file);
  if (!isOpen && !names.has(name)) {
    unit.problem(at, 'script-export', name);
    return;
  }
  const value = values.get(name);
  const inner = value === undefined ? undefined : unwrap(value);
  if (inner === undefined || !(ts.isCallExpression(inner) || ts.isNewExpression(inner) || ts.isAwaitExpression(inner))) return;
  // The library awaits an export that is a promise. A reference needs a function.
  const isFunction = isOwn && ctx.checker.getTypeAtLocation(inner).getCallSignatures().length > 0;
  if (!isFunction && !/^require\(/.test(inner.getText())) unit.problem(at, 'script-promise', name);
}

/** Plans the uses of the library in a file that runs in a worker, or next to it. */
export function planPiscinaNames(ctx: ForeignContext, file: ts.SourceFile, units: readonly Unit[], dialect: Dialect): void {
  for (const [identifier, { name, how }] of ctx.namesIn(file, dialect)) {
    if (isBinder(identifier)) continue;
    const { parent } = identifier;
    const whole: ts.Node = how === 'member' && (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent)) ? parent : identifier;
    const [unit] = units;
    const report = (reason: string, detail = '') => {
      ctx.claim(identifier);
      if (unit === undefined) ctx.problem(identifier, reason, detail);
      for (const each of units) each.problem(identifier, reason, detail);
    };
    if (name === 'isWorkerThread' || name === 'workerData' || name === 'move') {
      if (unit === undefined) report('script-of-unknown-pool', name);
      else if (name === 'isWorkerThread') {
        ctx.claim(identifier);
        unit.edit(() => {
          const isWorker = ctx.edits.need(file, 'isWorker');
          ctx.edits.replace(whole, () => isWorker);
        });
      } else if (name === 'workerData') {
        ctx.claim(identifier);
        const isInTask = ts.findAncestor(identifier, ts.isFunctionLike) !== undefined;
        unit.edit(() => {
          const text = isInTask
            ? `${ctx.edits.need(file, 'context')}().workerData`
            : ctx.edits.need(file, 'workerData', isOnlyOf(ctx, file, 'workerData', dialect));
          const typed = ctx.isTyped(file) ? `(${text} as any)` : text;
          ctx.edits.replace(whole, () => (ts.isShorthandPropertyAssignment(parent) ? `workerData: ${typed}` : typed));
        });
      } else if (ts.isCallExpression(whole.parent) && whole.parent.expression === whole && whole.parent.arguments.length === 1) {
        ctx.claim(identifier);
        planMove(ctx, unit, whole.parent);
      } else report('library-value', name);
    }
  }
}

/** Whether a file uses a name only for what it imports from the library. */
function isOnlyOf(ctx: ForeignContext, file: ts.SourceFile, name: string, dialect: Dialect): boolean {
  const own = new Set(ctx.namesIn(file, dialect).map(([identifier]) => identifier));
  return ctx.analysis.identifiersIn(file, name).every((each) => own.has(each) || isMemberName(each));
}

function isMemberName({ parent, text }: ts.Identifier): boolean {
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name.text === text) ||
    (ts.isPropertyAssignment(parent) && parent.name.getText() === text)
  );
}

/** The name in an import or in a pattern of `require`. */
export function isBinder(node: ts.Identifier): boolean {
  const { parent } = node;
  // const { Piscina } = require('piscina'), const Piscina = require('piscina').Piscina
  if (ts.isPropertyAccessExpression(parent) && parent.name === node && /^require\(/.test(parent.expression.getText()))
    return ts.isVariableDeclaration(parent.parent);
  if (ts.isVariableDeclaration(parent)) return parent.name === node;
  if (ts.isBindingElement(parent)) return parent.name === node || parent.propertyName === node;
  return ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent) || ts.isImportEqualsDeclaration(parent);
}

/** Plans `move(value)`, which transfers the buffer of a view, otherwise the value itself. */
function planMove(ctx: ForeignContext, unit: Unit, call: ts.CallExpression): void {
  const [value] = call.arguments as unknown as [ts.Expression];
  const inner = unwrap(value);
  if (ts.isIdentifier(inner)) {
    unit.edit(() => {
      const transfer = ctx.edits.need(call, 'transfer');
      ctx.edits.replace(call, () => `${transfer}(${ctx.print(value)}, [${bufferText(ctx, value, inner.text)}])`);
    });
    return;
  }
  const { parent } = call;
  const isReturned = ts.isReturnStatement(parent) && ts.isBlock(parent.parent);
  const isBody = ts.isArrowFunction(parent) && parent.body === call;
  if (!isReturned && !isBody) {
    const statement = ts.findAncestor(call, (each) => ts.isStatement(each) || ts.isFunctionLike(each));
    if (
      !ts.isNewExpression(inner) ||
      statement === undefined ||
      !ts.isStatement(statement) ||
      !(ts.isBlock(statement.parent) || ts.isSourceFile(statement.parent))
    ) {
      unit.problem(call, 'move-value');
      return;
    }
    unit.edit(() => {
      const transfer = ctx.edits.need(call, 'transfer');
      const name = ctx.edits.freeName(call, 'moved');
      const file = call.getSourceFile();
      ctx.edits.rewriter.before(
        statement,
        () => `const ${name} = ${ctx.print(value)}${terminator(file)}${lineEnd(file)}${indentOf(statement)}`,
      );
      ctx.edits.replace(call, () => `${transfer}(${name}, [${bufferText(ctx, value, name)}])`);
    });
    return;
  }
  unit.edit(() => {
    const transfer = ctx.edits.need(call, 'transfer');
    const made = () => `const moved = ${ctx.print(value)};`;
    const sent = `return ${transfer}(moved, [${bufferText(ctx, value, 'moved')}]);`;
    if (isBody) ctx.edits.replace(call, () => `{ ${made()} ${sent} }`);
    else ctx.edits.replace(parent, () => `${made()} ${sent}`);
  });
}

function bufferText(ctx: ForeignContext, value: ts.Expression, text: string): string {
  const type = ctx.checker.getTypeAtLocation(value);
  if (type.flags & ts.TypeFlags.Any) return `ArrayBuffer.isView(${text}) ? ${text}.buffer : ${text}`;
  return type.getProperty('buffer') === undefined ? text : `${text}.buffer`;
}
