// Question `latency-threads`: measures one trivial task at a time on worker threads.
import { oneByOne } from '../harness/measures.mjs';
import { scaled } from '../harness/scale.mjs';
import { latency } from '../harness/units.mjs';
import { contend, threadPools } from '../peers/pools.mjs';

const COUNT = scaled(5_000);

export default {
  name: 'latency-threads',
  asks: 'one trivial task at a time, the next when its result is there, 2 worker threads',
  of: 'twinpool',
  metrics: latency,
  contenders: contend(threadPools, 'increment', 1, (pool) => oneByOne(pool.run, COUNT)),
  goals: [
    { text: 'p50 <= 0.1 x piscina', metric: 'p50', over: ['piscina'], atMost: 0.1 },
    { text: 'p50 <= 2.6 x knitting', metric: 'p50', over: ['knitting'], atMost: 2.6, ifMeasured: true },
    { text: 'p99 <= piscina', metric: 'p99', over: ['piscina'], atMost: 1 },
  ],
};
