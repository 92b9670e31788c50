/** Ways to shut an executor down. */
import { ProcessPoolExecutor } from 'twinpool';
import { takes } from './tasks.mjs';
import { until } from './until.mjs';

/** @param {{ wait?: boolean, cancelFutures?: boolean }} options */
async function shutDown(options) {
  const executor = new ProcessPoolExecutor(1);
  const [running, waiting] = [executor.submit(takes, 80), executor.submit(takes, 80)];
  await until(() => running.running());
  await executor.shutdown(options);
  console.log(options, running.done() ? 'waited' : 'did not wait');
  await Promise.allSettled([running, waiting]);
  console.log(
    `  what ran was ${running.cancelled() ? 'cancelled' : 'done'}, what waited was ${waiting.cancelled() ? 'cancelled' : 'done'}`,
  );
}

await shutDown({ wait: true });
// The article says that wait=False cancels pending calls. It does not: all calls run, and the program ends after the last one.
await shutDown({ wait: false });
// That is what cancel_futures is for, since Python 3.9.
await shutDown({ cancelFutures: true });
