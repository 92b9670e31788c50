/** Type tests of the public API. Checked by tsc, not run. */
import {
  asCompleted,
  type CheckedTask,
  Executor,
  type ExecutorCalls,
  Future,
  type FutureIterator,
  type FutureOutcome,
  ProcessPoolExecutor,
  type ResultIterator,
  type SettledResults,
  ThreadPoolExecutor,
  taskRef,
  WorkerRuntime,
  wait,
} from '@twinpool/executor';
import { expectTypeOf } from 'vitest';

declare const executor: ProcessPoolExecutor;
declare const numbers: number[];
declare const later: AsyncIterable<string>;
declare const area: CheckedTask<[w: number, h: number], number>;
declare function power(base: number, exponent?: number): number;
declare function fetchText(url: string): Promise<string>;
declare function identity<T>(value: T): T;

// submit
expectTypeOf(executor.submit(power, 2, 8)).toEqualTypeOf<Future<number>>();
expectTypeOf(executor.submit(power, 2)).toEqualTypeOf<Future<number>>();
expectTypeOf(executor.submit(fetchText, 'x')).toEqualTypeOf<Future<string>>();
expectTypeOf(executor.submit((x) => x * 2, 21)).toEqualTypeOf<Future<number>>();
expectTypeOf(executor.submit(() => undefined)).toEqualTypeOf<Future<undefined>>();
expectTypeOf(executor.submit(area, 1, 2)).toEqualTypeOf<Future<number>>();
expectTypeOf(executor.submit(identity<string>, 'x')).toEqualTypeOf<Future<string>>();
expectTypeOf(executor.submit(taskRef<typeof power>('/x.js', 'power'), 1, 2)).toEqualTypeOf<Future<number>>();
expectTypeOf(executor.submit(taskRef<{ fetchText: typeof fetchText }>('/x.js').fetchText, 'x')).toEqualTypeOf<Future<string>>();
// @ts-expect-error a wrong type of argument
executor.submit(power, 'two');
// @ts-expect-error an argument is missing
executor.submit(fetchText);
// @ts-expect-error one argument too many
executor.submit(fetchText, 'x', 'y');
// @ts-expect-error of a reference too
executor.submit(taskRef<typeof power>('/x.js', 'power'), 'two');
// @ts-expect-error of a checked task too
executor.submit(area, 1);

// map
expectTypeOf(executor.map(power, numbers)).toEqualTypeOf<ResultIterator<number>>();
expectTypeOf(executor.map((x) => String(x), numbers, { timeout: 5, buffersize: undefined })).toEqualTypeOf<ResultIterator<string>>();
expectTypeOf(executor.map(fetchText, later)).toEqualTypeOf<ResultIterator<string>>();
expectTypeOf(executor.map((x, text) => x + text.length, numbers, later, { chunksize: 2 })).toEqualTypeOf<ResultIterator<number>>();
expectTypeOf(executor.map((a, b, c) => [a, b, c] as const, numbers, 'abc', new Set([true]))).toEqualTypeOf<
  ResultIterator<readonly [number, string, boolean]>
>();
expectTypeOf(executor.map((a, b, c, d) => a + b + c + d, numbers, numbers, numbers, numbers)).toEqualTypeOf<ResultIterator<number>>();
expectTypeOf(
  executor.map((a, b, c, d, e) => a + b + c + d + e, numbers, numbers, numbers, numbers, numbers, { priority: 1 }),
).toEqualTypeOf<ResultIterator<number>>();
expectTypeOf(executor.map(area, numbers, numbers)).toEqualTypeOf<ResultIterator<number>>();
expectTypeOf(executor.map(taskRef<typeof fetchText>('/x.js', 'fetchText'), later)).toEqualTypeOf<ResultIterator<string>>();
expectTypeOf(executor.map(power, numbers).toArray()).toEqualTypeOf<Promise<number[]>>();
expectTypeOf(executor.map(power, numbers)).toExtend<AsyncIterableIterator<number, undefined>>();
expectTypeOf(executor.map(power, numbers, { onError: 'continue' }).settled()).toEqualTypeOf<SettledResults<number>>();
expectTypeOf(executor.map(power, numbers).settled().toArray()).toEqualTypeOf<Promise<PromiseSettledResult<number>[]>>();
expectTypeOf(executor.map(power, numbers).settled()).toExtend<AsyncIterableIterator<PromiseSettledResult<number>, undefined>>();
// @ts-expect-error no such way
executor.map(power, numbers, { onError: 'ignore' });
// @ts-expect-error items of a wrong type
executor.map(fetchText, numbers);
// @ts-expect-error an input is missing
executor.map((a: number, b: number) => a + b, numbers);
// @ts-expect-error an unknown option
executor.map(power, numbers, { chunkSize: 1 });
// @ts-expect-error no input at all
executor.map(power, { chunksize: 1 });
// @ts-expect-error of a reference too
executor.map(taskRef<typeof fetchText>('/x.js', 'fetchText'), numbers);

