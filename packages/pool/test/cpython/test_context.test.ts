// Lib/test/test_context.py, and other tests of the context around a task: AsyncLocalStorage corresponds to contextvars in Python.
import { AsyncLocalStorage } from 'node:async_hooks';
import { reportAll, square } from '@twinpool/testkit/tasks';
import { describe, expect } from 'vitest';
import { sharePool } from '../variants.ts';
import { POOLS, rowsFor } from './pools.ts';

describe.each(POOLS)('$title', (variant) => {
  const { test, checkList } = rowsFor(variant, 'context');
  const given = sharePool(variant);
  const storage = new AsyncLocalStorage<string>();

  test('test_context_thread_1: callbacks and continuations see the context of the call [B-215]', async () => {
    const { pool } = given;
    const seen: unknown[] = [];
    const see = (): void => void seen.push(storage.getStore());
    const call = async (name: string): Promise<void> => {
      await storage.run(name, async () => {
        await pool.applyAsync(square, [2], { callback: see });
        see();
        await pool.map(square, [2], { onProgress: see });
        see();
        await pool.map(reportAll, [[1]], { onReport: see });
        for await (const _ of pool.imap(square, [1, 2])) see();
        await pool.applyAsync(square, [2]).then(see);
      });
    };
    await Promise.all([call('one'), call('two')]);
    const count = (name: string): number => seen.filter((each) => each === name).length;
    expect([count('one'), count('two'), seen.length]).toEqual([8, 8, 16]);
  });

  checkList();
});
