// Measures bursts of trivial tasks of several sizes, for the questions `bursts-threads` and `bursts-processes`.
import { burstOnce } from './measures.mjs';
import { scaled } from './scale.mjs';
import { summary } from './statistics.mjs';

/** The part of the bursts of a size that does not count: V8 compiles for the first ones. */
const WARM = 1 / 3;

/**
 * Returns the measurement of a pool: microseconds from the first call to the last result, the median of the bursts of each size. `tasks`: those of a round in
 * bursts of one size.
 */
export function burstsOf(sizes, tasks) {
  return async ({ run }) => {
    const metrics = {};
    for (const size of sizes) {
      const count = size > 1_000 ? scaled(size) : size;
      const times = [];
      for (let done = 0; done < tasks; done += count) times.push((await burstOnce(run, count)) * 1_000);
      metrics[`at${size}`] = summary(times.slice(Math.floor(times.length * WARM))).median;
    }
    return metrics;
  };
}

/** The metrics of these sizes, as a question names them. */
export function metricsOf(sizes) {
  const label = (size) => `${size.toLocaleString('en').replaceAll(',', ' ')} at once, all of them`;
  return Object.fromEntries(sizes.map((size) => [`at${size}`, { label: label(size), unit: 'µs', better: 'lower' }]));
}
