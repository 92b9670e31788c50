/** Workers that exit or are killed: the running tasks are lost, all other tasks run once in other workers. */

import { BrokenExecutorError, CancelledError, WorkerLostError } from '@twinpool/core';
import { type Arrival, childrenOf, isRunning, makeGate, outcome, until, within } from '@twinpool/testkit';
import { dieWithHeir, exitRightAfter, exitWith, markOrExit, startChild } from '@twinpool/testkit/faults';
import { describe, isWhole, it } from '@twinpool/testkit/sample';
import { hold, holdAsync, later, mark, place, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { KINDS, open } from './workplace.ts';

const kill = ({ pid }: { readonly pid: number }, signal: NodeJS.Signals = 'SIGKILL') => process.kill(pid, signal);
const places = (arrivals: readonly Arrival[]) => new Set(arrivals.map(({ pid, threadId }) => `${pid}/${threadId}`)).size;

describe.each(KINDS)('when a worker %s dies', (kind) => {
  it('only the task it ran is lost, and it ran once', async () => {
    const gate = makeGate();
    const work = open(kind, 2);
    const neighbour = work.call(holdAsync, gate.path, 'neighbour');
    await gate.entered(1);
    const lost = await outcome(work.call(exitWith, gate.path, 7));
    expect(lost).toMatchObject({ ok: false, error: { exitCode: 7, taskName: 'exitWith' } });
    gate.open();
    expect(await neighbour).toBe('neighbour');
    expect(gate.labels().filter((label) => label === 'exit 7')).toHaveLength(1);
    expect(work.attachment.stats()).toMatchObject({ lostWorkers: 1, failed: 1, completed: 1 });
  });

  it('the error says who died, of what, and where', async () => {
    const work = open(kind, 1);
    const gate = makeGate();
    const settled = await outcome(work.call(exitWith, gate.path, 3));
    const [arrival] = gate.arrivals();
    expect(settled.ok).toBe(false);
    if (settled.ok) return;
    expect(settled.error).toBeInstanceOf(WorkerLostError);
    expect(settled.error).toBeInstanceOf(BrokenExecutorError);
    const error = settled.error as WorkerLostError;
    expect(error).toMatchObject({ code: 'ERR_TWINPOOL_WORKER_LOST', workerId: 1, exitCode: 3, signal: null });
    expect(kind === 'process' ? error.pid : error.threadId).toBe(kind === 'process' ? arrival?.pid : arrival?.threadId);
    expect(error.message).toContain("'exitWith'");
    expect(error.message).toContain('exited with code 3');
    expect(error.cause).toBeUndefined();
  });

  it('exactly one of many tasks of 20 µs and more is lost, and the others run once each [F-11]', async () => {
    const gate = makeGate();
    const work = open(kind, 1);
    await work.map(
      markOrExit,
      Array.from({ length: 50 }, (_, item) => ({ gate: gate.path, item: -1 - item, exitAt: 0 })),
    );
    const items = Array.from({ length: 300 }, (_, item) => item);
    const settled = await Promise.all(items.map((item) => outcome(work.call(markOrExit, { gate: gate.path, item, exitAt: 150 }))));
    const failed = items.filter((item) => !settled[item]?.ok);
    expect(failed).toEqual([150]);
    const ran = gate
      .labels()
      .map(Number)
      .filter((item) => item >= 0);
    expect(ran.sort((a, b) => a - b)).toEqual(items);
  });

  it('a map loses that item only, and every other one has run once', async () => {
    const gate = makeGate();
    const work = open(kind, 2);
    const items = Array.from({ length: 100 }, (_, item) => ({ gate: gate.path, item, exitAt: 40 }));
    const settled = await outcome(work.map(markOrExit, items, { chunksize: 10 }));
    expect(settled).toMatchObject({ ok: false, error: { exitCode: 7 } });
    const ran = gate.labels().map(Number);
    expect(ran.sort((a, b) => a - b)).toEqual(items.map(({ item }) => item));
    expect(work.attachment.stats()).toMatchObject({ completed: 99, failed: 1 });
  });

  it('a result that had left counts [F-9]', async () => {
    const work = open(kind, 1);
    for (let i = 0; i < 5; i++) {
      expect(await outcome(work.call(exitRightAfter, 5))).toEqual({ ok: true, value: 'returned' });
      await until(() => work.attachment.stats().lostWorkers === i + 1, 'the worker is lost');
    }
  });

  it.runIf(isWhole)('again and again, work goes on', async () => {
    const gate = makeGate();
    const work = open(kind, 2);
    const tasks = Array.from({ length: 20 }, (_, i) => (i % 4 === 1 ? work.call(exitWith, gate.path, i) : work.call(later, i, 2)));
    const settled = await Promise.all(tasks.map((task) => outcome(task)));
    settled.forEach((each, i) => {
      if (i % 4 === 1) expect(each).toMatchObject({ ok: false, error: { exitCode: i } });
      else expect(each).toEqual({ ok: true, value: i });
    });
  });

  it('a task that may run again does, as often as it may, and then is lost [F-15]', async () => {
    const gate = makeGate();
    const work = open(kind, { processes: 1, onWorkerLoss: 'retry', retries: 2 });
    const poison = await outcome(work.call(exitWith, gate.path, 9));
    expect(poison).toMatchObject({ ok: false, error: { exitCode: 9 } });
    expect(gate.labels()).toEqual(['exit 9', 'exit 9', 'exit 9']);
    expect(await outcome(work.call(square, 4))).toEqual({ ok: true, value: 16 });
  });

  it('retries can be set for one call, or disabled', async () => {
    const gate = makeGate();
    const work = open(kind, { processes: 1, onWorkerLoss: 'retry' });
    await outcome(work.begin(exitWith, [gate.path, 1], { retries: 0 }).promise);
    expect(gate.labels()).toEqual(['exit 1']);
    await outcome(work.begin(exitWith, [gate.path, 2], { retries: 1 }).promise);
    expect(gate.labels()).toEqual(['exit 1', 'exit 2', 'exit 2']);
  });

  it("'break' fails everything that is open and whatever comes", async () => {
    const gate = makeGate();
    const work = open(kind, { processes: 1, onWorkerLoss: 'break' });
    const running = outcome(work.call(exitWith, gate.path, 1));
    const waiting = [1, 2, 3].map((x) => outcome(work.call(square, x)));
    for (const settled of await Promise.all([running, ...waiting])) {
      expect(settled).toMatchObject({
        ok: false,
        error: { code: expect.stringMatching(/BROKEN_(PROCESS|THREAD)_POOL$/), cause: { exitCode: 1 } },
      });
    }
    expect(await outcome(work.call(square, 1))).toMatchObject({ ok: false, error: { cause: { exitCode: 1 } } });
    expect(work.attachment.broken).toBeDefined();
  });

  it('while everything is being closed, what waits still runs [F-13]', async () => {
    const gate = makeGate();
    const work = open(kind, 1);
    const dying = outcome(work.call(exitWith, gate.path, 1));
    const waiting = [1, 2, 3].map((x) => work.call(square, x));
    work.attachment.close();
    await within(work.attachment.leave());
    expect((await dying).ok).toBe(false);
    expect(await Promise.all(waiting)).toEqual([1, 4, 9]);
  });
});

describe('when a worker process is killed', () => {
  it('while it is busy, its task is lost and its neighbours go on [F-3] [F-6]', async () => {
    const gate = makeGate();
    const work = open('process', 2);
    const tasks = [work.call(hold, gate.path, 'a'), work.call(hold, gate.path, 'b')] as const;
    const arrivals = await gate.entered(2);
    const victim = arrivals.find(({ label }) => label === 'a') as Arrival;
    kill(victim);
    expect(await outcome(tasks[0])).toMatchObject({ ok: false, error: { signal: 'SIGKILL', exitCode: null, pid: victim.pid } });
    expect(await outcome(work.call(square, 5))).toEqual({ ok: true, value: 25 });
    gate.open();
    expect(await tasks[1]).toBe('b');
  });

  it('while it is idle, no task fails, and another worker starts on demand [F-4]', async () => {
    const work = open('process', 1);
    const { pid } = await work.call(place);
    kill({ pid });
    await until(() => !isRunning(pid), 'the worker is gone');
    const next = await work.call(place);
    expect(next.pid).not.toBe(pid);
    expect(work.attachment.stats()).toMatchObject({ lostWorkers: 1, failed: 0 });
  });

  it('and at once comes work, it runs elsewhere', async () => {
    const work = open('process', 1);
    for (let i = 0; i < 3; i++) {
      const { pid } = await work.call(place);
      kill({ pid });
      // The signal is sent, the death not known yet: the task goes to the dying worker, and is not begun there.
      const settled = await outcome(work.call(square, i));
      if (!settled.ok) expect(settled.error).toBeInstanceOf(WorkerLostError);
    }
    expect(await outcome(work.call(square, 9))).toEqual({ ok: true, value: 81 });
  });

  it('all of them at once, only what they ran is lost [F-12]', async () => {
    const gate = makeGate();
    const work = open('process', 4);
    const held = Array.from({ length: 4 }, (_, i) => outcome(work.call(hold, gate.path, `held ${i}`)));
    const arrivals = await gate.entered(4);
    expect(places(arrivals)).toBe(4);
    const waiting = Array.from({ length: 8 }, (_, i) => outcome(work.call(mark, gate.path, `waiting ${i}`)));
    for (const arrival of arrivals) kill(arrival);
    expect((await Promise.all(held)).map(({ ok }) => ok)).toEqual([false, false, false, false]);
    expect((await Promise.all(waiting)).map(({ ok }) => ok)).toEqual(Array(8).fill(true));
    const labels = gate.labels();
    expect(new Set(labels).size).toBe(labels.length);
    expect(work.attachment.stats().lostWorkers).toBe(4);
  });

  it('by SIGTERM, the error names the signal', async () => {
    const gate = makeGate();
    const work = open('process', 1);
    const task = outcome(work.call(hold, gate.path, 'x'));
    const [arrival] = await gate.entered();
    kill(arrival as Arrival, 'SIGTERM');
    expect(await task).toMatchObject({ ok: false, error: { signal: 'SIGTERM' } });
  });

  it('before it has started, it is started again', async () => {
    const work = open('process', 1, true);
    await until(() => childrenOf().length > 0, 'a worker is being started');
    const task = outcome(work.call(square, 6));
    const before = new Set(childrenOf());
    for (const pid of before) kill({ pid });
    expect(await task).toEqual({ ok: true, value: 36 });
  });

  it.runIf(isWhole)('a grandchild that holds the answer channel open does not delay the news for as long as it lives [F-16]', async () => {
    const gate = makeGate();
    const work = open('process', 1);
    // The grandchild lives longer than `outcome` waits.
    const settled = await outcome(work.call(dieWithHeir, gate.path, 60));
    const heir = Number(gate.labels()[0]);
    process.kill(heir, 'SIGKILL');
    expect(settled).toMatchObject({ ok: false, error: { signal: 'SIGKILL' } });
  });
});

describe('what worker processes started', () => {
  it('goes with them when they are terminated [F-48]', async () => {
    const work = open('process', 1);
    const child = await work.call(startChild, 60);
    expect(isRunning(child)).toBe(true);
    await work.end();
    await until(() => !isRunning(child), 'the child of the worker is gone');
  });
});

describe('when a worker is stopped by SIGSTOP', () => {
  it('a time limit ends its task [F-17]', async () => {
    const gate = makeGate();
    const work = open('process', { processes: 1, killGrace: 100 });
    const { promise } = work.begin(hold, [gate.path, 'x'], { taskTimeout: 300 });
    const [arrival] = await gate.entered();
    kill(arrival as Arrival, 'SIGSTOP');
    expect(await outcome(promise)).toMatchObject({ ok: false, error: { code: 'ERR_TWINPOOL_TASK_TIMEOUT' } });
    expect(await outcome(work.call(square, 2))).toEqual({ ok: true, value: 4 });
    await until(() => !isRunning((arrival as Arrival).pid), 'the stopped worker is gone');
  });

  it('an abort ends its task', async () => {
    const gate = makeGate();
    const work = open('process', { processes: 1, killGrace: 100 });
    const controller = new AbortController();
    const { promise } = work.begin(hold, [gate.path, 'x'], { signal: controller.signal });
    const [arrival] = await gate.entered();
    kill(arrival as Arrival, 'SIGSTOP');
    controller.abort();
    const settled = await outcome(promise);
    expect(settled.ok || settled.error).toBeInstanceOf(CancelledError);
    expect(await outcome(work.call(square, 2))).toEqual({ ok: true, value: 4 });
    await until(() => !isRunning((arrival as Arrival).pid), 'the stopped worker is gone');
  });

  it('and continued, nothing is lost', async () => {
    const gate = makeGate();
    const work = open('process', 1);
    const task = work.call(hold, gate.path, 'x');
    const [arrival] = await gate.entered();
    kill(arrival as Arrival, 'SIGSTOP');
    gate.open();
    kill(arrival as Arrival, 'SIGCONT');
    expect(await within(task)).toBe('x');
  });
});