// futures
declare const future: Future<number>;
expectTypeOf<Awaited<typeof future>>().toEqualTypeOf<number>();
expectTypeOf(future).toExtend<Promise<number>>();
expectTypeOf(future.result(5)).toEqualTypeOf<Promise<number>>();
expectTypeOf(future.exception()).toEqualTypeOf<Promise<unknown>>();
expectTypeOf(future.resultNow()).toEqualTypeOf<number>();
expectTypeOf(future.exceptionNow()).toEqualTypeOf<unknown>();
expectTypeOf(future.outcome()).toEqualTypeOf<FutureOutcome<number> | undefined>();
expectTypeOf(future.then((x) => String(x))).toEqualTypeOf<Promise<string>>();
expectTypeOf(Promise.all([future, executor.submit(fetchText, 'x')])).toEqualTypeOf<Promise<[number, string]>>();
expectTypeOf(future).toExtend<Future<unknown>>();
future.addDoneCallback((done) => expectTypeOf(done).toEqualTypeOf<Future<number>>());

// wait and asCompleted
async function groups(): Promise<void> {
  const futures = numbers.map((n) => executor.submit(power, n));
  for await (const each of asCompleted(futures)) expectTypeOf(await each.result()).toEqualTypeOf<number>();
  expectTypeOf(asCompleted(futures)).toEqualTypeOf<FutureIterator<Future<number>>>();
  expectTypeOf(asCompleted(futures).next()).toEqualTypeOf<Promise<IteratorResult<Future<number>, undefined>>>();
  const { done, notDone } = await wait(new Set(futures), { returnWhen: 'FIRST_EXCEPTION', timeout: 5 });
  expectTypeOf(done).toEqualTypeOf<Set<Future<number>>>();
  expectTypeOf(notDone).toEqualTypeOf<Set<Future<number>>>();
  expectTypeOf(await wait([future, executor.submit(fetchText, 'x')])).toExtend<{ done: Set<Future<number> | Future<string>> }>();
  // @ts-expect-error no returnWhen of that name
  await wait(futures, { returnWhen: 'SOME' });
  // @ts-expect-error not a future
  await wait([Promise.resolve(1)]);
  // @ts-expect-error not a future
  asCompleted([1]);
}
void groups;

// executors
expectTypeOf(executor).toExtend<Executor>();
expectTypeOf(executor).toExtend<ExecutorCalls>();
expectTypeOf(executor).toExtend<AsyncDisposable>();
expectTypeOf(executor.withOptions({ priority: 1 }).withOptions({})).toEqualTypeOf<ExecutorCalls>();
expectTypeOf(executor.withOptions({ signal: AbortSignal.timeout(5) }).submit(power, 1)).toEqualTypeOf<Future<number>>();
expectTypeOf(ThreadPoolExecutor.use(2, (own) => own.submit(power, 1))).toEqualTypeOf<Promise<number>>();
expectTypeOf(ProcessPoolExecutor.use({ maxWorkers: 2 }, async (own) => own.stats().kind)).toEqualTypeOf<
  Promise<'process' | 'thread' | 'inline' | 'cluster'>
>();
new ThreadPoolExecutor();
new ThreadPoolExecutor({ maxWorkers: undefined, runtime: new WorkerRuntime({ kind: 'thread' }), initializer: power, initargs: [1] });
new ThreadPoolExecutor({ threadNamePrefix: 'images' });
expectTypeOf(executor.shutdown({ wait: true, cancelFutures: true, timeout: 5 })).toEqualTypeOf<Promise<void>>();
// @ts-expect-error abstract
new Executor();
// @ts-expect-error the pool's word
new ProcessPoolExecutor({ processes: 2 });
// @ts-expect-error a view has no life of its own
void executor.withOptions({}).shutdown;

/** A subclass needs submit only. */
class OwnExecutor extends Executor {
  override submit(): Future<never> {
    return new Future<never>();
  }
}
expectTypeOf(new OwnExecutor().map(power, numbers)).toEqualTypeOf<ResultIterator<number>>();
