// Question `facades`: compares the same work through the pool and the executor.
import { burst, mapped } from '../harness/measures.mjs';
import { scaled } from '../harness/scale.mjs';
import { increment } from '../tasks/tasks.mjs';

const CALLS = scaled(50_000);
const ITEMS = scaled(200_000);

const pool = (kind) => async () => {
  const { openPool } = await import('../peers/twinpool.mjs');
  const opened = await openPool(kind);
  return methods(
    (i) => opened.applyAsync(increment, [i]),
    (items) => opened.map(increment, items, 1_000),
    () => opened.terminate(),
  );
};

const executor = (kind) => async () => {
  const { openExecutor } = await import('../peers/twinpool.mjs');
  const opened = await openExecutor(kind);
  return methods(
    (i) => opened.submit(increment, i),
    (items) => opened.map(increment, items, { chunksize: 1_000 }).toArray(),
    () => opened.shutdown(),
  );
};

/** The engine without a facade: a promise for each call, as both facades have. It shows what a facade costs. */
const core = (kind) => async () => {
  const { openCore } = await import('../peers/core.mjs');
  const opened = await openCore(kind);
  return methods(
    (i) => opened.call(increment, [i]),
    (items) => opened.map(increment, items, 1_000),
    () => opened.close(),
  );
};

function methods(call, map, close) {
  return { round: async () => ({ calls: (await burst(call, CALLS)).rate, map: (await mapped(map, ITEMS)).rate }), close };
}

const within = (metric, of, over) => [
  { text: `${of}: ${metric} >= 0.95 x the executor`, metric, of, over: [over], atLeast: 0.95 },
  { text: `${of}: ${metric} <= 1.05 x the executor`, metric, of, over: [over], atMost: 1.05 },
];

const atCore = (of, over) => ({ text: `${of}: calls >= 0.95 x the core`, metric: 'calls', of, over: [over], atLeast: 0.95 });

export default {
  name: 'facades',
  asks: 'the same work through both facades, 2 workers',
  of: 'ThreadPool',
  metrics: {
    calls: { label: '50 000 applyAsync or submit', unit: '/s', better: 'higher' },
    map: { label: 'map of 200 000 in chunks of 1 000', unit: '/s', better: 'higher' },
  },
  contenders: {
    ThreadPool: pool('thread'),
    ThreadPoolExecutor: executor('thread'),
    Pool: pool('process'),
    ProcessPoolExecutor: executor('process'),
    'the core, threads': core('thread'),
    'the core, processes': core('process'),
  },
  goals: [
    ...within('calls', 'ThreadPool', 'ThreadPoolExecutor'),
    ...within('map', 'ThreadPool', 'ThreadPoolExecutor'),
    ...within('calls', 'Pool', 'ProcessPoolExecutor'),
    ...within('map', 'Pool', 'ProcessPoolExecutor'),
    atCore('ThreadPool', 'the core, threads'),
    atCore('ThreadPoolExecutor', 'the core, threads'),
    atCore('Pool', 'the core, processes'),
    atCore('ProcessPoolExecutor', 'the core, processes'),
  ],
};
