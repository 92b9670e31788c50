/**
 * Pool and ThreadPool: their documented interfaces, and the classes that implement them.
 *
 *   Pool --extends--> TaskMethods (task-methods.ts)      apply, map, imap, …: every call becomes a job of core
 *     '---has-------> PoolLifecycle (pool-lifecycle.ts)  close, terminate, join
 *                          '--has--> the attachment to a runtime (core): workers, queue, settings
 *
 * Nine tenths of this file are docstrings: the code is the 70 lines at its end. The interfaces stand next to the classes for two reasons. Editors
 * name `Pool.apply`, not the class that has the code. And the constructor of a class cannot have type parameters, which tie `initargs` to
 * `initializer`; the signature of a constructor in an interface can.
 */
import type { Readable } from 'node:stream';
import { inspect } from 'node:util';
import type { CallOptions, RuntimeStats, Task, TaskRest } from '@twinpool/core';
import { Attachment, defineInspect } from '@twinpool/core/facade';
import type { AsyncResult } from './async-result.ts';
import { PROCESSES, THREADS } from './attachment-shapes.ts';
import type {
  AsyncMapOptions,
  AsyncOptions,
  BroadcastOptions,
  ImapOptions,
  ImapResult,
  IndexedResult,
  ResultArrayFor,
  WholeMapOptions,
  WholeMapResult,
} from './call-options.ts';
import type { IMapIterator } from './imap-iterator.ts';
import type { Input } from './input.ts';
import type { MapResult } from './map-result.ts';
import { PoolLifecycle } from './pool-lifecycle.ts';
import type { PoolOptions } from './pool-options.ts';
import { TaskMethods } from './task-methods.ts';

/** The arguments and options of `apply`. `args` can be left out only if the function takes none. */
export type Rest<A extends readonly unknown[], O> = [] extends A
  ? [args?: Readonly<A> | undefined, options?: O | undefined]
  : [args: Readonly<A>, options?: O | undefined];

/** The methods that run tasks. A pool has them, and each view that `withOptions` returns. */
export interface PoolCalls
  extends Pick<
    Pool,
    'apply' | 'applyAsync' | 'map' | 'mapAsync' | 'starmap' | 'starmapAsync' | 'imap' | 'imapUnordered' | 'broadcast' | 'withOptions'
  > {}

/**
 * Python's `multiprocessing.Pool`: worker processes, each its own OS process.
 *
 * Workers start at once, at most `cpuCount()` at the same time. The end of an `await using` scope terminates the pool, as Python's `with` does: await your results inside the scope. An
 * idle pool does not keep the program alive.
 *
 * Price: the start of a worker takes tens of milliseconds; make a pool once and keep it.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#module-multiprocessing.pool
 *
 * @example
 * ```ts
 * import { Pool } from 'twinpool';
 *
 * await using pool = new Pool(2);
 * console.log(await pool.map((x: number) => x ** 2, [1, 2, 3])); // [ 1, 4, 9 ]
 * ```
 */
export interface Pool extends AsyncDisposable {
  /**
   * Calls `fn(...args)` in a worker.
   *
   * Price: about 2 µs per task while many wait; for one task, about 10 µs there and back with threads and 30 µs with processes. Not for shorter
   * functions unless through `map`.
   *
   * @param fn - The function, or a reference to it.
   * @param args - Its arguments, as an array. They are copied when the task is handed to a worker. Default: none.
   * @param options - Options of this call. Default: those of the pool.
   * @returns The result.
   * @throws PoolClosedError (rejection) when the pool takes no new work.
   * @throws TypeError (rejection) when `args` is not an array, OptionsError (rejection) for bad options.
   * @throws The task's error (rejection).
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.apply
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool(2);
   * console.log(await pool.apply((a: number, b: number) => a * b, [6, 7])); // 42
   * ```
   */
  apply<A extends readonly unknown[], R>(fn: (...args: A) => R, ...rest: Rest<A, AsyncOptions<Awaited<R>>>): Promise<Awaited<R>>;
  apply<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(
    fn: T & Task<A, R>,
    ...rest: TaskRest<T, Rest<A, AsyncOptions<Awaited<R>>>, Given>
  ): Promise<Awaited<R>>;

