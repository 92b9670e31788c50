/**
 * Tests the ends of worker processes, Ctrl-Z and the number of CPUs on a simulated macOS: fixtures/platform/as-macos.mjs takes away what macOS lacks. The
 * kernel is Linux: signals, pipes and process groups are those of Linux.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { childrenOf, commandOf, isRunning, until } from '@twinpool/testkit';
import { describe, it } from '@twinpool/testkit/sample';
import { expect } from 'vitest';
import { BOUND, onPlatform, start } from './simulated-platform.ts';

const MACOS = onPlatform('macos');

function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.charAt(stat.lastIndexOf(')') + 2);
}

const reaperOf = (pid: number): number | undefined => childrenOf(pid).find((child) => commandOf(child)[0] === 'sh');

describe('on macOS', () => {
  it.each([
    ['limit', 'TaskTimeoutError'],
    ['abort', 'CancelledError'],
    ['terminate', 'BrokenProcessPoolError'],
    ['exit', 'busy'],
  ])('a busy worker and the processes that it has started are ended by %s', async (how, output) => {
    const { program, pids } = start('macos', how);
    expect(await program.end(BOUND)).toEqual({ code: 0, signal: null });
    expect(program.errors).toBe('');
    expect(program.output).toContain(output);
    if (how === 'limit' || how === 'abort') expect(program.output).toContain('16');
    expect(pids()).toHaveLength(2);
    await until(() => pids().every((pid) => !isRunning(pid)), 'both are gone', BOUND);
  });

  it('they are ended after a program that is killed', async () => {
    const { program, pids } = start('macos', 'killed');
    await program.printed('busy', BOUND);
    await until(() => reaperOf(program.pid) !== undefined, 'the reaper runs', BOUND);
    process.kill(program.pid, 'SIGKILL');
    await program.end(BOUND);
    expect(pids()).toHaveLength(2);
    await until(() => pids().every((pid) => !isRunning(pid)), 'both are gone', BOUND);
  });

  it('Ctrl-Z stops the workers too, and they continue with the program', async () => {
    const { program, pids } = start('macos', 'killed');
    await program.printed('busy', BOUND);
    await until(() => reaperOf(program.pid) !== undefined, 'the reaper runs', BOUND);
    process.kill(program.pid, 'SIGSTOP');
    await until(() => pids().every((pid) => stateOf(pid) === 'T'), 'the worker and its process are stopped', BOUND);
    process.kill(program.pid, 'SIGCONT');
    await until(() => pids().every((pid) => stateOf(pid) !== 'T'), 'they run again', BOUND);
    expect(pids()).toHaveLength(2);
    process.kill(program.pid, 'SIGKILL');
    await program.end(BOUND);
    await until(() => pids().every((pid) => !isRunning(pid)), 'both are gone', BOUND);
  });

  it('the number of CPUs is what the system says: it has neither affinity nor cgroups', () => {
    const counts = fileURLToPath(new URL('./fixtures/counts-cpus.mjs', import.meta.url));
    const { TWINPOOL_CPU_COUNT: _, ...env } = process.env;
    const counted = JSON.parse(execFileSync(process.execPath, [...MACOS, counts], { encoding: 'utf8', env, timeout: BOUND }));
    const all = availableParallelism();
    expect(counted).toEqual({ cpuCount: all, processes: all, threads: all });
  });
});
