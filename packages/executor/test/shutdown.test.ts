/** The ends of an executor: CPython's ExecutorShutdownTest (B8) and the forced ends (B6), for every kind of executor. */
import { existsSync } from 'node:fs';
import {
  BrokenExecutorError,
  BrokenProcessPoolError,
  BrokenThreadPoolError,
  CancelledError,
  ExecutorShutdownError,
  type Future,
  OptionsError,
  ProcessPoolExecutor,
  ThreadPoolExecutor,
  WorkerRuntime,
  wait,
} from '@twinpool/executor';
import { nothingLeft } from '@twinpool/testkit/leak-check';
import { add, fail, later, place, square } from '@twinpool/testkit/tasks';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { holdLong, ignoreSigterm } from './fixtures/tasks.mjs';
import { errorOf, forTest, KINDS, makeGate, turn } from './kit.ts';

describe.each(KINDS)('$name', (kind) => {
  describe('shutdown', () => {
    test('test_run_after_shutdown: submit and map throw at once; map also over nothing', async () => {
      const executor = forTest(kind);
      const view = executor.withOptions({ priority: 1 });
      await executor.shutdown();
      const calls = [
        () => executor.submit(square, 1),
        () => executor.map(square, [1]),
        () => executor.map(square, []),
        () => view.submit(square, 1),
        () => view.map(square, [1]),
      ];
      for (const call of calls) expect(call).toThrow(ExecutorShutdownError);
    });

    test('test_hang_issue12364, test_max_tasks_early_shutdown: what was accepted is done', async () => {
      const executor = forTest(kind, { maxTasksPerChild: 20 });
      const futures = Array.from({ length: 50 }, (_, n) => executor.submit(later, n, 1));
      const results = executor.map(square, [1, 2, 3]);
      await executor.shutdown();
      expect(futures.every((future) => future.done())).toBe(true);
      expect(await Promise.all(futures)).toEqual(futures.map((_, n) => n));
      expect(await results.toArray()).toEqual([1, 4, 9]);
    });

    test('test_shutdown_race_issue12456: with a map of more tasks than workers', async () => {
      const executor = forTest(kind);
      executor.map(add, [2, 2, 2], [1, 2, 3]);
      await executor.shutdown();
    });

    test('X-18 test_shutdown_no_wait: resolves at once, and what waits is still done', async () => {
      const executor = forTest(kind);
      const gate = makeGate();
      const futures = Array.from({ length: 6 }, (_, n) => executor.submit(holdLong, gate.path, n));
      await executor.shutdown({ wait: false });
      expect(futures.some((future) => future.done())).toBe(false);
      expect(() => executor.submit(square, 1)).toThrow(ExecutorShutdownError);
      gate.open();
      expect(await Promise.all(futures)).toEqual([0, 1, 2, 3, 4, 5]);
      await executor.shutdown();
    });

    test('X-19 test_cancel_futures: what runs is finished, what waits is cancelled, and wait() sees it', async () => {
      const executor = forTest(kind);
      const gate = makeGate();
      const futures = Array.from({ length: 50 }, (_, n) => executor.submit(holdLong, gate.path, n));
      await gate.entered(2);
      const down = executor.shutdown({ cancelFutures: true });
      const cancelled = futures.filter((future) => future.cancelled());
      expect(cancelled.length).toBeGreaterThan(40);
      gate.open();
      const { done, notDone } = await wait(futures);
      expect([done.size, notDone.size]).toEqual([50, 0]);
      await down;
      expect(await Promise.all(futures.filter((future) => !future.cancelled()))).toEqual(gate.labels().map(Number).sort());
      expect(await errorOf(cancelled[0] as Future<number>)).toBeInstanceOf(CancelledError);
    });

    test('X-19 a map: what runs is delivered, then CancelledError', async () => {
      const executor = forTest(kind);
      const gate = makeGate();
      const results = executor.map(holdLong, Array(20).fill(gate.path) as string[], [...Array(20).keys()], { chunksize: 1 });
      await gate.entered(2);
      const down = executor.shutdown({ cancelFutures: true });
      gate.open();
      expect([(await results.next()).value, (await results.next()).value]).toEqual([0, 1]);
      const error = await errorOf(
        (async () => {
          for await (const _ of results);
        })(),
      );
      expect(error).toBeInstanceOf(CancelledError);
      await down;
    });

    test('X-21 a second shutdown({ cancelFutures: true }) cancels at once', async () => {
      const executor = forTest(kind);
      const gate = makeGate();
      const futures = Array.from({ length: 20 }, (_, n) => executor.submit(holdLong, gate.path, n));
      await gate.entered(2);
      await executor.shutdown({ wait: false });
      const down = executor.shutdown({ cancelFutures: true });
      expect(futures.at(-1)?.cancelled()).toBe(true);
      gate.open();
      await down;
    });

    test('test_hang_gh94440: submit, cancel, shutdown', async () => {
      const executor = forTest(kind);
      const future = executor.submit(square, 1);
      future.cancel();
      await executor.shutdown();
    });

    test('test_shutdown_deadlock_pickle (bpo-39104), test_shutdown_gh_132969: with a task that fails', async () => {
      const executor = forTest(kind);
      const futures = [
        executor.submit(
          (x: unknown) => x,
          () => 1,
        ),
        executor.submit(fail, 'no'),
      ];
      await executor.shutdown({ wait: false });
      for (const future of futures) expect(await future.exception()).toBeInstanceOf(Error);
      await executor.shutdown();
    });

    test('test_shutdown_deadlock: with a worker that dies', async () => {
      const executor = forTest(kind);
      const futures = [executor.submit(() => process.exit(1)), executor.submit(square, 3)];
      await executor.shutdown();
      expect(await futures[0]?.exception()).toBeInstanceOf(BrokenExecutorError);
      expect(await futures[1]).toBe(9);
    });

    test('twice, at once, unused, and from a callback', async () => {
      const executor = forTest(kind);
      await Promise.all([executor.shutdown(), executor.shutdown(), executor.shutdown({ wait: false })]);
      await forTest(kind).shutdown();
      const another = forTest(kind);
      const gate = makeGate();
      const down = new Promise<Promise<void>[]>((resolve) =>
        another.submit(square, 2).addDoneCallback(() => resolve([another.shutdown()])),
      );
      const last = another.submit(holdLong, gate.path, 'last');
      gate.open();
      await (await down)[0];
      expect(last.done()).toBe(true);
    });

    test('X-20 asyncDispose is shutdown({ wait: true })', async () => {
      const executor = forTest(kind);
      const future = executor.submit(later, 1, 5);
      await executor[Symbol.asyncDispose]();
      expect(future.done()).toBe(true);
      expect(() => executor.submit(square, 1)).toThrow(ExecutorShutdownError);
    });

    test('bad options reject, and shut nothing down', async () => {
      const executor = forTest(kind);
      await expect(executor.shutdown({ wait: 1 } as never)).rejects.toThrow(OptionsError);
      await expect(executor.shutdown({ cancel_futures: true } as never)).rejects.toThrow(/cancel_futures: unknown option/);
      await expect(executor.shutdown(true as never)).rejects.toThrow(OptionsError);
      expect(await executor.submit(square, 2)).toBe(4);
      await executor.shutdown({ wait: undefined, cancelFutures: undefined });
    });
  });

  describe.each(['terminateWorkers', 'killWorkers'] as const)('%s', (end) => {
    test('test_force_shutdown_workers: what runs fails, what waits is cancelled, and the workers are gone', async () => {
      const executor = forTest(kind);
      const gate = makeGate();
      const futures = Array.from({ length: 8 }, (_, n) => executor.submit(holdLong, gate.path, n));
      const results = executor.map(square, [1, 2]);
      await gate.entered(2);
      const running = futures.filter((future) => future.running());
      const gone = executor[end]();
      expect(futures.every((future) => future.done())).toBe(true);
      const Broken = kind.kind === 'thread' ? BrokenThreadPoolError : BrokenProcessPoolError;
      for (const future of running) expect(await future.exception()).toBeInstanceOf(Broken);
      const waiting = futures.filter((future) => !running.includes(future));
      expect(waiting.length).toBeGreaterThan(2);
      for (const future of waiting) expect(future.cancelled()).toBe(true);
      await expect(results.next()).rejects.toBeInstanceOf(CancelledError);
      await gone;
      gate.open();
      expect(gate.labels().length).toBe(2);
    });

    test('test_force_shutdown_workers_stops_pool: later calls throw ExecutorShutdownError', async () => {
      const executor = forTest(kind);
      const future = executor.submit(later, 1, 60_000);
      const gone = executor[end]();
      expect(() => executor.submit(square, 1)).toThrow(ExecutorShutdownError);
      await gone;
      expect(future.done()).toBe(true);
      expect(() => executor.map(square, [1])).toThrow(ExecutorShutdownError);
    });

    test('test_force_shutdown_workers_not_started_yet; twice; after shutdown', async () => {
      const executor = forTest(kind);
      await executor[end]();
      await executor[end]();
      await executor.shutdown();
      const another = forTest(kind);
      const gate = makeGate();
      const future = another.submit(holdLong, gate.path, 1);
      await gate.entered();
      const down = another.shutdown();
      await another[end]();
      await down;
      expect(await future.exception()).toBeInstanceOf(BrokenExecutorError);
    });

    test('callbacks of what it ends may call the executor', async () => {
      const executor = forTest(kind);
      const gate = makeGate();
      const future = executor.submit(holdLong, gate.path, 1);
      await gate.entered();
      const seen: unknown[] = [];
      future.addDoneCallback(() => {
        try {
          executor.submit(square, 1);
        } catch (error) {
          seen.push(error);
        }
        void executor.shutdown();
      });
      await executor[end]();
      expect(seen).toEqual([expect.any(ExecutorShutdownError)]);
    });
  });
});

