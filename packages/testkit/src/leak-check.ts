/**
 * Fails a test file that leaves a process, a worker thread or a handle, that has an unhandled error, or that emits an undeclared warning.
 * vitest loads it for every test file (`setupFiles`); tests import it only for `expectWarning` and `nothingLeft`.
 *
 *   after each test   errors and undeclared warnings fail the test; living workers are recorded with the name of the test (tests of one file
 *                     may share a pool, so a living worker is not a failure yet)
 *   after the file    at most `GRACE` later nothing may be alive; the error names each leak and the test that created it, and the leak is ended
 *
 * It finds processes in two ways: as children of this process, and by a mark in their environment, which also finds a grandchild whose parent
 * has ended. Both need `/proc`; on other systems it checks only threads, handles, errors and warnings. It does not know any package of ours:
 * it asks only the operating system and Node.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeEach } from 'vitest';

/** ms. A longer time hides slow endings; a shorter one fails correct tests on a loaded machine: SIGTERM, a wait and SIGKILL must fit. */
const GRACE = Number(process.env.LEAK_CHECK_GRACE ?? 3_000);

/** Handles that keep a program running. Timers are not included, because the test runner creates its own. */
const HANDLES: ReadonlySet<string> = new Set([
  'FSEventWrap',
  'MessagePort',
  'PipeConnectWrap',
  'PipeServerWrap',
  'PipeWrap',
  'ProcessWrap',
  'StatWatcher',
  'TCPConnectWrap',
  'TCPServerWrap',
  'TCPSocketWrap',
]);

// Saved before a test can install fake timers.
const { setImmediate, setTimeout } = globalThis;

interface Expectation {
  readonly pattern: RegExp | string;
  readonly ofTest: boolean;
  met: boolean;
}

let expectations: Expectation[] = [];
const troubles: string[] = [];
const warnings: Error[] = [];
const workers = new Map<Worker, string>();
const origins = new Map<number, string>();
let test: string | undefined;

/**
 * Declares an expected warning (`process.emitWarning`, a deprecation, too many listeners…). A string matches a part of `Name: message`, or the
 * code of the warning. Inside a test the declaration lasts until the end of the test, otherwise until the end of the file. It fails if no
 * such warning is emitted. One declaration covers any number of warnings.
 */
export function expectWarning(pattern: RegExp | string): void {
  expectations.push({ pattern, ofTest: test !== undefined, met: false });
}

/** Rejects if processes, threads or handles of the file are still alive after `grace` ms. For tests that check this before the end of their file. */
export async function nothingLeft(grace: number = GRACE): Promise<void> {
  const left = await waitUntilGone(grace);
  if (left.length > 0) throw new Error(`left behind after ${grace} ms:\n  ${left.map(({ text }) => text).join('\n  ')}`);
}

// ---- leaks --------------------------------------------------------------------------------------------------------------------------

interface Left {
  readonly text: string;
  readonly pid?: number;
  readonly worker?: Worker;
}

const MARK = 'TWINPOOL_TEST_FILE_OF';
const mark = `${process.pid}.${Date.now()}`;
process.env[MARK] = mark;

const hasProc: boolean = existsSync('/proc/self/task');

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // the process ended after it was listed
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Whether a process is running. A zombie is not running. */
function isRunning(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  const state = stat.slice(stat.lastIndexOf(')') + 2)[0];
  return state !== undefined && !'ZXx'.includes(state);
}

function children(): number[] {
  return list('/proc/self/task').flatMap((thread) => read(`/proc/self/task/${thread}/children`).split(' ').filter(Boolean).map(Number));
}

function marked(): number[] {
  return list('/proc')
    .filter((name) => /^\d+$/.test(name) && read(`/proc/${name}/environ`).includes(`${MARK}=${mark}\0`))
    .map(Number)
    .filter((pid) => pid !== process.pid);
}

function processes(): number[] {
  return [...new Set([...children(), ...marked()])].filter((pid) => !before.pids.has(pid) && isRunning(pid));
}

function threads(): Worker[] {
  for (const worker of workers.keys()) if (worker.threadId < 0) workers.delete(worker);
  return [...workers.keys()];
}

function handles(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) if (HANDLES.has(type)) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}

// Node creates these two handles on first use; they do not belong to a test.
void [process.stdout, process.stderr];
const before: { readonly pids: ReadonlySet<number>; readonly handles: ReadonlyMap<string, number> } = {
  pids: new Set(hasProc ? children() : []),
  handles: handles(),
};

