// Question `arrival`: measures the time in the system of short tasks that arrive at random.
import { Worker } from 'node:worker_threads';
import { scaled } from '../harness/scale.mjs';
import { percentile } from '../harness/statistics.mjs';
import { latency } from '../harness/units.mjs';
import { stepsIn } from '../harness/work.mjs';
import { processPools, threadPools } from '../peers/pools.mjs';

const COUNT = scaled(4_000);
const STEPS = stepsIn(100);
const now = () => performance.timeOrigin + performance.now();

function contender(open) {
  return async () => {
    const pool = await open('spin', STEPS);
    const source = new Worker(new URL('../tasks/arrivals.mjs', import.meta.url), { workerData: { meanGap: 0.5 } });
    let seed = 1;
    return { round: () => inSystem(pool, source, seed++), close: () => Promise.all([pool.close(), source.terminate()]) };
  };
}

/** Microseconds from the sending of a request to its result, including the wait in the message queue of the program. */
function inSystem(pool, source, seed) {
  return new Promise((resolve, reject) => {
    const times = [];
    source.removeAllListeners('message');
    source.on('message', (sent) => {
      pool.run(STEPS).then(() => {
        times.push((now() - sent) * 1_000);
        if (times.length < COUNT) return;
        times.sort((a, b) => a - b);
        resolve({ p50: percentile(times, 0.5), p99: percentile(times, 0.99) });
      }, reject);
    });
    source.postMessage({ seed, count: COUNT });
  });
}

export default {
  name: 'arrival',
  asks: '2 000 tasks per second of about 100 µs arriving at random, time in system, 2 workers',
  of: 'twinpool',
  metrics: latency,
  contenders: {
    ...Object.fromEntries(
      ['twinpool', 'piscina', 'tinypool', 'poolifier', 'bare postMessage'].map((name) => [name, contender(threadPools[name])]),
    ),
    'twinpool, processes': contender(processPools.twinpool),
  },
  goals: [
    { text: 'p50 <= piscina', metric: 'p50', over: ['piscina'], atMost: 1 },
    { text: 'p99 <= piscina', metric: 'p99', over: ['piscina'], atMost: 1 },
  ],
};
