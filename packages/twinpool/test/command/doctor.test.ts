import { describe, it } from '@twinpool/testkit/sample';
import { expect } from 'vitest';
import { hazardsOf } from '../../src/command/doctor-hazards.ts';
import { command, scratchFolder } from './run-command.ts';

describe('twinpool doctor', () => {
  it('--json has what the machine has', async () => {
    const { code, output, errors } = await command(['doctor', '--json'], {
      env: { TWINPOOL_CPU_COUNT: '3', NODE_OPTIONS: '--no-deprecation' },
    });
    expect([code, errors, output.split('\n').length]).toEqual([0, '', 2]);
    expect(JSON.parse(output)).toEqual({
      cpus: { count: 3, decidedBy: 'TWINPOOL_CPU_COUNT' },
      memory: expect.any(Number),
      node: { version: process.versions.node, flags: ['--no-deprecation'] },
      start: { process: expect.any(Number), thread: expect.any(Number) },
      memoryFileSystem: process.platform === 'linux' ? expect.toBeOneOf(['/dev/shm', null]) : null,
      loader: null,
      hazards: expect.any(Array),
    });
  });

  it('is readable, and names loaders', async () => {
    const { code, output } = await command(['doctor'], { flags: ['--import', 'data:text/javascript,'] });
    expect(code).toBe(0);
    expect(output).toMatch(
      /^CPUs +\d+ \(decided by \w+\)\n[\s\S]*\nstart of a process +[\d.]+ ms\n[\s\S]*\nloader +data:text\/javascript,\n/,
    );
  });

  it.each([
    [['--queue', 'x'], 2, '--queue: expected --connection URL with it'],
    [['--jsn'], 2, 'there is no option --jsn; did you mean --json?'],
    [['all'], 2, "expected options only, got 'all'"],
  ])('%j', async (args, code, message) => {
    const end = await command(['doctor', ...args], { cwd: scratchFolder() });
    expect(end).toEqual({ code, output: '', errors: `twinpool doctor: ${message}\n` });
  });

  it('an engine that is not reached is 1', async () => {
    const { code, errors } = await command(['doctor', '--connection', 'redis://127.0.0.1:1'], { cwd: scratchFolder() });
    expect([code, errors]).toEqual([1, expect.stringMatching(/^twinpool doctor: the engine was not reached: .*127\.0\.0\.1:1\n$/)]);
  });

  it('a number of CPUs that is wrong, and workers that cannot start, are 1', async () => {
    const { code, errors } = await command(['doctor'], { env: { TWINPOOL_CPU_COUNT: 'all' } });
    expect([code, errors]).toEqual([1, expect.stringContaining("TWINPOOL_CPU_COUNT: expected a positive integer, got 'all'")]);
  });

  it('names hazards', () => {
    const calm = { workers: 1, memory: 8e9, memoryFileSystem: '/', start: { process: 50, thread: 20 }, env: {}, flags: [] };
    const found = (change: object): string => hazardsOf({ ...calm, ...change }).join('\n');
    expect(found({ env: { TWINPOOL_INLINE: '1' } })).toContain('TWINPOOL_INLINE=1');
    expect(found({ flags: ['--permission'] })).toContain('--permission');
    expect(found({ memory: 100e6, workers: 8 })).toContain('95 MiB of memory for 8 worker processes');
    expect(found({ start: { process: 2_000, thread: null } })).toContain('a process takes 2000 ms to start');
  });
});
