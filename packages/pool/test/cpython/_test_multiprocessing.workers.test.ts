// Lib/test/_test_multiprocessing.py: _TestPoolWorkerErrors, _TestPoolWorkerLifetime, TestInitializers, TestPoolNotLeakOnFailure, and other
// tests with a pool.
import { inspect } from 'node:util';
import { MaybeEncodingError, OptionsError, PoolTerminatedError, TaskSerializationError } from '@twinpool/pool';
import { failure, makeGate, until, within } from '@twinpool/testkit';
import { nothingLeft } from '@twinpool/testkit/leak-check';
import { describe, isWhole } from '@twinpool/testkit/sample';
import { echo, fail, mark, markThenSpin, place, returnInnerFunction, square, symbolForOne } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { failFrom } from '../fixtures/rows.mjs';
import { range, squares } from '../inputs.ts';
import { makePool, makePoolWith, sharePool } from '../variants.ts';
import { POOLS, rowsFor } from './pools.ts';

describe.each(POOLS)('$title', (variant) => {
  const { test, checkList } = rowsFor(variant, 'workers');
  describe('_TestPoolWorkerErrors', () => {
    const given = sharePool(variant);

    test('test_async_error_callback [B-183] [R-5]', async () => {
      const told: unknown[] = [];
      const result = given.pool.applyAsync(fail, ['a key'], { errorCallback: (error) => told.push(error) });
      const error = await failure(result.get());
      expect(error).toBeInstanceOf(RangeError);
      expect(told).toEqual([error]);
      expect([await failure(result.get()), await failure(result)].every((each) => each === error)).toBe(true);
    });

    test('test_unpickleable_result [B-184] [R-11] [P-NEW-12]', async () => {
      const where = await given.pool.map(place, range(20), 1);
      for (let round = 0; round < 20; round++) {
        const told: unknown[] = [];
        const result = given.pool.applyAsync(returnInnerFunction, [], { errorCallback: (error) => told.push(error) });
        const error = (await failure(result)) as MaybeEncodingError;
        expect(error).toBeInstanceOf(MaybeEncodingError);
        expect(error).toBeInstanceOf(TaskSerializationError);
        expect(error).toMatchObject({
          name: 'MaybeEncodingError',
          code: 'ERR_TWINPOOL_TASK_SERIALIZATION',
          value: expect.stringContaining('inner'),
        });
        expect(error.exc).toMatch(/inner.*is a function/);
        expect(error.message).toBe(`Error sending result: '${error.value}'. Reason: '${error.exc}'`);
        expect(inspect(error)).toMatch(/at \[worker \d+/);
        expect(told).toEqual([error]);
        expect(await result.exception()).toBe(error);
      }
      // The workers are the same.
      const pids = new Set(where.map(({ workerId }) => workerId));
      expect((await given.pool.map(place, range(20), 1)).every(({ workerId }) => pids.has(workerId) || pids.size < 2)).toBe(true);
      expect(given.pool.stats().lostWorkers).toBe(0);
    });

    test('MaybeEncodingError: by every method, and for results only [R-11]', async () => {
      const { pool } = given;
      const bad = symbolForOne;
      const isResult = async (promise: PromiseLike<unknown>): Promise<boolean> => (await failure(promise)) instanceof MaybeEncodingError;
      expect(await isResult(pool.apply(bad, [1]))).toBe(true);
      expect(await isResult(pool.map(bad, [0, 1, 2]))).toBe(true);
      expect(await isResult(pool.starmapAsync(bad, [[1]]))).toBe(true);
      const iterator = pool.imap(bad, [0, 1, 2], 3);
      expect(await iterator.next()).toEqual({ done: false, value: 0 });
      expect(await isResult(iterator.next())).toBe(true);
      expect(await iterator.next()).toEqual({ done: false, value: 2 });
      const [first, second] = await pool.mapAsync(bad, [0, 1]).settled();
      expect([first, second]).toEqual([
        { status: 'fulfilled', value: 0 },
        { status: 'rejected', reason: expect.any(MaybeEncodingError) },
      ]);
      // An argument, and one that a task throws itself.
      expect(await isResult(pool.apply(echo<unknown>, [() => 1]))).toBe(false);
      expect(await failure(pool.apply(echo<unknown>, [() => 1]))).toBeInstanceOf(TaskSerializationError);
    });
  });

  describe('_TestPoolWorkerLifetime', () => {
    test('test_pool_worker_lifetime [B-185] [P-NEW-9] [P-NEW-10] [D-15]', async () => {
      const pool = await makePoolWith(variant, { processes: 2, maxTasksPerChild: 10 });
      const places = await pool.map(place, range(40), 1);
      const calls = new Map<number, number>();
      for (const { workerId } of places) calls.set(workerId, (calls.get(workerId) ?? 0) + 1);
      // Unlike CPython calls are counted, not chunks; and exactly.
      expect(Math.max(...calls.values())).toBeLessThanOrEqual(10);
      expect(calls.size).toBeGreaterThanOrEqual(4);
      expect(await pool.map(square, range(20), 7)).toEqual(squares(20));
      pool.close();
      await pool.join();
    });

    test('test_pool_worker_lifetime_early_close [B-186] [P-LIFE-1]', async () => {
      const pool = await makePoolWith(variant, { processes: 2, maxTasksPerChild: 1 });
      const results = range(4).map((x) => pool.applyAsync(square, [x]));
      pool.close();
      pool.close();
      await within(pool.join());
      expect(await Promise.all(results)).toEqual(squares(4));
    });

    test('test_pool_maxtasksperchild_invalid [B-187] [P-NEW-4]', () => {
      for (const bad of [0, -1, 0.5, '12', true, Number.NaN, null]) {
        expect(() => new variant.Class({ processes: 1, maxTasksPerChild: bad } as never)).toThrow(OptionsError);
      }
    });

    // test_worker_finalization_via_atexit_handler_of_multiprocessing [B-188] is in programs.test.ts.
  });

  describe('TestInitializers', () => {
    test('test_pool_initializer [B-189] [P-NEW-5] [P-NEW-6]', async () => {
      for (const bad of [1, 'text', true])
        expect(() => new variant.Class({ processes: 1, initializer: bad } as never)).toThrow(OptionsError);
      const gate = makeGate();
      const pool = await makePoolWith(variant, {
        processes: 1,
        initializer: mark<string>,
        initargs: [gate.path, 'initialized'],
        maxTasksPerChild: 2,
      });
      expect(await pool.map(square, range(5))).toEqual(squares(5));
      pool.close();
      await pool.join();
      // Once in each worker, the replacements too.
      expect(gate.labels()).toEqual(['initialized', 'initialized', 'initialized']);
    });
  });

  describe('TestPoolNotLeakOnFailure', () => {
    test('test_release_unused_processes: one that cannot start ends no other; when none can, see lifecycle.test.ts [B-190]', async () => {
      const gate = makeGate();
      const pool = await makePoolWith(variant, { processes: 2, initializer: failFrom, initargs: [gate.path, 2] });
      expect(await pool.map(square, range(20))).toEqual(squares(20));
      pool.terminate();
      await pool.join();
      await nothingLeft();
    });
  });

  test('workers start with the pool, before there is any work [P-NEW-7]', async () => {
    const pool = await makePoolWith(variant, { processes: 2 });
    await until(() => pool.stats().workers === variant.workers(2), 'its workers');
    expect(pool.stats()).toMatchObject({ workers: variant.workers(2), completed: 0 });
  });

  test('so they do with an initializer that has to be found first [P-NEW-7]', async () => {
    const pool = await makePoolWith(variant, { processes: 2, initializer: square, initargs: [2] });
    await until(() => pool.stats().workers === variant.workers(2), 'its workers');
    expect(pool.stats()).toMatchObject({ workers: variant.workers(2), completed: 0 });
  });

  test.runIf(isWhole)('MiscTestCase.test_large_pool [B-193] [D-23]', async () => {
    // More than the 61 workers that CPython can have on Windows; processes cost a machine of two cores more.
    const size = variant.kind === 'thread' ? 64 : 12;
    const workers = variant.workers(size);
    const pool = makePool(variant, { processes: size });
    expect((await pool.map(square, range(1000))).reduce((a, b) => a + b)).toBe(squares(1000).reduce((a, b) => a + b));
    await until(() => pool.stats().workers === workers, `${workers} workers`);
    pool.terminate();
    await pool.join();
  });

  test('test_terminate: what runs is ended, threads too [P-LIFE-13] [D-22]', async () => {
    const pool = makePool(variant, { processes: 1, killGrace: 20 });
    const gate = makeGate();
    const result = pool.applyAsync(markThenSpin, [gate.path]);
    await gate.entered();
    pool.terminate();
    expect(await result.exception()).toBeInstanceOf(PoolTerminatedError);
    await within(pool.join());
    await nothingLeft();
  });

  checkList();
});
