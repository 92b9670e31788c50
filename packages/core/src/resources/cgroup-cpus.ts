/**
 * Reads how many CPUs the cgroups of this process allow: the smallest CPU quota on the path of the process, in cgroup v1 and v2.
 *
 *   folders (cgroup-folders.ts) --cpu.max (v2), cpu.cfs_quota_us / cpu.cfs_period_us (v1)--> the smallest quota
 *
 * Invariants: a file that is missing, unreadable or malformed sets no limit. Weights and shares set no limit either: they order who runs first
 * on a busy machine. It does not know how many CPUs the machine has.
 */
import { type CgroupFolder, cgroupFolders, contentOf } from './cgroup-folders.ts';

const DEFAULT_PERIOD = '100000';

/**
 * @param root - The folder that stands for `/`. Default: the file system of this process.
 * @returns The smallest quota, rounded up to whole CPUs: at least 1. `Infinity` where no quota is set.
 */
export function cgroupCpus(root = ''): number {
  let cpus = Number.POSITIVE_INFINITY;
  for (const folder of cgroupFolders('cpu', root)) cpus = Math.min(cpus, quotaOf(folder));
  return cpus;
}

function quotaOf({ version, folder }: CgroupFolder): number {
  const [quota, period = DEFAULT_PERIOD] =
    version === 2
      ? (contentOf(`${folder}/cpu.max`)?.trim().split(' ') ?? [])
      : [contentOf(`${folder}/cpu.cfs_quota_us`)?.trim(), contentOf(`${folder}/cpu.cfs_period_us`)?.trim()];
  const cpus = Math.ceil(Number(quota) / Number(period));
  return cpus >= 1 ? cpus : Number.POSITIVE_INFINITY;
}
