/**
 * The task methods of a pool: from Python's names to core's jobs.
 *
 * Decides which job a call becomes, and what is told at the call itself: state and argument errors are thrown by methods that return a handle
 * or an iterator, and reject where a promise is returned. A pool is one `Calls`, every `withOptions` makes another; they share one Life.
 *
 *   apply             CallJob                      map, starmap   MapJob, or (asynchronous input) a StreamJob that is gathered
 *   imap, imapUnordered   StreamJob
 */
import { inspect } from 'node:util';
import { type CallOptions, PoolTerminatedError, type TaskReference } from '@twinpool/core';
import { adviseFor, CallJob, type CallSettings, callSiteOf, MapJob, StreamJob, taskFunctionOf } from '@twinpool/core/facade';
import { type AsyncResult, PoolResult } from './async-result.ts';
import {
  type AsyncMapOptions,
  type AsyncOptions,
  type ImapOptions,
  readCallOptions,
  readMapOptions,
  readViewOptions,
  type WholeMapOptions,
  type Wish,
} from './call-options.ts';
import { afterCallbacks } from './callbacks.ts';
import { defaultChunksize } from './chunksize.ts';
import { IMapIterator } from './imap.ts';
import { argumentLists, asyncIteratorOf, checkArguments, type Input, itemsOf, iteratorOf, lengthOf } from './input.ts';
import { inspectedAs } from './inspected.ts';
import type { Life } from './life.ts';
import { type MapResult, PoolMapResult } from './map-result.ts';
import { KnownMap, type MapListener, StreamedMap } from './maps.ts';
import { asPoolError } from './maybe-encoding-error.ts';

/** The most items read ahead. More: workers never wait for a slow consumer. Less: less memory, and less done in vain when the loop is left. */
const DEFAULT_WINDOW = 1024;
/** The most bytes of results that lie ready for the consumer of an `imap`. More: fewer pauses of a slow consumer. Less: less memory. */
const MOST_BYTES = 2 ** 24;

/** `args` may be left out only where the function takes none. */
export type Rest<A extends readonly unknown[], O> = [] extends A
  ? [args?: Readonly<A> | undefined, options?: O | undefined]
  : [args: Readonly<A>, options?: O | undefined];

/** The methods that run tasks: what a pool and each of its views have. */
export type PoolCalls = Pick<Calls, keyof Calls>;

export class Calls {
  static {
    inspectedAs(Calls.prototype, (calls) => `<PoolCalls of ${calls.#life.seat.name}>`);
    adviseFor(Calls.prototype, 'pool', 'create one inside the task: `await using pool = new Pool()` in its body');
  }

  readonly #life: Life;
  readonly #settings: CallSettings;

  constructor(life: Life, settings: CallSettings) {
    this.#life = life;
    this.#settings = settings;
  }

