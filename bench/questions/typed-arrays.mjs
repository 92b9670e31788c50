// Question `typed-arrays`: measures `map` over a large Float64Array.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { lazily } from '../harness/lazily.mjs';
import { scaled } from '../harness/scale.mjs';
import { threadPools } from '../peers/pools.mjs';
import { WORKERS } from '../peers/settings.mjs';
import { increment, incrementAll } from '../tasks/tasks.mjs';

const COUNT = scaled(10_000_000);
const input = lazily(() => Float64Array.from({ length: COUNT }, (_, i) => i));

/** The least length of the calls of a round, ms. */
const LEAST = 500;

/** Elements per second: of the first call after a pause, for which memory is new, and of the calls that follow at once. */
async function elements(map) {
  input();
  const first = await timed(map);
  let milliseconds = 0;
  let calls = 0;
  for (; milliseconds < LEAST; calls++) milliseconds += await timed(map);
  return { rate: (calls * COUNT) / (milliseconds / 1_000), first: COUNT / (first / 1_000) };
}

async function timed(map) {
  const started = performance.now();
  const results = await map();
  const taken = performance.now() - started;
  if (results.length !== COUNT || results[COUNT - 1] !== COUNT)
    throw new Error(`expected ${COUNT} results up to ${COUNT}, got ${results.length} up to ${results[COUNT - 1]}`);
  return taken;
}

async function twinpool() {
  const { openPool } = await import('../peers/twinpool.mjs');
  const pool = await openPool('thread');
  return { round: () => elements(() => pool.map(increment, input())), close: () => pool.terminate() };
}

/** Results in an array that the caller has. */
async function twinpoolInto() {
  const { openPool } = await import('../peers/twinpool.mjs');
  const pool = await openPool('thread');
  const into = lazily(() => new Float64Array(COUNT));
  const map = () => pool.map(increment, input(), { into: into() });
  return { round: () => elements(map), close: () => pool.terminate() };
}

/** A loop that does the same. */
async function noPoolInto() {
  const into = lazily(() => new Float64Array(COUNT));
  const map = async () => {
    const [from, to] = [input(), into()];
    for (let at = 0; at < COUNT; at++) to[at] = increment(from[at]);
    return to;
  };
  return { round: () => elements(map) };
}

/** The code of a user of a pool without `map`: it sends slices and copies the results into one array. */
function slices(open, perWorker) {
  return async () => {
    const pool = await open('incrementAll', new Float64Array(1));
    const size = Math.ceil(COUNT / (WORKERS * perWorker));
    const map = async () => {
      const parts = [];
      for (let at = 0; at < COUNT; at += size) parts.push(pool.run(input().slice(at, at + size)));
      const results = new Float64Array(COUNT);
      let at = 0;
      for (const part of await Promise.all(parts)) {
        results.set(part, at);
        at += part.length;
      }
      return results;
    };
    return { round: () => elements(map), close: () => pool.close() };
  };
}

/**
 * The limit: no pool. `copies`: as with `into`, the input lies in memory of the caller, and so do the results; else nothing is copied, because input and
 * output are shared memory from the start.
 */
const bareBlocks = (copies) => async () => {
  const workers = Array.from({ length: WORKERS }, () => new Worker(new URL('../tasks/bare-blocks.mjs', import.meta.url)));
  const answers = () => Promise.all(workers.map((worker) => once(worker, 'message')));
  await answers();
  const shared = () => new Float64Array(new SharedArrayBuffer(8 * COUNT));
  const [from, output] = [shared(), shared()];
  from.set(input());
  const into = lazily(() => new Float64Array(COUNT));
  const map = async () => {
    if (copies) from.set(input());
    const claimed = new Int32Array(new SharedArrayBuffer(4));
    const done = answers();
    for (const worker of workers) worker.postMessage({ input: from, output, claimed });
    await done;
    if (copies) into().set(output);
    return copies ? into() : output;
  };
  return { round: () => elements(map), close: () => Promise.all(workers.map((worker) => worker.terminate())) };
};

const INTO = 'twinpool, into an array';
const BLOCKS = 'two bare workers on shared memory';

export default {
  name: 'typed-arrays',
  asks: 'map over a Float64Array of 10 000 000 elements, 2 worker threads',
  of: 'twinpool',
  limit: 60_000,
  metrics: {
    rate: { label: 'elements per second, call after call', unit: '/s', better: 'higher' },
    first: { label: 'elements per second, first call after a pause', unit: '/s', better: 'higher' },
  },
  contenders: {
    twinpool,
    [INTO]: twinpoolInto,
    'piscina, slices by hand': slices(threadPools.piscina, 4),
    'bare postMessage, slices by hand': slices(threadPools['bare postMessage'], 4),
    [BLOCKS]: bareBlocks(false),
    'the same, input and results copied': bareBlocks(true),
    'no pool': async () => ({ round: () => elements(async () => incrementAll(input())) }),
    'no pool, into an array': noPoolInto,
  },
  goals: [
    { text: '>= 50 M per second', metric: 'rate', atLeast: 50_000_000 },
    { text: 'into an array: >= 0.3 x two bare workers', metric: 'rate', of: INTO, over: [BLOCKS], atLeast: 0.3 },
    { text: 'into an array: >= 2 x piscina, slices by hand', metric: 'rate', of: INTO, over: ['piscina, slices by hand'], atLeast: 2 },
  ],
};
