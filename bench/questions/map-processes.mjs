// Question `map-processes`: measures `map` on worker processes.
import { mapped } from '../harness/measures.mjs';
import { scaled } from '../harness/scale.mjs';
import { rate } from '../harness/units.mjs';
import { inChunks, mapContenders, ours } from '../peers/maps.mjs';
import { processPools } from '../peers/pools.mjs';
import { python } from '../peers/python.mjs';

const COUNT = scaled(200_000);

export default {
  name: 'map-processes',
  asks: 'map of 200 000 integers, 2 worker processes, each contender cut as well as its user could',
  of: 'twinpool',
  metrics: rate,
  contenders: {
    ...mapContenders((map) => mapped(map, COUNT), {
      twinpool: ours('process'),
      'tinypool, chunks of n / 8': inChunks(processPools.tinypool, COUNT / 8),
      'workerpool, chunks of n / 8': inChunks(processPools.workerpool, COUNT / 8),
      'poolifier, chunks of n / 8': inChunks(processPools.poolifier, COUNT / 8),
      'jest-worker, chunks of n / 8': inChunks(processPools['jest-worker'], COUNT / 8),
      'bare fork, chunks of n / 8': inChunks(processPools['bare fork'], COUNT / 8),
    }),
    'CPython Pool.map': python('pool_map', 'pool', COUNT),
    'CPython Pool.map, chunksize 1, 20 000': python('pool_map_one', 'pool', COUNT / 10),
  },
  goals: [{ text: '>= 1.5 x CPython Pool.map', metric: 'rate', over: ['CPython Pool.map'], atLeast: 1.5 }],
};
