import { cpus } from 'node:os';
import { expect, it, vi } from 'vitest';
import { cpuDecision } from '../src/resources/cpu-decision.ts';

it('names what decides', () => {
  vi.stubEnv('TWINPOOL_CPU_COUNT', '7');
  expect(cpuDecision()).toEqual({ count: 7, decidedBy: 'TWINPOOL_CPU_COUNT' });
  vi.unstubAllEnvs();
  // No file system has this folder, so nothing but the machine sets a limit.
  const { count, decidedBy } = cpuDecision('/missing');
  expect([count >= 1 && count <= cpus().length, decidedBy]).toEqual([true, 'machine']);
});
