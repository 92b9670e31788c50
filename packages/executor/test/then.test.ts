/**
 * What `then` of a handle does with the functions that it gets: those of `await`, which it calls itself, and those of the user, which a native promise
 * calls.
 */
import { Future } from '@twinpool/executor';
import { afterEach, describe, expect, test } from 'vitest';

const failure = new Error('the task failed');

/** The two functions that `await` passes to `then`. */
function resolvingFunctions(): { promise: Promise<unknown>; resolve: (value: unknown) => void; reject: (error: unknown) => void } {
  const parts: { resolve?: (value: unknown) => void; reject?: (error: unknown) => void } = {};
  const promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return { promise, ...parts } as ReturnType<typeof resolvingFunctions>;
}

const unhandled: unknown[] = [];
const onUnhandled = (error: unknown) => unhandled.push(error);
const turn = () => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  process.off('unhandledRejection', onUnhandled);
  unhandled.length = 0;
});

const ENDS = [
  ['a result', (future: Future<unknown>) => future.setResult(1), 1, undefined],
  ['an error', (future: Future<unknown>) => future.setException(failure), undefined, failure],
] as const;
const TIMES = ['before the outcome', 'after the outcome', 'as the second caller'] as const;

describe.each(TIMES)('a resolving function and a function of the user, %s', (time) => {
  test.each(ENDS)('%s', async (_end, settle, value, error) => {
    const future = new Future<unknown>();
    if (time === 'as the second caller') void future.then(undefined, () => undefined);
    if (time === 'after the outcome') settle(future);
    const { promise, resolve } = resolvingFunctions();
    const seen: unknown[] = [];
    let isSettling = true;
    const result = future.then(resolve, (reason: unknown) => {
      seen.push(reason, isSettling);
      return 'from the callback';
    });
    if (time !== 'after the outcome') settle(future);
    isSettling = false;
    if (error === undefined) {
      expect(await promise).toBe(value);
      expect(await result).toBe(undefined);
    } else expect(await result).toBe('from the callback');
    expect(await result.then((last) => last)).toBe(error === undefined ? undefined : 'from the callback');
    // Once, and not while the outcome was set.
    expect(seen).toEqual(error === undefined ? [] : [failure, false]);
  });
});

test('the result of `then` is used before the outcome: the function of the user runs once', async () => {
  const future = new Future<unknown>();
  const { resolve } = resolvingFunctions();
  let calls = 0;
  const result = future.then(resolve, () => ++calls);
  const one = result.then((count) => count);
  const other = result.finally(() => undefined);
  future.setException(failure);
  expect(await Promise.all([one, other, result])).toEqual([1, 1, 1]);
});

test('a second caller comes before the outcome: each function of the user runs once, in order', async () => {
  const future = new Future<unknown>();
  const order: string[] = [];
  const results = ['first', 'second', 'third'].map((name) => future.then(resolvingFunctions().resolve, () => order.push(name)));
  future.setException(failure);
  expect(await Promise.all(results)).toEqual([1, 2, 3]);
  expect(order).toEqual(['first', 'second', 'third']);
});

test('an error that the function of the user throws is an unhandled rejection, or reaches who uses the result', async () => {
  process.on('unhandledRejection', onUnhandled);
  const thrown = new Error('the callback failed');
  const failingThen = () => {
    const future = new Future<unknown>();
    const result = future.then(resolvingFunctions().resolve, () => {
      throw thrown;
    });
    future.setException(failure);
    return result;
  };
  void failingThen();
  await turn();
  expect(unhandled).toEqual([thrown]);
  await expect(failingThen()).rejects.toBe(thrown);
  await turn();
  expect(unhandled).toEqual([thrown]);
});

test.each([
  ['a bound function', (fn: (reason: unknown) => void) => fn.bind(undefined)],
  [
    'a proxy of a resolving function',
    (fn: (reason: unknown) => void) => new Proxy(resolvingFunctions().reject, { apply: (_, _this, [reason]) => fn(reason) }),
  ],
])('%s is a function of the user', async (_what, wrap) => {
  const future = new Future<unknown>();
  let isSettling = true;
  const seen: unknown[] = [];
  const result = future.then(
    resolvingFunctions().resolve,
    wrap((reason) => seen.push(reason, isSettling)),
  );
  future.setException(failure);
  isSettling = false;
  await result;
  expect(seen).toEqual([failure, false]);
});

describe('a native function without a name that is not a resolving function', () => {
  const { format } = new Intl.NumberFormat('en');
  const onRejected: readonly ((reason: unknown) => string)[] = [() => 'failed', resolvingFunctions().reject as () => string];

  test.each(onRejected)('gives its return value, asked for before and after the outcome', async (reject) => {
    const early = new Future<unknown>();
    const asked = early.then(format as (value: unknown) => string, reject).then((text) => text);
    early.setResult(1234);
    expect(await asked).toBe('1,234');
    const late = new Future<unknown>();
    const result = late.then(format as (value: unknown) => string, reject);
    late.setResult(1234);
    expect(await result).toBe('1,234');
  });

  test.each(onRejected)('gives its error, which is an unhandled rejection without a caller', async (reject) => {
    process.on('unhandledRejection', onUnhandled);
    const future = new Future<unknown>();
    future.then(format as (value: unknown) => string, reject);
    future.setResult(Symbol('no number'));
    await turn();
    expect(unhandled).toEqual([expect.any(TypeError)]);
    const other = new Future<unknown>();
    const result = other.then(format as (value: unknown) => string, reject);
    other.setResult(Symbol('no number'));
    await expect(result).rejects.toThrow(TypeError);
    await turn();
    expect(unhandled).toHaveLength(1);
  });
});
