/**
 * Tests the ends of worker processes on a simulated Windows: fixtures/platform/as-windows.mjs takes away what Windows lacks, and puts a `taskkill` in the
 * PATH. What only Windows has, such as its pipes, is not simulated.
 */
import { childrenOf, isRunning, until } from '@twinpool/testkit';
import { describe, it } from '@twinpool/testkit/sample';
import { expect } from 'vitest';
import { BOUND, start } from './simulated-platform.ts';

describe('on Windows, a busy worker and the processes that it has started are ended', () => {
  it.each([
    ['limit', 'TaskTimeoutError'],
    ['abort', 'CancelledError'],
    ['terminate', 'BrokenProcessPoolError'],
    ['exit', 'busy'],
  ])('by %s', async (how, output) => {
    const { program, pids } = start('windows', how);
    expect(await program.end(BOUND)).toEqual({ code: 0, signal: null });
    expect(program.errors).toBe('');
    expect(program.output).toContain(output);
    if (how === 'limit' || how === 'abort') expect(program.output).toContain('16');
    expect(pids()).toHaveLength(2);
    await until(() => pids().every((pid) => !isRunning(pid)), 'both are gone', BOUND);
  });

  it('by the end of a program that is killed', async () => {
    const { program, pids } = start('windows', 'killed');
    await program.printed('busy', BOUND);
    await until(() => childrenOf(program.pid).length > 1, 'the reaper runs', BOUND);
    // Since the program has started the reaper, its event loop has turned: the reaper knows the worker.
    process.kill(program.pid, 'SIGUSR2');
    await program.printed('turned', BOUND);
    process.kill(program.pid, 'SIGKILL');
    await program.end(BOUND);
    expect(pids()).toHaveLength(2);
    await until(() => pids().every((pid) => !isRunning(pid)), 'both are gone', BOUND);
  });
});
