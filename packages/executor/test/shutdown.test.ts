/** Tests ends of an executor that CPython does not test: several at once, one of several facades on a runtime, `use`. */
import { BrokenExecutorError, ExecutorShutdownError, ProcessPoolExecutor, ThreadPoolExecutor, WorkerRuntime } from '@twinpool/executor';
import { describe, test } from '@twinpool/testkit/sample';
import { later, place, square } from '@twinpool/testkit/tasks';
import { expect, onTestFinished, vi } from 'vitest';
import { holdLong } from './fixtures/tasks.mjs';
import { forTest, MOST, makeGate, turn } from './kit.ts';

describe.each(MOST)('$name', (kind) => {
  test('shutdown twice, at once, unused, and from a callback [X-17]', async () => {
    const executor = forTest(kind);
    await Promise.all([executor.shutdown(), executor.shutdown(), executor.shutdown({ wait: false })]);
    await forTest(kind).shutdown();
    const another = forTest(kind);
    const gate = makeGate();
    const down = new Promise<Promise<void>[]>((resolve) => another.submit(square, 2).addDoneCallback(() => resolve([another.shutdown()])));
    const last = another.submit(holdLong, gate.path, 'last');
    gate.open();
    await (await down)[0];
    expect(last.done()).toBe(true);
  });
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
  test('gives what the body gives, and shuts down after it [X-20] [C-11]', async () => {
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
