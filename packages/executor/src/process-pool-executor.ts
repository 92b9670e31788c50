/** ProcessPoolExecutor: the executor whose workers are processes. Only that is here; worker-executor.ts has the behaviour. */
import { BrokenProcessPoolError, type RuntimeStats } from '@twinpool/core';
import type { Executor } from './executor.ts';
import type { ExecutorConstructor } from './executor-constructor.ts';
import type { ExecutorOptions } from './options.ts';
import { WorkerExecutor } from './worker-executor.ts';

/**
 * Runs tasks in worker processes: `concurrent.futures.ProcessPoolExecutor`.
 *
 * Workers are started when work comes, up to `maxWorkers` (default: `os.availableParallelism()`). Pending work keeps the program alive,
 * idle workers do not. Functions are passed as they are when they are exported or use nothing from outside themselves; see the guide for
 * all that can be a task. Unlike CPython, one worker's death fails the task that ran in it, and nothing else (`onWorkerLoss`).
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

export const ProcessPoolExecutor: ExecutorConstructor<ProcessPoolExecutor> = class ProcessPoolExecutor extends WorkerExecutor {
  constructor(options?: number | ExecutorOptions) {
    super({ name: 'ProcessPoolExecutor', kind: 'process', Broken: BrokenProcessPoolError }, options);
  }
} as object as ExecutorConstructor<ProcessPoolExecutor>;
