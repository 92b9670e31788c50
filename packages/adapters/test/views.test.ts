// Tests toFuture and toAsyncResult: two views of one task, which always agree.
import { inspect } from 'node:util';
import { asExecutor, asPool, toAsyncResult, toFuture } from '@twinpool/adapters';
import {
  asCompleted,
  BrokenExecutorError,
  CancelledError,
  FIRST_EXCEPTION,
  Future,
  InvalidStateError,
  TaskTimeoutError,
  TimeoutError,
  wait,
} from '@twinpool/executor';
import { type AsyncResult, NotReadyError, PoolTerminatedError } from '@twinpool/pool';
import { failure, makeGate } from '@twinpool/testkit';
import { expectWarning } from '@twinpool/testkit/leak-check';
import { describe, test } from '@twinpool/testkit/sample';
import { add, fail, later, spin, square } from '@twinpool/testkit/tasks';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { holdWorker, throwIt } from './fixtures/tasks.mjs';
import { busyPool, executorFor, holding, KINDS, type Kind, poolFor, turn } from './kit.ts';

type State = 'waiting' | 'running' | 'returned' | 'raised' | 'cancelled';

/** All that can be asked without waiting; the two views have to say the same. */
function stateOf(future: Future<unknown>, result: AsyncResult<unknown>): State {
  expect(result.ready()).toBe(future.done());
  if (!future.done()) {
    expect(() => result.successful()).toThrow(NotReadyError);
    expect(future.cancelled()).toBe(false);
    return future.running() ? 'running' : 'waiting';
  }
  expect(future.running()).toBe(false);
  if (future.cancelled()) {
    expect(result.successful()).toBe(false);
    return 'cancelled';
  }
  return result.successful() ? 'returned' : 'raised';
}

interface Views<R> {
  readonly future: Future<R>;
  readonly result: AsyncResult<R>;
}

const ofResult = <R>(result: AsyncResult<R>): Views<R> => ({ result, future: toFuture(result) });
const ofFuture = <R>(future: Future<R>): Views<R> => ({ future, result: toAsyncResult(future) });

/** A call of a pool, and one of an executor; each as both views. */
interface Caller {
  call<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Views<Awaited<R>>;
  unobserved(): number;
  end(): Promise<void>;
  readonly gate: { open(): void };
}

type Origin = 'toFuture' | 'toAsyncResult';
type Opened = Omit<Caller, 'gate'>;

/** A pool or an executor with one worker. */
function opened(kind: Kind, origin: Origin): Opened {
  if (origin === 'toFuture') {
    const pool = new kind.Pool({ processes: 1 });
    // Without its rule for arguments that may be left out, which wants to know A.
    const applyAsync = pool.applyAsync.bind(pool) as <A extends readonly unknown[], R>(
      fn: (...args: A) => R,
      args: A,
    ) => AsyncResult<Awaited<R>>;
    return {
      call: (fn, ...args) => ofResult(applyAsync(fn, args)),
      unobserved: () => pool.stats().unobservedErrors,
      end: () => pool[Symbol.asyncDispose](),
    };
  }
  const executor = new kind.Executor({ maxWorkers: 1 });
  return {
    call: (fn, ...args) => ofFuture(executor.submit(fn, ...args)),
    unobserved: () => executor.stats().unobservedErrors,
    end: () => executor.terminateWorkers(),
  };
}

/** Its worker is taken until the gate opens: whatever comes waits. */
async function busy(caller: Opened): Promise<Caller> {
  const gate = makeGate();
  caller.call(holdWorker<string>, gate.path, 'first');
  await holding(gate);
  return { ...caller, gate };
}

const CASES = KINDS.flatMap((kind) => (['toFuture', 'toAsyncResult'] as const).map((origin) => ({ kind, origin, title: kind.kind })));

