// Question `bimodal`: compares the end of short tasks with a few long ones among them to the ideal greedy schedule.
import { scaled } from '../harness/scale.mjs';
import { summary } from '../harness/statistics.mjs';
import { randomOf, serialTime, stepsIn } from '../harness/work.mjs';
import { processPools, threadPools } from '../peers/pools.mjs';
import { WORKERS } from '../peers/settings.mjs';

const SHORT = stepsIn(20);
const LONG = stepsIn(150_000);
const SHORT_COUNT = scaled(2_000);
const LONG_COUNT = 8;
const SEEDS = 9;

/** Returns the short tasks with the long ones at random positions. */
function load(seed) {
  const random = randomOf(seed);
  const steps = new Array(SHORT_COUNT).fill(SHORT);
  for (let i = 0; i < LONG_COUNT; i++) steps.splice(Math.floor(random() * (steps.length + 1)), 0, LONG);
  return steps;
}

/** Returns the end of the schedule in which each free worker takes the next task, from the times that the tasks take now in one thread. */
function greedy(steps) {
  // The time of a long task is ten times that of a tenth of it. Measuring it whole would take longer than the tasks themselves.
  const time = new Map([
    [SHORT, serialTime(SHORT)],
    [LONG, serialTime(Math.round(LONG / 10)) * 10],
  ]);
  const freeAt = new Array(WORKERS).fill(0);
  for (const size of steps) {
    const first = freeAt.indexOf(Math.min(...freeAt));
    freeAt[first] += time.get(size);
  }
  return Math.max(...freeAt);
}

function contender(open) {
  return async () => {
    const pool = await open('spin', SHORT);
    return { warm: () => makespans(pool, 2), round: () => makespans(pool, SEEDS), close: () => pool.close() };
  };
}

async function makespans(pool, seeds) {
  const ratios = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const steps = load(seed);
    const ideal = greedy(steps);
    const started = performance.now();
    await Promise.all(steps.map(pool.run));
    ratios.push((performance.now() - started) / ideal);
  }
  const { median, max } = summary(ratios);
  return { median, worst: max };
}

export default {
  name: 'bimodal',
  asks: '2 000 tasks of 20 µs with 8 of 150 ms at random places among them, 2 workers, 9 seeds: time to the last result over the ideal greedy schedule',
  of: 'twinpool',
  metrics: {
    median: { label: 'makespan over ideal, median seed', unit: 'x', better: 'lower', alone: true },
    worst: { label: 'makespan over ideal, worst seed', unit: 'x', better: 'lower', alone: true },
  },
  contenders: {
    twinpool: contender(threadPools.twinpool),
    'twinpool, processes': contender(processPools.twinpool),
    piscina: contender(threadPools.piscina),
  },
  goals: [
    { text: 'threads: median <= 1.05', metric: 'median', atMost: 1.05 },
    { text: 'threads: worst <= 1.3', metric: 'worst', atMost: 1.3 },
    { text: 'processes: median <= 1.15', metric: 'median', of: 'twinpool, processes', atMost: 1.15 },
    { text: 'processes: worst <= 1.3', metric: 'worst', of: 'twinpool, processes', atMost: 1.3 },
  ],
};
