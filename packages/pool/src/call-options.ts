/**
 * Declares the options of a pool's methods and reads them: a number alone is the `chunksize`.
 *
 * It knows which method takes which options. Core checks the values.
 */
import type { CallOptions, NumberArray } from '@twinpool/core';
import { type CallSettings, checkWhole, resolveCall } from '@twinpool/core/facade';
import type { Callbacks } from './callbacks.ts';

/** Options of `apply` and `applyAsync`. */
export interface AsyncOptions<R = unknown> extends CallOptions, Callbacks<R> {}

/** Options of `broadcast`. */
export interface BroadcastOptions extends Pick<CallOptions, 'signal' | 'taskTimeout' | 'onReport'> {}

/** Options of the methods that take an iterable. */
export interface MapOptions extends CallOptions {
  /**
   * Tasks in one message to a worker. Default: as many as their measured run time allows, and one while the function was not measured; for `map` at most
   * Python's number, `ceil(length / (4 * workers))`.
   */
  chunksize?: number | undefined;
  /**
   * The most items read ahead of the consumer of an `imap`, or ahead of the results of a `map` over an asynchronous input. Default: 1 024. An `imap`
   * also keeps at most 16 MiB of results.
   */
  buffersize?: number | undefined;
  /** Called after each task. `total` is `undefined` while the length of the input is not known. Default: none. */
  onProgress?: ((progress: { completed: number; total: number | undefined }) => void) | undefined;
}

/** A typed array of bigints: a `map` can write its results into it. */
export type BigIntArray = BigInt64Array | BigUint64Array;

/** A typed array that can be the option `into` of a `map`. */
export type ResultArray = NumberArray | BigIntArray;

/**
 * The typed arrays that take results of a type: bigints or numbers. An unknown result is checked when it arrives.
 *
 * @typeParam R - The type of a result.
 */
export type ResultArrayFor<R> = unknown extends R
  ? ResultArray
  : [R] extends [number]
    ? NumberArray
    : [R] extends [bigint]
      ? BigIntArray
      : never;

/**
 * The result of a whole map: the list of all results, or the typed array of the option `into`.
 *
 * `T` is `I`. With `I` itself the compiler would infer the type of `into` from the type that the caller wants, such as `Promise<number[]>`.
 *
 * @typeParam R - The type of a result.
 * @typeParam I - The type of `into`.
 */
export type WholeMapResult<R, I> = I extends infer T extends ResultArray ? T : R[];

/**
 * Options of `map` and `starmap`, whose results come all together.
 *
 * @typeParam I - The type of `into`.
 */
export interface WholeMapOptions<I extends ResultArray | undefined = undefined> extends MapOptions {
  /**
   * `true`: the first error that comes ends the map at once, and tasks that were not handed to a worker never run. `false`: the map ends when
   * every task has ended, with the first error by input order. Default: `false`.
   */
  failFast?: boolean | undefined;
  /**
   * The typed array that gets the results, in input order from its first element on, and that is the result. It has an element for each item. A result that
   * does not fit the element type is the TaskSerializationError of its task. After an error of the map its contents are unspecified. Default: a new
   * array.
   */
  into?: I | undefined;
}

/**
 * Options of `mapAsync` and `starmapAsync`.
 *
 * @typeParam R - The type of all results together, which `callback` gets.
 * @typeParam I - The type of `into`.
 */
export interface AsyncMapOptions<R = unknown, I extends ResultArray | undefined = undefined> extends WholeMapOptions<I>, Callbacks<R> {}

/**
 * Options of `imap` and `imapUnordered`.
 *
 * @typeParam I - The type of `indexed`.
 */
export interface ImapOptions<I extends boolean | undefined = boolean | undefined> extends MapOptions {
  /** 'continue': after a task's error `next()` goes on with the next item. 'stop': the error ends the iteration and closes the input. Default: 'continue'. */
  onError?: 'stop' | 'continue' | undefined;
  /** `true`: each result comes as `{ index, value }`, `index` being the position of the item in the input. Default: `false`. */
  indexed?: I | undefined;
}

