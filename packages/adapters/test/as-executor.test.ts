// Tests asExecutor: an executor on the workers of a pool.
import { inspect } from 'node:util';
import { asExecutor, asPool } from '@twinpool/adapters';
import {
  asCompleted,
  BrokenExecutorError,
  BrokenProcessPoolError,
  BrokenThreadPoolError,
  CancelledError,
  Executor,
  ExecutorShutdownError,
  ProcessPoolExecutor,
  QueueFullError,
  TaskTimeoutError,
  ThreadPoolExecutor,
  WorkerLostError,
  WorkerRuntime,
  wait,
} from '@twinpool/executor';
import { type Pool, PoolClosedError, PoolTerminatedError } from '@twinpool/pool';
import { failure, makeGate } from '@twinpool/testkit';
import { exitWith } from '@twinpool/testkit/faults';
import { describe, test } from '@twinpool/testkit/sample';
import { add, mark, spinUntilAborted, square } from '@twinpool/testkit/tasks';
import { expect, onTestFinished } from 'vitest';
import { holdOnce, holdWorker, spinAndMark } from './fixtures/tasks.mjs';
import { busyPool, Endless, holding, KINDS, poolFor, range, workersBy } from './kit.ts';

describe.each(KINDS)('asExecutor of a pool of kind $kind', (kind) => {
  const isThreads = kind.kind === 'thread';

  test('is an executor of that kind', async () => {
    const executor = asExecutor(poolFor(kind));
    expect(executor).toBeInstanceOf(Executor);
    expect(executor).toBeInstanceOf(isThreads ? ThreadPoolExecutor : ProcessPoolExecutor);
    expect(await executor.submit(add, 1, 2)).toBe(3);
    expect(await executor.map(add, [1, 2, 3], [10, 20, 30]).toArray()).toEqual([11, 22, 33]);
    expect(await executor.withOptions({ priority: 1 }).submit((text: string) => `${text}!`, 'inline')).toBe('inline!');
    const futures = range(3).map((x) => executor.submit(square, x));
    expect((await wait(futures)).done).toEqual(new Set(futures));
    for await (const future of asCompleted(futures)) expect(future.done()).toBe(true);
  });

  test('runs on the workers of the pool, and starts none', async () => {
    const pool = poolFor(kind);
    const executor = asExecutor(pool);
    const byPool = await workersBy((fn, gate, label) => pool.apply(fn, [gate, label]));
    const byExecutor = await workersBy((fn, gate, label) => executor.submit(fn, gate, label));
    expect(byPool.size).toBe(2);
    expect(byExecutor).toEqual(byPool);
    expect(pool.stats()).toMatchObject({ workers: 2, lostWorkers: 0 });
    expect((executor as ProcessPoolExecutor).stats()).toMatchObject({ kind: kind.kind, workers: 2 });
  });

  test('takes turns with the pool', async () => {
    const pool = poolFor(kind, { processes: 1 });
    const gate = makeGate();
    const held = pool.applyAsync(holdOnce, [gate.path]);
    await holding(gate);
    const backlog = pool.starmapAsync(
      spinAndMark<string>,
      range(40).map((i): [string, string] => [gate.path, `pool ${i}`]),
    );
    const mine = asExecutor(pool).submit(mark<string>, gate.path, 'executor');
    gate.open();
    await Promise.all([held, backlog, mine]);
    expect(gate.labels().indexOf('executor')).toBeLessThan(gate.labels().indexOf('pool 39'));
  });

  test('the settings of the pool hold for it', async () => {
    const pool = poolFor(kind, { processes: 1, name: 'img', taskTimeout: 200, killGrace: 50, maxQueue: 1 });
    const executor = asExecutor(pool);
    const gate = makeGate();
    const slow = executor.submit(spinUntilAborted, gate.path);
    await holding(gate);
    const waiting = executor.submit(square, 2);
    expect(await failure(executor.submit(square, 3))).toBeInstanceOf(QueueFullError);
    expect(await failure(slow)).toBeInstanceOf(TaskTimeoutError);
    expect(await waiting).toBe(4);
    await executor.shutdown();
    expect(() => executor.submit(square, 1)).toThrow(/ of img: /);
  });

  test('the settings of a pool on a shared runtime hold for it too', async () => {
    await using runtime = new WorkerRuntime({ kind: kind.kind, workers: 2 });
    const pool = new kind.Pool({ runtime, processes: 1, maxQueue: 1 });
    const executor = asExecutor(pool);
    const gate = makeGate();
    const first = executor.submit(holdWorker<string>, gate.path, 'first');
    await holding(gate);
    const second = executor.submit(holdWorker<string>, gate.path, 'second');
    expect(await failure(executor.submit(square, 1))).toBeInstanceOf(QueueFullError);
    expect(gate.labels()).toEqual(['first']);
    gate.open();
    expect(await Promise.all([first, second])).toEqual(['first', 'second']);
  });

  test('a lost worker fails the task that ran there, and no other task', async () => {
    const pool = poolFor(kind);
    const executor = asExecutor(pool);
    const gate = makeGate();
    const kept = pool.applyAsync(holdWorker<string>, [gate.path, 'kept']);
    await holding(gate);
    expect(await failure(executor.submit(exitWith, gate.path, 3))).toBeInstanceOf(WorkerLostError);
    gate.open();
    expect(await Promise.all([kept, executor.submit(square, 5)])).toEqual(['kept', 25]);
  });

  describe('its own end', () => {
    test('shutdown() ends its work only, and leaves the workers', async () => {
      const pool = poolFor(kind);
      const executor = asExecutor(pool);
      const before = await workersBy((fn, gate, label) => pool.apply(fn, [gate, label]));
      const gate = makeGate();
      const [ours, theirs] = [
        executor.submit(holdWorker<string>, gate.path, 'ours'),
        pool.applyAsync(holdWorker<string>, [gate.path, 'theirs']),
      ];
      await holding(gate, 2);
      const shut = executor.shutdown();
      expect(() => executor.submit(square, 1)).toThrow(ExecutorShutdownError);
      const more = pool.applyAsync(square, [6]);
      gate.open();
      await shut;
      expect(await Promise.all([ours, theirs, more])).toEqual(['ours', 'theirs', 36]);
      expect(await workersBy((fn, path, label) => pool.apply(fn, [path, label]))).toEqual(before);
    });

    test('terminateWorkers() ends its own tasks by force, and no other tasks', async () => {
      const pool = poolFor(kind);
      const executor = asExecutor(pool);
      const gate = makeGate();
      const running = executor.submit(holdWorker<string>, gate.path, 'running');
      const theirs = pool.applyAsync(holdWorker<string>, [gate.path, 'theirs']);
      await holding(gate, 2);
      const waiting = executor.submit(square, 1);
      const later = pool.applyAsync(square, [7]);
      await executor.terminateWorkers();
      expect(await running.exception()).toBeInstanceOf(BrokenExecutorError);
      expect(waiting.cancelled()).toBe(true);
      expect(theirs.ready()).toBe(false);
      gate.open();
      expect(await Promise.all([theirs, later])).toEqual(['theirs', 49]);
    });

    test('the end of its scope waits for its work, and two adapters end apart', async () => {
      const pool = poolFor(kind);
      const other = asExecutor(pool);
      let future: PromiseLike<number>;
      {
        await using executor = asExecutor(pool);
        future = executor.submit(square, 3);
      }
      expect(await future).toBe(9);
      expect(await other.submit(square, 4)).toBe(16);
      expect(await pool.apply(square, [5])).toBe(25);
    });
  });

  describe('the end of the pool', () => {
    test('terminate() fails what is open with the executor’s own error, whose cause is the pool’s', async () => {
      const pool = poolFor(kind, { processes: 1 });
      const executor = asExecutor(pool);
      const gate = makeGate();
      const running = executor.submit(holdWorker<string>, gate.path, 'running');
      await holding(gate);
      const waiting = executor.submit(square, 1);
      const iterator = executor.map(square, [1, 2, 3]);
      pool.terminate();
      for (const future of [running, waiting]) {
        expect(future.done()).toBe(true);
        const error = await future.exception();
        expect(error).toBeInstanceOf(isThreads ? BrokenThreadPoolError : BrokenProcessPoolError);
        expect((error as Error).cause).toBeInstanceOf(PoolTerminatedError);
      }
      expect(await failure(iterator.next())).toBeInstanceOf(BrokenExecutorError);
      expect(() => executor.submit(square, 1)).toThrow(ExecutorShutdownError);
      await pool.join();
      await executor.shutdown();
    });

    test('after close() it takes no new work, and what it had accepted finishes', async () => {
      const pool = poolFor(kind, { processes: 1 });
      const executor = asExecutor(pool);
      const gate = makeGate();
      const running = executor.submit(holdWorker<string>, gate.path, 'running');
      await holding(gate);
      const waiting = executor.submit(square, 3);
      pool.close();
      expect(() => executor.submit(square, 1)).toThrow(ExecutorShutdownError);
      expect(() => executor.map(square, [1])).toThrow(ExecutorShutdownError);
      const joined = pool.join();
      gate.open();
      await joined;
      expect([await running, await waiting]).toEqual(['running', 9]);
    });

    test('close() ends its lazy maps: what was accepted is delivered, then ExecutorShutdownError', async () => {
      const pool = poolFor(kind);
      const input = new Endless();
      const iterator = asExecutor(pool).map(square, input, { buffersize: 3 });
      expect(await iterator.next()).toEqual({ done: false, value: 0 });
      const { pulled } = input;
      pool.close();
      expect(input.isClosed).toBe(true);
      for (let x = 1; x < pulled; x++) expect(await iterator.next()).toEqual({ done: false, value: x * x });
      expect(await failure(iterator.next())).toBeInstanceOf(ExecutorShutdownError);
      await pool.join();
    });

    test('a pool on a shared runtime ends its own work only', async () => {
      const runtime = new WorkerRuntime({ kind: kind.kind, workers: 2 });
      onTestFinished(() => runtime.terminate());
      const pool = new kind.Pool({ runtime });
      const executor = asExecutor(pool);
      const gate = makeGate();
      const future = executor.submit(holdWorker<string>, gate.path, 'kept');
      await holding(gate);
      pool.terminate();
      await pool.join();
      gate.open();
      expect(await future).toBe('kept');
      expect(await executor.submit(square, 3)).toBe(9);
      await runtime.close();
      expect(() => executor.submit(square, 3)).toThrow(ExecutorShutdownError);
    });

    test('a runtime that is terminated fails both in their own words', async () => {
      const runtime = new WorkerRuntime({ kind: kind.kind, workers: 1 });
      const pool = new kind.Pool({ runtime });
      const executor = asExecutor(pool);
      const gate = makeGate();
      const [result, future] = [pool.applyAsync(holdWorker<string>, [gate.path, 'held']), executor.submit(square, 1)];
      await holding(gate);
      await runtime.terminate();
      expect(await result.exception()).toBeInstanceOf(PoolTerminatedError);
      expect(await future.exception()).toBeInstanceOf(isThreads ? BrokenThreadPoolError : BrokenProcessPoolError);
    });
  });

  test('an adapter of an adapter stands beside it', async () => {
    const pool = poolFor(kind);
    const first = asExecutor(pool);
    const again = asExecutor(asPool(first));
    await first.shutdown();
    expect(await again.submit(square, 3)).toBe(9);
  });

  test('a closed pool cannot be adapted', async () => {
    const closed = poolFor(kind);
    closed.close();
    expect(() => asExecutor(closed)).toThrow(PoolClosedError);
    await using runtime = new WorkerRuntime({ kind: kind.kind, workers: 1 });
    const terminated = new kind.Pool({ runtime });
    terminated.terminate();
    expect(() => asExecutor(terminated)).toThrow(PoolClosedError);
    await terminated.join();
  });

  test('cancelling works as in any executor', async () => {
    const { pool, gate } = await busyPool(kind);
    const executor = asExecutor(pool);
    const future = executor.submit(square, 1);
    expect([future.cancel(), future.cancelled()]).toEqual([true, true]);
    const controller = new AbortController();
    const aborted = executor.withOptions({ signal: controller.signal }).submit(square, 2);
    controller.abort();
    expect(await failure(aborted)).toBeInstanceOf(CancelledError);
    gate.open();
  });
});

test('asExecutor throws for a value that is not a pool', async () => {
  await using executor = new ThreadPoolExecutor(1);
  for (const wrong of [undefined, null, 2, {}, executor, () => 1]) expect(() => asExecutor(wrong as unknown as Pool)).toThrow(TypeError);
  expect(() => asExecutor(executor as never)).toThrow(/^asExecutor: expected a Pool or a ThreadPool, got /);
  const pool = asPool(executor);
  expect(() => asExecutor(pool.withOptions({}) as Pool)).toThrow(TypeError);
  expect(inspect(pool)).toContain('ThreadPool of ThreadPoolExecutor');
});
