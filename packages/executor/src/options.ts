/**
 * Declares the options of the executors and reads those that core has no schema for.
 *
 * Options are read as own properties. All unknown and wrong options are reported in one OptionsError. A time limit is the exception: `NaN` is a
 * RangeError.
 */
import { inspect } from 'node:util';
import { type CallOptions, type OptionIssue, OptionsError, type SharedOptions } from '@twinpool/core';
import { type CallSettings, checkTimeout, resolveCall, unknownOption } from '@twinpool/core/facade';

/**
 * Options of an executor, in addition to those of every facade.
 *
 * @typeParam I - The types of the initializer's arguments.
 * @typeParam F - The types of the finalizer's arguments.
 */
// biome-ignore lint/suspicious/noExplicitAny: options whose initializer is not known by its type take any
export interface ExecutorOptions<I extends readonly unknown[] = any, F extends readonly unknown[] = any> extends SharedOptions<I, F> {
  /** The most workers. Default: `cpuCount()`, or all of the `runtime`'s. They are started when work comes. */
  maxWorkers?: number | undefined;
  /** Calls after which a worker is replaced; the count is exact. Default: no limit. */
  maxTasksPerChild?: number | undefined;
}

/** Options of `executor.map`. */
export interface ExecutorMapOptions extends CallOptions {
  /** Milliseconds for the whole iteration, counted from the call of `map`: one deadline for every `next()`. Default: no limit. */
  timeout?: number | undefined;
  /** Tasks in one message to a worker. Default: as many as the measured run time suggests. */
  chunksize?: number | undefined;
  /** Items read ahead of the consumer. Default: all items of a synchronous input; for an asynchronous one twice the number of workers. */
  buffersize?: number | undefined;
  /**
   * 'stop': a task's error is delivered and ends the iteration; tasks that have not started are cancelled. 'continue': the error is delivered, and
   * `next()` goes on with the next item, as in CPython 3.16. Default: 'stop'.
   */
  onError?: 'stop' | 'continue' | undefined;
  /** Called after each task. `total` is `undefined` while the length of the input is not known. An error of the callback becomes a process warning. */
  onProgress?: ((progress: { completed: number; total: number | undefined }) => void) | undefined;
}

/** Options of `shutdown`. */
export interface ShutdownOptions {
  /** Whether the promise waits for the accepted work and the end of the workers. The work is done in both cases. Default: `true`. */
  wait?: boolean | undefined;
  /** Cancels the tasks that were not handed to a worker. Default: `false`. */
  cancelFutures?: boolean | undefined;
  /** Milliseconds to wait; then the promise rejects with TimeoutError, and the work goes on. Default: no limit. */
  timeout?: number | undefined;
}

const MAP_OPTIONS: readonly string[] = ['timeout', 'chunksize', 'buffersize', 'onError', 'onProgress'];

/** Reads the options of a `map`. `base`: the settings of the executor or view. The returned `timeout` is Infinity if there is no limit. */
export function resolveMap(
  options: object | undefined,
  base: CallSettings,
): { readonly settings: CallSettings; readonly own: ExecutorMapOptions; readonly timeout: number } {
  if (options === undefined) return { settings: base, own: {}, timeout: Number.POSITIVE_INFINITY };
  const timeout = checkTimeout(Object.hasOwn(options, 'timeout') ? (options as ExecutorMapOptions).timeout : undefined);
  return { ...resolveCall('map', options, base, MAP_OPTIONS), timeout };
}

/** Returns the own options that are not `undefined`. Throws OptionsError for an option that is not in `known`. */
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

/** Reads the options of a `shutdown`. The returned `timeout` is Infinity if there is no limit. */
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
