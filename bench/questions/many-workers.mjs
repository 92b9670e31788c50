// Question `many-workers`: measures the time from the construction of a pool to its first result, with 64 workers and with 2.
import { entryOf } from '../peers/checkout.mjs';
import { increment } from '../tasks/tasks.mjs';

const MANY = 64;
const FEW = 2;

function first(name, processes) {
  return async () => {
    const Class = (await import(entryOf('pool')))[name];
    const round = async () => {
      const started = performance.now();
      // It starts all its workers at once, as in Python.
      const pool = new Class(processes);
      const result = await pool.apply(increment, [1]);
      const wall = performance.now() - started;
      if (result !== 2) throw new Error(`expected 2, got ${result}`);
      pool.terminate();
      await pool.join();
      return { wall };
    };
    return { round, close: () => undefined };
  };
}

export default {
  name: 'many-workers',
  asks: 'a new pool, and its first result: 64 workers and 2',
  of: '64 threads',
  metrics: { wall: { label: 'time to the first result', unit: 'ms', better: 'lower' } },
  contenders: {
    '64 threads': first('ThreadPool', MANY),
    '2 threads': first('ThreadPool', FEW),
    '64 processes': first('Pool', MANY),
    '2 processes': first('Pool', FEW),
  },
  goals: [
    { text: 'threads: 64 <= 1.3 x 2', metric: 'wall', over: ['2 threads'], atMost: 1.3 },
    { text: 'processes: 64 <= 1.3 x 2', metric: 'wall', of: '64 processes', over: ['2 processes'], atMost: 1.3 },
  ],
};
