/** Starts nodes (`twinpool worker`) as processes, and clients, for the tests; all of them end with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type BullmqConnectOptions, BullmqRuntime } from '@twinpool/bullmq';
import { isWhole as isWholeMatrix } from '@twinpool/testkit/sample';
import { inject, onTestFinished } from 'vitest';

export const url: string = inject('engine');
/** Whether tests that wait for locks and limits run: with `npm run test:cluster` and `npm run test:all`, not with `npm test`. */
export const isWhole: boolean = isWholeMatrix || process.env['TWINPOOL_CLUSTER'] === '1';
export const TASKS: string = fileURLToPath(new URL('./fixtures/cluster-tasks.mjs', import.meta.url));
const COMMAND = fileURLToPath(new URL('../../twinpool/dist/command.js', import.meta.url));
let queues = 0;

export interface TestNode {
  readonly child: ChildProcess;
  readonly pid: number;
  /** The line on standard output. */
  readonly ready: { readonly ready: true; readonly queue: string; readonly slots: number; readonly tasks: readonly string[] };
  /** What it has written to standard error. */
  readonly log: () => string;
  readonly exited: Promise<number | string>;
  signal(name: NodeJS.Signals): void;
  /** Resolves when its log has this text. */
  logged(text: string): Promise<void>;
}

/** A queue of this test's own. */
export function queueName(): string {
  queues += 1;
  return `cluster-${process.pid}-${queues}`;
}

/** Runs the command. `exited` resolves with the exit code, or the signal. */
export function command(args: readonly string[]) {
  const child = spawn(process.execPath, [COMMAND, 'worker', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const waiters = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const look of waiters) look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exited = new Promise<number | string>((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal ?? '')));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const firstLine = new Promise<string>((resolve, reject) => {
    const look = () => {
      if (stdout.includes('\n')) resolve(stdout.slice(0, stdout.indexOf('\n')));
    };
    waiters.add(look);
    void exited.then((end) => reject(new Error(`the command ended with ${end}: ${stderr}`)));
  });
  firstLine.catch(() => undefined);
  return { child, exited, firstLine, stdout: () => stdout, stderr: () => stderr };
}

/** Short locks, so that a lost node is noticed soon. */
export async function startNode(queue: string, args: readonly string[] = []): Promise<TestNode> {
  const common = ['--queue', queue, '--tasks', TASKS, '--connection', url, '--kind', 'thread', '--slots', '1', '--lock-duration', '2000'];
  const given = new Set(args.filter((arg) => arg.startsWith('--')));
  const own: string[] = [];
  for (let at = 0; at < common.length; at += 2)
    if (!given.has(common[at] as string)) own.push(common[at] as string, common[at + 1] as string);
  const { child, exited, firstLine, stderr } = command([...own, ...args]);
  const ready = JSON.parse(await firstLine) as TestNode['ready'];
  const logged = async (text: string) => {
    while (!stderr().includes(text)) await sleep(5);
  };
  return { child, pid: child.pid as number, ready, log: stderr, exited, signal: (name) => child.kill(name), logged };
}

export async function connect(queue: string, options: Partial<BullmqConnectOptions> = {}): Promise<BullmqRuntime> {
  const runtime = await BullmqRuntime.connect({ connection: url, queue, tasks: TASKS, ...options });
  onTestFinished(() => runtime.terminate());
  return runtime;
}

/** A file in which tasks note that they run; `until` waits for this number of lines. */
export function sideFile(): { readonly path: string; lines(): string[]; until(count: number): Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-cluster-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'lines');
  const lines = () => {
    try {
      return readFileSync(path, 'utf8').split('\n').filter(Boolean);
    } catch {
      return [];
    }
  };
  const until = async (count: number) => {
    while (lines().length < count) await sleep(10);
  };
  return { path, lines, until };
}
