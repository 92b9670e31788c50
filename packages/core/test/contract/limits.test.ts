/** Tests time limits and aborts: only the running task of that call ends, and in time. */
import { getEventListeners } from 'node:events';
import { join } from 'node:path';
import { CancelledError, TaskTimeoutError, TimeoutError, taskRef } from '@twinpool/core';
import { limitFor, makeGate, outcome, until, within } from '@twinpool/testkit';
import { holdNatively, ignoreSigterm } from '@twinpool/testkit/faults';
import { describe, it } from '@twinpool/testkit/sample';
import { add, echo, hold, holdAsync, holdOrAbort, later, mark, OPEN, place, spin, spinUntilAborted, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { KINDS, open } from './workplace.ts';

const modules = new URL('../fixtures/modules/', import.meta.url);

describe.each(KINDS)('the time limit of a task: %s', (kind) => {
  it.each([
    ['an endless loop', hold],
    ['one that never settles', holdAsync],
  ] as const)('ends %s; the worker is replaced [F-64]', async (_what, task) => {
    const gate = makeGate();
    const work = open(kind, 1);
    const before = await work.call(place);
    const began = performance.now();
    const settled = await outcome(work.begin(task, [gate.path, 'x'], { taskTimeout: 100 }).promise);
    expect(performance.now() - began).toBeGreaterThanOrEqual(99);
    expect(settled.ok).toBe(false);
    if (settled.ok) return;
    expect(settled.error).toBeInstanceOf(TaskTimeoutError);
    expect(settled.error).toBeInstanceOf(TimeoutError);
    expect((settled.error as Error).message).toContain('100 ms');
    const after = await within(work.call(place));
    expect(after.workerId).not.toBe(before.workerId);
    expect(work.attachment.stats()).toMatchObject({ lostWorkers: 0, failed: 1 });
  });

  it('leaves the tasks behind it alone, and each of them runs once', async () => {
    const gate = makeGate();
    const work = open(kind, 1);
    await work.map(echo, Array(20).fill(1));
    const late = work.begin(hold, [gate.path, 'late'], { taskTimeout: 100 });
    const others = Array.from({ length: 30 }, (_, i) => work.call(mark, gate.path, `other ${i}`));
    expect(await outcome(late.promise)).toMatchObject({ ok: false, error: { code: 'ERR_TWINPOOL_TASK_TIMEOUT' } });
    await within(Promise.all(others));
    const labels = gate.labels().filter((label) => label !== 'late');
    expect(labels).toEqual(Array.from({ length: 30 }, (_, i) => `other ${i}`));
  });

  it('leaves the neighbour alone', async () => {
    const gate = makeGate();
    const work = open(kind, 2);
    const neighbour = work.call(holdAsync, gate.path, 'neighbour');
    await gate.entered();
    const before = gate.arrivals()[0];
    await outcome(work.begin(hold, [makeGate().path, 'late'], { taskTimeout: 50 }).promise);
    gate.open();
    expect(await neighbour).toBe('neighbour');
    expect(before?.label).toBe('neighbour');
  });

  it('takes one item of a map, and the others have their results', async () => {
    const work = open(kind, { processes: 1, taskTimeout: 200 });
    const settled = await outcome(work.map(holdIfFive, [1, 2, 3, 4, 5, 6, 7, 8]));
    expect(settled).toMatchObject({ ok: false, error: { code: 'ERR_TWINPOOL_TASK_TIMEOUT' } });
    expect(work.attachment.stats()).toMatchObject({ completed: 7, failed: 1 });
  });

  it('does not count the waiting for a worker', async () => {
    const work = open(kind, { processes: 1, taskTimeout: 250 });
    const tasks = [1, 2, 3, 4].map((x) => work.call(later, x, 100));
    expect(await within(Promise.all(tasks))).toEqual([1, 2, 3, 4]);
  });

  it('does not count the loading of the module', async () => {
    const work = open(kind, 1);
    const task = taskRef<(x: number) => number>(new URL('loads-slowly.mjs', modules), 'task');
    expect(await outcome(work.begin(task, [1], { taskTimeout: 200 }).promise)).toEqual({ ok: true, value: 2 });
  });

  it('of Infinity is none', async () => {
    const work = open(kind, { processes: 1, taskTimeout: 30 });
    expect(await outcome(work.begin(later, ['x', 100], { taskTimeout: Number.POSITIVE_INFINITY }).promise)).toEqual({
      ok: true,
      value: 'x',
    });
  });

  it('of more than a timer can wait is not over at once', async () => {
    const work = open(kind, { processes: 1, taskTimeout: 2 ** 40 });
    expect(await outcome(work.call(later, 'x', 20))).toEqual({ ok: true, value: 'x' });
  });

  it('that many tasks keep costs none of them anything', async () => {
    const work = open(kind, { processes: 2, taskTimeout: 5_000 });
    const items = Array.from({ length: 500 }, (_, i) => i);
    expect(await within(work.map(square, items))).toEqual(items.map((x) => x * x));
  });

  it('is not met by a task that ends just in time', async () => {
    const work = open(kind, { processes: 1, taskTimeout: 1_000 });
    for (let i = 0; i < 3; i++) expect(await outcome(work.call(spin, 20))).toEqual({ ok: true, value: 20 });
  });
});

/** Sent by its source. */
const holdIfFive = (x: number): number => {
  while (x === 5);
  return x;
};

describe('the time limit of a task in a process', () => {
  it('counts when SIGTERM is ignored, too: SIGKILL comes after killGrace', async () => {
    const gate = makeGate();
    const work = open('process', { processes: 1, killGrace: 100 });
    const settled = await outcome(work.begin(ignoreSigterm, [gate.path], { taskTimeout: 300 }).promise);
    expect(settled).toMatchObject({ ok: false, error: { code: 'ERR_TWINPOOL_TASK_TIMEOUT' } });
    expect(await outcome(work.call(square, 2))).toEqual({ ok: true, value: 4 });
  });
});

describe('the time limit of a task in a thread', () => {
  it('settles the task also when the thread cannot be stopped in a native call; others run elsewhere [F-65]', async () => {
    const gate = makeGate();
    const work = open('thread', { processes: 1, killGrace: 100 });
    const { promise } = work.begin(holdNatively, [gate.path], { taskTimeout: 200 });
    await gate.entered();
    // The call ends only with the gate, which is opened at the end of the test.
    expect(await outcome(promise)).toMatchObject({ ok: false, error: { code: 'ERR_TWINPOOL_TASK_TIMEOUT' } });
    expect(await outcome(work.call(square, 2))).toEqual({ ok: true, value: 4 });
    gate.open();
  });
});

describe.each(KINDS)('an aborted signal: %s', (kind) => {
  const isCancelled = (settled: Awaited<ReturnType<typeof outcome>>, reason?: unknown) => {
    expect(settled.ok).toBe(false);
    if (settled.ok) return;
    expect(settled.error).toBeInstanceOf(CancelledError);
    if (reason !== undefined) expect((settled.error as Error).cause).toBe(reason);
  };

  it('cancels what waits, and it never runs', async () => {
    const gate = makeGate();
    const work = open(kind, 1);
    const controller = new AbortController();
    const running = work.call(hold, gate.path, 'running');
    await gate.entered();
    const waiting = work.begin(mark, [gate.path, 'waiting'], { signal: controller.signal });
    const last = work.call(mark, gate.path, 'last');
    controller.abort('no longer wanted');
    isCancelled(await outcome(waiting.promise, 100), 'no longer wanted');
    gate.open();
    await within(Promise.all([running, last]));
    expect(gate.labels()).toEqual(['running', 'last']);
    expect(work.attachment.stats()).toMatchObject({ cancelled: 1, completed: 2, failed: 0 });
  });

  it('that is aborted already starts nothing [F-69]', async () => {
    const gate = makeGate();
    const work = open(kind, 1);
    const reason = new Error('too late');
    isCancelled(await outcome(work.begin(mark, [gate.path, 'x'], { signal: AbortSignal.abort(reason) }).promise, 100), reason);
    expect(await outcome(work.call(square, 2))).toEqual({ ok: true, value: 4 });
    expect(gate.labels()).toEqual([]);
  });

  it('reaches a task that yields, and its worker lives on [F-70]', async () => {
    const gate = makeGate();
    const work = open(kind, { processes: 1, killGrace: 3_000 });
    const before = await work.call(place);
    const controller = new AbortController();
    const { promise } = work.begin(holdOrAbort, [gate.path], { signal: controller.signal });
    await gate.entered();
    controller.abort();
    // The caller need not wait for the task.
    isCancelled(await outcome(promise, 100));
    await gate.entered(2);
    expect(gate.labels()[1]).toMatch(/^aborted/);
    expect(await within(work.call(place))).toEqual(before);
  });

  // A task that a thread has not begun is taken back.
  it.runIf(kind === 'process')('that comes with its task, in the same turn, reaches it when it begins', async () => {
    const work = open(kind, { processes: 1, killGrace: Number.POSITIVE_INFINITY });
    const before = await work.call(place);
    const opened = makeGate();
    opened.open();
    await work.call(holdOrAbort, opened.path);
    for (let i = 0; i < 10; i++) {
      // The worker is idle, so the task is handed over at once.
      expect(await within(work.call(place))).toEqual(before);
      const gate = makeGate();
      const controller = new AbortController();
      const { job, promise } = work.begin(holdOrAbort, [gate.path], { signal: controller.signal });
      expect(job.isHandedOver).toBe(true);
      controller.abort();
      isCancelled(await outcome(promise, 100));
      await gate.entered(2);
      expect(gate.labels()[1]).toMatch(/^aborted/);
    }
    expect(await within(work.call(place))).toEqual(before);
  });

  it('ends a task that does not listen by force, after killGrace [F-67]', async () => {
    const gate = makeGate();
    const work = open(kind, { processes: 1, killGrace: 150 });
    const controller = new AbortController();
    const { promise } = work.begin(hold, [gate.path, 'deaf'], { signal: controller.signal });
    await gate.entered();
    const before = gate.arrivals()[0];
    controller.abort();
    isCancelled(await outcome(promise, 100));
    const after = await within(work.call(place));
    expect([after.pid, after.threadId]).not.toEqual([before?.pid, before?.threadId]);
  });

  it('shared by many calls has one listener, and none when they are over [F-69]', async () => {
    const gate = makeGate();
    const work = open(kind, { processes: 2, killGrace: 100 });
    const { signal } = new AbortController();
    const listeners = () => getEventListeners(signal, 'abort').length;
    const tasks = Array.from({ length: 1_000 }, (_, i) => work.begin(square, [i], { signal }).promise);
    expect(listeners()).toBe(1);
    await within(Promise.all(tasks));
    expect(listeners()).toBe(0);
    expect(gate.labels()).toEqual([]);
  });

  it('shared by many calls cancels them all, once', async () => {
    const gate = makeGate();
    const work = open(kind, { processes: 1, killGrace: 100 });
    const controller = new AbortController();
    const { signal } = controller;
    const running = work.begin(holdAsync, [gate.path, 'running'], { signal });
    await gate.entered();
    const tasks = Array.from({ length: 1_000 }, (_, i) => work.begin(mark, [gate.path, i], { signal }).promise);
    controller.abort();
    const settled = await Promise.all([running.promise, ...tasks].map((each) => outcome(each, 500)));
    for (const each of settled) isCancelled(each, signal.reason);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(await outcome(work.call(square, 3))).toEqual({ ok: true, value: 9 });
    expect(gate.labels()).toEqual(['running']);
    expect(work.attachment.stats().cancelled).toBe(1_001);
  });

  it('of a map ends the whole map, wherever its tasks are', async () => {
    const gate = makeGate();
    const work = open(kind, { processes: 2, killGrace: 100 });
    const controller = new AbortController();
    const map = work.map(holdHere, Array(20).fill(gate.path), { signal: controller.signal });
    await gate.entered(2);
    controller.abort();
    isCancelled(await outcome(map, 100));
    expect(await outcome(work.call(square, 3))).toEqual({ ok: true, value: 9 });
    expect(gate.labels()).toHaveLength(2);
  });

  it('does not touch a neighbour, nor the task that runs next in the same worker', async () => {
    const work = open(kind, { processes: 1, killGrace: 2_000 });
    const [first, second] = [makeGate(), makeGate()];
    // Measured as short, so that another may be handed over behind a running one.
    for (let i = 0; i < 3; i++) await work.call(spin, 2);
    for (let i = 0; i < 3; i++) await work.call(holdOrAbort, opened().path);
    const controller = new AbortController();
    const aborted = work.begin(hold, [first.path, 'x'], { signal: controller.signal });
    await first.entered();
    const innocent = work.call(holdOrAbort, second.path);
    controller.abort();
    isCancelled(await outcome(aborted.promise, 100));
    first.open();
    await second.entered();
    // Whatever is still under way for the first arrives before the answer of the next call of its own.
    await new Promise((resolve) => setTimeout(resolve, 50));
    second.open();
    expect(await within(innocent)).toBe('open');
  });

  it('after the task has ended does nothing', async () => {
    const work = open(kind, 1);
    const controller = new AbortController();
    const before = await work.call(place);
    expect(await work.begin(add, [1, 2], { signal: controller.signal }).promise).toBe(3);
    controller.abort();
    expect(await within(work.call(place))).toEqual(before);
  });

  it('frees a worker whose task module never loads', async () => {
    const work = open(kind, { processes: 1, killGrace: 100 });
    const controller = new AbortController();
    const { promise } = work.begin(taskRef(new URL('never-loads.mjs', modules), 'task'), [], { signal: controller.signal });
    await until(() => work.attachment.stats().running === 1, 'the task is handed over');
    controller.abort();
    isCancelled(await outcome(promise, 100));
    expect(await outcome(work.call(square, 2))).toEqual({ ok: true, value: 4 });
  });
});

describe.each(KINDS)('a task module that takes longer than startTimeout: %s', (kind) => {
  it('fails the task that waited for it, the next ones at once, and serves those that come when it has loaded [R21]', async () => {
    // The module is to be late, not the worker.
    const startTimeout = await limitFor(() => open(kind, 1).call(place), 1_500);
    const gate = makeGate();
    const url = new URL('waits-for-gate.mjs', modules);
    url.searchParams.set('open', join(gate.path, OPEN));
    const work = open(kind, { processes: 1, startTimeout });
    const { workerId } = await work.call(place);
    const late = { ok: false, error: { code: 'ERR_TWINPOOL_TASK_MODULE', message: expect.stringContaining(`${startTimeout} ms`) } };
    expect(await outcome(work.call(taskRef(url, 'task')))).toMatchObject(late);
    const began = performance.now();
    for (const settled of await Promise.all(Array.from({ length: 5 }, () => outcome(work.call(taskRef(url, 'task'))))))
      expect(settled).toMatchObject(late);
    // One after the other they would wait five times.
    expect(performance.now() - began).toBeLessThan(5 * startTimeout);
    gate.open();
    let settled = await outcome(work.call(taskRef(url, 'task')));
    await until(() => {
      void outcome(work.call(taskRef(url, 'task'))).then((each) => {
        settled = each;
      });
      return settled.ok;
    }, 'the module has loaded');
    expect(settled).toEqual({ ok: true, value: 'loaded' });
    expect((await work.call(place)).workerId).toBe(workerId);
  });
});

function opened(): ReturnType<typeof makeGate> {
  const gate = makeGate();
  gate.open();
  return gate;
}

const holdHere = (gate: string): string => {
  const { appendFileSync, existsSync } = process.getBuiltinModule('node:fs');
  appendFileSync(`${gate}/log`, `${process.pid} 0 here\n`);
  while (existsSync(gate) && !existsSync(`${gate}/open`));
  return gate;
};

describe('an aborted signal in a thread', () => {
  it('is seen by a synchronous task that looks', async () => {
    const gate = makeGate();
    const work = open('thread', { processes: 1, killGrace: 3_000 });
    const before = await work.call(place);
    const controller = new AbortController();
    const { promise } = work.begin(spinUntilAborted, [gate.path], { signal: controller.signal });
    await gate.entered();
    controller.abort();
    expect((await outcome(promise, 100)).ok).toBe(false);
    await gate.entered(2);
    expect(gate.labels()).toEqual(['spinning', 'saw the abort']);
    expect(await within(work.call(place))).toEqual(before);
  });
});
