// map, mapAsync, starmap and starmapAsync; rows P-MAP-* of the specification.
import { type AsyncResult, CancelledError, type Pool, PoolClosedError, PoolTerminatedError } from '@twinpool/pool';
import { failure, makeGate } from '@twinpool/testkit';
import { expectWarning } from '@twinpool/testkit/leak-check';
import { describe, test } from '@twinpool/testkit/sample';
import { add, countArguments, echo, failIfOdd, failOneAfterNine, hold, mark, reportAll, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { defaultChunksize } from '../src/chunksize.ts';
import { Feed, later, range, SayWhenError, saysWhen, squares } from './inputs.ts';
import { makePool, sharePool, VARIANTS } from './variants.ts';

describe('defaultChunksize is Python’s', () => {
  test.each([
    [100, 2, 13],
    [9, 2, 2],
    [1, 2, 1],
    [0, 2, 0],
    [1000, 1, 250],
  ])('%i items, %i workers: %i [P-MAP-3]', (items, workers, chunksize) => {
    expect(defaultChunksize(items, workers)).toBe(chunksize);
  });
});

describe.each(VARIANTS)('$title', (variant) => {
  const given = sharePool(variant);

  describe('map', () => {
    test('gives the results in input order, whatever the chunksize [P-MAP-1] [P-MAP-6]', async () => {
      for (const chunksize of [undefined, 1, 7, 20, 100_000]) {
        expect(await given.pool.map(square, range(100), chunksize)).toEqual(squares(100));
        expect(await given.pool.map(square, range(10), { chunksize })).toEqual(squares(10));
      }
    });

    test('takes any iterable [P-MAP-2]', async () => {
      const inputs: [Iterable<unknown>, unknown[]][] = [
        [new Set([3, 1, 3, 2]), [3, 1, 2]],
        [new Map([['a', 1]]), [['a', 1]]],
        ['añ😀', ['a', 'ñ', '😀']],
        [saysWhen(3, -1), [0, 1, 2]],
        [new Uint8Array([1, 2, 255]), [1, 2, 255]],
        [new BigInt64Array([1n, -2n]), [1n, -2n]],
        [Buffer.from('AB'), [65, 66]],
        [Object.assign(new Array(2), { 1: 'after a hole' }), [undefined, 'after a hole']],
        [Object.assign([1, 2], { extra: true }), [1, 2]],
        [[1, 2, 3].values(), [1, 2, 3]],
      ];
      for (const [input, items] of inputs) expect(await given.pool.map(echo<unknown>, input)).toEqual(items);
    });

    test('counts what was iterated, whatever the input says of its length [P-MAP-9] [D-12]', async () => {
      for (const length of [0, 3, 99]) {
        const liar = { length, size: length, [Symbol.iterator]: () => saysWhen(5, -1) };
        expect(await given.pool.map(square, liar)).toEqual(squares(5));
      }
    });

    test('what the caller does to the input afterwards changes nothing', async () => {
      const pool = makePool(variant, { processes: 1 });
      const gate = makeGate();
      void pool.applyAsync(hold, [gate.path, 'held']);
      const array = [1, 2, 3];
      const bytes = Buffer.from([4, 5, 6]);
      const mapped = [pool.map(square, array), pool.map(square, bytes)];
      array.fill(0);
      array.push(7);
      bytes.fill(0);
      gate.open();
      expect(await Promise.all(mapped)).toEqual([
        [1, 4, 9],
        [16, 25, 36],
      ]);
    });

    test('of an empty input is [], at once [P-MAP-5]', async () => {
      for (const input of [[], new Set<number>(), '', new Float32Array(), saysWhen(0, -1)] as Iterable<number>[]) {
        expect(await given.pool.map(square, input, 1)).toEqual([]);
      }
    });

    test('of what is not iterable is a TypeError', async () => {
      for (const bad of [5, null, undefined, 10n, {}, () => [1], Promise.resolve([1])]) {
        const error = await failure(given.pool.map(square, bad as never));
        expect(error).toBeInstanceOf(TypeError);
        expect(error).toHaveProperty('message', expect.stringMatching(/^map: expected an iterable or an async iterable, got /));
        expect(() => given.pool.mapAsync(square, bad as never)).toThrow(/^mapAsync: expected an iterable/);
      }
    });

    test('passes an error of the input on, itself, twice [P-MAP-8]', async () => {
      for (let round = 0; round < 2; round++) {
        expect(await failure(given.pool.map(square, saysWhen(1, 1)))).toBeInstanceOf(SayWhenError);
        expect(await failure(given.pool.map(square, saysWhen(10, 3), 2))).not.toHaveProperty('cause');
        expect(() => given.pool.mapAsync(square, saysWhen(10, 0))).toThrow(SayWhenError);
      }
      expect(await given.pool.map(square, [3])).toEqual([9]);
    });

    test('an input that ends the pool while it is read', async () => {
      const pool = makePool(variant);
      const input = function* (): Generator<number> {
        yield 1;
        pool.terminate();
      };
      expect(await failure(pool.map(square, input()))).toBeInstanceOf(PoolClosedError);
    });

    test('rejects with the first error by input order, once every task has ended [P-MAP-7]', async () => {
      const pool = makePool(variant, { processes: 2 });
      const gate = makeGate();
      const items = range(10).map((i): [string, number] => [gate.path, i]);
      await expect(pool.starmap(failOneAfterNine, items, 1)).rejects.toThrow('item 1');
      expect(gate.labels().sort()).toEqual(range(10).map(String));
    });

    test('one bad item of a chunk harms no other [D-13]', async () => {
      const gate = makeGate();
      const items: [string, unknown][] = [1, 2, { deep: () => 1 }, 4].map((item) => [gate.path, item]);
      const error = await failure(given.pool.starmap(mark<unknown>, items, 4));
      expect(error).toMatchObject({ name: 'TaskSerializationError', message: expect.stringContaining('deep') });
      expect(gate.labels().toSorted()).toEqual(['1', '2', '4']);
    });

    test('chunksize: a bad number is a RangeError, a wrong type a TypeError, a bad option an OptionsError [P-MAP-4] [D-12]', async () => {
      for (const bad of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        await expect(given.pool.map(square, [1], bad)).rejects.toBeInstanceOf(RangeError);
        await expect(given.pool.map(square, [], bad)).rejects.toBeInstanceOf(RangeError);
        await expect(given.pool.map(square, [1], { chunksize: bad })).rejects.toHaveProperty('name', 'OptionsError');
        expect(() => given.pool.mapAsync(square, [1], bad)).toThrow(RangeError);
      }
      for (const bad of ['2', null, true, 2n, () => 2]) {
        await expect(given.pool.map(square, [1], bad as never)).rejects.toBeInstanceOf(TypeError);
        expect(() => given.pool.starmapAsync(add, [[1, 2]], bad as never)).toThrow(TypeError);
      }
      const wrong = { chunksize: '2', buffersize: 0, onProgress: 1, callback: () => undefined };
      await expect(given.pool.map(square, [1], wrong as never)).rejects.toHaveProperty('issues.length', 4);
    });

    test('chunks travel together and are spread over the workers', async () => {
      const pool = makePool(variant, { processes: 2 });
      const gate = makeGate();
      const mapped = pool.starmap(
        hold<number>,
        range(4).map((i): [string, number] => [gate.path, i]),
        2,
      );
      const arrivals = await gate.entered(2);
      expect(arrivals.map(({ label }) => label).sort()).toEqual(['0', '2']);
      expect(new Set(arrivals.map(({ pid, threadId }) => `${pid} ${threadId}`)).size).toBe(2);
      gate.open();
      expect(await mapped).toEqual([0, 1, 2, 3]);
    });

    test('many items', async () => {
      const input = range(20_000);
      expect(await given.pool.map(square, input)).toEqual(squares(20_000));
    });

    test('onProgress counts up to the total; onReport tells the index; one that throws is reported and harms nothing', async () => {
      const progress: unknown[] = [];
      expect(await given.pool.map(square, range(5), { chunksize: 2, onProgress: (step) => progress.push(step) })).toEqual(squares(5));
      expect(progress).toEqual(range(5).map((i) => ({ completed: i + 1, total: 5 })));
      const reports: unknown[] = [];
      const options = { onReport: (value: unknown, index: number) => reports.push([value, index]) };
      await given.pool.map(reportAll, [['a'], [], ['b', 'c']], options);
      expect(reports.toSorted()).toEqual([
        ['a', 0],
        ['b', 2],
        ['c', 2],
      ]);
      expectWarning(/onProgress threw: Error: broken progress/);
      const throwing = {
        onProgress: () => {
          throw new Error('broken progress');
        },
      };
      expect(await given.pool.map(square, range(3), throwing)).toEqual(squares(3));
    });
  });

  describe('map over an async input', () => {
    test('gives the results in input order', async () => {
      expect(await given.pool.map(square, later(range(50)))).toEqual(squares(50));
      expect(await given.pool.map(square, later(range(50)), 7)).toEqual(squares(50));
      expect(await given.pool.map(square, later([]))).toEqual([]);
      expect(await given.pool.mapAsync(square, later(range(3)), { buffersize: 1 })).toEqual(squares(3));
    });

    test('an input that is both is read as the async one', async () => {
      const both = { [Symbol.iterator]: () => saysWhen(3, 0), [Symbol.asyncIterator]: () => later([4]) };
      expect(await given.pool.map(square, both)).toEqual([16]);
    });

    test('rejects with the first error by input order; an error of the input comes last', async () => {
      const failing = async function* (): AsyncGenerator<number> {
        yield* later([2, 4]);
        throw new SayWhenError('the input');
      };
      const progress: unknown[] = [];
      const options = { onProgress: (step: unknown) => progress.push(step) };
      expect(await failure(given.pool.map(square, failing(), options))).toBeInstanceOf(SayWhenError);
      expect(progress).toHaveLength(2);
      await expect(given.pool.map(failIfOdd, later([2, 3, 4, 5]))).rejects.toThrow('3 is odd');
    });

    test('is read at most buffersize ahead [P-MAP-10] [D-11]', async () => {
      const pool = makePool(variant, { processes: 1 });
      const gate = makeGate();
      let pulled = 0;
      const input = async function* (): AsyncGenerator<[string, number]> {
        for (; pulled < 20; pulled++) yield [gate.path, pulled];
      };
      const mapped = pool.starmap(hold<number>, input(), { buffersize: 3 });
      await gate.entered();
      await new Promise((resolve) => setImmediate(resolve));
      expect(pulled).toBeLessThanOrEqual(3);
      gate.open();
      expect(await mapped).toEqual(range(20));
    });

    test('tells progress without a total until the input has ended', async () => {
      const feed = new Feed<number>();
      const progress: unknown[] = [];
      let told: () => void = () => undefined;
      const first = new Promise<void>((resolve) => {
        told = resolve;
      });
      const mapped = given.pool.map(square, feed, {
        onProgress: (step) => {
          progress.push(step);
          told();
        },
      });
      feed.give(3);
      await first;
      feed.give(4);
      await new Promise((resolve) => setImmediate(resolve));
      feed.end();
      expect(await mapped).toEqual([9, 16]);
      expect(progress[0]).toEqual({ completed: 1, total: undefined });
    });

    test('close ends it with PoolClosedError, terminate with PoolTerminatedError, and the input is closed', async () => {
      for (const [method, error] of [
        ['close', PoolClosedError],
        ['terminate', PoolTerminatedError],
      ] as const) {
        const pool = makePool(variant);
        const feed = new Feed<number>();
        const mapped = failure(pool.map(square, feed));
        feed.give(3);
        pool[method]();
        expect(await mapped).toBeInstanceOf(error);
        expect(feed.closed).toBe(1);
        await pool.join();
      }
    });

    test('cancel: only while nothing was handed over; it closes the input', async () => {
      const feed = new Feed<number>();
      const result = given.pool.mapAsync(square, feed);
      expect([result.cancel(), result.cancel()]).toEqual([true, false]);
      expect(await failure(result)).toBeInstanceOf(CancelledError);
      expect(feed.closed).toBe(1);
      const gate = makeGate();
      const rows = new Feed<[string, number]>();
      const running = given.pool.starmapAsync(hold<number>, rows);
      rows.give([gate.path, 1]);
      await gate.entered();
      expect(running.cancel()).toBe(false);
      gate.open();
      rows.end();
      expect(await running).toEqual([1]);
    });
  });

  describe('mapAsync', () => {
    test('calls back once, with the whole list or the first error [R-8]', async () => {
      const seen: unknown[] = [];
      const tell = {
        callback: (values: unknown) => seen.push(['callback', values]),
        errorCallback: (error: unknown) => seen.push(['errorCallback', (error as Error).message]),
      };
      expect(await given.pool.mapAsync(failIfOdd, [2, 4], tell)).toEqual([2, 4]);
      await given.pool.mapAsync(failIfOdd, [2, 3, 4, 5], tell).wait();
      expect(await given.pool.mapAsync(failIfOdd, later([6]), tell)).toEqual([6]);
      expect(seen).toEqual([
        ['callback', [2, 4]],
        ['errorCallback', '3 is odd'],
        ['callback', [6]],
      ]);
    });

    test('of an empty input is ready at once, and calls nothing', async () => {
      const never = {
        callback: () => {
          throw new Error('called');
        },
      };
      const result = given.pool.mapAsync(square, [], never);
      expect([result.ready(), result.successful()]).toEqual([true, true]);
      expect(await result).toEqual([]);
      expect(await given.pool.mapAsync(square, later([]), never)).toEqual([]);
    });

    test('cancel: true if nothing of it was handed over, and then nothing of it runs', async () => {
      const pool = makePool(variant, { processes: 1 });
      const gate = makeGate();
      const running = pool.starmapAsync(
        hold<string>,
        [
          [gate.path, 'a'],
          [gate.path, 'b'],
        ],
        1,
      );
      await gate.entered();
      const queued = pool.starmapAsync(mark<string>, [
        [gate.path, 'c'],
        [gate.path, 'd'],
      ]);
      expect([running.cancel(), queued.cancel(), queued.cancel()]).toEqual([false, true, false]);
      expect(await failure(queued)).toBeInstanceOf(CancelledError);
      gate.open();
      expect(await running).toEqual(['a', 'b']);
      await pool.apply(square, [1]);
      expect(gate.labels()).toEqual(['a', 'b']);
    });

    test('get has a timeout of its own', async () => {
      const gate = makeGate();
      const result: AsyncResult<string[]> = given.pool.starmapAsync(hold<string>, [[gate.path, 'a']]);
      expect(await failure(result.get(1))).toHaveProperty('name', 'TimeoutError');
      gate.open();
      expect(await result.get(60_000)).toEqual(['a']);
    });
  });

  describe('starmap and starmapAsync', () => {
    test('unpack each item into the arguments', async () => {
      const rows = range(100).map((i): [number, number] => [i, 1]);
      expect(await given.pool.starmap(add, rows)).toEqual(range(100).map((i) => i + 1));
      expect(await given.pool.starmap(add, rows, 20)).toEqual(range(100).map((i) => i + 1));
      expect(await given.pool.starmapAsync(add, rows, { chunksize: 3 })).toEqual(range(100).map((i) => i + 1));
      expect(await given.pool.starmap(add, later(rows))).toEqual(range(100).map((i) => i + 1));
      expect(await given.pool.starmap(countArguments, [[], [1], [undefined, 2], [[1, 2]]])).toEqual([0, 1, 2, 1]);
    });

    test('an item that is not an array of arguments is a TypeError that names it', async () => {
      await expect(given.pool.starmap(add, [[1, 2], 5] as never)).rejects.toThrow('starmap: expected arrays of arguments, got 5 as item 1');
      expect(() => given.pool.starmapAsync(add, ['ab'] as never)).toThrow(TypeError);
      const feed = new Feed<[number, number]>();
      const result = given.pool.starmapAsync(add, feed);
      feed.give(5 as never);
      expect(await result.exception()).toBeInstanceOf(TypeError);
      expect(feed.closed).toBe(1);
    });
  });

  test('every map ends, in the middle of others', async () => {
    const open = (pool: Pool): Promise<unknown>[] => [
      pool.map(square, range(100)),
      failure(pool.map(failIfOdd, range(100))),
      pool.map(echo<unknown>, ['text', null, { a: [1n] }]),
      pool.map(square, later(range(100))),
    ];
    const results = await Promise.all([...open(given.pool), ...open(given.pool)]);
    expect(results.slice(0, 4)).toEqual(results.slice(4));
    expect(results[0]).toEqual(squares(100));
    expect(results[1]).toHaveProperty('message', '1 is odd');
  });
});
