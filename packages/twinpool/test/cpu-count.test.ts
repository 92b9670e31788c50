/** Tests cpuCount as the default number of workers: its variable, the affinity, and programs in a real cgroup with a quota. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { cpuCount, OptionsError, Pool, ProcessPoolExecutor, ThreadPool, ThreadPoolExecutor, WorkerRuntime } from 'twinpool';
import { afterEach, describe, expect, onTestFinished, type TestContext, test, vi } from 'vitest';

const PROGRAM = fileURLToPath(new URL('./fixtures/counts-cpus.mjs', import.meta.url));
const PATIENCE = 30_000;

afterEach(() => vi.unstubAllEnvs());

test('at least 1, at most what the system says', () => {
  expect(Number.isInteger(cpuCount())).toBe(true);
  expect(cpuCount()).toBeGreaterThanOrEqual(1);
  expect(cpuCount()).toBeLessThanOrEqual(availableParallelism());
});

describe('TWINPOOL_CPU_COUNT', () => {
  test('overrides all, and is read anew for each runtime', () => {
    for (const count of [3, 7]) {
      vi.stubEnv('TWINPOOL_CPU_COUNT', String(count));
      expect(cpuCount()).toBe(count);
      expect(inspect(new ProcessPoolExecutor())).toContain(`maxWorkers: ${count},`);
      expect(inspect(new ThreadPoolExecutor())).toContain(`maxWorkers: ${count},`);
    }
    expect(countIn({ TWINPOOL_CPU_COUNT: '9' })).toEqual({ cpuCount: 9, processes: 9, threads: 9 });
  });

  test('is the default of a pool', async () => {
    vi.stubEnv('TWINPOOL_CPU_COUNT', '1');
    await using pool = new ThreadPool();
    expect(inspect(pool)).toContain('processes: 1,');
  });

  test.each(['', '0', '-1', '1.5', 'four', ' 2', '0x4', '1e1', '9'.repeat(20)])("'%s' is an OptionsError that names it", (value) => {
    vi.stubEnv('TWINPOOL_CPU_COUNT', value);
    for (const make of [
      cpuCount,
      () => new WorkerRuntime(),
      () => new Pool(),
      () => new ThreadPool({}),
      () => new ProcessPoolExecutor(),
      () => new ThreadPoolExecutor({}),
    ]) {
      const error = thrownBy(make) as OptionsError;
      expect(error).toBeInstanceOf(OptionsError);
      expect(error.message).toContain(`TWINPOOL_CPU_COUNT: expected a positive integer, got '${value}'`);
      expect(error.issues).toEqual([{ path: 'TWINPOOL_CPU_COUNT', message: expect.stringContaining(`'${value}'`) }]);
    }
  });

  test('a bad value does not matter where the number of workers is given', async () => {
    vi.stubEnv('TWINPOOL_CPU_COUNT', 'four');
    await using runtime = new WorkerRuntime({ workers: 1 });
    expect(inspect(new ProcessPoolExecutor({ runtime }))).toContain('maxWorkers: 1,');
  });

  test('more than a runtime takes is cut to the most that it takes', () => {
    vi.stubEnv('TWINPOOL_CPU_COUNT', '5000');
    expect(cpuCount()).toBe(5000);
    expect(inspect(new ProcessPoolExecutor())).toContain('maxWorkers: 1024,');
  });
});

test('the affinity of a program that taskset starts', (context) => {
  if (spawnSync('taskset', ['-c', '0', 'true']).status !== 0) context.skip('there is no taskset that works');
  const printed = execFileSync('taskset', ['-c', '0', process.execPath, PROGRAM], { encoding: 'utf8', timeout: PATIENCE });
  expect(JSON.parse(printed)).toEqual({ cpuCount: 1, processes: 1, threads: 1 });
});

describe('a program in a cgroup', () => {
  for (const [quota, expected] of [
    [0.5, 1],
    [1, 1],
    [1.5, Math.min(2, availableParallelism())],
  ] as const) {
    test(`with a quota of ${quota} CPUs`, (context) => {
      expect(countIn({}, cgroupOf(context, quota))).toEqual({ cpuCount: expected, processes: expected, threads: expected });
    });
  }

  test('below a cgroup with a quota', (context) => {
    const inner = join(cgroupOf(context, 1), 'inner');
    mkdirSync(inner);
    onTestFinished(() => rmdirSync(inner));
    expect(countIn({}, inner)).toEqual({ cpuCount: 1, processes: 1, threads: 1 });
  });
});

/** The folder of a new cgroup with a quota. Skips the test where this machine lets none be made. */
function cgroupOf(context: TestContext, cpus: number): string {
  const mounts = process.platform === 'linux' ? readFileSync('/proc/self/mountinfo', 'utf8').split('\n') : [];
  for (const line of mounts) {
    const [, mount = '', type, options = ''] = /^\S+ \S+ \S+ \S+ (\S+) .* - (\S+) \S+ (\S+)$/.exec(line) ?? [];
    const quota = `${cpus * 100_000}`;
    const made =
      type === 'cgroup2'
        ? newCgroup(mount, 'cpu.max', `${quota} 100000`)
        : type === 'cgroup' && options.split(',').includes('cpu')
          ? newCgroup(mount, 'cpu.cfs_quota_us', quota)
          : undefined;
    if (made !== undefined) return made;
  }
  return context.skip('this machine lets no cgroup with a CPU quota be made');
}

function newCgroup(mount: string, file: string, quota: string): string | undefined {
  const folder = join(mount, `twinpool-test-${process.pid}`);
  try {
    mkdirSync(folder);
  } catch {
    return undefined;
  }
  try {
    writeFileSync(join(folder, file), quota);
  } catch {
    rmdirSync(folder);
    return undefined;
  }
  onTestFinished(() => rmdirSync(folder));
  return folder;
}

/** What a new program counts. Its shell enters the cgroup before it becomes the program. */
function countIn(env: Record<string, string>, cgroup?: string): unknown {
  const enter = cgroup === undefined ? '' : `echo $$ > '${cgroup}/cgroup.procs' && `;
  const printed = execFileSync('sh', ['-c', `${enter}exec '${process.execPath}' '${PROGRAM}'`], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: PATIENCE,
  });
  return JSON.parse(printed);
}

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
