// Tests asPool: a pool on the workers of an executor.
import { asExecutor, asPool } from '@twinpool/adapters';
import { BrokenExecutorError, Executor, ExecutorShutdownError, Future, WorkerRuntime } from '@twinpool/executor';
import { type AsyncResult, Pool, PoolClosedError, PoolRunningError, PoolTerminatedError, ThreadPool } from '@twinpool/pool';
import { failure, makeGate } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { add, fail, square } from '@twinpool/testkit/tasks';
import { expect, onTestFinished } from 'vitest';
import { holdWorker } from './fixtures/tasks.mjs';
import { busyExecutor, Endless, executorFor, holding, KINDS, range, workersBy } from './kit.ts';

describe.each(KINDS)('asPool of an executor of kind $kind', (kind) => {
  const isThreads = kind.kind === 'thread';

  test('is a pool of that kind', async () => {
    const pool = asPool(executorFor(kind));
    expect(pool).toBeInstanceOf(Pool);
    expect(pool instanceof ThreadPool).toBe(isThreads);
    expect(await pool.apply(add, [1, 2])).toBe(3);
    expect(await pool.map(square, range(10))).toEqual(range(10).map((x) => x * x));
    expect(await pool.starmap(add, [[1, 2] as const, [3, 4] as const])).toEqual([3, 7]);
    const into = new Uint8Array(2);
    expect(await pool.withOptions({ priority: 1 }).map(square, [2, 3], { into })).toBe(into);
    expect([...into]).toEqual([4, 9]);
    const results: number[] = [];
    for await (const value of pool.imap(square, [1, 2, 3])) results.push(value);
    for await (const value of pool.imapUnordered(square, [4])) results.push(value);
    expect(results).toEqual([1, 4, 9, 16]);
    expect(await failure(pool.withOptions({ priority: 1 }).apply(fail, ['no']))).toBeInstanceOf(RangeError);
  });

  test('runs on the workers of the executor, and starts none', async () => {
    const executor = executorFor(kind);
    const pool = asPool(executor);
    const byExecutor = await workersBy((fn, gate, label) => executor.submit(fn, gate, label));
    const byPool = await workersBy((fn, gate, label) => pool.apply(fn, [gate, label]));
    expect(byExecutor.size).toBe(2);
    expect(byPool).toEqual(byExecutor);
    expect(pool.stats()).toMatchObject({ kind: kind.kind, workers: 2, lostWorkers: 0 });
  });

  test('workers that an executor has not started yet are started by it', async () => {
    const executor = executorFor(kind);
    expect(executor.stats().workers).toBe(0);
    expect(await asPool(executor).apply(square, [4])).toBe(16);
    expect(executor.stats().workers).toBe(1);
  });

  describe('its own end', () => {
    test('close() and join() wait for its work, and leave the workers', async () => {
      const executor = executorFor(kind);
      const pool = asPool(executor);
      const before = await workersBy((fn, gate, label) => executor.submit(fn, gate, label));
      const gate = makeGate();
      const [ours, theirs] = [
        pool.applyAsync(holdWorker<string>, [gate.path, 'ours']),
        executor.submit(holdWorker<string>, gate.path, 'theirs'),
      ];
      await holding(gate, 2);
      expect(await failure(pool.join())).toBeInstanceOf(PoolRunningError);
      pool.close();
      expect(() => pool.applyAsync(square, [1])).toThrow(PoolClosedError);
      const joined = pool.join();
      gate.open();
      await joined;
      expect([ours.ready(), await ours, await theirs]).toEqual([true, 'ours', 'theirs']);
      expect(await executor.submit(square, 6)).toBe(36);
      expect(await workersBy((fn, path, label) => executor.submit(fn, path, label))).toEqual(before);
    });

    test('terminate(), and so the end of its scope, ends its own tasks and no other tasks', async () => {
      const executor = executorFor(kind);
      const gate = makeGate();
      const theirs = executor.submit(holdWorker<string>, gate.path, 'theirs');
      const ours: AsyncResult<unknown>[] = [];
      {
        await using pool = asPool(executor);
        ours.push(pool.applyAsync(holdWorker<string>, [gate.path, 'ours']), pool.applyAsync(square, [1]));
        await holding(gate, 2);
      }
      for (const result of ours) expect(await result.exception()).toBeInstanceOf(PoolTerminatedError);
      expect(theirs.done()).toBe(false);
      gate.open();
      expect(await Promise.all([theirs, executor.submit(square, 7)])).toEqual(['theirs', 49]);
    });
  });

  describe('the end of the executor', () => {
    test('terminateWorkers() fails what is open with the pool’s own error, whose cause is the executor’s', async () => {
      const { executor, gate } = await busyExecutor(kind);
      const pool = asPool(executor);
      const results = [pool.applyAsync(square, [1]), pool.mapAsync(square, [1, 2])];
      const iterator = pool.imap(square, new Endless());
      await executor.terminateWorkers();
      for (const result of results) {
        const error = await result.exception();
        expect(error).toBeInstanceOf(PoolTerminatedError);
        expect((error as Error).cause).toBeInstanceOf(BrokenExecutorError);
      }
      expect(await failure(iterator.next())).toBeInstanceOf(PoolTerminatedError);
      expect(() => pool.applyAsync(square, [1])).toThrow(PoolClosedError);
      pool.close();
      await pool.join();
      gate.open();
    });

    test('after shutdown() it takes no new work, and what it had accepted finishes', async () => {
      const { executor, gate } = await busyExecutor(kind);
      const pool = asPool(executor);
      const accepted = pool.mapAsync(square, [1, 2, 3]);
      const shut = executor.shutdown();
      expect(await failure(pool.apply(square, [1]))).toBeInstanceOf(PoolClosedError);
      gate.open();
      await shut;
      expect(await accepted).toEqual([1, 4, 9]);
    });

    test('shutdown({ cancelFutures: true }) cancels nothing of the pool', async () => {
      const { executor, gate } = await busyExecutor(kind);
      const pool = asPool(executor);
      const [ours, theirs] = [pool.applyAsync(square, [3]), executor.submit(square, 4)];
      const shut = executor.shutdown({ cancelFutures: true });
      expect([theirs.cancelled(), ours.ready()]).toEqual([true, false]);
      gate.open();
      await shut;
      expect(await ours).toBe(9);
    });

    test('an executor on a shared runtime ends its own work only', async () => {
      const runtime = new WorkerRuntime({ kind: kind.kind, workers: 2 });
      onTestFinished(() => runtime.terminate());
      const executor = new kind.Executor({ runtime });
      const pool = asPool(executor);
      const gate = makeGate();
      const result = pool.applyAsync(holdWorker<string>, [gate.path, 'kept']);
      await holding(gate);
      await executor.terminateWorkers();
      gate.open();
      expect(await result).toBe('kept');
      expect(await pool.map(square, [2])).toEqual([4]);
    });
  });

  test('a closed executor cannot be adapted', async () => {
    const executor = executorFor(kind);
    await executor.shutdown();
    expect(() => asPool(executor)).toThrow(ExecutorShutdownError);
    expect(() => asExecutor(asPool(executor))).toThrow(ExecutorShutdownError);
  });
});

test('asPool throws for a value that is not an executor with workers', () => {
  class HereExecutor extends Executor {
    override submit(): Future<never> {
      return new Future<never>();
    }
  }
  for (const wrong of [undefined, null, 2, {}, Pool, new HereExecutor()]) expect(() => asPool(wrong as Executor)).toThrow(TypeError);
  expect(() => asPool(new HereExecutor())).toThrow('asPool: expected a ProcessPoolExecutor or a ThreadPoolExecutor, got HereExecutor {}');
});
