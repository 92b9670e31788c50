/**
 * Fails a test file that leaves something behind: a process, a worker thread, an open handle, an unhandled error, or a warning nobody
 * declared. Loaded by vitest for every test file (`setupFiles`); tests import it only for `expectWarning` and `nothingLeft`.
 *
 * Decides what counts as left, and how long it may take to go. Refuses to know any package of ours: it looks from outside, at what the
 * operating system and Node say.
 *
 *   after each test   errors and undeclared warnings fail that test; what is alive is noted with the test's name (tests of a file may
 *                     share a pool, so being alive is no failure yet)
 *   after the file    nothing may be alive, after `GRACE` at the latest; what is, is named with the test it came from, and ended
 *
 * Processes are found in two ways, since a leak likes to hide: as children of this process, and by a mark in their environment, which
 * also finds a grandchild whose parent is gone. Both need `/proc`; elsewhere only threads, handles, errors and warnings are looked at.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeEach } from 'vitest';

/** Longer hides slow endings; shorter fails good tests on a loaded machine: SIGTERM, a wait and SIGKILL have to fit. */
const GRACE = Number(process.env.LEAK_CHECK_GRACE ?? 3_000);

/** Handles that keep a program running. Timers are not among them: the test runner has its own, coming and going. */
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

// Taken before a test can replace them by fake timers.
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
 * Declares that a warning (`process.emitWarning`, a deprecation, too many listeners…) matching `pattern` will come; a string matches as a
 * part of `Name: message` or as the warning's code. In a test it holds until the end of that test, else until the end of the file, and it
 * fails when no such warning has come by then. One declaration covers any number of them.
 */
export function expectWarning(pattern: RegExp | string): void {
  expectations.push({ pattern, ofTest: test !== undefined, met: false });
}

/** For a test that wants it sooner than at the end of its file: rejects when processes, threads or handles of the file are still alive. */
export async function nothingLeft(grace: number = GRACE): Promise<void> {
  const left = await waitUntilGone(grace);
  if (left.length > 0) throw new Error(`left behind after ${grace} ms:\n  ${left.map(({ text }) => text).join('\n  ')}`);
}

// ---- what is alive ------------------------------------------------------------------------------------------------------------------

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
    return ''; // it ended between the listing and the look
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A process that has ended but was not yet waited for is gone, for our purpose. */
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

// Node makes these two on first use, as handles; they are no test's.
void [process.stdout, process.stderr];
const before: { readonly pids: ReadonlySet<number>; readonly handles: ReadonlyMap<string, number> } = {
  pids: new Set(hasProc ? children() : []),
  handles: handles(),
};

function since(origin: string | undefined): string {
  return origin === undefined ? '' : `, first seen after the test '${origin}'`;
}

function whatIsLeft(): Left[] {
  const left: Left[] = [];
  if (hasProc) {
    for (const pid of processes()) {
      const command = read(`/proc/${pid}/cmdline`).split('\0').join(' ').trim();
      left.push({ pid, text: `process ${pid} (${command.slice(0, 160)})${since(origins.get(pid))}` });
    }
  }
  for (const worker of threads()) left.push({ worker, text: `worker thread ${worker.threadId}${since(workers.get(worker))}` });
  // A process or a thread has handles of its own, which go with it: they are named only when nothing bigger is.
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
    const left = whatIsLeft();
    if (left.length === 0 || performance.now() >= end) return left;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** So that one file's leak disturbs no other, and a failed run leaves the machine as it was. */
function end(left: readonly Left[]): void {
  for (const { pid, worker } of left) {
    if (worker !== undefined) void worker.terminate();
    if (pid === undefined) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it went by itself meanwhile
    }
  }
}

// ---- what was said ------------------------------------------------------------------------------------------------------------------

// vitest leaves an error to whoever else listens, so from here on these are ours to report, with the test they came from. By the same
// rule a listener that a test adds makes it the test's.
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

// Emitted in the tick after `new Worker`: a thread made in a test is known before the test's hooks run.
process.on('worker', (worker) => workers.set(worker, test ?? 'none: at the top of the file or in a hook'));

function describe(reason: unknown): string {
  return reason instanceof Error ? (reason.stack ?? String(reason)) : String(reason);
}

function isMetBy({ pattern }: Expectation, warning: Error & { code?: string }): boolean {
  const text = `${warning.name}: ${warning.message}`;
  return typeof pattern === 'string' ? text.includes(pattern) || warning.code === pattern : pattern.test(text);
}

/** Takes what came since the last call, and the expectations that end now. */
function takeTroubles(endsNow: (expectation: Expectation) => boolean): string[] {
  const found = troubles.splice(0);
  for (const warning of warnings.splice(0)) {
    const meeting = expectations.filter((expectation) => isMetBy(expectation, warning));
    for (const expectation of meeting) expectation.met = true;
    if (meeting.length === 0) found.push(`a warning nobody declared (expectWarning): ${describe(warning)}`);
  }
  for (const { pattern } of expectations.filter((each) => endsNow(each) && !each.met))
    found.push(`the expected warning ${pattern} never came`);
  expectations = expectations.filter((each) => !endsNow(each));
  return found;
}

/** Warnings are emitted in the next tick, unhandled rejections are found when the microtasks are done. */
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
  // What comes later is vitest's to report.
  process.off('warning', onWarning);
  process.off('unhandledRejection', onRejection);
  process.off('uncaughtException', onException);
  const found = [...takeTroubles(() => true), ...left.map(({ text }) => `left behind: ${text}`)];
  if (found.length > 0) throw new Error(found.join('\n'));
});
