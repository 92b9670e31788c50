/**
 * Executor: the base class of all executors, `concurrent.futures.Executor`. It makes `map` from `submit`.
 *
 *   Executor                    submit is abstract; map calls submit once per item (submit-map.ts)
 *     '-- WorkerExecutor        submit and map on workers (worker-executor.ts)
 *           '-- ProcessPoolExecutor, ThreadPoolExecutor
 *
 * Half of this file is docstrings, the other half overloads of `map`. It does not know workers.
 */
import { type CallOptions, NotSupportedError, OptionsError, type Task, type TaskRest } from '@twinpool/core';
import { adviseFor, callSiteOf, resolveCall, systemClock } from '@twinpool/core/facade';
import type { Future } from './future.ts';
import { type MapArguments, type MapInput, mapArguments } from './inputs.ts';
import { type ExecutorMapOptions, type ExecutorOptions, resolveMap, type ShutdownOptions } from './options.ts';
import { ResultIterator } from './result-iterator.ts';
import { NO_SETTINGS, SubmitMap } from './submit-map.ts';

/** The view that `withOptions` returns: the task methods, with options for every call that is made through it. */
export interface ExecutorCalls extends Pick<Executor, 'submit' | 'map' | 'broadcast' | 'withOptions'> {}

/**
 * The base class of all executors. Use it with `instanceof`, or extend it.
 *
 * A class of yours must have `submit`. `map` calls `submit`, and the end of an `await using` scope calls `shutdown`, which does nothing here.
 *
 * @see https://docs.python.org/3/library/concurrent.futures.html#executor-objects
 *
 * @example
 * ```ts
 * import { Executor, Future } from 'twinpool';
 *
 * class HereExecutor extends Executor {
 *   override submit(fn: unknown, ...args: unknown[]): Future<never> {
 *     const future = new Future<never>();
 *     future.setResult((fn as (...args: unknown[]) => never)(...args));
 *     return future;
 *   }
 * }
 * const executor: Executor = new HereExecutor();
 * console.log(await executor.map((x: number) => x * x, [1, 2, 3]).toArray()); // [ 1, 4, 9 ]
 * ```
 */
export abstract class Executor implements AsyncDisposable, ExecutorCalls {
  static {
    adviseFor(Executor.prototype, 'Executor', 'build one in the task: `await using executor = new ThreadPoolExecutor()` in its body');
  }

  /**
   * Runs `fn(...args)` in a worker.
   *
   * An error of the function, of the arguments or of the task is the outcome of the future.
   *
   * Price: about 2 µs per task while many wait; for one task, about 10 µs there and back with threads and 30 µs with processes. Not for shorter
   * functions unless through `map`.
   *
   * @param fn - The function, or a reference to it.
   * @param args - Its arguments. They are copied when the task is handed to a worker.
   * @returns The future of the result.
   * @throws ExecutorShutdownError after `shutdown()`.
   * @throws BrokenExecutorError after no worker could be started.
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Executor.submit
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor(2);
   * const future = executor.submit((a: number, b: number) => a + b, 1, 2);
   * console.log(await future); // 3
   * ```
   */
  abstract submit<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>;
  abstract submit<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(
    fn: T & Task<A, R>,
    ...args: TaskRest<T, A, Given>
  ): Future<Awaited<R>>;