  /**
   * Calls `fn(...args)` in a worker and returns a handle at once.
   *
   * Price: that of `apply`; the call itself takes about 0.2 µs.
   *
   * @param fn - The function, or a reference to it.
   * @param args - Its arguments, as an array. They are copied when the task is handed to a worker. Default: none.
   * @param options - Options of this call, with `callback` and `errorCallback`. Default: those of the pool.
   * @returns The handle of the result. The error of the task, or of a bad function, is the outcome of the handle.
   * @throws PoolClosedError when the pool takes no new work.
   * @throws TypeError when `args` is not an array.
   * @throws OptionsError for bad options.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.apply_async
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool(2);
   * const result = pool.applyAsync((x: number) => x + 1, [41], { callback: (value) => console.log(value) });
   * console.log(await result.get(5_000)); // 42
   * ```
   */
  applyAsync<A extends readonly unknown[], R>(fn: (...args: A) => R, ...rest: Rest<A, AsyncOptions<Awaited<R>>>): AsyncResult<Awaited<R>>;
  applyAsync<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(
    fn: T & Task<A, R>,
    ...rest: TaskRest<T, Rest<A, AsyncOptions<Awaited<R>>>, Given>
  ): AsyncResult<Awaited<R>>;

  /**
   * Calls `fn(item)` for every item, in parallel, and returns the results in input order.
   *
   * If tasks fail, it rejects when all tasks have ended, with the first error by input order (Python's rule). With `failFast` it rejects with the
   * first error that comes.
   *
   * With `into` the results are written into your typed array, from its first element on, and the array is the result.
   *
   * Price: less than 0.1 µs per task if items and results are numbers; to copy larger values costs more.
   *
   * @param fn - The function, or a reference to it.
   * @param iterable - The items, synchronous or asynchronous. A synchronous input is read to its end at once.
   * @param options - The chunksize, or options. Default chunksize: as measured run times allow, at most Python's `ceil(length / (4 * workers))`.
   * @returns The results: a list, or the array of the option `into`.
   * @throws PoolClosedError (rejection) when the pool takes no new work.
   * @throws TypeError, RangeError or OptionsError (rejection) for a bad input, chunksize or option. RangeError (rejection) if `into` has fewer elements
   * than the input has items: no task starts then, but for an asynchronous input.
   * @throws The first error of a task (rejection). Its property `taskIndex` is the index of the item. A result that does not fit the element type of
   * `into` is the TaskSerializationError of its task.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.map
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool(2);
   * console.log(await pool.map((x: number) => x ** 2, [1, 2, 3])); // [ 1, 4, 9 ]
   * console.log(await pool.map((x: number) => x ** 2, [1, 2, 3], { into: new Float64Array(3) })); // Float64Array(3) [ 1, 4, 9 ]
   * ```
   */
  map<A, R, I extends ResultArrayFor<Awaited<R>> | undefined = undefined>(
    fn: (item: A) => R,
    iterable: Input<A>,
    options?: number | WholeMapOptions<I>,
  ): Promise<WholeMapResult<Awaited<R>, I>>;
  map<A, R, T, Given extends readonly unknown[], I extends ResultArrayFor<Awaited<R>> | undefined = undefined>(
    fn: T & Task<[item: A], R>,
    iterable: Input<A>,
    ...options: TaskRest<T, [options?: number | WholeMapOptions<I> | undefined], Given>
  ): Promise<WholeMapResult<Awaited<R>, I>>;

