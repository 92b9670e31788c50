/** CPython's test_concurrent_futures/test_as_completed.py: AsCompletedTests, with futures settled by hand. */
import { inspect } from 'node:util';
import { asCompleted, Future, OptionsError, TimeoutError, wait } from '@twinpool/executor';
import { echo, square } from '@twinpool/testkit/tasks';
import { describe, expect, test } from 'vitest';
import { holdLong } from '../fixtures/tasks.mjs';
import { collect, errorOf, forAll, forTest, futureStates, left, makeGate, turn, useFakeClock } from '../kit.ts';
import { OWN, rowsFor } from './kinds.ts';

test('test_no_timeout: finished, cancelled, failed and new ones all come, the done ones first and in input order [B-22] [C-AC-1] [C-AC-4] [D-33]', async () => {
  const { notified, cancelled, raised, returned } = futureStates();
  const [first, second] = [new Future<number>(), new Future<number>()];
  const iterator = asCompleted([first, cancelled, notified, second, raised, returned]);
  second.setResult(2);
  first.setException(new Error('1'));
  expect(await collect(iterator)).toEqual([cancelled, notified, raised, returned, second, first]);
});

test('the futures themselves, never their values [C-2]', async () => {
  const { returned } = futureStates();
  const step = await asCompleted([returned]).next();
  expect(step.value).toBe(returned);
});

test('test_duplicate_futures: once [B-24] [C-AC-1]', async () => {
  const { returned, pending } = futureStates();
  const iterator = asCompleted([returned, pending, returned, pending].values());
  pending.setResult(1);
  expect(await collect(iterator)).toEqual([returned, pending]);
});

test('no futures', async () => {
  expect(await collect(asCompleted([]))).toEqual([]);
});

test('next() may be called ahead: answered in turn', async () => {
  const [first, second] = [new Future<number>(), new Future<number>()];
  const iterator = asCompleted([first, second]);
  const steps = [iterator.next(), iterator.next(), iterator.next()];
  second.setResult(2);
  first.setResult(1);
  expect((await Promise.all(steps)).map(({ value }) => value)).toEqual([second, first, undefined]);
});

test('test_free_reference_yielded_future: finishing others while iterating is safe [B-25] [C-AC-7]', async () => {
  const futures = Array.from({ length: 5 }, () => new Future<number>());
  const seen: unknown[] = [];
  futures[0]?.setResult(0);
  for await (const future of asCompleted(futures)) {
    seen.push(future);
    futures[seen.length]?.setResult(0);
  }
  expect(seen).toEqual(futures);
});

describe('timeout', () => {
  test.each([0, -1])(
    'test_future_times_out: %d: what is done comes, then TimeoutError, then the end [B-23] [C-AC-3] [C-4]',
    async (timeout) => {
      const { returned, raised, pending } = futureStates();
      const iterator = asCompleted([pending, returned, raised], { timeout });
      expect((await iterator.next()).value).toBe(returned);
      expect((await iterator.next()).value).toBe(raised);
      await expect(iterator.next()).rejects.toBeInstanceOf(TimeoutError);
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
    },
  );

  test('test_correct_timeout_exception_msg [B-26] [C-AC-3]', async () => {
    const { cancelled, pending, returned, running } = futureStates();
    const iterator = asCompleted([cancelled, pending, returned, running], { timeout: 0 });
    await iterator.next();
    await iterator.next();
    expect((await errorOf(iterator.next())) as Error).toMatchObject({ message: '2 (of 4) futures unfinished' });
  });

  test('test_future_times_out: counts from the call; several that wait [B-23] [C-AC-2]', async () => {
    const clock = useFakeClock();
    const { pending } = futureStates();
    const iterator = asCompleted([pending], { timeout: 100 });
    clock.advance(60);
    const steps = [errorOf(iterator.next()), iterator.next()] as const;
    let isOver = false;
    void steps[0].then(() => {
      isOver = true;
    });
    clock.advance(39);
    expect(isOver).toBe(false);
    clock.advance(2);
    expect(await steps[0]).toBeInstanceOf(TimeoutError);
    expect(await steps[1]).toEqual({ done: true, value: undefined });
  });

  test('the timer does not outlive the waiting', async () => {
    const { pending } = futureStates();
    const iterator = asCompleted([pending], { timeout: 60_000 });
    const step = iterator.next();
    pending.setResult(1);
    await step;
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBeLessThanOrEqual(1);
  });
});

