// Lib/test/_test_multiprocessing.py: the tests of processes that apply to workers. The other tests of those classes cover the Process object.
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestedBootstrapError, PoolTerminatedError, TaskSerializationError, WorkerLostError } from '@twinpool/pool';
import { childrenOf, failure, isRunning, makeGate, until, within } from '@twinpool/testkit';
import { exitWith, ignoreSigterm, signalSelf } from '@twinpool/testkit/faults';
import { describe, isWhole, test } from '@twinpool/testkit/sample';
import { echo, hold, place, square } from '@twinpool/testkit/tasks';
import { expect, onTestFinished } from 'vitest';
import { builtInTask, logAtExit, nested, nestedTwice } from '../fixtures/nested.mjs';
import { range, squares } from '../inputs.ts';
import { makePool, sharePool } from '../variants.ts';
import { POOLS, PROCESSES, rowsFor } from './pools.ts';

describe.each(PROCESSES)('_TestProcess, $title', (variant) => {
  const given = sharePool(variant);

  test('test_terminate and test_kill: the error names the signal [B-194] [P-LIFE-10] [D-1]', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const error = await failure(given.pool.apply(signalSelf, [signal]));
      expect(error).toBeInstanceOf(WorkerLostError);
      expect(error).toMatchObject({ exitCode: null, signal, taskName: 'signalSelf', pid: expect.any(Number) });
    }
    expect(await given.pool.map(square, range(10))).toEqual(squares(10));
  });

  test('test_interrupt: Ctrl-C reaches the program only; what it means for the workers is its decision [B-195] [D-19]', async () => {
    const { pid } = await given.pool.apply(place);
    // A terminal sends it to the process group of the program, and a worker has a group of its own.
    const groupOf = (of: number): string =>
      readFileSync(`/proc/${of}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')[2] as string;
    expect(groupOf(pid)).toBe(String(pid));
    expect(groupOf(pid)).not.toBe(groupOf(process.pid));
  });

  test('test_interrupt_no_handler: a worker that gets one ends as by any signal [B-195]', async () => {
    const error = await failure(given.pool.apply(signalSelf, ['SIGINT']));
    expect(error).toMatchObject({ name: 'WorkerLostError', signal: 'SIGINT' });
    expect(await given.pool.apply(square, [4])).toBe(16);
  });

  test('test_terminate: one that ignores SIGTERM is killed after killGrace [D-7]', async () => {
    const pool = makePool(variant, { processes: 1, killGrace: 20 });
    const gate = makeGate();
    const result = pool.applyAsync(ignoreSigterm, [gate.path]);
    const [arrival] = await gate.entered();
    pool.terminate();
    expect(await result.exception()).toBeInstanceOf(PoolTerminatedError);
    await within(pool.join());
    expect(isRunning(arrival?.pid as number)).toBe(false);
  });

  test('TestCloseFds.test_closefd: what the program has open is not open in a worker [B-203]', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'twinpool-fds-'));
    const file = openSync(join(folder, 'secret'), 'w');
    onTestFinished(() => {
      closeSync(file);
      rmSync(folder, { recursive: true });
    });
    const pool = makePool(variant, { processes: 1 });
    const targets = await pool.apply(() => {
      const { readdirSync, readlinkSync } = process.getBuiltinModule('node:fs');
      return readdirSync('/proc/self/fd').map((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`);
        } catch {
          return 'the listing itself';
        }
      });
    });
    expect(targets.length).toBeGreaterThan(3);
    expect(targets.filter((target) => target.includes(folder))).toEqual([]);
  });
});