  /**
   * Maps as `map` does and returns a handle at once. Its method `settled` returns the outcome of each item.
   *
   * The callback gets the list of all results, or the array of the option `into`. No callback is called for an empty input.
   *
   * Price: that of `map`.
   *
   * @param fn - The function, or a reference to it.
   * @param iterable - The items, synchronous or asynchronous. A synchronous input is read to its end at once.
   * @param options - The chunksize, or options, with `callback` and `errorCallback`. Default chunksize: as measured run times allow, at most Python's `ceil(length / (4 * workers))`.
   * @returns The handle of the list, or of the array of the option `into`.
   * @throws PoolClosedError when the pool takes no new work.
   * @throws TypeError, RangeError or OptionsError for a bad input, chunksize or option, RangeError if `into` is too short.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.map_async
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool(2);
   * const result = pool.mapAsync((x: number) => x ** 2, [1, 2, 3], { onProgress: ({ completed }) => console.log(completed) });
   * console.log(await result.get(5_000)); // [ 1, 4, 9 ]
   * ```
   */
  mapAsync<A, R, I extends ResultArrayFor<Awaited<R>> | undefined = undefined>(
    fn: (item: A) => R,
    iterable: Input<A>,
    options?: number | AsyncMapOptions<WholeMapResult<Awaited<R>, I>, I>,
  ): MapResult<Awaited<R>, WholeMapResult<Awaited<R>, I>>;
  mapAsync<A, R, T, Given extends readonly unknown[], I extends ResultArrayFor<Awaited<R>> | undefined = undefined>(
    fn: T & Task<[item: A], R>,
    iterable: Input<A>,
    ...options: TaskRest<T, [options?: number | AsyncMapOptions<WholeMapResult<Awaited<R>, I>, I> | undefined], Given>
  ): MapResult<Awaited<R>, WholeMapResult<Awaited<R>, I>>;

  /**
   * Maps as `map` does, for functions of several arguments: every item is an array of arguments.
   *
   * Price: that of `map`, plus one array per task.
   *
   * @param fn - The function, or a reference to it.
   * @param iterable - Arrays of arguments, in a synchronous or asynchronous input.
   * @param options - The chunksize, or options. Default chunksize: as measured run times allow, at most Python's `ceil(length / (4 * workers))`.
   * @returns The results: a list, or the array of the option `into`.
   * @throws PoolClosedError (rejection) when the pool takes no new work.
   * @throws TypeError (rejection) for an item that is not an array of arguments.
   * @throws TypeError, RangeError or OptionsError (rejection) for a bad input, chunksize or option, RangeError (rejection) if `into` is too short.
   * @throws The first error of a task (rejection). Its property `taskIndex` is the index of the item. A result that does not fit the element type of
   * `into` is the TaskSerializationError of its task.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.starmap
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool(2);
   * const rows: [number, number][] = [[1, 2], [3, 4]];
   * console.log(await pool.starmap((a: number, b: number) => a * b, rows)); // [ 2, 12 ]
   * ```
   */
  starmap<A extends readonly unknown[], R, I extends ResultArrayFor<Awaited<R>> | undefined = undefined>(
    fn: (...args: A) => R,
    iterable: Input<Readonly<A>>,
    options?: number | WholeMapOptions<I>,
  ): Promise<WholeMapResult<Awaited<R>, I>>;
  starmap<
    A extends readonly unknown[],
    R,
    T,
    Given extends readonly unknown[],
    I extends ResultArrayFor<Awaited<R>> | undefined = undefined,
  >(
    fn: T & Task<A, R>,
    iterable: Input<Readonly<A>>,
    ...options: TaskRest<T, [options?: number | WholeMapOptions<I> | undefined], Given>
  ): Promise<WholeMapResult<Awaited<R>, I>>;

