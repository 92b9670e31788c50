/**
 * Provides well-behaved task functions for tests: `import { square } from '@twinpool/testkit/tasks'`.
 *
 * Workers load this file, so it must not import a test runner. A parameter `gate` is the path of a gate (gates.ts).
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { context } from '@twinpool/core/worker';

/** The files in the folder of a gate. */
export const LOG = 'log';
export const OPEN = 'open';

/** ms between two checks of a gate. */
const POLL_INTERVAL = 1;
/** ms. The minimum duration of a task at a gate: too long for the lane to queue another task behind it. */
const MIN_HOLD_TIME = 6;
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

export function sum(...numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

export function power(base: number, exponent: number): number {
  return base ** exponent;
}

/** What `+` makes of two values. */
export function concatenate(a: string | number, b: string | number): string {
  return `${a}${b}`;
}

export function toInteger(digits: string): number {
  return Number.parseInt(digits, 10);
}

export function argumentsOf<A extends readonly unknown[]>(...args: A): A {
  return args;
}

export function labelled<T>(label: T): { label: T } {
  return { label };
}

export function labelOf<T>({ label }: { label: T }): T {
  return label;
}

export function failWithLabel({ label }: { label: unknown }): never {
  throw new RangeError(String(label));
}

export function parseBadJson(): unknown {
  return JSON.parse('{');
}

export function throwIt(value: unknown): never {
  throw value;
}

export function exit(code: number): never {
  process.exit(code);
}

/** The same with an argument that it does not use. */
export function exitGiven(_: unknown): never {
  process.exit(1);
}

/** A result of which a part cannot be sent. */
export function returnInnerFunction(): { inner: () => number } {
  return { inner: () => 42 };
}

/** A result that cannot be sent, for 1. */
export function symbolForOne(x: unknown): unknown {
  return x === 1 ? Symbol('bad') : x;
}

export function lengthOf(bytes: Uint8Array): number {
  return bytes.length;
}

export function countArguments(...args: readonly unknown[]): number {
  return args.length;
}

export async function later<T>(value: T, ms: number): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return value;
}

/** Marks the gate, then keeps the thread busy without end. */
export function markThenSpin(gate: string): never {
  mark(gate, 'spins');
  for (;;);
}

/** Marks the gate; the first two fail with long messages. */
export function markOrFailAtLength(gate: string, i: number): number {
  mark(gate, i);
  if (i < 2) throw new Error(`${i}${'x'.repeat(1024 * 1024)}`);
  return i;
}

/** Marks the gate; items 1 and 3 fail, and item 1 waits for item 9, so the second error comes first. */
export function failOneAfterNine(gate: string, i: number): number {
  mark(gate, i);
  while (i === 1 && !/ 9$/m.test(readFileSync(join(gate, LOG), 'utf8'))) Atomics.wait(nothing, 0, 0, POLL_INTERVAL);
  if (i === 1 || i === 3) throw new RangeError(`item ${i}`);
  return i;
}

/** Waits at the gate; 'task 0' fails at once. */
export async function holdOrFailFirst(gate: string, label: string): Promise<string> {
  mark(gate, label);
  if (label === 'task 0') throw new RangeError('the first');
  while (!isOpen(gate)) await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL));
  return label;
}

/** Keeps the thread busy for `ms`. */
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

/** The process, thread and worker that the task runs in. */
export function place(_input?: unknown): Place {
  return { pid: process.pid, threadId, workerId: context().workerId };
}

/** Appends a line to the log of the gate. */
export function mark<T>(gate: string, label: T): T {
  // The system appends a line atomically, even with several writers.
  appendFileSync(join(gate, LOG), `${process.pid} ${threadId} ${String(label)}\n`);
  return label;
}

/** Marks the log when the worker emits 'exit'. */
export function markAtExit(gate: string): void {
  process.on('exit', () => mark(gate, 'left'));
}

/** Blocks the thread until the gate opens. The thread of the test, which opens the gate, is not blocked. */
export function hold<T>(gate: string, label: T): T {
  if (isInline()) return holdAsync(gate, label) as T;
  mark(gate, label);
  Atomics.wait(nothing, 0, 0, MIN_HOLD_TIME);
  while (!isOpen(gate)) Atomics.wait(nothing, 0, 0, POLL_INTERVAL);
  return label;
}

