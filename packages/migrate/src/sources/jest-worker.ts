/**
 * Plans the translation of jest-worker to executors: with threads if `enableWorkerThreads` is true, otherwise with processes.
 *
 *   new Worker(file, options)   -> new ProcessPoolExecutor(options)
 *   worker.method(…)            -> submit(taskRef to the export, …)
 *   setup(), setupArgs          -> initializer, initargs
 *   teardown()                  -> finalizer
 *   getStdout(), getStderr()    -> stdio: 'pipe', stdout, stderr
 *   maxRetries                  -> onWorkerLoss: 'retry', retries
 *   end()                       -> terminateWorkers()
 *   anything else               -> a problem, by name
 */
import ts from 'typescript';
import { unwrap } from '../outer-expressions.ts';
import { quoteOf } from '../rewriter.ts';
import { exportsOf, type Script } from '../scripts/script.ts';
import { optionName, optionOf, readLiteral } from '../units/options-literal.ts';
import type { Construction, Unit } from '../units/unit.ts';
import { hasSpread, isResultUsed, submissionText } from './calls.ts';
import { environmentProblem } from './environment.ts';
import type { ForeignContext } from './foreign-context.ts';
import { checkExport, classProblem, construct, isBoolean, receiverText, scriptOf } from './piscina.ts';

/** The number of times that jest-worker starts a task again whose worker died. */
const DEFAULT_RETRIES = 3;
const STREAMS: ReadonlyMap<string, string> = new Map([
  ['getStdout', 'stdout'],
  ['getStderr', 'stderr'],
]);

export function planJestWorker(ctx: ForeignContext, unit: Unit): void {
  for (const root of unit.group.roots) planConstruction(ctx, unit, root as ts.NewExpression);
  for (const access of unit.group.members) planMember(ctx, unit, access);
}

function planConstruction(ctx: ForeignContext, unit: Unit, node: ts.NewExpression): void {
  const isDirect = ['Worker', 'JestWorker', 'default'].includes(ctx.nameOf(node.expression, 'jest-worker')?.name ?? '');
  if (!isDirect) unit.problem(node, ...classProblem(ctx, node));
  else ctx.claim(node.expression);
  const [file, argument] = node.arguments ?? [];
  const script = file === undefined ? undefined : scriptOf(ctx, unit, file, false);
  const options = readLiteral(ctx.analysis, argument);
  if (!options.isKnown || file === undefined) unit.problem(node, 'options-elsewhere');
  const drop = new Set<string>();
  const change = new Map<string, () => string>();
  const add: (() => string)[] = [];
  const quote = quoteOf(node.getSourceFile());
  const threads = optionOf(options, 'enableWorkerThreads');
  const isThread = threads?.kind === ts.SyntaxKind.TrueKeyword;
  let retries: string | undefined = `${DEFAULT_RETRIES}`;
  for (const property of options.literal?.properties ?? []) {
    const name = optionName(property);
    const value = optionOf(options, name);
    if (value === undefined) unit.problem(property, name === '...' ? 'options-elsewhere' : 'option', `${name} of ${unit.api}`);
    else if (name === 'enableWorkerThreads') {
      if (!isBoolean(value)) unit.problem(property, 'option', `enableWorkerThreads: ${value.getText()}`);
      drop.add(name);
    } else if (name === 'numWorkers') change.set(name, () => `maxWorkers: ${ctx.print(value)}`);
    else if (name === 'exposedMethods') drop.add(name);
    else if (name === 'resourceLimits') {
      if (!isThread) drop.add(name);
    } else if (name === 'setupArgs') change.set(name, () => `initargs: ${ctx.print(value)}`);
    else if (name === 'maxRetries') {
      drop.add(name);
      if (!ts.isNumericLiteral(value)) unit.problem(property, 'option', `maxRetries: ${value.getText()}`);
      retries = value.getText() === '0' ? undefined : value.getText();
    } else if (name === 'forkOptions') {
      drop.add(name);
      if (!isThread) planForkOptions(ctx, unit, property, value, add);
    } else unit.problem(property, 'option', `${name} of ${unit.api}`);
  }
  const exported = script === undefined ? undefined : exportsOf(script.file);
  const hasSetup = exported?.names.has('setup') === true;
  if (script !== undefined && exported?.isOpen === true && mentionsHook(ctx, script, exported.names))
    unit.problem(file ?? node, 'script-functions', script.path.slice(script.path.lastIndexOf('/') + 1));
  if (!hasSetup && optionOf(options, 'setupArgs') !== undefined) drop.add('setupArgs');
  if (hasSetup && script !== undefined) add.push(() => `initializer: ${ctx.edits.refer(node, script, 'setup', '(...args: any[]) => any')}`);
  if (exported?.names.has('teardown') === true && script !== undefined)
    add.push(() => `finalizer: ${ctx.edits.refer(node, script, 'teardown', '(...args: any[]) => any')}`);
  if (retries !== undefined)
    add.push(
      () => `onWorkerLoss: ${quote}retry${quote}`,
      () => `retries: ${retries}`,
    );
  // jest-worker keeps the output of its workers to itself. Threads of an executor write to the streams of the program.
  if (unit.group.members.some(({ name }) => STREAMS.has(name.text))) add.push(() => `stdio: ${quote}pipe${quote}`);
  else if (!isThread) add.push(() => `stdio: ${quote}ignore${quote}`);
  else if (script !== undefined && writesOutput(ctx, script))
    unit.problem(file ?? node, 'member', 'the hidden output of threads of jest-worker');
  if (script !== undefined && /\bJEST_WORKER_ID\b/.test(script.file.text))
    unit.problem(file ?? node, 'member', 'JEST_WORKER_ID of jest-worker');
  const executor: Construction['executor'] = isThread ? 'ThreadPoolExecutor' : 'ProcessPoolExecutor';
  unit.constructions.push({ node, options, script, defaultName: undefined, executor });
  unit.edit(() => construct(ctx, node, options, { drop, change, add: add.map((each) => each()) }, executor));
}

