// Question `buffers-processes`: measures large buffers to a process and back.
import { lazily } from '../harness/lazily.mjs';
import { scaled } from '../harness/scale.mjs';
import { openKeptFile } from '../peers/kept-file.mjs';
import { openBareFork } from '../peers/peers.mjs';
import { contend, processPools } from '../peers/pools.mjs';
import { openSubmit } from '../peers/twinpool.mjs';

const BYTES = 32 * 2 ** 20;
const TRIES = scaled(8);
const input = lazily(() => Buffer.alloc(BYTES, 7));

/** MiB per second in both directions, one buffer at a time. */
async function thereAndBack(run) {
  const bytes = input();
  const started = performance.now();
  for (let i = 0; i < TRIES; i++) {
    const back = await run(bytes);
    if (back.length !== BYTES || back[BYTES - 1] !== 7)
      throw new Error(`expected ${BYTES} bytes that end with 7, got ${back.length} that end with ${back[BYTES - 1]}`);
  }
  return { rate: (TRIES * 2 * 32) / ((performance.now() - started) / 1_000) };
}

const FORK = 'bare fork, advanced serialization';
const KEPT = 'bare memory files, buffers kept';

const pools = {
  twinpool: processPools.twinpool,
  'twinpool, reuseBuffers': (task, argument) => openSubmit(task, argument, 'process', { reuseBuffers: true }),
  'twinpool, through pipes': (task, argument) => openSubmit(task, argument, 'process', { bufferDir: false }),
  [FORK]: (task, argument) => openBareFork(task, argument, 'advanced'),
  [KEPT]: openKeptFile,
  'jest-worker': processPools['jest-worker'],
};

export default {
  name: 'buffers-processes',
  asks: '32 MiB to a worker process and back, one at a time',
  of: 'twinpool',
  metrics: { rate: { label: 'there and back', unit: 'MiB/s', better: 'higher' } },
  contenders: contend(pools, 'sendBack', Buffer.alloc(1), (pool) => thereAndBack(pool.run)),
  goals: [
    { text: '>= 2 x a bare fork', metric: 'rate', over: [FORK], atLeast: 2 },
    { text: 'without a pool, files alone, buffers kept: >= 6 x a bare fork', metric: 'rate', of: KEPT, over: [FORK], atLeast: 6 },
  ],
};
