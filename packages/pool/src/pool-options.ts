/** Declares the options of a pool's constructor. It has types only; core checks the options. */
import type { SharedOptions } from '@twinpool/core';

/**
 * Options of a pool, in addition to those of every facade.
 *
 * @typeParam I - The types of the initializer's arguments.
 * @typeParam F - The types of the finalizer's arguments.
 */
// biome-ignore lint/suspicious/noExplicitAny: options whose initializer is not known by its type take any
export interface PoolOptions<I extends readonly unknown[] = any, F extends readonly unknown[] = any> extends SharedOptions<I, F> {
  /** The number of workers. Default: `cpuCount()`. With `runtime`: the most of its workers that this pool uses at once. */
  processes?: number | undefined;
  /** Calls after which a worker is replaced: the exact number, also for threads. CPython counts chunks. Default: no limit. */
  maxTasksPerChild?: number | undefined;
}
