import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { OptionsError } from '../src/errors.ts';
import { type FacadeShape, resolveFacade } from '../src/facade/facade-options.ts';
import { WorkerRuntime } from '../src/index.ts';
import type { CallSettings } from '../src/jobs/job.ts';
import { checkTimeout, checkWhole } from '../src/options/check-options.ts';
import { type ResolvedShare, resolveCall, resolveRuntime } from '../src/options/resolve-options.ts';
import * as schemas from '../src/options/schemas.ts';

const task = (): undefined => undefined;

function faultsOf(make: () => unknown): { path: string; message: string }[] {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(OptionsError);
    const { issues, message, code } = error as OptionsError;
    expect(code).toBe('ERR_TWINPOOL_OPTIONS');
    for (const issue of issues) if (issue.path !== '') expect(message).toContain(`${issue.path}: ${issue.message}`);
    return [...issues];
  }
  return [];
}
const pathsOf = (make: () => unknown): string[] => faultsOf(make).map(({ path }) => path);

/** By option: values that are taken, and values that are refused. */
const WORKERS: Record<string, readonly [good: readonly unknown[], bad: readonly unknown[]]> = {
  workers: [
    [1, 1024],
    [0, -1, 1.5, 1025, Number.NaN, Number.POSITIVE_INFINITY, '2', null],
  ],
  kind: [
    ['process', 'thread'],
    ['cluster', '', null, 1],
  ],
  initializer: [
    [task, { url: 'file:///x.js' }],
    ['init', 1, null, true],
  ],
  maxTasksPerChild: [
    [1, 1_000_000],
    [0, -1, 1.5, Number.POSITIVE_INFINITY, '1', null],
  ],
  idleTimeout: [
    [0, 0.5, 1e12, Number.POSITIVE_INFINITY],
    [-1, Number.NaN, '1', null],
  ],
  minWorkers: [
    [0, 1],
    [-1, 1.5, 1025, Number.NaN, Number.POSITIVE_INFINITY, '1', null],
  ],
  lowLatency: [
    [true, false],
    [0, 'false', null],
  ],
  env: [
    [
      'inherit',
      'minimal',
      {},
      { A: '1' },
      { A: undefined },
      process.env,
      Object.assign(Object.create(null), { A: '' }),
      Object.freeze({ A: '1' }),
    ],
    ['none', { A: 1 }, { A: null }, { A: 'x', B: Symbol('y') }, null, 1, ['A=1'], new Map([['A', '1']]), new URLSearchParams('A=1'), task],
  ],
  argv: [
    [[], ['a', 'b']],
    ['a', [1], null],
  ],
  execArgv: [
    [[], ['--no-warnings']],
    ['--no-warnings', [null], null],
  ],
  workerData: [[undefined, null, 0, { a: 1 }, [1]], []],
  resourceLimits: [
    [{}, { maxOldGenerationSizeMb: 64 }, { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: undefined }],
    [{ maxOldGenerationSizeMb: 0 }, { maxOldGenerationSizeMb: '64' }, { heap: 1 }, 64, null],
  ],
  stdio: [
    ['inherit', 'ignore', 'pipe'],
    ['pipes', 'overlapped', ['inherit'], null, 1, true],
  ],
  inspect: [
    [true, false, {}, { port: 1 }, { port: 65_535, wait: true }, { wait: undefined }],
    ['true', 9230, null, [], { port: 0 }, { port: 65_536 }, { port: '9230' }, { wait: 1 }, { host: 'x' }],
  ],
  bufferDir: [
    [false, '/', '.'],
    ['', '/not/there', true, 0, null, new URL('file:///')],
  ],
  bufferLimit: [
    [1, 2 ** 40],
    [0, -1, 1.5, '1', Number.POSITIVE_INFINITY, null],
  ],
  maxPayloadBytes: [
    [1, 2 ** 31 - 1],
    [0, 2 ** 31, 1.5, Number.POSITIVE_INFINITY, null],
  ],
};
const SHARE: typeof WORKERS = {
  maxQueue: [
    [0, 1, 1e9, Number.POSITIVE_INFINITY],
    [-1, 1.5, Number.NaN, '1', null],
  ],
  onWorkerLoss: [
    ['fail', 'retry', 'break'],
    ['ignore', null, true],
  ],
  taskTimeout: [
    [0, 1, 0.5, 1e12, Number.POSITIVE_INFINITY],
    [-1, Number.NaN, '5', null],
  ],
  killGrace: [
    [0, 1, Number.POSITIVE_INFINITY],
    [-1, Number.NaN, null],
  ],
  name: [
    ['', 'mine'],
    [1, null, {}],
  ],
  unobservedErrors: [
    ['warn', 'ignore'],
    ['throw', '', true, null, 0, ['warn']],
  ],
  reuseBuffers: [
    [true, false],
    ['true', 1, 0, null, {}],
  ],
};

