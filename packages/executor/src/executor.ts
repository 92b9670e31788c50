/**
 * Executor: what every executor has in common, `concurrent.futures.Executor`.
 *
 * Decides how `map` follows from `submit`, for executors that only have that; those with workers do it better (worker-executor.ts).
 */
import { type CallOptions, OptionsError, type Task, type TaskRest } from '@twinpool/core';
import { adviseFor, callSiteOf, resolveCall, systemClock } from '@twinpool/core/facade';
import type { Future } from './future.ts';
import { type MapArguments, type MapInput, mapArguments } from './inputs.ts';
import { type ExecutorMapOptions, type ExecutorOptions, resolveMap, type ShutdownOptions } from './options.ts';
import { ResultIterator } from './result-iterator.ts';
import { NO_SETTINGS, SubmitFeed } from './submit-feed.ts';

/** The task methods alone, with options for every call made through them; `withOptions` makes it. */
export interface ExecutorCalls extends Pick<Executor, 'submit' | 'map' | 'withOptions'> {}

/**
 * Base class of all executors: test for it by `instanceof`, or extend it.
 *
 * A class of yours needs `submit`; `map` works on top of it, and the end of a scope calls `shutdown`, which does nothing here.
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
   * Whatever is wrong with the function, the arguments or the task is the future's outcome.
   *
   * Price: about 2 µs a task where many wait, 10 µs (threads) to 30 µs (processes) there and back for one; use `map` for short functions.
   *
   * @param fn - The function, or a reference to it.
   * @param args - Its arguments. They are copied when the task is handed to a worker.
   * @returns The future of the result.
   * @throws ExecutorShutdownError after `shutdown()`.
   * @throws BrokenExecutorError once no worker can be started.
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
   * Calls `fn` for every item, in parallel, and iterates the results in input order. Several inputs are zipped, and the shortest ends them.
   *
   * A synchronous input is read, and every task submitted, at the call, unless `buffersize` bounds how far it is read ahead. An
   * asynchronous one is read ahead by `buffersize`, default twice the workers. The first error ends the iteration and cancels what has not
   * started, unless `onError` is 'continue', and so does leaving the loop.
   *
   * Price: about 0.2 µs a task where items and results are numbers; copying larger ones costs more.
   *
   * @param fn - The function, or a reference to it.
   * @param a - The input of its first argument, synchronous or asynchronous.
   * @param b - The input of its second argument, and so on up to five.
   * @param options - Options of this call. `timeout` is in milliseconds, counts from the call and is for the whole iteration.
   * @returns An iterator of the results.
   * @throws ExecutorShutdownError after `shutdown()`, BrokenExecutorError once no worker can be started.
   * @throws TypeError for an input that is not iterable, OptionsError for bad options, and what a synchronous input throws.
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

  /** What `map` does once its inputs and options are told apart. Here: on top of `submit`, without chunks. */
  protected startMap(fn: unknown, args: MapArguments): ResultIterator<never> {
    const calledAt = systemClock.now();
    const site = callSiteOf(Executor.prototype.map);
    const { own, timeout } = resolveMap(args.options, NO_SETTINGS);
    const { timeout: _, chunksize: __, buffersize, onProgress, onError, ...call } = own;
    const calls = this.withOptions(call);
    const submit = (each: readonly unknown[]) => calls.submit(fn as () => never, ...(each as []));
    return new ResultIterator<never>(SubmitFeed.start(submit, args, { buffersize, onProgress }, site), { timeout, calledAt, onError });
  }

  /**
   * The task methods with options for every call made through them. Views nest, and a call's own option wins.
   *
   * @param options - Options of each call.
   * @returns The task methods, without those that end the executor.
   * @throws OptionsError for bad options, and for any where the executor is of a class that has none.
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
    const message = `${this.constructor.name} cannot honour it`;
    throw new OptionsError(
      `withOptions: ${first}: ${message}`,
      Object.keys(own).map((path) => ({ path, message })),
    );
  }

  /**
   * Takes no new work: `submit` and `map` throw ExecutorShutdownError from now on. What was accepted is done.
   *
   * May be called again, and what a later call asks for is done then: `cancelFutures` cancels at once.
   *
   * @param _options - `wait` (default `true`): the promise resolves when all work has ended and the workers are gone, else at once.
   * `cancelFutures` (default `false`): cancels what was not handed to a worker. `timeout`: milliseconds to wait, default none.
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
   * Ends the workers now: processes by SIGTERM, and by SIGKILL after `killGrace`; threads are terminated.
   *
   * Running futures fail with BrokenExecutorError, waiting ones are cancelled, and the executor is shut down. On a shared `runtime` only the
   * workers that run this executor's tasks are ended, and replaced.
   *
   * @returns Resolves when the workers are gone.
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
   * Ends the workers now, processes by SIGKILL; else as `terminateWorkers`.
   *
   * @returns Resolves when the workers are gone.
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
   * The end of an `await using`, as Python's `with`: `shutdown({ wait: true })`.
   *
   * @returns Nothing.
   */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown({ wait: true });
  }

  /**
   * Runs `body` with a new executor and shuts the executor down after it, waiting for its work: `await using` for where it is unavailable.
   *
   * @param options - What the constructor takes.
   * @param body - Gets the executor.
   * @returns What `body` returns.
   * @throws What the constructor or `body` throws.
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
