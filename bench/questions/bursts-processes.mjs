// Question `bursts-processes`: measures bursts of trivial tasks on worker processes, from one to 1 000 at once, with and without polling.
import { burstsOf, metricsOf } from '../harness/bursts.mjs';
import { scaled } from '../harness/scale.mjs';
import { contend, processPools } from '../peers/pools.mjs';
import { openSubmit } from '../peers/twinpool.mjs';

const SIZES = [1, 10, 100, 1_000];
/** Tasks of a round in bursts of one size. */
const TASKS = scaled(10_000);

const pools = {
  twinpool: processPools.twinpool,
  'twinpool, lowLatency: false': (task, argument) => openSubmit(task, argument, 'process', { lowLatency: false }),
  workerpool: processPools.workerpool,
  poolifier: processPools.poolifier,
  'jest-worker': processPools['jest-worker'],
  'bare fork': processPools['bare fork'],
};

export default {
  name: 'bursts-processes',
  asks: '1 to 1 000 trivial tasks at once, time from the first call to the last result, 2 worker processes',
  of: 'twinpool',
  metrics: metricsOf(SIZES),
  contenders: contend(pools, 'increment', 1, burstsOf(SIZES, TASKS)),
  goals: [],
};
