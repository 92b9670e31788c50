/**
 * The options of this facade: their types, and the check of those that core has no schema for.
 *
 * Decides that they are read as own properties, and that everything unknown or wrong is refused in one OptionsError. A time to wait is the
 * exception: NaN is a RangeError wherever a time is given.
 */
import { inspect } from 'node:util';
import { type CallOptions, type OptionIssue, OptionsError, type SharedOptions } from '@twinpool/core';
import { type CallSettings, checkTimeout, resolveCall, unknownOption } from '@twinpool/core/facade';

/**
 * Options of an executor; the others are those that every facade takes.
 *
 * @typeParam I - The types of the initializer's arguments.
 */
// biome-ignore lint/suspicious/noExplicitAny: options whose initializer is not known by its type take any
export interface ExecutorOptions<I extends readonly unknown[] = any> extends SharedOptions<I> {
  /** The most workers. Default: `cpuCount()`, or all of the `runtime`'s. They are started when work comes. */
  maxWorkers?: number | undefined;
  /** Calls after which a worker is replaced; exact. Default: never. */
  maxTasksPerChild?: number | undefined;
}

/** Options of `executor.map`. */
export interface ExecutorMapOptions extends CallOptions {
  /** Milliseconds for the whole iteration, counted from the call. Default: none. */
  timeout?: number | undefined;
  /** Tasks that travel together; default: as measured. */
  chunksize?: number | undefined;
  /** Items read ahead of the consumer. Default: all of a synchronous input, twice the workers of an asynchronous one. */
  buffersize?: number | undefined;
  /**
   * What a task's error means to the iteration: 'stop' (default) delivers it and ends, and what has not started is cancelled; 'continue'
   * delivers it and goes on with the next item, as CPython does from 3.16 on.
   */
  onError?: 'stop' | 'continue' | undefined;
  /** `total` is undefined while the input is not known. A throwing one becomes a process warning. */
  onProgress?: ((progress: { completed: number; total: number | undefined }) => void) | undefined;
}

/** Options of `shutdown`. */
export interface ShutdownOptions {
  /** Whether the promise waits for the accepted work and the workers; default `true`. The work is done either way. */
  wait?: boolean | undefined;
  /** Cancel what was not handed to a worker; default `false`. */
  cancelFutures?: boolean | undefined;
  /** Milliseconds to wait; then the promise rejects with TimeoutError, and the work goes on. Default: none. */
  timeout?: number | undefined;
}

const MAP_OPTIONS: readonly string[] = ['timeout', 'chunksize', 'buffersize', 'onError', 'onProgress'];

/** The options of a `map` over the settings of whatever it is called through. `timeout` is Infinity when there is none. */
export function resolveMap(
  options: object | undefined,
  base: CallSettings,
): { readonly settings: CallSettings; readonly own: ExecutorMapOptions; readonly timeout: number } {
  if (options === undefined) return { settings: base, own: {}, timeout: Number.POSITIVE_INFINITY };
  const timeout = checkTimeout(Object.hasOwn(options, 'timeout') ? (options as ExecutorMapOptions).timeout : undefined);
  return { ...resolveCall('map', options, base, MAP_OPTIONS), timeout };
}

/** The own options among `known` that are not undefined. */
export function ownOptions(what: string, options: unknown, known: readonly string[]): Record<string, unknown> {
  const own = Object.create(null) as Record<string, unknown>;
  if (options === undefined) return own;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const got = inspect(options, { depth: 0 }).slice(0, 80);
    throw new OptionsError(`${what}: expected an object of options, got ${got}`, [{ path: '', message: `expected an object, got ${got}` }]);
  }
  const unknown: OptionIssue[] = [];
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (known.includes(key)) own[key] = value;
    else unknown.push({ path: key, message: unknownOption(key, known) });
  }
  refuse(what, unknown);
  return own;
}

const SHUTDOWN_FLAGS: readonly string[] = ['wait', 'cancelFutures'];

/** The options of a `shutdown`. `timeout` is Infinity when there is none. */
export function resolveShutdown(options: unknown): { readonly wait: boolean; readonly cancelFutures: boolean; readonly timeout: number } {
  const { wait = true, cancelFutures = false, timeout } = ownOptions('shutdown', options, [...SHUTDOWN_FLAGS, 'timeout']);
  const issues: OptionIssue[] = [];
  for (const [at, flag] of [wait, cancelFutures].entries()) {
    const path = SHUTDOWN_FLAGS[at] as string;
    if (typeof flag !== 'boolean') issues.push({ path, message: `expected true or false, got ${inspect(flag, { depth: 0 })}` });
  }
  refuse('shutdown', issues);
  return { wait: wait as boolean, cancelFutures: cancelFutures as boolean, timeout: checkTimeout(timeout) };
}

function refuse(what: string, issues: readonly OptionIssue[]): void {
  if (issues.length > 0) throw new OptionsError(`${what}: ${issues.map(({ path, message }) => `${path}: ${message}`).join('; ')}`, issues);
}
