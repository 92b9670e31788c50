/** CPython's test_concurrent_futures/test_future.py: FutureTests, with futures that are settled by hand. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { inspect } from 'node:util';
import { CancelledError, Future, InvalidStateError, ThreadPoolExecutor, TimeoutError, wait } from '@twinpool/executor';
import { expectWarning } from '@twinpool/testkit/leak-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { errorOf, futureStates, turn, useFakeClock } from '../kit.ts';

describe('state', () => {
  test.each([
    ['pending', false, false, false],
    ['running', false, true, false],
    ['cancelled', true, false, true],
    ['notified', true, false, true],
    ['raised', false, false, true],
    ['returned', false, false, true],
  ] as const)('test_cancelled, test_done, test_running: %s [B-46] [B-47] [B-48] [F-3]', (state, cancelled, running, done) => {
    const future = futureStates()[state];
    expect([future.cancelled(), future.running(), future.done()]).toEqual([cancelled, running, done]);
  });

  test('test_cancel: true unless it runs or is finished [B-45] [F-1] [C-6]', () => {
    const states = futureStates();
    const cancelled = Object.entries(states).map(([name, future]) => [name, future.cancel(), future.cancelled()]);
    expect(cancelled).toEqual([
      ['pending', true, true],
      ['running', false, false],
      ['cancelled', true, true],
      ['notified', true, true],
      ['raised', false, false],
      ['returned', false, false],
    ]);
  });

  test('test_repr [B-44] [F-15] [C-22]', () => {
    const { pending, running, cancelled, notified, raised, returned } = futureStates();
    const shown = [pending, running, cancelled, notified, raised, returned].map((future) => inspect(future));
    expect(shown).toEqual([
      "Future { state: 'pending' }",
      "Future { state: 'running' }",
      "Future { state: 'cancelled' }",
      "Future { state: 'cancelled' }",
      "Future { state: 'finished', raised: 'RangeError' }",
      "Future { state: 'finished', returned: 'number' }",
    ]);
    expect(inspect({ a: { b: { pending } } }, { depth: 1 })).toBe('{ a: { b: [Object] } }');
    expect(inspect({ a: { pending } }, { depth: 1 })).toContain('[Future]');
    expect(String(Object.prototype.toString.call(pending))).toBe('[object Future]');
  });

  test.each([
    [null, 'null'],
    [undefined, 'undefined'],
    ['text', 'string'],
    [[1], 'Array'],
    [new Map(), 'Map'],
    [Object.create(null), 'object'],
    [{ constructor: { name: 5 } }, 'object'],
    [Object.defineProperty({}, 'constructor', { get: () => expect.unreachable() }), 'object'],
  ])('test_repr: the kind of result is shown, never the result: %j [B-44] [F-15]', (value, name) => {
    const future = new Future<unknown>();
    future.setResult(value);
    expect(inspect(future)).toBe(`Future { state: 'finished', returned: '${name}' }`);
  });
});

describe('setResult, setException, setRunningOrNotifyCancel', () => {
  test('test_multiple_set_result: refused, and the value stays [B-54] [F-12] [F-14]', async () => {
    const future = new Future<number>();
    future.setResult(1);
    expect(() => future.setResult(2)).toThrow(InvalidStateError);
    expect(() => future.setResult(2)).toThrow("FINISHED: Future { state: 'finished', returned: 'number' }");
    expect(await future).toBe(1);
  });

  test('test_multiple_set_exception: refused, and the error stays the very object [B-55] [F-12]', async () => {
    const future = new Future<number>();
    const error = new Error('first');
    future.setException(error);
    expect(() => future.setException(new Error('second'))).toThrow(InvalidStateError);
    expect(await future.exception()).toBe(error);
  });

  test('refused when it was cancelled [F-12]', () => {
    const { cancelled, notified } = futureStates();
    expect(() => cancelled.setResult(1)).toThrow("CANCELLED: Future { state: 'cancelled' }");
    expect(() => notified.setException(1)).toThrow("CANCELLED_AND_NOTIFIED: Future { state: 'cancelled' }");
  });

  test('setRunningOrNotifyCancel [F-11] [F-14]', () => {
    const { pending, running, cancelled, notified, returned } = futureStates();
    expect(pending.setRunningOrNotifyCancel()).toBe(true);
    expect(pending.running()).toBe(true);
    expect(cancelled.setRunningOrNotifyCancel()).toBe(false);
    for (const future of [running, notified, returned]) expect(() => future.setRunningOrNotifyCancel()).toThrow(InvalidStateError);
  });

  test.each([0, '', false, null, undefined, Number.NaN])(
    'any value can be thrown, %j too, and is an exception like any other [F-13] [F-16] [F-18] [D-49]',
    async (thrown) => {
      const future = new Future<number>();
      future.setException(thrown);
      await expect(
        future.then(
          () => 'returned',
          (error: unknown) => ({ error }),
        ),
      ).resolves.toEqual({ error: thrown });
      expect(await future.exception()).toBe(thrown);
    },
  );
});

describe('result, exception', () => {
  test.each(['result', 'exception'] as const)(
    'test_result_with_timeout, test_exception_with_timeout: %s(0) in all states [B-49] [B-52] [F-5] [F-6]',
    async (method) => {
      const { pending, running, cancelled, notified, raised, returned } = futureStates();
      for (const future of [pending, running]) await expect(future[method](0)).rejects.toBeInstanceOf(TimeoutError);
      for (const future of [cancelled, notified]) await expect(future[method](0)).rejects.toBeInstanceOf(CancelledError);
      if (method === 'result') {
        await expect(raised.result(0)).rejects.toThrow('raised');
        expect(await returned.result(0)).toBe(42);
      } else {
        expect(await raised.exception(0)).toBeInstanceOf(RangeError);
        expect(await returned.exception(0)).toBeUndefined();
      }
    },
  );

  test('test_result_with_success: a waiting result() resolves [B-50] [F-5]', async () => {
    const future = new Future<number>();
    const waiting = [future.result(5_000), future.result(), future.exception(5_000)];
    future.setResult(7);
    expect(await Promise.all(waiting)).toEqual([7, 7, undefined]);
  });

  test('test_exception_with_success: a waiting exception() resolves [B-53] [F-6] [F-18]', async () => {
    const future = new Future<number>();
    const waiting = [future.exception(5_000), future.exception()];
    const error = new Error('later');
    future.setException(error);
    expect(await Promise.all(waiting)).toEqual([error, error]);
  });

  test('test_result_with_cancel: both reject with CancelledError [B-51] [F-1] [F-5]', async () => {
    const future = new Future<number>();
    const waiting = [future.result(5_000), future.exception()].map(errorOf);
    future.cancel();
    for (const error of await Promise.all(waiting)) expect(error).toBeInstanceOf(CancelledError);
  });

  test('the error is the very object each time [F-20] [C-1]', async () => {
    const future = new Future<number>();
    const error = new Error('one');
    future.setException(error);
    expect(await errorOf(future.result())).toBe(error);
    expect(await errorOf(future)).toBe(error);
    expect(await future.exception()).toBe(error);
  });

  test('after a timeout one may ask again [F-5]', async () => {
    const clock = useFakeClock();
    const future = new Future<number>();
    const first = errorOf(future.result(100));
    clock.advance(101);
    expect(await first).toMatchObject({ name: 'TimeoutError', code: 'ERR_TWINPOOL_TIMEOUT' });
    future.setResult(3);
    expect(await future.result(100)).toBe(3);
  });

  test('a CancelledError that is set as an exception is one', async () => {
    const future = new Future<number>();
    const error = new CancelledError('thrown');
    future.setException(error);
    expect(future.cancelled()).toBe(false);
    expect(await future.exception()).toBe(error);
  });

  test.each(['result', 'exception'] as const)('%s: a bad timeout rejects [C-4] [C-24]', async (method) => {
    const { returned, pending } = futureStates();
    await expect(returned[method](Number.NaN)).rejects.toBeInstanceOf(RangeError);
    await expect(pending[method]('1' as unknown as number)).rejects.toBeInstanceOf(TypeError);
    await expect(pending[method](-5)).rejects.toBeInstanceOf(TimeoutError);
    expect(await returned.result(Number.POSITIVE_INFINITY)).toBe(42);
  });
});

describe('addDoneCallback', () => {
  test('test_done_callback_with_result, test_done_callback_with_exception, test_done_callback_with_cancel [B-36] [B-37] [B-38] [F-7] [F-8] [C-1]', async () => {
    const seen: unknown[] = [];
    const [returned, raised, cancelled] = [new Future<number>(), new Future<number>(), new Future<number>()];
    for (const future of [returned, raised, cancelled]) future.addDoneCallback((done) => seen.push(done, done.done(), done.cancelled()));
    const error = new Error('no');
    returned.addDoneCallback((done) => seen.push(done.resultNow(), done.exceptionNow()));
    raised.addDoneCallback((done) => seen.push(done.exceptionNow()));
    returned.setResult(5);
    raised.setException(error);
    cancelled.cancel();
    expect(seen).toEqual([returned, true, false, 5, undefined, raised, true, false, error, cancelled, true, true]);
    expect(await returned).toBe(5);
  });

  test('test_done_callback_already_successful, test_done_callback_already_failed, test_done_callback_already_cancelled: at once [B-40] [B-41] [B-42] [F-7]', () => {
    const { returned, raised, cancelled } = futureStates();
    const seen: unknown[] = [];
    for (const future of [returned, raised, cancelled]) future.addDoneCallback((done) => seen.push(done));
    expect(seen).toEqual([returned, raised, cancelled]);
  });

  test('in the order added, a function added twice runs twice, one added from inside runs at once [F-7] [C-5]', () => {
    const future = new Future<number>();
    const order: unknown[] = [];
    const twice = () => order.push('twice');
    future.addDoneCallback(() => {
      order.push(1);
      future.addDoneCallback(() => order.push('nested'));
    });
    future.addDoneCallback(twice);
    future.addDoneCallback(twice);
    future.addDoneCallback(() => order.push(2));
    future.setResult(0);
    expect(order).toEqual([1, 'nested', 'twice', 'twice', 2]);
  });

  test('callbacks come before await and result() go on [F-8] [C-5]', async () => {
    const future = new Future<number>();
    const order: string[] = [];
    const waiting = [future.then(() => order.push('then')), future.result(1_000).then(() => order.push('result'))];
    future.addDoneCallback(() => order.push('callback'));
    future.setResult(0);
    expect(order).toEqual(['callback']);
    await Promise.all(waiting);
    expect(order.sort()).toEqual(['callback', 'result', 'then']);
  });

  test('a callback runs in the AsyncLocalStorage context of the code that added it [B-215] [C-26]', () => {
    const storage = new AsyncLocalStorage<string>();
    const [future, { returned }] = [new Future<number>(), futureStates()];
    const seen: unknown[] = [];
    storage.run('adder', () => {
      future.addDoneCallback(() => seen.push(storage.getStore()));
      returned.addDoneCallback(() => seen.push(storage.getStore()));
    });
    storage.run('settler', () => future.setResult(1));
    expect(seen).toEqual(['adder', 'adder']);
  });

  test('test_done_callback_raises: reported, and the next one still runs [B-39] [F-9] [C-25]', async () => {
    expectWarning(/a done-callback threw: Error: doh!/);
    const future = new Future<number>();
    const next = vi.fn();
    future.addDoneCallback(() => {
      throw new Error('doh!');
    });
    future.addDoneCallback(next);
    future.setResult(5);
    expect(next).toHaveBeenCalledWith(future);
    expect(await future).toBe(5);
    await turn();
  });

  test('test_done_callback_raises_already_succeeded; an async one that rejects; values that are not errors [B-43] [F-9] [F-10] [D-47] [C-25]', async () => {
    expectWarning('TWINPOOL_UNCAUGHT');
    const { returned } = futureStates();
    const hostile: unknown[] = ['text', null, Object.create(null), Symbol('s')];
    for (const thrown of hostile) {
      returned.addDoneCallback(() => {
        throw thrown;
      });
    }
    returned.addDoneCallback(async () => {
      throw new Error('later');
    });
    const last = vi.fn();
    returned.addDoneCallback(last);
    await turn();
    expect(last).toHaveBeenCalledOnce();
  });

  test('a callback that returns a failing future leaves it as silent as any other', async () => {
    const { returned, raised } = futureStates();
    const returnRaised = vi.fn(() => raised);
    returned.addDoneCallback(returnRaised);
    await turn();
    expect(returnRaised).toHaveBeenCalledOnce();
  });

  test('a value that is not a function is a TypeError', () => {
    expect(() => futureStates().pending.addDoneCallback(undefined as unknown as () => void)).toThrow(TypeError);
  });
});

describe('as a promise', () => {
  test('then, catch and finally [C-2] [F-21]', async () => {
    const { returned, raised } = futureStates();
    expect(await returned.then((value) => value + 1)).toBe(43);
    expect(await raised.catch((error: unknown) => (error as Error).message)).toBe('raised');
    const last = vi.fn();
    expect(await returned.finally(last)).toBe(42);
    expect(last).toHaveBeenCalledOnce();
    expect(await Promise.all([returned, returned.then()])).toEqual([42, 42]);
  });

  test('one that failed and is not awaited is silent [C-3]', async () => {
    const { raised, cancelled } = futureStates();
    const late = new Future<number>();
    late.addDoneCallback(() => undefined);
    late.setException(new Error('silent'));
    expect([raised.done(), cancelled.done(), late.done()]).toEqual([true, true, true]);
    await turn();
  });

  test('what then() returns is a promise like any other', async () => {
    const rejections: unknown[] = [];
    const listener = (reason: unknown) => rejections.push(reason);
    process.on('unhandledRejection', listener);
    try {
      const { raised } = futureStates();
      void raised.then(() => undefined);
      await turn();
      expect(rejections).toEqual([new RangeError('raised')]);
    } finally {
      process.off('unhandledRejection', listener);
    }
  });
});

describe('resultNow, exceptionNow, outcome', () => {
  test('test_get_snapshot: outcome() in all states [B-56] [F-17] [F-18]', () => {
    const states = Object.entries(futureStates()).map(([name, future]) => [name, future.outcome()]);
    expect(Object.fromEntries(states)).toEqual({
      pending: undefined,
      running: undefined,
      cancelled: { status: 'cancelled' },
      notified: { status: 'cancelled' },
      raised: { status: 'rejected', reason: new RangeError('raised') },
      returned: { status: 'fulfilled', value: 42 },
    });
  });

  test('what is asked at once is there, or thrown [F-5] [F-6] [C-1]', () => {
    const { pending, running, cancelled, notified, raised, returned } = futureStates();
    expect([returned.resultNow(), returned.exceptionNow()]).toEqual([42, undefined]);
    expect(() => raised.resultNow()).toThrow('raised');
    expect(raised.exceptionNow()).toBeInstanceOf(RangeError);
    for (const future of [cancelled, notified]) {
      expect(() => future.resultNow()).toThrow(CancelledError);
      expect(() => future.exceptionNow()).toThrow(CancelledError);
    }
    for (const future of [pending, running]) {
      expect(() => future.resultNow()).toThrow(InvalidStateError);
      expect(() => future.exceptionNow()).toThrow("exceptionNow: the future is not done: Future { state: '");
    }
  });

  test('who got the error has asked for it, once, and it needs no handler [C-3]', async () => {
    const executor = new ThreadPoolExecutor(1);
    onTestFinished(() => executor.shutdown());
    const future = executor.submit(() => {
      throw new Error('seen');
    });
    await wait([future]);
    const before = executor.stats().unobservedErrors;
    for (let i = 0; i < 2; i++) expect(future.exceptionNow()).toMatchObject({ message: 'seen' });
    expect(executor.stats().unobservedErrors).toBe(before - 1);
    await turn();
    expect(await errorOf(future)).toBe(future.exceptionNow());
  });
});
