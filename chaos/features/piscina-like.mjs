// Tries the features that piscina and tinypool have in common: their APIs are the same there. `Pool` is the class of either.
import { MessageChannel } from 'node:worker_threads';
import * as observe from './observe.mjs';

/** Returns `open(options)`, `runner(pool)`, and the probes that both pools have. `setup` is the file of a worker that is set up before its first task. */
export function piscinaLike(Pool, setup) {
  const open = (options = {}) => new Pool({ filename: observe.file('tasks.mjs').href, minThreads: 1, maxThreads: 1, ...options });
  const runner = (pool) => (name, argument) => pool.run(argument, { name });
  const priorityOf = (task) => task[Pool.queueOptionsSymbol]?.priority ?? 0;

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

  const probes = {
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
      const urgent = (name, argument) => pool.run({ ...argument, [Pool.queueOptionsSymbol]: { priority: 1 } }, { name });
      return observe.priority(log, runner(pool), runner(pool), urgent);
    },
    bounded: () => observe.bounded(runner(open({ maxQueue: 1 }))),
    together: () => observe.together(runner(open({ concurrentTasksPerWorker: 10 }))),
    setup: () => open({ filename: observe.file(setup).href, workerData: 'a setting' }).run(),
    move: () => observe.move((buffer) => open().run(Pool.move(buffer), { name: 'length' })),
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
  return { open, runner, probes };
}
