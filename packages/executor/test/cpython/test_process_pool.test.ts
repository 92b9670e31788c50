/** CPython's test_concurrent_futures/test_process_pool.py: ProcessPoolExecutorTest, and for threads what applies to them. */
import { existsSync } from 'node:fs';
import { inspect } from 'node:util';
import {
  BrokenExecutorError,
  BrokenProcessPoolError,
  BrokenThreadPoolError,
  CancelledError,
  ExecutorShutdownError,
  OptionsError,
  ProcessPoolExecutor,
  ThreadPoolExecutor,
  WorkerLostError,
  wait,
} from '@twinpool/executor';
import { nothingLeft } from '@twinpool/testkit/leak-check';
import { describe, test } from '@twinpool/testkit/sample';
import { exit, hold, later, parseBadJson, place, square } from '@twinpool/testkit/tasks';
import { expect, onTestFinished } from 'vitest';
import { holdLong, ignoreSigterm, isKept, keepWeakly, startOnce, throwPaymentError, throwWithSource } from '../fixtures/tasks.mjs';
import { forAll, forTest, forTestWith, left, makeGate } from '../kit.ts';
import { MOST, OWN, rowsFor, workersOf } from './kinds.ts';

describe.each(MOST)('ProcessPoolExecutorTest: $name', (kind) => {
  const { test, checkList } = rowsFor(kind, 'processes');
  const Broken = kind.kind === 'thread' ? BrokenThreadPoolError : BrokenProcessPoolError;

  describe('with workers that live on', () => {
    const executor = forAll(kind);

    test('test_map_chunksize [B-65] [X-13] [D-52] [C-21]', async () => {
      const numbers = Array.from({ length: 40 }, (_, i) => i);
      for (const chunksize of [1, 6, 40, 50]) {
        expect(await executor.map(square, numbers, { chunksize }).toArray()).toEqual(numbers.map(square));
      }
      for (const chunksize of [-1, 0, 1.5, '2', true]) {
        expect(() => executor.map(square, numbers, { chunksize } as { chunksize: number })).toThrow(OptionsError);
      }
    });

    test('test_traceback: class, fields, and the place in the worker, also in util.inspect [B-66] [E-22] [C-8]', async () => {
      const error = await executor.submit(parseBadJson).exception();
      expect(error).toBeInstanceOf(SyntaxError);
      const own = await executor.submit(throwPaymentError).exception();
      expect(own).toMatchObject({ name: 'PaymentError', message: 'declined', status: 402 });
      const traced = await executor.submit(throwWithSource).exception();
      expect(traced).toBeInstanceOf(RangeError);
      const shown = inspect(traced);
      expect(shown).toMatch(/^RangeError: made here\n\s+at throwWithSource \(.*fixtures\/tasks\.mjs:\d+:\d+\)/);
      expect(shown).toMatch(
        {
          thread: /at \[worker \d+, thread \d+\] task 'throwWithSource'/,
          process: /at \[worker \d+, process \d+\] task/,
          inline: /at \[worker 1, inline\]/,
          cluster: /at \[worker \d+, process \d+\] task/,
        }[kind.kind],
      );
    });

    test('test_ressources_gced_in_workers: arguments are released after the task [B-68]', async () => {
      const one = forTest(kind, { maxWorkers: 1 });
      expect(await one.submit(keepWeakly, { an: 'argument' })).toBe(true);
      expect(await one.submit(isKept)).toBe(false);
    });

    test('test_saturation: no more tasks at once than workers [B-69] [B-90] [B-146] [T-4]', async () => {
      const gate = makeGate();
      const futures = Array.from({ length: 30 }, (_, n) => executor.submit(hold, gate.path, n));
      const workers = workersOf(kind, 2);
      await gate.entered(workers);
      expect(futures.filter((future) => future.running()).length).toBeLessThanOrEqual(4);
      expect(gate.arrivals().length).toBe(workers);
      expect(executor.stats().workers).toBe(workers);
      gate.open();
      expect(await Promise.all(futures)).toEqual(futures.map((_, n) => n));
      expect(new Set(gate.arrivals().map(({ pid, threadId }) => `${pid}/${threadId}`)).size).toBe(workers);
    });
  });

  test('test_idle_process_reuse_one, test_idle_thread_reuse: one after the other in one worker [B-70] [B-91] [B-149] [E-5] [T-4]', async () => {
    const executor = forTest(kind, { maxWorkers: 3 });
    expect(executor.stats()).toMatchObject({ workers: 0, queued: 0, running: 0 });
    const places = [await executor.submit(place), await executor.submit(place), await executor.submit(place)];
    expect(new Set(places.map(({ workerId }) => workerId)).size).toBe(1);
    expect(places[0]?.pid === process.pid).toBe(kind.kind !== 'process');
    expect(executor.stats().workers).toBe(1);
  });

  test('test_idle_process_reuse_multiple: no more workers than tasks at once [B-71] [E-5]', async () => {
    const executor = forTest(kind, { maxWorkers: 8 });
    const gate = makeGate();
    await executor.submit(square, 12);
    const held = executor.submit(hold, gate.path, 1);
    await executor.submit(square, 25);
    const other = executor.submit(hold, gate.path, 2);
    await gate.entered(2);
    gate.open();
    await Promise.all([held, other]);
    expect(executor.stats().workers).toBeLessThanOrEqual(3);
  });

  test('test_max_tasks_per_child, test_max_tasks_per_child_pending_tasks_gh115634: exactly that number of calls [B-72] [B-74] [E-16] [D-35]', async () => {
    const executor = await forTestWith(kind, { maxWorkers: 1, maxTasksPerChild: 3 });
    const places = await Promise.all(Array.from({ length: 7 }, () => executor.submit(place)));
    expect(places.map(({ workerId }) => workerId)).toEqual([1, 1, 1, 2, 2, 2, 3]);
    expect(executor.stats().lostWorkers).toBe(0);
    expect(await executor.map(square, [1, 2, 3, 4, 5, 6]).toArray()).toEqual([1, 4, 9, 16, 25, 36]);
  });

  test("test_killed_child, onWorkerLoss 'break': everything open fails, and the executor is broken [B-63] [E-12] [C-16]", async () => {
    const executor = forTest(kind, { onWorkerLoss: 'break' });
    const gate = makeGate();
    const neighbour = executor.submit(hold, gate.path, 'neighbour');
    await gate.entered();
    const futures = [executor.submit(exit, 99), ...[1, 2, 3].map((n) => executor.submit(hold, gate.path, n)), neighbour];
    const cancelled = executor.submit(square, 1);
    cancelled.cancel();
    expect((await wait(futures)).done.size).toBe(5);
    for (const future of futures) expect(await future.exception()).toBeInstanceOf(Broken);
    expect(() => executor.submit(square, 1)).toThrow(Broken);
    await executor.shutdown();
    await expect(cancelled).rejects.toBeInstanceOf(CancelledError);
  });

  test('test_broken_process_pool_traceback, test_traceback_when_child_process_terminates_abruptly [B-64] [B-67] [E-13] [E-14] [D-31]', async () => {
    const executor = forTest(kind, { maxWorkers: 1, onWorkerLoss: 'break' });
    const lost = executor.submit(exit, 99);
    const futures = [lost, executor.submit(square, 2), executor.submit(square, 3)];
    const cancelled = executor.submit(square, 1);
    cancelled.cancel();
    const errors = await Promise.all(futures.map((future) => future.exception()));
    expect(new Set(errors).size).toBe(3);
    for (const error of errors as Error[]) {
      expect(error.cause).toBeInstanceOf(WorkerLostError);
      const { pid, threadId, exitCode, workerName, message } = error.cause as WorkerLostError;
      expect(exitCode).toBe(99);
      expect(workerName).toMatch(/_0$/);
      const number = kind.kind === 'thread' ? threadId : pid;
      expect(number).toEqual(expect.any(Number));
      expect(message).toContain(`(${kind.kind} ${number}) was lost`);
      expect(message).toContain('it exited with code 99');
    }
    const refusals = [1, 2].map(() => {
      try {
        return executor.submit(square, 1);
      } catch (error) {
        return error;
      }
    });
    expect(refusals).toEqual([expect.any(Broken), expect.any(Broken)]);
    expect(refusals[0]).not.toBe(refusals[1]);
    expect(cancelled.cancelled()).toBe(true);
  });

  test('test_max_tasks_early_shutdown, test_shutdown_no_wait_max_tasks_gh119592: with workers that are replaced [B-79] [B-75] [D-35]', async () => {
    const executor = await forTestWith(kind, { maxTasksPerChild: 1 });
    const futures = [1, 2, 3, 4, 5, 6].map((n) => executor.submit(square, n));
    await executor.shutdown({ wait: false });
    expect(await Promise.all(futures)).toEqual([1, 4, 9, 16, 25, 36]);
    await executor.shutdown();
  });

  describe.each(['terminateWorkers', 'killWorkers'] as const)('%s', (end) => {
    test('test_force_shutdown_workers: what runs fails, what waits is cancelled, and the workers are gone [B-81] [B-82] [B-84] [E-17]', async () => {
      const executor = forTest(kind);
      const gate = makeGate();
      const futures = Array.from({ length: 8 }, (_, n) => executor.submit(holdLong, gate.path, n));
      const results = executor.map(square, [1, 2]);
      await gate.entered(workersOf(kind, 2));
      const running = futures.filter((future) => future.running());
      const gone = executor[end]();
      expect(futures.every((future) => future.done())).toBe(true);
      for (const future of running) expect(await future.exception()).toBeInstanceOf(Broken);
      const waiting = futures.filter((future) => !running.includes(future));
      expect(waiting.length).toBeGreaterThan(2);
      for (const future of waiting) expect(future.cancelled()).toBe(true);
      await expect(results.next()).rejects.toBeInstanceOf(CancelledError);
      await gone;
      gate.open();
      expect(gate.labels().length).toBe(workersOf(kind, 2));
      if (!kind.shared) await nothingLeft();
    });

    test('test_force_shutdown_workers_stops_pool: later calls throw, in callbacks of what it ends too [B-87] [E-17]', async () => {
      const executor = forTest(kind);
      const future = executor.submit(later, 1, 60_000);
      const seen: unknown[] = [];
      future.addDoneCallback(() => {
        try {
          executor.submit(square, 1);
        } catch (error) {
          seen.push(error);
        }
        void executor.shutdown();
      });
      const gone = executor[end]();
      expect(() => executor.submit(square, 1)).toThrow(ExecutorShutdownError);
      await gone;
      expect(seen).toEqual([expect.any(ExecutorShutdownError)]);
      expect(future.done()).toBe(true);
      expect(() => executor.map(square, [1])).toThrow(ExecutorShutdownError);
    });

    test('test_force_shutdown_workers_not_started_yet; twice; after shutdown [B-86]', async () => {
      const executor = forTest(kind);
      await executor[end]();
      await executor[end]();
      await executor.shutdown();
      const another = forTest(kind, { maxWorkers: 1 });
      const gate = makeGate();
      const future = another.submit(holdLong, gate.path, 1);
      await gate.entered();
      const down = another.shutdown();
      await another[end]();
      await down;
      expect(await future.exception()).toBeInstanceOf(BrokenExecutorError);
    });

    test('test_force_shutdown_workers_dead_workers: of a broken executor [B-85]', async () => {
      const executor = forTest(kind, { maxWorkers: 1, onWorkerLoss: 'break' });
      expect(await executor.submit(exit, 1).exception()).toBeInstanceOf(Broken);
      await executor[end]();
      await executor[end]();
      expect(() => executor.submit(square, 1)).toThrow(Broken);
    });

    test('test_force_shutdown_during_max_tasks_worker_exit: no worker comes after it [B-77] [D-35]', async () => {
      const executor = await forTestWith(kind, { maxTasksPerChild: 1 });
      const futures = Array.from({ length: 20 }, (_, n) => executor.submit(square, n));
      await futures[0];
      await executor[end]();
      expect(futures.every((future) => future.done())).toBe(true);
      if (!kind.shared) await nothingLeft();
    });
  });

  checkList();
});

