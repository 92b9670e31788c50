/** Stops workers in the middle of their tasks, with each API. */
import { Pool, ProcessPoolExecutor } from 'twinpool';
import { takes } from './tasks.mjs';
import { until } from './until.mjs';

/** @param {readonly PromiseLike<unknown>[]} results */
async function report(results) {
  for (const outcome of await Promise.allSettled(results))
    console.log(outcome.status === 'fulfilled' ? outcome.value : outcome.reason.name);
}

// The article says that close() and terminate() send SIGTERM and SIGKILL. close() sends nothing: what runs is finished.
const closed = new Pool(1);
const running = closed.applyAsync(takes, [50]);
closed.close();
await report([running]);
await closed.join();

// terminate() sends SIGTERM; in Python nothing more than that, here SIGKILL to those that have not ended after `killGrace`. In Python
// open results never become ready, and a wait for one never ends; here they reject.
const pool = new Pool(2);
const results = [60_000, 60_000, 60_000].map((ms) => pool.applyAsync(takes, [ms]));
pool.terminate();
await report(results);
await pool.join();

// That an executor cannot do it was true until Python 3.14, which has terminate_workers() and kill_workers().
const executor = new ProcessPoolExecutor(1);
const futures = [executor.submit(takes, 60_000), executor.submit(takes, 60_000)];
await until(() => futures[0]?.running() === true);
await executor.terminateWorkers();
await report(futures);
