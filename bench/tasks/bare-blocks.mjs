// A worker thread that does the minimum with a shared array: it claims blocks of the input until none is left, and writes the results into the output.
import { parentPort } from 'node:worker_threads';
import { increment } from './tasks.mjs';

const BLOCK = 16_384;

parentPort.on('message', ({ input, output, claimed }) => {
  for (;;) {
    const from = Atomics.add(claimed, 0, BLOCK);
    if (from >= input.length) break;
    const to = Math.min(from + BLOCK, input.length);
    for (let i = from; i < to; i++) output[i] = increment(input[i]);
  }
  parentPort.postMessage('done');
});
parentPort.postMessage('ready');
