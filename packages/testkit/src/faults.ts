/**
 * Provides task functions that misbehave; each one is a row of the fault matrix.
 *
 * Workers load this file, so it must not import a test runner. It writes to the answer channel directly, so it knows the frame format.
 */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isMainThread, MessagePort, parentPort } from 'node:worker_threads';
import { context } from '@twinpool/core/worker';
import { hold, LOG, mark, OPEN } from './tasks.ts';

/** The file descriptor of the answer channel in a worker process. */
const ANSWERS = 4;
/** The descriptor of the mailbox, the bytes of one page of it, and the kind of a message that announces a frame there. */
const LARGE_ARGUMENTS = 6;
const MAILBOX = 8;
const MAIL_PAGE = 1024;
const MAIL = 27;

export function exitWith(gate: string, code: number): never {
  mark(gate, `exit ${code}`);
  process.exit(code);
}

/** Blocks its thread until the gate opens, then exits. */
export function holdThenExit(gate: string, code: number): never {
  hold(gate, 'exits');
  process.exit(code);
}

export async function exitLater(gate: string, code: number): Promise<never> {
  mark(gate, `exit ${code}`);
  await new Promise((resolve) => setTimeout(resolve, 5));
  process.exit(code);
}

export function exitByExitCode(): never {
  process.exitCode = 9;
  process.exit();
}

/** Sends a signal to its own process, and waits for it. */
export function signalSelf(signal: NodeJS.Signals): never {
  process.kill(process.pid, signal);
  for (;;);
}

export function abortProcess(): never {
  process.abort();
}

export function throwValue(which: string): never {
  throw thrown[which]?.();
}

export async function rejectWith(which: string): Promise<never> {
  throw thrown[which]?.();
}

/** The values that tasks throw, by name. */
const thrown: Record<string, () => unknown> = {
  null: () => null,
  undefined: () => undefined,
  string: () => 'text',
  number: () => 17,
  object: () => ({ status: 404 }),
  function: () => () => 1,
  symbol: () => Symbol('odd'),
  errorHoldingFunction: () => Object.assign(new RangeError('holds a function'), { code: 'E_HELD', fn: () => 1 }),
  richError: () =>
    Object.assign(new TypeError('rich', { cause: new Error('the cause') }), { code: 'E_RICH', details: { status: 7 }, list: [1, 2] }),
  aggregate: () => new AggregateError([new RangeError('first'), 'second'], 'both'),
  throwingStack: () =>
    Object.defineProperty(new Error('no stack'), 'stack', {
      get() {
        throw new Error('stack is refused');
      },
    }),
  cyclicCause: () => {
    const error = new Error('round');
    error.cause = error;
    return error;
  },
  proxy: () => new Proxy(new Error('behind a proxy'), {}),
  exoticError: () => {
    class OddError extends Error {
      override readonly name = 'OddError';
      readonly status = 418;
    }
    return new OddError('odd');
  },
};

export function returnFunction(): unknown {
  return () => 1;
}

export function returnNested(depth: number): unknown {
  let value: unknown = 'bottom';
  for (let i = 0; i < depth; i++) value = { value };
  return value;
}

export function returnModule(): unknown {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { Module: new (bytes: Uint8Array) => object } };
  return new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
}

export function returnThrowingGetter(): unknown {
  return {
    fine: 1,
    get bad() {
      throw new Error('getter says no');
    },
  };
}

export function returnThenable(value: number): unknown {
  // biome-ignore lint/suspicious/noThenProperty: the test needs a thenable
  return { then: (resolve: (value: number) => void) => resolve(value) };
}

export function returnProxy(): unknown {
  return new Proxy({}, {});
}

/** Succeeds; `ms` later a timer throws. */
export function throwLater(ms: number): string {
  setTimeout(() => {
    throw new Error('late throw');
  }, ms);
  return 'returned';
}

export function rejectLater(ms: number): string {
  setTimeout(() => {
    void Promise.reject(new Error('late rejection'));
  }, ms);
  return 'returned';
}

