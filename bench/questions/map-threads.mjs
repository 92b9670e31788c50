// Question `map-threads`: measures `map` on worker threads.
import { mapped } from '../harness/measures.mjs';
import { scaled } from '../harness/scale.mjs';
import { rate } from '../harness/units.mjs';
import { byItem, inChunks, mapContenders, ours } from '../peers/maps.mjs';
import { threadPools } from '../peers/pools.mjs';
import { python } from '../peers/python.mjs';

const COUNT = scaled(200_000);
const measure = (map) => mapped(map, COUNT);

export default {
  name: 'map-threads',
  asks: 'map of 200 000 integers, 2 worker threads, each contender cut as well as its user could',
  of: 'twinpool',
  metrics: rate,
  contenders: {
    ...mapContenders(measure, {
      twinpool: ours('thread'),
      'piscina, chunks of n / 8': inChunks(threadPools.piscina, COUNT / 8),
      'piscina, chunks of n / 2': inChunks(threadPools.piscina, COUNT / 2),
      'piscina, chunks of 4 096': inChunks(threadPools.piscina, 4_096),
      'tinypool, chunks of n / 8': inChunks(threadPools.tinypool, COUNT / 8),
      'workerpool, chunks of n / 8': inChunks(threadPools.workerpool, COUNT / 8),
      'poolifier, chunks of n / 8': inChunks(threadPools.poolifier, COUNT / 8),
      'jest-worker, chunks of n / 8': inChunks(threadPools['jest-worker'], COUNT / 8),
    }),
    // A tenth of the items, because a round would take ten seconds.
    ...mapContenders((map) => mapped(map, COUNT / 10), { 'piscina, item by item, 20 000': byItem(threadPools.piscina) }),
    'CPython Pool.map': python('pool_map', 'pool', COUNT),
  },
  goals: [
    { text: '>= 2 x CPython Pool.map', metric: 'rate', over: ['CPython Pool.map'], atLeast: 2 },
    {
      text: '>= the best hand-chunked piscina',
      metric: 'rate',
      over: ['piscina, chunks of n / 8', 'piscina, chunks of n / 2', 'piscina, chunks of 4 096'],
      atLeast: 1,
    },
  ],
};
