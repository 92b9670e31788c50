// Tries the features of tinypool.
import { MessageChannel } from 'node:worker_threads';
import { Tinypool } from 'tinypool';
import * as observe from './observe.mjs';

const open = (options = {}) => new Tinypool({ filename: observe.file('tasks.mjs').href, minThreads: 1, maxThreads: 1, ...options });
const runner = (pool) => (name, argument) => pool.run(argument, { name });

/** A queue of the tasks by their `priority`. */
class PriorityQueue {
  #tasks = [];
  get size() {
    return this.#tasks.length;
  }
  push(task) {
    this.#tasks.push(task);
    this.#tasks.sort((one, other) => priorityOf(other) - priorityOf(one));
  }
  shift() {
    return this.#tasks.shift() ?? null;
  }
  remove(task) {
    this.#tasks = this.#tasks.filter((each) => each !== task);
  }
}
const priorityOf = (task) => task[Tinypool.queueOptionsSymbol]?.priority ?? 0;

export const probes = {
  cancelWaiting: (log) => {
    const pool = open();
    return observe.cancelWaiting(log, runner(pool), (name, argument) => {
      const controller = new AbortController();
      return { promise: pool.run(argument, { name, signal: controller.signal }), cancel: () => controller.abort() };
    });
  },
  limit: () => {
    const pool = open();
    return observe.limit(runner(pool), (name, argument, ms) => pool.run(argument, { name, signal: AbortSignal.timeout(ms) }));
  },
  priority: (log) => {
    const pool = open({ taskQueue: new PriorityQueue() });
    const urgent = (name, argument) => pool.run({ ...argument, [Tinypool.queueOptionsSymbol]: { priority: 1 } }, { name });
    return observe.priority(log, runner(pool), runner(pool), urgent);
  },
  teardown: async (log) => {
    const pool = open({ teardown: 'teardown' });
    await pool.run({ log }, { name: 'setup' });
    await pool.destroy();
    return observe.textOf(log);
  },
  recycle: () => observe.recycle(runner(open({ isolateWorkers: true }))),
  bounded: () => observe.bounded(runner(open({ maxQueue: 1 }))),
  together: () => observe.together(runner(open({ concurrentTasksPerWorker: 10 }))),
  setup: () => open({ filename: observe.file('tinypool-setup.mjs').href, workerData: 'a setting' }).run(),
  move: () => observe.move((buffer) => open().run(Tinypool.move(buffer), { name: 'length' })),
  progress: async () => {
    const { port1, port2 } = new MessageChannel();
    const messages = [];
    port1.on('message', (message) => messages.push(message));
    await open().run(port2, { name: 'postTwice', transferList: [port2] });
    await new Promise((resolve) => setTimeout(resolve, 50));
    port1.close();
    return messages;
  },
  ends: () => open().run(1, { name: 'double' }),
};
