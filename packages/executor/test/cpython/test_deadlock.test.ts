/**
 * CPython's test_concurrent_futures/test_deadlock.py: ExecutorDeadlockTest.
 *
 * No user code runs while a value is decoded here. The import of a module, which Python does at that point, can fail instead.
 */
import { BrokenExecutorError, TaskModuleError, TaskSerializationError, taskRef, WorkerLostError } from '@twinpool/executor';
import { describe } from '@twinpool/testkit/sample';
import { echo, exit, exitGiven, fail, lengthOf, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { hostileResult, QuotaError, throwQuotaError } from '../fixtures/tasks.mjs';
import { forAll, forTest } from '../kit.ts';
import { MOST, rowsFor } from './kinds.ts';

const imported = (how: string) => taskRef<() => string>(new URL(`../fixtures/at-import.mjs?how=${how}`, import.meta.url), 'never');

describe.each(MOST)('ExecutorDeadlockTest: $name', (kind) => {
  const { test, checkList } = rowsFor(kind, 'deadlock');
  const executor = forAll(kind);
  const isProcess = kind.kind === 'process';

  test('test_error_at_task_pickle: the error of that task, and the executor lives on [B-115] [E-8] [X-4]', async () => {
    const error = await executor.submit(echo, { deep: [() => 1] }).exception();
    expect(error).toBeInstanceOf(TaskSerializationError);
    expect(error).toHaveProperty('message', expect.stringContaining('deep[0]'));
    expect(await executor.submit(square, 3)).toBe(9);
  });

  test('test_exit_at_task_unpickle: only that task is lost [B-116] [E-9]', async () => {
    const error = await executor.submit(imported('exit')).exception();
    expect(error).toBeInstanceOf(WorkerLostError);
    expect(error).toMatchObject({ exitCode: 7 });
    expect(await executor.submit(square, 3)).toBe(9);
  });

  test('test_error_at_task_unpickle: fails that task only, and costs no worker [B-117] [E-9] [D-36]', async () => {
    const lost = executor.stats().lostWorkers;
    const error = await executor.submit(imported('error')).exception();
    expect(error).toBeInstanceOf(TaskModuleError);
    expect(error).toHaveProperty('cause.message', 'not this module');
    expect(await executor.submit(square, 3)).toBe(9);
    expect(executor.stats().lostWorkers).toBe(lost);
  });

  // A thread that crashes takes the program with it: that is what processes are for.
  test.runIf(isProcess)(
    'test_crash_at_task_unpickle, test_crash_during_func_exec_on_worker: the error names the signal [B-118] [B-119] [C-16] [D-30] [D-31]',
    async () => {
      for (const future of [executor.submit(imported('crash')), executor.submit(() => process.kill(process.pid, 'SIGSEGV'))]) {
        const error = await future.exception();
        expect(error).toBeInstanceOf(WorkerLostError);
        expect(error).toMatchObject({ signal: 'SIGSEGV', exitCode: null });
      }
      expect(await executor.submit(square, 3)).toBe(9);
    },
  );

  test('test_exit_during_func_exec_on_worker [B-120] [E-11] [T-7] [C-16]', async () => {
    const error = await executor.submit(exit, 1).exception();
    expect(error).toBeInstanceOf(WorkerLostError);
    expect(error).toMatchObject({ exitCode: 1, signal: null });
  });

  test('test_error_during_func_exec_on_worker [B-121] [E-11]', async () => {
    expect(await executor.submit(fail, 'no').exception()).toMatchObject({ name: 'RangeError', message: 'no' });
  });

  test('test_crash_during_result_pickle_on_worker, test_exit_during_result_pickle_on_worker [B-122] [B-123]', async () => {
    const exited = await executor.submit(hostileResult, 'exit').exception();
    expect(exited).toBeInstanceOf(WorkerLostError);
    expect(exited).toMatchObject({ exitCode: 4 });
    if (isProcess) expect(await executor.submit(hostileResult, 'crash').exception()).toMatchObject({ signal: 'SIGSEGV' });
    expect(await executor.submit(square, 3)).toBe(9);
  });

  test('test_error_during_result_pickle_on_worker: fails that task only [B-124] [E-10]', async () => {
    const lost = executor.stats().lostWorkers;
    expect(await executor.submit(() => () => 1).exception()).toBeInstanceOf(TaskSerializationError);
    const error = await executor.submit(hostileResult, 'error').exception();
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ message: expect.stringContaining('.trap threw'), cause: { message: 'the result cannot be read' } });
    expect(executor.stats().lostWorkers).toBe(lost);
  });

  test('test_error_during_result_unpickle_in_result_handler, test_exit_during_result_unpickle_in_result_handler: no constructor runs there [B-125] [B-126] [E-10] [D-39] [D-54]', async () => {
    const error = await executor.submit(throwQuotaError).exception();
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(QuotaError);
    expect(error).toMatchObject({ name: 'QuotaError', message: 'ada has used 5', limit: 5, user: { name: 'ada' } });
    expect(error).toHaveProperty('cause', expect.any(RangeError));
    expect(await executor.submit(square, 3)).toBe(9);
  });

  test('test_shutdown_deadlock: a worker that dies after shutdown() [B-127] [D-36]', async () => {
    const another = forTest(kind, { maxWorkers: 1 });
    const futures = [another.submit(exit, 1), another.submit(square, 2)];
    await another.shutdown();
    expect(await futures[0]?.exception()).toBeInstanceOf(WorkerLostError);
    expect(await futures[1]).toBe(4);
  });

  test('test_shutdown_deadlock_pickle: arguments that cannot be sent, and shutdown({ wait: false }) [B-128] [D-36]', async () => {
    const another = forTest(kind, { maxWorkers: 1 });
    const future = another.submit(echo, () => 1);
    await another.shutdown({ wait: false });
    expect(await future.exception()).toBeInstanceOf(TaskSerializationError);
    await another.shutdown();
  });

  test('test_crash_big_data: large arguments, and workers that die [B-129] [D-36]', async () => {
    const data = Buffer.alloc(2 ** 20, 1);
    const futures = Array.from({ length: 6 }, () => executor.submit(exitGiven, data));
    for (const future of futures) expect(await future.exception()).toBeInstanceOf(BrokenExecutorError);
    expect(await executor.submit(lengthOf, data)).toBe(2 ** 20);
  });

  test('test_gh105829_should_not_deadlock_if_wakeup_pipe_full: many submits in one step [B-130] [D-36]', async () => {
    const futures = Array.from({ length: 20_000 }, (_, i) => executor.submit(square, i));
    const results = await Promise.all(futures);
    expect(results.every((result, i) => result === i * i)).toBe(true);
  });

  checkList();
});
