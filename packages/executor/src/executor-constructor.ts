/** The type of the two executor classes as values. Only the signature of a constructor can tie the types of `initargs` to `initializer`. */
import type { Executor } from './executor.ts';
import type { ExecutorOptions } from './options.ts';

/** The constructor of an executor: `new ProcessPoolExecutor(…)`, and `ProcessPoolExecutor.use`. */
export interface ExecutorConstructor<Self extends Executor> {
  /**
   * Makes an executor; workers are started when work comes.
   *
   * @param options - The most workers, or options. Default: `cpuCount()`.
   * @returns The executor.
   * @throws OptionsError listing every bad option.
   * @throws RangeError or TypeError for a bad number of workers.
   */
  new <I extends readonly unknown[] = []>(options?: number | ExecutorOptions<I>): Self;
  readonly prototype: Self;
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
  use<E extends Executor, T>(
    this: new (
      options?: number | ExecutorOptions,
    ) => E,
    options: number | ExecutorOptions | undefined,
    body: (executor: E) => T | PromiseLike<T>,
  ): Promise<T>;
}
