// Question `queue-depth`: measures the cost of a task and of a cancel in queues of different length.
import { burstOnce } from '../harness/measures.mjs';
import { scaled } from '../harness/scale.mjs';
import { randomOf, shuffled } from '../harness/work.mjs';
import { openPromises } from '../peers/peers.mjs';
import { processPools, threadPools } from '../peers/pools.mjs';

const DEPTHS = [1_000, 10_000, 100_000, 500_000];
const CANCELLED = scaled(100_000);

/** Microseconds per task at each depth. A small depth is repeated, so that each depth is measured over the same number of tasks. */
async function depths(run, { most, tasks }) {
  const costs = {};
  for (const depth of DEPTHS.filter((each) => each <= most)) {
    const repeats = Math.max(1, Math.floor(tasks / depth));
    let total = 0;
    for (let i = 0; i < repeats; i++) total += ((await burstOnce(run, scaled(depth))) * 1_000) / scaled(depth);
    costs[`at${depth}`] = total / repeats;
  }
  const values = Object.values(costs);
  return { ...costs, spread: Math.max(...values) / Math.min(...values) };
}

/** Microseconds per cancel of waiting tasks, in random order. A task that was handed to a worker cannot be cancelled. */
async function cancels(run) {
  const handles = Array.from({ length: CANCELLED }, (_, i) => run(i));
  const order = shuffled(handles, randomOf(1));
  const started = performance.now();
  let refused = 0;
  for (const handle of order) if (!handle.cancel()) refused += 1;
  const micros = ((performance.now() - started) * 1_000) / CANCELLED;
  if (refused > CANCELLED / 100)
    throw new Error(`expected at most ${CANCELLED / 100} of ${CANCELLED} tasks that cannot be cancelled, got ${refused}`);
  await Promise.allSettled(handles);
  return { cancel: micros };
}

/** A pool with 20 000 tasks per second would take most of a minute per round for all depths. */
const ALL = { most: 500_000, tasks: 100_000 };
const LESS = { most: 100_000, tasks: 10_000 };

function contender(open, sizes, cancellable) {
  return async () => {
    const { run, close } = await open('increment', 1);
    return { round: async () => ({ ...(await depths(run, sizes)), ...(cancellable && (await cancels(run))) }), close };
  };
}

const at = (depth) => ({ label: `${depth.toLocaleString('en').replaceAll(',', ' ')} at once, each`, unit: 'µs', better: 'lower' });

export default {
  name: 'queue-depth',
  asks: 'what a task costs with 1 000 to 500 000 waiting, and what it costs to cancel 100 000 in random order',
  of: 'twinpool',
  limit: 300_000,
  metrics: {
    ...Object.fromEntries(DEPTHS.map((depth) => [`at${depth}`, at(depth)])),
    spread: { label: 'the dearest depth over the cheapest', unit: 'x', better: 'lower', alone: true },
    cancel: { label: 'a cancel', unit: 'µs', better: 'lower' },
  },
  contenders: {
    twinpool: contender(threadPools.twinpool, ALL, true),
    'twinpool, processes': contender(processPools.twinpool, ALL, true),
    piscina: contender(threadPools.piscina, LESS, false),
    'bare promises': contender(openPromises, ALL, false),
  },
  goals: [
    { text: 'threads: flat within 1.3 x', metric: 'spread', atMost: 1.3 },
    { text: 'processes: flat within 1.3 x', metric: 'spread', of: 'twinpool, processes', atMost: 1.3 },
    { text: 'threads: a cancel <= 2 µs', metric: 'cancel', atMost: 2 },
    { text: 'processes: a cancel <= 2 µs', metric: 'cancel', of: 'twinpool, processes', atMost: 2 },
  ],
};
