// Construction, close, terminate, join, disposal, use; rows P-NEW-*, P-LIFE-* of the specification.

import { inspect } from 'node:util';
import { BrokenExecutorError, type IMapIterator, InitializerError, type Pool, PoolRunningError, PoolTerminatedError } from '@twinpool/pool';
import { failure, isRunning, makeGate, until } from '@twinpool/testkit';
import { nothingLeft } from '@twinpool/testkit/leak-check';
import { describe, test } from '@twinpool/testkit/sample';
import { failToStart, hold, later as laterTask, mark, place, remember, remembered, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { expectRefused } from './expect-refused.ts';
import { holdRow } from './fixtures/rows.mjs';
import { range, squares } from './inputs.ts';
import { makePool, makePoolWith, VARIANTS } from './variants.ts';

describe.each(VARIANTS)('$title', (variant) => {
  const name = variant.kind === 'thread' ? 'ThreadPool' : 'Pool';

  /** The workers of a borrowed runtime outlive the pool. */
  const testOwn = variant.isShared ? () => undefined : test;

  describe('close', () => {
    test('what was accepted finishes, new work is refused, a second call does nothing [P-LIFE-1] [P-LIFE-5]', async () => {
      const pool = makePool(variant);
      const gate = makeGate();
      const open = [pool.apply(hold, [gate.path, 'a']), pool.starmap(hold<string>, [[gate.path, 'b']]), pool.map(square, range(100))];
      pool.close();
      pool.close();
      await expectRefused(pool);
      gate.open();
      expect(await Promise.all(open)).toEqual(['a', ['b'], squares(100)]);
      await pool.join();
      await expectRefused(pool);
    });

    test('says what to do', async () => {
      const pool = makePool(variant);
      pool.close();
      expect(() => pool.applyAsync(square, [1])).toThrow(`${name} is not running: it was closed and takes no new work; make another pool`);
      pool.terminate();
      expect(() => pool.applyAsync(square, [1])).toThrow('it was terminated and takes no new work');
    });

    testOwn('without join the workers end, too, when they have worked', async () => {
      const pool = makePool(variant);
      const gate = makeGate();
      const held = pool.apply(hold, [gate.path, 'a']);
      await gate.entered();
      pool.close();
      expect(pool.stats().workers).toBeGreaterThan(0);
      gate.open();
      await held;
      await until(() => pool.stats().workers === 0, 'the workers have ended');
    });
  });

  describe('join', () => {
    test('rejects while the pool runs [P-LIFE-4]', async () => {
      const pool = makePool(variant);
      const error = await failure(pool.join());
      expect(error).toBeInstanceOf(PoolRunningError);
      expect(error).toHaveProperty('message', `${name} is still running: call close() or terminate() before join()`);
    });

    test('resolves when all has ended, every time it is asked [P-LIFE-4]', async () => {
      const pool = makePool(variant);
      const result = pool.mapAsync(square, range(1000));
      pool.close();
      await Promise.all([pool.join(), pool.join()]);
      expect(result.successful()).toBe(true);
      await pool.join();
      pool.terminate();
      await pool.join();
      expect(await result).toEqual(squares(1000));
    });

    test('sees callbacks that ran before it', async () => {
      const pool = makePool(variant);
      const seen: unknown[] = [];
      void pool.mapAsync(square, range(10), { callback: (values) => seen.push(values.length) });
      void pool.applyAsync(laterTask<string>, ['x', 1], { callback: (value) => seen.push(value) });
      pool.close();
      await pool.join();
      expect(seen.toSorted()).toEqual([10, 'x']);
    });

    testOwn('resolves when every worker is gone', async () => {
      const pool = makePool(variant);
      const { pid } = await pool.apply(place);
      expect(pool.stats().workers).toBeGreaterThan(0);
      pool.close();
      await pool.join();
      expect(pool.stats().workers).toBe(0);
      if (variant.kind === 'process') expect(isRunning(pid)).toBe(false);
      await nothingLeft();
    });
  });

  describe('terminate', () => {
    test('rejects everything open with PoolTerminatedError, at once [P-LIFE-2] [P-LIFE-3] [D-5]', async () => {
      const pool = makePool(variant, { processes: 1 });
      const gate = makeGate();
      const handles = [
        pool.applyAsync(hold, [gate.path, 'running']),
        pool.applyAsync(mark<string>, [gate.path, 'queued']),
        pool.mapAsync(square, range(10_000)),
      ];
      const promises = [pool.apply(square, [1]), pool.map(square, range(10)), pool.starmap(square, [[1]])].map((promise) =>
        failure(promise),
      );
      const iterators: IMapIterator<unknown>[] = [pool.imap(square, range(10)), pool.imapUnordered(square, range(10))];
      await gate.entered();
      expect(pool.terminate()).toBeUndefined();
      pool.terminate();
      for (const handle of handles) {
        expect([handle.ready(), handle.successful()]).toEqual([true, false]);
        expect(await handle.exception()).toBeInstanceOf(PoolTerminatedError);
        expect(handle.cancel()).toBe(false);
      }
      for (const error of await Promise.all(promises)) {
        expect(error).toBeInstanceOf(PoolTerminatedError);
        expect(error).toHaveProperty('message', `${name}: it was terminated before this result was there`);
      }
      for (const iterator of iterators) expect(await failure(iterator.next())).toBeInstanceOf(PoolTerminatedError);
      await expectRefused(pool);
      await pool.join();
      expect(gate.labels()).toEqual(['running']);
    });

    test('errorCallback receives it', async () => {
      const pool = makePool(variant, { processes: 1 });
      const gate = makeGate();
      const seen: unknown[] = [];
      const tell = { callback: () => seen.push('callback'), errorCallback: (error: unknown) => seen.push(error) };
      void pool.applyAsync(hold, [gate.path, 'running'], tell);
      void pool.mapAsync(square, range(10), tell);
      await gate.entered();
      pool.terminate();
      expect(seen).toEqual([expect.any(PoolTerminatedError), expect.any(PoolTerminatedError)]);
      await pool.join();
    });

    test('is allowed after close, and ends what close would have let finish', async () => {
      const pool = makePool(variant);
      const gate = makeGate();
      const held = pool.applyAsync(hold, [gate.path, 'a']);
      await gate.entered();
      pool.close();
      const joined = pool.join();
      pool.terminate();
      expect(await held.exception()).toBeInstanceOf(PoolTerminatedError);
      await joined;
    });
  });

  describe('disposal and use', () => {
    test('disposal terminates, joins, and says how to keep a result [P-LIFE-6]', async () => {
      const pool = makePool(variant);
      const gate = makeGate();
      const error = failure(pool.apply(hold, [gate.path, 'a']));
      await gate.entered();
      await pool[Symbol.asyncDispose]();
      expect(await error).toBeInstanceOf(PoolTerminatedError);
      expect(await error).toHaveProperty('message', expect.stringContaining('return await …'));
      await expectRefused(pool);
      await pool[Symbol.asyncDispose]();
    });

    test('a promise or a handle that is returned out of the scope rejects, and nothing is unhandled', async () => {
      const gate = makeGate();
      const left = async (call: (pool: Pool) => Promise<unknown>): Promise<unknown> => {
        await using pool = makePool(variant);
        return call(pool);
      };
      const calls = [
        (pool: Pool) => pool.starmap(hold<string>, [[gate.path, 'a']]),
        (pool: Pool) => pool.apply(hold, [gate.path, 'a']),
        (pool: Pool) => pool.applyAsync(hold, [gate.path, 'a']),
      ];
      for (const call of calls) expect(await failure(left(call))).toHaveProperty('message', expect.stringContaining('return await …'));
    });

    test('disposal after close, join or terminate is fine', async () => {
      for (const end of ['close', 'terminate'] as const) {
        const pool = makePool(variant);
        pool[end]();
        await pool[Symbol.asyncDispose]();
        await pool.join();
        await pool[Symbol.asyncDispose]();
        expect(pool.stats()).toMatchObject({ workers: 0, lostWorkers: 0 });
      }
    });
  });

  describe('options', () => {
    test('the initializer runs in every worker before its first task, with initargs [P-NEW-6]', async () => {
      const pool = await makePoolWith(variant, { initializer: remember, initargs: ['a', { b: 1 }] });
      expect(await pool.map(remembered, range(4), 1)).toEqual(range(4).map(() => ['a', { b: 1 }]));
    });

    test('an initializer that fails breaks the pool, with its error, in bounded time [P-LIFE-12] [D-3] [B-190]', async () => {
      const gate = makeGate();
      const pool = await makePoolWith(variant, { initializer: failToStart, initargs: [gate.path, 'no way'] });
      const error = await failure(pool.apply(square, [1]));
      expect(error).toBeInstanceOf(BrokenExecutorError);
      expect(error).toHaveProperty('name', variant.kind === 'thread' ? 'BrokenThreadPoolError' : 'BrokenProcessPoolError');
      expect(error).toHaveProperty('cause', expect.any(InitializerError));
      expect(await failure(pool.map(square, [1, 2]))).toBeInstanceOf(BrokenExecutorError);
      expect(await failure(pool.imap(square, [1, 2]).next())).toBeInstanceOf(BrokenExecutorError);
      expect(inspect(pool)).toContain("state: 'BROKEN'");
      pool.close();
      await pool.join();
    });

    test('maxTasksPerChild counts calls, exactly [P-NEW-9] [P-NEW-10] [D-15]', async () => {
      const pool = await makePoolWith(variant, { processes: 1, maxTasksPerChild: 3 });
      const places = await pool.map(place, range(8));
      const counts = new Map<number, number>();
      for (const { workerId } of places) counts.set(workerId, (counts.get(workerId) ?? 0) + 1);
      expect([...counts.values()]).toEqual([3, 3, 2]);
      pool.close();
      await pool.join();
    });

    test('each worker is a worker of its own', async () => {
      const pool = makePool(variant, { processes: 3 });
      const gate = makeGate();
      const mapped = pool.map(
        holdRow,
        range(3).map((i): [string, number] => [gate.path, i]),
        1,
      );
      const arrivals = await gate.entered(3);
      expect(new Set(arrivals.map(({ pid, threadId }) => `${pid} ${threadId}`)).size).toBe(3);
      expect(new Set(arrivals.map(({ pid }) => pid)).size).toBe(variant.kind === 'process' ? 3 : 1);
      gate.open();
      expect(await mapped).toEqual([0, 1, 2]);
    });
  });

  test('stats has what the contract names', async () => {
    const pool = await makePoolWith(variant, {});
    await pool.map(square, range(10));
    const times = { p50: expect.any(Number), p90: expect.any(Number), p99: expect.any(Number), max: expect.any(Number) };
    expect(pool.stats()).toMatchObject({
      kind: variant.kind,
      workers: expect.any(Number),
      busy: 0,
      idle: expect.any(Number),
      queued: 0,
      running: 0,
      completed: 10,
      failed: 0,
      cancelled: 0,
      lostWorkers: 0,
      unobservedErrors: 0,
      waitTime: times,
      runTime: times,
    });
  });

  test('shows its size, its state and its open work [P-NEW-13]', async () => {
    const pool = makePool(variant);
    const gate = makeGate();
    const held = pool.apply(hold, [gate.path, 'a']);
    expect(inspect(pool)).toBe(`${name} { state: 'RUN', processes: 2, open: 1 }`);
    expect(inspect(pool.withOptions({}))).toBe(`<PoolCalls of ${name}>`);
    pool.close();
    expect(inspect({ pool })).toBe(`{ pool: ${name} { state: 'CLOSE', processes: 2, open: 1 } }`);
    gate.open();
    await held;
    pool.terminate();
    expect(inspect(pool)).toBe(`${name} { state: 'TERMINATE', processes: 2, open: 0 }`);
  });
});
