/**
 * What a user's compiler says: of ordinary mistakes, and of right calls whose types it has to infer. With each compiler that users have.
 */
import { describe, test } from '@twinpool/testkit/sample';
import { expect } from 'vitest';
import { COMPILERS, Project } from './project.ts';

const HEAD = `import { asCompleted, mapStream, mapWebStream, Pool, ProcessPoolExecutor, runInExecutor, taskRef, ThreadPool, wait, WorkerRuntime } from 'twinpool';
import type { CheckedTask, Future, FutureIterator, PoolOptions, RuntimeOptions, Task, TaskReference } from 'twinpool';
import type { ExecutorOptions } from 'twinpool';
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function is<E>(): <T>(value: T, isEqual: Equal<T, E>) => void;
declare const pool: Pool;
declare const executor: ProcessPoolExecutor;
declare const parse: TaskReference<(text: string, strict?: boolean) => Promise<number>>;
declare const area: CheckedTask<[width: number, height: number], number>;
declare const task: Task<[text: string, times: number], number>;
declare const anyTask: Task;
declare const untyped: TaskReference;
declare const anything: any;
declare function add(a: number, b: number): number;
declare function power(base: number, exponent?: number): number;
declare function square(x: number): number;
declare function identity<T>(value: T): T;
declare function pair<A, B>(a: A, b: B): [A, B];
`;

