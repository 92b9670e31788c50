/**
 * The maps of a pool as maps of an executor, or as futures.
 *
 * Decides that every task still runs after one has failed (`onError: 'continue'`, which `failFast` and `onError: 'stop'` of a pool leave out),
 * that a lazy input stays lazy (`buffersize`), and that rows become columns.
 */
import ts from 'typescript';
import { hasExit, inputKindOf, isRepeatable, loopOver, mayBeEnded, methodCallOn, subject } from '../context.ts';
import { optionsText, readOptions, valueText, type WrittenOptions, writtenValue } from '../options.ts';
import { indentOf, indentStep, lineEnd, terminator } from '../rewriter.ts';
import { type Attempt, bare, wrapped } from '../session.ts';
import { receiverText, usesOf } from './pool-calls.ts';

/** How far a pool reads ahead. */
const WINDOW = 1024;
const CALLBACKS: ReadonlySet<string> = new Set(['callback', 'errorCallback']);
/** A call's own; the others are the map's. */
const OF_MAPS: ReadonlySet<string> = new Set(['chunksize', 'buffersize', 'onError', 'failFast', 'onProgress']);

/** `pool.map(fn, iterable, options)`. */
export function map(attempt: Attempt, call: ts.CallExpression, receiver: ts.Expression): void {
  attempt.replace(call, () => settledLate(call, `${mapText(attempt, call, receiver, wholeOptions(attempt, call))}.toArray()`));
}

/** `pool.starmap(fn, rows, options)`. */
export function starmap(attempt: Attempt, call: ts.CallExpression, receiver: ts.Expression): void {
  attempt.replace(call, () => settledLate(call, starmapText(attempt, call, receiver, wholeOptions(attempt, call), '.toArray()')));
}

/** A refused call rejects, where `map` of an executor throws: of interest where a rejection is handled on the spot. */
function settledLate(call: ts.CallExpression, text: string): string {
  const next = methodCallOn(call);
  const isHandled = next !== undefined && (next.name === 'catch' || next.name === 'finally' || next.name === 'then');
  return isHandled && mayBeEnded(call) ? `(async () => ${text})()` : text;
}

/** The handle of a whole map that is asked once: the results wait in the iterator until then. */
export function wholeMapAsync(attempt: Attempt, call: ts.CallExpression, receiver: ts.Expression): void {
  const options = readOptions(attempt, call.arguments[2]);
  const isStar = (call.expression as ts.PropertyAccessExpression).name.text === 'starmapAsync';
  const uses = usesOf(attempt, call) ?? [];
  const isVariable = uses[0] !== call && uses.length > 0;
  const callback = valueText(attempt, options, 'callback');
  const errorCallback = valueText(attempt, options, 'errorCallback');
  const hasCallbacks = callback !== undefined || errorCallback !== undefined;
  const chain = hasCallbacks ? callbackChain(callback, errorCallback, uses.length > 0) : '';
  for (const use of uses) {
    const method = methodCallOn(use);
    const suffix = isVariable && !hasCallbacks ? '.toArray()' : '';
    if (method?.name === 'get') attempt.replace(method.call, () => attempt.print(use) + suffix);
    else if (isVariable && suffix !== '') attempt.rewriter.after(use, () => suffix);
  }
  const end = isVariable && !hasCallbacks ? '' : `.toArray()${chain}`;
  attempt.replace(call, () => {
    const text = wholeOptions(attempt, call);
    const made = isStar ? starmapText(attempt, call, receiver, text, end) : `${mapText(attempt, call, receiver, text)}${end}`;
    return uses.length === 0 && !hasCallbacks ? made.replace(/\.toArray\(\)$/, '') : made;
  });
  if (isVariable && hasCallbacks) {
    const statement = ts.findAncestor(call, ts.isVariableStatement);
    const file = call.getSourceFile();
    const { parent } = wrapped(call);
    if (statement !== undefined && ts.isVariableDeclaration(parent)) {
      attempt.rewriter.after(
        statement,
        () => `${lineEnd(file)}${indentOf(statement)}${parent.name.getText()}.catch(() => undefined)${terminator(file)}`,
      );
    }
  }
}

/** On an empty input no callback is called. */
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

