// Lib/test/_test_multiprocessing.py, class _TestPool. Sleeps are gates; `assertRaises(ValueError)` is the error that names the case.
import { inspect } from 'node:util';
import {
  MaybeEncodingError,
  NotReadyError,
  PoolClosedError,
  PoolTerminatedError,
  TaskSerializationError,
  TimeoutError,
} from '@twinpool/pool';
import { failure, makeGate, within } from '@twinpool/testkit';
import { describe } from '@twinpool/testkit/sample';
import {
  add,
  countArguments,
  echo,
  fail,
  failIfOdd,
  failWithLabel,
  hold,
  labelOf,
  markOrFailAtLength,
  square,
  toInteger,
} from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { holdRow } from '../fixtures/rows.mjs';
import { survivors } from '../garbage-collection.ts';
import { Endless, later, range, SayWhenError, saysWhen, squares } from '../inputs.ts';
import { collect, DONE, outcomes } from '../read-results.ts';
import { makePool, sharePool } from '../variants.ts';
import { POOLS, rowsFor } from './pools.ts';

describe.each(POOLS)('_TestPool, $title', (variant) => {
  const { test, checkList } = rowsFor(variant, 'TestPool');
  const given = sharePool(variant);

  test('test_apply [B-155] [P-APP-1]', async () => {
    expect(await given.pool.apply(square, [5])).toBe(25);
    expect(await given.pool.apply(add, [2, 3])).toBe(5);
    expect(await given.pool.apply(countArguments)).toBe(0);
  });

  test('test_map [B-156] [P-MAP-1] [P-MAP-6]', async () => {
    expect(await given.pool.map(square, range(10))).toEqual(squares(10));
    expect(await given.pool.map(square, range(100), 20)).toEqual(squares(100));
  });

  test('test_starmap [B-157]', async () => {
    const pairs = range(10).map((i): [number, number] => [i, 10 - i]);
    expect(await given.pool.starmap(add, pairs)).toEqual(range(10).map(() => 10));
    const more = range(100).map((i): [number, number] => [i, i]);
    expect(await given.pool.starmap(add, more, 20)).toEqual(range(100).map((i) => 2 * i));
  });

  test('test_starmap_async [B-158]', async () => {
    const pairs = range(100).map((i): [number, number] => [i, i]);
    expect(await given.pool.starmapAsync(add, pairs).get()).toEqual(range(100).map((i) => 2 * i));
  });

  test('test_map_async [B-159]', async () => {
    expect(await given.pool.mapAsync(square, range(10)).get()).toEqual(squares(10));
  });

  test('test_map_async_callbacks [B-160] [R-8] [P-APP-2]', async () => {
    const seen: unknown[] = [];
    const tell = { callback: (values: unknown) => seen.push(values), errorCallback: (error: unknown) => seen.push(error) };
    await given.pool.mapAsync(toInteger, ['1'], tell).wait();
    expect(seen).toEqual([[1]]);
    await given.pool.mapAsync(fail, ['a', 'b'], tell).wait();
    expect(seen).toEqual([[1], expect.objectContaining({ name: 'RangeError', message: 'a' })]);
  });

  test('test_map_unplicklable [B-161] [P-APP-4]', async () => {
    // 10 of them: in CPython a second one could find the task handler dead (bpo-19425).
    const error = await failure(given.pool.map(echo<unknown>, new Array(10).fill({ inner: () => 1 })));
    expect(error).toBeInstanceOf(TaskSerializationError);
    expect(error).not.toBeInstanceOf(MaybeEncodingError);
    expect(error).toHaveProperty('message', expect.stringContaining('inner'));
    expect(await given.pool.map(square, [2])).toEqual([4]);
  });

  test('test_map_chunksize [B-162] [P-MAP-5]', async () => {
    const result = given.pool.mapAsync(square, [], { chunksize: 1 });
    expect([result.ready(), result.successful(), await result.get(0)]).toEqual([true, true, []]);
  });

  test('test_map_handle_iterable_exception [B-163] [P-MAP-2] [P-MAP-8]', async () => {
    for (const when of [0, 2]) {
      // Again on the same pool: reentrant.
      for (let round = 0; round < 2; round++)
        expect(await failure(given.pool.map(square, saysWhen(10, when), 1))).toBeInstanceOf(SayWhenError);
    }
    class SpecialIterable {
      readonly length = 5;
      *[Symbol.iterator](): Generator<number> {
        yield 1;
        throw new SayWhenError('said when');
      }
    }
    expect(await failure(given.pool.map(square, new SpecialIterable(), 1))).toBeInstanceOf(SayWhenError);
    expect(() => given.pool.mapAsync(square, new SpecialIterable())).toThrow(SayWhenError);
  });

  test('test_async [B-164] [R-1] [R-2]', async () => {
    const gate = makeGate();
    const result = given.pool.applyAsync(hold<number>, [gate.path, 7]);
    expect(result.ready()).toBe(false);
    expect(() => result.successful()).toThrow(NotReadyError);
    gate.open();
    expect(await result.get()).toBe(7);
    expect([result.ready(), result.successful()]).toEqual([true, true]);
  });

  test('test_async_timeout [B-165] [R-3] [R-4]', async () => {
    const gate = makeGate();
    const result = given.pool.applyAsync(hold<number>, [gate.path, 6]);
    for (const timeout of [2, 0, -1]) expect(await failure(result.get(timeout))).toBeInstanceOf(TimeoutError);
    expect(await result.wait(2)).toBeUndefined();
    gate.open();
    expect(await result.get(60_000)).toBe(6);
  });

  test('test_imap [B-166] [I-1] [I-3]', async () => {
    expect(await collect(given.pool.imap(square, range(10)))).toEqual(squares(10));
    const iterator = given.pool.imap(square, range(10));
    for (const value of squares(10)) expect(await iterator.next()).toEqual({ done: false, value });
    expect([await iterator.next(), await iterator.next()]).toEqual([DONE, DONE]);
    const chunked = given.pool.imap(square, range(1000), 100);
    for (const value of squares(1000)) expect(await chunked.next()).toEqual({ done: false, value });
    expect(await chunked.next()).toEqual(DONE);
  });

  test('test_imap_handle_iterable_exception [B-167] [I-7]', async () => {
    // Unlike CPython, the good items of the chunk in which the input fails come, too.
    for (const chunksize of [1, 2, 4]) {
      for (const when of [0, 2, 7]) {
        const iterator = given.pool.imap(square, saysWhen(20, when), chunksize);
        for (const value of squares(when)) expect(await iterator.next()).toEqual({ done: false, value });
        expect(await failure(iterator.next())).toBeInstanceOf(SayWhenError);
        expect(await iterator.next()).toEqual(DONE);
      }
    }
  });

  test('test_imap_unordered [B-168]', async () => {
    for (const chunksize of [undefined, 100]) {
      const all = await collect(given.pool.imapUnordered(square, range(1000), chunksize));
      expect(all.toSorted((a, b) => a - b)).toEqual(squares(1000));
    }
  });

  test('test_imap_unordered_handle_iterable_exception [B-169]', async () => {
    for (const chunksize of [1, 2, 4]) {
      const all = await outcomes(given.pool.imapUnordered(square, saysWhen(20, 7), chunksize));
      expect(all.slice(0, 7).toSorted((a, b) => Number(a) - Number(b))).toEqual(squares(7));
      expect(all.slice(7)).toEqual(['said when']);
    }
  });

  test('test_make_pool [B-170] [P-NEW-1] [P-NEW-3]', async () => {
    for (const bad of [-1, 0, 2.5, Number.NaN]) expect(() => new variant.Class(bad)).toThrow(RangeError);
    for (const bad of ['2', true]) expect(() => new variant.Class(bad as never)).toThrow(TypeError);
    const pool = makePool(variant, { processes: 3 });
    expect(inspect(pool)).toContain(`processes: ${variant.workers(3)}`);
    expect(await pool.apply(square, [3])).toBe(9);
  });

  test('test_terminate [B-171] [P-LIFE-2]', async () => {
    const pool = makePool(variant);
    const gate = makeGate();
    const result = pool.mapAsync(
      holdRow,
      range(10_000).map((i): [string, number] => [gate.path, i]),
      { chunksize: 1 },
    );
    await gate.entered(variant.workers(2));
    pool.terminate();
    pool.terminate();
    await within(pool.join());
    expect(await result.exception()).toBeInstanceOf(PoolTerminatedError);
    expect(gate.labels().length).toBeLessThan(100);
  });

  test('test_empty_iterable [B-172]', async () => {
    expect(await given.pool.map(square, [])).toEqual([]);
    expect(await collect(given.pool.imap(square, []))).toEqual([]);
    expect(await collect(given.pool.imapUnordered(square, []))).toEqual([]);
    expect(await given.pool.mapAsync(square, []).get()).toEqual([]);
  });

  test('test_context [B-173] [P-LIFE-5] [P-LIFE-6]', async () => {
    const ended = await variant.Class.use(2, async (pool) => {
      expect(await pool.mapAsync(square, range(10)).get()).toEqual(squares(10));
      return pool;
    });
    expect(() => ended.mapAsync(square, range(10))).toThrow(PoolClosedError);
    await expect(ended.map(square, range(10))).rejects.toBeInstanceOf(PoolClosedError);
  });

  test('test_traceback [B-174] [R-13]', async () => {
    const error = (await failure(given.pool.apply(fail, ['some text']))) as Error;
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toBe('some text');
    // File, line and function of the worker's side, and which worker it was; all of it where an error is printed.
    expect(inspect(error)).toMatch(/at fail \(.*tasks\.js:\d+:\d+\)[\s\S]*at \[worker \d+, (process \d+|thread \d+|inline)\] task 'fail'/);
    // What the input throws was never in a worker.
    const ofInput = (await failure(given.pool.map(square, saysWhen(3, 1)))) as Error;
    expect([ofInput.cause, inspect(ofInput).includes('[worker')]).toEqual([undefined, false]);
  });

  test('test_wrapped_exception [B-175]', async () => {
    const error = (await failure(given.pool.apply(fail, ['plain']))) as Error;
    expect([error.constructor, error.name, error.cause]).toEqual([RangeError, 'RangeError', undefined]);
  });

  test('test_map_no_failfast [B-176] [P-MAP-7]', async () => {
    const gate = makeGate();
    const items = range(10).map((i): [string, number] => [gate.path, i]);
    const error = (await failure(given.pool.starmap(markOrFailAtLength, items, 1))) as Error;
    expect([error.message.slice(0, 2), error.message.length]).toEqual(['0x', 1024 * 1024 + 1]);
    // It came after all others had run.
    expect(gate.labels().toSorted()).toEqual(range(10).map(String));
  });

  test('test_release_task_refs [B-177] [R-15]', async () => {
    const refs: WeakRef<object>[] = [];
    const fresh = (): { label: number }[] => {
      const objects = range(10).map((label) => ({ label }));
      for (const object of objects) refs.push(new WeakRef(object));
      return objects;
    };
    const kept = given.pool.mapAsync(labelOf<number>, fresh());
    const failed = given.pool.mapAsync(failWithLabel, fresh());
    await (async () => {
      for (const result of await given.pool.map(echo<object>, fresh())) refs.push(new WeakRef(result));
      for await (const result of given.pool.imap(echo<object>, fresh())) refs.push(new WeakRef(result));
      refs.push(new WeakRef(await given.pool.apply(echo<object>, [fresh()])));
    })();
    expect([await kept, await failed.exception()]).toEqual([range(10), expect.any(RangeError)]);
    // Something runs after them, so that nothing is the last of its kind.
    expect(await given.pool.map(square, range(10))).toEqual(squares(10));
    expect(await survivors(refs)).toEqual([]);
    expect([kept.successful(), failed.successful()]).toEqual([true, false]);
  });

  test('test_enter [B-178]', async () => {
    const pool = makePool(variant);
    pool.terminate();
    await pool.join();
    await expect(pool.apply(square, [1])).rejects.toBeInstanceOf(PoolClosedError);
    expect(() => pool.imap(square, [1])).toThrow(PoolClosedError);
    expect(() => pool.withOptions({}).applyAsync(square, [1])).toThrow(PoolClosedError);
  });

  // test_resource_warning [B-179] is in programs.test.ts, since it wants a program of its own.

  describe('3.16', () => {
    test('test_imap_and_imap_unordered_when_buffer_is_full [B-180] [I-6] [D-9]', async () => {
      for (const method of ['imap', 'imapUnordered'] as const) {
        const input = new Endless();
        const iterator = given.pool[method](square, input);
        await iterator.next();
        // Unlike CPython, which by default reads on without end.
        expect(input.pulled).toBeLessThanOrEqual(1 + 1024);
        await iterator.return();
      }
    });

    test('test_imap_and_imap_unordered_with_buffersize_when_buffer_is_full [B-181] [I-13]', async () => {
      for (const method of ['imap', 'imapUnordered'] as const) {
        for (const chunksize of [undefined, 2]) {
          const input = new Endless();
          const iterator = given.pool[method](square, input, { buffersize: 4, chunksize });
          for (let taken = 1; taken < 20; taken++) {
            await iterator.next();
            expect(input.pulled).toBeLessThanOrEqual(taken + 4);
          }
          await iterator.return();
          expect(input.closed).toBe(1);
        }
      }
    });

    test('buffersize: empty inputs, wrong values, wrong types [B-182]', async () => {
      expect(await collect(given.pool.imap(square, [], { buffersize: 2 }))).toEqual([]);
      expect(await collect(given.pool.imapUnordered(square, later([]), { buffersize: 2 }))).toEqual([]);
      for (const buffersize of [0, -1, 1.5, '2', true, Number.NaN]) {
        expect(() => given.pool.imap(square, [], { buffersize } as never)).toThrow(/buffersize/);
      }
    });

    test('a buffersize, some results, then close and join: no deadlock [B-182] [D-10]', async () => {
      const pool = makePool(variant);
      const iterator = pool.imap(square, range(50), { buffersize: 2 });
      expect(await iterator.next()).toEqual({ done: false, value: 0 });
      pool.close();
      await within(pool.join());
      expect(await collect(iterator)).toEqual(squares(50).slice(1));
    });

    test('a callback that raises: its error is the result, and the pool lives on [B-182] [D-4] [R-7] [R-9]', async () => {
      const raising = (): { thrown: Error; raise: () => never } => {
        const thrown = new Error('from the callback');
        const raise = (): never => {
          throw thrown;
        };
        return { thrown, raise };
      };
      const [one, two, three, four] = [raising(), raising(), raising(), raising()];
      expect(await given.pool.applyAsync(square, [2], { callback: one.raise }).exception()).toBe(one.thrown);
      expect(await given.pool.applyAsync(fail, ['of the task'], { errorCallback: two.raise }).exception()).toBe(two.thrown);
      expect(two.thrown.cause).toMatchObject({ message: 'of the task' });
      expect(await given.pool.mapAsync(square, [2], { callback: three.raise }).exception()).toBe(three.thrown);
      expect(await given.pool.mapAsync(failIfOdd, [1], { errorCallback: four.raise }).exception()).toBe(four.thrown);
      let wasReady: boolean | undefined;
      const result = given.pool.applyAsync(square, [3], {
        callback: () => {
          wasReady = result.ready();
        },
      });
      expect([await result, wasReady]).toEqual([9, false]);
    });
  });

  checkList();
});
