/**
 * Tests the AsyncLocalStorage store of all user code that the library calls. In the program it is the store of the call that the code belongs to,
 * wherever the pool was made, whatever call came before, and whatever code reads the results. In a worker it is none that other code entered.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { makeGate } from '@twinpool/testkit';
import { describe, it } from '@twinpool/testkit/sample';
import { add, echo, fail, hold, reportItself, square } from '@twinpool/testkit/tasks';
import { type Executor, type Pool, Pool as ProcessPool, ProcessPoolExecutor, ThreadPool, ThreadPoolExecutor, toFuture } from 'twinpool';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { twice, watch } from '../fixtures/checked-tasks.mjs';
import entering from '../fixtures/entering-tasks.cjs';
import * as tasks from '../fixtures/entering-tasks.mjs';
import * as touching from '../fixtures/touching-tasks.mjs';

const storage = new AsyncLocalStorage<string>();

interface Given {
  readonly pool: Pool;
  readonly executor: Executor;
  /** Notes the store that user code sees. */
  readonly see: () => void;
}

/** More than one message, so that most of it is read when a lane has room. */
const COUNT = 300;

function* numbers(see: () => void): Generator<number> {
  try {
    for (let i = 0; i < COUNT; i++) {
      see();
      yield i;
    }
  } finally {
    see();
  }
}

async function* numbersLater(see: () => void): AsyncGenerator<number> {
  for (const i of numbers(see)) yield i;
}

async function* pairsLater(see: () => void): AsyncGenerator<[number, number]> {
  for (const i of numbers(see)) yield [i, i];
}

const withGetter = (see: () => void): object =>
  Object.defineProperty({}, 'x', {
    enumerable: true,
    get() {
      see();
      return 1;
    },
  });

const ended = async (promise: PromiseLike<unknown>): Promise<void> => void (await promise.then(undefined, () => undefined));

/** What calls which code. */
const TABLE: Record<string, (given: Given) => unknown> = {
  'the iterator of map': ({ pool, see }) => pool.map(square, numbers(see)),
  'the iterator of map, asynchronous': ({ pool, see }) => pool.map(square, numbersLater(see)),
  'the iterator of starmap, asynchronous': ({ pool, see }) => pool.starmap(add, pairsLater(see)),
  'the iterator of imap': ({ pool, see }) => drain(pool.imap(square, numbers(see))),
  'the iterator of imap, asynchronous': ({ pool, see }) => drain(pool.imap(square, numbersLater(see))),
  'the iterator of imapUnordered': ({ pool, see }) => drain(pool.imapUnordered(square, numbers(see))),
  'the iterator of executor.map': ({ executor, see }) => executor.map(square, numbers(see)).toArray(),
  'the iterator of executor.map with a buffersize': ({ executor, see }) => drain(executor.map(square, numbers(see), { buffersize: 4 })),
  'iterators of executor.map, zipped': ({ executor, see }) => drain(executor.map(add, numbers(see), numbers(see), { buffersize: 4 })),
  'the iterator of executor.map, asynchronous': ({ executor, see }) => drain(executor.map(square, numbersLater(see))),
  'the return of an input that is left': async ({ pool, see }) => {
    const results = pool.imap(square, numbers(see), { buffersize: 4 });
    await results.next();
    await storage.run('reader', () => results.return());
  },
  'a getter of an argument': ({ pool, see }) => pool.apply(echo, [withGetter(see)]),
  'a getter of an argument of submit': ({ executor, see }) => executor.submit(echo, withGetter(see)),
  'a getter of an item of map': ({ pool, see }) => pool.map(echo, [withGetter(see), withGetter(see), withGetter(see)]),
  'a getter of an item of imap': ({ pool, see }) => drain(pool.imap(echo, [withGetter(see), withGetter(see), withGetter(see)])),
  'a getter of an argument that waited': async ({ pool, see }) => {
    const gate = makeGate();
    const held = [1, 2].map((i) => pool.apply(hold, [gate.path, i]));
    const waits = pool.apply(echo, [withGetter(see)]);
    setImmediate(() => gate.open());
    await Promise.all([...held, waits]);
  },
  'a schema': ({ pool, see }) => checked(see, () => pool.apply(twice, [1])),
  'a schema of submit': ({ executor, see }) => checked(see, () => executor.submit(twice, 1)),
  'a schema of map': ({ pool, see }) => checked(see, () => pool.map(twice, [1, 2, 3])),
  'a schema of imap': ({ pool, see }) => checked(see, () => drain(pool.imap(twice, [1, 2, 3]))),
  'a schema of executor.map': ({ executor, see }) => checked(see, () => executor.map(twice, [1, 2, 3]).toArray()),
  'an asynchronous schema': ({ pool, see }) => checkedLater(see, () => pool.apply(twice, [1])),
  'an asynchronous schema of imap': ({ pool, see }) => checkedLater(see, () => drain(pool.imap(twice, [1, 2, 3]))),
  callback: ({ pool, see }) => pool.applyAsync(square, [2], { callback: see }),
  'callback of apply': ({ pool, see }) => pool.apply(square, [2], { callback: see }),
  'callback of mapAsync': ({ pool, see }) => pool.mapAsync(square, [1, 2], { callback: see }),
  'callback of mapAsync over an asynchronous input': ({ pool, see }) => pool.mapAsync(square, numbersLater(see), { callback: see }),
  errorCallback: ({ pool, see }) => ended(pool.applyAsync(fail, ['no'], { errorCallback: see })),
  'errorCallback of a function that cannot be sent': ({ pool, see }) => ended(pool.applyAsync(Math.max, [1], { errorCallback: see })),
  'what a callback goes on to do': ({ pool, see }) =>
    new Promise<void>((resolve) => {
      const callback = async () => {
        await undefined;
        see();
        resolve();
      };
      void pool.applyAsync(square, [2], { callback: () => void callback() });
    }),
  'onProgress of map': ({ pool, see }) => pool.map(square, [1, 2, 3], { onProgress: see }),
  'onProgress of imap': ({ pool, see }) => drain(pool.imap(square, [1, 2, 3], { onProgress: see })),
  'onProgress of executor.map': ({ executor, see }) => drain(executor.map(square, [1, 2, 3], { onProgress: see })),
  'onReport of apply': ({ pool, see }) => pool.apply(reportItself, [1], { onReport: see }),
  'onReport of map': ({ pool, see }) => pool.map(reportItself, [1, 2], { onReport: see }),
  'onReport of imap': ({ pool, see }) => drain(pool.imap(reportItself, [1, 2], { onReport: see })),
  'onReport of a view that was made elsewhere': ({ executor, see }) =>
    storage.run('elsewhere', () => executor.withOptions({ onReport: see })).submit(reportItself, 1),
  'a done-callback': async ({ executor, see }) => {
    const future = executor.submit(square, 2);
    future.addDoneCallback(see);
    await future;
  },
  'a done-callback of a view': async ({ pool, see }) => {
    const future = toFuture(pool.applyAsync(square, [2]));
    future.addDoneCallback(see);
    await future;
  },
};

