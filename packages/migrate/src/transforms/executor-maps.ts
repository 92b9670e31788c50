/**
 * Translates `executor.map` to `map`, `starmap` and `imap` of a pool.
 *
 *   .toArray() at the call, or once on a variable  -> map, starmap (mapAsync, starmapAsync)
 *   read one by one                                -> imap
 *
 * Invariants: the first failure stops the rest (`failFast`, `onError: 'stop'`), except with `onError: 'continue'`, the default of a pool. An
 * input that the executor reads at the call is read at the call. Several inputs (columns) become rows.
 */
import ts from 'typescript';
import { inputKindOf, methodCallOn, printReceiver } from '../expression-context.ts';
import { type OptionsArgument, optionsText, optionValue, readOptions } from '../options-argument.ts';
import { immediateCallAround, unwrap, withParentheses } from '../outer-expressions.ts';
import type { Pass } from '../pass.ts';
import { lineEnd } from '../rewriter.ts';
import { usesOf } from './pool-calls.ts';

interface MapCall {
  readonly fn: ts.Expression;
  readonly inputs: readonly ts.Expression[];
  readonly options: OptionsArgument;
}

function read(pass: Pass, call: ts.CallExpression): MapCall | undefined {
  const [fn, ...rest] = call.arguments;
  if (fn === undefined || rest.length === 0 || rest.some(ts.isSpreadElement)) return undefined;
  const last = rest.at(-1) as ts.Expression;
  const hasOptions = rest.length > 1 && isOptions(pass, last);
  return { fn, inputs: hasOptions ? rest.slice(0, -1) : rest, options: readOptions(pass, hasOptions ? last : undefined) };
}

function isOptions(pass: Pass, node: ts.Expression): boolean {
  if (ts.isObjectLiteralExpression(unwrap(node)) || (ts.isIdentifier(node) && node.text === 'undefined')) return true;
  const type = pass.checker.getNonNullableType(pass.checker.getTypeAtLocation(node));
  if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.StringLike)) return false;
  return !type.getProperties().some(({ escapedName }) => /^__@(async)?[iI]terator/.test(String(escapedName)));
}

/** The reason why a map cannot be translated. */
export function unsupportedMapReason(pass: Pass, call: ts.CallExpression): string | undefined {
  const found = read(pass, call);
  if (found === undefined) return 'unknown-arguments';
  const { inputs, options } = found;
  if (options.names.has('timeout')) return 'map-timeout';
  if (options.form === 'opaque' && options.names.has('onError') && options.names.size > 8) return 'callback-options';
  const consumption = consumptionOf(pass, call);
  if (consumption === 'unknown') return 'results-array';
  if (inputs.length > 1) {
    if (consumption === 'iterator') return 'several-inputs';
    if (inputs.some((input) => inputKindOf(pass, input) === 'async')) return 'several-inputs';
  }
  return undefined;
}

/** array: all results at once. later: all results, once, through a variable. iterator: one by one. unknown: both. */
function consumptionOf(pass: Pass, call: ts.CallExpression): 'array' | 'later' | 'iterator' | 'unknown' {
  if (methodCallOn(call)?.name === 'toArray') return 'array';
  const { parent } = withParentheses(immediateCallAround(call));
  if (!ts.isVariableDeclaration(parent)) return 'iterator';
  const uses = usesOf(pass, immediateCallAround(call));
  const arrays = (uses ?? []).filter((use) => methodCallOn(use)?.name === 'toArray');
  if (arrays.length === 0) return 'iterator';
  return uses?.length === 1 ? 'later' : 'unknown';
}

