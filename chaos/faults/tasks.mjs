// Provides the faults as tasks. Each call writes a line to a file, so that repeated runs are visible.
import { appendFileSync } from 'node:fs';
import { PRINTED } from './faults.mjs';

const called = (log) => appendFileSync(log, 'called\n');

export function fine(value) {
  return value + 1;
}

export function exit0(log) {
  called(log);
  process.exit(0);
}

export function exit7(log) {
  called(log);
  process.exit(7);
}

export function sigkill(log) {
  called(log);
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}

export function abort(log) {
  called(log);
  process.abort();
}

export function throwNull(log) {
  called(log);
  throw null;
}

export function throwFunction(log) {
  called(log);
  throw () => 1;
}

export function resultFunction(log) {
  called(log);
  return () => 1;
}

export function errorHoldingFunction(log) {
  called(log);
  throw Object.assign(new RangeError('holds a function'), { fn: () => 1 });
}

export function throwLater(log) {
  called(log);
  setTimeout(() => {
    throw new Error('thrown after the task had ended');
  }, 20);
  return 'returned';
}

export function rejectLater(log) {
  called(log);
  setTimeout(() => {
    void Promise.reject(new Error('rejected after the task had ended'));
  }, 20);
  return 'returned';
}

export function deep(log) {
  called(log);
  let value = 'bottom';
  for (let i = 0; i < 10_000; i++) value = { value };
  return value;
}

export function wasmModule(log) {
  called(log);
  return new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
}

export function richError(log) {
  called(log);
  throw Object.assign(new TypeError('rich', { cause: new Error('the cause') }), { code: 'E_RICH', details: { status: 7 } });
}

export function printAndExit(log) {
  called(log);
  console.log(PRINTED);
  process.exit(0);
}

export function outOfMemory(log) {
  called(log);
  const all = [];
  for (let i = 0; ; i++) all.push(new Array(1_000_000).fill(i));
}

export function endless(log) {
  called(log);
  for (;;);
}
