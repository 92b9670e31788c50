// The program of twinpool.mjs with a function instead of a `taskRef`: its module must be found first.
import { Pool, ThreadPool } from '@twinpool/pool';
import { increment } from '../tasks/tasks.mjs';

const pool = new (process.argv[2] === 'thread' ? ThreadPool : Pool)(2);
console.log(await pool.apply(increment, [1]));
pool.close();
await pool.join();
