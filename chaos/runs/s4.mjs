// S4: cancels, time limits and aborts, all the time.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CancelledError, TaskTimeoutError, WorkerRuntime } from '@twinpool/core';
import { facadesOf, kindsOf } from '../harness/facades.mjs';
import { readLedger } from '../harness/ledger.mjs';
import { hash, share } from '../harness/random.mjs';
import { Settles } from '../harness/settles.mjs';
import { workFor } from '../tasks/ledgered.mjs';

const MOST_OPEN = 64;

export const title = 'tasks of which 30 % are cancelled, 10 % have a limit of 1 to 5 ms and 5 % are aborted with force';
export const seconds = 1200;

export async function run(run) {
  for (const kind of kindsOf(run)) await storm(run, kind, run.tasks ?? (run.short ? 500 : 100_000));
}

/** The event of a task, and how long it works. */
function planOf(seed, index) {
  const chance = share(seed, index, 4);
  const what = chance < 0.3 ? 'cancel' : chance < 0.4 ? 'limit' : chance < 0.45 ? 'abort' : 'none';
  // Most tasks stay within the limit, some exceed it.
  return { what, ms: what === 'limit' ? 2 * share(seed, index, 5) : 0.5 * share(seed, index, 5) };
}

async function storm(run, kind, tasks) {
  const folder = join(run.folder, kind);
  mkdirSync(folder);
  const runtime = new WorkerRuntime({ kind, workers: 2, workerData: { folder, seed: run.seed } });
  const { Pool, Executor } = facadesOf(kind);
  const pool = new Pool({ runtime, killGrace: 0 });
  const executor = new Executor({ runtime, killGrace: 0 });
  const settles = new Settles(tasks);
  const random = run.random(3);
  const cancelled = new Set();
  const fulfilled = new Set();
  const counts = { aborted: 0, 'over their limit': 0 };
  const times = [];

  const settledAs = (index, what) => (ok, value) => {
    times.push(performance.now());
    if (ok) {
      fulfilled.add(index);
      run.expect(value === hash(run.seed, index), `${kind}: a value that is not f(task)`, `task ${index}`);
      return;
    }
    const isCancel = value instanceof CancelledError && (cancelled.has(index) || what === 'abort');
    const isLimit = value instanceof TaskTimeoutError && what === 'limit';
    run.expect(isCancel || isLimit, `${kind}: a task failed without a reason`, `task ${index} (${what}): ${value}`);
    if (isLimit) counts['over their limit'] += 1;
    else if (!cancelled.has(index)) counts.aborted += 1;
  };

  const began = performance.now();
  let accepted = 0;
  for (; accepted < tasks && !run.isOver; accepted++) {
    await settles.fewerThan(MOST_OPEN);
    const index = accepted;
    const { what, ms } = planOf(run.seed, index);
    const controller = what === 'abort' ? new AbortController() : undefined;
    const options = { taskTimeout: what === 'limit' ? 1 + 4 * share(run.seed, index, 6) : undefined, signal: controller?.signal };
    let handle;
    if (index % 2 === 0) {
      handle = executor.withOptions(options).submit(workFor, index, ms);
      settles.watchFuture(index, handle, settledAs(index, what));
    } else {
      handle = pool.applyAsync(workFor, [index, ms], { ...options, ...settles.callbacks(index) });
      settles.watchResult(index, handle, settledAs(index, what));
    }
    if (what === 'cancel') setTimeout(() => handle.cancel() && cancelled.add(index), 10 * random());
    if (what === 'abort') setTimeout(() => controller.abort(), 10 * random());
  }
  await settles.fewerThan(1);
  const time = performance.now() - began;
  await executor.shutdown();
  pool.close();
  await pool.join();
  await runtime.close();

  judge(run, kind, { accepted, settles, starts: readLedger(folder).starts, cancelled, fulfilled, counts, times, time });
}

function judge(run, kind, { accepted, settles, starts, cancelled, fulfilled, counts, times, time }) {
  const { never, twice } = settles.check(accepted);
  run.expect(never + twice === 0, `${kind}: tasks that did not settle exactly once`, `${never} never, ${twice} more than once`);
  for (const index of cancelled) {
    run.expect(!starts.has(index), `${kind}: a task that was cancelled ran`, `task ${index}`);
    run.expect(!fulfilled.has(index), `${kind}: a task was cancelled and fulfilled`, `task ${index}`);
  }
  for (const [index, workers] of starts)
    run.expect(workers.length === 1, `${kind}: a task that started more than once`, `task ${index} in ${workers.join(', ')}`);
  const tenth = Math.floor(times.length / 10);
  const first = tenth / (times[2 * tenth] - times[tenth]);
  const last = tenth / (times.at(-1) - times[times.length - 1 - tenth]);
  const ends = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  run.figure(`${kind}: tasks`, `${accepted}: ${fulfilled.size} fulfilled, ${cancelled.size} cancelled, ${ends.join(', ')}`);
  run.figure(
    `${kind}: tasks per second`,
    `${((1000 * accepted) / time).toFixed(0)}; the last tenth ${(last / first).toFixed(2)} of the second`,
  );
  // A stuck worker of two would halve the rate. With fewer tasks, another program on the machine would too.
  if (accepted >= 20_000) run.expect(last >= 0.8 * first, `${kind}: the last tenth ran slower than 80 %`, `${last / first}`);
}
