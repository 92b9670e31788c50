/** Cancels a running task, and a queued one. */
import { Pool, ProcessPoolExecutor } from 'twinpool';
import { takes } from './tasks.mjs';
import { until } from './until.mjs';

await ProcessPoolExecutor.use({ maxWorkers: 1, killGrace: 20 }, async (executor) => {
  const running = executor.submit(takes, 200);
  const waiting = executor.submit(takes, 60_000);
  await until(() => running.running());

  // The article's program sleeps for a moment and then asks; by then the task runs, so it prints the second line. And since it leaves its
  // `with` block then, it waits for the ten seconds that the task takes.
  console.log(running.cancel() ? 'cancelled' : 'it runs and cannot be cancelled');
  // A task that waits can be cancelled; in Python not the next ones, which count as running as soon as they are queued for a worker.
  console.log(waiting.cancel() ? 'cancelled' : 'it runs and cannot be cancelled');
  console.log(await running, waiting.cancelled());

  // What runs can be stopped, alone, by a signal. Python has nothing of the kind.
  const controller = new AbortController();
  const stopped = executor.withOptions({ signal: controller.signal }).submit(takes, 60_000);
  await until(() => stopped.running());
  controller.abort();
  await stopped.catch((error) => console.log(error instanceof Error && error.name, stopped.cancelled()));
});

// That a pool cannot cancel holds in Python. Here its results have cancel(), by the same rule.
await Pool.use(1, async (pool) => {
  await pool.apply(takes, [50]);
  const results = [pool.applyAsync(takes, [100]), pool.applyAsync(takes, [60_000])];
  await until(() => pool.stats().running === 1);
  const answers = results.map((result) => result.cancel());
  console.log(answers, await results[0]);
});
