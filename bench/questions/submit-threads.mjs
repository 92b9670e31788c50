// Question `submit-threads`: measures many trivial tasks on worker threads.
import { burst } from '../harness/measures.mjs';
import { scaled } from '../harness/scale.mjs';
import { rate } from '../harness/units.mjs';
import { openPromises } from '../peers/peers.mjs';
import { contend, threadPeers, threadPools } from '../peers/pools.mjs';
import { python } from '../peers/python.mjs';

const COUNT = scaled(50_000);

export default {
  name: 'submit-threads',
  asks: '50 000 trivial tasks given one by one, all awaited together, 2 worker threads',
  of: 'twinpool',
  metrics: rate,
  contenders: {
    ...contend({ ...threadPools, 'bare promises': openPromises }, 'increment', 1, (pool) => burst(pool.run, COUNT)),
    'CPython ThreadPoolExecutor': python('executor_submit', 'threads', COUNT),
  },
  goals: [
    { text: '>= 10 x piscina', metric: 'rate', over: ['piscina'], atLeast: 10 },
    { text: '>= 5 x the fastest peer', metric: 'rate', over: threadPeers, atLeast: 5 },
  ],
};
