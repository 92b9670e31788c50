/** [R11] A value that is larger than a lowered `maxPayloadBytes` is refused alone, and later calls succeed. */
import { OptionsError, PayloadTooLargeError, Pool, ProcessPoolExecutor, ThreadPool, ThreadPoolExecutor } from 'twinpool';
import { describe, expect, test } from 'vitest';

const LIMIT = 1000;
type Increment = (x: number) => number;
/** Returns a new function whose source has about `bytes` bytes. */
const sized = (bytes: number, fill = 'a'): Increment =>
  new Function('x', `/* ${Math.random()} ${fill.repeat(bytes)} */ return x + 1`) as Increment;
const small = (x: number) => x + 1;

describe.each([
  ['threads', ThreadPoolExecutor, ThreadPool],
  ['processes', ProcessPoolExecutor, Pool],
])('[R11] %s', (_, Executor, AnyPool) => {
  test.each([
    ['far over the limit', () => sized(20 * LIMIT)],
    ['a little over the limit', () => sized(LIMIT + 1)],
    ['over it in bytes, not in characters', () => sized(0.6 * LIMIT, 'ж')],
  ])('a function %s fails its own calls, each time, and no call waits', async (_what, make) => {
    await using executor = new Executor({ maxWorkers: 1, maxPayloadBytes: LIMIT });
    const large = make();
    const calls = [executor.submit(small, 1), executor.submit(large, 1), executor.submit(small, 2), executor.submit(large, 2)];
    const ended = await Promise.allSettled(calls);
    expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(await executor.submit(large, 3).exception()).toBeInstanceOf(PayloadTooLargeError);
    await expect(executor.map(large, [1, 2, 3]).next()).rejects.toThrow(`maxPayloadBytes (${LIMIT})`);
    expect(await executor.submit(small, 3)).toBe(4);
  });

  test('the same of a pool, in each way to call', async () => {
    await using pool = new AnyPool({ processes: 1, maxPayloadBytes: LIMIT });
    const large = sized(2 * LIMIT);
    await expect(pool.apply(large, [1])).rejects.toBeInstanceOf(PayloadTooLargeError);
    await expect(pool.map(large, [1, 2])).rejects.toBeInstanceOf(PayloadTooLargeError);
    await expect(pool.imap(large, [1, 2]).next()).rejects.toBeInstanceOf(PayloadTooLargeError);
    expect(await pool.map(small, [1, 2])).toEqual([2, 3]);
  });

  test.each([
    ['workerData', { workerData: 'x'.repeat(2 * LIMIT) }],
    ['workerData', { workerData: 10n ** BigInt(20 * LIMIT) }],
    ['workerData', { workerData: { deep: [new Uint8Array(2 * LIMIT)] } }],
    ['initargs', { initializer: () => undefined, initargs: ['y'.repeat(2 * LIMIT)] }],
    ['initargs', { initializer: () => undefined, initargs: [{ list: new Array(2 * LIMIT).fill(1) }] }],
  ])('%s over the limit is a fault of the options', (name, options) => {
    const build = () => new Executor({ maxWorkers: 1, maxPayloadBytes: LIMIT, ...(options as object) });
    expect(build).toThrow(OptionsError);
    expect(build).toThrow(name);
  });

  test('workerData and initargs may each take what one value may', async () => {
    const text = 'ж'.repeat(4_900);
    await using executor = new Executor({
      maxWorkers: 1,
      maxPayloadBytes: 10_000,
      workerData: text,
      initializer: (_text: string) => undefined,
      initargs: [text],
    });
    expect(await executor.submit(small, 1)).toBe(2);
  });

  test('an initializer over the limit breaks the executor, and says why', async () => {
    await using executor = new Executor({ maxWorkers: 1, maxPayloadBytes: LIMIT, initializer: sized(2 * LIMIT) as () => unknown });
    const error = (await executor.submit(small, 1).exception()) as Error;
    expect(error.cause).toBeInstanceOf(PayloadTooLargeError);
  });
});
