import { Pool, ThreadPool, taskRef } from 'twinpool';
import { square } from '../lib/square.tasks.mjs';

// Outside of the handler: one call of the function uses the workers of the calls before it.
const pools = { threads: new ThreadPool(1), processes: new Pool(1) };
const reference = taskRef(new URL('../lib/square.tasks.mjs', import.meta.url), 'square');

export async function handler({ numbers }) {
  const results = {};
  for (const [kind, pool] of Object.entries(pools)) {
    results[kind] = [await pool.map(square, numbers), await pool.map(reference, numbers), await pool.map((x) => x + 1, numbers)];
  }
  return results;
}
