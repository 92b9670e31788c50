// S10: workers that are replaced after maxTasksPerChild calls.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { facadesOf, kindsOf } from '../harness/facades.mjs';
import { readLedger } from '../harness/ledger.mjs';
import { settledWithin } from '../harness/waiting.mjs';
import { touch } from '../tasks/ledgered.mjs';

export const title = 'maxTasksPerChild of 1 to 7, shut down without waiting while tasks wait';
export const seconds = 1800;

export async function run(run) {
  const tasks = run.tasks ?? (run.short ? 40 : 2000);
  for (const kind of kindsOf(run)) {
    let workers = 0;
    let done = 0;
    for (const most of run.short ? [1, 5] : [1, 2, 3, 4, 5, 6, 7]) {
      const count = Math.ceil((tasks * most) / 28);
      workers += await recycle(run, kind, most, count);
      done += count;
    }
    run.figure(`${kind}: tasks`, `${done} in ${workers} workers`);
  }
}

async function recycle(run, kind, most, count) {
  const folder = join(run.folder, `${kind}-${most}`);
  mkdirSync(folder);
  const { Pool, Executor } = facadesOf(kind);
  const options = { maxTasksPerChild: most, workerData: { folder, seed: run.seed } };
  const pool = new Pool({ processes: 2, ...options });
  const executor = new Executor({ maxWorkers: 2, ...options });
  const half = count >> 1;
  const futures = Array.from({ length: half }, (_, i) => executor.submit(touch, i));
  const mapped = pool.mapAsync(
    touch,
    Array.from({ length: count - half }, (_, i) => half + i),
  );
  pool.close();
  const ended = executor.shutdown({ wait: false });
  const bound = 1000 * count + 20_000;
  const outcomes = await settledWithin(Promise.all([Promise.allSettled(futures), mapped, ended, pool.join()]), bound);
  run.expect(outcomes?.ok === true, `${kind}, ${most} per worker: work was stranded`, String(outcomes?.error));
  const [settled = [], values = []] = outcomes?.value ?? [];
  run.expect(
    settled.length === half && settled.every(({ value }, i) => value === i) && values.every((value, i) => value === half + i),
    `${kind}, ${most} per worker: a task failed`,
  );
  const { starts, byWorker } = readLedger(folder);
  run.expect(starts.size === count, `${kind}, ${most} per worker: tasks that never ran`, `${starts.size} of ${count}`);
  for (const [index, workers] of starts) run.expect(workers.length === 1, `${kind}: a task that ran more than once`, `task ${index}`);
  for (const [worker, calls] of byWorker) run.expect(calls <= most, `${kind}: a worker ran more than ${most} calls`, `${worker}: ${calls}`);
  return byWorker.size;
}
