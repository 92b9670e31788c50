/** Future by itself: CPython's FutureTests (B4), with futures that are settled by hand. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { inspect } from 'node:util';
import { CancelledError, Future, InvalidStateError, TimeoutError } from '@twinpool/executor';
import { expectWarning } from '@twinpool/testkit/leak-check';
import { describe, expect, test, vi } from 'vitest';
import { errorOf, futureStates, turn } from './kit.ts';

describe('state', () => {
  test.each([
    ['pending', false, false, false],
    ['running', false, true, false],
    ['cancelled', true, false, true],
    ['notified', true, false, true],
    ['raised', false, false, true],
    ['returned', false, false, true],
  ] as const)('F-3 test_cancelled, test_running, test_done: %s', (state, cancelled, running, done) => {
    const future = futureStates()[state];
    expect([future.cancelled(), future.running(), future.done()]).toEqual([cancelled, running, done]);
  });

  test('F-1 test_cancel: true unless it runs or is finished', () => {
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

  test('F-15 test_repr', () => {
    const { pending, running, cancelled, notified, raised, returned } = futureStates();
    const shown = [pending, running, cancelled, notified, raised, returned].map((future) => inspect(future));
    expect(shown).toEqual([
      '<Future state=pending>',
      '<Future state=running>',
      '<Future state=cancelled>',
      '<Future state=cancelled>',
      '<Future state=finished raised RangeError>',
      '<Future state=finished returned number>',
    ]);
    expect(String(Object.prototype.toString.call(pending))).toBe('[object Future]');
  });

  test.each([
    [null, 'null'],
    [undefined, 'undefined'],
    ['text', 'string'],
    [[1], 'Array'],
    [new Map(), 'Map'],
    [Object.create(null), 'object'],
  ])('the kind of result is shown: %j', (value, name) => {
    const future = new Future<unknown>();
    future.setResult(value);
    expect(inspect(future)).toBe(`<Future state=finished returned ${name}>`);
  });
});

describe('setResult, setException, setRunningOrNotifyCancel', () => {
  test('F-12 test_multiple_set_result: refused, and the value stays', async () => {
    const future = new Future<number>();
    future.setResult(1);
    expect(() => future.setResult(2)).toThrow(InvalidStateError);
    expect(() => future.setResult(2)).toThrow('FINISHED: <Future state=finished returned number>');
    expect(await future).toBe(1);
  });

  test('F-12 test_multiple_set_exception: refused, and the error stays the very object', async () => {
    const future = new Future<number>();
    const error = new Error('first');
    future.setException(error);
    expect(() => future.setException(new Error('second'))).toThrow(InvalidStateError);
    expect(await future.exception()).toBe(error);
  });

  test('F-12 refused when it was cancelled', () => {
    const { cancelled, notified } = futureStates();
    expect(() => cancelled.setResult(1)).toThrow('CANCELLED: <Future state=cancelled>');
    expect(() => notified.setException(1)).toThrow('CANCELLED_AND_NOTIFIED: <Future state=cancelled>');
  });

  test('F-11 setRunningOrNotifyCancel', () => {
    const { pending, running, cancelled, notified, returned } = futureStates();
    expect(pending.setRunningOrNotifyCancel()).toBe(true);
    expect(pending.running()).toBe(true);
    expect(cancelled.setRunningOrNotifyCancel()).toBe(false);
    for (const future of [running, notified, returned]) expect(() => future.setRunningOrNotifyCancel()).toThrow(InvalidStateError);
  });

  test.each([0, '', false, null, undefined, Number.NaN])(
    'F-16 test_swallows_falsey_exceptions: %j is an exception like any other',
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
    'F-5 test_result_with_timeout, test_exception_with_timeout: %s(0) in all states',
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

  test('test_result_with_success: a waiting result() is told', async () => {
    const future = new Future<number>();
    const waiting = [future.result(5_000), future.result(), future.exception(5_000)];
    future.setResult(7);
    expect(await Promise.all(waiting)).toEqual([7, 7, undefined]);
  });

  test('test_exception_with_success: a waiting exception() is told', async () => {
    const future = new Future<number>();
    const waiting = [future.exception(5_000), future.exception()];
    const error = new Error('later');
    future.setException(error);
    expect(await Promise.all(waiting)).toEqual([error, error]);
  });

  test('test_result_with_cancel: both reject with CancelledError', async () => {
    const future = new Future<number>();
    const waiting = [future.result(5_000), future.exception()].map(errorOf);
    future.cancel();
    for (const error of await Promise.all(waiting)) expect(error).toBeInstanceOf(CancelledError);
  });

  test('F-20 the error is the very object each time', async () => {
    const future = new Future<number>();
    const error = new Error('one');
    future.setException(error);
    expect(await errorOf(future.result())).toBe(error);
    expect(await errorOf(future)).toBe(error);
    expect(await future.exception()).toBe(error);
  });

  test('after a timeout one may ask again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const future = new Future<number>();
      const first = errorOf(future.result(100));
      await vi.advanceTimersByTimeAsync(101);
      expect(await first).toMatchObject({ name: 'TimeoutError', code: 'ERR_TWINPOOL_TIMEOUT' });
      future.setResult(3);
      expect(await future.result(100)).toBe(3);
    } finally {
      vi.useRealTimers();
    }
  });

  test('a CancelledError that is set as an exception is one', async () => {
    const future = new Future<number>();
    const error = new CancelledError('thrown');
    future.setException(error);
    expect(future.cancelled()).toBe(false);
    expect(await future.exception()).toBe(error);
  });

  test.each(['result', 'exception'] as const)('%s: a bad timeout rejects', async (method) => {
    const { returned, pending } = futureStates();
    await expect(returned[method](Number.NaN)).rejects.toBeInstanceOf(RangeError);
    await expect(pending[method]('1' as unknown as number)).rejects.toBeInstanceOf(TypeError);
    await expect(pending[method](-5)).rejects.toBeInstanceOf(TimeoutError);
    expect(await returned.result(Number.POSITIVE_INFINITY)).toBe(42);
  });
});

describe('addDoneCallback', () => {
  test('test_done_callback_with_result, _with_exception, _with_cancel: with the future, when it is done', async () => {
    const seen: unknown[] = [];
    const [returned, raised, cancelled] = [new Future<number>(), new Future<number>(), new Future<number>()];
    for (const future of [returned, raised, cancelled]) future.addDoneCallback((done) => seen.push(done, done.done(), done.cancelled()));
    returned.setResult(5);
    raised.setException(new Error('no'));
    cancelled.cancel();
    expect(seen).toEqual([returned, true, false, raised, true, false, cancelled, true, true]);
    expect(await returned).toBe(5);
  });

  test('test_done_callback_already_successful, _failed, _cancelled: at once', () => {
    const { returned, raised, cancelled } = futureStates();
    const seen: unknown[] = [];
    for (const future of [returned, raised, cancelled]) future.addDoneCallback((done) => seen.push(done));
    expect(seen).toEqual([returned, raised, cancelled]);
  });

  test('F-7 in the order added, a function added twice runs twice, one added from inside runs at once', () => {
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

  test('callbacks come before await and result() go on', async () => {
    const future = new Future<number>();
    const order: string[] = [];
    const waiting = [future.then(() => order.push('then')), future.result(1_000).then(() => order.push('result'))];
    future.addDoneCallback(() => order.push('callback'));
    future.setResult(0);
    expect(order).toEqual(['callback']);
    await Promise.all(waiting);
    expect(order.sort()).toEqual(['callback', 'result', 'then']);
  });

  test('C-26 a callback runs in the AsyncLocalStorage context of whoever added it', () => {
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

  test('test_done_callback_raises: reported, and the next one still runs', async () => {
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

  test('test_done_callback_raises_already_succeeded; an async one that rejects; values that are no errors', async () => {
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
    await turn();
  });

  test('a callback that returns a failing future leaves it as silent as any other', async () => {
    const { returned, raised } = futureStates();
    returned.addDoneCallback(() => raised);
    await turn();
  });

  test('what is no function is a TypeError', () => {
    expect(() => futureStates().pending.addDoneCallback(undefined as unknown as () => void)).toThrow(TypeError);
  });
});

describe('as a promise', () => {
  test('then, catch and finally', async () => {
    const { returned, raised } = futureStates();
    expect(await returned.then((value) => value + 1)).toBe(43);
    expect(await raised.catch((error: unknown) => (error as Error).message)).toBe('raised');
    const last = vi.fn();
    expect(await returned.finally(last)).toBe(42);
    expect(last).toHaveBeenCalledOnce();
    expect(await Promise.all([returned, returned.then()])).toEqual([42, 42]);
  });

  test('C-3 one that failed and is not awaited is silent', async () => {
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
