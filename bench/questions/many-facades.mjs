// Question `many-facades`: compares 64 facades on the workers of one runtime with one facade that does all the work.
import { setTimeout as sleep } from 'node:timers/promises';
import { scaled } from '../harness/scale.mjs';
import { entryOf } from '../peers/checkout.mjs';
import { WORKERS } from '../peers/settings.mjs';
import { increment, spin, spinFor } from '../tasks/tasks.mjs';

const FACADES = 64;
/** Steps of `spin`, of about 0.1 ms and 1 ms. */
const SHORT = 80_000;
const LONG = 10 * SHORT;
/** ms. */
const WARM_UP = 1_500;
const LENGTH = scaled(8_000);
/** Tasks that each facade has open. */
const OPEN = 8;

/** The work of one of 64: much of a kind at once. Each kind is as much work for the workers and the program as a user has. */
const LOADS = [
  ({ call }) => all(400, () => call(increment, 1)),
  ({ map }) => map(increment, 4_000),
  ({ call }) => all(40, () => call(spin, SHORT)),
  ({ map }) => map(increment, 40_000),
];
const all = (count, call) => Promise.all(Array.from({ length: count }, call));

async function total(facades) {
  const started = performance.now();
  await Promise.all(Array.from({ length: FACADES }, (_, i) => LOADS[i % LOADS.length](facades[i % facades.length])));
  return performance.now() - started;
}

/**
 * Every facade has work all the time, half of them in short tasks and half in long ones. Returns the largest distance of a facade's worker time from the
 * mean, in %.
 */
async function unfairness(facades) {
  let isOver = false;
  const times = new Float64Array(facades.length);
  const loops = facades.flatMap(({ call }, i) =>
    Array.from({ length: OPEN }, async () => {
      while (!isOver) {
        // Not `+=` with an `await` behind it: that would read the sum first.
        const time = await call(spinFor, i % 2 === 0 ? SHORT : LONG);
        times[i] += time;
      }
    }),
  );
  await sleep(WARM_UP);
  const before = times.slice();
  await sleep(LENGTH);
  const shares = times.map((after, i) => after - before[i]);
  isOver = true;
  await Promise.all(loops);
  const mean = shares.reduce((sum, share) => sum + share) / shares.length;
  return Math.max(...shares.map((share) => Math.abs(share / mean - 1))) * 100;
}

const ofPool = (pool) => ({ call: (fn, x) => pool.applyAsync(fn, [x]), map: (fn, count) => pool.map(fn, range(count)) });
const ofExecutor = (executor) => ({
  call: (fn, x) => executor.submit(fn, x),
  map: (fn, count) => executor.map(fn, range(count)).toArray(),
});
const range = (count) => Array.from({ length: count }, (_, i) => i);

const one = (kind) => async () => {
  const { openExecutor } = await import('../peers/twinpool.mjs');
  const executor = await openExecutor(kind);
  return { round: async () => ({ total: await total([ofExecutor(executor)]) }), close: () => executor.shutdown() };
};

const many = (kind) => async () => {
  const [{ WorkerRuntime }, { Pool, ThreadPool }, { ProcessPoolExecutor, ThreadPoolExecutor }] = await Promise.all(
    ['core', 'pool', 'executor'].map((name) => import(entryOf(name))),
  );
  const runtime = new WorkerRuntime({ kind, workers: WORKERS });
  const [PoolOf, ExecutorOf] = kind === 'thread' ? [ThreadPool, ThreadPoolExecutor] : [Pool, ProcessPoolExecutor];
  const facades = Array.from({ length: FACADES }, (_, i) =>
    (i & 2) === 0 ? ofPool(new PoolOf({ runtime })) : ofExecutor(new ExecutorOf({ runtime })),
  );
  await Promise.all(facades.map(({ call }) => call(increment, 1)));
  const round = async () => ({ total: await total(facades), unfairness: await unfairness(facades) });
  return { round, close: () => runtime.terminate() };
};

export default {
  name: 'many-facades',
  asks: '64 facades on one runtime, calls and maps of several sizes together, 2 workers',
  of: '64 facades',
  limit: 120_000,
  metrics: {
    total: { label: 'all the work, by one facade or by 64', unit: 'ms', better: 'lower' },
    unfairness: { label: 'largest distance from the mean share', unit: '%', better: 'lower', alone: true },
  },
  contenders: {
    '64 facades': many('thread'),
    'one facade': one('thread'),
    '64 facades, processes': many('process'),
    'one facade, processes': one('process'),
  },
  goals: [
    { text: 'threads: <= 1.1 x the time of one facade', metric: 'total', over: ['one facade'], atMost: 1.1 },
    { text: 'threads: fair within 10 %', metric: 'unfairness', atMost: 10 },
    {
      text: 'processes: <= 1.1 x the time of one facade',
      metric: 'total',
      of: '64 facades, processes',
      over: ['one facade, processes'],
      atMost: 1.1,
    },
    { text: 'processes: fair within 10 %', metric: 'unfairness', of: '64 facades, processes', atMost: 10 },
  ],
};
