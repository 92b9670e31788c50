// What of jest-worker is known, in use. docs/migrating-coverage.md shows what becomes of each.
export const preamble = `import { Worker } from 'jest-worker';
`;

/** The other files of each program. */
export const files = {
  'tasks.mjs': 'export const add = (a, b) => a + b;\n',
  'prepared.mjs': 'export const setup = (name) => name;\nexport const add = (a, b) => a + b;\n',
  'cleaned.mjs': 'export const teardown = () => undefined;\n',
};

const FILE = "new URL('./tasks.mjs', import.meta.url).pathname";
const POOL = `const worker = new Worker(${FILE});\n`;

/** [name, code, what stands before it] */
export const cases = [
  ['Worker', `const worker = new Worker(${FILE});`],
  ['enableWorkerThreads', `const worker = new Worker(${FILE}, { enableWorkerThreads: true });`],
  ['numWorkers, exposedMethods', `const worker = new Worker(${FILE}, { numWorkers: 2, exposedMethods: ['add'] });`],
  ['forkOptions', `const worker = new Worker(${FILE}, { forkOptions: { execArgv: [], env: { A: 'a' } } });`],
  ['forkOptions.stdio, …', `const worker = new Worker(${FILE}, { forkOptions: { stdio: 'inherit' } });`],
  ['maxRetries', `const worker = new Worker(${FILE}, { maxRetries: 0 });`],
  ['setup, setupArgs', "const worker = new Worker(new URL('./prepared.mjs', import.meta.url).pathname, { setupArgs: ['a'] });"],
  ['teardown', "const worker = new Worker(new URL('./cleaned.mjs', import.meta.url).pathname);"],
  [
    'computeWorkerKey, taskQueue, workerSchedulingPolicy, idleMemoryLimit, …',
    `const worker = new Worker(${FILE}, { computeWorkerKey: () => 'a' });`,
  ],
  ['a method', 'console.log(await worker.add(1, 2));', POOL],
  ['a method, not awaited', 'worker.add(1, 2).then(console.log);', POOL],
  ['a method that is chosen at run time', "const name = 'add';\nconsole.log(await worker[name](1, 2));", POOL],
  ['end', 'await worker.end();', POOL],
  ['end, its result', 'const { forceExited } = await worker.end();\nconsole.log(forceExited);', POOL],
  ['getStdout, getStderr', 'worker.getStdout().pipe(process.stdout);', POOL],
];
