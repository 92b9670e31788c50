// Question `latency-threads-full`: measures `latency-threads` while other programs use all processors.
import { oneByOne } from '../harness/measures.mjs';
import { scaled } from '../harness/scale.mjs';
import { latency } from '../harness/units.mjs';
import { contend, threadPoolsOf } from '../peers/pools.mjs';

const COUNT = scaled(5_000);
const pools = threadPoolsOf(['twinpool', 'piscina', 'tinypool', 'bare postMessage']);

export default {
  name: 'latency-threads-full',
  asks: 'one trivial task at a time, 2 worker threads, beside two processes that compute without pause',
  of: 'twinpool',
  busy: 2,
  metrics: latency,
  contenders: contend(pools, 'increment', 1, (pool) => oneByOne(pool.run, COUNT)),
  goals: [
    { text: 'p50 <= 0.3 x piscina', metric: 'p50', over: ['piscina'], atMost: 0.3 },
    { text: 'p99 <= 0.1 x piscina', metric: 'p99', over: ['piscina'], atMost: 0.1 },
  ],
};
