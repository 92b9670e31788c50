// Tasks that travel together: each has arguments of its own, and its result is what it returned.
import { describe, test } from '@twinpool/testkit/sample';
import { expect } from 'vitest';
import { change, changeSecond, keptBuffer, keptFields, keptList, keptMap, keptPart, keptRows, keptView } from './fixtures/values.mjs';
import { INLINE, sharePool, VARIANTS } from './variants.ts';

/** Enough calls for messages that carry several of them. */
const calls = Array.from({ length: 40 }, (_, i) => i);
const CHUNKSIZES = [undefined, 1, 7] as const;
const optionsOf = (chunksize: number | undefined) => (chunksize === undefined ? {} : { chunksize });

const withItself = (): unknown => {
  const value: Record<string, unknown> = { inner: { n: 0 } };
  value['self'] = value;
  return value;
};
const withGetter = (): unknown => ({
  inner: { n: 0 },
  get other() {
    return 1;
  },
});
const VALUES: readonly (readonly [what: string, make: () => unknown])[] = [
  ['list', () => []],
  ['long list', () => Array.from({ length: 1000 }, () => ({}))],
  ['nested object', () => ({ inner: { n: 0 } })],
  ['object with a getter', withGetter],
  ['object with a cycle', withItself],
  ['object of many', () => ({ inner: { n: 0 }, rows: Array.from({ length: 100 }, (_, i) => ({ i })) })],
  ['map', () => new Map([['n', 0]])],
  ['set', () => new Set()],
  ['date', () => new Date(0)],
  ['buffer', () => new ArrayBuffer(8)],
  ['view', () => new Uint8Array(8)],
  ['part of a buffer', () => new Uint8Array(64).subarray(8, 16)],
  ['Buffer', () => Buffer.alloc(8)],
  ['large Buffer', () => Buffer.alloc(300_000)],
  ['large view', () => new Uint8Array(300_000)],
];
const RESULTS = [
  ['a list', keptList, (list: number[]) => list[0]],
  ['an object', keptFields, (fields: { inner: { n: number } }) => fields.inner.n],
  ['a view', keptView, (view: Uint8Array) => view[0]],
  ['a part of a buffer', keptPart, (view: Uint8Array) => view[7]],
  ['a Buffer', keptBuffer, (buffer: Buffer) => (Buffer.isBuffer(buffer) ? buffer[0] : undefined)],
  ['many rows', keptRows, (rows: number[][]) => rows.at(-1)?.[0]],
  ['a map', keptMap, (map: Map<string, { n: number }>) => map.get('n')?.n],
] as const;

describe.each([...VARIANTS, INLINE])('$title', (variant) => {
  const given = sharePool(variant);

  describe.each(VALUES)('one %s, which each task changes', (_what, make) => {
    const value = make();
    const once = calls.map(() => change(make()));

    test('applyAsync', async () => {
      for (let i = 0; i < 3; i++) await given.pool.apply(change, [value]);
      expect(await Promise.all(calls.map(() => given.pool.applyAsync(change, [value])))).toEqual(once);
      expect(await Promise.all(calls.map((i) => given.pool.applyAsync(changeSecond, [{ i }, value])))).toEqual(once);
    });

    test.each(CHUNKSIZES)('map and starmap, chunksize %s', async (chunksize) => {
      const { pool } = given;
      expect(
        await pool.map(
          change,
          calls.map(() => value),
          optionsOf(chunksize),
        ),
      ).toEqual(once);
      expect(
        await pool.starmap(
          changeSecond,
          calls.map((i) => [i, value] as [number, unknown]),
          optionsOf(chunksize),
        ),
      ).toEqual(once);
    });
  });

  describe.each(RESULTS)('%s that the task keeps and changes', (_what, task, read) => {
    const keep = task as (n: number) => never;
    const reading = (results: readonly never[]) => results.map((result) => (read as (result: never) => unknown)(result));

    test('applyAsync', async () => {
      for (let i = 0; i < 3; i++) await given.pool.apply(keep, [i]);
      expect(reading(await Promise.all(calls.map((i) => given.pool.applyAsync(keep, [i]))))).toEqual(calls);
    });

    test.each(CHUNKSIZES)('map, chunksize %s', async (chunksize) => {
      expect(reading(await given.pool.map(keep, calls, optionsOf(chunksize)))).toEqual(calls);
    });
  });
});

test('what an argument has twice arrives as one object', async () => {
  const { pool, end } = (VARIANTS[1] as (typeof VARIANTS)[number]).open();
  try {
    const part = { n: 1 };
    const bytes = new Uint8Array(8);
    const same = (value: { one: object; other: object; view: Uint8Array; again: DataView }) => [
      value.one === value.other,
      value.view.buffer === value.again.buffer,
    ];
    const value = { one: part, other: part, view: bytes, again: new DataView(bytes.buffer) };
    const results = await pool.map(
      same,
      calls.map(() => value),
    );
    expect(results).toEqual(calls.map(() => [true, true]));
  } finally {
    await end();
  }
});
