// Long typed arrays as the input of `map`: their copy lies in memory that is kept between calls, and that threads share.
import { failure, makeGate, until } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { echo, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { reportSome } from './fixtures/rows.mjs';
import { range } from './inputs.ts';
import { INLINE, makePool, sharePool, VARIANTS } from './variants.ts';

/** Elements of eight bytes: more than a MiB. */
const LONG = 200_000;
const numbered = (first: number): Float64Array<ArrayBuffer> => Float64Array.from({ length: LONG }, (_, i) => first + i);

/** Compares without a list of differences, which would take minutes. */
const isAll = (results: ArrayLike<unknown>, valueAt: (i: number) => unknown, length = LONG): boolean =>
  results.length === length && range(length).every((i) => Object.is(results[i], valueAt(i)));

describe.each([...VARIANTS, INLINE])('$title', (variant) => {
  const given = sharePool(variant);

  test('every element type gives its own elements, call after call', async () => {
    const size = 2 ** 20;
    const inputs: readonly (ArrayLike<unknown> & Iterable<unknown>)[] = [
      Float64Array.from({ length: LONG }, (_, i) => i + 0.5),
      Uint8Array.from({ length: size }, (_, i) => i),
      Int16Array.from({ length: size / 2 }, (_, i) => -i),
      new Uint32Array(size / 4).fill(2 ** 32 - 1),
      BigInt64Array.from({ length: size / 8 }, (_, i) => BigInt(i)),
      Float32Array.from({ length: size / 4 }, (_, i) => -0.5 * i),
      new Float64Array(numbered(7).buffer, 8, LONG - 1),
      new Int32Array(new SharedArrayBuffer(4 * LONG)).fill(3),
    ];
    for (const input of inputs) expect(isAll(await given.pool.map(echo<unknown>, input), (i) => input[i], input.length)).toBe(true);
  });

  test('what the caller does to the input afterwards changes nothing', async () => {
    const input = numbered(1);
    const mapped = given.pool.map(echo<number>, input);
    input.fill(-1);
    const moved = given.pool.map(echo<number>, input);
    structuredClone(input, { transfer: [input.buffer] });
    expect(isAll(await mapped, (i) => 1 + i)).toBe(true);
    expect(isAll(await moved, () => -1)).toBe(true);
  });

  test('maps at the same time have memory of their own', async () => {
    const inputs = [0, 1, 2].map((first) => numbered(first * LONG));
    for (let round = 0; round < 2; round++) {
      const all = await Promise.all(inputs.map((input) => given.pool.map(echo<number>, input)));
      for (const [k, results] of all.entries()) expect(isAll(results, (i) => k * LONG + i)).toBe(true);
    }
  });

  test('a callback that maps again gets right results', async () => {
    const inner: Promise<number[]>[] = [];
    const outer = given.pool.mapAsync(echo<number>, numbered(0), {
      callback: () => inner.push(given.pool.map(echo<number>, numbered(5))),
    });
    expect(isAll(await outer, (i) => i)).toBe(true);
    expect(isAll(await (inner[0] as Promise<number[]>), (i) => 5 + i)).toBe(true);
  });

  test('other results keep their places among numbers', async () => {
    const task = (x: number): unknown => {
      if (x % 50_000 === 1) return `text ${x}`;
      if (x % 50_000 === 2) return Promise.resolve({ x });
      if (x % 50_000 === 3) return undefined;
      return x === 150_000 ? -0 : x;
    };
    const expected = (x: number): unknown => (x === 150_000 ? -0 : x);
    // Once while the function is unknown, then with its measurements.
    for (let round = 0; round < 3; round++) {
      const results: unknown[] = await given.pool.map(task, numbered(0));
      const others = range(LONG).filter((i) => i % 50_000 > 0 && i % 50_000 < 4);
      expect(others.map((i) => results[i])).toEqual(
        [0, 1, 2, 3].flatMap((k) => [`text ${k * 50_000 + 1}`, { x: k * 50_000 + 2 }, undefined]),
      );
      expect(range(LONG).every((i) => others.includes(i) || Object.is(results[i], expected(i)))).toBe(true);
    }
    const into = new Float64Array(LONG);
    expect(await failure(given.pool.map(task, numbered(0), { into }))).toMatchObject({ name: 'TaskSerializationError', taskIndex: 1 });
  });

  test('the results of a map stay when memory is used again', async () => {
    const into = new Float64Array(LONG);
    await given.pool.map(square, numbered(0), { into });
    const list = await given.pool.map(square, numbered(1));
    await given.pool.map(echo<number>, new Float64Array(LONG).fill(-3));
    expect(isAll(into, (i) => i * i)).toBe(true);
    expect(isAll(list, (i) => (1 + i) ** 2)).toBe(true);
  });

  test('into every element type', async () => {
    for (const Type of [Float32Array, Int32Array, Uint8ClampedArray, Uint8Array]) {
      const into = new Type(LONG);
      const task = (x: number): number => x % 200;
      expect(isAll(await given.pool.map(task, numbered(0), { into }), (i) => i % 200)).toBe(true);
    }
    const part = (x: number): number => (x === 199_999 ? 0.5 : 1);
    expect(await failure(given.pool.map(part, numbered(0), { into: new Int32Array(LONG) }))).toMatchObject({ taskIndex: 199_999 });
  });

  test('reports come with the index of their task', async () => {
    const reports: [value: unknown, index: number][] = [];
    const onReport = (value: unknown, index: number): void => void reports.push([value, index]);
    for (let round = 0; round < 2; round++) {
      reports.length = 0;
      expect(isAll(await given.pool.map(reportSome, numbered(0), { onReport }), (i) => i)).toBe(true);
      expect(reports.sort((a, b) => a[1] - b[1])).toEqual([7, 50_007, 100_007, 150_007].map((i) => [`at ${i}`, i]));
    }
  });

  test('a task that throws blames the right element, and the next map is right', async () => {
    const bad = 123_456;
    const task = (x: number): number => {
      if (x === 123_456) throw new RangeError(`element ${x}`);
      return x;
    };
    const input = numbered(0);
    expect(await failure(given.pool.map(task, input, { into: input }))).toMatchObject({ message: `element ${bad}`, taskIndex: bad });
    expect(isAll(await given.pool.map(square, numbered(0)), (i) => i * i)).toBe(true);
  });
});

describe.each(VARIANTS.filter(({ isShared }) => !isShared))('$title', (variant) => {
  test('tasks of a map that was aborted never see the items of the next one', async () => {
    const gate = makeGate();
    const pool = makePool(variant, { processes: 1, killGrace: 60_000, env: { GATE: gate.path } });
    // Measured as short, so that several tasks are claimed together.
    const task = (x: number): number => {
      if (x === 0.5 || x < 0) {
        const fs = process.getBuiltinModule('node:fs');
        const path = process.env['GATE'] as string;
        fs.appendFileSync(`${path}/log`, `0 0 ${x}\n`);
        while (!fs.existsSync(`${path}/open`) && fs.existsSync(path)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      }
      return x;
    };
    for (let i = 0; i < 3; i++) await pool.map(task, numbered(1));
    const control = new AbortController();
    const aborted = failure(pool.map(task, numbered(0.5), { signal: control.signal }));
    await gate.entered();
    control.abort();
    expect(await aborted).toHaveProperty('name', 'CancelledError');
    const next = pool.map(square, new Float64Array(LONG).fill(-3));
    gate.open();
    expect(isAll(await next, () => 9)).toBe(true);
    await until(() => pool.stats().running === 0, 'nothing runs');
    expect(gate.labels()).toEqual(['0.5']);
  });

  test('a worker that ends in a task has given the results before it', async () => {
    const pool = makePool(variant, { processes: 1 });
    const task = (x: number): number => {
      if (x === 100_000) process.exit(3);
      return x;
    };
    // Measured as short.
    for (let i = 0; i < 3; i++) await pool.map(task, numbered(100_001));
    const outcomes = await pool.mapAsync(task, numbered(0)).settled();
    const lost = range(LONG).filter((i) => outcomes[i]?.status === 'rejected');
    expect(lost[0]).toBe(100_000);
    // Those that were claimed together with it.
    expect(lost).toEqual(range(lost.length).map((i) => 100_000 + i));
    expect(range(LONG).every((i) => i === 100_000 || lost.includes(i) || (outcomes[i] as PromiseFulfilledResult<number>).value === i)).toBe(
      true,
    );
  });

  test('a lost worker: `retries` run its tasks again with their items', async () => {
    const gate = makeGate();
    const pool = makePool(variant, { processes: 2, onWorkerLoss: 'retry', env: { GATE: gate.path } });
    const task = (x: number): number => {
      if (x !== 100_000) return x;
      const fs = process.getBuiltinModule('node:fs');
      const path = process.env['GATE'] as string;
      const isFirst = !fs.existsSync(`${path}/log`);
      fs.appendFileSync(`${path}/log`, `0 0 ${x}\n`);
      if (isFirst) process.exit(3);
      return x;
    };
    for (let i = 0; i < 2; i++) expect(isAll(await pool.map(task, numbered(0)), (i) => i)).toBe(true);
    expect(gate.labels()).toHaveLength(3);
    expect(pool.stats().lostWorkers).toBe(1);
  });
});