describe.each(OWN)('ProcessPoolExecutorTest: $name', (kind) => {
  const { test, checkList } = rowsFor(kind, 'ownProcesses');
  const Broken = kind.kind === 'thread' ? BrokenThreadPoolError : BrokenProcessPoolError;

  test('test_max_workers_too_large: 64 are not too many [B-61] [E-2] [D-53]', async () => {
    const executor = forTest(kind, { maxWorkers: 64 });
    expect(inspect(executor)).toContain(`maxWorkers: ${workersOf(kind, 64)}`);
    expect(await executor.submit(square, 8)).toBe(64);
  });

  test('test_failed_worker_replacement_breaks_pool: when no worker comes after the first [B-78] [E-16] [D-35]', async () => {
    const gate = makeGate();
    const executor = await forTestWith(kind, { maxWorkers: 1, maxTasksPerChild: 1, initializer: startOnce, initargs: [gate.path] });
    expect(await executor.submit(square, 3)).toBe(9);
    const error = await executor.submit(square, 4).exception();
    expect(error).toBeInstanceOf(Broken);
    expect(error).toMatchObject({ message: expect.stringContaining('no second worker') });
  });

  test('test_python_finalization_error: workers that cannot be started at all [B-80] [D-36]', async () => {
    const stdio = kind.kind === 'process' ? ({ stdio: 'ignore' } as const) : {};
    const executor = forTest(kind, { maxWorkers: 1, execArgv: ['--no-such-flag'], ...stdio });
    const error = await executor.submit(square, 1).exception();
    expect(error).toBeInstanceOf(Broken);
    expect(() => executor.submit(square, 1)).toThrow(Broken);
    await executor.shutdown();
  });

  test('test_gc_during_max_tasks_worker_exit_gh152967: a dropped executor does what it was given, and its workers go [B-75] [B-76] [D-35]', async () => {
    const references: WeakRef<object>[] = [];
    const drop = () => {
      const executor = new kind.Executor({ maxWorkers: 2, maxTasksPerChild: 2 });
      references.push(new WeakRef(executor));
      return Array.from({ length: 7 }, (_, n) => executor.submit(square, n));
    };
    const futures = drop();
    expect(await left(references)).toBe(0);
    expect(await Promise.all(futures)).toEqual([0, 1, 4, 9, 16, 25, 36]);
    await nothingLeft();
  });

  checkList();
});

