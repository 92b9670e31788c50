/** Tests of tasks that run in the calling thread: runtimes of kind 'inline', and TWINPOOL_INLINE=1. */
import { failure, makeGate, runNode, runProgram, until } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { hold, holdOrAbort, later, mark } from '@twinpool/testkit/tasks';
import {
  CancelledError,
  OptionsError,
  Pool,
  ProcessPoolExecutor,
  type RuntimeOptions,
  TaskSerializationError,
  TaskTimeoutError,
  ThreadPool,
  ThreadPoolExecutor,
  transfer,
  WorkerRuntime,
} from 'twinpool';
import { context, isWorker } from 'twinpool/worker';
import { afterEach, beforeEach, expect, onTestFinished, vi } from 'vitest';
import * as tasks from './fixtures/inline/tasks.mjs';
import {
  change,
  log,
  nest,
  poolInWorker,
  record,
  reportTwice,
  spin,
  storage,
  stored,
  untilAborted,
  where,
  whereLater,
} from './fixtures/inline/tasks.mjs';

function inline(options: RuntimeOptions = {}): WorkerRuntime {
  const runtime = new WorkerRuntime({ kind: 'inline', ...options });
  onTestFinished(() => runtime.terminate());
  return runtime;
}

const poolOf = (options?: RuntimeOptions): Pool => new Pool({ runtime: inline(options) });

beforeEach(() => {
  log.length = 0;
});

describe('the four classes', () => {
  test.each([Pool, ThreadPool])('%o takes an inline runtime', async (Class) => {
    const runtime = inline();
    const pool = new Class({ runtime, processes: 4 });
    expect(await pool.map(record, [1, 2, 3])).toEqual([1, 2, 3]);
    expect(log).toEqual([1, 2, 3]);
    expect([runtime.kind, pool.stats().kind, pool.stats().workers]).toEqual(['inline', 'inline', 1]);
  });

  test.each([ProcessPoolExecutor, ThreadPoolExecutor])('%o takes an inline runtime', async (Class) => {
    const executor = new Class({ runtime: inline(), maxWorkers: 4 });
    expect(await executor.map(record, [1, 2, 3]).toArray()).toEqual([1, 2, 3]);
    expect(await executor.submit(record, 4)).toBe(4);
    expect(log).toEqual([1, 2, 3, 4]);
  });
});

describe('functions', () => {
  test('an exported function is called as it is: its module is the one of the program', async () => {
    const pool = poolOf();
    const before = Reflect.get(globalThis, 'inlineEvaluations');
    await pool.apply(record, ['one']);
    expect(log).toEqual(['one']);
    expect(Reflect.get(globalThis, 'inlineEvaluations')).toBe(before);
  });

  test('methods, references and re-exports reach the module of the program', async () => {
    const program = runProgram(new URL('./fixtures/inline/program.mjs', import.meta.url));
    expect(await program.end()).toMatchObject({ code: 0 });
    expect([JSON.parse(program.output), program.errors]).toEqual([
      { method: 7, log: ['by reference', 'by name', 'of the entry'], evaluations: 1 },
      '',
    ]);
  });

  test('an inline function is called as it is, and may still not use what workers do not have', async () => {
    const pool = poolOf();
    const seen: unknown[] = [];
    const error = await failure(pool.apply((x: number) => seen.push(x), [1]));
    expect(error).toBeInstanceOf(TaskSerializationError);
    expect(error).toMatchObject({ message: expect.stringContaining('it uses `seen`') });
    expect(seen).toEqual([]);
    expect(await pool.map((x: number) => x + 1, [1, 2])).toEqual([2, 3]);
  });

  test('functions with one text are two functions', async () => {
    const make = (): ((x: number) => number) => Object.assign((x: number) => x * 2, { calls: 0 });
    const [one, other] = [make(), make()];
    expect(await Promise.all([poolOf().apply(one, [2]), poolOf().apply(other, [3])])).toEqual([4, 6]);
  });

  test('a mock is called where the function that it stands for would be, and refused by real workers', async () => {
    const pool = poolOf();
    const mock = vi.fn((x: number) => x + 1);
    const other = vi.fn((x: number) => x + 2);
    expect([await pool.map(mock, [1, 2]), await pool.apply(other, [1])]).toEqual([[2, 3], 3]);
    expect([mock.mock.calls, other.mock.calls]).toEqual([[[1], [2]], [[1]]]);
    const threads = new ThreadPoolExecutor(1);
    onTestFinished(() => threads.shutdown());
    expect(await threads.submit(mock, 1).exception()).toBeInstanceOf(TaskSerializationError);
    expect(mock).toHaveBeenCalledTimes(2);
  });
});

