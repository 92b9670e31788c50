/** Nothing that was delivered is kept: test_no_stale_references, test_free_reference (B1), test_free_reference_yielded_future (B2). */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { asCompleted, type Future, wait } from '@twinpool/executor';
import { echo } from '@twinpool/testkit/tasks';
import { describe, expect, test } from 'vitest';
import { forTest, KINDS, turn } from './kit.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** How many are still there once nobody but the code under test can hold them. */
async function left(references: readonly WeakRef<object>[]): Promise<number> {
  // A few turns, since messages of worker threads are let go of late.
  for (let i = 0; i < 10; i++) {
    await turn();
    collectGarbage();
  }
  return references.filter((reference) => reference.deref() !== undefined).length;
}

describe.each(KINDS.filter(({ shared }) => !shared))('$name', (kind) => {
  test('test_no_stale_references: arguments, result and future of a task that is over', async () => {
    const executor = forTest(kind);
    const references: WeakRef<object>[] = [];
    async function once(): Promise<void> {
      const argument = { an: 'argument' };
      const future = executor.submit(echo<object>, argument);
      references.push(new WeakRef(argument), new WeakRef(future), new WeakRef(await future));
    }
    await once();
    expect(await left(references)).toBe(0);
  });

  test('test_free_reference: results that a map has yielded', async () => {
    const executor = forTest(kind);
    const results = executor.map((n: number) => ({ n }), [1, 2, 3]);
    const references: WeakRef<object>[] = [];
    async function take(): Promise<void> {
      const { value } = await results.next();
      references.push(new WeakRef(value as object));
    }
    await take();
    await take();
    expect(await left(references)).toBe(0);
    expect((await results.next()).value).toEqual({ n: 3 });
  });

  test('test_free_reference_yielded_future: futures that asCompleted has yielded', async () => {
    const executor = forTest(kind);
    const futures: Future<number>[] = [1, 2, 3].map((n) => executor.submit(echo<number>, n));
    await wait(futures);
    const iterator = asCompleted(futures);
    const references = futures.splice(0, 2).map((future) => new WeakRef(future));
    const [last] = futures;
    async function take(): Promise<void> {
      await iterator.next();
    }
    await take();
    await take();
    expect(await left(references)).toBe(0);
    expect((await iterator.next()).value).toBe(last);
  });
});
