/** Tests `concurrentTasksPerWorker` through the facades: calls, maps, iterators, views, adapters and a shared runtime. core/test/contract/slots.test.ts has the rest. */
import { makeGate, outcome, until, within } from '@twinpool/testkit';
import { describe, it } from '@twinpool/testkit/sample';
import { holdAsync, holdItem, later, square } from '@twinpool/testkit/tasks';
import {
  asExecutor,
  asPool,
  mapStream,
  OptionsError,
  Pool,
  ProcessPoolExecutor,
  ThreadPool,
  ThreadPoolExecutor,
  WorkerRuntime,
} from 'twinpool';
import { expect, onTestFinished } from 'vitest';

const KINDS = [
  { kind: 'thread', PoolClass: ThreadPool, ExecutorClass: ThreadPoolExecutor },
  { kind: 'process', PoolClass: Pool, ExecutorClass: ProcessPoolExecutor },
] as const;

describe.each(KINDS)('several tasks in one worker: $kind', ({ kind, PoolClass, ExecutorClass }) => {
  const poolOf = (options: object) => {
    const pool = new PoolClass(options);
    onTestFinished(async () => {
      pool.terminate();
      await pool.join();
    });
    return pool;
  };
  const executorOf = (options: object) => {
    const executor = new ExecutorClass(options);
    onTestFinished(() => executor.shutdown({ cancelFutures: true }));
    return executor;
  };

  it('of a pool: calls, maps and iterators fill the slots', async () => {
    const pool = poolOf({ processes: 1, concurrentTasksPerWorker: 4 });
    for (const start of [
      (gate: string) => Promise.all([1, 2, 3, 4, 5].map(() => pool.apply(holdItem, [gate]))),
      (gate: string) => pool.map(holdItem, Array(5).fill(gate)),
      (gate: string) => pool.starmap(holdAsync, Array(5).fill([gate, 'here'])),
      (gate: string) => pool.imap(holdItem, Array(5).fill(gate)).toArray(),
      (gate: string) => pool.imapUnordered(holdItem, Array(5).fill(gate), { chunksize: 5 }).toArray(),
    ]) {
      const gate = makeGate();
      const ended = start(gate.path);
      await gate.entered(4);
      expect(pool.stats()).toMatchObject({ running: 4, busy: 1 });
      gate.open();
      expect(await within(ended)).toEqual(Array(5).fill('here'));
    }
  });

  it('of an executor: submit and map fill the slots; a view passes its options on', async () => {
    const executor = executorOf({ maxWorkers: 1, concurrentTasksPerWorker: 3 });
    const gate = makeGate();
    const futures = [1, 2, 3, 4].map((label) => executor.submit(holdAsync, gate.path, label));
    await gate.entered(3);
    expect(futures.map((future) => future.running())).toEqual([true, true, true, false]);
    expect(futures.at(-1)?.cancel()).toBe(true);
    const timed = executor.withOptions({ taskTimeout: 50 });
    gate.open();
    await within(Promise.all(futures.slice(0, 3)));
    const neighbour = makeGate();
    const innocent = executor.submit(holdAsync, neighbour.path, 'innocent');
    await neighbour.entered();
    expect(await outcome(timed.submit(holdAsync, makeGate().path, 'late'))).toMatchObject({
      ok: false,
      error: { name: 'TaskTimeoutError' },
    });
    expect(executor.stats().retiring).toBe(1);
    neighbour.open();
    expect(await within(innocent)).toBe('innocent');
    expect(await within(executor.map(square, [1, 2, 3, 4, 5, 6, 7]).toArray())).toEqual([1, 4, 9, 16, 25, 36, 49]);
  });

  it('of a runtime: a facade that may use one worker uses all slots of one', async () => {
    const runtime = new WorkerRuntime({ kind, workers: 2, concurrentTasksPerWorker: 3 });
    onTestFinished(() => runtime.terminate());
    const pool = poolOf({ runtime, processes: 1 });
    const gate = makeGate();
    const map = pool.map(holdItem, Array(5).fill(gate.path));
    const arrivals = await gate.entered(3);
    await until(() => runtime.stats().running === 3, 'three run');
    expect(new Set(arrivals.map(({ pid, threadId }) => `${pid}/${threadId}`)).size).toBe(1);
    const other = executorOf({ runtime });
    expect(await within(other.submit(square, 3))).toBe(9);
    gate.open();
    expect(await within(map)).toEqual(Array(5).fill('here'));
    expect(() => new PoolClass({ runtime, concurrentTasksPerWorker: 2 })).toThrow(OptionsError);
  });

  it('through adapters and streams', async () => {
    const executor = executorOf({ maxWorkers: 1, concurrentTasksPerWorker: 3 });
    const gate = makeGate();
    const map = asPool(executor).map(holdItem, Array(3).fill(gate.path));
    await gate.entered(3);
    gate.open();
    expect(await within(map)).toEqual(['here', 'here', 'here']);
    const pool = poolOf({ processes: 1, concurrentTasksPerWorker: 3 });
    const second = makeGate();
    const futures = [1, 2, 3].map((label) => asExecutor(pool).submit(holdAsync, second.path, label));
    await second.entered(3);
    second.open();
    expect(await within(Promise.all(futures))).toEqual([1, 2, 3]);
    const stream = mapStream(pool, (x: number) => x + 1);
    for (let i = 0; i < 20; i++) stream.write(i);
    stream.end();
    const found: unknown[] = [];
    for await (const value of stream) found.push(value);
    expect(found).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it('a queue without room counts free slots', async () => {
    const executor = executorOf({ maxWorkers: 1, concurrentTasksPerWorker: 2, maxQueue: 0 });
    await within(executor.waitForCapacity());
    const gate = makeGate();
    const held = [1, 2].map((label) => executor.submit(holdAsync, gate.path, label));
    await gate.entered(2);
    expect(await outcome(executor.submit(square, 2))).toMatchObject({ ok: false, error: { name: 'QueueFullError' } });
    const free = executor.waitForCapacity();
    gate.open();
    await within(free);
    expect(await within(executor.submit(later, 'x', 1))).toBe('x');
    await within(Promise.all(held));
  });
});
