/** CPython's test_concurrent_futures/test_thread_pool.py: ThreadPoolExecutorTest, and for processes what applies to them. */
import { inspect } from 'node:util';
import { cpuCount } from '@twinpool/core';
import { TimeoutError } from '@twinpool/executor';
import { mark, square } from '@twinpool/testkit/tasks';
import { describe, expect, test } from 'vitest';
import { holdLong } from '../fixtures/tasks.mjs';
import { forAll, makeGate } from '../kit.ts';
import { MOST, OWN, rowsFor, workersOf } from './kinds.ts';

describe.each(MOST)('ThreadPoolExecutorTest: $name', (kind) => {
  const { test, checkList } = rowsFor(kind, 'threads');
  const executor = forAll(kind);

  test('test_map_submits_without_iteration (bpo-11777) [B-88] [X-6]', async () => {
    const gate = makeGate();
    executor.map(mark, Array(3).fill(gate.path), [1, 2, 3]);
    await gate.entered(3);
    expect(gate.labels().sort()).toEqual(['1', '2', '3']);
  });

  test('test_executor_map_current_future_cancel: timeout 0, and nothing of it ever starts [B-94] [X-9] [X-10]', async () => {
    const gate = makeGate();
    const held = [1, 2].map((n) => executor.submit(holdLong, gate.path, `held ${n}`));
    await gate.entered(workersOf(kind, 2));
    for (const timeout of [0, -1]) {
      const results = executor.map(mark, [gate.path, gate.path], ['second', 'third'], { timeout });
      await expect(results.next()).rejects.toBeInstanceOf(TimeoutError);
      expect(await results.next()).toEqual({ done: true, value: undefined });
    }
    gate.open();
    await Promise.all(held);
    await executor.submit(square, 1);
    expect(gate.labels().sort()).toEqual(['held 1', 'held 2']);
  });

  checkList();
});

test.each(OWN)('test_default_workers: $name [B-89] [T-1] [T-2] [E-1] [E-2]', (kind) => {
  const { Executor } = kind;
  expect(inspect(new Executor())).toBe(`${Executor.name} { state: 'open', maxWorkers: ${workersOf(kind, cpuCount())}, tasks: 0 }`);
  const executor = new Executor({ maxWorkers: 3, name: 'images', initializer: square, initargs: [1], maxTasksPerChild: 2 });
  expect(inspect(executor)).toBe(`images { state: 'open', maxWorkers: ${workersOf(kind, 3)}, tasks: 0 }`);
});
