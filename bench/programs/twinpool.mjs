// What `startup-*` times: a pool of 2, one task, exit. The argument says which kind of worker.
import { Pool, ThreadPool, taskRef } from '@twinpool/pool';

const pool = new (process.argv[2] === 'thread' ? ThreadPool : Pool)(2);
console.log(await pool.apply(taskRef(new URL('../tasks/tasks.mjs', import.meta.url), 'increment'), [1]));
pool.close();
await pool.join();
