/** Tests `maxMemoryPerChild`, and what a WorkerLostError says of memory. */
import { fileURLToPath } from 'node:url';
import { makeGate, until } from '@twinpool/testkit';
import { expectWarning } from '@twinpool/testkit/leak-check';
import { describe, test } from '@twinpool/testkit/sample';
import { mark, square } from '@twinpool/testkit/tasks';
import {
  OptionsError,
  Pool,
  ProcessPoolExecutor,
  ThreadPool,
  ThreadPoolExecutor,
  transfer,
  WorkerLostError,
  WorkerRuntime,
} from 'twinpool';
import { expect } from 'vitest';
import { arrays, keep, leak, leakLater, strings, workerId } from './fixtures/memory/tasks.mjs';
import { cgroupOf, runIn } from './real-cgroup.ts';

const MB = 2 ** 20;
const LEAK = 5 * MB;
/** Leaked memory takes a little more than its bytes, and garbage comes and goes. */
const SLACK = 4 * MB;

const KINDS = [
  // A fresh process takes 40 to 60 MB, a fresh thread 5 to 10.
  ['process', ProcessPoolExecutor, Pool, 120 * MB],
  ['thread', ThreadPoolExecutor, ThreadPool, 60 * MB],
] as const;

describe.each(KINDS)('%s', (kind, Executor, PoolClass, limit) => {
  const each = Number(process.env['LEAKS'] ?? 60);

  test.each([
    ['calls', undefined],
    ['a map', 1],
    ['a map in chunks of 7', 7],
  ] as const)('a task that leaks stays below the limit plus one task, and none is lost: %s', async (_how, chunksize) => {
    await using executor = new Executor({ maxWorkers: 2, maxMemoryPerChild: limit });
    const sizes = Array.from({ length: each }, () => LEAK);
    const seen =
      chunksize === undefined
        ? await Promise.all(sizes.map((bytes) => executor.submit(leak, bytes)))
        : await executor.map(leak, sizes, { chunksize }).toArray();
    expect(seen.length).toBe(each);
    expect(Math.max(...seen.map(({ used }) => used))).toBeLessThanOrEqual(limit + LEAK + SLACK);
    const workers = new Set(seen.map(({ workerId }) => workerId)).size;
    expect(workers).toBeGreaterThan(2);
    expect(executor.stats()).toMatchObject({ lostWorkers: 0, failed: 0, completed: each });
    expect(executor.stats().retiredForMemory).toBeGreaterThanOrEqual(workers - 2);
  });

  test('asynchronous tasks, and tasks that fail, count too', async () => {
    await using executor = new Executor({ maxWorkers: 1, maxMemoryPerChild: limit });
    const seen: number[] = [];
    while (executor.stats().retiredForMemory === 0) seen.push((await executor.submit(leakLater, LEAK)).used);
    expect(Math.max(...seen)).toBeLessThanOrEqual(limit + LEAK + SLACK);
    const before = executor.stats().retiredForMemory;
    const fails = (bytes: number): never => {
      (globalThis as { kept?: unknown[] }).kept = [...((globalThis as { kept?: unknown[] }).kept ?? []), Buffer.alloc(bytes, 1)];
      throw new Error('no');
    };
    for (let i = 0; executor.stats().retiredForMemory === before; i++) {
      expect(i).toBeLessThan(50);
      await executor.submit(fails, 4 * LEAK).exception();
    }
    expect(executor.stats().lostWorkers).toBe(0);
  });

  test('what was handed over ahead runs in the next worker, in order and once [F-107]', async () => {
    const gate = makeGate();
    await using pool = new PoolClass({ processes: 1, maxMemoryPerChild: limit });
    // Measured as short: many are handed over together.
    await pool.map(
      square,
      Array.from({ length: 500 }, (_, i) => i),
    );
    for (let i = 0; i < 20; i++) await pool.apply(mark, [gate.path, 'warm']);
    const first = await pool.apply(workerId);
    const big = pool.apply(leak, [limit]);
    const marks = Array.from({ length: 30 }, (_, i) => pool.apply(mark, [gate.path, i]));
    await Promise.all([big, ...marks]);
    expect(gate.labels().slice(20)).toEqual(Array.from({ length: 30 }, (_, i) => String(i)));
    expect(await pool.apply(workerId)).toBeGreaterThan(first);
    expect(pool.stats()).toMatchObject({ retiredForMemory: 1, lostWorkers: 0 });
  });

  test('a limit below a fresh worker gives one warning that names its size, and each worker runs one task', async () => {
    expectWarning(/maxMemoryPerChild is 1000 bytes, and a fresh worker \w+ uses \d{6,}/);
    await using executor = new Executor({ maxWorkers: 1, maxMemoryPerChild: 1000 });
    const ids = [await executor.submit(workerId), await executor.submit(workerId), await executor.submit(workerId)];
    expect(ids).toEqual([1, 2, 3]);
    await until(() => executor.stats().retiredForMemory === 3, 'three workers that were retired');
  });

  test('the finalizer runs in a worker that is retired', async () => {
    const gate = makeGate();
    await using executor = new Executor({
      maxWorkers: 1,
      maxMemoryPerChild: limit,
      finalizer: mark<string>,
      finalargs: [gate.path, 'end'],
    });
    await executor.submit(leak, limit);
    await until(() => gate.labels().length === 1, 'the finalizer');
    expect(await executor.submit(square, 3)).toBe(9);
    await executor.shutdown();
    expect(gate.labels()).toEqual(['end', 'end']);
  });

  test('a worker that uses less is not replaced', async () => {
    await using executor = new Executor({ maxWorkers: 1, maxMemoryPerChild: 2 ** 40 });
    for (let i = 0; i < 50; i++) await executor.submit(leak, 1000);
    expect(await executor.submit(workerId)).toBe(1);
    expect(executor.stats().retiredForMemory).toBe(0);
  });

  test('WorkerLostError.memory is what the worker used after its last task', async () => {
    await using executor = new Executor({ maxWorkers: 1 });
    const first = (await executor.submit(() => process.exit(3)).exception()) as WorkerLostError;
    expect(first).toBeInstanceOf(WorkerLostError);
    expect([first.memory, first.outOfMemory]).toEqual([undefined, undefined]);
    const { used } = await executor.submit(leak, 50 * MB);
    const second = (await executor.submit(() => process.exit(3)).exception()) as WorkerLostError;
    expect(second.memory).toBeGreaterThan(used * 0.8);
    expect(second.memory).toBeLessThan(used * 1.2);
    expect(second.outOfMemory).toBe(undefined);
  });

  test.each([
    ['arrays', arrays],
    ['strings', strings],
  ])('a task that allocates %s without end runs out of memory, and the next task runs', async (_what, task) => {
    const stdio = kind === 'process' ? ({ stdio: 'ignore' } as const) : {};
    await using executor = new Executor({ maxWorkers: 1, resourceLimits: { maxOldGenerationSizeMb: 32 }, ...stdio });
    await executor.submit(square, 2);
    const error = (await executor.submit(task).exception()) as WorkerLostError;
    expect(error).toBeInstanceOf(WorkerLostError);
    expect(error.outOfMemory).toBe(true);
    expect(error.message).toContain('it ran out of memory');
    expect(error.memory).toBeGreaterThan(MB);
    expect(await executor.submit(square, 3)).toBe(9);
    expect(executor.stats().lostWorkers).toBe(1);
  });

  test('bad values are refused before anything starts', () => {
    for (const [bad, got] of [
      [0, '0'],
      [-1, '-1'],
      [1.5, '1.5'],
      [Number.POSITIVE_INFINITY, 'Infinity'],
      ['1', "'1'"],
    ] as const) {
      for (const make of [
        () => new Executor({ maxMemoryPerChild: bad as number }),
        () => new PoolClass({ maxMemoryPerChild: bad as number }),
        () => new WorkerRuntime({ kind, maxMemoryPerChild: bad as number }),
      ]) {
        expect(make).toThrow(OptionsError);
        expect(make).toThrow(
          `maxMemoryPerChild: expected a number of bytes, a whole number from 1 to ${Number.MAX_SAFE_INTEGER}, got ${got}`,
        );
      }
    }
    const runtime = new WorkerRuntime({ kind, workers: 1 });
    expect(() => new Executor({ runtime, maxMemoryPerChild: 1 })).toThrow(
      'maxMemoryPerChild: shapes workers, and these belong to the runtime',
    );
  });
});

