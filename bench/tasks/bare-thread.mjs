// A worker thread that does the minimum: one message in, one message out.
import { parentPort, workerData } from 'node:worker_threads';
import * as tasks from './tasks.mjs';

const task = tasks[workerData];
parentPort.on('message', ([id, argument]) => parentPort.postMessage([id, task(argument)]));
