// Tests mapStream: the order, limits, errors and ends of a Node stream whose items are mapped by workers.
import { once } from 'node:events';
import { Duplex, PassThrough, Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { mapStream, type StreamTarget } from '@twinpool/adapters';
import { Executor, ExecutorShutdownError, Future, OptionsError, ThreadPoolExecutor } from '@twinpool/executor';
import { Pool, PoolClosedError, PoolTerminatedError, TaskTimeoutError, TaskValidationError, taskRef } from '@twinpool/pool';
import { failure, makeGate, until } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { failIfOdd, mark, spin, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { shout } from './fixtures/checked.mjs';
import { passOrHold, passOrHoldAndFail, throwIt } from './fixtures/tasks.mjs';
import { busyExecutor, busyPool, Endless, executorFor, holding, KINDS, poolFor, range, settled, targets } from './kit.ts';

/** Items for `passOrHold`; those in `held` stop at the gate. */
const rows = (gate: string, length: number, held: readonly number[]): [string, number, boolean][] =>
  range(length).map((i) => [gate, i, held.includes(i)]);

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of stream) all.push(each);
  return all;
}

describe.each(targets())('on a $title', ({ target }) => {
  test('maps what is written, in order', async () => {
    const stream = mapStream(target, square);
    expect(stream).toBeInstanceOf(Duplex);
    expect(await collect(Readable.from(range(200)).pipe(stream))).toEqual(range(200).map((x) => x * x));
    await finished(stream);
  });

  test('keeps the order though the first takes longest', async () => {
    const gate = makeGate();
    const stream = mapStream(target, passOrHold<number>, { concurrency: 6 });
    const results = collect(Readable.from(rows(gate.path, 20, [0])).pipe(stream));
    await holding(gate, 6);
    await settled(target);
    // No seventh: the first is inside still, and so are those that are done behind it.
    expect(gate.labels().map(Number).toSorted()).toEqual(range(6));
    gate.open();
    expect(await results).toEqual(range(20));
  });

  test('unordered: results come as they are there', async () => {
    const gate = makeGate();
    const stream = mapStream(target, passOrHold<number>, { ordered: false, concurrency: 3 });
    const results: unknown[] = [];
    for await (const value of Readable.from(rows(gate.path, 20, [0])).pipe(stream)) {
      results.push(value);
      if (results.length === 19) gate.open();
    }
    expect(results.at(-1)).toBe(0);
    expect(results.toSorted((a, b) => Number(a) - Number(b))).toEqual(range(20));
  });

  test('works in a pipeline, with its neighbours', async () => {
    const written: number[] = [];
    await pipeline(
      Readable.from(range(50)),
      new PassThrough({ objectMode: true }),
      mapStream(target, square),
      mapStream(target, (x: number) => x + 1, { ordered: false }),
      new Writable({
        objectMode: true,
        write(item, _, done) {
          written.push(item);
          setImmediate(done);
        },
      }),
    );
    expect(written.toSorted((a, b) => a - b)).toEqual(range(50).map((x) => x * x + 1));
  });

  test('takes references, inline and checked functions', async () => {
    const tasks = taskRef<typeof import('@twinpool/testkit/tasks')>(import.meta.resolve('@twinpool/testkit/tasks'));
    expect(await collect(Readable.from([1, 2]).pipe(mapStream(target, tasks.square)))).toEqual([1, 4]);
    expect(await collect(Readable.from(['a']).pipe(mapStream(target, shout)))).toEqual(['A!']);
    const wrong = mapStream(target, shout);
    wrong.write(5);
    expect(await failure(collect(wrong))).toBeInstanceOf(TaskValidationError);
  });

  test('a slow reader holds the workers and the source back', async () => {
    const source = new Endless();
    const concurrency = 5;
    const input = Readable.from(source, { highWaterMark: 1 });
    const stream = mapStream(target, square, { concurrency });
    const piped = pipeline(input, stream).catch((error: unknown) => error);
    const iterator = stream[Symbol.asyncIterator]();
    for (const read of [1, 2, 3, 20]) {
      for (let i = 0; i < (read === 20 ? 17 : 1); i++) await iterator.next();
      await until(() => source.pulled >= read + concurrency, 'as many are pulled as there is room for');
      await settled(target, () => source.pulled);
      // Inside, two at the door, one in the source's own buffer and one in its hand.
      expect(source.pulled).toBeLessThanOrEqual(read + concurrency + 4);
    }
    await iterator.return?.();
    await piped;
    expect(source.isClosed).toBe(true);
  });

  test('concurrency: 1 is one after the other', async () => {
    const gate = makeGate();
    const stream = mapStream(target, passOrHold<number>, { concurrency: 1 });
    for (const row of rows(gate.path, 3, [0, 1, 2])) stream.write(row);
    await holding(gate);
    await settled(target);
    expect(gate.labels()).toEqual(['0']);
    gate.open();
    stream.end();
    expect(await collect(stream)).toEqual([0, 1, 2]);
  });

  test('an error comes after the results before it, ends the stream and closes the source', async () => {
    const source = new Endless();
    const results: number[] = [];
    const piped = pipeline(
      Readable.from(source),
      mapStream(target, (x: number) => (x === 7 ? Promise.reject(new RangeError('7')) : x)),
      async (stream) => {
        for await (const x of stream) results.push(x);
      },
    );
    expect(await failure(piped)).toEqual(new RangeError('7'));
    expect(results).toEqual(range(7));
    expect(source.isClosed).toBe(true);
  });

  test('the first error by order counts, though a later one came first', async () => {
    const gate = makeGate();
    const stream = mapStream(target, passOrHoldAndFail);
    const results: number[] = [];
    const { failed } = target.stats();
    const read = (async () => {
      for await (const value of Readable.from(rows(gate.path, 3, [1])).pipe(stream)) results.push(value);
    })();
    await until(() => target.stats().failed > failed, 'the third fails');
    gate.open();
    expect(await failure(read)).toEqual(new RangeError('1'));
    expect(results).toEqual([0]);
  });

  test('unordered, an error comes when it is there', async () => {
    const gate = makeGate();
    const stream = mapStream(target, passOrHoldAndFail, { ordered: false });
    for (const row of rows(gate.path, 2, [0])) stream.write(row);
    expect(await failure(collect(stream))).toEqual(new RangeError('1'));
    gate.open();
  });

  test.each([null, undefined, 0, '', 'text', { status: 404 }])('%o thrown by a task is an error too', async (thrown) => {
    const stream = mapStream(target, throwIt);
    stream.end([thrown]);
    const error = await failure(collect(stream));
    if (thrown) expect(error).toEqual(thrown);
    else expect(error).toHaveProperty('cause', thrown);
    expect(stream.destroyed).toBe(true);
  });

  test('a task that returns null fails the stream; undefined comes through', async () => {
    expect(await collect(Readable.from([1, 2]).pipe(mapStream(target, (x: number) => (x === 1 ? undefined : x))))).toEqual([undefined, 2]);
    const stream = mapStream(target, (x: number) => (x === 2 ? null : x));
    const results: unknown[] = [];
    const read = (async () => {
      for await (const value of Readable.from([1, 2, 3]).pipe(stream)) results.push(value);
    })();
    expect(await failure(read)).toEqual(
      new TypeError('mapStream: the task returned null, which ends a stream: return something else, or use mapWebStream'),
    );
    expect(results).toEqual([1]);
  });

  test('leaving the loop early destroys it and closes the source', async () => {
    const source = new Endless();
    const stream = mapStream(target, square);
    const piped = pipeline(Readable.from(source), stream).catch((error: NodeJS.ErrnoException) => error.code);
    for await (const value of stream) if (value === 9) break;
    expect(await piped).toMatch(/^(ABORT_ERR|ERR_STREAM_PREMATURE_CLOSE)$/);
    expect([stream.destroyed, source.isClosed]).toEqual([true, true]);
  });

  test('an aborted pipeline destroys it', async () => {
    const controller = new AbortController();
    const source = new Endless();
    const stream = mapStream(target, square);
    const piped = pipeline(Readable.from(source), stream, { signal: controller.signal });
    await once(stream, 'readable');
    controller.abort();
    expect(await failure(piped)).toHaveProperty('name', 'AbortError');
    expect([stream.destroyed, source.isClosed]).toEqual([true, true]);
  });

  test('nothing written, nothing read', async () => {
    expect(await collect(Readable.from([]).pipe(mapStream(target, square)))).toEqual([]);
    const stream = mapStream(target, square);
    stream.end();
    stream.resume();
    await finished(stream);
  });

  test('finish comes when the last task has ended, end when the last result was read', async () => {
    const gate = makeGate();
    const stream = mapStream(target, passOrHold<number>);
    const log: string[] = [];
    stream.on('finish', () => log.push('finish'));
    stream.on('end', () => log.push('end'));
    for (const row of rows(gate.path, 2, [0, 1])) stream.write(row);
    stream.end();
    await holding(gate, 2);
    await settled(target);
    expect(log).toEqual([]);
    gate.open();
    await once(stream, 'finish');
    await settled(target);
    expect(log).toEqual(['finish']);
    expect(await collect(stream)).toEqual([0, 1]);
    expect(log).toEqual(['finish', 'end']);
  });

  test('a view of it gives its options to every task', async () => {
    const stream = mapStream(target.withOptions({ taskTimeout: 30 }) as StreamTarget, spin);
    stream.write(5_000);
    expect(await failure(collect(stream))).toBeInstanceOf(TaskTimeoutError);
  });

  test('data events, pause and resume', async () => {
    const stream = mapStream(target, square, { concurrency: 4 });
    const results: number[] = [];
    stream.on('data', (value: number) => {
      results.push(value);
      if (results.length % 5 === 0) {
        stream.pause();
        setImmediate(() => stream.resume());
      }
    });
    Readable.from(range(30)).pipe(stream);
    await finished(stream);
    expect(results).toEqual(range(30).map((x) => x * x));
  });
});