/** A result of an `imap` with `indexed: true`. */
export interface IndexedResult<R> {
  /** The position of the item in the input, from 0. */
  readonly index: number;
  /** The result. */
  readonly value: R;
}

/**
 * What an `imap` delivers: results, or results with their index.
 *
 * @typeParam R - The type of a result.
 * @typeParam I - The type of the option `indexed`.
 */
export type ImapResult<R, I> = I extends true ? IndexedResult<R> : R;

/** The options of one call, with the settings of the pool for those that are absent. */
export interface ResolvedCall
  extends Pick<WholeMapOptions & ImapOptions, 'chunksize' | 'buffersize' | 'onProgress' | 'failFast' | 'onError' | 'indexed'> {
  readonly settings: CallSettings;
  /** The typed array that gets the results. */
  readonly into: object | undefined;
  /** `undefined` if the call has neither callback. */
  readonly callbacks: Callbacks<unknown> | undefined;
}

const NONE: readonly string[] = [];
const CALLBACKS: readonly string[] = ['callback', 'errorCallback'];
const MAP_OPTIONS: readonly string[] = ['chunksize', 'buffersize', 'onProgress'];
/** The options of a method, without those of every call. */
const METHOD_OPTIONS: Readonly<Record<'map' | 'mapAsync' | 'imap', readonly string[]>> = {
  map: [...MAP_OPTIONS, 'failFast', 'into'],
  mapAsync: [...MAP_OPTIONS, ...CALLBACKS, 'failFast', 'into'],
  imap: [...MAP_OPTIONS, 'onError', 'indexed'],
};

/** Reads the options of `apply` and `applyAsync`. Throws OptionsError, TypeError for a value that is not an object. */
export function readCallOptions(what: string, options: unknown, base: CallSettings): ResolvedCall {
  return read(what, options, base, CALLBACKS, 'an object of options');
}

/** Reads the options of `broadcast`. Throws OptionsError, TypeError for a value that is not an object. */
export function readBroadcastOptions(options: unknown, base: CallSettings): CallSettings {
  return read('broadcast', options, base, NONE, 'an object of options', ['priority', 'retries']).settings;
}

/** Reads the options, or the chunksize alone, of a method that takes an iterable. Throws OptionsError, TypeError or RangeError. */
export function readMapOptions(what: string, options: unknown, base: CallSettings, as: keyof typeof METHOD_OPTIONS): ResolvedCall {
  if (typeof options === 'number') {
    checkWhole(options, `${what}: chunksize`);
    return { settings: base, callbacks: undefined, chunksize: options, into: undefined };
  }
  return read(what, options, base, METHOD_OPTIONS[as], 'a chunksize or an object of options');
}

/** Reads the options of a view. Throws OptionsError, TypeError for a value that is not an object. */
export function readViewOptions(options: unknown, base: CallSettings): CallSettings {
  return read('withOptions', options, base, NONE, 'an object of options').settings;
}

function read(
  what: string,
  options: unknown,
  base: CallSettings,
  extra: readonly string[],
  expected: string,
  without: readonly string[] = NONE,
): ResolvedCall {
  if (options === undefined) return { settings: base, callbacks: undefined, into: undefined };
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${what}: expected ${expected}, got ${options === null ? 'null' : `a ${typeof options}`}`);
  }
  const { settings, own } = resolveCall(what, options, base, extra, without);
  const { callback, errorCallback, chunksize, buffersize, onProgress, failFast, into, onError, indexed } = own as AsyncMapOptions &
    ImapOptions;
  const callbacks = callback === undefined && errorCallback === undefined ? undefined : { callback, errorCallback };
  return { settings, callbacks, chunksize, buffersize, onProgress, failFast, into, onError, indexed };
}
