// Opens a `map` on a cluster of two nodes, ours and a bare BullMQ loop, each with a Redis of its own.
//
// The bare loop loses no result either: an event is a hint, and a sweep looks for jobs whose event was missed. It computes in the event loop of its
// two worker processes; a node has a worker thread beside its event loop.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startEngine } from '@twinpool/testkit/engines';
import { startNode } from '@twinpool/testkit/nodes';
import { WORKERS } from './settings.mjs';

const QUEUE = 'bench';
const TASKS = fileURLToPath(new URL('../tasks/tasks.mjs', import.meta.url));
const BARE_WORKER = new URL('../tasks/bare-bullmq.mjs', import.meta.url);
/** The bare loop: items of a job, jobs that a worker runs at once, and jobs in the queue at once. */
export const BARE = { chunk: 1024, concurrency: 4, outstanding: 64 };
/** Milliseconds: how often the sweep looks, and for how long a job was quiet then. */
const SWEEP = 250;
const QUIET = 400;

async function openEngine() {
  const engine = await startEngine('redis');
  if (engine === undefined) throw new Error('redis-server was not found on the PATH');
  return engine;
}

/** `chunksize`: `undefined` leaves it to the package. */
export async function openCluster(chunksize) {
  const { BullmqRuntime } = await import('@twinpool/bullmq');
  const { Pool } = await import('@twinpool/pool');
  const { increment } = await import('../tasks/tasks.mjs');
  const engine = await openEngine();
  const args = ['--lock-duration', '5000'];
  const nodes = await Promise.all(Array.from({ length: WORKERS }, () => startNode({ url: engine.url, queue: QUEUE, tasks: TASKS, args })));
  const runtime = await BullmqRuntime.connect({ connection: engine.url, queue: QUEUE, tasks: TASKS, minNodes: WORKERS });
  const pool = new Pool({ runtime });
  return {
    map: (input) => pool.map(increment, input, { chunksize }),
    close: async () => {
      await runtime.terminate();
      await Promise.all(nodes.map((node) => node.end()));
      await engine.stop();
    },
  };
}

export async function openBareLoop() {
  const { Job, Queue, QueueEvents } = await import('bullmq');
  const engine = await openEngine();
  const workers = Array.from({ length: WORKERS }, () => fork(BARE_WORKER, [engine.url, QUEUE, `${BARE.concurrency}`]));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const connection = { url: engine.url, maxRetriesPerRequest: null };
  const queue = new Queue(QUEUE, { connection, streams: { events: { maxLen: 100_000 } } });
  const events = new QueueEvents(QUEUE, { connection });
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
  const pending = new Map();
  let next = 0;

  const settle = (id, values) => {
    const job = pending.get(id);
    pending.delete(id);
    job?.settle(values);
  };
  events.on('completed', ({ jobId, returnvalue }) => settle(jobId, returnvalue));
  const sweep = async () => {
    for (const [id, { since }] of pending) {
      if (performance.now() - since < QUIET) continue;
      const job = await Job.fromId(queue, id);
      if (job?.finishedOn !== undefined) settle(id, job.returnvalue);
    }
  };
  const timer = setInterval(() => void sweep(), SWEEP);

  const map = (input) =>
    new Promise((resolve, reject) => {
      const results = new Array(input.length);
      let at = 0;
      let left = Math.ceil(input.length / BARE.chunk);
      const send = () => {
        const jobs = [];
        for (; pending.size < BARE.outstanding && at < input.length; at += BARE.chunk) {
          const from = at;
          const id = `bare-${next++}`;
          const settle = (values) => {
            for (let i = 0; i < values.length; i++) results[from + i] = values[i];
            left -= 1;
            if (left === 0) resolve(results);
            else send();
          };
          pending.set(id, { settle, since: performance.now() });
          jobs.push({ name: 'chunk', data: input.slice(at, at + BARE.chunk), opts: { jobId: id, removeOnComplete: { age: 3600 } } });
        }
        if (jobs.length > 0) queue.addBulk(jobs).catch(reject);
      };
      send();
    });
  return {
    map,
    /** The records of a round are kept until they were read; they are not part of the next one. */
    clear: () => queue.clean(0, 1_000_000, 'completed'),
    close: async () => {
      clearInterval(timer);
      await events.close();
      await queue.close();
      for (const worker of workers) worker.kill('SIGKILL');
      await engine.stop();
    },
  };
}
