// Question `latency-processes`: measures one trivial task at a time on worker processes.
import { oneByOne } from '../harness/measures.mjs';
import { scaled } from '../harness/scale.mjs';
import { latency } from '../harness/units.mjs';
import { contend, processPools } from '../peers/pools.mjs';

/** Half a second and more: for the first tasks V8 compiles, and the system has both programs on one processor. */
const COUNT = scaled(30_000);
const measure = (pool) => oneByOne(pool.run, COUNT);

export default {
  name: 'latency-processes',
  asks: 'one trivial task at a time, the next when its result is there, 2 worker processes',
  of: 'twinpool',
  metrics: latency,
  contenders: {
    ...contend(processPools, 'increment', 1, measure),
    ...contend({ 'twinpool, something alive': processPools.twinpool }, 'leaveTimer', 1, measure),
  },
  goals: [
    { text: 'p50 <= 0.4 x a bare fork', metric: 'p50', over: ['bare fork'], atMost: 0.4 },
    {
      text: 'p50 <= 1.05 x a bare fork when something is alive',
      metric: 'p50',
      of: 'twinpool, something alive',
      over: ['bare fork'],
      atMost: 1.05,
    },
  ],
};
