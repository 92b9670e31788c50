// map, mapAsync, starmap and starmapAsync with `into`: results in a typed array of the caller.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { runInNewContext } from 'node:vm';
import {
  CancelledError,
  MaybeEncodingError,
  OptionsError,
  type Pool,
  PoolTerminatedError,
  type ResultArray,
  TaskSerializationError,
  WorkerLostError,
} from '@twinpool/pool';
import { failure, type Gate, makeGate, until } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { add, echo, failIfOdd, hold, holdAsync, mark, square } from '@twinpool/testkit/tasks';
import { test as always, describe as describeAlways, expect } from 'vitest';
import { Feed, later, range, squares } from './inputs.ts';
import { INLINE, makePool, sharePool, VARIANTS } from './variants.ts';

const ALL = [...VARIANTS, INLINE];

type Class = new (length: number) => ResultArray;
interface Row {
  readonly Class: Class;
  /** Results that fit, and the elements that they become, if these differ. */
  readonly fits: readonly (readonly [result: unknown, element?: unknown])[];
  readonly misfits: readonly unknown[];
  readonly expected: string;
}

/** Values that are not numbers, but become numbers if they are assigned to an element. */
const NO_NUMBERS = ['5', '', null, undefined, true, false, [], [7], {}, new Date(5), 'NaN'];
const PARTS = [1.5, -0.1, Number.MIN_VALUE, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

function whole(Class: Class, least: number, most: number): Row {
  return {
    Class,
    fits: [[least], [most], [0], [-0, 0], [1], [Math.round(most / 2)]],
    misfits: [least - 1, most + 1, 2 ** 53, 5n, ...PARTS, ...NO_NUMBERS],
    expected: `a whole number from ${least} to ${most}`,
  };
}

function float(Class: Class, fits: Row['fits']): Row {
  const every = [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => [value] as const);
  return { Class, fits: [...every, ...fits], misfits: [5n, ...NO_NUMBERS], expected: 'a number' };
}

function big(Class: Class, least: bigint, most: bigint): Row {
  return {
    Class,
    fits: [[least], [most], [0n], [1n]],
    misfits: [least - 1n, most + 1n, 2n ** 70n, 0, 5, ...PARTS, ...NO_NUMBERS],
    expected: `a bigint from ${least}n to ${most}n`,
  };
}

const { Float16Array } = globalThis as { Float16Array?: Class };
const TYPES: readonly Row[] = [
  whole(Int8Array, -128, 127),
  whole(Uint8Array, 0, 255),
  whole(Uint8ClampedArray, 0, 255),
  whole(Int16Array, -32_768, 32_767),
  whole(Uint16Array, 0, 65_535),
  whole(Int32Array, -(2 ** 31), 2 ** 31 - 1),
  whole(Uint32Array, 0, 2 ** 32 - 1),
  float(Float32Array, [
    [0.1, Math.fround(0.1)],
    [1e300, Number.POSITIVE_INFINITY],
    [2 ** 24 + 1, 2 ** 24],
    [1e-300, 0],
  ]),
  float(Float64Array, [[0.1], [Number.MAX_VALUE], [Number.MIN_VALUE], [2 ** 53 + 2]]),
  big(BigInt64Array, -(2n ** 63n), 2n ** 63n - 1n),
  big(BigUint64Array, 0n, 2n ** 64n - 1n),
  ...(Float16Array === undefined
    ? []
    : [
        float(Float16Array, [
          [2049, 2048],
          [1e6, Number.POSITIVE_INFINITY],
        ]),
      ]),
];

const named = (Class: Class): string => Class.name;
const elementsOf = (array: ResultArray): unknown[] => Array.from(array as ArrayLike<unknown>);
/** For results whose types the compiler would refuse. */
const anyOf = (array: object): never => array as never;

describeAlways.each(VARIANTS.filter(({ isShared }) => !isShared))('$title', (variant) => {
  const given = sharePool(variant);

  describeAlways.each(TYPES)('$Class.name', ({ Class, fits, misfits, expected }) => {
    always('takes what fits, and refuses what does not, with index and value', async () => {
      const into = new Class(fits.length);
      expect(
        await given.pool.map(
          echo<unknown>,
          fits.map(([result]) => result),
          { into },
        ),
      ).toBe(into);
      // toEqual knows 0 from -0.
      expect(elementsOf(into)).toEqual(fits.map(([result, element = result]) => element));

      const mixed = [fits[0]?.[0], ...misfits, fits[1]?.[0]];
      const target = new Class(mixed.length);
      const outcomes = await given.pool.mapAsync(echo<unknown>, mixed, { into: target }).settled();
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', ...misfits.map(() => 'rejected'), 'fulfilled']);
      for (const [i, outcome] of outcomes.entries()) {
        if (outcome.status === 'fulfilled') continue;
        expect(outcome.reason).toBeInstanceOf(TaskSerializationError);
        expect(outcome.reason).not.toBeInstanceOf(MaybeEncodingError);
        expect(outcome.reason).toMatchObject({ code: 'ERR_TWINPOOL_TASK_SERIALIZATION', taskIndex: i });
        const start = `the result does not fit into the array \`into\` (${named(Class)}): expected ${expected}, got `;
        expect(outcome.reason.message.startsWith(start), outcome.reason.message).toBe(true);
      }
      // Nothing else was written.
      const zero = (new Class(1) as ArrayLike<unknown>)[0];
      expect(elementsOf(target)).toEqual([fits[0]?.[0], ...misfits.map(() => zero), fits[1]?.[0]]);
    });

    always('takes long runs of numbers, which travel packed; one that does not fit is found in them', async () => {
      const isBig = named(Class).startsWith('Big');
      const numbers = range(3_000).map((i) => (i * 7) % 128);
      const results = isBig ? numbers.map(BigInt) : numbers;
      const into = new Class(numbers.length);
      await given.pool.map(echo<unknown>, results, { into });
      expect(elementsOf(into)).toEqual(results);
      // A fraction makes the run one of doubles.
      for (const [at, bad] of [
        [1_234, 0.5],
        [2_999, 2 ** 40],
        [0, Number.NaN],
        [77, 'x'],
      ] as const) {
        const target = new Class(numbers.length);
        const items = results.with(at, bad as never);
        const outcomes = await given.pool.mapAsync(echo<unknown>, items, { into: target, chunksize: 1_000 }).settled();
        const isFloat = named(Class).startsWith('Float') && typeof bad === 'number';
        const failed = outcomes.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []));
        expect(failed).toEqual(isFloat ? [] : [at]);
        const zero = isBig ? 0n : 0;
        expect(elementsOf(target)).toEqual(results.with(at, (isFloat ? Number(new Class(1).fill(bad as never)[0]) : zero) as never));
      }
    });
  });
});

