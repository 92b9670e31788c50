/** ThreadPoolExecutor: the executor whose workers are threads. Only that is here; worker-executor.ts has the behaviour. */
import { BrokenThreadPoolError, type RuntimeStats } from '@twinpool/core';
import type { Executor } from './executor.ts';
import type { ExecutorConstructor } from './executor-constructor.ts';
import type { ExecutorOptions } from './options.ts';
import { WorkerExecutor } from './worker-executor.ts';

/**
 * Runs tasks in worker threads: `concurrent.futures.ThreadPoolExecutor`.
 *
 * Threads start faster than processes and cost less to talk to: `transfer` moves buffers, and a SharedArrayBuffer is shared. They share the
 * process: what ends it ends them all. The default number of workers is `os.availableParallelism()`, since threads compute in parallel,
 * unlike Python's. They are named `prefix_0`, `prefix_1`, …, after the option `threadNamePrefix`, Python's `thread_name_prefix`.
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
   * Counters and times of the workers, as they are now. Those of a shared runtime count for all who use it.
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
}

export const ThreadPoolExecutor: ExecutorConstructor<ThreadPoolExecutor> = class ThreadPoolExecutor extends WorkerExecutor {
  constructor(options?: number | ExecutorOptions) {
    super({ name: 'ThreadPoolExecutor', kind: 'thread', Broken: BrokenThreadPoolError }, options);
  }
} as object as ExecutorConstructor<ThreadPoolExecutor>;
