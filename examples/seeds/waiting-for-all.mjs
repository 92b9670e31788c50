/** Waits for all tasks: with the handles of a pool, with close and join, with wait(), with shutdown. */
import { Pool, ProcessPoolExecutor, wait } from 'twinpool';
import { takes } from './tasks.mjs';

const times = [30, 10, 20];

const pool = new Pool(2);
const results = times.map((ms) => pool.applyAsync(takes, [ms]));
for (const result of results) await result.wait();
const successes = results.map((result) => result.successful());
console.log('wait() of each result', successes);
const more = pool.mapAsync(takes, times);
pool.close();
await pool.join();
console.log('close() and join()', more.ready());

const executor = new ProcessPoolExecutor(2);
const { done, notDone } = await wait(times.map((ms) => executor.submit(takes, ms)));
console.log('wait() for all', done.size, notDone.size);
const last = executor.submit(takes, 10);
await executor.shutdown({ wait: true });
console.log('shutdown()', last.done());
