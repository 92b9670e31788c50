/** Tests what an operator can observe: two diagnostics channels, the counters of `stats()`, and one warning per error that no call receives. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { failure, makeGate, until } from '@twinpool/testkit';
import { exitWith, forgeMessage, throwLater } from '@twinpool/testkit/faults';
import { expectWarning } from '@twinpool/testkit/leak-check';
import { fail, failIfOdd, place, square } from '@twinpool/testkit/tasks';
import { Pool, ProcessPoolExecutor, ThreadPool, WorkerLostError } from 'twinpool';
import type { TaskEvent, WorkerEvent } from 'twinpool/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const tasks: TaskEvent[] = [];
const workers: WorkerEvent[] = [];
const onTask = (message: unknown) => tasks.push(message as TaskEvent);
const onWorker = (message: unknown) => workers.push(message as WorkerEvent);

beforeAll(() => {
  subscribe('twinpool:task', onTask);
  subscribe('twinpool:worker', onWorker);
});
afterAll(() => {
  unsubscribe('twinpool:task', onTask);
  unsubscribe('twinpool:worker', onWorker);
});
const forget = (): void => {
  tasks.length = 0;
  workers.length = 0;
};

describe.each([
  ['process', Pool],
  ['thread', ThreadPool],
] as const)('workers: %s', (kind, Kind) => {
  let pool: Pool;
  beforeAll(async () => {
    pool = new Kind({ processes: 1, name: 'watched' });
    await pool.apply(square, [1]);
  });
  afterAll(async () => {
    pool.terminate();
    await pool.join();
  });
  beforeEach(forget);

  it('a task is published when it is handed over and when it has ended, without its values', async () => {
    expect(await pool.apply(square, [1234567])).toBe(1234567 ** 2);
    expect(tasks.map(({ event, task, index, outcome }) => [event, task, index, outcome])).toEqual([
      ['start', 'square', 0, undefined],
      ['end', 'square', 0, 'completed'],
    ]);
    expect(JSON.stringify(tasks)).not.toMatch(/1234567|1524155677489/);
    expect(workers).toEqual([]);
  });

  it('a task that fails is published with its error', async () => {
    const error = await failure(pool.apply(fail, ['no']));
    expect(tasks.at(-1)).toMatchObject({ event: 'end', task: 'fail', outcome: 'failed', error });
  });

  it('each task of a map is published with its index', async () => {
    await failure(pool.map(failIfOdd, [0, 2, 3, 4], 2));
    for (const event of ['start', 'end']) {
      const places = tasks.filter((each) => each.event === event).map(({ index }) => index);
      expect(places.sort()).toEqual([0, 1, 2, 3]);
    }
    expect(tasks.filter(({ outcome }) => outcome === 'failed').map(({ index }) => index)).toEqual([2]);
  });

  it('a lost worker is published with its exit, its task with the loss, and it is counted', async () => {
    const before = pool.stats();
    const { pid, threadId, workerId } = await pool.apply(place);
    const gate = makeGate();
    const error = await failure(pool.apply(exitWith, [gate.path, 7]));
    expect(await pool.apply(square, [2])).toBe(4);
    expect(error).toBeInstanceOf(WorkerLostError);
    const who = kind === 'process' ? { pid, threadId: undefined } : { threadId, pid: undefined };
    expect(error).toMatchObject({ ...who, workerId, exitCode: 7, signal: null, taskName: 'exitWith' });
    expect((error as Error).message).toContain(String(kind === 'process' ? pid : threadId));
    expect(tasks.find(({ outcome }) => outcome === 'lost')).toMatchObject({ task: 'exitWith', workerId, error });
    const lost = workers.find(({ event }) => event === 'lost');
    expect(lost).toMatchObject({ ...who, runtime: 'watched', kind, workerId, exitCode: 7, signal: null });
    const after = workers.filter((each) => each.workerId !== workerId).map(({ event }) => event);
    expect(after.slice(0, 2)).toEqual(['starting', 'ready']);
    expect(pool.stats()).toMatchObject({ lostWorkers: before.lostWorkers + 1, replacedWorkers: before.replacedWorkers + 1 });
  });

  it('an error outside of any task is reported once: a warning, a message, a count; and affects no task', async () => {
    expectWarning(/outside of any task.*late throw/s);
    const before = pool.stats();
    expect(await pool.apply(throwLater, [5])).toBe('returned');
    await until(() => pool.stats().lateErrors > before.lateErrors, 'the late error');
    expect(await pool.apply(square, [3])).toBe(9);
    const late = workers.filter(({ event }) => event === 'lateError');
    expect(late).toHaveLength(1);
    expect(late[0]?.error).toBeInstanceOf(Error);
    expect(pool.stats()).toMatchObject({ lateErrors: before.lateErrors + 1, failed: before.failed });
  });

  it('an error that is not read is counted, until it is read', async () => {
    const before = pool.stats().unobservedErrors;
    const result = pool.applyAsync(fail, ['unseen']);
    await result.wait();
    expect(pool.stats().unobservedErrors).toBe(before + 1);
    await failure(result.get());
    expect(pool.stats().unobservedErrors).toBe(before);
  });
});

it('workers are published from their start to their end', async () => {
  forget();
  const pool = new ThreadPool(1);
  await pool.apply(square, [1]);
  pool.close();
  await pool.join();
  expect(workers.map(({ event, runtime, kind }) => [event, runtime, kind])).toEqual([
    ['starting', 'ThreadPool', 'thread'],
    ['ready', 'ThreadPool', 'thread'],
    ['ended', 'ThreadPool', 'thread'],
  ]);
});

it('a message that no correct worker sends is published and counted', async () => {
  forget();
  await using executor = new ProcessPoolExecutor(1);
  const forged = executor.submit(forgeMessage, [99, 'odd']);
  await forged.exception();
  await until(() => executor.stats().protocolAnomalies > 0, 'the anomaly');
  expect(workers.map(({ event }) => event)).toContain('anomaly');
});
