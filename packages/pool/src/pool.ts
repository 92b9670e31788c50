/**
 * Pool and ThreadPool: what users see of them (the interfaces), and the classes: workers, the task methods (calls.ts), and an end (life.ts).
 *
 * The public types are interfaces beside the classes for two reasons: editors name `Pool.apply`, not the class that has the code, and only
 * the signature of a constructor in an interface can have type parameters, which tie `initargs` to `initializer`.
 */
import { inspect } from 'node:util';
import {
  BrokenProcessPoolError,
  BrokenThreadPoolError,
  type CallOptions,
  PoolClosedError,
  PoolTerminatedError,
  type RuntimeStats,
  type SharedOptions,
  type Task,
  type TaskRest,
  WorkerLostError,
} from '@twinpool/core';
import { Seat, type SeatShape } from '@twinpool/core/facade';
import type { AsyncResult } from './async-result.ts';
import type { AsyncMapOptions, AsyncOptions, ImapOptions, WholeMapOptions } from './call-options.ts';
import { Calls } from './calls.ts';
import type { IMapIterator } from './imap.ts';
import type { Input } from './input.ts';
import { inspectedAs } from './inspected.ts';
import { Life } from './life.ts';
import type { MapResult } from './map-result.ts';

/**
 * Options of a pool; the others are those that every facade takes.
 *
 * @typeParam I - The types of the initializer's arguments.
 */
// biome-ignore lint/suspicious/noExplicitAny: options whose initializer is not known by its type take any
export interface PoolOptions<I extends readonly unknown[] = any> extends SharedOptions<I> {
  /** The number of workers. Default: `cpuCount()`. With `runtime`: the most of its workers that this pool uses at once. */
  processes?: number | undefined;
  /** Calls after which a worker is replaced; exact, and for threads too. CPython counts chunks. Default: never. */
  maxTasksPerChild?: number | undefined;
}

/** The arguments and options of `apply`. `args` can be left out only where the function takes none. */
export type Rest<A extends readonly unknown[], O> = [] extends A
  ? [args?: Readonly<A> | undefined, options?: O | undefined]
  : [args: Readonly<A>, options?: O | undefined];

/** The methods that run tasks: what a pool and each of its views have. */
export interface PoolCalls
  extends Pick<Pool, 'apply' | 'applyAsync' | 'map' | 'mapAsync' | 'starmap' | 'starmapAsync' | 'imap' | 'imapUnordered' | 'withOptions'> {}

