// Part D1 of the conformance table: known defects of CPython's pools. A defect that another file tests has its D-n in the title there.
import { type AsyncResult, PoolTerminatedError, TaskTimeoutError } from '@twinpool/pool';
import { failure, makeGate, within } from '@twinpool/testkit';
import { describe } from '@twinpool/testkit/sample';
import { hold, holdAsync, mark, spin, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { refuseToBeRebuilt, returnsRefusing } from '../fixtures/rebuilt.mjs';
import { range, squares } from '../inputs.ts';
import { makePool, sharePool } from '../variants.ts';
import { POOLS, rowsFor } from './pools.ts';

describe.each(POOLS)('$title', (variant) => {
  const { test, checkList } = rowsFor(variant, 'defects');
  const given = sharePool(variant);

  test('errors and results whose constructors refuse, or want other arguments, arrive; nothing hangs [D-8] [R-12]', async () => {
    const errors = ['wants two arguments', 'wants a field', 'has a setter that throws'] as const;
    for (const which of errors) {
      const error = (await failure(given.pool.apply(refuseToBeRebuilt, [which]))) as Error;
      expect(error).toBeInstanceOf(Error);
      expect(error.message).toContain(which);
    }
    expect(await given.pool.apply(returnsRefusing)).toEqual({ value: 7 });
    const all = await given.pool.mapAsync(refuseToBeRebuilt, [...errors, 'returns']).settled();
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'fulfilled']);
    expect(await given.pool.map(square, range(10))).toEqual(squares(10));
  });

  test('terminate from a callback, from another’s callback, and while it is joined [D-6] [D-7]', async () => {
    const pool = makePool(variant, { processes: 2 });
    const gate = makeGate();
    const held = pool.applyAsync(holdAsync, [gate.path, 'held']);
    await gate.entered();
    const ends: string[] = [];
    const ending: AsyncResult<number> = pool.applyAsync(square, [3], {
      callback: () => {
        pool.terminate();
        ends.push(`ready: ${ending.ready()}`);
      },
    });
    const joined = ending.then(() => pool.join());
    expect([await ending, await held.exception()]).toEqual([9, expect.any(PoolTerminatedError)]);
    await within(joined);
    expect(ends).toEqual(['ready: false']);
  });

  test('what is open when the pool ends is settled, in every kind of handle [D-5]', async () => {
    const pool = makePool(variant, { processes: 1 });
    const gate = makeGate();
    const handles = [
      pool.applyAsync(hold, [gate.path, 'runs']),
      pool.mapAsync(square, range(10)),
      pool.starmapAsync(mark<string>, [[gate.path, 'waits']]),
    ];
    const iterator = pool.imapUnordered(square, range(10));
    await gate.entered();
    await pool[Symbol.asyncDispose]();
    for (const handle of handles) expect(await within(handle.exception())).toBeInstanceOf(PoolTerminatedError);
    expect(await failure(iterator.next())).toBeInstanceOf(PoolTerminatedError);
    expect(gate.labels()).toEqual(['runs']);
  });

  test('a task can be given a time, after which its worker is ended and replaced [D-21]', async () => {
    const pool = makePool(variant, { processes: 1, killGrace: 20 });
    expect(await failure(pool.apply(spin, [60_000], { taskTimeout: 20 }))).toBeInstanceOf(TaskTimeoutError);
    expect(await pool.apply(square, [4])).toBe(16);
  });

  test('a callback that terminates leaves no task of a map to be settled twice [D-4] [D-6]', async () => {
    const pool = makePool(variant, { processes: 2 });
    const told: unknown[] = [];
    const result = pool.mapAsync(square, range(1000), {
      onProgress: ({ completed }) => {
        if (completed === 10) pool.terminate();
      },
      callback: () => told.push('callback'),
      errorCallback: (error) => told.push(error),
    });
    expect(await result.exception()).toBeInstanceOf(PoolTerminatedError);
    await pool.join();
    expect(told).toEqual([expect.any(PoolTerminatedError)]);
  });

  checkList();
});
