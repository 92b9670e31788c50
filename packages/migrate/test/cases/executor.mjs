// Every name, method and option of an executor, in use. docs/migrating-coverage.md shows what becomes of each.
export const preamble = `import { ALL_COMPLETED, BrokenExecutorError, CancelledError, Executor, type ExecutorCalls, type ExecutorMapOptions, type ExecutorOptions, ExecutorShutdownError, Future, ProcessPoolExecutor, type ResultIterator, ThreadPoolExecutor, asCompleted, asExecutor, runInExecutor, toFuture, wait } from 'twinpool';
declare function fn(x: number): number;
declare function add(x: number, y: number): number;
declare function log(...values: unknown[]): void;
declare const xs: number[];
declare const ys: number[];
declare const lazy: Generator<number>;
declare const error: unknown;
declare const signal: AbortSignal;
declare const name: 'submit';
`;

const EXECUTOR = 'const executor = new ProcessPoolExecutor();\n';
const FUTURE = `${EXECUTOR}const future = executor.submit(fn, 1);\n`;

/** [name, code, what stands before it] */
export const cases = [
  ['new ProcessPoolExecutor(n)', 'const executor = new ProcessPoolExecutor(2);'],
  ['new ProcessPoolExecutor({ maxWorkers })', 'const executor = new ProcessPoolExecutor({ maxWorkers: 2 });'],
  ['new ThreadPoolExecutor(n)', 'const executor = new ThreadPoolExecutor(2);'],
  [
    'ExecutorOptions',
    'const options: ExecutorOptions = { maxWorkers: 2, maxTasksPerChild: 9 };\nconst executor = new ProcessPoolExecutor(options);',
  ],
  ['maxTasksPerChild', 'const executor = new ProcessPoolExecutor({ maxTasksPerChild: 10 });'],
  ['initializer, initargs', 'const executor = new ProcessPoolExecutor({ initializer: fn, initargs: [1] });'],
  [
    'the other options of an executor',
    "const executor = new ProcessPoolExecutor({ maxQueue: 9, onWorkerLoss: 'retry', retries: 1, taskTimeout: 1, killGrace: 1, idleTimeout: 1, name: 'p', env: 'minimal', argv: [], execArgv: [], workerData: 1, resourceLimits: {}, stdio: 'ignore' });",
  ],
  ['await using, all awaited', 'await using executor = new ProcessPoolExecutor(2);\nlog(await executor.submit(fn, 1));'],
  [
    'await using, something open',
    'await using executor = new ProcessPoolExecutor(2);\nconst future = executor.submit(fn, 1);\nlog(await future);',
  ],
  [
    'ProcessPoolExecutor.use(options, body)',
    'await ProcessPoolExecutor.use(2, async (executor) => {\n  const future = executor.submit(fn, 1);\n  log(await future);\n});',
  ],
  ['submit, awaited', 'log(await executor.submit(add, 1, 2));', EXECUTOR],
  ['submit', 'const future = executor.submit(add, 1, 2);\nlog(await future);', EXECUTOR],
  [
    'submit, spread arguments',
    'const args: [number, number] = [1, 2];\nconst future = executor.submit(add, ...args);\nlog(await future);',
    EXECUTOR,
  ],
  ['map, loop', 'for await (const value of executor.map(fn, xs)) log(value);', EXECUTOR],
  ['map, loop, lazy input', 'for await (const value of executor.map(fn, lazy)) log(value);', EXECUTOR],
  ['map, toArray()', 'log(await executor.map(fn, xs).toArray());', EXECUTOR],
  ["map, onError: 'continue'", "log(await executor.map(fn, xs, { onError: 'continue' }).toArray());", EXECUTOR],
  ['map, several inputs, toArray()', 'log(await executor.map(add, [1, 2], [3, 4]).toArray());', EXECUTOR],
  ['map, several inputs in variables', 'log(await executor.map(add, xs, ys).toArray());', EXECUTOR],
  ['map, several inputs, loop', 'for await (const value of executor.map(add, xs, ys)) log(value);', EXECUTOR],
  [
    'map with options',
    'for await (const value of executor.map(fn, xs, { chunksize: 1, buffersize: 2, signal, priority: 1, taskTimeout: 9, onProgress: log, onReport: log })) log(value);',
    EXECUTOR,
  ],
  ['map, timeout', 'for await (const value of executor.map(fn, xs, { timeout: 1000 })) log(value);', EXECUTOR],
  [
    'ExecutorMapOptions',
    'const options: ExecutorMapOptions = { chunksize: 5 };\nlog(await executor.map(fn, xs, options).toArray());',
    EXECUTOR,
  ],
  ['ResultIterator.next, return', 'const values = executor.map(fn, xs);\nlog(await values.next());\nawait values.return();', EXECUTOR],
  ['ResultIterator.toArray, later', 'const values = executor.map(fn, xs);\nlog(await values.toArray());', EXECUTOR],
  [
    'ResultIterator.toArray, of the rest',
    'const values = executor.map(fn, xs);\nlog(await values.next(), await values.toArray());',
    EXECUTOR,
  ],
  ['ResultIterator.settled', 'for await (const outcome of executor.map(fn, xs).settled()) log(outcome);', EXECUTOR],
  [
    'ResultIterator in types',
    'const read = (values: ResultIterator<number>) => values.next();\nlog(await read(executor.map(fn, xs)));',
    EXECUTOR,
  ],
  ['withOptions', 'const calls: ExecutorCalls = executor.withOptions({ priority: 1 });\nlog(await calls.submit(fn, 1));', EXECUTOR],
  [
    'withOptions at the call',
    'const future = executor.withOptions({ signal, priority: 1, taskTimeout: 9, retries: 1, onReport: log }).submit(fn, 1);\nlog(await future);',
    EXECUTOR,
  ],
  ['broadcast', 'log(await executor.withOptions({ taskTimeout: 9 }).broadcast(fn, 1));', EXECUTOR],
  ['waitForCapacity', 'await executor.waitForCapacity(3);', EXECUTOR],
  ['ready', 'await executor.ready(1000);', EXECUTOR],
  ['stats', 'log(executor.stats());', EXECUTOR],
  ['shutdown()', 'await executor.shutdown();', EXECUTOR],
  ['shutdown({ wait: false })', 'void executor.shutdown({ wait: false });', EXECUTOR],
  ['shutdown({ cancelFutures: true })', 'await executor.shutdown({ cancelFutures: true });', EXECUTOR],
  ['shutdown({ timeout })', 'await executor.shutdown({ timeout: 1000 });', EXECUTOR],
  ['terminateWorkers()', 'await executor.terminateWorkers();', EXECUTOR],
  ['killWorkers()', 'await executor.killWorkers();', EXECUTOR],
  ['Future.result', 'log(await future.result());', FUTURE],
  ['Future.result(timeout)', 'log(await future.result(1000));', FUTURE],
  ['Future.exception', 'log(await future.exception());', FUTURE],
  ['Future.done', 'log(future.done());', FUTURE],
  ['Future.cancel', 'log(future.cancel());', FUTURE],
  ['Future.cancelled', 'log(future.cancelled());', FUTURE],
  ['Future.running', 'log(future.running());', FUTURE],
  ['Future.resultNow, exceptionNow, outcome', 'log(future.resultNow(), future.exceptionNow(), future.outcome());', FUTURE],
  ['Future.addDoneCallback', 'future.addDoneCallback(() => log());', FUTURE],
  ['Future.addDoneCallback(future)', 'future.addDoneCallback(log);', FUTURE],
  ['Future.addDoneCallback, value and error', 'executor.submit(fn, 1).addDoneCallback((future) => future.then(log, log));', EXECUTOR],
  ['Future.then, catch, finally', 'future.then(log);\nfuture.catch(log);\nfuture.finally(log);', FUTURE],
  [
    'Future in types',
    'const futures: Future<number>[] = xs.map((x) => executor.submit(fn, x));\nfor (const future of futures) log(await future.result());',
    EXECUTOR,
  ],
  ['a future of your own', 'const future = new Future<number>();\nfuture.setResult(1);'],
  ['wait', 'const { done } = await wait([future], { returnWhen: ALL_COMPLETED });\nlog(done);', FUTURE],
  ['asCompleted', 'for await (const each of asCompleted([future])) log(await each.result());', FUTURE],
  ['runInExecutor', 'log(await runInExecutor(executor, add, 1, 2));', EXECUTOR],
  ['instanceof', 'log(error instanceof Executor, error instanceof ProcessPoolExecutor, error instanceof ThreadPoolExecutor);'],
  ['ExecutorShutdownError', "log(error instanceof ExecutorShutdownError, 'ERR_TWINPOOL_EXECUTOR_SHUTDOWN');"],
  ['BrokenExecutorError', 'log(error instanceof BrokenExecutorError);'],
  ['BrokenExecutorError or CancelledError', 'log(error instanceof BrokenExecutorError || error instanceof CancelledError);'],
  ['a method as a value', 'const submit = executor.submit.bind(executor);\nlog(submit);', EXECUTOR],
  ['a method chosen at run time', 'log(await executor[name](fn, 1));', EXECUTOR],
  ['an executor of your own', 'class Mine extends Executor {\n  override submit(): never {\n    throw new Error();\n  }\n}'],
];
