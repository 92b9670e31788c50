/**
 * `asPool`: an executor's workers by the API of a pool.
 *
 * Decides which pool it is: the one of the executor's kind. It is a real one, at a seat beside the executor's; what a seat is, is core's business.
 */
import { inspect } from 'node:util';
import { ExecutorShutdownError } from '@twinpool/core';
import { seatOf } from '@twinpool/core/facade';
import { Executor } from '@twinpool/executor';
import { Pool, type PoolOptions, ThreadPool } from '@twinpool/pool';
import { keptBeside } from './adapter-lifetime.ts';

/**
 * A pool on the workers of an executor: a `Pool`, of a `ThreadPoolExecutor` a `ThreadPool`. Both take fair turns, and the settings of the
 * executor (`taskTimeout`, `maxQueue`, …) hold for it too.
 *
 * Its `close()` and `terminate()`, and the end of its scope, end its own work only and leave the workers, as on a shared runtime. Where the
 * executor has workers of its own they end with the executor: after `executor.shutdown()` the pool takes no new work either, and what it had
 * accepted finishes; at `executor.terminateWorkers()` its open results fail with PoolTerminatedError. On a shared runtime the two end apart.
 *
 * It throws ExecutorShutdownError when the executor takes no work any more, TypeError for what is not an executor, or for one without workers:
 * a class of your own that extends `Executor` itself.
 *
 * @param executor - A ProcessPoolExecutor or a ThreadPoolExecutor.
 * @returns The pool.
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
  const seat = executor instanceof Executor ? seatOf(executor) : undefined;
  if (seat === undefined) {
    throw new TypeError(`asPool: expected a ProcessPoolExecutor or a ThreadPoolExecutor, got ${inspect(executor, { depth: 0 })}`);
  }
  if (!seat.isOpen) throw new ExecutorShutdownError(`asPool: ${seat.name} was shut down, and takes no new work; make another executor`);
  const Class = seat.kind === 'thread' ? ThreadPool : Pool;
  return keptBeside(executor, new Class(seat as object as PoolOptions));
}