/**
 * Python's `multiprocessing.Pool`: worker processes, each its own OS process.
 *
 * Workers start at once. Leaving the scope of `await using` terminates the pool, as Python's `with` does: await inside it what you want to
 * have. An idle pool does not keep the program alive. Build a pool once and keep it: starting a worker takes tens of milliseconds.
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
   * Price: about 10 µs there and back with threads and 30 µs with processes, about 2 µs a task where many wait; use `map` for short functions.
   *
   * @param fn - The function, or a reference to it.
   * @param args - Its arguments, as an array. They are copied when the task is handed to a worker.
   * @param options - Options of this call.
   * @returns The result.
   * @throws PoolClosedError (rejection) when the pool takes no new work.
   * @throws TypeError (rejection) when `args` is not an array; OptionsError for bad options; else what the task threw.
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
   * Price: as `apply`; the call itself takes about 0.2 µs.
   *
   * @param fn - The function, or a reference to it.
   * @param args - Its arguments, as an array.
   * @param options - Options of this call, with `callback` and `errorCallback`.
   * @returns The handle of the result; the task's error is in it.
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
   * Calls `fn(item)` for every item, in parallel, and gives the results in input order.
   *
   * When tasks fail, it rejects with the first error by input order, once all tasks have ended (Python's rule); with `failFast` with the first
   * that comes.
   *
   * Price: less than 0.1 µs a task where items and results are numbers; copying larger ones costs more.
   *
   * @param fn - The function, or a reference to it.
   * @param iterable - The items, synchronous or asynchronous. A synchronous input is read to its end at once.
   * @param options - The chunksize, or options. Default chunksize: Python's rule, `ceil(length / (4 * workers))`, until tasks were measured.
   * @returns The results.
   * @throws PoolClosedError (rejection) when the pool takes no new work.
   * @throws TypeError, RangeError or OptionsError (rejection) for a bad input, chunksize or option; else the first error of a task.
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool.map
   *
   * @example
   * ```ts
   * import { ThreadPool } from 'twinpool';
   *
   * await using pool = new ThreadPool(2);
   * console.log(await pool.map((x: number) => x ** 2, [1, 2, 3])); // [ 1, 4, 9 ]
   * ```
   */
  map<A, R>(fn: (item: A) => R, iterable: Input<A>, options?: number | WholeMapOptions): Promise<Awaited<R>[]>;
  map<A, R, T, Given extends readonly unknown[]>(
    fn: T & Task<[item: A], R>,
    iterable: Input<A>,
    ...options: TaskRest<T, [options?: number | WholeMapOptions | undefined], Given>
  ): Promise<Awaited<R>[]>;

  /**
   * Maps as `map` does and returns a handle at once, which also has each item's outcome (`settled`).
   *
   * The callback gets the whole list. On an empty input no callback is called.
   *
   * @param fn - The function, or a reference to it.
   * @param iterable - The items, synchronous or asynchronous. A synchronous input is read to its end at once.
   * @param options - The chunksize, or options, with `callback` and `errorCallback`. Default chunksize: Python's rule, `ceil(length / (4 * workers))`, until tasks were measured.
   * @returns The handle of the list.
   * @throws PoolClosedError when the pool takes no new work.
   * @throws TypeError, RangeError or OptionsError for a bad input, chunksize or option.
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
  mapAsync<A, R>(fn: (item: A) => R, iterable: Input<A>, options?: number | AsyncMapOptions<Awaited<R>[]>): MapResult<Awaited<R>>;
  mapAsync<A, R, T, Given extends readonly unknown[]>(
    fn: T & Task<[item: A], R>,
    iterable: Input<A>,
    ...options: TaskRest<T, [options?: number | AsyncMapOptions<Awaited<R>[]> | undefined], Given>
  ): MapResult<Awaited<R>>;

  /**
   * Maps as `map` does, for functions of several arguments: every item is an array of arguments.
   *
   * @param fn - The function, or a reference to it.
   * @param iterable - Arrays of arguments, in a synchronous or asynchronous input.
   * @param options - The chunksize, or options. Default chunksize: Python's rule, `ceil(length / (4 * workers))`, until tasks were measured.
   * @returns The results.
   * @throws PoolClosedError (rejection) when the pool takes no new work.
   * @throws TypeError (rejection) for an item that is not an array; else as `map`.
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
  starmap<A extends readonly unknown[], R>(
    fn: (...args: A) => R,
    iterable: Input<Readonly<A>>,
    options?: number | WholeMapOptions,
  ): Promise<Awaited<R>[]>;
  starmap<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(
    fn: T & Task<A, R>,
    iterable: Input<Readonly<A>>,
    ...options: TaskRest<T, [options?: number | WholeMapOptions | undefined], Given>
  ): Promise<Awaited<R>[]>;

  /**
   * Maps as `starmap` does and returns a handle at once, as `mapAsync` does.
   *
   * @param fn - The function, or a reference to it.
   * @param iterable - Arrays of arguments, in a synchronous or asynchronous input.
   * @param options - The chunksize, or options, with `callback` and `errorCallback`. Default chunksize: Python's rule, `ceil(length / (4 * workers))`, until tasks were measured.
   * @returns The handle of the list.
   * @throws PoolClosedError when the pool takes no new work.
   * @throws TypeError, RangeError or OptionsError for a bad input, chunksize or option.
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
  starmapAsync<A extends readonly unknown[], R>(
    fn: (...args: A) => R,
    iterable: Input<Readonly<A>>,
    options?: number | AsyncMapOptions<Awaited<R>[]>,
  ): MapResult<Awaited<R>>;
  starmapAsync<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(
    fn: T & Task<A, R>,
    iterable: Input<Readonly<A>>,
    ...options: TaskRest<T, [options?: number | AsyncMapOptions<Awaited<R>[]> | undefined], Given>
  ): MapResult<Awaited<R>>;

  /**
   * Maps lazily: results come one by one in input order.
   *
   * The input is read only so far ahead (`buffersize`) that an endless one works. CPython reads the whole input at once.
   *
   * @param fn - The function, or a reference to it.
   * @param iterable - The items, synchronous or asynchronous, maybe without end.
   * @param options - The chunksize (default 1), or options.
   * @returns An iterator of the results. Leaving its loop closes the input and cancels what has not started.
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
  imap<A, R>(fn: (item: A) => R, iterable: Input<A>, options?: number | ImapOptions): IMapIterator<Awaited<R>>;
  imap<A, R, T, Given extends readonly unknown[]>(
    fn: T & Task<[item: A], R>,
    iterable: Input<A>,
    ...options: TaskRest<T, [options?: number | ImapOptions | undefined], Given>
  ): IMapIterator<Awaited<R>>;

  /**
   * Maps as `imap` does, but the results come in the order in which the tasks end.
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
  imapUnordered<A, R>(fn: (item: A) => R, iterable: Input<A>, options?: number | ImapOptions): IMapIterator<Awaited<R>>;
  imapUnordered<A, R, T, Given extends readonly unknown[]>(
    fn: T & Task<[item: A], R>,
    iterable: Input<A>,
    ...options: TaskRest<T, [options?: number | ImapOptions | undefined], Given>
  ): IMapIterator<Awaited<R>>;

  /**
   * The task methods with options for every call made through them. Views nest; a call's own option wins.
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
   * Takes no new work; what was accepted finishes, then the workers end. A second call does nothing.
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
   * Ends the workers now; everything open fails with PoolTerminatedError.
   *
   * Processes get SIGTERM, and SIGKILL after `killGrace`. Allowed after `close`; a second call does nothing. In CPython open results never
   * become ready.
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
   * While it waits, a synchronous input of an `imap` is read to its end. It can be called again after a TimeoutError.
   *
   * @param timeout - Milliseconds. Default: none; CPython cannot bound it.
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
   * Counters and times of the workers, as they are now. Those of a shared runtime count for all who use it.
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

  /**
   * The end of an `await using`, as Python's `with`: `terminate()`, then `join()`.
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
   * @throws NestedBootstrapError at the top level of a module that a worker imports, and in all that this top level starts; on a `runtime` with its first work.
   */
  new <I extends readonly unknown[] = []>(processes?: number | PoolOptions<I>): Self;
  readonly prototype: Self;
  /**
   * Runs `body` with a new pool and terminates the pool when what `body` returns is there: `await using` for where it is unavailable.
   *
   * @param options - What the constructor takes.
   * @param body - Gets the pool.
   * @returns What `body` returns.
   * @throws What the constructor or `body` throws.
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
 * Threads start faster than processes, share a SharedArrayBuffer, and can be given buffers by `transfer`; a crash of the process takes them all.
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

const COMMON: Omit<SeatShape, 'name' | 'kind' | 'brokenError'> = {
  count: 'processes',
  startsAtOnce: true,
  closedError: (name) => new PoolClosedError(`${name} was closed before its input had ended; what had been read of it was run`),
  // A synchronous input is read to its end, since waiting for it comes to one; an asynchronous one may never have another item.
  readsOn: ({ isAsync }) => !isAsync,
  endedError: (name, cause) =>
    new PoolTerminatedError(`${name}: its workers were ended by whoever owns them, before this result was there`, { cause }),
};

const PROCESSES: SeatShape = {
  ...COMMON,
  name: 'Pool',
  kind: 'process',
  brokenError: (name, cause) => new BrokenProcessPoolError(whyBroken(name, cause), { cause }),
};

const THREADS: SeatShape = {
  ...COMMON,
  name: 'ThreadPool',
  kind: 'thread',
  brokenError: (name, cause) => new BrokenThreadPoolError(whyBroken(name, cause), { cause }),
};

/** Python's words, as its `repr` of a pool shows them. */
const STATES = { running: 'RUN', closed: 'CLOSE', terminated: 'TERMINATE' } as const;