async function drain(results: AsyncIterable<unknown>): Promise<void> {
  // The reader's store is not that of the call.
  await storage.run('reader', async () => {
    for await (const _ of results);
  });
}

function checked(see: () => void, call: () => unknown): unknown {
  watch.validate = () => void see();
  return call();
}

function checkedLater(see: () => void, call: () => unknown): unknown {
  watch.validate = async (args) => {
    await undefined;
    see();
    return { value: args };
  };
  return call();
}

describe.each([
  ['process', ProcessPool, ProcessPoolExecutor],
  ['thread', ThreadPool, ThreadPoolExecutor],
] as const)('[R5] the store that user code sees, workers: %s', (_kind, PoolClass, ExecutorClass) => {
  let pool: Pool;
  let executor: Executor;
  beforeAll(() =>
    storage.run('the maker', async () => {
      pool = new PoolClass(2);
      executor = new ExecutorClass(2);
      await Promise.all([pool.apply(square, [1]), executor.submit(square, 1)]);
    }),
  );
  afterAll(async () => {
    pool.terminate();
    await Promise.all([pool.join(), executor.shutdown()]);
  });
  afterEach(() => {
    watch.validate = undefined;
  });

  it.each(Object.keys(TABLE))('%s', async (name) => {
    const seen = new Set<unknown>();
    const see = () => void seen.add(storage.getStore());
    await storage.run('another call', () => Promise.all([pool.apply(square, [1]), executor.submit(square, 1)]));
    await storage.run('the call', () => TABLE[name]?.({ pool, executor, see }));
    expect([...seen]).toEqual(['the call']);
  });

  it('the input of an imap that join reads to its end', async () => {
    const seen = new Set<unknown>();
    const own = storage.run('the maker', () => new PoolClass(1));
    const results = storage.run('the call', () =>
      own.imap(
        square,
        numbers(() => void seen.add(storage.getStore())),
      ),
    );
    await storage.run('the closer', async () => {
      own.close();
      await own.join();
    });
    await drain(results);
    expect([...seen]).toEqual(['the call']);
  });
});