  /**
   * Maps as `starmap` does and returns a handle at once, as `mapAsync` does.
   *
   * Price: that of `starmap`.
   *
   * @param fn - The function, or a reference to it.
   * @param iterable - Arrays of arguments, in a synchronous or asynchronous input.
   * @param options - The chunksize, or options, with `callback` and `errorCallback`. Default chunksize: as measured run times allow, at most Python's `ceil(length / (4 * workers))`.
   * @returns The handle of the list, or of the array of the option `into`.
   * @throws PoolClosedError when the pool takes no new work.
   * @throws TypeError, RangeError or OptionsError for a bad input, chunksize or option, RangeError if `into` is too short.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.starmap_async
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool(2);
   * const rows: [number, number][] = [[1, 2], [3, 4]];
   * console.log(await pool.starmapAsync((a: number, b: number) => a * b, rows).get(5_000)); // [ 2, 12 ]
   * ```
   */
  starmapAsync<A extends readonly unknown[], R, I extends ResultArrayFor<Awaited<R>> | undefined = undefined>(
    fn: (...args: A) => R,
    iterable: Input<Readonly<A>>,
    options?: number | AsyncMapOptions<WholeMapResult<Awaited<R>, I>, I>,
  ): MapResult<Awaited<R>, WholeMapResult<Awaited<R>, I>>;
  starmapAsync<
    A extends readonly unknown[],
    R,
    T,
    Given extends readonly unknown[],
    I extends ResultArrayFor<Awaited<R>> | undefined = undefined,
  >(
    fn: T & Task<A, R>,
    iterable: Input<Readonly<A>>,
    ...options: TaskRest<T, [options?: number | AsyncMapOptions<WholeMapResult<Awaited<R>, I>, I> | undefined], Given>
  ): MapResult<Awaited<R>, WholeMapResult<Awaited<R>, I>>;

  /**
   * Maps lazily: results come one by one in input order.
   *
   * The input is read at most `buffersize` items ahead of the consumer, so an endless input works. CPython reads the whole input at once.
   *
   * Price: a few µs per task, because each result has a promise; use `map` if you need all results together.
   *
   * @param fn - The function, or a reference to it.
   * @param iterable - The items, synchronous or asynchronous, maybe without end.
   * @param options - The chunksize (default 1), or options.
   * @returns An iterator of the results. The end of its loop closes the input and cancels the tasks that have not started.
   * @throws PoolClosedError when the pool takes no new work.
   * @throws TypeError, RangeError or OptionsError for a bad input, chunksize or option.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.imap
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool(2);
   * for await (const square of pool.imap((x: number) => x ** 2, [1, 2, 3])) console.log(square);
   * ```
   */
  imap<A, R, I extends boolean | undefined = undefined>(
    fn: (item: A) => R,
    iterable: Input<A>,
    options?: number | ImapOptions<I>,
  ): IMapIterator<ImapResult<Awaited<R>, I>>;
  imap<A, R, T, Given extends readonly unknown[]>(
    fn: T & Task<[item: A], R>,
    iterable: Input<A>,
    ...options: TaskRest<T, [options: ImapOptions & { readonly indexed: true }], Given>
  ): IMapIterator<IndexedResult<Awaited<R>>>;
  imap<A, R, T, Given extends readonly unknown[]>(
    fn: T & Task<[item: A], R>,
    iterable: Input<A>,
    ...options: TaskRest<T, [options?: number | ImapOptions | undefined], Given>
  ): IMapIterator<Awaited<R>>;

  /**
   * Maps as `imap` does, but the results come in the order in which the tasks end.
   *
   * Price: that of `imap`.
   *
   * @param fn - The function, or a reference to it.
   * @param iterable - The items, synchronous or asynchronous, maybe without end.
   * @param options - The chunksize (default 1), or options.
   * @returns An iterator of the results.
   * @throws PoolClosedError when the pool takes no new work.
   * @throws TypeError, RangeError or OptionsError for a bad input, chunksize or option.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.imap_unordered
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool(2);
   * for await (const square of pool.imapUnordered((x: number) => x ** 2, [1, 2, 3])) console.log(square);
   * ```
   */
  imapUnordered<A, R, I extends boolean | undefined = undefined>(
    fn: (item: A) => R,
    iterable: Input<A>,
    options?: number | ImapOptions<I>,
  ): IMapIterator<ImapResult<Awaited<R>, I>>;
  imapUnordered<A, R, T, Given extends readonly unknown[]>(
    fn: T & Task<[item: A], R>,
    iterable: Input<A>,
    ...options: TaskRest<T, [options: ImapOptions & { readonly indexed: true }], Given>
  ): IMapIterator<IndexedResult<Awaited<R>>>;
  imapUnordered<A, R, T, Given extends readonly unknown[]>(
    fn: T & Task<[item: A], R>,
    iterable: Input<A>,
    ...options: TaskRest<T, [options?: number | ImapOptions | undefined], Given>
  ): IMapIterator<Awaited<R>>;

