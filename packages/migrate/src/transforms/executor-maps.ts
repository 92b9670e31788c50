/**
 * `executor.map` as `map`, `starmap` and `imap`.
 *
 * Decides that the first failure still stops the rest (`failFast`, `onError: 'stop'`; `onError: 'continue'` is a pool's own manner), that an input
 * that is read at the call is read at the call, and that columns become rows.
 */
import ts from 'typescript';
import { inputKindOf, methodCallOn, subject } from '../context.ts';
import { optionsText, readOptions, type WrittenOptions, writtenValue } from '../options.ts';
import { lineEnd } from '../rewriter.ts';
import { type Attempt, bare, calledAtOnce, wrapped } from '../session.ts';
import { usesOf } from './pool-calls.ts';

interface MapCall {
  readonly fn: ts.Expression;
  readonly inputs: readonly ts.Expression[];
  readonly options: WrittenOptions;
}

function read(attempt: Attempt, call: ts.CallExpression): MapCall | undefined {
  const [fn, ...rest] = call.arguments;
  if (fn === undefined || rest.length === 0 || rest.some(ts.isSpreadElement)) return undefined;
  const last = rest.at(-1) as ts.Expression;
  const hasOptions = rest.length > 1 && isOptions(attempt, last);
  return { fn, inputs: hasOptions ? rest.slice(0, -1) : rest, options: readOptions(attempt, hasOptions ? last : undefined) };
}

function isOptions(attempt: Attempt, node: ts.Expression): boolean {
  if (ts.isObjectLiteralExpression(bare(node)) || (ts.isIdentifier(node) && node.text === 'undefined')) return true;
  const type = attempt.checker.getNonNullableType(attempt.checker.getTypeAtLocation(node));
  if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.StringLike)) return false;
  return !type.getProperties().some(({ escapedName }) => /^__@(async)?[iI]terator/.test(String(escapedName)));
}

/** Why a map cannot be translated. */
export function reasonAgainstMap(attempt: Attempt, call: ts.CallExpression): string | undefined {
  const found = read(attempt, call);
  if (found === undefined) return 'unknown-arguments';
  const { inputs, options } = found;
  if (options.names.has('timeout')) return 'map-timeout';
  if (options.form === 'opaque' && options.names.has('onError') && options.names.size > 8) return 'callback-options';
  const way = wayOf(attempt, call);
  if (way === 'unknown') return 'results-array';
  if (inputs.length > 1) {
    if (way === 'iterator') return 'several-inputs';
    if (inputs.some((input) => inputKindOf(attempt, input) === 'async')) return 'several-inputs';
  }
  return undefined;
}

/** array: all results at once. later: a variable that is asked once, for all. iterator: one by one. unknown: both. */
function wayOf(attempt: Attempt, call: ts.CallExpression): 'array' | 'later' | 'iterator' | 'unknown' {
  if (methodCallOn(call)?.name === 'toArray') return 'array';
  const { parent } = wrapped(calledAtOnce(call));
  if (!ts.isVariableDeclaration(parent)) return 'iterator';
  const uses = usesOf(attempt, calledAtOnce(call));
  const arrays = (uses ?? []).filter((use) => methodCallOn(use)?.name === 'toArray');
  if (arrays.length === 0) return 'iterator';
  return uses?.length === 1 ? 'later' : 'unknown';
}

export function mapCall(attempt: Attempt, call: ts.CallExpression, receiver: ts.Expression): void {
  const found = read(attempt, call);
  if (found === undefined) return;
  const { fn, inputs, options } = found;
  const way = wayOf(attempt, call);
  if (way === 'array') {
    const toArray = methodCallOn(call)?.call as ts.CallExpression;
    attempt.replace(toArray, () => attempt.print(call));
  } else if (way === 'later') {
    for (const use of usesOf(attempt, calledAtOnce(call)) ?? []) {
      const method = methodCallOn(use);
      if (method !== undefined) attempt.replace(method.call, () => `${attempt.print(use)}.get()`);
    }
  }
  const isWhole = way !== 'iterator';
  const goesOn = writtenValue(options, 'onError')?.getText().includes('continue') ?? false;
  const drop = new Set(['onError']);
  if (writtenValue(options, 'buffersize')?.getText() === '1024' && !isWhole) drop.add('buffersize');
  const add = goesOn ? [] : [isWhole ? 'failFast: true' : "onError: 'stop'"];
  const name = `${inputs.length > 1 ? 'starmap' : isWhole ? 'map' : 'imap'}${way === 'later' ? 'Async' : ''}`;
  const columns = columnsOfOne(inputs);
  const whole = columns === undefined ? call : calledAtOnce(isWhole && way === 'array' ? (methodCallOn(call)?.call ?? call) : call);
  const list = columns === 'rows' && whole !== call ? whole.arguments[0] : undefined;
  if (list !== undefined) attempt.replace(whole, () => attempt.print(call));
  if (inputs.length > 1 && columns === undefined && rowsOf(attempt, inputs) === undefined) needZipped(attempt, call);
  attempt.replace(call, () => {
    const text = optionsText(attempt, options, { drop: options.form === 'opaque' ? new Set() : drop, add });
    const isBareSize = text !== undefined && /^\{ chunksize: ([\w$.]+) \}$/.exec(text);
    const input =
      columns !== undefined
        ? list === undefined
          ? columns
          : attempt.print(list)
        : inputs.length > 1
          ? (rowsOf(attempt, inputs) ?? zippedText(attempt, inputs))
          : inputText(attempt, inputs[0] as ts.Expression, isWhole, options);
    const parts = [attempt.print(fn), input, ...(isBareSize ? [isBareSize[1] as string] : text === undefined ? [] : [text])];
    return `${subject(attempt, receiver)}.${name}(${parts.join(', ')})`;
  });
}

