/**
 * How many tasks of a `map` travel together at most, where the caller does not say.
 *
 * Decides by the length of the input and the number of workers alone; how many really travel together is measured, in core.
 */

/** Shares a worker gets. More: better balance at the end of the input. Fewer: fewer messages. Python's choice. */
const SHARES_A_WORKER = 4;

/**
 * Python's rule: a quarter of an even share, rounded up (`Pool._map_async` in CPython's `multiprocessing/pool.py`): 13 for 100
 * items and 2 workers.
 */
export function defaultChunksize(items: number, workers: number): number {
  return Math.ceil(items / (workers * SHARES_A_WORKER));
}
