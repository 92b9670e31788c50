/** Lost nodes, lost workers, an engine that goes away, missing nodes: short forms of `npm run chaos:cluster`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BullmqRuntime, NodeLostError } from '@twinpool/bullmq';
import { ProcessPoolExecutor } from '@twinpool/executor';
import { type EngineOptions, type StartedEngine, startEngine } from '@twinpool/testkit/engines';
import { describe, isWhole, it } from '@twinpool/testkit/sample';
import { Worker } from 'bullmq';
import { expect, onTestFinished } from 'vitest';
import { Engine } from '../src/engine.ts';
import * as tasks from './fixtures/cluster-tasks.mjs';
import { connect, queueName, sideFile, startNode, TASKS, url } from './nodes.ts';

/** An engine of the kind that all tests use, for a test that ends it. */
async function ownEngine(options: EngineOptions = {}): Promise<StartedEngine> {
  const engine = await startEngine(url.startsWith('postgres') ? 'postgres' : 'redis', options);
  if (engine === undefined) throw new Error('the server of this engine was not found');
  onTestFinished(() => engine.stop());
  return engine;
}

/** Fails the next job of the queue with this reason, as BullMQ does if an outcome cannot be stored. */
async function failNextJob(queue: string, reason: string): Promise<void> {
  const engine = new Engine({ connection: url, queue, prefix: undefined, migrates: true });
  const fail = () => Promise.reject(new Error(reason));
  const worker = new Worker(queue, fail, engine.connectionOptions() as never, engine.backend);
  await new Promise((resolve) => worker.once('failed', resolve));
  await worker.close();
  await engine.close();
}

