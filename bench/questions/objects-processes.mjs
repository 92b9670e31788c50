import { lazily } from '../harness/lazily.mjs';
import { order, priced } from '../harness/orders.mjs';
import { scaled } from '../harness/scale.mjs';
import { rate } from '../harness/units.mjs';
import { contend, processPools } from '../peers/pools.mjs';

const orders = lazily(() => Array.from({ length: scaled(5_000) }, (_, id) => order(id)));

export default {
  name: 'objects-processes',
  asks: '5 000 objects of about 10 KB, transformed and returned, 2 worker processes',
  of: 'twinpool',
  metrics: rate,
  contenders: contend(processPools, 'price', order(0), (pool) => priced(pool.run, orders())),
  goals: [
    { text: '>= 1.3 x workerpool', metric: 'rate', over: ['workerpool'], atLeast: 1.3 },
    { text: 'or >= 0.9 x a bare fork', metric: 'rate', over: ['bare fork'], atLeast: 0.9 },
  ],
};
