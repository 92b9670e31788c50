/** Arguments of a checked task are validated at the call, and errors name their item. */
import { makeGate } from '@twinpool/testkit';
import { describe, it } from '@twinpool/testkit/sample';
import { failIfOdd, hold, mark, square } from '@twinpool/testkit/tasks';
import {
  type Executor,
  type Pool,
  Pool as ProcessPool,
  ProcessPoolExecutor,
  TaskValidationError,
  ThreadPool,
  ThreadPoolExecutor,
} from 'twinpool';
import { afterEach, beforeEach, expect } from 'vitest';
import { twice, watch } from '../fixtures/checked-tasks.mjs';

const bad = 'no number' as never;
const failureOf = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => error,
  );

describe.each([
  ['process', ProcessPool, ProcessPoolExecutor],
  ['thread', ThreadPool, ThreadPoolExecutor],
] as const)('workers: %s', (_kind, PoolClass, ExecutorClass) => {
  let pool: Pool;
  let executor: Executor;
  beforeEach(() => {
    pool = new PoolClass(1);
    executor = new ExecutorClass(1);
  });
  afterEach(async () => {
    watch.validate = undefined;
    pool.terminate();
    await Promise.all([pool.join(), executor.terminateWorkers()]);
  });

  it('a bad call fails while every worker is busy, as its outcome', async () => {
    const gate = makeGate();
    const held = [pool.apply(hold, [gate.path, 1]), executor.submit(hold, gate.path, 2)];
    const future = executor.submit(twice, bad);
    expect(future.done()).toBe(true);
    const calls: PromiseLike<unknown>[] = [
      future,
      pool.apply(twice, [bad]),
      pool.applyAsync(twice, [bad]),
      pool.map(twice, [bad]),
      pool.starmap(twice, [[bad]]),
      executor.map(twice, [bad]).next(),
      executor.map(twice, [bad], { buffersize: 1 }).next(),
    ];
    for (const failure of await Promise.all(calls.map(failureOf))) expect(failure).toBeInstanceOf(TaskValidationError);
    // The input of an imap is read, and so validated, when a worker has room.
    const lazy = failureOf(pool.imap(twice, [bad]).next());
    gate.open();
    expect(await lazy).toBeInstanceOf(TaskValidationError);
    await Promise.all(held);
  });

  it('an asynchronous schema keeps the order of calls, and may itself call the pool', async () => {
    const gate = makeGate();
    await pool.apply(square, [1]);
    watch.validate = async (args) => {
      // It waits for a call that would otherwise wait for it.
      expect(await pool.apply(square, [3], { priority: -1 })).toBe(9);
      return { value: args };
    };
    const order: string[] = [];
    const first = pool.apply(twice, [1]).then((value) => order.push(`first ${value}`));
    const second = pool.apply(mark<string>, [gate.path, 'second']).then((value) => order.push(value));
    await Promise.all([first, second]);
    expect(order).toEqual(['first 2', 'second']);
  });

  it('a call whose schema has not answered can be cancelled, and what is behind it goes on', async () => {
    watch.validate = () => new Promise(() => undefined);
    const waits = executor.submit(twice, 1);
    const behind = executor.submit(square, 2);
    expect(waits.cancel()).toBe(true);
    expect(await behind).toBe(4);
  });

  it('what a schema throws, and thenables of any kind, are the outcome', async () => {
    const boom = () => {
      throw new Error('boom');
    };
    for (const answer of [
      boom,
      async () => boom(),
      () => null,
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
      () => ({ then: boom }),
      () => Object.defineProperty({}, 'then', { get: boom }),
    ]) {
      watch.validate = answer as never;
      expect(await failureOf(executor.submit(twice, bad))).toBeInstanceOf(Error);
    }
  });

  it('[R34] an error says which item it is of, in its own property and its stack', async () => {
    const items = [0, 2, 3];
    const errors = [
      await failureOf(pool.map(failIfOdd, items)),
      await failureOf(
        pool.starmap(
          failIfOdd,
          items.map((item): [number] => [item]),
        ),
      ),
      await pool
        .imap(failIfOdd, items)
        .settled()
        .next()
        .then(() => failureOf(drain(pool.imap(failIfOdd, items)))),
      await failureOf(executor.map(failIfOdd, items).toArray()),
    ] as (Error & { taskIndex?: number })[];
    for (const error of errors) {
      expect(Object.getOwnPropertyDescriptor(error, 'taskIndex')).toMatchObject({ value: 2, enumerable: false });
      expect(error.message).not.toMatch(/taskIndex/);
      expect(error.stack).toMatch(/at \[taskIndex 2\]\n {4}at .*validation\.test/);
    }
    const thrown = (item: number) => {
      throw item === 0 ? 'a text' : null;
    };
    expect(await failureOf(pool.map(thrown, [0]))).toBe('a text');
    expect(await failureOf(pool.map(thrown, [1]))).toBe(null);
    const frozen = Object.freeze(new Error('frozen'));
    watch.validate = () => {
      throw frozen;
    };
    expect(await failureOf(pool.map(twice, [1]))).toBe(frozen);
  });

  it('[R35] imap holds no more than 16 MiB of results, and join ends all the same', async () => {
    let pulled = 0;
    function* input(): Generator<number> {
      for (; pulled < 1000; pulled++) yield pulled;
    }
    const results = pool.imap((_: number) => Buffer.alloc(128 * 1024), input());
    await results.next();
    // As long as it takes until nothing moves.
    for (let before = -1; before !== pulled; ) {
      before = pulled;
      await pool.apply(square, [1]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(pulled).toBeLessThan(200);
    await results.return();
  });

  it('[E] an iterator whose next() gives no object is refused', async () => {
    const input = (next: () => unknown) => ({ [Symbol.asyncIterator]: () => ({ next }) }) as AsyncIterable<number>;
    const synchronous = (next: () => unknown) => ({ [Symbol.iterator]: () => ({ next }) }) as Iterable<number>;
    for (const step of [5, undefined, null, 'text']) {
      expect(
        await failureOf(
          pool
            .imap(
              square,
              input(async () => step),
            )
            .next(),
        ),
      ).toBeInstanceOf(TypeError);
      expect(
        await failureOf(
          pool.map(
            square,
            input(async () => step),
          ),
        ),
      ).toBeInstanceOf(TypeError);
      expect(
        await failureOf(
          executor
            .map(
              square,
              input(async () => step),
            )
            .next(),
        ),
      ).toBeInstanceOf(TypeError);
      expect(
        await failureOf(
          pool
            .imap(
              square,
              synchronous(() => step),
            )
            .next(),
        ),
      ).toBeInstanceOf(TypeError);
      expect(
        await failureOf(
          executor
            .map(
              square,
              synchronous(() => step),
              { buffersize: 1 },
            )
            .next(),
        ),
      ).toBeInstanceOf(TypeError);
    }
  });

  it('[E] a typed array is read by its own iterator, and no constructor of a subclass is called', async () => {
    const own = Object.assign(new Float64Array([1, 2]), {
      *[Symbol.iterator]() {
        yield 5;
      },
    });
    expect(await pool.map(square, own as Iterable<number>)).toEqual([25]);
    let made = 0;
    class Counted extends Int32Array {
      static get [Symbol.species](): typeof Int32Array {
        made += 1;
        return Int32Array;
      }
    }
    expect(await pool.map(square, new Counted([1, 2, 3]))).toEqual([1, 4, 9]);
    expect(made).toBe(0);
  });
});

async function drain(results: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of results);
}
