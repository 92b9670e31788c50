// What of workerpool is known, in use. docs/migrating-coverage.md shows what becomes of each.
export const preamble = `import workerpool from 'workerpool';
`;

const POOL = 'const pool = workerpool.pool();\nconst add = (a, b) => a + b;\n';
const SCRIPT = "const pool = workerpool.pool(new URL('./worker.mjs', import.meta.url).pathname);\n";

/** [name, code, what stands before it] */
export const cases = [
  ['pool()', 'const pool = workerpool.pool();'],
  [
    'pool(script)',
    "const pool = workerpool.pool(new URL('./worker.mjs', import.meta.url).pathname);\nconsole.log(await pool.exec('add', [1, 2]));",
  ],
  ["workerType: 'process'", "const pool = workerpool.pool({ workerType: 'process' });"],
  ["workerType: 'thread', 'auto'", "const pool = workerpool.pool({ workerType: 'thread' });"],
  [
    'minWorkers, maxWorkers, maxQueueSize, workerTerminateTimeout',
    'const pool = workerpool.pool({ minWorkers: 1, maxWorkers: 4, maxQueueSize: 9, workerTerminateTimeout: 100 });',
  ],
  [
    'forkArgs, forkOpts',
    "const pool = workerpool.pool({ workerType: 'process', forkArgs: ['--a'], forkOpts: { env: {}, execArgv: [] } });",
  ],
  ['workerThreadOpts', 'const pool = workerpool.pool({ workerThreadOpts: { argv: [], env: {}, resourceLimits: {}, workerData: 1 } });'],
  [
    'onCreateWorker, onTerminateWorker, queueStrategy, emitStdStreams, …',
    'const pool = workerpool.pool({ onCreateWorker: () => undefined });',
  ],
  ['exec of a function', 'console.log(await pool.exec(add, [1, 2]));', POOL],
  ['exec, not awaited', 'const promise = pool.exec(add, [1, 2]);\npromise.then(console.log);', POOL],
  ['exec of a name', "console.log(await pool.exec('add', [1, 2]));", SCRIPT],
  ['exec of a name that is not written', "const name = process.argv[2] ?? 'add';\nconsole.log(await pool.exec(name, [1, 2]));", SCRIPT],
  ['exec, on', "console.log(await pool.exec('add', [1, 2], { on: console.log }));", SCRIPT],
  [
    'exec, transfer',
    "const bytes = new Uint8Array(9);\nconsole.log(await pool.exec('add', [bytes], { transfer: [bytes.buffer] }));",
    SCRIPT,
  ],
  ['timeout', 'console.log(await pool.exec(add, [1, 2]).timeout(100));', POOL],
  ['cancel', 'const promise = pool.exec(add, [1, 2]);\npromise.cancel();', POOL],
  ['always', 'pool.exec(add, [1, 2]).always(() => console.log());', POOL],
  ['proxy, script not given', 'const worker = await pool.proxy();\nconsole.log(await worker.add(1, 2));', SCRIPT],
  ['stats', 'console.log(pool.stats().busyWorkers);', POOL],
  ['terminate', 'await pool.terminate();', POOL],
  ['terminate(true)', 'await pool.terminate(true);', POOL],
  [
    'Promise.CancellationError, Promise.TimeoutError',
    'export const isLate = (error) => error instanceof workerpool.Promise.CancellationError || error instanceof workerpool.Promise.TimeoutError;',
  ],
  ['cpus, isMainThread', 'console.log(workerpool.cpus, workerpool.isMainThread);'],
  ['platform, TerminateError', 'console.log(workerpool.platform);'],
  ['worker({ … })', 'function add(a, b) {\n  return a + b;\n}\nworkerpool.worker({ add });'],
  ['worker({ … }), written in it', 'workerpool.worker({\n  add: (a, b) => a + b,\n  sub(a, b) {\n    return a - b;\n  },\n});'],
  ['worker({ … }, options)', 'workerpool.worker({}, { onTerminate: () => undefined });'],
  ['workerEmit', 'export const task = () => workerpool.workerEmit(1);'],
  ['Transfer', 'export const task = (array) => new workerpool.Transfer(array, [array.buffer]);'],
];
