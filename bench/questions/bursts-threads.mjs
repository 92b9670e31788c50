// Question `bursts-threads`: measures bursts of trivial tasks on worker threads, from 10 to 50 000 at once.
import { burstOnce } from '../harness/measures.mjs';
import { scaled } from '../harness/scale.mjs';
import { summary } from '../harness/statistics.mjs';
import { contend, threadPoolsOf } from '../peers/pools.mjs';
import { openSubmit } from '../peers/twinpool.mjs';

const SIZES = [10, 100, 1_000, 50_000];
/** Tasks of a round in bursts of one size. V8 compiles for the first ones. */
const TASKS = scaled(60_000);
const WARM = 1 / 3;
const ONE = 'twinpool, 1 worker';

const pools = {
  ...threadPoolsOf(['twinpool', 'piscina']),
  [ONE]: (task, argument) => openSubmit(task, argument, 'thread', { maxWorkers: 1 }),
};

/** Microseconds from the first call to the last result, the median of the bursts of a size. The first third of the bursts of a size does not count. */
async function bursts({ run }) {
  const metrics = {};
  for (const size of SIZES) {
    const count = size > 1_000 ? scaled(size) : size;
    const times = [];
    for (let done = 0; done < TASKS; done += count) times.push((await burstOnce(run, count)) * 1_000);
    metrics[`at${size}`] = summary(times.slice(Math.floor(times.length * WARM))).median;
  }
  return metrics;
}

const at = (size) => ({ label: `${size.toLocaleString('en').replaceAll(',', ' ')} at once, all of them`, unit: 'µs', better: 'lower' });
const small = [10, 100].flatMap((size) => {
  const metric = `at${size}`;
  return [
    { text: `${size} at once: <= 1.2 x knitting`, metric, over: ['knitting'], atMost: 1.2, ifMeasured: true },
    { text: `${size} at once: <= 0.04 x piscina`, metric, over: ['piscina'], atMost: 0.04 },
    { text: `${size} at once: <= 1.1 x twinpool with one worker`, metric, over: [ONE], atMost: 1.1 },
  ];
});

export default {
  name: 'bursts-threads',
  asks: '10 to 50 000 trivial tasks at once, time from the first call to the last result, 2 worker threads',
  of: 'twinpool',
  metrics: Object.fromEntries(SIZES.map((size) => [`at${size}`, at(size)])),
  contenders: contend(pools, 'increment', 1, bursts),
  goals: [
    ...small,
    { text: '1 000 at once: <= 1 x knitting', metric: 'at1000', over: ['knitting'], atMost: 1, ifMeasured: true },
    {
      text: '50 000 at once: <= 0.04 x knitting, that is 25 x its rate',
      metric: 'at50000',
      over: ['knitting'],
      atMost: 0.04,
      ifMeasured: true,
    },
  ],
};