test('moved arguments that were handed over ahead are not lost', async () => {
  await using executor = new ThreadPoolExecutor({ maxWorkers: 1, maxMemoryPerChild: 60 * MB });
  for (let i = 0; i < 20; i++) await executor.submit(keep, new ArrayBuffer(8), i);
  const futures = Array.from({ length: 60 }, (_, i) => {
    const buffer = new ArrayBuffer(3 * MB);
    return executor.submit(keep, transfer(buffer, [buffer]), i);
  });
  const seen = await Promise.all(futures);
  expect(seen.map(({ index }) => index)).toEqual(Array.from({ length: 60 }, (_, i) => i));
  expect(executor.stats()).toMatchObject({ lostWorkers: 0, failed: 0 });
  expect(executor.stats().retiredForMemory).toBeGreaterThan(0);
});

test.each([
  ['process.abort()', () => process.abort()],
  ['SIGKILL', () => process.kill(process.pid, 'SIGKILL')],
])('a process that ends by %s did not run out of memory', async (_how, task) => {
  await using executor = new ProcessPoolExecutor({ maxWorkers: 1, stdio: 'ignore' });
  const error = (await executor.submit(task as () => void).exception()) as WorkerLostError;
  expect(error).toBeInstanceOf(WorkerLostError);
  expect(error.outOfMemory).toBe(undefined);
});

test('a process that the kernel kills for its memory has run out of memory, and the next task runs [F-108]', (context) => {
  const cgroup = cgroupOf(context, 'memory', 220 * MB);
  const printed = JSON.parse(runIn(fileURLToPath(new URL('./fixtures/memory/killed-by-kernel.mjs', import.meta.url)), cgroup));
  expect(printed).toEqual({ name: 'WorkerLostError', signal: 'SIGKILL', outOfMemory: true, next: 42 });
});
