// What of workerpool is known, in use. docs/migrating-coverage.md shows what becomes of each.
export const preamble = `import workerpool from 'workerpool';
`;

/** The other files of each program. */
export const files = {
  'worker.mjs': "import workerpool from 'workerpool';\nconst add = (a, b) => a + b;\nworkerpool.worker({ add });\n",
};

/** A program that is its own script. */
const SELF = 'const pool = workerpool.pool(import.meta.filename);\n';
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
    'maxWorkers, maxQueueSize, workerTerminateTimeout',
    'const pool = workerpool.pool({ maxWorkers: 4, maxQueueSize: 9, workerTerminateTimeout: 100 });',
  ],
  ['minWorkers', "const pool = workerpool.pool({ minWorkers: 'max', maxWorkers: 4 });"],
  ['minWorkers that may be too many', 'const pool = workerpool.pool({ minWorkers: 8 });'],
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
  ['exec of a name in a variable', "const name = ['add'].join('');\nconsole.log(await pool.exec(name, [1, 2]));", SCRIPT],
  ['exec, on', "console.log(await pool.exec('add', [1, 2], { on: console.log }));", SCRIPT],
  [
    'exec, transfer',
    "const bytes = new Uint8Array(9);\nconsole.log(await pool.exec('add', [bytes], { transfer: [bytes.buffer] }));",
    SCRIPT,
  ],
  ['timeout', 'console.log(await pool.exec(add, [1, 2]).timeout(100));', POOL],
  ['cancel', 'const promise = pool.exec(add, [1, 2]);\npromise.cancel();', POOL],
  ['always', 'pool.exec(add, [1, 2]).always(() => console.log());', POOL],
  ['exec of a name or a function', 'export const call = (task) => pool.exec(task, [1, 2]);', SCRIPT],
  ['proxy', 'const worker = await pool.proxy();\nconsole.log(await worker.add(1, 2));', SCRIPT],
  ['stats: busyWorkers, pendingTasks, activeTasks', 'console.log(pool.stats().busyWorkers);', POOL],
  ['stats: totalWorkers, idleWorkers', 'console.log(pool.stats().idleWorkers);', POOL],
  ['terminate', 'await pool.terminate();', POOL],
  ['terminate, its result', 'console.log(await pool.terminate());', POOL],
  ['terminate(true)', 'await pool.terminate(true);', POOL],
  [
    'Promise.CancellationError, Promise.TimeoutError',
    'export const isLate = (error) => error instanceof workerpool.Promise.CancellationError || error instanceof workerpool.Promise.TimeoutError;',
    POOL,
  ],
  [
    'a test of a message',
    "await pool.exec(add, [1, 2]).catch((error) => console.log(error.message.includes('terminated unexpectedly')));",
    POOL,
  ],
  ['cpus, isMainThread', 'console.log(workerpool.cpus, workerpool.isMainThread);', POOL],
  ['platform, TerminateError', 'console.log(workerpool.platform);', POOL],
  ['worker({ … })', 'function add(a, b) {\n  return a + b;\n}\nworkerpool.worker({ add });', SELF],
  ['worker({ … }), written in it', 'workerpool.worker({\n  add: (a, b) => a + b,\n  sub(a, b) {\n    return a - b;\n  },\n});', SELF],
  ['worker(methods)', 'const methods = { add: (a, b) => a + b };\nworkerpool.worker(methods);', SELF],
  ['worker() in a condition', 'if (!workerpool.isMainThread) {\n  workerpool.worker({ add: (a, b) => a + b });\n}', SELF],
  ['worker({ … }, options)', 'workerpool.worker({}, { onTerminate: () => undefined });', SELF],
  ['workerEmit', 'export const task = () => workerpool.workerEmit(1);', SELF],
  ['Transfer', 'export const task = (array) => new workerpool.Transfer(array, [array.buffer]);', SELF],
];
