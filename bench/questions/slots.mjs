// Question `slots`: compares 1 000 tasks that wait, in workers with 100 slots each, to the same tasks behind a bare limit.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { scaled } from '../harness/scale.mjs';
import { stepsIn } from '../harness/work.mjs';
import { entryOf } from '../peers/checkout.mjs';
import { WORKERS } from '../peers/settings.mjs';
import { waitOrSpin } from '../tasks/tasks.mjs';

const SLOTS = 100;
const COUNT = scaled(1_000);
const MS = 20;
const STEPS = stepsIn(50_000);

/** Each task waits; in the mixed load every tenth one computes instead. */
const WAITING = new Array(COUNT).fill(0);
const MIXED = WAITING.map((_, i) => (i % 10 === 9 ? STEPS : 0));

/** The ms of a load. `run` takes the steps of one task. */
async function timeOf(run, load) {
  const started = performance.now();
  const results = await Promise.all(load.map((steps) => run({ ms: MS, steps })));
  const taken = performance.now() - started;
  if (results.some((result) => result !== MS)) throw new Error('expected the result of each task, got others');
  return taken;
}

/** Loads before the first round: the workers are warm, and their code is compiled. */
const WARM_UP = 4;

async function warmed(run) {
  for (let i = 0; i < WARM_UP; i++) await timeOf(run, WAITING);
  return run;
}

const measure = async (run) => ({ waiting: await timeOf(run, WAITING), mixed: await timeOf(run, MIXED) });

/** Runs as many calls at once as the lines can take, each line with SLOTS places: the next call takes the line with most places. */
function limited(lines) {
  const places = lines.map(() => SLOTS);
  const queue = [];
  const next = () => {
    while (queue.length > 0) {
      const at = places.indexOf(Math.max(...places));
      if (places[at] === 0) return;
      places[at] -= 1;
      const { argument, resolve } = queue.shift();
      void lines[at](argument).then((result) => {
        places[at] += 1;
        resolve(result);
        next();
      });
    }
  };
  return (argument) =>
    new Promise((resolve) => {
      queue.push({ argument, resolve });
      next();
    });
}

/** One worker as a function. */
function lineOf(worker, send) {
  const waiting = new Map();
  let last = 0;
  worker.on('message', ([id, result]) => {
    waiting.get(id)(result);
    waiting.delete(id);
  });
  return (argument) =>
    new Promise((resolve) => {
      last += 1;
      waiting.set(last, resolve);
      send([last, argument]);
    });
}

const bare = (make, send, end) => async () => {
  const workers = Array.from({ length: WORKERS }, make);
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const run = await warmed(limited(workers.map((worker) => lineOf(worker, (message) => send(worker, message)))));
  return { round: () => measure(run), close: () => Promise.all(workers.map(end)) };
};

const file = new URL('../tasks/bare-later.mjs', import.meta.url);

function ours(kind) {
  return async () => {
    const { ProcessPoolExecutor, ThreadPoolExecutor } = await import(entryOf('executor'));
    const Executor = kind === 'thread' ? ThreadPoolExecutor : ProcessPoolExecutor;
    const executor = new Executor({ maxWorkers: WORKERS, concurrentTasksPerWorker: SLOTS });
    const run = await warmed((argument) => executor.submit(waitOrSpin, argument));
    return { round: () => measure(run), close: () => executor.shutdown() };
  };
}

/** In this thread, behind the same limit: no message at all. */
async function promiseAll() {
  const run = await warmed(limited(Array.from({ length: WORKERS }, () => waitOrSpin)));
  return { round: async () => ({ waiting: await timeOf(run, WAITING) }), close: () => undefined };
}

export default {
  name: 'slots',
  asks: '1 000 tasks that wait 20 ms, 2 workers with 100 slots each: time to the last result; mixed: every tenth task computes for 50 ms instead',
  of: 'twinpool',
  metrics: {
    waiting: { label: 'all wait', unit: 'ms', better: 'lower' },
    mixed: { label: 'every tenth computes', unit: 'ms', better: 'lower' },
  },
  contenders: {
    twinpool: ours('thread'),
    'twinpool, processes': ours('process'),
    'Promise.all': promiseAll,
    'bare threads': bare(
      () => new Worker(file),
      (worker, message) => worker.postMessage(message),
      (worker) => worker.terminate(),
    ),
    'bare forks': bare(
      () => fork(file),
      (worker, message) => worker.send(message),
      (worker) => worker.disconnect(),
    ),
  },
  goals: [
    { text: 'threads: all wait <= 1.15 x Promise.all', metric: 'waiting', over: ['Promise.all'], atMost: 1.15 },
    { text: 'threads: mixed <= 1.15 x bare threads', metric: 'mixed', over: ['bare threads'], atMost: 1.15 },
    {
      text: 'processes: all wait <= 1.15 x Promise.all',
      metric: 'waiting',
      of: 'twinpool, processes',
      over: ['Promise.all'],
      atMost: 1.15,
    },
    { text: 'processes: mixed <= 1.15 x bare forks', metric: 'mixed', of: 'twinpool, processes', over: ['bare forks'], atMost: 1.15 },
  ],
};
