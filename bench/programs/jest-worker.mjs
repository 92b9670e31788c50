// The program that `startup-*` measures for comparison: a pool of jest-worker, one task, exit.
import { Worker } from 'jest-worker';

const enableWorkerThreads = process.argv[2] === 'thread';
const worker = new URL('../tasks/tasks.mjs', import.meta.url).pathname;
const pool = new Worker(worker, { numWorkers: 2, enableWorkerThreads, exposedMethods: ['increment'] });
console.log(await pool.increment(1));
await pool.end();
