// The same with the function just passed, which has to be found first.
import { Pool, ThreadPool } from '@twinpool/pool';
import { increment } from '../tasks/tasks.mjs';

const pool = new (process.argv[2] === 'thread' ? ThreadPool : Pool)(2);
console.log(await pool.apply(increment, [1]));
pool.close();
await pool.join();
