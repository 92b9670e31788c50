/**
 * The options of this facade: their types, and the check of those that core has no schema for.
 *
 * Decides that they are read as own properties, and that everything unknown or wrong is refused in one OptionsError. A time to wait is the
 * exception: NaN is a RangeError wherever a time is given.
 */
import { inspect } from 'node:util';
import { type CallOptions, type OptionIssue, OptionsError, type SharedOptions } from '@twinpool/core';
import { type CallSettings, checkTimeout, resolveCall } from '@twinpool/core/facade';

export interface ExecutorOptions extends SharedOptions {
  /** The most workers; default: `os.availableParallelism()`, or all of the `runtime`'s. They are started when work comes. */
  maxWorkers?: number | undefined;
  /** Calls after which a worker is replaced; exact. */
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
  /** `total` is undefined while the input is not known. A throwing one becomes a process warning. */
  onProgress?: ((progress: { completed: number; total: number | undefined }) => void) | undefined;
}

export interface ShutdownOptions {
  /** Whether the promise waits for the accepted work and the workers; default `true`. The work is done either way. */
  wait?: boolean | undefined;
  /** Cancel what was not handed to a worker; default `false`. */
  cancelFutures?: boolean | undefined;
}

const MAP_OPTIONS: readonly string[] = ['timeout', 'chunksize', 'buffersize', 'onProgress'];

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
    else unknown.push({ path: key, message: `unknown option; there are ${known.join(', ')}` });
  }
  refuse(what, unknown);
  return own;
}

/** Reads booleans, all of them optional. */
export function ownFlags(what: string, options: unknown, known: readonly string[]): Record<string, boolean | undefined> {
  const own = ownOptions(what, options, known);
  refuse(
    what,
    Object.keys(own)
      .filter((key) => typeof own[key] !== 'boolean')
      .map((key) => ({ path: key, message: `expected true or false, got ${inspect(own[key], { depth: 0 })}` })),
  );
  return own as Record<string, boolean | undefined>;
}

function refuse(what: string, issues: readonly OptionIssue[]): void {
  if (issues.length > 0) throw new OptionsError(`${what}: ${issues.map(({ path, message }) => `${path}: ${message}`).join('; ')}`, issues);
}
