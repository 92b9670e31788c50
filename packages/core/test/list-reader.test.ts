/** Tests how an array is read as the input of a stream, and how its numbers are packed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ListReader } from '../src/jobs/list-reader.ts';
import { numbersIn } from '../src/primitives/packed-numbers.ts';

const step = fc.oneof(
  fc.record({ what: fc.constantFrom('next', 'push', 'pop', 'change'), count: fc.constant(1) }),
  fc.record({ what: fc.constant('many'), count: fc.nat(5) }),
);

describe('a list reader', () => {
  it("reads what the array's own iterator reads, whatever happens to the array meanwhile", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 8 }), fc.array(step, { maxLength: 30 }), (list, steps) => {
        const usual = list[Symbol.iterator]();
        const reader = new ListReader(list);
        for (const [at, { what, count }] of steps.entries()) {
          if (what === 'push') list.push(at);
          else if (what === 'pop') list.pop();
          else if (what === 'change' && list.length > 0) list[list.length - 1] = -at;
          else if (what === 'next') expect(reader.next()).toEqual(usual.next());
          else if (what === 'many') {
            const items: unknown[] = [];
            reader.readInto(items, count);
            const expected: unknown[] = [];
            let isDone = false;
            while (expected.length < count && !isDone) {
              const { done, value } = usual.next();
              isDone = done === true;
              if (!isDone) expected.push(value);
            }
            expect(items).toEqual(expected);
            if (count > 0) expect(reader.isExhausted).toBe(isDone);
          }
        }
      }),
    );
  });

  it('reads a hole as undefined', () => {
    const items: unknown[] = [];
    const list = [1, 2, 3];
    delete list[1];
    new ListReader(list).readInto(items, 3);
    expect(Object.keys(items)).toEqual(['0', '1', '2']);
    expect(items).toEqual([1, undefined, 3]);
  });

  it('has read the items before one whose getter throws', () => {
    const list = [1, 2, 3, 4];
    Object.defineProperty(list, 2, {
      get: () => {
        throw new Error('not this one');
      },
    });
    const items: unknown[] = [];
    expect(() => new ListReader(list).readInto(items, 4)).toThrow('not this one');
    expect(items).toEqual([1, 2]);
  });
});

describe('packed numbers', () => {
  it('are the same numbers, -0 and NaN included', () => {
    const number = fc.oneof(fc.integer(), fc.double(), fc.constant(-0), fc.constant(2 ** 31));
    fc.assert(
      fc.property(fc.array(number, { minLength: 1 }), fc.nat(), (list, start) => {
        const from = start % list.length;
        const packed = numbersIn(list, from, list.length - from);
        expect(packed?.length).toBe(list.length - from);
        for (let i = from; i < list.length; i++) expect(packed?.[i - from]).toBe(list[i]);
      }),
    );
  });

  it.each([[['1', 2, 3]], [[1, '2', 3]], [[1, 2, '3']], [[1.5, undefined, 3]], [[1, 2n, 3]]])(
    'are refused where something else is among them: %o',
    (list) => {
      expect(numbersIn(list, 0, 3)).toBeUndefined();
    },
  );
});
