// Question `cpu`: measures which share of two busy processors long tasks reach.
import { scaled } from '../harness/scale.mjs';
import { serialTime, stepsIn } from '../harness/work.mjs';
import { openBareFork, openBareThreads, openNoneAhead } from '../peers/peers.mjs';
import { processPools, threadPools } from '../peers/pools.mjs';
import { WORKERS } from '../peers/settings.mjs';
import { spin } from '../tasks/tasks.mjs';

const COUNT = scaled(200);
const STEPS = stepsIn(10_000);

/** The share of the ideal, in which every worker is busy from the start to the end, at the current speed of a single thread. */
async function share(way) {
  const ideal = (serialTime(STEPS) * COUNT) / WORKERS;
  const taken = await timeOf(way);
  return { taken, percent: (100 * ideal) / taken };
}

/** For each way the share of the ideal, and the rate over that of `byHand`: over the mean of a run before and one after. */
async function beside(ways, byHand) {
  const metrics = {};
  let before = await timeOf(byHand);
  for (const [name, way] of Object.entries(ways)) {
    const { taken, percent } = await share(way);
    const after = await timeOf(byHand);
    metrics[name] = percent;
    metrics[`${name}ByHand`] = (before + after) / 2 / taken;
    before = after;
  }
  return metrics;
}

async function timeOf(way) {
  const started = performance.now();
  await way(new Array(COUNT).fill(STEPS));
  return performance.now() - started;
}

/** Two bare workers of which each gets half of the tasks in one message. */
async function openByHand(open) {
  const { run, close } = await open('spinAll', [STEPS]);
  const byHand = (sizes) => {
    const half = Math.ceil(sizes.length / WORKERS);
    return Promise.all(Array.from({ length: WORKERS }, (_, i) => run(sizes.slice(i * half, (i + 1) * half))));
  };
  return { byHand, close };
}

const bare = { thread: threadPools['bare postMessage'], process: processPools['bare fork'] };

function ours(kind) {
  return async () => {
    const { openExecutor, openPool } = await import('../peers/twinpool.mjs');
    const pool = await openPool(kind);
    const executor = await openExecutor(kind);
    const { byHand, close } = await openByHand(bare[kind]);
    const drain = async (results) => {
      for await (const _ of results);
    };
    const ways = {
      submit: (sizes) => Promise.all(sizes.map((size) => executor.submit(spin, size))),
      map: (sizes) => pool.map(spin, sizes),
      imapUnordered: (sizes) => drain(pool.imapUnordered(spin, sizes)),
    };
    return { round: () => beside(ways, byHand), close: () => Promise.all([pool.terminate(), executor.shutdown(), close()]) };
  };
}

function peer(open) {
  return async () => {
    const pool = await open('spin', STEPS);
    const submit = (sizes) => Promise.all(sizes.map(pool.run));
    return { round: async () => ({ submit: (await share(submit)).percent }), close: () => pool.close() };
  };
}

const METHODS = ['submit', 'map', 'imapUnordered'];
const metrics = Object.fromEntries([
  ...METHODS.map((method) => [method, { label: `share of the ideal, ${method}`, unit: '%', better: 'higher' }]),
  ...METHODS.map((method) => [
    `${method}ByHand`,
    { label: `rate over that of two bare workers that get half each, ${method}`, unit: 'x', better: 'higher', alone: true },
  ]),
]);
const goals = METHODS.flatMap((method) => [
  { text: `threads: ${method} >= 0.995 x half each by hand`, metric: `${method}ByHand`, atLeast: 0.995 },
  { text: `processes: ${method} >= 0.98 x half each by hand`, metric: `${method}ByHand`, of: 'twinpool, processes', atLeast: 0.98 },
]);

export default {
  name: 'cpu',
  asks: '200 tasks of 10 ms, 2 workers: how much of the ideal is reached, and of a loop that gives each of two bare workers half of the tasks',
  of: 'twinpool',
  metrics,
  contenders: {
    twinpool: ours('thread'),
    'twinpool, processes': ours('process'),
    piscina: peer(threadPools.piscina),
    'bare postMessage': peer(threadPools['bare postMessage']),
    'bare fork': peer(processPools['bare fork']),
    'bare postMessage, none ahead': peer((task, argument) => openNoneAhead(() => openBareThreads(task, argument, 1))),
    'bare fork, none ahead': peer((task, argument) => openNoneAhead(() => openBareFork(task, argument, 'json', 1))),
  },
  goals,
};
