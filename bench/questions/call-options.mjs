// Question `call-options`: measures what options cost that are given in each call.
import { burst } from '../harness/measures.mjs';
import { scaled } from '../harness/scale.mjs';
import { openExecutor, openPool } from '../peers/twinpool.mjs';
import { increment } from '../tasks/tasks.mjs';

const CALLS = scaled(10_000);

/** Microseconds per call without options and with them, and the difference. */
function contender(open, without, given, close) {
  return async () => {
    const opened = await open('thread');
    const time = async (call) => 1_000_000 / (await burst((i) => call(opened, i), CALLS)).rate;
    const round = async () => {
      const [plain, options] = [await time(without), await time(given)];
      return { plain, options, more: options - plain };
    };
    return { round, close: () => close(opened) };
  };
}

const µs = (label) => ({ label, unit: 'µs', better: 'lower', alone: true });

export default {
  name: 'call-options',
  asks: 'calls that give options, `{ priority: 1 }` as a new object in each call, and calls that give none; 10 000 at once, 2 worker threads',
  of: 'applyAsync',
  metrics: { plain: µs('without options'), options: µs('with options'), more: µs('difference') },
  contenders: {
    applyAsync: contender(
      openPool,
      (pool, i) => pool.applyAsync(increment, [i]),
      (pool, i) => pool.applyAsync(increment, [i], { priority: 1 }),
      (pool) => pool.terminate(),
    ),
    'withOptions, pool': contender(
      openPool,
      (pool, i) => pool.applyAsync(increment, [i]),
      (pool, i) => pool.withOptions({ priority: 1 }).applyAsync(increment, [i]),
      (pool) => pool.terminate(),
    ),
    'withOptions, executor': contender(
      openExecutor,
      (executor, i) => executor.submit(increment, i),
      (executor, i) => executor.withOptions({ priority: 1 }).submit(increment, i),
      (executor) => executor.shutdown(),
    ),
  },
  goals: ['applyAsync', 'withOptions, pool', 'withOptions, executor'].map((of) => ({
    text: `${of}: <= 1 µs more per call`,
    metric: 'more',
    of,
    atMost: 1,
  })),
};
