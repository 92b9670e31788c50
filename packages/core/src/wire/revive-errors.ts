/**
 * Makes errors from the rows of an error table.
 *
 *   rows --blank--> one native error per row --fill--> fields, name, stack
 *
 * Invariants: all errors exist before the first one is filled, because rows refer to each other. Only built-in constructors run. Fields are
 * defined, never assigned, so that a row from a worker cannot pollute a prototype.
 * This file does not know how a field was sealed: the caller passes `unseal`.
 */
import { REVIVABLE } from '../errors.ts';
import { BASES, FORBIDDEN_KEYS, type Part, ROW_KEYS, type Row, SEALED, VALUE } from './error-rows.ts';

/** Where an error was thrown. */
export interface ThrownWhere {
  readonly workerId: number;
  readonly kind: string;
  readonly taskName?: string | undefined;
  readonly pid?: number | undefined;
  readonly threadId?: number | undefined;
}

/** Returns the errors of a table. `unseal` reads the bytes of a Seal. With `where`, the stack of the first error names that worker. */
export function reviveErrors(rows: readonly Row[], unseal: (bytes: Uint8Array) => unknown, where?: ThrownWhere): Error[] {
  const errors = withoutStacks(() => rows.map(blank));
  const value = ([how, payload]: Part): unknown => {
    if (how === VALUE) return payload;
    return how === SEALED ? unseal(payload as Uint8Array) : errors[payload as number];
  };
  rows.forEach((row, index) => {
    fill(errors[index] as Error, row, value, index === 0 ? where : undefined);
  });
  return errors;
}

function fill(error: Error, row: Row, value: (part: Part) => unknown, where: ThrownWhere | undefined): void {
  let lossy = row.lossy;
  for (const [key, enumerable, part] of row.fields) {
    if (ROW_KEYS.has(key) || FORBIDDEN_KEYS.has(key)) continue;
    try {
      define(error, key, value(part), enumerable);
    } catch {
      lossy = true;
    }
  }
  if (row.errors !== undefined) define(error, 'errors', row.errors.map(value), row.errorsEnumerable);
  if (row.name !== error.name) define(error, 'name', row.name, false);
  if (row.ours !== undefined && row.remote) define(error, 'remote', true, false);
  if (lossy) define(error, 'lossy', true, false);
  const stack = row.stack ?? `${row.name}: ${row.message}`;
  define(error, 'stack', where === undefined ? stack : `${stack}\n${boundary(where)}`, false);
}

/** Makes a native error of the row's class. A class of this package is set by prototype: the arguments of its constructor did not travel. */
function blank(row: Row): Error {
  const message = row.message === '' ? undefined : row.message;
  if (row.base === 'DOMException') return new DOMException(row.message, row.name);
  if (row.base === 'AggregateError') return new AggregateError([], message);
  const error = new (BASES.get(row.base) ?? Error)(message);
  const ours = row.ours === undefined ? undefined : REVIVABLE.get(row.ours);
  return ours === undefined ? error : Object.setPrototypeOf(error, ours.prototype);
}

/** Runs `make` without stack traces. Taking a stack costs ten times as much as the rest, and the stack is replaced afterwards. */
function withoutStacks<T>(make: () => T): T {
  const limit = Error.stackTraceLimit;
  if (!isWritable(Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit'))) return make();
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** `stackTraceLimit` is read-only with `--frozen-intrinsics`. */
function isWritable(property: PropertyDescriptor | undefined): boolean {
  return property?.writable === true;
}

function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  // The descriptor has no prototype: a polluted Object.prototype could turn the field into an accessor.
  Object.defineProperty(error, key, { __proto__: null, value, enumerable, configurable: true, writable: true } as PropertyDescriptor);
}

/** The stack line that names the worker. */
function boundary({ workerId, kind, taskName, pid, threadId }: ThrownWhere): string {
  const number = kind === 'thread' ? threadId : pid;
  const which = number === undefined ? kind : `${kind} ${number}`;
  const task = taskName === undefined ? '' : ` task '${taskName.replace(/[\r\n]+/g, ' ').slice(0, 200)}'`;
  return `    at [worker ${workerId}, ${which}]${task}`;
}
