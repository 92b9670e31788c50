// Posts requests to its parent at random times, each with its time. It sleeps between them, so it uses almost no processor time.
import { parentPort, workerData } from 'node:worker_threads';
import { randomOf } from '../harness/work.mjs';

const clock = new Int32Array(new SharedArrayBuffer(4));
const now = () => performance.timeOrigin + performance.now();

parentPort.on('message', ({ seed, count }) => {
  const random = randomOf(seed);
  let due = now();
  for (let i = 0; i < count; i++) {
    due += -Math.log(1 - random()) * workerData.meanGap;
    const ahead = due - now();
    if (ahead > 0) Atomics.wait(clock, 0, 0, ahead);
    parentPort.postMessage(now());
  }
});
