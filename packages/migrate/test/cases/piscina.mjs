// What of piscina is known, in use. docs/migrating-coverage.md shows what becomes of each.
export const preamble = `import Piscina, { isWorkerThread, move, workerData } from 'piscina';
`;

/** The other files of each program. */
export const files = {
  'tasks.mjs': 'export const add = (x) => x;\nexport default add;\n',
  'other.mjs': 'export default (x) => x;\n',
};

/** A program that is its own task file. */
const SELF = 'const piscina = new Piscina({ filename: import.meta.filename });\n';
const POOL = "const piscina = new Piscina({ filename: new URL('./tasks.mjs', import.meta.url).href });\n";

/** [name, code, what stands before it] */
export const cases = [
  [
    'filename',
    "const piscina = new Piscina({ filename: new URL('./tasks.mjs', import.meta.url).href });\nconsole.log(await piscina.run(1));",
  ],
  [
    'name',
    "const piscina = new Piscina({ filename: new URL('./tasks.mjs', import.meta.url).href, name: 'add' });\nconsole.log(await piscina.run(1));",
  ],
  ['maxThreads', "const piscina = new Piscina({ filename: new URL('./tasks.mjs', import.meta.url).href, maxThreads: 4 });"],
  ['minThreads', 'const piscina = new Piscina({ minThreads: 2, maxThreads: 4 });'],
  ['minThreads that may be too many', 'const piscina = new Piscina({ minThreads: 8 });'],
  ['options in a constant', 'const options = { maxThreads: 4, idleTimeout: 100 };\nconst piscina = new Piscina(options);'],
  [
    'idleTimeout, maxQueue, resourceLimits, argv, execArgv, env, workerData',
    'const piscina = new Piscina({ idleTimeout: 100, maxQueue: 9, resourceLimits: {}, argv: [], execArgv: [], env: {}, workerData: 1 });',
  ],
  ['env: process.env', 'const piscina = new Piscina({ env: process.env });'],
  ['env: SHARE_ENV', "import { SHARE_ENV } from 'node:worker_threads';\nconst piscina = new Piscina({ env: SHARE_ENV });"],
  ["maxQueue: 'auto'", "const piscina = new Piscina({ maxThreads: 4, maxQueue: 'auto' });"],
  [
    'atomics, recordTiming, workerHistogram, trackUnmanagedFds',
    "const piscina = new Piscina({ atomics: 'sync', recordTiming: false, workerHistogram: true, trackUnmanagedFds: true });",
  ],
  ['concurrentTasksPerWorker', 'const piscina = new Piscina({ concurrentTasksPerWorker: 10 });'],
  ['taskQueue, niceIncrement, loadBalancer, closeTimeout', 'const piscina = new Piscina({ niceIncrement: 2, closeTimeout: 9 });'],
  ['run', 'console.log(await piscina.run({ a: 1 }));', POOL],
  ['run, not awaited', 'const promise = piscina.run({ a: 1 });', POOL],
  ['run, name', "console.log(await piscina.run({ a: 1 }, { name: 'add' }));", POOL],
  ['run, name in a variable', 'export const call = (name) => piscina.run(1, { name });', POOL],
  ['run, filename', "console.log(await piscina.run(1, { filename: new URL('./other.mjs', import.meta.url).href }));", POOL],
  ['run, signal', 'console.log(await piscina.run(1, { signal: AbortSignal.timeout(100) }));', POOL],
  ['runTask, of older versions', 'console.log(await piscina.runTask({ a: 1 }));', POOL],
  [
    "error.name === 'AbortError'",
    "const call = (signal) =>\n  piscina.run(1, { signal }).catch((error) => {\n    if (error.name !== 'AbortError') throw error;\n  });\nawait call(AbortSignal.timeout(100));",
    POOL,
  ],
  ['a test of a message', "await piscina.run(1).catch((error) => console.log(error.message === 'Terminating worker thread'));", POOL],
  ['run, transferList', 'const { buffer } = new Uint8Array(9);\nconsole.log(await piscina.run(buffer, { transferList: [buffer] }));', POOL],
  ['run, options in a variable', "const options = { name: 'add' };\nconsole.log(await piscina.run(1, options));", POOL],
  ['close', 'await piscina.close();', POOL],
  ['close({ force: true })', 'await piscina.close({ force: true });', POOL],
  ['destroy', 'await piscina.destroy();', POOL],
  ['await using', "await using piscina = new Piscina({ filename: new URL('./tasks.mjs', import.meta.url).href });"],
  ['queueSize', 'console.log(piscina.queueSize);', POOL],
  ['completed, threads, options, histogram, utilization, …', 'console.log(piscina.completed);', POOL],
  ['events', "piscina.on('drain', () => undefined);", POOL],
  ['move', 'export default (data) => move(data);', SELF],
  ['Piscina.move', 'export default () => Piscina.move(new Uint8Array(9));', SELF],
  ['isWorkerThread', 'console.log(isWorkerThread);', SELF],
  ['workerData in a task', 'export default () => workerData;', SELF],
  ['workerData outside of one', 'console.log(workerData);', SELF],
  ['move, in a file that no pool runs', 'export default (data) => move(data);'],
  ['a pool that is handed on', 'console.log(piscina);', POOL],
  ['a subclass', 'export class Threads extends Piscina {}'],
];
