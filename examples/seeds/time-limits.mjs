/** Handles a late result, with each API. */
import { Pool, ProcessPoolExecutor, TimeoutError } from 'twinpool';
import { takes } from './tasks.mjs';
import { until } from './until.mjs';

await ProcessPoolExecutor.use({ maxWorkers: 2 }, async (executor) => {
  const future = executor.submit(takes, 400);
  await until(() => future.running());
  try {
    console.log(await future.result(50));
  } catch (error) {
    // Python's TimeoutError is the built-in one since 3.11; importing it from concurrent.futures is a habit.
    if (error instanceof TimeoutError) console.log('not there after 50 ms');
  }
  // "Can still cancel now", says the article. It runs, so cancel() is False, in Python too, and leaving the block waits for its end.
  console.log(future.cancel(), future.running());
  console.log('asked again:', await future.result(10_000));

  // A limit that ends the task is an option of its own; Python has none in either API.
  const limited = executor.withOptions({ taskTimeout: 100 }).submit(takes, 60_000);
  console.log('of the task:', String(await limited.exception()).slice(0, 16));
});

// A pool's time limit raises as well: in Python multiprocessing.TimeoutError, which is another class than the executor's.
await Pool.use(1, async (pool) => {
  const result = pool.applyAsync(takes, [300]);
  await result.get(20).catch((error) => console.log('of a pool:', error instanceof TimeoutError));
  console.log('asked again:', await result.get(10_000));
});
