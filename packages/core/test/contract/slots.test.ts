/**
 * Tests workers with several slots (`concurrentTasksPerWorker`): which tasks run at once, whose context, errors and limits they have, and what becomes of
 * a worker and of the neighbours when one task must end.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Task, taskRef, transfer, WorkerLostError, WorkerRuntime } from '@twinpool/core';
import { type Arrival, type Gate, makeGate, outcome, until, within } from '@twinpool/testkit';
import { exitLater, holdThenExit } from '@twinpool/testkit/faults';
import { expectWarning } from '@twinpool/testkit/leak-check';
import { fire, leave, probeWithin } from '@twinpool/testkit/leftovers';
import { describe, it } from '@twinpool/testkit/sample';
import {
  bytesLater,
  hold,
  holdAsync,
  holdItem,
  holdOrAbort,
  later,
  mark,
  place,
  placeLater,
  reportAround,
  reportWhenAborted,
  square,
} from '@twinpool/testkit/tasks';
import { expect, onTestFinished } from 'vitest';
import { KINDS, type Kind, open, openAt, type Workplace } from './workplace.ts';

const CODE = { timeout: 'ERR_TWINPOOL_TASK_TIMEOUT', lost: 'ERR_TWINPOOL_WORKER_LOST', cancelled: 'ERR_TWINPOOL_CANCELLED' };

const gates = (count: number): Gate[] => Array.from({ length: count }, makeGate);
const failsWith = (code: string) => ({ ok: false, error: { code } });
const openWith = (kind: Kind, slots: number, options: object = {}) =>
  open(kind, { processes: 1, concurrentTasksPerWorker: slots, ...options });

/** Two workers that are ready. */
async function warm(kind: Kind, slots: number): Promise<Workplace> {
  const work = open(kind, { processes: 2, concurrentTasksPerWorker: slots }, true);
  await until(() => work.attachment.stats().idle === 2, 'both are ready');
  return work;
}

/** A task of a module of its own, which loads when the gate is open; it returns the thread's id. */
function slowToLoad({ path }: Gate): Task<[], number> {
  const file = join(path, 'slow.mjs');
  writeFileSync(
    file,
    `import { appendFileSync, existsSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
appendFileSync(new URL('./log', import.meta.url), process.pid + ' ' + threadId + ' slow\\n');
while (!existsSync(new URL('./open', import.meta.url))) await new Promise((resolve) => setTimeout(resolve, 1));
export const place = () => threadId;
`,
  );
  return taskRef<() => number>(pathToFileURL(file), 'place');
}

/** A task that waits at its gate in a worker. */
async function held(work: Workplace, label: string, options: object = {}) {
  const gate = makeGate();
  const { promise } = work.begin(holdAsync, [gate.path, label], options);
  const [arrival] = await gate.entered();
  return { gate, promise, ended: outcome(promise), arrival };
}

