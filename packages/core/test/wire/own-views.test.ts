/** Tests the copy of a value whose views show a part of a buffer. */
import { describe, expect, test } from 'vitest';
import { withOwnViews } from '../../src/wire/own-views.ts';

const bytes = (view: ArrayBufferView): number => view.buffer.byteLength;

describe('withOwnViews', () => {
  test('a view over a part is copied, with its class; a view over all is kept', () => {
    const pool = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]);
    const part = pool.subarray(2, 4);
    const buffer = Buffer.from(pool.buffer, 4, 2);
    const data = new DataView(pool.buffer, 1, 2);
    const [a, b, c, d] = withOwnViews([part, buffer, data, pool]) as [Uint8Array, Buffer, DataView, Uint8Array];
    expect([a, b, c].map(bytes)).toEqual([2, 2, 2]);
    expect([[...a], [...b], c.getUint8(0)]).toEqual([[2, 3], [4, 5], 1]);
    expect(a.constructor).toBe(Uint8Array);
    expect(Buffer.isBuffer(b)).toBe(true);
    expect(d).toBe(pool);
    expect(bytes(part)).toBe(8);
  });

  test('in every container, by the same copy, and around a cycle', () => {
    const part = new Uint16Array(new ArrayBuffer(8), 2, 1);
    const list = new Array<unknown>(2);
    list[1] = part;
    const value: Record<string, unknown> = { map: new Map([[part, new Set([part])]]), list };
    value['self'] = value;
    const copy = withOwnViews(value) as { map: Map<Uint16Array, Set<Uint16Array>>; list: Uint16Array[]; self: unknown };
    expect(copy.self).toBe(copy);
    expect(copy).not.toBe(value);
    const [[key, set] = []] = [...copy.map];
    expect([...(set ?? [])]).toEqual([key]);
    expect(copy.list[1]).toBe(key);
    expect(0 in copy.list).toBe(false);
    expect(bytes(key as Uint16Array)).toBe(2);
    expect((value['list'] as unknown[])[1]).toBe(part);
  });

  test('other objects stay what they are; a key `__proto__` stays a key', () => {
    const date = new Date(5);
    const error = new RangeError('x');
    expect(withOwnViews(date)).toBe(date);
    expect(withOwnViews(error)).toBe(error);
    expect(withOwnViews(7)).toBe(7);
    const copy = withOwnViews(JSON.parse('{ "__proto__": { "a": 1 } }')) as object;
    expect(Object.hasOwn(copy, '__proto__')).toBe(true);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });
});
