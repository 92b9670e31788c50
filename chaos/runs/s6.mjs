// S6: makes and ends pools in a loop.
import { facadesOf, kindsOf } from '../harness/facades.mjs';
import { median, slope } from '../harness/figures.mjs';
import { ownCpuSeconds, residentSet } from '../harness/processes.mjs';
import { pause, settledWithin } from '../harness/waiting.mjs';
import { increment } from '../tasks/trivial.mjs';

export const title = 'a pool made, given 20 tasks, and closed or terminated at any moment, over and over';
export const seconds = 1200;
/** Otherwise glibc keeps one arena per thread, which looks like a leak. */
export const env = { MALLOC_ARENA_MAX: '2' };

export async function run(run) {
  for (const kind of kindsOf(run)) await cycles(run, kind, run.tasks ?? (run.short ? 5 : 2000));
}

async function cycles(run, kind, count) {
  const random = run.random(4);
  const { Pool, Executor } = facadesOf(kind);
  await once(run, kind, new Pool(1), undefined, 'close', 0);
  run.settledIn();
  const times = [];
  const memory = [];
  let done = 0;
  for (; done < count && !run.isOver; done++) {
    const began = ownCpuSeconds();
    const how = random() < 0.5 ? 'close' : 'terminate';
    const wait = random() < 0.5 ? 0 : 60 * random();
    if (random() < 0.5) await once(run, kind, new Pool(1), undefined, how, wait);
    else await once(run, kind, undefined, new Executor(1), how, wait);
    // Processor time, which depends less on other load than wall time.
    times.push(1000 * (ownCpuSeconds() - began));
    if (done % 10 === 9) {
      globalThis.gc();
      memory.push([done, residentSet()]);
    }
  }
  await run.nothingLeft();
  const late = memory.filter(([at]) => at >= done / 5);
  const bytes = slope(late);
  const quarter = Math.ceil(times.length / 4);
  const sum = (part) => part.reduce((all, each) => all + each, 0);
  const ratio = sum(times.slice(-quarter)) / sum(times.slice(0, quarter));
  run.figure(
    `${kind}: cycles`,
    `${done}, p50 ${median(times).toFixed(1)} ms of processor time here, the last quarter ${ratio.toFixed(2)} of the first`,
  );
  run.figure(`${kind}: resident set per cycle`, `${(bytes / 1024).toFixed(1)} KiB`);
  if (done < 100) return;
  run.expect(ratio <= 2, `${kind}: cycles become slower`, `${ratio}`);
  run.expect(bytes <= 20 * 1024, `${kind}: the resident set grows by more than 20 KiB per cycle`, `${bytes}`);
}

async function once(run, kind, pool, executor, how, wait) {
  const inputs = Array.from({ length: 20 }, (_, i) => i);
  const all = inputs.map((i) => pool?.applyAsync(increment, [i]) ?? executor.submit(increment, i));
  if (wait > 0) await pause(wait);
  let ended;
  if (pool !== undefined) {
    if (how === 'close') pool.close();
    else pool.terminate();
    ended = pool.join();
  } else ended = how === 'close' ? executor.shutdown() : executor.terminateWorkers();
  const outcome = await settledWithin(ended, 10_000 * run.slack);
  run.expect(outcome?.ok === true, `${kind}: ${how} did not end`, String(outcome?.error));
  const settled = await settledWithin(Promise.allSettled(all), 1000);
  run.expect(settled !== undefined, `${kind}: after ${how} some tasks were pending`);
  for (const [i, { status, value }] of (settled?.value ?? []).entries()) {
    if (status === 'fulfilled') run.expect(value === i + 1, `${kind}: a wrong value`);
    else run.expect(how === 'terminate', `${kind}: a task of a pool that was only closed failed`);
  }
}
