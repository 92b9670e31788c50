// Every name, method and option of a pool, in use. docs/migrating-coverage.md shows what becomes of each.
export const preamble = `import { type AsyncOptions, type AsyncResult, type IMapIterator, type MapOptions, MaybeEncodingError, Pool, type PoolCalls, PoolClosedError, type PoolOptions, PoolRunningError, PoolTerminatedError, ThreadPool, asPool, toAsyncResult } from 'twinpool';
declare function fn(x: number): number;
declare function add(x: number, y: number): number;
declare function log(...values: unknown[]): void;
declare function throwing(value: number): void;
declare const xs: number[];
declare const lazy: Generator<number>;
declare const rows: [number, number][];
declare const name: 'map';
declare const error: unknown;
declare const signal: AbortSignal;
`;

/** Declared before the case: a pool, or what the case needs. */
const POOL = 'const pool = new Pool();\n';
const RESULT = `${POOL}const result = pool.applyAsync(fn, [1]);\n`;

/** [name, code, what stands before it] */
export const cases = [
  ['new Pool(n)', 'const pool = new Pool(2);\nawait pool.apply(fn, [1]);'],
  ['new Pool({ processes })', 'const pool = new Pool({ processes: 2 });'],
  ['new ThreadPool(n)', 'const pool = new ThreadPool(2);'],
  ['PoolOptions', 'const options: PoolOptions = { processes: 2, maxTasksPerChild: 9 };\nconst pool = new Pool(options);'],
  ['maxTasksPerChild', 'const pool = new Pool({ maxTasksPerChild: 10 });'],
  ['initializer, initargs', 'const pool = new Pool({ initializer: fn, initargs: [1] });'],
  [
    'the other options of a pool',
    "const pool = new Pool({ maxQueue: 9, onWorkerLoss: 'retry', retries: 1, taskTimeout: 1, killGrace: 1, idleTimeout: 1, name: 'p', env: 'minimal', argv: [], execArgv: [], workerData: 1, resourceLimits: {}, stdio: 'ignore' });",
  ],
  ['await using, all awaited', 'await using pool = new Pool(2);\nlog(await pool.map(fn, xs));'],
  ['await using, something open', 'await using pool = new Pool(2);\nconst result = pool.applyAsync(fn, [1]);\nlog(await result);'],
  ['Pool.use(options, body)', 'await Pool.use(2, (pool) => pool.map(fn, xs));'],
  [
    'Pool.use(options, body), something open',
    'await Pool.use(2, async (pool) => {\n  const result = pool.applyAsync(fn, [1]);\n  log(await result);\n});',
  ],
  ['apply', 'log(await pool.apply(add, [1, 2]));', POOL],
  ['apply, not awaited', 'const promise = pool.apply(add, [1, 2]);', POOL],
  ['apply with callbacks', 'await pool.apply(fn, [1], { callback: log, errorCallback: log });', POOL],
  ['applyAsync', 'const result = pool.applyAsync(add, [1, 2]);\nlog(await result);', POOL],
  [
    'applyAsync, arguments in a variable',
    'const args: [number, number] = [1, 2];\nconst result = pool.applyAsync(add, args);\nlog(await result);',
    POOL,
  ],
  ['applyAsync, callbacks, handle not used', 'pool.applyAsync(fn, [1], { callback: (value) => log(value), errorCallback: log });', POOL],
  [
    'applyAsync, callback, handle awaited',
    'const result = pool.applyAsync(fn, [1], { callback: throwing });\nlog(await result.get());',
    POOL,
  ],
  [
    'applyAsync, harmless callback, handle asked',
    'const result = pool.applyAsync(fn, [1], { callback: (value) => xs.push(value) });\nlog(result.ready());',
    POOL,
  ],
  [
    'applyAsync, callback that may throw, handle asked',
    'const result = pool.applyAsync(fn, [1], { callback: throwing });\nlog(result.ready());',
    POOL,
  ],
  [
    'applyAsync with options',
    'const result = pool.applyAsync(fn, [1], { signal, priority: 1, taskTimeout: 1000, retries: 1, onReport: log });\nlog(await result);',
    POOL,
  ],
  [
    'callbacks in a variable',
    'const options: AsyncOptions<number> = { callback: log };\nconst result = pool.applyAsync(fn, [1], options);\nlog(await result);',
    POOL,
  ],
  ['map', 'log(await pool.map(fn, xs));', POOL],
  ['map, chunksize', 'log(await pool.map(fn, xs, 10));', POOL],
  [
    'map with options',
    'log(await pool.map(fn, xs, { chunksize: 1, buffersize: 2, signal, priority: 1, taskTimeout: 9, onProgress: log, onReport: log }));',
    POOL,
  ],
  ['map, failFast', 'log(await pool.map(fn, xs, { failFast: true }));', POOL],
  ['map, into', 'log(await pool.map(fn, xs, { into: new Float64Array(3) }));', POOL],
  [
    'starmapAsync, into',
    'const result = pool.starmapAsync(add, rows, { into: new Uint8Array(3), callback: (bytes) => log(bytes.length) });\nlog(await result.get());',
    POOL,
  ],
  ['MapOptions', 'const options: MapOptions = { chunksize: 5 };\nlog(await pool.map(fn, xs, options));', POOL],
  ['mapAsync, asked once', 'const result = pool.mapAsync(fn, xs);\nlog(await result.get());', POOL],
  ['mapAsync, asked otherwise', 'const result = pool.mapAsync(fn, xs);\nlog(result.ready());', POOL],
  ['mapAsync with callbacks', 'pool.mapAsync(fn, xs, { callback: log });', POOL],
  ['starmap, rows written out', 'log(await pool.starmap(add, [[1, 2], [3, 4]]));', POOL],
  ['starmap, rows in a variable', 'log(await pool.starmap(add, rows));', POOL],
  ['starmapAsync, asked once', 'const result = pool.starmapAsync(add, rows);\nlog(await result);', POOL],
  ['imap', 'for await (const value of pool.imap(fn, xs)) log(value);', POOL],
  ['imap, lazy input', 'for await (const value of pool.imap(fn, lazy)) log(value);', POOL],
  ['imap, onError', "for await (const value of pool.imap(fn, xs, { onError: 'stop' })) log(value);", POOL],
  ['imap, indexed', 'for await (const { index, value } of pool.imap(fn, xs, { indexed: true })) log(index, value);', POOL],
  ['imap, toArray()', 'log(await pool.imap(fn, xs).toArray());', POOL],
  ['imap, batches()', 'for await (const values of pool.imap(fn, xs).batches()) log(values);', POOL],
  ['imap, next()', 'const values = pool.imap(fn, xs);\nlog(await values.next());', POOL],
  ['imap, settled()', 'const values = pool.imap(fn, xs);\nfor await (const outcome of values.settled()) log(outcome);', POOL],
  ['imap, next(timeout)', 'const values = pool.imap(fn, xs);\nlog(await values.next(100));', POOL],
  ['imap, return()', 'const values = pool.imap(fn, xs);\nawait values.return();', POOL],
  ['imap, throw()', 'const values = pool.imap(fn, xs);\nawait values.throw(error);', POOL],
  ['imapUnordered, loop over a list', 'for await (const value of pool.imapUnordered(fn, xs)) log(value);', POOL],
  ['imapUnordered, loop that may be left', 'for await (const value of pool.imapUnordered(fn, xs)) {\n  if (value > 1) break;\n}', POOL],
  ['imapUnordered, lazy input', 'for await (const value of pool.imapUnordered(fn, lazy)) log(value);', POOL],
  ['imapUnordered, onProgress', 'for await (const value of pool.imapUnordered(fn, xs, { onProgress: log })) log(value);', POOL],
  ['withOptions', 'const calls: PoolCalls = pool.withOptions({ priority: 1 });\nlog(await calls.map(fn, xs));', POOL],
  ['broadcast', 'log(await pool.broadcast(fn, [1], { taskTimeout: 9 }));', POOL],
  ['waitForCapacity', 'await pool.waitForCapacity(3);', POOL],
  ['ready', 'await pool.ready(1000);', POOL],
  ['stats', 'log(pool.stats());', POOL],
  ['close, join', 'pool.close();\nawait pool.join();', POOL],
  ['close', 'pool.close();\nlog();', POOL],
  ['terminate, join', 'pool.terminate();\nawait pool.join();', POOL],
  ['terminate', 'pool.terminate();\nlog();', POOL],
  ['join of an open pool', 'await pool.join();', POOL],
  ['AsyncResult.get', 'log(await result.get());', RESULT],
  ['AsyncResult.get(timeout)', 'log(await result.get(1000));', RESULT],
  ['AsyncResult.wait', 'await result.wait();', RESULT],
  ['AsyncResult.wait(timeout)', 'await result.wait(1000);', RESULT],
  ['AsyncResult.ready', 'log(result.ready());', RESULT],
  ['AsyncResult.successful', 'log(result.successful());', RESULT],
  ['AsyncResult.exception', 'log(await result.exception());', RESULT],
  ['AsyncResult.cancel', 'log(result.cancel());', RESULT],
  ['AsyncResult.then, catch, finally', 'result.then(log);\nresult.catch(log);\nresult.finally(log);', RESULT],
  [
    'AsyncResult in types',
    'const results: AsyncResult<number>[] = xs.map((x) => pool.applyAsync(fn, [x]));\nfor (const result of results) log(await result.get());',
    POOL,
  ],
  ['IMapIterator in types', 'const read = (values: IMapIterator<number>) => values.next();\nlog(await read(pool.imap(fn, xs)));', POOL],
  ['instanceof Pool', 'log(error instanceof Pool, error instanceof ThreadPool);'],
  ['PoolClosedError', "log(error instanceof PoolClosedError, 'ERR_TWINPOOL_POOL_CLOSED');"],
  ['PoolTerminatedError', 'log(error instanceof PoolTerminatedError);'],
  ['PoolRunningError', 'log(error instanceof PoolRunningError);'],
  ['MaybeEncodingError', 'log(error instanceof MaybeEncodingError);'],
  ['a method as a value', 'const map = pool.map.bind(pool);\nlog(map);', POOL],
  ['a method chosen at run time', 'log(await pool[name](fn, xs));', POOL],
  ['a subclass that overrides', 'class Mine extends Pool {\n  override close(): void {\n    super.close();\n  }\n}'],
  ['a subclass that does not', 'class Mine extends Pool {\n  squares(): Promise<number[]> {\n    return this.map(fn, xs);\n  }\n}'],
];
