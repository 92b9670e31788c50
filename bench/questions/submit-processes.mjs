// Question `submit-processes`: measures many trivial tasks on worker processes.
import { burst } from '../harness/measures.mjs';
import { scaled } from '../harness/scale.mjs';
import { rate } from '../harness/units.mjs';
import { openPromises } from '../peers/peers.mjs';
import { contend, processPeers, processPools } from '../peers/pools.mjs';
import { python } from '../peers/python.mjs';

const COUNT = scaled(50_000);

export default {
  name: 'submit-processes',
  asks: '50 000 trivial tasks given one by one, all awaited together, 2 worker processes',
  of: 'twinpool',
  metrics: rate,
  contenders: {
    ...contend({ ...processPools, 'bare promises': openPromises }, 'increment', 1, (pool) => burst(pool.run, COUNT)),
    'CPython ProcessPoolExecutor': python('executor_submit', 'processes', COUNT),
  },
  goals: [
    { text: '>= 10 x the fastest peer', metric: 'rate', over: processPeers, atLeast: 10 },
    { text: '>= 10 x workerpool', metric: 'rate', over: ['workerpool'], atLeast: 10 },
    { text: '>= 20 x CPython', metric: 'rate', over: ['CPython ProcessPoolExecutor'], atLeast: 20 },
  ],
};
