/** Starts fixtures/platform/ends.mjs on a simulated platform: a program with a busy worker process, which has started another process. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning, type Program, runProgram } from '@twinpool/testkit';
import { onTestFinished } from 'vitest';

const fixtures = new URL('./fixtures/platform/', import.meta.url);

/** ms. A bound that only detects hangs. */
export const BOUND = 30_000;

/** The option of Node that makes a program believe that it runs on the platform. */
export const onPlatform = (platform: 'macos' | 'windows'): string[] => ['--import', new URL(`as-${platform}.mjs`, fixtures).href];

/** `how` the program ends its worker. `pids()` returns the processes that the worker has noted: itself and the one that it started. */
export function start(platform: 'macos' | 'windows', how: string): { readonly program: Program; readonly pids: () => number[] } {
  const folder = mkdtempSync(join(tmpdir(), `twinpool-${platform}-`));
  const file = join(folder, 'pids');
  writeFileSync(file, '');
  const program = runProgram(new URL('ends.mjs', fixtures), [how, file], onPlatform(platform));
  const pids = (): number[] => readFileSync(file, 'latin1').split(/\s/).filter(Boolean).map(Number);
  onTestFinished(() => {
    for (const pid of [program.pid, ...pids()]) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true });
  });
  return { program, pids };
}
