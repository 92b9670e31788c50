import { scaled } from '../harness/scale.mjs';
import { contend, processPools, threadPools } from '../peers/pools.mjs';

const PENDING = scaled(100_000);
const TASKS = scaled(1_000_000);
const AT_ONCE = 10_000;

/** Bytes of a task given and not yet taken by a worker: the heap before and after so many calls in one turn of the loop. */
async function pending(run) {
  gc();
  const before = process.memoryUsage();
  const handles = new Array(PENDING);
  for (let i = 0; i < PENDING; i++) handles[i] = run(i);
  gc();
  const after = process.memoryUsage();
  await Promise.all(handles);
  return (after.heapUsed + after.external - before.heapUsed - before.external) / PENDING;
}

/** MiB by which the resident set has grown over so many tasks. */
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

const measure = async ({ run }) => ({ growth: await growth(run), pending: await pending(run) });

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
  contenders: contend(
    {
      twinpool: threadPools.twinpool,
      'twinpool, processes': processPools.twinpool,
      piscina: threadPools.piscina,
      poolifier: threadPools.poolifier,
    },
    'increment',
    1,
    measure,
  ),
  goals: [
    { text: '<= 400 bytes a pending future', metric: 'pending', atMost: 400 },
    { text: 'growth <= 20 MiB on threads', metric: 'growth', atMost: 20 },
    { text: 'growth <= 20 MiB on processes', metric: 'growth', of: 'twinpool, processes', atMost: 20 },
  ],
};
