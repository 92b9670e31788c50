/**
 * CPython's test_concurrent_futures/test_interpreter_pool.py: InterpreterPoolExecutorTest, AsyncioTest. An
 * interpreter with its own globals corresponds to a worker here, of either kind.
 */
import {
  BrokenExecutorError,
  CancelledError,
  InitializerError,
  TaskModuleError,
  TaskSerializationError,
  taskRef,
} from '@twinpool/executor';
import { describe } from '@twinpool/testkit/sample';
import { echo, fail, failToStart, hold, holdOrAbort, mark, remember, remembered } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { countCalls, holdLong } from '../fixtures/tasks.mjs';
import { errorOf, forAll, forTest, makeGate, turn } from '../kit.ts';
import { OWN, rowsFor, workersOf } from './kinds.ts';

describe.each(OWN)('InterpreterPoolExecutorTest: $name', (kind) => {
  const { test, checkList } = rowsFor(kind, 'interpreters');
  describe('initializers', () => {
    test('test_init_func: it runs before the first task [B-133] [IP-1]', async () => {
      const gate = makeGate();
      const executor = forTest(kind, { maxWorkers: 1, initializer: mark, initargs: [gate.path, 'initializer'] });
      await executor.submit(mark, gate.path, 'task');
      expect(gate.labels()).toEqual(['initializer', 'task']);
    });

    test('test_init_with___main___global: what it sets stays in the worker, and there only [B-134] [IP-4]', async () => {
      const executor = forTest(kind, { maxWorkers: 1, initializer: remember, initargs: ['in the worker'] });
      expect([await executor.submit(remembered), await executor.submit(remembered)]).toEqual([['in the worker'], ['in the worker']]);
      expect(remembered()).toEqual([]);
      const here = countCalls();
      expect([await executor.submit(countCalls), await executor.submit(countCalls)]).toEqual([1, 2]);
      expect(countCalls()).toBe(here + 1);
    });

    test('test_init_closure, test_init_instance_method: refused with the reason, and without a worker [B-135] [B-136] [IP-3] [C-10]', async () => {
      const outside = { calls: 0 };
      class Local {
        count = 0;
        method(): void {
          this.count += 1;
        }
      }
      const closure = () => {
        outside.calls += 1;
      };
      for (const [initializer, reason] of [
        [closure, 'outside'],
        [new Local().method, 'this'],
      ] as const) {
        const executor = forTest(kind, { initializer });
        const error = await executor.submit(echo, 1).exception();
        expect(error).toBeInstanceOf(BrokenExecutorError);
        expect((error as Error).cause).toBeInstanceOf(TaskSerializationError);
        expect((error as Error).message).toContain(reason);
        expect(() => executor.submit(echo, 1)).toThrow(BrokenExecutorError);
        expect(executor.stats().workers).toBe(0);
        await executor.shutdown();
      }
    });

    test('test_init_exception_in_func [B-138] [IP-3] [C-15]', async () => {
      const gate = makeGate();
      const executor = forTest(kind, { maxWorkers: 1, initializer: failToStart, initargs: [gate.path, 'spam'] });
      const error = await executor.submit(echo, 1).exception();
      expect(error).toMatchObject({ cause: expect.any(InitializerError), message: expect.stringContaining('spam') });
    });
  });

  describe('tasks', () => {
    const executor = forAll(kind);

    test('test_submit_closure: refused, with the name of what is free [B-140] [IP-2] [C-10]', async () => {
      const outside = 1;
      const error = await executor.submit(() => outside).exception();
      expect(error).toBeInstanceOf(TaskSerializationError);
      expect(error).toHaveProperty('message', expect.stringContaining('outside'));
    });

    test('test_submit_local_instance, test_submit_instance_method [B-141] [B-142] [IP-2]', async () => {
      class Local {
        count = 1;
        method(): number {
          return this.count;
        }
      }
      const local = new Local();
      const method = await executor.submit(local.method).exception();
      expect(method).toBeInstanceOf(TaskSerializationError);
      expect(method).toHaveProperty('message', expect.stringContaining('this'));
      expect(await executor.submit(local.method.bind(local)).exception()).toBeInstanceOf(TaskSerializationError);
      // An instance travels as its data, as structured clone has it.
      expect(await executor.submit(echo<object>, local)).toEqual({ count: 1 });
    });

    test('test_submit_func_globals: a function has the globals of its own module, in the worker [B-143] [IP-4] [E-18]', async () => {
      const counts = await Promise.all([executor.submit(countCalls), executor.submit(countCalls)]);
      expect(counts.every((count) => count >= 1)).toBe(true);
    });

    test('test_submit_exception_in_func: type and message are kept, and where it was [B-145] [IP-2] [C-8]', async () => {
      const error = await executor.submit(fail, 'spam').exception();
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ message: 'spam', stack: expect.stringMatching(/at fail .*tasks/) });
    });

    test.each([2, 1])(
      'test_blocking, test_blocking_with_limited_workers: %d workers, released one by one [B-147] [B-148]',
      async (maxWorkers) => {
        const few = maxWorkers === 2 ? executor : forTest(kind, { maxWorkers });
        const workers = workersOf(kind, maxWorkers);
        const gates = [1, 2, 3, 4].map(() => makeGate());
        const futures = gates.map(({ path }, n) => few.submit(holdLong, path, n));
        let arrived = workers;
        for (let n = 0; n < workers; n++) await gates[n]?.entered();
        for (const [n, gate] of gates.entries()) {
          expect(gates.filter((each) => each.arrivals().length > 0).length).toBe(arrived);
          gate.open();
          expect(await futures[n]).toBe(n);
          arrived = Math.min(arrived + 1, gates.length);
          await gates[arrived - 1]?.entered();
        }
      },
    );

    test('test_pickle_errors_propagate: a function that cannot be loaded is an error, no hang [B-150] [E-9]', async () => {
      const missing = taskRef<() => void>(new URL('../fixtures/no-such-module.mjs', import.meta.url), 'task');
      const noExport = taskRef<() => void>(import.meta.resolve('@twinpool/testkit/tasks'), 'noSuchExport');
      for (const reference of [missing, noExport]) expect(await executor.submit(reference).exception()).toBeInstanceOf(TaskModuleError);
    });

    test('AsyncioTest.test_run_in_executor: an async function, its value awaited [B-152] [B-210] [B-211] [C-20]', async () => {
      const value: number = await executor.submit(async (x: number) => x + 1, 1);
      expect(value).toBe(2);
      // One at a time in a worker, also where they are asynchronous.
      const one = forTest(kind, { maxWorkers: 1 });
      const gate = makeGate();
      const first = one.submit(holdOrAbort, gate.path);
      const second = one.submit(mark, gate.path, 'second');
      await gate.entered();
      expect(gate.labels()).toEqual(['holdOrAbort']);
      gate.open();
      expect([await first, await second]).toEqual(['open', 'second']);
    });

    test('AsyncioTest.test_run_in_executor_cancel: queued calls never run, and nothing is reported twice [B-153] [B-210] [B-212] [F-21] [C-6]', async () => {
      const gate = makeGate();
      const held = [1, 2].map((n) => executor.submit(holdLong, gate.path, n));
      await gate.entered(workersOf(kind, 2));
      const controller = new AbortController();
      const future = executor.withOptions({ signal: controller.signal }).submit(hold, gate.path, 'cancelled');
      const told: unknown[] = [];
      future.addDoneCallback((done) => told.push(done.cancelled()));
      const waiting = errorOf(future);
      controller.abort(new Error('enough'));
      expect([future.cancelled(), future.cancel(), told]).toEqual([true, true, [true]]);
      const error = await waiting;
      expect(error).toBeInstanceOf(CancelledError);
      expect(error).toHaveProperty('cause.message', 'enough');
      gate.open();
      await Promise.all(held);
      await turn();
      expect(told).toEqual([true]);
      expect(gate.labels()).not.toContain('cancelled');
    });

    test('test_wrap_future_cancel2: an abort after the end changes nothing [B-213] [F-21]', async () => {
      const controller = new AbortController();
      const future = executor.withOptions({ signal: controller.signal }).submit(echo<number>, 42);
      expect(await future).toBe(42);
      controller.abort();
      expect([future.cancelled(), future.cancel(), await future.result()]).toEqual([false, false, 42]);
    });
  });

  checkList();
});