describe.each(KINDS)('a worker with several slots: %s', (kind) => {
  it('runs as many tasks at once as it has slots, and no more', async () => {
    const work = openWith(kind, 3);
    const gate = makeGate();
    const tasks = [0, 1, 2, 3, 4].map((label) => work.call(holdAsync, gate.path, label));
    await gate.entered(3);
    expect(work.attachment.stats()).toMatchObject({ running: 3, queued: 2, workers: 1, busy: 1, idle: 0, retiring: 0 });
    expect(gate.labels()).toEqual(['0', '1', '2']);
    gate.open();
    expect(await within(Promise.all(tasks))).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(gate.arrivals().map(({ pid, threadId }) => `${pid}/${threadId}`)).size).toBe(1);
  });

  it('answers in whatever order its tasks end', async () => {
    const work = openWith(kind, 3);
    const [a, b, c] = gates(3) as [Gate, Gate, Gate];
    const ended: string[] = [];
    const tasks = [a, b, c].map(async (gate, at) => ended.push(String(await work.call(holdAsync, gate.path, 'abc'[at]))));
    await Promise.all([a, b, c].map((gate) => gate.entered()));
    for (const [at, gate] of [c, a, b].entries()) {
      gate.open();
      await until(() => ended.length === at + 1, 'the next task ends');
    }
    await within(Promise.all(tasks));
    expect(ended).toEqual(['c', 'a', 'b']);
  });

  it('spreads a chunk over its slots: the limit counts items', async () => {
    const work = openWith(kind, 4);
    const gate = makeGate();
    const map = work.map(holdItem, Array(8).fill(gate.path), { chunksize: 8 });
    await gate.entered(4);
    expect(work.attachment.stats()).toMatchObject({ running: 4, queued: 4 });
    gate.open();
    expect(await within(map)).toEqual(Array(8).fill('here'));
  });

  it('is not filled while another has fewer tasks', async () => {
    const work = await warm(kind, 10);
    const gate = makeGate();
    const tasks = [0, 1, 2, 3, 4, 5].map((label) => work.call(holdAsync, gate.path, label));
    const arrivals = await gate.entered(6);
    const counts = new Map<string, number>();
    for (const { pid, threadId } of arrivals) counts.set(`${pid}/${threadId}`, (counts.get(`${pid}/${threadId}`) ?? 0) + 1);
    // Three each, unless one was held up by the system: then half of what it has not begun moves.
    expect(counts.size).toBe(2);
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(5);
    gate.open();
    await within(Promise.all(tasks));
  });

  it('runs synchronous code one task at a time', async () => {
    const work = openWith(kind, 3);
    const gate = makeGate();
    const tasks = [0, 1, 2].map((label) => work.call(hold, gate.path, label));
    await gate.entered();
    const waiting = work.call(mark, gate.path, 'last');
    expect(gate.labels()).toEqual(['0']);
    gate.open();
    await within(Promise.all([...tasks, waiting]));
    expect(gate.labels()).toEqual(['0', '1', '2', 'last']);
  });

  it('goes on after a pause, with one task or with several', async () => {
    const work = openWith(kind, 2, { idleTimeout: 60_000 });
    for (let round = 0; round < 3; round++) {
      expect(await within(Promise.all([work.call(later, 'a', 1), work.call(square, round), work.call(later, 'b', 5)]))).toEqual([
        'a',
        round ** 2,
        'b',
      ]);
      // Long enough that an idle worker is released (RELEASE_AFTER in supervisor.ts).
      await new Promise((resolve) => setTimeout(resolve, 15 * round));
    }
  });

  it('keeps the context of each task across its awaits', async () => {
    const work = openWith(kind, 3);
    const all = gates(3);
    const reports: unknown[][] = [[], [], []];
    const tasks = all.map(
      (gate, at) => work.begin(reportAround, [gate.path, `${at}`], { onReport: (value) => (reports[at] as unknown[]).push(value) }).promise,
    );
    await Promise.all(all.map((gate) => gate.entered()));
    for (const at of [1, 2, 0]) {
      (all[at] as Gate).open();
      expect(await within(tasks[at] as Promise<boolean>)).toBe(true);
      expect(reports[at]).toEqual([`${at} begins`, `${at} ends`]);
    }
  });

  it('loads the module of a task once for all that wait for it', async () => {
    const work = openWith(kind, 4);
    const map = await within(work.map(square, [1, 2, 3, 4, 5, 6, 7, 8], { chunksize: 1 }));
    expect(map).toEqual([1, 4, 9, 16, 25, 36, 49, 64]);
  });

  it('takes large and moved values of each slot for its own', async () => {
    const work = openWith(kind, 3);
    const sizes = [70_000, 3, 140_000, 9, 200_000, 1];
    const tasks = sizes.map((size, at) => work.call(bytesLater, transferred(size), 20 - 3 * at));
    expect(await within(Promise.all(tasks))).toEqual(sizes.map((size) => ({ size, first: size % 256 })));
  });

  it('counts the calls of maxTasksPerChild exactly', async () => {
    const work = openWith(kind, 4, { maxTasksPerChild: 5 });
    const places = await within(Promise.all(Array.from({ length: 20 }, () => work.call(placeLater, 3))));
    const counts = new Map<number, number>();
    for (const { workerId } of places) counts.set(workerId, (counts.get(workerId) ?? 0) + 1);
    expect([...counts.values()]).toEqual([5, 5, 5, 5]);
    expect(work.attachment.stats()).toMatchObject({ lostWorkers: 0, completed: 20 });
  });

  it('that had its last call retires once it has a free slot, and its task goes on', async () => {
    const work = openWith(kind, 2, { maxTasksPerChild: 1 });
    const first = await held(work, 'first');
    await until(() => work.attachment.stats().retiring === 1, 'it retires');
    const other = await within(work.call(place));
    expect([other.pid, other.threadId]).not.toEqual([first.arrival?.pid, first.arrival?.threadId]);
    first.gate.open();
    expect(await first.ended).toEqual({ ok: true, value: 'first' });
    await until(() => work.attachment.stats().retiring === 0, 'it has ended');
  });

  it('takes no more tasks without a queue than its slots', async () => {
    const work = openWith(kind, 3, { maxQueue: 0 });
    const gate = makeGate();
    const tasks = [0, 1, 2].map((label) => work.call(holdAsync, gate.path, label));
    expect(await outcome(work.call(square, 2))).toMatchObject(failsWith('ERR_TWINPOOL_QUEUE_FULL'));
    gate.open();
    expect(await within(Promise.all(tasks))).toEqual([0, 1, 2]);
  });
});

