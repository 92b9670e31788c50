/**
 * Computes the most tasks of a `map` in one message to a worker, for calls without a `chunksize`.
 *
 * It knows the length of the input and the number of workers only. Core sends fewer tasks at once if they were measured to take longer.
 */

/** Chunks per worker. More: better balance at the end of the input. Fewer: fewer messages. It is Python's number. */
const CHUNKS_PER_WORKER = 4;

/**
 * Returns the chunksize of Python's rule, `ceil(items / (4 * workers))` (`Pool._map_async` in CPython's `multiprocessing/pool.py`): 13 for 100 items
 * and 2 workers.
 */
export function defaultChunksize(items: number, workers: number): number {
  return Math.ceil(items / (workers * CHUNKS_PER_WORKER));
}
