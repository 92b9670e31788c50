/** Computes in a worker while the event loop continues with other work. */
import { Pool, ProcessPoolExecutor, runInExecutor } from 'twinpool';
import { sumOfSquares } from './tasks.mjs';

let turns = 0;
const clock = setInterval(() => {
  turns += 1;
}, 1);

await ProcessPoolExecutor.use({ maxWorkers: 1 }, async (executor) => {
  // What asyncio's loop.run_in_executor is for: a future can be awaited as it is.
  console.log(`Result: ${await executor.submit(sumOfSquares, 1_000_000)}`);
  // And by that name, for programs that come from there.
  console.log(`Result: ${await runInExecutor(executor, sumOfSquares, 1_000)}`);
});

// A pool wants a wrapper in Python, made of apply_async and its callbacks. Here its results can be awaited like any other.
console.log(`Result: ${await Pool.use(1, (pool) => pool.apply(sumOfSquares, [1_000]))}`);

clearInterval(clock);
console.log(`meanwhile the event loop turned: ${turns > 10}`);
