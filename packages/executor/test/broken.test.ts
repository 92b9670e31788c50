/** Lost workers, workers that cannot start, initializers, replacements: B5, B6, B9, for both kinds of worker. */
import {
  BrokenExecutorError,
  BrokenProcessPoolError,
  BrokenThreadPoolError,
  CancelledError,
  InitializerError,
  ProcessPoolExecutor,
  ThreadPoolExecutor,
  WorkerLostError,
  wait,
} from '@twinpool/executor';
import { failToStart, hold, place, remember, remembered, square } from '@twinpool/testkit/tasks';
import { describe, expect, onTestFinished, test } from 'vitest';
import { exitFirst } from './fixtures/tasks.mjs';
import { forTest, KINDS, makeGate } from './kit.ts';

describe.each(KINDS)('$name', (kind) => {
  const Broken = kind.kind === 'thread' ? BrokenThreadPoolError : BrokenProcessPoolError;

  test('test_initializer, test_init_func: runs in every worker, before its first task', async () => {
    const executor = forTest(kind, { initializer: remember, initargs: ['a', { b: 1 }] });
    expect(await Promise.all([1, 2, 3].map(() => executor.submit(remembered)))).toEqual(Array(3).fill(['a', { b: 1 }]));
  });

  test("FailingInitializerMixin, E-15: broken, with the initializer's error as the cause", async () => {
    const gate = makeGate();
    const executor = forTest(kind, { initializer: failToStart, initargs: [gate.path, 'not today'] });
    const futures = [executor.submit(square, 1), executor.submit(square, 2)];
    const cancelled = executor.submit(square, 3);
    cancelled.cancel();
    const results = executor.map(square, [1]);
    for (const future of futures) {
      const error = await future.exception();
      expect(error).toBeInstanceOf(Broken);
      expect(error).toMatchObject({ cause: expect.any(InitializerError), message: expect.stringContaining('not today') });
      expect(error).toHaveProperty('cause.cause.message', 'not today');
    }
    await expect(results.next()).rejects.toBeInstanceOf(Broken);
    expect(cancelled.cancelled()).toBe(true);
    // broken before shut down.
    for (const call of [() => executor.submit(square, 1), () => executor.map(square, [1])]) expect(call).toThrow(Broken);
    await executor.shutdown();
    expect(() => executor.submit(square, 1)).toThrow(Broken);
    await executor.terminateWorkers();
    await executor.killWorkers();
  });

  test('test_max_tasks_per_child, test_max_tasks_per_child_pending_tasks_gh115634: replaced after so many calls', async () => {
    const executor = forTest(kind, { maxWorkers: 1, maxTasksPerChild: 3 });
    const places = await Promise.all(Array.from({ length: 7 }, () => executor.submit(place)));
    expect(places.map(({ workerId }) => workerId)).toEqual([1, 1, 1, 2, 2, 2, 3]);
    expect(executor.stats().lostWorkers).toBe(0);
    expect(await executor.map(square, [1, 2, 3, 4, 5, 6]).toArray()).toEqual([1, 4, 9, 16, 25, 36]);
  });

  test("onWorkerLoss 'break', test_killed_child: everything open fails, and the executor is broken", async () => {
    const executor = forTest(kind, { onWorkerLoss: 'break' });
    const gate = makeGate();
    const neighbour = executor.submit(hold, gate.path, 'neighbour');
    await gate.entered();
    const futures = [executor.submit(() => process.exit(99)), ...[1, 2, 3].map((n) => executor.submit(hold, gate.path, n)), neighbour];
    const { done } = await wait(futures);
    expect(done.size).toBe(5);
    for (const future of futures) {
      const error = await future.exception();
      expect(error).toBeInstanceOf(Broken);
      expect(error).toHaveProperty('cause', expect.any(WorkerLostError));
      expect(error).toHaveProperty('cause.exitCode', 99);
    }
    expect(() => executor.submit(square, 1)).toThrow(Broken);
    await executor.shutdown();
  });

  test("onWorkerLoss 'retry': runs again, at most so often as it may", async () => {
    if (kind.kind === 'process') return;
    const executor = forTest(kind, { onWorkerLoss: 'retry', retries: 2 });
    const cells = () => new Int32Array(new SharedArrayBuffer(4));
    expect(await executor.submit(exitFirst, cells(), 2)).toBe('survived');
    expect(await executor.submit(exitFirst, cells(), 3).exception()).toBeInstanceOf(WorkerLostError);
    expect(await executor.withOptions({ retries: 0 }).submit(exitFirst, cells(), 1).exception()).toBeInstanceOf(WorkerLostError);
  });

  test('test_crash_big_data: large arguments, and workers that die', async () => {
    const executor = forTest(kind);
    const data = Buffer.alloc(2 ** 20, 1);
    const futures = Array.from({ length: 6 }, () => executor.submit((_: Buffer) => process.exit(1), data));
    for (const future of futures) expect(await future.exception()).toBeInstanceOf(BrokenExecutorError);
    expect(await executor.submit((bytes: Buffer) => bytes.length, data)).toBe(2 ** 20);
  });
});

test('test_crash_during_func_exec_on_worker: the signal is told', async () => {
  const executor = new ProcessPoolExecutor(1);
  onTestFinished(() => executor.terminateWorkers());
  const error = await executor.submit(() => process.kill(process.pid, 'SIGKILL')).exception();
  expect(error).toMatchObject({ name: 'WorkerLostError', signal: 'SIGKILL', exitCode: null });
  expect(await executor.submit(square, 2)).toBe(4);
});

test('test_killed_child from outside: only its task fails, and it is replaced', async () => {
  const executor = new ProcessPoolExecutor(2);
  onTestFinished(() => executor.terminateWorkers());
  const gate = makeGate();
  const futures = [1, 2].map((n) => executor.submit(hold, gate.path, n));
  const [victim] = await gate.entered(2);
  process.kill(victim?.pid as number, 'SIGKILL');
  const { done } = await wait(futures, { returnWhen: 'FIRST_EXCEPTION' });
  expect(done.size).toBe(1);
  gate.open();
  const outcomes = await Promise.allSettled(futures);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(executor.stats().lostWorkers).toBe(1);
});

test('cancelled futures are left alone by a break (E-14)', async () => {
  const executor = new ThreadPoolExecutor({ maxWorkers: 1, onWorkerLoss: 'break' });
  onTestFinished(() => executor.terminateWorkers());
  const lost = executor.submit(() => process.exit(1));
  const cancelled = executor.submit(square, 1);
  cancelled.cancel();
  await wait([lost]);
  await expect(cancelled).rejects.toBeInstanceOf(CancelledError);
});
