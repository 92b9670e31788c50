// S11: several asynchronous tasks in each worker; some of them never end, and some are aborted.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CancelledError, TaskTimeoutError, WorkerLostError, WorkerRuntime } from '@twinpool/core';
import { facadesOf, kindsOf } from '../harness/facades.mjs';
import { readLedger } from '../harness/ledger.mjs';
import { hash, share } from '../harness/random.mjs';
import { Settles } from '../harness/settles.mjs';
import { stick, workLater } from '../tasks/ledgered.mjs';

const WORKERS = 2;
const SLOTS = 50;
const GRACE = 500;
/** ms. The time limit of a task that never ends. */
const LIMIT = 100;

export const title = 'asynchronous tasks in workers with 50 slots, of which 1 % loop, never settle or are aborted';
export const seconds = 900;

export async function run(run) {
  for (const kind of kindsOf(run)) await storm(run, kind, run.tasks ?? (run.short ? 600 : 10_000));
}

/** The event of a task, and how long it waits. `rate`: 1 is one event in a hundred tasks. */
function planOf(seed, index, rate) {
  const chance = share(seed, index, 4) / rate;
  const what = chance < 0.003 ? 'loop' : chance < 0.007 ? 'never' : chance < 0.01 ? 'abort' : 'wait';
  return { what, ms: 1 + 20 * share(seed, index, 5) };
}

async function storm(run, kind, tasks) {
  const folder = join(run.folder, kind);
  mkdirSync(folder);
  const rate = run.short ? 3 : 1;
  const runtime = new WorkerRuntime({
    kind,
    workers: WORKERS,
    concurrentTasksPerWorker: SLOTS,
    killGrace: GRACE * Math.min(run.slack, 2),
    workerData: { folder, seed: run.seed },
  });
  const { Executor } = facadesOf(kind);
  const executor = new Executor({ runtime, killGrace: 20 });
  const settles = new Settles(tasks);
  const ended = { wait: 0, loop: 0, never: 0, abort: 0 };
  const lost = [];

  const settledAs = (index, what) => (ok, value) => {
    ended[what] += 1;
    if (ok) {
      run.expect(what === 'wait', `${kind}: a task that never ends gave a value`, `task ${index} (${what})`);
      run.expect(value === hash(run.seed, index), `${kind}: a value that is not f(task)`, `task ${index}`);
    } else if (value instanceof WorkerLostError) lost.push({ index, what, error: value });
    else {
      const isLimit = value instanceof TaskTimeoutError && (what === 'loop' || what === 'never');
      const isAbort = value instanceof CancelledError && what === 'abort';
      run.expect(isLimit || isAbort, `${kind}: a task failed without a reason`, `task ${index} (${what}): ${value}`);
    }
  };

  const began = performance.now();
  let accepted = 0;
  for (; accepted < tasks && !run.isOver; accepted++) {
    await settles.fewerThan(2 * WORKERS * SLOTS);
    const index = accepted;
    const { what, ms } = planOf(run.seed, index, rate);
    if (what === 'wait') settles.watchFuture(index, executor.submit(workLater, index, ms), settledAs(index, what));
    else {
      const controller = new AbortController();
      const options = what === 'abort' ? { signal: controller.signal } : { taskTimeout: LIMIT };
      const future = executor.withOptions(options).submit(stick, index, what);
      settles.watchFuture(index, future, settledAs(index, what));
      if (what === 'abort') setTimeout(() => controller.abort(), 10 * ms);
    }
  }
  await settles.fewerThan(1);
  const time = performance.now() - began;
  const stats = runtime.stats();
  await executor.shutdown();
  await runtime.close();

  const { never, twice } = settles.check(accepted);
  run.expect(never + twice === 0, `${kind}: tasks that did not settle exactly once`, `${never} never, ${twice} more than once`);
  run.expect(stats.lostWorkers === 0, `${kind}: a worker was lost`, `${stats.lostWorkers}`);
  const { starts } = readLedger(folder);
  for (const [index, workers] of starts)
    run.expect(workers.length === 1, `${kind}: a task that started more than once`, `task ${index} in ${workers.join(', ')}`);
  const blocked = new Set();
  for (const [index, workers] of starts)
    if (planOf(run.seed, index, rate).what === 'loop') for (const worker of workers) blocked.add(worker);
  for (const { index, error } of lost) {
    const [worker] = starts.get(index) ?? [];
    run.expect(
      worker === undefined || blocked.has(worker),
      `${kind}: a neighbour was lost with a worker that was not blocked`,
      `task ${index}: ${error}`,
    );
  }
  run.figure(
    `${kind}: tasks`,
    `${accepted}: ${ended.loop} looped, ${ended.never} never settled, ${ended.abort} were aborted, ${lost.length} were lost with their worker`,
  );
  run.figure(`${kind}: tasks per second`, `${((1000 * accepted) / time).toFixed(0)}`);
}