/** A line, and what every compiler's message for it has in it. */
const MISTAKES: readonly (readonly [line: string, message: RegExp])[] = [
  ['executor.submit(add, 1);', /Expected 3 arguments, but got 2/],
  ['executor.submit(add, 1, 2, 3);', /Expected 3 arguments, but got 4/],
  ["executor.submit(add, 'x', 2);", /Argument of type 'string' is not assignable to parameter of type 'number'/],
  ["executor.submit(add, 1, 'x');", /Argument of type 'string' is not assignable to parameter of type 'number'/],
  ["executor.submit(area, 1, 'x');", /Argument of type 'string' is not assignable to parameter of type 'number'/],
  ['executor.submit(area, 1);', /Expected 3 arguments, but got 2/],
  ['executor.map(square);', /Expected .* arguments, but got 1/],
  ["executor.map(square, ['a']);", /Type 'string' is not assignable to type 'number'/],
  ['executor.map(square, 3);', /Argument of type 'number' is not assignable to parameter of type 'MapInput<number>'/],
  ['pool.apply(add);', /Expected 2-3 arguments, but got 1/],
  ['pool.apply(add, [1]);', /Argument of type '\[number\]' is not assignable to parameter of type 'readonly \[a: number, b: number\]'/],
  ["pool.apply(add, ['x', 2]);", /Type 'string' is not assignable to type 'number'/],
  ['pool.apply(add, 1);', /Argument of type 'number' is not assignable to parameter of type 'readonly \[a: number, b: number\]'/],
  ['pool.apply(add, [1, 2], { chunksize: 3 });', /'chunksize' does not exist in type 'AsyncOptions<number>'/],
  ["pool.applyAsync(add, [1, 2], { priority: 'high' });", /Type 'string' is not assignable to type 'number'/],
  ["pool.map(square, ['a']);", /Type 'string' is not assignable to type 'number'/],
  ['pool.map(square, 3);', /Argument of type 'number' is not assignable to parameter of type 'Input<number>'/],
  ['pool.map(square);', /Expected .* arguments, but got 1/],
  [
    'pool.map(square, [1], { chunkSize: 3 });',
    /'chunkSize' does not exist in type 'WholeMapOptions<undefined>'. Did you mean to write 'chunksize'/,
  ],
  ['pool.map(square, [1], { into: [0] });', /Type 'number\[\]' is not assignable to type 'NumberArray \| undefined'/],
  [
    'pool.map(square, [1], { into: new BigInt64Array(1) });',
    /Type 'BigInt64Array<ArrayBuffer>' is not assignable to type 'NumberArray \| undefined'/,
  ],
  ['pool.map(String, [1], { into: new Uint8Array(1) });', /Type 'Uint8Array<ArrayBuffer>' is not assignable to type 'undefined'/],
  ["pool.map(square, ['a'], { into: new Uint8Array(1) });", /Type 'string' is not assignable to type 'number'/],
  ['pool.imap(square, [1], { into: new Uint8Array(1) });', /'into' does not exist in type 'ImapOptions/],
  ["pool.map(square, [1], '3');", /Argument of type '.*' is not assignable to parameter of type 'number \| WholeMapOptions/],
  ["pool.mapAsync(square, ['a']);", /Type 'string' is not assignable to type 'number'/],
  ['pool.starmap(add, [[1]]);', /Type '\[number\]' is not assignable to type 'readonly \[a: number, b: number\]'/],
  ["pool.starmapAsync(add, [[1, 'x']]);", /Type 'string' is not assignable to type 'number'/],
  ["pool.imap(square, ['a']);", /Type 'string' is not assignable to type 'number'/],
  ["pool.imapUnordered(square, [1], { onError: 'skip' });", /Type '"skip"' is not assignable to type '"(stop|continue)"/],
  ["runInExecutor(null, add, 1, 'x');", /Argument of type 'string' is not assignable to parameter of type 'number'/],
  ['runInExecutor(null, add, 1);', /Expected 4 arguments, but got 3/],
  ['mapStream(pool, square, { order: true });', /'order' does not exist in type 'MapStreamOptions'/],
  ['mapWebStream(pool, square, { concurrency: "3" });', /Type 'string' is not assignable to type 'number'/],
  ['new Pool({ maxWorkers: 2 });', /'maxWorkers' does not exist in type 'PoolOptions/],
  ["new Pool({ processes: '2' });", /Type 'string' is not assignable to type 'number'/],
  ['new Pool({ initargs: [1] });', /Type '\[?number\]?' is not assignable to type '(undefined|readonly \[\])'/],
  ["new ThreadPool({ initializer: square, initargs: ['x'] });", /Type 'string' is not assignable to type 'number'/],
  ['new ProcessPoolExecutor({ initializer: square, initargs: [1, 2] });', /is not assignable to type '(undefined|readonly \[x: number\])'/],
  ['new WorkerRuntime({ initializer: parse, initargs: [1] });', /Type 'number' is not assignable to type 'string'/],
  ["new WorkerRuntime({ kind: 'fork' });", /Type '"fork"' is not assignable to type '(?=.*"inline")(?=.*"process")(?=.*"thread")/],
];

/** With several overloads that have the right number of arguments TypeScript 5.9 and 6 say why none fits, 7 why the last does not. */
const OF_SEVERAL: readonly (readonly [line: string, message: RegExp])[] = [
  ['executor.map(square, [1], { chunkSize: 3 });', /'chunkSize' does not exist/],
  ["executor.map(add, [1], ['a']);", /Type 'string' is not assignable to type 'number'/],
  ['executor.submit(parse, 2);', /Argument of type 'number' is not assignable to parameter of type 'string'/],
  ['pool.apply(parse, [2]);', /Type 'number' is not assignable to type 'string'/],
  ['pool.map(parse, [2]);', /Type 'number' is not assignable to type 'string'/],
  ['executor.map(parse, [2]);', /Type 'number' is not assignable to type 'string'/],
];

const RIGHT = `
is<Future<number>>()(executor.submit((x, y) => x + y, 1, 2), true);
is<Future<number>>()(executor.submit(<T>(x: T) => x, 1), true);
is<Future<number>>()(executor.submit(add, 1, 2), true);
is<Future<number>>()(executor.submit(power, 1), true);
is<Future<number>>()(executor.submit(parse, 'x'), true);
is<Future<number>>()(executor.submit(parse, 'x', true), true);
is<Future<number>>()(executor.submit(area, 1, 2), true);
is<Future<number>>()(executor.submit(task, 'x', 2), true);
is<Future<unknown>>()(executor.submit(untyped, 'x', 2), true);
is<Future<unknown>>()(executor.submit(anything, 'x', 2), true);
is<Future<unknown>>()(executor.submit(anyTask), true);
is<Future<any>>()(executor.submit(JSON.parse, '1'), true);
is<Future<[string, number]>>()(executor.submit(pair, 'x', 2), true);
is<Promise<number[]>>()(executor.map((x) => x * 2, [1]).toArray(), true);
is<Promise<number[]>>()(executor.map(identity, [1]).toArray(), true);
is<Promise<number[]>>()(executor.map(parse, ['x'], { timeout: 5 }).toArray(), true);
is<Promise<number[]>>()(executor.map(parse, ['x'], [true]).toArray(), true);
is<Promise<number[]>>()(executor.map(task, ['x'], [2]).toArray(), true);
is<Promise<number>>()(pool.apply((a, b) => a + b, [1, 2]), true);
is<Promise<number>>()(pool.apply(<T>(x: T) => x, [1]), true);
is<Promise<number>>()(pool.apply(() => 7), true);
is<Promise<number>>()(pool.apply(parse, ['x']), true);
is<Promise<number>>()(pool.apply(task, ['x', 2]), true);
is<Promise<number>>()(pool.applyAsync(task, ['x', 2]).get(), true);
is<Promise<number[]>>()(pool.map((x) => x * 2, [1]), true);
is<Promise<number[]>>()(pool.map(identity, [1]), true);
is<Promise<number[]>>()(pool.map(power, [1]), true);
is<Promise<number[]>>()(pool.map(parse, ['x'], { failFast: true }), true);
is<Promise<number[]>>()(pool.starmap(task, [['x', 2]]), true);
is<Promise<Float64Array<ArrayBuffer>>>()(pool.map((x) => x * 2, [1], { into: new Float64Array(1) }), true);
is<Promise<Float64Array<ArrayBuffer>>>()(pool.map(parse, ['x'], { into: new Float64Array(1) }), true);
is<Promise<Float64Array<ArrayBuffer>>>()(pool.starmap(task, [['x', 2]], { into: new Float64Array(1) }), true);
is<Promise<BigUint64Array<ArrayBuffer>>>()(pool.mapAsync(BigInt, [1], { into: new BigUint64Array(1) }).get(), true);
is<Promise<number[]>>()(pool.starmapAsync(task, [['x', 2]]).get(), true);
is<Promise<number>>()(runInExecutor(null, (x, y) => x + y, 1, 2), true);
is<Promise<number>>()(runInExecutor(executor, task, 'x', 2), true);
for (const given of [mapStream(pool, task as Task<[text: string], number>), mapStream(executor, parse)]) void given;
export function wrapped<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>> { return executor.submit(fn, ...args); }
export function wrappedReference<A extends readonly unknown[], R>(fn: TaskReference<(...args: A) => R>, ...args: A): Future<Awaited<R>> { return executor.submit(fn, ...args); }
export function wrappedTask<A extends unknown[], R>(fn: Task<A, R>, ...args: A): Future<Awaited<R>> { return executor.submit(fn, ...args); }
export function wrappedMap<A, R>(fn: (item: A) => R, items: A[]): Promise<Awaited<R>[]> { return pool.map(fn, items); }
export function wrappedInto<A, I extends Float64Array>(fn: (item: A) => number, items: A[], into: I): Promise<ArrayLike<number>> { return pool.map(fn, items, { into }); }
export function listed(): Promise<number[]> { return pool.map(square, [1]); }
export const listedAsync = async (): Promise<readonly (number | string)[]> => pool.map((x) => x, [1]);
export function wrappedFunction<F extends (...args: any[]) => any>(fn: F, ...args: Parameters<F>): Future<Awaited<ReturnType<F>>> { return executor.submit(fn, ...args); }
new Pool({ initializer: square, initargs: [1] });
new Pool({ initializer: parse, initargs: ['x'] });
new Pool({ initializer: power, initargs: [1] });
new Pool({ initializer: () => undefined });
new Pool({ initializer: undefined, initargs: undefined });
new ThreadPool({ initializer: (name: string) => name, initargs: ['x'] });
const poolOptions: PoolOptions = { initializer: square, initargs: [1] };
const executorOptions: ExecutorOptions = { initializer: square, initargs: [1] };
const runtimeOptions: RuntimeOptions = { initializer: square, initargs: [1] };
interface Mine extends PoolOptions { mine: true }
declare const mine: Mine;
new Pool({ ...mine, processes: 2 });
new Pool(poolOptions);
new ProcessPoolExecutor(executorOptions);
new WorkerRuntime(runtimeOptions);
class OwnPool extends ThreadPool { readonly mine = true; constructor(options: PoolOptions) { super(options); } }
is<Pool>()(new Pool({ initializer: square, initargs: [1] }), true);
is<boolean>()(new OwnPool(poolOptions) instanceof ThreadPool, true);
const { kind } = new WorkerRuntime();
is<'process' | 'thread' | 'inline' | 'cluster'>()(kind, true);
is<FutureIterator<Future<number>>>()(asCompleted([executor.submit(add, 1, 2)]), true);
is<Promise<{ done: Set<Future<number>>; notDone: Set<Future<number>> }>>();
void wait([executor.submit(add, 1, 2), pool.applyAsync(square, [1])]);
void [taskRef<typeof square>('/x.js', 'square')];
`;

describe.each(COMPILERS)('%s', (compiler) => {
  test('names the argument in ordinary mistakes, and infers the types of right calls', async () => {
    const all = [...MISTAKES, ...OF_SEVERAL];
    using project = new Project({ 'mistakes.ts': HEAD + all.map(([line]) => `void ${line}`).join('\n'), 'right.ts': HEAD + RIGHT });
    const above = HEAD.split('\n').length;
    const messages = new Map<number, string>();
    let at = 0;
    for (const line of (await project.compile(compiler)).split('\n')) {
      expect(line).not.toMatch(/^right/);
      at = Number(/^mistakes\.ts\((\d+),/.exec(line)?.[1] ?? at);
      messages.set(at, `${messages.get(at) ?? ''}${line}\n`);
    }
    for (const [i, [line, message]] of all.entries()) expect(messages.get(above + i) ?? '', line).toMatch(message);
    for (const [i, [line]] of MISTAKES.entries()) expect(messages.get(above + i), line).not.toMatch(/TaskReference|TaskRest|No overload/);
  });
});
