/**
 * The schemas of single options: which values each one takes, and the message for another value.
 *
 * This file is loaded with the first object of options. The build bundles it with the parts of zod that it uses (scripts/bundle.mjs), since the
 * whole of zod takes four times as long to load as everything else. It does not know which options go together: resolve-options.ts does.
 */
import { types } from 'node:util';
import * as zod from 'zod/mini';
import type { OptionIssue } from '../errors.ts';
import { isDetached } from '../primitives/is-detached.ts';
import { MOST_SLOTS, MOST_WORKERS } from './most-workers.ts';
import { isAbortSignal, isDuration, isFunction, isNumber, isWhole, isWholeOrInfinite } from './quick-checks.ts';
import { unknownOption } from './unknown-option.ts';

/** A schema of zod. Named here, because zod is built in: a user's compiler has no declarations of it. */
export interface Schema {
  readonly '~standard': unknown;
}

export type Shape = Record<string, Schema>;

function whole(least: number, most: number, unit: string): zod.ZodMiniType {
  return zod.custom((value) => isWhole(value, least, most), `expected ${unit}, a whole number from ${least} to ${most}`);
}

function wholeOrInfinite(least: number, unit: string): zod.ZodMiniType {
  return zod.custom((value) => isWholeOrInfinite(value, least), `expected ${unit}: a whole number of ${least} or more, or Infinity`);
}

/** `values`: two or more. */
function oneOf(...values: readonly string[]): zod.ZodMiniType {
  const names = values.map((value) => `'${value}'`);
  return zod.enum(values, `expected ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`);
}

const duration = zod.custom(isDuration, 'expected milliseconds: a number of 0 or more (Infinity: no limit)');
const aNumber = (unit: string) => zod.custom(isNumber, `expected ${unit}: a number`);
const abortSignal = zod.custom(isAbortSignal, 'expected an AbortSignal');
const callback = zod.custom(isFunction, 'expected a function');
const megabytes = zod.optional(
  zod.custom((value) => typeof value === 'number' && value > 0 && value < Number.POSITIVE_INFINITY, 'expected megabytes: a number above 0'),
);
const name = zod.string('expected a string');
const texts = zod.array(name, 'expected an array of strings');
const retries = whole(0, Number.MAX_SAFE_INTEGER, 'a number of re-runs');

/** An object whose own enumerable values are strings or `undefined`, such as `process.env`; a Map or another built-in object is a fault. */
const environment: zod.ZodMiniType = zod.unknown().check((context) => {
  const { value, issues } = context;
  if (value === 'inherit' || value === 'minimal') return;
  if (Object.prototype.toString.call(value) !== '[object Object]') {
    issues.push({ code: 'custom', message: "expected 'inherit', 'minimal' or an object of strings", input: value });
    return;
  }
  variablesOf(value as object, issues);
});

function variablesOf(env: object, issues: zod.core.$ZodRawIssue[]): void {
  for (const [name, variable] of Object.entries(env)) {
    if (variable === undefined || typeof variable === 'string') continue;
    issues.push({ code: 'custom', message: 'expected a string or undefined', input: env, path: [name] });
  }
}

/** A boolean, or an object with `port` and `wait`. */
const inspect: zod.ZodMiniType = zod.unknown().check((context) => {
  const { value, issues } = context;
  if (typeof value === 'boolean') return;
  if (Object.prototype.toString.call(value) !== '[object Object]') {
    issues.push({ code: 'custom', message: 'expected true, false or an object { port, wait }', input: value });
    return;
  }
  for (const [key, own] of Object.entries(value as object)) {
    if (own === undefined) continue;
    const isPort = key === 'port' && Number.isInteger(own) && own >= 1 && own <= 65_535;
    if (isPort || (key === 'wait' && typeof own === 'boolean')) continue;
    const wanted = { port: 'expected a port, a whole number from 1 to 65535', wait: 'expected true or false' }[key];
    issues.push({ code: 'custom', message: wanted ?? 'unknown option; there are port and wait', input: value, path: [key] });
  }
});

export const kind: Schema = oneOf('process', 'thread', 'inline');
export const count: Schema = whole(1, MOST_WORKERS, 'a number of workers');

const limits: Shape = {
  maxOldGenerationSizeMb: megabytes,
  maxYoungGenerationSizeMb: megabytes,
  codeRangeSizeMb: megabytes,
  stackSizeMb: megabytes,
};

const environmentOfWorker: zod.ZodMiniType = zod.unknown().check((context) => {
  const { value, issues } = context;
  if (Object.prototype.toString.call(value) === '[object Object]') variablesOf(value as object, issues);
  else issues.push({ code: 'custom', message: 'expected an object of strings', input: value });
});

/** What `runWithContext` gives. */
export const context: Shape = {
  report: callback,
  signal: abortSignal,
  workerData: zod.unknown(),
  workerIndex: whole(0, MOST_WORKERS, 'an index'),
};

/** What `perWorker` returns. */
export const perWorker: Shape = {
  env: environmentOfWorker,
  argv: texts,
  execArgv: texts,
  workerData: zod.unknown(),
};

