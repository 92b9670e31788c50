// The tasks of the scenarios: client and nodes load this module.
import { appendFileSync } from 'node:fs';
import process from 'node:process';

const word = new Int32Array(new SharedArrayBuffer(4));

/** Blocks its worker, as a computation does. */
function block(ms) {
  if (ms > 0) Atomics.wait(word, 0, 0, ms);
}

export const square = (x) => x * x;

/** Writes one line per execution. */
export function noted(file, x, ms) {
  appendFileSync(file, `${x}\n`);
  block(ms);
  return x * x;
}

export function compute(file, ms) {
  appendFileSync(file, `begin ${process.pid}\n`);
  for (const end = performance.now() + ms; performance.now() < end; );
  appendFileSync(file, 'end\n');
  return ms;
}

export function exitWorker() {
  process.exit(7);
}

/** Kills its whole node: the worker is a thread of it. */
export function killNode(file) {
  appendFileSync(file, 'killed\n');
  process.kill(process.pid, 'SIGKILL');
  block(10_000);
}