describe.each(CASES)('$origin, $title', ({ kind, origin }) => {
  let shared: Opened;
  beforeAll(() => {
    shared = opened(kind, origin);
  });
  afterAll(() => shared.end());

  /** For a test that counts what is left in it, or ends it. */
  function own(): Opened {
    const caller = opened(kind, origin);
    onTestFinished(() => caller.end());
    return caller;
  }

  test('agree while the task waits, runs, and has returned', async () => {
    const caller = await busy(shared);
    const gate = makeGate();
    const { future, result } = caller.call(holdWorker<string>, gate.path, 'mine');
    expect(stateOf(future, result)).toBe('waiting');
    caller.gate.open();
    await holding(gate);
    expect(stateOf(future, result)).toBe('running');
    expect([future.cancel(), result.cancel()]).toEqual([false, false]);
    gate.open();
    expect(await future).toBe('mine');
    expect(stateOf(future, result)).toBe('returned');
    expect(await Promise.all([result, result.get(), result.get(0), future.result(), future.result(0)])).toEqual(Array(5).fill('mine'));
    expect([await future.exception(), await result.exception()]).toEqual([undefined, undefined]);
    expect([future.cancel(), result.cancel()]).toEqual([false, false]);
  });

  test.each(['future', 'result'] as const)('cancelled by the %s both are, in the same tick', async (by) => {
    const caller = await busy(shared);
    const views = caller.call(square, 2);
    const { future, result } = views;
    const seen: State[] = [];
    future.addDoneCallback((done) => {
      expect(done).toBe(future);
      seen.push(stateOf(future, result));
    });
    expect(views[by].cancel()).toBe(true);
    expect(stateOf(future, result)).toBe('cancelled');
    expect(seen).toEqual(['cancelled']);
    expect([future.cancel(), result.cancel()]).toEqual([true, false]);
    const errors = await Promise.all([failure(future), failure(result), failure(future.exception()), result.exception()]);
    for (const error of errors) expect(error).toBe(errors[0]);
    expect(errors[0]).toBeInstanceOf(CancelledError);
    caller.gate.open();
  });

  test('fail with the very same error; asked for on one it was asked for on the other', async () => {
    const caller = await busy(own());
    const one = caller.call(fail, 'one');
    const two = caller.call(fail, 'two');
    const three = caller.call(fail, 'three');
    caller.gate.open();
    await wait([one.future, two.result, three.future]);
    expect(caller.unobserved()).toBe(3);
    const error = await one.future.exception();
    expect(error).toBeInstanceOf(RangeError);
    expect(caller.unobserved()).toBe(2);
    expect(stateOf(one.future, one.result)).toBe('raised');
    expect(await one.result.exception()).toBe(error);
    expect([await failure(one.result), await failure(one.future)]).toEqual([error, error]);
    expect(caller.unobserved()).toBe(2);
    expect(await failure(two.result.get())).toEqual(new RangeError('two'));
    expect(caller.unobserved()).toBe(1);
    expect(three.result.successful()).toBe(false);
    expect(caller.unobserved()).toBe(0);
    // No promise of the third was asked for: no unhandled rejection.
  });

  test('give up after their timeout, and can be asked again', async () => {
    const caller = await busy(shared);
    const { future, result } = caller.call(later<number>, 5, 1);
    const asked = [
      future.result(0),
      future.result(1),
      future.exception(0),
      result.get(0),
      result.get(1),
      result.exception(1),
      result.exception(0),
    ];
    for (const error of await Promise.all(asked.map((promise) => failure(promise)))) expect(error).toBeInstanceOf(TimeoutError);
    await result.wait(0);
    await result.wait(1);
    expect(stateOf(future, result)).toBe('waiting');
    const bad = [future.result(Number.NaN), result.get(Number.NaN), result.wait(Number.NaN), result.exception(Number.NaN)];
    for (const error of await Promise.all(bad.map((promise) => failure(promise)))) expect(error).toBeInstanceOf(RangeError);
    caller.gate.open();
    await result.wait();
    expect(await Promise.all([future.result(5_000), result.get(Number.POSITIVE_INFINITY), result.exception(5_000)])).toEqual([
      5,
      5,
      undefined,
    ]);
  });

  test('are promises', async () => {
    const caller = await busy(shared);
    const [good, bad] = [caller.call(add, 1, 2), caller.call(fail, 'no')];
    caller.gate.open();
    for (const view of [good.future, good.result]) {
      expect(view).toHaveProperty('then');
      expect(await view.then((x) => x * 2)).toBe(6);
      expect(await view.catch(() => 0)).toBe(3);
      expect(await view.finally(() => undefined)).toBe(3);
    }
    // Callbacks of one argument without a name, behind proxies as tracing libraries put them.
    const traced = <F extends (value: never) => unknown>(fn: F): F => new Proxy(fn, {});
    for (const view of [good.future, good.result, bad.future, bad.result]) {
      const isGood = view === good.future || view === good.result;
      expect(
        await view.then(
          traced((x: number) => x + 1),
          traced((error: unknown) => (error as Error).message),
        ),
      ).toBe(isGood ? 4 : 'no');
      expect(await view.then(traced((x: number) => x + 1)).catch(traced((error: unknown) => (error as Error).message))).toBe(
        isGood ? 4 : 'no',
      );
    }
    for (const view of [bad.future, bad.result]) {
      expect(await view.catch((error: unknown) => (error as Error).message)).toBe('no');
      expect(await failure(view.finally(() => undefined))).toBeInstanceOf(RangeError);
    }
    expect(good.future[Symbol.toStringTag]).toBe('Future');
    expect(good.result[Symbol.toStringTag]).toBe('AsyncResult');
  });

  test('done-callbacks run once, in order, before code that awaits continues', async () => {
    const caller = await busy(shared);
    const { future, result } = caller.call(square, 3);
    const log: string[] = [];
    const awaited = [
      future.then(() => log.push('future')),
      result.get().then(() => log.push('result')),
      result.wait().then(() => log.push('wait')),
    ];
    future.addDoneCallback((done) => log.push(`first ${stateOf(done, result)}`));
    future.addDoneCallback(() => {
      future.addDoneCallback(() => log.push('added in one'));
      log.push('second');
    });
    caller.gate.open();
    await Promise.all(awaited);
    expect(log.slice(0, 3)).toEqual(['first returned', 'added in one', 'second']);
    expect(log.slice(3).toSorted()).toEqual(['future', 'result', 'wait']);
    let isLate = true;
    future.addDoneCallback(() => {
      isLate = false;
    });
    expect(isLate).toBe(false);
  });

  test('a done-callback that throws, or is none', async () => {
    expectWarning('TWINPOOL_UNCAUGHT');
    const caller = await busy(shared);
    const { future, result } = caller.call(square, 3);
    const log: string[] = [];
    future.addDoneCallback(() => {
      throw new Error('thrown by a done-callback');
    });
    future.addDoneCallback(() => log.push('called'));
    expect(() => future.addDoneCallback(5 as never)).toThrow(TypeError);
    caller.gate.open();
    expect([await future, await result, log]).toEqual([9, 9, ['called']]);
  });

  test('a CancelledError that the task itself threw is a failure', async () => {
    const caller = await busy(shared);
    const { future, result } = caller.call(throwIt, [new CancelledError('by the task')]);
    caller.gate.open();
    await result.wait();
    expect(stateOf(future, result)).toBe('raised');
    expect(await future.exception()).toBe(await result.exception());
  });

  test('the workers end: both have the error of the facade that was called', async () => {
    const caller = await busy(own());
    const { future, result } = caller.call(square, 1);
    await caller.end();
    if (origin === 'toFuture') {
      expect(stateOf(future, result)).toBe('raised');
      expect(await future.exception()).toBeInstanceOf(PoolTerminatedError);
    } else {
      expect(stateOf(future, result)).toBe('cancelled');
      expect(await result.exception()).toBeInstanceOf(CancelledError);
    }
  });

  test('wait and asCompleted take either view, and give back what they were given', async () => {
    const caller = await busy(shared);
    const [one, two, three] = [caller.call(square, 1), caller.call(fail, 'no'), caller.call(square, 3)];
    three.result.cancel();
    const handles = [one.future, one.result, two.result, three.future] as const;
    caller.gate.open();
    const { done } = await wait<(typeof handles)[number]>(handles, { returnWhen: FIRST_EXCEPTION });
    expect(done.has(two.result)).toBe(true);
    const seen = new Set<unknown>();
    for await (const handle of asCompleted<(typeof handles)[number]>(handles)) seen.add(handle);
    expect(seen).toEqual(new Set(handles));
  });

  test('there is one of each', async () => {
    const caller = await busy(shared);
    const { future, result } = caller.call(square, 1);
    expect(toFuture(result)).toBe(future);
    expect(toAsyncResult(future)).toBe(result);
    caller.gate.open();
    await future;
    expect(toFuture(result)).toBe(future);
    expect(toAsyncResult(future)).toBe(result);
  });
});

