// The program that `startup-*` measures for comparison: a pool of workerpool, one task, exit.
import workerpool from 'workerpool';

const [workerType] = process.argv.slice(2);
const pool = workerpool.pool(new URL('../tasks/workerpool-worker.mjs', import.meta.url).pathname, {
  workerType,
  minWorkers: 2,
  maxWorkers: 2,
});
console.log(await pool.exec('increment', [1]));
await pool.terminate();
