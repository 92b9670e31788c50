/**
 * `asExecutor`: makes an executor that runs tasks on the workers of a pool.
 *
 * The adapter is an ordinary executor of the pool's kind, with an attachment of its own to the same runtime. This file does not know what an
 * attachment is: core does.
 */
import { inspect } from 'node:util';
import { PoolClosedError } from '@twinpool/core';
import { attachmentOf } from '@twinpool/core/facade';
import { type Executor, type ExecutorOptions, ProcessPoolExecutor, ThreadPoolExecutor } from '@twinpool/executor';
import { Pool } from '@twinpool/pool';
import { adapterOf } from './adapter-lifetime.ts';

/**
 * Returns an executor on the workers of a pool: a `ProcessPoolExecutor` for a `Pool`, a `ThreadPoolExecutor` for a `ThreadPool`.
 *
 * Pool and executor take fair turns, and the settings of the pool (`taskTimeout`, `maxQueue`, …) hold for the executor too. `shutdown()` and
 * `terminateWorkers()` of the executor end its own work only, and the workers go on. If the workers belong to the pool, they end with it: after
 * `pool.close()` the executor takes no new work and its accepted tasks finish; at `pool.terminate()` its open futures fail with BrokenExecutorError.
 * On a shared runtime the end of one does not end the other.
 *
 * Price: no workers are started; tasks cost the same as on the pool.
 *
 * @param pool - A Pool or a ThreadPool.
 * @returns The executor.
 * @throws PoolClosedError when the pool takes no new work, TypeError for a value that is not a pool.
 * @see https://docs.python.org/3/library/concurrent.futures.html#executor-objects
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
  const attachment = pool instanceof Pool ? attachmentOf(pool) : undefined;
  if (attachment === undefined) throw new TypeError(`asExecutor: expected a Pool or a ThreadPool, got ${inspect(pool, { depth: 0 })}`);
  if (!attachment.isOpen)
    throw new PoolClosedError(`asExecutor: ${attachment.name} is not running, and takes no new work; make another pool`);
  const Class = attachment.kind === 'thread' ? ThreadPoolExecutor : ProcessPoolExecutor;
  return adapterOf(pool, new Class(attachment as object as ExecutorOptions));
}
