/**
 * `asPool`: makes a pool that runs tasks on the workers of an executor.
 *
 * The adapter is an ordinary pool of the executor's kind, with an attachment of its own to the same runtime. This file does not know what an
 * attachment is: core does.
 */
import { inspect } from 'node:util';
import { ExecutorShutdownError } from '@twinpool/core';
import { attachmentOf } from '@twinpool/core/facade';
import { Executor } from '@twinpool/executor';
import { Pool, type PoolOptions, ThreadPool } from '@twinpool/pool';
import { adapterOf } from './adapter-lifetime.ts';

/**
 * Returns a pool on the workers of an executor: a `Pool` for a `ProcessPoolExecutor`, a `ThreadPool` for a `ThreadPoolExecutor`.
 *
 * Executor and pool take fair turns, and the settings of the executor (`taskTimeout`, `maxQueue`, …) hold for the pool too. `close()`, `terminate()` and
 * the end of the pool's scope end its own work only, and the workers go on. If the workers belong to the executor, they end with it: after
 * `executor.shutdown()` the pool takes no new work and its accepted tasks finish; at `executor.terminateWorkers()` its open results fail with
 * PoolTerminatedError. On a shared runtime the end of one does not end the other.
 *
 * Price: no workers are started; tasks cost the same as on the executor.
 *
 * @param executor - A ProcessPoolExecutor or a ThreadPoolExecutor.
 * @returns The pool.
 * @throws ExecutorShutdownError when the executor takes no new work.
 * @throws TypeError for a value that is not an executor, and for an executor without workers, such as a class of your own that extends `Executor`.
 * @see https://docs.python.org/3/library/multiprocessing.html#module-multiprocessing.pool
 *
 * @example
 * ```ts
 * import { asPool, ProcessPoolExecutor } from 'twinpool';
 *
 * await using executor = new ProcessPoolExecutor(2);
 * const pool = asPool(executor);
 * console.log(await pool.map((x: number) => x ** 2, [1, 2, 3]), await executor.submit((x: number) => x + 1, 2)); // [ 1, 4, 9 ] 3
 * ```
 */
export function asPool(executor: Executor): Pool {
  const attachment = executor instanceof Executor ? attachmentOf(executor) : undefined;
  if (attachment === undefined) {
    throw new TypeError(`asPool: expected a ProcessPoolExecutor or a ThreadPoolExecutor, got ${inspect(executor, { depth: 0 })}`);
  }
  if (!attachment.isOpen)
    throw new ExecutorShutdownError(`asPool: ${attachment.name} was shut down, and takes no new work; make another executor`);
  const Class = attachment.kind === 'thread' ? ThreadPool : Pool;
  return adapterOf(executor, new Class(attachment as object as PoolOptions));
}