describe.each(Object.entries({ ...WORKERS, ...SHARE }))('the option %s of a runtime', (name, [good, bad]) => {
  it('takes what it can mean', () => {
    for (const value of good) expect(pathsOf(() => resolveRuntime({ [name]: value }))).toEqual([]);
  });
  it.runIf(bad.length > 0)('refuses everything else, and says what it got', () => {
    for (const value of bad) {
      const [fault, ...others] = faultsOf(() => resolveRuntime({ [name]: value }));
      expect(fault?.path.split('.')[0]).toBe(name);
      expect(others).toEqual([]);
    }
  });
  it('is absent when it is undefined', () => {
    expect(pathsOf(() => resolveRuntime({ [name]: undefined }))).toEqual([]);
  });
});

describe('the option env', () => {
  it('names every variable that is not a string [R15] [R45]', () => {
    const faults = faultsOf(() => resolveRuntime({ env: { GOOD: 'x', PORT: 80, LIST: ['a'], NONE: null, GONE: undefined } as never }));
    expect(faults).toEqual([
      { path: 'env.PORT', message: 'expected a string or undefined, got 80' },
      { path: 'env.LIST', message: 'expected a string or undefined, got an array' },
      { path: 'env.NONE', message: 'expected a string or undefined, got null' },
    ]);
  });

  it('is copied when it is given, without what is undefined [R45]', () => {
    const env: Record<string, string | undefined> = { A: '1', GONE: undefined };
    const { workers } = resolveRuntime({ env });
    env['A'] = 'changed';
    expect(workers.env).toEqual(Object.assign(Object.create(null), { A: '1' }));
  });
});

describe('the option lowLatency', () => {
  it.each([
    [undefined, 2, true],
    [true, 2, true],
    [false, 2, false],
    [true, 1, false],
  ])('%s, with %i CPUs: polls %s', (lowLatency, cpus, polls) => {
    vi.stubEnv('TWINPOOL_CPU_COUNT', String(cpus));
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(resolveRuntime({ lowLatency }).workers.polls).toBe(polls);
    expect(resolveRuntime({ lowLatency, workers: 3 }).workers.polls).toBe(polls);
  });
});

describe('the option minWorkers', () => {
  it('is at most the number of workers', () => {
    const fault = { path: 'minWorkers', message: 'expected at most the number of workers (2), got 3' };
    expect(faultsOf(() => resolveRuntime({ workers: 2, minWorkers: 3 }))).toEqual([fault]);
    expect(faultsOf(() => resolveRuntime({ workers: 2, minWorkers: 2 }))).toEqual([]);
    expect(pathsOf(() => resolveRuntime({ minWorkers: 1024 }))).toEqual(['minWorkers']);
    expect(resolveRuntime({ workers: 2, minWorkers: 1 }).workers.minWorkers).toBe(1);
    expect(resolveRuntime(undefined).workers.minWorkers).toBe(0);
  });

  it('is judged against the number that a facade gives', () => {
    const shape: FacadeShape = {
      name: 'Pool',
      kind: 'process',
      count: 'processes',
      isRuntime: (value): value is WorkerRuntime => value instanceof WorkerRuntime,
      shareOf: () => ({}) as ResolvedShare,
    };
    expect(pathsOf(() => resolveFacade(shape, { processes: 1, minWorkers: 2 }))).toEqual(['minWorkers']);
    // A bad number of workers is the only fault.
    expect(pathsOf(() => resolveFacade(shape, { processes: '1', minWorkers: 2 }))).toEqual(['processes']);
  });
});

