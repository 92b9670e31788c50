// Question `losses`: measures how long the loss of one worker among many short tasks takes, from the worker's last act to the error of its task.
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endAt, increment } from '../tasks/tasks.mjs';

const FEW = 200;
const MANY = 20_000;
const TRIES = 5;
const here = () => performance.timeOrigin + performance.now();

/** Milliseconds. The task that ends its worker lies in the middle of `count` short ones. Another worker starts instead. */
async function lossAmong(executor, count) {
  const path = join(tmpdir(), `bench-${process.pid}-loss`);
  const before = Array.from({ length: count / 2 }, (_, i) => executor.submit(increment, i));
  const lost = executor.submit(endAt, path).then(
    () => Promise.reject(new Error('expected the loss of a worker, got a result')),
    () => here(),
  );
  const after = Array.from({ length: count / 2 }, (_, i) => executor.submit(increment, i));
  const settledAt = await lost;
  // Tasks that had started in that worker are lost with it.
  await Promise.allSettled([...before, ...after]);
  const endedAt = Number(readFileSync(path, 'utf8'));
  rmSync(path);
  return settledAt - endedAt;
}

async function medianOf(executor, count) {
  const times = [];
  for (let i = 0; i < TRIES; i++) times.push(await lossAmong(executor, count));
  return times.sort((a, b) => a - b)[TRIES >> 1];
}

const ours = (kind) => async () => {
  const { openExecutor } = await import('../peers/twinpool.mjs');
  const executor = await openExecutor(kind);
  const round = async () => {
    const few = await medianOf(executor, FEW);
    const many = await medianOf(executor, MANY);
    return { few, many, growth: many / few };
  };
  return { round, close: () => executor.shutdown() };
};

export default {
  name: 'losses',
  asks: "a task ends its worker among short tasks: from the worker's last act to the error of the task, 2 workers",
  of: 'twinpool',
  metrics: {
    few: { label: 'among 200', unit: 'ms', better: 'lower' },
    many: { label: 'among 20 000', unit: 'ms', better: 'lower' },
    growth: { label: '20 000 against 200', unit: 'x', better: 'lower', alone: true },
  },
  contenders: { twinpool: ours('thread'), 'twinpool, processes': ours('process') },
  goals: [
    { text: 'threads: <= 2 x as long among 20 000 as among 200', metric: 'growth', atMost: 2 },
    { text: 'processes: <= 2 x as long among 20 000 as among 200', metric: 'growth', of: 'twinpool, processes', atMost: 2 },
  ],
};
