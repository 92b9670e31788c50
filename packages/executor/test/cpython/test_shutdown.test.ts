/** CPython's test_concurrent_futures/test_shutdown.py: ExecutorShutdownTest, ThreadPoolShutdownTest, ProcessPoolShutdownTest. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspect, promisify } from 'node:util';
import {
  CancelledError,
  ExecutorShutdownError,
  type Future,
  OptionsError,
  TimeoutError,
  WorkerLostError,
  WorkerRuntime,
  wait,
} from '@twinpool/executor';
import { PATIENCE } from '@twinpool/testkit';
import { nothingLeft } from '@twinpool/testkit/leak-check';
import { describe, test } from '@twinpool/testkit/sample';
import { exit, fail, later, square } from '@twinpool/testkit/tasks';
import { expect, onTestFinished, vi } from 'vitest';
import { holdLong, names } from '../fixtures/tasks.mjs';
import { errorOf, forTest, left, makeGate, turn } from '../kit.ts';
import { MOST, OWN, rowsFor, workersOf } from './kinds.ts';

const PROGRAM = fileURLToPath(new URL('../fixtures/program.mjs', import.meta.url));

/** The standard output of a program that must end with code 0 and without output on standard error. */
async function run(scenario: string, kind: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [PROGRAM, scenario, kind], { timeout: PATIENCE });
  expect(stderr).toBe('');
  return stdout.trim().split('\n').join(' ');
}

describe.each(['process', 'thread'])('ExecutorShutdownTest: a program with an executor of kind %s', (kind) => {
  test('test_interpreter_shutdown, test_del_shutdown: pending work keeps it alive [B-96] [E-23] [B-104] [B-111] [T-9] [E-20] [C-17]', async () => {
    expect(await run('waiting', kind)).toBe('apple apple apple apple');
  });

  test("test_submit_after_interpreter_shutdown: refused in its 'exit' listeners [B-97] [X-3]", async () => {
    const [said, ...refusals] = (await run('atExit', kind)).split(' ');
    expect([said, refusals]).toEqual(['apple', Array(4).fill('ERR_TWINPOOL_EXECUTOR_SHUTDOWN')]);
  });

  test('test_hang_gh83386: shutdown({ wait: false }), and its end [B-100] [D-34]', async () => {
    expect(await run('shutdownWithoutWait', kind)).toBe('apple');
  });

  test('test_cancel_futures_wait_false [B-108]', async () => {
    expect(await run('cancelWithoutWait', kind)).toMatch(/^(apple( apple)?)?$/);
  });
});