test('return() only unsubscribes [C-AC-6]', async () => {
  const { pending, returned } = futureStates();
  const seen: unknown[] = [];
  for await (const future of asCompleted([returned, pending])) {
    seen.push(future);
    break;
  }
  expect(seen).toEqual([returned]);
  expect(pending.cancelled()).toBe(false);
  const iterator = asCompleted([pending]);
  const waiting = iterator.next();
  await iterator.return();
  expect(await waiting).toEqual({ done: true, value: undefined });
  pending.setResult(1);
  await turn();
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
});

describe('what is refused, at the call', () => {
  const { returned } = futureStates();
  test('a value that is not an iterable of handles [C-AC-2]', () => {
    expect(() => asCompleted([1] as never)).toThrow(/expected Futures or AsyncResults, got 1/);
    expect(() => asCompleted(returned as never)).toThrow(TypeError);
  });

  test('bad times and unknown options', () => {
    expect(() => asCompleted([returned], { timeout: Number.NaN })).toThrow(RangeError);
    expect(() => asCompleted([returned], { timeout: '1' as never })).toThrow(TypeError);
    expect(() => asCompleted([returned], { returnWhen: 'ALL_COMPLETED' } as never)).toThrow(OptionsError);
  });
});

test('inspect [C-AC-1]', async () => {
  const { returned, pending, cancelled } = futureStates();
  const iterator = asCompleted([returned, pending, cancelled]);
  expect(inspect(iterator)).toBe('FutureIterator { total: 3, unfinished: 1 }');
  await iterator.return();
  expect(inspect([[{ iterator }]], { depth: 0 })).toBe('[ [Array] ]');
});

describe.each(OWN)('$name', (kind) => {
  const { test, checkList } = rowsFor(kind, 'asCompleted');
  const executor = forAll(kind);

  test('test_no_timeout: futures of tasks, whose order is that of their ends [B-22] [C-AC-1]', async () => {
    const gate = makeGate();
    const slow = executor.submit(holdLong, gate.path, 'slow');
    const quick = executor.submit(square, 3);
    const seen: unknown[] = [];
    for await (const future of asCompleted([slow, quick])) {
      seen.push(future);
      gate.open();
    }
    expect(seen).toEqual([quick, slow]);
  });

  test('test_free_reference_yielded_future: nothing that was yielded is kept [B-25] [C-AC-5]', async () => {
    const futures: Future<number>[] = [1, 2, 3].map((n) => executor.submit(echo<number>, n));
    await wait(futures);
    const iterator = asCompleted(futures);
    const references = futures.splice(0, 2).map((future) => new WeakRef(future));
    const [last] = futures;
    async function take(): Promise<void> {
      await iterator.next();
    }
    await take();
    await take();
    expect(await left(references)).toBe(0);
    expect((await iterator.next()).value).toBe(last);
  });

  test('after shutdown({ cancelFutures: true }) wait and asCompleted come to an end [D-33] [W-5] [C-AC-4] [X-19]', async () => {
    const another = forTest(kind, { maxWorkers: 1 });
    const gate = makeGate();
    const futures = [1, 2, 3].map((n) => another.submit(holdLong, gate.path, n));
    await gate.entered();
    const down = another.shutdown({ cancelFutures: true });
    const iterator = asCompleted(futures);
    expect([(await iterator.next()).value, (await iterator.next()).value]).toEqual(futures.slice(1));
    expect((await wait(futures, { returnWhen: 'FIRST_COMPLETED' })).done.size).toBe(2);
    gate.open();
    expect((await iterator.next()).value).toBe(futures[0]);
    expect((await wait(futures)).done.size).toBe(3);
    await down;
  });

  checkList();
});