/** Leaves a rejection unhandled while the task is running. */
export async function strayRejection(): Promise<string> {
  void Promise.reject(new Error('stray rejection'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  return 'returned';
}

export function leaveTimers(): string {
  setInterval(() => undefined, 1000);
  setInterval(() => undefined, 1000).unref();
  return 'returned';
}

/** Installs a signal handler, removes listeners and replaces globals of its own process. */
export function vandalize(): string {
  process.on('SIGTERM', () => undefined);
  process.exit = (() => undefined) as never;
  parentPort?.removeAllListeners();
  Array.prototype.map = () => {
    throw new Error('vandalized');
  };
  AbortSignal.prototype.throwIfAborted = () => undefined;
  globalThis.setTimeout = (() => undefined) as never;
  globalThis.queueMicrotask = () => undefined;
  Object.assign(globalThis, { process: { pid: 0 } });
  return 'returned';
}

/** Replaces the methods of promises by ones that call nothing back. Node's own `import()` of another module does not end afterwards. */
export function vandalizePromises(): string {
  Reflect.set(Promise.prototype, 'then', function (this: unknown) {
    return this;
  });
  Promise.resolve = Promise.race = (() => undefined) as never;
  return 'returned';
}

export async function squareAfterAwait(x: number): Promise<number> {
  await undefined;
  return x * x;
}

export function ignoreSigterm(gate: string): never {
  process.on('SIGTERM', () => undefined);
  mark(gate, 'ignoring');
  for (;;);
}

export function closeAnswerChannel(): string {
  closeSync(ANSWERS);
  return 'returned';
}

export function writeGarbage(text: string): string {
  writeSync(ANSWERS, text);
  return 'returned';
}

/** Sends a well-formed frame or port message with the content that the test passes. */
export function forgeMessage(message: unknown): string {
  if (isMainThread) writeFrame(message);
  else answerPort().postMessage(message);
  return 'returned';
}

/**
 * An initializer that sends forged messages, and never settles. So the worker sends no READY: that would go through the ring, and could be read before
 * the forged messages, which go through the port.
 */
export async function forgeAtStart(messages: readonly unknown[]): Promise<never> {
  for (const message of messages) {
    if (isMainThread) writeFrame(message);
    else portOf(() => process.stdout.write(new Uint8Array(0))).postMessage(message);
  }
  return new Promise(() => setInterval(() => undefined, 1000));
}

function writeFrame(message: unknown): void {
  const { serialize } = createRequire(import.meta.url)('node:v8') as typeof import('node:v8');
  const payload = serialize(message);
  const header = Buffer.from([0x57, 0x74, 1, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(payload.length, 4);
  writeSync(ANSWERS, Buffer.concat([header, payload]));
}

/** The port on which this thread answers. A replaced method of MessagePort.prototype reveals it, with a message that does not fit into the ring. */
let port: MessagePort | undefined;

function answerPort(): MessagePort {
  return portOf(() => context().report({ from: 'here' }));
}

function portOf(send: () => void): MessagePort {
  if (port !== undefined) return port;
  const { postMessage } = MessagePort.prototype;
  MessagePort.prototype.postMessage = function (this: MessagePort, ...args: never[]) {
    port = this;
    return (postMessage as (...args: unknown[]) => void).apply(this, args);
  } as typeof postMessage;
  try {
    send();
  } finally {
    MessagePort.prototype.postMessage = postMessage;
  }
  return port as unknown as MessagePort;
}

/** The memory that this thread shares with its lane. A replaced function of Atomics reveals it, with a report that fits into the ring. */
function sharedCells(): Int32Array {
  const { store } = Atomics;
  let found: Int32Array | undefined;
  Atomics.store = ((cells: Int32Array, at: number, value: number) => {
    found ??= cells;
    return store(cells, at, value);
  }) as typeof store;
  try {
    context().report('from here');
  } finally {
    Atomics.store = store;
  }
  return found as unknown as Int32Array;
}

/** Writes these values to shared cells, in order, sends a message on the port so that the lane looks, and never settles. */
export async function forgeCells(values: readonly (readonly [cell: number, value: number])[]): Promise<never> {
  const cells = sharedCells();
  // The lane reads what was correct first.
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const [cell, value] of values) Atomics.store(cells, cell, value);
  context().report({ from: 'here' });
  return new Promise(() => setInterval(() => undefined, 1000));
}

/** Writes a frame of `length` bytes to the mailbox, with its right hashes or a wrong one, says that it is there, and never settles. */
export async function forgeMail(length: number, isWhole: boolean): Promise<never> {
  writeMail(length, isWhole);
  forgeMessage([MAIL]);
  return new Promise(() => setInterval(() => undefined, 1000));
}

/** Writes a frame to the mailbox that is never whole, and is killed. */
export function forgeMailAndDie(): never {
  writeMail(0, false);
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}

function writeMail(length: number, isWhole: boolean): void {
  // Pages of the program and of this worker: number, length, hash, taken, read, piped, state, other hash, key, frame; wire/mailbox.ts.
  const pages = Buffer.alloc(2 * MAIL_PAGE);
  readSync(MAILBOX, pages, 0, pages.length, 0);
  const number = pages.readUInt32LE(12) + 1;
  const page = pages.subarray(MAIL_PAGE);
  const hash = (number ^ 0x811c9dc5) >>> 0;
  for (const [at, value] of [number, length, isWhole ? hash : hash ^ 1].entries()) page.writeUInt32LE(value >>> 0, at * 4);
  page.writeUInt32LE((number ^ 0x2545f491) >>> 0, 28);
  page.writeUInt32LE(number, 36);
  writeSync(MAILBOX, page, 0, MAIL_PAGE, MAIL_PAGE);
}

/** The number of frames that the program has put into the mailbox of this worker process; `undefined`: there is none. */
export function mailHere(): number | undefined {
  const number = Buffer.alloc(4);
  try {
    readSync(MAILBOX, number, 0, 4, 0);
    return number.readUInt32LE();
  } catch {
    return undefined;
  }
}

/** Closes the file from which this worker process reads large arguments. */
export function closeArguments(): string {
  closeSync(LARGE_ARGUMENTS);
  return 'closed';
}

/** Closes the mailbox of this worker process. */
export function closeMailbox(): string {
  closeSync(MAILBOX);
  return 'closed';
}

/** Closes a descriptor of this worker process that is not its own, and opens a file that gets its number. Returns that number. */
export function takeDescriptor(fd: number, path: string): number {
  closeSync(fd);
  return openSync(path, 'r+');
}

/** Sends these forged messages in order, and never settles. */
export async function forgeAndStay(messages: readonly unknown[]): Promise<never> {
  for (const message of messages) forgeMessage(message);
  return new Promise(() => setInterval(() => undefined, 1000));
}

/** Sends a forged message in its first call for a gate, and returns in later calls. */
export async function forgeOnce(gate: string, message: unknown): Promise<string> {
  const isFirst = !existsSync(join(gate, LOG));
  mark(gate, 'forged');
  return isFirst ? await forgeAndStay([message]) : 'returned';
}

/** Succeeds; sends a forged message after its answer. */
export function forgeLater(message: unknown): string {
  if (!isMainThread) answerPort();
  setTimeout(() => forgeMessage(message), 5);
  return 'returned';
}

/** A task of a map; the item `at` sends a forged message. */
export async function forgeAtItem({ item, at, message }: { item: number; at: number; message: unknown }): Promise<number> {
  // Long enough for a worker to have started one at a time.
  for (const end = performance.now() + 0.1; performance.now() < end; );
  if (item === at) await forgeAndStay([message]);
  return item;
}

/** A task of a map: marks its item. The item `at` sends a forged message and holds its worker until the gate is open; SIGTERM does not end the process. */
export function forgeAndRunOn(item: { gate: string; item: number; at: number; message: unknown }): number {
  mark(item.gate, String(item.item));
  if (item.item === item.at) {
    process.on('SIGTERM', () => undefined);
    forgeMessage(item.message);
    while (!existsSync(join(item.gate, OPEN))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
  return item.item;
}

/** Writes a frame that is shorter than its header says, then kills its process. */
export function dieWithinAnswer(): never {
  writeSync(ANSWERS, Buffer.from([0x57, 0x74, 1, 0, 100, 0, 0, 0, 1, 2, 3]));
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}

/** Stops its process with SIGSTOP. Only SIGKILL or SIGCONT has an effect then. */
export function stopSelf(gate: string): string {
  mark(gate, 'stopping');
  process.kill(process.pid, 'SIGSTOP');
  return 'returned';
}

/** Blocks in a system call, where JavaScript cannot be interrupted, until the gate is open. */
export function holdNatively(gate: string): string {
  mark(gate, 'blocking');
  execFileSync('/bin/sh', ['-c', `while [ -d "$0" ] && [ ! -e "$0/${OPEN}" ]; do sleep 0.02; done`, gate]);
  return 'returned';
}

/** Blocks in a system call, where JavaScript cannot be interrupted. */
function blockNatively(gate: string, seconds: number): string {
  mark(gate, 'blocking');
  execFileSync('/bin/sleep', [String(seconds)]);
  return 'returned';
}

export function exhaustHeap(): number {
  const hoard: unknown[] = [];
  for (;;) hoard.push(new Array(10_000).fill({}));
}

/** Succeeds; the worker exits right after the answer. */
export function exitRightAfter(code: number): string {
  process.nextTick(() => process.exit(code));
  return 'returned';
}

/** ms. Longer than the 20 µs from which a task is claimed alone. */
const CLEARLY_ALONE = 0.06;

/** Marks every item, and exits at the item `exitAt`. */
export function markOrExit({ gate, item, exitAt }: { gate: string; item: number; exitAt: number }): number {
  mark(gate, item);
  for (const end = performance.now() + CLEARLY_ALONE; performance.now() < end; );
  if (item === exitAt) process.exit(7);
  return item;
}

/** Writes the header of a frame without its payload. */
export function announceBytes(length: number): string {
  const header = Buffer.from([0x57, 0x74, 1, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(length, 4);
  writeSync(ANSWERS, header);
  return 'returned';
}

/** Starts a process that keeps the answer channel open, then kills its own process. */
export function dieWithHeir(gate: string, seconds: number): never {
  const heir = spawn('/bin/sleep', [String(seconds)], { stdio: ['ignore', 'ignore', 'ignore', 'ignore', ANSWERS], detached: true });
  mark(gate, heir.pid);
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}

/** Starts a long-running process in the process group of the worker. */
export function startChild(seconds: number): number {
  return spawn('/bin/sleep', [String(seconds)], { stdio: 'ignore' }).pid ?? -1;
}

/** The faults of the crash matrix, by name; `throw ...` throws one of the values above. */
const FAULTS: Record<string, (gate: string) => unknown> = {
  exit0: () => process.exit(0),
  exit7: () => process.exit(7),
  SIGKILL: () => signalSelf('SIGKILL'),
  SIGSEGV: () => signalSelf('SIGSEGV'),
  SIGABRT: () => abortProcess(),
  SIGSTOP: (gate) => stopSelf(gate),
  OOM: () => exhaustHeap(),
  loop: (gate) => {
    mark(gate, 'looping');
    for (;;);
  },
  block: (gate) => blockNatively(gate, 0.4),
};

export function misbehave(fault: string, gate: string): unknown {
  if (fault.startsWith('throw ')) throw thrown[fault.slice('throw '.length)]?.();
  return FAULTS[fault]?.(gate);
}

export function misbehaveInTask(gate: string, fault: string): unknown {
  mark(gate, 'body');
  return misbehave(fault, gate);
}

/** Returns a value whose getter misbehaves while the result is encoded. */
export function misbehaveInResult(gate: string, fault: string): unknown {
  mark(gate, 'body');
  return {
    get bad() {
      return misbehave(fault, gate);
    },
  };
}

/** Writes a frame that is shorter than its header says, then misbehaves. */
export function misbehaveInAnswer(gate: string, fault: string): unknown {
  mark(gate, 'body');
  writeSync(ANSWERS, Buffer.from([0x57, 0x74, 1, 0, 100, 0, 0, 0, 1, 2, 3]));
  return misbehave(fault, gate);
}

/** Misbehaves in a timer, after the task has settled. */
export function misbehaveAfterwards(gate: string, fault: string): string {
  mark(gate, 'body');
  setTimeout(() => misbehave(fault, gate), 5);
  return 'returned';
}

/** Misbehaves when its worker emits 'exit'. */
export function misbehaveAtExit(gate: string, fault: string): string {
  mark(gate, 'body');
  process.on('exit', () => misbehave(fault, gate));
  return 'returned';
}

/** An initializer that misbehaves. */
export function misbehaveAtStart(gate: string, fault: string): unknown {
  mark(gate, 'start');
  return misbehave(fault, gate);
}

/** Marks its call without the argument. */
export function markLength(gate: string, bytes: Uint8Array): number {
  mark(gate, 'body');
  return bytes.length;
}

export function markNested(gate: string, depth: number): unknown {
  mark(gate, 'body');
  return returnNested(depth);
}