/** Whether the script, or a file that it imports, prints something. */
function writesOutput(ctx: ForeignContext, script: Script): boolean {
  return matches(ctx, script, /\bconsole\.|\bprocess\.std(out|err)\b/);
}

/** Whether `setup` or `teardown` may be an export that the text of the script does not tell. */
function mentionsHook(ctx: ForeignContext, script: Script, names: ReadonlySet<string>): boolean {
  return ['setup', 'teardown'].some((name) => !names.has(name) && matches(ctx, script, new RegExp(`\\b${name}\\b`)));
}

function matches(ctx: ForeignContext, { file, isOwn }: Script, pattern: RegExp): boolean {
  const files = isOwn ? [...ctx.links.importedBy(file)] : [file];
  return files.some(({ text }) => pattern.test(text));
}

function planForkOptions(ctx: ForeignContext, unit: Unit, property: ts.Node, value: ts.Expression, add: (() => string)[]): void {
  const literal = unwrap(value);
  if (!ts.isObjectLiteralExpression(literal)) {
    unit.problem(property, 'options-elsewhere');
    return;
  }
  for (const each of literal.properties) {
    const name = optionName(each);
    const inner = ts.isPropertyAssignment(each) ? each.initializer : ts.isShorthandPropertyAssignment(each) ? each.name : undefined;
    const problem = name === 'env' && inner !== undefined ? environmentProblem(ctx.checker, inner) : undefined;
    if (inner === undefined || !['env', 'execArgv'].includes(name)) unit.problem(each, 'option', `forkOptions.${name}`);
    else if (problem === undefined) add.push(() => ctx.print(each));
    else if (problem !== 'default') unit.problem(each, 'option', `forkOptions.${problem}`);
  }
}

function planMember(ctx: ForeignContext, unit: Unit, access: ts.PropertyAccessExpression): void {
  const member = access.name.text;
  const call = ts.isCallExpression(access.parent) && access.parent.expression === access ? access.parent : undefined;
  const stream = STREAMS.get(member);
  if (call !== undefined && stream !== undefined) {
    unit.edit(() => ctx.edits.replace(call, () => `${receiverText(ctx, access)}.${stream}`));
    return;
  }
  if (call === undefined || member === 'start') {
    unit.problem(access, 'member', `${call === undefined ? member : `${member}()`} of ${unit.api}`);
    return;
  }
  if (member === 'end') {
    if (isResultUsed(call)) unit.problem(call, 'result-used', 'end()');
    unit.edit(() => ctx.edits.replace(call, () => `${receiverText(ctx, access)}.terminateWorkers()`));
    return;
  }
  const { script } = unit;
  if (script === undefined || hasSpread(call)) {
    if (unit.problems.length === 0) unit.problem(call, script === undefined ? 'several-scripts' : 'run-options', `${member}()`);
    return;
  }
  checkExport(ctx, unit, call, script, member);
  unit.edit(() => {
    const task = ctx.edits.refer(call, script, member, '(...args: any[]) => any');
    ctx.edits.replace(call, () =>
      submissionText(ctx, { call, receiver: access.expression, options: [], task, args: call.arguments.map((each) => ctx.print(each)) }),
    );
  });
}
