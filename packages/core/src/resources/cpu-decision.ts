/**
 * Names what decides how many CPUs this process may use, for `twinpool doctor`.
 *
 * It has no part in the count itself: cpu-count.ts makes it.
 */
import { cpus } from 'node:os';
import process from 'node:process';
import { affineCpus } from './affine-cpus.ts';
import { cgroupCpus } from './cgroup-cpus.ts';
import { cpuCount } from './cpu-count.ts';

export interface CpuDecision {
  readonly count: number;
  readonly decidedBy: 'TWINPOOL_CPU_COUNT' | 'affinity' | 'cgroup' | 'machine';
}

/**
 * @param root - The folder that stands for `/`. Default: the file system of this process.
 * @throws OptionsError as `cpuCount()` does.
 */
export function cpuDecision(root = ''): CpuDecision {
  const count = cpuCount();
  if (Object.hasOwn(process.env, 'TWINPOOL_CPU_COUNT')) return { count, decidedBy: 'TWINPOOL_CPU_COUNT' };
  if (process.platform !== 'linux') return { count, decidedBy: 'machine' };
  const machine = cpus().length;
  const affine = affineCpus(root);
  if (cgroupCpus(root) < Math.min(machine, affine)) return { count, decidedBy: 'cgroup' };
  return { count, decidedBy: affine < machine ? 'affinity' : 'machine' };
}