  /**
   * Calls `fn(...args)` once in every worker, in a free one at once and in a busy one before the tasks that wait.
   *
   * Missing workers are started. On a shared `runtime` it runs on all its workers, also if the pool may use fewer. A worker that is lost before it has run
   * the call is replaced, and the replacement runs it. Workers that start later have not run it: what each worker needs belongs in the `initializer`. It
   * counts for `maxTasksPerChild`, not for `maxQueue`.
   *
   * @param fn - The function, or a reference to it.
   * @param args - Its arguments, as an array; each worker gets a copy. Default: none.
   * @param options - `signal`, `taskTimeout` and `onReport`, which gets the index of the worker. Default: those of the pool.
   * @returns One result per worker, in the order of `workerIndex`.
   * @throws PoolClosedError (rejection) when the pool takes no new work, NotSupportedError (rejection) where the workers are on other machines.
   * @throws TypeError (rejection) when `args` is not an array, OptionsError (rejection) for bad options.
   * @throws The first error by `workerIndex` (rejection), when all have ended; WorkerLostError for a worker that was lost while it ran the call.
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool(2);
   * console.log(await pool.broadcast((name: string) => `hello ${name}`, ['you'])); // [ 'hello you', 'hello you' ]
   * ```
   */
  broadcast<A extends readonly unknown[], R>(fn: (...args: A) => R, ...rest: Rest<A, BroadcastOptions>): Promise<Awaited<R>[]>;
  broadcast<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(
    fn: T & Task<A, R>,
    ...rest: TaskRest<T, Rest<A, BroadcastOptions>, Given>
  ): Promise<Awaited<R>[]>;

  /**
   * Returns a view of the pool: its task methods, with options for every call that is made through the view. Views nest; a call's own option wins.
   *
   * @param options - Options of each call.
   * @returns The methods that run tasks, without those that end the pool.
   * @throws OptionsError for bad options.
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool(2);
   * const urgent = pool.withOptions({ priority: 10, taskTimeout: 1_000 });
   * console.log(await urgent.apply((x: number) => x + 1, [1])); // 2
   * ```
   */
  withOptions(options: CallOptions): PoolCalls;

  /**
   * Closes the pool: it takes no new work, accepted tasks finish, then the workers end. A second call does nothing.
   *
   * @returns Nothing; `join()` waits for the end.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.close
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * const pool = new ThreadPool(2);
   * const result = pool.applyAsync((x: number) => x + 1, [1]);
   * pool.close();
   * await pool.join();
   * console.log(result.ready()); // true
   * ```
   */
  close(): void;

  /**
   * Ends the workers now. Every open result fails with PoolTerminatedError.
   *
   * Processes get SIGTERM, and SIGKILL after `killGrace` milliseconds. It may be called after `close()`; a second call does nothing. In CPython open
   * results never become ready.
   *
   * @returns Nothing; `join()` waits for the end.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.terminate
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * const pool = new ThreadPool(2);
   * pool.terminate();
   * await pool.join();
   * ```
   */
  terminate(): void;

