// Question `objects-threads`: measures objects of 10 KB to worker threads and back.
import { lazily } from '../harness/lazily.mjs';
import { order, priced } from '../harness/orders.mjs';
import { scaled } from '../harness/scale.mjs';
import { rate } from '../harness/units.mjs';
import { contend, threadPools } from '../peers/pools.mjs';

const orders = lazily(() => Array.from({ length: scaled(5_000) }, (_, id) => order(id)));

export default {
  name: 'objects-threads',
  asks: '5 000 objects of about 10 KB, transformed and returned, 2 worker threads',
  of: 'twinpool',
  metrics: rate,
  contenders: contend(threadPools, 'price', order(0), (pool) => priced(pool.run, orders())),
  goals: [
    {
      text: '>= 1.3 x piscina',
      metric: 'rate',
      over: ['piscina'],
      atLeast: 1.3,
      or: { text: '>= 0.9 x cloning alone', metric: 'rate', over: ['bare postMessage'], atLeast: 0.9 },
    },
  ],
};
