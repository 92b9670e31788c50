/** Tests the ways to read an `imap`: `toArray`, `batches`, and results with their index. */
import { makeGate } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { hold } from '@twinpool/testkit/tasks';
import { type IMapIterator, OptionsError, Pool, ThreadPool, TimeoutError } from 'twinpool';
import { afterAll, expect, expectTypeOf } from 'vitest';

const square = (x: number): number => x * x;
const oddFails = (x: number): number => {
  if (x % 2 === 1) throw new RangeError(`odd: ${x}`);
  return x;
};

async function batchesOf<R>(iterator: IMapIterator<R>): Promise<R[][]> {
  const all: R[][] = [];
  for await (const batch of iterator.batches()) all.push(batch);
  return all;
}

describe.each([
  ['Pool', Pool],
  ['ThreadPool', ThreadPool],
] as const)('%s', (_name, Class) => {
  const pool = new Class(2);
  afterAll(async () => {
    pool.terminate();
    await pool.join();
  });

  test('toArray has all results, of imap in input order', async () => {
    const numbers = Array.from({ length: 5_000 }, (_, i) => i);
    expect(await pool.imap(square, numbers).toArray()).toEqual(numbers.map(square));
    const unordered = await pool.imapUnordered(square, numbers).toArray();
    expect(unordered.sort((a, b) => a - b)).toEqual(numbers.map(square));
    expect(await pool.imap(square, []).toArray()).toEqual([]);
  });

  test('toArray takes what is left', async () => {
    const iterator = pool.imap(square, [1, 2, 3]);
    expect((await iterator.next()).value).toBe(1);
    expect(await iterator.toArray()).toEqual([4, 9]);
  });

  test('toArray rejects with the first error, and the iterator goes on after it', async () => {
    const iterator = pool.imap(oddFails, [0, 1, 2, 4]);
    await expect(iterator.toArray()).rejects.toThrow('odd: 1');
    expect(await iterator.toArray()).toEqual([2, 4]);
  });

  test("with onError 'stop' the error closes the input", async () => {
    let isClosed = false;
    function* input(): Generator<number> {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        isClosed = true;
      }
    }
    const iterator = pool.imap(oddFails, input(), { onError: 'stop' });
    await expect(iterator.toArray()).rejects.toThrow('odd: 1');
    expect(isClosed).toBe(true);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('batches has each result once, in order, and no empty array', async () => {
    const numbers = Array.from({ length: 20_000 }, (_, i) => i);
    const batches = await batchesOf(pool.imap(square, numbers));
    expect(batches.flat()).toEqual(numbers.map(square));
    expect(batches.every((batch) => batch.length > 0)).toBe(true);
    expect(batches.length).toBeLessThan(numbers.length / 2);
  });

  test('batches of an endless input: it is read on, and closed when the loop ends', async () => {
    let read = 0;
    let isClosed = false;
    function* endless(): Generator<number> {
      try {
        for (; ; read++) yield read;
      } finally {
        isClosed = true;
      }
    }
    let seen = 0;
    for await (const batch of pool.imap(square, endless(), { buffersize: 64 }).batches()) {
      for (const value of batch) {
        expect(value).toBe(seen * seen);
        seen += 1;
      }
      expect(read - seen).toBeLessThanOrEqual(64);
      if (seen > 5_000) break;
    }
    expect(isClosed).toBe(true);
  });

  test('the results before an error come first, then it rejects, and the iteration goes on', async () => {
    const batches = pool.imap(oddFails, [0, 2, 3, 4, 6]).batches();
    const seen: unknown[] = [];
    for (;;) {
      const step = await batches.next().catch((error: Error) => error.message);
      if (typeof step === 'string') seen.push(step);
      else if (step.done === true) break;
      else seen.push(...step.value);
    }
    expect(seen).toEqual([0, 2, 'odd: 3', 4, 6]);
  });

  test('calls at the same time get consecutive results, and none is lost at a timeout', async () => {
    const gate = makeGate();
    const holdAt = hold as (gate: string, label?: undefined) => undefined;
    const batches = pool.imap(holdAt, [gate.path, gate.path]).batches();
    await expect(batches.next(0)).rejects.toThrow(TimeoutError);
    await expect(batches.next(Number.NaN)).rejects.toThrow(RangeError);
    const two = [batches.next(), batches.next()];
    gate.open();
    const values = (await Promise.all(two)).map(({ value }) => value?.length ?? 0);
    expect(values[0]).toBeGreaterThanOrEqual(1);
    expect((values[0] as number) + (values[1] as number)).toBe(2);
    expect(await batches.next()).toEqual({ done: true, value: undefined });
  });

  test('with indexed each result has the position of its item', async () => {
    const numbers = Array.from({ length: 3_000 }, (_, i) => i + 7);
    const expected = numbers.map((x, index) => ({ index, value: x * x }));
    expect(await pool.imap(square, numbers, { indexed: true }).toArray()).toEqual(expected);
    const unordered = await pool.imapUnordered(square, numbers, { indexed: true }).toArray();
    expect(unordered.sort((a, b) => a.index - b.index)).toEqual(expected);
    const one: unknown[] = [];
    for await (const result of pool.imapUnordered(square, [5], { indexed: true })) one.push(result);
    expect(one).toEqual([{ index: 0, value: 25 }]);
    expect((await batchesOf(pool.imapUnordered(square, [5], { indexed: true }))).flat()).toEqual([{ index: 0, value: 25 }]);
  });

  test('an error is an error with indexed too, and an outcome has the index', async () => {
    const outcomes: unknown[] = [];
    for await (const outcome of pool.imap(oddFails, [2, 3], { indexed: true }).settled()) outcomes.push(outcome);
    expect(outcomes[0]).toEqual({ status: 'fulfilled', value: { index: 0, value: 2 } });
    expect(outcomes[1]).toMatchObject({ status: 'rejected', reason: { message: 'odd: 3', taskIndex: 1 } });
  });

  test('the window of 16 MiB counts indexed results too', async () => {
    const text = (length: number): string => 'x'.repeat(length);
    const lengths = Array.from({ length: 40 }, () => 2 ** 20);
    let count = 0;
    for await (const { index, value } of pool.imap(text, lengths, { indexed: true })) {
      expect(index).toBe(count);
      expect(value.length).toBe(2 ** 20);
      count += 1;
    }
    expect(count).toBe(40);
  });

  test.each([1, 'yes', null])('indexed: %o is an OptionsError', async (indexed) => {
    expect(() => pool.imap(square, [1], { indexed } as never)).toThrow(OptionsError);
    await expect(pool.map(square, [1], { indexed: true } as never)).rejects.toThrow(OptionsError);
  });
});

test('types', () => {
  const use = (pool: Pool) => {
    expectTypeOf(pool.imap(square, [1])).toEqualTypeOf<IMapIterator<number>>();
    expectTypeOf(pool.imap(square, [1], { indexed: true }).next).returns.resolves.toMatchTypeOf<{ value: unknown }>();
    expectTypeOf(pool.imapUnordered((x: number) => `${x}`, [1], { indexed: true }).toArray()).resolves.toEqualTypeOf<
      { readonly index: number; readonly value: string }[]
    >();
    expectTypeOf(pool.imap((x: number) => `${x}`, [1], { chunksize: 2 }).toArray()).resolves.toEqualTypeOf<string[]>();
  };
  expect(use).toBeTypeOf('function');
});
