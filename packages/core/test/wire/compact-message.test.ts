/** Tests the compact encoding of small messages: values arrive unchanged, complex values are not encoded, and no bytes make the reader fail. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCompact, encodeCompact, isCompact } from '../../src/wire/compact-message.ts';
import { ANSWER, ARGUMENT_LISTS, type Message, TASKS } from '../../src/wire/messages.ts';

const RUNS = 2_000;

const edges = fc.constantFrom(
  ...[0, -0, 1, -1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 53, 0.1, Number.NaN, Infinity, -Infinity, Number.MIN_VALUE],
);
const latin = fc.string({ unit: fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength: 70 });
const anyText = fc.string({ unit: 'grapheme', maxLength: 70 });
const simple = fc.oneof(edges, fc.integer(), fc.double(), fc.boolean(), fc.constantFrom(undefined, null), latin);
const primitive = fc.oneof(simple, anyText, fc.bigInt());

function roundTrip(message: Message): unknown {
  const bytes = encodeCompact(message);
  if (bytes === undefined) return undefined;
  expect(isCompact(bytes)).toBe(true);
  // The bytes lie in a larger buffer, as in a frame, and the next message overwrites them.
  const copy = new Uint8Array(bytes.length + 3).subarray(3);
  copy.set(bytes);
  return decodeCompact(copy);
}

const isWritten = (value: unknown): boolean =>
  typeof value === 'string'
    ? value.length <= 64 && [...value].every((char) => char.length === 1 && char.charCodeAt(0) <= 0xff)
    : typeof value !== 'bigint';

describe('a compact message', () => {
  it('of primitives arrives unchanged, or is not encoded', () => {
    fc.assert(
      fc.property(fc.array(primitive, { maxLength: 40 }), (fields) => {
        const message: Message = [11, ...fields];
        const back = roundTrip(message);
        if (fields.every(isWritten)) expect(back).toStrictEqual(message);
        else expect(back).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
  });

  it('of answers arrives unchanged', () => {
    fc.assert(
      fc.property(fc.array(simple, { maxLength: 60 }), fc.array(fc.double(), { maxLength: 9 }), (values, segments) => {
        const message: Message = [ANSWER, values.length, values, undefined, segments, 7, 1];
        if (values.every(isWritten)) expect(roundTrip(message)).toStrictEqual(message);
      }),
      { numRuns: RUNS },
    );
  });

  it('of tasks arrives unchanged, with one argument and with several', () => {
    const args = fc.array(fc.array(simple.filter(isWritten), { maxLength: 4 }), { maxLength: 20 });
    fc.assert(
      fc.property(args, (lists) => {
        const runs = [3, ARGUMENT_LISTS, 0.5, lists, undefined, 4, 0, 0, lists.flat(), undefined];
        expect(roundTrip([TASKS, 5, 130, runs])).toStrictEqual([TASKS, 5, 130, runs]);
      }),
      { numRuns: RUNS },
    );
  });

  it.each([
    ['a list that a user passed', [TASKS, 1, 2, [3, 0, 0, [[1, 2]], undefined]]],
    ['a list in a list of arguments', [TASKS, 1, 2, [3, ARGUMENT_LISTS, 0, [[[1]]], undefined]]],
    ['a list as a result', [ANSWER, 1, [[1]], undefined, [], 0, 0]],
    ['an object', [ANSWER, 1, [{}], undefined, [], 0, 0]],
    ['special places', [ANSWER, 1, [undefined], [0, 3, ['e']], [], 0, 0]],
    ['special arguments', [TASKS, 1, 2, [3, 0, 0, [undefined], [0, 4, undefined]]]],
    ['a BigInt', [11, 5n]],
    ['a symbol', [11, Symbol('x')]],
    ['a function', [11, () => 1]],
    ['numbers as a typed array', [ANSWER, 1, new Int32Array(1), undefined, [], 0, 0]],
    ['more than there is room for', [ANSWER, 9_000, Array(9_000).fill('x'.repeat(64)), undefined, [], 0, 0]],
    ['a little more than there is room for', [ANSWER, 1_700, Array(1_700).fill(1), undefined, [], 0, 0]],
  ])('is not made of %s', (_what, message) => {
    expect(encodeCompact(message as unknown as Message)).toBeUndefined();
  });

  it('uses the whole buffer, and not a byte more', () => {
    for (let count = 1_500; count < 1_700; count += 7) {
      const message: Message = [ANSWER, count, Array(count).fill(-5), undefined, [], 0, 0];
      const back = roundTrip(message);
      if (back !== undefined) expect(back).toStrictEqual(message);
    }
  });
});

describe('the reader of compact messages', () => {
  const tags = fc.integer({ min: 0, max: 9 });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 120 }),
    fc.array(tags, { maxLength: 120 }).map((list) => Uint8Array.from(list)),
  );

  it('returns a value or throws, for any bytes', () => {
    fc.assert(
      fc.property(bytes, (given) => {
        try {
          decodeCompact(Uint8Array.from([1, ...given]));
        } catch (error) {
          expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
        }
      }),
      { numRuns: 5 * RUNS },
    );
  });

  it('returns a value or throws, for any change of a good message', () => {
    const good = encodeCompact([ANSWER, 3, [1, 'text', 0.5], undefined, [1, 2, 3], 0, 0])?.slice() as Uint8Array;
    for (let at = 1; at < good.length; at++) {
      expect(() => decodeCompact(good.subarray(0, at))).toThrow();
      for (const byte of [0, 6, 7, 0x7f, 0xff]) {
        const bad = good.slice();
        bad[at] = byte;
        try {
          decodeCompact(bad);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }
    }
  });

  it('refuses bytes after the message, and lists that are nested too deeply', () => {
    const good = encodeCompact([11, 1])?.slice() as Uint8Array;
    expect(() => decodeCompact(Uint8Array.from([...good, 0]))).toThrow(TypeError);
    const nested = Uint8Array.from([1, ...Array(50).fill([7, 1, 0]).flat(), 0]);
    expect(() => decodeCompact(nested)).toThrow(/deep/);
  });

  it('allocates only the items that exist, if a list announces more', () => {
    expect(() => decodeCompact(Uint8Array.from([1, 7, 0xff, 0xff, 2]))).toThrow();
  });
});
