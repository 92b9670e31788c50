// What was really run: one line a start and one an end, written by the worker itself with O_APPEND past every channel under test.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** { starts, ends, byWorker }: of every task the workers (pid, or pid.thread) that began and ended it. */
export function readLedger(folder) {
  const starts = new Map();
  const ends = new Map();
  const byWorker = new Map();
  for (const worker of readdirSync(folder)) {
    let count = 0;
    for (const line of readFileSync(join(folder, worker), 'latin1').split('\n')) {
      const index = Number(line.slice(1));
      if (line[0] === 'S') {
        count += 1;
        add(starts, index, worker);
      } else if (line[0] === 'E') add(ends, index, worker);
    }
    byWorker.set(worker, count);
  }
  return { starts, ends, byWorker };
}

function add(map, index, worker) {
  const list = map.get(index);
  if (list === undefined) map.set(index, [worker]);
  else list.push(worker);
}
