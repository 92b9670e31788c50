/** Tests how a worker is named, what `perWorker` and `preload` give to it, and in which directory and Node a worker process runs. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { makeGate } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import {
  BrokenExecutorError,
  CancelledError,
  type Executor,
  OptionsError,
  Pool,
  ProcessPoolExecutor,
  TaskModuleError,
  ThreadPoolExecutor,
  WorkerLostError,
  WorkerRuntime,
} from 'twinpool';
import * as worker from 'twinpool/worker';
import { expect, onTestFinished } from 'vitest';
import { end, heldIndex, identity, initialize, surroundings } from './fixtures/identity/tasks.mjs';

/** The indexes of two workers that run a task at the same time. */
async function bothIndexes(executor: Executor): Promise<(number | undefined)[]> {
  const gate = makeGate();
  const both = [executor.submit(heldIndex, gate.path), executor.submit(heldIndex, gate.path)];
  await gate.entered(2);
  gate.open();
  return (await Promise.all(both)).sort();
}

const KINDS = [
  ['process', ProcessPoolExecutor],
  ['thread', ThreadPoolExecutor],
] as const;
const PRELOAD = new URL('./fixtures/identity/preload.mjs', import.meta.url);

test('the main program is not a worker', () => {
  const { isWorker, workerData, workerId, workerIndex, workerName } = worker;
  expect({ isWorker, workerData, workerId, workerIndex, workerName }).toEqual({
    isWorker: false,
    workerData: undefined,
    workerId: undefined,
    workerIndex: undefined,
    workerName: undefined,
  });
});