describe('values', () => {
  test('are copied both ways', async () => {
    const argument: { changed?: boolean } = {};
    const result = await poolOf().apply(change<object>, [argument]);
    expect([argument, result, log]).toEqual([{}, { changed: true }, [{ changed: true }]]);
    expect(result).not.toBe(log[0]);
  });

  test('are moved on request, and refused where they cannot be sent', async () => {
    const pool = poolOf();
    const bytes = new Uint8Array([1, 2, 3]);
    expect(await pool.apply((given: Uint8Array) => given.length, [transfer(bytes, [bytes.buffer])])).toBe(3);
    expect(bytes.length).toBe(0);
    expect(await failure(pool.apply(record<unknown>, [() => 1]))).toBeInstanceOf(TaskSerializationError);
    expect(await failure(pool.apply(() => () => 1))).toBeInstanceOf(TaskSerializationError);
  });

  test('errors arrive as from workers, and name the worker', async () => {
    const error = (await failure(
      poolOf().apply(() => {
        throw new RangeError('too far');
      }),
    )) as Error;
    expect(error).toBeInstanceOf(RangeError);
    expect(error.stack).toMatch(/inline\.test\.ts[\s\S]*at \[worker 1, inline\] task/);
  });
});

describe('turns', () => {
  test('a task runs in a later turn than its call, and one message of tasks in each turn', async () => {
    const executor = new ProcessPoolExecutor({ runtime: inline() });
    await executor.submit(spin, 6);
    const turns: string[] = [];
    const seen: Promise<unknown>[] = [];
    for (const x of [1, 2, 3]) seen.push(executor.submit(spin, 6).then(() => turns.push(`task ${x}`)));
    expect(executor.stats().completed).toBe(1);
    const ticker = setInterval(() => turns.push('timer'), 1);
    await Promise.all(seen);
    clearInterval(ticker);
    for (const x of [2, 3]) expect(turns.slice(turns.indexOf(`task ${x - 1}`), turns.indexOf(`task ${x}`))).toContain('timer');
  });

  test('one task at a time, also where they are asynchronous', async () => {
    const executor = new ThreadPoolExecutor({ runtime: inline() });
    const gate = makeGate();
    const futures = [executor.submit(hold, gate.path, 'first'), executor.submit(mark, gate.path, 'second')];
    await gate.entered();
    expect([futures[0]?.running(), futures[1]?.cancel(), gate.labels()]).toEqual([true, true, ['first']]);
    gate.open();
    expect(await futures[0]).toBe('first');
  });

  test('several asynchronous tasks at a time with concurrentTasksPerWorker, each with its context and its end', async () => {
    const executor = new ProcessPoolExecutor({ runtime: inline({ concurrentTasksPerWorker: 3, name: 'several' }) });
    const gate = makeGate();
    const held = ['one', 'two'].map((label) => executor.submit(hold, gate.path, label));
    const limited = executor.withOptions({ taskTimeout: 5 }).submit(untilAborted);
    await gate.entered(2);
    expect(await limited.exception()).toBeInstanceOf(TaskTimeoutError);
    expect(await executor.submit(whereLater, 1)).toMatchObject({ kind: 'inline', workerId: 2 });
    expect(held.some((future) => future.done())).toBe(false);
    gate.open();
    expect(await Promise.all(held)).toEqual(['one', 'two']);
    expect(executor.stats()).toMatchObject({ completed: 3, failed: 1, lostWorkers: 0 });
  });

  test('a task sees no AsyncLocalStorage of its caller, and its own stays its own', async () => {
    const pool = poolOf();
    const seen = await storage.run('of the caller', () => pool.map(stored, [1, 2]));
    expect(seen).toEqual(['nothing', 'nothing']);
    expect(await storage.run('of the caller', async () => [await pool.apply(stored), storage.getStore()])).toEqual([
      'nothing',
      'of the caller',
    ]);
  });
});

