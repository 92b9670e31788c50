/** Tests the constructors, and the abstract class Executor: T-1 to T-3, E-1 to E-4, X-1. */
import { cpuCount } from '@twinpool/core';
import { Executor, Future, OptionsError, ProcessPoolExecutor, ThreadPoolExecutor, WorkerRuntime } from '@twinpool/executor';
import { square } from '@twinpool/testkit/tasks';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { collect, errorOf, turn } from './kit.ts';

describe.each([ProcessPoolExecutor, ThreadPoolExecutor])('%o', (Executor_) => {
  const make = (options: unknown) => {
    const executor = new Executor_(options as never);
    onTestFinished(() => executor.terminateWorkers());
    return executor;
  };

  test('an Executor, with classes as names [X-1] [C-22]', () => {
    const executor = make(undefined);
    expect(executor).toBeInstanceOf(Executor);
    expect(executor).toBeInstanceOf(Executor_);
    expect([make(1), make({}), make({ maxWorkers: undefined })].every((each) => each instanceof Executor)).toBe(true);
  });

  test.each(['2', true, null, []])('another type is refused: %j [T-3] [E-2]', (count) => {
    expect(() => make(count)).toThrow(count === null || Array.isArray(count) ? OptionsError : TypeError);
    expect(() => make({ maxWorkers: count })).toThrow(OptionsError);
  });

  test('every fault at once [E-3] [E-4] [C-14]', () => {
    const options = { maxWorkers: 0, processes: 2, maxTasksPerChild: 0, initializer: 5, onWorkerLoss: 'explode' };
    expect(() => make(options)).toThrow(/maxWorkers.*maxTasksPerChild.*initializer.*onWorkerLoss|processes/s);
    try {
      make(options);
    } catch (error) {
      expect((error as OptionsError).issues.map(({ path }) => path).sort()).toEqual(Object.keys(options).sort());
    }
  });

  test("the runtime of another kind, and options that are the runtime's", async () => {
    const runtime = new WorkerRuntime({ kind: Executor_ === ProcessPoolExecutor ? 'thread' : 'process', workers: 1 });
    onTestFinished(() => runtime.close());
    expect(() => make({ runtime })).toThrow(/kind/);
    const own = new WorkerRuntime({ kind: Executor_ === ProcessPoolExecutor ? 'process' : 'thread', workers: 1 });
    onTestFinished(() => own.close());
    expect(() => make({ runtime: own, initializer: square, maxTasksPerChild: 3 })).toThrow(
      /initializer.*maxTasksPerChild|maxTasksPerChild.*initializer/s,
    );
    await own.close();
  });

  test('nothing is started before there is work; the default is the number of processors [E-5] [T-4] [C-14]', async () => {
    const executor = make(undefined);
    expect(executor.stats()).toMatchObject({ workers: 0, queued: 0, running: 0 });
    await Promise.all(Array.from({ length: 200 }, (_, n) => executor.submit(square, n)));
    expect(executor.stats().workers).toBeLessThanOrEqual(cpuCount());
  });
});

/** Runs tasks in turns of the event loop, one after the other. */
class LaterExecutor extends Executor {
  readonly calls: unknown[][] = [];
  isShutDown = false;

  override submit(fn: unknown, ...args: unknown[]): Future<never> {
    if (this.isShutDown) throw new RangeError('shut down');
    this.calls.push(args);
    const future = new Future<never>();
    setImmediate(() => {
      if (!future.setRunningOrNotifyCancel()) return;
      try {
        future.setResult((fn as (...args: unknown[]) => never)(...args));
      } catch (error) {
        future.setException(error);
      }
    });
    return future;
  }

  override async shutdown(): Promise<void> {
    this.isShutDown = true;
  }
}

class HereExecutor extends Executor {
  override submit(fn: unknown, ...args: unknown[]): Future<never> {
    const future = new Future<never>();
    future.setResult((fn as (...args: unknown[]) => never)(...args));
    return future;
  }
}