describe.each(KINDS)('%s', (kind, Class) => {
  test('the names are there in a preload, in the task module, in the initializer and in tasks', async () => {
    const workerData = { port: 1 };
    await using executor = new Class({ maxWorkers: 1, name: 'w', workerData, preload: [PRELOAD], initializer: initialize });
    const seen = await executor.submit(identity);
    const names = { workerId: 1, workerIndex: 0, workerName: 'w_0', workerData };
    expect(seen.preloaded).toEqual([{ isWorker: true, ...names }]);
    expect(seen.atLoad).toEqual({ isWorker: true, ...names });
    expect(seen.atStart).toEqual({ ...names, kind, aborted: false, thrown: 'InvalidStateError' });
    expect(seen.context).toEqual({ id: 1, index: 0, name: 'w_0', data: workerData });
  });

  test('an id never repeats, and an index is the smallest that is free', async () => {
    await using executor = new Class({ maxWorkers: 2 });
    expect(await bothIndexes(executor)).toEqual([0, 1]);
    const error = await executor.submit(end).exception();
    expect(error).toBeInstanceOf(WorkerLostError);
    const lost = (error as WorkerLostError).workerIndex;
    const seen = await Promise.all([executor.submit(identity), executor.submit(identity), executor.submit(identity)]);
    expect(await bothIndexes(executor)).toEqual([0, 1]);
    for (const { context } of seen) if (context.index === lost) expect(context.id).toBe(3);
  });

  test('perWorker gives each worker its own', async () => {
    const asked: unknown[] = [];
    await using executor = new Class({
      maxWorkers: 2,
      name: 'own',
      env: { ...process.env, COMMON: 'all', OWN: 'none' },
      argv: ['common'],
      workerData: 'common',
      perWorker: (worker) => {
        asked.push(worker);
        if (worker.index === 1)
          return { env: { COMMON: undefined, OWN: 'two' }, argv: ['--second'], execArgv: ['--conditions=two'], workerData: 2 };
      },
    });
    expect(await bothIndexes(executor)).toEqual([0, 1]);
    expect(asked).toEqual([
      { id: 1, index: 0, name: 'own_0' },
      { id: 2, index: 1, name: 'own_1' },
    ]);
    const places = await Promise.all(Array.from({ length: 20 }, () => executor.submit(surroundings)));
    const first = places.find(({ argv }) => !argv.includes('--second'));
    const second = places.find(({ argv }) => argv.includes('--second'));
    if (first !== undefined) expect(first).toMatchObject({ own: 'none', common: 'all', argv: ['common'], workerData: 'common' });
    if (second !== undefined) {
      expect(second).toMatchObject({ own: 'two', argv: ['common', '--second'], workerData: 2 });
      expect(second.common).toBeUndefined();
      expect(second.execArgv).toContain('--conditions=two');
    }
    expect(first ?? second).toBeDefined();
  });

  test('perWorker runs in the async context in which the workers were asked for, and may call the API', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    let inner: Promise<number> | undefined;
    const executor = storage.run('constructor', () => {
      const made = new Class({
        maxWorkers: 2,
        perWorker: ({ index }) => {
          seen.push(storage.getStore());
          if (index === 0) inner = storage.run('inner', () => made.submit((x: number) => x + 1, 1));
        },
      });
      return made;
    });
    await using _ = executor;
    expect(await storage.run('submit', () => executor.submit((x: number) => x, 5))).toBe(5);
    expect(await inner).toBe(2);
    expect(new Set(seen)).toEqual(new Set(['constructor']));
  });

  test('a perWorker that throws is a failed start, with its error as the cause', async () => {
    const broken = new Error('no port left');
    await using executor = new Class({
      maxWorkers: 1,
      perWorker: () => {
        throw broken;
      },
    });
    const error = await executor.submit((x: number) => x, 1).exception();
    expect(error).toBeInstanceOf(BrokenExecutorError);
    expect((error as Error).cause).toBe(broken);
  });

  test.each([
    ['a number', 5, /expected an object of options, got a number/],
    ['a promise', Promise.resolve({}), /got a promise/],
    ['an unknown property', { envv: {} }, /envv.*env/],
    ['a bad variable', { env: { A: 1 } }, /env\.A: expected a string or undefined, got 1/],
    ['a bad flag', { execArgv: ['x'] }, /'x' is not a flag/],
    ['data that cannot be sent', { workerData: () => 1 }, /workerData cannot be sent/],
  ])('perWorker returns %s: a failed start, with an OptionsError as the cause', async (_what, result, message) => {
    await using executor = new Class({ maxWorkers: 1, perWorker: () => result as never });
    const error = await executor.submit((x: number) => x, 1).exception();
    expect(error).toBeInstanceOf(BrokenExecutorError);
    expect((error as Error).cause).toBeInstanceOf(OptionsError);
    expect(((error as Error).cause as Error).message).toMatch(message);
  });

  test('preload runs once a worker, in order, before the initializer', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'twinpool-preload-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const marks = join(folder, 'marks');
    writeFileSync(marks, '');
    const env = { ...process.env, MARKS: marks };
    await using executor = new Class({
      maxWorkers: 1,
      env,
      preload: [PRELOAD.href, fileURLToPath(PRELOAD), 'node:fs'],
      initializer: initialize,
    });
    const seen = await Promise.all([executor.submit(identity), executor.submit(identity)]);
    expect(seen.map(({ preloaded }) => preloaded?.length)).toEqual([1, 1]);
    expect(readFileSync(marks, 'utf8')).toBe('0\n');
  });

  test('a preload that fails is a failed start, with a TaskModuleError as the cause', async () => {
    await using executor = new Class({ maxWorkers: 1, preload: [new URL('./fixtures/identity/fails.mjs', import.meta.url)] });
    const error = await executor.submit((x: number) => x, 1).exception();
    expect(error).toBeInstanceOf(BrokenExecutorError);
    const { cause } = error as Error;
    expect(cause).toBeInstanceOf(TaskModuleError);
    expect((cause as Error).message).toContain('the preload is broken');
  });

  test.each([
    ['perWorker', 5, 'expected a function, got 5'],
    ['preload', './a.mjs', 'expected an array of modules'],
    ['preload', ['./is-not-there.mjs'], 'expected a module that exists'],
    ['preload', ['no-such-package/x'], 'expected a module that exists'],
    ['preload', [5], 'expected a path, a specifier or a URL, got 5'],
    ['cwd', '/is/not/there', kind === 'thread' ? 'worker threads share' : 'expected a directory that exists, got /is/not/there'],
    ['cwd', 5, 'expected a directory'],
    ['execPath', '/no/node', kind === 'thread' ? 'worker threads run in the program' : 'expected a program that exists, got /no/node'],
    ['execPath', '', 'expected the path of a program'],
  ])('%s: %o is an OptionsError', (option, value, message) => {
    const make = (): unknown => new Class({ maxWorkers: 1, [option]: value } as never);
    expect(make).toThrow(OptionsError);
    expect(make).toThrow(message);
    expect(() => new WorkerRuntime({ kind, [option]: value } as never)).toThrow(OptionsError);
  });

  test('beside a runtime these options are an OptionsError', async () => {
    await using runtime = new WorkerRuntime({ kind });
    for (const options of [{ perWorker: () => undefined }, { preload: [PRELOAD] }, { cwd: '/' }, { execPath: process.execPath }])
      expect(() => new Class({ runtime, ...options })).toThrow(/shapes workers/);
  });
});

test('cwd and execPath: a process runs there, and in that program', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'twinpool-cwd-')));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const node = join(folder, 'own-node');
  writeFileSync(node, `#!/bin/sh\nOWN=wrapped exec '${process.execPath}' "$@"\n`, { mode: 0o755 });
  await using pool = new Pool({ processes: 1, cwd: folder, execPath: node });
  expect(await pool.apply(surroundings)).toMatchObject({ cwd: folder, own: 'wrapped' });
});

test.each(KINDS)('%s: an executor that perWorker shuts down starts no worker', async (_kind, Class) => {
  let asked = 0;
  const executor = new Class({
    maxWorkers: 3,
    perWorker: () => {
      asked += 1;
      void executor.terminateWorkers();
    },
  });
  const future = executor.submit((x: number) => x, 1);
  await expect(future.exception()).rejects.toThrow(CancelledError);
  await executor.shutdown();
  expect(asked).toBe(1);
  expect(executor.stats().workers).toBe(0);
});