  /**
   * Waits until all work has ended and every worker is gone.
   *
   * While it waits, a synchronous input of an `imap` is read to its end. You may call `join` again after a TimeoutError.
   *
   * @param timeout - Milliseconds to wait. Default: no limit. CPython has no such parameter.
   * @returns Nothing.
   * @throws PoolRunningError (rejection) before `close()` or `terminate()`.
   * @throws TimeoutError (rejection) after `timeout`; the work goes on.
   * @throws RangeError (rejection) when `timeout` is `NaN`.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.join
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * const pool = new ThreadPool(2);
   * pool.close();
   * await pool.join(5_000);
   * ```
   */
  join(timeout?: number): Promise<void>;

  /**
   * Waits until fewer than `limit` tasks of this pool wait for a worker, so that a producer does not run ahead of the workers.
   *
   * Callers are served in the order in which they came, one for each free place. A place is kept for its caller until the end of the turn of the event
   * loop in which it goes on. While a caller waits, the program stays alive.
   *
   * @param limit - The number of tasks, at least 1. Default: the option `maxQueue`.
   * @returns Nothing.
   * @throws OptionsError (rejection) without `limit` and `maxQueue`, TypeError or RangeError (rejection) for a bad limit.
   * @throws PoolClosedError (rejection) when the pool takes no new work, also if it ends meanwhile.
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool({ processes: 2, maxQueue: 10 });
   * const results: Promise<number>[] = [];
   * for (let i = 0; i < 100; i++) {
   *   await pool.waitForCapacity();
   *   results.push(pool.apply((x: number) => x * x, [i]));
   * }
   * console.log((await Promise.all(results)).length); // 100
   * ```
   */
  waitForCapacity(limit?: number): Promise<void>;

  /**
   * Waits until `minWorkers` workers are there, so that the first tasks need not wait for them. While a caller waits, the program stays alive.
   *
   * On a shared `runtime` these are the `minWorkers` of the runtime.
   *
   * @param timeout - Milliseconds to wait. Default: no limit.
   * @returns Nothing; at once where `minWorkers` is 0.
   * @throws BrokenProcessPoolError or BrokenThreadPoolError (rejection) when no worker can be started; `cause` says why.
   * @throws PoolClosedError (rejection) when the pool takes no new work, also if it ends meanwhile.
   * @throws TimeoutError (rejection) after `timeout`; the workers start all the same. RangeError (rejection) when `timeout` is `NaN`.
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool({ processes: 2, minWorkers: 1 });
   * await pool.ready(10_000);
   * console.log(pool.stats().workers >= 1); // true
   * ```
   */
  ready(timeout?: number): Promise<void>;

  /**
   * Returns counters and times of the workers, as they are now. Those of a shared runtime include the work of its other facades.
   *
   * @returns The counters, and times in milliseconds.
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool(2);
   * await pool.map((x: number) => x + 1, [1, 2]);
   * console.log(pool.stats().completed); // 2
   * ```
   */
  stats(): RuntimeStats;

  /** What the workers print to standard output, with the option `stdio: 'pipe'`, unless they are a runtime's. It ends when they are gone. */
  readonly stdout: Readable | undefined;

  /** What the workers print to standard error, as `stdout`. */
  readonly stderr: Readable | undefined;

