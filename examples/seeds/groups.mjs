/** Several tasks of different functions as a group: the first to end, the first to fail, all of them for a while. */
import { Pool, ProcessPoolExecutor, wait } from 'twinpool';
import { parseCount, square, takes } from './tasks.mjs';

// Two futures fail here whose errors this program does not read.
const executor = new ProcessPoolExecutor({ maxWorkers: 2, unobservedErrors: 'ignore' });
const long = executor.submit(takes, 60_000);

const quick = executor.submit(square, 7);
const first = await wait([long, quick], { returnWhen: 'FIRST_COMPLETED' });
console.log('the first to end', first.done.has(quick), first.notDone.has(long));

const failing = executor.submit(parseCount, 'many');
const failed = await wait([long, failing], { returnWhen: 'FIRST_EXCEPTION' });
console.log('the first to fail', failed.done.has(failing), failed.notDone.has(long));

const forAWhile = await wait([long, quick, failing], { timeout: 20 });
console.log('all, for 20 ms', forAWhile.done.size, forAWhile.notDone.size);

// The article leaves groups to the executor, and so does Python. Here wait() and asCompleted() take a pool's results too, and both mixed.
await Pool.use(1, async (pool) => {
  const result = pool.applyAsync(square, [8]);
  const either = await wait([result, long], { returnWhen: 'FIRST_COMPLETED' });
  console.log('of both APIs', either.done.has(result), either.notDone.has(long));
});

await executor.terminateWorkers();
