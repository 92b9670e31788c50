/** Closing, leaving and terminating, in every order and at every moment: nothing is left behind. */

import { InvalidStateError, WorkerRuntime } from '@twinpool/core';
import { isRunning, makeGate, outcome, within } from '@twinpool/testkit';
import { ignoreSigterm, leaveTimers } from '@twinpool/testkit/faults';
import { nothingLeft } from '@twinpool/testkit/leak-check';
import { describe, it } from '@twinpool/testkit/sample';
import { hold, holdAsync, later, mark, place, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { Closed, KINDS, open, openAt, Terminated, type Workplace } from './workplace.ts';

const isTerminated = (settled: Awaited<ReturnType<typeof outcome>>) =>
  expect(settled.ok ? 'a value' : settled.error).toBeInstanceOf(Terminated);
const end = (work: Workplace) => work.attachment.terminate(new Terminated('terminated'));

describe.each(KINDS)('closing: %s', (kind) => {
  it('lets what was accepted finish, then the workers leave [F-71]', async () => {
    const gate = makeGate();
    const work = open(kind, 2);
    const tasks = Array.from({ length: 20 }, (_, i) => work.call(mark, gate.path, i));
    work.attachment.close();
    await within(work.attachment.leave());
    expect(await Promise.all(tasks)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(work.attachment.stats()).toMatchObject({ workers: 0, completed: 20, queued: 0, running: 0 });
    await nothingLeft();
  });

  it('before any work came is done at once', async () => {
    for (const startsAtOnce of [false, true]) {
      const work = open(kind, 2, startsAtOnce);
      work.attachment.close();
      await within(work.attachment.leave());
      expect(work.attachment.stats()).toMatchObject({ workers: 0, completed: 0, lostWorkers: 0 });
    }
    await nothingLeft();
  });

  it('while workers are still starting waits for the work they are for', async () => {
    const work = open(kind, 2, true);
    const tasks = [work.call(square, 2), work.call(square, 3)];
    work.attachment.close();
    await within(work.attachment.leave());
    expect(await Promise.all(tasks)).toEqual([4, 9]);
  });

  it('twice is once', async () => {
    const work = open(kind, 1);
    await work.call(square, 1);
    work.attachment.close();
    work.attachment.close();
    const leaving = [work.attachment.leave(), work.attachment.leave()];
    await within(Promise.all(leaving));
    expect(work.attachment.stats()).toMatchObject({ workers: 0, completed: 1, failed: 0 });
  });

  it('is over while a task left timers behind [F-45]', async () => {
    const work = open(kind, { processes: 1, killGrace: 300 });
    await work.call(leaveTimers);
    work.attachment.close();
    await expect(within(work.attachment.leave())).resolves.toBeUndefined();
    await nothingLeft();
  });

  it('cancels what waits, if that is wanted; what runs goes on [F-72]', async () => {
    const gate = makeGate();
    const work = open(kind, 1);
    const running = work.call(holdAsync, gate.path, 'running');
    await gate.entered();
    const waiting = [1, 2, 3].map((x) => outcome(work.call(mark, gate.path, x)));
    work.attachment.close();
    work.attachment.cancelWaiting(new Closed('cancelled'));
    for (const settled of await Promise.all(waiting)) expect(settled.ok ? '' : settled.error).toBeInstanceOf(Closed);
    gate.open();
    expect(await running).toBe('running');
    await within(work.attachment.leave());
    expect(gate.labels()).toEqual(['running']);
  });

  it('reads a sync input to its end', async () => {
    const work = open(kind, 2);
    const stream = work.stream(square, [1, 2, 3, 4, 5, 6, 7, 8][Symbol.iterator](), 2);
    work.attachment.close();
    await within(work.attachment.leave());
    const results: unknown[] = [];
    for (let value = await stream.next(); value !== undefined; value = await stream.next()) results.push(value);
    expect(results).toEqual([1, 4, 9, 16, 25, 36, 49, 64]);
  });
});

describe.each(KINDS)('terminating: %s', (kind) => {
  it('ends everything that is open, at once, and the workers are gone in time [F-74]', async () => {
    const gate = makeGate();
    const work = open(kind, 2);
    const running = [outcome(work.call(hold, gate.path, 1)), outcome(work.call(holdAsync, gate.path, 2))];
    await gate.entered(2);
    const waiting = [3, 4, 5].map((x) => outcome(work.call(mark, gate.path, x)));
    const map = outcome(work.map(square, [1, 2, 3]));
    const ended = end(work);
    for (const settled of await Promise.all([...running, ...waiting, map])) isTerminated(settled);
    await within(ended);
    expect(gate.labels()).toHaveLength(2);
    await nothingLeft();
  });

  it('again, after it, and closing after it, change nothing [F-76]', async () => {
    const work = open(kind, 1);
    await work.call(square, 1);
    const first = end(work);
    const second = end(work);
    work.attachment.close();
    await within(Promise.all([first, second, work.attachment.leave()]));
    await within(end(work));
    expect(work.attachment.stats()).toMatchObject({ workers: 0, completed: 1, failed: 0 });
  });

  it('ends a closing that waits', async () => {
    const gate = makeGate();
    const work = open(kind, 1);
    const running = outcome(work.call(hold, gate.path, 1));
    await gate.entered();
    work.attachment.close();
    const left = work.attachment.leave();
    await within(end(work));
    await within(left, 100);
    isTerminated(await running);
  });

  it('while workers are starting ends those, too', async () => {
    const work = open(kind, 3, true);
    const task = outcome(work.call(square, 1));
    await within(end(work));
    isTerminated(await task);
    await nothingLeft();
  });

  it('from a callback of the work itself does not wait for itself [F-75]', async () => {
    const work = open(kind, 2);
    const ended = work.call(square, 1).then(() => end(work));
    const rest = Array.from({ length: 5 }, () => outcome(work.call(later, 'x', 5_000)));
    await within(ended);
    for (const settled of await Promise.all(rest)) expect(settled.ok).toBe(false);
  });

  it('by force gives workers no time', async () => {
    const gate = makeGate();
    const work = open(kind, { processes: 1, killGrace: 60_000 });
    const task = outcome(kind === 'process' ? work.call(ignoreSigterm, gate.path) : work.call(hold, gate.path, 1));
    await gate.entered();
    await within(work.attachment.terminate(new Terminated('now'), new Terminated('now'), { force: true }));
    isTerminated(await task);
    await nothingLeft();
  });

  it('a worker that was never used and one that has had its calls', async () => {
    const work = open(kind, { processes: 2, maxTasksPerChild: 1 }, true);
    expect(await work.call(square, 1)).toBe(1);
    await within(end(work));
    expect(work.attachment.stats()).toMatchObject({ workers: 0, lostWorkers: 0 });
    await nothingLeft();
  });

  it('an input that is being read is closed', async () => {
    let closed = 0;
    const endless: Iterator<number> = {
      next: () => ({ done: false, value: 1 }),
      return: () => {
        closed += 1;
        return { done: true, value: undefined };
      },
    };
    const work = open(kind, 1);
    const stream = work.stream(square, endless, 4);
    expect(await stream.next()).toBe(1);
    await within(end(work));
    expect(closed).toBe(1);
    const rest = await outcome(
      (async () => {
        while (true) await stream.next();
      })(),
    );
    isTerminated(rest);
  });
});

describe('a worker process that ignores SIGTERM', () => {
  it('is ended by SIGKILL after killGrace', async () => {
    const gate = makeGate();
    const work = open('process', { processes: 1, killGrace: 150 });
    const task = outcome(work.call(ignoreSigterm, gate.path));
    const [arrival] = await gate.entered();
    const began = performance.now();
    const ended = end(work);
    isTerminated(await task);
    await within(ended);
    const took = performance.now() - began;
    expect(took).toBeGreaterThanOrEqual(140);
    expect(isRunning(arrival?.pid as number)).toBe(false);
  });

  it('is not waited for without end where killGrace is Infinity and force is used', async () => {
    const gate = makeGate();
    const work = open('process', { processes: 1, killGrace: Number.POSITIVE_INFINITY });
    const task = outcome(work.call(ignoreSigterm, gate.path));
    await gate.entered();
    await within(work.attachment.terminate(new Terminated('now'), new Terminated('now'), { force: true }));
    isTerminated(await task);
  });
});

describe.each(KINDS)('a runtime: %s', (kind) => {
  it('closes when its work has ended, and then takes no facade', async () => {
    const runtime = new WorkerRuntime({ kind, workers: 2 });
    const work = openAt(runtime);
    const tasks = [1, 2, 3].map((x) => work.call(later, x, 20));
    const closing = runtime.close();
    expect(runtime.close()).toBe(closing);
    await within(closing);
    expect(await Promise.all(tasks)).toEqual([1, 2, 3]);
    expect(() => openAt(runtime)).toThrow(InvalidStateError);
    expect(runtime.stats()).toMatchObject({ kind, workers: 0, completed: 3 });
    await nothingLeft();
  });

  it('terminates with open work', async () => {
    const gate = makeGate();
    const runtime = new WorkerRuntime({ kind, workers: 1 });
    const work = openAt(runtime);
    const tasks = [1, 2].map((x) => outcome(work.call(hold, gate.path, x)));
    await gate.entered();
    const closing = runtime.close();
    await within(runtime.terminate());
    await within(closing);
    for (const settled of await Promise.all(tasks)) {
      expect(settled).toMatchObject({ ok: false, error: { code: expect.stringMatching(/BROKEN_/) } });
    }
    await within(runtime.terminate());
  });

  it('closes at the end of its scope', async () => {
    const runtime = new WorkerRuntime({ kind, workers: 1 });
    const task = openAt(runtime).call(square, 3);
    await within(runtime[Symbol.asyncDispose]());
    expect(await task).toBe(9);
  });

  it('that was never used costs nothing', async () => {
    for (const end of ['close', 'terminate'] as const) {
      const runtime = new WorkerRuntime({ kind });
      await within(runtime[end]());
      expect(runtime.stats()).toMatchObject({ workers: 0, lostWorkers: 0 });
    }
    await nothingLeft(100);
  });
});

describe.each(KINDS)('replacing workers: %s', (kind) => {
  it.each([1, 2, 3, 7])('maxTasksPerChild %i is exact, for calls and maps [F-79]', async (most) => {
    const work = open(kind, { processes: 2, maxTasksPerChild: most });
    const calls = await within(Promise.all(Array.from({ length: 12 }, () => work.call(place))));
    const map = await within(
      work.map(
        place,
        Array.from({ length: 12 }, (_, i) => i),
        { chunksize: 5 },
      ),
      10_000,
    );
    const counts = new Map<number, number>();
    for (const { workerId } of [...calls, ...map]) counts.set(workerId, (counts.get(workerId) ?? 0) + 1);
    for (const count of counts.values()) expect(count).toBeLessThanOrEqual(most);
    // All but those that work now have had exactly as many as they may.
    expect([...counts.values()].filter((count) => count < most).length).toBeLessThanOrEqual(2);
    expect(work.attachment.stats()).toMatchObject({ lostWorkers: 0, completed: 24 });
  });

  it('counts tasks that throw, and asynchronous ones', async () => {
    const work = open(kind, { processes: 1, maxTasksPerChild: 3 });
    const gate = makeGate();
    gate.open();
    const ids: number[] = [];
    for (let i = 0; i < 2; i++) {
      ids.push((await within(work.call(place))).workerId);
      await outcome(
        work.call(() => {
          throw new Error('counts');
        }),
      );
      await within(work.call(holdAsync, gate.path, i));
    }
    expect(ids).toEqual([1, 2]);
  });

  it('strands nothing when the facade is left meanwhile [F-79]', async () => {
    for (const most of [1, 2]) {
      const work = open(kind, { processes: 1, maxTasksPerChild: most });
      const tasks = Array.from({ length: 7 }, (_, i) => work.call(square, i));
      work.attachment.close();
      const left = work.attachment.leave();
      expect(await within(Promise.all(tasks))).toEqual([0, 1, 4, 9, 16, 25, 36]);
      await within(left);
    }
  });
});