describe.each(MOST)('ExecutorShutdownTest: $name', (kind) => {
  const { test, checkList } = rowsFor(kind, 'shutdown');
  test('test_run_after_shutdown: submit and map throw at once; map also over nothing [B-95] [X-3] [X-17] [C-24]', async () => {
    const executor = forTest(kind);
    const view = executor.withOptions({ priority: 1 });
    expect(inspect(executor)).toContain("state: 'open'");
    await executor.shutdown();
    expect(inspect(executor)).toContain("state: 'shut down'");
    const calls = [
      () => executor.submit(square, 1),
      () => executor.map(square, [1]),
      () => executor.map(square, []),
      () => view.submit(square, 1),
      () => view.map(square, [1]),
    ];
    for (const call of calls) expect(call).toThrow(ExecutorShutdownError);
    await executor.shutdown();
  });

  test('test_hang_issue12364: what was accepted is done [B-98] [X-17] [D-36]', async () => {
    const executor = forTest(kind);
    const futures = Array.from({ length: 50 }, (_, n) => executor.submit(later, n, 1));
    const results = executor.map(square, [1, 2, 3]);
    await executor.shutdown();
    expect(futures.every((future) => future.done())).toBe(true);
    expect(await Promise.all(futures)).toEqual(futures.map((_, n) => n));
    expect(await results.toArray()).toEqual([1, 4, 9]);
  });

  test('test_cancel_futures: what runs is finished, what waits is cancelled, and wait() sees it [B-99] [X-19]', async () => {
    const executor = forTest(kind);
    const gate = makeGate();
    const futures = Array.from({ length: 50 }, (_, n) => executor.submit(holdLong, gate.path, n));
    await gate.entered(workersOf(kind, 2));
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

  test.each(['stop', 'continue'] as const)('a map, onError %j: what runs is delivered, then CancelledError [X-19]', async (onError) => {
    const executor = forTest(kind);
    const gate = makeGate();
    const results = executor.map(holdLong, Array(20).fill(gate.path) as string[], [...Array(20).keys()], { chunksize: 1, onError });
    await gate.entered(workersOf(kind, 2));
    const down = executor.shutdown({ cancelFutures: true });
    gate.open();
    for (let n = 0; n < workersOf(kind, 2); n++) expect((await results.next()).value).toBe(n);
    const error = await errorOf(
      (async () => {
        for await (const _ of results);
      })(),
    );
    expect(error).toBeInstanceOf(CancelledError);
    expect(await results.next()).toEqual({ done: true, value: undefined });
    await down;
  });

  test('shutdown({ cancelFutures: true }) after shutdown({ wait: false }) cancels at once, and may be waited for [X-21]', async () => {
    const executor = forTest(kind);
    const gate = makeGate();
    const futures = Array.from({ length: 20 }, (_, n) => executor.submit(holdLong, gate.path, n));
    await gate.entered(workersOf(kind, 2));
    await executor.shutdown({ wait: false });
    expect(futures.some((future) => future.done())).toBe(false);
    const again = executor.shutdown({ wait: false, cancelFutures: true });
    expect(futures.slice(4).every((future) => future.cancelled())).toBe(true);
    await again;
    const down = executor.shutdown();
    gate.open();
    await down;
    expect(futures.every((future) => future.done())).toBe(true);
    expect(gate.labels().sort()).toEqual(['0', '1'].slice(0, workersOf(kind, 2)));
  });

  test('shutdown({ timeout }): rejects with TimeoutError, the work goes on, and one may wait again [B-214] [D-48] [X-18]', async () => {
    const executor = forTest(kind, { maxWorkers: 1 });
    const gate = makeGate();
    const future = executor.submit(holdLong, gate.path, 'slow');
    await gate.entered();
    for (const timeout of [0, -1, 5]) {
      const error = await errorOf(executor.shutdown({ timeout }));
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).toMatchObject({ message: expect.stringContaining('1 tasks had not ended within') });
    }
    expect(future.running()).toBe(true);
    expect(() => executor.submit(square, 1)).toThrow(ExecutorShutdownError);
    await executor.shutdown({ wait: false, timeout: 1 });
    const down = executor.shutdown({ timeout: 60_000 });
    gate.open();
    await down;
    expect(await future).toBe('slow');
    for (const timeout of [0, Number.POSITIVE_INFINITY, undefined]) await executor.shutdown({ timeout });
  });

  test('test_hang_gh94440: submit, cancel, shutdown [B-101] [D-36]', async () => {
    const executor = forTest(kind);
    const future = executor.submit(square, 1);
    future.cancel();
    await executor.shutdown();
    expect(future.cancelled()).toBe(true);
  });

  test('test_shutdown_no_wait: resolves at once, and what waits is still done [B-105] [B-112] [X-18]', async () => {
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

  test('test_shutdown_gh_132969_case_1, test_shutdown_gh_132969_case_2: a task that fails, and shutdown({ wait: false }) [B-113] [B-114] [D-35]', async () => {
    for (const maxWorkers of [1, 2]) {
      const executor = forTest(kind, { maxWorkers });
      const futures = [executor.submit(fail, 'no'), executor.submit(square, 2), executor.submit(square, 3)];
      await executor.shutdown({ wait: false });
      expect(await futures[0]?.exception()).toBeInstanceOf(RangeError);
      expect(await Promise.all(futures.slice(1))).toEqual([4, 9]);
      await executor.shutdown();
    }
  });

  test('from a done-callback: submit, and shutdown [C-5]', async () => {
    const executor = forTest(kind);
    const seen: Future<number>[] = [];
    const late = vi.fn();
    const down = new Promise<void>((resolve) => {
      executor.submit(square, 3).addDoneCallback((future) => {
        const next = executor.submit(square, future.resultNow());
        seen.push(next);
        next.addDoneCallback(() => {
          void executor.shutdown().then(resolve);
          expect(() => executor.submit(square, 1)).toThrow(ExecutorShutdownError);
          late();
        });
      });
    });
    await down;
    expect(await seen[0]).toBe(81);
    expect(late).toHaveBeenCalledOnce();
  });

  test('bad options reject, and shut nothing down [C-24]', async () => {
    const executor = forTest(kind);
    await expect(executor.shutdown({ wait: 1 } as never)).rejects.toThrow(/wait: expected true or false, got 1/);
    await expect(executor.shutdown({ wait: 1, cancelFutures: 'x' } as never)).rejects.toThrow(/wait.*cancelFutures/);
    await expect(executor.shutdown({ cancel_futures: true } as never)).rejects.toThrow(/cancel_futures: unknown option/);
    await expect(executor.shutdown(true as never)).rejects.toThrow(OptionsError);
    await expect(executor.shutdown({ timeout: Number.NaN })).rejects.toThrow(RangeError);
    await expect(executor.shutdown({ timeout: '5' as never })).rejects.toThrow(TypeError);
    expect(await executor.submit(square, 2)).toBe(4);
    await executor.shutdown({ wait: undefined, cancelFutures: undefined, timeout: undefined });
  });

  checkList();
});

describe.each(OWN)('ThreadPoolShutdownTest, ProcessPoolShutdownTest: $name', (kind) => {
  const { test, checkList } = rowsFor(kind, 'ownShutdown');
  const prefix = kind.kind === 'thread' ? 'threadNamePrefix' : 'name';

  test('test_threads_terminate, test_processes_terminate, test_context_manager_shutdown [B-102] [B-103] [B-109] [B-110] [X-20] [C-11]', async () => {
    const executor = new kind.Executor(3);
    const gate = makeGate();
    const futures = [1, 2, 3].map((n) => executor.submit(holdLong, gate.path, n));
    const workers = workersOf(kind, 3);
    const arrivals = await gate.entered(workers);
    expect(new Set(arrivals.map(({ pid, threadId }) => `${pid} ${threadId}`)).size).toBe(workers);
    expect(executor.stats().workers).toBe(workers);
    gate.open();
    await executor[Symbol.asyncDispose]();
    expect(futures.every((future) => future.done())).toBe(true);
    expect(() => executor.submit(square, 1)).toThrow(ExecutorShutdownError);
    if (kind.kind === 'process') for (const { pid } of arrivals) expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
    await nothingLeft();
  });

  test('test_del_shutdown: an unreachable executor finishes its work silently, and its workers end [B-104] [B-111] [T-8] [E-20] [C-18]', async () => {
    const references: WeakRef<object>[] = [];
    const drop = () => {
      const executor = new kind.Executor(1);
      references.push(new WeakRef(executor));
      return {
        futures: [1, 2, 3].map((n) => executor.submit(square, n)),
        results: executor.map(square, [1, 2, 3, 4].values(), { buffersize: 1 }),
      };
    };
    const { futures, results } = drop();
    expect(await left(references)).toBe(0);
    expect(await Promise.all(futures)).toEqual([1, 4, 9]);
    expect(await results.toArray()).toEqual([1, 4, 9, 16]);
    await nothingLeft();
  });

  test('test_thread_names_assigned [B-106] [T-5]', async () => {
    const executor = forTest(kind, { [prefix]: 'SpecialPool' });
    const gate = makeGate();
    const held = executor.submit(holdLong, gate.path, 1);
    await gate.entered();
    const [name, title] = await executor.submit(names);
    expect(name).toBe('SpecialPool_1');
    if (kind.kind === 'process') expect(title).toBe('SpecialPool_1');
    gate.open();
    await held;
    const error = await executor.submit(exit, 1).exception();
    expect(error).toBeInstanceOf(WorkerLostError);
    const { workerName, workerId } = error as WorkerLostError;
    expect(workerName).toBe(`SpecialPool_${workerId - 1}`);
  });

  test('test_thread_names_default [B-107] [T-5]', async () => {
    const [one, other] = [
      forTest(kind, { maxWorkers: 1 }),
      forTest(kind, { maxWorkers: 1, ...(kind.kind === 'thread' && { [prefix]: '' }) }),
    ];
    const [[first], [second]] = await Promise.all([one.submit(names), other.submit(names)]);
    for (const name of [first, second]) expect(name).toMatch(new RegExp(`^${kind.Executor.name}-\\d+_0$`));
    expect(first).not.toBe(second);
  });

  test('threadNamePrefix shapes workers [B-106] [T-5]', async () => {
    const runtime = new WorkerRuntime({ kind: kind.kind as 'process', workers: 1, name: 'mine' });
    onTestFinished(() => runtime.terminate());
    expect(() => new kind.Executor({ runtime, threadNamePrefix: 'p' })).toThrow(/threadNamePrefix: shapes workers/);
    expect((await new kind.Executor({ runtime, name: 'other' }).submit(names))[0]).toBe('mine_0');
    if (kind.kind === 'process')
      expect(() => new kind.Executor({ threadNamePrefix: 'p' })).toThrow(/threadNamePrefix: names worker threads/);
    for (const bad of [1, null, ['p']]) expect(() => new kind.Executor({ threadNamePrefix: bad } as never)).toThrow(OptionsError);
    await turn();
  });

  checkList();
});