describe('context', () => {
  test('names the worker, and the program stays the main program', async () => {
    const pool = poolOf({ name: 'mine', workerData: { a: 1 } });
    expect(await pool.apply(where)).toEqual({
      kind: 'inline',
      workerId: 1,
      workerIndex: 0,
      workerName: 'mine_0',
      workerData: { a: 1 },
      isWorker: false,
      pid: process.pid,
    });
    expect(isWorker).toBe(false);
    expect(() => context()).toThrow('this is the main program');
  });

  test('belongs to the task across its awaits, with several runtimes at once', async () => {
    const names = ['one', 'two', 'three'];
    const places = await Promise.all(names.flatMap((name, n) => [5 - n, n].map((ms) => poolOf({ name }).apply(whereLater, [ms]))));
    expect(places.map(({ workerName }) => workerName)).toEqual(names.flatMap((name) => [`${name}_0`, `${name}_0`]));
  });

  test('reports arrive in order', async () => {
    const reports: unknown[] = [];
    expect(await poolOf().apply(reportTwice, [1], { onReport: (value) => reports.push(value) })).toBe(3);
    expect(reports).toEqual([1, 2]);
  });

  test('works in an initializer, which runs in each worker', async () => {
    const gate = makeGate();
    const executor = new ProcessPoolExecutor({
      runtime: inline({ maxTasksPerChild: 2, initializer: mark<string>, initargs: [gate.path, 'start'] }),
    });
    const places = await executor.map(where, [1, 2, 3] as never[]).toArray();
    expect(places.map(({ workerId }) => workerId)).toEqual([1, 1, 2]);
    expect(gate.labels()).toEqual(['start', 'start']);
  });
});

