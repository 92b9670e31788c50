/** Tests rows of the conformance table, and defects of CPython's executors, that CPython's own tests do not cover. */
import { existsSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import * as core from '@twinpool/core';
import * as door from '@twinpool/executor';
import { asCompleted, Future, type ResultIterator, TaskSerializationError } from '@twinpool/executor';
import { expectWarning } from '@twinpool/testkit/leak-check';
import { describe, test } from '@twinpool/testkit/sample';
import { echo, mark, square } from '@twinpool/testkit/tasks';
import { expect, onTestFinished } from 'vitest';
import { nested } from './fixtures/tasks.mjs';
import { forAll, left, makeGate, OWN, turn } from './kit.ts';

describe.each(OWN)('$name', (kind) => {
  const executor = forAll(kind);

  test('an executor, a future or an iterator as an argument is refused, with what to do instead [X-22] [E-19]', async () => {
    const values = {
      'is an Executor, which cannot be sent; build one in the task': executor,
      'is a Future, which cannot be sent; await it first': executor.submit(square, 1),
      'is a ResultIterator, which cannot be sent; collect its values first': executor.map(square, [1]),
      'is a FutureIterator, which cannot be sent; iterate it here': asCompleted([]),
    };
    for (const [reason, value] of Object.entries(values)) {
      for (const argument of [value, { deep: [value] }]) {
        const error = await executor.submit(echo<unknown>, argument).exception();
        expect(error).toBeInstanceOf(TaskSerializationError);
        expect((error as Error).message).toContain(reason);
      }
    }
    expect(await executor.submit(square, 2)).toBe(4);
  });

  test('a map iterator that is dropped cancels nothing, whether it was started or not [X-12] [D-42]', async () => {
    const gate = makeGate();
    const drop = async (): Promise<WeakRef<object>[]> => {
      const iterators: ResultIterator<number>[] = [0, 1].map((n) =>
        executor.map(
          mark<number>,
          Array(6).fill(gate.path),
          [1, 2, 3, 4, 5, 6].map((i) => i + 10 * n),
        ),
      );
      await iterators[0]?.next();
      return iterators.map((iterator) => new WeakRef(iterator));
    };
    const references = await drop();
    await gate.entered(12);
    expect(await left(references)).toBe(0);
    expect(gate.labels().length).toBe(12);
  });

  test('executors that are made at the same time in several workers [B-216] [E-19] [C-19]', async () => {
    expect(await Promise.all([1, 2, 3, 4].map((n) => executor.submit(nested, n)))).toEqual([2, 3, 4, 5]);
  });

  test('whatever a done-callback throws, the executor goes on [D-47] [F-10] [C-25]', async () => {
    expectWarning(/a done-callback threw/);
    const future = executor.submit(square, 3);
    const told: unknown[] = [];
    for (const thrown of [new Error('a callback'), null, 'text', undefined]) {
      future.addDoneCallback(() => {
        told.push(thrown);
        throw thrown;
      });
    }
    expect(await future).toBe(9);
    expect(told.length).toBe(4);
    expect(await executor.map(square, [1, 2, 3]).toArray()).toEqual([1, 4, 9]);
  });

  test('inspect shows how things stand, and no values', async () => {
    const results = executor.map(square, [1, 2]);
    expect(inspect(results)).toBe("ResultIterator { state: 'open', delivered: 0 }");
    await results.next();
    expect(inspect([results], { depth: -1 })).toBe('[Array]');
    await results.return();
    expect(inspect(results)).toBe("ResultIterator { state: 'ended', delivered: 1 }");
    expect(inspect(executor)).toBe(`${kind.Executor.name} { state: 'open', maxWorkers: 2, tasks: 0 }`);
    expect(inspect({ executor }, { depth: 0 })).toBe(`{ executor: [${kind.Executor.name}] }`);
    const running = executor.submit(square, 1);
    expect(inspect(executor)).toContain('tasks: 1');
    await running;
  });
});

test('a worker process is in a group of its own: Ctrl-C in a terminal is for the program to decide about [X-23]', async () => {
  if (!existsSync('/proc/self/stat')) return;
  const executor = new door.ProcessPoolExecutor(1);
  onTestFinished(() => executor.shutdown());
  const pid = await executor.submit(() => process.pid);
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  expect(Number(fields[2])).toBe(pid);
});

test('the tree of errors, each with a code [EX-1] [C-23]', () => {
  const parents: Record<string, string> = {
    TimeoutError: 'TwinpoolError',
    TaskTimeoutError: 'TimeoutError',
    CancelledError: 'TwinpoolError',
    InvalidStateError: 'TwinpoolError',
    ExecutorShutdownError: 'TwinpoolError',
    BrokenExecutorError: 'TwinpoolError',
    BrokenProcessPoolError: 'BrokenExecutorError',
    BrokenThreadPoolError: 'BrokenExecutorError',
    WorkerLostError: 'BrokenExecutorError',
    InitializerError: 'TwinpoolError',
    TaskSerializationError: 'TwinpoolError',
  };
  const classes = door as unknown as Record<string, { readonly code: string; readonly prototype: Error }>;
  for (const [name, parent] of Object.entries(parents)) {
    expect(Object.getPrototypeOf(classes[name]), name).toBe(classes[parent]);
    expect(classes[name]?.code).toMatch(/^ERR_TWINPOOL_/);
  }
  expect(new Set(Object.keys(parents).map((name) => classes[name]?.code)).size).toBe(Object.keys(parents).length);
});

test('one TimeoutError for both facades: the one of core [EX-2]', () => {
  expect(door.TimeoutError).toBe(core.TimeoutError);
});

test('the names of concurrent.futures are there, its constants too [EX-3] [C-22]', () => {
  const functions = [
    'wait',
    'asCompleted',
    'Future',
    'Executor',
    'ProcessPoolExecutor',
    'ThreadPoolExecutor',
    'CancelledError',
    'TimeoutError',
  ];
  for (const name of [...functions, 'InvalidStateError', 'BrokenExecutorError']) expect(door[name as 'wait'], name).toBeTypeOf('function');
  expect([door.FIRST_COMPLETED, door.FIRST_EXCEPTION, door.ALL_COMPLETED]).toEqual(['FIRST_COMPLETED', 'FIRST_EXCEPTION', 'ALL_COMPLETED']);
});

test('promises, arrays and async functions: what becomes of a future in them [C-2]', async () => {
  const future = new Future<number>();
  const handedOn = async () => [future] as const;
  const takenAsValue = async () => future;
  future.setResult(1);
  const [same] = await handedOn();
  expect(same).toBe(future);
  expect(await takenAsValue()).toBe(1);
  await turn();
});