describe.skipIf(url === '' || !isWhole)('on a cluster', () => {
  it('tasks of a killed node run on another one, and settle once', async () => {
    const queue = queueName();
    const [node] = await Promise.all([startNode(queue), startNode(queue)]);
    const executor = new ProcessPoolExecutor({ runtime: await connect(queue, { minNodes: 2 }) });
    const file = sideFile();
    const futures = Array.from({ length: 60 }, (_, i) => executor.submit(tasks.noted, file.path, i, 20));
    let settled = 0;
    for (const future of futures) future.addDoneCallback(() => (settled += 1));
    await file.until(15);
    node?.child.kill('SIGKILL');
    expect(await Promise.all(futures)).toEqual(futures.map((_, i) => i * i));
    expect(settled).toBe(60);
    expect(file.lines().length).toBeLessThanOrEqual(62);
  });

  it('a lost worker fails its task alone, or runs it again; a lost node does not run it again where that is forbidden', async () => {
    const queue = queueName();
    const [node] = await Promise.all([startNode(queue, ['--kind', 'process'])]);
    const executor = new ProcessPoolExecutor({ runtime: await connect(queue) });
    const others = [1, 2, 3].map((x) => executor.submit(tasks.square, x));
    expect(await executor.submit(tasks.exitWorker).exception()).toMatchObject({ code: 'ERR_TWINPOOL_WORKER_LOST', exitCode: 7 });
    expect(await Promise.all(others)).toEqual([1, 4, 9]);
    const strict = new ProcessPoolExecutor({ runtime: await connect(queue, { onWorkerLoss: 'fail' }) });
    const file = sideFile();
    const future = strict.submit(tasks.noted, file.path, 1, 60_000);
    await file.until(1);
    node?.child.kill('SIGKILL');
    await startNode(queue);
    expect(await future.exception()).toBeInstanceOf(NodeLostError);
    expect(file.lines()).toHaveLength(1);
    const breaking = new ProcessPoolExecutor({ runtime: await connect(queue, { onWorkerLoss: 'break' }) });
    await breaking.submit(tasks.exitWorker).exception();
    expect(() => breaking.submit(tasks.square, 1)).toThrow(expect.objectContaining({ code: 'ERR_TWINPOOL_BROKEN_PROCESS_POOL' }));
  });

  it('tasks end with NoWorkersError without nodes, and the facade works when one is there', async () => {
    const queue = queueName();
    await expect(connect(queue, { minNodes: 1, noWorkersTimeout: 200 })).rejects.toMatchObject({ code: 'ERR_TWINPOOL_NO_WORKERS' });
    const executor = new ProcessPoolExecutor({ runtime: await connect(queue, { noWorkersTimeout: 700 }) });
    const futures = Array.from({ length: 30 }, (_, i) => executor.submit(tasks.square, i));
    for (const future of futures) expect(await future.exception()).toMatchObject({ code: 'ERR_TWINPOOL_NO_WORKERS' });
    await startNode(queue);
    expect(await executor.submit(tasks.square, 6)).toBe(36);
  });

  it.each<[string, string, number, number]>([
    ['idle', '30000', 0, 0],
    ['with a task that ends in time', '30000', 1000, 0],
    ['with a task that reports and ends in time', '30000', -1, 0],
    ['with a task that does not end in time', '200', 60_000, 75],
  ])('a node whose engine is away ends: %s', async (_what, timeout, ms, code) => {
    const engine = await ownEngine();
    const queue = queueName();
    const node = await startNode(queue, ['--drain-timeout', timeout], engine.url);
    if (ms !== 0) {
      const executor = new ProcessPoolExecutor({ runtime: await connect(queue, { connection: engine.url }) });
      const file = sideFile();
      if (ms > 0) executor.submit(tasks.noted, file.path, 1, ms);
      else executor.withOptions({ onReport: () => undefined }).submit(tasks.reportLater, file.path, 1000);
      await file.until(1);
    }
    await engine.crash();
    node.child.kill('SIGTERM');
    expect(await node.exited).toBe(code);
  });

  it('a job whose outcome could not be stored counts as lost: it runs again only where that is allowed', async () => {
    const queue = queueName();
    const executor = new ProcessPoolExecutor({ runtime: await connect(queue, { onWorkerLoss: 'fail' }) });
    const lost = executor.submit(tasks.square, 3);
    await failNextJob(queue, 'read ECONNRESET');
    const error = await lost.exception();
    expect(error).toBeInstanceOf(NodeLostError);
    expect((error as Error).message).toMatch(/^task 'square' was lost with its node: read ECONNRESET/);
    const again = new ProcessPoolExecutor({ runtime: await connect(queue) }).submit(tasks.square, 3);
    await failNextJob(queue, 'terminating connection due to administrator command');
    await startNode(queue);
    expect(await again).toBe(9);
  });

  it('tasks wait for an engine that restarts, and end with EngineDownError when it stays away', async () => {
    const engine = await ownEngine({ append: 'everysec' });
    const options = { connection: engine.url, queue: queueName(), tasks: TASKS };
    await startNode(options.queue, [], engine.url);
    const runtime = await BullmqRuntime.connect({ ...options, engineTimeout: 2500 });
    onTestFinished(() => runtime.terminate());
    const executor = new ProcessPoolExecutor({ runtime });
    const file = sideFile();
    const futures = Array.from({ length: 20 }, (_, i) => executor.submit(tasks.noted, file.path, i, 20));
    await file.until(5);
    await engine.crash();
    await engine.restart();
    expect(await Promise.all(futures)).toEqual(futures.map((_, i) => i * i));
    await engine.crash();
    expect(await executor.submit(tasks.square, 1).exception()).toMatchObject({ code: 'ERR_TWINPOOL_ENGINE_DOWN' });
    expect(await executor.submit(tasks.square, 1).exception()).toMatchObject({ code: 'ERR_TWINPOOL_ENGINE_DOWN' });
    await engine.restart();
    for (let value = 0; value !== 4; ) value = await executor.submit(tasks.square, 2).catch(() => sleep(50, 0));
    await expect(
      connect(queueName(), { connection: engine.url, maxPayload: 100 }).then((tight) =>
        new ProcessPoolExecutor({ runtime: tight }).submit(tasks.same, 'x'.repeat(200)),
      ),
    ).rejects.toMatchObject({
      code: 'ERR_TWINPOOL_PAYLOAD_TOO_LARGE',
    });
  });
});