describe.each(POOLS)('$title', (variant) => {
  const { test, checkList } = rowsFor(variant, 'neighbours');
  const given = sharePool(variant);

  test('_TestProcess.test_active_children, test_many_processes, test_child_fd_inflation: nothing adds up [B-196]', async () => {
    const count = (): number => readdirSync('/proc/self/fd').length;
    const round = (): Promise<number[]> => variant.Class.use(2, (pool) => pool.map(square, range(10)));
    await round();
    // The shared pool has what it will have.
    await until(() => given.pool.stats().workers === variant.workers(2), 'its workers');
    const [fds, children] = [count(), childrenOf().length];
    for (let i = 0; i < 2; i++) expect(await round()).toEqual(squares(10));
    await until(() => count() <= fds && childrenOf().length <= children, `${fds} descriptors and ${children} children again`);
    expect(childrenOf().length).toBeLessThanOrEqual(children);
  });

  test('_TestSubclassingProcess.test_sys_exit: the error names the exit code, and the pool continues [B-200] [D-2] [R-14]', async () => {
    const gate = makeGate();
    for (const exitCode of [0, 1, 7]) {
      const error = await failure(given.pool.apply(exitWith, [gate.path, exitCode]));
      expect(error).toBeInstanceOf(WorkerLostError);
      expect(error).toMatchObject({ exitCode, signal: null, taskName: 'exitWith' });
    }
    expect(await given.pool.map(square, range(10))).toEqual(squares(10));
  });

  test('_TestAtExit.test_atexit: handlers of `exit` run in a worker that ends in order [B-205]', async () => {
    const gate = makeGate();
    const pool = makePool(variant, { processes: 1 });
    await pool.apply(logAtExit, [gate.path]);
    pool.close();
    await pool.join();
    expect(gate.labels()).toEqual(['registered', 'exit']);
  });

  describe('TestStartMethod.test_nested_startmethod: pools in tasks', () => {
    test('a task builds a pool of either kind in its body [B-202] [P-LIFE-11] [D-17]', async () => {
      expect(await given.pool.map(nested, ['Pool', 'ThreadPool'], 1)).toEqual([
        [1, 4, 9],
        [1, 4, 9],
      ]);
      expect(await given.pool.apply(nestedTwice, [3])).toBe(18);
      expect(await given.pool.map(square, range(10))).toEqual(squares(10));
    });

    test.runIf(isWhole)('ten deep, and no deeper: then it gets an error instead of nesting without end [B-202] [P-LIFE-11]', async () => {
      // Threads below, whatever is above: they start faster.
      const { depth, error } = await given.pool.apply(builtInTask, [1]);
      expect(depth).toBe(10);
      expect(error).toEqual([
        'NestedBootstrapError',
        'pools are nested 10 deep: a task that builds a pool whose tasks build pools does not end',
      ]);
      expect(new NestedBootstrapError('').code).toBe('ERR_TWINPOOL_NESTED_BOOTSTRAP');
    });

    test('a task cannot receive the pool it runs in, nor its results: the error names the alternative [P-LIFE-7]', async () => {
      class Mine extends variant.Class {
        readonly label = 'has a field of its own';
      }
      const mine = new Mine(1);
      onTestFinished(() => mine[Symbol.asyncDispose]());
      const iterator = given.pool.imap(square, []);
      const advice = 'is a pool, which cannot be sent; create one inside the task: `await using pool = new Pool()` in its body';
      const values: [unknown, string][] = [
        [given.pool, `argument 1 ${advice}`],
        [{ deep: [given.pool] }, `argument 1: .deep[0] ${advice}`],
        [mine, advice],
        [given.pool.withOptions({}), advice],
        [given.pool.applyAsync(square, [1]), 'is an AsyncResult, which cannot be sent; await it, and send its value'],
        [iterator, 'is an IMapIterator, which cannot be sent; collect its values first'],
      ];
      for (const [value, message] of values) {
        const error = await failure(given.pool.map(echo<unknown>, [value]));
        expect(error).toBeInstanceOf(TaskSerializationError);
        expect(error).toHaveProperty('message', expect.stringContaining(message));
      }
    });

    test('a callback submits to the same pool, and may wait for what it submitted', async () => {
      const pool = makePool(variant, { processes: 1 });
      const inner = new Promise((resolve, reject) => {
        pool.applyAsync(square, [2], {
          callback: (value) => {
            pool.map(square, [value, value + 1]).then(resolve, reject);
          },
        });
      });
      expect(await within(inner)).toEqual([16, 25]);
      const gate = makeGate();
      gate.open();
      const chained = pool.applyAsync(hold<number>, [gate.path, 3]).then((value) => pool.apply(square, [value]));
      expect(await chained).toBe(9);
    });
  });

  checkList();
});
