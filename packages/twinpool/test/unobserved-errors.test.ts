/** Tests the warning at the end of the program: failed results that were never looked at. */
import { runNode } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { OptionsError, Pool, ProcessPoolExecutor, ThreadPool, ThreadPoolExecutor, WorkerRuntime } from 'twinpool';
import { expect } from 'vitest';

/** What a program prints on standard error. */
async function errorsOf(body: string, code = 0): Promise<string> {
  const program = runNode(
    [
      '--input-type=module',
      '-e',
      `import { Pool, ProcessPoolExecutor, ThreadPool, ThreadPoolExecutor, WorkerRuntime } from 'twinpool';
      const fail = (message) => { throw new RangeError(message); };
      ${body}`,
    ],
    new URL('.', import.meta.url),
  );
  expect(await program.end()).toEqual({ code, signal: null });
  return program.errors;
}

const count = (errors: string): number => errors.split('TWINPOOL_UNOBSERVED').length - 1;

describe('one warning at the end of the program', () => {
  test.each(['ThreadPool', 'Pool'])('of a %s: how many, and the first error', async (name) => {
    const errors = await errorsOf(`const pool = new ${name}(1);
      for (const message of ['first', 'second', 'third']) pool.applyAsync(fail, [message]);
      pool.mapAsync(fail, ['fourth']);
      await pool.applyAsync(fail, ['seen']).catch(() => undefined);`);
    expect(errors).toContain('twinpool: 4 failed results were never looked at (unobservedErrors); the first: RangeError: first');
    expect([count(errors), errors.includes('second'), errors.includes('seen')]).toEqual([1, false, false]);
  });

  test('of all facades together, open or closed', async () => {
    const errors = await errorsOf(`const runtime = new WorkerRuntime({ kind: 'thread', workers: 1 });
      const [one, two] = [new ThreadPoolExecutor({ runtime }), new ThreadPool(1)];
      const [a, b] = [one.submit(fail, 'of one'), two.applyAsync(fail, ['of two'])];
      await a.exception();
      one.submit(fail, 'of one again');
      two.close();
      await two.join();`);
    expect(errors).toContain('2 failed results were never looked at');
    expect([count(errors), errors.includes('of one:')]).toEqual([1, false]);
  });

  test('undefined, thrown, counts as any error does', async () => {
    const errors = await errorsOf('const pool = new ThreadPool(1); pool.applyAsync(() => { throw undefined; });');
    expect(errors).toContain('1 failed result was never looked at (unobservedErrors); the first: undefined');
  });

  test('an error that is looked at later does not count, and the next is the first', async () => {
    const errors = await errorsOf(`const executor = new ThreadPoolExecutor(1);
      const futures = ['first', 'second'].map((message) => executor.submit(fail, message));
      await executor.shutdown();
      await futures[0].exception();`);
    expect(errors).toContain('1 failed result was never looked at (unobservedErrors); the first: RangeError: second');
  });
});

describe('no warning', () => {
  test.each([
    [
      "with 'ignore'",
      "const executor = new ThreadPoolExecutor({ maxWorkers: 1, unobservedErrors: 'ignore' }); executor.submit(fail, 'x');",
      0,
    ],
    [
      "on a runtime with 'ignore'",
      "const runtime = new WorkerRuntime({ kind: 'thread', workers: 1, unobservedErrors: 'ignore' }); new ThreadPool({ runtime }).applyAsync(fail, ['x']);",
      0,
    ],
    ['of results that were looked at', "const executor = new ThreadPoolExecutor(1); await executor.submit(fail, 'x').exception();", 0],
    [
      'of cancelled results',
      'const executor = new ThreadPoolExecutor(1); const futures = [1, 2, 3].map((n) => executor.submit((x) => x, n)); for (const f of futures) f.cancel(); await executor.shutdown({ cancelFutures: true });',
      0,
    ],
    [
      'of a result that successful() looked at',
      "const pool = new ThreadPool(1); const result = pool.applyAsync(fail, ['x']); await result.wait(); result.successful();",
      0,
    ],
    [
      'of what terminate() ended',
      'const pool = new ThreadPool(1); const results = [1, 2, 3].map((n) => pool.applyAsync(() => new Promise(() => {}))); pool.mapAsync((x) => x, [1]); await new Promise((done) => setTimeout(done, 100)); pool.terminate(); await pool.join();',
      0,
    ],
    [
      'of what the end of a runtime gave up',
      "const runtime = new WorkerRuntime({ kind: 'thread', workers: 1 }); const pool = new ThreadPool({ runtime }); pool.applyAsync(() => new Promise(() => {})); await new Promise((done) => setTimeout(done, 100)); await runtime.terminate();",
      0,
    ],
    ['of what the end of a scope gave up', 'await Pool.use(1, async (pool) => void pool.applyAsync(() => new Promise(() => {})));', 0],
    ...['terminateWorkers', 'killWorkers'].map((method): [string, string, number] => [
      `of what ${method}() ended`,
      `const executor = new ProcessPoolExecutor({ maxWorkers: 1, killGrace: 50 }); const futures = [1, 2, 3].map(() => executor.submit(() => new Promise(() => {}))); while (!futures[0].running()) await new Promise((done) => setTimeout(done, 5)); await executor.${method}();`,
      0,
    ]),
    [
      'after process.exit()',
      "const executor = new ThreadPoolExecutor(1); const future = executor.submit(fail, 'x'); setInterval(() => future.done() && process.exit(3), 1);",
      3,
    ],
  ])('%s', async (_, body, code) => {
    expect(await errorsOf(body, code)).toBe('');
  });
});

test('stats() counts with both values', async () => {
  for (const unobservedErrors of ['warn', 'ignore'] as const) {
    await ThreadPool.use({ processes: 1, unobservedErrors }, async (pool) => {
      const result = pool.applyAsync(
        (message: string) => {
          throw new Error(message);
        },
        ['x'],
      );
      await result.wait();
      expect(pool.stats().unobservedErrors).toBe(1);
      await result.exception();
      expect(pool.stats().unobservedErrors).toBe(0);
    });
  }
});

test.each([Pool, ThreadPool, ProcessPoolExecutor, ThreadPoolExecutor, WorkerRuntime])('%o refuses another value', (Class) => {
  for (const unobservedErrors of ['throw', true, 1, null]) {
    expect(() => new Class({ unobservedErrors } as never)).toThrow(OptionsError);
    expect(() => new Class({ unobservedErrors } as never)).toThrow(/unobservedErrors: .*got/);
  }
});