describe.each(KINDS)('of a pool of kind $kind', (kind) => {
  test('the callbacks of the call come first, and decide the outcome', async () => {
    const { pool, gate } = await busyPool(kind);
    const log: string[] = [];
    const result = pool.applyAsync(square, [3], {
      callback: (value) => {
        log.push(`callback ${value} ${stateOf(future, result)}`);
        throw new Error('by the callback');
      },
    });
    const future = toFuture(result);
    future.addDoneCallback(() => log.push(`done ${stateOf(future, result)}`));
    gate.open();
    expect(await future.exception()).toEqual(new Error('by the callback'));
    expect(log).toEqual(['callback 9 running', 'done raised']);
  });

  test('errorCallback hears of a cancellation through the future', async () => {
    const { pool, gate } = await busyPool(kind);
    const errors: unknown[] = [];
    const future = toFuture(pool.applyAsync(square, [3], { errorCallback: (error) => errors.push(error) }));
    expect(future.cancel()).toBe(true);
    expect(errors).toEqual([expect.any(CancelledError)]);
    gate.open();
  });

  test('mapAsync and starmapAsync have futures too; running is anything of it', async () => {
    const { pool, gate } = await busyPool(kind);
    const inner = makeGate();
    const [waits, cancelled] = [pool.mapAsync(square, [1, 2, 3]), pool.starmapAsync(add, [[1, 2] as const])];
    const held = pool.starmapAsync(
      holdWorker<number>,
      [0, 1].map((label): [string, number] => [inner.path, label]),
      { chunksize: 1 },
    );
    const futures = [waits, cancelled, held].map((result) => toFuture<unknown>(result));
    expect([futures[1]?.cancel(), stateOf(futures[1] as Future<unknown>, cancelled)]).toEqual([true, 'cancelled']);
    expect(futures.map((future) => future.running())).toEqual([false, false, false]);
    gate.open();
    await holding(inner);
    expect(stateOf(futures[2] as Future<unknown>, held)).toBe('running');
    expect(futures[2]?.cancel()).toBe(false);
    inner.open();
    expect([await futures[0], await futures[2]]).toEqual([
      [1, 4, 9],
      [0, 1],
    ]);
    expect(await toFuture(pool.mapAsync(square, []))).toEqual([]);
    expect(toFuture(pool.mapAsync(square, [])).done()).toBe(true);
  });

  test('only the pool settles it', async () => {
    const pool = poolFor(kind);
    const future = toFuture(pool.applyAsync(square, [3]));
    expect(() => future.setResult(1)).toThrow(InvalidStateError);
    expect(() => future.setException(1)).toThrow(InvalidStateError);
    expect(() => future.setRunningOrNotifyCancel()).toThrow(InvalidStateError);
    expect(inspect(future)).toBe('<Future of <AsyncResult state=pending>>');
    expect(future).toBeInstanceOf(Future);
    expect(await future).toBe(9);
  });

  test('a time limit and an abort reach both', async () => {
    const pool = poolFor(kind, { killGrace: 20 });
    const late = ofResult(pool.applyAsync(spin, [5_000], { taskTimeout: 30 }));
    expect(await failure(late.future)).toBeInstanceOf(TaskTimeoutError);
    expect(stateOf(late.future, late.result)).toBe('raised');
    const controller = new AbortController();
    const aborted = ofResult(pool.applyAsync(spin, [5_000], { signal: controller.signal }));
    controller.abort();
    await turn();
    expect(stateOf(aborted.future, aborted.result)).toBe('cancelled');
  });
});

