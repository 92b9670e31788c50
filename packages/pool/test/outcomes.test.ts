// What becomes of errors: `onError`, `settled`, `failFast`; and what `join` does with a time limit.
import { inspect } from 'node:util';
import { CancelledError, OptionsError, PoolRunningError, PoolTerminatedError, QueueFullError, TimeoutError } from '@twinpool/pool';
import { failure, makeGate, until } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { failIfOdd, hold, mark, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { POOLS } from './cpython/pools.ts';
import { shout } from './fixtures/checked.mjs';
import { Endless, Feed, later, range, SayWhenError, saysWhen, squares } from './inputs.ts';
import { collect, DONE } from './read-results.ts';
import { makePool, sharePool } from './variants.ts';

const good = (value: unknown): unknown => ({ status: 'fulfilled', value });
const bad = (message: string): unknown => ({ status: 'rejected', reason: expect.objectContaining({ message }) });
const UP_TO_4 = [good(0), bad('1 is odd'), good(2), bad('3 is odd'), good(4)];

/** Waits at the gate, if it is item 0; item 1 fails. Of its own for each test: what was never measured is handed over one by one. */
const holdFirstFailSecond = () => (gate: string, i: number) => {
  const fs = process.getBuiltinModule('node:fs');
  const pause = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6);
  fs.appendFileSync(`${gate}/log`, `0 0 ${i}\n`);
  pause();
  while (i === 0 && !fs.existsSync(`${gate}/open`) && fs.existsSync(gate)) pause();
  while (i === 1 && !fs.readFileSync(`${gate}/log`, 'utf8').includes('0 0 0\n')) pause();
  if (i === 1) throw new RangeError('item 1');
  return i;
};

/** Tasks here wait for each other: they need two workers. */
const WITH_WORKERS = POOLS.filter(({ kind }) => kind !== 'inline');