  /**
   * Ends an `await using` scope as Python's `with` does: `terminate()`, then `join()`.
   *
   * @returns Nothing.
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The constructor of a pool: `new Pool(…)`, and `Pool.use`. */
export interface PoolConstructor<Self extends Pool = Pool> {
  /**
   * Starts the workers.
   *
   * @param processes - The number of workers, or options. Default: `cpuCount()`.
   * @returns The pool.
   * @throws OptionsError listing every bad option.
   * @throws RangeError or TypeError for a bad number of workers.
   * @throws NestedBootstrapError at the top level of a module that a worker imports, and in everything that this top level starts. With a `runtime`
   * the first call throws it instead.
   */
  new <I extends readonly unknown[] = [], F extends readonly unknown[] = []>(processes?: number | PoolOptions<I, F>): Self;
  readonly prototype: Self;
  /**
   * Runs `body` with a new pool, and terminates the pool when the promise of `body` settles. For programs without `await using`.
   *
   * @param options - The argument of the constructor: the number of workers, or options.
   * @param body - Gets the pool.
   * @returns The value that `body` returns.
   * @throws The error of the constructor or of `body`.
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * console.log(await ThreadPool.use(2, (pool) => pool.map((x: number) => x ** 2, [1, 2, 3]))); // [ 1, 4, 9 ]
   * ```
   */
  use<P extends Pool, T>(
    this: new (
      options?: number | PoolOptions,
    ) => P,
    options: number | PoolOptions | undefined,
    body: (pool: P) => T | PromiseLike<T>,
  ): Promise<T>;
}

/**
 * Python's `multiprocessing.pool.ThreadPool`: the methods of `Pool`, with worker threads.
 *
 * Threads start faster than processes, share a SharedArrayBuffer, and take buffers by `transfer`. A crash of the process ends all of them.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.ThreadPool
 *
 * @example
 * ```ts
 * import { ThreadPool } from 'twinpool';
 *
 * await using pool = new ThreadPool({ processes: 2 });
 * console.log(await pool.apply((text: string) => text.length, ['hello'])); // 5
 * ```
 */
export interface ThreadPool extends Pool {}

/** The states as Python's `repr` of a pool names them. */
const STATES = { running: 'RUN', closed: 'CLOSE', terminated: 'TERMINATE' } as const;

export const Pool: PoolConstructor = class Pool extends TaskMethods implements AsyncDisposable {
  static {
    defineInspect(Pool.prototype, (pool, options) => {
      const { attachment, state } = pool.#lifecycle;
      const shown = {
        state: state === 'running' && attachment.broken !== undefined ? 'BROKEN' : STATES[state],
        processes: attachment.workers,
        open: attachment.open,
      };
      return `${attachment.name} ${inspect(shown, { ...options, breakLength: Number.POSITIVE_INFINITY })}`;
    });
  }

  readonly #lifecycle: PoolLifecycle;

  constructor(processes?: number | PoolOptions) {
    const isThreads = (new.target as object) === ThreadPool || new.target.prototype instanceof ThreadPool;
    const attachment = Attachment.attach(isThreads ? THREADS : PROCESSES, processes);
    const lifecycle = new PoolLifecycle(attachment);
    super(lifecycle, attachment.settings);
    this.#lifecycle = lifecycle;
    attachment.setFacade(this);
  }

  static async use<P extends Pool, T>(
    this: new (
      options?: number | PoolOptions,
    ) => P,
    options: number | PoolOptions | undefined,
    body: (pool: P) => T | PromiseLike<T>,
  ): Promise<T> {
    const pool = new this(options);
    try {
      return await body(pool);
    } finally {
      await pool[Symbol.asyncDispose]();
    }
  }

  close(): void {
    this.#lifecycle.close();
  }

  terminate(): void {
    this.#lifecycle.terminate('it was terminated before this result was there');
  }

  join(timeout?: number): Promise<void> {
    return this.#lifecycle.join(timeout);
  }

  async waitForCapacity(limit?: number): Promise<void> {
    this.#lifecycle.checkRunning();
    return this.#lifecycle.attachment.waitForCapacity('waitForCapacity', limit);
  }

  async ready(timeout?: number): Promise<void> {
    this.#lifecycle.checkRunning();
    return this.#lifecycle.attachment.ready(timeout);
  }

  stats(): RuntimeStats {
    return this.#lifecycle.attachment.stats();
  }

  get stdout(): Readable | undefined {
    return this.#lifecycle.attachment.stdout;
  }

  get stderr(): Readable | undefined {
    return this.#lifecycle.attachment.stderr;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#lifecycle.terminate('its scope ended before this result was there; inside `await using` or `use`, write `return await …`');
    return this.#lifecycle.join();
  }
} as object as PoolConstructor;

export const ThreadPool: PoolConstructor<ThreadPool> = class ThreadPool extends Pool {} as object as PoolConstructor<ThreadPool>;
