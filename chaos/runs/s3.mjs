// S3: all events that can end or disturb a worker, at the same time.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { WorkerLostError, WorkerRuntime } from '@twinpool/core';
import { facadesOf, kindsOf } from '../harness/facades.mjs';
import { readLedger } from '../harness/ledger.mjs';
import { workerProcesses } from '../harness/processes.mjs';
import { hash } from '../harness/random.mjs';
import { Settles } from '../harness/settles.mjs';
import { misbehave, workFor } from '../tasks/ledgered.mjs';

/** The number of tasks between two events, so that a seed repeats them. */
const EVENT_EVERY = 40;
const EVENT_EVERY_SHORT = 10;
const MOST_OPEN = 64;
const SIGNALS = ['SIGTERM', 'SIGKILL', 'SIGABRT', 'SIGSTOP'];
const TASKS = { process: ['exit', 'abort', 'no memory', 'throw null', 'throw late'], thread: ['exit', 'throw null', 'throw late'] };

export const title = 'tasks while workers get signals, exit, abort, run out of memory, throw null and throw late';
export const seconds = 900;

export async function run(run) {
  run.warningsExpected(/an error outside of any task/);
  for (const kind of kindsOf(run)) await storm(run, kind, run.tasks ?? (run.short ? 120 : 20_000));
}

async function storm(run, kind, tasks) {
  const folder = join(run.folder, kind);
  mkdirSync(folder);
  const limits = kind === 'process' ? { resourceLimits: { maxOldGenerationSizeMb: 48 }, stdio: 'ignore' } : {};
  const runtime = new WorkerRuntime({ kind, workers: run.short ? 2 : 4, workerData: { folder, seed: run.seed }, ...limits });
  const { Pool, Executor } = facadesOf(kind);
  const pool = new Pool({ runtime });
  const executor = new Executor({ runtime });
  const random = run.random(2);
  const settles = new Settles(2 * tasks);
  const counts = { fulfilled: 0, lost: 0, thrown: 0 };
  const events = {};
  const bad = new Map();

  const settledAs = (index) => (ok, value) => {
    const how = bad.get(index);
    if (ok) {
      counts.fulfilled += 1;
      run.expect(value === hash(run.seed, index), `${kind}: a value that is not f(task)`, `task ${index}: ${value}`);
      run.expect(how === undefined || how === 'throw late', `${kind}: a task that cannot succeed did`, how);
    } else if (how === 'throw null' && value === null) counts.thrown += 1;
    else {
      counts.lost += 1;
      run.expect(value instanceof WorkerLostError, `${kind}: a task failed with another error than WorkerLostError`, `${how}: ${value}`);
    }
  };
  const submit = (index, fn, ...args) => {
    if (index % 2 === 0) settles.watchFuture(index, executor.submit(fn, index, ...args), settledAs(index));
    else settles.watchResult(index, pool.applyAsync(fn, [index, ...args], settles.callbacks(index)), settledAs(index));
  };

  const stopped = new Set();
  let accepted = 0;
  const choices = [...TASKS[kind], ...(kind === 'process' ? SIGNALS : [])];
  for (let i = 0; i < tasks && !run.isOver; i++) {
    await settles.fewerThan(MOST_OPEN);
    submit(accepted++, workFor, 2 * random());
    if (i % (run.short ? EVENT_EVERY_SHORT : EVENT_EVERY) !== 0) continue;
    const event = choices[Math.floor(random() * choices.length)];
    events[event] = (events[event] ?? 0) + 1;
    if (SIGNALS.includes(event)) disturb(event, random, stopped, folder);
    else {
      bad.set(accepted, event);
      submit(accepted++, misbehave, event);
    }
  }
  await settles.fewerThan(1);
  for (const pid of stopped) signal(pid, 'SIGCONT');
  const stats = runtime.stats();
  await executor.shutdown();
  pool.terminate();
  await pool.join();
  await runtime.close();

  judge(run, kind, { accepted, settles, stats, starts: readLedger(folder).starts, counts, events });
}

function judge(run, kind, { accepted, settles, stats, starts, counts, events }) {
  const { never, twice } = settles.check(accepted);
  run.expect(never + twice === 0, `${kind}: tasks that did not settle exactly once`, `${never} never, ${twice} more than once`);
  run.expect(
    stats.completed + stats.failed + stats.cancelled === accepted,
    `${kind}: stats() counts other settles`,
    `${stats.completed} + ${stats.failed} + ${stats.cancelled} of ${accepted}`,
  );
  for (const [index, workers] of starts)
    run.expect(workers.length === 1, `${kind}: a task that started more than once`, `task ${index} in ${workers.join(', ')}`);
  const { fulfilled, lost, thrown } = counts;
  run.figure(`${kind}: tasks`, `${accepted}: ${fulfilled} fulfilled, ${lost} lost, ${thrown} rejected with null`);
  run.figure(
    `${kind}: events`,
    Object.entries(events)
      .map(([name, count]) => `${count} ${name}`)
      .join(', '),
  );
}

/** Sends a signal to a worker that has begun a task. Signals to starting workers would test how fast the machine starts processes (S1 does). */
function disturb(name, random, stopped, folder) {
  const pids = workerProcesses().filter((pid) => existsSync(join(folder, String(pid))));
  const pid = pids[Math.floor(random() * pids.length)];
  if (pid === undefined) return;
  signal(pid, name);
  if (name !== 'SIGSTOP') return;
  stopped.add(pid);
  setTimeout(() => stopped.delete(pid) && signal(pid, 'SIGCONT'), 30);
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // it ended in the meantime
  }
}
