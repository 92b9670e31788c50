// Adapts each pool to one interface, with one worker: `open({ module, stack })` returns `{ run(task, argument), close() }`.
// The pools have default options, and V8 serialization between processes if they support it. With `stack` the worker process has a larger
// stack, so that it can send values that the program cannot read. Each pool is loaded only in the process that uses it.
const file = (name) => new URL(name, import.meta.url);
const LARGE_STACK = ['--stack-size=7000'];

function twinpool(importPath, name) {
  return async ({ stack }) => {
    const { taskRef } = await import('@twinpool/core');
    const { [name]: Facade } = await import(importPath);
    const count = importPath.endsWith('pool') ? 'processes' : 'maxWorkers';
    const facade = new Facade({ [count]: 1, ...(stack ? { execArgv: LARGE_STACK } : {}) });
    const run = (task, argument, module = 'tasks.mjs') => {
      const ref = taskRef(file(module), task);
      return facade.submit?.(ref, argument) ?? facade.applyAsync(ref, [argument]);
    };
    return { run, close: () => facade.shutdown?.() ?? facade.terminate() };
  };
}

async function piscina() {
  const { Piscina } = await import('piscina');
  const pool = new Piscina({ filename: file('tasks.mjs').href, minThreads: 1, maxThreads: 1 });
  const run = (name, argument, module = 'tasks.mjs') => pool.run(argument, { name, filename: file(module).href });
  return { run, close: () => pool.destroy() };
}

const tinypool =
  (runtime) =>
  async ({ stack }) => {
    const { Tinypool } = await import('tinypool');
    const processes = { serialization: 'advanced', ...(stack ? { execArgv: LARGE_STACK } : {}) };
    const pool = new Tinypool({
      filename: file('tasks.mjs').href,
      runtime,
      minThreads: 1,
      maxThreads: 1,
      ...(runtime === 'child_process' ? processes : {}),
    });
    const run = (name, argument, module = 'tasks.mjs') => pool.run(argument, { name, filename: file(module).href });
    return { run, close: () => pool.destroy() };
  };

const workerpool =
  (workerType) =>
  async ({ module, stack }) => {
    const { default: make } = await import('workerpool');
    const script = module === 'tasks.mjs' ? 'workerpool-worker.mjs' : module;
    const forkOpts = { serialization: 'advanced', ...(stack ? { execArgv: LARGE_STACK } : {}) };
    const pool = make.pool(file(script).pathname, { workerType, maxWorkers: 1, ...(workerType === 'process' ? { forkOpts } : {}) });
    return { run: (name, argument) => pool.exec(name, [argument]), close: () => pool.terminate(true) };
  };

const poolifier =
  (kind) =>
  async ({ module, stack }) => {
    const { FixedClusterPool, FixedThreadPool } = await import('poolifier');
    const [Pool, worker] = kind === 'thread' ? [FixedThreadPool, 'poolifier-thread.mjs'] : [FixedClusterPool, 'poolifier-cluster.cjs'];
    const settings = { serialization: 'advanced', ...(stack ? { execArgv: LARGE_STACK } : {}) };
    const pool = new Pool(1, file(module === 'tasks.mjs' ? worker : module).pathname, kind === 'thread' ? {} : { settings });
    return { run: (name, argument) => pool.execute(argument, name), close: () => pool.destroy() };
  };

const jestWorker =
  (kind) =>
  async ({ module, stack }) => {
    const { Worker } = await import('jest-worker');
    const tasks = module === 'tasks.mjs' ? Object.keys(await import('./tasks.mjs')) : ['fine'];
    const pool = new Worker(file(module).pathname, {
      enableWorkerThreads: kind === 'thread',
      numWorkers: 1,
      exposedMethods: tasks,
      ...(stack ? { forkOptions: { execArgv: LARGE_STACK } } : {}),
    });
    return { run: (name, argument) => pool[name](argument), close: () => pool.end() };
  };

export const ours = {
  Pool: { kind: 'process', open: twinpool('@twinpool/pool', 'Pool') },
  ProcessPoolExecutor: { kind: 'process', open: twinpool('@twinpool/executor', 'ProcessPoolExecutor') },
  ThreadPool: { kind: 'thread', open: twinpool('@twinpool/pool', 'ThreadPool') },
  ThreadPoolExecutor: { kind: 'thread', open: twinpool('@twinpool/executor', 'ThreadPoolExecutor') },
};

/** `takesModules`: a call may name another module. Other pools have one module, so no good task can follow a module that throws. */
export const peers = {
  'piscina T': { kind: 'thread', open: piscina, takesModules: true },
  'tinypool T': { kind: 'thread', open: tinypool('worker_threads'), takesModules: true },
  'workerpool T': { kind: 'thread', open: workerpool('thread') },
  'jest-worker T': { kind: 'thread', open: jestWorker('thread') },
  'poolifier T': { kind: 'thread', open: poolifier('thread') },
  'tinypool P': { kind: 'process', open: tinypool('child_process'), takesModules: true },
  'workerpool P': { kind: 'process', open: workerpool('process') },
  'jest-worker P': { kind: 'process', open: jestWorker('process') },
  'poolifier P': { kind: 'process', open: poolifier('process') },
};
for (const contender of Object.values(ours)) contender.takesModules = true;
