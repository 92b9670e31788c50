// Provides an initializer that fails in a share of the starts. Each start creates a file.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { share as shareOf } from '../harness/random.mjs';

/** With a share below 1, it never fails three times in a row: a pool may treat that as a permanent failure. */
export function failSometimes(folder, share, seed) {
  const start = readdirSync(folder).length;
  writeFileSync(join(folder, `${start}.${process.pid}.${threadId}`), '');
  if (shareOf(seed, start) < share && (share === 1 || start % 3 !== 2)) throw new RangeError('this worker does not start');
}
