// S1: kills worker processes all the time, while both facades run tasks on them.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WorkerLostError, WorkerRuntime } from '@twinpool/core';
import { ProcessPoolExecutor } from '@twinpool/executor';
import { Pool } from '@twinpool/pool';
import { MiB, median, percentile, percentiles } from '../harness/figures.mjs';
import { readLedger } from '../harness/ledger.mjs';
import { residentSet, workerProcesses } from '../harness/processes.mjs';
import { hash, share } from '../harness/random.mjs';
import { Settles } from '../harness/settles.mjs';
import { checksum, work } from '../tasks/ledgered.mjs';

const WORKERS = 4;
/** The number of open tasks: enough to keep every worker busy, and few enough that their bytes are negligible. */
const MOST_OPEN = 64;
/** ms. */
const KILL_EVERY = 50;
/** Settled tasks between two kills of the short form, so that workers reach their tasks on a busy machine too. */
const KILL_EVERY_SHORT = 25;

export const title = 'tasks over 4 worker processes, one of them killed every 50 ms; both facades on the same workers';
export const seconds = 1500;

export async function run(run) {
  const tasks = run.tasks ?? (run.short ? 250 : 100_000);
  const ledger = join(run.folder, 'ledger');
  mkdirSync(ledger);
  const workers = run.short ? 2 : WORKERS;
  const options = { workers, workerData: { folder: ledger, seed: run.seed, longest: run.short ? 10 : 2 } };
  await warmUp(run, options);

  const runtime = new WorkerRuntime(options);
  const pool = new Pool({ runtime });
  const executor = new ProcessPoolExecutor({ runtime });
  const settles = new Settles(tasks);
  const killer = new Killer(run, settles);
  const lost = [];
  const memory = [];
  let fulfilled = 0;
  const bytes = Buffer.alloc(256 * 1024, 'twinpool');

  const settledAs = (index, payload) => (ok, value) => {
    if (ok) {
      fulfilled += 1;
      checkValue(run, index, payload, value);
    } else lost.push(lossOf(run, killer, index, value));
  };

  const starts = new Map();
  const startTimes = [];
  const onWorker = ({ event, workerId }) => {
    if (event === 'starting') starts.set(workerId, performance.now());
    if (event === 'ready') startTimes.push(performance.now() - starts.get(workerId));
  };
  subscribe('twinpool:worker', onWorker);
  const watch = setInterval(() => memory.push(residentSet()), 250);
  killer.start();
  let accepted = 0;
  for (; accepted < tasks && !run.isOver; accepted++) {
    await settles.fewerThan(MOST_OPEN);
    const index = accepted;
    const size = Math.floor(256 * 1024 ** share(run.seed, index, 3)) - 256;
    const payload = bytes.subarray(0, Math.max(0, size));
    const settled = settledAs(index, payload);
    try {
      if (index % 2 === 0) settles.watchFuture(index, executor.submit(work, index, payload), settled);
      else settles.watchResult(index, pool.applyAsync(work, [index, payload], settles.callbacks(index)), settled);
    } catch (error) {
      run.expect(false, 'a facade accepts no more work', String(error));
      break;
    }
  }
  await settles.fewerThan(1);
  const time = run.elapsed;
  killer.stop();
  clearInterval(watch);
  unsubscribe('twinpool:worker', onWorker);
  run.figure('starts', `${starts.size}, ${startTimes.length} got to work; ${percentiles(startTimes)}`);
  const stats = runtime.stats();
  await measureRefill(run, runtime, executor, workers);
  await executor.shutdown();
  pool.terminate();
  await pool.join();
  await runtime.close();

  judge(run, { accepted, fulfilled, lost, settles, killer, stats, ledger: readLedger(ledger), memory });
  run.figure('tasks per second', accepted / (time / 1000));
  killer.keep();
}

function checkValue(run, index, payload, { value, sum, bytes }) {
  run.expect(value === hash(run.seed, index) && sum === checksum(payload), 'a value that is not f(task)', `task ${index}`);
  run.expect(bytes === undefined || bytes.length === payload.length, 'the returned bytes differ from the sent bytes', `task ${index}`);
}

/** Checks the error of a lost task. Returns the task, its worker, and the ms since the kill. */
function lossOf(run, killer, index, error) {
  run.expect(error instanceof WorkerLostError, 'a task failed with another error than WorkerLostError', `task ${index}: ${error}`);
  const killedAt = killer.killed.get(error?.pid);
  run.expect(killedAt !== undefined, 'a task was lost although its worker was not killed', `task ${index}: ${error}`);
  return { index, pid: error?.pid, after: performance.now() - (killedAt ?? Number.NaN) };
}

/** Uses everything once, so that the modules and descriptors of a first use exist before leaks are counted. */
async function warmUp(run, options) {
  const runtime = new WorkerRuntime({ ...options, workers: 1 });
  const executor = new ProcessPoolExecutor({ runtime });
  await executor.submit(work, -1, Buffer.alloc(0));
  await executor.shutdown();
  await runtime.close();
  run.settledIn();
}

