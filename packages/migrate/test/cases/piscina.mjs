// What of piscina is known, in use. docs/migrating-coverage.md shows what becomes of each.
export const preamble = `import Piscina, { isWorkerThread, move, workerData } from 'piscina';
`;

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
  [
    'maxThreads, minThreads',
    "const piscina = new Piscina({ filename: new URL('./tasks.mjs', import.meta.url).href, minThreads: 1, maxThreads: 4 });",
  ],
  [
    'idleTimeout, maxQueue, resourceLimits, argv, execArgv, env, workerData',
    'const piscina = new Piscina({ idleTimeout: 100, maxQueue: 9, resourceLimits: {}, argv: [], execArgv: [], env: {}, workerData: 1 });',
  ],
  ["maxQueue: 'auto'", "const piscina = new Piscina({ maxThreads: 4, maxQueue: 'auto' });"],
  [
    'atomics, recordTiming, closeTimeout, …',
    "const piscina = new Piscina({ atomics: 'sync', recordTiming: false, closeTimeout: 9, stricterFIFO: true, workerHistogram: true, trackUnmanagedFds: true });",
  ],
  ['concurrentTasksPerWorker, taskQueue, niceIncrement, loadBalancer', 'const piscina = new Piscina({ concurrentTasksPerWorker: 2 });'],
  ['run', 'console.log(await piscina.run({ a: 1 }));', POOL],
  ['run, not awaited', 'const promise = piscina.run({ a: 1 });', POOL],
  ['run, name', "console.log(await piscina.run({ a: 1 }, { name: 'add' }));", POOL],
  ['run, filename', "console.log(await piscina.run(1, { filename: new URL('./other.mjs', import.meta.url).href }));", POOL],
  ['run, signal', 'console.log(await piscina.run(1, { signal: AbortSignal.timeout(100) }));', POOL],
  ['run, transferList', 'const { buffer } = new Uint8Array(9);\nconsole.log(await piscina.run(buffer, { transferList: [buffer] }));', POOL],
  ['run, options in a variable', "const options = { name: 'add' };\nconsole.log(await piscina.run(1, options));", POOL],
  ['close', 'await piscina.close();', POOL],
  ['close({ force: true })', 'await piscina.close({ force: true });', POOL],
  ['destroy', 'await piscina.destroy();', POOL],
  ['await using', "await using piscina = new Piscina({ filename: new URL('./tasks.mjs', import.meta.url).href });"],
  ['completed, queueSize', 'console.log(piscina.completed, piscina.queueSize);', POOL],
  ['threads, options, histogram, utilization, …', 'console.log(piscina.threads);', POOL],
  ['events', "piscina.on('drain', () => undefined);", POOL],
  ['move', 'export default (data) => move(data);'],
  ['Piscina.move', 'export default () => Piscina.move(new Uint8Array(9));'],
  ['isWorkerThread', 'console.log(isWorkerThread);'],
  ['workerData in a task', 'export default () => workerData;'],
  ['workerData outside of one', 'console.log(workerData);'],
];
