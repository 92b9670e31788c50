// Question `idle`: measures the processor time that a pool uses when it has no task, from 50 ms after its last answer on.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { contend, processPools, threadPoolsOf } from '../peers/pools.mjs';

const CALLS = 300;
/** ms. */
const AFTER = 50;
const LENGTH = 400;
/** ms of one unit in /proc/PID/stat. */
const TICK = 10;

/** ms of processor time of this program, its threads, and the processes that it has started. */
function processorTime() {
  const { user, system } = process.cpuUsage();
  let time = (user + system) / 1000;
  for (const pid of children()) time += ticksOf(pid) * TICK;
  return time;
}

function children() {
  try {
    return readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  } catch {
    return [];
  }
}

function ticksOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function measure({ run }) {
  for (let i = 0; i < CALLS; i++) await run(i);
  await sleep(AFTER);
  const before = processorTime();
  const began = performance.now();
  await sleep(LENGTH);
  return { share: ((processorTime() - before) / (performance.now() - began)) * 100 };
}

export default {
  name: 'idle',
  asks: 'a pool that has no task: processor time from 50 to 450 ms after its last answer, 2 workers',
  of: 'twinpool',
  metrics: { share: { label: 'of one processor', unit: '%', better: 'lower', alone: true } },
  contenders: {
    ...contend(
      {
        ...threadPoolsOf(['twinpool', 'piscina', 'poolifier']),
        'twinpool, processes': processPools.twinpool,
      },
      'increment',
      1,
      measure,
    ),
  },
  goals: [
    { text: 'threads: <= 1 % of a processor', metric: 'share', atMost: 1 },
    { text: 'processes: <= 1 % of a processor', metric: 'share', of: 'twinpool, processes', atMost: 1 },
  ],
};
