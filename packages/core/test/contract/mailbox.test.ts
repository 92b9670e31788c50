/**
 * Tests frames that travel through the mailbox of a worker process, together with frames on its pipes: their order, their number, and the end of a worker
 * in between. `wire/mailbox-model.test.ts` enumerates the steps; here are real processes.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { WorkerLostError } from '@twinpool/core';
import { isRunning, makeGate, outcome, until, within } from '@twinpool/testkit';
import { closeMailbox, exitWith, forgeMail, forgeMailAndDie, mailHere, takeDescriptor } from '@twinpool/testkit/faults';
import { describe, isLong, it } from '@twinpool/testkit/sample';
import { echo, place, reportAll, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { open, type Workplace } from './workplace.ts';

const hasMailbox = process.platform === 'linux' && process.arch === 'x64';
const LONG = 120_000;

/** Values of a frame that fits into the mailbox, and of one that does not. */
function valueAt(i: number): unknown {
  return [i, `text ${i}`, { i }, 'x'.repeat(2000) + i, null, [i], i / 3, new Array(900).fill(i)][(i * 7 + (i >> 3)) % 8];
}

/** Short calls, one at a time: each side looks into the mailbox then, unless the machine is too busy. */
async function callOneByOne(work: Workplace): Promise<void> {
  for (let i = 0; i < 100; i++) expect(await work.call(square, i)).toBe(i * i);
}

describe.runIf(hasMailbox)('frames of both ways', () => {
  it('travel through the mailbox when calls are short and come one at a time', async () => {
    const work = open('process', 1);
    do await callOneByOne(work);
    while (!((await work.call(mailHere)) as number));
    expect(work.attachment.stats()).toMatchObject({ failed: 0, lostWorkers: 0, protocolAnomalies: 0 });
  });

  it('bring each task its argument, and each caller its result, one at a time and in bursts', async () => {
    const work = open('process', 2);
    for (let size = 1, at = 0; size < 300; size = Math.ceil(size * 1.3), at += size) {
      for (let i = 0; i < 20; i++) expect(await work.call(echo, valueAt(i))).toEqual(valueAt(i));
      const values = Array.from({ length: size }, (_, i) => valueAt(at + i));
      expect(await within(Promise.all(values.map((value) => work.call(echo, value))))).toEqual(values);
    }
    expect(work.attachment.stats()).toMatchObject({ failed: 0, lostWorkers: 0, protocolAnomalies: 0 });
  });

  it('keep the order of reports', async () => {
    const work = open('process', 1);
    await callOneByOne(work);
    for (let round = 0; round < 20; round++) {
      const reports: unknown[] = [];
      const values = Array.from({ length: 40 }, (_, i) => valueAt(i + round));
      const { promise } = work.begin(reportAll, [values], { onReport: (value) => reports.push(value) });
      expect(await within(promise)).toBe(values.length);
      expect(reports).toEqual(values);
      for (let i = 0; i < round; i++) expect(await work.call(square, i)).toBe(i * i);
    }
  });

  it(
    'are a hundred thousand, one at a time and in bursts',
    async () => {
      const work = open('process', 2);
      const count = isLong ? 100_000 : 5_000;
      for (let i = 0; i < count; ) {
        if (i % 3 === 0) {
          if ((await work.call(square, i)) !== i * i) expect.fail(`a wrong square of ${i}`);
          i += 1;
          continue;
        }
        const results = await Promise.all(Array.from({ length: 1 + (i % 7) }, (_, k) => work.call(square, i + k)));
        for (const [k, result] of results.entries()) if (result !== (i + k) ** 2) expect.fail(`a wrong square of ${i + k}`);
        i += results.length;
      }
      expect(work.attachment.stats()).toMatchObject({ failed: 0, lostWorkers: 0, protocolAnomalies: 0 });
    },
    LONG,
  );

  it('travel by the pipes alone with lowLatency false', async () => {
    const work = open('process', { processes: 1, lowLatency: false });
    for (let i = 0; i < 100; i++) expect(await work.call(square, i)).toBe(i * i);
    expect(await work.call(mailHere)).toBeUndefined();
  });
});

