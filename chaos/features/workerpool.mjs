// Tries the features of workerpool, with threads.
import workerpool from 'workerpool';
import * as observe from './observe.mjs';
import { base } from './tasks.mjs';

const open = (options = {}) =>
  workerpool.pool(observe.file('workerpool-worker.mjs').pathname, { workerType: 'thread', maxWorkers: 1, ...options });
const runner =
  (pool, options = {}) =>
  (task, argument) =>
    pool.exec(task, [argument], options);

/** A queue of the tasks by their `priority`. */
class PriorityQueue {
  #tasks = [];
  push(task) {
    this.#tasks.push(task);
    this.#tasks.sort((one, other) => priorityOf(other) - priorityOf(one));
  }
  pop() {
    return this.#tasks.shift();
  }
  size() {
    return this.#tasks.length;
  }
  contains(task) {
    return this.#tasks.includes(task);
  }
  clear() {
    this.#tasks.length = 0;
  }
}
const priorityOf = (task) => task.options?.metadata?.priority ?? 0;

export const probes = {
  inline: () => open().exec((x) => x * 2, [21]),
  imported: () => open().exec(base, ['/a/b/c']),
  cancelWaiting: (log) => {
    const pool = open();
    return observe.cancelWaiting(log, runner(pool), (task, argument) => {
      const promise = runner(pool)(task, argument);
      return { promise, cancel: () => promise.cancel() };
    });
  },
  limit: () => {
    const pool = open();
    return observe.limit(runner(pool), (task, argument, ms) => runner(pool)(task, argument).timeout(ms));
  },
  priority: (log) => {
    const pool = open({ queueStrategy: new PriorityQueue() });
    return observe.priority(log, runner(pool), runner(pool), runner(pool, { metadata: { priority: 1 } }));
  },
  bounded: () => {
    const pool = open({ maxQueueSize: 1 });
    return observe.bounded(async (task, argument) => await runner(pool)(task, argument));
  },
  teardown: async (log) => {
    const pool = open();
    await pool.exec('setup', [{ log }]);
    await pool.terminate();
    return observe.textOf(log);
  },
  move: () => observe.move((buffer) => open().exec('length', [buffer], { transfer: [buffer] })),
  progress: async () => {
    const messages = [];
    await open().exec('emitTwice', [], { on: (message) => messages.push(message) });
    return messages;
  },
  ends: () => open().exec('double', [1]),
};
