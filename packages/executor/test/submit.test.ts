/** Tests submit and its future in addition to CPython's tests (cpython/), for every kind of executor. */
import {
  BrokenExecutorError,
  CancelledError,
  type Future,
  OptionsError,
  QueueFullError,
  TaskModuleError,
  TaskSerializationError,
  TaskTimeoutError,
  TaskValidationError,
  taskRef,
  WorkerLostError,
  wait,
} from '@twinpool/executor';
import { describe, test } from '@twinpool/testkit/sample';
import { add, exit, hold, holdAsync, holdOrAbort, mark, reportAll, square } from '@twinpool/testkit/tasks';
import { expect, vi } from 'vitest';
import { area, exitFirst, holdLong, nested, Shapes, throwCancelled, throwPaymentError } from './fixtures/tasks.mjs';
import { errorOf, forAll, forTest, forTestWith, MOST, makeGate, turn } from './kit.ts';

const TASKS = import.meta.resolve('@twinpool/testkit/tasks');

describe.each(MOST)('$name', (kind) => {
  describe('what can be submitted', () => {
    const executor = forAll(kind);

    test('an exported function, a static method, a reference, a checked task [C-10] [E-18]', async () => {
      expect(await executor.submit(add, 1, 2)).toBe(3);
      expect(await executor.submit(Shapes.double, 4)).toBe(8);
      expect(await executor.submit(taskRef<typeof square>(TASKS, 'square'), 5)).toBe(25);
      expect(await executor.submit(area, '2', 3)).toBe(6);
    });

    test('whatever is wrong with the function is the outcome [X-4] [C-10] [C-24]', async () => {
      const outside = 1;
      const faults = [
        executor.submit(undefined as unknown as () => void),
        executor.submit((() => outside) as () => number),
        executor.submit(Math.max, 1, 2),
        executor.submit(taskRef(TASKS, 'noSuchExport')),
      ];
      const [none, closure, native, missing] = await Promise.all(faults.map((future) => future.exception()));
      for (const error of [none, closure, native]) expect(error).toBeInstanceOf(TaskSerializationError);
      expect(closure).toHaveProperty('message', expect.stringContaining('outside'));
      expect(missing).toBeInstanceOf(TaskModuleError);
      expect(await executor.submit(area, 'no number', 1).exception()).toBeInstanceOf(TaskValidationError);
    });

    test('a task that uses an executor of its own [E-19] [D-46] [C-19]', async () => {
      expect(await executor.submit(nested, 1)).toBe(2);
    });
  });

  describe('errors of tasks', () => {
    const executor = forAll(kind);

    test('a CancelledError that the task threw is a failure, no cancellation [C-23]', async () => {
      const future = executor.submit(throwCancelled);
      expect(await future.exception()).toMatchObject({ name: 'CancelledError', remote: true });
      expect(future.cancelled()).toBe(false);
    });

    test('one that is not awaited is silent, and counted until it is read [C-3]', async () => {
      const before = executor.stats().unobservedErrors;
      const futures = [1, 2].map((n) =>
        executor.submit((x: number) => {
          throw new Error(`unseen ${x}`);
        }, n),
      );
      await wait(futures);
      await turn();
      expect(executor.stats().unobservedErrors - before).toBe(2);
      await Promise.all(futures.map((future) => future.exception()));
      await errorOf(futures[0] as Future<never>);
      expect(executor.stats().unobservedErrors - before).toBe(0);
    });

    test('only what ran in the lost worker fails [E-12] [D-30] [C-16]', async () => {
      const gate = makeGate();
      const neighbour = executor.submit(hold, gate.path, 'neighbour');
      await gate.entered();
      const lost = executor.submit(exit, 3);
      const error = await lost.exception();
      expect(error).toBeInstanceOf(WorkerLostError);
      expect(error).toBeInstanceOf(BrokenExecutorError);
      expect(error).toMatchObject({ exitCode: 3, workerId: expect.any(Number) });
      expect(await executor.submit(square, 2)).toBe(4);
      gate.open();
      expect(await neighbour).toBe('neighbour');
    });
  });

  describe('cancel, running', () => {
    const executor = forAll(kind);

    test('cancel() is true if and only if it was not handed to a worker, and then it never runs [F-1] [F-4] [E-7] [D-44] [C-6]', async () => {
      const gate = makeGate();
      const held = [1, 2].map((n) => executor.submit(holdLong, gate.path, `held ${n}`));
      await gate.entered(2);
      const waiting = [1, 2, 3, 4].map((n) => executor.submit(holdLong, gate.path, `waiting ${n}`));
      expect(held.map((future) => [future.running(), future.cancel()])).toEqual([
        [true, false],
        [true, false],
      ]);
      expect(waiting.map((future) => future.running())).toEqual([false, false, false, false]);
      const seen: unknown[] = [];
      waiting[0]?.addDoneCallback((future) => seen.push(future.cancelled()));
      expect([waiting[0]?.cancel(), waiting[0]?.cancel(), waiting[2]?.cancel()]).toEqual([true, true, true]);
      expect(seen).toEqual([true]);
      expect(await errorOf(waiting[0] as Future<string>)).toBeInstanceOf(CancelledError);
      expect(await errorOf((waiting[2] as Future<string>).exception())).toBeInstanceOf(CancelledError);
      gate.open();
      const { done } = await wait([...held, ...waiting]);
      expect([...done].filter((future) => future.cancelled())).toEqual([waiting[0], waiting[2]]);
      expect(gate.labels().sort()).toEqual(['held 1', 'held 2', 'waiting 2', 'waiting 4']);
      expect(held[0]?.cancel()).toBe(false);
    });

    test('pending and cancellable while its function is being found', () => {
      // Another text for each kind, for a function that is known is found at once.
      const fresh = new Function('x', `return x + '${kind.name}'`) as (x: number) => string;
      const future = executor.submit(fresh, 6);
      expect([future.running(), future.done(), future.cancel(), future.done()]).toEqual([false, false, true, true]);
    });

    test('done-callbacks come before await goes on [F-8] [C-5]', async () => {
      const order: string[] = [];
      const future = executor.submit(square, 2);
      const waiting = future.then(() => order.push('then'));
      future.addDoneCallback(() => order.push('callback'));
      await waiting;
      expect(order).toEqual(['callback', 'then']);
    });

    test('a done-callback that reads the outcome does not count as a reader', async () => {
      const future = executor.submit(square, 3);
      const inCallback: unknown[] = [];
      const awaiting = Promise.all([future, future, future.then((value) => [value])]);
      future.addDoneCallback(() => {
        inCallback.push(
          future.result(),
          future.then((value) => -value),
        );
      });
      expect(await awaiting).toEqual([9, 9, [9]]);
      expect(await Promise.all(inCallback)).toEqual([9, -9]);
      const alone = executor.submit(square, 4);
      const again = new Promise((resolve) => alone.addDoneCallback(() => void alone.then(resolve)));
      expect([await alone, await again, await alone.result()]).toEqual([16, 16, 16]);
    });

    test('callbacks may submit and cancel [C-5]', async () => {
      const gate = makeGate();
      const [first, spare] = [executor.submit(square, 3), executor.submit(hold, gate.path, 'spare')];
      // In an array, for a promise that is resolved with a future takes its value.
      const [next] = await new Promise<[Future<number>]>((resolve) =>
        first.addDoneCallback(() => {
          spare.cancel();
          resolve([executor.submit(square, 4)]);
        }),
      );
      expect(await next).toBe(16);
      gate.open();
    });

    test('result(timeout) of what takes longer; the task goes on [F-5] [C-4]', async () => {
      const gate = makeGate();
      const future = executor.submit(hold, gate.path, 'slow');
      await expect(future.result(0)).rejects.toMatchObject({ name: 'TimeoutError' });
      await expect(future.result(1)).rejects.toMatchObject({ name: 'TimeoutError' });
      gate.open();
      expect(await future.result(10_000)).toBe('slow');
    });

    test('settled by hand, it is not settled again [F-14]', async () => {
      const gate = makeGate();
      const future = executor.submit(hold, gate.path, 'task');
      await gate.entered();
      future.setResult('by hand');
      gate.open();
      expect(await executor.submit(square, 2)).toBe(4);
      expect(await future).toBe('by hand');
    });
  });

  describe('withOptions', () => {
    test('signal: a queued call is cancelled at once, a running one is aborted, and ended after killGrace [F-21] [D-45]', async () => {
      const executor = forTest(kind, { killGrace: 50 });
      const gate = makeGate();
      const controller = new AbortController();
      const view = executor.withOptions({ signal: controller.signal });
      const polite = view.submit(holdOrAbort, gate.path);
      const deaf = view.submit(holdLong, gate.path, 'deaf');
      await gate.entered(2);
      const waiting = view.submit(holdLong, gate.path, 'waiting');
      const spared = executor.submit(holdLong, gate.path, 'spared');
      controller.abort(new Error('enough'));
      expect([polite, deaf, waiting].map((future) => future.cancelled())).toEqual([true, true, true]);
      for (const future of [polite, deaf, waiting]) {
        const error = await errorOf(future);
        expect(error).toBeInstanceOf(CancelledError);
        expect(error).toMatchObject({ cause: { message: 'enough' } });
      }
      const late = view.submit(square, 1);
      expect(late.cancelled()).toBe(true);
      gate.open();
      expect(await spared).toBe('spared');
      expect(gate.labels()).not.toContain('waiting');
    });

    test('priority: higher first, then first come first served [D-52]', async () => {
      const executor = forTest(kind, { maxWorkers: 1 });
      const gate = makeGate();
      const held = executor.submit(holdLong, gate.path, 'held');
      await gate.entered();
      const futures = [0, 5, -1, 5, 0].map((priority, n) => executor.withOptions({ priority }).submit(mark, gate.path, `${priority}#${n}`));
      gate.open();
      await Promise.all([held, ...futures]);
      expect(gate.labels()).toEqual(['held', '5#1', '5#3', '0#0', '0#4', '-1#2']);
    });

    test('taskTimeout: the task is ended, and the future fails [D-45]', async () => {
      const executor = forTest(kind);
      const gate = makeGate();
      const future = executor.withOptions({ taskTimeout: 30 }).submit(hold, gate.path, 'endless');
      expect(await future.exception()).toBeInstanceOf(TaskTimeoutError);
      expect(await executor.submit(square, 3)).toBe(9);
    });

    test('onReport; views nest; the nearer option wins', async () => {
      const executor = forTest(kind);
      const [outer, inner] = [vi.fn(), vi.fn()];
      const view = executor.withOptions({ onReport: outer, taskTimeout: 60_000 });
      expect(await view.submit(reportAll, [1, 2])).toBe(2);
      expect(outer.mock.calls).toEqual([
        [1, 0],
        [2, 0],
      ]);
      const nearer = view.withOptions({ onReport: inner });
      expect(await nearer.submit(reportAll, ['a'])).toBe(1);
      expect(await nearer.map(square, [1, 2]).toArray()).toEqual([1, 4]);
      expect(inner.mock.calls).toEqual([['a', 0]]);
      expect(outer).toHaveBeenCalledTimes(2);
    });

    test('what is refused', () => {
      const executor = forTest(kind);
      expect(() => executor.withOptions({ priority: 'high' } as never)).toThrow(OptionsError);
      expect(() => executor.withOptions({ chunksize: 1 } as never)).toThrow(/chunksize: unknown option/);
      expect(() => executor.withOptions({ retries: 1 })).toThrow(OptionsError);
      expect(() => executor.withOptions(undefined as never)).not.toThrow();
    });
  });

  test.runIf(kind.kind === 'thread')("onWorkerLoss 'retry': runs again, at most so often as it may [C-16]", async () => {
    const executor = forTest(kind, { onWorkerLoss: 'retry', retries: 2 });
    const cells = () => new Int32Array(new SharedArrayBuffer(4));
    expect(await executor.submit(exitFirst, cells(), 2)).toBe('survived');
    expect(await executor.submit(exitFirst, cells(), 3).exception()).toBeInstanceOf(WorkerLostError);
    expect(await executor.withOptions({ retries: 0 }).submit(exitFirst, cells(), 1).exception()).toBeInstanceOf(WorkerLostError);
  });

  test('maxQueue: the future of one too many fails with QueueFullError', async () => {
    const executor = forTest(kind, { maxQueue: 2 });
    const gate = makeGate();
    const held = [1, 2].map((n) => executor.submit(holdAsync, gate.path, n));
    await gate.entered(2);
    const [first, second, third] = [1, 2, 3].map((n) => executor.submit(square, n));
    expect(third?.done()).toBe(true);
    expect(await third?.exception()).toBeInstanceOf(QueueFullError);
    gate.open();
    expect(await Promise.all([first, second, ...held])).toEqual([1, 4, 1, 2]);
  });

  test('stats [D-52]', async () => {
    const executor = await forTestWith(kind, {});
    await wait([executor.submit(square, 1), executor.submit(throwPaymentError)]);
    expect(executor.stats()).toMatchObject({ kind: kind.kind, completed: 1, failed: 1, cancelled: 0, queued: 0, lostWorkers: 0 });
  });
});
