// Question `memory`: measures the bytes of a waiting task, and the growth of the program over a million tasks.
import { held } from '../harness/allocation.mjs';
import { scaled } from '../harness/scale.mjs';
import { contend, processPools, threadPools } from '../peers/pools.mjs';

const PENDING = scaled(100_000);
const TASKS = scaled(1_000_000);
const AT_ONCE = 10_000;

/** MiB by which the resident set grows over TASKS tasks. Negative if memory that the start needed is returned to the system. */
async function growth(run) {
  gc();
  const before = process.memoryUsage.rss();
  for (let done = 0; done < TASKS; done += AT_ONCE) {
    const handles = new Array(AT_ONCE);
    for (let i = 0; i < AT_ONCE; i++) handles[i] = run(i);
    await Promise.all(handles);
  }
  gc();
  return (process.memoryUsage.rss() - before) / 2 ** 20;
}

/** The growth of the peers is not measured: a million tasks take them a minute. */
const measureOurs = async ({ run }) => ({ growth: await growth(run), pending: await held(gc, run, PENDING) });
const measurePeers = async ({ run }) => ({ pending: await held(gc, run, PENDING) });

export default {
  name: 'memory',
  asks: 'what 100 000 tasks that wait hold, and by how much the program has grown after 1 000 000 tasks',
  of: 'twinpool',
  nodeOptions: ['--expose-gc'],
  limit: 300_000,
  metrics: {
    pending: { label: 'a pending task', unit: 'bytes', better: 'lower' },
    growth: { label: 'growth over 1 000 000 tasks', unit: 'MiB', better: 'lower', alone: true },
  },
  contenders: {
    ...contend({ twinpool: threadPools.twinpool, 'twinpool, processes': processPools.twinpool }, 'increment', 1, measureOurs),
    ...contend({ piscina: threadPools.piscina, poolifier: threadPools.poolifier }, 'increment', 1, measurePeers),
  },
  goals: [
    { text: 'threads: <= 400 bytes a pending future', metric: 'pending', atMost: 400 },
    { text: 'processes: <= 400 bytes a pending future', metric: 'pending', of: 'twinpool, processes', atMost: 400 },
    { text: 'threads: growth <= 20 MiB', metric: 'growth', atMost: 20 },
    { text: 'processes: growth <= 20 MiB', metric: 'growth', of: 'twinpool, processes', atMost: 20 },
  ],
};
