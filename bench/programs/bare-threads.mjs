// The program that `startup-*` measures for comparison: two worker threads without a pool, one task, exit.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const threads = [1, 2].map(() => new Worker(new URL('../tasks/bare-thread.mjs', import.meta.url), { workerData: 'increment' }));
threads[0].postMessage([1, 1]);
const [[, result]] = await once(threads[0], 'message');
console.log(result);
await Promise.all(threads.map((thread) => thread.terminate()));