describe('an Executor that only has submit', () => {
  test('map works on top of it [X-1]', async () => {
    const executor = new LaterExecutor();
    const add = (a: number, b: number) => a + b;
    expect(await executor.map(add, [1, 2, 3], [10, 20]).toArray()).toEqual([11, 22]);
    expect(await collect(executor.map((x: number[]) => x, [[1], [2]]))).toEqual([[1], [2]]);
    expect(await collect(executor.map(add, [], []))).toEqual([]);
    expect(executor.calls).toEqual([[1, 10], [2, 20], [[1]], [[2]]]);
  });

  test('a synchronous one too, with an input as long as one likes', async () => {
    const executor = new HereExecutor();
    const numbers = Array.from({ length: 20_000 }, (_, i) => i);
    expect((await executor.map((x: number) => -x, numbers).toArray()).at(-1)).toBe(-19_999);
    expect((await executor.map((x: number) => -x, numbers, { buffersize: 3 }).toArray()).length).toBe(20_000);
  });

  test("onError 'continue' and settled() [X-11]", async () => {
    const executor = new LaterExecutor();
    const odd = (x: number) => {
      if (x % 2 === 1) throw new RangeError(`${x} is odd`);
      return x;
    };
    const results = executor.map(odd, [1, 2, 3], { onError: 'continue' });
    const steps = await Promise.allSettled([results.next(), results.next(), results.next(), results.next()]);
    expect(steps.map((step) => (step.status === 'fulfilled' ? step.value.value : 'error'))).toEqual(['error', 2, 'error', undefined]);
    expect((await executor.map(odd, [1, 2], { buffersize: 1 }).settled().toArray()).map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
    ]);
  });

  test('submits at the call, or as buffersize says; asynchronous inputs', async () => {
    const executor = new LaterExecutor();
    executor.map(square, [1, 2, 3]);
    expect(executor.calls.length).toBe(3);
    executor.map(square, [1, 2, 3], { buffersize: 1 });
    expect(executor.calls.length).toBe(4);
    async function* numbers(): AsyncGenerator<number> {
      yield 1;
      yield 2;
    }
    expect(await executor.map(square, numbers(), { timeout: 60_000 }).toArray()).toEqual([1, 4]);
  });

  test('the first error cancels what has not started', async () => {
    const executor = new LaterExecutor();
    const ran: number[] = [];
    const task = (x: number) => {
      ran.push(x);
      throw new RangeError(`no ${x}`);
    };
    await expect(executor.map(task, [1, 2, 3], { buffersize: 2 }).toArray()).rejects.toThrow('no 1');
    await turn();
    await turn();
    expect(ran[0]).toBe(1);
    expect(ran.length).toBeLessThan(3);
  });

  test('shut down while a map is read: what was submitted comes, then the error', async () => {
    const executor = new LaterExecutor();
    const input = [1, 2, 3, 4].values();
    const results = executor.map(square, input, { buffersize: 2 });
    await executor[Symbol.asyncDispose]();
    expect([(await results.next()).value, (await results.next()).value]).toEqual([1, 4]);
    expect(await errorOf(results.next())).toEqual(new RangeError('shut down'));
  });

  test('the rest has defaults', async () => {
    const executor = new LaterExecutor();
    expect(executor.withOptions({})).toBe(executor);
    expect(() => executor.withOptions({ priority: 1, taskTimeout: 5 })).toThrow(/LaterExecutor has no options of calls/);
    expect(() => executor.map(square, [1], { priority: 1 })).toThrow(OptionsError);
    const shutdown = vi.spyOn(executor, 'shutdown');
    await executor.terminateWorkers();
    await executor.killWorkers();
    expect(shutdown).toHaveBeenCalledTimes(2);
    await expect(new HereExecutor().shutdown()).resolves.toBeUndefined();
  });
});
