// Tests mapWebStream: the same for Web streams, compared with a TransformStream.
import { ReadableStream, type WritableStreamDefaultWriter } from 'node:stream/web';
import { mapWebStream, type StreamTarget } from '@twinpool/adapters';
import { OptionsError } from '@twinpool/executor';
import { PoolClosedError, PoolTerminatedError, taskRef } from '@twinpool/pool';
import { failure, makeGate, until } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { shout } from './fixtures/checked.mjs';
import { passOrHold, passOrHoldAndFail, throwIt } from './fixtures/tasks.mjs';
import { busyPool, Endless, holding, KINDS, poolFor, range, settled, targets } from './kit.ts';

const rows = (gate: string, length: number, held: readonly number[]): [string, number, boolean][] =>
  range(length).map((i) => [gate, i, held.includes(i)]);

/** Reads no further ahead than it is asked to. */
function from<T>(items: Iterable<T>): ReadableStream<T> {
  const iterator = items[Symbol.iterator]();
  return new ReadableStream<T>(
    {
      pull(controller) {
        const { done, value } = iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel() {
        iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

async function collect<T>(stream: AsyncIterable<T>, into: T[] = []): Promise<T[]> {
  for await (const each of stream) into.push(each);
  return into;
}

/** Writes that the test does not await; it checks their outcome elsewhere. */
async function writeAll<T>(writer: WritableStreamDefaultWriter<T>, items: Iterable<T>): Promise<void> {
  for (const item of items) writer.write(item).catch(() => undefined);
  writer.closed.catch(() => undefined);
}

describe.each(targets())('on a $title', ({ target }) => {
  test('maps what comes through, in order', async () => {
    expect(await collect(from(range(200)).pipeThrough(mapWebStream(target, square)))).toEqual(range(200).map((x) => x * x));
    const tasks = taskRef<typeof import('@twinpool/testkit/tasks')>(import.meta.resolve('@twinpool/testkit/tasks'));
    expect(await collect(from([1, 2]).pipeThrough(mapWebStream(target, tasks.square)))).toEqual([1, 4]);
    expect(await collect(from(['a']).pipeThrough(mapWebStream(target, shout)))).toEqual(['A!']);
    expect(await collect(from<number>([]).pipeThrough(mapWebStream(target, square)))).toEqual([]);
  });

  test('keeps the order, or does not', async () => {
    const gate = makeGate();
    const ordered = collect(from(rows(gate.path, 20, [0])).pipeThrough(mapWebStream(target, passOrHold<number>, { concurrency: 6 })));
    await holding(gate, 6);
    await settled(target);
    expect(gate.labels().map(Number).toSorted()).toEqual(range(6));
    gate.open();
    expect(await ordered).toEqual(range(20));
    const other = makeGate();
    const results: number[] = [];
    const pair = mapWebStream(target, passOrHold<number>, { ordered: false, concurrency: 3 });
    for await (const value of from(rows(other.path, 20, [0])).pipeThrough(pair)) {
      results.push(value);
      if (results.length === 19) other.open();
    }
    expect(results.at(-1)).toBe(0);
    expect(results.toSorted((a, b) => a - b)).toEqual(range(20));
  });

  test('null and undefined come through', async () => {
    const values = [null, undefined, 0, ''];
    expect(await collect(from(values).pipeThrough(mapWebStream(target, <T>(x: T): T => x)))).toEqual(values);
  });

  test('a slow reader holds the workers and the source back', async () => {
    const source = new Endless();
    const concurrency = 5;
    const reader = from(source)
      .pipeThrough(mapWebStream(target, square, { concurrency }))
      .getReader();
    let read = 0;
    for (const upTo of [1, 2, 20]) {
      for (; read < upTo; read++) expect(await reader.read()).toEqual({ done: false, value: read * read });
      await until(() => source.pulled >= read + concurrency, 'as many are pulled as there is room for');
      await settled(target, () => source.pulled);
      // The one more that a pipe has in its hand.
      expect(source.pulled).toBeLessThanOrEqual(read + concurrency + 1);
    }
    await reader.cancel();
    await until(() => source.isClosed, 'the source is closed');
  });

  test('several reads at once are answered in order', async () => {
    const reader = from(range(5)).pipeThrough(mapWebStream(target, square)).getReader();
    const steps = await Promise.all(range(7).map(() => reader.read()));
    expect(steps.map(({ value }) => value)).toEqual([0, 1, 4, 9, 16, undefined, undefined]);
    await reader.closed;
  });

  test('an error comes after the results before it, and reaches both ends and the source', async () => {
    const source = new Endless();
    const results: number[] = [];
    const pair = mapWebStream(target, (x: number) => (x === 7 ? Promise.reject(new RangeError('7')) : x));
    const piped = from(source).pipeTo(pair.writable);
    const [read, write] = await Promise.all([failure(collect(pair.readable, results)), failure(piped)]);
    expect([read, write]).toEqual([new RangeError('7'), new RangeError('7')]);
    expect(results).toEqual(range(7));
    expect(source.isClosed).toBe(true);
  });

  test('the first error by order counts, though a later one came first', async () => {
    const gate = makeGate();
    const results: number[] = [];
    const { failed } = target.stats();
    const read = failure(collect(from(rows(gate.path, 3, [1])).pipeThrough(mapWebStream(target, passOrHoldAndFail)), results));
    await until(() => target.stats().failed > failed, 'the third fails');
    gate.open();
    expect(await read).toEqual(new RangeError('1'));
    expect(results).toEqual([0]);
  });

  test.each([null, undefined, 'text'])('%o thrown by a task arrives as it is', async (thrown) => {
    expect(await failure(collect(from([[thrown] as const]).pipeThrough(mapWebStream(target, throwIt))))).toBe(thrown);
  });

  test('close() resolves when the last task has ended, and rejects when one of them failed; a reader is not needed', async () => {
    const gate = makeGate();
    const held = mapWebStream(target, passOrHold<number>);
    const writer = held.writable.getWriter();
    await writeAll(writer, rows(gate.path, 2, [0, 1]));
    let isClosed = false;
    const closed = writer.close().then(() => {
      isClosed = true;
    });
    await holding(gate, 2);
    await settled(target);
    expect(isClosed).toBe(false);
    gate.open();
    await closed;
    expect(await collect(held.readable)).toEqual([0, 1]);

    const bad = mapWebStream(target, passOrHoldAndFail);
    const other = bad.writable.getWriter();
    await writeAll(other, rows(gate.path, 3, []));
    expect(await failure(other.close())).toEqual(new RangeError('1'));
    const results: number[] = [];
    expect(await failure(collect(bad.readable, results))).toEqual(new RangeError('1'));
    expect(results).toEqual([0]);
  });

  test('leaving the loop closes the source', async () => {
    const source = new Endless();
    for await (const value of from(source).pipeThrough(mapWebStream(target, square))) if (value === 9) break;
    await until(() => source.isClosed, 'the source is closed');
    expect(source.isClosed).toBe(true);
  });
});

describe.each(KINDS)('of kind $kind', (kind) => {
  test.each(['readable.cancel', 'writable.abort'] as const)('%s: what has not started never runs, and both ends know', async (how) => {
    const { pool, gate } = await busyPool(kind);
    const { readable, writable } = mapWebStream(pool, passOrHold<number>, { concurrency: 3 });
    const [reader, writer] = [readable.getReader(), writable.getWriter()];
    await writeAll(writer, rows(gate.path, 6, []));
    const read = how === 'writable.abort' ? failure(reader.read()) : reader.read();
    await until(() => pool.stats().queued === 3, 'the pipeline is full');
    const reason = new Error('given up');
    if (how === 'readable.cancel') await reader.cancel(reason);
    else await writer.abort(reason);
    expect(await failure(writer.closed)).toBe(reason);
    expect(await read).toEqual(how === 'writable.abort' ? reason : { done: true, value: undefined });
    expect(pool.stats()).toMatchObject({ queued: 0, cancelled: 3 });
    gate.open();
    expect(await pool.apply(square, [3])).toBe(9);
    expect(gate.labels()).toEqual(['first']);
  });

  test('given up while close() waits, close() is over', async () => {
    const { pool, gate } = await busyPool(kind);
    for (const how of ['cancel', 'abort'] as const) {
      const { readable, writable } = mapWebStream(pool, square);
      const writer = writable.getWriter();
      await writeAll(writer, [1, 2]);
      const closed = writer.close().then(
        () => 'closed',
        (error: unknown) => error,
      );
      await until(() => pool.stats().queued === 2, 'both wait');
      const reason = new Error(how);
      await Promise.allSettled([how === 'cancel' ? readable.cancel(reason) : writer.abort(reason)]);
      expect(await closed).toBe(reason);
      expect(pool.stats().queued).toBe(0);
    }
    gate.open();
  });

  test('a target that was closed, or is terminated, fails both ends', async () => {
    const closed = poolFor(kind);
    const pair = mapWebStream(closed, square);
    const writer = pair.writable.getWriter();
    await writer.write(2);
    closed.close();
    await writeAll(writer, [3]);
    const reader = pair.readable.getReader();
    expect(await reader.read()).toEqual({ done: false, value: 4 });
    expect(await failure(reader.read())).toBeInstanceOf(PoolClosedError);
    expect(await failure(writer.closed)).toBeInstanceOf(PoolClosedError);

    const { pool, gate } = await busyPool(kind);
    const read = failure(collect(from([1, 2]).pipeThrough(mapWebStream(pool, square))));
    await until(() => pool.stats().queued === 2, 'both wait');
    pool.terminate();
    expect(await read).toBeInstanceOf(PoolTerminatedError);
    gate.open();
  });
});

test('misuse is thrown at the call', () => {
  expect(() => mapWebStream({} as StreamTarget, square)).toThrow(/^mapWebStream: expected a pool or an executor, got \{\}/);
  expect(() => mapWebStream({ submit: () => undefined } as unknown as StreamTarget, square, { concurrency: 0 })).toThrow(OptionsError);
});