/** Waits until the gate opens, without blocking the event loop. */
export async function holdAsync<T>(gate: string, label: T): Promise<T> {
  mark(gate, label);
  await new Promise((resolve) => setTimeout(resolve, MIN_HOLD_TIME));
  while (!isOpen(gate)) await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL));
  return label;
}

/** The same for an item of a map. */
export function holdItem(gate: string): Promise<string> {
  return holdAsync(gate, 'here');
}

/** The worker that the task ran in for `ms`. */
export async function placeLater(ms: number): Promise<Place> {
  const here = place();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return here;
}

/** Waits `ms`, and returns what arrived. */
export async function bytesLater(bytes: Uint8Array, ms: number): Promise<{ size: number; first: number }> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { size: bytes.length, first: bytes[0] as number };
}

/** Waits until the gate opens or the call is aborted, without blocking the event loop. Returns which came first. */
export async function holdOrAbort(gate: string): Promise<'open' | 'aborted'> {
  const { signal } = context();
  mark(gate, 'holdOrAbort');
  while (!isOpen(gate)) {
    if (signal.aborted) {
      mark(gate, `aborted: ${String(signal.reason)}`);
      return 'aborted';
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL));
  }
  return 'open';
}

/** Blocks the thread until the gate opens or the signal is aborted. */
export function spinUntilAborted(gate: string): string {
  const { signal } = context();
  mark(gate, 'spinning');
  while (!signal.aborted && !isOpen(gate)) Atomics.wait(nothing, 0, 0, POLL_INTERVAL);
  mark(gate, signal.aborted ? 'saw the abort' : 'saw nothing');
  return signal.aborted ? 'aborted' : 'open';
}

/** Reports the values one by one, and returns their number. */
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

/** Reports before and after it has waited at the gate. Returns whether its context was the same, and its own, all the time. */
export async function reportAround(gate: string, label: string): Promise<boolean> {
  const { signal } = context();
  context().report(`${label} begins`);
  await holdAsync(gate, label);
  context().report(`${label} ends`);
  await Promise.resolve();
  return context().signal === signal;
}

/** Waits for the abort of its signal, then reports, and marks the error that this throws. It ends only when the gate opens. */
export async function reportWhenAborted(gate: string, label: string): Promise<void> {
  const { report, signal } = context();
  mark(gate, label);
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  try {
    report('too late');
    mark(gate, 'reported');
  } catch (error) {
    mark(gate, (error as { code: string }).code);
  }
  while (!isOpen(gate)) await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL));
}

/** Reports a function, and returns the code of the error that this throws. */
export function reportFunction(): string {
  try {
    context().report(() => 1);
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'nothing was thrown';
}

/** Reports after the task has ended, and marks the code of the error that this throws. */
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

/** An initializer that stores its arguments. */
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

/** An initializer that marks its start and throws. */
export function failToStart(gate: string, message: string): never {
  mark(gate, 'start');
  throw new RangeError(message);
}

/** An initializer that throws in its first `times` calls, counted over all workers. */
export function failTheFirst(gate: string, times: number): void {
  mark(gate, 'start');
  const starts = readFileSync(join(gate, LOG), 'utf8').split('\n').length - 1;
  if (starts <= times) throw new RangeError(`start ${starts} fails`);
}

/** Increments a cell, so that a test can see whether the memory is shared. */
export function increment(cells: Int32Array): number {
  return Atomics.add(cells, 0, 1);
}

export function fill(bytes: Uint8Array, value: number): Uint8Array {
  return bytes.fill(value);
}

export function byteLengths(bytes: Uint8Array): { view: number; backing: number; isBuffer: boolean } {
  return { view: bytes.byteLength, backing: bytes.buffer.byteLength, isBuffer: Buffer.isBuffer(bytes) };
}

/** Whether the task runs in the calling thread. A preload has no context. */
function isInline(): boolean {
  try {
    return context().kind === 'inline';
  } catch {
    return false;
  }
}

/** Whether the gate is open. A missing folder means that the test has ended. */
function isOpen(gate: string): boolean {
  return existsSync(join(gate, OPEN)) || !existsSync(gate);
}
