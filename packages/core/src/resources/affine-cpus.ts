/**
 * Reads on how many CPUs the kernel may run this process: its affinity, which `taskset`, cpusets and `docker run --cpuset-cpus` set.
 *
 * `os.availableParallelism()` of Node respects it as well; that of other runtimes need not. A file that is missing, unreadable or malformed
 * sets no limit.
 */
import { readFileSync } from 'node:fs';

/**
 * @param root - The folder that stands for `/`. Default: the file system of this process.
 * @returns The number of CPUs in the affinity mask; `Infinity` where it is unknown.
 */
export function affineCpus(root = ''): number {
  let status: string;
  try {
    status = readFileSync(`${root}/proc/self/status`, 'utf8');
  } catch {
    return Number.POSITIVE_INFINITY;
  }
  const list = /^Cpus_allowed_list:\s*(\d[\d,-]*)$/m.exec(status)?.[1];
  if (list === undefined) return Number.POSITIVE_INFINITY;
  let cpus = 0;
  for (const range of list.split(',')) {
    const [first, last = first] = range.split('-').map(Number);
    cpus += Number(last) - Number(first) + 1;
  }
  return cpus >= 1 ? cpus : Number.POSITIVE_INFINITY;
}
