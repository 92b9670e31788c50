/**
 * Executor: what every executor has in common, `concurrent.futures.Executor`.
 *
 * Decides how `map` follows from `submit`, for executors that only have that; those with workers do it better (worker-executor.ts).
 */
import { type CallOptions, OptionsError, type TaskReference } from '@twinpool/core';
import { adviseFor, callSiteOf, resolveCall, systemClock } from '@twinpool/core/facade';
import type { Future } from './future.ts';
import { type MapArguments, type MapInput, mapArguments } from './inputs.ts';
import { type ExecutorMapOptions, type ExecutorOptions, resolveMap, type ShutdownOptions } from './options.ts';
import { ResultIterator } from './result-iterator.ts';
import { NO_SETTINGS, SubmitFeed } from './submit-feed.ts';

/** The task methods alone, with options for every call made through them; made by `withOptions`. */
export interface ExecutorCalls extends Pick<Executor, 'submit' | 'map' | 'withOptions'> {}

/**
 * Base class of all executors, to be tested for by `instanceof`, and to be extended: an executor needs `submit`; `map` works on top of
 * it, and `shutdown`, which does nothing here, is what the end of a scope calls.
 *
 * Source: https://docs.python.org/3/library/concurrent.futures.html#executor-objects
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
   * Runs `fn(...args)` in a worker. Whatever is wrong with the function, the arguments or the task is the future's outcome.
   *
   * Throws ExecutorShutdownError after `shutdown()`, and BrokenExecutorError once workers cannot be had.
   */
  abstract submit<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>;
  abstract submit<A extends readonly unknown[], R>(fn: TaskReference<(...args: A) => R>, ...args: A): Future<Awaited<R>>;

  /**
   * Calls `fn` for every item, in parallel, and iterates the results in input order. Several inputs are zipped, and the shortest ends them.
   *
   * A synchronous input is read, and every task submitted, at the call, unless `buffersize` bounds how far it is read ahead; what it
   * throws meanwhile, `map` throws. An asynchronous one is read ahead by `buffersize`, default twice the workers. The first error ends
   * the iteration and cancels what has not started, unless `onError` is 'continue', and so does leaving the loop. `timeout` counts from
   * the call, for the whole iteration.
   *
   * Throws as `submit` does, TypeError for an input that is not iterable, and OptionsError.
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
  map<A, R>(fn: TaskReference<(a: A) => R>, a: MapInput<A>, options?: ExecutorMapOptions): ResultIterator<Awaited<R>>;
  map<A, B, R>(
    fn: TaskReference<(a: A, b: B) => R>,
    a: MapInput<A>,
    b: MapInput<B>,
    options?: ExecutorMapOptions,
  ): ResultIterator<Awaited<R>>;
  map<A, B, C, R>(
    fn: TaskReference<(a: A, b: B, c: C) => R>,
    a: MapInput<A>,
    b: MapInput<B>,
    c: MapInput<C>,
    options?: ExecutorMapOptions,
  ): ResultIterator<Awaited<R>>;
  map<A, B, C, D, R>(
    fn: TaskReference<(a: A, b: B, c: C, d: D) => R>,
    a: MapInput<A>,
    b: MapInput<B>,
    c: MapInput<C>,
    d: MapInput<D>,
    options?: ExecutorMapOptions,
  ): ResultIterator<Awaited<R>>;
  map<A, B, C, D, E, R>(
    fn: TaskReference<(a: A, b: B, c: C, d: D, e: E) => R>,
    a: MapInput<A>,
    b: MapInput<B>,
    c: MapInput<C>,
    d: MapInput<D>,
    e: MapInput<E>,
    options?: ExecutorMapOptions,
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

  /** The task methods with options for every call made through them: views nest, and a call's own option wins. */
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
   * No new work: `submit` and `map` throw ExecutorShutdownError from now on. What was accepted is done, unless `cancelFutures` cancels
   * what was not handed to a worker. With `wait` (the default) the promise resolves when all of it has ended and the workers are gone,
   * else at once. `timeout` bounds the waiting: then it rejects with TimeoutError, and the work goes on. May be called again, and what a
   * later call asks for is done then: `cancelFutures` cancels at once.
   */
  async shutdown(_options?: ShutdownOptions): Promise<void> {}

  /** Ends the workers now, by SIGTERM where they are processes; resolves when they are gone. The executor is shut down then. */
  terminateWorkers(): Promise<void> {
    return this.shutdown({ wait: false, cancelFutures: true });
  }

  /** Ends the workers now, by SIGKILL where they are processes; else as `terminateWorkers`. */
  killWorkers(): Promise<void> {
    return this.terminateWorkers();
  }

  /** The end of an `await using`, as Python's `with`: waits for the work that was accepted. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown({ wait: true });
  }

  /**
   * Runs `body` with a new executor and shuts it down after it, waiting for its work: `await using` where that is not to be had.
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
