/**
 * CPython's test_concurrent_futures/executor.py: ExecutorTest, for every executor.
 *
 * The number in a title is the test's in docs/conformance.md.
 */
import {
  type ExecutorMapOptions,
  Future,
  OptionsError,
  ProcessPoolExecutor,
  type ResultIterator,
  ThreadPoolExecutor,
  TimeoutError,
} from '@twinpool/executor';
import { describe, test } from '@twinpool/testkit/sample';
import { add, argumentsOf, countArguments, echo, failIfOdd, hold, labelled, mark, power, square, throwIt } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { throwTimeout } from '../fixtures/tasks.mjs';
import { Counter, collect, errorOf, forAll, forTest, left, makeGate } from '../kit.ts';
import { KINDS, rowsFor } from './kinds.ts';

describe.each(KINDS)('ExecutorTest: $name', (kind) => {
  const { test, checkList } = rowsFor(kind, 'executor');
  const executor = forAll(kind);
  const numbers = Array.from({ length: 10 }, (_, i) => i);

  test('test_submit [B-1]', async () => {
    const future = executor.submit(power, 2, 8);
    expect(future).toBeInstanceOf(Future);
    expect(await future.result()).toBe(256);
    expect([await future, await future.exception()]).toEqual([256, undefined]);
  });

  test('test_submit_keyword: what looks like options reaches the task [B-2] [X-2] [C-9]', async () => {
    const last = { timeout: 1, signal: 2, self: 3, fn: 4 };
    expect(await executor.submit(echo, last)).toEqual(last);
    expect(await executor.submit(countArguments)).toBe(0);
    expect(await executor.submit(argumentsOf, [1], undefined)).toEqual([[1], undefined]);
    // Python's TypeError; here a function that is none is the outcome.
    const submit = executor.submit.bind(executor) as unknown as (fn?: unknown) => Future<unknown>;
    expect(await submit().exception()).toMatchObject({ name: 'TaskSerializationError' });
  });

  test('test_map [B-3] [X-5] [X-8]', async () => {
    const squares = numbers.map(square);
    expect(await collect(executor.map(square, numbers))).toEqual(squares);
    expect(await executor.map(square, numbers, { chunksize: 3 }).toArray()).toEqual(squares);
    expect(await executor.map(add, numbers, squares, { chunksize: 3 }).toArray()).toEqual(numbers.map((x) => x + x * x));
  });

  describe('test_map_exception', () => {
    test.each([undefined, 3])(
      "onError 'stop', chunksize %j: the results before it, the error, then the end [B-4] [C-13]",
      async (chunksize) => {
        const results = executor.map(failIfOdd, [0, 2, 3, 4], { chunksize });
        expect([await results.next(), await results.next()]).toEqual([
          { done: false, value: 0 },
          { done: false, value: 2 },
        ]);
        await expect(results.next()).rejects.toThrow('3 is odd');
        expect([await results.next(), await results.next()]).toEqual([END, END]);
      },
    );

    test.each([undefined, 3])("onError 'continue', chunksize %j: goes on after it [B-4] [X-11] [D-41] [C-21]", async (chunksize) => {
      const results = executor.map(failIfOdd, [0, 2, 3, 4], { chunksize, onError: 'continue' });
      expect([(await results.next()).value, (await results.next()).value]).toEqual([0, 2]);
      await expect(results.next()).rejects.toThrow('3 is odd');
      expect([await results.next(), await results.next(), await results.next()]).toEqual([{ done: false, value: 4 }, END, END]);
      const ahead = executor.map(failIfOdd, [1, 2, 3], { chunksize, onError: 'continue' });
      const steps = await Promise.allSettled([ahead.next(), ahead.next(), ahead.next(), ahead.next()]);
      expect(steps.map((step) => (step.status === 'fulfilled' ? step.value.value : step.status))).toEqual([
        'rejected',
        2,
        'rejected',
        undefined,
      ]);
    });

    test.each(['stop', 'continue', undefined] as const)(
      'settled(), onError %j: an outcome for each item [X-11] [D-41] [C-13]',
      async (onError) => {
        const outcomes = await executor.map(failIfOdd, [0, 1, 2, 3], { onError }).settled().toArray();
        expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
        expect(outcomes).toMatchObject([
          { value: 0 },
          { reason: { message: '1 is odd' } },
          { value: 2 },
          { reason: expect.any(RangeError) },
        ]);
        const seen: unknown[] = [];
        const results = executor.map(failIfOdd, new Counter(), { onError, buffersize: 2 });
        for await (const outcome of results.settled()) {
          seen.push(outcome.status);
          if (seen.length === 3) break;
        }
        expect(seen).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect(await results.next()).toEqual(END);
      },
    );

    test.each(['stop', 'continue'] as const)('onError %j: a value that is not a task ends it [X-11]', async (onError) => {
      function* failing(): Generator<number> {
        yield 1;
        yield 2;
        throw new Error('input');
      }
      const map = () => executor.map(failIfOdd, failing(), { onError, buffersize: 1 });
      const outcomes = map().settled();
      expect([(await outcomes.next()).value?.status, (await outcomes.next()).value?.status]).toEqual(['rejected', 'fulfilled']);
      await expect(outcomes.next()).rejects.toThrow('input');
      expect(await outcomes.next()).toEqual(END);
      await expect(map().settled().toArray()).rejects.toThrow('input');
      const results = map();
      await expect(results.next()).rejects.toThrow('1 is odd');
      if (onError === 'continue') {
        expect((await results.next()).value).toBe(2);
        await expect(results.next()).rejects.toThrow('input');
      }
      expect(await results.next()).toEqual(END);
    });
  });

  test.each(['stop', 'continue'] as const)(
    'test_map_timeout, onError %j: the results in time, then TimeoutError, then the end [B-5] [X-9] [C-4]',
    async (onError) => {
      const gate = makeGate();
      const results = executor.map(hold, [gate.path], ['late'], { timeout: 20, onError });
      await expect(results.next()).rejects.toMatchObject({ name: 'TimeoutError', message: expect.stringContaining('20 ms') });
      expect([await results.next(), await results.next()]).toEqual([END, END]);
      const settled = executor.map(hold, [gate.path], ['late'], { timeout: 5, onError }).settled();
      await expect(settled.next()).rejects.toBeInstanceOf(TimeoutError);
      expect(await settled.next()).toEqual(END);
      gate.open();
    },
  );

  test("test_map_timeout_from_callable: a TimeoutError of the task is the task's [B-6] [X-11] [D-41]", async () => {
    const task = throwTimeout as (x: number) => never;
    const results = executor.map(task, [1, 2], { timeout: 60_000, onError: 'continue' });
    for (let i = 0; i < 2; i++) await expect(results.next()).rejects.toMatchObject({ name: 'TimeoutError', remote: true });
    expect(await results.next()).toEqual(END);
    expect(await executor.map(task, [1], { timeout: 60_000 }).settled().toArray()).toMatchObject([{ reason: { remote: true } }]);
  });

  test('test_map_close: return() ends it for good [B-7]', async () => {
    for (const options of [{}, { chunksize: 2 }, { onError: 'continue' }] as const) {
      const results = executor.map(square, [1, 2, 3, 4], options);
      expect((await results.next()).value).toBe(1);
      expect(await results.return()).toEqual(END);
      expect([await results.next(), await results.next()]).toEqual([END, END]);
      expect(await results.toArray()).toEqual([]);
      const settled = executor.map(square, [1, 2], options).settled();
      expect(await settled.return()).toEqual(END);
      expect(await settled.next()).toEqual(END);
    }
  });

  test.each([
    ['test_map_buffersize_type_validation [B-8] [X-14]', ['foo', 2.5, true, Number.NaN, null, 1n]],
    ['test_map_buffersize_value_validation [B-9] [X-14]', [0, -1]],
  ])('%s', (_, values) => {
    for (const buffersize of values) {
      expect(() => executor.map(square, [1], { buffersize } as ExecutorMapOptions)).toThrow(OptionsError);
      expect(() => executor.map(square, [1], { buffersize } as ExecutorMapOptions)).toThrow(/buffersize: expected a number of items/);
    }
  });

  test.each([1, 2, 10, 20, Number.POSITIVE_INFINITY])(
    'test_map_buffersize, test_map_buffersize_on_multiple_iterables: %d gives the same [B-10] [B-11]',
    async (buffersize) => {
      expect(await executor.map(square, numbers, { buffersize }).toArray()).toEqual(numbers.map(square));
      expect(await executor.map(add, numbers, numbers, { buffersize, chunksize: 2 }).toArray()).toEqual(numbers.map((x) => x + x));
    },
  );

  test.each(['sync', 'async'] as const)(
    'test_map_buffersize_on_infinite_iterable, test_map_buffersize_on_multiple_infinite_iterables: %s [B-12] [B-13] [C-12]',
    async (how) => {
      const counters = [new Counter(), new Counter(), new Counter()] as const;
      const inputs = counters.map((counter) => (how === 'sync' ? counter : counter.later())) as [Counter, Counter, Counter];
      const one: number[] = [];
      for await (const value of executor.map(square, inputs[0], { buffersize: 2 })) {
        one.push(value);
        if (one.length === 3) break;
      }
      expect(one).toEqual([0, 1, 4]);
      const two = executor.map(add, inputs[1], inputs[2], { buffersize: 2 });
      expect([(await two.next()).value, (await two.next()).value]).toEqual([0, 2]);
      await two.return();
      expect(counters.map(({ closed }) => closed)).toEqual([1, 1, 1]);
      for (const { pulled } of counters) expect(pulled).toBeLessThanOrEqual(6);
    },
  );

  test('test_map_buffersize_on_empty_iterable, test_map_buffersize_without_iterable [B-14] [B-15] [X-7]', async () => {
    expect(await collect(executor.map(square, []))).toEqual([]);
    expect(await collect(executor.map(square, [], { buffersize: 2 }))).toEqual([]);
    expect(await executor.map(add, [], [1]).toArray()).toEqual([]);
    expect(
      await executor
        .map(square, (async function* () {})())
        .settled()
        .toArray(),
    ).toEqual([]);
    const loose = executor.map.bind(executor) as unknown as (...args: unknown[]) => ResultIterator<number>;
    expect([await loose(square).toArray(), await loose(square, undefined).toArray()]).toEqual([[], []]);
  });

  test.each([0, '', false, null, undefined])('test_swallows_falsey_exceptions: %j [B-21] [F-16] [D-49] [T-7]', async (thrown) => {
    const future = executor.submit(throwIt, thrown);
    expect(await errorOf(future)).toBe(thrown);
    expect(await future.exception()).toBe(thrown);
    expect([future.cancelled(), future.done(), future.outcome()]).toEqual([false, true, { status: 'rejected', reason: thrown }]);
    expect(await executor.map(throwIt, [thrown]).settled().toArray()).toEqual([{ status: 'rejected', reason: thrown }]);
  });

  test('test_no_stale_references: arguments, result and future of a task that is over [B-18]', async () => {
    const references: WeakRef<object>[] = [];
    async function once(): Promise<void> {
      const argument = { an: 'argument' };
      const future = executor.submit(echo<object>, argument);
      references.push(new WeakRef(argument), new WeakRef(future), new WeakRef(await future));
    }
    await once();
    expect(await left(references)).toBe(0);
  });

  test('test_free_reference: results that a map has yielded [B-20] [X-16]', async () => {
    const results = executor.map(labelled<number>, [1, 2, 3]);
    const references: WeakRef<object>[] = [];
    async function take(): Promise<void> {
      const { value } = await results.next();
      references.push(new WeakRef(value as object));
    }
    await take();
    await take();
    expect(await left(references)).toBe(0);
    expect((await results.next()).value).toEqual({ label: 3 });
  });

  // The last two: they shut it down, which for its own workers is the end of them.
  test('test_map_buffersize_when_buffer_is_full: exactly buffersize items are read [B-16] [X-14]', async () => {
    const counter = new Counter();
    const results = executor.map(square, counter, { buffersize: 4 });
    await executor.shutdown();
    expect([counter.pulled, counter.closed]).toEqual([4, 1]);
    expect([(await results.next()).value, (await results.next()).value]).toEqual([0, 1]);
  });

  test('test_shutdown_race_issue12456: with a map of more tasks than workers [B-17]', async () => {
    const another = forTest(kind);
    const gate = makeGate();
    another.map(mark, Array(3).fill(gate.path), [1, 2, 3]);
    await another.shutdown();
    expect(gate.labels().sort()).toEqual(['1', '2', '3']);
  });

  checkList();
});

const END = { done: true, value: undefined };

describe.each([ProcessPoolExecutor, ThreadPoolExecutor])('ExecutorTest: %o', (Executor) => {
  test.each([0, -1, 1.5, Number.NaN])('test_max_workers_negative: %d [B-19] [T-3] [C-14]', (count) => {
    expect(() => new Executor(count)).toThrow(RangeError);
    expect(() => new Executor(count)).toThrow(/maxWorkers/);
    expect(() => new Executor({ maxWorkers: count })).toThrow(OptionsError);
  });
});
