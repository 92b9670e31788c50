// Adapts our executor to the interface of the peers, and opens our facades for the questions about facades.
import * as tasks from '../tasks/tasks.mjs';
import { entryOf } from './checkout.mjs';
import { WORKERS } from './settings.mjs';

/** Opens the pool of a kind. Both workers have started. */
export async function openPool(kind) {
  const { Pool, ThreadPool } = await import(entryOf('pool'));
  const pool = new (kind === 'thread' ? ThreadPool : Pool)(WORKERS);
  await pool.map(tasks.increment, [1, 2, 3, 4, 5, 6, 7, 8], 1);
  return pool;
}

/** Opens the executor of a kind. Both workers have started. `options`: further options of it. */
export async function openExecutor(kind, options) {
  const { ProcessPoolExecutor, ThreadPoolExecutor } = await import(entryOf('executor'));
  const executor = new (kind === 'thread' ? ThreadPoolExecutor : ProcessPoolExecutor)(
    options === undefined ? WORKERS : { maxWorkers: WORKERS, ...options },
  );
  await Promise.all(Array.from({ length: 4 * WORKERS }, () => executor.submit(tasks.increment, 1)));
  return executor;
}

/** Adapts `submit` of the executor to `run(argument)`. */
export async function openSubmit(task, argument, kind, options) {
  const executor = await openExecutor(kind, options);
  const fn = tasks[task];
  await Promise.all(Array.from({ length: 4 * WORKERS }, () => executor.submit(fn, argument)));
  return { run: (value) => executor.submit(fn, value), close: () => executor.shutdown() };
}
