/** Reads results in the order in which tasks end. */
import { asCompleted, Pool, ProcessPoolExecutor } from 'twinpool';
import { takes } from './tasks.mjs';

/** Milliseconds; the article counts in seconds. */
const UNIT = 100;
const times = [3, 1, 4, 1, 5];
/** One for each worker, so that all have started when it counts. */
const warmUp = times.map(() => UNIT);

await ProcessPoolExecutor.use({ maxWorkers: times.length }, async (executor) => {
  await executor.map(takes, warmUp).toArray();

  const futures = new Map(times.map((x) => [executor.submit(takes, x * UNIT), x]));
  for await (const future of asCompleted(futures.keys(), { timeout: 10_000 })) {
    console.log(`Task ${futures.get(future)} completed: ${await future.result()}`);
  }
});

// With one function a pool has that too: imapUnordered.
await Pool.use(times.length, async (pool) => {
  await pool.map(takes, warmUp, 1);
  const milliseconds = times.map((x) => x * UNIT);
  for await (const result of pool.imapUnordered(takes, milliseconds)) console.log(result);
});