/** The time until a killed worker is replaced, while there is work and no other worker is killed. */
async function measureRefill(run, runtime, executor, workers) {
  const times = [];
  let goesOn = true;
  // Always two tasks per worker, so that every worker is needed.
  const feeders = Array.from({ length: 2 * workers }, async () => {
    while (goesOn) await executor.submit(work, -1, Buffer.alloc(0)).exception();
  });
  const full = async () => {
    for (const end = performance.now() + 10_000; runtime.stats().workers < workers && performance.now() < end; ) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  for (let i = 0; i < (run.short ? 0 : 40); i++) {
    await full();
    const [pid] = workerProcesses();
    const began = performance.now();
    process.kill(pid, 'SIGKILL');
    while (workerProcesses().includes(pid) || runtime.stats().workers === workers) {
      if (performance.now() - began > 10_000) break;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await full();
    times.push(performance.now() - began);
  }
  goesOn = false;
  await Promise.all(feeders);
  run.figure('kill -> full strength', percentiles(times));
}

function judge(run, { accepted, fulfilled, lost, settles, killer, stats, ledger, memory }) {
  const { never, twice } = settles.check(accepted);
  run.expect(never === 0, 'tasks that never settled', `${never}`);
  run.expect(twice === 0, 'tasks that settled more than once', `${twice}`);
  run.expect(fulfilled + lost.length === accepted, 'not every task is accounted for', `${fulfilled} + ${lost.length} of ${accepted}`);
  run.expect(
    stats.completed + stats.failed + stats.cancelled === accepted && stats.completed === fulfilled,
    'stats() counts other settles',
    JSON.stringify({ ...stats, waitTime: undefined, runTime: undefined }),
  );
  let unstarted = 0;
  for (const { index, pid } of lost) {
    const starts = ledger.starts.get(index) ?? [];
    if (starts.length === 0) unstarted += 1;
    else run.expect(starts.includes(String(pid)), 'a task lost with a worker that had not started it', `task ${index}: ${starts} / ${pid}`);
  }
  for (const [index, workers] of ledger.starts) {
    if (index >= 0) run.expect(workers.length === 1, 'a task that started more than once', `task ${index} in ${workers.join(', ')}`);
  }
  const perWorker = new Map();
  for (const { pid } of lost) perWorker.set(pid, (perWorker.get(pid) ?? 0) + 1);
  for (const [pid, count] of perWorker) run.expect(count === 1, 'more than one task lost with one worker', `${count} with ${pid}`);
  const after = lost.map((each) => each.after);
  // A task that its worker had claimed, but whose first line was not written: it may have started.
  run.figure('tasks', `${accepted}: ${fulfilled} fulfilled, ${lost.length} lost, of them ${unstarted} before their first line`);
  const idle = [...killer.killed.keys()].filter((pid) => !ledger.byWorker.has(String(pid))).length;
  run.figure('kills', `${killer.killed.size}, ${perWorker.size} of workers with a task, ${idle} of workers that had not begun a task`);
  run.expect(killer.killed.size > 0, 'no worker was killed, so the run shows nothing');
  run.figure('settled exactly once', `${accepted - never - twice} of ${accepted}`);
  run.figure('kill -> rejection', percentiles(after));
  run.expect(percentile(after, 0.99) <= 250 * run.slack, 'kill -> rejection p99 over 250 ms', `${percentile(after, 0.99)}`);
  run.expect(percentile(after, 1) <= 1250 * run.slack, 'kill -> rejection over 1.25 s', `${percentile(after, 1)}`);
  const quarter = memory.slice(0, Math.ceil(memory.length / 4));
  const end = median(memory.slice(-8));
  run.figure('resident set', `first quarter ${(median(quarter) / MiB).toFixed(0)} MiB, end ${(end / MiB).toFixed(0)} MiB`);
  if (accepted >= 20_000)
    run.expect(end <= 1.15 * median(quarter), 'the resident set grew by more than 15 %', `${median(quarter)} -> ${end}`);
}

/** Kills a random worker about every KILL_EVERY ms; with a log, at the same numbers of settled tasks as in the logged run. */
class Killer {
  killed = new Map();
  #run;
  #settles;
  #random;
  #timer;
  #log = [];
  #replay;

  constructor(run, settles) {
    this.#run = run;
    this.#settles = settles;
    this.#random = run.random(1);
    if (run.replay !== undefined) this.#replay = JSON.parse(readFileSync(run.replay, 'utf8'));
    else if (run.short) this.#replay = Array.from({ length: 10 }, (_, i) => ({ at: (i + 1) * KILL_EVERY_SHORT, pick: this.#random() }));
  }

  start() {
    if (this.#replay !== undefined) {
      this.#timer = setInterval(() => this.#again(), 1);
      return;
    }
    const wait = KILL_EVERY * (0.5 + this.#random());
    this.#timer = setTimeout(() => {
      this.#kill(this.#random());
      this.start();
    }, wait);
  }

  #again() {
    while (this.#replay.length > 0 && this.#replay[0].at <= this.#settles.done) this.#kill(this.#replay.shift().pick);
  }

  #kill(pick) {
    const pids = workerProcesses().filter((pid) => !this.killed.has(pid));
    const pid = pids[Math.floor(pick * pids.length)];
    if (pid === undefined) return;
    this.killed.set(pid, performance.now());
    this.#log.push({ at: this.#settles.done, pick });
    process.kill(pid, 'SIGKILL');
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** Writes the kills by number of settled tasks, for `--replay`. */
  keep() {
    const { log } = this.#run;
    if (log !== undefined) writeFileSync(log, JSON.stringify(this.#log));
  }
}
