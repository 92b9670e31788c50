// Type tests of the public API: inference, and errors. Checked by tsc, not run.
import { pipeline } from 'node:stream/promises';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import {
  asExecutor,
  asPool,
  type MapStream,
  type MapStreamOptions,
  mapStream,
  mapWebStream,
  runInExecutor,
  type StreamTarget,
  toAsyncResult,
  toFuture,
  type WebStreamPair,
} from '@twinpool/adapters';
import type { CheckedTask, Executor, Future, ProcessPoolExecutor, TaskReference, ThreadPoolExecutor } from '@twinpool/executor';
import type { AsyncResult, Pool, PoolCalls, ThreadPool } from '@twinpool/pool';
import { expectTypeOf, test } from 'vitest';

declare const pool: Pool;
declare const threads: ThreadPool;
declare const executor: ProcessPoolExecutor;
declare const base: Executor;
declare const area: CheckedTask<[width: number, height: number], number>;
declare const heading: CheckedTask<[text: string, level?: number | undefined], string>;
declare const parse: TaskReference<(text: string, strict?: boolean) => Promise<{ words: number }>>;

const square = (x: number): number => x * x;
const later = async (x: number): Promise<string> => String(x);
const identity = <T>(value: T): T => value;

test('asExecutor, asPool', () => {
  expectTypeOf(asExecutor(pool)).toEqualTypeOf<Executor>();
  expectTypeOf(asExecutor(threads)).toEqualTypeOf<Executor>();
  expectTypeOf(asPool(executor)).toEqualTypeOf<Pool>();
  expectTypeOf(asPool(base)).toEqualTypeOf<Pool>();
  expectTypeOf(asPool({} as ThreadPoolExecutor).map(square, [1])).toEqualTypeOf<Promise<number[]>>();
  // @ts-expect-error a view has no workers to be shared
  asExecutor({} as PoolCalls);
  // @ts-expect-error the other one is meant
  asExecutor(executor);
  // @ts-expect-error the other one is meant
  asPool(pool);
});

test('toFuture, toAsyncResult', () => {
  expectTypeOf(toFuture(pool.applyAsync(later, [1]))).toEqualTypeOf<Future<string>>();
  expectTypeOf(toFuture(pool.mapAsync(square, [1]))).toEqualTypeOf<Future<number[]>>();
  expectTypeOf(toAsyncResult(executor.submit(parse, 'a'))).toEqualTypeOf<AsyncResult<{ words: number }>>();
  expectTypeOf(toAsyncResult(toFuture(pool.applyAsync(area, [1, 2])))).toEqualTypeOf<AsyncResult<number>>();
  // @ts-expect-error a future is not a result
  toFuture(executor.submit(square, 1));
  // @ts-expect-error a result is not a future
  toAsyncResult(pool.applyAsync(square, [1]));
  // @ts-expect-error a promise is neither
  toFuture(Promise.resolve(1));
});

test('mapStream', async () => {
  expectTypeOf(mapStream(pool, square)).toEqualTypeOf<MapStream<number>>();
  expectTypeOf(mapStream(executor, later, { ordered: false, concurrency: 4 })).toEqualTypeOf<MapStream<string>>();
  expectTypeOf(mapStream(base, parse)).toEqualTypeOf<MapStream<{ words: number }>>();
  expectTypeOf(mapStream(pool.withOptions({ priority: 1 }), heading)).toEqualTypeOf<MapStream<string>>();
  expectTypeOf(mapStream(executor.withOptions({}), (x: Date) => x.getTime())).toEqualTypeOf<MapStream<number>>();
  expectTypeOf(mapStream(threads, identity<Map<string, number>>)).toEqualTypeOf<MapStream<Map<string, number>>>();
  for await (const value of mapStream(pool, later)) expectTypeOf(value).toEqualTypeOf<string>();
  const stream = mapStream(pool, square);
  expectTypeOf(stream.destroyed).toEqualTypeOf<boolean>();
  process.stdin.pipe(stream).pipe(process.stdout);
  await pipeline(process.stdin, stream, process.stdout);
  await pipeline(process.stdin, mapStream(pool, square), async (source) => {
    for await (const _ of source);
  });
  // @ts-expect-error not from two arguments
  mapStream(pool, area);
  // @ts-expect-error no such option
  mapStream(pool, square, { speed: 1 });
  // @ts-expect-error no target
  mapStream({}, square);
  expectTypeOf<Pool>().toExtend<StreamTarget>();
  expectTypeOf<Executor>().toExtend<StreamTarget>();
  expectTypeOf<MapStreamOptions>().toEqualTypeOf<{ ordered?: boolean | undefined; concurrency?: number | undefined }>();
});

test('mapWebStream', async () => {
  const pair = mapWebStream(executor, later);
  expectTypeOf(pair).toEqualTypeOf<WebStreamPair<number, string>>();
  expectTypeOf(pair.readable).toEqualTypeOf<ReadableStream<string>>();
  expectTypeOf(pair.writable).toEqualTypeOf<WritableStream<number>>();
  expectTypeOf(mapWebStream(pool, parse, { ordered: true })).toEqualTypeOf<WebStreamPair<string, { words: number }>>();
  expectTypeOf(mapWebStream(pool, heading)).toEqualTypeOf<WebStreamPair<string, string>>();
  const piped = ({} as ReadableStream<number>).pipeThrough(pair);
  expectTypeOf(piped).toEqualTypeOf<ReadableStream<string>>();
  for await (const value of piped) expectTypeOf(value).toEqualTypeOf<string>();
  // @ts-expect-error strings are not what it takes
  ({}) as ReadableStream<string> satisfies { pipeThrough(pair: WebStreamPair<number, string>): unknown };
  // @ts-expect-error not from two arguments
  mapWebStream(pool, area);
});

test('runInExecutor', () => {
  expectTypeOf(runInExecutor(null, square, 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(runInExecutor(executor, later, 1)).toEqualTypeOf<Promise<string>>();
  expectTypeOf(runInExecutor(base, () => undefined)).toEqualTypeOf<Promise<undefined>>();
  expectTypeOf(runInExecutor(executor.withOptions({}), area, 1, 2)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(runInExecutor(asExecutor(pool), parse, 'a', true)).toEqualTypeOf<Promise<{ words: number }>>();
  // @ts-expect-error an argument is wanted
  void runInExecutor(null, square);
  // @ts-expect-error of another type
  void runInExecutor(null, square, '1');
  // @ts-expect-error a pool is not an executor
  void runInExecutor(pool, square, 1);
  // @ts-expect-error say null
  void runInExecutor(undefined, square, 1);
});
