// An initializer that fails in a share of the workers; each start leaves a file.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { hash } from '../harness/random.mjs';

let starts = 0;

export function failSometimes(folder, share, seed) {
  starts += 1;
  writeFileSync(join(folder, `${process.pid}.${threadId}.${starts}`), '');
  if (hash(seed, process.pid, threadId) / 2 ** 32 < share) throw new RangeError('this worker does not start');
}
