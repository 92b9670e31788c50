// S5: starts that fail sometimes, always, or because there are no descriptors.
import { closeSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BrokenExecutorError, InitializerError } from '@twinpool/core';
import { facadesOf, kindsOf } from '../harness/facades.mjs';
import { ownCpuSeconds } from '../harness/processes.mjs';
import { pause, settledWithin } from '../harness/waiting.mjs';
import { failSometimes } from '../tasks/starts.mjs';
import { increment } from '../tasks/trivial.mjs';

const SIZE = 2;
/** ms. The approximate time until the failure of the initializer is reported. */
const REPORTED_WITHIN = 2000;

export const title = 'initializers that fail now and then or always, and no descriptors for a while';
export const seconds = 120;
/** A low limit, so that few open files use all descriptors. */
export const descriptors = 160;

export async function run(run) {
  // Node forgets the pipes of a process that it could not start without descriptors. They hold no descriptor and are unreachable.
  run.tolerated.add('PipeWrap');
  for (const kind of kindsOf(run)) {
    // The short form runs each part with the kind of worker that has more ways to fail.
    if (!run.short || kind === 'process') await nowAndThen(run, kind);
    if (!run.short || kind === 'thread') await always(run, kind);
    if (!run.short || kind === 'process') await noDescriptors(run, kind);
  }
}

function starting(run, kind, name, share) {
  const folder = join(run.folder, `${kind}-${name}`);
  mkdirSync(folder);
  const { Pool, Executor } = facadesOf(kind);
  const options = { initializer: failSometimes, initargs: [folder, share, run.seed] };
  return {
    executor: new Executor({ maxWorkers: SIZE, ...options }),
    pool: new Pool({ processes: SIZE, ...options }),
    starts: () => readdirSync(folder).length,
  };
}

async function nowAndThen(run, kind) {
  const { executor, pool, starts } = starting(run, kind, 'sometimes', 0.3);
  const began = performance.now();
  const inputs = Array.from({ length: 50 }, (_, i) => i);
  const outcome = await settledWithin(
    Promise.all([...inputs.map((i) => executor.submit(increment, i)), pool.map(increment, inputs)]),
    20_000,
  );
  run.expect(outcome?.ok === true, `${kind}: work failed although a worker could be started`, String(outcome?.error));
  run.figure(
    `${kind}: initializer fails in 30 %`,
    `${starts()} starts for 2 x ${SIZE} workers, done after ${(performance.now() - began).toFixed(0)} ms`,
  );
  await end(executor, pool);
}

async function always(run, kind) {
  const { executor, pool, starts } = starting(run, kind, 'always', 1);
  const cpu = ownCpuSeconds();
  const began = performance.now();
  const all = await Promise.all(
    [executor.submit(increment, 1), executor.submit(increment, 2), pool.apply(increment, [1]), pool.map(increment, [1, 2])].map((promise) =>
      settledWithin(Promise.resolve(promise), 10_000),
    ),
  );
  for (const outcome of all) {
    run.expect(outcome?.ok === false, `${kind}: a task without a worker did not fail`);
    run.expect(outcome?.error instanceof BrokenExecutorError, `${kind}: it failed with another error`, String(outcome?.error));
    run.expect(outcome?.error?.cause instanceof InitializerError, `${kind}: it failed with another cause`, String(outcome?.error?.cause));
    run.expect(
      (outcome?.after ?? Number.POSITIVE_INFINITY) <= 1.5 * REPORTED_WITHIN * run.slack,
      `${kind}: it failed late`,
      `${outcome?.after} ms`,
    );
  }
  const reported = performance.now() - began;
  const startsThen = starts();
  await pause(run.short ? 300 : 2000);
  const seconds = (performance.now() - began) / 1000;
  run.expect(starts() <= 2 * (3 * SIZE) + 2 * seconds, `${kind}: too many starts`, `${starts()}`);
  run.expect(starts() === startsThen, `${kind}: workers are started without work`, `${startsThen}, then ${starts()}`);
  const part = (ownCpuSeconds() - cpu) / seconds;
  run.figure(
    `${kind}: initializer always fails`,
    `reported after ${reported.toFixed(0)} ms, ${startsThen} starts for 2 x ${SIZE} workers, ${(100 * part).toFixed(1)} % of a core`,
  );
  await end(executor, pool);
}

/** Runs without free descriptors, and with free descriptors again. */
async function noDescriptors(run, kind) {
  const { Executor } = facadesOf(kind);
  const executor = new Executor(SIZE);
  // The first use loads files, which needs descriptors too.
  const first = new Executor(1);
  await first.submit(increment, 1);
  await first.shutdown();
  const taken = [];
  try {
    for (;;) taken.push(openSync('/dev/null'));
  } catch {
    // no descriptor is left
  }
  const began = performance.now();
  const waits = executor.submit(increment, 1);
  const without = await settledWithin(waits.result(), 10_000);
  const reported = performance.now() - began;
  for (const fd of taken) closeSync(fd);
  // A thread may need fewer descriptors than are left. Then its task runs.
  const isRight = without !== undefined && (without.ok || without.error instanceof BrokenExecutorError);
  run.expect(isRight, `${kind}: without descriptors a task neither ran nor failed`, String(without?.error));
  run.expect(reported <= 5000 * run.slack, `${kind}: it was reported after more than 5 s`, `${reported}`);
  const healed = await settledWithin(executor.submit(increment, 41).result(), 10_000);
  run.expect(healed?.ok === true && healed.value === 42, `${kind}: it does not heal`, String(healed?.error));
  run.expect((healed?.after ?? 0) <= 2000 * run.slack, `${kind}: it heals late`, `${healed?.after}`);
  run.figure(
    `${kind}: no descriptors`,
    `${without?.ok ? 'ran' : (without?.error?.cause?.code ?? without?.error?.name)} after ${reported.toFixed(0)} ms; with descriptors again after ${healed?.after.toFixed(0)} ms`,
  );
  await executor.shutdown();
}

async function end(executor, pool) {
  await executor.shutdown();
  pool.terminate();
  await pool.join();
}
