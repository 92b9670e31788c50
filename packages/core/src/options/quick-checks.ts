/**
 * Checks the options of calls without their schemas, which a call that gives options would pay for each time.
 *
 *   own options --each is known, and its check is true--> fine
 *                 '--any other--> the schemas decide (schemas.ts), and word the fault
 *
 * Invariant: a value that passes here passes its schema. The schemas use the same functions, where they have one. It does not know messages.
 */

export function isDuration(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}

export function isNumber(value: unknown): boolean {
  return typeof value === 'number' && !Number.isNaN(value);
}

export function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

export function isAbortSignal(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;
}

/** A whole number of `least` or more, or Infinity. */
export function isWholeOrInfinite(value: unknown, least: number): boolean {
  return value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && (value as number) >= least);
}

/** A whole number from `least` to `most`. */
export function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

type Check = (value: unknown) => boolean;

/** The options of every call. */
const OF_CALLS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['signal', isAbortSignal],
  ['priority', isNumber],
  ['taskTimeout', isDuration],
  ['retries', (value) => isWhole(value, 0, Number.MAX_SAFE_INTEGER)],
  ['onReport', isFunction],
]);

/** Options of single methods. The typed array `into` is left to its schema. */
const OF_METHODS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['callback', isFunction],
  ['errorCallback', isFunction],
  ['chunksize', (value) => isWhole(value, 1, Number.MAX_SAFE_INTEGER)],
  ['buffersize', (value) => isWholeOrInfinite(value, 1)],
  ['timeout', isNumber],
  ['onProgress', isFunction],
  ['onError', (value) => value === 'stop' || value === 'continue'],
  ['failFast', isBoolean],
  ['indexed', isBoolean],
]);

/** Whether a method takes all these options. `extra`, `without`: as `resolveCall` has them. False: unknown. `own` inherits nothing. */
export function areFineForCall(own: Readonly<Record<string, unknown>>, extra: readonly string[], without: readonly string[]): boolean {
  for (const name in own) {
    const check = OF_CALLS.get(name) ?? (extra.includes(name) ? OF_METHODS.get(name) : undefined);
    if (check === undefined || !check(own[name]) || without.includes(name)) return false;
  }
  return true;
}
