// Tries the features of twinpool, with threads where the kind of worker makes no difference.

import { transfer } from '@twinpool/core';
import { Pool, ThreadPool } from '@twinpool/pool';
import * as observe from './observe.mjs';
import * as tasks from './tasks.mjs';
import * as twinpoolTasks from './twinpool-tasks.mjs';

const use = (options, body) => ThreadPool.use({ processes: 1, ...options }, body);
const runner = (pool, options) => (task, argument) => pool.applyAsync(tasks[task], [argument], options);

function* endless(counts) {
  for (;;) yield counts.pulled++;
}

export const probes = {
  inline: () => use({}, (pool) => pool.apply((x) => x * 2, [21])),
  imported: () => use({}, (pool) => pool.apply(tasks.base, ['/a/b/c'])),
  map: () => use({}, (pool) => pool.map(tasks.double, [1, 2, 3, 4])),
  lazy: () =>
    use({}, async (pool) => {
      const counts = { pulled: 0 };
      for await (const value of pool.imap(tasks.double, endless(counts))) if (value === 4) break;
      return counts.pulled;
    }),
  cancelWaiting: (log) =>
    use({}, (pool) =>
      observe.cancelWaiting(log, runner(pool), (task, argument) => {
        const promise = runner(pool)(task, argument);
        return { promise, cancel: () => promise.cancel() };
      }),
    ),
  limit: () =>
    use({}, (pool) => observe.limit(runner(pool), (task, argument, taskTimeout) => runner(pool, { taskTimeout })(task, argument))),
  priority: (log) => use({}, (pool) => observe.priority(log, runner(pool), runner(pool), runner(pool, { priority: 1 }))),
  bounded: () => use({ maxQueue: 1 }, (pool) => observe.bounded(runner(pool))),
  together: () => use({ concurrentTasksPerWorker: 10 }, (pool) => observe.together(runner(pool))),
  setup: () => use({ initializer: tasks.setup, initargs: ['a setting'] }, (pool) => pool.apply(tasks.settingOf)),
  teardown: async (log) => {
    const pool = new ThreadPool({ processes: 1, initializer: tasks.setup, initargs: [{ log }], finalizer: tasks.teardown });
    await pool.apply(tasks.double, [1]);
    pool.close();
    await pool.join();
    return observe.textOf(log);
  },
  recycle: () => use({ maxTasksPerChild: 2 }, (pool) => observe.recycle(runner(pool))),
  move: () => use({}, (pool) => observe.move((buffer) => pool.apply(tasks.length, [transfer(buffer, [buffer])]))),
  progress: () =>
    use({}, async (pool) => {
      const messages = [];
      await pool.apply(twinpoolTasks.reportTwice, [], { onReport: (message) => messages.push(message) });
      return messages;
    }),
  retry: (log) => Pool.use({ processes: 1, onWorkerLoss: 'retry' }, (pool) => pool.apply(tasks.lostOnce, [log])),
  ends: () => new ThreadPool(1).apply(tasks.double, [1]),
};
