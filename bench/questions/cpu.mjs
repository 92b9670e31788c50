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
async function share(work) {
  const ideal = (serialTime(STEPS) * COUNT) / WORKERS;
  const started = performance.now();
  await work(new Array(COUNT).fill(STEPS));
  return (100 * ideal) / (performance.now() - started);
}

function ours(kind) {
  return async () => {
    const { openExecutor, openPool } = await import('../peers/twinpool.mjs');
    const pool = await openPool(kind);
    const executor = await openExecutor(kind);
    const drain = async (results) => {
      for await (const _ of results);
    };
    const round = async () => ({
      submit: await share((sizes) => Promise.all(sizes.map((size) => executor.submit(spin, size)))),
      map: await share((sizes) => pool.map(spin, sizes)),
      imapUnordered: await share((sizes) => drain(pool.imapUnordered(spin, sizes))),
    });
    return { round, close: () => Promise.all([pool.terminate(), executor.shutdown()]) };
  };
}

function peer(open) {
  return async () => {
    const pool = await open('spin', STEPS);
    return { round: async () => ({ submit: await share((sizes) => Promise.all(sizes.map(pool.run))) }), close: () => pool.close() };
  };
}

const metric = (method) => ({ label: `share of the ideal, ${method}`, unit: '%', better: 'higher' });
const goals = ['submit', 'map', 'imapUnordered'].flatMap((name) => [
  { text: `threads: ${name} >= 97 %`, metric: name, atLeast: 97 },
  { text: `processes: ${name} >= 97 %`, metric: name, of: 'twinpool, processes', atLeast: 97 },
]);

export default {
  name: 'cpu',
  asks: '200 tasks of 10 ms, 2 workers: how much of the ideal is reached',
  of: 'twinpool',
  metrics: { submit: metric('submit'), map: metric('map'), imapUnordered: metric('imapUnordered') },
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