function transferred(size: number): Uint8Array {
  const bytes = new Uint8Array(size).fill(size % 256);
  return transfer(bytes, [bytes.buffer]);
}

describe.each(KINDS)('a task in one of several slots that must end: %s', (kind) => {
  it('settles at its time limit; its neighbours go on, and then the worker ends [F-99]', async () => {
    const work = openWith(kind, 3, { killGrace: 5_000 });
    const one = await held(work, 'one');
    const other = await held(work, 'other');
    const late = makeGate();
    const timed = outcome(work.begin(reportWhenAborted, [late.path, 'late'], { taskTimeout: 100 }).promise);
    expect(await timed).toMatchObject(failsWith(CODE.timeout));
    expect(work.attachment.stats()).toMatchObject({ retiring: 1, workers: 0, running: 2, failed: 1 });
    // Its signal is aborted, and its report is refused.
    await late.entered(2);
    expect(late.labels()[1]).toBe('ERR_TWINPOOL_INVALID_STATE');
    const after = await within(work.call(place));
    expect([after.pid, after.threadId]).not.toEqual([one.arrival?.pid, one.arrival?.threadId]);
    one.gate.open();
    expect(await one.ended).toEqual({ ok: true, value: 'one' });
    expect(work.attachment.stats().retiring).toBe(1);
    other.gate.open();
    expect(await other.ended).toEqual({ ok: true, value: 'other' });
    await until(() => work.attachment.stats().retiring === 0, 'the worker has ended');
    expect(work.attachment.stats()).toMatchObject({ lostWorkers: 0, failed: 1, workers: 1 });
  });

  it('ends its worker at once when it has no neighbours', async () => {
    const work = openWith(kind, 3);
    const gate = makeGate();
    expect(await outcome(work.begin(hold, [gate.path, 'late'], { taskTimeout: 100 }).promise)).toMatchObject(failsWith(CODE.timeout));
    expect(work.attachment.stats().retiring).toBe(0);
    expect(await outcome(work.call(square, 3))).toEqual({ ok: true, value: 9 });
    expect(work.attachment.stats()).toMatchObject({ lostWorkers: 0 });
  });

  it('is aborted, and its neighbours go on, when it does not listen', async () => {
    const work = openWith(kind, 2, { killGrace: 1_000 });
    const neighbour = await held(work, 'neighbour');
    const controller = new AbortController();
    const deaf = await held(work, 'deaf', { signal: controller.signal });
    controller.abort();
    expect(await outcome(deaf.promise, 900)).toMatchObject(failsWith(CODE.cancelled));
    expect(work.attachment.stats()).toMatchObject({ retiring: 0 });
    await until(() => work.attachment.stats().retiring === 1, 'its worker retires');
    expect(await outcome(work.call(square, 4))).toEqual({ ok: true, value: 16 });
    neighbour.gate.open();
    expect(await neighbour.ended).toEqual({ ok: true, value: 'neighbour' });
    await until(() => work.attachment.stats().retiring === 0, 'its worker has ended');
    expect(work.attachment.stats()).toMatchObject({ lostWorkers: 0, cancelled: 1 });
  });

  it('is aborted, and its worker lives on, when it listens', async () => {
    const work = openWith(kind, 2, { killGrace: 5_000 });
    const neighbour = await held(work, 'neighbour');
    const controller = new AbortController();
    const gate = makeGate();
    const aborted = outcome(work.begin(holdOrAbort, [gate.path], { signal: controller.signal }).promise);
    await gate.entered();
    controller.abort();
    expect(await aborted).toMatchObject(failsWith(CODE.cancelled));
    await gate.entered(2);
    expect(gate.labels()[1]).toMatch(/^aborted/);
    const after = await within(work.call(place));
    expect([after.pid, after.threadId]).toEqual([neighbour.arrival?.pid, neighbour.arrival?.threadId]);
    neighbour.gate.open();
    expect(await neighbour.ended).toEqual({ ok: true, value: 'neighbour' });
    expect(work.attachment.stats()).toMatchObject({ retiring: 0, lostWorkers: 0 });
  });

  it('takes its neighbours with it when one of them blocks the event loop [F-100]', async () => {
    const work = openWith(kind, 3, { killGrace: 100 });
    const blocking = makeGate();
    const late = makeGate();
    const timed = outcome(work.begin(holdAsync, [late.path, 'late'], { taskTimeout: 300 }).promise);
    await late.entered();
    const blocked = outcome(work.call(hold, blocking.path, 'blocks'));
    await blocking.entered();
    expect(await timed).toMatchObject(failsWith(CODE.timeout));
    const lost = await blocked;
    expect(lost).toMatchObject(failsWith(CODE.lost));
    expect((lost as { error: Error }).error).toBeInstanceOf(WorkerLostError);
    expect((lost as { error: Error }).error.message).toMatch(/task 'hold'.*its event loop was blocked while a task in it had to end/);
    expect(work.attachment.stats()).toMatchObject({ lostWorkers: 0, failed: 2 });
    expect(await outcome(work.call(square, 5))).toEqual({ ok: true, value: 25 });
  });

  it('has its neighbours run again where that was asked for', async () => {
    const work = openWith(kind, 3, { killGrace: 100, onWorkerLoss: 'retry' });
    const [blocking, late] = gates(2) as [Gate, Gate];
    const timed = outcome(work.begin(holdAsync, [late.path, 'late'], { taskTimeout: 300 }).promise);
    await late.entered();
    const blocked = outcome(work.call(hold, blocking.path, 'blocks'));
    await blocking.entered();
    expect(await timed).toMatchObject(failsWith(CODE.timeout));
    await blocking.entered(2);
    blocking.open();
    expect(await blocked).toEqual({ ok: true, value: 'blocks' });
    expect(late.labels()).toEqual(['late']);
  });

  it('retires no more workers at a time than the runtime has', async () => {
    const work = openWith(kind, 2, { killGrace: 5_000 });
    const first = await held(work, 'first');
    expect(await outcome(work.begin(holdAsync, [makeGate().path, 'x'], { taskTimeout: 50 }).promise)).toMatchObject(
      failsWith(CODE.timeout),
    );
    await until(() => work.attachment.stats().retiring === 1, 'the first retires');
    const second = await held(work, 'second');
    expect(await outcome(work.begin(holdAsync, [makeGate().path, 'y'], { taskTimeout: 50 }).promise)).toMatchObject(
      failsWith(CODE.timeout),
    );
    // It takes no task, and is not replaced before the first has ended.
    const waiting = outcome(work.call(place));
    expect(work.attachment.stats()).toMatchObject({ retiring: 1, workers: 1, queued: 1 });
    first.gate.open();
    expect(await first.ended).toEqual({ ok: true, value: 'first' });
    const third = (await waiting) as { value: { pid: number; threadId: number } };
    for (const { arrival } of [first, second])
      expect([third.value.pid, third.value.threadId]).not.toEqual([arrival?.pid, arrival?.threadId]);
    second.gate.open();
    expect(await second.ended).toEqual({ ok: true, value: 'second' });
  });

  it('of a facade that is terminated: the tasks of another facade go on', async () => {
    const runtime = new WorkerRuntime({ kind, workers: 1, concurrentTasksPerWorker: 3, killGrace: 5_000 });
    onTestFinished(() => runtime.terminate());
    const [one, other] = [openAt(runtime), openAt(runtime)];
    const innocent = await held(other, 'innocent');
    const mine = [await held(one, 'a'), await held(one, 'b')];
    await within(one.end());
    for (const { ended } of mine) expect(await ended).toMatchObject({ ok: false });
    expect(runtime.stats()).toMatchObject({ retiring: 1, running: 1 });
    innocent.gate.open();
    expect(await innocent.ended).toEqual({ ok: true, value: 'innocent' });
    expect(await outcome(other.call(square, 6))).toEqual({ ok: true, value: 36 });
  });
});

