/**
 * Reads errors into the rows of a table (error-rows.ts).
 *
 *   error --add--> row: class, name, message, stack, fields; one more row for each cause and each member of an AggregateError
 *
 * Invariants: `add` and `part` never throw, and the size of a table is bounded. Reading an error may run its code (getters, traps of a Proxy),
 * so every read is inside `try`. A field that cannot travel is left out, and the error is then marked `lossy`.
 * This file does not know how a field that is not an error is sealed: the caller passes a Seal.
 */
import { types } from 'node:util';
import { REVIVABLE } from '../errors.ts';
import { BASES, type Field, FORBIDDEN_KEYS, type Part, ROW_KEYS, ROWS, type Row, SEALED, VALUE } from './error-rows.ts';

/** The longest chain of causes. */
const DEEPEST = 16;
/** Members of one AggregateError, and rows of one table. */
const MOST_ERRORS = 1000;
const MOST_ROWS = 4096;
/** The deepest nesting of tables in fields of errors. */
const MOST_TABLES = 4;
const MOST_FIELDS = 256;
/** Characters and bytes of all rows together, and characters of one stack. */
export const MOST_TEXT: number = 1 << 22;
export const MOST_STACK: number = 1 << 15;
/** Keys that the language, Node or this package set on errors, often not enumerable. They come first in a row, so that there is space for them. */
const USUAL = ['name', 'cause', 'errors', 'code', 'errno', 'syscall', 'path', 'dest', 'lossy'] as const;

/** Reads fields of an error. A read that throws returns `undefined` and sets `failed`. */
class SafeReader {
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
      // `Error.prepareStackTrace` may return a stack of any type.
      if (text !== undefined && key !== 'stack') this.failed = true;
      return undefined;
    }
    if (text.length > most) this.failed = true;
    return text.slice(0, most);
  }
}

/** Replaces the value of a field that must not travel. */
const FORBIDDEN: unknown = Symbol('forbidden');

/** Writes the value of an error's field as at most `most` bytes. Errors in the value go into a table inside of `outer`. Throws if it cannot travel. */
export type Seal = (value: object, most: number, outer: ErrorTable) => Uint8Array;

export interface TableLimits {
  /** Characters and bytes of all rows together. */
  readonly text: number;
  readonly rows: number;
  /** Members of one AggregateError. */
  readonly members: number;
}

/** The limits of an error that a task threw. More data does not help the reader, and every worker must be able to send it. */
export const OF_THROWN: TableLimits = { text: MOST_TEXT, rows: MOST_ROWS, members: MOST_ERRORS };

/** Collects errors as rows. */
export class ErrorTable {
  readonly rows: (Row | undefined)[] = [];
  /** A text or value was left out because of the limits. */
  isFull = false;
  readonly #indexes = new Map<object, number>();
  readonly #remote: boolean;
  readonly #limits: TableLimits;
  readonly #seal: Seal;
  readonly #outer: ErrorTable | undefined;
  #room: number;

  /** `remote`: `true` if a task threw or passed the errors, `false` if the worker reports a failure of its own. */
  constructor(remote: boolean, limits: TableLimits, seal: Seal, outer?: ErrorTable) {
    this.#remote = remote;
    this.#limits = limits;
    this.#seal = seal;
    this.#outer = outer;
    this.#room = limits.text;
  }

  /** Characters and bytes of the rows so far. */
  get size(): number {
    return this.#limits.text - this.#room;
  }

  /** Adds the error and returns the index of its row, -1 if the table is full. */
  add(error: object): number {
    return (this.#error(error, 0)?.[1] as number | undefined) ?? -1;
  }

  /** Returns true if a table inside of this one may add the error. An error that is in this table already would be added without end. */
  admits(error: object): boolean {
    let depth = 0;
    for (let table: ErrorTable | undefined = this; table !== undefined; table = table.#outer) {
      depth += 1;
      if (table.#indexes.has(error)) return false;
    }
    return depth < MOST_TABLES;
  }

  /** Returns the part for a value, `undefined` if the value cannot travel. */
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
    const known = this.#indexes.get(error);
    if (known !== undefined) return [ROWS, known];
    if (depth > DEEPEST || this.rows.length >= this.#limits.rows) return undefined;
    // The index is set before the row is made: the error may be its own cause.
    const index = this.rows.push(undefined) - 1;
    this.#indexes.set(error, index);
    this.rows[index] = this.#row(error, depth);
    return [ROWS, index];
  }

  #row(error: object, depth: number): Row {
    const reader = new SafeReader();
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
      if (ROW_KEYS.has(key)) continue;
      const value = FORBIDDEN_KEYS.has(key) ? FORBIDDEN : reader.read(error, key);
      if (key === 'errors' && Array.isArray(value) && !types.isProxy(value)) {
        errors = this.#members(value, depth, reader);
        continue;
      }
      const part = this.part(value, depth + 1);
      if (part !== undefined) fields.push([key, isEnumerable(error, key), part]);
      // Errors of Node and of zod have a `toString` of their own. It shows their data and is not part of it.
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

  #members(errors: readonly unknown[], depth: number, reader: SafeReader): Part[] {
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

  /** A row for a text that stands for an unreadable value. */
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

/** Returns all own keys, the usual ones first; `undefined` if a Proxy throws. */
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

/** Returns true if the error has enumerable symbol keys: they are shown, but they cannot travel. */
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

/** The nearest built-in class, by the name of a native constructor, so that errors of other realms are recognised too. */
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
    // A trap of a Proxy threw: the error counts as an Error.
  }
  return 'Error';
}
