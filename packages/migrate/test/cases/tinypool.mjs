// What of tinypool is known, in use. docs/migrating-coverage.md shows what becomes of each.
export const preamble = `import Tinypool, { move, workerData } from 'tinypool';
`;

/** The other files of each program. */
export const files = { 'tasks.mjs': 'export const add = (x) => x;\nexport default add;\nexport const end = () => undefined;\n' };

const SELF = 'const pool = new Tinypool({ filename: import.meta.filename });\n';
const POOL = "const pool = new Tinypool({ filename: new URL('./tasks.mjs', import.meta.url).href });\n";

/** [name, code, what stands before it] */
export const cases = [
  ['filename, maxThreads', "const pool = new Tinypool({ filename: new URL('./tasks.mjs', import.meta.url).href, maxThreads: 4 });"],
  ["runtime: 'child_process'", "const pool = new Tinypool({ runtime: 'child_process' });"],
  ['isolateWorkers', 'const pool = new Tinypool({ isolateWorkers: true });'],
  ['concurrentTasksPerWorker', 'const pool = new Tinypool({ concurrentTasksPerWorker: 10 });'],
  ['teardown', "const pool = new Tinypool({ filename: new URL('./tasks.mjs', import.meta.url).href, minThreads: 1, teardown: 'end' });"],
  ['terminateTimeout, serialization, …', 'const pool = new Tinypool({ terminateTimeout: 100 });'],
  ['run', 'console.log(await pool.run({ a: 1 }));', POOL],
  ['run, name', "console.log(await pool.run({ a: 1 }, { name: 'add' }));", POOL],
  ['run, signal', 'console.log(await pool.run(1, { signal: AbortSignal.timeout(100) }));', POOL],
  ['run, channel, runtime', 'console.log(await pool.run(1, { channel: {} }));', POOL],
  ['destroy', 'await pool.destroy();', POOL],
  ['queueSize', 'console.log(pool.queueSize);', POOL],
  ['threads, completed, options, recycleWorkers, cancelPendingTasks', 'pool.cancelPendingTasks();', POOL],
  ['move', 'export default (data) => move(data);', SELF],
  ['workerData in a task', 'export default () => workerData;', SELF],
];
