/** Tests `twinpool/testing`: a function is called in this thread with a context of its own. */
import { setTimeout as wait } from 'node:timers/promises';
import { InvalidStateError, OptionsError } from 'twinpool';
import { runWithContext } from 'twinpool/testing';
import { context, type TaskContext } from 'twinpool/worker';
import { describe, expect, test } from 'vitest';

test('the function finds what the options give, and its result comes back', async () => {
  const { signal } = new AbortController();
  const reported: unknown[] = [];
  const result = await runWithContext(
    () => {
      const { workerData, workerIndex, workerId, workerName, kind, signal: own, report } = context();
      report('first');
      report({ second: true });
      return { workerData, workerIndex, workerId, workerName, kind, isSame: own === signal };
    },
    { signal, workerData: { a: 1 }, workerIndex: 3, report: (value) => reported.push(value) },
  );
  expect(result).toEqual({
    workerData: { a: 1 },
    workerIndex: 3,
    workerId: 4,
    workerName: 'runWithContext_3',
    kind: 'inline',
    isSame: true,
  });
  expect(reported).toEqual(['first', { second: true }]);
});

test('without options there is a context all the same', async () => {
  const seen = await runWithContext(() => {
    context().report('dropped');
    const { signal, workerData, workerIndex } = context();
    return { aborted: signal.aborted, workerData, workerIndex };
  });
  expect(seen).toEqual({ aborted: false, workerData: undefined, workerIndex: 0 });
  expect(() => context()).toThrow(InvalidStateError);
});

test('a context belongs to its call across awaits, also of calls at the same time', async () => {
  const call = (workerIndex: number) =>
    runWithContext(
      async () => {
        const before = context().workerIndex;
        await wait(1);
        return [before, context().workerIndex];
      },
      { workerIndex },
    );
  expect(await Promise.all([call(1), call(2)])).toEqual([
    [1, 1],
    [2, 2],
  ]);
});

test('an abort reaches the function, and its error comes back as it is', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const call = runWithContext(
    () => {
      const { signal } = context();
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
    { signal: controller.signal },
  );
  controller.abort(reason);
  await expect(call).rejects.toBe(reason);
});

test('report throws once the call has ended', async () => {
  let left: TaskContext | undefined;
  await runWithContext(() => {
    left = context();
  });
  expect(() => left?.report(1)).toThrow(InvalidStateError);
});

describe('misuse', () => {
  test.each([undefined, null, 5, 'text', {}])('%o is not a function', async (value) => {
    await expect(runWithContext(value as never)).rejects.toThrow(TypeError);
  });

  test.each([
    [{ report: 5 }, 'report: expected a function, got 5'],
    [{ signal: {} }, 'signal: expected an AbortSignal'],
    [{ workerIndex: -1 }, 'workerIndex: expected an index'],
    [{ workerIndex: 0.5 }, 'workerIndex: expected an index'],
    [{ reports: () => 1 }, 'unknown option'],
    [5, 'expected an object of options, got a number'],
  ])('%o is an OptionsError', async (options, message) => {
    const call = runWithContext(() => 1, options as never);
    await expect(call).rejects.toThrow(OptionsError);
    await expect(call).rejects.toThrow(message);
  });
});
