/**
 * The options of one call, and what comes of them.
 *
 * Decides which options which methods take, and that a bare number is `chunksize`. How each is checked is core's business.
 */
import type { CallOptions } from '@twinpool/core';
import { type CallSettings, checkWhole, resolveCall } from '@twinpool/core/facade';
import type { Callbacks } from './callbacks.ts';

/** Options of `apply` and `applyAsync`. */
export interface AsyncOptions<R = unknown> extends CallOptions, Callbacks<R> {}

/** Options of the methods that take an iterable. */
export interface MapOptions extends CallOptions {
  /** Tasks that travel together. Default: Python's rule for `map` as long as nothing is measured; one by one for `imap`. */
  chunksize?: number | undefined;
  /** The most items read ahead of the consumer of an `imap`, or ahead of the results of a `map` over an async input. Default 1 024. An `imap` also holds at most 16 MiB of results. */
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
/** Which options a method takes beside those of every call. */
const OF_METHODS: Readonly<Record<'map' | 'mapAsync' | 'imap', readonly string[]>> = {
  map: [...OF_A_MAP, 'failFast'],
  mapAsync: [...OF_A_MAP, ...CALLBACKS, 'failFast'],
  imap: [...OF_A_MAP, 'onError'],
};

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
  return read(what, options, base, OF_METHODS[as], 'a chunksize or an object of options');
}

/** The settings of a view. Throws as the others do. */
export function readViewOptions(options: unknown, base: CallSettings): CallSettings {
  return read('withOptions', options, base, [], 'an object of options').settings;
}

function read(what: string, options: unknown, base: CallSettings, extra: readonly string[], expected: string): Wish {
  if (options === undefined) return { settings: base, callbacks: undefined };
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${what}: expected ${expected}, got ${options === null ? 'null' : `a ${typeof options}`}`);
  }
  const { settings, own } = resolveCall(what, options, base, extra);
  const { callback, errorCallback, chunksize, buffersize, onProgress, failFast, onError } = own as AsyncMapOptions & ImapOptions;
  const callbacks = callback === undefined && errorCallback === undefined ? undefined : { callback, errorCallback };
  return { settings, callbacks, chunksize, buffersize, onProgress, failFast, onError };
}
