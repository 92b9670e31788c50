/** Tests `broadcast`: one call that every worker runs once, on both facades and their views and adapters. */
import { makeGate, until } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { hold, holdAsync, mark, square } from '@twinpool/testkit/tasks';
import {
  asExecutor,
  asPool,
  BrokenExecutorError,
  CancelledError,
  Executor,
  ExecutorShutdownError,
  Future,
  NotSupportedError,
  OptionsError,
  Pool,
  PoolClosedError,
  PoolTerminatedError,
  ProcessPoolExecutor,
  TaskSerializationError,
  TaskTimeoutError,
  TaskValidationError,
  ThreadPool,
  ThreadPoolExecutor,
  taskRef,
  WorkerLostError,
  WorkerRuntime,
} from 'twinpool';
import { expect } from 'vitest';
import { doubled, exitIn, failIn, holdThenEnd, loop, markIndex, read, reportIndex, set, whenAborted } from './fixtures/broadcast/tasks.mjs';

describe.each([
  ['process', ProcessPoolExecutor, Pool],
  ['thread', ThreadPoolExecutor, ThreadPool],
] as const)('%s', (kind, ExecutorClass, PoolClass) => {
  test('starts the missing workers, and runs once in each', async () => {
    const gate = makeGate();
    await using executor = new ExecutorClass(3);
    expect(await executor.broadcast(markIndex, gate.path)).toEqual([0, 1, 2]);
    expect(gate.labels().sort()).toEqual(['broadcast in 0', 'broadcast in 1', 'broadcast in 2']);
    expect(executor.stats()).toMatchObject({ workers: 3, completed: 3, failed: 0, queued: 0, running: 0 });
  });

  test('sets what every task finds, on pools and executors, in all forms of a task', async () => {
    await using pool = new PoolClass({ processes: 2 });
    const reference = taskRef<typeof set>(new URL('./fixtures/broadcast/tasks.mjs', import.meta.url), 'set');
    expect(await pool.broadcast(set, ['first'])).toEqual([0, 1]);
    expect(await pool.map(() => 1, [1, 2, 3, 4])).toEqual([1, 1, 1, 1]);
    expect(await pool.apply(read)).toBe('first');
    expect(await pool.broadcast(reference, ['second'])).toEqual([0, 1]);
    expect(await pool.apply(read)).toBe('second');
    expect(await pool.broadcast((a: number, b: number) => a * b, [6, 7])).toEqual([42, 42]);
    expect(await pool.broadcast(read)).toEqual(['second', 'second']);
    expect(await pool.broadcast(async () => 'later')).toEqual(['later', 'later']);
    expect(await pool.broadcast(doubled, [21])).toEqual([42, 42]);
    await expect(pool.broadcast(doubled, ['21' as never])).rejects.toThrow(TaskValidationError);
  });

  test('runs before the tasks that wait, and in a busy worker next', async () => {
    const gate = makeGate();
    await using executor = new ExecutorClass(2);
    const running = executor.submit(holdAsync, gate.path, 'runs');
    await gate.entered(1);
    const waiting = Array.from({ length: 6 }, (_, i) => executor.submit(hold, gate.path, `waits ${i}`));
    await gate.entered(2);
    const broadcast = executor.broadcast(markIndex, gate.path);
    const later = executor.submit(mark, gate.path, 'later');
    gate.open();
    expect(await broadcast).toEqual([0, 1]);
    await Promise.all([running, ...waiting, later]);
    const labels = gate.labels();
    // Two tasks ran; each worker runs the broadcast before it takes another one.
    expect(labels.slice(0, 2).every((label) => !label.startsWith('broadcast'))).toBe(true);
    const others = labels.filter((label) => label.startsWith('waits') || label === 'later');
    expect(labels.indexOf(others[2] as string)).toBeGreaterThan(labels.findIndex((label) => label.startsWith('broadcast')));
    expect(labels.filter((label) => label.startsWith('broadcast')).sort()).toEqual(['broadcast in 0', 'broadcast in 1']);
  });

  test('runs on all workers of a runtime, also for a facade that may use fewer', async () => {
    await using runtime = new WorkerRuntime({ kind, workers: 3 });
    const executor = new ExecutorClass({ runtime, maxWorkers: 1 });
    const pool = new PoolClass({ runtime, processes: 1 });
    expect(await executor.broadcast(set, 'x')).toEqual([0, 1, 2]);
    expect(await pool.broadcast(read)).toEqual(['x', 'x', 'x']);
    expect(await asPool(executor).broadcast(read)).toEqual(['x', 'x', 'x']);
    expect(await asExecutor(pool).broadcast(read)).toEqual(['x', 'x', 'x']);
  });

  test('counts for maxTasksPerChild, not for maxQueue', async () => {
    const gate = makeGate();
    await using executor = new ExecutorClass({ maxWorkers: 2, maxTasksPerChild: 2, maxQueue: 0 });
    const busy = [executor.submit(holdAsync, gate.path, 'a'), executor.submit(holdAsync, gate.path, 'b')];
    await gate.entered(2);
    const broadcast = executor.broadcast(read);
    gate.open();
    await Promise.all(busy);
    expect(await broadcast).toEqual(['none', 'none']);
    // Each worker has had its two calls.
    await until(() => executor.stats().workers === 0, 'the end of both workers');
    expect(await executor.submit(square, 3)).toBe(9);
    expect(executor.stats()).toMatchObject({ refused: 0, completed: 5 });
  });

  test('several at once run in their order, each once in each worker', async () => {
    await using executor = new ExecutorClass(2);
    const all = ['a', 'b', 'c', 'd'].map((value) => executor.broadcast(set, value));
    expect(await Promise.all(all)).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    expect(await executor.broadcast(read)).toEqual(['d', 'd']);
  });

  test('rejects with the first error by workerIndex, when all have ended', async () => {
    const gate = makeGate();
    await using executor = new ExecutorClass(3);
    await expect(executor.broadcast(failIn, gate.path, [2, 1])).rejects.toThrow('failed in 1');
    expect(gate.labels().sort()).toEqual(['0', '1', '2']);
    expect(executor.stats()).toMatchObject({ completed: 1, failed: 2 });
  });

  test.each(['fail', 'retry'] as const)(
    'a worker that is lost while it runs it gives WorkerLostError: onWorkerLoss %s',
    async (onWorkerLoss) => {
      const gate = makeGate();
      await using executor = new ExecutorClass({ maxWorkers: 2, onWorkerLoss });
      await expect(executor.broadcast(exitIn, gate.path, 1)).rejects.toThrow(WorkerLostError);
      expect(gate.labels().sort()).toEqual(['0', '1']);
      expect(await executor.broadcast(read)).toEqual(['none', 'none']);
    },
  );

  test('a worker that is lost before it runs it is replaced, and the replacement runs it', async () => {
    const gate = makeGate();
    await using executor = new ExecutorClass(2);
    const lost = executor.submit(holdThenEnd, gate.path);
    await gate.entered(1);
    const broadcast = executor.broadcast(markIndex, gate.path);
    await gate.entered(2);
    gate.open();
    expect(await broadcast).toEqual([0, 1]);
    expect(await lost.exception()).toBeInstanceOf(WorkerLostError);
    expect(gate.labels().filter((label) => label.startsWith('broadcast')).length).toBe(2);
  });

  test('with onWorkerLoss break it fails with the executor', async () => {
    const gate = makeGate();
    await using executor = new ExecutorClass({ maxWorkers: 2, onWorkerLoss: 'break' });
    await expect(executor.broadcast(exitIn, gate.path, 0)).rejects.toThrow(BrokenExecutorError);
    await expect(executor.broadcast(read)).rejects.toThrow(BrokenExecutorError);
  });

  test('taskTimeout and onReport, as options and of a view', async () => {
    const reported: unknown[] = [];
    await using executor = new ExecutorClass({ maxWorkers: 2, killGrace: 50 });
    const view = executor.withOptions({ onReport: (value, index) => reported.push([value, index]) });
    expect(await view.broadcast(reportIndex)).toEqual([0, 1]);
    expect(reported.sort()).toEqual([
      ['from 0', 0],
      ['from 1', 1],
    ]);
    await expect(executor.withOptions({ taskTimeout: 30 }).broadcast(loop)).rejects.toThrow(TaskTimeoutError);
    await using pool = new PoolClass({ processes: 1, killGrace: 50 });
    await expect(pool.broadcast(loop, [], { taskTimeout: 30 })).rejects.toThrow(TaskTimeoutError);
    expect(await pool.withOptions({ taskTimeout: 60_000 }).broadcast(read)).toEqual(['none']);
  });

  test('an abort ends it, also before it runs [F-104]', async () => {
    const gate = makeGate();
    await using pool = new PoolClass({ processes: 2, killGrace: 5_000 });
    const controller = new AbortController();
    const running = expect(pool.broadcast(whenAborted, [gate.path], { signal: controller.signal })).rejects.toThrow(CancelledError);
    await gate.entered(2);
    const waiting = expect(pool.broadcast(markIndex, [gate.path], { signal: controller.signal })).rejects.toThrow(CancelledError);
    controller.abort();
    await Promise.all([running, waiting]);
    await expect(pool.broadcast(read, [], { signal: controller.signal })).rejects.toThrow(CancelledError);
    expect(await pool.broadcast(read)).toEqual(['none', 'none']);
    expect(gate.labels()).toEqual(['runs', 'runs']);
  });

  test('after the end it is refused, and what was accepted ends', async () => {
    const gate = makeGate();
    const executor = new ExecutorClass(2);
    const accepted = executor.broadcast(read);
    const shutdown = executor.shutdown();
    await expect(executor.broadcast(read)).rejects.toThrow(ExecutorShutdownError);
    expect(await accepted).toEqual(['none', 'none']);
    await shutdown;

    const pool = new PoolClass({ processes: 1 });
    const running = expect(pool.broadcast(holdAsync, [gate.path, 'x'])).rejects.toThrow(PoolTerminatedError);
    await gate.entered(1);
    pool.terminate();
    await running;
    await expect(pool.broadcast(read)).rejects.toThrow(PoolClosedError);
    await pool.join();

    const busy = new ExecutorClass(1);
    const held = busy.submit(holdAsync, gate.path, 'y');
    await gate.entered(2);
    const waiting = expect(busy.broadcast(read)).rejects.toThrow(CancelledError);
    const ended = busy.shutdown({ cancelFutures: true });
    await waiting;
    gate.open();
    expect(await held).toBe('y');
    await ended;
  });

  test('a bad function is the outcome, bad arguments and options are refused', async () => {
    const outer = 1;
    await using executor = new ExecutorClass(1);
    await expect(executor.broadcast(() => outer)).rejects.toThrow(TaskSerializationError);
    await expect(executor.broadcast(42 as never)).rejects.toThrow(TaskSerializationError);
    await using pool = new PoolClass({ processes: 1 });
    await expect(pool.broadcast(square, 1 as never)).rejects.toThrow(TypeError);
    await expect(pool.broadcast(square, [1], { priority: 1 } as never)).rejects.toThrow(OptionsError);
    await expect(pool.broadcast(square, [1], { priority: 1 } as never)).rejects.toThrow('priority: unknown option');
    await expect(pool.broadcast(square, [1], { taskTimeout: -1 })).rejects.toThrow('taskTimeout: expected milliseconds');
    await expect(pool.broadcast(square, [1], 5 as never)).rejects.toThrow('broadcast: expected an object of options, got a number');
  });

  test('each worker runs it once while workers are ended at random [F-103]', async () => {
    const gate = makeGate();
    await using executor = new ExecutorClass(3);
    const stop = { is: false };
    const kills = (async () => {
      while (!stop.is) await executor.submit(() => process.exit(1)).exception();
    })();
    for (let round = 0; round < 3; round++) {
      const before = gate.labels().length;
      const outcome = await executor.broadcast(markIndex, gate.path).catch((error: unknown) => error);
      if (!Array.isArray(outcome)) expect(outcome).toBeInstanceOf(WorkerLostError);
      expect(gate.labels().length - before).toBeLessThanOrEqual(3);
      if (Array.isArray(outcome)) expect(gate.labels().length - before).toBe(3);
    }
    stop.is = true;
    await kills;
  });
});

test('an executor without workers does not support it', async () => {
  class Here extends Executor {
    override submit(): Future<never> {
      return new Future<never>();
    }
  }
  await expect(new Here().broadcast(square, 1)).rejects.toThrow(NotSupportedError);
  await expect(new Here().broadcast(square, 1)).rejects.toThrow('Here has no workers: broadcast() is not supported');
  const error = (await new Here().broadcast(square, 1).catch((thrown: unknown) => thrown)) as NotSupportedError;
  expect(error.code).toBe('ERR_TWINPOOL_NOT_SUPPORTED');
});
