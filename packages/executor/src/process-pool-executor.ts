/** ProcessPoolExecutor: the executor whose workers are processes. Decides only that; worker-executor.ts has the behaviour. */
import { BrokenProcessPoolError } from '@twinpool/core';
import type { ExecutorOptions } from './options.ts';
import { WorkerExecutor } from './worker-executor.ts';

/**
 * Runs tasks in worker processes: `concurrent.futures.ProcessPoolExecutor`.
 *
 * Workers are started when work comes, up to `maxWorkers` (default: `os.availableParallelism()`). Pending work keeps the program alive,
 * idle workers do not. Functions are passed as they are when they are exported or use nothing from outside themselves; see the guide for
 * all that can be a task.
 *
 * Throws TypeError or RangeError for a bad number of workers, OptionsError listing every bad option. Its first use throws
 * NestedBootstrapError at the top level of a module that a worker imports, and in all that this top level starts.
 *
 * Unlike CPython: one worker's death fails the task that ran in it, and nothing else (`onWorkerLoss`).
 *
 * Source: https://docs.python.org/3/library/concurrent.futures.html#processpoolexecutor
 *
 * @example
 * ```ts
 * import { asCompleted, ProcessPoolExecutor } from 'twinpool';
 *
 * await using executor = new ProcessPoolExecutor({ maxWorkers: 4 });
 * const futures = [1, 2, 3].map((n) => executor.submit((x: number) => x ** 2, n));
 * for await (const future of asCompleted(futures)) console.log(await future.result());
 * ```
 */
export class ProcessPoolExecutor extends WorkerExecutor {
  constructor(options?: number | ExecutorOptions) {
    super({ name: 'ProcessPoolExecutor', kind: 'process', Broken: BrokenProcessPoolError }, options);
  }
}
