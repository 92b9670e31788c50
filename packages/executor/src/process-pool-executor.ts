/** ProcessPoolExecutor: the executor whose workers are processes. worker-executor.ts has its behaviour. */
import type { Readable } from 'node:stream';
import { BrokenProcessPoolError, type RuntimeStats, type Task, type TaskRest } from '@twinpool/core';
import type { Executor } from './executor.ts';
import type { ExecutorConstructor } from './executor-constructor.ts';
import type { Future } from './future.ts';
import type { ExecutorOptions } from './options.ts';
import { WorkerExecutor } from './worker-executor.ts';

/**
 * Runs tasks in worker processes: `concurrent.futures.ProcessPoolExecutor`.
 *
 * Workers start when work comes, up to `maxWorkers` (default: `cpuCount()`). Pending work keeps the program alive, idle workers do not. Pass exported
 * functions, or functions that use no variable from outside; the guide lists everything that can be a task. Unlike in CPython, a lost worker fails
 * the task that ran in it, and no other (`onWorkerLoss`).
 *
 * @see https://docs.python.org/3/library/concurrent.futures.html#processpoolexecutor
 *
 * @example
 * ```ts
 * import { asCompleted, ProcessPoolExecutor } from 'twinpool';
 *
 * await using executor = new ProcessPoolExecutor({ maxWorkers: 2 });
 * const futures = [1, 2, 3].map((n) => executor.submit((x: number) => x ** 2, n));
 * for await (const future of asCompleted(futures)) console.log(await future.result());
 * ```
 */
export interface ProcessPoolExecutor extends Executor {
  /**
   * Runs `fn(...args)` in a worker.
   *
   * An error of the function, of the arguments or of the task is the outcome of the future.
   *
   * Price: about 2 µs per task while many wait; for one task, about 30 µs there and back. Not for shorter functions unless through `map`.
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
   * import { ProcessPoolExecutor } from 'twinpool';
   *
   * await using executor = new ProcessPoolExecutor(2);
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
   * import { ProcessPoolExecutor } from 'twinpool';
   *
   * await using executor = new ProcessPoolExecutor({ maxWorkers: 2, minWorkers: 1 });
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
   * import { ProcessPoolExecutor } from 'twinpool';
   *
   * await using executor = new ProcessPoolExecutor(2);
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
   * import { ProcessPoolExecutor } from 'twinpool';
   *
   * await using executor = new ProcessPoolExecutor({ maxWorkers: 2, maxQueue: 10 });
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

export const ProcessPoolExecutor: ExecutorConstructor<ProcessPoolExecutor> = class ProcessPoolExecutor extends WorkerExecutor {
  constructor(options?: number | ExecutorOptions) {
    super({ name: 'ProcessPoolExecutor', kind: 'process', Broken: BrokenProcessPoolError }, options);
  }
} as object as ExecutorConstructor<ProcessPoolExecutor>;
