// Question `bursts-threads`: measures bursts of trivial tasks on worker threads, from 10 to 50 000 at once.
import { burstsOf, metricsOf } from '../harness/bursts.mjs';
import { scaled } from '../harness/scale.mjs';
import { contend, threadPoolsOf } from '../peers/pools.mjs';
import { openSubmit } from '../peers/twinpool.mjs';

const SIZES = [10, 100, 1_000, 50_000];
/** Tasks of a round in bursts of one size. */
const TASKS = scaled(60_000);
const ONE = 'twinpool, 1 worker';

const pools = {
  ...threadPoolsOf(['twinpool', 'piscina']),
  [ONE]: (task, argument) => openSubmit(task, argument, 'thread', { maxWorkers: 1 }),
};

const small = [10, 100].flatMap((size) => {
  const metric = `at${size}`;
  return [
    { text: `${size} at once: <= 1.2 x knitting`, metric, over: ['knitting'], atMost: 1.2, ifMeasured: true },
    { text: `${size} at once: <= 0.04 x piscina`, metric, over: ['piscina'], atMost: 0.04 },
    { text: `${size} at once: <= 1.1 x twinpool with one worker`, metric, over: [ONE], atMost: 1.1 },
  ];
});

export default {
  name: 'bursts-threads',
  asks: '10 to 50 000 trivial tasks at once, time from the first call to the last result, 2 worker threads',
  of: 'twinpool',
  metrics: metricsOf(SIZES),
  contenders: contend(pools, 'increment', 1, burstsOf(SIZES, TASKS)),
  goals: [
    ...small,
    { text: '1 000 at once: <= 1 x knitting', metric: 'at1000', over: ['knitting'], atMost: 1, ifMeasured: true },
    {
      text: '50 000 at once: <= 0.04 x knitting, that is 25 x its rate',
      metric: 'at50000',
      over: ['knitting'],
      atMost: 0.04,
      ifMeasured: true,
    },
  ],
};
