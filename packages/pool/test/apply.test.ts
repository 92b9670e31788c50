// apply, applyAsync and AsyncResult; rows P-APP-*, R-* of the specification.

import { inspect } from 'node:util';
import {
  type AsyncResult,
  CancelledError,
  NotReadyError,
  PoolTerminatedError,
  QueueFullError,
  TaskModuleError,
  TaskSerializationError,
  TaskValidationError,
  TimeoutError,
  taskRef,
} from '@twinpool/pool';
import { failure, makeGate } from '@twinpool/testkit';
import { expectWarning } from '@twinpool/testkit/leak-check';
import { describe, test } from '@twinpool/testkit/sample';
import { add, countArguments, echo, fail, hold, later, mark, place, reportAll, square, throwIt } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { shout } from './fixtures/checked.mjs';
import { makePool, sharePool, VARIANTS } from './variants.ts';

const BAD_NUMBERS: readonly unknown[] = ['5', null, {}, true, 5n];

describe.each(VARIANTS)('$title', (variant) => {
  const given = sharePool(variant);

  describe('apply', () => {
    test('gives what the function returns, awaited', async () => {
      expect(await given.pool.apply(square, [7])).toBe(49);
      expect(await given.pool.apply(add, [1, 2])).toBe(3);
      expect(await given.pool.apply(later<string>, ['late', 1])).toBe('late');
      expect(await given.pool.apply(echo<undefined>, [undefined])).toBeUndefined();
    });

    test('takes functions written inline, by source', async () => {
      expect(await given.pool.apply((a: number, b: number) => a ** b, [2, 10])).toBe(1024);
    });

    test('takes references, by module and name', async () => {
      const tasks = taskRef<typeof import('@twinpool/testkit/tasks')>(import.meta.resolve('@twinpool/testkit/tasks'));
      expect(await given.pool.apply(tasks.add, [20, 22])).toBe(42);
    });

    test('takes checked tasks: arguments and results are parsed', async () => {
      expect(await given.pool.apply(shout, ['hello'])).toBe('HELLO!');
      expect(await given.pool.map(shout, ['a', 'b'])).toEqual(['A!', 'B!']);
      expect(await failure(given.pool.apply(shout, [5 as never]))).toBeInstanceOf(TaskValidationError);
    });

    test('passes exactly the arguments given; none at all where there are none', async () => {
      expect(await given.pool.apply(countArguments)).toBe(0);
      expect(await given.pool.apply(countArguments, undefined)).toBe(0);
      expect(await given.pool.apply(countArguments, [])).toBe(0);
      expect(await given.pool.apply(countArguments, [[1, 2]])).toBe(1);
      expect(await given.pool.apply(countArguments, [undefined, undefined])).toBe(2);
    });

    test('runs in another process or thread', async () => {
      const where = await given.pool.apply(place);
      if (variant.kind !== 'thread') expect(where.pid).not.toBe(process.pid);
      else expect(where).toMatchObject({ pid: process.pid, threadId: expect.not.toSatisfy((id) => id === 0) });
    });

    test("rejects with the task's error, of its class, with the worker's stack", async () => {
      const error = await failure(given.pool.apply(fail, ['no good']));
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ message: 'no good', stack: expect.stringContaining('tasks') });
    });

    test('what cannot be a task is the outcome, as is what cannot be found or sent [P-APP-3] [P-APP-4]', async () => {
      expect(await failure(given.pool.apply('square' as never))).toBeInstanceOf(TaskSerializationError);
      expect(await failure(given.pool.apply(Math.max, [1]))).toBeInstanceOf(TaskSerializationError);
      const missing = taskRef<() => void>(new URL('./fixtures/nowhere.mjs', import.meta.url), 'nothing');
      expect(await failure(given.pool.apply(missing))).toBeInstanceOf(TaskModuleError);
      expect(await failure(given.pool.apply(echo<unknown>, [{ deep: { fn: () => 1 } }]))).toMatchObject({
        name: 'TaskSerializationError',
        message: expect.stringContaining('deep.fn'),
      });
      expect(await given.pool.apply(square, [3])).toBe(9);
    });

    test('a pool cannot be sent [P-LIFE-7]', async () => {
      expect(await failure(given.pool.apply(echo<unknown>, [given.pool]))).toBeInstanceOf(TaskSerializationError);
    });

    test('rejects for arguments that are not an array, and for options that are not an object', async () => {
      await expect(given.pool.apply(square, 7 as never)).rejects.toThrow(
        /^apply: expected the arguments as an array, such as \[1, 2\], got 7/,
      );
      await expect(given.pool.apply(square, 7 as never)).rejects.toBeInstanceOf(TypeError);
      await expect(given.pool.apply(square, [7], 5 as never)).rejects.toBeInstanceOf(TypeError);
      await expect(given.pool.apply(square, [7], null as never)).rejects.toBeInstanceOf(TypeError);
      await expect(given.pool.apply(square, [7], { callback: 5 as never, retires: 1 } as never)).rejects.toMatchObject({
        name: 'OptionsError',
        issues: [{ path: expect.any(String) }, { path: expect.any(String) }],
      });
    });

    test('undefined options are absent', async () => {
      const options = { callback: undefined, errorCallback: undefined, signal: undefined, priority: undefined, onReport: undefined };
      expect(await given.pool.apply(square, [7], options)).toBe(49);
    });

    test('callbacks run before the promise settles, and what they throw becomes the result [R-7] [R-9]', async () => {
      const seen: unknown[] = [];
      const promise = given.pool.apply(square, [7], { callback: (value) => seen.push(value), errorCallback: () => seen.push('error') });
      expect(await promise.then(() => [...seen])).toEqual([49]);
      const thrown = new Error('from the callback');
      const options = {
        callback: () => {
          throw thrown;
        },
      };
      expect(await failure(given.pool.apply(square, [7], options))).toBe(thrown);
    });

    test('onReport receives the reports of the task, in order', async () => {
      const reports: unknown[] = [];
      expect(await given.pool.apply(reportAll, [['a', 'b']], { onReport: (value, index) => reports.push([value, index]) })).toBe(2);
      expect(reports).toEqual([
        ['a', 0],
        ['b', 0],
      ]);
    });
  });

  describe('applyAsync', () => {
    test('throws state and argument errors at the call; a bad function is the outcome [P-APP-3]', async () => {
      expect(() => given.pool.applyAsync(square, 7 as never)).toThrow(TypeError);
      expect(() => given.pool.applyAsync(square, [7], 'options' as never)).toThrow(TypeError);
      expect(() => given.pool.applyAsync(square, [7], { chunksize: 2 } as never)).toThrow(/chunksize/);
      const result = given.pool.applyAsync(Math.max, [7]);
      expect(await result.exception()).toBeInstanceOf(TaskSerializationError);
    });

    test('what the caller does to the arguments afterwards changes nothing', async () => {
      const pool = makePool(variant, { processes: 1 });
      const gate = makeGate();
      void pool.applyAsync(hold, [gate.path, 'first']);
      const args: [number, number] = [20, 22];
      const sum = pool.applyAsync(add, args);
      args[0] = 0;
      gate.open();
      expect(await sum).toBe(42);
    });

    test('tasks start in the order of their calls', async () => {
      const pool = makePool(variant, { processes: 1 });
      const gate = makeGate();
      void pool.applyAsync(hold, [gate.path, 'held']);
      const labels = ['a', 'b', 'c', 'd', 'e'];
      const results = labels.map((label) => pool.applyAsync(mark<string>, [gate.path, label]));
      gate.open();
      await Promise.all(results);
      expect(gate.labels()).toEqual(['held', ...labels]);
    });
  });

  describe('AsyncResult', () => {
    test('ready and successful [R-1] [R-2]', async () => {
      const gate = makeGate();
      const result = given.pool.applyAsync(hold, [gate.path, 'x']);
      expect(result.ready()).toBe(false);
      expect(() => result.successful()).toThrow(NotReadyError);
      gate.open();
      await result.wait();
      expect([result.ready(), result.successful()]).toEqual([true, true]);
      const failed = given.pool.applyAsync(fail, ['no']);
      await failed.wait();
      expect([failed.ready(), failed.successful()]).toEqual([true, false]);
      await failed.exception();
    });

    test('is a promise: await, then, catch, finally, Promise.all', async () => {
      const result = given.pool.applyAsync(square, [4]);
      expect(Object.prototype.toString.call(result)).toBe('[object AsyncResult]');
      expect(await result).toBe(16);
      expect(await result.then((value) => value + 1)).toBe(17);
      let called = 0;
      expect(await result.finally(() => called++)).toBe(16);
      expect(called).toBe(1);
      expect(await Promise.all([result, 1])).toEqual([16, 1]);
      const failed = given.pool.applyAsync(fail, ['no']);
      expect(await failed.catch((error: Error) => error.message)).toBe('no');
      await expect(failed.finally(() => undefined)).rejects.toThrow('no');
      await expect(failed.then(() => 'not this')).rejects.toThrow('no');
    });

    test('every question gets the same error [R-5]', async () => {
      const result = given.pool.applyAsync(fail, ['no']);
      const error = await failure(result);
      expect(await failure(result.get())).toBe(error);
      expect(await failure(result.get(1000))).toBe(error);
      expect(await result.exception()).toBe(error);
      expect(await result.exception(0)).toBe(error);
    });

    test('get past its timeout rejects; the task goes on, and a later get succeeds [R-4]', async () => {
      const gate = makeGate();
      const result = given.pool.applyAsync(hold, [gate.path, 'x']);
      for (const timeout of [1, 0, -5, Number.NEGATIVE_INFINITY]) {
        const error = await failure(result.get(timeout));
        expect(error).toBeInstanceOf(TimeoutError);
        expect(error).toHaveProperty('code', 'ERR_TWINPOOL_TIMEOUT');
      }
      expect(await failure(result.exception(1))).toBeInstanceOf(TimeoutError);
      const gets = [result.get(), result.get(60_000), result.get(Number.POSITIVE_INFINITY), result.get(2 ** 33)];
      gate.open();
      expect(await Promise.all(gets)).toEqual(['x', 'x', 'x', 'x']);
      expect(await result.get(0)).toBe('x');
    });

    test('wait resolves at the timeout, and never rejects because of the task [R-3]', async () => {
      const gate = makeGate();
      const result = given.pool.applyAsync(hold, [gate.path, 'x']);
      expect(await result.wait(1)).toBeUndefined();
      expect(await result.wait(0)).toBeUndefined();
      expect(result.ready()).toBe(false);
      gate.open();
      const failed = given.pool.applyAsync(fail, ['no']);
      expect(await Promise.all([result.wait(), failed.wait(), failed.wait(60_000)])).toEqual([undefined, undefined, undefined]);
      expect(failed.successful()).toBe(false);
      await failed.exception();
    });

    test('timeouts that cannot be meant are refused', async () => {
      const result = given.pool.applyAsync(square, [4]);
      for (const method of ['get', 'wait', 'exception'] as const) {
        await expect(result[method](Number.NaN)).rejects.toBeInstanceOf(RangeError);
        for (const bad of BAD_NUMBERS) await expect(result[method](bad as never)).rejects.toBeInstanceOf(TypeError);
      }
      await result;
    });

    test('exception is undefined when it succeeded, and whatever was thrown when not [R-6] [R-14]', async () => {
      expect(await given.pool.applyAsync(square, [4]).exception()).toBeUndefined();
      const failed = given.pool.applyAsync(throwIt, [null]);
      expect(await failed.exception()).toBeNull();
      expect(await failure(failed.get())).toBeNull();
    });

    test('a failure that is not read is silent, and counted until it is read', async () => {
      const before = given.pool.stats().unobservedErrors;
      const count = (): number => given.pool.stats().unobservedErrors - before;
      const results = [1, 2, 3].map((x) => given.pool.applyAsync(fail, [`no ${x}`]));
      await Promise.all(results.map((result) => result.wait()));
      expect(count()).toBe(3);
      void results[0]?.get();
      void results[0]?.exception();
      expect(await failure(results[1]?.get(5) as Promise<unknown>)).toBeInstanceOf(RangeError);
      expect(count()).toBe(1);
      await results[2]?.exception();
      expect(count()).toBe(0);
      const asked = given.pool.applyAsync(fail, ['asked before']);
      const error = failure(asked);
      const told = given.pool.applyAsync(fail, ['told'], { errorCallback: () => undefined });
      await Promise.all([error, told.wait()]);
      expect(count()).toBe(0);
    });

    test('awaiting it counts as reading, and does not affect other readers', async () => {
      const before = given.pool.stats().unobservedErrors;
      const order: string[] = [];
      const result = given.pool.applyAsync(square, [5]);
      const own = result.then((value) => order.push(`own ${value}`));
      expect(own).toBeInstanceOf(Promise);
      const awaited = Promise.all([result, result]).then((values) => order.push(`awaited ${values}`));
      const later = result.then((value) => order.push(`later ${value}`));
      const promise = result.get();
      await Promise.all([own, awaited, later]);
      expect(order).toEqual(['own 25', 'later 25', 'awaited 25,25']);
      expect(result.get()).toBe(promise);
      expect(await result).toBe(25);

      const failed = given.pool.applyAsync(fail, ['awaited']);
      const errors = await Promise.all([failure(Promise.all([failed])), failure(failed), failure(failed.get())]);
      expect(new Set(errors).size).toBe(1);
      expect(failed.get()).toBe(failed.get());
      expect(await failure(Promise.resolve(failed))).toBe(errors[0]);
      expect(given.pool.stats().unobservedErrors).toBe(before);
    });

    test('awaited only after it has failed, it no longer counts, and the earlier failure is reported once', async () => {
      const before = given.pool.stats().unobservedErrors;
      const result = given.pool.applyAsync(fail, ['late']);
      await result.wait();
      expect(given.pool.stats().unobservedErrors).toBe(before + 1);
      const awaited = await failure(Promise.race([result]));
      expect(given.pool.stats().unobservedErrors).toBe(before);
      expect(await result.exception()).toBe(awaited);
      const told = given.pool.applyAsync(fail, ['told'], { errorCallback: () => undefined });
      expect(await failure(Promise.all([told]))).toBeInstanceOf(RangeError);
      expect(given.pool.stats().unobservedErrors).toBe(before);
    });

    test('the result of `then` is an ordinary promise', async () => {
      let returned: unknown;
      const result = given.pool.applyAsync(square, [6]);
      const resolved = await new Promise((resolve, reject) => {
        returned = result.then(resolve, reject);
      });
      expect(resolved).toBe(36);
      expect(await (returned as Promise<unknown>)).toBeUndefined();
      expect(await (returned as Promise<unknown>).finally(() => undefined)).toBeUndefined();
    });

    test('cancel: true if and only if it was not handed over, and then it never runs [R-6] [D-21]', async () => {
      const pool = makePool(variant, { processes: 1 });
      const gate = makeGate();
      const running = pool.applyAsync(hold, [gate.path, 'running']);
      await gate.entered();
      const queued = pool.applyAsync(mark<string>, [gate.path, 'queued']);
      expect([running.cancel(), queued.cancel(), queued.cancel()]).toEqual([false, true, false]);
      expect([queued.ready(), queued.successful()]).toEqual([true, false]);
      expect(await failure(queued)).toBeInstanceOf(CancelledError);
      expect(await queued.exception()).toBeInstanceOf(CancelledError);
      gate.open();
      expect(await running).toBe('running');
      expect(running.cancel()).toBe(false);
      expect(await pool.apply(square, [2])).toBe(4);
      expect(gate.labels()).toEqual(['running']);
    });

    test('one that is refused at once tells its callbacks after the call', async () => {
      const pool = makePool(variant, { processes: 1, maxQueue: 1 });
      const gate = makeGate();
      const held = pool.applyAsync(hold, [gate.path, 'held']);
      await gate.entered();
      const queued = pool.applyAsync(square, [2]);
      const seen: unknown[] = [];
      const refused: AsyncResult<number> = pool.applyAsync(square, [3], { errorCallback: (error) => seen.push(error, refused.ready()) });
      expect(seen).toEqual([]);
      expect(await failure(refused)).toBeInstanceOf(QueueFullError);
      expect(seen).toEqual([expect.any(QueueFullError), false]);
      gate.open();
      expect(await Promise.all([held, queued])).toEqual(['held', 4]);
    });

    test('shows its state', async () => {
      const gate = makeGate();
      const result = given.pool.applyAsync(hold, [gate.path, 'x']);
      expect(inspect(result)).toBe('<AsyncResult state=pending>');
      gate.open();
      await result;
      expect(inspect({ result })).toBe('{ result: <AsyncResult state=successful> }');
      const failed = given.pool.applyAsync(fail, ['no']);
      await failed.wait();
      expect(inspect(failed)).toContain('<AsyncResult state=failed error=');
      await failed.exception();
    });
  });

  describe('callbacks', () => {
    test('run once, before the result is ready, the one that applies', async () => {
      const seen: unknown[] = [];
      const result = given.pool.applyAsync(square, [4], {
        callback: (value) => seen.push(['callback', value, result.ready(), result.cancel()]),
        errorCallback: (error) => seen.push(['errorCallback', error]),
      });
      expect(await result).toBe(16);
      const failed: AsyncResult<never> = given.pool.applyAsync(fail, ['no'], {
        callback: (value) => seen.push(['callback', value]),
        errorCallback: (error) => seen.push(['errorCallback', (error as Error).message, failed.ready()]),
      });
      await failed.wait();
      expect(seen).toEqual([
        ['callback', 16, false, false],
        ['errorCallback', 'no', false],
      ]);
    });

    test('one that throws makes its error the result, with the task error as the cause', async () => {
      const thrown = new TypeError('from the callback');
      const result = given.pool.applyAsync(square, [4], {
        callback: () => {
          throw thrown;
        },
      });
      expect(await result.exception()).toBe(thrown);
      expect(result.successful()).toBe(false);
      expect(thrown).not.toHaveProperty('cause');
      const failed = given.pool.applyAsync(fail, ['of the task'], {
        errorCallback: () => {
          throw thrown;
        },
      });
      expect(await failed.exception()).toBe(thrown);
      expect(thrown.cause).toMatchObject({ message: 'of the task' });
      const frozen = Object.freeze(new Error('frozen'));
      const other = given.pool.applyAsync(fail, ['of the task'], {
        errorCallback: () => {
          throw frozen;
        },
      });
      expect(await other.exception()).toBe(frozen);
      expect(await given.pool.apply(square, [5])).toBe(25);
    });

    test('one that rejects later is reported, and changes nothing', async () => {
      expectWarning(/callback threw: Error: later/);
      const result = given.pool.applyAsync(square, [4], {
        callback: async () => {
          throw new Error('later');
        },
      });
      expect(await result).toBe(16);
    });

    test('may use the pool, and even terminate it [D-6]', async () => {
      const pool = makePool(variant);
      const next = await new Promise((resolve) => {
        void pool.applyAsync(square, [2], { callback: (value) => resolve(pool.apply(square, [value])) });
      });
      expect(next).toBe(16);
      const gate = makeGate();
      const held = pool.applyAsync(hold, [gate.path, 'held']);
      await gate.entered();
      const ending = pool.applyAsync(square, [2], { callback: () => pool.terminate() });
      expect(await failure(held)).toBeInstanceOf(PoolTerminatedError);
      expect(await ending).toBe(4);
      await pool.join();
    });
  });
});
