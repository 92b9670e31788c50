// Measures the rounds of several questions. Every measurement checks its results: a wrong result throws.
import { percentile } from './statistics.mjs';

/** The least length of a round in ms. A shorter round depends more on the other load of the machine than on the pool. */
const LEAST = 500;

async function rateOver(count, once) {
  let milliseconds = 0;
  let times = 0;
  while (milliseconds < LEAST) {
    milliseconds += await once();
    times += 1;
  }
  return { rate: (times * count) / (milliseconds / 1_000) };
}

/** Tasks per second: all are submitted at once and awaited together. The task is `increment`. */
export function burst(run, count) {
  return rateOver(count, () => burstOnce(run, count));
}

/** Milliseconds of one such burst. */
export async function burstOnce(run, count) {
  const started = performance.now();
  const promises = new Array(count);
  for (let i = 0; i < count; i++) promises[i] = run(i);
  const results = await Promise.all(promises);
  const taken = performance.now() - started;
  checkIncremented(results, count);
  return taken;
}

/** Items per second of a whole input. `map` resolves with `increment` of each item. */
export function mapped(map, count) {
  return rateOver(count, () => mapOnce(map, count));
}

/** Milliseconds of one such map. */
export async function mapOnce(map, count) {
  const input = Array.from({ length: count }, (_, i) => i);
  const started = performance.now();
  const results = await map(input);
  const taken = performance.now() - started;
  checkIncremented(results, count);
  return taken;
}

/** Microseconds from the call to the result, one task at a time. */
export async function oneByOne(run, count, argument = 1) {
  const times = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    await run(argument);
    times[i] = (performance.now() - started) * 1_000;
  }
  times.sort();
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

function checkIncremented(results, count) {
  if (results.length !== count) throw new Error(`expected ${count} results, got ${results.length}`);
  for (let i = 0; i < count; i++) if (results[i] !== i + 1) throw new Error(`expected ${i + 1} at ${i}, got ${results[i]}`);
}
