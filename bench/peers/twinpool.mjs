// Ours behind the same face as the peers, and the facades as they are for the questions that are about them.
import * as tasks from '../tasks/tasks.mjs';
import { entryOf } from './checkout.mjs';
import { WORKERS } from './settings.mjs';

/** The pool of a kind, both workers up. */
export async function openPool(kind) {
  const { Pool, ThreadPool } = await import(entryOf('pool'));
  const pool = new (kind === 'thread' ? ThreadPool : Pool)(WORKERS);
  await pool.map(tasks.increment, [1, 2, 3, 4, 5, 6, 7, 8], 1);
  return pool;
}

/** The executor of a kind, both workers up. */
export async function openExecutor(kind) {
  const { ProcessPoolExecutor, ThreadPoolExecutor } = await import(entryOf('executor'));
  const executor = new (kind === 'thread' ? ThreadPoolExecutor : ProcessPoolExecutor)(WORKERS);
  await Promise.all(Array.from({ length: 4 * WORKERS }, () => executor.submit(tasks.increment, 1)));
  return executor;
}

/** `submit` of the executor: `run(argument)` as the peers have it. */
export async function openSubmit(task, argument, kind) {
  const executor = await openExecutor(kind);
  const fn = tasks[task];
  await Promise.all(Array.from({ length: 4 * WORKERS }, () => executor.submit(fn, argument)));
  return { run: (value) => executor.submit(fn, value), close: () => executor.shutdown() };
}
