/**
 * Declares the type of the two executor classes as values. It has types only.
 *
 * The constructor of a class cannot have type parameters, which tie the types of `initargs` to `initializer`; the signature of a constructor in an
 * interface can.
 */
import type { Executor } from './executor.ts';
import type { ExecutorOptions } from './options.ts';

/** The constructor of an executor: `new ProcessPoolExecutor(…)`, and `ProcessPoolExecutor.use`. */
export interface ExecutorConstructor<Self extends Executor> {
  /**
   * Makes an executor. Workers start when work comes.
   *
   * @param options - The most workers, or options. Default: `cpuCount()`.
   * @returns The executor.
   * @throws OptionsError listing every bad option.
   * @throws RangeError or TypeError for a bad number of workers.
   */
  new <I extends readonly unknown[] = [], F extends readonly unknown[] = []>(options?: number | ExecutorOptions<I, F>): Self;
  readonly prototype: Self;
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
  use<E extends Executor, T>(
    this: new (
      options?: number | ExecutorOptions,
    ) => E,
    options: number | ExecutorOptions | undefined,
    body: (executor: E) => T | PromiseLike<T>,
  ): Promise<T>;
}
