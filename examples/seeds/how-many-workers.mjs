/** The default number of workers, and when they are started. */
import { availableParallelism } from 'node:os';
import { Pool, ProcessPoolExecutor } from 'twinpool';
import { square } from './tasks.mjs';

// "One for each logical CPU" (the first article) is how it was: Python 3.13 counts the CPUs that the process may use. The second gives
// min(32, CPUs + 4), and five for each CPU before; that is ThreadPoolExecutor, since 3.8 and before. Here every class has this default, threads
// too, since they compute in parallel.
await Pool.use(undefined, async (pool) => {
  await pool.map(square, [1, 2, 3]);
  console.log(`no more than usable CPUs: ${pool.stats().workers <= availableParallelism()}`);
});

// "Same startup overhead": a pool starts all its workers when it is made, an executor one when a task comes and none is idle.
const pool = new Pool(2);
const executor = new ProcessPoolExecutor(2);
await executor.submit(square, 1);
await pool.map(square, [1]);
console.log(`started for one task: ${executor.stats().workers}`);
pool.terminate();
await Promise.all([pool.join(), executor.shutdown()]);
