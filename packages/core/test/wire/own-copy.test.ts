// Tests values that travel in one message with others that have the same objects: each arrives as it would alone.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownCopy } from '../../src/wire/own-copy.ts';
import { unpackBytes } from '../../src/wire/packed-value.ts';
import { BYTES, Packer, PLAIN } from '../../src/wire/packer.ts';
import { deepStrictEqual } from './deep-strict-equal.ts';
import { anything, PROCESSES, THREADS, throughFrame, throughPort } from './media.ts';

const WAYS = [
  ['threads', THREADS, throughPort],
  ['processes', PROCESSES, throughFrame],
] as const;

describe.each(WAYS)('over %s', (_kind, capabilities, through) => {
  const carry = (packer: Packer, value: unknown): unknown => {
    packer.pack(value, 'argument 1');
    expect([PLAIN, BYTES]).toContain(packer.form);
    const arrived = through(packer.value);
    return packer.form === BYTES ? unpackBytes(arrived) : arrived;
  };

  it('what was sent before in the message arrives as it would alone', () => {
    fc.assert(
      fc.property(anything, fc.uint8Array(), (first, bytes) => {
        const whole = bytes.slice();
        const value = { first, whole, same: new DataView(whole.buffer), list: [first, new Date(bytes.length)], map: new Map([[1, whole]]) };
        const alone = carry(new Packer(capabilities), value);
        const packer = new Packer(capabilities);
        packer.travelTogether(true);
        carry(packer, value);
        packer.clear();
        deepStrictEqual(carry(packer, value), alone);
      }),
    );
  });

  it('what is PLAIN and sent before is copied, and nothing else is', () => {
    const packer = new Packer(capabilities);
    packer.travelTogether(true);
    const shared = { n: 1 };
    const packedValue = (value: unknown): unknown => {
      packer.pack(value, 'argument 1');
      return packer.value;
    };
    const [one, other] = [{ shared }, { shared }];
    expect(packedValue(one)).toBe(one);
    const copy = packedValue(other) as typeof other;
    expect(copy).toEqual(other);
    expect(copy.shared).not.toBe(shared);
    packer.travelTogether(false);
    expect(packedValue(other)).toBe(other);
  });
});

it('a copy keeps what the value has twice, and names that an assignment would not set', () => {
  const part = { n: 1 };
  const buffer = new ArrayBuffer(8);
  const value = { one: part, other: part, view: new Uint8Array(buffer), again: new Float64Array(buffer) };
  Object.defineProperty(value, '__proto__', { value: part, enumerable: true });
  const copy = ownCopy(value) as typeof value;
  deepStrictEqual(copy, structuredClone(value));
  expect(copy.one).toBe(copy.other);
  expect(copy.one).not.toBe(part);
  expect(copy.view.buffer).toBe(copy.again.buffer);
  expect(copy.view.buffer).not.toBe(buffer);
});

it('a copy of a value that cannot be copied any more leaves nothing behind for the next one', () => {
  const part = { n: 1 };
  const buffer = new ArrayBuffer(8);
  structuredClone(buffer, { transfer: [buffer] });
  expect(() => ownCopy([part, buffer])).toThrow(TypeError);
  const copy = ownCopy([part]) as (typeof part)[];
  part.n = 2;
  expect(copy[0]).toEqual({ n: 1 });
});
