/** Tests map in addition to CPython's tests (cpython/), for every kind of executor. */
import { inspect } from 'node:util';
import { systemClock } from '@twinpool/core/facade';
import {
  CancelledError,
  type ExecutorMapOptions,
  ExecutorShutdownError,
  OptionsError,
  TaskSerializationError,
  TimeoutError,
  taskRef,
} from '@twinpool/executor';
import { expectWarning } from '@twinpool/testkit/leak-check';
import { describe, isWhole, test } from '@twinpool/testkit/sample';
import {
  add,
  argumentsOf,
  concatenate,
  countArguments,
  echo,
  failIfOdd,
  hold,
  holdOrFailFirst,
  mark,
  reportAll,
  square,
  sum,
} from '@twinpool/testkit/tasks';
import { expect, vi } from 'vitest';
import { area, holdLong } from './fixtures/tasks.mjs';
import { Counter, collect, errorOf, forAll, forTest, MOST, makeGate, turn } from './kit.ts';

const TASKS = import.meta.resolve('@twinpool/testkit/tasks');

describe.each(MOST)('$name', (kind) => {
  describe('inputs', () => {
    const executor = forAll(kind);

    test('one to six inputs; the shortest ends them [X-7]', async () => {
      const count = countArguments;
      const two = [1, 2];
      expect(await executor.map(echo<number>, two).toArray()).toEqual([1, 2]);
      expect(await executor.map(concatenate, two, 'abc').toArray()).toEqual(['1a', '2b']);
      expect(await executor.map(sum, two, two, new Set([5])).toArray()).toEqual([7]);
      expect(await executor.map(count, two, two, two, two).toArray()).toEqual([4, 4]);
      expect(await executor.map(count, two, two, two, two, two).toArray()).toEqual([5, 5]);
      const loose = executor.map.bind(executor) as unknown as (...args: unknown[]) => AsyncIterable<number>;
      expect(await collect(loose(count, two, two, two, two, two, two, { chunksize: 2 }))).toEqual([6, 6]);
    });

    test('an item that is an array or undefined is one argument', async () => {
      expect(await executor.map(echo<unknown>, [[1, 2], undefined, [[3]]]).toArray()).toEqual([[1, 2], undefined, [[3]]]);
      expect(await executor.map(argumentsOf, [[1, 2]], [[3]]).toArray()).toEqual([[[1, 2], [3]]]);
    });

    test('references and checked tasks; a bad function fails at the first result', async () => {
      expect(await executor.map(taskRef<typeof square>(TASKS, 'square'), [1, 2]).toArray()).toEqual([1, 4]);
      expect(await executor.map(area, ['2', 3], [4, 5]).toArray()).toEqual([8, 15]);
      await expect(executor.map(Math.sqrt, [1]).next()).rejects.toBeInstanceOf(TaskSerializationError);
    });

    test.runIf(isWhole)('a large input', async () => {
      const numbers = Array.from({ length: 50_000 }, (_, i) => i);
      const results = await executor.map(square, numbers).toArray();
      expect(results.length).toBe(50_000);
      expect(results.every((result, i) => result === i * i)).toBe(true);
    });

    test('the last argument is the options only where it can be', async () => {
      const keys = (x: object) => Object.keys(x);
      // A plain object without an iterable before it is an input, and none.
      expect(() => executor.map(keys as (x: unknown) => unknown, { chunksize: 1 } as never)).toThrow(
        /expected an iterable or an async iterable as input 1/,
      );
      // An iterable object is an input.
      const iterable = {
        *[Symbol.iterator]() {
          yield 5;
        },
      };
      expect(await executor.map(add, [1], iterable).toArray()).toEqual([6]);
      expect(await executor.map(square, [2], Object.assign(Object.create(null) as object, { chunksize: 1 })).toArray()).toEqual([4]);
      expect(await executor.map(square, [2], undefined).toArray()).toEqual([4]);
      expect(() => executor.map(square, [1], new Date() as never)).toThrow(TypeError);
      expect(() => executor.map(square, 5 as never)).toThrow(/as input 1, got 5/);
      expect(() => executor.map(add, [1], null as never)).toThrow(/as input 2, got null/);
    });

    test('what an input throws at the call, map() throws, and the others are closed [X-6]', () => {
      const counter = new Counter();
      function* failing(): Generator<number> {
        yield 1;
        throw new Error('input');
      }
      expect(() => executor.map(add, counter, failing())).toThrow('input');
      expect(() => executor.map(square, failing())).toThrow('input');
      expect([counter.pulled, counter.closed]).toEqual([2, 1]);
    });

    test('zipping closes what is not read to its end', async () => {
      const counters = [new Counter(), new Counter()] as const;
      expect(await executor.map(sum, counters[0], [1, 2], counters[1]).toArray()).toEqual([1, 4]);
      expect(counters.map(({ closed }) => closed)).toEqual([1, 1]);
    });
  });

  describe('errors', () => {
    const executor = forAll(kind);

    test('the first error cancels what has not started [X-10] [C-13]', async () => {
      const gate = makeGate();
      const labels = Array.from({ length: 20 }, (_, n) => `task ${n}`);
      const results = executor.map(holdOrFailFirst, Array(20).fill(gate.path) as string[], labels, { chunksize: 1 });
      await expect(results.next()).rejects.toThrow('the first');
      gate.open();
      await executor.submit(square, 1);
      expect(gate.labels().length).toBeLessThan(6);
    });

    test('an item that cannot be sent fails alone [C-21]', async () => {
      const results = executor.map(echo<unknown>, [1, () => 1, 3]);
      expect((await results.next()).value).toBe(1);
      await expect(results.next()).rejects.toBeInstanceOf(TaskSerializationError);
    });
  });

  describe('leaving, deadlines', () => {
    const executor = forAll(kind);

    test('break and asyncDispose cancel what has not started [X-10] [X-12]', async () => {
      const gate = makeGate();
      const held = [1, 2].map((n) => executor.submit(holdLong, gate.path, `held ${n}`));
      await gate.entered(2);
      const [left, disposed] = [
        executor.map(mark, Array(9).fill(gate.path), Array(9).fill('left')),
        executor.map(mark, [gate.path], ['disposed']),
      ];
      const waiting = left.next();
      await left.return();
      expect(await waiting).toEqual({ done: true, value: undefined });
      await disposed[Symbol.asyncDispose]();
      gate.open();
      await Promise.all(held);
      await executor.submit(square, 1);
      expect(gate.labels().sort()).toEqual(['held 1', 'held 2']);
    });

    test('what is there is delivered, however late; what is not is late from the call on [X-9]', async () => {
      const gate = makeGate();
      let completed = 0;
      const onProgress = () => {
        completed += 1;
      };
      const done = executor.map(square, [1, 2], { timeout: 10_000, onProgress });
      const open = executor.map(hold, [gate.path], [1], { timeout: 10_000 });
      while (completed < 2) await turn();
      const isLate = vi.spyOn(systemClock, 'now').mockReturnValue(systemClock.now() + 1e9);
      try {
        expect(await done.toArray()).toEqual([1, 4]);
        await expect(open.next()).rejects.toBeInstanceOf(TimeoutError);
      } finally {
        isLate.mockRestore();
      }
      gate.open();
      expect(await executor.map(square, [3], { timeout: Number.POSITIVE_INFINITY }).toArray()).toEqual([9]);
    });

    test('next() may be called ahead: answered in turn [C-13]', async () => {
      const results = executor.map(square, [1, 2, 3]);
      const steps = await Promise.all([results.next(), results.next(), results.next(), results.next(), results.next()]);
      expect(steps.map(({ value }) => value)).toEqual([1, 4, 9, undefined, undefined]);
      const failing = executor.map(failIfOdd, [1, 2]);
      const [first, second] = await Promise.allSettled([failing.next(), failing.next()]);
      expect([first.status, second]).toEqual(['rejected', { status: 'fulfilled', value: { done: true, value: undefined } }]);
      const late = executor.map(hold, [makeGate().path, makeGate().path], [1, 2], { timeout: 5 });
      const [expired, over] = await Promise.allSettled([late.next(), late.next()]);
      expect([expired.status, over.status]).toEqual(['rejected', 'fulfilled']);
    });

    test('toArray() gives what is left', async () => {
      const results = executor.map(square, [1, 2, 3]);
      await results.next();
      expect(await results.toArray()).toEqual([4, 9]);
      expect(Object.prototype.toString.call(results)).toBe('[object ResultIterator]');
    });

    test('toArray() and next() at once share the results in turn', async () => {
      const results = executor.map(square, [1, 2, 3, 4, 5], { chunksize: 5 });
      const [first, rest, third, more] = await Promise.all([results.next(), results.toArray(), results.next(), results.toArray()]);
      expect([first.value, rest, third.value, more]).toEqual([1, [4, 25], 9, [16]]);
      expect(inspect(results)).toContain('delivered: 5');
    });

    test('toArray() counts what it was given, up to the error that ended it', async () => {
      const results = executor.map(failIfOdd, [2, 4, 6, 7, 8], { chunksize: 2 });
      await expect(results.toArray()).rejects.toThrow();
      expect(inspect(results)).toContain('delivered: 4');
      const settled = executor.map(failIfOdd, [2, 4, 5, 6, 7, 8], { chunksize: 4 }).settled();
      const statuses = (await settled.toArray()).map(({ status }) => status);
      expect(statuses).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
    });

    test('toArray() of an iteration that is left gives what it had', async () => {
      const [free, gate] = [makeGate(), makeGate()];
      free.open();
      const results = executor.map(hold, [free.path, gate.path], ['free', 'held']);
      const all = results.toArray();
      await vi.waitFor(() => expect(inspect(results)).toContain('delivered: 1'));
      await results.return();
      expect(await all).toEqual(['free']);
      gate.open();
    });
  });

  describe('buffersize', () => {
    const executor = forAll(kind);

    test('an input that throws: its error comes after the results', async () => {
      function* failing(): Generator<number> {
        yield 1;
        yield 2;
        throw new Error('input');
      }
      const results = executor.map(square, failing(), { buffersize: 1 });
      expect([(await results.next()).value, (await results.next()).value]).toEqual([1, 4]);
      await expect(results.next()).rejects.toThrow('input');
      expect(await results.next()).toEqual({ done: true, value: undefined });
    });

    test('no further ahead of the consumer [X-14]', async () => {
      const counter = new Counter();
      const results = executor.map(square, counter, { buffersize: 3 });
      for (let taken = 1; taken <= 5; taken++) {
        await results.next();
        await executor.submit(square, 1);
        expect(counter.pulled).toBeLessThanOrEqual(taken + 3);
      }
      await results.return();
    });
  });

  test('after shutdown: what was accepted, then ExecutorShutdownError, and the input is closed [X-15] [D-43]', async () => {
    const executor = forTest(kind);
    const [sync, later] = [new Counter(), new Counter()];
    const all = [executor.map(square, sync, { buffersize: 3 }), executor.map(square, later.later(), { buffersize: 3 })];
    for (const results of all) await results.next();
    const down = executor.shutdown();
    for (const results of all) {
      const values: number[] = [];
      const error = await errorOf(
        (async () => {
          for await (const value of results) values.push(value);
        })(),
      );
      expect(error).toBeInstanceOf(ExecutorShutdownError);
      expect(values).toEqual([1, 4, 9].slice(0, values.length));
      expect(await results.next()).toEqual({ done: true, value: undefined });
    }
    await down;
    expect([sync.closed, later.closed]).toEqual([1, 1]);
  });

  describe('asynchronous inputs', () => {
    const executor = forAll(kind);

    test('alone, and zipped with synchronous ones', async () => {
      async function* slowly(): AsyncGenerator<number> {
        for (const x of [1, 2, 3]) {
          await turn();
          yield x;
        }
      }
      expect(await executor.map(square, slowly()).toArray()).toEqual([1, 4, 9]);
      expect(await collect(executor.map(add, [10, 20, 30, 40], slowly()))).toEqual([11, 22, 33]);
      expect(await executor.map(add, slowly(), [10], { buffersize: 1, chunksize: 2 }).toArray()).toEqual([11]);
    });

    test('read ahead twice the workers, or buffersize [D-40] [C-12]', async () => {
      for (const [options, ahead] of [
        [{}, 4],
        [{ buffersize: 1 }, 1],
      ] as [ExecutorMapOptions, number][]) {
        const counter = new Counter();
        const results = executor.map(square, counter.later(), options);
        for (let i = 0; i < 3; i++) {
          await executor.submit(square, 1);
          await turn();
        }
        expect(counter.pulled).toBe(ahead);
        expect((await results.next()).value).toBe(0);
        await results.return();
        expect(counter.closed).toBe(1);
      }
    });

    test('closed when the loop is left, when a task fails, when another input ends or fails', async () => {
      const counters = Array.from({ length: 4 }, () => new Counter());
      const [left, failed, ended, thrown] = counters.map((counter) => counter.later()) as [
        AsyncGenerator<number>,
        AsyncGenerator<number>,
        AsyncGenerator<number>,
        AsyncGenerator<number>,
      ];
      for await (const _ of executor.map(square, left)) break;
      await errorOf(collect(executor.map(failIfOdd, failed)));
      expect(await executor.map(add, ended, [1, 2]).toArray()).toEqual([1, 3]);
      function* failing(): Generator<number> {
        yield 1;
        throw new Error('input');
      }
      const results = executor.map(add, thrown, failing());
      expect((await results.next()).value).toBe(1);
      await expect(results.next()).rejects.toThrow('input');
      await turn();
      expect(counters.map(({ closed }) => closed)).toEqual([1, 1, 1, 1]);
    });

    test('leaving does not wait for an input that is stuck', async () => {
      async function* stuck(): AsyncGenerator<number> {
        yield 1;
        await new Promise(() => undefined);
      }
      const results = executor.map(square, stuck());
      expect((await results.next()).value).toBe(1);
      const waiting = results.next();
      await results.return();
      expect((await waiting).done).toBe(true);
    });

    test('an input whose return() rejects becomes a warning', async () => {
      expectWarning(/return\(\) threw: Error: closing/);
      const input = {
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false, value: 1 }),
          return: async () => {
            throw new Error('closing');
          },
        }),
      } as AsyncIterable<number>;
      const results = executor.map(square, input);
      expect((await results.next()).done).toBe(false);
      expect((await results.return()).done).toBe(true);
    });
  });

  describe('options', () => {
    test('signal: cancels what waits [F-21]', async () => {
      const executor = forTest(kind, { killGrace: 20 });
      const gate = makeGate();
      const controller = new AbortController();
      const results = executor.map(holdLong, Array(9).fill(gate.path), [1, 2, 3, 4, 5, 6, 7, 8, 9], { signal: controller.signal });
      await gate.entered(2);
      controller.abort('enough');
      const error = await errorOf(results.next());
      expect(error).toBeInstanceOf(CancelledError);
      expect(error).toHaveProperty('cause', 'enough');
      await expect(executor.map(square, [1], { signal: controller.signal }).next()).rejects.toBeInstanceOf(CancelledError);
      gate.open();
      expect(gate.labels().length).toBeLessThan(5);
    });

    test('onProgress, onReport', async () => {
      const executor = forTest(kind);
      const [onProgress, onReport] = [vi.fn(), vi.fn()];
      await executor.map(reportAll, [['a'], ['b', 'c']], { onProgress, onReport, chunksize: 1 }).toArray();
      expect(onProgress.mock.calls.map(([progress]) => progress)).toEqual([
        { completed: 1, total: 2 },
        { completed: 2, total: 2 },
      ]);
      expect(onReport.mock.calls.sort()).toEqual([
        ['a', 0],
        ['b', 1],
        ['c', 1],
      ]);
      const lazy = vi.fn();
      await executor.map(square, [1, 2].values(), { onProgress: lazy, buffersize: 1 }).toArray();
      expect(lazy.mock.calls[0]?.[0]).toEqual({ completed: 1, total: undefined });
    });

    test('priority and taskTimeout; a view gives them too [D-52]', async () => {
      const executor = forTest(kind, { maxWorkers: 1 });
      const gate = makeGate();
      const held = executor.submit(holdLong, gate.path, 'held');
      await gate.entered();
      const low = executor.map(mark, [gate.path], ['low']);
      const high = executor.withOptions({ priority: 1 }).map(mark, [gate.path], ['high']);
      const highest = executor.withOptions({ priority: 1 }).map(mark, [gate.path], ['highest'], { priority: 2 });
      gate.open();
      await Promise.all([held, ...[low, high, highest].map((results) => results.toArray())]);
      expect(gate.labels()).toEqual(['held', 'highest', 'high', 'low']);
      await expect(executor.map(hold, [makeGate().path], ['endless'], { taskTimeout: 30 }).next()).rejects.toMatchObject({
        name: 'TaskTimeoutError',
      });
    });

    test.each([
      ['buffersize', 'foo'],
      ['buffersize', 2.5],
      ['buffersize', true],
      ['buffersize', 0],
      ['buffersize', -1],
      ['buffersize', Number.NaN],
      ['chunksize', 0],
      ['chunksize', -1],
      ['chunksize', 1.5],
      ['chunksize', '2'],
      ['signal', {}],
      ['priority', Number.NaN],
      ['taskTimeout', -1],
      ['retries', 1],
      ['onProgress', 1],
      ['onReport', 'x'],
      ['chunkSize', 1],
      ['onError', 'ignore'],
    ])('{ %s: %j } is an OptionsError [X-5] [X-13] [X-14]', (key, value) => {
      const executor = forTest(kind);
      expect(() => executor.map(square, [1], { [key]: value } as ExecutorMapOptions)).toThrow(OptionsError);
      expect(() => executor.map(square, [1], { [key]: value } as ExecutorMapOptions)).toThrow(key);
    });

    test('timeout: NaN is a RangeError, another type a TypeError; undefined options are absent ones', async () => {
      const executor = forTest(kind);
      expect(() => executor.map(square, [1], { timeout: Number.NaN })).toThrow(RangeError);
      expect(() => executor.map(square, [1], { timeout: '1' as never })).toThrow(TypeError);
      const none = { timeout: undefined, chunksize: undefined, buffersize: undefined, signal: undefined, onProgress: undefined };
      expect(await executor.map(square, [3], none).toArray()).toEqual([9]);
    });
  });
});
