// S9: sends large values in both directions, and kills workers during the transfer.
import { createHash } from 'node:crypto';
import { WorkerLostError } from '@twinpool/core';
import { ProcessPoolExecutor } from '@twinpool/executor';
import { MiB, percentiles } from '../harness/figures.mjs';
import { peakOf, workerProcesses } from '../harness/processes.mjs';
import { settledWithin } from '../harness/waiting.mjs';
import { echo } from '../tasks/trivial.mjs';

const WORKERS = 2;

export const title = '1, 64 and 255 MB there and back, with a kill in every fifth';
export const seconds = 900;

export async function run(run) {
  const rounds = run.tasks ?? (run.short ? 6 : 200);
  const sizes = run.short ? [1, 8] : [1, 64, 255];
  const random = run.random(6);
  const executor = new ProcessPoolExecutor(WORKERS);
  await executor.submit(echo, 1);
  const bytes = Buffer.alloc(sizes.at(-1) * 1_000_000);
  for (let i = 0; i < bytes.length; i += 4096) bytes.writeUInt32LE((random() * 2 ** 32) >>> 0, i);
  const sums = new Map(sizes.map((size) => [size, sumOf(bytes.subarray(0, size * 1_000_000))]));
  const times = new Map(sizes.map((size) => [size, []]));
  let lost = 0;
  let kills = 0;
  let done = 0;
  for (; done < rounds && !run.isOver; done++) {
    const size = sizes[Math.floor(random() * sizes.length)];
    const future = executor.submit(echo, bytes.subarray(0, size * 1_000_000));
    if (random() < 0.2) {
      setTimeout(
        () => {
          const pids = workerProcesses();
          const pid = pids[Math.floor(random() * pids.length)];
          if (pid === undefined) return;
          kills += 1;
          process.kill(pid, 'SIGKILL');
        },
        2 * size * random(),
      );
    }
    const outcome = await settledWithin(future.result(), 60_000);
    run.expect(outcome !== undefined, 'a value neither arrived nor failed', `${size} MB`);
    if (outcome?.ok) {
      times.get(size).push(outcome.after);
      run.expect(sumOf(outcome.value) === sums.get(size), 'the returned bytes differ from the sent bytes', `${size} MB`);
    } else {
      lost += 1;
      run.expect(outcome?.error instanceof WorkerLostError, 'it failed with another error than WorkerLostError', String(outcome?.error));
    }
  }
  run.expect(lost <= kills, 'more were lost than workers killed', `${lost} of ${kills}`);
  const peak = peakOf(process.pid);
  const most = 3 * sizes.at(-1) * 1_000_000 * WORKERS;
  run.figure('rounds', `${done}, ${kills} kills, ${lost} lost`);
  for (const [size, each] of times) run.figure(`${size} MB there and back`, percentiles(each));
  run.figure('most memory', `${(peak / MiB).toFixed(0)} MiB of this program, its own ${sizes.at(-1)} MB and the checks in it`);
  if (!run.short) run.expect(peak <= most, 'more memory than three times the payload per worker', `${peak / MiB} of ${most / MiB} MiB`);
  await executor.shutdown();
}

function sumOf(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