/** What enters a store in a worker, by any means. */
const ENTERING: Record<string, (pool: Pool) => unknown> = {
  'a task': (pool) => pool.apply(tasks.inTask, [1]),
  'a task that throws': (pool) => ended(pool.apply(tasks.inTaskThatThrows)),
  'tasks of a map': (pool) => pool.map(tasks.inTask, Array(COUNT).fill(1)),
  'an asynchronous task': (pool) => pool.apply(tasks.inAsyncTask, [1]),
  'an asynchronous task that throws': (pool) => ended(pool.apply(tasks.inAsyncTaskThatThrows)),
  'asynchronous tasks of a map': (pool) => pool.map(tasks.inAsyncTask, Array(COUNT).fill(1)),
  'a task of a map that becomes asynchronous': (pool) =>
    pool.map(
      tasks.inTaskThatBecomesAsync,
      Array.from({ length: COUNT }, (_, i) => i),
    ),
  'a getter of a result': (pool) => pool.apply(tasks.inGetter),
  'a getter of the result of an asynchronous task': (pool) => pool.apply(tasks.inGetterOfAsyncTask),
  'the `then` of a thenable': (pool) => pool.apply(tasks.inThen),
  'the getter of a `then`': (pool) => pool.apply(tasks.inGetterOfThen),
  'a getter of a report': (pool) => pool.apply(tasks.inGetterOfReport),
  'the schema of a result': (pool) => pool.apply(tasks.inSchema),
  'a listener of an abort': (pool) => {
    const abort = new AbortController();
    return ended(pool.apply(tasks.inAbortListener, [], { signal: abort.signal, onReport: () => abort.abort() }));
  },
  'a microtask': (pool) => pool.apply(tasks.inMicrotask),
  'a tick': (pool) => pool.apply(tasks.inTick),
  'a timer': (pool) => pool.apply(tasks.inTimer),
};

describe.each([
  ['process', ProcessPool],
  ['thread', ThreadPool],
] as const)('[R3] [R5] the store that a task sees, workers: %s', (_kind, PoolClass) => {
  const nothing = [null, null];
  let pool: Pool;
  beforeAll(async () => {
    pool = new PoolClass({ processes: 1, killGrace: 30_000 });
    await pool.map(tasks.inTask, Array(COUNT).fill(1));
  });
  afterAll(async () => {
    pool.terminate();
    await pool.join();
  });

  it.each(Object.keys(ENTERING))('is not what %s entered', async (name) => {
    const enter = async () => void (await ENTERING[name]?.(pool));
    const seen: unknown[] = [];
    // In a message of its own, and in those that lie behind it already.
    await enter();
    seen.push(await pool.apply(tasks.see), await pool.apply(tasks.seeAsync));
    await enter();
    seen.push(...(await pool.map(tasks.see, Array(COUNT).fill(1))));
    const together = [
      enter(),
      pool.apply(tasks.see),
      enter(),
      pool.apply(tasks.seeAsync),
      enter(),
      pool.map(tasks.see, Array(COUNT).fill(1)),
    ];
    const [, one, , other, , many] = await Promise.all(together);
    seen.push(one, other, ...(many as unknown[]));
    for (const each of seen) expect(each).toEqual(nothing);
  });

  it.each([
    ['an initializer', tasks.initialize],
    ['an asynchronous initializer', tasks.initializeLater],
  ] as const)('is not what %s entered, nor the top level of a module', async (_, initializer) => {
    await using own = new PoolClass({ processes: 1, initializer });
    expect(await Promise.all([own.apply(tasks.see), own.apply(tasks.seeAsync), own.apply(tasks.see)])).toEqual([nothing, nothing, nothing]);
  });

  it('is not what the top level of a CommonJS module entered', async () => {
    await using own = new PoolClass(1);
    expect(await Promise.all([own.apply(entering.seeInCommonJs), own.apply(tasks.see)])).toEqual([nothing, nothing]);
  });
});

describe.each([
  ['process', ProcessPool],
  ['thread', ThreadPool],
] as const)('[R3] [R5] tasks of different calls that lie in one message, workers: %s', (_kind, PoolClass) => {
  /** Calls that reach a worker together. */
  const together = async <T>(call: (pool: Pool) => T[]): Promise<Awaited<T>[]> => {
    // Without the preloads of the test runner: with one, tasks share no scope.
    await using pool = new PoolClass({ processes: 1, execArgv: [] });
    // The worker is up, and the function is found.
    await pool.apply(square, [1]);
    return await Promise.all(call(pool));
  };

  it('share a scope while nothing touches it', async () => {
    const ids = await together((pool) => Array.from({ length: 10 }, () => pool.apply(touching.scopeId, [1])));
    expect(new Set(ids).size).toBeLessThan(10);
  });

  it.each(['enterStore', 'enterStoreThenThrow', 'enterStoreInGetter', 'markResource', 'markResourceByNamespace', 'runStore'] as const)(
    'see nothing of the first one that touches it: %s',
    async (name) => {
      const touch = touching[name] as (x: number) => unknown;
      const seen = await together((pool) => [
        ended(pool.apply(touching.scopeId, [1])),
        ended(pool.apply(touch, [1])),
        pool.apply(touching.see, [1]),
        ended(pool.apply(touch, [1])),
        pool.apply(touching.see, [1]),
      ]);
      expect([seen[2], seen[4]]).toEqual([
        [null, null],
        [null, null],
      ]);
    },
  );

  it('have ids of their own once one has looked at its id', async () => {
    const ids = await together((pool) => Array.from({ length: 10 }, () => pool.apply(touching.seeId, [1])));
    expect(new Set(ids).size).toBe(10);
  });
});
