// What the programs of the pools have in common: they give tasks in a certain order, and look at the outcomes. `run(task, argument)` returns a promise.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export const file = (name) => new URL(name, import.meta.url);

/** 'fulfilled', 'rejected', or 'pending' after 3 s. */
export async function outcomeOf(make) {
  try {
    const late = sleep(3000, 'pending', { ref: false });
    return await Promise.race([make().then(() => 'fulfilled'), late]);
  } catch {
    return 'rejected';
  }
}

export const textOf = (log) => readFileSync(log, 'utf8').trim().split('\n').join(' ');

/** `start(task, argument)` returns the promise and its cancellation. */
export async function cancelWaiting(log, run, start) {
  const busy = run('busy', 300);
  const { promise, cancel } = start('note', { log, text: 'ran' });
  const outcome = outcomeOf(() => promise);
  cancel();
  await busy;
  await sleep(100);
  return { outcome: await outcome, ran: textOf(log) !== '' };
}

/** `runLimited(task, argument, ms)` gives the task a time limit. */
export async function limit(run, runLimited) {
  const busy = run('busy', 400);
  const outcome = await outcomeOf(() => runLimited('busy', 20, 200));
  await busy.catch(() => undefined);
  return outcome;
}

export async function priority(log, run, runLow, runHigh) {
  const busy = run('busy', 200);
  const rest = [runLow('note', { log, text: 'low' }), runHigh('note', { log, text: 'high' })];
  await Promise.all([busy, ...rest]);
  return textOf(log);
}

/** One task runs, one waits, and the third is one too many. */
export async function bounded(run) {
  const accepted = [run('busy', 300), run('double', 1)];
  const outcome = await outcomeOf(() => run('double', 2));
  await Promise.all(accepted);
  return outcome;
}

export async function together(run) {
  const start = performance.now();
  await Promise.all(Array.from({ length: 10 }, () => run('slow', 300)));
  return performance.now() - start;
}

export async function recycle(run) {
  const ids = [];
  for (let i = 0; i < 4; i++) ids.push(await run('identity', 0));
  return ids;
}

export async function move(runMoved) {
  const buffer = new ArrayBuffer(1024);
  const length = await runMoved(buffer);
  return { length, here: buffer.byteLength };
}
