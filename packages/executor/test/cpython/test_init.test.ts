/** CPython's test_concurrent_futures/test_init.py. */
import { inspect } from 'node:util';
import { BrokenProcessPoolError, BrokenThreadPoolError, InitializerError } from '@twinpool/executor';
import { nothingLeft } from '@twinpool/testkit/leak-check';
import { describe } from '@twinpool/testkit/sample';
import { failToStart, hold, remember, remembered, rememberLater, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { forTestWith, makeGate } from '../kit.ts';
import { MOST, rowsFor, workersOf } from './kinds.ts';

describe.each(MOST)('$name', (kind) => {
  const { test, checkList } = rowsFor(kind, 'init');
  const Broken = kind.kind === 'thread' ? BrokenThreadPoolError : BrokenProcessPoolError;

  test.each([remember, rememberLater])(
    'InitializerMixin.test_initializer: %o in every worker, before its first task [B-57] [C-15]',
    async (initializer) => {
      const executor = await forTestWith(kind, { initializer, initargs: ['a', { b: 1 }] });
      const gate = makeGate();
      // Where it has another worker, it is that one's.
      const held = workersOf(kind, 2) === 2 ? executor.submit(hold, gate.path, 1) : undefined;
      if (held !== undefined) await gate.entered();
      expect(await executor.submit(remembered)).toEqual(['a', { b: 1 }]);
      gate.open();
      await held;
      expect(await Promise.all([1, 2, 3].map(() => executor.submit(remembered)))).toEqual(Array(3).fill(['a', { b: 1 }]));
    },
  );

  test("FailingInitializerMixin.test_initializer: broken, with the initializer's error as the cause [B-58] [T-6] [E-15] [X-3] [D-32]", async () => {
    const gate = makeGate();
    const executor = await forTestWith(kind, { initializer: failToStart, initargs: [gate.path, 'not today'] });
    const futures = [executor.submit(square, 1), executor.submit(square, 2)];
    const cancelled = executor.submit(square, 3);
    cancelled.cancel();
    const results = executor.map(square, [1]);
    for (const future of futures) {
      const error = await future.exception();
      expect(error).toBeInstanceOf(Broken);
      expect(error).toMatchObject({ cause: expect.any(InitializerError), message: expect.stringContaining('not today') });
      expect(error).toHaveProperty('cause.cause.message', 'not today');
    }
    expect(await futures[0]?.exception()).not.toBe(await futures[1]?.exception());
    await expect(results.next()).rejects.toBeInstanceOf(Broken);
    expect(cancelled.cancelled()).toBe(true);
    expect(inspect(executor)).toContain(`{ state: 'broken', maxWorkers: ${workersOf(kind, 2)}, tasks: 0 }`);
    // Broken before shut down.
    for (const call of [() => executor.submit(square, 1), () => executor.map(square, [1])]) expect(call).toThrow(Broken);
    await executor.shutdown();
    expect(() => executor.submit(square, 1)).toThrow(Broken);
    await executor.terminateWorkers();
    await executor.killWorkers();
    if (!kind.shared) await nothingLeft();
  });

  test.runIf(!kind.shared)('FailingInitializerResourcesTest.test_spawn: nothing is left of those that failed to start [B-59]', async () => {
    const gate = makeGate();
    const executor = await forTestWith(kind, { maxWorkers: 1, initializer: failToStart, initargs: [gate.path, 'no'] });
    expect(await executor.submit(square, 1).exception()).toBeInstanceOf(Broken);
    // Bounded attempts, and nothing after them.
    const starts = gate.labels().length;
    expect(starts).toBeLessThanOrEqual(6);
    await nothingLeft();
    expect(gate.labels().length).toBe(starts);
  });

  checkList();
});
