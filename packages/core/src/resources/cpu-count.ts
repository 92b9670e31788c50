/**
 * Counts the CPUs that this process may use: the default number of workers.
 *
 *   TWINPOOL_CPU_COUNT, else the smallest of os.availableParallelism(), the CPU affinity, and the CPU quotas of all cgroups on the path
 *
 * Nothing is kept between calls: quotas and the environment change while a program runs.
 */
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { OptionsError } from '../errors.ts';
import { affineCpus } from './affine-cpus.ts';
import { cgroupCpus } from './cgroup-cpus.ts';

const VARIABLE = 'TWINPOOL_CPU_COUNT';

/**
 * Counts the CPUs that this process may use. It is the default number of workers of pools, executors and runtimes.
 *
 * The count is the smallest of `os.availableParallelism()`, the CPU affinity and the CPU quota of every cgroup (v1 and v2, rounded up) that the
 * process is in: 1 in a container with `--cpus=0.5`. The environment variable `TWINPOOL_CPU_COUNT` overrides all of these. It reads some small
 * files at each call, about 0.1 ms.
 *
 * @returns The number of CPUs, at least 1.
 * @throws OptionsError when `TWINPOOL_CPU_COUNT` is set to anything but a positive integer.
 * @see https://docs.python.org/3/library/os.html#os.process_cpu_count
 *
 * @example
 * ```ts
 * import { cpuCount, Pool } from 'twinpool';
 *
 * // One CPU is left to the program itself.
 * await using pool = new Pool(Math.max(1, cpuCount() - 1));
 * console.log(await pool.map((x: number) => x ** 2, [1, 2, 3]));
 * ```
 */
export function cpuCount(): number {
  const given = Object.hasOwn(process.env, VARIABLE) ? process.env[VARIABLE] : undefined;
  if (given !== undefined) return parsed(given);
  const available = availableParallelism();
  return process.platform === 'linux' ? Math.max(1, Math.min(available, affineCpus(), cgroupCpus())) : available;
}

function parsed(given: string): number {
  const count = /^\d+$/.test(given) ? Number(given) : 0;
  if (Number.isSafeInteger(count) && count >= 1) return count;
  const message = `expected a positive integer, got '${given}'; unset the variable to count the CPUs that this process may use`;
  throw new OptionsError(`the environment variable ${VARIABLE}: ${message}`, [{ path: VARIABLE, message }]);
}

/** The CPUs that a poll may count on. `availableParallelism()` does not see the CPU quota of a container. */
export function cpusToPoll(): number {
  try {
    return cpuCount();
  } catch {
    // TWINPOOL_CPU_COUNT is malformed. It is reported where the number of workers follows from it.
    return availableParallelism();
  }
}
