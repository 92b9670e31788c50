/** Tests `finalizer`, `finalargs` and `finalizerTimeout`: every way in which a worker ends runs the finalizer once, or never. */
import { makeGate, runNode, until } from '@twinpool/testkit';
import { expectWarning } from '@twinpool/testkit/leak-check';
import { describe, test } from '@twinpool/testkit/sample';
import { hold, square } from '@twinpool/testkit/tasks';
import {
  asPool,
  BrokenExecutorError,
  type ExecutorOptions,
  OptionsError,
  Pool,
  ProcessPoolExecutor,
  TaskTimeoutError,
  ThreadPool,
  ThreadPoolExecutor,
  taskRef,
  WorkerLostError,
  WorkerRuntime,
} from 'twinpool';
import { expect } from 'vitest';
import {
  crash,
  exits,
  failLate,
  fails,
  failsOutside,
  failToStart,
  finalize,
  finalizeLater,
  initialize,
  remember,
  stuck,
  waits,
} from './fixtures/finalizer/tasks.mjs';

const KINDS = [
  ['process', ProcessPoolExecutor, Pool],
  ['thread', ThreadPoolExecutor, ThreadPool],
] as const;

describe.each(KINDS)('%s', (kind, Executor, PoolClass) => {
  /** An executor with one worker whose finalizer marks the gate. */
  function marking(more: ExecutorOptions = {}) {
    const gate = makeGate();
    const executor = new Executor({ maxWorkers: 1, finalizer: finalize, finalargs: [gate.path, 'end'], ...more });
    return { gate, executor, ended: () => gate.labels().map((label) => JSON.parse(label) as Record<string, unknown>) };
  }

  describe('runs once', () => {
    test('after shutdown, in each worker, with its context', async () => {
      const { executor, ended } = marking({ name: 'w', initializer: initialize });
      await executor.submit(remember, 'table');
      expect(ended()).toEqual([]);
      await executor.shutdown();
      const context = { workerId: 1, workerIndex: 0, workerName: 'w_0', kind, thrown: 'InvalidStateError', aborted: false };
      expect(ended()).toEqual([{ label: 'end', state: 'table', isInitialized: true, ...context }]);
      expect(executor.stats()).toMatchObject({ lostWorkers: 0, lateErrors: 0 });
    });

    test('after close and join, in each worker of a pool', async () => {
      const gate = makeGate();
      const pool = new PoolClass({ processes: 2, minWorkers: 2, finalizer: finalize, finalargs: [gate.path] });
      await pool.ready();
      pool.close();
      await pool.join();
      expect(gate.labels().map((label) => JSON.parse(label).workerId)).toEqual(expect.arrayContaining([1, 2]));
      expect(gate.labels().length).toBe(2);
    });

    test('after runtime.close(), not at the end of a facade that borrows it', async () => {
      const gate = makeGate();
      const runtime = new WorkerRuntime({ kind, workers: 1, finalizer: finalize, finalargs: [gate.path] });
      const executor = new Executor({ runtime });
      const pool = asPool(executor);
      await executor.submit(square, 1);
      pool.terminate();
      await executor.shutdown();
      expect(gate.labels()).toEqual([]);
      await runtime.close();
      expect(gate.labels().length).toBe(1);
    });

    test('after the last call of maxTasksPerChild', async () => {
      const { executor, ended } = marking({ maxTasksPerChild: 2 });
      for (let i = 0; i < 4; i++) await executor.submit(remember, String(i));
      await until(() => ended().length === 2, 'two finalizers');
      expect(ended().map(({ state }) => state)).toEqual(['1', '3']);
      await executor.shutdown();
      expect(ended().length).toBe(2);
    });

    test('after idleTimeout', async () => {
      const { executor, ended } = marking({ idleTimeout: 10 });
      await executor.submit(remember, 'idle');
      await until(() => ended().length === 1, 'the finalizer');
      await executor.shutdown();
      expect(ended()).toMatchObject([{ state: 'idle' }]);
    });

    test.each(['terminate', 'dispose', 'terminateWorkers', 'runtime.terminate'])('in an idle worker at %s', async (how) => {
      const gate = makeGate();
      const options = { finalizer: finalize, finalargs: [gate.path], killGrace: 5_000 } as const;
      if (how === 'terminateWorkers') {
        const executor = new Executor({ maxWorkers: 1, ...options });
        await executor.submit(square, 1);
        await executor.terminateWorkers();
      } else if (how === 'runtime.terminate') {
        const runtime = new WorkerRuntime({ kind, workers: 1, minWorkers: 1, ...options });
        await runtime.ready();
        await runtime.terminate();
      } else {
        const pool = new PoolClass({ processes: 1, ...options });
        await pool.apply(square, [1]);
        if (how === 'dispose') await pool[Symbol.asyncDispose]();
        else {
          pool.terminate();
          await pool.join();
        }
      }
      expect(gate.labels().length).toBe(1);
    });

    test('asynchronously, and may use pools', async () => {
      const gate = makeGate();
      const executor = new Executor({ maxWorkers: 1, finalizer: finalizeLater, finalargs: [gate.path], finalizerTimeout: 30_000 });
      await executor.submit(square, 1);
      await executor.shutdown();
      expect(gate.labels()).toEqual(['later 1 3']);
    });

    test('as an inline function or a reference', async () => {
      const gate = makeGate();
      const reference = taskRef<typeof finalize>(new URL('./fixtures/finalizer/tasks.mjs', import.meta.url), 'finalize');
      const inline = (path: string) => import('node:fs').then(({ appendFileSync }) => appendFileSync(`${path}/log`, '1 0 inline\n'));
      for (const finalizer of [reference, inline]) {
        const executor = new Executor({ maxWorkers: 1, finalizer, finalargs: [gate.path] });
        await executor.submit(square, 1);
        await executor.shutdown();
      }
      expect(gate.labels().map((label) => label.slice(0, 6))).toEqual(['{"labe', 'inline']);
    });

    test('after a task that failed, and while a leftover of a task goes on', async () => {
      const { executor, ended } = marking();
      await executor
        .submit(() => {
          globalThis.setInterval(() => undefined, 1000);
          throw new Error('no');
        })
        .exception();
      await executor.shutdown();
      expect(ended().length).toBe(1);
    });
  });

  describe('does not run', () => {
    test('after killWorkers', async () => {
      const { executor, gate } = marking();
      await executor.submit(square, 1);
      await executor.killWorkers();
      expect(gate.labels()).toEqual([]);
    });

    test('in a busy worker at terminateWorkers', async () => {
      const { executor, gate } = marking();
      const holding = makeGate();
      const running = executor.submit(hold, holding.path, 'busy');
      await holding.entered();
      await executor.terminateWorkers();
      expect(await running.exception()).toBeInstanceOf(BrokenExecutorError);
      expect(gate.labels()).toEqual([]);
    });

    test('after a crash [F-106]', async () => {
      const { executor, gate } = marking();
      expect(await executor.submit(crash).exception()).toBeInstanceOf(WorkerLostError);
      await executor.shutdown();
      expect(gate.labels()).toEqual([]);
    });

    test('after a time limit, and in a worker whose task was aborted', async () => {
      const { executor, gate } = marking({ killGrace: 20 });
      const holding = makeGate();
      expect(await executor.withOptions({ taskTimeout: 20 }).submit(hold, holding.path, 'late').exception()).toBeInstanceOf(
        TaskTimeoutError,
      );
      const aborted = executor.withOptions({ signal: AbortSignal.timeout(20) }).submit(hold, holding.path, 'aborted');
      expect(await aborted.exception().catch((error: Error) => error.name)).toBe('CancelledError');
      await executor.shutdown();
      expect(gate.labels()).toEqual([]);
    });

    test('after a late error', async () => {
      expectWarning(/late/);
      const { executor, gate } = marking();
      await executor.submit(failLate);
      await until(() => executor.stats().lateErrors === 1 && executor.stats().workers === 0, 'the end of the worker');
      await executor.shutdown();
      expect(gate.labels()).toEqual([]);
    });

    test('where the initializer failed', async () => {
      const { executor, gate } = marking({ initializer: failToStart });
      expect(await executor.submit(square, 1).exception()).toBeInstanceOf(BrokenExecutorError);
      await executor.shutdown();
      expect(gate.labels()).toEqual([]);
    });

    test.each(['', 'process.exit(0);', 'throw new Error("no");'])('when the program ends without closing: %s', async (end) => {
      const gate = makeGate();
      const file = new URL('./fixtures/finalizer/tasks.mjs', import.meta.url).href;
      const program = `
        import { ${Executor.name} as Executor } from 'twinpool';
        import { finalize } from '${file}';
        const executor = new Executor({ maxWorkers: 1, finalizer: finalize, finalargs: ['${gate.path}'] });
        console.log(await executor.submit((x) => x + 1, 1));
        ${end}
      `;
      const run = runNode(['--input-type=module', '-e', program], new URL('.', import.meta.url));
      await run.end();
      expect(run.output).toBe('2\n');
      expect(gate.labels()).toEqual([]);
    });
  });

  test('its error is a late error, never that of a task', async () => {
    expectWarning(/the finalizer of worker 1 threw: RangeError: the finalizer fails/);
    const gate = makeGate();
    const executor = new Executor({ maxWorkers: 1, finalizer: fails, finalargs: [gate.path] });
    expect(await executor.submit(square, 2)).toBe(4);
    await executor.shutdown();
    expect(gate.labels()).toEqual(['fails']);
    expect(executor.stats()).toMatchObject({ lateErrors: 1, lostWorkers: 0, failed: 0 });
  });

  test('an error that it does not catch ends its worker [F-105]', async () => {
    expectWarning(/outside of the finalizer/);
    const gate = makeGate();
    const executor = new Executor({ maxWorkers: 1, finalizer: failsOutside, finalargs: [gate.path] });
    await executor.submit(square, 2);
    await executor.shutdown();
    expect(executor.stats()).toMatchObject({ lateErrors: 1, lostWorkers: 0 });
  });

  test('it may end its worker', async () => {
    const gate = makeGate();
    const executor = new Executor({ maxWorkers: 1, finalizer: exits, finalargs: [gate.path] });
    await executor.submit(square, 2);
    await executor.shutdown();
    expect(gate.labels()).toEqual(['exits']);
    expect(executor.stats()).toMatchObject({ lateErrors: 0, lostWorkers: 0 });
  });

  test.each([
    ['synchronous', stuck],
    ['asynchronous', waits],
  ])('a %s one that never ends has finalizerTimeout', async (_how, finalizer) => {
    expectWarning(/took longer than finalizerTimeout \(1500 ms\)/);
    const gate = makeGate();
    const executor = new Executor({ maxWorkers: 1, finalizer, finalargs: [gate.path], finalizerTimeout: 1_500 });
    await executor.submit(square, 2);
    await executor.shutdown();
    expect(gate.labels().length).toBe(1);
    expect(executor.stats()).toMatchObject({ lateErrors: 1, lostWorkers: 0 });
  });

  test.each([
    ['synchronous', stuck],
    ['asynchronous', waits],
  ])('a %s one that never ends has killGrace at terminate(), also where it runs already', async (_how, finalizer) => {
    const gate = makeGate();
    const pool = new PoolClass({ processes: 1, finalizer, finalargs: [gate.path], finalizerTimeout: 60_000, killGrace: 60 });
    await pool.apply(square, [2]);
    pool.close();
    await gate.entered();
    pool.terminate();
    await pool.join();
    const idle = new PoolClass({ processes: 1, finalizer, finalargs: [gate.path], finalizerTimeout: 60_000, killGrace: 60 });
    await idle.apply(square, [2]);
    await idle[Symbol.asyncDispose]();
    expect(pool.stats().lateErrors + idle.stats().lateErrors).toBe(0);
  });

  test('with finalizerTimeout 0 it does not run', async () => {
    const { executor, gate } = marking({ finalizerTimeout: 0 });
    await executor.submit(square, 1);
    await executor.shutdown();
    expect(gate.labels()).toEqual([]);
  });

  test('one that cannot be sent breaks the executor', async () => {
    const outer = 1;
    await using executor = new Executor({ maxWorkers: 1, finalizer: () => outer });
    const error = (await executor.submit(square, 1).exception()) as Error;
    expect(error).toBeInstanceOf(BrokenExecutorError);
    expect((error.cause as Error).message).toContain('outer');
  });

  test('bad options are refused, and say what was expected', () => {
    for (const [options, message] of [
      [{ finalargs: [1] }, 'finalargs: given without a finalizer'],
      [{ finalizer: 'end' }, "finalizer: expected a function or a task reference, got 'end'"],
      [{ finalizer: finalize, finalargs: 'x' }, "finalargs: expected an array, got 'x'"],
      [{ finalizer: finalize, finalargs: [() => 1] }, 'finalargs cannot be sent to workers'],
      [
        { finalizer: finalize, finalizerTimeout: -1 },
        'finalizerTimeout: expected milliseconds: a number of 0 or more (Infinity: no limit), got -1',
      ],
      [{ teardown: finalize }, 'teardown: unknown option; did you mean finalizer?'],
    ] as const) {
      for (const make of [
        () => new Executor(options as object),
        () => new PoolClass(options as object),
        () => new WorkerRuntime({ kind, ...(options as object) }),
      ]) {
        expect(make).toThrow(OptionsError);
        expect(make).toThrow(message);
      }
    }
    const runtime = new WorkerRuntime({ kind, workers: 1 });
    expect(() => new Executor({ runtime, finalizer: finalize })).toThrow('finalizer: shapes workers, and these belong to the runtime');
  });
});
