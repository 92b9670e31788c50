// The program that `startup-*` measures: a pool of 2 workers, one task, exit. The argument is the kind of worker.
import { Pool, ThreadPool, taskRef } from '@twinpool/pool';

const pool = new (process.argv[2] === 'thread' ? ThreadPool : Pool)(2);
console.log(await pool.apply(taskRef(new URL('../tasks/tasks.mjs', import.meta.url), 'increment'), [1]));
pool.close();
await pool.join();
