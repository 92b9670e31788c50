// Question `buffers-threads`: measures large buffers that are moved to a thread.
import { scaled } from '../harness/scale.mjs';
import { summary } from '../harness/statistics.mjs';

import { threadPools } from '../peers/pools.mjs';
import { firstByte } from '../tasks/tasks.mjs';

const BYTES = 32 * 2 ** 20;
const TRIES = scaled(20);

/** Milliseconds from the call to the result, for which the worker reads the first byte. */
async function moved(move) {
  const times = [];
  for (let i = 0; i < TRIES; i++) {
    const bytes = new Uint8Array(BYTES).fill(7);
    const started = performance.now();
    const first = await move(bytes);
    times.push(performance.now() - started);
    if (first !== 7) throw new Error(`expected 7, got ${first}`);
    if (bytes.byteLength !== 0) throw new Error('expected the buffer to be moved, but it was copied');
  }
  return { wall: summary(times).median };
}

function peer(open) {
  return async () => {
    const pool = await open('firstByte', new Uint8Array(1));
    return { round: () => moved((bytes) => pool.move(bytes, [bytes.buffer])), close: () => pool.close() };
  };
}

async function twinpool() {
  const { transfer } = await import('@twinpool/executor');
  const { openExecutor } = await import('../peers/twinpool.mjs');
  const executor = await openExecutor('thread');
  return { round: () => moved((bytes) => executor.submit(firstByte, transfer(bytes, [bytes.buffer]))), close: () => executor.shutdown() };
}

export default {
  name: 'buffers-threads',
  asks: '32 MiB moved to a worker thread, one at a time',
  of: 'twinpool',
  metrics: { wall: { label: 'from the call to the answer', unit: 'ms', better: 'lower' } },
  contenders: { twinpool, piscina: peer(threadPools.piscina), 'bare postMessage': peer(threadPools['bare postMessage']) },
  goals: [{ text: '<= 2 ms', metric: 'wall', atMost: 2 }],
};
