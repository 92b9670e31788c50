/** ThreadPoolExecutor: the executor whose workers are threads. worker-executor.ts has its behaviour. */
import type { Readable } from 'node:stream';
import { BrokenThreadPoolError, type RuntimeStats, type Task, type TaskRest } from '@twinpool/core';
import type { Executor } from './executor.ts';
import type { ExecutorConstructor } from './executor-constructor.ts';
import type { Future } from './future.ts';
import type { ExecutorOptions } from './options.ts';
import { WorkerExecutor } from './worker-executor.ts';

/**
 * Runs tasks in worker threads: `concurrent.futures.ThreadPoolExecutor`.
 *
 * Threads start faster than processes, and a message to them costs less. `transfer` moves buffers to them, and a SharedArrayBuffer is shared. A crash
 * of the process ends all of them. Unlike in Python, threads compute in parallel, so the default number of workers is `cpuCount()`. They are named
 * `prefix_0`, `prefix_1`, … after the option `threadNamePrefix`, Python's `thread_name_prefix`.
 *
 * @see https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor
 *
 * @example
 * ```ts
 * import { ThreadPoolExecutor } from 'twinpool';
 *
 * await using executor = new ThreadPoolExecutor(2);
 * console.log(await executor.map((x: number) => x ** 2, [1, 2, 3]).toArray()); // [ 1, 4, 9 ]
 * ```
 */
export interface ThreadPoolExecutor extends Executor {
  /**
   * Runs `fn(...args)` in a worker.
   *
   * An error of the function, of the arguments or of the task is the outcome of the future.
   *
   * Price: about 2 µs per task while many wait; for one task, about 10 µs there and back. Not for shorter functions unless through `map`.
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
   * console.log(await executor.submit((a: number, b: number) => a + b, 1, 2)); // 3
   * ```
   */
  submit<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>;
  submit<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(
    fn: T & Task<A, R>,
    ...args: TaskRest<T, A, Given>
  ): Future<Awaited<R>>;

  /**
   * Waits until `minWorkers` workers are there, so that the first tasks need not wait for them. While a caller waits, the program stays alive.
   *
   * On a shared `runtime` these are the `minWorkers` of the runtime.
   *
   * @param timeout - Milliseconds to wait. Default: no limit.
   * @returns Nothing; at once where `minWorkers` is 0.
   * @throws BrokenExecutorError (rejection) when no worker can be started; `cause` says why.
   * @throws ExecutorShutdownError (rejection) after `shutdown()`, also if it comes meanwhile.
   * @throws TimeoutError (rejection) after `timeout`; the workers start all the same. RangeError (rejection) when `timeout` is `NaN`.
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor({ maxWorkers: 2, minWorkers: 1 });
   * await executor.ready(10_000);
   * console.log(executor.stats().workers >= 1); // true
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
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor(2);
   * await executor.submit((x: number) => x + 1, 1);
   * console.log(executor.stats().completed); // 1
   * ```
   */
  stats(): RuntimeStats;

  /**
   * Waits until fewer than `limit` tasks of this executor wait for a worker, so that a producer does not run ahead of the workers.
   *
   * Callers are served in the order in which they came, one for each free place. A place is kept for its caller until the end of the turn of the event
   * loop in which it goes on. While a caller waits, the program stays alive.
   *
   * @param limit - The number of tasks, at least 1. Default: the option `maxQueue`.
   * @returns Nothing.
   * @throws OptionsError (rejection) without `limit` and `maxQueue`, TypeError or RangeError (rejection) for a bad limit.
   * @throws ExecutorShutdownError (rejection) after `shutdown()`, also if it comes meanwhile; BrokenExecutorError after no worker could be started.
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'twinpool';
   *
   * await using executor = new ThreadPoolExecutor({ maxWorkers: 2, maxQueue: 10 });
   * for (let i = 0; i < 100; i++) {
   *   await executor.waitForCapacity();
   *   void executor.submit((x: number) => x * x, i);
   * }
   * ```
   */
  waitForCapacity(limit?: number): Promise<void>;

  /** What the workers print to standard output, with the option `stdio: 'pipe'`, unless they are a runtime's. It ends when they are gone. */
  readonly stdout: Readable | undefined;

  /** What the workers print to standard error, as `stdout`. */
  readonly stderr: Readable | undefined;
}

export const ThreadPoolExecutor: ExecutorConstructor<ThreadPoolExecutor> = class ThreadPoolExecutor extends WorkerExecutor {
  constructor(options?: number | ExecutorOptions) {
    super({ name: 'ThreadPoolExecutor', kind: 'thread', Broken: BrokenThreadPoolError }, options);
  }
} as object as ExecutorConstructor<ThreadPoolExecutor>;