describe.each(KINDS)('of kind $kind', (kind) => {
  test('destroyed early, what has not started never runs, and no write is left without an answer', async () => {
    const { pool, gate } = await busyPool(kind);
    const stream = mapStream(pool, passOrHold<number>, { concurrency: 3 });
    const answers: unknown[] = [];
    for (const row of rows(gate.path, 6, [])) stream.write(row, (error) => answers.push(error?.name ?? 'accepted'));
    stream.destroy();
    await finished(stream).catch(() => undefined);
    expect(answers).toHaveLength(6);
    expect(pool.stats()).toMatchObject({ queued: 0, cancelled: 3 });
    gate.open();
    expect(await pool.apply(square, [3])).toBe(9);
    expect(gate.labels()).toEqual(['first']);
  });

  test('destroyed while tasks run, these end silently', async () => {
    const executor = executorFor(kind);
    const gate = makeGate();
    const stream = mapStream(executor, passOrHold<number>);
    for (const row of rows(gate.path, 2, [0, 1])) stream.write(row);
    await holding(gate, 2);
    stream.destroy(new Error('given up'));
    expect(await failure(finished(stream))).toEqual(new Error('given up'));
    gate.open();
    await executor.shutdown();
    expect(executor.stats()).toMatchObject({ completed: 2, unobservedErrors: 0, lostWorkers: 0 });
  });

  test('after a failure what has not started behind it is cancelled', async () => {
    const { executor, gate } = await busyExecutor(kind);
    const stream = mapStream(executor, (row: [string, number]) => {
      if (row[1] === 0) throw new RangeError('the first');
      return row[1];
    });
    for (let i = 0; i < 10; i++) stream.write([gate.path, i]);
    gate.open();
    expect(await failure(collect(stream))).toEqual(new RangeError('the first'));
    await executor.shutdown();
    const { failed, completed, cancelled } = executor.stats();
    expect(failed).toBe(1);
    // `first` among them; a few more may have been handed over together with the failing one.
    expect(completed + cancelled).toBe(10);
  });

  test('a target that was closed fails the stream, after what it had accepted', async () => {
    const pool = poolFor(kind);
    const stream = mapStream(pool, square);
    stream.write(2);
    pool.close();
    stream.write(3);
    const iterator = stream[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 4 });
    expect(await failure(iterator.next())).toBeInstanceOf(PoolClosedError);
    const executor = executorFor(kind);
    await executor.shutdown();
    const refused = mapStream(executor, square);
    refused.write(1);
    expect(await failure(collect(refused))).toBeInstanceOf(ExecutorShutdownError);
  });

  test('a pool that is terminated fails the stream', async () => {
    const { pool, gate } = await busyPool(kind);
    const stream = mapStream(pool, square);
    stream.write(2);
    const read = failure(collect(stream));
    pool.terminate();
    expect(await read).toBeInstanceOf(PoolTerminatedError);
    gate.open();
  });

  test('the default lets 16 in for each worker', async () => {
    const { pool, gate } = await busyPool(kind);
    const stream = mapStream(pool, mark as (path: string) => string);
    let accepted = 0;
    for (let i = 0; i < 40; i++) stream.write(gate.path, () => accepted++);
    await settled(pool);
    expect(pool.stats().queued).toBe(16);
    expect(accepted).toBe(15);
    stream.destroy();
    await finished(stream).catch(() => undefined);
    gate.open();
  });
});