describe.each(KINDS)('the errors of tasks in several slots: %s', (kind) => {
  const quiet = kind === 'process' ? { stdio: 'ignore', execArgv: [] } : { execArgv: [] };

  it.each(['reject', 'throw'] as const)('a stray %s fails the task that it belongs to, and no other [F-102]', async (probe) => {
    const work = openWith(kind, 3, quiet);
    const neighbour = await held(work, 'neighbour');
    const [failing, other] = gates(2) as [Gate, Gate];
    const failed = outcome(work.begin(probeWithin, [failing.path, 'timer', probe]).promise);
    const fine = outcome(work.begin(probeWithin, [other.path, 'timer', 'context']).promise);
    await Promise.all([failing.entered(), other.entered()]);
    fire(failing.path);
    expect(await failed).toMatchObject({ ok: false, error: { message: expect.stringContaining('by a leftover') } });
    fire(other.path);
    expect(await fine).toEqual({ ok: true, value: 'waited' });
    neighbour.gate.open();
    expect(await neighbour.ended).toEqual({ ok: true, value: 'neighbour' });
    expect(work.attachment.stats()).toMatchObject({ lateErrors: 0, lostWorkers: 0, retiring: 0 });
  });

  it.each(['reject', 'throw'] as const)('a %s of a task that has ended retires the worker, and its tasks go on', async (probe) => {
    const work = openWith(kind, 3, quiet);
    const left = makeGate();
    expect(await outcome(work.begin(leave, [left.path, 'timer', probe]).promise)).toEqual({ ok: true, value: 'left' });
    const neighbour = await held(work, 'neighbour');
    expectWarning(/by a leftover/);
    fire(left.path);
    await until(() => work.attachment.stats().retiring === 1, 'the worker retires');
    expect(work.attachment.stats().lateErrors).toBe(1);
    const after = await within(work.call(place));
    expect([after.pid, after.threadId]).not.toEqual([neighbour.arrival?.pid, neighbour.arrival?.threadId]);
    neighbour.gate.open();
    expect(await neighbour.ended).toEqual({ ok: true, value: 'neighbour' });
    await until(() => work.attachment.stats().retiring === 0, 'the worker has ended');
    expect(work.attachment.stats()).toMatchObject({ lateErrors: 1, lostWorkers: 0 });
  });

  it('an exit takes the tasks that had begun with it, and no others', async () => {
    const work = openWith(kind, 3);
    const neighbour = await held(work, 'neighbour');
    const gate = makeGate();
    const exits = outcome(work.call(exitLater, gate.path, 3));
    for (const lost of await Promise.all([exits, neighbour.ended]))
      expect(lost).toMatchObject({
        ok: false,
        error: { code: CODE.lost, exitCode: 3, message: expect.stringContaining('was lost while it ran task') },
      });
    expect(await outcome(work.call(square, 7))).toEqual({ ok: true, value: 49 });
    expect(work.attachment.stats().lostWorkers).toBe(1);
  });

  it('an exit takes a task with it whose module is loading, since the module may be the reason; its error does not say that it ran', async () => {
    const work = openWith(kind, 3);
    const [gate, module] = gates(2) as [Gate, Gate];
    await work.call(square, 1);
    const loading = outcome(work.call(slowToLoad(module)));
    await module.entered();
    const exits = outcome(work.call(exitLater, gate.path, 3));
    expect(await exits).toMatchObject({ ok: false, error: { message: expect.stringContaining('was lost while it ran task') } });
    expect(await loading).toMatchObject({
      ok: false,
      error: { code: CODE.lost, message: expect.stringContaining('which had or may have started') },
    });
  });

  it('an exit while others wait to begin in the same worker: these run elsewhere', async () => {
    const work = openWith(kind, 4);
    const gate = makeGate();
    await work.call(mark, gate.path, 'warm');
    const exits = outcome(work.call(holdThenExit, gate.path, 5));
    await gate.entered(2);
    const waiting = [1, 2, 3].map((label) => work.call(mark, gate.path, label));
    await until(() => work.attachment.stats().running === 4, 'they are handed over');
    gate.open();
    expect(await exits).toMatchObject(failsWith(CODE.lost));
    expect(await within(Promise.all(waiting))).toEqual([1, 2, 3]);
    expect(gate.labels().sort()).toEqual(['1', '2', '3', 'exits', 'warm']);
  });
});