describe('ends', () => {
  test('synchronous code past its time limit fails when it has ended', async () => {
    const pool = poolOf();
    const error = await failure(pool.apply(spin, [30], { taskTimeout: 5 }));
    expect(error).toBeInstanceOf(TaskTimeoutError);
    expect(error).toMatchObject({ message: expect.stringContaining('5 ms; its code cannot be ended in the calling thread') });
    expect(await pool.apply(where)).toMatchObject({ workerId: 1 });
    expect(await pool.apply(spin, [1], { taskTimeout: 60_000 })).toBe(1);
    expect(pool.stats()).toMatchObject({ completed: 2, failed: 1, lostWorkers: 0 });
  });

  test('an asynchronous task is given up at its time limit: its signal is aborted, and the next one runs in another worker', async () => {
    const pool = poolOf();
    const limited = pool.applyAsync(untilAborted, [], { taskTimeout: 5 });
    const next = pool.applyAsync(where);
    expect(await limited.exception()).toBeInstanceOf(TaskTimeoutError);
    expect(await next).toMatchObject({ workerId: 2, workerIndex: 0 });
    await until(() => log.length > 0, 'the end of the task');
    expect(log).toEqual([['ERR_TWINPOOL_INVALID_STATE', 'ERR_TWINPOOL_INVALID_STATE']]);
    expect(pool.stats()).toMatchObject({ workers: 1, lostWorkers: 0, replacedWorkers: 1 });
  });

  test('an abort reaches the signal, and after killGrace the task is given up', async () => {
    const pool = poolOf({ killGrace: 5 });
    const gate = makeGate();
    const controller = new AbortController();
    const polite = pool.applyAsync(holdOrAbort, [gate.path], { signal: controller.signal });
    const stubborn = new AbortController();
    await gate.entered();
    controller.abort();
    expect(await polite.exception()).toBeInstanceOf(CancelledError);
    await until(() => gate.labels().length === 2, 'the abort');
    const held = pool.applyAsync(hold, [gate.path, 'stubborn'], { signal: stubborn.signal });
    await gate.entered(3);
    stubborn.abort();
    expect(await held.exception()).toBeInstanceOf(CancelledError);
    expect(await pool.apply(record, [1])).toBe(1);
  });

  test('terminate() settles what runs, and leaves no worker', async () => {
    const runtime = inline();
    const pool = new Pool({ runtime });
    const gate = makeGate();
    const held = pool.applyAsync(hold, [gate.path, 1]);
    await gate.entered();
    await runtime.terminate();
    expect(await held.exception()).toMatchObject({ name: 'PoolTerminatedError' });
    expect(runtime.stats()).toMatchObject({ workers: 0, running: 0, queued: 0 });
  });

  test('an uncaught error is the program’s own', async () => {
    const program = (body: string) =>
      runNode(
        [
          '--input-type=module',
          '-e',
          `import { Pool, WorkerRuntime } from 'twinpool';
          const pool = new Pool({ runtime: new WorkerRuntime({ kind: 'inline' }) });
          ${body}`,
        ],
        new URL('.', import.meta.url),
      );
    const uncaught = program(`await pool.apply(() => new Promise(() => setTimeout(() => { throw new Error('of a timer') }, 1)));`);
    expect(await uncaught.end()).toMatchObject({ code: 1 });
    expect(uncaught.errors).toContain('Error: of a timer');
    const heard = program(`process.once('uncaughtException', (error) => console.log('heard', error.message));
      const first = pool.applyAsync(() => new Promise((resolve) => setTimeout(resolve, 50, 'went on')));
      setTimeout(() => { throw new Error('of the program') }, 1);
      console.log(await first);`);
    expect(await heard.end()).toMatchObject({ code: 0 });
    expect(heard.output).toBe('heard of the program\nwent on\n');
  });

  test('an idle runtime does not keep the program alive, an open task does', async () => {
    const program = runNode(
      [
        '--input-type=module',
        '-e',
        `import { Pool, WorkerRuntime } from 'twinpool';
        const pool = new Pool({ runtime: new WorkerRuntime({ kind: 'inline' }) });
        pool.applyAsync(() => new Promise((resolve) => setTimeout(resolve, 50, 'done').unref())).then(console.log);`,
      ],
      new URL('.', import.meta.url),
    );
    expect(await program.end()).toMatchObject({ code: 0 });
    expect([program.output, program.errors]).toEqual(['done\n', '']);
  });
});

describe('nesting', () => {
  test('a task has inline runtimes and workers of its own', async () => {
    const [kind, name, value, after] = await poolOf().apply(nest, [1]);
    expect([kind, name, value, after]).toEqual(['inline', expect.stringMatching(/^WorkerRuntime-\d+_0$/), 2, 'inline']);
  });

  test('ten deep, and no deeper', async () => {
    expect(await poolOf().apply(tasks.descend, [1])).toEqual([10, 'ERR_TWINPOOL_NESTED_BOOTSTRAP']);
  });

  test.each([ProcessPoolExecutor, ThreadPoolExecutor])('in a task of a %o', async (Class) => {
    const executor = new Class({ maxWorkers: 1, env: { ...process.env, TWINPOOL_INLINE: '1' } });
    onTestFinished(() => executor.shutdown());
    expect(await executor.submit(poolInWorker)).toEqual([Class === ThreadPoolExecutor ? 'thread' : 'process', 'inline', true, 1]);
  });
});

