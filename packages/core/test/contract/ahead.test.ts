/** Tests the one long task that lies behind a running one in a thread: until the thread begins it, it is a waiting task like any other. */
import { WorkerRuntime } from '@twinpool/core';
import { makeGate, outcome, within } from '@twinpool/testkit';
import { holdThenExit } from '@twinpool/testkit/faults';
import { hold, holdItem, spin, square } from '@twinpool/testkit/tasks';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Call, type Kind, open, openAt, Terminated, type Workplace } from './workplace.ts';

/** `hold` is measured to take 10 ms, and the only worker of `work` runs it until the gate opens. */
async function busy(work: Workplace): Promise<{ gate: ReturnType<typeof makeGate>; running: Promise<unknown> }> {
  const first = makeGate();
  const measured = work.call(hold, first.path, 'measured');
  await first.entered();
  spin(10);
  first.open();
  await within(measured);
  const gate = makeGate();
  const running = work.call(hold, gate.path, 'running');
  await gate.entered();
  return { gate, running };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Begins a call, and lets the scheduler hand it over. */
async function begin(work: Workplace, path: string, label: string, options: object = {}): Promise<Call<string>> {
  const call = work.begin(hold, [path, label], options) as Call<string>;
  await turn();
  return call;
}

describe('behind a long task in a thread', () => {
  it('a task is cancelled, and the next one takes its place', async () => {
    const work = open('thread', 1);
    const { gate, running } = await busy(work);
    const calls = [await begin(work, gate.path, 'a'), await begin(work, gate.path, 'b'), await begin(work, gate.path, 'c')] as const;
    expect(calls.map(({ job }) => job.isHandedOver)).toEqual([false, false, false]);
    expect(work.attachment.stats()).toMatchObject({ running: 1, queued: 3 });
    expect(calls[0].job.cancel()).toBe(true);
    await turn();
    expect(work.attachment.stats()).toMatchObject({ running: 1, queued: 2 });
    expect([calls[0].job.cancel(), calls[1].job.cancel()]).toEqual([false, true]);
    gate.open();
    await within(Promise.all([running, calls[2].promise]));
    for (const cancelled of [calls[0], calls[1]]) await expect(cancelled.promise).rejects.toMatchObject({ code: 'ERR_TWINPOOL_CANCELLED' });
    expect(gate.labels()).toEqual(['running', 'c']);
    expect(work.attachment.stats()).toMatchObject({ completed: 3, cancelled: 2, running: 0, queued: 0, protocolAnomalies: 0 });
  });

  it('a task is running once the thread has begun it, before its program hears of that', async () => {
    const work = open('thread', 1);
    const { gate } = await busy(work);
    const next = makeGate();
    const call = await begin(work, next.path, 'next');
    expect(call.job.isHandedOver).toBe(false);
    gate.open();
    // No turn of the event loop: the answer of the first task is not read.
    const until = performance.now() + 30_000;
    while (!next.labels().includes('next') && performance.now() < until);
    expect(call.job.cancel()).toBe(false);
    expect(call.job.isHandedOver).toBe(true);
    next.open();
    expect(await within(call.promise)).toBe('next');
  });

  it('a task makes way for one of a higher priority', async () => {
    const work = open('thread', 1);
    const { gate, running } = await busy(work);
    const calls = [
      await begin(work, gate.path, 'low'),
      await begin(work, gate.path, 'high', { priority: 1 }),
      await begin(work, gate.path, 'higher', { priority: 2 }),
    ];
    gate.open();
    await within(Promise.all([running, ...calls.map(({ promise }) => promise)]));
    expect(gate.labels()).toEqual(['running', 'higher', 'high', 'low']);
  });

  it('a task makes way for one of a facade that has had less', async () => {
    const runtime = new WorkerRuntime({ kind: 'thread', workers: 1 });
    onTestFinished(() => within(runtime.terminate()));
    const [one, other] = [openAt(runtime), openAt(runtime)];
    const { gate, running } = await busy(one);
    const calls = [await begin(one, gate.path, 'mine'), await begin(other, gate.path, 'other')];
    gate.open();
    await within(Promise.all([running, ...calls.map(({ promise }) => promise)]));
    expect(gate.labels()).toEqual(['running', 'other', 'mine']);
  });

  it('a task counts for maxQueue', async () => {
    const work = open('thread', { processes: 1, maxQueue: 1 });
    const { gate, running } = await busy(work);
    const call = await begin(work, gate.path, 'waits');
    await expect(work.call(hold, gate.path, 'refused')).rejects.toMatchObject({ code: 'ERR_TWINPOOL_QUEUE_FULL' });
    gate.open();
    await within(Promise.all([running, call.promise]));
  });

  it('a task is cancelled with what waits', async () => {
    const work = open('thread', 1);
    const { gate, running } = await busy(work);
    const calls = [await begin(work, gate.path, 'a'), await begin(work, gate.path, 'b')];
    work.attachment.cancelWaiting(new Terminated('cancelled'));
    for (const { promise } of calls) await expect(promise).rejects.toBeInstanceOf(Terminated);
    gate.open();
    await within(running);
    expect(gate.labels()).toEqual(['running']);
  });

  it('an item does not run after its consumer has left', async () => {
    const work = open('thread', 1);
    const first = makeGate();
    const measured = work.call(holdItem, first.path);
    await first.entered();
    spin(10);
    first.open();
    await within(measured);
    const [running, ahead] = [makeGate(), makeGate()];
    const stream = work.stream(holdItem, [running.path, ahead.path].values(), 2);
    await running.entered();
    expect(work.attachment.stats()).toMatchObject({ running: 1, queued: 1 });
    await stream.job.close();
    expect(work.attachment.stats()).toMatchObject({ queued: 0, cancelled: 2 });
    running.open();
    expect(await within(work.call(square, 3))).toBe(9);
    expect(ahead.labels()).toEqual([]);
  });

  it('a task runs elsewhere after its worker was lost', async () => {
    const work = open('thread', 1);
    const { gate, running } = await busy(work);
    gate.open();
    await within(running);
    const [last, next] = [makeGate(), makeGate()];
    const lost = outcome(work.call(holdThenExit, last.path, 3));
    await last.entered();
    const call = await begin(work, next.path, 'next');
    expect(call.job.isHandedOver).toBe(false);
    last.open();
    expect(await within(lost)).toMatchObject({ error: { code: 'ERR_TWINPOOL_WORKER_LOST' } });
    await next.entered();
    expect(call.job.cancel()).toBe(false);
    next.open();
    expect(await within(call.promise)).toBe('next');
    expect(work.attachment.stats()).toMatchObject({ lostWorkers: 1, failed: 1 });
  });
});

it.each<[Kind]>([['process']])('nothing lies behind a long task in a %s', async (kind) => {
  const work = open(kind, 1);
  const { gate, running } = await busy(work);
  const call = await begin(work, gate.path, 'next');
  expect(call.job.isHandedOver).toBe(false);
  expect(work.attachment.stats()).toMatchObject({ running: 1, queued: 1 });
  expect(call.job.cancel()).toBe(true);
  gate.open();
  await within(running);
  expect(gate.labels()).toEqual(['running']);
});
