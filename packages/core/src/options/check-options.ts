/**
 * Checks options and arguments of the API before they are used, and reports every fault of an object of options in one error.
 *
 *   options --own properties--> own --schemas of zod--> issues --> OptionsError        (or `own`, when there are no issues)
 *                                  '--rules of the caller--^
 *
 * Options are read as own properties into an object without a prototype: a polluted `Object.prototype` adds none. The schemas are loaded with the
 * first object of options, not when the package is imported. It runs once per runtime, client or call that gives options, never per task.
 * It does not know which options belong together: resolve-options.ts does.
 */
import { inspect, types } from 'node:util';
import { type OptionIssue, OptionsError } from '../errors.ts';
import type * as Schemas from './schemas.ts';
import * as lazySchemas from './schemas.ts';

export type OwnOptions = Record<string, unknown>;
/** Reports one more fault. `path`: the option, with dots between the levels. */
export type ReportIssue = (path: string, message: string) => void;

let schemas: typeof Schemas | undefined;

/** The build makes the module evaluated at the first call, and a copy of its exports at each use of its name (scripts/bundle.mjs). */
export function optionSchemas(): typeof Schemas {
  schemas ??= lazySchemas;
  return schemas;
}

/** Inherits nothing. Objects of a class are several times cheaper than those of `Object.create(null)`. */
const Own = function Own() {} as unknown as new () => OwnOptions;
Own.prototype = Object.freeze(Object.create(null));

/** The own enumerable properties that are not `undefined`, without a prototype that has any. */
function ownOptions(options: object): OwnOptions {
  const own = new Own();
  for (const key of Object.keys(options)) {
    const value = (options as Record<string, unknown>)[key];
    if (value !== undefined) own[key] = value;
  }
  return own;
}

/**
 * Returns the own options. Throws OptionsError with every fault that the schemas of `shapeOf` and the rules of `checkTogether` report. `what`: the
 * name of the class or method, for the message. `areFine`: whether no schema is needed, because all of them would pass.
 */
export function checkOptions(
  what: string,
  options: unknown,
  shapeOf: (schemas: typeof Schemas) => Schemas.Shape,
  checkTogether: (own: OwnOptions, report: ReportIssue) => void,
  areFine: (own: OwnOptions) => boolean = never,
): OwnOptions {
  if (options === undefined) return new Own();
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const got = options === null ? 'null' : Array.isArray(options) ? 'an array' : `a ${typeof options}`;
    throw new OptionsError(`${what}: expected an object of options, got ${got}`, [{ path: '', message: `expected an object, got ${got}` }]);
  }
  const own = ownOptions(options);
  const issues: OptionIssue[] = areFine(own) ? [] : optionSchemas().faults(own, shapeOf(optionSchemas()), show);
  checkTogether(own, (path, message) => issues.push({ path, message }));
  if (issues.length > 0) {
    throw new OptionsError(`${what}: ${issues.map(({ path, message }) => `${path}: ${message}`).join('; ')}`, issues);
  }
  return own;
}

function never(): boolean {
  return false;
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'object' && value !== null) {
    if (Array.isArray(value)) return 'an array';
    if (!ArrayBuffer.isView(value) && !types.isAnyArrayBuffer(value)) return 'an object';
    const name = Object.prototype.toString.call(value).slice('[object '.length, -1);
    return `${/^[AI]/.test(name) ? 'an' : 'a'} ${name}`;
  }
  return typeof value === 'function' ? 'a function' : inspect(value);
}

/** Checks a number that is an argument of a method. Throws TypeError for another type, RangeError for a number that is not whole or out of range. */
export function checkWhole(value: unknown, what: string, most: number = Number.MAX_SAFE_INTEGER): asserts value is number {
  if (typeof value !== 'number') throw new TypeError(`${what}: expected a whole number of 1 or more, got ${show(value)}`);
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new RangeError(
      `${what}: expected a whole number ${most === Number.MAX_SAFE_INTEGER ? 'of 1 or more' : `from 1 to ${most}`}, got ${value}`,
    );
  }
}

/**
 * Returns a time limit in milliseconds; `undefined` becomes Infinity, which means no limit. Throws TypeError for another type, RangeError for
 * `NaN`.
 */
export function checkTimeout(value: unknown, what = 'timeout'): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  if (typeof value !== 'number') throw new TypeError(`${what}: expected milliseconds (a number), got ${show(value)}`);
  if (Number.isNaN(value)) throw new RangeError(`${what}: expected milliseconds, got NaN`);
  return value;
}
