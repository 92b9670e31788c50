import { describe, expect, it } from 'vitest';
import { isExactJson } from '../harness/exact-json.mjs';
import { order } from '../harness/orders.mjs';

const shared = { x: 1 };
const cycle: { self?: object } = {};
cycle.self = cycle;

describe('isExactJson', () => {
  it.each([
    ['an order', order(1)],
    ['null, strings and booleans', [null, '', true]],
    ['numbers', [0, -1.5, 1e300]],
  ])('takes %s', (_, value) => {
    expect(isExactJson(value)).toBe(true);
    expect(JSON.parse(JSON.stringify(value))).toEqual(value);
  });

  it.each([
    ['undefined', { a: undefined }],
    ['NaN', Number.NaN],
    ['-0', [-0]],
    ['a bigint', 1n],
    ['a date', new Date(0)],
    ['a Map', new Map()],
    ['bytes', new Uint8Array(1)],
    ['a class instance', new (class Order {})()],
    ['a list with a hole', new Array(2)],
    ['a list with a property', Object.assign([1], { extra: 1 })],
    ['toJSON', { toJSON: () => 1 }],
    ['the same object twice', [shared, shared]],
    ['a cycle', cycle],
  ])('refuses %s', (_, value) => {
    expect(isExactJson(value)).toBe(false);
  });
});
