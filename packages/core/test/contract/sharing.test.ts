/** Tests two facades on one runtime: they get fair turns, and each one ends separately. */

import { taskRef, WorkerRuntime } from '@twinpool/core';
import { makeGate, outcome, within } from '@twinpool/testkit';
import { exitWith } from '@twinpool/testkit/faults';
import { describe, it } from '@twinpool/testkit/sample';
import { hold, holdAsync, later, mark, place, square } from '@twinpool/testkit/tasks';
import { expect, onTestFinished } from 'vitest';
import { KINDS, type Kind, openAt, Terminated } from './workplace.ts';

function makeRuntime(kind: Kind, workers: number, options: object = {}): WorkerRuntime {
  const runtime = new WorkerRuntime({ kind, workers, ...options });
  onTestFinished(() => within(runtime.terminate()));
  return runtime;
}

describe.each(KINDS)('two facades on one runtime: %s', (kind) => {
  it('forget functions that both have used, and know them again [R32]', async () => {
    const runtime = makeRuntime(kind, 1);
    const [one, other] = [openAt(runtime), openAt(runtime)];
    const url = new URL('../fixtures/many-functions.mjs', import.meta.url);
    const numbered = (i: number) => taskRef<() => number>(url, `All.f${i}`);
    const count = taskRef<() => number>(url, 'count');
    expect(await one.call(count)).toBe(1);
    for (let i = 0; i < 1_200; i++) expect(await other.call(numbered(i))).toBe(i);
    // The module is the same one.
    expect(await one.call(count)).toBe(2);
    expect(await other.call(numbered(0))).toBe(0);
  });

  it('run on the same workers', async () => {
    const runtime = makeRuntime(kind, 1);
    const [one, other] = [openAt(runtime), openAt(runtime)];
    expect(await one.call(place)).toEqual(await other.call(place));
    expect(runtime.stats()).toMatchObject({ workers: 1, completed: 2 });
  });

  // Fair turns by worker time: runtime.test.ts, 'whose turn it is', where time is exact.

  it('priority orders within one of them, and not between them', async () => {
    const gate = makeGate();
    const runtime = makeRuntime(kind, 1);
    const [one, other] = [openAt(runtime), openAt(runtime)];
    const first = one.call(hold, gate.path, 'first');
    await gate.entered();
    const tasks = [
      one.begin(hold, [gate.path, 'low'], { priority: -1 }),
      one.begin(hold, [gate.path, 'normal'], {}),
      one.begin(hold, [gate.path, 'high'], { priority: 5 }),
      one.begin(hold, [gate.path, 'normal too'], {}),
      other.begin(hold, [gate.path, 'other'], {}),
    ];
    gate.open();
    await within(Promise.all([first, ...tasks.map(({ promise }) => promise)]));
    const labels = gate.labels();
    expect(labels.filter((label) => label !== 'other')).toEqual(['first', 'high', 'normal', 'normal too', 'low']);
    expect(labels.indexOf('other')).toBeLessThanOrEqual(2);
  });

  it('are held to the number of workers that each asked for', async () => {
    const gate = makeGate();
    const runtime = makeRuntime(kind, 3);
    const narrow = openAt(runtime, { processes: 1 });
    const tasks = [1, 2, 3].map((x) => narrow.call(holdAsync, gate.path, x));
    await gate.entered();
    expect(await within(openAt(runtime).call(square, 3))).toBe(9);
    expect(gate.arrivals()).toHaveLength(1);
    gate.open();
    await within(Promise.all(tasks));
  });

  it('one closed leaves the other, and the workers', async () => {
    const runtime = makeRuntime(kind, 1);
    const [one, other] = [openAt(runtime), openAt(runtime)];
    const before = await one.call(place);
    one.attachment.close();
    await within(one.attachment.leave());
    expect(await other.call(place)).toEqual(before);
    expect(runtime.stats().workers).toBe(1);
  });

  it('one terminated loses its own work only; the other’s running task goes on [F-96]', async () => {
    const gate = makeGate();
    const runtime = makeRuntime(kind, 2);
    const [one, other] = [openAt(runtime), openAt(runtime)];
    const theirs = other.call(holdAsync, gate.path, 'theirs');
    const mine = [outcome(one.call(hold, gate.path, 'mine'))];
    await gate.entered(2);
    mine.push(outcome(one.call(mark, gate.path, 'mine too')));
    const waiting = other.call(mark, gate.path, 'waiting');
    await within(one.attachment.terminate(new Terminated('mine')));
    for (const settled of await Promise.all(mine)) expect(settled.ok ? 'a value' : settled.error).toBeInstanceOf(Terminated);
    expect(await within(waiting)).toBe('waiting');
    gate.open();
    expect(await within(theirs)).toBe('theirs');
    expect(gate.labels()).not.toContain('mine too');
    expect(runtime.stats()).toMatchObject({ lostWorkers: 0 });
  });

  it("one that is broken ('break') leaves the other", async () => {
    const gate = makeGate();
    const runtime = makeRuntime(kind, 2);
    const [fragile, robust] = [openAt(runtime, { onWorkerLoss: 'break' }), openAt(runtime)];
    const long = robust.call(later, 'robust', 100);
    const dead = await outcome(fragile.call(exitWith, gate.path, 1));
    expect(dead.ok).toBe(false);
    expect(fragile.attachment.broken).toBeDefined();
    expect(robust.attachment.broken).toBeUndefined();
    expect(await within(long)).toBe('robust');
    expect(await within(robust.call(square, 2))).toBe(4);
  });

  it('one that loses a worker under the other’s task has only its own loss', async () => {
    const gate = makeGate();
    const runtime = makeRuntime(kind, 2);
    const [one, other] = [openAt(runtime), openAt(runtime, { onWorkerLoss: 'break' })];
    const held = other.call(holdAsync, gate.path, 'held');
    await gate.entered();
    expect((await outcome(one.call(exitWith, gate.path, 1))).ok).toBe(false);
    gate.open();
    expect(await within(held)).toBe('held');
    expect(other.attachment.broken).toBeUndefined();
  });

  it('a full queue refuses one of them only [F-94]', async () => {
    const gate = makeGate();
    const runtime = makeRuntime(kind, 1);
    const [narrow, wide] = [openAt(runtime, { maxQueue: 2 }), openAt(runtime)];
    const running = wide.call(holdAsync, gate.path, 'running');
    await gate.entered();
    const tasks = [1, 2, 3].map((x) => outcome(narrow.call(square, x)));
    const more = wide.map(square, [1, 2, 3, 4, 5]);
    gate.open();
    await running;
    expect((await Promise.all(tasks)).map((each) => (each.ok ? each.value : (each.error as { code: string }).code))).toEqual([
      1,
      4,
      'ERR_TWINPOOL_QUEUE_FULL',
    ]);
    expect(await within(more)).toEqual([1, 4, 9, 16, 25]);
  });
});
