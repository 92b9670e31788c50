// Question `objects-processes`: measures objects of 10 KB to worker processes and back.
import { lazily } from '../harness/lazily.mjs';
import { order, priced } from '../harness/orders.mjs';
import { scaled } from '../harness/scale.mjs';
import { rate } from '../harness/units.mjs';
import { openBareFork, openCheckedFork } from '../peers/peers.mjs';
import { contend, processPools } from '../peers/pools.mjs';

const orders = lazily(() => Array.from({ length: scaled(5_000) }, (_, id) => order(id)));

const pools = {
  ...processPools,
  'bare fork, advanced serialization': (task, argument) => openBareFork(task, argument, 'advanced'),
  'bare fork, checked JSON': openCheckedFork,
};

export default {
  name: 'objects-processes',
  asks: '5 000 objects of about 10 KB, transformed and returned, 2 worker processes',
  of: 'twinpool',
  metrics: rate,
  contenders: contend(pools, 'price', order(0), (pool) => priced(pool.run, orders())),
  goals: [
    {
      text: '>= 1.3 x workerpool',
      metric: 'rate',
      over: ['workerpool'],
      atLeast: 1.3,
      // Exact: the same values arrive, or the loop notices that they would not. JSON alone has no undefined, Map, Date, NaN, bytes and cycles.
      or: {
        text: '>= 0.9 x the cheapest exact codec alone',
        metric: 'rate',
        over: ['bare fork, advanced serialization', 'bare fork, checked JSON'],
        atLeast: 0.9,
      },
    },
  ],
};
