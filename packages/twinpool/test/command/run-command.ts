/** Starts the built `twinpool` command as a process, and collects all that it prints. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const COMMAND: string = fileURLToPath(new URL('../../dist/command.js', import.meta.url));
export const TASKS: string = fileURLToPath(new URL('./fixtures/tasks.mjs', import.meta.url));

export interface End {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export interface Surroundings {
  /** Written to its standard input, which then ends. */
  readonly input?: string | Buffer;
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** Flags of Node. */
  readonly flags?: readonly string[];
}

/** Returns a folder that is removed when the test has finished. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-map-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts the command. Its standard input stays open. */
export function started(args: readonly string[], { cwd, env, flags = [] }: Surroundings = {}): ChildProcessWithoutNullStreams {
  // Without NODE_PATH, by which the test runner's own start script would make every package of the workspace appear installed.
  const child = spawn(process.execPath, [...flags, COMMAND, ...args], { cwd, env: { ...process.env, NODE_PATH: '', ...env } });
  child.stdin.on('error', () => undefined);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** Resolves when the command has ended and its output is complete. */
export function endOf(child: ChildProcessWithoutNullStreams): Promise<End> {
  const parts: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (part: Buffer) => parts[name].push(part));
  return new Promise((resolve) => {
    child.once('close', (code) =>
      resolve({ code, output: Buffer.concat(parts.stdout).toString(), errors: Buffer.concat(parts.stderr).toString() }),
    );
  });
}

export async function command(args: readonly string[], surroundings: Surroundings = {}): Promise<End> {
  const child = started(args, surroundings);
  child.stdin.end(surroundings.input ?? '');
  return await endOf(child);
}

/** `twinpool map` with one worker thread, which starts fastest. */
export function map(args: readonly string[], input: string | Buffer = '', surroundings: Surroundings = {}): Promise<End> {
  return command(['map', '--kind', 'thread', '--workers', '1', ...args], { ...surroundings, input });
}

/** The lines of failed records, without the summary. */
export function failuresIn(errors: string): { index: number; error: { name: string; message: string; code?: string } }[] {
  return errors
    .split('\n')
    .filter((line) => line.startsWith('{"index"'))
    .map((line) => JSON.parse(line));
}

/** The number of `--skip` in the summary. */
export function skipIn(errors: string): number | undefined {
  const found = /--skip (\d+)/.exec(errors)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** JSON Lines with the records 0, 1, 2 … */
export function numbers(count: number): string {
  return Array.from({ length: count }, (_, n) => `{"n":${n}}\n`).join('');
}
