// S2: measures the memory of the program that remains per task.
import { setImmediate as turn } from 'node:timers/promises';
import { facadesOf, kindsOf } from '../harness/facades.mjs';
import { MiB, slope } from '../harness/figures.mjs';
import { residentSet } from '../harness/processes.mjs';
import { increment, wrap } from '../tasks/trivial.mjs';

const BATCH = 2500;
/** The number of batches between two heap measurements. */
const LOOK_EVERY = 4;
/** The maximum number of bytes that may remain per task. */
const MOST_BYTES = 16;
const SAMPLES = 10_000;

export const title = 'trivial tasks, threads and processes: bytes that a task leaves behind, and what is collected';
export const seconds = 600;

export async function run(run) {
  const tasks = run.tasks ?? (run.short ? 40_000 : 1_000_000);
  for (const kind of kindsOf(run)) {
    await measure(run, kind, tasks);
    await sample(run, kind, run.short ? 300 : SAMPLES);
  }
}

async function measure(run, kind, tasks) {
  const { Pool, Executor } = facadesOf(kind);
  const executor = new Executor(2);
  const pool = new Pool(2);
  const heap = [];
  let resident = 0;
  let done = 0;
  for (let batch = 0; done < tasks && !run.isOver; batch++) {
    if (batch % 2 === 0) await Promise.all(Array.from({ length: BATCH }, (_, i) => executor.submit(increment, i)));
    else
      await pool.map(
        increment,
        Array.from({ length: BATCH }, (_, i) => i),
        100,
      );
    done += BATCH;
    if (batch % (run.short ? 1 : LOOK_EVERY) !== 0) continue;
    await turn();
    globalThis.gc();
    heap.push([done, process.memoryUsage().heapUsed]);
    if (done >= 0.2 * tasks && resident === 0) resident = residentSet();
  }
  // The first fifth warms up: code is compiled, tables grow to their size.
  const bytes = slope(heap.filter(([at]) => at >= 0.2 * done));
  const growth = residentSet() - resident;
  run.figure(`${kind}: bytes per task`, `${bytes.toFixed(2)} over ${done} tasks (resident set ${(growth / MiB).toFixed(1)} MiB)`);
  // With few tasks the noise of one collection is many bytes per task.
  const most = run.short ? 4 * MOST_BYTES : MOST_BYTES;
  run.expect(bytes <= most, `${kind}: more than ${most} bytes per task stay`, `${bytes}`);
  if (!run.short) run.expect(growth <= 20 * MiB, `${kind}: the resident set grew by more than 20 MiB`, `${growth / MiB}`);
  await executor.shutdown();
  pool.terminate();
  await pool.join();
}

/** Checks that unreachable futures, arguments and results are collected while the workers live on. */
async function sample(run, kind, count) {
  const { Pool, Executor } = facadesOf(kind);
  const executor = new Executor(2);
  const pool = new Pool(2);
  let collected = 0;
  const registry = new FinalizationRegistry(() => {
    collected += 1;
  });
  const batch = async (size) => {
    await Promise.all(
      Array.from({ length: size }, async (_, i) => {
        const argument = { i };
        const handle = i % 2 === 0 ? executor.submit(wrap, argument) : pool.applyAsync(wrap, [argument]);
        const result = await handle;
        for (const each of [argument, handle, result]) registry.register(each);
      }),
    );
  };
  for (let done = 0; done < count; done += 100) await batch(100);
  for (let round = 0; round < 20 && collected < 3 * count; round++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    globalThis.gc();
    await turn();
  }
  const part = collected / (3 * count);
  run.figure(`${kind}: collected`, `${(100 * part).toFixed(2)} % of ${count} arguments, handles and results`);
  run.expect(part >= 0.999, `${kind}: less than 99.9 % of the unreachable objects were collected`, `${part}`);
  await executor.shutdown();
  pool.terminate();
  await pool.join();
}
