/**
 * Translates the maps of a pool to `map` of an executor, or to futures.
 *
 *   map, starmap, mapAsync, starmapAsync, imap  -> executor.map
 *   imapUnordered in a loop over a list         -> asCompleted over futures
 *   starmap over rows of unknown width          -> one future per row
 *
 * Invariants: all tasks run after a failure (`onError: 'continue'`), except with `failFast` or `onError: 'stop'`. A lazy input stays lazy
 * (`buffersize`). Rows become columns.
 */
import ts from 'typescript';
import { hasExit, inputKindOf, isRepeatable, loopOver, mayBeEnded, methodCallOn, printReceiver } from '../expression-context.ts';
import { type OptionsArgument, optionsText, optionValue, readOptions, valueText } from '../options-argument.ts';
import { unwrap, withParentheses } from '../outer-expressions.ts';
import type { Pass } from '../pass.ts';
import { indentOf, indentStep, lineEnd, terminator } from '../rewriter.ts';
import { receiverText, usesOf } from './pool-calls.ts';

/** The number of items that a pool reads ahead. */
const WINDOW = 1024;
const CALLBACKS: ReadonlySet<string> = new Set(['callback', 'errorCallback']);
/** The options that apply to a map and not to a single call. */
const OF_MAPS: ReadonlySet<string> = new Set(['chunksize', 'buffersize', 'onError', 'failFast', 'onProgress']);

/** Translates `pool.map(fn, iterable, options)`. */
export function map(pass: Pass, call: ts.CallExpression, receiver: ts.Expression): void {
  pass.replace(call, () => rejecting(call, `${mapText(pass, call, receiver, wholeOptions(pass, call))}.toArray()`));
}

/** Translates `pool.starmap(fn, rows, options)`. */
export function starmap(pass: Pass, call: ts.CallExpression, receiver: ts.Expression): void {
  pass.replace(call, () => rejecting(call, starmapText(pass, call, receiver, wholeOptions(pass, call), '.toArray()')));
}

/** Makes a `map` that throws reject, as a pool does. Required only if the code handles the rejection at the call. */
function rejecting(call: ts.CallExpression, text: string): string {
  const next = methodCallOn(call);
  const isHandled = next !== undefined && (next.name === 'catch' || next.name === 'finally' || next.name === 'then');
  return isHandled && mayBeEnded(call) ? `(async () => ${text})()` : text;
}

/** Translates `mapAsync` and `starmapAsync` if the handle is used once: the iterator holds the results until then. */
export function wholeMapAsync(pass: Pass, call: ts.CallExpression, receiver: ts.Expression): void {
  const options = readOptions(pass, call.arguments[2]);
  const isStar = (call.expression as ts.PropertyAccessExpression).name.text === 'starmapAsync';
  const uses = usesOf(pass, call) ?? [];
  const isVariable = uses[0] !== call && uses.length > 0;
  const callback = valueText(pass, options, 'callback');
  const errorCallback = valueText(pass, options, 'errorCallback');
  const hasCallbacks = callback !== undefined || errorCallback !== undefined;
  const chain = hasCallbacks ? callbackChain(callback, errorCallback, uses.length > 0) : '';
  for (const use of uses) {
    const method = methodCallOn(use);
    const suffix = isVariable && !hasCallbacks ? '.toArray()' : '';
    if (method?.name === 'get') pass.replace(method.call, () => pass.print(use) + suffix);
    else if (isVariable && suffix !== '') pass.rewriter.after(use, () => suffix);
  }
  const end = isVariable && !hasCallbacks ? '' : `.toArray()${chain}`;
  pass.replace(call, () => {
    const text = wholeOptions(pass, call);
    const made = isStar ? starmapText(pass, call, receiver, text, end) : `${mapText(pass, call, receiver, text)}${end}`;
    return uses.length === 0 && !hasCallbacks ? made.replace(/\.toArray\(\)$/, '') : made;
  });
  if (isVariable && hasCallbacks) {
    const statement = ts.findAncestor(call, ts.isVariableStatement);
    const file = call.getSourceFile();
    const { parent } = withParentheses(call);
    if (statement !== undefined && ts.isVariableDeclaration(parent)) {
      pass.rewriter.after(
        statement,
        () => `${lineEnd(file)}${indentOf(statement)}${parent.name.getText()}.catch(() => undefined)${terminator(file)}`,
      );
    }
  }
}

/** The callbacks as a `then`. With an empty input a pool calls no callback. */
function callbackChain(callback: string | undefined, errorCallback: string | undefined, isSeen: boolean): string {
  const onValue = callback === undefined ? 'undefined' : `(values) => { if (values.length > 0) (${callback})(values); return values; }`;
  const onError =
    errorCallback === undefined
      ? isSeen
        ? ''
        : ', () => undefined'
      : `, (error) => { (${errorCallback})(error); ${isSeen ? 'throw error; ' : ''}}`;
  return `.then(${onValue}${onError})`;
}

