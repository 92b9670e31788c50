// Question `typed-arrays`: measures `map` over a large Float64Array.
import { lazily } from '../harness/lazily.mjs';
import { scaled } from '../harness/scale.mjs';
import { threadPools } from '../peers/pools.mjs';
import { WORKERS } from '../peers/settings.mjs';
import { increment, incrementAll } from '../tasks/tasks.mjs';

const COUNT = scaled(10_000_000);
const input = lazily(() => Float64Array.from({ length: COUNT }, (_, i) => i));

async function elements(map) {
  input();
  const started = performance.now();
  const results = await map();
  const seconds = (performance.now() - started) / 1_000;
  if (results.length !== COUNT || results[COUNT - 1] !== COUNT)
    throw new Error(`expected ${COUNT} results up to ${COUNT}, got ${results.length} up to ${results[COUNT - 1]}`);
  return { rate: COUNT / seconds };
}

async function twinpool() {
  const { openPool } = await import('../peers/twinpool.mjs');
  const pool = await openPool('thread');
  return { round: () => elements(() => pool.map(increment, input())), close: () => pool.terminate() };
}

/** Results in an array that the caller has. */
async function twinpoolInto() {
  const { openPool } = await import('../peers/twinpool.mjs');
  const pool = await openPool('thread');
  const into = lazily(() => new Float64Array(COUNT));
  const map = () => pool.map(increment, input(), { into: into() });
  return { round: () => elements(map), close: () => pool.terminate() };
}

/** The code of a user of a pool without `map`: it sends slices and copies the results into one array. */
function slices(open, perWorker) {
  return async () => {
    const pool = await open('incrementAll', new Float64Array(1));
    const size = Math.ceil(COUNT / (WORKERS * perWorker));
    const map = async () => {
      const parts = [];
      for (let at = 0; at < COUNT; at += size) parts.push(pool.run(input().slice(at, at + size)));
      const results = new Float64Array(COUNT);
      let at = 0;
      for (const part of await Promise.all(parts)) {
        results.set(part, at);
        at += part.length;
      }
      return results;
    };
    return { round: () => elements(map), close: () => pool.close() };
  };
}

export default {
  name: 'typed-arrays',
  asks: 'map over a Float64Array of 10 000 000 elements, 2 worker threads',
  of: 'twinpool',
  limit: 60_000,
  metrics: { rate: { label: 'elements per second', unit: '/s', better: 'higher' } },
  contenders: {
    twinpool,
    'twinpool, into an array': twinpoolInto,
    'piscina, slices by hand': slices(threadPools.piscina, 4),
    'bare postMessage, slices by hand': slices(threadPools['bare postMessage'], 4),
    'no pool': async () => ({ round: () => elements(async () => incrementAll(input())) }),
  },
  goals: [{ text: '>= 50 M per second', metric: 'rate', atLeast: 50_000_000 }],
};
