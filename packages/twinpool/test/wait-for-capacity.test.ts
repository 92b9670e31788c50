/** Tests `waitForCapacity`: order, kept places, the end of a facade, and what keeps the program alive. */
import { makeGate, runNode } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { hold } from '@twinpool/testkit/tasks';
import {
  BrokenExecutorError,
  ExecutorShutdownError,
  OptionsError,
  Pool,
  PoolClosedError,
  ProcessPoolExecutor,
  QueueFullError,
  ThreadPool,
  ThreadPoolExecutor,
  WorkerRuntime,
} from 'twinpool';
import { expect } from 'vitest';
import { holdThenExit } from './fixtures/identity/tasks.mjs';

const square = (x: number): number => x * x;

/** Both facades in one form. */
interface Face {
  submit(gate: string, label: string): Promise<unknown>;
  waitForCapacity(limit?: number): Promise<void>;
  close(): Promise<void>;
  terminate(): Promise<void>;
}

type Open = (options: { maxQueue?: number; runtime?: WorkerRuntime }) => Face;

const overPool =
  (Class: typeof Pool): Open =>
  (options) => {
    const pool = new Class(options.runtime === undefined ? { processes: 1, ...options } : options);
    return {
      submit: (gate, label) => pool.apply(hold, [gate, label]),
      waitForCapacity: (limit) => pool.waitForCapacity(limit),
      close: () => {
        pool.close();
        return pool.join();
      },
      terminate: () => {
        pool.terminate();
        return pool.join();
      },
    };
  };
const overExecutor =
  (Class: typeof ThreadPoolExecutor | typeof ProcessPoolExecutor): Open =>
  (options) => {
    const executor = new Class(options.runtime === undefined ? { maxWorkers: 1, ...options } : options);
    return {
      submit: (gate, label) => executor.submit(hold, gate, label),
      waitForCapacity: (limit) => executor.waitForCapacity(limit),
      close: () => executor.shutdown(),
      terminate: () => executor.terminateWorkers(),
    };
  };

const FACES: readonly (readonly [
  name: string,
  kind: 'process' | 'thread',
  open: Open,
  ended: typeof PoolClosedError | typeof ExecutorShutdownError,
])[] = [
  ['Pool', 'process', overPool(Pool), PoolClosedError],
  ['ThreadPool', 'thread', overPool(ThreadPool), PoolClosedError],
  ['ProcessPoolExecutor', 'process', overExecutor(ProcessPoolExecutor), ExecutorShutdownError],
  ['ThreadPoolExecutor', 'thread', overExecutor(ThreadPoolExecutor), ExecutorShutdownError],
];

