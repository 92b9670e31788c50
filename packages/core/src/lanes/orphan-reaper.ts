/**
 * Watches over worker processes from outside of this program: a process in a session of its own, one for the whole program, there while there
 * are workers. It is `/bin/sh` (orphan-reaper-script.ts), which costs 1 MB, or Node where the shell is absent (orphan-reaper-node.ts).
 *
 *   this program dies     a worker in a synchronous loop does not notice it, a stopped one cannot: each gets its grace to leave, then is killed
 *   it is stopped         (Ctrl-Z, SIGSTOP) so are its workers; they continue with it, and time limits leave that time out
 *   it may not signal     (it has given up its rights by `setuid`) the reaper has those of its start, and signals in its place
 *
 * Nothing depends on it: if it cannot be started, or another program ends it, a new one is tried RETRY_AFTER ms later. Until then only the 'exit' hook
 * ends what is left. The hook kills busy workers, since they would not notice; idle ones leave when their input ends.
 */
import type { StdioOptions } from 'node:child_process';
import type { Socket } from 'node:net';
import { uptime } from 'node:os';
import type { Writable } from 'node:stream';
import { Alarm, systemClock } from '../primitives/clock.ts';
import { SHELL_SCRIPT } from './orphan-reaper-script.ts';
import { type OwnProgram, ownProgram } from './own-program.ts';
import { signalGroup } from './process-group.ts';
import { type StartedProcess, startProcess } from './process-start.ts';
import { reaperProgram, textFrame } from './worker-program.ts';

const SHELL = '/bin/sh';
/** ms. Shorter: more starts that fail while there is a shortage. Longer: a program that is killed meanwhile leaves busy workers behind. */
const RETRY_AFTER = 1000;
/** How long the end of the reaper is waited for, ms. */
const END_BOUND = 1000;
/** The program does not exist, or it may not be executed. */
const ABSENT = new Set<unknown>(['ENOENT', 'ENOTDIR', 'EACCES', 'ENOEXEC']);
const LONGEST_GRACE = 2 ** 31 - 1;

export interface Watched {
  readonly pid: number;
  /** ms to leave once this program is gone. */
  readonly grace: number;
  /** It would not notice the end of its input. */
  isBusy(): boolean;
}

const watched = new Map<number, Watched>();
let reaper: StartedProcess | undefined;
let ending: Promise<void> | undefined;
/** It could not be started, or another program has ended it. */
const retry = new Alarm(systemClock, () => {
  if (watched.size > 0 && reaper === undefined) start();
});
/** ms. */
let stopped = 0;
/** It is there, and can be started. */
let hasShell = true;

/** Whether a reaper runs: watching one more process costs no start. */
export function isWatching(): boolean {
  return reaper !== undefined;
}

/** From now on the process, and what is in its group, does not outlive this program. Returns a function that ends the watch. */
export function watchOver(worker: Watched): () => void {
  if (watched.size === 0) process.on('exit', killBusy);
  watched.set(worker.pid, worker);
  if (reaper !== undefined) sendLine(watchLine(worker));
  else start();
  return () => {
    if (watched.get(worker.pid) !== worker) return;
    watched.delete(worker.pid);
    sendLine(`- ${worker.pid}`);
    if (watched.size === 0) end();
  };
}

/** To the process's group, with the rights that the program had when the reaper was started. False: there is no reaper. */
export function signalWithOldRights(pid: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  sendLine(`${signal.slice('SIG'.length)} ${pid}`);
  return reaper !== undefined;
}

/** Resolves when the reaper is gone, if no worker is left to watch over; undefined when there is nothing to wait for. */
export function reaperEnds(): Promise<void> | undefined {
  return ending;
}

/** ms for which the workers were stopped because this program was. */
export function stoppedFor(): number {
  return stopped;
}

function watchLine({ pid, grace }: Watched): string {
  return `+ ${pid} ${Math.ceil(Math.min(grace, LONGEST_GRACE))}`;
}

function sendLine(line: string): void {
  reaper?.stdin?.write(`${line}\n`);
}

function start(): void {
  retry.stop();
  const path = process.env['PATH'];
  // The shell finds `sleep` by it. Nothing else of the environment: NODE_OPTIONS would load the program's preloads.
  const env = path === undefined ? {} : { PATH: path };
  const script: OwnProgram = { args: ['-c', SHELL_SCRIPT], env, text: undefined };
  const program = hasShell ? script : ownProgram(reaperProgram(), { execPath: process.execPath, flags: [], args: [], env });
  const stdio: StdioOptions = program.text === undefined ? ['pipe', 'pipe', 'ignore'] : ['pipe', 'pipe', 'ignore', 'pipe'];
  const child = startProcess(hasShell ? SHELL : process.execPath, program.args, { stdio, env: program.env, cwd: '/' }, (error) => {
    const isAbsent = hasShell && ABSENT.has((error as NodeJS.ErrnoException).code);
    if (isAbsent) hasShell = false;
    tryLater(isAbsent ? 0 : RETRY_AFTER);
  });
  if (child === undefined) return;
  reaper = child;
  // Bun's streams have no `unref`: there the process that was unreferenced does not hold the program either.
  for (const stream of child.stdio as unknown as (Partial<Socket> | null)[]) stream?.on?.('error', () => undefined).unref?.();
  if (program.text !== undefined) (child.stdio[3] as Writable).end(textFrame(program.text));
  child.stdout?.setEncoding('latin1').on('data', (lines: string) => programWasStopped(Number(lines.trim().split('\n').at(-1))));
  child.once('exit', (code) => {
    if (reaper !== child) return;
    reaper = undefined;
    // It does not understand the script.
    if (code !== null) hasShell = false;
    tryLater(RETRY_AFTER);
  });
  for (const worker of watched.values()) sendLine(watchLine(worker));
}

function tryLater(after: number): void {
  if (watched.size > 0) retry.set(after);
}

function end(): void {
  process.off('exit', killBusy);
  retry.stop();
  const child = reaper;
  reaper = undefined;
  if (child === undefined) return;
  const gone = new Promise<void>((resolve) => {
    const giveUp = () => {
      child.kill('SIGKILL');
      resolve();
    };
    // Its input ends when this program's event loop turns.
    const bound = new Alarm(systemClock, giveUp, { standsStill: true });
    bound.set(END_BOUND);
    child.once('exit', () => {
      bound.stop();
      resolve();
    });
  }).then(() => {
    if (ending === gone) ending = undefined;
  });
  ending = gone;
  child.stdin?.end();
}

/** The reaper stopped the workers at this uptime, in seconds; this program runs again, so do they. */
function programWasStopped(at: number): void {
  for (const pid of watched.keys()) {
    // One that is gone needs none, and the reaper repeats it at its next look.
    signalGroup(pid, 'SIGCONT');
  }
  stopped += Math.max(0, (uptime() - at) * 1000);
}

function killBusy(): void {
  for (const worker of watched.values()) {
    if (reaper !== undefined && !worker.isBusy()) continue;
    signalGroup(worker.pid, 'SIGKILL', true);
  }
}
