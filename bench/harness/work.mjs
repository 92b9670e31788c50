// Defines work of a known size: the number of `spin` steps per millisecond on this machine without other load. It is measured once per run and passed
// on in the environment, so that every contender does the same work.
import { spin } from '../tasks/tasks.mjs';

const PROBE = 5_000_000;

/** Returns the shortest of several times: other load can only lengthen a time. */
function timeOf(steps, tries) {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < tries; i++) {
    const started = performance.now();
    spin(steps);
    least = Math.min(least, performance.now() - started);
  }
  return least;
}

/** Returns the steps of `spin` that take `microseconds`. */
export function stepsIn(microseconds) {
  process.env.BENCH_STEPS_PER_MS ??= String(Math.round(PROBE / timeOf(PROBE, 20)));
  return Math.round((Number(process.env.BENCH_STEPS_PER_MS) * microseconds) / 1_000);
}

/** Returns the milliseconds that `steps` take now, in one thread. */
export function serialTime(steps) {
  const tries = Math.max(3, Math.min(1_000, Math.round(20_000_000 / steps)));
  const times = Array.from({ length: tries }, () => timeOf(steps, 1)).sort((a, b) => a - b);
  return times[tries >> 1];
}

/** Returns random numbers in [0, 1). The same seed gives the same numbers. */
export function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function shuffled(items, random) {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
