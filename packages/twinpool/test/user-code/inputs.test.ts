/** [R8] An input whose code ends its call or the facade, and then yields once more. */

import { describe, it } from '@twinpool/testkit/sample';
import { square } from '@twinpool/testkit/tasks';
import { type Pool, Pool as ProcessPool, ProcessPoolExecutor, ThreadPool, ThreadPoolExecutor } from 'twinpool';
import { expect } from 'vitest';

/** A call that reads its input lazily. */
type Results = AsyncIterator<number> & { return?(): unknown };
interface Stage {
  readonly pool: Pool;
  readonly executor: ProcessPoolExecutor | ThreadPoolExecutor;
  readonly signal: AbortSignal;
}

const CALLS: Record<string, (stage: Stage, input: Iterable<number>) => Results> = {
  imap: ({ pool, signal }, input) => pool.imap(square, input, { signal }),
  'imap in chunks': ({ pool, signal }, input) => pool.imap(square, input, { signal, chunksize: 3 }),
  imapUnordered: ({ pool, signal }, input) => pool.imapUnordered(square, input, { signal }),
  'executor.map': ({ executor, signal }, input) => executor.map(square, input, { signal, buffersize: 2 }),
};

/** What the input's own code does, once, from inside `next()`. */
const DEEDS: Record<string, (stage: Stage & { readonly results: Results; readonly abort: () => void }) => unknown> = {
  'leaves its own loop': ({ results }) => void results.return?.(),
  'asks for a result': ({ results }) => void results.next().catch(() => undefined),
  aborts: ({ abort }) => abort(),
  'closes and shuts down': ({ pool, executor }) => [pool.close(), void executor.shutdown({ wait: false })],
  'shuts down with cancelFutures': ({ pool, executor }) => [pool.close(), void executor.shutdown({ wait: false, cancelFutures: true })],
  'submits more': ({ pool, executor }) => [pool.apply(square, [2]), executor.submit(square, 2)],
  terminates: ({ pool, executor }) => [pool.terminate(), void executor.terminateWorkers()],
  kills: ({ pool, executor }) => [pool.terminate(), void executor.killWorkers()],
};

const cases = Object.keys(CALLS).flatMap((call) => Object.keys(DEEDS).map((deed) => [call, deed] as const));

describe.each([
  ['process', ProcessPool, ProcessPoolExecutor],
  ['thread', ThreadPool, ThreadPoolExecutor],
] as const)('[R8] the input of a call, workers: %s', (_kind, PoolClass, ExecutorClass) => {
  it.each(cases)('of %s %s and goes on: all ends', async (call, deed) => {
    const controller = new AbortController();
    const stage = { pool: new PoolClass(1), executor: new ExecutorClass(1), signal: controller.signal };
    let results: Results | undefined;
    let pulled = 0;
    let isClosed = false;
    function* input(): Generator<number> {
      try {
        for (; pulled < 12; pulled += 1) {
          if (pulled === 4) DEEDS[deed]?.({ ...stage, results: results as Results, abort: () => controller.abort() });
          yield pulled;
        }
      } finally {
        isClosed = true;
      }
    }
    results = (CALLS[call] as (typeof CALLS)[string])(stage, input());
    const seen: number[] = [];
    try {
      for (;;) {
        const { done, value } = await results.next();
        if (done) break;
        seen.push(value);
      }
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
    stage.pool.close();
    await Promise.all([stage.pool.join(), stage.executor.shutdown()]);
    expect(isClosed).toBe(true);
    for (const value of seen) expect(Math.sqrt(value)).toBe(Math.floor(Math.sqrt(value)));
    for (const { queued, running } of [stage.pool.stats(), stage.executor.stats()]) expect([queued, running]).toEqual([0, 0]);
  });
});
