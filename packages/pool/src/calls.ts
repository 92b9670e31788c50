/**
 * The task methods of a pool: from Python's names to core's jobs. Their public types and documentation are in pool.ts.
 *
 * Decides which job a call becomes, and what is told at the call itself: state and argument errors are thrown by methods that return a handle
 * or an iterator, and reject where a promise is returned. A pool is one `Calls`, every `withOptions` makes another; they share one Life.
 *
 *   apply             CallJob                      map, starmap   MapJob, or (asynchronous input) a StreamJob that is gathered
 *   imap, imapUnordered   StreamJob
 */
import { inspect } from 'node:util';
import { type CallOptions, PoolTerminatedError } from '@twinpool/core';
import { adviseFor, CallJob, type CallSettings, callSiteOf, MapJob, StreamJob, taskFunctionOf } from '@twinpool/core/facade';
import { type AsyncResult, PoolResult } from './async-result.ts';
import { readCallOptions, readMapOptions, readViewOptions, type Wish } from './call-options.ts';
import { afterCallbacks } from './callbacks.ts';
import { defaultChunksize } from './chunksize.ts';
import { IMapIterator } from './imap.ts';
import { argumentLists, asyncIteratorOf, checkArguments, itemsOf, iteratorOf, lengthOf } from './input.ts';
import { inspectedAs } from './inspected.ts';
import type { Life } from './life.ts';
import { type MapResult, PoolMapResult } from './map-result.ts';
import { KnownMap, type MapListener, StreamedMap } from './maps.ts';
import { asPoolError } from './maybe-encoding-error.ts';

/** The most items read ahead. More: workers never wait for a slow consumer. Less: less memory, and less done in vain when the loop is left. */
const DEFAULT_WINDOW = 1024;
/** The most bytes of results that lie ready for the consumer of an `imap`. More: fewer pauses of a slow consumer. Less: less memory. */
const MOST_BYTES = 2 ** 24;

/** Untyped: pool.ts declares what users see of it, as members of Pool. */
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

  apply(fn: unknown, ...[args, options]: [args?: unknown, options?: unknown]): Promise<never> {
    return promised((resolve, reject) => {
      this.#life.checkRunning();
      const { seat } = this.#life;
      const { settings, callbacks } = readCallOptions('apply', options, this.#settings);
      const jobSettled = (ok: boolean, value: unknown): void => (ok ? resolve(value) : reject(value));
      const listener = callbacks === undefined ? { jobSettled } : afterCallbacks(callbacks, seat, jobSettled);
      seat.submit(new CallJob(taskFunctionOf(fn), argumentsOf('apply', args), settings, listener), 1);
    });
  }

  applyAsync(fn: unknown, ...[args, options]: [args?: unknown, options?: unknown]): AsyncResult<never> {
    this.#life.checkRunning();
    const { seat } = this.#life;
    const { settings, callbacks } = readCallOptions('applyAsync', options, this.#settings);
    const result = new PoolResult<never>(seat, callbacks);
    const job = new CallJob(taskFunctionOf(fn), argumentsOf('applyAsync', args), settings, result);
    return result.start(job, () => seat.submit(job, 1));
  }

  map(fn: unknown, iterable: unknown, options?: unknown): Promise<never> {
    return this.#mapNow('map', fn, iterable, options);
  }

  mapAsync(fn: unknown, iterable: unknown, options?: unknown): MapResult<never> {
    return this.#mapAsyncNow('mapAsync', fn, iterable, options);
  }

  starmap(fn: unknown, iterable: unknown, options?: unknown): Promise<never> {
    return this.#mapNow('starmap', fn, iterable, options);
  }

  starmapAsync(fn: unknown, iterable: unknown, options?: unknown): MapResult<never> {
    return this.#mapAsyncNow('starmapAsync', fn, iterable, options);
  }

  imap(fn: unknown, iterable: unknown, options?: unknown): IMapIterator<never> {
    return this.#imapNow('imap', fn, iterable, options);
  }

  imapUnordered(fn: unknown, iterable: unknown, options?: unknown): IMapIterator<never> {
    return this.#imapNow('imapUnordered', fn, iterable, options);
  }

  withOptions(options: CallOptions): object {
    return new Calls(this.#life, readViewOptions(options, this.#settings));
  }

  /** What is thrown in here rejects the promise. */
  #mapNow(what: MapMethod, fn: unknown, iterable: unknown, options: unknown): Promise<never> {
    return promised((resolve, reject) => {
      this.#life.checkRunning();
      const wish = readMapOptions(what, options, this.#settings, 'map');
      const listener: MapListener = { jobSettled: (ok, value) => (ok ? resolve(value) : reject(value)), inputWasEmpty: () => resolve([]) };
      this.#makeMap(what, fn, iterable, wish, listener, false).submit();
    });
  }

  #mapAsyncNow(what: MapMethod, fn: unknown, iterable: unknown, options: unknown): MapResult<never> {
    this.#life.checkRunning();
    const wish = readMapOptions(what, options, this.#settings, 'mapAsync');
    const result = new PoolMapResult<never>(this.#life.seat, wish.callbacks);
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
function promised(start: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void): Promise<never> {
  let refuse: (error: unknown) => void = () => undefined;
  const promise = new Promise<never>((resolve, reject) => {
    refuse = reject;
    start(resolve as (value: unknown) => void, (error) => refuse(asPoolError(error)));
  });
  const reject = refuse;
  refuse = (error) => {
    if (error instanceof PoolTerminatedError) promise.catch(() => undefined);
    reject(error);
  };
  return promise;
}
