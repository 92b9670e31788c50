// Question `memory`: measures the bytes of a waiting task, and the growth of the program over a million tasks.
import { held } from '../harness/allocation.mjs';
import { burstOnce } from '../harness/measures.mjs';
import { scaled } from '../harness/scale.mjs';
import { slopeOf } from '../harness/statistics.mjs';
import { contend, processPools, threadPools } from '../peers/pools.mjs';

const PENDING = scaled(100_000);
const TASKS = scaled(1_000_000);
const AT_ONCE = 10_000;

/** Runs TASKS tasks, AT_ONCE at a time. Calls `afterEach` with the number of tasks that are done. */
async function runAll(run, afterEach = () => {}) {
  for (let done = 0; done < TASKS; done += AT_ONCE) {
    await burstOnce(run, AT_ONCE);
    afterEach(done + AT_ONCE);
  }
}

/** MiB by which the resident set grows over TASKS tasks. Negative if memory that the start needed is returned to the system. */
async function growth(run) {
  gc();
  const before = process.memoryUsage.rss();
  await runAll(run);
  gc();
  return (process.memoryUsage.rss() - before) / 2 ** 20;
}

/** Bytes by which the heap grows per task: the slope of its size after collections, without the first fifth of the tasks. */
async function slope(run) {
  const sizes = [];
  await runAll(run, (done) => {
    gc();
    sizes.push([done, process.memoryUsage().heapUsed]);
  });
  return slopeOf(sizes.slice(Math.floor(sizes.length / 5)));
}

/** The growth of the peers is not measured: a million tasks take them a minute. */
const measureOurs = async ({ run }) => ({ growth: await growth(run), slope: await slope(run), pending: await held(gc, run, PENDING) });
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
    slope: { label: 'growth of the heap per task', unit: 'bytes', better: 'lower', alone: true },
  },
  contenders: {
    ...contend({ twinpool: threadPools.twinpool, 'twinpool, processes': processPools.twinpool }, 'increment', 1, measureOurs),
    ...contend({ piscina: threadPools.piscina, poolifier: threadPools.poolifier }, 'increment', 1, measurePeers),
  },
  goals: [
    { text: 'threads: <= 240 bytes a pending future', metric: 'pending', atMost: 240 },
    { text: 'processes: <= 240 bytes a pending future', metric: 'pending', of: 'twinpool, processes', atMost: 240 },
    { text: 'threads: heap <= 16 bytes a task', metric: 'slope', atMost: 16 },
    { text: 'processes: heap <= 16 bytes a task', metric: 'slope', of: 'twinpool, processes', atMost: 16 },
    { text: 'threads: growth <= 20 MiB', metric: 'growth', atMost: 20 },
    { text: 'processes: growth <= 20 MiB', metric: 'growth', of: 'twinpool, processes', atMost: 20 },
  ],
};
