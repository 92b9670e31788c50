/** Tests `minWorkers`, `ready` and how many workers start at the same time, with real workers. */
import { availableParallelism } from 'node:os';
import { isRunning, makeGate, outcome, runNode, until } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { failToStart, hold, holdAsync, place, square } from '@twinpool/testkit/tasks';
import {
  asExecutor,
  asPool,
  BrokenExecutorError,
  ExecutorShutdownError,
  InitializerError,
  InvalidStateError,
  OptionsError,
  Pool,
  PoolClosedError,
  type PoolOptions,
  ProcessPoolExecutor,
  type RuntimeStats,
  ThreadPool,
  ThreadPoolExecutor,
  TimeoutError,
  taskRef,
  WorkerRuntime,
} from 'twinpool';
import { expect, onTestFinished, vi } from 'vitest';

/** Both facades in one form. */
interface Face {
  ready(timeout?: number): Promise<void>;
  stats(): RuntimeStats;
  close(): Promise<void>;
  terminate(): Promise<void>;
}
type Options = Pick<PoolOptions, 'minWorkers' | 'initializer' | 'initargs' | 'runtime' | 'name'> & { workers?: number };
type Open = (options: Options) => Face;

const overPool =
  (Class: typeof Pool): Open =>
  ({ workers, ...options }) => {
    const pool = new Class({ ...(workers === undefined ? {} : { processes: workers }), ...options });
    const end = (how: 'close' | 'terminate') => {
      pool[how]();
      return pool.join();
    };
    return {
      ready: (timeout) => pool.ready(timeout),
      stats: () => pool.stats(),
      close: () => end('close'),
      terminate: () => end('terminate'),
    };
  };
const overExecutor =
  (Class: typeof ThreadPoolExecutor | typeof ProcessPoolExecutor): Open =>
  ({ workers, ...options }) => {
    const executor = new Class({ ...(workers === undefined ? {} : { maxWorkers: workers }), ...options });
    return {
      ready: (timeout) => executor.ready(timeout),
      stats: () => executor.stats(),
      close: () => executor.shutdown(),
      terminate: () => executor.terminateWorkers(),
    };
  };

const FACES: readonly (readonly [
  name: string,
  kind: 'process' | 'thread',
  of: 'pool' | 'executor',
  open: Open,
  ended: typeof PoolClosedError | typeof ExecutorShutdownError,
])[] = [
  ['Pool', 'process', 'pool', overPool(Pool), PoolClosedError],
  ['ThreadPool', 'thread', 'pool', overPool(ThreadPool), PoolClosedError],
  ['ProcessPoolExecutor', 'process', 'executor', overExecutor(ProcessPoolExecutor), ExecutorShutdownError],
  ['ThreadPoolExecutor', 'thread', 'executor', overExecutor(ThreadPoolExecutor), ExecutorShutdownError],
];

/** Runs the text of a program to its end. */
async function run(text: string): Promise<{ stdout: string; code: number | null }> {
  const program = runNode(['--input-type=module', '-e', text], new URL('.', import.meta.url));
  const { code } = await program.end();
  return { stdout: program.output, code };
}

/** The face ends with the test. */
function opened(open: Open, options: Options): Face {
  const face = open(options);
  onTestFinished(() => face.terminate());
  return face;
}

