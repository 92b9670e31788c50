/** Every callback of both facades returns, throws, rejects, or returns thenables of any kind: work continues, and an error is one warning. */
import { expectWarning } from '@twinpool/testkit/leak-check';
import { describe, it } from '@twinpool/testkit/sample';
import { fail, reportItself, square } from '@twinpool/testkit/tasks';
import { type Executor, type Pool, Pool as ProcessPool, ProcessPoolExecutor, ThreadPool, ThreadPoolExecutor, toFuture } from 'twinpool';
import { afterAll, beforeAll, expect } from 'vitest';

const BOOM = 'boom of the callback';
const boom = (): never => {
  throw new Error(BOOM);
};
const hidden = new Error(BOOM);
Object.defineProperty(hidden, Symbol.for('nodejs.util.inspect.custom'), { value: boom });

// biome-ignore-start lint/suspicious/noThenProperty: they are thenables
/** What a callback does, and whether that is an error. */
const ENDINGS: Record<string, readonly [isError: boolean, end: () => unknown]> = {
  'returns nothing': [false, () => undefined],
  'returns null': [false, () => null],
  'returns a promise': [false, async () => 1],
  'returns a function': [false, () => () => boom()],
  'returns a thenable that never answers': [false, () => ({ then: () => undefined })],
  'returns a thenable that answers with itself': [
    false,
    () => ({
      then(this: unknown, resolve: (value: unknown) => void) {
        resolve(this);
      },
    }),
  ],
  'returns a thenable that resolves, then rejects and throws': [
    false,
    () => ({
      then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
        resolve(1);
        reject(new Error(BOOM));
        boom();
      },
    }),
  ],
  throws: [true, boom],
  'throws an error that cannot be shown': [
    true,
    () => {
      throw hidden;
    },
  ],
  'throws undefined': [
    true,
    () => {
      throw undefined;
    },
  ],
  rejects: [true, async () => boom()],
  'rejects later': [true, () => new Promise((_, reject) => setImmediate(() => reject(new Error(BOOM))))],
  'returns a thenable that rejects': [true, () => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(new Error(BOOM)) })],
  'returns a thenable that rejects twice and throws': [
    true,
    () => ({
      then(_: unknown, reject: (error: unknown) => void) {
        reject(new Error(BOOM));
        reject(new Error('again'));
        boom();
      },
    }),
  ],
  'returns a thenable that throws': [true, () => ({ then: boom })],
  'returns a thenable whose then cannot be read': [true, () => Object.defineProperty({}, 'then', { get: boom })],
  'returns a Proxy that refuses': [true, () => new Proxy({}, { has: boom, get: boom })],
};
// biome-ignore-end lint/suspicious/noThenProperty: they are thenables

interface Given {
  readonly pool: Pool;
  readonly executor: Executor;
}

/** Where a callback is called. Those of `RESULT` make what they throw at once the result. */
const PLACES: Record<string, (given: Given, callback: () => unknown) => PromiseLike<unknown>> = {
  'onProgress of map': ({ pool }, onProgress) => pool.map(square, [1], { onProgress }),
  'onProgress of imap': ({ pool }, onProgress) => pool.imap(square, [1], { onProgress }).next(),
  'onProgress of executor.map': ({ executor }, onProgress) => executor.map(square, [1], { onProgress }).toArray(),
  'onReport of apply': ({ pool }, onReport) => pool.apply(reportItself, [1], { onReport }),
  'onReport of map': ({ pool }, onReport) => pool.map(reportItself, [1], { onReport }),
  'onReport of imap': ({ pool }, onReport) => pool.imap(reportItself, [1], { onReport }).next(),
  'onReport of submit': ({ executor }, onReport) => executor.withOptions({ onReport }).submit(reportItself, 1),
  'a done-callback': ({ executor }, callback) => {
    const future = executor.submit(square, 1);
    future.addDoneCallback(callback);
    return future;
  },
  'a done-callback of a future that is done': async ({ executor }, callback) => {
    const future = executor.submit(square, 1);
    await future;
    future.addDoneCallback(callback);
  },
  'a done-callback of a view': ({ pool }, callback) => {
    const future = toFuture(pool.applyAsync(square, [1]));
    future.addDoneCallback(callback);
    return future;
  },
  callback: ({ pool }, callback) => pool.applyAsync(square, [1], { callback }),
  'callback of apply': ({ pool }, callback) => pool.apply(square, [1], { callback }),
  'callback of mapAsync': ({ pool }, callback) => pool.mapAsync(square, [1], { callback }),
  errorCallback: ({ pool }, errorCallback) => pool.applyAsync(fail, ['of the task'], { errorCallback }).exception(),
  "the input's return": async ({ pool }, end) => {
    const results = pool.imap(square, { [Symbol.iterator]: () => endless(end) }, { buffersize: 2 });
    await results.next();
    await results.return();
  },
  "an asynchronous input's return": async ({ pool }, end) => {
    const { next } = endless(end);
    const close = async () => {
      await end();
      return { done: true as const, value: undefined };
    };
    const results = pool.imap(square, { [Symbol.asyncIterator]: () => ({ next: async () => next(), return: close }) }, { buffersize: 2 });
    await results.next();
    await results.return();
  },
};
const RESULT = new Set(['callback', 'callback of apply', 'callback of mapAsync', 'errorCallback']);
/** Awaited as any code would: what never answers, or answers with itself, is not closed. */
const AWAITED = new Set(["an asynchronous input's return"]);
const NEVER_ENDS = new Set(['returns a thenable that never answers', 'returns a thenable that answers with itself']);

function endless(end: () => unknown): Iterator<number> & { next(): IteratorResult<number> } {
  return { next: () => ({ done: false, value: 1 }), return: () => end() as IteratorResult<number> };
}

const cases = Object.keys(PLACES).flatMap((place) =>
  Object.keys(ENDINGS)
    .filter((ending) => !AWAITED.has(place) || !NEVER_ENDS.has(ending))
    .map((ending) => [place, ending] as const),
);

describe.each([
  ['process', ProcessPool, ProcessPoolExecutor],
  ['thread', ThreadPool, ThreadPoolExecutor],
] as const)('[R13] callbacks, workers: %s', (_kind, PoolClass, ExecutorClass) => {
  let pool: Pool;
  let executor: Executor;
  beforeAll(() => {
    pool = new PoolClass(1);
    executor = new ExecutorClass(1);
  });
  afterAll(async () => {
    pool.terminate();
    await Promise.all([pool.join(), executor.shutdown()]);
  });

  it.each(cases)('%s %s', async (place, ending) => {
    const [isError, end] = ENDINGS[ending] as (typeof ENDINGS)[string];
    const isThrown = ending.startsWith('throws');
    const warned: Error[] = [];
    const onWarning = (warning: Error) => warned.push(warning);
    process.on('warning', onWarning);
    const isResult = isThrown && RESULT.has(place);
    if (isError && !isResult) expectWarning(/TwinpoolWarning|threw/);
    const outcome = await PLACES[place]?.({ pool, executor }, end).then(
      () => 'fulfilled',
      () => 'rejected',
    );
    // A warning is emitted in another turn, and a promise may reject in another turn.
    for (let i = 0; i < 3; i++) await new Promise(setImmediate);
    process.off('warning', onWarning);
    expect(outcome).toBe(isResult && place !== 'errorCallback' ? 'rejected' : 'fulfilled');
    expect(warned.map(({ name }) => name)).toEqual(isError && !isResult ? ['TwinpoolWarning'] : []);
    expect(await pool.apply(square, [3])).toBe(9);
  });
});
