// What the compiler says of the public types: inference, what may be left out, what is refused. Checked by tsc, never run.
import {
  type AsyncMapOptions,
  type AsyncOptions,
  type AsyncResult,
  type CheckedTask,
  type IMapIterator,
  type ImapOptions,
  type MapOptions,
  type MapResult,
  Pool,
  type PoolCalls,
  type PoolOptions,
  type RuntimeStats,
  type SettledIterator,
  type TaskReference,
  ThreadPool,
  taskRef,
  type WholeMapOptions,
  type WorkerRuntime,
} from '@twinpool/pool';
import { expectTypeOf, test } from 'vitest';

declare const pool: Pool;
declare const runtime: WorkerRuntime;
declare const area: CheckedTask<[width: number, height: number], number>;
declare const heading: CheckedTask<[text: string, level?: number | undefined], string>;
declare const parse: TaskReference<(text: string, strict?: boolean) => Promise<{ words: number }>>;
declare const untyped: TaskReference;

const square = (x: number): number => x * x;
const later = async (x: number): Promise<string> => String(x);
const seven = (): number => 7;
const greet = (name: string, greeting = 'hello'): string => `${greeting} ${name}`;
const identity = <T>(value: T): T => value;
const pair = <A, B>(a: A, b: B): [A, B] => [a, b];
const sum = (...xs: number[]): number => xs.length;

async function* numbers(): AsyncGenerator<number> {
  yield 1;
}