function whyBroken(name: string, cause: unknown): string {
  // One that was lost before it had a task could not be started.
  if (cause instanceof WorkerLostError && cause.taskName !== undefined)
    return `${name} is broken: a worker was lost, and onWorkerLoss is 'break'; make another pool`;
  return `${name} is broken: no worker can be started: ${cause instanceof Error ? cause.message : String(cause)}`;
}

export const Pool: PoolConstructor = class Pool extends Calls implements AsyncDisposable {
  static {
    inspectedAs(Pool.prototype, (pool, options) => {
      const { seat, state } = pool.#life;
      const shown = {
        state: state === 'running' && seat.broken !== undefined ? 'BROKEN' : STATES[state],
        processes: seat.workers,
        open: seat.open,
      };
      return `${seat.name} ${inspect(shown, { ...options, breakLength: Number.POSITIVE_INFINITY })}`;
    });
  }

  readonly #life: Life;

  constructor(processes?: number | PoolOptions) {
    const isThreads = (new.target as object) === ThreadPool || new.target.prototype instanceof ThreadPool;
    const seat = Seat.take(isThreads ? THREADS : PROCESSES, processes);
    const life = new Life(seat);
    super(life, seat.settings);
    this.#life = life;
    seat.takenBy(this);
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
    this.#life.close();
  }

  terminate(): void {
    this.#life.terminate('it was terminated before this result was there');
  }

  join(timeout?: number): Promise<void> {
    return this.#life.join(timeout);
  }

  stats(): RuntimeStats {
    return this.#life.seat.stats();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#life.terminate('its scope ended before this result was there; inside `await using` or `use`, write `return await …`');
    return this.#life.join();
  }
} as object as PoolConstructor;

export const ThreadPool: PoolConstructor<ThreadPool> = class ThreadPool extends Pool {} as object as PoolConstructor<ThreadPool>;