export function mapCall(pass: Pass, call: ts.CallExpression, receiver: ts.Expression): void {
  const found = read(pass, call);
  if (found === undefined) return;
  const { fn, inputs, options } = found;
  const consumption = consumptionOf(pass, call);
  if (consumption === 'array') {
    const toArray = methodCallOn(call)?.call as ts.CallExpression;
    pass.replace(toArray, () => pass.print(call));
  } else if (consumption === 'later') {
    for (const use of usesOf(pass, immediateCallAround(call)) ?? []) {
      const method = methodCallOn(use);
      if (method !== undefined) pass.replace(method.call, () => `${pass.print(use)}.get()`);
    }
  }
  const isWhole = consumption !== 'iterator';
  const continuesOnError = optionValue(options, 'onError')?.getText().includes('continue') ?? false;
  const drop = new Set(['onError']);
  if (optionValue(options, 'buffersize')?.getText() === '1024' && !isWhole) drop.add('buffersize');
  const add = continuesOnError ? [] : [isWhole ? 'failFast: true' : "onError: 'stop'"];
  const name = `${inputs.length > 1 ? 'starmap' : isWhole ? 'map' : 'imap'}${consumption === 'later' ? 'Async' : ''}`;
  const columns = columnsOfOne(inputs);
  const whole =
    columns === undefined ? call : immediateCallAround(isWhole && consumption === 'array' ? (methodCallOn(call)?.call ?? call) : call);
  const list = columns === 'rows' && whole !== call ? whole.arguments[0] : undefined;
  if (list !== undefined) pass.replace(whole, () => pass.print(call));
  if (inputs.length > 1 && columns === undefined && rowsOf(pass, inputs) === undefined) needZipped(pass, call);
  pass.replace(call, () => {
    const text = optionsText(pass, options, { drop: options.form === 'opaque' ? new Set() : drop, add });
    const isBareSize = text !== undefined && /^\{ chunksize: ([\w$.]+) \}$/.exec(text);
    const input =
      columns !== undefined
        ? list === undefined
          ? columns
          : pass.print(list)
        : inputs.length > 1
          ? (rowsOf(pass, inputs) ?? zippedText(pass, inputs))
          : inputText(pass, inputs[0] as ts.Expression, isWhole, options);
    const parts = [pass.print(fn), input, ...(isBareSize ? [isBareSize[1] as string] : text === undefined ? [] : [text])];
    return `${printReceiver(pass, receiver)}.${name}(${parts.join(', ')})`;
  });
}

/** The input. An executor reads a synchronous input at the call, unless `buffersize` limits it. */
function inputText(pass: Pass, input: ts.Expression, isWhole: boolean, options: OptionsArgument): string {
  const isRead = isWhole || options.names.has('buffersize') || inputKindOf(pass, input) !== 'lazy';
  return isRead ? pass.print(input) : `[...${pass.print(input)}]`;
}

/** The rows of `[a, b], [c, d]`, if every column is an array literal. */
function rowsOf(pass: Pass, inputs: readonly ts.Expression[]): string | undefined {
  const columns = inputs.map((input) => unwrap(input));
  const [first] = columns;
  if (first === undefined || !ts.isArrayLiteralExpression(first)) return undefined;
  for (const column of columns) {
    if (!ts.isArrayLiteralExpression(column) || column.elements.length !== first.elements.length) return undefined;
    if (column.elements.some((element) => ts.isSpreadElement(element) || ts.isOmittedExpression(element))) return undefined;
  }
  const rows = first.elements.map(
    (_, i) => `[${(columns as ts.ArrayLiteralExpression[]).map((column) => pass.print(column.elements[i] as ts.Node)).join(', ')}]`,
  );
  return `[${rows.join(', ')}]`;
}

/** The rows of `rows.map((row) => row[0]), rows.map((row) => row[1])`, which an earlier rewrite wrote. */
function columnsOfOne(inputs: readonly ts.Expression[]): string | undefined {
  const found = inputs.map((input, i) => /^([\w$.]+)\.map\(\(row\) => row\[(\d)\]\)$/.exec(input.getText())?.slice(1) ?? [`${i}`, '']);
  const [first] = found;
  return inputs.length > 1 && found.every(([rows, index], i) => rows === first?.[0] && index === String(i)) ? first?.[0] : undefined;
}

function zippedText(pass: Pass, inputs: readonly ts.Expression[]): string {
  return `zipped(${inputs.map((input) => pass.print(input)).join(', ')})`;
}

/** Adds the helper that turns columns into rows, once, at the end of the file. */
function needZipped(pass: Pass, call: ts.CallExpression): void {
  const file = call.getSourceFile();
  if (/function\* zipped\b/.test(file.text) || pass.helpers.has(file)) return;
  pass.helpers.add(file);
  const last = file.statements.at(-1) as ts.Node;
  pass.rewriter.after(
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