describe.each(FACES)('%s', (_name, kind, open, Ended) => {
  test('a caller goes on when fewer than the limit wait, in the order of the calls', async () => {
    const gate = makeGate();
    const face = open({ maxQueue: 2 });
    await face.waitForCapacity();
    const running = face.submit(gate.path, 'runs');
    await gate.entered(1);
    const waiting = [face.submit(gate.path, 'waits'), face.submit(gate.path, 'waits too')];
    await expect(face.submit(gate.path, 'too many')).rejects.toThrow(QueueFullError);
    const order: string[] = [];
    const first = face.waitForCapacity().then(() => order.push('first'));
    const second = face.waitForCapacity(1).then(() => order.push('second'));
    const third = face.waitForCapacity().then(() => order.push('third'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual([]);
    gate.open();
    await Promise.all([running, ...waiting, first, second, third]);
    expect(order).toEqual(['first', 'second', 'third']);
    await face.close();
  });

  test('one caller for each free place, and a place that is not used goes to the next', async () => {
    const gate = makeGate();
    const face = open({});
    const running = face.submit(gate.path, 'runs');
    await gate.entered(1);
    // Two places of two: the third caller has none until the end of the turn, and none at all when the first two use theirs.
    const order: number[] = [];
    const jobs: Promise<unknown>[] = [];
    const callers = [0, 1, 2, 3].map(async (i) => {
      await face.waitForCapacity(2);
      order.push(i);
      if (i < 2) jobs.push(face.submit(gate.path, String(i)));
    });
    await Promise.all(callers.slice(0, 2));
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual([0, 1]);
    gate.open();
    await Promise.all([running, ...callers, ...jobs]);
    expect(order).toEqual([0, 1, 2, 3]);
    await face.close();
  });

  test.each(['close', 'terminate'] as const)('waiters reject at once at the end: %s', async (how) => {
    const gate = makeGate();
    const face = open({ maxQueue: 1 });
    const running = face.submit(gate.path, 'runs').catch(() => undefined);
    await gate.entered(1);
    const waiting = face.submit(gate.path, 'waits').catch(() => undefined);
    const waiter = expect(face.waitForCapacity()).rejects.toThrow(Ended);
    const ended = face[how]();
    await waiter;
    await expect(face.waitForCapacity()).rejects.toThrow(Ended);
    gate.open();
    await Promise.all([running, waiting, ended]);
  });

  test('the end of a borrowed runtime rejects too', async () => {
    const gate = makeGate();
    const runtime = new WorkerRuntime({ kind, workers: 1 });
    const face = open({ runtime, maxQueue: 1 });
    const running = face.submit(gate.path, 'runs');
    await gate.entered(1);
    const waiting = face.submit(gate.path, 'waits');
    const waiter = expect(face.waitForCapacity()).rejects.toThrow(Ended);
    const closed = runtime.close();
    await waiter;
    gate.open();
    await Promise.all([running, waiting, closed]);
    await face.close();
  });

  test.each([
    [undefined, OptionsError, 'expected a limit, or the option maxQueue'],
    [0, RangeError, 'limit: expected a whole number of 1 or more, got 0'],
    [1.5, RangeError, 'got 1.5'],
    [Number.NaN, RangeError, 'got NaN'],
    ['2', TypeError, "got '2'"],
  ])('%o without maxQueue is refused', async (limit, Class, message) => {
    const face = open({});
    await expect(face.waitForCapacity(limit as never)).rejects.toThrow(Class);
    await expect(face.waitForCapacity(limit as never)).rejects.toThrow(message);
    await face.terminate();
  });

  test('with maxQueue 0 it waits for a worker that is free', async () => {
    const gate = makeGate();
    const face = open({ maxQueue: 0 });
    await face.waitForCapacity();
    const running = face.submit(gate.path, 'runs');
    await gate.entered(1);
    let isFree = false;
    const waiter = face.waitForCapacity().then(() => {
      isFree = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isFree).toBe(false);
    gate.open();
    await running;
    await waiter;
    expect(await face.submit(gate.path, 'next')).toBe('next');
    await face.close();
  });
});

test.each([
  ['process', ProcessPoolExecutor],
  ['thread', ThreadPoolExecutor],
] as const)('%s: waiters reject with the error of a broken executor', async (_kind, Executor) => {
  const gate = makeGate();
  await using executor = new Executor({ maxWorkers: 1, maxQueue: 1, onWorkerLoss: 'break' });
  const running = executor.submit(holdThenExit, gate.path);
  await gate.entered(1);
  const waiting = executor.submit(square, 2);
  const waiter = expect(executor.waitForCapacity()).rejects.toThrow(/is broken/);
  gate.open();
  await waiter;
  expect(await running.exception()).toBeInstanceOf(BrokenExecutorError);
  expect(await waiting.exception()).toBeInstanceOf(BrokenExecutorError);
  await expect(executor.waitForCapacity()).rejects.toThrow(/is broken/);
});

test('a pending call keeps the program alive', async () => {
  const program = `
    import { ThreadPool } from 'twinpool';
    const pool = new ThreadPool({ processes: 1, maxQueue: 1 });
    const tasks = [1, 2].map((x) => pool.apply((x) => x, [x]));
    pool.waitForCapacity().then(() => console.log('there is room'));
  `;
  const run = runNode(['--input-type=module', '-e', program], new URL('.', import.meta.url));
  expect(await run.end()).toEqual({ code: 0, signal: null });
  expect(run.output).toBe('there is room\n');
});

test('the example of a producer: no task is refused, and few wait', async () => {
  await using pool = new ThreadPool({ processes: 2, maxQueue: 4 });
  const results: Promise<number>[] = [];
  for (let i = 0; i < 500; i++) {
    await pool.waitForCapacity();
    expect(pool.stats().queued).toBeLessThan(4);
    results.push(pool.apply(square, [i]));
  }
  expect((await Promise.all(results)).at(-1)).toBe(499 ** 2);
  expect(pool.stats().refused).toBe(0);
});