/** `pool.imap(fn, iterable, options)`. */
export function imap(attempt: Attempt, call: ts.CallExpression, receiver: ts.Expression): void {
  const [, input] = call.arguments;
  const options = readOptions(attempt, call.arguments[2]);
  const isLazy = input !== undefined && inputKindOf(attempt, input) !== 'list';
  const add = isLazy && !options.names.has('buffersize') ? [`buffersize: ${WINDOW}`] : [];
  if (writtenValue(options, 'onError') === undefined) add.push("onError: 'continue'");
  const isStop = writtenValue(options, 'onError')?.getText().replace(/['"]/g, '') === 'stop';
  attempt.replace(call, () =>
    mapText(attempt, call, receiver, optionsText(attempt, options, { drop: new Set(isStop ? ['onError'] : []), add })),
  );
}

/** Read by a loop over a list, and by nobody else. */
export function isListLoop(attempt: Attempt, call: ts.CallExpression): boolean {
  const [, input] = call.arguments;
  const loop = loopOver(call);
  return (
    loop !== undefined && input !== undefined && inputKindOf(attempt, input) === 'list' && ts.isVariableDeclarationList(loop.initializer)
  );
}

/** `for await (const value of pool.imapUnordered(fn, list, options))`. */
export function imapUnordered(attempt: Attempt, call: ts.CallExpression, receiver: ts.Expression): void {
  const loop = loopOver(call);
  if (loop === undefined || !ts.isVariableDeclarationList(loop.initializer)) return;
  const [fn, input] = call.arguments as unknown as [ts.Expression, ts.Expression];
  const options = readOptions(attempt, call.arguments[2]);
  const file = call.getSourceFile();
  const finish = terminator(file);
  const end = lineEnd(file);
  const indent = indentOf(loop);
  const step = indentStep(file);
  const asCompleted = attempt.need(call, 'asCompleted');
  const [declaration] = loop.initializer.declarations as unknown as [ts.VariableDeclaration];
  const keyword = loop.initializer.getText().split(/\s/)[0] as string;
  const future = freeName(loop, 'future');
  const futures = () =>
    `Array.from(${attempt.print(input)}, (item) => ${submitReceiver(attempt, receiver, options)}.submit(${attempt.print(fn)}, item))`;
  attempt.replace(loop.initializer, () => `const ${future}`);
  const taken = () => `${keyword} ${attempt.print(declaration.name)} = await ${future}.result()${finish}`;
  const { statement } = loop;
  if (ts.isBlock(statement)) {
    const [first] = statement.statements;
    if (first === undefined) attempt.replace(statement, () => `{${end}${indent}${step}await ${future}.result()${finish}${end}${indent}}`);
    else if (/\n/.test(file.text.slice(statement.getStart(file), first.getStart(file))))
      attempt.rewriter.before(first, () => `${taken()}${end}${indentOf(first)}`);
    else attempt.rewriter.before(first, () => `${taken()} `);
  } else {
    attempt.replace(
      statement,
      () => `{${end}${indent}${step}${taken()}${end}${indent}${step}${attempt.rewriter.printInside(statement)}${end}${indent}}`,
    );
  }
  if (!hasExit(loop)) {
    attempt.replace(call, () => `${asCompleted()}(${futures()})`);
    return;
  }
  // What has not started when the loop is left never runs.
  const name = freeName(loop, 'futures');
  attempt.replace(call, () => `${asCompleted()}(${name})`);
  attempt.replace(loop, () => {
    const text = attempt.rewriter.printInside(loop).replace(/\n(?=[^\r\n])/g, `\n${step}`);
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

function submitReceiver(attempt: Attempt, receiver: ts.Expression, options: WrittenOptions): string {
  const own = optionsText(attempt, options, { drop: options.form === 'number' ? new Set(['chunksize']) : OF_MAPS });
  return own === undefined || options.form === 'number'
    ? subject(attempt, receiver)
    : receiverText(attempt, receiver, { ...options, form: 'opaque', names: new Set() }).replace(
        /\.withOptions\([\s\S]*$/,
        `.withOptions(${own})`,
      );
}

/** Options of a map that goes on to its end after a failure. */
function wholeOptions(attempt: Attempt, call: ts.CallExpression): string | undefined {
  const options = readOptions(attempt, call.arguments[2]);
  const isFast = writtenValue(options, 'failFast')?.kind === ts.SyntaxKind.TrueKeyword;
  const drop = new Set([...CALLBACKS, 'failFast']);
  return optionsText(attempt, options, { drop, add: isFast ? [] : ["onError: 'continue'"] });
}

function mapText(attempt: Attempt, call: ts.CallExpression, receiver: ts.Expression, options: string | undefined): string {
  const [fn, input] = call.arguments;
  const parts = [fn, input].flatMap((node) => (node === undefined ? [] : [attempt.print(node)]));
  return `${subject(attempt, receiver)}.map(${[...parts, ...(options === undefined ? [] : [options])].join(', ')})`;
}

/** Rows as columns. */
function starmapText(attempt: Attempt, call: ts.CallExpression, receiver: ts.Expression, options: string | undefined, end: string): string {
  const [fn, rows] = call.arguments as unknown as [ts.Expression, ts.Expression];
  const tail = options === undefined ? '' : `, ${options}`;
  const made = (columns: readonly string[]) =>
    `${subject(attempt, receiver)}.map(${attempt.print(fn)}, ${columns.join(', ')}${tail})${end}`;
  const inner = bare(rows);
  const written = ts.isArrayLiteralExpression(inner) ? columnsOf(attempt, inner) : undefined;
  if (written !== undefined) return made(written);
  const zipped = zipArguments(inner);
  if (zipped !== undefined) return made(zipped.map((node) => attempt.print(node)));
  const width = widthOf(attempt, fn, rows);
  if (width === undefined || width === 0 || width > 5) return rowByRow(attempt, call, receiver, inner);
  const columns = (name: string) => Array.from({ length: width }, (_, i) => `${name}.map((row) => row[${i}])`);
  const isArray = attempt.checker.isArrayLikeType(attempt.checker.getTypeAtLocation(rows));
  if (isRepeatable(rows) && isArray) return made(columns(attempt.print(rows)));
  const list = isArray ? attempt.print(rows) : `[...${attempt.print(rows)}]`;
  return `((rows) => ${made(columns('rows'))})(${list})`;
}

/** A future for each row: all have ended when the first failure by input order is told, as in a pool. */
function rowByRow(attempt: Attempt, call: ts.CallExpression, receiver: ts.Expression, rows: ts.Expression): string {
  const [fn] = call.arguments as unknown as [ts.Expression];
  const options = readOptions(attempt, call.arguments[2]);
  const submit = `${submitReceiver(attempt, receiver, options)}.submit(${attempt.print(fn)}`;
  const isWritten = ts.isArrayLiteralExpression(rows) && rows.elements.every((row) => ts.isArrayLiteralExpression(bare(row)));
  const futures = isWritten
    ? `[${(rows as ts.ArrayLiteralExpression).elements.map((row) => [submit, ...(bare(row) as ts.ArrayLiteralExpression).elements.map((each) => attempt.print(each))].join(', ')).join('), ')})]`
    : `Array.from(${attempt.print(rows)}, (row) => ${submit}, ...row))`;
  return `(async (futures) => { await Promise.allSettled(futures); return Promise.all(futures); })(${futures})`;
}

/** `[[a, b], [c, d]]`: the columns, where every row is written out. */
function columnsOf(attempt: Attempt, node: ts.ArrayLiteralExpression): string[] | undefined {
  const rows = node.elements.map((element) => bare(element));
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
    (_, i) => `[${(rows as ts.ArrayLiteralExpression[]).map((row) => attempt.print(row.elements[i] as ts.Node)).join(', ')}]`,
  );
}

/** `zip(xs, ys)` of an earlier rewrite. */
function zipArguments(node: ts.Expression): readonly ts.Expression[] | undefined {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || node.expression.text !== 'zipped' || node.arguments.length > 5)
    return undefined;
  return node.arguments;
}

/** How many arguments a row has: by its type, else by the function's parameters. */
function widthOf(attempt: Attempt, fn: ts.Expression, rows: ts.Expression): number | undefined {
  const { checker } = attempt;
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
