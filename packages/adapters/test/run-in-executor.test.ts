// Tests runInExecutor: a task as an ordinary promise; without an executor it runs in the shared threads of the program.

import { asExecutor, runInExecutor } from '@twinpool/adapters';
import { cpuCount } from '@twinpool/core';
import { CancelledError, type Executor, ExecutorShutdownError, Future, TaskSerializationError } from '@twinpool/executor';
import { taskRef } from '@twinpool/pool';
import { failure, runProgram } from '@twinpool/testkit';
import { expectWarning } from '@twinpool/testkit/leak-check';
import { describe, test } from '@twinpool/testkit/sample';
import { add, fail, mark, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { busyExecutor, executorFor, KINDS, poolFor } from './kit.ts';

describe.each(KINDS)('in an executor of kind $kind', (kind) => {
  test('promises what the task returns, or what it throws', async () => {
    const executor = executorFor(kind);
    const promise = runInExecutor(executor, add, 1, 2);
    expect(promise).toBeInstanceOf(Promise);
    expect(promise).not.toBeInstanceOf(Future);
    expect(await promise).toBe(3);
    expect(await runInExecutor(executor, () => 'no arguments')).toBe('no arguments');
    const tasks = taskRef<typeof import('@twinpool/testkit/tasks')>(import.meta.resolve('@twinpool/testkit/tasks'));
    expect(await runInExecutor(executor, tasks.square, 5)).toBe(25);
    expect(await failure(runInExecutor(executor, fail, 'no'))).toEqual(new RangeError('no'));
    expect(await failure(runInExecutor(executor, 5 as never))).toBeInstanceOf(TaskSerializationError);
    expect(executor.stats().unobservedErrors).toBe(0);
  });

  test('hands over at once, in the order of the calls', async () => {
    const { executor, gate } = await busyExecutor(kind);
    const all = [runInExecutor(executor, mark<string>, gate.path, 'a'), runInExecutor(executor, mark<string>, gate.path, 'b')];
    expect(executor.stats().queued).toBe(2);
    gate.open();
    expect(await Promise.all(all)).toEqual(['a', 'b']);
    expect(gate.labels()).toEqual(['first', 'a', 'b']);
  });

  test('takes a view with its options, and an adapter', async () => {
    const { executor, gate } = await busyExecutor(kind);
    const controller = new AbortController();
    const waiting = failure(runInExecutor(executor.withOptions({ signal: controller.signal }), square, 2));
    controller.abort();
    expect(await waiting).toBeInstanceOf(CancelledError);
    gate.open();
    expect(await runInExecutor(asExecutor(poolFor(kind)), square, 3)).toBe(9);
  });

  test('what submit would throw is a rejection', async () => {
    const executor = executorFor(kind);
    await executor.shutdown();
    expect(await failure(runInExecutor(executor, square, 1))).toBeInstanceOf(ExecutorShutdownError);
    for (const wrong of [undefined, {}, 5, poolFor(kind)]) {
      const error = await failure(runInExecutor(wrong as unknown as Executor, square, 1));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(/^runInExecutor: expected an executor \(asExecutor makes one of a pool\), or null/);
    }
  });

  test('a rejection without a handler is unhandled, as with any promise', async () => {
    expectWarning('PromiseRejectionHandledWarning');
    const executor = executorFor(kind);
    const unhandled = new Promise((resolve) => {
      process.once('unhandledRejection', resolve);
    });
    const promise = runInExecutor(executor, fail, 'unhandled');
    expect(await unhandled).toEqual(new RangeError('unhandled'));
    promise.catch(() => undefined);
  });
});

test('null: threads that the program shares, made when they are wanted; they do not keep it alive', async () => {
  const program = runProgram(new URL('./fixtures/run-in-executor.mjs', import.meta.url));
  expect(await program.end()).toEqual({ code: 0, signal: null });
  const printed = JSON.parse(program.output) as Record<string, unknown>;
  expect(printed).toMatchObject({
    results: [49, 'two arguments', null],
    failure: 'RangeError: by the task',
    isHere: true,
    isInThreads: true,
  });
  expect(printed['threads']).toBeLessThanOrEqual(cpuCount());
});
