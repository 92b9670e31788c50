/**
 * Errors as plain data that any transport carries, and back: a table with a row for each.
 *
 * Decides what of an error survives. Causes and members of an AggregateError are rows too, known by their place, so that chains may be cyclic
 * and shared. What cannot travel is left out, field by field, and the error is then marked `lossy`. Reading an error may run its code
 * (getters, a Proxy's traps): every read is in a `try`. Bringing one back runs no constructor but the built-in ones, and never assigns: a row
 * from a worker cannot pollute anything. Does not know how a field that is not an error is sealed; whoever makes a table says that.
 *
 *   a part of a row: [VALUE, primitive] | [SEALED, bytes] | [ROWS, place of another row]
 */
import { types } from 'node:util';
import { REVIVABLE } from '../errors.ts';

/** How a part travels. */
export const VALUE = 0;
export const SEALED = 1;
export const ROWS = 2;

export type Part = readonly [how: number, payload: unknown];
type Field = readonly [key: string, enumerable: boolean, part: Part];

export interface Row {
  /** The nearest built-in class. */
  readonly base: string;
  /** The code of a class of ours. */
  readonly ours: string | undefined;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly fields: readonly Field[];
  /** Members of an AggregateError, or of what looks like one. */
  readonly errors: readonly Part[] | undefined;
  readonly errorsEnumerable: boolean;
  readonly lossy: boolean;
  /** A task threw it; `false`: the worker itself has to report something. */
  readonly remote: boolean;
}

/** Where something was thrown. */
export interface ThrownWhere {
  readonly workerId: number;
  readonly kind: string;
  readonly taskName?: string | undefined;
  readonly pid?: number | undefined;
  readonly threadId?: number | undefined;
}

/** Longer chains of causes are cut. */
const DEEPEST = 16;
/** Members of one AggregateError, and rows in all. */
const MOST_ERRORS = 1000;
const MOST_ROWS = 4096;
/** Tables in fields of errors in tables. */
const MOST_TABLES = 4;
const MOST_FIELDS = 256;
/** Characters and bytes of everything together; a stack takes at most a part of it. More helps nobody, and every worker must be able to send it. */
export const MOST_TEXT: number = 1 << 22;
export const MOST_STACK: number = 1 << 15;

const BASES: ReadonlyMap<string, new (message?: string) => Error> = new Map<string, new (message?: string) => Error>([
  ['Error', Error],
  ['TypeError', TypeError],
  ['RangeError', RangeError],
  ['SyntaxError', SyntaxError],
  ['ReferenceError', ReferenceError],
  ['EvalError', EvalError],
  ['URIError', URIError],
]);
/** Set on errors by the language, by Node and by us, and not always enumerable. First in a row, so that they find room. */
const USUAL = ['name', 'cause', 'errors', 'code', 'errno', 'syscall', 'path', 'dest', 'lossy'] as const;
/** Have a place of their own in a row. */
const PLACED: ReadonlySet<string> = new Set(['message', 'stack']);
/** Could make the error something else. */
const NEVER: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype', 'then']);

/** `undefined` where the read threw, and `failed` says so. */
class Reader {
  failed = false;

  read(object: object, key: string | number): unknown {
    try {
      return (object as Record<string | number, unknown>)[key];
    } catch {
      this.failed = true;
      return undefined;
    }
  }

  text(object: object, key: string, most: number): string | undefined {
    const text = this.read(object, key);
    if (typeof text !== 'string') {
      // A stack may be anything: `Error.prepareStackTrace` makes it.
      if (text !== undefined && key !== 'stack') this.failed = true;
      return undefined;
    }
    if (text.length > most) this.failed = true;
    return text.slice(0, most);
  }
}

/** Stands for what must not travel. */
const dropped: unknown = Symbol('dropped');

/** A value of an error's field as bytes, of at most so many; errors in it go into a table inside of `outer`. Throws where it cannot travel. */
export type Seal = (value: object, most: number, outer: ErrorTable) => Uint8Array;

export interface TableLimits {
  /** Characters and bytes of everything together. */
  readonly text: number;
  readonly rows: number;
  /** Members of one AggregateError. */
  readonly members: number;
}

/** Of what a task threw: more helps nobody, and every worker must be able to send it. */
export const OF_THROWN: TableLimits = { text: MOST_TEXT, rows: MOST_ROWS, members: MOST_ERRORS };