  /**
   * Calls `fn` for every item, in parallel, and iterates the results in input order. Several inputs are zipped; the shortest one ends them.
   *
   * A synchronous input is read at the call, and all its tasks are submitted, unless `buffersize` bounds how far it is read ahead. An asynchronous
   * input is read `buffersize` items ahead, by default twice the number of workers. The first error ends the iteration and cancels the tasks that
   * have not started, unless `onError` is 'continue'. The end of the loop cancels them too.
   *
   * Price: about 0.2 µs per task if items and results are numbers; to copy larger values costs more.
   *
   * @param fn - The function, or a reference to it.
   * @param a - The input of its first argument, synchronous or asynchronous.
   * @param b - The input of its second argument, and so on up to five.
   * @param options - Options of this call. `timeout`: milliseconds for the whole iteration, counted from the call of `map`. Default: no limit.
   * @returns An iterator of the results.
   * @throws ExecutorShutdownError after `shutdown()`, BrokenExecutorError after no worker could be started.
   * @throws TypeError for an input that is not iterable, OptionsError for bad options, and the error of a synchronous input.
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Executor.map
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor(2);
   * for await (const sum of executor.map((a: number, b: number) => a + b, [1, 2, 3], [10, 20, 30], { timeout: 5_000 })) console.log(sum);
   * ```
   */
  map<A, R>(fn: (a: A) => R, a: MapInput<A>, options?: ExecutorMapOptions): ResultIterator<Awaited<R>>;
  map<A, B, R>(fn: (a: A, b: B) => R, a: MapInput<A>, b: MapInput<B>, options?: ExecutorMapOptions): ResultIterator<Awaited<R>>;
  map<A, B, C, R>(
    fn: (a: A, b: B, c: C) => R,
    a: MapInput<A>,
    b: MapInput<B>,
    c: MapInput<C>,
    options?: ExecutorMapOptions,
  ): ResultIterator<Awaited<R>>;
  map<A, B, C, D, R>(
    fn: (a: A, b: B, c: C, d: D) => R,
    a: MapInput<A>,
    b: MapInput<B>,
    c: MapInput<C>,
    d: MapInput<D>,
    options?: ExecutorMapOptions,
  ): ResultIterator<Awaited<R>>;
  map<A, B, C, D, E, R>(
    fn: (a: A, b: B, c: C, d: D, e: E) => R,
    a: MapInput<A>,
    b: MapInput<B>,
    c: MapInput<C>,
    d: MapInput<D>,
    e: MapInput<E>,
    options?: ExecutorMapOptions,
  ): ResultIterator<Awaited<R>>;
  map<A, R, T, Given extends readonly unknown[]>(
    fn: T & Task<[a: A], R>,
    a: MapInput<A>,
    ...options: TaskRest<T, [options?: ExecutorMapOptions | undefined], Given>
  ): ResultIterator<Awaited<R>>;
  map<A, B, R, T, Given extends readonly unknown[]>(
    fn: T & Task<[a: A, b: B], R>,
    a: MapInput<A>,
    b: MapInput<B>,
    ...options: TaskRest<T, [options?: ExecutorMapOptions | undefined], Given>
  ): ResultIterator<Awaited<R>>;
  map<A, B, C, R, T, Given extends readonly unknown[]>(
    fn: T & Task<[a: A, b: B, c: C], R>,
    a: MapInput<A>,
    b: MapInput<B>,
    c: MapInput<C>,
    ...options: TaskRest<T, [options?: ExecutorMapOptions | undefined], Given>
  ): ResultIterator<Awaited<R>>;
  map<A, B, C, D, R, T, Given extends readonly unknown[]>(
    fn: T & Task<[a: A, b: B, c: C, d: D], R>,
    a: MapInput<A>,
    b: MapInput<B>,
    c: MapInput<C>,
    d: MapInput<D>,
    ...options: TaskRest<T, [options?: ExecutorMapOptions | undefined], Given>
  ): ResultIterator<Awaited<R>>;
  map<A, B, C, D, E, R, T, Given extends readonly unknown[]>(
    fn: T & Task<[a: A, b: B, c: C, d: D, e: E], R>,
    a: MapInput<A>,
    b: MapInput<B>,
    c: MapInput<C>,
    d: MapInput<D>,
    e: MapInput<E>,
    ...options: TaskRest<T, [options?: ExecutorMapOptions | undefined], Given>
  ): ResultIterator<Awaited<R>>;
  map(fn: unknown, ...rest: unknown[]): ResultIterator<never> {
    return this.startMap(fn, mapArguments(rest));
  }

  /** Starts a `map` whose inputs and options are separated. This class calls `submit` once per item, without chunks. */
  protected startMap(fn: unknown, args: MapArguments): ResultIterator<never> {
    const calledAt = systemClock.now();
    const site = callSiteOf(Executor.prototype.map);
    const { own, timeout } = resolveMap(args.options, NO_SETTINGS);
    const { timeout: _, chunksize: __, buffersize, onProgress, onError, ...call } = own;
    const calls = this.withOptions(call);
    const submit = (each: readonly unknown[]) => calls.submit(fn as () => never, ...(each as []));
    return new ResultIterator<never>(SubmitMap.start(submit, args, { buffersize, onProgress }, site), { timeout, calledAt, onError });
  }

  /**
   * Calls `fn(...args)` once in every worker, in a free one at once and in a busy one before the tasks that wait. Options are given by `withOptions`.
   *
   * Missing workers are started. On a shared `runtime` it runs on all its workers, also if the executor may use fewer. A worker that is lost before it has
   * run the call is replaced, and the replacement runs it. Workers that start later have not run it: what each worker needs belongs in the `initializer`. It
   * counts for `maxTasksPerChild`, not for `maxQueue`.
   *
   * @param fn - The function, or a reference to it.
   * @param args - Its arguments; each worker gets a copy.
   * @returns One result per worker, in the order of `workerIndex`.
   * @throws ExecutorShutdownError (rejection) after `shutdown()`, BrokenExecutorError (rejection) after no worker could be started.
   * @throws NotSupportedError (rejection) for an executor without workers of its own machine, such as a class of yours that extends `Executor`.
   * @throws The first error by `workerIndex` (rejection), when all have ended; WorkerLostError for a worker that was lost while it ran the call.
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor(2);
   * console.log(await executor.broadcast((name: string) => `hello ${name}`, 'you')); // [ 'hello you', 'hello you' ]
   * ```
   */
  broadcast<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Promise<Awaited<R>[]>;
  broadcast<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(
    fn: T & Task<A, R>,
    ...args: TaskRest<T, A, Given>
  ): Promise<Awaited<R>[]>;
  async broadcast(_fn: unknown, ..._args: unknown[]): Promise<never> {
    throw new NotSupportedError(`${this.constructor.name} has no workers: broadcast() is not supported`);
  }

