// Tries the features of poolifier, with threads.
import { FixedThreadPool } from 'poolifier';
import * as observe from './observe.mjs';

const open = (options = {}) => new FixedThreadPool(1, observe.file('poolifier-worker.mjs').pathname, options);
/** By default a task is sent at once, and cannot be cancelled or overtaken. */
const openQueued = () => open({ enableTasksQueue: true, tasksQueueOptions: { concurrency: 1 } });
const runner = (pool) => (task, argument) => pool.execute(argument, task);

export const probes = {
  map: () => open().mapExecute([1, 2, 3, 4], 'double'),
  cancelWaiting: (log) => {
    const pool = openQueued();
    return observe.cancelWaiting(log, runner(pool), (task, argument) => {
      const controller = new AbortController();
      return { promise: pool.execute(argument, task, controller.signal), cancel: () => controller.abort() };
    });
  },
  limit: () => {
    const pool = openQueued();
    return observe.limit(runner(pool), (task, argument, ms) => pool.execute(argument, task, AbortSignal.timeout(ms)));
  },
  priority: async (log) => {
    const pool = openQueued();
    // The pool knows the priorities when its worker is ready.
    await pool.execute(1, 'double');
    return observe.priority(log, runner(pool), runner(pool), (_task, argument) => pool.execute(argument, 'urgent'));
  },
  together: () => observe.together(runner(open())),
  teardown: async (log) => {
    const pool = open();
    await pool.execute({ log }, 'setup');
    await pool.destroy();
    return observe.textOf(log);
  },
  move: () => observe.move((buffer) => open().execute(buffer, 'length', undefined, [buffer])),
  ends: () => open().execute(1, 'double'),
};