describe.each(ALL)('$title', (variant) => {
  const given = sharePool(variant);

  test('the array is the result, of every method; only its first elements are written', async () => {
    const fresh = (): Float64Array => new Float64Array([9, 9, 9, 9, 9]);
    const { pool } = given;
    const rows: [number, number][] = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    for (const view of [pool, pool.withOptions({ priority: 1 })]) {
      for (const [run, results] of [
        [(into: Float64Array) => view.map(square, [1, 2, 3], { into }), [1, 4, 9, 9, 9]],
        [(into: Float64Array) => view.map(square, later([1, 2, 3]), { into }), [1, 4, 9, 9, 9]],
        [(into: Float64Array) => view.mapAsync(square, new Set([1, 2, 3]), { into, chunksize: 2 }), [1, 4, 9, 9, 9]],
        [(into: Float64Array) => view.starmap(add, rows, { into }), [3, 7, 11, 9, 9]],
        [(into: Float64Array) => view.starmapAsync(add, later(rows), { into }), [3, 7, 11, 9, 9]],
      ] as const) {
        const into = fresh();
        expect(await run(into)).toBe(into);
        expect(elementsOf(into)).toEqual(results);
      }
    }
    // undefined is as if it was not given.
    expect(await pool.map(square, [1, 2], { into: undefined })).toEqual([1, 4]);
  });

  test('a long map, in one piece and in chunks', async () => {
    for (const chunksize of [undefined, 1_000, 100_000]) {
      const into = new Float64Array(50_000);
      await given.pool.map(square, Float64Array.from(range(50_000)), { into, chunksize });
      expect(elementsOf(into)).toEqual(squares(50_000));
    }
  });

  test('an empty input gives the very array', async () => {
    const into = new Uint8Array([1, 2]);
    const { pool } = given;
    for (const target of [into, new Float32Array(0)] as const) {
      for (const input of [[], later<number>([])]) {
        expect(await pool.map(square, input, { into: target })).toBe(target);
        const result = pool.mapAsync(square, input, { into: target, callback: () => expect.unreachable('nothing is called') });
        expect(await result).toBe(target);
        expect(await result.settled()).toEqual([]);
      }
    }
    expect([...into]).toEqual([1, 2]);
  });

  test('the input may be the array, or lie in it', async () => {
    const array = Float64Array.from(range(500));
    expect(await given.pool.map(square, array, { into: array })).toBe(array);
    expect([...array]).toEqual(squares(500));
    const cells = new Int32Array([1, 2, 3, 4]);
    await given.pool.map(square, cells.subarray(0, 2), { into: cells.subarray(1, 3) });
    expect([...cells]).toEqual([1, 1, 4, 4]);
    const list = [1, 2, 3];
    await given.pool.map(square, list, { into: new Float64Array(3) });
    expect(list).toEqual([1, 2, 3]);
  });

  test('any memory, class and realm', async () => {
    class Liar extends Float64Array {
      override set(): void {
        throw new Error('not this one');
      }
      override subarray(): never {
        throw new Error('not this one');
      }
      override get length(): number {
        return 1;
      }
    }
    const tracking = new Uint16Array(
      new (ArrayBuffer as unknown as new (size: number, options: object) => ArrayBuffer)(1_000, { maxByteLength: 4_000 }),
    );
    const bytes = new ArrayBuffer(1_024);
    const targets: ResultArray[] = [
      new Liar(500),
      Buffer.alloc(500),
      tracking,
      new Int32Array(new SharedArrayBuffer(4 * 500)),
      new Uint16Array(bytes, 8, 500),
      runInNewContext('new Float32Array(500)') as Float32Array,
    ];
    const items = range(500).map((i) => i % 200);
    for (const into of targets) {
      expect(await given.pool.map(echo<number>, items, { into: anyOf(into) })).toBe(into);
      expect(range(500).map((i) => into[i])).toEqual(items);
    }
    expect([...new Uint8Array(bytes, 0, 8), ...new Uint8Array(bytes, 1_008)]).toEqual(new Array(24).fill(0));
  });

  test('what is not a typed array, or has no memory, is an OptionsError before anything starts', async () => {
    const gate = makeGate();
    const moved = new Float64Array(5);
    structuredClone(moved, { transfer: [moved.buffer] });
    const rows: [string, number][] = [[gate.path, 1]];
    for (const [into, got] of [
      [[], 'an array'],
      [[1, 2], 'an array'],
      [{ length: 3 }, 'an object'],
      [null, 'null'],
      ['xy', "'xy'"],
      [7, '7'],
      [new DataView(new ArrayBuffer(8)), 'a DataView'],
      [new ArrayBuffer(8), 'an ArrayBuffer'],
      [new SharedArrayBuffer(8), 'a SharedArrayBuffer'],
      [Float64Array, 'a function'],
      [new Proxy(new Float64Array(3), {}), 'an object'],
      [Object.create(Float64Array.prototype), 'an object'],
    ] as const) {
      for (const run of [
        () => given.pool.starmap(mark<number>, rows, { into: anyOf(into as object) }),
        () => given.pool.map(square, later([1]), { into: anyOf(into as object) }),
      ]) {
        const error = await failure(run());
        expect(error).toBeInstanceOf(OptionsError);
        expect((error as Error).message).toMatch(/^(star)?map: into: expected a typed array, such as a Float64Array, got /);
        expect((error as Error).message.endsWith(`got ${got}`), (error as Error).message).toBe(true);
      }
      expect(() => given.pool.mapAsync(square, [1], { into: anyOf(into as object) })).toThrow(OptionsError);
    }
    await expect(given.pool.starmap(mark<number>, rows, { into: moved })).rejects.toThrow(
      'starmap: into: expected a typed array whose memory was not moved away, got a Float64Array',
    );
    await expect(given.pool.map(square, [], { into: moved })).rejects.toBeInstanceOf(OptionsError);
    expect(gate.labels()).toEqual([]);
  });

  test('other methods refuse it, and a wrong name says the right one', async () => {
    const into = new Float64Array(1);
    const { pool } = given;
    expect(() => pool.imap(square, [1], { into } as never)).toThrow(/^imap: into: unknown option/);
    expect(() => pool.imapUnordered(square, [1], { into } as never)).toThrow(/into: unknown option/);
    await expect(pool.apply(square, [1], { into } as never)).rejects.toThrow(/^apply: into: unknown option/);
    expect(() => pool.withOptions({ into } as never)).toThrow(/into: unknown option/);
    await expect(pool.map(square, [1], { int: into } as never)).rejects.toThrow(/int: unknown option.*into/);
    await expect(pool.map(square, [1], { into: [], chunksize: 0 } as never)).rejects.toHaveProperty('issues.length', 2);
  });

  test('too short is a RangeError, before anything starts', async () => {
    const gate = makeGate();
    const rows = range(3).map((i): [string, number] => [gate.path, i]);
    const outOfBounds = new Uint8Array(
      new (ArrayBuffer as unknown as new (size: number, options: object) => ArrayBuffer)(8, { maxByteLength: 8 }),
      4,
      4,
    );
    (outOfBounds.buffer as unknown as { resize(size: number): void }).resize(4);
    for (const into of [new Int8Array(2), new Float64Array(0), outOfBounds]) {
      const error = await failure(given.pool.starmap(mark<number>, rows, { into }));
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toHaveProperty(
        'message',
        `starmap: expected an array \`into\` with an element for each item, got ${into.length} elements for 3 items`,
      );
      expect(() => given.pool.starmapAsync(mark<number>, rows.values(), { into })).toThrow(RangeError);
      expect(range(into.length).every((i) => into[i] === 0)).toBe(true);
    }
    expect(gate.labels()).toEqual([]);
    // The input's own code may move the memory away.
    const into = new Float64Array(2);
    const input = function* (): Generator<number> {
      structuredClone(into, { transfer: [into.buffer] });
      yield 1;
    };
    expect(await failure(given.pool.map(square, input(), { into }))).toBeInstanceOf(RangeError);
  });

  test('an asynchronous input is closed at the first item without an element', async () => {
    const feed = new Feed<number>();
    const into = new Float64Array([0, 0]);
    const mapped = failure(given.pool.map(square, feed, { into }));
    for (const item of [2, 3, 4]) {
      const { pulled } = feed;
      await until(() => feed.pulled > 0, 'it asks for an item');
      feed.give(item);
      if (item < 4) await until(() => feed.pulled > pulled, 'it asks for the next item');
    }
    expect(await mapped).toMatchObject({
      name: 'RangeError',
      message: expect.stringMatching(/^map: expected .* got 2 elements for 3 items$/),
    });
    expect(feed.closed).toBe(1);
    expect([...into]).toEqual([4, 9]);
    expect(await given.pool.starmap(add, later([[1, 2]] as [number, number][]), { into })).toBe(into);
    await expect(given.pool.starmap(add, later([[1, 2], 3]) as never, { into })).rejects.toBeInstanceOf(TypeError);
  });

  test('the first error by input order is the error; the others go on, and are counted right', async () => {
    for (const asynchronous of [false, true]) {
      const pool = makePool(variant);
      const input = <T>(items: T[]) => (asynchronous ? later(items) : items);
      const into = new Uint8Array(6);
      const progress: number[] = [];
      const onProgress = ({ completed }: { completed: number }) => progress.push(completed);
      const result = pool.mapAsync(echo<number>, input([1, 300, 3, -1, 5, 6]), { into, onProgress });
      expect(await failure(result)).toMatchObject({ taskIndex: 1, message: expect.stringContaining('got 300') });
      expect([...into]).toEqual([1, 0, 3, 0, 5, 6]);
      expect(progress).toEqual([1, 2, 3, 4, 5, 6]);
      expect(pool.stats()).toMatchObject({ completed: 4, failed: 2, cancelled: 0, queued: 0, running: 0 });
      expect(await result.settled()).toMatchObject([
        { status: 'fulfilled', value: 1 },
        { status: 'rejected', reason: { taskIndex: 1 } },
        { status: 'fulfilled', value: 3 },
        { status: 'rejected', reason: { taskIndex: 3 } },
        { status: 'fulfilled', value: 5 },
        { status: 'fulfilled', value: 6 },
      ]);
      // An error of a task itself, before and after a result that does not fit.
      const odd = await failure(pool.map(failIfOdd, input([300, 1]), { into }));
      expect(odd).toMatchObject({ name: 'TaskSerializationError', taskIndex: 0 });
      expect(await failure(pool.map(failIfOdd, input([0, 1, 300]), { into }))).toMatchObject({ message: '1 is odd', taskIndex: 1 });
    }
  });

  test('a map of many results that do not fit counts them all, and its error is the first', async () => {
    const pool = makePool(variant);
    const error = await failure(
      pool.map(
        echo<number>,
        range(2_000).map((i) => i + 0.5),
        { into: new Int32Array(2_000) },
      ),
    );
    expect(error).toMatchObject({ taskIndex: 0, message: expect.stringContaining('got 0.5') });
    expect(error).toHaveProperty('stack', expect.stringContaining('at [taskIndex 0]'));
    expect(error).toHaveProperty('stack', expect.stringContaining('into.test.ts'));
    expect(pool.stats()).toMatchObject({ completed: 0, failed: 2_000, queued: 0, running: 0 });
  });

  test('failFast ends the map at a result that does not fit', async () => {
    for (const input of [range(3_000), later(range(600))]) {
      const pool = makePool(variant, { processes: 1 });
      const into = new Int8Array(3_000);
      const error = await failure(pool.map(echo<number>, input, { into, failFast: true }));
      expect(error).toMatchObject({ name: 'TaskSerializationError', taskIndex: 128 });
      const written = [...into];
      expect(await pool.map(square, range(10))).toEqual(squares(10));
      expect([...into]).toEqual(written);
      await until(() => pool.stats().queued === 0 && pool.stats().running === 0, 'nothing is open');
      pool.close();
      await pool.join();
    }
  });

  test('callbacks get the array, or the error', async () => {
    const into = new Float32Array(2);
    const seen: unknown[] = [];
    const callback = (value: unknown) => seen.push(value);
    const errorCallback = (error: unknown) => seen.push((error as Error).name);
    await given.pool.mapAsync(square, [1, 2], { into, callback, errorCallback }).wait();
    await given.pool.mapAsync(echo<unknown>, ['x'], { into, callback, errorCallback }).wait();
    expect(seen).toEqual([into, 'TaskSerializationError']);
    expect(seen[0]).toBe(into);
  });

  test('settled() reads the array when it is called', async () => {
    const into = new Float32Array(3);
    const result = given.pool.mapAsync(echo<number>, [0.1, 2, 3], { into });
    await result;
    into[1] = 7;
    const values = [Math.fround(0.1), 7, 3].map((value) => ({ status: 'fulfilled', value }));
    expect(await result.settled()).toEqual(values);
    structuredClone(into, { transfer: [into.buffer] });
    expect((await result.settled()).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });

  test('a misfit is a failed task for the diagnostics channel, too', async () => {
    const ends: unknown[] = [];
    const listen = (message: unknown): void => {
      const { event, index, outcome, error } = message as Record<string, unknown>;
      if (event === 'end') ends[index as number] = [outcome, (error as Error | undefined)?.name];
    };
    subscribe('twinpool:task', listen);
    await failure(given.pool.map(echo<unknown>, [1, 300, 'x'.repeat(100_000)], { into: new Uint8Array(3) as never }));
    unsubscribe('twinpool:task', listen);
    expect(ends).toEqual([
      ['completed', undefined],
      ['failed', 'TaskSerializationError'],
      ['failed', 'TaskSerializationError'],
    ]);
  });
});

const held = (gate: Gate, ...labels: number[]): [string, number][] => labels.map((label) => [gate.path, label]);
const move = (array: Float64Array<ArrayBuffer>): void => void structuredClone(array, { transfer: [array.buffer] });

/** Tasks here hold a worker. */
describe.each(VARIANTS)('$title', (variant) => {
  /** A pool of one worker, in which a later map ends after the task that was held. */
  const one = (): Pool => makePool(variant, { processes: 1, killGrace: 60_000 });

  test('after an abort, terminate or cancel nothing is written any more', async () => {
    const into = new Float64Array([9, 9, 9]);
    const pool = one();
    const gate = makeGate();
    const control = new AbortController();
    const result = pool.starmapAsync(holdAsync<number>, held(gate, 1, 2), { into, signal: control.signal, chunksize: 1 });
    await gate.entered();
    control.abort();
    expect(await failure(result)).toBeInstanceOf(CancelledError);
    expect((await result.settled()).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    gate.open();
    expect(await pool.map(square, [3])).toEqual([9]);
    expect([...into]).toEqual([9, 9, 9]);

    const closed = makeGate();
    const running = pool.starmapAsync(holdAsync<number>, held(closed, 1), { into });
    await closed.entered();
    const waiting = pool.mapAsync(square, [4, 5], { into });
    expect(waiting.cancel()).toBe(true);
    expect(await failure(waiting)).toBeInstanceOf(CancelledError);
    pool.terminate();
    expect(await failure(running)).toBeInstanceOf(PoolTerminatedError);
    closed.open();
    await pool.join();
    expect([...into]).toEqual([9, 9, 9]);
  });

  test('settled() after an abort has what was written before it', async () => {
    const pool = one();
    const gate = makeGate();
    const control = new AbortController();
    const into = new Float64Array(3);
    const done = (label: number) => until(() => into[label] !== 0, 'the first result is there');
    const result = pool.starmapAsync(
      // Of its own: what was never measured is handed over one by one.
      async (gate: string, i: number) => {
        const fs = process.getBuiltinModule('node:fs');
        fs.appendFileSync(`${gate}/log`, `0 0 ${i}\n`);
        while (i > 5 && !fs.existsSync(`${gate}/open`) && fs.existsSync(gate)) await new Promise((resolve) => setTimeout(resolve, 1));
        return i;
      },
      held(gate, 5, 6, 7),
      { into, signal: control.signal, chunksize: 1 },
    );
    await gate.entered(2);
    await done(0);
    control.abort();
    const [first, second, third] = await result.settled();
    expect(first).toEqual({ status: 'fulfilled', value: 5 });
    for (const each of [second, third]) expect(each).toMatchObject({ status: 'rejected', reason: { name: 'CancelledError' } });
  });

  test('memory that is moved away while the map runs loses the map, and nothing hangs', async () => {
    for (const asynchronous of [false, true]) {
      const pool = one();
      const gate = makeGate();
      const into = new Float64Array(2);
      const rows = held(gate, 1, 2);
      const result = pool.starmapAsync(hold<number>, asynchronous ? later(rows) : rows, { into, chunksize: 1 });
      await gate.entered();
      move(into);
      gate.open();
      expect(await failure(result)).toMatchObject({
        name: 'TaskSerializationError',
        taskIndex: 0,
        message: expect.stringMatching(/^the array `into` \(Float64Array\) has lost results .* 0 elements/),
      });
      expect((await result.settled()).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect(await pool.map(square, [3])).toEqual([9]);
      pool.close();
      await pool.join();
    }
  });

  test('an array that became shorter after a result was written loses the map', async () => {
    for (const asynchronous of [false, true]) {
      const pool = makePool(variant, { processes: 2 });
      const gate = makeGate();
      const buffer = new (ArrayBuffer as unknown as new (size: number, options: object) => ArrayBuffer)(16, { maxByteLength: 16 });
      const into = new Float64Array(buffer);
      const rows: [string, number][] = [
        [gate.path, 4],
        ['', 5],
      ];
      const task = (gate: string, i: number): number => {
        const fs = process.getBuiltinModule('node:fs');
        while (gate !== '' && !fs.existsSync(`${gate}/open`) && fs.existsSync(gate))
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
        return i;
      };
      const result = pool.starmapAsync(task, asynchronous ? later(rows) : rows, { into, chunksize: 1 });
      await until(() => into[1] === 5, 'the second result is there');
      (buffer as unknown as { resize(size: number): void }).resize(8);
      gate.open();
      expect(await failure(result)).toMatchObject({ name: 'TaskSerializationError', message: expect.stringContaining('1 elements') });
      expect([...into]).toEqual([4]);
      expect(await result.settled()).toMatchObject([{ status: 'fulfilled', value: 4 }, { status: 'rejected' }]);
    }
  });

  test('a lost worker costs its task only, and `retries` run it again', async () => {
    const dies = (gate: string, i: number): number => {
      const fs = process.getBuiltinModule('node:fs');
      fs.appendFileSync(`${gate}/log`, `0 0 ${i}\n`);
      if (i === 2 && fs.readFileSync(`${gate}/log`, 'utf8').split(' 2\n').length === 2) process.exit(3);
      return i;
    };
    const lost = makePool(variant, { processes: 2 });
    const into = new Uint8Array(4);
    const result = lost.starmapAsync(dies, held(makeGate(), 1, 2, 3, 4), { into, chunksize: 1 });
    expect(await failure(result)).toBeInstanceOf(WorkerLostError);
    expect([...into]).toEqual([1, 0, 3, 4]);
    expect((await result.settled()).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    const retried = makePool(variant, { processes: 2, onWorkerLoss: 'retry' });
    const again = new Uint8Array(4);
    expect(await retried.starmap(dies, held(makeGate(), 1, 2, 3, 4), { into: again, chunksize: 1 })).toBe(again);
    expect([...again]).toEqual([1, 2, 3, 4]);
  });
});