describe.each(FACES)('%s', (_name, kind, of, open, Ended) => {
  test('ready() waits for minWorkers and their initializers', async () => {
    const gate = makeGate();
    const face = opened(open, { workers: 3, minWorkers: 2, initializer: holdAsync, initargs: [gate.path, 'starts'] });
    await gate.entered(2);
    const ready = face.ready();
    await expect(face.ready(1)).rejects.toThrow(TimeoutError);
    await expect(face.ready(0)).rejects.toThrow(/its 2 minWorkers were not there after 0 ms/);
    gate.open();
    await ready;
    await face.ready(0);
    expect(face.stats().workers).toBeGreaterThanOrEqual(2);
    if (of === 'executor') expect(gate.arrivals().length).toBe(2);
    // A pool starts all, as Python does.
    else await until(() => face.stats().workers === 3, 'all workers');
  });

  test('ready() resolves at once without minWorkers', async () => {
    const gate = makeGate();
    const face = opened(open, { workers: 1, initializer: hold, initargs: [gate.path, 'starts'] });
    await face.ready(0);
    await face.ready(Number.NEGATIVE_INFINITY);
    expect(face.stats().workers).toBe(0);
    gate.open();
  });

  test.each(['close', 'terminate'] as const)('ready() rejects at the end, and after it: %s', async (how) => {
    const gate = makeGate();
    const face = opened(open, { workers: 1, minWorkers: 1, initializer: holdAsync, initargs: [gate.path, 'starts'] });
    const ready = expect(face.ready()).rejects.toThrow(Ended);
    const ended = face[how]();
    await ready;
    await expect(face.ready()).rejects.toThrow(Ended);
    gate.open();
    await ended;
    await expect(face.ready()).rejects.toThrow(Ended);
  });

  test('ready() rejects with the error of a facade whose workers cannot start [F-109]', async () => {
    const gate = makeGate();
    const face = opened(open, { workers: 2, minWorkers: 1, initializer: failToStart, initargs: [gate.path, 'no'] });
    const { error } = (await outcome(face.ready())) as { error: Error };
    expect(error).toBeInstanceOf(BrokenExecutorError);
    expect(error.cause).toBeInstanceOf(InitializerError);
    const starts = gate.arrivals().length;
    await expect(face.ready()).rejects.toThrow(BrokenExecutorError);
    // No worker is started for a facade that is broken.
    expect(gate.arrivals().length).toBe(starts);
  });

  test('on a borrowed runtime ready() means the minWorkers of the runtime', async () => {
    const gate = makeGate();
    await using runtime = new WorkerRuntime({ kind, workers: 2, minWorkers: 1, initializer: holdAsync, initargs: [gate.path, 'starts'] });
    const face = opened(open, { runtime });
    await gate.entered(1);
    const own = runtime.ready();
    const ready = face.ready();
    expect(face.stats().workers).toBe(0);
    gate.open();
    await Promise.all([own, ready]);
    // Of the runtime's workers only the fewest have started.
    expect([gate.arrivals().length, face.stats().workers]).toEqual([1, 1]);
    await face.close();
    await expect(face.ready()).rejects.toThrow(Ended);
    await runtime.ready();
  });

  test('the end of a borrowed runtime rejects', async () => {
    const gate = makeGate();
    const runtime = new WorkerRuntime({ kind, workers: 1, minWorkers: 1, initializer: holdAsync, initargs: [gate.path, 'starts'] });
    const face = opened(open, { runtime });
    const [ready, own] = [expect(face.ready()).rejects.toThrow(Ended), expect(runtime.ready()).rejects.toThrow(InvalidStateError)];
    const closed = runtime.terminate();
    await Promise.all([ready, own]);
    gate.open();
    await closed;
    await expect(runtime.ready()).rejects.toThrow('the WorkerRuntime was closed');
    await expect(face.ready()).rejects.toThrow(Ended);
  });

  test.each([
    ['1', TypeError, "timeout: expected milliseconds (a number), got '1'"],
    [null, TypeError, 'got null'],
    [Number.NaN, RangeError, 'expected milliseconds, got NaN'],
  ])('ready(%o) is refused', async (timeout, Class, message) => {
    const face = opened(open, { workers: 1 });
    await expect(face.ready(timeout as never)).rejects.toThrow(Class);
    await expect(face.ready(timeout as never)).rejects.toThrow(message);
  });

  test('bad numbers are refused before anything starts', () => {
    for (const [minWorkers, message] of [
      [3, 'minWorkers: expected at most the number of workers (2), got 3'],
      [-1, 'minWorkers: expected a number of workers, a whole number from 0 to 1024, got -1'],
      ['1', "got '1'"],
    ] as const) {
      expect(() => open({ workers: 2, minWorkers: minWorkers as number })).toThrow(OptionsError);
      expect(() => open({ workers: 2, minWorkers: minWorkers as number })).toThrow(message);
    }
    expect(() => open({ runtime: new WorkerRuntime({ kind, workers: 1 }), minWorkers: 1 })).toThrow(
      'minWorkers: shapes workers, and these belong to the runtime',
    );
  });
});

