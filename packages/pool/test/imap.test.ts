// imap, imapUnordered and their iterators; rows I-* of the specification.

import { inspect } from 'node:util';
import { TaskSerializationError, TimeoutError } from '@twinpool/pool';
import { failure, makeGate, until } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { failIfOdd, hold, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { holdRow, markRow } from './fixtures/rows.mjs';
import { Endless, Feed, later, range, SayWhenError, saysWhen, squares } from './inputs.ts';
import { collect, DONE, outcomes, rows } from './read-results.ts';
import { makePool, sharePool, VARIANTS } from './variants.ts';

describe.each(VARIANTS)('$title', (variant) => {
  const given = sharePool(variant);

  describe('imap', () => {
    test('yields in input order, whatever the chunksize [I-1] [I-2] [I-3]', async () => {
      for (const chunksize of [undefined, 1, 2, 7, 100]) {
        expect(await collect(given.pool.imap(square, range(100), chunksize))).toEqual(squares(100));
        expect(await collect(given.pool.imap(square, later(range(20)), { chunksize }))).toEqual(squares(20));
      }
      expect(await collect(given.pool.imap(square, range(1000), 100))).toEqual(squares(1000));
      expect(await collect(given.pool.imap(square, range(5000)))).toEqual(squares(5000));
    });

    test('step by step, then done, and done again [I-3]', async () => {
      const iterator = given.pool.imap(square, [1, 2]);
      expect(await iterator.next()).toEqual({ done: false, value: 1 });
      expect(await iterator.next()).toEqual({ done: false, value: 4 });
      for (let i = 0; i < 3; i++) expect(await iterator.next()).toEqual(DONE);
    });

    test('an empty input is done at once', async () => {
      expect(await collect(given.pool.imap(square, []))).toEqual([]);
      expect(await collect(given.pool.imapUnordered(square, later([])))).toEqual([]);
    });

    test('results come one by one, as soon as they are there', async () => {
      const gate = makeGate();
      const open = makeGate();
      open.open();
      const iterator = given.pool.imap(holdRow, [
        [open.path, 0],
        [gate.path, 1],
      ]);
      expect(await iterator.next()).toEqual({ done: false, value: 0 });
      gate.open();
      expect(await iterator.next()).toEqual({ done: false, value: 1 });
      expect(await iterator.next()).toEqual(DONE);
    });

    test('total is known where the input tells, else when it has ended', async () => {
      const totals = async (input: Iterable<number>): Promise<unknown[]> => {
        const seen: unknown[] = [];
        await collect(given.pool.imap(square, input, { onProgress: ({ completed, total }) => seen.push([completed, total]) }));
        return seen;
      };
      const known = [
        [1, 3],
        [2, 3],
        [3, 3],
      ];
      expect(await totals([1, 2, 3])).toEqual(known);
      expect(await totals(new Set([1, 2, 3]))).toEqual(known);
      expect(await totals(new Uint8Array(3))).toEqual(known);
      expect((await totals(saysWhen(3, -1))).at(-1)).toEqual([3, 3]);
    });

    test('argument errors are thrown at the call, and the input is not touched [I-1] [I-8]', () => {
      for (const method of ['imap', 'imapUnordered'] as const) {
        for (const bad of [5, null, undefined, {}]) expect(() => given.pool[method](square, bad as never)).toThrow(TypeError);
        const input = {
          [Symbol.iterator]: () => {
            throw new Error('opened');
          },
        };
        for (const bad of [0, -1, 1.5, Number.NaN]) expect(() => given.pool[method](square, input, bad)).toThrow(RangeError);
        expect(() => given.pool[method](square, input, '2' as never)).toThrow(TypeError);
        expect(() => given.pool[method](square, input, { callback: () => undefined } as never)).toThrow(/callback: unknown option/);
        expect(() => given.pool[method](square, input, { buffersize: 0 })).toThrow(/buffersize/);
        expect(() => given.pool[method](square, input)).toThrow('opened');
      }
    });

    test('a bad function is the outcome', async () => {
      const input = new Endless();
      const iterator = given.pool.imap(Math.max, input);
      expect(await failure(iterator.next())).toBeInstanceOf(TaskSerializationError);
      expect(await iterator.next()).toEqual(DONE);
      expect(input.closed).toBe(1);
    });

    test('shows its state', async () => {
      const iterator = given.pool.imap(square, [1]);
      const name = variant.kind === 'thread' ? 'ThreadPool' : 'Pool';
      expect(inspect(iterator)).toBe(`<IMapIterator of ${name}.imap state=running>`);
      await iterator.return();
      expect(inspect([iterator])).toBe(`[ <IMapIterator of ${name}.imap state=ended> ]`);
    });
  });

  describe('imapUnordered', () => {
    test('yields in the order of completion', async () => {
      const gate = makeGate();
      const slow = makeGate();
      const iterator = given.pool.imapUnordered(holdRow, [
        [slow.path, 0],
        [gate.path, 1],
      ]);
      gate.open();
      expect(await iterator.next()).toEqual({ done: false, value: 1 });
      slow.open();
      expect(await iterator.next()).toEqual({ done: false, value: 0 });
      expect(await iterator.next()).toEqual(DONE);
    });

    test('yields every result once, whatever the chunksize', async () => {
      for (const chunksize of [1, 3, 100]) {
        const all = await collect(given.pool.imapUnordered(square, range(1000), chunksize));
        expect(all.toSorted((a, b) => a - b)).toEqual(squares(1000));
      }
    });

    test('errors arrive among the values', async () => {
      const all = await outcomes(given.pool.imapUnordered(failIfOdd, range(6)));
      expect(all.toSorted()).toEqual([0, 2, 4, '1 is odd', '3 is odd', '5 is odd'].toSorted());
    });
  });

  describe('errors', () => {
    test('a failing item rejects at its position, and the iterator goes on, for every chunksize [I-2] [I-5] [D-13]', async () => {
      for (const chunksize of [1, 2, 4]) {
        expect(await outcomes(given.pool.imap(failIfOdd, range(5), chunksize))).toEqual([0, '1 is odd', 2, '3 is odd', 4]);
      }
    });

    test('an error of the input comes after the good items, then the end [I-7]', async () => {
      for (const chunksize of [1, 2, 4]) {
        for (const when of [0, 1, 3, 7]) {
          const iterator = given.pool.imap(square, saysWhen(20, when), chunksize);
          for (let i = 0; i < when; i++) expect(await iterator.next()).toEqual({ done: false, value: i * i });
          expect(await failure(iterator.next())).toBeInstanceOf(SayWhenError);
          expect(await iterator.next()).toEqual(DONE);
        }
      }
      expect(await outcomes(given.pool.imapUnordered(square, saysWhen(5, 2)))).toHaveLength(3);
      expect(await outcomes(given.pool.imap(square, later(saysWhen(5, 2))))).toEqual([0, 1, 'said when']);
    });

    test('a for await loop ends with the error and pulls no further; next() goes on', async () => {
      const input = new Endless();
      const iterator = given.pool.imap(failIfOdd, input, { buffersize: 1 });
      const seen: number[] = [];
      await expect(
        (async () => {
          for await (const value of iterator) seen.push(value);
        })(),
      ).rejects.toThrow('1 is odd');
      expect(seen).toEqual([0]);
      expect([input.pulled, input.closed]).toEqual([2, 0]);
      expect(await iterator.next()).toEqual({ done: false, value: 2 });
      await iterator.return();
      expect(input.closed).toBe(1);
    });
  });

  describe('timeouts', () => {
    test('one that is over loses nothing [I-4]', async () => {
      const gate = makeGate();
      const iterator = given.pool.imap(holdRow, rows(gate, 3));
      for (const timeout of [1, 0, -1]) expect(await failure(iterator.next(timeout))).toBeInstanceOf(TimeoutError);
      const waiting = [iterator.next(60_000), iterator.next(1).catch((error: Error) => error.name), iterator.next()];
      expect(await waiting[1]).toBe('TimeoutError');
      gate.open();
      expect(await Promise.all(waiting)).toEqual([{ done: false, value: 0 }, 'TimeoutError', { done: false, value: 1 }]);
      expect(await iterator.next(Number.POSITIVE_INFINITY)).toEqual({ done: false, value: 2 });
      expect(await iterator.next(1)).toEqual(DONE);
    });

    test('an available result is returned with a timeout of 0', async () => {
      let told = 0;
      const onProgress = ({ completed }: { completed: number }): void => {
        told = completed;
      };
      const counted = given.pool.imap(square, [3, 4], { onProgress });
      await until(() => told === 2, 'both are there');
      expect(await counted.next(0)).toEqual({ done: false, value: 9 });
      expect(await counted.next(-1)).toEqual({ done: false, value: 16 });
      expect(await counted.next(0)).toEqual(DONE);
    });

    test('those that cannot be meant are refused, and nothing is lost', async () => {
      const iterator = given.pool.imap(square, [3]);
      await expect(iterator.next(Number.NaN)).rejects.toBeInstanceOf(RangeError);
      await expect(iterator.next('5' as never)).rejects.toBeInstanceOf(TypeError);
      expect(await iterator.next()).toEqual({ done: false, value: 9 });
    });
  });

  test('concurrent calls get consecutive results, and the end [I-10]', async () => {
    const iterator = given.pool.imap(square, [1, 2, 3]);
    expect(await Promise.all(range(5).map(() => iterator.next()))).toEqual([
      { done: false, value: 1 },
      { done: false, value: 4 },
      { done: false, value: 9 },
      DONE,
      DONE,
    ]);
  });

  describe('the window', () => {
    test('an endless input works, and is read a bounded way ahead [I-6] [D-9]', async () => {
      for (const method of ['imap', 'imapUnordered'] as const) {
        const input = new Endless();
        const iterator = given.pool[method](square, input);
        const seen: number[] = [];
        for await (const value of iterator) {
          seen.push(value);
          expect(input.pulled).toBeLessThanOrEqual(seen.length + 1024);
          if (seen.length === 3000) break;
        }
        expect(new Set(seen).size).toBe(3000);
        expect(seen.every((value) => Number.isInteger(Math.sqrt(value)))).toBe(true);
        if (method === 'imap') expect(seen).toEqual(squares(3000));
        expect(input.closed).toBe(1);
      }
    });

    test('buffersize bounds what is ahead of the consumer [I-13]', async () => {
      for (const chunksize of [undefined, 1, 2, 10]) {
        const input = new Endless();
        const iterator = given.pool.imap(square, input, { buffersize: 3, chunksize });
        for (let taken = 1; taken <= 50; taken++) {
          expect(await iterator.next()).toEqual({ done: false, value: (taken - 1) ** 2 });
          expect(input.pulled).toBeLessThanOrEqual(taken + 3);
        }
        await iterator.return();
      }
    });

    test('an async input is read as far', async () => {
      let pulled = 0;
      const endless = async function* (): AsyncGenerator<number> {
        for (;;) yield pulled++;
      };
      const iterator = given.pool.imap(square, endless(), { buffersize: 3 });
      for (let taken = 1; taken <= 20; taken++) {
        await iterator.next();
        expect(pulled).toBeLessThanOrEqual(taken + 3);
      }
      await iterator.return();
    });
  });

  describe('leaving', () => {
    test('break, return and a throw in the body close the input', async () => {
      const inputs = [new Endless(), new Endless(), new Endless(), new Endless(), new Endless()] as const;
      for await (const _ of given.pool.imap(square, inputs[0])) break;
      const leaves = async (): Promise<number> => {
        for await (const value of given.pool.imap(square, inputs[1])) return value;
        return -1;
      };
      expect(await leaves()).toBe(0);
      const throws = async (): Promise<void> => {
        for await (const value of given.pool.imapUnordered(square, inputs[2])) throw new Error(`body ${value >= 0}`);
      };
      await expect(throws()).rejects.toThrow('body true');
      await expect(given.pool.imap(square, inputs[3]).throw(new Error('thrown in'))).rejects.toThrow('thrown in');
      await given.pool.imap(square, inputs[4])[Symbol.asyncDispose]();
      expect(inputs.map(({ closed }) => closed)).toEqual([1, 1, 1, 1, 1]);
    });

    test('tasks that have not started never run, and waiting calls see the end [I-11]', async () => {
      const pool = makePool(variant, { processes: 1 });
      const gate = makeGate();
      const held = pool.applyAsync(hold, [gate.path, 'held']);
      await gate.entered();
      const iterator = pool.imap(markRow, rows(gate, 5));
      const waiting = [iterator.next(), iterator.next(60_000)];
      expect(await iterator.return()).toEqual(DONE);
      expect(await Promise.all(waiting)).toEqual([DONE, DONE]);
      expect(await iterator.next()).toEqual(DONE);
      expect(await iterator.return()).toEqual(DONE);
      gate.open();
      await held;
      expect(await pool.apply(square, [2])).toBe(4);
      expect(gate.labels()).toEqual(['held']);
    });

    test('return waits until an async input is closed', async () => {
      const feed = new Feed<number>();
      const iterator = given.pool.imap(square, feed);
      feed.give(2);
      expect(await iterator.next()).toEqual({ done: false, value: 4 });
      await iterator.return();
      expect(feed.closed).toBe(1);
    });
  });
});