test('apply', () => {
  expectTypeOf(pool.apply(square, [3])).toEqualTypeOf<Promise<number>>();
  expectTypeOf(pool.apply(later, [3])).toEqualTypeOf<Promise<string>>();
  expectTypeOf(pool.apply(seven)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(pool.apply(seven, [])).toEqualTypeOf<Promise<number>>();
  expectTypeOf(pool.apply(seven, undefined, { priority: 1 })).toEqualTypeOf<Promise<number>>();
  expectTypeOf(pool.apply(greet, ['you'])).toEqualTypeOf<Promise<string>>();
  expectTypeOf(pool.apply(greet, ['you', 'hi'], { callback: (text) => expectTypeOf(text).toEqualTypeOf<string>() })).toEqualTypeOf<
    Promise<string>
  >();
  expectTypeOf(pool.apply(sum)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(pool.apply(sum, [1, 2, 3])).toEqualTypeOf<Promise<number>>();
  expectTypeOf(pool.apply((a: number, b: number) => a + b, [1, 2] as const)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(pool.apply(identity<string>, ['a'])).toEqualTypeOf<Promise<string>>();
  expectTypeOf(pool.apply(identity, ['a'])).toEqualTypeOf<Promise<string>>();
  expectTypeOf(pool.apply((a, b) => a + b, [1, 2])).toEqualTypeOf<Promise<number>>();
  expectTypeOf(pool.apply(pair, ['a', 1])).toEqualTypeOf<Promise<[string, number]>>();
  // @ts-expect-error an argument is wanted
  void pool.apply(square);
  // @ts-expect-error of another type
  void pool.apply(square, ['3']);
  // @ts-expect-error one too many
  void pool.apply(square, [3, 4]);
  // @ts-expect-error arguments are an array
  void pool.apply(square, 3);
  // @ts-expect-error no such option
  void pool.apply(square, [3], { chunksize: 1 });
  // @ts-expect-error neither a function nor a reference
  void pool.apply('square', [3]);
});

test('apply of references and checked tasks', () => {
  expectTypeOf(pool.apply(parse, ['text'])).toEqualTypeOf<Promise<{ words: number }>>();
  expectTypeOf(pool.apply(parse, ['text', true])).toEqualTypeOf<Promise<{ words: number }>>();
  expectTypeOf(pool.apply(area, [2, 3])).toEqualTypeOf<Promise<number>>();
  expectTypeOf(pool.apply(heading, ['text'])).toEqualTypeOf<Promise<string>>();
  expectTypeOf(pool.apply(untyped, [1, 'two'])).toEqualTypeOf<Promise<unknown>>();
  expectTypeOf(pool.apply(taskRef<typeof square>('/tasks.js', 'square'), [3])).toEqualTypeOf<Promise<number>>();
  // @ts-expect-error an argument is wanted
  void pool.apply(parse);
  // @ts-expect-error of another type
  void pool.apply(parse, [3]);
  // @ts-expect-error two arguments are wanted
  void pool.apply(area, [2]);
});

test('applyAsync', () => {
  expectTypeOf(pool.applyAsync(square, [3])).toEqualTypeOf<AsyncResult<number>>();
  expectTypeOf(pool.applyAsync(later, [3])).toEqualTypeOf<AsyncResult<string>>();
  expectTypeOf(pool.applyAsync(seven)).toEqualTypeOf<AsyncResult<number>>();
  expectTypeOf(pool.applyAsync(parse, ['text'])).toEqualTypeOf<AsyncResult<{ words: number }>>();
  void pool.applyAsync(later, [3], {
    callback: (text) => expectTypeOf(text).toEqualTypeOf<string>(),
    errorCallback: (error) => expectTypeOf(error).toEqualTypeOf<unknown>(),
    signal: undefined,
    priority: undefined,
    taskTimeout: undefined,
    onReport: (value, index) => expectTypeOf({ value, index }).toEqualTypeOf<{ value: unknown; index: number }>(),
  });
  // @ts-expect-error an argument is wanted
  void pool.applyAsync(square);
});

test('AsyncResult', async () => {
  const result = pool.applyAsync(later, [3]);
  expectTypeOf(result).toExtend<Promise<string>>();
  expectTypeOf(await result).toEqualTypeOf<string>();
  expectTypeOf(result.get()).toEqualTypeOf<Promise<string>>();
  expectTypeOf(result.get(5)).toEqualTypeOf<Promise<string>>();
  expectTypeOf(result.wait(5)).toEqualTypeOf<Promise<void>>();
  expectTypeOf(result.ready()).toEqualTypeOf<boolean>();
  expectTypeOf(result.successful()).toEqualTypeOf<boolean>();
  expectTypeOf(result.exception(5)).toEqualTypeOf<Promise<unknown>>();
  expectTypeOf(result.cancel()).toEqualTypeOf<boolean>();
  expectTypeOf(result.then((text) => text.length)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(result.catch(() => 0)).toEqualTypeOf<Promise<string | number>>();
  expectTypeOf(Promise.all([result, 1])).toEqualTypeOf<Promise<[string, number]>>();
});

test('map', () => {
  expectTypeOf(pool.map(square, [1, 2])).toEqualTypeOf<Promise<number[]>>();
  expectTypeOf(pool.map(later, new Set([1]))).toEqualTypeOf<Promise<string[]>>();
  expectTypeOf(pool.map(square, numbers())).toEqualTypeOf<Promise<number[]>>();
  expectTypeOf(pool.map(square, new Float64Array(3))).toEqualTypeOf<Promise<number[]>>();
  expectTypeOf(pool.map((letter: string) => letter, 'text')).toEqualTypeOf<Promise<string[]>>();
  expectTypeOf(pool.map((x) => [x], [1, 2])).toEqualTypeOf<Promise<number[][]>>();
  expectTypeOf(pool.map(greet, ['you'])).toEqualTypeOf<Promise<string[]>>();
  expectTypeOf(pool.map(seven, [1])).toEqualTypeOf<Promise<number[]>>();
  expectTypeOf(pool.map(identity, [1, 2])).toEqualTypeOf<Promise<number[]>>();
  expectTypeOf(pool.map((x: number | string) => x, [1, 2])).toEqualTypeOf<Promise<(number | string)[]>>();
  expectTypeOf(pool.map(([key, value]: [string, number]) => key + value, new Map([['a', 1]]))).toEqualTypeOf<Promise<string[]>>();
  expectTypeOf(pool.map(parse, ['text'], 10)).toEqualTypeOf<Promise<{ words: number }[]>>();
  expectTypeOf(pool.map(heading, ['text'])).toEqualTypeOf<Promise<string[]>>();
  expectTypeOf(pool.map(untyped, [1])).toEqualTypeOf<Promise<unknown[]>>();
  void pool.map(square, [1], { chunksize: 1, buffersize: 2, onProgress: ({ completed, total }) => [completed, total] });
  // @ts-expect-error items of another type
  void pool.map(square, ['1']);
  // @ts-expect-error not iterable
  void pool.map(square, 1);
  // @ts-expect-error two arguments are wanted
  void pool.map((a: number, b: number) => a + b, [1]);
  void pool.starmap((a: number, b: number) => a + b, [[1, 2]], { failFast: true });
  // @ts-expect-error it is not for maps that end as a whole
  void pool.map(square, [1], { onError: 'stop' });
  // @ts-expect-error callbacks are for mapAsync
  void pool.map(square, [1], { callback: () => undefined });
});

test('map into a typed array', () => {
  const numbers = new Float64Array(3);
  const bigints = new BigInt64Array(3);
  expectTypeOf(pool.map(square, [1], { into: numbers })).toEqualTypeOf<Promise<Float64Array<ArrayBuffer>>>();
  expectTypeOf(pool.map(async (x) => x * 2, [1], { into: numbers, chunksize: 3 })).toEqualTypeOf<Promise<Float64Array<ArrayBuffer>>>();
  expectTypeOf(pool.map((x) => BigInt(x), [1], { into: bigints })).toEqualTypeOf<Promise<BigInt64Array<ArrayBuffer>>>();
  expectTypeOf(pool.map(square, [1], { into: Buffer.alloc(3) })).toEqualTypeOf<Promise<Buffer<ArrayBuffer>>>();
  const shared = new Int8Array(new SharedArrayBuffer(1));
  expectTypeOf(pool.map(square, [1], { into: shared })).toEqualTypeOf<Promise<Int8Array<SharedArrayBuffer>>>();
  expectTypeOf(pool.map(untyped, [1], { into: numbers })).toEqualTypeOf<Promise<Float64Array<ArrayBuffer>>>();
  expectTypeOf(pool.starmap(area, [[1, 2]], { into: numbers })).toEqualTypeOf<Promise<Float64Array<ArrayBuffer>>>();
  const handle = pool.mapAsync(square, [1], {
    into: numbers,
    callback: (array) => expectTypeOf(array).toEqualTypeOf<Float64Array<ArrayBuffer>>(),
  });
  expectTypeOf(handle).toEqualTypeOf<MapResult<number, Float64Array<ArrayBuffer>>>();
  expectTypeOf(handle.settled()).toEqualTypeOf<Promise<PromiseSettledResult<number>[]>>();
  expectTypeOf(pool.starmapAsync((x: number, y: number) => BigInt(x + y), [[1, 2]], { into: bigints })).toEqualTypeOf<
    MapResult<bigint, BigInt64Array<ArrayBuffer>>
  >();
  expectTypeOf(pool.withOptions({}).map(square, [1], { into: numbers })).toEqualTypeOf<Promise<Float64Array<ArrayBuffer>>>();
  // undefined is as if it was not given.
  expectTypeOf(pool.map(square, [1], { into: undefined })).toEqualTypeOf<Promise<number[]>>();
  // The type that is wanted of the promise does not make an array of results.
  const wanted: Promise<readonly (number | undefined)[]> = pool.map(square, [1]);
  void wanted;
  // @ts-expect-error the task does not return a number
  void pool.map(later, [1], { into: numbers });
  // @ts-expect-error the task returns a number, not a bigint
  void pool.map(square, [1], { into: bigints });
  // @ts-expect-error not a typed array
  void pool.map(square, [1], { into: new DataView(new ArrayBuffer(8)) });
  // @ts-expect-error results come one by one
  void pool.imap(square, [1], { into: numbers });
});

test('mapAsync', () => {
  expectTypeOf(pool.mapAsync(later, [1, 2])).toEqualTypeOf<MapResult<string>>();
  expectTypeOf(pool.mapAsync(later, [1, 2])).toExtend<AsyncResult<string[]>>();
  expectTypeOf(pool.mapAsync(later, [1, 2]).settled()).toEqualTypeOf<Promise<PromiseSettledResult<string>[]>>();
  expectTypeOf(pool.mapAsync(parse, ['a'])).toEqualTypeOf<MapResult<{ words: number }>>();
  void pool.mapAsync(later, [1], { chunksize: 3, callback: (texts) => expectTypeOf(texts).toEqualTypeOf<string[]>() });
});

test('starmap and starmapAsync', () => {
  const add = (a: number, b: number): number => a + b;
  const rows: [number, number][] = [[1, 2]];
  expectTypeOf(
    pool.starmap(add, [
      [1, 2],
      [3, 4],
    ]),
  ).toEqualTypeOf<Promise<number[]>>();
  expectTypeOf(pool.starmap(add, rows)).toEqualTypeOf<Promise<number[]>>();
  expectTypeOf(pool.starmap(add, [[1, 2]] as const)).toEqualTypeOf<Promise<number[]>>();
  expectTypeOf(pool.starmap(greet, [['you'], ['me', 'hi']])).toEqualTypeOf<Promise<string[]>>();
  expectTypeOf(pool.starmap((name: string, n: number) => name + n, new Map([['a', 1]]))).toEqualTypeOf<Promise<string[]>>();
  expectTypeOf(pool.starmap((a, b) => a + b, rows)).toEqualTypeOf<Promise<number[]>>();
  expectTypeOf(pool.starmap(area, [[1, 2]])).toEqualTypeOf<Promise<number[]>>();
  expectTypeOf(pool.starmap(parse, [['text', true], ['text']])).toEqualTypeOf<Promise<{ words: number }[]>>();
  expectTypeOf(pool.starmapAsync(add, rows, { chunksize: 2 })).toEqualTypeOf<MapResult<number>>();
  expectTypeOf(pool.starmapAsync(parse, [['text']])).toEqualTypeOf<MapResult<{ words: number }>>();
  expectTypeOf(pool.starmap(pair, [['a', 1]])).toExtend<Promise<[unknown, unknown][]>>();
  // @ts-expect-error one argument too few
  void pool.starmap(add, [[1]]);
  // @ts-expect-error of another type
  void pool.starmap(add, [[1, '2']]);
});

test('imap and imapUnordered', async () => {
  expectTypeOf(pool.imap(later, [1])).toEqualTypeOf<IMapIterator<string>>();
  expectTypeOf(pool.imapUnordered(later, numbers(), { buffersize: 3 })).toEqualTypeOf<IMapIterator<string>>();
  expectTypeOf(pool.imap(parse, ['text'], 5)).toEqualTypeOf<IMapIterator<{ words: number }>>();
  const iterator = pool.imap(square, [1]);
  // biome-ignore lint/suspicious/noExplicitAny: as the contract has it
  expectTypeOf(iterator).toExtend<AsyncIterableIterator<number, undefined, any>>();
  expectTypeOf(iterator).toExtend<AsyncDisposable>();
  expectTypeOf(iterator.next(5)).toEqualTypeOf<Promise<IteratorResult<number, undefined>>>();
  expectTypeOf(iterator.return()).toEqualTypeOf<Promise<IteratorResult<number, undefined>>>();
  for await (const value of iterator) expectTypeOf(value).toEqualTypeOf<number>();
  expectTypeOf(iterator.settled()).toEqualTypeOf<SettledIterator<number>>();
  for await (const outcome of iterator.settled()) expectTypeOf(outcome).toEqualTypeOf<PromiseSettledResult<number>>();
  void pool.imap(square, [1], { onError: 'stop' });
  // @ts-expect-error no such choice
  void pool.imap(square, [1], { onError: 'skip' });
  // @ts-expect-error there is no whole to fail
  void pool.imapUnordered(square, [1], { failFast: true });
});

test('withOptions', () => {
  const view = pool.withOptions({ priority: 1 });
  expectTypeOf(view).toEqualTypeOf<PoolCalls>();
  expectTypeOf(pool).toExtend<PoolCalls>();
  expectTypeOf(view.map(later, [1])).toEqualTypeOf<Promise<string[]>>();
  expectTypeOf(view.withOptions({ signal: undefined }).apply(seven)).toEqualTypeOf<Promise<number>>();
  expectTypeOf<keyof PoolCalls>().toEqualTypeOf<
    'apply' | 'applyAsync' | 'map' | 'mapAsync' | 'starmap' | 'starmapAsync' | 'imap' | 'imapUnordered' | 'broadcast' | 'withOptions'
  >();
  // @ts-expect-error of a call, not of all of them
  pool.withOptions({ callback: () => undefined });
});

test('the pool itself', () => {
  expectTypeOf(new Pool()).toEqualTypeOf<Pool>();
  expectTypeOf(new ThreadPool(2)).toExtend<Pool>();
  expectTypeOf(new Pool({ runtime, processes: 2 })).toExtend<AsyncDisposable>();
  expectTypeOf(pool.close()).toEqualTypeOf<void>();
  expectTypeOf(pool.terminate()).toEqualTypeOf<void>();
  expectTypeOf(pool.join()).toEqualTypeOf<Promise<void>>();
  expectTypeOf(pool.join(5)).toEqualTypeOf<Promise<void>>();
  expectTypeOf(pool.stats()).toEqualTypeOf<RuntimeStats>();
  void new Pool({
    processes: undefined,
    maxTasksPerChild: undefined,
    initializer: undefined,
    initargs: undefined,
    runtime: undefined,
    taskTimeout: undefined,
    name: undefined,
  });
  void new Pool({ initializer: (name: string) => name, initargs: ['x'] });
  // @ts-expect-error no such option
  void new Pool({ maxWorkers: 2 });
});

test('use', () => {
  expectTypeOf(Pool.use(2, (given) => given)).toEqualTypeOf<Promise<Pool>>();
  expectTypeOf(ThreadPool.use(undefined, (given) => given.map(square, [1]))).toEqualTypeOf<Promise<number[]>>();
  expectTypeOf(Pool.use({ processes: 2 }, (given) => given.applyAsync(later, [1]))).toEqualTypeOf<Promise<string>>();
  class MyPool extends ThreadPool {
    readonly mine = true;
  }
  expectTypeOf(MyPool.use(1, (given) => given.mine)).toEqualTypeOf<Promise<boolean>>();
});

test('options have names', () => {
  expectTypeOf<{ processes: 2 }>().toExtend<PoolOptions>();
  expectTypeOf<{ chunksize: 2; callback: (value: unknown) => void }>().toExtend<AsyncMapOptions>();
  expectTypeOf<{ buffersize: 2; priority: 1 }>().toExtend<MapOptions>();
  expectTypeOf<MapOptions>().toExtend<WholeMapOptions>();
  expectTypeOf<MapOptions>().toExtend<ImapOptions>();
  expectTypeOf<{ errorCallback: (error: unknown) => void }>().toExtend<AsyncOptions<number>>();
});
