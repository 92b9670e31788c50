/** Tests the exports of the umbrella: their names, that they are identical to the exports of the packages, and that `require` returns the same. */
import { createRequire } from 'node:module';
import * as adaptersDoor from '@twinpool/adapters';
import * as coreDoor from '@twinpool/core';
import * as workerDoor from '@twinpool/core/worker';
import * as executorDoor from '@twinpool/executor';
import * as poolDoor from '@twinpool/pool';
import * as root from 'twinpool';
import * as adapters from 'twinpool/adapters';
import * as core from 'twinpool/core';
import * as executor from 'twinpool/executor';
import * as pool from 'twinpool/pool';
import * as worker from 'twinpool/worker';
import { expect, test } from 'vitest';

const require = createRequire(import.meta.url);

const ERRORS = [
  'BrokenExecutorError',
  'BrokenProcessPoolError',
  'BrokenThreadPoolError',
  'CancelledError',
  'ExecutorShutdownError',
  'InitializerError',
  'InvalidStateError',
  'NestedBootstrapError',
  'NotReadyError',
  'NotSupportedError',
  'OptionsError',
  'PayloadTooLargeError',
  'PoolClosedError',
  'PoolRunningError',
  'PoolTerminatedError',
  'QueueFullError',
  'TaskModuleError',
  'TaskSerializationError',
  'TaskTimeoutError',
  'TaskValidationError',
  'TimeoutError',
  'TwinpoolError',
  'WorkerLostError',
];
const HELPERS = ['WorkerRuntime', 'defineTask', 'isAbort', 'taskRef', 'transfer'];
const OF_EXECUTOR = [
  'ALL_COMPLETED',
  'Executor',
  'FIRST_COMPLETED',
  'FIRST_EXCEPTION',
  'Future',
  'ProcessPoolExecutor',
  'ThreadPoolExecutor',
  'asCompleted',
  'wait',
];

const OF_WORKERS = ['context', 'isWorker'];
const OF_IDENTITY = ['workerData', 'workerId', 'workerIndex', 'workerName'];
const OF_ADAPTERS = ['asExecutor', 'asPool', 'mapStream', 'mapWebStream', 'runInExecutor', 'toAsyncResult', 'toFuture'];

test('the root has all names of both faces, the adapters, the helpers, and each error once', () => {
  const names = [
    ...ERRORS,
    ...HELPERS,
    ...OF_EXECUTOR,
    ...OF_ADAPTERS,
    ...OF_WORKERS,
    'Pool',
    'ThreadPool',
    'MaybeEncodingError',
    'cpuCount',
  ];
  expect(Object.keys(root).sort()).toEqual(names.sort());
});

test('every door has the names of its package, and they are the same things', () => {
  const doors = [
    [adapters, adaptersDoor],
    [core, coreDoor],
    [executor, executorDoor],
    [pool, poolDoor],
    [worker, workerDoor],
  ] as [Record<string, unknown>, Record<string, unknown>][];
  for (const [door, original] of doors) {
    expect(Object.keys(door).sort()).toEqual(Object.keys(original).sort());
    for (const [name, value] of Object.entries(original)) {
      expect(door[name]).toBe(value);
      if (name in root) expect((root as Record<string, unknown>)[name]).toBe(value);
    }
  }
  expect(Object.keys(worker).sort()).toEqual([...OF_WORKERS, ...OF_IDENTITY].sort());
});

test('each face has the errors that its user can meet, and the task helpers', () => {
  const ofPool = new Set(['NotReadyError', 'PoolClosedError', 'PoolRunningError', 'PoolTerminatedError']);
  const wanted = [...ERRORS.filter((name) => !ofPool.has(name)), ...HELPERS, ...OF_EXECUTOR];
  expect(Object.keys(executor).sort()).toEqual(wanted.sort());
  for (const name of [...ofPool, ...HELPERS, 'Pool', 'ThreadPool', 'MaybeEncodingError']) expect(pool).toHaveProperty(name);
});

test.each(['twinpool', 'twinpool/adapters', 'twinpool/pool', 'twinpool/executor', 'twinpool/core', 'twinpool/worker'])(
  'require(%j)',
  async (name) => {
    const required = require(name) as Record<string, unknown>;
    const imported = (await import(name)) as Record<string, unknown>;
    for (const [key, value] of Object.entries(imported)) if (key !== 'default') expect(required[key]).toBe(value);
  },
);

test('the errors: all are TwinpoolErrors, with a code of their own', () => {
  const codes = new Set<string>();
  for (const name of ERRORS) {
    const type = (root as unknown as Record<string, { readonly code: string; readonly prototype: Error }>)[name];
    expect(type?.prototype instanceof root.TwinpoolError || type === (root.TwinpoolError as unknown)).toBe(true);
    codes.add(String(type?.code));
  }
  expect(codes.size).toBe(ERRORS.length);
});

test('both faces on one runtime', async () => {
  const runtime = new root.WorkerRuntime({ kind: 'thread', workers: 2 });
  const [faceOne, faceTwo] = [new root.ThreadPool({ runtime }), new root.ThreadPoolExecutor({ runtime })];
  const result = faceOne.applyAsync((x: number) => x + 1, [1]);
  const future = faceTwo.submit((x: number) => x + 2, 1);
  const { done } = await root.wait([result, future]);
  expect(done).toEqual(new Set([result, future]));
  const seen: unknown[] = [];
  for await (const each of root.asCompleted([result, future])) seen.push(each);
  expect(seen).toEqual([result, future]);
  expect(await Promise.all([result, future])).toEqual([2, 3]);
  await runtime.close();
});