describe.each([
  ['process', Pool, ProcessPoolExecutor],
  ['thread', ThreadPool, ThreadPoolExecutor],
] as const)('%s', (kind, PoolClass, ExecutorClass) => {
  test('minWorkers stay after idleTimeout, the others leave and come again', async () => {
    const gate = makeGate();
    await using executor = new ExecutorClass({ maxWorkers: 2, minWorkers: 1, idleTimeout: 30 });
    await executor.ready();
    for (let round = 1; round <= 2; round++) {
      const both = [executor.submit(holdAsync, gate.path, 'a'), executor.submit(holdAsync, gate.path, 'b')];
      if (round === 1) await gate.entered(2);
      expect(round === 1 ? executor.stats().workers : 2).toBe(2);
      gate.open();
      await Promise.all(both);
      await until(() => executor.stats().workers === 1, 'the end of the other worker');
    }
    expect(await executor.submit(square, 3)).toBe(9);
  });

  test('a lost worker is replaced without work [F-109]', async () => {
    await using executor = new ExecutorClass({ maxWorkers: 2, minWorkers: 1 });
    await executor.ready();
    const before = await executor.submit(place);
    await executor.submit(() => process.exit(3)).exception();
    await until(() => executor.stats().replacedWorkers === 1, 'the replacement');
    await executor.ready();
    expect((await executor.submit(place)).workerId).not.toBe(before.workerId);
  });

  test('adapters pass ready() on', async () => {
    await using pool = new PoolClass({ processes: 1, minWorkers: 1 });
    await (asExecutor(pool) as ProcessPoolExecutor).ready();
    expect(pool.stats().workers).toBe(1);
    await using executor = new ExecutorClass({ maxWorkers: 1, minWorkers: 1 });
    await asPool(executor).ready();
    expect(executor.stats().workers).toBe(1);
  });

  test('a pool shrinks to minWorkers only with idleTimeout', async () => {
    await using pool = new PoolClass({ processes: 3, minWorkers: 2, idleTimeout: 20 });
    await until(() => pool.stats().workers === 2 && pool.stats().replacedWorkers === 0, 'the end of one worker');
    await expect(pool.ready(0)).resolves.toBeUndefined();
    await using whole = new PoolClass({ processes: 3, minWorkers: 1 });
    await until(() => whole.stats().workers === 3, 'all workers');
  });

  test('at most cpuCount() workers load their modules at the same time', async () => {
    vi.stubEnv('TWINPOOL_CPU_COUNT', '1');
    onTestFinished(() => void vi.unstubAllEnvs());
    const gate = makeGate();
    const preload = new URL('./fixtures/min-workers/waits.mjs', import.meta.url);
    await using pool = new PoolClass({ processes: 3, preload: [preload], env: { ...process.env, GATE: gate.path } });
    await gate.entered(1);
    // A task that waits for a worker does not start more of them.
    const tasks = pool.map(square, [1, 2, 3]);
    await expect(pool.apply(square, [1], { signal: AbortSignal.timeout(50) })).rejects.toThrow();
    expect(gate.arrivals().length).toBe(1);
    gate.open();
    expect(await tasks).toEqual([1, 4, 9]);
    await until(() => pool.stats().workers === 3, 'all workers');
  });

  test('an initializer does not count as the start', async () => {
    vi.stubEnv('TWINPOOL_CPU_COUNT', '1');
    onTestFinished(() => void vi.unstubAllEnvs());
    const gate = makeGate();
    await using pool = new PoolClass({ processes: 3, initializer: holdAsync, initargs: [gate.path, 'starts'] });
    await gate.entered(3);
    gate.open();
    expect(await pool.map(square, [1, 2, 3])).toEqual([1, 4, 9]);
  });

  test('a worker of a program that ends leaves, also one that is to stay', async () => {
    const { stdout, code } = await run(`
      import { ${ExecutorClass.name} as Executor } from 'twinpool';
      const executor = new Executor({ maxWorkers: ${availableParallelism()}, minWorkers: 1 });
      await executor.ready();
      console.log(await executor.submit(() => globalThis.process.pid));
    `);
    expect(code).toBe(0);
    if (kind === 'process') expect(isRunning(Number(stdout))).toBe(false);
  });
});

test('a pending ready() keeps the program alive', async () => {
  const { stdout, code } = await run(`
    import { ThreadPoolExecutor, WorkerRuntime } from 'twinpool';
    const initializer = () => new Promise((resolve) => setTimeout(resolve, 100));
    const executor = new ThreadPoolExecutor({ maxWorkers: 2, minWorkers: 2, initializer });
    void executor.ready().then(() => console.log('executor', executor.stats().workers));
    const runtime = new WorkerRuntime({ workers: 1, minWorkers: 1 });
    void runtime.ready().then(() => console.log('runtime', runtime.stats().workers));
  `);
  expect([code, stdout.trim().split('\n').sort()]).toEqual([0, ['executor 2', 'runtime 1']]);
});

test('without work and without a caller of ready() the program ends', async () => {
  const { stdout, code } = await run(`
    import { ProcessPoolExecutor } from 'twinpool';
    const initializer = () => new Promise((resolve) => setTimeout(resolve, 60_000));
    new ProcessPoolExecutor({ maxWorkers: 1, minWorkers: 1, initializer });
    console.log('made');
  `);
  expect([code, stdout]).toEqual([0, 'made\n']);
});

test('at the top level of a module that a worker imports the constructor refuses to start workers', async () => {
  await using executor = new ThreadPoolExecutor(1);
  const url = new URL('./fixtures/min-workers/makes-pools.mjs', import.meta.url);
  const makesPools = taskRef<() => { without: string; with: string }>(url, 'makesPools');
  expect(await executor.submit(makesPools)).toEqual({ without: 'made', with: 'NestedBootstrapError' });
});