/** Translates `pool.imap(fn, iterable, options)`. */
export function imap(pass: Pass, call: ts.CallExpression, receiver: ts.Expression): void {
  const [, input] = call.arguments;
  const options = readOptions(pass, call.arguments[2]);
  const isLazy = input !== undefined && inputKindOf(pass, input) !== 'list';
  const add = isLazy && !options.names.has('buffersize') ? [`buffersize: ${WINDOW}`] : [];
  if (optionValue(options, 'onError') === undefined) add.push("onError: 'continue'");
  const isStop = optionValue(options, 'onError')?.getText().replace(/['"]/g, '') === 'stop';
  pass.replace(call, () => mapText(pass, call, receiver, optionsText(pass, options, { drop: new Set(isStop ? ['onError'] : []), add })));
}

/** Whether a loop iterates over the call, and its input is a list. */
export function isListLoop(pass: Pass, call: ts.CallExpression): boolean {
  const [, input] = call.arguments;
  const loop = loopOver(call);
  return loop !== undefined && input !== undefined && inputKindOf(pass, input) === 'list' && ts.isVariableDeclarationList(loop.initializer);
}

/** Translates `for await (const value of pool.imapUnordered(fn, list, options))`. */
export function imapUnordered(pass: Pass, call: ts.CallExpression, receiver: ts.Expression): void {
  const loop = loopOver(call);
  if (loop === undefined || !ts.isVariableDeclarationList(loop.initializer)) return;
  const [fn, input] = call.arguments as unknown as [ts.Expression, ts.Expression];
  const options = readOptions(pass, call.arguments[2]);
  const file = call.getSourceFile();
  const finish = terminator(file);
  const end = lineEnd(file);
  const indent = indentOf(loop);
  const step = indentStep(file);
  const asCompleted = pass.need(call, 'asCompleted');
  const [declaration] = loop.initializer.declarations as unknown as [ts.VariableDeclaration];
  const keyword = loop.initializer.getText().split(/\s/)[0] as string;
  const future = freeName(loop, 'future');
  const futures = () =>
    `Array.from(${pass.print(input)}, (item) => ${submitReceiver(pass, receiver, options)}.submit(${pass.print(fn)}, item))`;
  pass.replace(loop.initializer, () => `const ${future}`);
  const taken = () => `${keyword} ${pass.print(declaration.name)} = await ${future}.result()${finish}`;
  const { statement } = loop;
  if (ts.isBlock(statement)) {
    const [first] = statement.statements;
    if (first === undefined) pass.replace(statement, () => `{${end}${indent}${step}await ${future}.result()${finish}${end}${indent}}`);
    else if (/\n/.test(file.text.slice(statement.getStart(file), first.getStart(file))))
      pass.rewriter.before(first, () => `${taken()}${end}${indentOf(first)}`);
    else pass.rewriter.before(first, () => `${taken()} `);
  } else {
    pass.replace(
      statement,
      () => `{${end}${indent}${step}${taken()}${end}${indent}${step}${pass.rewriter.printInside(statement)}${end}${indent}}`,
    );
  }
  if (!hasExit(loop)) {
    pass.replace(call, () => `${asCompleted()}(${futures()})`);
    return;
  }
  // Tasks that have not started when the loop ends early do not run.
  const name = freeName(loop, 'futures');
  pass.replace(call, () => `${asCompleted()}(${name})`);
  pass.replace(loop, () => {
    const text = pass.rewriter.printInside(loop).replace(/\n(?=[^\r\n])/g, `\n${step}`);
    const lines = [
      `const ${name} = ${futures()}${finish}`,
      `${indent}try {`,
      `${indent}${step}${text}`,
      `${indent}} finally {`,
      `${indent}${step}for (const ${future} of ${name}) ${future}.cancel()${finish}`,
      `${indent}}`,
    ];
    return lines.join(end);
  });
}

function submitReceiver(pass: Pass, receiver: ts.Expression, options: OptionsArgument): string {
  const own = optionsText(pass, options, { drop: options.form === 'number' ? new Set(['chunksize']) : OF_MAPS });
  return own === undefined || options.form === 'number'
    ? printReceiver(pass, receiver)
    : receiverText(pass, receiver, { ...options, form: 'opaque', names: new Set() }).replace(
        /\.withOptions\([\s\S]*$/,
        `.withOptions(${own})`,
      );
}

/** The options of a map that runs all tasks after a failure. */
function wholeOptions(pass: Pass, call: ts.CallExpression): string | undefined {
  const options = readOptions(pass, call.arguments[2]);
  const isFast = optionValue(options, 'failFast')?.kind === ts.SyntaxKind.TrueKeyword;
  const drop = new Set([...CALLBACKS, 'failFast']);
  return optionsText(pass, options, { drop, add: isFast ? [] : ["onError: 'continue'"] });
}

function mapText(pass: Pass, call: ts.CallExpression, receiver: ts.Expression, options: string | undefined): string {
  const [fn, input] = call.arguments;
  const parts = [fn, input].flatMap((node) => (node === undefined ? [] : [pass.print(node)]));
  return `${printReceiver(pass, receiver)}.map(${[...parts, ...(options === undefined ? [] : [options])].join(', ')})`;
}

/** The text of a map over the columns of rows. */
function starmapText(pass: Pass, call: ts.CallExpression, receiver: ts.Expression, options: string | undefined, end: string): string {
  const [fn, rows] = call.arguments as unknown as [ts.Expression, ts.Expression];
  const tail = options === undefined ? '' : `, ${options}`;
  const made = (columns: readonly string[]) =>
    `${printReceiver(pass, receiver)}.map(${pass.print(fn)}, ${columns.join(', ')}${tail})${end}`;
  const inner = unwrap(rows);
  const written = ts.isArrayLiteralExpression(inner) ? columnsOf(pass, inner) : undefined;
  if (written !== undefined) return made(written);
  const zipped = zipArguments(inner);
  if (zipped !== undefined) return made(zipped.map((node) => pass.print(node)));
  const width = widthOf(pass, fn, rows);
  if (width === undefined || width === 0 || width > 5) return rowByRow(pass, call, receiver, inner);
  const columns = (name: string) => Array.from({ length: width }, (_, i) => `${name}.map((row) => row[${i}])`);
  const isArray = pass.checker.isArrayLikeType(pass.checker.getTypeAtLocation(rows));
  if (isRepeatable(rows) && isArray) return made(columns(pass.print(rows)));
  const list = isArray ? pass.print(rows) : `[...${pass.print(rows)}]`;
  return `((rows) => ${made(columns('rows'))})(${list})`;
}

/** One future per row. As in a pool, all have settled before the first failure in input order is reported. */
function rowByRow(pass: Pass, call: ts.CallExpression, receiver: ts.Expression, rows: ts.Expression): string {
  const [fn] = call.arguments as unknown as [ts.Expression];
  const options = readOptions(pass, call.arguments[2]);
  const submit = `${submitReceiver(pass, receiver, options)}.submit(${pass.print(fn)}`;
  const isWritten = ts.isArrayLiteralExpression(rows) && rows.elements.every((row) => ts.isArrayLiteralExpression(unwrap(row)));
  const futures = isWritten
    ? `[${(rows as ts.ArrayLiteralExpression).elements.map((row) => [submit, ...(unwrap(row) as ts.ArrayLiteralExpression).elements.map((each) => pass.print(each))].join(', ')).join('), ')})]`
    : `Array.from(${pass.print(rows)}, (row) => ${submit}, ...row))`;
  return `(async (futures) => { await Promise.allSettled(futures); return Promise.all(futures); })(${futures})`;
}

/** The columns of `[[a, b], [c, d]]`, if every row is an array literal. */
function columnsOf(pass: Pass, node: ts.ArrayLiteralExpression): string[] | undefined {
  const rows = node.elements.map((element) => unwrap(element));
  const [first] = rows;
  if (first === undefined || !ts.isArrayLiteralExpression(first) || first.elements.length === 0 || first.elements.length > 5)
    return undefined;
  const width = first.elements.length;
  for (const row of rows) {
    if (!ts.isArrayLiteralExpression(row) || row.elements.length !== width) return undefined;
    if (row.elements.some((element) => ts.isSpreadElement(element) || ts.isOmittedExpression(element))) return undefined;
  }
  return Array.from(
    { length: width },
    (_, i) => `[${(rows as ts.ArrayLiteralExpression[]).map((row) => pass.print(row.elements[i] as ts.Node)).join(', ')}]`,
  );
}

/** The arguments of `zipped(xs, ys)`, which an earlier rewrite wrote. */
function zipArguments(node: ts.Expression): readonly ts.Expression[] | undefined {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || node.expression.text !== 'zipped' || node.arguments.length > 5)
    return undefined;
  return node.arguments;
}

/** The number of arguments in a row: from its type, otherwise from the parameters of the function. */
function widthOf(pass: Pass, fn: ts.Expression, rows: ts.Expression): number | undefined {
  const { checker } = pass;
  const type = checker.getTypeAtLocation(rows);
  const row = checker.getIndexTypeOfType(type, ts.IndexKind.Number) ?? (checker.getTypeArguments(type as ts.TypeReference) ?? [])[0];
  if (row !== undefined && checker.isTupleType(row)) {
    const { target } = row as ts.TypeReference & { target: ts.TupleType };
    if (!(target.combinedFlags & ts.ElementFlags.Variable)) return checker.getTypeArguments(row as ts.TypeReference).length;
  }
  const [signature] = checker.getTypeAtLocation(fn).getCallSignatures();
  const declaration = signature?.declaration;
  if (signature === undefined || declaration === undefined) return undefined;
  return declaration.parameters.some((parameter) => ts.isParameter(parameter) && parameter.dotDotDotToken !== undefined)
    ? undefined
    : signature.parameters.length;
}

function freeName(near: ts.Node, name: string): string {
  const { text } = near.getSourceFile();
  let free = name;
  for (let i = 2; new RegExp(`\\b${free}\\b`).test(text); i++) free = `${name}${i}`;
  return free;
}