describe.each(KINDS)('across an adapter of kind $kind', (kind) => {
  test('a result of a pool that an executor has, a future of an executor that a pool has', async () => {
    const executor = executorFor(kind);
    const pool = asPool(executor);
    const future: Future<number> = toFuture(pool.applyAsync(square, [3]));
    const result: AsyncResult<number> = toAsyncResult(asExecutor(pool).submit(square, 4));
    expect([await future, await result]).toEqual([9, 16]);
    const gate = makeGate();
    const { future: held, result: again } = ofResult(pool.applyAsync(holdWorker<string>, [gate.path, 'held']));
    await holding(gate);
    await executor.terminateWorkers();
    expect(stateOf(held, again)).toBe('raised');
    expect(await held.exception()).toBeInstanceOf(PoolTerminatedError);
    expect((await again.exception()) as Error).toHaveProperty('cause', expect.any(BrokenExecutorError));
  });
});

test('a future made by hand has a result too', async () => {
  const { future, result } = ofFuture(new Future<number>());
  expect(stateOf(future, result)).toBe('waiting');
  expect(future.setRunningOrNotifyCancel()).toBe(true);
  expect(stateOf(future, result)).toBe('running');
  future.setResult(3);
  expect(stateOf(future, result)).toBe('returned');
  expect([await result, inspect(result)]).toEqual([3, "<AsyncResult of Future { state: 'finished', returned: 'number' }>"]);
  const cancelled = ofFuture(new Future<number>());
  expect([cancelled.result.cancel(), stateOf(cancelled.future, cancelled.result)]).toEqual([true, 'cancelled']);
});

test('what is neither is refused', async () => {
  const future = new Future<number>();
  const result = toAsyncResult(future);
  for (const wrong of [undefined, null, 1, {}, Promise.resolve(1), future]) {
    expect(() => toFuture(wrong as AsyncResult<number>)).toThrow(/^toFuture: expected an AsyncResult, got /);
  }
  for (const wrong of [undefined, null, 1, {}, Promise.resolve(1), result]) {
    expect(() => toAsyncResult(wrong as Future<number>)).toThrow(/^toAsyncResult: expected a Future, got /);
  }
});