function since(origin: string | undefined): string {
  return origin === undefined ? '' : `, first seen after the test '${origin}'`;
}

function findLeaks(): Left[] {
  const left: Left[] = [];
  if (hasProc) {
    for (const pid of processes()) {
      const command = read(`/proc/${pid}/cmdline`).split('\0').join(' ').trim();
      left.push({ pid, text: `process ${pid} (${command.slice(0, 160)})${since(origins.get(pid))}` });
    }
  }
  for (const worker of threads()) left.push({ worker, text: `worker thread ${worker.threadId}${since(workers.get(worker))}` });
  // The handles of a process or a thread end with it: report them only if neither is alive.
  if (left.length === 0) {
    for (const [type, count] of handles()) {
      const more = count - (before.handles.get(type) ?? 0);
      if (more > 0) left.push({ text: `${more} open ${type}` });
    }
  }
  return left;
}

async function waitUntilGone(grace: number): Promise<Left[]> {
  const end = performance.now() + grace;
  for (let pause = 2; ; pause = Math.min(pause * 2, 50)) {
    const left = findLeaks();
    if (left.length === 0 || performance.now() >= end) return left;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** Ends leaks, so that they do not disturb other test files or stay on the machine. */
function end(left: readonly Left[]): void {
  for (const { pid, worker } of left) {
    if (worker !== undefined) void worker.terminate();
    if (pid === undefined) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it ended in the meantime
    }
  }
}

// ---- errors and warnings ------------------------------------------------------------------------------------------------------------------

// vitest ignores an error that has another listener, so from here on this file reports errors, with the test that caused them. By the same
// rule a listener that a test adds takes over the errors of the test.
const onWarning = (warning: Error): number => warnings.push(warning);
const onRejection = (reason: unknown): void => note('unhandledRejection', reason);
const onException = (error: unknown): void => note('uncaughtException', error);
process.on('warning', onWarning);
process.on('unhandledRejection', onRejection);
process.on('uncaughtException', onException);
const listening: number = process.listenerCount('unhandledRejection');

function note(event: 'unhandledRejection' | 'uncaughtException', reason: unknown): void {
  if (process.listenerCount(event) <= listening) troubles.push(`${event}: ${describe(reason)}`);
}

// Emitted in the tick after `new Worker`, so a thread is recorded before the hooks of its test run.
process.on('worker', (worker) => workers.set(worker, test ?? 'none: at the top of the file or in a hook'));

function describe(reason: unknown): string {
  return reason instanceof Error ? (reason.stack ?? String(reason)) : String(reason);
}

function isMetBy({ pattern }: Expectation, warning: Error & { code?: string }): boolean {
  const text = `${warning.name}: ${warning.message}`;
  return typeof pattern === 'string' ? text.includes(pattern) || warning.code === pattern : pattern.test(text);
}

/** Takes the errors and warnings since the last call, and the expectations that end now. */
function takeTroubles(endsNow: (expectation: Expectation) => boolean): string[] {
  const found = troubles.splice(0);
  for (const warning of warnings.splice(0)) {
    const meeting = expectations.filter((expectation) => isMetBy(expectation, warning));
    for (const expectation of meeting) expectation.met = true;
    if (meeting.length === 0) found.push(`an undeclared warning (see expectWarning): ${describe(warning)}`);
  }
  for (const { pattern } of expectations.filter((each) => endsNow(each) && !each.met))
    found.push(`the expected warning ${pattern} was not emitted`);
  expectations = expectations.filter((each) => !endsNow(each));
  return found;
}

/** Waits until Node has emitted warnings (next tick) and unhandled rejections (after the microtasks). */
function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

// ---- the hooks: those of a setup file run first and last ------------------------------------------------------------------------------

beforeEach(({ task }) => {
  test = task.name;
});

afterEach(async ({ task }) => {
  await tick();
  test = undefined;
  if (hasProc) for (const pid of children()) if (!origins.has(pid)) origins.set(pid, task.name);
  const found = takeTroubles(({ ofTest }) => ofTest);
  if (found.length > 0) throw new Error(found.join('\n'));
});

afterAll(async () => {
  const left = await waitUntilGone(GRACE);
  end(left);
  await tick();
  // vitest reports later errors.
  process.off('warning', onWarning);
  process.off('unhandledRejection', onRejection);
  process.off('uncaughtException', onException);
  const found = [...takeTroubles(() => true), ...left.map(({ text }) => `left behind: ${text}`)];
  if (found.length > 0) throw new Error(found.join('\n'));
});
