// The least a worker thread can do: one message in, one out.
import { parentPort, workerData } from 'node:worker_threads';
import * as tasks from './tasks.mjs';

const task = tasks[workerData];
parentPort.on('message', ([id, argument]) => parentPort.postMessage([id, task(argument)]));
