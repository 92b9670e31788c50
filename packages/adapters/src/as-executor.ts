/**
 * `asExecutor`: a pool's workers by the API of an executor.
 *
 * Decides which executor it is: the one of the pool's kind. It is a real one, at a seat beside the pool's; what a seat is, is core's business.
 */
import { inspect } from 'node:util';
import { PoolClosedError } from '@twinpool/core';
import { seatOf } from '@twinpool/core/facade';
import { type Executor, type ExecutorOptions, ProcessPoolExecutor, ThreadPoolExecutor } from '@twinpool/executor';
import { Pool } from '@twinpool/pool';
import { keptBeside } from './adapter-lifetime.ts';

/**
 * An executor on the workers of a pool: a `ProcessPoolExecutor`, of a `ThreadPool` a `ThreadPoolExecutor`. Both take fair turns, and the settings
 * of the pool (`taskTimeout`, `maxQueue`, …) hold for it too.
 *
 * Its `shutdown()` and `terminateWorkers()` end its own work only and leave the workers, as on a shared runtime. Where the pool has workers of its
 * own they end with the pool: after `pool.close()` the executor takes no new work either, and what it had accepted finishes; at
 * `pool.terminate()` its open futures fail with BrokenExecutorError. On a shared runtime the two end apart.
 *
 * @param pool - A Pool or a ThreadPool.
 * @returns The executor.
 * @throws PoolClosedError when the pool takes no work any more, TypeError for what is not a pool.
 *
 * @example
 * ```ts
 * import { asExecutor, Pool } from 'twinpool';
 *
 * await using pool = new Pool(2);
 * const executor = asExecutor(pool);
 * console.log(await pool.apply((x: number) => x + 1, [1]), await executor.submit((x: number) => x + 1, 2)); // 2 3
 * ```
 */
export function asExecutor(pool: Pool): Executor {
  const seat = pool instanceof Pool ? seatOf(pool) : undefined;
  if (seat === undefined) throw new TypeError(`asExecutor: expected a Pool or a ThreadPool, got ${inspect(pool, { depth: 0 })}`);
  if (!seat.isOpen) throw new PoolClosedError(`asExecutor: ${seat.name} is not running, and takes no new work; make another pool`);
  const Class = seat.kind === 'thread' ? ThreadPoolExecutor : ProcessPoolExecutor;
  return keptBeside(pool, new Class(seat as object as ExecutorOptions));
}