const task = zod.custom(
  (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
  'expected a function or a task reference',
);

export const worker: Shape = {
  initializer: task,
  initargs: zod.array(zod.unknown(), 'expected an array'),
  finalizer: task,
  finalargs: zod.array(zod.unknown(), 'expected an array'),
  finalizerTimeout: duration,
  threadNamePrefix: name,
  maxTasksPerChild: whole(1, Number.MAX_SAFE_INTEGER, 'a number of calls'),
  concurrentTasksPerWorker: whole(1, MOST_SLOTS, 'a number of tasks'),
  maxMemoryPerChild: whole(1, Number.MAX_SAFE_INTEGER, 'a number of bytes'),
  startTimeout: duration,
  idleTimeout: duration,
  minWorkers: whole(0, MOST_WORKERS, 'a number of workers'),
  env: environment,
  argv: texts,
  execArgv: texts,
  workerData: zod.unknown(),
  perWorker: callback,
  preload: zod.array(
    zod.custom((value) => value instanceof URL || (typeof value === 'string' && value !== ''), 'expected a path, a specifier or a URL'),
    'expected an array of modules',
  ),
  cwd: zod.custom((value) => value instanceof URL || (typeof value === 'string' && value !== ''), 'expected a directory: a path or a URL'),
  execPath: zod.custom((value) => typeof value === 'string' && value !== '', 'expected the path of a program'),
  bufferDir: zod.custom((value) => value === false || (typeof value === 'string' && value !== ''), 'expected a directory, or false'),
  bufferLimit: whole(1, Number.MAX_SAFE_INTEGER, 'a number of bytes (bufferDir: false: no files)'),
  resourceLimits: zod.strictObject(limits, `expected an object with ${Object.keys(limits).join(', ')}`),
  stdio: oneOf('inherit', 'ignore', 'pipe'),
  inspect,
  lowLatency: zod.boolean('expected true or false'),
  maxPayloadBytes: whole(1, 2 ** 31 - 1, 'a number of bytes'),
};

export const share: Shape = {
  maxQueue: wholeOrInfinite(0, 'a number of tasks'),
  onWorkerLoss: oneOf('fail', 'retry', 'break'),
  retries,
  taskTimeout: duration,
  killGrace: duration,
  name,
  unobservedErrors: oneOf('warn', 'ignore'),
  reuseBuffers: zod.boolean('expected true or false'),
};

export const call: Shape = {
  signal: abortSignal,
  priority: aNumber('a priority'),
  taskTimeout: duration,
  retries,
  onReport: callback,
};

/** A typed array whose memory was not moved away. */
const typedArray: zod.ZodMiniType = zod.unknown().check((context) => {
  const { value, issues } = context;
  const message = types.isTypedArray(value)
    ? isDetached(value.buffer) && 'expected a typed array whose memory was not moved away'
    : 'expected a typed array, such as a Float64Array';
  if (message !== false) issues.push({ code: 'custom', message, input: value });
});

export const map: Shape = {
  chunksize: whole(1, Number.MAX_SAFE_INTEGER, 'a number of tasks'),
  buffersize: wholeOrInfinite(1, 'a number of items'),
  timeout: aNumber('milliseconds'),
  onProgress: callback,
  onError: oneOf('stop', 'continue'),
  failFast: zod.boolean('expected true or false'),
  into: typedArray,
  indexed: zod.boolean('expected true or false'),
  callback,
  errorCallback: callback,
};

/** The schema of an instance of a class. `what`: the class, with its article. */
export function instance(is: (value: unknown) => boolean, what: string): Schema {
  return zod.custom(is, `expected ${what}`);
}

/**
 * Returns every fault of `options`, whose properties are all optional and not `undefined`: those of known options in the order of the shape, then the
 * unknown ones. `show`: a value as a message shows it.
 */
export function faults(options: Record<string, unknown>, shape: Shape, show: (value: unknown) => string): OptionIssue[] {
  const found: OptionIssue[] = [];
  if (areFine(options, shape)) return found;
  let known = 0;
  for (const key of Object.keys(shape)) {
    if (!(key in options)) continue;
    known += 1;
    const parsed = (shape[key] as zod.ZodMiniType).safeParse(options[key]);
    if (!parsed.success) for (const issue of parsed.error.issues) addFault(found, key, options[key], issue, show);
  }
  const keys = Object.keys(options);
  if (keys.length === known) return found;
  for (const key of keys) if (!Object.hasOwn(shape, key)) found.push({ path: key, message: unknownOption(key, Object.keys(shape)) });
  return found;
}

/** The usual case. It looks at the given options only. */
function areFine(options: Record<string, unknown>, shape: Shape): boolean {
  for (const key of Object.keys(options)) {
    if (!Object.hasOwn(shape, key) || !(shape[key] as zod.ZodMiniType).safeParse(options[key]).success) return false;
  }
  return true;
}

function addFault(found: OptionIssue[], option: string, given: unknown, issue: zod.core.$ZodIssue, show: (value: unknown) => string): void {
  const path = [option, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) found.push({ path: [...path, key].join('.'), message: unknownOption(key, Object.keys(limits)) });
    return;
  }
  const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], given);
  found.push({ path: path.join('.'), message: `${issue.message}, got ${show(value)}` });
}
