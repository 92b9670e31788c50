/**
 * Well-behaved task functions for tests, by name: `import { square } from '@twinpool/testkit/tasks'`.
 *
 * Loaded in workers, so it imports nothing of a test runner. Those that take a `gate` get the path of one (gates.ts).
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { context } from '@twinpool/core/worker';

/** Files of a gate's folder. */
export const LOG = 'log';
export const OPEN = 'open';

/** Milliseconds between two looks at a gate. */
const LOOK_EVERY = 1;
/** What a task at a gate takes at the least: never so little that it would be handed over ahead, behind another that waits there. */
const LONG = 6;
const nothing: Int32Array = new Int32Array(new SharedArrayBuffer(4));

export interface Place {
  readonly pid: number;
  readonly threadId: number;
  readonly workerId: number;
}

export function square(x: number): number {
  return x * x;
}

export function add(a: number, b: number): number {
  return a + b;
}

export function echo<T>(value: T): T {
  return value;
}

export function countArguments(...args: readonly unknown[]): number {
  return args.length;
}

export async function later<T>(value: T, ms: number): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return value;
}

/** Keeps the thread busy. */
export function spin(ms: number): number {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
}

export function fail(message: string): never {
  throw new RangeError(message);
}

export function failIfOdd(x: number): number {
  if (x % 2 === 1) throw new RangeError(`${x} is odd`);
  return x;
}

/** Where it ran. */
export function place(_input?: unknown): Place {
  return { pid: process.pid, threadId, workerId: context().workerId };
}

/** Writes a line to the gate's log, and goes on. */
export function mark<T>(gate: string, label: T): T {
  // A line is written whole, however many write at once.
  appendFileSync(join(gate, LOG), `${process.pid} ${threadId} ${String(label)}\n`);
  return label;
}

/** Leaves a mark when its worker ends in an orderly way. */
export function markAtExit(gate: string): void {
  process.on('exit', () => mark(gate, 'left'));
}

/** Waits at the gate without yielding. */
export function hold<T>(gate: string, label: T): T {
  mark(gate, label);
  Atomics.wait(nothing, 0, 0, LONG);
  while (!isOpen(gate)) Atomics.wait(nothing, 0, 0, LOOK_EVERY);
  return label;
}

/** Waits at the gate while the event loop turns. */
export async function holdAsync<T>(gate: string, label: T): Promise<T> {
  mark(gate, label);
  await new Promise((resolve) => setTimeout(resolve, LONG));
  while (!isOpen(gate)) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  return label;
}

/** Waits for the gate or for its call to be aborted, yielding; says which it was. */
export async function holdOrAbort(gate: string): Promise<'open' | 'aborted'> {
  const { signal } = context();
  mark(gate, 'holdOrAbort');
  while (!isOpen(gate)) {
    if (signal.aborted) {
      mark(gate, `aborted: ${String(signal.reason)}`);
      return 'aborted';
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
  return 'open';
}

/** The same without ever yielding: it looks at the signal only. */
export function spinUntilAborted(gate: string): string {
  const { signal } = context();
  mark(gate, 'spinning');
  while (!signal.aborted && !isOpen(gate)) Atomics.wait(nothing, 0, 0, LOOK_EVERY);
  mark(gate, signal.aborted ? 'saw the abort' : 'saw nothing');
  return signal.aborted ? 'aborted' : 'open';
}

/** Sends the values, one by one, and returns how many they were. */
export function reportAll(values: readonly unknown[]): number {
  for (const value of values) context().report(value);
  return values.length;
}

/** Reports its argument. */
export function reportItself<T>(value: T): T {
  context().report(value);
  return value;
}

export async function reportThenHold(gate: string): Promise<string> {
  context().report('working');
  return holdAsync(gate, 'working');
}

export async function holdThenReport(gate: string): Promise<void> {
  const { report } = context();
  await holdAsync(gate, 'holding');
  report('too late');
}

/** The code of the error that a report of a function throws. */
export function reportFunction(): string {
  try {
    context().report(() => 1);
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'nothing was thrown';
}

/** Reports when it is over, and logs the code of the error that this throws. */
export function reportAfterEnd(gate: string): void {
  const { report } = context();
  setTimeout(() => {
    try {
      report('late');
      mark(gate, 'nothing was thrown');
    } catch (error) {
      mark(gate, (error as { code: string }).code);
    }
  }, 5);
}

export function text(length: number): string {
  return 'x'.repeat(length);
}

export function environment(names: readonly string[]): (string | undefined)[] {
  return names.map((name) => process.env[name]);
}

export function everyVariable(): string[] {
  return Object.keys(process.env);
}

export function processArguments(): { argv: string[]; execArgv: string[] } {
  return { argv: process.argv.slice(2), execArgv: process.execArgv };
}

export function workerData(): unknown {
  return context().workerData;
}

let initializedWith: unknown[] = [];

/** An initializer. */
export function remember(...args: unknown[]): void {
  initializedWith = args;
}

export async function rememberLater(...args: unknown[]): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  initializedWith = args;
}

export function remembered(): unknown[] {
  return initializedWith;
}

/** An initializer that logs its start and fails. */
export function failToStart(gate: string, message: string): never {
  mark(gate, 'start');
  throw new RangeError(message);
}

/** An initializer that fails the first `times` times it is called, in whatever workers. */
export function failTheFirst(gate: string, times: number): void {
  mark(gate, 'start');
  const starts = readFileSync(join(gate, LOG), 'utf8').split('\n').length - 1;
  if (starts <= times) throw new RangeError(`start ${starts} fails`);
}

/** Whether memory is shared: what it writes is seen by whoever has the same memory. */
export function increment(cells: Int32Array): number {
  return Atomics.add(cells, 0, 1);
}

export function fill(bytes: Uint8Array, value: number): Uint8Array {
  return bytes.fill(value);
}

export function byteLengths(bytes: Uint8Array): { view: number; backing: number; isBuffer: boolean } {
  return { view: bytes.byteLength, backing: bytes.buffer.byteLength, isBuffer: Buffer.isBuffer(bytes) };
}

/** Also when the folder is gone: then the test is over. */
function isOpen(gate: string): boolean {
  return existsSync(join(gate, OPEN)) || !existsSync(gate);
}