it('tasks that wait behind a busy thread run in one that has a free slot', async () => {
  const work = await warm('thread', 2);
  const [one, other] = gates(2) as [Gate, Gate];
  const busy = [work.call(hold, one.path, 'one'), work.call(hold, other.path, 'other')];
  await Promise.all([one.entered(), other.entered()]);
  const log = makeGate();
  const waiting = [1, 2].map((label) => work.call(mark, log.path, label));
  expect(log.labels()).toEqual([]);
  other.open();
  expect(await within(Promise.all(waiting))).toEqual([1, 2]);
  one.open();
  expect(await within(Promise.all(busy))).toEqual(['one', 'other']);
  expect(log.labels().sort()).toEqual(['1', '2']);
});

it('a task whose module is loading runs elsewhere when its thread becomes busy', async () => {
  const work = await warm('thread', 2);
  await Promise.all([work.call(place), work.call(place)]);
  const [busy, neighbour, module] = gates(3) as [Gate, Gate, Gate];
  const slow = work.call(slowToLoad(module));
  await module.entered();
  const holding = [work.call(holdAsync, neighbour.path, 'neighbour'), work.call(hold, busy.path, 'busy')];
  const [[{ threadId }]] = (await Promise.all([busy.entered(), neighbour.entered()])) as [[Arrival], unknown];
  module.open();
  expect(await within(slow)).not.toBe(threadId);
  for (const gate of [busy, neighbour]) gate.open();
  await within(Promise.all(holding));
});