describe('TWINPOOL_INLINE', () => {
  afterEach(() => {
    delete process.env['TWINPOOL_INLINE'];
  });

  test.each([Pool, ThreadPool, ProcessPoolExecutor, ThreadPoolExecutor])(
    '1: %o runs its tasks here, whatever its workers would be like',
    async (Class) => {
      process.env['TWINPOOL_INLINE'] = '1';
      const options = {
        env: 'minimal',
        argv: ['a'],
        execArgv: ['--no-warnings'],
        resourceLimits: { maxOldGenerationSizeMb: 64 },
        name: 'mine',
      } as const;
      const facade = new Class({ ...options, perWorker: () => ({ env: { A: '1' }, workerData: 'of this worker' }) });
      onTestFinished(() => facade[Symbol.asyncDispose]());
      const place = await ('apply' in facade ? facade.apply(where) : facade.submit(where));
      expect(place).toMatchObject({ kind: 'inline', pid: process.pid, workerName: 'mine_0', workerData: 'of this worker' });
      expect(facade.stats()).toMatchObject({ kind: 'inline', workers: 1 });
    },
  );

  test.each(['', '0'])("'%s': facades have workers", async (value) => {
    process.env['TWINPOOL_INLINE'] = value;
    const executor = new ThreadPoolExecutor(1);
    onTestFinished(() => executor.shutdown());
    expect(await executor.submit(where)).toMatchObject({ kind: 'thread' });
  });

  test('does not change a runtime, nor the facades on it', async () => {
    process.env['TWINPOOL_INLINE'] = '1';
    const runtime = new WorkerRuntime({ kind: 'thread', workers: 1 });
    onTestFinished(() => runtime.terminate());
    expect(await new ThreadPool({ runtime }).apply(where)).toMatchObject({ kind: 'thread' });
  });

  test.each(['2', 'true', 'yes', ' 1'])("'%s' is refused", (value) => {
    process.env['TWINPOOL_INLINE'] = value;
    for (const Class of [Pool, ThreadPool, ProcessPoolExecutor, ThreadPoolExecutor]) {
      expect(() => new Class(1)).toThrow(OptionsError);
      expect(() => new Class(1)).toThrow(`the environment variable TWINPOOL_INLINE: expected 1 to run`);
    }
  });

  test('bad options are refused as with workers', () => {
    process.env['TWINPOOL_INLINE'] = '1';
    expect(() => new Pool(0)).toThrow(RangeError);
    expect(() => new Pool({ env: 1 as never })).toThrow(OptionsError);
    expect(() => new ThreadPool({ execArgv: ['-e'] })).toThrow(OptionsError);
  });
});

describe('options', () => {
  test.each([
    ['workers', { workers: 2 }, '1 worker, got 2'],
    ['workers', { workers: 0 }, 'a number of workers'],
    ['kind', { kind: 'in-line' }, "got 'in-line'"],
    ['env', { env: 'minimal' }, 'needs a thread or a process'],
    ['env', { env: { A: '1' } }, 'needs a thread or a process'],
    ['argv', { argv: [] }, 'needs a thread or a process'],
    ['execArgv', { execArgv: ['--no-warnings'] }, 'needs a thread or a process'],
    ['cwd', { cwd: '/' }, 'needs a thread or a process'],
    ['execPath', { execPath: process.execPath }, 'needs a thread or a process'],
    ['resourceLimits', { resourceLimits: {} }, 'needs a thread or a process'],
    ['stdio', { stdio: 'ignore' }, 'needs a thread or a process'],
    ['stdio', { stdio: 'pipe' }, 'needs a thread or a process'],
  ] as const)('%s is refused: %o', (path, options, message) => {
    const error = (() => {
      try {
        return new WorkerRuntime({ kind: 'inline', ...(options as object) });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(OptionsError);
    expect((error as OptionsError).issues).toEqual([{ path, message: expect.stringContaining(message) }]);
  });

  test('those that mean the same as none are taken, and those that need no real worker', async () => {
    const pool = poolOf({
      workers: 1,
      env: 'inherit',
      stdio: 'inherit',
      threadNamePrefix: 'p',
      idleTimeout: 1,
      startTimeout: 1_000,
      maxPayloadBytes: 1_000,
    });
    expect((await pool.apply(where)).workerName).toBe('p_0');
    await until(() => pool.stats().workers === 0, 'the end of an idle worker');
    expect((await pool.apply(later, ['again', 1])) as string).toBe('again');
  });

  test('of perWorker are refused at the start', async () => {
    const pool = poolOf({ perWorker: () => ({ argv: ['a'] }) });
    expect(await failure(pool.apply(record, [1]))).toMatchObject({
      name: 'BrokenProcessPoolError',
      cause: { name: 'OptionsError', message: expect.stringContaining('argv: needs a thread or a process') },
    });
  });
});
