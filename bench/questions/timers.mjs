// Question `timers`: measures how late the program's timers are while it awaits one call after the other and its event loop is busy.
import { percentile } from '../harness/statistics.mjs';
import { contend, processPools, threadPoolsOf } from '../peers/pools.mjs';

/** ms. */
const LENGTH = 1_500;
const INTERVAL = 1;

/** Returns the 99th percentile of how late a timer of 1 ms is, in ms, while the event loop runs one immediate after the other. */
async function lateness() {
  const ends = performance.now() + LENGTH;
  const late = [];
  const chain = () => {
    if (performance.now() < ends) setImmediate(chain);
  };
  setImmediate(chain);
  while (performance.now() < ends) {
    const due = performance.now() + INTERVAL;
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    late.push(performance.now() - due);
  }
  return percentile(Float64Array.from(late).sort(), 0.99);
}

async function measure({ run }) {
  for (let i = 0; i < 2_000; i++) await run(i);
  const alone = await lateness();
  let isOver = false;
  const calls = (async () => {
    while (!isOver) await run(1);
  })();
  const beside = await lateness();
  isOver = true;
  await calls;
  return { beside, growth: beside - alone };
}

export default {
  name: 'timers',
  asks: 'how late a timer of 1 ms is while one call follows the other and the event loop is busy, 2 workers, 99th percentile',
  of: 'twinpool',
  metrics: {
    beside: { label: 'beside calls', unit: 'ms', better: 'lower' },
    growth: { label: 'more than without calls', unit: 'ms', better: 'lower', alone: true },
  },
  contenders: contend({ ...threadPoolsOf(['twinpool', 'piscina']), 'twinpool, processes': processPools.twinpool }, 'increment', 1, measure),
  goals: [
    { text: 'threads: <= 1 ms more than without calls', metric: 'growth', atMost: 1 },
    { text: 'processes: <= 1 ms more than without calls', metric: 'growth', of: 'twinpool, processes', atMost: 1 },
  ],
};
