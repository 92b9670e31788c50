// Constructors, `use`, and pools that share a runtime; rows P-NEW-* of the specification.

import { inspect } from 'node:util';
import { cpuCount } from '@twinpool/core';
import { OptionsError, Pool, PoolTerminatedError, ThreadPool, WorkerRuntime } from '@twinpool/pool';
import { failure, makeGate } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { hold, remember, square } from '@twinpool/testkit/tasks';
import { expect, onTestFinished } from 'vitest';
import { expectRefused } from './expect-refused.ts';
import { holdRow, workerName } from './fixtures/rows.mjs';
import { range } from './inputs.ts';

describe.each([Pool, ThreadPool])('%o', (Class) => {
  test('use: the result of the body, awaited inside of the scope', async () => {
    let kept: Pool | undefined;
    const value = await Class.use(2, (pool) => {
      kept = pool;
      expect(pool).toBeInstanceOf(Class);
      return pool.mapAsync(square, [1, 2, 3]);
    });
    expect(value).toEqual([1, 4, 9]);
    await expectRefused(kept as Pool);
    expect(await Class.use({ processes: 1 }, async (pool) => pool.apply(square, [4]))).toBe(16);
    expect(await Class.use(undefined, () => 'sync')).toBe('sync');
  });

  test('use: an error of the body ends the pool, too', async () => {
    let kept: Pool | undefined;
    const thrown = new Error('from the body');
    const rejects = Class.use(1, (pool) => {
      kept = pool;
      throw thrown;
    });
    expect(await failure(rejects)).toBe(thrown);
    await expectRefused(kept as Pool);
  });

  test('a subclass is made by use, and keeps its kind', async () => {
    class Mine extends Class {
      readonly extra = 7;
    }
    expect(await Mine.use(1, async (pool) => [pool.extra, pool.stats().kind])).toEqual([7, Class === ThreadPool ? 'thread' : 'process']);
  });

  test('default size is cpuCount() [P-NEW-2]', async () => {
    await Class.use(undefined, (pool) => expect(inspect(pool)).toContain(`processes: ${cpuCount()},`));
  });

  test('a bad number is a RangeError, a wrong type a TypeError, bad options an OptionsError that lists them all [P-NEW-1] [P-NEW-3] [P-NEW-4] [P-NEW-5]', () => {
    for (const bad of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new Class(bad)).toThrow(RangeError);
      expect(() => new Class({ processes: bad })).toThrow(OptionsError);
      expect(() => new Class({ maxTasksPerChild: bad })).toThrow(OptionsError);
    }
    for (const bad of ['2', true, 2n, () => 2]) expect(() => new Class(bad as never)).toThrow(TypeError);
    const wrong = { processes: 0, maxTaskPerChild: 1, initializer: 5, retries: 1, killGrace: -1 };
    try {
      new Class(wrong as never);
      expect.unreachable();
    } catch (error) {
      expect((error as OptionsError).issues.map(({ path }) => path).toSorted()).toEqual(Object.keys(wrong).toSorted());
    }
  });

  test('workers have names, and the pool has one [P-NEW-8]', async () => {
    const name = await Class.use({ processes: 1, name: 'crunch' }, (pool) => {
      expect(inspect(pool)).toMatch(/^crunch \{/);
      return pool.apply(workerName);
    });
    expect(name).toBe('crunch_0');
    expect(await Class.use(1, (pool) => pool.apply(workerName))).toMatch(Class === ThreadPool ? /^ThreadPool-\d+_0$/ : /^Pool-\d+_0$/);
  });

  test('on a runtime the options of workers belong to it, and it must be of the right kind', async () => {
    const kind = Class === ThreadPool ? 'thread' : 'process';
    await using runtime = new WorkerRuntime({ kind, workers: 1 });
    await using other = new WorkerRuntime({ kind: kind === 'thread' ? 'process' : 'thread', workers: 1 });
    expect(() => new Class({ runtime, maxTasksPerChild: 1, initializer: remember, env: 'minimal' })).toThrow(
      /maxTasksPerChild: .*; initializer: |initializer: .*; maxTasksPerChild: /,
    );
    expect(() => new Class({ runtime: other })).toThrow(OptionsError);
    expect(() => new Class({ runtime: {} as never })).toThrow(OptionsError);
  });

  test('pools on one runtime end for themselves; the runtime is closed by who made it', async () => {
    const runtime = new WorkerRuntime({ kind: Class === ThreadPool ? 'thread' : 'process', workers: 2 });
    onTestFinished(() => runtime.terminate());
    const [one, two] = [new Class({ runtime }), new Class({ runtime, processes: 1, name: 'second' })];
    const gate = makeGate();
    const kept = two.applyAsync(hold, [gate.path, 'kept']);
    const lost = one.applyAsync(hold, [gate.path, 'lost']);
    await gate.entered(2);
    const waits = two.applyAsync(square, [2]);
    one.terminate();
    expect(await lost.exception()).toBeInstanceOf(PoolTerminatedError);
    await one.join();
    await expectRefused(one);
    expect([kept.ready(), waits.ready()]).toEqual([false, false]);
    gate.open();
    expect(await Promise.all([kept, waits, two.map(square, [3])])).toEqual(['kept', 4, [9]]);
    expect(inspect(two)).toBe("second { state: 'RUN', processes: 1, open: 0 }");
    await runtime.close();
    await expectRefused(two);
    expect(() => two.applyAsync(square, [1])).toThrow('second is not running: its WorkerRuntime was closed');
    two.close();
    await two.join();
  });

  test('processes is the most workers of a runtime that the pool uses at once', async () => {
    await using runtime = new WorkerRuntime({ kind: Class === ThreadPool ? 'thread' : 'process', workers: 2 });
    const pool = new Class({ runtime, processes: 1 });
    const gate = makeGate();
    const mapped = pool.map(
      holdRow,
      range(4).map((i): [string, number] => [gate.path, i]),
      1,
    );
    await gate.entered(1);
    const other = new Class({ runtime });
    await other.apply(square, [1]);
    expect(gate.labels()).toEqual(['0']);
    gate.open();
    expect(await mapped).toEqual([0, 1, 2, 3]);
    pool.terminate();
    other.terminate();
  });
});
