// Tests a program of which half of the modules use the other API, on one runtime.
import { asExecutor, asPool, mapStream } from '@twinpool/adapters';
import { Pool } from '@twinpool/pool';
import { describe, test } from '@twinpool/testkit/sample';
import { expect } from 'vitest';
import { openNew } from './fixtures/half-migrated/new-side.mjs';
import { openOld } from './fixtures/half-migrated/old-side.mjs';
import { open } from './fixtures/half-migrated/workers.mjs';
import { KINDS, range, workersBy } from './kit.ts';

describe.each(KINDS)('on a runtime of kind $kind', (kind) => {
  test('both sides run on one set of workers, and take each other’s handles', async () => {
    await using runtime = open(kind.kind);
    const [old, fresh] = [openOld(runtime), openNew(runtime)];
    const texts = range(40).map((length) => 'x'.repeat(length));
    const [byOld, byNew] = await Promise.all([old.measureAll(texts), fresh.measureAll(texts)]);
    expect(byOld.map(({ length }) => length)).toEqual(range(40));
    expect(byNew.map(({ length }) => length)).toEqual(range(40));
    const heard: number[] = [];
    const handles = [old.measureLater('four', ({ length }) => heard.push(length)), fresh.measureForOld('three')];
    expect((await fresh.inOrderOfCompletion(handles)).toSorted()).toEqual([4, 5]);
    expect([heard, handles.map((handle) => handle.successful())]).toEqual([[4], [true, true]]);

    const oldWorkers = await workersBy((fn, gate, label) => old.pool.apply(fn, [gate, label]));
    const newWorkers = await workersBy((fn, gate, label) => fresh.executor.submit(fn, gate, label));
    expect(newWorkers).toEqual(oldWorkers);
    for (const { where } of [...byOld, ...byNew]) expect(oldWorkers).toContain(where);
    expect(runtime.stats()).toMatchObject({ workers: 2, lostWorkers: 0, failed: 0 });
    expect(new Set([...oldWorkers].map((where) => where.split('/')[0])).size).toBe(kind.kind === 'process' ? 2 : 1);

    old.pool.terminate();
    await old.pool.join();
    expect(await fresh.measureAll(['ab'])).toMatchObject([{ length: 2 }]);
    await fresh.executor.shutdown();
  });

  test('the pool is opened by one module, and the other is given an executor of it', async () => {
    await using pool = new kind.Pool(2);
    const executor = asExecutor(pool);
    const back = asPool(executor);
    const square = (x: number): number => x * x;
    const values: number[] = [];
    const stream = mapStream(executor, square);
    stream.end(5);
    for await (const value of stream) values.push(value);
    expect([await pool.apply(square, [2]), await executor.submit(square, 3), await back.apply(square, [4]), ...values]).toEqual([
      4, 9, 16, 25,
    ]);
    expect(back).toBeInstanceOf(Pool);
    const workers = await workersBy((fn, gate, label) => executor.submit(fn, gate, label));
    expect(await workersBy((fn, gate, label) => back.apply(fn, [gate, label]))).toEqual(workers);
    expect(pool.stats()).toMatchObject({ completed: 8, workers: 2 });
  });
});