describe('ProcessPoolExecutorTest', () => {
  test('test_killed_child from outside: only its task fails, and it is replaced [B-63] [D-30] [E-12]', async () => {
    const executor = new ProcessPoolExecutor(2);
    onTestFinished(() => executor.terminateWorkers());
    const gate = makeGate();
    const futures = [1, 2].map((n) => executor.submit(hold, gate.path, n));
    const [victim] = await gate.entered(2);
    process.kill(victim?.pid as number, 'SIGKILL');
    const { done } = await wait(futures, { returnWhen: 'FIRST_EXCEPTION' });
    expect(done.size).toBe(1);
    gate.open();
    const outcomes = await Promise.allSettled(futures);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(executor.stats().lostWorkers).toBe(1);
    expect(await executor.map(square, [1, 2, 3]).toArray()).toEqual([1, 4, 9]);
  });

  test.each([
    ['test_terminate_workers: SIGKILL after killGrace [B-81] [E-17]', 'terminateWorkers', 20],
    ['test_kill_workers: SIGKILL at once [B-82] [E-17]', 'killWorkers', 60_000],
  ] as const)('%s', async (_, end, killGrace) => {
    const executor = new ProcessPoolExecutor({ maxWorkers: 1, killGrace });
    const pid = await new Promise<number>((resolve) => {
      executor.withOptions({ onReport: (value) => resolve(value as number) }).submit(ignoreSigterm);
    });
    await executor[end]();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
  });
});

test('threads and processes beside each other [D-37]', async () => {
  await using threads = new ThreadPoolExecutor(1);
  await using processes = new ProcessPoolExecutor(1);
  expect(await Promise.all([threads.submit(square, 2), processes.submit(square, 3)])).toEqual([4, 9]);
});
