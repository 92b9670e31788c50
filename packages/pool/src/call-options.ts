/**
 * The options of one call, and what comes of them.
 *
 * Decides which options which methods take, and that a bare number is `chunksize`. How each is checked is core's business, but for the two
 * that only a pool has.
 */
import { inspect } from 'node:util';
import { type CallOptions, type OptionIssue, OptionsError } from '@twinpool/core';
import { type CallSettings, checkWhole, resolveCall } from '@twinpool/core/facade';
import type { Callbacks } from './callbacks.ts';

/** Options of `apply` and `applyAsync`. */
export interface AsyncOptions<R = unknown> extends CallOptions, Callbacks<R> {}

/** Options of the methods that take an iterable. */
export interface MapOptions extends CallOptions {
  /** Tasks that travel together. Default: Python's rule for `map` as long as nothing is measured; one by one for `imap`. */
  chunksize?: number | undefined;
  /** The most items read ahead of the consumer of an `imap`, or ahead of the results of a `map` over an async input. Default 1 024. */
  buffersize?: number | undefined;
  /** Called after each task; `total` is `undefined` while the input's length is not known. */
  onProgress?: ((progress: { completed: number; total: number | undefined }) => void) | undefined;
}

/** Options of `map` and `starmap`, which end as a whole. */
export interface WholeMapOptions extends MapOptions {
  /**
   * The first error, by time, rejects at once, and what was not handed to a worker is never run. Default `false`: the first by input order,
   * once every task has ended.
   */
  failFast?: boolean | undefined;
}

/** Options of `mapAsync` and `starmapAsync`. */
export interface AsyncMapOptions<R = unknown> extends WholeMapOptions, Callbacks<R> {}

/** Options of `imap` and `imapUnordered`. */
export interface ImapOptions extends MapOptions {
  /** 'continue' (default): after a task's error `next()` goes on with the following item. 'stop': the error is the end, and the input is closed. */
  onError?: 'stop' | 'continue' | undefined;
}

/** What a call asks for. */
export interface Wish extends Pick<WholeMapOptions & ImapOptions, 'chunksize' | 'buffersize' | 'onProgress' | 'failFast' | 'onError'> {
  readonly settings: CallSettings;
  /** Absent when neither is given. */
  readonly callbacks: Callbacks<unknown> | undefined;
}

const CALLBACKS: readonly string[] = ['callback', 'errorCallback'];
const OF_A_MAP: readonly string[] = ['chunksize', 'buffersize', 'onProgress'];
/** Which options a method takes beside those of every call, and which of them are checked here. */
const OF_METHODS = {
  map: { extra: OF_A_MAP as readonly string[], own: 'failFast' },
  mapAsync: { extra: [...OF_A_MAP, ...CALLBACKS] as readonly string[], own: 'failFast' },
  imap: { extra: OF_A_MAP as readonly string[], own: 'onError' },
} as const;
/** The first is the default. */
const CHOICES = { failFast: [false, true], onError: ['continue', 'stop'] } as const;

/** Options of `apply` and `applyAsync`. Throws OptionsError; TypeError for what is no object. */
export function readCallOptions(what: string, options: unknown, base: CallSettings): Wish {
  return read(what, options, base, CALLBACKS, 'an object of options');
}

/** Options, or the bare chunksize, of the methods that take an iterable. */
export function readMapOptions(what: string, options: unknown, base: CallSettings, as: keyof typeof OF_METHODS): Wish {
  if (typeof options === 'number') {
    checkWhole(options, `${what}: chunksize`);
    return { settings: base, callbacks: undefined, chunksize: options };
  }
  const { extra, own } = OF_METHODS[as];
  return read(what, options, base, extra, 'a chunksize or an object of options', own);
}

/** The settings of a view. Throws as the others do. */
export function readViewOptions(options: unknown, base: CallSettings): CallSettings {
  return read('withOptions', options, base, [], 'an object of options').settings;
}

function read(
  what: string,
  options: unknown,
  base: CallSettings,
  extra: readonly string[],
  expected: string,
  key?: keyof typeof CHOICES,
): Wish {
  if (options === undefined) return { settings: base, callbacks: undefined };
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${what}: expected ${expected}, got ${options === null ? 'null' : `a ${typeof options}`}`);
  }
  if (key === undefined || !Object.hasOwn(options, key)) return wishOf(resolveCall(what, options, base, extra));
  const { [key]: choice, ...others } = options as Record<string, unknown>;
  const issues: OptionIssue[] = [];
  const choices: readonly unknown[] = CHOICES[key];
  if (choice !== undefined && !choices.includes(choice)) {
    issues.push({
      path: key,
      message: `expected ${choices.map((each) => inspect(each)).join(' or ')}, got ${inspect(choice, { depth: 0 })}`,
    });
  }
  return { ...wishOf(withIssues(what, issues, () => resolveCall(what, others, base, extra))), [key]: choice };
}

/** Runs `resolve`; its faults and `issues` are told together. */
function withIssues<T>(what: string, issues: readonly OptionIssue[], resolve: () => T): T {
  let all = issues;
  let resolved: T | undefined;
  try {
    resolved = resolve();
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    all = [...issues, ...error.issues];
  }
  if (all.length === 0) return resolved as T;
  throw new OptionsError(`${what}: ${all.map(({ path, message }) => `${path}: ${message}`).join('; ')}`, all);
}

function wishOf({ settings, own }: ReturnType<typeof resolveCall>): Wish {
  const { callback, errorCallback, chunksize, buffersize, onProgress } = own as AsyncMapOptions;
  const callbacks = callback === undefined && errorCallback === undefined ? undefined : { callback, errorCallback };
  return { settings, callbacks, chunksize, buffersize, onProgress };
}