it('a task that waits behind a second busy task of a thread runs elsewhere too', async () => {
  const work = await warm('thread', 3);
  const [x, y, ...neighbours] = gates(5) as [Gate, Gate, ...Gate[]];
  const open = [work.call(hold, x.path, 'x')];
  await x.entered();
  // The other thread has no free slot then.
  for (const gate of neighbours) {
    open.push(work.call(holdAsync, gate.path, 'neighbour'));
    await gate.entered();
  }
  open.push(work.call(hold, y.path, 'y'));
  const last = work.call(mark, y.path, 'last');
  // The scheduler has seen that they wait.
  await new Promise((resolve) => setTimeout(resolve, 10));
  x.open();
  await Promise.all([within(open[0] as Promise<string>), y.entered()]);
  neighbours[0]?.open();
  expect(await within(last)).toBe('last');
  for (const gate of [y, ...neighbours]) gate.open();
  await within(Promise.all(open));
});

it('a process that is killed loses the tasks that had begun, and no others [F-101]', async () => {
  const work = openWith('process', 4);
  const neighbour = await held(work, 'neighbour');
  const gate = makeGate();
  const busy = outcome(work.call(hold, gate.path, 'busy'));
  const [arrival] = await gate.entered();
  const waiting = [1, 2].map((label) => work.call(mark, gate.path, label));
  await until(() => work.attachment.stats().running === 4, 'they are handed over');
  process.kill((arrival as { pid: number }).pid, 'SIGKILL');
  expect(await busy).toMatchObject(failsWith(CODE.lost));
  expect(await neighbour.ended).toMatchObject(failsWith(CODE.lost));
  // The module of `mark` was not loaded, but that of its file was.
  expect(await within(Promise.all(waiting))).toEqual([1, 2]);
});

describe('concurrentTasksPerWorker', () => {
  it.each([0, -1, 1.5, '2', Number.POSITIVE_INFINITY, Number.NaN, 10_001, null])('of %o is refused', (value) => {
    expect(() => new WorkerRuntime({ concurrentTasksPerWorker: value as number })).toThrow(
      /concurrentTasksPerWorker: expected a number of tasks, a whole number from 1 to 10000, got/,
    );
  });

  it('belongs to the runtime', async () => {
    const runtime = new WorkerRuntime({ kind: 'thread', workers: 1, concurrentTasksPerWorker: 2 });
    onTestFinished(() => runtime.close());
    expect(() => openAt(runtime, { concurrentTasksPerWorker: 2 })).toThrow(/concurrentTasksPerWorker: shapes workers/);
  });
});
