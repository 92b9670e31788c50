// Question `cluster`: measures `map` on two nodes beside a bare BullMQ loop, and the memory of the program.
import { mapOnce } from '../harness/measures.mjs';
import { scaled } from '../harness/scale.mjs';
import { BARE, openBareLoop, openCluster } from '../peers/cluster.mjs';

const COUNT = scaled(1_000_000);

const contender = (open) => async () => {
  const { map, clear, close } = await open();
  const round = async () => {
    const rate = COUNT / ((await mapOnce(map, COUNT)) / 1_000);
    await clear?.();
    // maxRSS is in KiB.
    return { rate, resident: process.resourceUsage().maxRSS / 1024 };
  };
  return { round, close };
};

export default {
  name: 'cluster',
  asks: 'map of 1 000 000 integers on 2 nodes through Redis, and the most memory that the program has had resident, input and results included',
  of: 'twinpool',
  metrics: {
    rate: { label: 'tasks per second', unit: '/s', better: 'higher' },
    resident: { label: 'resident memory, at most', unit: 'MiB', better: 'lower' },
  },
  contenders: {
    twinpool: contender(() => openCluster(undefined)),
    'twinpool, chunksize 1024': contender(() => openCluster(BARE.chunk)),
    'bare BullMQ, chunks of 1024': contender(openBareLoop),
  },
  goals: [
    { text: '>= 150 000 tasks per second', metric: 'rate', atLeast: 150_000 },
    { text: '>= 0.5 x bare BullMQ', metric: 'rate', over: ['bare BullMQ, chunks of 1024'], atLeast: 0.5 },
    { text: '>= 0.7 x bare BullMQ', metric: 'rate', over: ['bare BullMQ, chunks of 1024'], atLeast: 0.7 },
    { text: 'resident memory <= 150 MiB', metric: 'resident', atMost: 150 },
  ],
};
