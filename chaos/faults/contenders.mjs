// Adapts each pool to one interface, with one worker: `open({ module, stack, heap })` returns `{ run(task, argument, module, limit), close() }`.
// The pools have default options, and V8 serialization between processes if they support it. With `stack` the worker process has a larger
// stack, so that it can send values that the program cannot read; `heap` bounds the memory of a worker, in MB. Each pool is loaded only in the
// process that uses it. CPython's pools are judged by python.py.
const file = (name) => new URL(name, import.meta.url);

/** The flags of a worker process. */
const flags = ({ stack, heap }) => {
  const execArgv = [...(stack ? ['--stack-size=7000'] : []), ...(heap === undefined ? [] : [`--max-old-space-size=${heap}`])];
  return execArgv.length === 0 ? {} : { execArgv };
};
/** The limits of a worker thread. */
const limits = ({ heap }) => (heap === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heap } });
const signalAfter = (limit) => (limit === undefined ? undefined : AbortSignal.timeout(limit));

function twinpool(importPath, name) {
  return async (needs) => {
    const { taskRef } = await import('@twinpool/core');
    const { [name]: Facade } = await import(importPath);
    const count = importPath.endsWith('pool') ? 'processes' : 'maxWorkers';
    const facade = new Facade({ [count]: 1, ...(name.startsWith('Thread') ? limits(needs) : flags(needs)) });
    const run = (task, argument, module = 'tasks.mjs', taskTimeout = undefined) => {
      const ref = taskRef(file(module), task);
      return facade.submit === undefined
        ? facade.applyAsync(ref, [argument], { taskTimeout })
        : facade.withOptions({ taskTimeout }).submit(ref, argument);
    };
    return { run, close: () => facade.shutdown?.() ?? facade.terminate() };
  };
}

async function piscina(needs) {
  const { Piscina } = await import('piscina');
  const pool = new Piscina({ filename: file('tasks.mjs').href, minThreads: 1, maxThreads: 1, ...limits(needs) });
  const run = (name, argument, module = 'tasks.mjs', limit = undefined) =>
    pool.run(argument, { name, filename: file(module).href, signal: signalAfter(limit) });
  return { run, close: () => pool.destroy() };
}

const tinypool = (runtime) => async (needs) => {
  const { Tinypool } = await import('tinypool');
  const pool = new Tinypool({
    filename: file('tasks.mjs').href,
    runtime,
    minThreads: 1,
    maxThreads: 1,
    ...(runtime === 'child_process' ? { serialization: 'advanced', ...flags(needs) } : limits(needs)),
  });
  const run = (name, argument, module = 'tasks.mjs', limit = undefined) =>
    pool.run(argument, { name, filename: file(module).href, signal: signalAfter(limit) });
  return { run, close: () => pool.destroy() };
};

const workerpool =
  (workerType) =>
  async ({ module, ...needs }) => {
    const { default: make } = await import('workerpool');
    const script = module === 'tasks.mjs' ? 'workerpool-worker.mjs' : module;
    const kindOptions =
      workerType === 'process' ? { forkOpts: { serialization: 'advanced', ...flags(needs) } } : { workerThreadOpts: limits(needs) };
    const pool = make.pool(file(script).pathname, { workerType, maxWorkers: 1, ...kindOptions });
    const run = (name, argument, _module, limit) => {
      const promise = pool.exec(name, [argument]);
      return limit === undefined ? promise : promise.timeout(limit);
    };
    return { run, close: () => pool.terminate(true) };
  };

const poolifier =
  (kind) =>
  async ({ module, ...needs }) => {
    const { FixedClusterPool, FixedThreadPool } = await import('poolifier');
    const [Pool, worker] = kind === 'thread' ? [FixedThreadPool, 'poolifier-thread.mjs'] : [FixedClusterPool, 'poolifier-cluster.cjs'];
    const settings = { serialization: 'advanced', ...flags(needs) };
    const kindOptions = kind === 'process' ? { settings } : needs.heap === undefined ? {} : { workerOptions: limits(needs) };
    const pool = new Pool(1, file(module === 'tasks.mjs' ? worker : module).pathname, kindOptions);
    const run = (name, argument, _module, limit) => pool.execute(argument, name, signalAfter(limit));
    return { run, close: () => pool.destroy() };
  };

const jestWorker =
  (kind) =>
  async ({ module, ...needs }) => {
    const { Worker } = await import('jest-worker');
    const tasks = module === 'tasks.mjs' ? Object.keys(await import('./tasks.mjs')) : ['fine'];
    const pool = new Worker(file(module).pathname, {
      enableWorkerThreads: kind === 'thread',
      numWorkers: 1,
      exposedMethods: tasks,
      ...(kind === 'thread' ? limits(needs) : { forkOptions: flags(needs) }),
    });
    pool.getStdout()?.pipe(process.stdout);
    return { run: (name, argument) => pool[name](argument), close: () => pool.end() };
  };

/** `takesModules`: a call may name another module. Other pools have one module, so no good task can follow a module that throws. */
export const contenders = {
  ThreadPool: { kind: 'thread', isOurs: true, open: twinpool('@twinpool/pool', 'ThreadPool'), takesModules: true },
  ThreadPoolExecutor: { kind: 'thread', isOurs: true, open: twinpool('@twinpool/executor', 'ThreadPoolExecutor'), takesModules: true },
  Pool: { kind: 'process', isOurs: true, open: twinpool('@twinpool/pool', 'Pool'), takesModules: true },
  ProcessPoolExecutor: { kind: 'process', isOurs: true, open: twinpool('@twinpool/executor', 'ProcessPoolExecutor'), takesModules: true },
  'piscina T': { kind: 'thread', open: piscina, takesModules: true },
  'tinypool T': { kind: 'thread', open: tinypool('worker_threads'), takesModules: true },
  'workerpool T': { kind: 'thread', open: workerpool('thread') },
  'jest-worker T': { kind: 'thread', open: jestWorker('thread'), hasLimit: false },
  'poolifier T': { kind: 'thread', open: poolifier('thread') },
  'tinypool P': { kind: 'process', open: tinypool('child_process'), takesModules: true },
  'workerpool P': { kind: 'process', open: workerpool('process') },
  'jest-worker P': { kind: 'process', open: jestWorker('process'), hasLimit: false },
  'poolifier P': { kind: 'process', open: poolifier('process') },
  'Python Pool': { kind: 'process', python: 'pool' },
  'Python futures': { kind: 'process', python: 'futures' },
};

export const ours = Object.keys(contenders).filter((name) => contenders[name].isOurs);
