// Question `worth`: compares `map` with a plain loop, by the length of a task and the size of its data.
import { lazily } from '../harness/lazily.mjs';
import { order } from '../harness/orders.mjs';
import { scaled } from '../harness/scale.mjs';
import { stepsIn } from '../harness/work.mjs';
import { WORKERS } from '../peers/settings.mjs';
import * as tasks from '../tasks/worth.mjs';

/** The run time of a task in µs, and its label. */
const TIMES = { 0: 'nothing to do', 10: '10 µs', 100: '100 µs', 1000: '1 ms', 10000: '10 ms' };
/** The data that is sent and returned, and the approximate µs that this takes. */
const PAYLOADS = {
  number: { label: 'a number', copying: 0.5, make: () => 7 },
  k1: { label: 'an object of 1 KB', copying: 15, make: () => order(1, 8) },
  k10: { label: 'an object of 10 KB', copying: 150, make: () => order(1, 90) },
  k100: { label: 'an object of 100 KB', copying: 1_500, make: () => order(1, 900) },
  m1: { label: 'bytes, 1 MiB', copying: 1_000, make: () => new Uint8Array(2 ** 20).fill(7) },
};
/** The total work for the pool in µs. */
const LENGTH = scaled(60_000);

const cells = lazily(() =>
  Object.keys(TIMES).flatMap((time) =>
    Object.entries(PAYLOADS).map(([payload, { copying, make }]) => {
      const count = Math.min(20_000, Math.max(4 * WORKERS, Math.round(LENGTH / (Number(time) / WORKERS + copying))));
      return { name: `${time}/${payload}`, task: tasks[`at${time}`], items: new Array(count).fill(make()) };
    }),
  ),
);

/** The speed-up of the pool over the loop, measured one after the other. */
async function gains(pool) {
  const found = {};
  for (const { name, task, items } of cells()) {
    const results = new Array(items.length);
    const started = performance.now();
    for (let i = 0; i < items.length; i++) results[i] = task(items[i]);
    const between = performance.now();
    const mapped = await pool.map(task, items);
    const ended = performance.now();
    if (mapped.length !== results.length || typeof mapped.at(-1) !== typeof results.at(-1))
      throw new Error(`${name}: expected the results of the loop, got others`);
    found[name] = (between - started) / (ended - between);
  }
  return found;
}

function contender(kind) {
  return async () => {
    // Before the workers start, because they read the number from the environment.
    stepsIn(1);
    const { openPool } = await import('../peers/twinpool.mjs');
    const pool = await openPool(kind);
    return { round: () => gains(pool), close: () => pool.terminate() };
  };
}

const metric = (time, payload) => ({ label: `${TIMES[time]}, ${PAYLOADS[payload].label}`, unit: 'x', better: 'higher', alone: true });

export default {
  name: 'worth',
  asks: '`map` over 2 workers against a plain loop: how many times as fast, by the length of a task and by what goes there and comes back',
  of: 'threads',
  picture: 'grid',
  metrics: Object.fromEntries(
    Object.keys(TIMES).flatMap((time) => Object.keys(PAYLOADS).map((payload) => [`${time}/${payload}`, metric(time, payload)])),
  ),
  contenders: { threads: contender('thread'), processes: contender('process') },
  goals: [],
};
