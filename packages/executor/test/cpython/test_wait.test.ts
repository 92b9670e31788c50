/** CPython's test_concurrent_futures/test_wait.py: WaitTests, with futures settled by hand and handles of another facade. */
import { HANDLE, type HandleView } from '@twinpool/core/facade';
import {
  ALL_COMPLETED,
  asCompleted,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  Future,
  OptionsError,
  type ResultLike,
  ThreadPoolExecutor,
  wait,
} from '@twinpool/executor';
import { describe, expect, onTestFinished, test } from 'vitest';
import { futureStates, turn, useFakeClock } from '../kit.ts';

/** As much of a pool's AsyncResult as the protocol asks for. */
class OtherHandle {
  #listeners: (() => void)[] = [];
  state: 'open' | 'returned' | 'raised' | 'cancelled' = 'open';

  settle(state: 'returned' | 'raised' | 'cancelled'): void {
    this.state = state;
    for (const listener of this.#listeners.splice(0)) listener();
  }

  get listeners(): number {
    return this.#listeners.length;
  }

  [HANDLE](): HandleView {
    const isDone = this.state !== 'open';
    const isFailed = () => this.state === 'raised';
    return {
      isDone,
      isRunning: false,
      get isFailed() {
        return isFailed();
      },
      onSettled: (listener) => {
        this.#listeners.push(listener);
        return () => {
          this.#listeners = this.#listeners.filter((each) => each !== listener);
        };
      },
    };
  }
}

const other = (): OtherHandle & ResultLike => new OtherHandle() as OtherHandle & ResultLike;
const split = ({ done, notDone }: { done: Set<unknown>; notDone: Set<unknown> }) => [[...done], [...notDone]];

test('test_20369: a duplicate counts once [B-27] [W-2]', async () => {
  const { returned, pending } = futureStates();
  expect(split(await wait([returned, returned, pending, pending], { timeout: 0 }))).toEqual([[returned], [pending]]);
});

test('nothing to wait for [W-3]', async () => {
  for (const returnWhen of [ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION] as const)
    expect(split(await wait([], { returnWhen }))).toEqual([[], []]);
});

test('test_all_completed: the done ones in input order, then as they come [B-33] [W-1] [C-7]', async () => {
  const { cancelled, raised, returned } = futureStates();
  const [first, second] = [new Future<number>(), new Future<number>()];
  const waiting = wait([first, cancelled, second, raised, returned]);
  second.setResult(2);
  first.setException(new Error('1'));
  expect(split(await waiting)).toEqual([[cancelled, raised, returned, second, first], []]);
});

describe('FIRST_COMPLETED', () => {
  test('test_first_completed: a cancelled one is done [B-28] [W-4] [W-5] [D-33]', async () => {
    const { cancelled, pending } = futureStates();
    expect(split(await wait([pending, cancelled], { returnWhen: FIRST_COMPLETED }))).toEqual([[cancelled], [pending]]);
  });

  test('test_first_completed_some_already_completed [B-29] [W-4]', async () => {
    const { notified, returned, pending, running } = futureStates();
    expect(split(await wait([pending, notified, running, returned], { returnWhen: 'FIRST_COMPLETED' }))).toEqual([
      [notified, returned],
      [pending, running],
    ]);
  });

  test('a future that is cancelled while waiting [F-2] [W-5] [D-33]', async () => {
    const [first, second] = [new Future<number>(), new Future<number>()];
    const waiting = wait([first, second], { returnWhen: FIRST_COMPLETED });
    second.cancel();
    expect(split(await waiting)).toEqual([[second], [first]]);
  });
});

describe('FIRST_EXCEPTION', () => {
  test('test_first_exception: earlier successes included, what is open left [B-30] [W-4]', async () => {
    const [first, second, third] = [new Future<number>(), new Future<number>(), new Future<number>()];
    const waiting = wait([first, second, third], { returnWhen: FIRST_EXCEPTION });
    first.setResult(1);
    await turn();
    second.setException(new Error('2'));
    expect(split(await waiting)).toEqual([[first, second], [third]]);
  });

  test('test_first_exception_some_already_complete: successes and cancellations do not end it [B-31] [W-4] [W-5]', async () => {
    const { cancelled, returned } = futureStates();
    const [first, second] = [new Future<number>(), new Future<number>()];
    const waiting = wait([first, cancelled, returned, second], { returnWhen: FIRST_EXCEPTION });
    let isOver = false;
    void waiting.then(() => {
      isOver = true;
    });
    await turn();
    expect(isOver).toBe(false);
    second.setException(0);
    expect(split(await waiting)).toEqual([[cancelled, returned, second], [first]]);
  });

  test('test_first_exception_one_already_failed: at once [B-32] [W-4]', async () => {
    const { raised, pending } = futureStates();
    expect(split(await wait([pending, raised], { returnWhen: FIRST_EXCEPTION }))).toEqual([[raised], [pending]]);
  });

  test('without an exception it waits for all [W-4]', async () => {
    const { returned } = futureStates();
    const [first, second] = [new Future<number>(), new Future<number>()];
    const waiting = wait([first, returned, second], { returnWhen: FIRST_EXCEPTION });
    first.setResult(1);
    second.cancel();
    expect(split(await waiting)).toEqual([[returned, first, second], []]);
  });
});

describe('timeout', () => {
  test('test_timeout: resolves with what is done [B-34] [W-6]', async () => {
    const clock = useFakeClock();
    const { returned, pending } = futureStates();
    const later = new Future<number>();
    const waiting = wait([pending, returned, later], { timeout: 50 });
    later.setResult(1);
    clock.advance(51);
    expect(split(await waiting)).toEqual([[returned, later], [pending]]);
  });

  test.each([0, -1])('%d looks and does not wait [W-6] [C-4]', async (timeout) => {
    const { returned, pending } = futureStates();
    expect(split(await wait([pending, returned], { timeout }))).toEqual([[returned], [pending]]);
  });

  test('Infinity and undefined mean no limit', async () => {
    const { returned } = futureStates();
    for (const timeout of [Number.POSITIVE_INFINITY, undefined]) expect((await wait([returned], { timeout })).done.size).toBe(1);
  });
});

test('ThreadPoolWaitTests.test_pending_calls_race: all that settle in one step count [B-35] [W-9]', async () => {
  const futures = Array.from({ length: 100 }, () => new Future<number>());
  const waiting = wait(futures, { returnWhen: FIRST_COMPLETED });
  for (const future of futures) future.setResult(0);
  const { done, notDone } = await waiting;
  expect([done.size, notDone.size]).toEqual([100, 0]);
});

test('any iterable; a future that settles while it is being subscribed to [W-2]', async () => {
  const { returned, pending } = futureStates();
  function* lazily(): Generator<Future<number>> {
    yield returned;
    pending.setResult(1);
    yield pending;
  }
  expect((await wait(lazily())).done.size).toBe(2);
  expect((await wait(new Set([returned]))).done).toEqual(new Set([returned]));
});

test('handles of another facade, mixed, and the very objects back [W-2] [W-8]', async () => {
  const { pending } = futureStates();
  const [result, failing] = [other(), other()];
  const waiting = wait([result, pending, failing], { returnWhen: FIRST_EXCEPTION });
  result.settle('cancelled');
  failing.settle('raised');
  expect(split(await waiting)).toEqual([[result, failing], [pending]]);
  const again = other();
  await wait([again, failing], { returnWhen: FIRST_COMPLETED });
  const first = wait([again, pending], { returnWhen: FIRST_COMPLETED, timeout: 60_000 });
  pending.setResult(1);
  await first;
  expect(again.listeners).toBe(0);
});

test('waiting observes nothing [C-3]', async () => {
  const executor = new ThreadPoolExecutor(1);
  onTestFinished(() => executor.shutdown());
  const future = executor.submit(() => {
    throw new Error('unseen');
  });
  await wait([future]);
  expect(executor.stats().unobservedErrors).toBe(1);
  await future.exception();
  expect(executor.stats().unobservedErrors).toBe(0);
});

describe('what is refused', () => {
  const { returned } = futureStates();
  test('another returnWhen, always [W-7]', async () => {
    await expect(wait([returned], { returnWhen: 'SOME' as 'ALL_COMPLETED' })).rejects.toThrow(RangeError);
  });

  test('a value that is not a handle [W-8]', async () => {
    await expect(wait([returned, Promise.resolve(1)] as never)).rejects.toThrow(/expected Futures or AsyncResults, got Promise/);
    await expect(wait([undefined] as never)).rejects.toThrow(TypeError);
    await expect(wait(returned as never)).rejects.toThrow(/expected an iterable/);
    await expect(wait(undefined as never)).rejects.toThrow(TypeError);
  });

  test('bad times and unknown options', async () => {
    await expect(wait([returned], { timeout: Number.NaN })).rejects.toThrow(RangeError);
    await expect(wait([returned], { timeout: '1' as never })).rejects.toThrow(TypeError);
    await expect(wait([returned], { time: 1 } as never)).rejects.toThrow(OptionsError);
    await expect(wait([returned], 50 as never)).rejects.toThrow(OptionsError);
  });
});

test('futures that are done get no listener, and listeners that left are released [D-50]', async () => {
  const [done, open] = [other(), other()];
  done.settle('returned');
  for (let i = 0; i < 3; i++) {
    await wait([done, open], { returnWhen: FIRST_COMPLETED });
    const iterator = asCompleted([done, open]);
    await iterator.next();
    await iterator.return();
  }
  expect([done.listeners, open.listeners]).toEqual([0, 0]);
});
