/** Checks that every method of an ended pool refuses new work. */
import { type Pool, PoolClosedError } from '@twinpool/pool';
import { failure } from '@twinpool/testkit';
import { square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';

/** Calls of all methods that accept work: those that throw, and those whose promise rejects. */
function refusals(pool: Pool): { thrown: (() => unknown)[]; rejected: (() => Promise<unknown>)[] } {
  const view = pool.withOptions({ priority: 1 });
  return {
    thrown: [
      () => pool.applyAsync(square, [1]),
      () => pool.mapAsync(square, [1]),
      () => pool.mapAsync(square, []),
      () => pool.starmapAsync(square, [[1]]),
      () => pool.imap(square, [1]),
      () => pool.imapUnordered(square, []),
      () => view.applyAsync(square, [1]),
    ],
    rejected: [
      () => pool.apply(square, [1]),
      () => pool.map(square, [1]),
      () => pool.map(square, []),
      () => pool.starmap(square, [[1]]),
      () => view.map(square, [1]),
    ],
  };
}

/** Checks that methods that return a promise reject, and that the others throw. */
export async function expectRefused(pool: Pool): Promise<void> {
  const { thrown, rejected } = refusals(pool);
  for (const call of thrown) expect(call).toThrow(PoolClosedError);
  for (const call of rejected) {
    const error = await failure(call());
    expect(error).toBeInstanceOf(PoolClosedError);
    expect(error).toHaveProperty('code', 'ERR_TWINPOOL_POOL_CLOSED');
  }
}
