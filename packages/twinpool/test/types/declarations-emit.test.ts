/** A library that exports what public functions return can emit its declarations: every type in them has a public name. */
import { test } from '@twinpool/testkit/sample';
import { expect } from 'vitest';
import { COMPILERS, Project } from './project.ts';

const LIBRARY = `import * as twinpool from 'twinpool';
import { context, isWorker } from 'twinpool/worker';
import * as core from 'twinpool/core';
import * as executors from 'twinpool/executor';
import * as pools from 'twinpool/pool';
export const references = twinpool.taskRef<{ parse(text: string): number }>('/tasks.js');
export const reference = twinpool.taskRef<(text: string) => number>('/tasks.js', 'parse');
export const moved = twinpool.transfer({ bytes: new ArrayBuffer(8) }, []);
export const pool = new twinpool.Pool(1);
export const threads = new twinpool.ThreadPool({ initializer: (name: string) => name, initargs: ['x'] });
export const runtime = new twinpool.WorkerRuntime();
export const kind = runtime.kind;
export const stats = runtime.stats();
export const waitTime = stats.waitTime;
export const executor = new twinpool.ProcessPoolExecutor();
export const threadExecutor = new twinpool.ThreadPoolExecutor();
export const future = executor.submit((x: number) => x, 1);
export const outcome = future.outcome();
export const results = executor.map((x: number) => x, [1]);
export const settledResults = results.settled();
export const executorView = executor.withOptions({});
export const applied = pool.apply((x: number) => x, [1]);
export const result = pool.applyAsync((x: number) => x, [1]);
export const mapResult = pool.mapAsync((x: number) => x, [1]);
export const starmapResult = pool.starmapAsync((x: number) => x, [[1]]);
export const iterator = pool.imap((x: number) => x, [1]);
export const settledIterator = iterator.settled();
export const poolView = pool.withOptions({});
export const waited = twinpool.wait([future, result]);
export const completed = twinpool.asCompleted([future]);
export const asExecutor = twinpool.asExecutor(pool);
export const asPool = twinpool.asPool(executor);
export const asFuture = twinpool.toFuture(result);
export const asResult = twinpool.toAsyncResult(future);
export const stream = twinpool.mapStream(pool, (x: number) => x);
export const webStream = twinpool.mapWebStream(pool, (x: number) => x);
export const ran = twinpool.runInExecutor(null, (x: number) => x, 1);
export const isAbort = twinpool.isAbort;
export const used = twinpool.Pool.use(1, (given) => given);
export const inWorker = { context, isWorker };
export const areSame = [core.TimeoutError === executors.TimeoutError, core.TimeoutError === pools.TimeoutError];
export const area = twinpool.defineTask({ input: {} as twinpool.StandardSchema<[w: number, h: number]>, output: {} as twinpool.StandardSchema<number> }, (w, h) => w * h);
export class MyPool extends twinpool.ThreadPool {}
export class MyExecutor extends twinpool.ThreadPoolExecutor {}
export class MyRuntime extends twinpool.WorkerRuntime {}
export const args = <T extends twinpool.Task>(task: T) => task;
`;

test.each(COMPILERS)('%s', async (compiler) => {
  using project = new Project({ 'library.ts': LIBRARY }, { noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: 'out' });
  expect(await project.compile(compiler)).toBe('');
});