describe.runIf(hasMailbox)('a worker that ends', () => {
  it('while it looks into the mailbox, costs no task', async () => {
    const work = open('process', 1);
    for (let round = 0; round < (isLong ? 50 : 8); round++) {
      const { pid } = await work.call(place);
      for (let i = 0; i < 20; i++) await work.call(square, i);
      // It looks for some time after the last answer. The next frame may lie in the mailbox when the system ends it.
      process.kill(pid, 'SIGKILL');
      expect(await within(work.call(square, round))).toBe(round * round);
      await until(() => !isRunning(pid), 'the worker is gone');
    }
    expect(work.attachment.stats()).toMatchObject({ failed: 0 });
  });

  it('in a task that came by the mailbox, costs that task alone, which does not run again', async () => {
    const work = open('process', 1);
    for (let round = 0; round < 4; round++) {
      const gate = makeGate();
      await callOneByOne(work);
      expect((await outcome(work.call(exitWith, gate.path, 3))) as { error: unknown }).toMatchObject({ error: { exitCode: 3 } });
      expect(gate.labels()).toEqual(['exit 3']);
      expect(await within(work.call(square, 7))).toBe(49);
    }
  });

  it('because a task closed the mailbox, is replaced', async () => {
    const work = open('process', 1);
    await callOneByOne(work);
    expect(await outcome(work.call(closeMailbox))).toMatchObject({ ok: false, error: { code: 'ERR_TWINPOOL_WORKER_LOST' } });
    for (let i = 0; i < 50; i++) expect(await within(work.call(square, i))).toBe(i * i);
  });
});

describe.runIf(hasMailbox)('a worker whose task takes the descriptor of the mailbox for a file of its own', () => {
  it.each([
    ['zeros', 4096],
    ['no content', 0],
  ])('is replaced, and nothing hangs: %s', async (_what, bytes) => {
    const work = open('process', 1);
    for (let round = 0; round < (isLong ? 100 : 4); round++) {
      await callOneByOne(work);
      const path = join(makeGate().path, 'own');
      writeFileSync(path, Buffer.alloc(bytes));
      const taken = await outcome(within(work.call(takeDescriptor, 8, path)));
      if (!taken.ok) expect(taken.error).toBeInstanceOf(WorkerLostError);
      for (let i = 0; i < 20; i++) {
        const called = await outcome(within(work.call(square, i)));
        if (called.ok) expect(called.value).toBe(i * i);
        else expect(called.error).toBeInstanceOf(WorkerLostError);
      }
      expect(await within(work.map(square, [1, 2, 3]))).toEqual([1, 4, 9]);
    }
  });
});

describe.runIf(hasMailbox)('a worker that writes junk to the mailbox', () => {
  it.each([
    ['no message', 0, true],
    ['a frame that is never whole', 0, false],
    ['a frame that is longer than the page', 0xffff_ffff, true],
  ] as const)('is ended with its task: %s', async (_what, length, isWholeFrame) => {
    const work = open('process', 1);
    const ended = await outcome(within(work.call(forgeMail, length, isWholeFrame)));
    expect((ended as { error: Error }).error).toBeInstanceOf(WorkerLostError);
    expect((ended as { error: Error }).error.message).toContain('cannot be trusted any more');
    expect(await within(work.map(square, [1, 2, 3]))).toEqual([1, 4, 9]);
    expect(work.attachment.stats()).toMatchObject({ protocolAnomalies: 1, queued: 0, running: 0 });
  });

  it('and is gone then, is lost as any other, and not accused after its end', async () => {
    const work = open('process', 1);
    expect(await outcome(within(work.call(forgeMailAndDie)))).toMatchObject({ ok: false, error: { signal: 'SIGKILL' } });
    expect(await within(work.map(square, [1, 2, 3]))).toEqual([1, 4, 9]);
    expect(work.attachment.stats()).toMatchObject({ protocolAnomalies: 0, queued: 0, running: 0 });
  });
});