describe('the options of a runtime', () => {
  it('are all optional', () => {
    const { workers, share } = resolveRuntime(undefined);
    expect(workers).toMatchObject({
      kind: 'process',
      killGrace: 500,
      idleTimeout: Number.POSITIVE_INFINITY,
      maxTasks: Number.POSITIVE_INFINITY,
    });
    expect(workers.size).toBeGreaterThanOrEqual(1);
    expect(share).toMatchObject({ maxQueue: Number.POSITIVE_INFINITY, onWorkerLoss: 'fail', maxLanes: workers.size });
    expect(share.settings).toEqual({
      priority: 0,
      taskTimeout: Number.POSITIVE_INFINITY,
      retries: 0,
      signal: undefined,
      onReport: undefined,
    });
    expect(resolveRuntime({}).workers.size).toBe(workers.size);
  });

  it('have every fault listed at once', () => {
    const bad = { kind: 'fork', workers: 0, maxTasksPerChild: -1, env: 7, killGrace: 'x', retries: 1, colour: 'red', initargs: [] };
    expect(pathsOf(() => resolveRuntime(bad as never)).sort()).toEqual(Object.keys(bad).sort());
  });

  it('are refused when they are unknown, with those that there are', () => {
    const [fault] = faultsOf(() => resolveRuntime({ worker: 2 } as never));
    expect(fault).toMatchObject({ path: 'worker', message: expect.stringContaining('workers') });
  });

  it.each(Object.keys({ ...WORKERS, ...SHARE }))('%s is what a slip in its name is answered with', (name) => {
    expect(faultsOf(() => resolveRuntime({ [name]: undefined }))).toEqual([]);
    const slips = [name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`), `${name.slice(0, -2)}${name.slice(-1)}`].filter(
      (slip) => slip !== name && slip.length > 2,
    );
    for (const slip of slips) {
      const [fault] = faultsOf(() => resolveRuntime({ [slip]: 1 } as never));
      expect(fault).toMatchObject({ path: slip, message: expect.stringContaining(`did you mean ${name}?`) });
    }
  });

  it('of resourceLimits are answered with those of resourceLimits', () => {
    const [fault] = faultsOf(() => resolveRuntime({ resourceLimits: { maxOldGenerationSize: 1 } as never }));
    expect(fault).toMatchObject({
      path: 'resourceLimits.maxOldGenerationSize',
      message: expect.stringContaining('maxOldGenerationSizeMb?'),
    });
  });

  it.each([[[]], [null], ['process'], [5], [task]])('are an object, not %o', (options) => {
    expect(faultsOf(() => resolveRuntime(options as never))).toHaveLength(1);
  });

  it('are frozen, and read once', () => {
    let reads = 0;
    const { workers, share } = resolveRuntime({
      get workers() {
        reads += 1;
        return reads;
      },
    });
    expect([reads, workers.size]).toEqual([1, 1]);
    for (const each of [workers, share, share.settings]) expect(Object.isFrozen(each)).toBe(true);
  });

  it('may come without a prototype', () => {
    expect(resolveRuntime(Object.assign(Object.create(null), { workers: 3 })).workers.size).toBe(3);
  });
});

describe('what a kind of worker cannot honour', () => {
  it.each([
    ['process', { resourceLimits: { stackSizeMb: 4 } }, 'resourceLimits.stackSizeMb'],
    ['process', { resourceLimits: { codeRangeSizeMb: 4 } }, 'resourceLimits.codeRangeSizeMb'],
    ['process', { resourceLimits: { maxOldGenerationSizeMb: 64.5 } }, 'resourceLimits.maxOldGenerationSizeMb'],
    ['process', { resourceLimits: { maxYoungGenerationSizeMb: 1e21 } }, 'resourceLimits.maxYoungGenerationSizeMb'],
    ['thread', { stdio: 'ignore' }, 'stdio'],
  ] as const)('is refused: %s %o', (kind, options, path) => {
    expect(pathsOf(() => resolveRuntime({ kind, ...options }))).toEqual([path]);
    const other = kind === 'process' ? 'thread' : 'process';
    expect(pathsOf(() => resolveRuntime({ kind: other, ...options }))).toEqual([]);
  });

  it.each([
    ['process', ['-e', '1'], 'with -e Node does not run a worker'],
    ['thread', ['--test'], 'with --test Node does not run a worker'],
    ['process', ['--no-warnings', '--input-type=module'], 'with --input-type=module Node does not run a worker'],
    ['process', ['main.js'], "'main.js' is not a flag"],
    ['thread', ['--'], 'with -- Node does not run a worker'],
    ['process', ['--conditions=a\0b'], 'null character'],
    ['thread', ['--no-warnings', '--expose-gc'], '--expose-gc is for a whole process'],
    ['thread', ['--max-old-space-size=64'], '--max-old-space-size=64 is for a whole process'],
    ['thread', ['--title', 'x'], '--title x is for a whole process'],
    ['thread', ['--trace-gc'], '--trace-gc is for a whole process'],
  ] as const)('of flags is refused with the reason: %s %o', (kind, execArgv, reason) => {
    const [fault, ...others] = faultsOf(() => resolveRuntime({ kind, execArgv }));
    expect([fault?.path, others]).toEqual(['execArgv', []]);
    expect(fault?.message).toContain(reason);
  });

  it('of arguments and variables is refused with the reason', () => {
    expect(pathsOf(() => resolveRuntime({ argv: ['a\0'], env: { B: 'b\0' } }))).toEqual(['argv', 'env.B']);
    const threads = (env: Record<string, string>) => pathsOf(() => resolveRuntime({ kind: 'thread', env }));
    expect(threads({ NODE_OPTIONS: '--no-warnings --title=x' })).toEqual(['env.NODE_OPTIONS']);
    expect(threads({ NODE_OPTIONS: '--no-warnings' })).toEqual([]);
    expect(pathsOf(() => resolveRuntime({ env: { NODE_OPTIONS: '--title=x' } }))).toEqual([]);
  });

  it('is not asked of what every kind of worker takes', () => {
    for (const kind of ['process', 'thread'] as const) {
      const execArgv = ['--import', 'tsx', '-C', 'custom', '--unhandled-rejections', 'warn', '--inspect-port=0'];
      expect(pathsOf(() => resolveRuntime({ kind, execArgv: execArgv.slice(0, kind === 'thread' ? -1 : undefined) }))).toEqual([]);
    }
  });

  it('counts where the kind is the default, too', () => {
    expect(pathsOf(() => resolveRuntime({ resourceLimits: { stackSizeMb: 4 } }))).toEqual(['resourceLimits.stackSizeMb']);
  });
});

describe('what does not go together', () => {
  it('retries need onWorkerLoss: retry', () => {
    expect(pathsOf(() => resolveRuntime({ retries: 1 }))).toEqual(['retries']);
    expect(pathsOf(() => resolveRuntime({ retries: 1, onWorkerLoss: 'break' }))).toEqual(['retries']);
    expect(resolveRuntime({ retries: 0, onWorkerLoss: 'retry' }).share.settings.retries).toBe(0);
    expect(resolveRuntime({ onWorkerLoss: 'retry' }).share.settings.retries).toBe(2);
  });

  it('initargs need an initializer', () => {
    expect(pathsOf(() => resolveRuntime({ initargs: [1] }))).toEqual(['initargs']);
    expect(pathsOf(() => resolveRuntime({ initargs: [1], initializer: task }))).toEqual([]);
  });
});

describe('a facade', () => {
  const runtimes: WorkerRuntime[] = [];
  afterEach(() => Promise.all(runtimes.splice(0).map((runtime) => runtime.close())));

  function runtime(options: object): WorkerRuntime {
    const made = new WorkerRuntime(options);
    runtimes.push(made);
    return made;
  }

  const shareOf = (options: object): ResolvedShare => resolveRuntime(options).share;
  function facade(above?: ResolvedShare, kind: 'process' | 'thread' = 'process'): FacadeShape {
    return {
      name: 'Pool',
      kind,
      count: 'processes',
      isRuntime: (value): value is WorkerRuntime => value instanceof WorkerRuntime,
      shareOf: () => above as ResolvedShare,
    };
  }

  it('takes a bare number of workers', () => {
    expect(resolveFacade(facade(), 3).workers?.size).toBe(3);
    for (const bad of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1025])
      expect(() => resolveFacade(facade(), bad)).toThrow(RangeError);
    expect(() => resolveFacade(facade(), '3' as never)).toThrow(TypeError);
  });

  it('gets as many workers from a bare number as from the option', () => {
    const [bare, option] = [resolveFacade(facade(), 3), resolveFacade(facade(), { processes: 3 })];
    expect([bare.workers?.size, bare.share]).toEqual([option.workers?.size, option.share]);
  });

  it('calls the number of workers by its own word', () => {
    expect(pathsOf(() => resolveFacade(facade(), { workers: 2 }))).toEqual(['workers']);
    expect(pathsOf(() => resolveFacade(facade(), { kind: 'thread' }))).toEqual(['kind']);
  });

  it('on a runtime is held to its number of workers, and to no more than there are', () => {
    const above = shareOf({ workers: 4 });
    const resolve = (options: object) => resolveFacade(facade(above), { runtime: runtime({ workers: 4 }), ...options });
    expect(resolve({}).share.maxLanes).toBe(4);
    expect(resolve({ processes: 2 }).share.maxLanes).toBe(2);
    expect(resolve({ processes: 9 }).share.maxLanes).toBe(4);
    expect(resolve({}).workers).toBeUndefined();
  });

  it('on a runtime is refused every option that shapes workers', () => {
    const given = {
      initializer: task,
      initargs: [],
      maxTasksPerChild: 1,
      idleTimeout: 1,
      env: 'minimal',
      argv: [],
      execArgv: [],
      workerData: 1,
      resourceLimits: {},
      stdio: 'ignore',
      maxPayloadBytes: 1,
    };
    const paths = pathsOf(() => resolveFacade(facade(shareOf({})), { runtime: runtime({}), ...given }));
    expect(paths.sort()).toEqual(Object.keys(given).sort());
  });

  it('on a runtime has the runtime’s unobservedErrors unless it has its own', () => {
    const above = shareOf({ unobservedErrors: 'ignore' });
    const of = (options: object) =>
      resolveFacade(facade(above), { runtime: runtime({ unobservedErrors: 'ignore' }), ...options }).share.unobservedErrors;
    expect([of({}), of({ unobservedErrors: 'warn' }), shareOf({}).unobservedErrors]).toEqual(['ignore', 'warn', 'warn']);
  });

  it('on a runtime has the runtime’s policies unless it has its own', () => {
    const above = shareOf({ onWorkerLoss: 'retry', retries: 5, taskTimeout: 100, maxQueue: 7, killGrace: 9 });
    const resolve = (options: object) => resolveFacade(facade(above), { runtime: runtime({}), ...options }).share;
    expect(resolve({})).toMatchObject({ onWorkerLoss: 'retry', maxQueue: 7, killGrace: 9, settings: { retries: 5, taskTimeout: 100 } });
    expect(resolve({ retries: 1, taskTimeout: Number.POSITIVE_INFINITY }).settings).toMatchObject({
      retries: 1,
      taskTimeout: Number.POSITIVE_INFINITY,
    });
    expect(resolve({ onWorkerLoss: 'fail' }).settings.retries).toBe(0);
  });

  it('wants a runtime of its kind', () => {
    const threads = runtime({ kind: 'thread' });
    expect(pathsOf(() => resolveFacade(facade(shareOf({})), { runtime: threads }))).toEqual(['runtime']);
    expect(pathsOf(() => resolveFacade(facade(shareOf({}), 'thread'), { runtime: threads }))).toEqual([]);
    expect(pathsOf(() => resolveFacade(facade(shareOf({}), 'thread'), { runtime: runtime({}) }))).toEqual(['runtime']);
    for (const bad of [{}, null, 'runtime']) expect(pathsOf(() => resolveFacade(facade(), { runtime: bad }))).toEqual(['runtime']);
  });
});

describe('the options of a call', () => {
  const base: CallSettings = { priority: 3, taskTimeout: 50, retries: 0, signal: undefined, onReport: undefined };
  const { signal } = new AbortController();

  it('win over those of whatever it is made through', () => {
    expect(resolveCall('map', {}, base).settings).toEqual(base);
    expect(resolveCall('map', { priority: -1, taskTimeout: Number.POSITIVE_INFINITY, signal }, base).settings).toMatchObject({
      priority: -1,
      taskTimeout: Number.POSITIVE_INFINITY,
      signal,
    });
    expect(resolveCall('map', { priority: undefined }, base).settings.priority).toBe(3);
  });

  it('are refused with every fault at once', () => {
    const bad = { signal: {}, priority: Number.NaN, taskTimeout: -1, onReport: 1, retries: 1, speed: 9, chunksize: 1 };
    expect(pathsOf(() => resolveCall('submit', bad, base)).sort()).toEqual(Object.keys(bad).sort());
  });

  it('have more of them where the call has', () => {
    const extra = ['chunksize', 'buffersize', 'onProgress', 'timeout'];
    const good = { chunksize: 2, buffersize: Number.POSITIVE_INFINITY, onProgress: task, timeout: -1 };
    expect(resolveCall('map', good, base, extra).own).toMatchObject({ chunksize: 2, buffersize: Number.POSITIVE_INFINITY, timeout: -1 });
    const bad = { chunksize: 0, buffersize: 0, onProgress: {}, timeout: Number.NaN };
    expect(pathsOf(() => resolveCall('map', bad, base, extra)).sort()).toEqual(Object.keys(bad).sort());
  });

  it('ask for retries only where a lost worker means retry', () => {
    expect(pathsOf(() => resolveCall('submit', { retries: 2 }, base))).toEqual(['retries']);
    expect(resolveCall('submit', { retries: 0 }, base).settings.retries).toBe(0);
    expect(resolveCall('submit', { retries: 5 }, { ...base, retries: 2 }).settings.retries).toBe(5);
  });
});

describe('a polluted Object.prototype', () => {
  const polluted: Record<string, unknown> = {
    ...Object.fromEntries(Object.entries({ ...WORKERS, ...SHARE }).map(([name, [good]]) => [name, good.at(-1)])),
    execArgv: ['--require', '/evil.cjs'],
    retries: 3,
    initargs: [1],
    runtime: {},
    processes: 7,
  };
  afterEach(() => {
    for (const name of Object.keys(polluted)) delete (Object.prototype as Record<string, unknown>)[name];
  });

  function pollute(name: string): void {
    Object.defineProperty(Object.prototype, name, { value: polluted[name], configurable: true, writable: true, enumerable: true });
  }

  it.each(Object.keys(polluted))('gives no option: %s', (name) => {
    const before = resolved();
    pollute(name);
    const after = resolved();
    delete (Object.prototype as Record<string, unknown>)[name];
    expect(after).toEqual(before);
  });

  /** The resolved options, by name. */
  function resolved(): unknown[] {
    const facade: FacadeShape = {
      name: 'Pool',
      kind: 'process',
      count: 'processes',
      isRuntime: (_): _ is WorkerRuntime => false,
      shareOf: () => undefined as never,
    };
    const found = [
      resolveRuntime(undefined),
      resolveRuntime({ workers: 2 }),
      resolveFacade(facade, 2),
      resolveFacade(facade, { processes: 2 }),
    ];
    return [
      ...found.map(({ workers, share }) => ({
        workers: read(workers, workerKeys),
        share: read(share, shareKeys),
        call: read(share.settings, callKeys),
      })),
      read(
        resolveCall('map', { priority: 1 }, { priority: 0, taskTimeout: 9, retries: 0, signal: undefined, onReport: undefined }).settings,
        callKeys,
      ),
    ];
  }
  const workerKeys = [...Object.keys(WORKERS).filter((key) => key !== 'workers'), 'initargs', 'size', 'maxTasks', 'killGrace'];
  const shareKeys = ['name', 'maxLanes', 'maxQueue', 'onWorkerLoss', 'killGrace'];
  const callKeys = ['priority', 'taskTimeout', 'retries', 'signal', 'onReport'];
  const read = (from: object | undefined, keys: readonly string[]) => keys.map((key) => [key, (from as Record<string, unknown>)[key]]);
});

describe('numbers that methods take', () => {
  it('whole ones: a wrong type is a TypeError, a wrong number a RangeError', () => {
    for (const good of [1, 7, Number.MAX_SAFE_INTEGER]) expect(() => checkWhole(good, 'chunksize')).not.toThrow();
    for (const bad of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => checkWhole(bad, 'chunksize')).toThrow(RangeError);
    for (const bad of ['1', null, undefined, {}, 1n]) expect(() => checkWhole(bad, 'chunksize')).toThrow(TypeError);
    expect(() => checkWhole(0, 'chunksize')).toThrow('chunksize: expected a whole number of 1 or more, got 0');
  });

  it('times: undefined and Infinity mean none, NaN is a RangeError', () => {
    expect(checkTimeout(undefined)).toBe(Number.POSITIVE_INFINITY);
    for (const good of [Number.POSITIVE_INFINITY, 0, -1, 0.5]) expect(checkTimeout(good)).toBe(good);
    expect(() => checkTimeout(Number.NaN)).toThrow(RangeError);
    for (const bad of ['5', null, {}]) expect(() => checkTimeout(bad)).toThrow(TypeError);
  });
});

describe('a message for a wrong value', () => {
  const { worker, share, call, map, perWorker, context } = schemas;
  const options = Object.entries({
    ...worker,
    ...share,
    ...call,
    ...map,
    ...perWorker,
    ...context,
    kind: schemas.kind,
    workers: schemas.count,
  });
  const wrong: readonly unknown[] = [null, 5.5, -1, 2 ** 53, 'again', '', {}, { unknown: 1 }, [1], true, 1n, Symbol('x'), () => undefined];

  it.each(options.filter(([name]) => name !== 'workerData'))('of %s says what was expected', (name, schema) => {
    const messages = wrong.flatMap((value) => schemas.faults({ [name]: value }, { [name]: schema }, String)).map(({ message }) => message);
    for (const message of messages) expect(message).toMatch(/^expected .+, got |^unknown option/);
    expect(messages).not.toEqual([]);
  });
});
