/** ThreadPoolExecutor: the executor whose workers are threads. Decides only that; worker-executor.ts has the behaviour. */
import { BrokenThreadPoolError } from '@twinpool/core';
import type { ExecutorOptions } from './options.ts';
import { WorkerExecutor } from './worker-executor.ts';

/**
 * Runs tasks in worker threads: `concurrent.futures.ThreadPoolExecutor`.
 *
 * As ProcessPoolExecutor, but cheaper to start and to talk to: `transfer` moves buffers, and a SharedArrayBuffer is shared. Threads share
 * the process: what ends it ends them all. The default number of workers is `os.availableParallelism()`: unlike Python's, threads compute
 * in parallel. They are called `prefix_0`, `prefix_1`, …, after the option `threadNamePrefix`, Python's `thread_name_prefix`.
 *
 * Source: https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor
 *
 * @example
 * ```ts
 * import { ThreadPoolExecutor } from 'twinpool';
 *
 * await using executor = new ThreadPoolExecutor(2);
 * console.log(await executor.map((x: number) => x ** 2, [1, 2, 3]).toArray()); // [ 1, 4, 9 ]
 * ```
 */
export class ThreadPoolExecutor extends WorkerExecutor {
  constructor(options?: number | ExecutorOptions) {
    super({ name: 'ThreadPoolExecutor', kind: 'thread', Broken: BrokenThreadPoolError }, options);
  }
}
