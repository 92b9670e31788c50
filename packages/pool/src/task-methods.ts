/**
 * TaskMethods: the methods of a pool that run tasks. Each call becomes a job of core. Their types and documentation are in pool.ts.
 *
 *   apply, applyAsync     CallJob
 *   map, starmap          ListMap over a MapJob; for an asynchronous input StreamMap over a StreamJob
 *   imap, imapUnordered   IMapIterator over a StreamJob
 *
 * Invariant: a method that returns a handle or an iterator throws the errors of state and arguments; a method that returns a promise rejects with
 * them. A pool is one TaskMethods, and each `withOptions` makes another; they share one PoolLifecycle. This file does not know how tasks run.
 */
import { inspect, types } from 'node:util';
import { type CallOptions, PoolTerminatedError } from '@twinpool/core';
import {
  adviseFor,
  CallJob,
  type CallSettings,
  callSiteOf,
  defineInspect,
  type JobListener,
  type KeptMemory,
  MapJob,
  StreamJob,
  type StreamShape,
  TypedResults,
  taskFunctionOf,
} from '@twinpool/core/facade';
import { type AsyncResult, PoolResult } from './async-result.ts';
import { type ResolvedCall, readBroadcastOptions, readCallOptions, readMapOptions, readViewOptions } from './call-options.ts';
import { afterCallbacks } from './callbacks.ts';
import { defaultChunksize } from './chunksize.ts';
import { IMapIterator } from './imap-iterator.ts';
import { argumentLists, asyncIteratorOf, checkArguments, checkedItems, checkRoom, itemsOf, iteratorOf, lengthOf } from './input.ts';
import { ListMap } from './list-map.ts';
import type { MapCall, MapListener } from './map-call.ts';
import { type MapResult, PoolMapResult } from './map-result.ts';
import { asPoolError } from './maybe-encoding-error.ts';
import type { PoolLifecycle } from './pool-lifecycle.ts';
import { StreamMap } from './stream-map.ts';

/** The most items read ahead. More: workers never wait for a slow consumer. Fewer: less memory, and less lost work when the loop ends early. */
const DEFAULT_WINDOW = 1024;
/** The most bytes of results that lie ready for the consumer of an `imap`. More: workers pause less often. Fewer: less memory. */
const MOST_BYTES = 2 ** 24;

/** The methods are untyped: pool.ts declares them as members of Pool. */
export class TaskMethods {
  static {
    defineInspect(TaskMethods.prototype, (methods) => `<PoolCalls of ${methods.#lifecycle.attachment.name}>`);
    adviseFor(TaskMethods.prototype, 'pool', 'create one inside the task: `await using pool = new Pool()` in its body');
  }

  readonly #lifecycle: PoolLifecycle;
  readonly #settings: CallSettings;

  constructor(lifecycle: PoolLifecycle, settings: CallSettings) {
    this.#lifecycle = lifecycle;
    this.#settings = settings;
  }

