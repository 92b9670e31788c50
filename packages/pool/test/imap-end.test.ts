import { PoolClosedError, PoolTerminatedError } from '@twinpool/pool';
import { failure, makeGate, until } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { failIfOdd, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { holdRow } from './fixtures/rows.mjs';
import { Endless, Feed, range, saysWhen, squares } from './inputs.ts';
import { collect, DONE, outcomes, rows } from './read-results.ts';
import { makePool, VARIANTS } from './variants.ts';

describe.each(VARIANTS)('$title', (variant) => {
  describe('when the pool ends', () => {
    test('imap, close, join, and then the loop [D-10] [I-13]', async () => {
      const pool = makePool(variant);
      const ordered = pool.imap(square, range(3000));
      const unordered = pool.imapUnordered(square, saysWhen(2000, -1), { buffersize: 2 });
      pool.close();
      await pool.join();
      expect(await collect(ordered)).toEqual(squares(3000));
      expect(await collect(unordered)).toHaveLength(2000);
    });

    test('a sync input goes on after close without join', async () => {
      const pool = makePool(variant);
      const iterator = pool.imap(square, range(3000), { buffersize: 4 });
      pool.close();
      expect(await collect(iterator)).toEqual(squares(3000));
      await pool.join();
    });

    test('an async input is read no further after close: what was accepted is delivered, then PoolClosedError', async () => {
      const pool = makePool(variant);
      const feed = new Feed<number>();
      const iterator = pool.imap(square, feed);
      feed.give(2);
      await until(() => feed.pulled === 2, 'the first item was accepted');
      pool.close();
      feed.give(3);
      expect(await iterator.next()).toEqual({ done: false, value: 4 });
      expect(await failure(iterator.next())).toBeInstanceOf(PoolClosedError);
      expect(await iterator.next()).toEqual(DONE);
      expect(feed.closed).toBe(1);
      await pool.join();
    });

    test('terminate rejects it with PoolTerminatedError, whether it is waited for or not [I-12] [P-LIFE-3] [D-5]', async () => {
      const pool = makePool(variant);
      const gate = makeGate();
      const input = new Endless();
      const held = pool.imap(holdRow, rows(gate, 5));
      await gate.entered();
      const waiting = failure(held.next());
      const idle = pool.imapUnordered(square, input);
      pool.terminate();
      expect(await waiting).toBeInstanceOf(PoolTerminatedError);
      expect(await held.next()).toEqual(DONE);
      expect((await outcomes(idle)).at(-1)).toMatch(/terminated/);
      expect(input.closed).toBe(1);
      await pool.join();
    });

    test('one that is paused by an error keeps join from nothing', async () => {
      const pool = makePool(variant);
      const input = new Endless();
      const iterator = pool.imap(failIfOdd, input, { buffersize: 2 });
      expect(await iterator.next()).toEqual({ done: false, value: 0 });
      await expect(iterator.next()).rejects.toThrow('1 is odd');
      pool.close();
      await pool.join();
      expect(input.pulled).toBeLessThanOrEqual(4);
      const rest = await outcomes(iterator);
      expect(rest.filter((value) => typeof value === 'number').length).toBeLessThanOrEqual(1);
    });
  });
});
