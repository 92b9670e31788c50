/** Tests what the workers print as streams of the program: `stdio: 'pipe'`. */
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { makeGate, until } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { hold } from '@twinpool/testkit/tasks';
import { asExecutor, asPool, Pool, ProcessPoolExecutor, ThreadPool, ThreadPoolExecutor, WorkerRuntime } from 'twinpool';
import { expect, onTestFinished } from 'vitest';

const MOST_UNREAD = 2 ** 20;

const print = (out: string, error: string): number => {
  process.stdout.write(out);
  process.stderr.write(error);
  return 1;
};
const printBytes = (size: number, by: 'stdout' | 'stderr'): number => {
  process[by].write(Buffer.alloc(size, 'x'));
  return size;
};

describe.each([
  ['process', Pool, ProcessPoolExecutor],
  ['thread', ThreadPool, ThreadPoolExecutor],
] as const)('%s', (kind, OwnPool, OwnExecutor) => {
  test('what tasks print is read from the streams, which end with the runtime', async () => {
    const runtime = new WorkerRuntime({ kind, workers: 2, stdio: 'pipe' });
    onTestFinished(() => runtime.terminate());
    const [out, error] = [text(runtime.stdout as NodeJS.ReadableStream), text(runtime.stderr as NodeJS.ReadableStream)];
    const pool = new OwnPool({ runtime });
    await pool.starmap(print, [
      ['a', 'b'],
      ['a', 'b'],
      ['ä', ''],
    ]);
    await runtime.close();
    expect([[...(await out)].sort().join(''), await error]).toEqual(['aaä', 'bb']);
    expect(runtime.stats().droppedOutput).toBe(0);
  });

  test('a facade has the streams of its own workers only', async () => {
    const pool = new OwnPool({ processes: 1, stdio: 'pipe' });
    onTestFinished(() => pool[Symbol.asyncDispose]());
    const executor = new OwnExecutor({ maxWorkers: 1, stdio: 'pipe' });
    onTestFinished(() => executor.shutdown());
    const first = once(pool.stdout as NodeJS.ReadableStream, 'data');
    await pool.apply(print, ['of a pool', '']);
    expect(String(await first)).toBe('of a pool');
    const second = once(executor.stderr as NodeJS.ReadableStream, 'data');
    await executor.submit(print, '', 'of an executor');
    expect(String(await second)).toBe('of an executor');
    const [adapter, other] = [asExecutor(pool), asPool(executor)] as [ProcessPoolExecutor, Pool];
    expect([adapter.stdout, other.stderr]).toEqual([undefined, undefined]);

    const runtime = new WorkerRuntime({ kind, workers: 1, stdio: 'pipe' });
    const without = new WorkerRuntime({ kind, workers: 1 });
    onTestFinished(async () => void (await Promise.all([runtime.terminate(), without.terminate()])));
    expect([new OwnPool({ runtime }).stdout, new OwnExecutor({ runtime }).stdout, without.stdout, without.stderr]).toEqual(
      new Array(4).fill(undefined),
    );
  });

  test('unread output beyond 1 MiB a stream is dropped and counted, and holds up no worker', async () => {
    const executor = new OwnExecutor({ maxWorkers: 1, stdio: 'pipe' });
    const { stdout, stderr } = executor;
    await executor.submit(printBytes, MOST_UNREAD - 1, 'stdout');
    await executor.submit(printBytes, 3 * MOST_UNREAD, 'stdout');
    await executor.submit(printBytes, 10, 'stderr');
    await executor.shutdown();
    expect(executor.stats().droppedOutput).toBe(3 * MOST_UNREAD - 1);
    expect([(await text(stdout as NodeJS.ReadableStream)).length, (await text(stderr as NodeJS.ReadableStream)).length]).toEqual([
      MOST_UNREAD,
      10,
    ]);
  });

  test('what was read makes room, and a destroyed stream drops all', async () => {
    const executor = new OwnExecutor({ maxWorkers: 1, stdio: 'pipe' });
    onTestFinished(() => executor.shutdown());
    let read = 0;
    executor.stdout?.on('data', (bytes: Buffer) => {
      read += bytes.length;
    });
    for (let i = 0; i < 3; i++) await executor.submit(printBytes, MOST_UNREAD, 'stdout');
    await until(() => read === 3 * MOST_UNREAD, 'all output');
    expect(executor.stats().droppedOutput).toBe(0);
    executor.stderr?.destroy();
    await executor.submit(printBytes, 5, 'stderr');
    await until(() => executor.stats().droppedOutput === 5, 'the dropped output');
  });

  test('the streams end after terminate() too, with what was printed before', async () => {
    const runtime = new WorkerRuntime({ kind, workers: 1, stdio: 'pipe' });
    const out = text(runtime.stdout as NodeJS.ReadableStream);
    const pool = new OwnPool({ runtime });
    await pool.apply(print, ['before', '']);
    const gate = makeGate();
    const held = pool.applyAsync(hold, [gate.path, 1]);
    await gate.entered();
    await runtime.terminate();
    expect(await out).toBe('before');
    expect(await held.exception()).toMatchObject({ name: 'PoolTerminatedError' });
  });

  test('streams without a worker end too', async () => {
    const runtime = new WorkerRuntime({ kind, workers: 1, stdio: 'pipe' });
    await runtime.close();
    expect([await text(runtime.stdout as NodeJS.ReadableStream), await text(runtime.stderr as NodeJS.ReadableStream)]).toEqual(['', '']);
  });
});

test('a lost worker’s last output is there', async () => {
  const executor = new ProcessPoolExecutor({ maxWorkers: 1, stdio: 'pipe' });
  const error = text(executor.stderr as NodeJS.ReadableStream);
  const crash = (): void => {
    process.stderr.write('the last words');
    process.kill(process.pid, 'SIGKILL');
  };
  expect(await executor.submit(crash).exception()).toMatchObject({ name: 'WorkerLostError', signal: 'SIGKILL' });
  await executor.shutdown();
  expect(await error).toContain('the last words');
});

test('a process that a task leaves with the output does not hold up the end of the worker', async () => {
  const executor = new ProcessPoolExecutor({ maxWorkers: 1, stdio: 'pipe' });
  const pid = await executor.submit(() => {
    const { spawn } = process.getBuiltinModule('node:child_process');
    const child = spawn('sleep', ['60'], { detached: true, stdio: 'inherit' });
    child.unref();
    return child.pid as number;
  });
  onTestFinished(() => {
    process.kill(pid, 'SIGKILL');
  });
  await executor.shutdown();
  expect(await text(executor.stdout as NodeJS.ReadableStream)).toBe('');
});