test.each([ProcessPoolExecutor, ThreadPoolExecutor])(
  'test_processes_terminate, test_threads_terminate, test_context_manager_shutdown: %o',
  async (Executor) => {
    const executor = new Executor(3);
    const gate = makeGate();
    const futures = [1, 2, 3].map((n) => executor.submit(holdLong, gate.path, n));
    const arrivals = await gate.entered(3);
    expect(new Set(arrivals.map(({ pid, threadId }) => `${pid} ${threadId}`)).size).toBe(3);
    expect(executor.stats().workers).toBe(3);
    gate.open();
    await executor[Symbol.asyncDispose]();
    await Promise.all(futures);
    if (Executor === ProcessPoolExecutor) for (const { pid } of arrivals) expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
    await nothingLeft();
  },
);

test('killWorkers ends what does not end by SIGTERM, without waiting for killGrace', async () => {
  const executor = new ProcessPoolExecutor({ maxWorkers: 1, killGrace: 60_000 });
  const pid = await new Promise<number>((resolve) => {
    executor.withOptions({ onReport: (value) => resolve(value as number) }).submit(ignoreSigterm);
  });
  await executor.killWorkers();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('terminateWorkers kills after killGrace', async () => {
  const executor = new ProcessPoolExecutor({ maxWorkers: 1, killGrace: 20 });
  const pid = await new Promise<number>((resolve) => {
    executor.withOptions({ onReport: (value) => resolve(value as number) }).submit(ignoreSigterm);
  });
  await executor.terminateWorkers();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

describe.each(['process', 'thread'] as const)('a shared runtime of kind %s', (type) => {
  const Executor = type === 'process' ? ProcessPoolExecutor : ThreadPoolExecutor;

  test('the end of one executor ends its own work only, and not the workers', async () => {
    const runtime = new WorkerRuntime({ kind: type, workers: 3 });
    onTestFinished(() => runtime.terminate());
    const [kept, ended, shut] = [new Executor({ runtime }), new Executor({ runtime }), new Executor({ runtime })];
    const gate = makeGate();
    const [mine, theirs] = [kept.submit(holdLong, gate.path, 'mine'), ended.submit(holdLong, gate.path, 'theirs')];
    await gate.entered(2);
    await ended.terminateWorkers();
    expect(await theirs.exception()).toBeInstanceOf(BrokenExecutorError);
    await shut.shutdown();
    expect(mine.done()).toBe(false);
    gate.open();
    expect(await mine).toBe('mine');
    expect(await kept.submit(square, 3)).toBe(9);
    await kept.shutdown();
    expect(await new Executor({ runtime }).submit(square, 4)).toBe(16);
  });

  test('maxWorkers is the most of its workers at once', async () => {
    const runtime = new WorkerRuntime({ kind: type, workers: 2 });
    onTestFinished(() => runtime.terminate());
    const one = new Executor({ runtime, maxWorkers: 1 });
    const gate = makeGate();
    const futures = [1, 2, 3].map((n) => one.submit(holdLong, gate.path, n));
    await gate.entered();
    expect(await new Executor({ runtime }).submit(square, 2)).toBe(4);
    expect(gate.arrivals().length).toBe(1);
    gate.open();
    expect(await Promise.all(futures)).toEqual([1, 2, 3]);
  });

  test('after the end of the runtime submit throws ExecutorShutdownError', async () => {
    const runtime = new WorkerRuntime({ kind: type, workers: 1 });
    const executor = new Executor({ runtime });
    const future = executor.submit(square, 2);
    await runtime.close();
    expect(await future).toBe(4);
    expect(() => executor.submit(square, 1)).toThrow(ExecutorShutdownError);
    await executor.shutdown();
  });
});

describe('use', () => {
  test('gives what the body gives, and shuts down after it', async () => {
    let kept: ThreadPoolExecutor | undefined;
    const value = await ThreadPoolExecutor.use({ maxWorkers: 1 }, async (executor) => {
      expect(executor).toBeInstanceOf(ThreadPoolExecutor);
      kept = executor;
      return (await executor.submit(place)).workerId;
    });
    expect(value).toBe(1);
    expect(() => kept?.submit(square, 1)).toThrow(ExecutorShutdownError);
  });

  test('waits for the work, and passes on what the body throws', async () => {
    const seen = vi.fn();
    const run = ThreadPoolExecutor.use(undefined, (executor) => {
      executor.submit(later, 1, 5).addDoneCallback(seen);
      throw new Error('body');
    });
    await expect(run).rejects.toThrow('body');
    expect(seen).toHaveBeenCalledOnce();
    await expect(ThreadPoolExecutor.use(0, () => 1)).rejects.toThrow(RangeError);
    await turn();
  });
});
