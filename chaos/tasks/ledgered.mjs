// Provides tasks that write their calls to the ledger. Workers load this file; `context().workerData` is { folder, seed, longest (ms of `work`) }.
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';
import { context } from '@twinpool/core/worker';
import { hash, share } from '../harness/random.mjs';

let ledger = -1;
if (!isMainThread) process.on('exit', () => ledger >= 0 && closeSync(ledger));

/** One write per line, so that a line is written completely or not at all. */
function write(letter, index) {
  if (ledger < 0) {
    const name = isMainThread ? String(process.pid) : `${process.pid}.${threadId}`;
    ledger = openSync(join(context().workerData.folder, name), 'a');
  }
  writeSync(ledger, `${letter}${index}\n`);
}

/** Keeps the thread busy for `ms`. */
function spin(ms) {
  for (const end = performance.now() + ms; performance.now() < end; );
}

export function checksum(bytes) {
  let sum = bytes.length;
  for (let i = 0; i < bytes.length; i += 61) sum = (Math.imul(sum, 31) + bytes[i]) >>> 0;
  return sum;
}

/** Works over its bytes, and returns f(seed, index), sometimes with the bytes. */
export function work(index, bytes) {
  write('S', index);
  const { seed, longest } = context().workerData;
  spin(longest * share(seed, index, 1));
  const result = { value: hash(seed, index), sum: checksum(bytes), bytes: hash(seed, index, 2) % 2 === 0 ? bytes : undefined };
  write('E', index);
  return result;
}

/** A task that works for `ms`. */
export function workFor(index, ms) {
  write('S', index);
  spin(ms);
  write('E', index);
  return hash(context().workerData.seed, index);
}

/** An asynchronous task that waits for `ms`. */
export async function workLater(index, ms) {
  write('S', index);
  await new Promise((resolve) => setTimeout(resolve, ms));
  write('E', index);
  return hash(context().workerData.seed, index);
}

/** Never ends: in a loop, or in a promise that does not settle. */
export function stick(index, how) {
  write('S', index);
  while (how === 'loop');
  return new Promise(() => setInterval(() => undefined, 1000));
}

/** Only writes a line, for tasks that are counted. */
export function touch(index) {
  write('S', index);
  return index;
}

/** Does something that a task must not do, by name. */
export function misbehave(index, how) {
  write('S', index);
  switch (how) {
    case 'exit':
      process.exit(7);
      break;
    case 'abort':
      process.abort();
      break;
    case 'throw null':
      throw null;
    case 'throw late':
      setTimeout(() => {
        throw new Error('late');
      }, 1);
      return hash(context().workerData.seed, index);
    case 'no memory': {
      const hoard = [];
      for (;;) hoard.push(new Array(10_000).fill(index));
    }
  }
  throw new RangeError(`misbehave: expected a known way, got ${how}`);
}
