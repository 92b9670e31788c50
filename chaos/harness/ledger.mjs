// Reads the ledger: the calls that workers really ran. A worker writes one line per start and one per end with O_APPEND, without any channel under test.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns { starts, ends, byWorker }: the workers (pid, or pid.thread) that began and ended each task, and the calls per worker. */
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