  /**
   * Returns a view of the executor: its task methods, with options for every call that is made through the view. Views nest; a call's own option wins.
   *
   * @param options - Options of each call.
   * @returns The task methods, without those that end the executor.
   * @throws OptionsError for bad options. A class that extends `Executor` itself has no options, so every option is a bad one.
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor(2);
   * const urgent = executor.withOptions({ priority: 1, taskTimeout: 5_000, signal: AbortSignal.timeout(10_000) });
   * console.log(await urgent.submit((text: string) => text.length, 'four')); // 4
   * ```
   */
  withOptions(options: CallOptions): ExecutorCalls {
    const { own } = resolveCall('withOptions', options, NO_SETTINGS);
    const [first] = Object.keys(own);
    if (first === undefined) return this;
    const message = `${this.constructor.name} has no options of calls: override withOptions, or leave it out`;
    throw new OptionsError(
      `withOptions: ${first}: ${message}`,
      Object.keys(own).map((path) => ({ path, message })),
    );
  }

  /**
   * Shuts the executor down: `submit` and `map` throw ExecutorShutdownError from now on, and accepted tasks finish.
   *
   * You may call it again, with other options: `cancelFutures` then cancels at once.
   *
   * @param _options - `wait`: the promise resolves when all work has ended and the workers are gone, otherwise at once. Default: `true`.
   * `cancelFutures`: cancels the tasks that were not handed to a worker. Default: `false`. `timeout`: milliseconds to wait. Default: no limit.
   * @returns Nothing.
   * @throws TimeoutError (rejection) after `timeout`; the work goes on.
   * @throws OptionsError (rejection) for bad options.
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.Executor.shutdown
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * const executor = new ThreadPoolExecutor(2);
   * const future = executor.submit((x: number) => x + 1, 1);
   * await executor.shutdown();
   * console.log(future.resultNow()); // 2
   * ```
   */
  async shutdown(_options?: ShutdownOptions): Promise<void> {}

  /**
   * Ends the workers now. Processes get SIGTERM, and SIGKILL after `killGrace` milliseconds; threads are terminated.
   *
   * Running futures fail with BrokenExecutorError, waiting ones are cancelled, and the executor is shut down. On a shared `runtime` only the workers
   * that run tasks of this executor are ended, and then replaced.
   *
   * @returns A promise that resolves when the workers are gone.
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.ProcessPoolExecutor.terminate_workers
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * const executor = new ThreadPoolExecutor(2);
   * await executor.terminateWorkers();
   * ```
   */
  terminateWorkers(): Promise<void> {
    return this.shutdown({ wait: false, cancelFutures: true });
  }

  /**
   * Ends the workers now as `terminateWorkers` does, but processes get SIGKILL at once.
   *
   * @returns A promise that resolves when the workers are gone.
   * @see https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.ProcessPoolExecutor.kill_workers
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * const executor = new ThreadPoolExecutor(2);
   * await executor.killWorkers();
   * ```
   */
  killWorkers(): Promise<void> {
    return this.terminateWorkers();
  }

  /**
   * Ends an `await using` scope as Python's `with` does: `shutdown({ wait: true })`.
   *
   * @returns Nothing.
   */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown({ wait: true });
  }

  /**
   * Runs `body` with a new executor, and shuts the executor down when the promise of `body` settles. For programs without `await using`.
   *
   * @param options - The argument of the constructor: the most workers, or options.
   * @param body - Gets the executor.
   * @returns The value that `body` returns, when all work has ended.
   * @throws The error of the constructor or of `body`.
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * console.log(await ThreadPoolExecutor.use(2, (executor) => executor.submit((x: number) => x + 1, 41))); // 42
   * ```
   */
  static async use<E extends Executor, T>(
    this: new (
      options?: number | ExecutorOptions,
    ) => E,
    options: number | ExecutorOptions | undefined,
    body: (executor: E) => T | PromiseLike<T>,
  ): Promise<T> {
    const executor = new this(options);
    try {
      return await body(executor);
    } finally {
      await executor[Symbol.asyncDispose]();
    }
  }
}