/** Takes errors in. Never throws; bounded in size. */
export class ErrorTable {
  readonly rows: (Row | undefined)[] = [];
  /** Something did not find room. */
  isFull = false;
  readonly #places = new Map<object, number>();
  readonly #remote: boolean;
  readonly #limits: TableLimits;
  readonly #seal: Seal;
  readonly #outer: ErrorTable | undefined;
  #room: number;

  /** `remote`: a task threw them, or passed them on; `false`: the worker itself has to report something. */
  constructor(remote: boolean, limits: TableLimits, seal: Seal, outer?: ErrorTable) {
    this.#remote = remote;
    this.#limits = limits;
    this.#seal = seal;
    this.#outer = outer;
    this.#room = limits.text;
  }

  /** Characters and bytes taken. */
  get size(): number {
    return this.#limits.text - this.#room;
  }

  /** The place of the error's row. */
  add(error: object): number {
    return (this.#error(error, 0)?.[1] as number | undefined) ?? -1;
  }

  /** Whether the error may be taken into a table inside of this one: one that is being read here already would have no end. */
  admits(error: object): boolean {
    let depth = 0;
    for (let table: ErrorTable | undefined = this; table !== undefined; table = table.#outer) {
      depth += 1;
      if (table.#places.has(error)) return false;
    }
    return depth < MOST_TABLES;
  }

  /** `undefined`: cannot travel. */
  part(value: unknown, depth: number): Part | undefined {
    if (typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (typeof value !== 'object' || value === null) {
      return typeof value === 'string' && !this.#take(value.length) ? undefined : [VALUE, value];
    }
    try {
      if (isError(value)) return this.#error(value, depth);
      const bytes = this.#seal(value, this.#room, this);
      return this.#take(bytes.byteLength) ? [SEALED, bytes] : undefined;
    } catch {
      return undefined;
    }
  }

  #error(error: object, depth: number): Part | undefined {
    const known = this.#places.get(error);
    if (known !== undefined) return [ROWS, known];
    if (depth > DEEPEST || this.rows.length >= this.#limits.rows) return undefined;
    // The place is taken before the row is made: the error may be its own cause.
    const place = this.rows.push(undefined) - 1;
    this.#places.set(error, place);
    this.rows[place] = this.#row(error, depth);
    return [ROWS, place];
  }

  #row(error: object, depth: number): Row {
    const reader = new Reader();
    const name = reader.text(error, 'name', 1000) ?? 'Error';
    const message = reader.text(error, 'message', this.#room) ?? '';
    this.#take(message.length);
    const stack = reader.text(error, 'stack', Math.min(MOST_STACK, this.#room));
    this.#take(stack?.length ?? 0);
    const code = reader.read(error, 'code');
    const keys = ownKeys(error);
    const base = baseOf(error);
    let lossy = keys === undefined || keys.length > MOST_FIELDS;
    let errors: readonly Part[] | undefined;
    const fields: Field[] = [];
    for (const key of keys?.slice(0, MOST_FIELDS) ?? []) {
      if (PLACED.has(key)) continue;
      const value = NEVER.has(key) ? dropped : reader.read(error, key);
      if (key === 'errors' && Array.isArray(value) && !types.isProxy(value)) {
        errors = this.#members(value, depth, reader);
        continue;
      }
      const part = this.part(value, depth + 1);
      if (part !== undefined) fields.push([key, isEnumerable(error, key), part]);
      // Node gives its errors, and zod, a `toString` of their own: a way to show them, and none of their data.
      else if (key !== 'toString' || isEnumerable(error, key)) lossy = true;
    }
    lossy ||= base !== 'DOMException' && hasSymbols(error);
    return {
      base,
      ours: typeof code === 'string' && REVIVABLE.has(code) ? code : undefined,
      name,
      message,
      stack,
      fields,
      errors,
      errorsEnumerable: isEnumerable(error, 'errors'),
      lossy: lossy || reader.failed,
      remote: this.#remote,
    };
  }

  #members(errors: readonly unknown[], depth: number, reader: Reader): Part[] {
    const parts: Part[] = [];
    const { members } = this.#limits;
    if (errors.length > members) reader.failed = true;
    for (let i = 0; i < errors.length && i < members; i++) {
      const part = this.part(reader.read(errors, i), depth + 1);
      if (part === undefined) reader.failed = true;
      else parts.push(part);
    }
    return parts;
  }

  textRow(message: string): Row {
    const row = { base: 'Error', ours: undefined, name: 'Error', message, stack: `Error: ${message}`, fields: [] };
    return { ...row, errors: undefined, errorsEnumerable: false, lossy: false, remote: this.#remote };
  }

  #take(size: number): boolean {
    if (size > this.#room) {
      this.isFull = true;
      return false;
    }
    this.#room -= size;
    return true;
  }
}

export function isError(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (types.isNativeError(value)) return true;
  try {
    return value instanceof Error || Object.prototype.toString.call(value) === '[object DOMException]';
  } catch {
    return false;
  }
}

/** All own names, the usual ones first; `undefined` when a Proxy refuses. */
function ownKeys(error: object): string[] | undefined {
  try {
    const keys = new Set<string>();
    for (const key of USUAL) if (Object.hasOwn(error, key)) keys.add(key);
    for (const key of Object.getOwnPropertyNames(error)) keys.add(key);
    return [...keys];
  } catch {
    return undefined;
  }
}

/** Fields that are shown and have no name that could travel. */
function hasSymbols(error: object): boolean {
  try {
    return Object.getOwnPropertySymbols(error).some((key) => Object.prototype.propertyIsEnumerable.call(error, key));
  } catch {
    return false;
  }
}

function isEnumerable(error: object, key: string): boolean {
  try {
    return Object.prototype.propertyIsEnumerable.call(error, key);
  } catch {
    return false;
  }
}

/** By identity in this realm, by name of a native constructor in others. */
function baseOf(error: object): string {
  try {
    if (Object.prototype.toString.call(error) === '[object DOMException]') return 'DOMException';
    for (let at: object | null = error; at !== null; at = Object.getPrototypeOf(at)) {
      const type: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
      if (typeof type !== 'function' || !/\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(type))) continue;
      if (BASES.has(type.name)) return type.name;
      if (type.name === 'AggregateError') return 'AggregateError';
    }
  } catch {
    // A Proxy's trap threw: then it is just an error.
  }
  return 'Error';
}

/** Whether they have the form of a table's rows. */
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

/** Whether it has the form of a value that is no error. */
export function isValuePart(how: unknown, payload: unknown): boolean {
  if (how === SEALED) return types.isUint8Array(payload);
  return how === VALUE && (payload === null || (typeof payload !== 'object' && typeof payload !== 'function'));
}

/** The errors of a table. `where`: the first one was thrown there, and its stack says so. `unseal` gives back what a Seal took. */
export function revive(rows: readonly Row[], unseal: (bytes: Uint8Array) => unknown, where?: ThrownWhere): Error[] {
  // All exist before any is filled, since they may refer to each other.
  const errors = withoutStacks(() => rows.map(blank));
  const value = ([how, payload]: Part): unknown => {
    if (how === VALUE) return payload;
    return how === SEALED ? unseal(payload as Uint8Array) : errors[payload as number];
  };
  rows.forEach((row, place) => {
    const error = errors[place] as Error;
    let lossy = row.lossy;
    for (const [key, enumerable, part] of row.fields) {
      if (PLACED.has(key) || NEVER.has(key)) continue;
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
    define(error, 'stack', place === 0 && where !== undefined ? `${stack}\n${boundary(where)}` : stack, false);
  });
  return errors;
}

/** A native error of the row's class. A class of ours is given by its prototype: its constructor wants arguments that did not travel. */
function blank(row: Row): Error {
  const message = row.message === '' ? undefined : row.message;
  if (row.base === 'DOMException') return new DOMException(row.message, row.name);
  if (row.base === 'AggregateError') return new AggregateError([], message);
  const error = new (BASES.get(row.base) ?? Error)(message);
  const ours = row.ours === undefined ? undefined : REVIVABLE.get(row.ours);
  return ours === undefined ? error : Object.setPrototypeOf(error, ours.prototype);
}

/** Taking a stack costs ten times the rest, and ours would be replaced. */
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

/** Not so with `--frozen-intrinsics`. */
function isWritable(property: PropertyDescriptor | undefined): boolean {
  return property?.writable === true;
}

function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  // Without a prototype: a polluted Object.prototype could make it an accessor.
  Object.defineProperty(error, key, { __proto__: null, value, enumerable, configurable: true, writable: true } as PropertyDescriptor);
}

function boundary({ workerId, kind, taskName, pid, threadId }: ThrownWhere): string {
  const number = kind === 'thread' ? threadId : pid;
  const which = number === undefined ? kind : `${kind} ${number}`;
  const task = taskName === undefined ? '' : ` task '${taskName.replace(/[\r\n]+/g, ' ').slice(0, 200)}'`;
  return `    at [worker ${workerId}, ${which}]${task}`;
}