  /**
   * Calls `fn(...args)` in a worker. Rejects with the task's error, with PoolClosedError when the pool takes no new work.
   *
   * @example
   * ```ts
   * console.log(await pool.apply((a: number, b: number) => a * b, [6, 7])); // 42
   * ```
   */
  apply<A extends readonly unknown[], R>(fn: (...args: A) => R, ...rest: Rest<A, AsyncOptions<Awaited<R>>>): Promise<Awaited<R>>;
  apply<A extends readonly unknown[], R>(
    fn: TaskReference<(...args: A) => R>,
    ...rest: Rest<A, AsyncOptions<Awaited<R>>>
  ): Promise<Awaited<R>>;
  apply(fn: unknown, ...[args, options]: [args?: unknown, options?: unknown]): Promise<unknown> {
    return promised((resolve, reject) => {
      this.#life.checkRunning();
      const { seat } = this.#life;
      const { settings, callbacks } = readCallOptions('apply', options, this.#settings);
      const jobSettled = (ok: boolean, value: unknown): void => (ok ? resolve(value) : reject(value));
      const listener = callbacks === undefined ? { jobSettled } : afterCallbacks(callbacks, seat, jobSettled);
      seat.submit(new CallJob(taskFunctionOf(fn), argumentsOf('apply', args), settings, listener), 1);
    });
  }

  /**
   * As `apply`, but returns a handle at once. Throws PoolClosedError and argument errors; what the task itself does is in the handle.
   *
   * @example
   * ```ts
   * const result = pool.applyAsync((x: number) => x + 1, [41], { callback: (value) => console.log(value) });
   * console.log(await result.get(5_000)); // 42
   * ```
   */
  applyAsync<A extends readonly unknown[], R>(fn: (...args: A) => R, ...rest: Rest<A, AsyncOptions<Awaited<R>>>): AsyncResult<Awaited<R>>;
  applyAsync<A extends readonly unknown[], R>(
    fn: TaskReference<(...args: A) => R>,
    ...rest: Rest<A, AsyncOptions<Awaited<R>>>
  ): AsyncResult<Awaited<R>>;
  applyAsync(fn: unknown, ...[args, options]: [args?: unknown, options?: unknown]): AsyncResult<unknown> {
    this.#life.checkRunning();
    const { seat } = this.#life;
    const { settings, callbacks } = readCallOptions('applyAsync', options, this.#settings);
    const result = new PoolResult(seat, callbacks);
    const job = new CallJob(taskFunctionOf(fn), argumentsOf('applyAsync', args), settings, result);
    return result.start(job, () => seat.submit(job, 1));
  }

  /**
   * Calls `fn(item)` for every item, in parallel, and gives the results in input order. When tasks fail, it rejects with the first error by
   * input order, once all tasks have ended (Python's rule); with `failFast` with the first that comes. A bare number for `options` is the
   * chunksize.
   *
   * @example
   * ```ts
   * console.log(await pool.map((x: number) => x ** 2, [1, 2, 3])); // [ 1, 4, 9 ]
   * ```
   */
  map<A, R>(fn: (item: A) => R, iterable: Input<A>, options?: number | WholeMapOptions): Promise<Awaited<R>[]>;
  map<A, R>(fn: TaskReference<(item: A) => R>, iterable: Input<A>, options?: number | WholeMapOptions): Promise<Awaited<R>[]>;
  map(fn: unknown, iterable: unknown, options?: unknown): Promise<unknown> {
    return this.#mapNow('map', fn, iterable, options);
  }

  /**
   * As `map`, but returns a handle at once, which can be asked for each item's outcome (`settled`). The callback is given the whole list;
   * on an empty input none is called.
   *
   * @example
   * ```ts
   * const result = pool.mapAsync((x: number) => x ** 2, [1, 2, 3], { onProgress: ({ completed }) => console.log(completed) });
   * console.log(await result.get(5_000)); // [ 1, 4, 9 ]
   * ```
   */
  mapAsync<A, R>(fn: (item: A) => R, iterable: Input<A>, options?: number | AsyncMapOptions<Awaited<R>[]>): MapResult<Awaited<R>>;
  mapAsync<A, R>(
    fn: TaskReference<(item: A) => R>,
    iterable: Input<A>,
    options?: number | AsyncMapOptions<Awaited<R>[]>,
  ): MapResult<Awaited<R>>;
  mapAsync(fn: unknown, iterable: unknown, options?: unknown): MapResult<unknown> {
    return this.#mapAsyncNow('mapAsync', fn, iterable, options);
  }

  /**
   * As `map`, for functions of several arguments: every item is an array of arguments.
   *
   * @example
   * ```ts
   * console.log(await pool.starmap((a: number, b: number) => a * b, [[1, 2], [3, 4]])); // [ 2, 12 ]
   * ```
   */
  starmap<A extends readonly unknown[], R>(
    fn: (...args: A) => R,
    iterable: Input<Readonly<A>>,
    options?: number | WholeMapOptions,
  ): Promise<Awaited<R>[]>;
  starmap<A extends readonly unknown[], R>(
    fn: TaskReference<(...args: A) => R>,
    iterable: Input<Readonly<A>>,
    options?: number | WholeMapOptions,
  ): Promise<Awaited<R>[]>;
  starmap(fn: unknown, iterable: unknown, options?: unknown): Promise<unknown> {
    return this.#mapNow('starmap', fn, iterable, options);
  }

  /** As `starmap`, but returns a handle at once, as `mapAsync` does. */
  starmapAsync<A extends readonly unknown[], R>(
    fn: (...args: A) => R,
    iterable: Input<Readonly<A>>,
    options?: number | AsyncMapOptions<Awaited<R>[]>,
  ): MapResult<Awaited<R>>;
  starmapAsync<A extends readonly unknown[], R>(
    fn: TaskReference<(...args: A) => R>,
    iterable: Input<Readonly<A>>,
    options?: number | AsyncMapOptions<Awaited<R>[]>,
  ): MapResult<Awaited<R>>;
  starmapAsync(fn: unknown, iterable: unknown, options?: unknown): MapResult<unknown> {
    return this.#mapAsyncNow('starmapAsync', fn, iterable, options);
  }

  /**
   * As `map`, but lazily: results come one by one in input order, and the input is read only so far ahead (`buffersize`) that an endless
   * one works. Unlike CPython, which reads the whole input at once.
   *
   * @example
   * ```ts
   * for await (const square of pool.imap((x: number) => x ** 2, [1, 2, 3])) console.log(square);
   * ```
   */
  imap<A, R>(fn: (item: A) => R, iterable: Input<A>, options?: number | ImapOptions): IMapIterator<Awaited<R>>;
  imap<A, R>(fn: TaskReference<(item: A) => R>, iterable: Input<A>, options?: number | ImapOptions): IMapIterator<Awaited<R>>;
  imap(fn: unknown, iterable: unknown, options?: unknown): IMapIterator<unknown> {
    return this.#imapNow('imap', fn, iterable, options);
  }

  /** As `imap`, but the results come in the order in which the tasks end. */
  imapUnordered<A, R>(fn: (item: A) => R, iterable: Input<A>, options?: number | ImapOptions): IMapIterator<Awaited<R>>;
  imapUnordered<A, R>(fn: TaskReference<(item: A) => R>, iterable: Input<A>, options?: number | ImapOptions): IMapIterator<Awaited<R>>;
  imapUnordered(fn: unknown, iterable: unknown, options?: unknown): IMapIterator<unknown> {
    return this.#imapNow('imapUnordered', fn, iterable, options);
  }

  /**
   * The same methods with `options` for every call made through them. Views nest; a call's own option wins.
   *
   * @example
   * ```ts
   * const urgent = pool.withOptions({ priority: 10, taskTimeout: 1_000 });
   * console.log(await urgent.apply((x: number) => x + 1, [1])); // 2
   * ```
   */
  withOptions(options: CallOptions): PoolCalls {
    return new Calls(this.#life, readViewOptions(options, this.#settings));
  }

  /** What is thrown in here rejects the promise. */
  #mapNow(what: MapMethod, fn: unknown, iterable: unknown, options: unknown): Promise<unknown> {
    return promised((resolve, reject) => {
      this.#life.checkRunning();
      const wish = readMapOptions(what, options, this.#settings, 'map');
      const listener: MapListener = { jobSettled: (ok, value) => (ok ? resolve(value) : reject(value)), inputWasEmpty: () => resolve([]) };
      this.#makeMap(what, fn, iterable, wish, listener, false).submit();
    });
  }

  #mapAsyncNow(what: MapMethod, fn: unknown, iterable: unknown, options: unknown): MapResult<unknown> {
    this.#life.checkRunning();
    const wish = readMapOptions(what, options, this.#settings, 'mapAsync');
    const result = new PoolMapResult<unknown>(this.#life.seat, wish.callbacks);
    const map = this.#makeMap(what, fn, iterable, wish, result, true);
    return result.follow(map, () => map.submit());
  }

  #makeMap(
    what: MapMethod,
    fn: unknown,
    iterable: unknown,
    wish: Wish,
    listener: MapListener,
    keepsFailures: boolean,
  ): KnownMap | StreamedMap {
    const site = callSiteOf(Calls.prototype[what]);
    const spread = what.startsWith('starmap');
    const { chunksize, buffersize, onProgress, settings } = wish;
    const failFast = wish.failFast === true;
    const input = asyncIteratorOf(what, iterable);
    if (input === undefined) {
      const items = itemsOf(iterable as Iterable<unknown>);
      // The input's own code may have ended the pool.
      this.#life.checkRunning();
      if (spread) for (let i = 0; i < items.length; i++) checkArguments(what, i, items[i]);
      const mostAtOnce = defaultChunksize(items.length, this.#life.seat.workers);
      const shape = { spread, chunksize, mostAtOnce, onProgress, failFast, keepsFailures, site };
      const job = new MapJob(taskFunctionOf(fn), items, shape, settings, listener);
      return new KnownMap(job, this.#life, listener, failFast);
    }
    // The input's own code may have ended the pool.
    this.#life.checkRunning();
    const window = buffersize ?? DEFAULT_WINDOW;
    const onFailure = failFast ? (error: unknown, ofInput: boolean) => map.failed(error, ofInput) : undefined;
    const shape = { spread, ordered: true, chunksize, window, onProgress, total: undefined, onFailure, site };
    const job = new StreamJob(taskFunctionOf(fn), { async: spread ? argumentLists(what, input) : input }, shape, settings);
    const map = new StreamedMap(job, this.#life, listener, keepsFailures);
    return map;
  }

  #imapNow(what: 'imap' | 'imapUnordered', fn: unknown, iterable: unknown, options: unknown): IMapIterator<never> {
    this.#life.checkRunning();
    const site = callSiteOf(Calls.prototype[what]);
    const { chunksize, buffersize, onProgress, onError, settings } = readMapOptions(what, options, this.#settings, 'imap');
    const asynchronous = asyncIteratorOf(what, iterable);
    const input = asynchronous === undefined ? { sync: iteratorOf(iterable as Iterable<unknown>) } : { async: asynchronous };
    const window = buffersize ?? DEFAULT_WINDOW;
    const total = lengthOf(iterable);
    const shape = { spread: false, ordered: what === 'imap', chunksize, window, mostBytes: MOST_BYTES, onProgress, total, site };
    // The input's own code may have ended the pool.
    this.#life.checkRunning();
    const job = new StreamJob(taskFunctionOf(fn), input, shape, settings);
    this.#life.seat.submit(job, 0);
    return new IMapIterator(job, this.#life, what, onError === 'stop');
  }
}

type MapMethod = 'map' | 'mapAsync' | 'starmap' | 'starmapAsync';

/** A copy, since the task may wait while the caller goes on. */
function argumentsOf(what: string, args: unknown): readonly unknown[] {
  if (args === undefined) return NONE;
  if (!Array.isArray(args)) throw new TypeError(`${what}: expected the arguments as an array, got ${inspect(args, { depth: 0 })}`);
  return args.slice();
}

const NONE: readonly unknown[] = [];

/**
 * A promise for what `start` gets; what it throws rejects. `return pool.map(…)` in an `await using` block terminates the pool before anybody can have
 * asked for the promise, so a rejection by `terminate()` is never an unhandled one: it waits for whoever asks.
 */
function promised(start: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void): Promise<unknown> {
  let refuse: (error: unknown) => void = () => undefined;
  const promise = new Promise<unknown>((resolve, reject) => {
    refuse = reject;
    start(resolve, (error) => refuse(asPoolError(error)));
  });
  const reject = refuse;
  refuse = (error) => {
    if (error instanceof PoolTerminatedError) promise.catch(() => undefined);
    reject(error);
  };
  return promise;
}
