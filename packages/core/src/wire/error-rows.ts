/**
 * The form in which errors travel: a table with one row per error, as plain data that every transport carries.
 *
 *   a part of a row: [VALUE, primitive] | [SEALED, bytes] | [ROWS, index of another row]
 *
 * Causes and members of an AggregateError are rows too. A part refers to a row by its index, so chains may be cyclic and shared.
 * This file does not know how a row is made (error-table.ts) and read (revive-errors.ts).
 */
import { types } from 'node:util';

/** How a part travels. */
export const VALUE = 0;
export const SEALED = 1;
export const ROWS = 2;

export type Part = readonly [how: number, payload: unknown];
export type Field = readonly [key: string, enumerable: boolean, part: Part];

export interface Row {
  /** The nearest built-in class. */
  readonly base: string;
  /** The code of the error, if its class is one of this package. */
  readonly ours: string | undefined;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly fields: readonly Field[];
  /** Members of an AggregateError, or of an error with the same shape. */
  readonly errors: readonly Part[] | undefined;
  readonly errorsEnumerable: boolean;
  readonly lossy: boolean;
  /** `true`: a task threw the error. `false`: the worker reports a failure of its own. */
  readonly remote: boolean;
}

/** The built-in classes of errors, except AggregateError and DOMException. */
export const BASES: ReadonlyMap<string, new (message?: string) => Error> = new Map<string, new (message?: string) => Error>([
  ['Error', Error],
  ['TypeError', TypeError],
  ['RangeError', RangeError],
  ['SyntaxError', SyntaxError],
  ['ReferenceError', ReferenceError],
  ['EvalError', EvalError],
  ['URIError', URIError],
]);
/** Keys that have a field of their own in a row. */
export const ROW_KEYS: ReadonlySet<string> = new Set(['message', 'stack']);
/** Keys that could change the class of the error. They never travel. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype', 'then']);

/** Returns true if the argument has the form of a table. */
export function areRows(rows: unknown): rows is readonly Row[] {
  return Array.isArray(rows) && rows.length > 0 && rows.every((row) => isRow(row, rows.length));
}

function isRow(row: unknown, rows: number): boolean {
  if (typeof row !== 'object' || row === null) return false;
  const { base, ours, name, message, stack, fields, errors } = row as Partial<Row>;
  const isPart = (part: unknown): boolean => {
    if (!Array.isArray(part)) return false;
    const [how, payload] = part as [unknown, unknown];
    return how === ROWS ? Number.isInteger(payload) && (payload as number) >= 0 && (payload as number) < rows : isValuePart(how, payload);
  };
  return (
    [base, name, message].every((text) => typeof text === 'string') &&
    [ours, stack].every((text) => text === undefined || typeof text === 'string') &&
    Array.isArray(fields) &&
    fields.every((field: unknown) => Array.isArray(field) && typeof field[0] === 'string' && isPart(field[2])) &&
    (errors === undefined || (Array.isArray(errors) && errors.every(isPart)))
  );
}

/** Returns true if the argument has the form of a part that is not an error. */
export function isValuePart(how: unknown, payload: unknown): boolean {
  if (how === SEALED) return types.isUint8Array(payload);
  return how === VALUE && (payload === null || (typeof payload !== 'object' && typeof payload !== 'function'));
}
