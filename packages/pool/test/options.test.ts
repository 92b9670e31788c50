// The options of calls, views, and what workers can do to a call: limits, signals, priority, losses, queues.

import { inspect } from 'node:util';
import { HANDLE, type HandleView } from '@twinpool/core/facade';
import {
  BrokenExecutorError,
  CancelledError,
  isAbort,
  OptionsError,
  QueueFullError,
  TaskTimeoutError,
  ThreadPool,
  transfer,
  WorkerLostError,
} from '@twinpool/pool';
import { failure, makeGate } from '@twinpool/testkit';
import { exitWith } from '@twinpool/testkit/faults';
import { describe, test } from '@twinpool/testkit/sample';
import { hold, holdAsync, holdOrAbort, increment, mark, place, reportAll, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { markRow } from './fixtures/rows.mjs';
import { range, squares } from './inputs.ts';
import { makePool, sharePool, VARIANTS } from './variants.ts';

describe.each(VARIANTS)('$title', (variant) => {
  const given = sharePool(variant);

  describe('signal', () => {
    test('aborted before the call: nothing runs', async () => {
      const gate = makeGate();
      const reason = new Error('the reason');
      const options = { signal: AbortSignal.abort(reason) };
      const errors = [
        await failure(given.pool.apply(mark<string>, [gate.path, 'a'], options)),
        await given.pool.applyAsync(mark<string>, [gate.path, 'b'], options).exception(),
        await failure(given.pool.starmap(mark<string>, [[gate.path, 'c']], options)),
        await failure(given.pool.imap(markRow, [[gate.path, 1]], options).next()),
      ];
      for (const error of errors) {
        expect(error).toBeInstanceOf(CancelledError);
        expect(error).toHaveProperty('cause', reason);
        expect(isAbort(error)).toBe(true);
      }
      expect(gate.labels()).toEqual([]);
    });

    test('aborted later: a queued call never runs, a running one is aborted', async () => {
      const pool = makePool(variant, { processes: 1 });
      const gate = makeGate();
      const control = new AbortController();
      const { signal } = control;
      const running = pool.applyAsync(holdOrAbort, [gate.path], { signal });
      await gate.entered();
      const waiting = [
        pool.applyAsync(mark<string>, [gate.path, 'a'], { signal }),
        pool.starmapAsync(mark<string>, [[gate.path, 'b']], { signal }),
      ];
      const iterator = pool.imap(markRow, [[gate.path, 1]], { signal });
      const neighbour = pool.applyAsync(square, [3]);
      control.abort(new Error('enough'));
      for (const result of [running, ...waiting]) expect(await result.exception()).toBeInstanceOf(CancelledError);
      expect(await failure(iterator.next())).toBeInstanceOf(CancelledError);
      expect(await neighbour).toBe(9);
      expect(gate.labels()).toEqual(['holdOrAbort', expect.stringContaining('aborted')]);
    });

    test('what does not yield is ended by force after killGrace, and never a neighbour [D-21]', async () => {
      const pool = makePool(variant, { killGrace: 20 });
      const gate = makeGate();
      const control = new AbortController();
      const neighbour = pool.applyAsync(holdAsync, [gate.path, 'neighbour']);
      await gate.entered();
      const stubborn = pool.applyAsync(hold, [gate.path, 'stubborn'], { signal: control.signal });
      await gate.entered(2);
      control.abort();
      expect(await stubborn.exception()).toBeInstanceOf(CancelledError);
      gate.open();
      expect(await neighbour).toBe('neighbour');
      expect(await pool.map(square, range(5))).toEqual(squares(5));
    });
  });

  test('priority: higher first, then first come first served', async () => {
    const pool = makePool(variant, { processes: 1 });
    const gate = makeGate();
    const held = pool.applyAsync(hold, [gate.path, 'held']);
    await gate.entered();
    const run = (label: string, priority?: number): Promise<string> => pool.apply(mark<string>, [gate.path, label], { priority });
    const all = [run('a'), run('low', -1), run('high', 5), run('b', 0), run('higher', 7.5), run('c')];
    const mapped = pool.starmap(mark<string>, [[gate.path, 'map']], { priority: 6 });
    gate.open();
    await Promise.all([held, mapped, ...all]);
    expect(gate.labels()).toEqual(['held', 'higher', 'map', 'high', 'a', 'b', 'c', 'low']);
  });

  test('taskTimeout is hard, of one task only, and the others go on [D-21]', async () => {
    const pool = makePool(variant, { taskTimeout: 60_000, killGrace: 20 });
    const gate = makeGate();
    const late = pool.applyAsync(hold, [gate.path, 'late'], { taskTimeout: 20 });
    expect(await late.exception()).toBeInstanceOf(TaskTimeoutError);
    const rows: [string, string][] = [
      [gate.path, 'a'],
      [gate.path, 'b'],
    ];
    expect(await failure(pool.starmap(hold<string>, rows, { taskTimeout: 20, chunksize: 1 }))).toBeInstanceOf(TaskTimeoutError);
    expect(await pool.map(square, range(5), { taskTimeout: Number.POSITIVE_INFINITY })).toEqual(squares(5));
  });

  test('maxQueue: more than that may not wait', async () => {
    const pool = makePool(variant, { processes: 1, maxQueue: 2 });
    const gate = makeGate();
    const held = pool.applyAsync(hold, [gate.path, 'held']);
    await gate.entered();
    const waiting = [pool.apply(square, [1]), pool.apply(square, [2])];
    expect(await failure(pool.apply(square, [3]))).toBeInstanceOf(QueueFullError);
    expect(await failure(pool.map(square, [3]))).toBeInstanceOf(QueueFullError);
    const lazy = pool.imap(square, [3]);
    gate.open();
    expect(await lazy.next()).toEqual({ done: false, value: 9 });
    expect(await Promise.all([held, ...waiting])).toEqual(['held', 1, 4]);
    expect(await pool.map(square, [1, 2])).toEqual([1, 4]);
  });

  describe('a worker that dies', () => {
    test('fails what it ran, and nothing else [P-LIFE-10] [D-1]', async () => {
      const pool = makePool(variant);
      const gate = makeGate();
      const error = await failure(pool.apply(exitWith, [gate.path, 3]));
      expect(error).toBeInstanceOf(WorkerLostError);
      expect(error).toMatchObject({ exitCode: 3, signal: null, taskName: 'exitWith', workerId: expect.any(Number) });
      expect(await pool.map(square, range(10))).toEqual(squares(10));
      expect(pool.stats().lostWorkers).toBe(1);
    });

    test("'retry' runs it again, at most `retries` times", async () => {
      const pool = makePool(variant, { onWorkerLoss: 'retry', retries: 2 });
      const gate = makeGate();
      expect(await failure(pool.apply(exitWith, [gate.path, 3]))).toBeInstanceOf(WorkerLostError);
      expect(gate.labels()).toHaveLength(3);
      expect(await failure(pool.withOptions({ retries: 0 }).apply(exitWith, [gate.path, 3]))).toBeInstanceOf(WorkerLostError);
      expect(gate.labels()).toHaveLength(4);
    });

    test("'break' fails everything open, and whatever comes", async () => {
      const pool = makePool(variant, { onWorkerLoss: 'break' });
      const gate = makeGate();
      const neighbour = failure(pool.apply(holdAsync, [gate.path, 'neighbour']));
      await gate.entered();
      expect(await failure(pool.apply(exitWith, [gate.path, 3]))).toBeInstanceOf(BrokenExecutorError);
      expect(await neighbour).toBeInstanceOf(BrokenExecutorError);
      expect(await failure(pool.map(square, [1]))).toBeInstanceOf(BrokenExecutorError);
      expect(await pool.applyAsync(square, [1]).exception()).toMatchObject({ message: expect.stringContaining("onWorkerLoss is 'break'") });
      expect(inspect(pool)).toContain("state: 'BROKEN'");
      pool.close();
      await pool.join();
    });

    test('retries without onWorkerLoss is refused, for pools, views and calls', async () => {
      expect(() => variant.open({ retries: 1 })).toThrow(OptionsError);
      expect(() => given.pool.withOptions({ retries: 1 })).toThrow(OptionsError);
      await expect(given.pool.map(square, [1], { retries: 1 })).rejects.toBeInstanceOf(OptionsError);
    });
  });

  describe('withOptions', () => {
    test('its options hold for every call made through it', async () => {
      const reports: unknown[] = [];
      const view = given.pool.withOptions({ onReport: (value, index) => reports.push([value, index]) });
      await view.apply(reportAll, [['a']]);
      await view.applyAsync(reportAll, [['b']]);
      await view.map(reportAll, [[], ['c']]);
      await view.starmapAsync(reportAll, [[['d']]]);
      for await (const _ of view.imap(reportAll, [['e']]));
      for await (const _ of view.imapUnordered(reportAll, [['f']]));
      expect(reports).toEqual([
        ['a', 0],
        ['b', 0],
        ['c', 1],
        ['d', 0],
        ['e', 0],
        ['f', 0],
      ]);
      expect(view).not.toHaveProperty('close');
    });

    test('views nest, a later option wins, and undefined changes nothing', async () => {
      const signal = AbortSignal.abort(new Error('outer'));
      const outer = given.pool.withOptions({ signal, priority: 1 });
      const inner = outer.withOptions({ priority: 2, signal: undefined });
      expect(await failure(inner.apply(square, [1]))).toMatchObject({ cause: signal.reason });
      const other = AbortSignal.abort(new Error('inner'));
      expect(await failure(inner.withOptions({ signal: other }).map(square, [1]))).toMatchObject({ cause: other.reason });
      expect(await inner.apply(square, [3], { signal: new AbortController().signal })).toBe(9);
      expect(await given.pool.apply(square, [3])).toBe(9);
    });

    test('refuses an unknown option of a call', () => {
      expect(() => given.pool.withOptions({ chunksize: 1 } as never)).toThrow(OptionsError);
      expect(() => given.pool.withOptions({ priority: '1' } as never)).toThrow(OptionsError);
      expect(() => given.pool.withOptions(5 as never)).toThrow(TypeError);
      expect(() => given.pool.withOptions(null as never)).toThrow(TypeError);
    });

    test.each(['apply', 'map', 'starmap', 'imap', 'broadcast'] as const)(
      'the stack of a refused option of %s names the caller',
      async (method) => {
        const call = given.pool[method] as (fn: unknown, input: readonly unknown[], options: object) => unknown;
        const error = await failure((async () => call.call(given.pool, square, [], { speed: 1 }))());
        expect(error).toBeInstanceOf(OptionsError);
        expect((error as Error).stack).toContain('options.test.ts');
      },
    );
  });

  test('an AsyncResult tells `wait` and `asCompleted` of its end, without being asked for its error', async () => {
    const pool = makePool(variant, { processes: 1 });
    const gate = makeGate();
    const view = (result: object): HandleView => (result as { [HANDLE](): HandleView })[HANDLE]();
    const held = pool.applyAsync(hold, [gate.path, 'held']);
    await gate.entered();
    const cancelled = pool.applyAsync(square, [1]);
    const failed = pool.applyAsync(() => {
      throw new CancelledError('of the task itself');
    });
    const told: string[] = [];
    const [one, two, three] = [view(held), view(cancelled), view(failed)];
    one.onSettled(() => told.push(`held ${one.isDone}`));
    const takeBack = one.onSettled(() => told.push('not this'));
    two.onSettled(() => told.push('cancelled'));
    takeBack();
    expect([one.isDone, one.isFailed]).toEqual([false, false]);
    cancelled.cancel();
    expect([two.isDone, two.isFailed]).toEqual([true, false]);
    gate.open();
    const order = held.then(() => [...told]);
    expect(await order).toEqual(['cancelled', 'held true']);
    await failed.wait();
    expect([three.isDone, three.isFailed]).toEqual([true, true]);
    // The one that the task threw: a cancelled result does not count.
    expect(pool.stats().unobservedErrors).toBe(1);
    three.onSettled(() => told.push('too late'))();
    expect(told).toHaveLength(2);
  });
});

describe('ThreadPool', () => {
  test('shares a SharedArrayBuffer, and moves what is to be transferred [D-24]', async () => {
    await ThreadPool.use(2, async (pool) => {
      const cells = new Int32Array(new SharedArrayBuffer(4));
      await pool.map(
        increment,
        range(10).map(() => cells),
      );
      expect(cells[0]).toBe(10);
      const bytes = new Uint8Array([1, 2, 3]);
      expect(await pool.apply((given: Uint8Array) => given.length, [transfer(bytes, [bytes.buffer])])).toBe(3);
      expect(bytes.byteLength).toBe(0);
      expect((await pool.apply(place)).threadId).toBeGreaterThan(0);
    });
  });
});