describe.each(WITH_WORKERS)('$title', (variant) => {
  const given = sharePool(variant);

  describe("onError: 'stop'", () => {
    test('the error is the end: the input is closed, and nothing more comes', async () => {
      for (const method of ['imap', 'imapUnordered'] as const) {
        const input = new Endless();
        const iterator = given.pool[method](failIfOdd, input, { onError: 'stop', buffersize: 1 });
        expect(await iterator.next()).toEqual({ done: false, value: 0 });
        await expect(iterator.next()).rejects.toThrow('1 is odd');
        expect(input.closed).toBe(1);
        expect([await iterator.next(), await iterator.next()]).toEqual([DONE, DONE]);
      }
    });

    test('a request for a later result sees the end', async () => {
      const iterator = given.pool.imap(failIfOdd, range(5), { onError: 'stop' });
      const steps = await Promise.allSettled(range(4).map(() => iterator.next()));
      expect(steps).toEqual([good({ done: false, value: 0 }), bad('1 is odd'), good(DONE), good(DONE)]);
    });

    test('a loop, and the view of outcomes, end there too', async () => {
      expect(await collect(given.pool.imap(failIfOdd, range(5), { onError: 'stop' }).settled())).toEqual(UP_TO_4.slice(0, 2));
      const input = new Endless();
      await expect(collect(given.pool.imap(failIfOdd, input, { onError: 'stop' }))).rejects.toThrow('1 is odd');
      expect(input.closed).toBe(1);
    });

    test("the default is 'continue'", async () => {
      const iterator = given.pool.imap(failIfOdd, range(3), { onError: 'continue' });
      await iterator.next();
      await expect(iterator.next()).rejects.toThrow('1 is odd');
      expect(await iterator.next()).toEqual({ done: false, value: 2 });
      expect(await iterator.next()).toEqual(DONE);
    });
  });

  describe('settled, of an iterator', () => {
    test('gives every outcome, for every chunksize, and ends no loop [D-13] [I-5]', async () => {
      for (const chunksize of [undefined, 1, 2, 100]) {
        expect(await collect(given.pool.imap(failIfOdd, range(5), chunksize).settled())).toEqual(UP_TO_4);
      }
      expect(await collect(given.pool.imap(failIfOdd, later(range(5))).settled())).toEqual(UP_TO_4);
      const unordered = await collect(given.pool.imapUnordered(failIfOdd, range(5)).settled());
      expect(unordered.filter(({ status }) => status === 'rejected')).toHaveLength(2);
      expect(unordered).toHaveLength(5);
    });

    test('a rejected outcome does not pause the call: the input is read further, and join waits for the rest', async () => {
      const pool = makePool(variant);
      const view = pool.imap(failIfOdd, range(20), { buffersize: 2 }).settled();
      expect([await view.next(), await view.next()]).toEqual(UP_TO_4.slice(0, 2).map((value) => ({ done: false, value })));
      pool.close();
      await pool.join();
      expect(await collect(view)).toHaveLength(18);
    });

    test('other failures than those of tasks reject: the input, the end of the pool, the timeout', async () => {
      const ofInput = given.pool.imap(square, saysWhen(5, 1)).settled();
      expect(await ofInput.next()).toEqual({ done: false, value: good(0) });
      expect(await failure(ofInput.next())).toBeInstanceOf(SayWhenError);
      expect(await ofInput.next()).toEqual(DONE);
      const pool = makePool(variant, { processes: 1 });
      const view = pool.imap(square, new Feed<number>()).settled();
      for (const timeout of [1, 0, -1]) expect(await failure(view.next(timeout))).toBeInstanceOf(TimeoutError);
      await expect(view.next(Number.NaN)).rejects.toBeInstanceOf(RangeError);
      const waiting = failure(view.next());
      pool.terminate();
      expect(await waiting).toBeInstanceOf(PoolTerminatedError);
      expect(await view.next()).toEqual(DONE);
    });

    test('leaving it leaves the iterator; it is shown', async () => {
      const input = new Endless();
      const iterator = given.pool.imap(square, input);
      const view = iterator.settled();
      expect(inspect(view)).toBe(`<SettledIterator of ${inspect(iterator)}>`);
      for await (const outcome of view) {
        expect(outcome).toEqual(good(0));
        break;
      }
      expect(input.closed).toBe(1);
      expect([await iterator.next(), await view.next(), await view.return()]).toEqual([DONE, DONE, DONE]);
      const other = new Endless();
      await given.pool.imap(square, other).settled()[Symbol.asyncDispose]();
      expect(other.closed).toBe(1);
    });
  });

  describe('settled, of a map', () => {
    test('how every item ended, whatever the whole came to', async () => {
      for (const input of [range(5), later(range(5))]) {
        const result = given.pool.mapAsync(failIfOdd, input, 2);
        expect(await result.settled()).toEqual(UP_TO_4);
        expect(await failure(result)).toHaveProperty('message', '1 is odd');
        expect((await result.settled())[1]).toHaveProperty('reason', await result.exception());
      }
      expect(await given.pool.starmapAsync(Math.max, [[1]]).settled()).toMatchObject([{ status: 'rejected' }]);
      expect(await given.pool.mapAsync(square, [2, 3]).settled()).toEqual([good(4), good(9)]);
      for (const empty of [[], later([])]) expect(await given.pool.mapAsync(square, empty).settled()).toEqual([]);
    });

    test('a callback that throws changes nothing of it', async () => {
      const result = given.pool.mapAsync(square, [2], {
        callback: () => {
          throw new Error('callback');
        },
      });
      expect(await result.settled()).toEqual([good(4)]);
      await expect(result).rejects.toThrow('callback');
    });

    test('items without an outcome are rejected with what ended the map', async () => {
      const pool = makePool(variant, { processes: 1, maxQueue: 10 });
      const gate = makeGate();
      const rows = range(3).map((i): [string, number] => [gate.path, i]);
      const result = pool.starmapAsync(hold<number>, rows, { chunksize: 1 });
      await gate.entered();
      const waiting = pool.mapAsync(square, range(3));
      const refused = pool.mapAsync(square, range(100));
      expect(waiting.cancel()).toBe(true);
      pool.terminate();
      const reasons = async (map: typeof result): Promise<unknown[]> =>
        (await map.settled()).map((each) => (each as PromiseRejectedResult).reason);
      expect(await reasons(result)).toEqual(new Array(3).fill(expect.any(PoolTerminatedError)));
      expect(await reasons(waiting)).toEqual(new Array(3).fill(expect.any(CancelledError)));
      expect(await reasons(refused)).toEqual(new Array(100).fill(expect.any(QueueFullError)));
    });

    test('an asynchronous input that fails, or is cut off, leaves no list', async () => {
      expect(await failure(given.pool.mapAsync(square, later(saysWhen(5, 2))).settled())).toBeInstanceOf(SayWhenError);
      const feed = new Feed<number>();
      const cancelled = given.pool.mapAsync(square, feed);
      cancelled.cancel();
      expect(await failure(cancelled.settled())).toBeInstanceOf(CancelledError);
    });

    test('asking for it is asking for the error', async () => {
      const before = given.pool.stats().unobservedErrors;
      await given.pool.mapAsync(failIfOdd, [1]).settled();
      expect(given.pool.stats().unobservedErrors).toBe(before);
    });
  });

  describe('failFast', () => {
    test('the first error by time rejects at once; what was not handed over never runs [D-14] [P-MAP-7]', async () => {
      for (const how of ['known', 'async'] as const) {
        const pool = makePool(variant, { processes: 2 });
        const gate = makeGate();
        const rows = range(50).map((i): [string, number] => [gate.path, i]);
        const input = how === 'known' ? rows : later(rows);
        const result = pool.starmapAsync(holdFirstFailSecond(), input, { chunksize: 1, failFast: true });
        // Item 0 has not ended: without failFast nothing would come.
        await expect(result).rejects.toThrow('item 1');
        const outcomes = await result.settled();
        expect(outcomes[1]).toEqual(how === 'known' ? bad('item 1') : { status: 'rejected', reason: expect.any(CancelledError) });
        expect(outcomes[0]).toEqual({ status: 'rejected', reason: expect.any(CancelledError) });
        expect((outcomes[0] as PromiseRejectedResult).reason.cause).toHaveProperty('message', 'item 1');
        gate.open();
        expect(await pool.map(square, range(10))).toEqual(squares(10));
        expect(gate.labels().length).toBeLessThan(10);
        // The account of tasks is right: the pool comes to its end.
        await until(() => pool.stats().queued === 0 && pool.stats().running === 0, 'nothing is open');
        pool.close();
        await pool.join();
      }
    });

    test('by every method that ends as a whole; without an error it changes nothing', async () => {
      const { pool } = given;
      for (const input of [range(5), later(range(5))])
        await expect(pool.map(failIfOdd, input, { failFast: true })).rejects.toThrow(/^[13] is odd/);
      for (const input of [[[1]], later([[1]])])
        await expect(pool.starmap(failIfOdd, input as never, { failFast: true })).rejects.toThrow('1 is odd');
      expect(await pool.map(square, range(5), { failFast: true })).toEqual(squares(5));
      expect(await pool.map(square, later(range(5)), { failFast: true })).toEqual(squares(5));
      expect(await pool.map(square, [], { failFast: true })).toEqual([]);
    });

    test('an argument that does not fit, or cannot be sent, is an error like any other', async () => {
      const { pool } = given;
      const gate = makeGate();
      await expect(pool.map(shout, ['a', 5, 'b'] as string[], { failFast: true })).rejects.toHaveProperty('name', 'TaskValidationError');
      const rows: [string, unknown][] = [() => 1, 1, 2].map((item) => [gate.path, item]);
      await expect(pool.starmap(mark<unknown>, rows, { failFast: true, chunksize: 1 })).rejects.toHaveProperty(
        'name',
        'TaskSerializationError',
      );
      expect(await pool.map(square, range(10))).toEqual(squares(10));
      await until(() => pool.stats().queued === 0 && pool.stats().running === 0, 'nothing is open');
    });

    test('arguments that do not fit are counted once, although the callback ends the call [P-MAP-7]', async () => {
      const control = new AbortController();
      const result = given.pool.mapAsync(shout, [5] as never[], { signal: control.signal, onProgress: () => control.abort() });
      expect(await result.exception()).toHaveProperty('name', 'CancelledError');
      expect(given.pool.stats()).toMatchObject({ queued: 0, running: 0 });
    });

    test('an asynchronous input that fails is an error, too: what waits never runs', async () => {
      const { pool } = given;
      const feed = new Feed<number>();
      const result = pool.mapAsync(square, feed, { failFast: true });
      feed.give(1);
      await until(() => feed.pulled === 2, 'it asks for the second item');
      feed.fail(new SayWhenError('the input'));
      expect(await failure(result)).toBeInstanceOf(SayWhenError);
      expect(await failure(result.settled())).toBeInstanceOf(SayWhenError);
      expect(feed.closed).toBe(0);
    });

    test('callbacks are called once', async () => {
      const told: unknown[] = [];
      const tell = { callback: () => told.push('callback'), errorCallback: (error: unknown) => told.push((error as Error).message) };
      await given.pool.mapAsync(failIfOdd, [1, 1, 1, 1], { failFast: true, chunksize: 1, ...tell }).wait();
      await given.pool.map(square, range(10));
      expect(told).toEqual(['1 is odd']);
    });
  });

  test('what cannot be meant is refused, with all other faults', async () => {
    const { pool } = given;
    expect(() => pool.imap(square, [], { onError: 'skip' } as never)).toThrow(/^imap: onError: expected .*'stop'/);
    expect(() => pool.imap(square, [], { failFast: true } as never)).toThrow(/failFast: unknown option/);
    await expect(pool.map(square, [], { onError: 'stop' } as never)).rejects.toThrow(/onError: unknown option/);
    await expect(pool.map(square, [], { failFast: 1, chunksize: 0 } as never)).rejects.toSatisfy((error) => {
      return (
        error instanceof OptionsError &&
        error.issues
          .map(({ path }) => path)
          .toSorted()
          .join() === 'chunksize,failFast'
      );
    });
    await expect(pool.apply(square, [1], { failFast: true } as never)).rejects.toThrow(/failFast: unknown option/);
    expect(await pool.map(square, [2], { failFast: undefined })).toEqual([4]);
    expect(await collect(pool.imap(square, [2], { onError: undefined }))).toEqual([4]);
  });

  test('join within a time: rejects when it is over, the work goes on, and it can be joined again [D-16] [P-LIFE-4]', async () => {
    const pool = makePool(variant, { processes: 1 });
    const gate = makeGate();
    expect(await failure(pool.join(5))).toBeInstanceOf(PoolRunningError);
    const held = pool.applyAsync(hold, [gate.path, 'held']);
    await gate.entered();
    pool.close();
    for (const timeout of [2, 0, -1]) expect(await failure(pool.join(timeout))).toBeInstanceOf(TimeoutError);
    expect(await failure(pool.join(Number.NaN))).toBeInstanceOf(RangeError);
    expect(await failure(pool.join('5' as never))).toBeInstanceOf(TypeError);
    const joined = [pool.join(60_000), pool.join(Number.POSITIVE_INFINITY), pool.join()];
    expect(held.ready()).toBe(false);
    gate.open();
    expect(await Promise.all(joined)).toEqual([undefined, undefined, undefined]);
    expect(held.ready()).toBe(true);
    await pool.join(0);
    expect(pool.stats().workers).toBe(0);
  });
});
