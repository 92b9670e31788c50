/** Makes cgroups of the system for tests, v1 or v2, and runs programs in them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PATIENCE } from '@twinpool/testkit';
import { onTestFinished, type TestContext } from 'vitest';

/** The file of the limit, and its text, in both versions. */
const LIMITS = {
  cpu: { v1: 'cpu.cfs_quota_us', v2: 'cpu.max', textOf: (cpus: number, isV2: boolean) => `${cpus * 100_000}${isV2 ? ' 100000' : ''}` },
  memory: { v1: 'memory.limit_in_bytes', v2: 'memory.max', textOf: (bytes: number) => `${bytes}` },
} as const;

/** The folder of a new cgroup with a limit: CPUs, or bytes. Skips the test where this machine lets none be made. */
export function cgroupOf(context: TestContext, controller: 'cpu' | 'memory', limit: number): string {
  const mounts = process.platform === 'linux' ? readFileSync('/proc/self/mountinfo', 'utf8').split('\n') : [];
  const { v1, v2, textOf } = LIMITS[controller];
  for (const line of mounts) {
    const [, mount = '', type, options = ''] = /^\S+ \S+ \S+ \S+ (\S+) .* - (\S+) \S+ (\S+)$/.exec(line) ?? [];
    const made =
      type === 'cgroup2'
        ? newCgroup(mount, v2, textOf(limit, true))
        : type === 'cgroup' && options.split(',').includes(controller)
          ? newCgroup(mount, v1, textOf(limit, false))
          : undefined;
    if (made !== undefined) return made;
  }
  return context.skip(`this machine lets no cgroup with a limit of ${controller} be made`);
}

function newCgroup(mount: string, file: string, text: string): string | undefined {
  const folder = join(mount, `twinpool-test-${process.pid}`);
  try {
    mkdirSync(folder);
  } catch {
    return undefined;
  }
  try {
    writeFileSync(join(folder, file), text);
  } catch {
    rmdirSync(folder);
    return undefined;
  }
  onTestFinished(() => rmdirSync(folder));
  return folder;
}

/** Runs a program to its end, and returns what it prints. Its shell enters the cgroup before it becomes the program. */
export function runIn(program: string, cgroup: string | undefined, env: Record<string, string> = {}): string {
  const enter = cgroup === undefined ? '' : `echo $$ > '${cgroup}/cgroup.procs' && `;
  return execFileSync('sh', ['-c', `${enter}exec '${process.execPath}' '${program}'`], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: PATIENCE,
  });
}
