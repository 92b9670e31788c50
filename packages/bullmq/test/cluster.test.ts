/** Both facades on a cluster of real nodes and a real engine: values, errors, cancel, abort, reports, order. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessPoolExecutor, ThreadPoolExecutor } from '@twinpool/executor';
import { Pool } from '@twinpool/pool';
import { describe, it } from '@twinpool/testkit/sample';
import { expect } from 'vitest';
import * as tasks from './fixtures/cluster-tasks.mjs';
import { connect, queueName, sideFile, startNode, TASKS, url } from './nodes.ts';

async function makeCluster(options: Parameters<typeof connect>[1] = {}, nodes = 1) {
  const queue = queueName();
  const started = await Promise.all(Array.from({ length: nodes }, () => startNode(queue)));
  const runtime = await connect(queue, { minNodes: nodes, ...options });
  return { queue, nodes: started, runtime };
}

describe.skipIf(url === '')('a facade on a cluster', () => {
  it('runs calls and maps of both facades, and returns values as they were', async () => {
    const { runtime } = await makeCluster({}, 2);
    expect(runtime.kind).toBe('cluster');
    expect(runtime.stats()).toMatchObject({ workers: 2, nodes: [{ slots: 1 }, { slots: 1 }] });
    const executor = new ProcessPoolExecutor({ runtime });
    const pool = new Pool({ runtime });
    expect(await executor.submit(tasks.square, 7)).toBe(49);
    expect(await executor.map(tasks.add, [1, 2, 3], [10, 20, 30]).toArray()).toEqual([11, 22, 33]);
    const inputs = Array.from({ length: 5000 }, (_, i) => i);
    expect(await pool.map(tasks.square, inputs)).toEqual(inputs.map((x) => x * x));
    expect(
      await pool.starmap(
        tasks.add,
        [
          ['a', 'b'],
          [1, -0],
        ],
        1,
      ),
    ).toEqual(['ab', 1]);
    expect(await pool.imapUnordered(tasks.square, [3, 1, 2]).toArray()).toHaveLength(3);
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const values = [
      undefined,
      -0,
      Number.NaN,
      new Date(5),
      new Map([[1, new Set(['x'])]]),
      Buffer.from('hi'),
      10n,
      cycle,
      '\ud800',
      { a: [null] },
    ];
    expect(await executor.submit(tasks.same, ...values)).toEqual(values);
    expect(Buffer.isBuffer(((await executor.submit(tasks.same, Buffer.from('x'))) as unknown[])[0])).toBe(true);
    await executor.shutdown();
    pool.close();
    await pool.join();
    expect(runtime.stats()).toMatchObject({ queued: 0, running: 0, lostWorkers: 0 });
  });

  it('gives errors of tasks as they were thrown, one per task, and refuses what the nodes do not have', async () => {
    const { runtime, queue } = await makeCluster();
    const executor = new ProcessPoolExecutor({ runtime });
    const error = await executor.submit(tasks.fail, 'no').exception();
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ message: 'no', detail: { x: 1 } });
    expect((error as Error).stack).toContain('cluster-tasks.mjs');
    const pool = new Pool({ runtime });
    await expect(pool.map(tasks.fail, ['a', 'b'])).rejects.toMatchObject({ message: 'a', taskIndex: 0 });
    await expect(executor.submit((x: number) => x, 1)).rejects.toMatchObject({
      code: 'ERR_TWINPOOL_TASK_SERIALIZATION',
      message: expect.stringContaining('square'),
    });
    const other = await connect(queue, { tasks: { square: tasks.square, unknown: function unknown() {} } });
    const elsewhere = new ProcessPoolExecutor({ runtime: other });
    expect(await elsewhere.submit(tasks.square, 3)).toBe(9);
    await expect(pool.broadcast(tasks.where)).rejects.toMatchObject({ code: 'ERR_TWINPOOL_NOT_SUPPORTED' });
    expect(() => new ThreadPoolExecutor({ runtime })).toThrow(/kind 'cluster'/);
  });

  it('fails the tasks of names that a node lacks with TaskModuleError, without a second try', async () => {
    const { queue } = await makeCluster();
    function absent(): void {}
    const runtime = await connect(queue, { tasks: { absent } });
    const executor = new ProcessPoolExecutor({ runtime });
    await expect(executor.submit(absent)).rejects.toMatchObject({
      code: 'ERR_TWINPOOL_TASK_MODULE',
      message: expect.stringMatching(/no task 'absent'; it has .*square/),
    });
  });

  it('runs a short task while a long one runs: they share no job, and a node hands back what lies behind the long one', async () => {
    const { runtime } = await makeCluster({}, 2);
    const executor = new ProcessPoolExecutor({ runtime });
    await Promise.all(Array.from({ length: 20 }, (_, i) => executor.submit(tasks.square, i)));
    const file = sideFile();
    executor.submit(tasks.longTask, file.path, 600_000);
    expect(await executor.submit(tasks.square, 3)).toBe(9);
    await file.until(1);
    for (let x = 0; x < 5; x++) expect(await executor.submit(tasks.square, x)).toBe(x * x);
  });

  it('counts the slots of the nodes as workers, for its facades too', async () => {
    const { runtime } = await makeCluster({}, 2);
    expect(runtime.stats()).toMatchObject({ kind: 'cluster', workers: 2, idle: 2, nodes: [{ slots: 1 }, { slots: 1 }] });
    expect(new Pool({ runtime }).stats()).toEqual(runtime.stats());
  });

  it('passes reports, time limits and abort signals on to the tasks', async () => {
    const { runtime } = await makeCluster();
    const executor = new ProcessPoolExecutor({ runtime });
    const reports: unknown[] = [];
    expect(await executor.withOptions({ onReport: (value) => reports.push(value) }).submit(tasks.reports, 8)).toBe(8);
    expect(reports).toEqual([{ half: 4 }]);
    const file = sideFile();
    await expect(executor.withOptions({ taskTimeout: 100 }).submit(tasks.longTask, file.path, 60_000)).rejects.toMatchObject({
      code: 'ERR_TWINPOOL_TASK_TIMEOUT',
    });
    expect(await executor.submit(tasks.square, 2)).toBe(4);
    const aborts = sideFile();
    const controller = new AbortController();
    const future = executor.withOptions({ signal: controller.signal }).submit(tasks.untilAborted, aborts.path);
    await aborts.until(1);
    controller.abort(new Error('enough'));
    await expect(future).rejects.toMatchObject({ code: 'ERR_TWINPOOL_CANCELLED' });
    await aborts.until(2);
    expect(aborts.lines()).toEqual(['began', 'aborted']);
  });

  it('cancels what was not sent, revokes on an abort what has not started, and ends running code on terminate', async () => {
    const { runtime, queue } = await makeCluster();
    const executor = new ProcessPoolExecutor({ runtime });
    const file = sideFile();
    const running = executor.submit(tasks.longTask, file.path, 60_000);
    await file.until(1);
    const notes = sideFile();
    const futures = Array.from({ length: 200 }, (_, i) => executor.submit(tasks.noted, notes.path, i));
    await sleep(0);
    expect(running.running()).toBe(true);
    expect(running.cancel()).toBe(false);
    const sent = futures.filter((future) => future.running());
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.length).toBeLessThanOrEqual(8);
    expect(futures.filter((future) => future.cancel())).toHaveLength(200 - sent.length);
    const before = performance.now();
    await executor.terminateWorkers();
    await expect(running).rejects.toMatchObject({ code: expect.stringMatching(/BROKEN/) });
    expect(performance.now() - before).toBeLessThan(3000);
    const other = new ProcessPoolExecutor({ runtime: await connect(queue) });
    expect(await other.submit(tasks.square, 5)).toBe(25);
    expect(notes.lines()).toEqual([]);
    expect(file.lines()).toEqual(['began']);
  });

  it('has workers of its own for a client with an initializer, and breaks when that fails', async () => {
    const queue = queueName();
    await startNode(queue);
    const file = sideFile();
    const [one, two] = await Promise.all([
      connect(queue, { initializer: tasks.prepare, initargs: [file.path, 'one'] }),
      connect(queue, { initializer: tasks.prepare, initargs: [file.path, 'two'] }),
    ]);
    const [first, second] = [new ProcessPoolExecutor({ runtime: one }), new ProcessPoolExecutor({ runtime: two })];
    const states = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? second : first).submit(tasks.getState)));
    expect(states).toEqual(Array.from({ length: 20 }, (_, i) => (i % 2 ? 'two' : 'one')));
    expect(file.lines()).toHaveLength(2);
    const failing = new ProcessPoolExecutor({ runtime: await connect(queue, { initializer: tasks.failPrepare }) });
    const errors = await Promise.all([1, 2, 3].map((x) => failing.submit(tasks.square, x).exception()));
    for (const error of errors) expect(error).toMatchObject({ code: 'ERR_TWINPOOL_BROKEN_PROCESS_POOL' });
    expect(() => failing.submit(tasks.square, 4)).toThrow(/no database/);
  });

  it('replaces workers after maxTasksPerChild calls', async () => {
    const { runtime } = await makeCluster({ maxTasksPerChild: 5 });
    const pool = new Pool({ runtime });
    const places = await pool.map(
      tasks.where,
      Array.from({ length: 20 }, (_, i) => i),
    );
    expect(new Set(places.map(([, thread]) => thread)).size).toBe(4);
  });

  it('lists every bad option, and says that the engine is away', async () => {
    await expect(
      connect('a:b', { tasks: 5 as never, minNodes: -1, retries: 1, onWorkerLoss: 'fail', nope: 1 } as never),
    ).rejects.toMatchObject({
      code: 'ERR_TWINPOOL_OPTIONS',
      issues: ['queue', 'tasks', 'minNodes', 'nope', 'retries'].map((path) => expect.objectContaining({ path })),
    });
    await expect(connect(queueName(), { tasks: `${TASKS}.missing.mjs` })).rejects.toMatchObject({ code: 'ERR_TWINPOOL_TASK_MODULE' });
  });
});
