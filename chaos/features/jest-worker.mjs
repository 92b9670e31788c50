// Tries the features of jest-worker, with threads.
import { PriorityQueue, Worker } from 'jest-worker';
import * as observe from './observe.mjs';

const open = (options = {}) =>
  new Worker(observe.file('jest-worker-tasks.mjs').pathname, {
    enableWorkerThreads: true,
    numWorkers: 1,
    exposedMethods: ['busy', 'double', 'lostOnce', 'note', 'sendTwice', 'settingOf', 'slow', 'urgent'],
    ...options,
  });
const runner = (pool) => (task, argument) => pool[task](argument);

export const probes = {
  priority: (log) => {
    // A lower number goes first.
    const pool = open({ taskQueue: new PriorityQueue((task) => (task === 'urgent' ? 0 : 1)) });
    return observe.priority(log, runner(pool), runner(pool), (_task, argument) => pool.urgent(argument));
  },
  together: () => observe.together(runner(open())),
  setup: () => open({ setupArgs: ['a setting'] }).settingOf(),
  teardown: async (log) => {
    const pool = open({ setupArgs: [{ log }] });
    await pool.double(1);
    await pool.end();
    return observe.textOf(log);
  },
  progress: async () => {
    const messages = [];
    const promise = open().sendTwice();
    promise.UNSTABLE_onCustomMessage((message) => messages.push(message));
    await promise;
    return messages;
  },
  retry: (log) => open().lostOnce(log),
  ends: () => open().double(1),
};
