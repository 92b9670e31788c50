/** Tests cpuCount as the default number of workers: its variable, the affinity, and programs in a real cgroup with a quota. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { describe, test } from '@twinpool/testkit/sample';
import { cpuCount, OptionsError, Pool, ProcessPoolExecutor, ThreadPool, ThreadPoolExecutor, WorkerRuntime } from 'twinpool';
import { afterEach, expect, onTestFinished, vi } from 'vitest';
import { cgroupOf, runIn } from './real-cgroup.ts';

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
      expect(countIn({}, cgroupOf(context, 'cpu', quota))).toEqual({ cpuCount: expected, processes: expected, threads: expected });
    });
  }

  test('below a cgroup with a quota', (context) => {
    const inner = join(cgroupOf(context, 'cpu', 1), 'inner');
    mkdirSync(inner);
    onTestFinished(() => rmdirSync(inner));
    expect(countIn({}, inner)).toEqual({ cpuCount: 1, processes: 1, threads: 1 });
  });
});

/** What a new program counts. */
function countIn(env: Record<string, string>, cgroup?: string): unknown {
  return JSON.parse(runIn(PROGRAM, cgroup, env));
}

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