test('an executor of one’s own will do: it has submit', async () => {
  class HereExecutor extends Executor {
    override submit(fn: unknown, ...args: unknown[]): Future<never> {
      const future = new Future<never>();
      Promise.resolve((fn as (...args: unknown[]) => never)(...args)).then(
        (value) => future.setResult(value),
        (error: unknown) => future.setException(error),
      );
      return future;
    }
  }
  const executor = new HereExecutor();
  expect(await collect(Readable.from(range(100)).pipe(mapStream(executor, square)))).toEqual(range(100).map((x) => x * x));
  expect(await failure(collect(Readable.from([2, 3]).pipe(mapStream(executor, failIfOdd))))).toBeInstanceOf(RangeError);
});

test('misuse is thrown at the call', async () => {
  await using executor = new ThreadPoolExecutor(1);
  for (const wrong of [undefined, null, 5, {}, square, Pool]) {
    expect(() => mapStream(wrong as unknown as StreamTarget, square)).toThrow(/^mapStream: expected a pool or an executor, got /);
  }
  const bad = { ordered: 1, concurrency: 0, speed: 'high' };
  expect(() => mapStream(executor, square, bad as object)).toThrow(OptionsError);
  try {
    mapStream(executor, square, bad as object);
  } catch (error) {
    expect((error as OptionsError).issues.map(({ path }) => path)).toEqual(['ordered', 'concurrency', 'speed']);
    expect((error as OptionsError).message).toMatch(/^mapStream: ordered: expected true or false, got 1; concurrency: /);
  }
  for (const concurrency of [0, -1, 1.5, Number.NaN, '2', null]) {
    expect(() => mapStream(executor, square, { concurrency: concurrency as number })).toThrow(OptionsError);
  }
  for (const options of [null, 5, [], 'ordered']) expect(() => mapStream(executor, square, options as object)).toThrow(OptionsError);
  const stream = mapStream(executor, square, { ordered: undefined, concurrency: undefined });
  stream.end();
  expect(await collect(stream)).toEqual([]);
});