/** An executor reads a synchronous input at the call, unless `buffersize` says how far. */
function inputText(attempt: Attempt, input: ts.Expression, isWhole: boolean, options: WrittenOptions): string {
  const isRead = isWhole || options.names.has('buffersize') || inputKindOf(attempt, input) !== 'lazy';
  return isRead ? attempt.print(input) : `[...${attempt.print(input)}]`;
}

/** `[a, b], [c, d]`: the rows, where every column is written out. */
function rowsOf(attempt: Attempt, inputs: readonly ts.Expression[]): string | undefined {
  const columns = inputs.map((input) => bare(input));
  const [first] = columns;
  if (first === undefined || !ts.isArrayLiteralExpression(first)) return undefined;
  for (const column of columns) {
    if (!ts.isArrayLiteralExpression(column) || column.elements.length !== first.elements.length) return undefined;
    if (column.elements.some((element) => ts.isSpreadElement(element) || ts.isOmittedExpression(element))) return undefined;
  }
  const rows = first.elements.map(
    (_, i) => `[${(columns as ts.ArrayLiteralExpression[]).map((column) => attempt.print(column.elements[i] as ts.Node)).join(', ')}]`,
  );
  return `[${rows.join(', ')}]`;
}

/** `rows.map((row) => row[0]), rows.map((row) => row[1])` of an earlier rewrite: the rows. */
function columnsOfOne(inputs: readonly ts.Expression[]): string | undefined {
  const found = inputs.map((input, i) => /^([\w$.]+)\.map\(\(row\) => row\[(\d)\]\)$/.exec(input.getText())?.slice(1) ?? [`${i}`, '']);
  const [first] = found;
  return inputs.length > 1 && found.every(([subject, index], i) => subject === first?.[0] && index === String(i)) ? first?.[0] : undefined;
}

function zippedText(attempt: Attempt, inputs: readonly ts.Expression[]): string {
  return `zipped(${inputs.map((input) => attempt.print(input)).join(', ')})`;
}

/** Columns as rows, written once at the end of the file that wants it. */
function needZipped(attempt: Attempt, call: ts.CallExpression): void {
  const file = call.getSourceFile();
  if (/function\* zipped\b/.test(file.text) || attempt.helpers.has(file)) return;
  attempt.helpers.add(file);
  const last = file.statements.at(-1) as ts.Node;
  attempt.rewriter.after(
    last,
    () =>
      lineEnd(file).repeat(2) +
      zippedSource(/\.[cm]?tsx?$/.test(file.fileName))
        .split('\n')
        .join(lineEnd(file)),
  );
}

function zippedSource(isTyped: boolean): string {
  const signature = isTyped
    ? 'function* zipped<T extends readonly unknown[]>(...inputs: { [K in keyof T]: Iterable<T[K]> }): Generator<T> {'
    : 'function* zipped(...inputs) {';
  return [
    signature,
    `  const iterators = ${isTyped ? '(inputs as readonly Iterable<unknown>[])' : 'inputs'}.map((input) => input[Symbol.iterator]());`,
    '  for (;;) {',
    '    const steps = iterators.map((iterator) => iterator.next());',
    '    if (steps.some(({ done }) => done)) return;',
    `    yield steps.map(({ value }) => value)${isTyped ? ' as unknown as T' : ''};`,
    '  }',
    '}',
  ].join('\n');
}