  apply(fn: unknown, ...[args, options]: [args?: unknown, options?: unknown]): Promise<never> {
    return promised((resolve, reject) => {
      this.#lifecycle.checkRunning();
      const { attachment } = this.#lifecycle;
      const { settings, callbacks } = readCallOptions('apply', options, this.#settings);
      const jobSettled = (ok: boolean, value: unknown): void => (ok ? resolve(value) : reject(value));
      const listener = callbacks === undefined ? { jobSettled } : afterCallbacks(callbacks, attachment, jobSettled);
      attachment.submit(new CallJob(taskFunctionOf(fn), argumentsOf('apply', args), settings, listener), 1);
    });
  }

  applyAsync(fn: unknown, ...[args, options]: [args?: unknown, options?: unknown]): AsyncResult<never> {
    this.#lifecycle.checkRunning();
    const { attachment } = this.#lifecycle;
    const { settings, callbacks } = readCallOptions('applyAsync', options, this.#settings);
    const result = new PoolResult<never>(attachment, callbacks);
    const job = new CallJob(taskFunctionOf(fn), argumentsOf('applyAsync', args), settings, result);
    result.begin(job);
    attachment.submit(job, 1);
    result.begun();
    return result;
  }

  map(fn: unknown, iterable: unknown, options?: unknown): Promise<never> {
    return this.#runMap('map', fn, iterable, options);
  }

  mapAsync(fn: unknown, iterable: unknown, options?: unknown): MapResult<never> {
    return this.#startMap('mapAsync', fn, iterable, options);
  }

  starmap(fn: unknown, iterable: unknown, options?: unknown): Promise<never> {
    return this.#runMap('starmap', fn, iterable, options);
  }

  starmapAsync(fn: unknown, iterable: unknown, options?: unknown): MapResult<never> {
    return this.#startMap('starmapAsync', fn, iterable, options);
  }

  imap(fn: unknown, iterable: unknown, options?: unknown): IMapIterator<never> {
    return this.#startImap('imap', fn, iterable, options);
  }

  imapUnordered(fn: unknown, iterable: unknown, options?: unknown): IMapIterator<never> {
    return this.#startImap('imapUnordered', fn, iterable, options);
  }

  broadcast(fn: unknown, ...[args, options]: [args?: unknown, options?: unknown]): Promise<never> {
    return promised((resolve, reject) => {
      this.#lifecycle.checkRunning();
      const settings = readBroadcastOptions(options, this.#settings);
      const jobSettled = (ok: boolean, value: unknown): void => (ok ? resolve(value) : reject(value));
      this.#lifecycle.attachment.broadcast(taskFunctionOf(fn), argumentsOf('broadcast', args), settings, { jobSettled });
    });
  }

  withOptions(options: CallOptions): object {
    return new TaskMethods(this.#lifecycle, readViewOptions(options, this.#settings));
  }

  /** An error that is thrown in here rejects the promise. */
  #runMap(what: MapMethod, fn: unknown, iterable: unknown, options: unknown): Promise<never> {
    return promised((resolve, reject) => {
      this.#lifecycle.checkRunning();
      const call = readMapOptions(what, options, this.#settings, 'map');
      const listener: MapListener = { jobSettled: (ok, value) => (ok ? resolve(value) : reject(value)), inputWasEmpty: resolve };
      this.#makeMap(what, fn, iterable, call, listener, false).submit();
    });
  }

  #startMap(what: MapMethod, fn: unknown, iterable: unknown, options: unknown): MapResult<never> {
    this.#lifecycle.checkRunning();
    const call = readMapOptions(what, options, this.#settings, 'mapAsync');
    const result = new PoolMapResult<never>(this.#lifecycle.attachment, call.callbacks);
    return result.startMap(this.#makeMap(what, fn, iterable, call, result, true));
  }

  #makeMap(what: MapMethod, fn: unknown, iterable: unknown, call: ResolvedCall, listener: MapListener, keepsOutcomes: boolean): MapCall {
    const site = callSiteOf(TaskMethods.prototype[what]);
    const input = asyncIteratorOf(what, iterable);
    const shape = { spread: what.startsWith('starmap'), chunksize: call.chunksize, onProgress: call.onProgress, site, into: intoOf(call) };
    if (input !== undefined) return this.#makeStreamMap(what, fn, input, call, shape, listener, keepsOutcomes);
    const { inputMemory, resultMemory } = this.#lifecycle.attachment;
    const { list: items, memory } = itemsOf(iterable as Iterable<unknown>, inputMemory);
    // The input's own code may have ended the pool.
    this.#lifecycle.checkRunning();
    if (shape.spread) for (let i = 0; i < items.length; i++) checkArguments(what, i, items[i]);
    if (shape.into !== undefined) checkRoom(what, items.length, shape.into);
    const mostAtOnce = defaultChunksize(items.length, this.#lifecycle.attachment.slots);
    const failFast = call.failFast === true;
    const shared = memory === undefined || shape.spread ? undefined : resultsOf(items, resultMemory);
    const settled = memory === undefined ? listener : givingBack(listener, [memory, inputMemory], [shared?.buffer, resultMemory]);
    const job = new MapJob(taskFunctionOf(fn), items, { ...shape, mostAtOnce, failFast, keepsOutcomes, shared }, call.settings, settled);
    return new ListMap(job, this.#lifecycle, listener, failFast);
  }

  #makeStreamMap(
    what: MapMethod,
    fn: unknown,
    input: AsyncIterator<unknown>,
    call: ResolvedCall,
    shape: Pick<StreamShape, 'spread' | 'chunksize' | 'onProgress' | 'site' | 'into'>,
    listener: MapListener,
    keepsOutcomes: boolean,
  ): MapCall {
    // The input's own code may have ended the pool.
    this.#lifecycle.checkRunning();
    const window = call.buffersize ?? DEFAULT_WINDOW;
    const onFailure = call.failFast === true ? (error: unknown, ofInput: boolean) => map.failed(error, ofInput) : undefined;
    const { into } = shape;
    const items = shape.spread ? argumentLists(what, input) : input;
    const async = into === undefined ? items : checkedItems(items, (index) => checkRoom(what, index + 1, into));
    const job = new StreamJob(
      taskFunctionOf(fn),
      { async },
      { ...shape, ordered: true, window, total: undefined, onFailure },
      call.settings,
    );
    const map = new StreamMap(job, this.#lifecycle, listener, keepsOutcomes, into);
    return map;
  }

  #startImap(what: 'imap' | 'imapUnordered', fn: unknown, iterable: unknown, options: unknown): IMapIterator<never> {
    this.#lifecycle.checkRunning();
    const site = callSiteOf(TaskMethods.prototype[what]);
    const { chunksize, buffersize, onProgress, onError, indexed, settings } = readMapOptions(what, options, this.#settings, 'imap');
    const asynchronous = asyncIteratorOf(what, iterable);
    const input = asynchronous === undefined ? { sync: iteratorOf(iterable as Iterable<unknown>) } : { async: asynchronous };
    const window = buffersize ?? DEFAULT_WINDOW;
    const total = lengthOf(iterable);
    const shape = { spread: false, ordered: what === 'imap', indexed, chunksize, window, mostBytes: MOST_BYTES, onProgress, total, site };
    // The input's own code may have ended the pool.
    this.#lifecycle.checkRunning();
    const job = new StreamJob(taskFunctionOf(fn), input, shape, settings);
    this.#lifecycle.attachment.submit(job, 0);
    return new IMapIterator(job, this.#lifecycle, what, onError === 'stop');
  }
}

type MapMethod = 'map' | 'mapAsync' | 'starmap' | 'starmapAsync';

/** Returns a copy: the caller may change its array while the task waits. A job keeps of one argument only the argument. */
function argumentsOf(what: string, args: unknown): readonly unknown[] {
  if (args === undefined) return NONE;
  if (!Array.isArray(args))
    throw new TypeError(`${what}: expected the arguments as an array, such as [1, 2], got ${inspect(args, { depth: 0 })}`);
  return args.length === 1 ? args : args.slice();
}

/** Returns shared memory for the results of these items; `undefined` where no worker writes results there. */
function resultsOf(items: ArrayLike<unknown>, kept: KeptMemory | undefined): Float64Array | undefined {
  if (kept === undefined || types.isBigInt64Array(items) || types.isBigUint64Array(items)) return undefined;
  return new Float64Array(kept.take(items.length * Float64Array.BYTES_PER_ELEMENT), 0, items.length);
}

/** Returns a listener that gives memory back after a success: then no worker uses it, as each has answered all its tasks. */
function givingBack(
  listener: JobListener,
  ...pieces: readonly (readonly [memory: ArrayBufferLike | undefined, to: KeptMemory | undefined])[]
): JobListener {
  return {
    jobSettled(ok, value) {
      if (ok) for (const [memory, to] of pieces) if (memory !== undefined) to?.give(memory);
      listener.jobSettled(ok, value);
    },
  };
}

/** Returns the array for the results of a call with `into`. */
function intoOf({ into }: ResolvedCall): TypedResults | undefined {
  return into === undefined ? undefined : new TypedResults(into);
}

const NONE: readonly unknown[] = [];

/**
 * Returns a promise that `start` settles; an error that `start` throws rejects it. After `return pool.map(…)` in an `await using` block the pool is
 * terminated before the caller has the promise. So a rejection by `terminate()` is marked as handled: it raises no `unhandledRejection`.
 */
function promised(start: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void): Promise<never> {
  let resolve: (value: never) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<never>((...functions) => {
    [resolve, reject] = functions;
  });
  const rejectAsPool = (error: unknown): void => {
    const poolError = asPoolError(error);
    if (poolError instanceof PoolTerminatedError) promise.catch(() => undefined);
    reject(poolError);
  };
  // Called here and not inside the constructor of the promise: V8 keeps ten frames of a stack, and the caller's has to be among them.
  try {
    start(resolve as (value: unknown) => void, rejectAsPool);
  } catch (error) {
    reject(error);
  }
  return promise;
}
