/**
 * Tests messages that travel in the ring of a thread, together with messages that travel by its port: their order, their number, and the end of a worker
 * in between. `wire/ring-model.test.ts` enumerates the steps; here are real threads.
 */
import { WorkerLostError } from '@twinpool/core';
import { makeGate, outcome, within } from '@twinpool/testkit';
import { exitWith, forgeCells } from '@twinpool/testkit/faults';
import { describe, isLong, it } from '@twinpool/testkit/sample';
import { echo, reportAll, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { POSTED, RING_WORDS, TAIL, TAKEN, toLane, toWorker } from '../../src/wire/cells.ts';
import { open } from './workplace.ts';

/** Values that fit into the ring, and values that do not. */
function valueAt(i: number): unknown {
  return [i, `text ${i}`, { i }, 'x'.repeat(200) + i, null, [i], i / 3, new Array(300).fill(i)][(i * 7 + (i >> 3)) % 8];
}

const LONG = 120_000;

describe('messages of both ways', () => {
  it('bring each task its argument, and each caller its result, in bursts of every size', async () => {
    const work = open('thread', 2);
    for (let size = 1, at = 0; size < 400; size = Math.ceil(size * 1.3), at += size) {
      const values = Array.from({ length: size }, (_, i) => valueAt(at + i));
      expect(await within(Promise.all(values.map((value) => work.call(echo, value))))).toEqual(values);
    }
    expect(work.attachment.stats()).toMatchObject({ failed: 0, lostWorkers: 0, protocolAnomalies: 0 });
  });

  it('keep the order of reports', async () => {
    const work = open('thread', 1);
    for (let round = 0; round < 20; round++) {
      const reports: unknown[] = [];
      const values = Array.from({ length: 300 }, (_, i) => valueAt(i + round));
      const { promise } = work.begin(reportAll, [values], { onReport: (value) => reports.push(value) });
      expect(await within(promise)).toBe(values.length);
      expect(reports).toEqual(values);
    }
  });

  it('keep the order of answers while the program does not read', async () => {
    const work = open('thread', 1);
    await work.call(echo, 1);
    const settled: number[] = [];
    const values = Array.from({ length: 3000 }, (_, i) => valueAt(i));
    const calls = values.map((value, i) => work.call(echo, value).then((result) => settled.push(i) && expect(result).toEqual(value)));
    for (const end = performance.now() + 30; performance.now() < end; );
    await within(Promise.all(calls));
    expect(settled).toEqual(values.map((_, i) => i));
  });

  it(
    'are a million, one at a time and in bursts',
    async () => {
      const work = open('thread', 2);
      const count = isLong ? 1_000_000 : 50_000;
      for (let i = 0; i < count; ) {
        if (i % 3 === 0) {
          if ((await work.call(square, i)) !== i * i) expect.fail(`a wrong square of ${i}`);
          i += 1;
          continue;
        }
        const results = await Promise.all(Array.from({ length: 1 + (i % 97) }, (_, k) => work.call(square, i + k)));
        for (const [k, result] of results.entries()) if (result !== (i + k) ** 2) expect.fail(`a wrong square of ${i + k}`);
        i += results.length;
      }
      expect(work.attachment.stats()).toMatchObject({ failed: 0, lostWorkers: 0, protocolAnomalies: 0 });
    },
    LONG,
  );
});

describe('a worker that ends in the middle', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7])('costs the task that ended it and no other (task %i of a burst)', async (at) => {
    const gate = makeGate();
    const work = open('thread', 1);
    await work.call(square, 1);
    const calls = Array.from({ length: 8 }, (_, i) => (i === at ? work.call(exitWith, gate.path, 3) : work.call(square, i)));
    const ended = await Promise.all(calls.map((call) => outcome(call)));
    for (const [i, one] of ended.entries()) {
      if (i !== at) expect(one).toEqual({ ok: true, value: i * i });
      else expect((one as { error: unknown }).error).toBeInstanceOf(WorkerLostError);
    }
  });
});

describe('a worker that writes junk to the memory that it shares', () => {
  const { sender, ring } = toLane(1);
  const header = (length: number, kind: number) => (length << 8) | kind;
  /** A record at the beginning of the ring, and its header at each place of it. */
  const record = (...cells: number[]) => [
    ...cells.map((value, i) => [ring + i, value] as const),
    ...Array.from({ length: RING_WORDS }, (_, i) => [ring + 2 * i, cells[0] as number] as const).slice(1),
  ];

  it.each([
    ['headers below zero', record(-1, 0)],
    ['records of no kind', record(header(1, 9), 0)],
    ['records without a length', record(header(0, 1), 0)],
    ['records that are longer than the ring', record(header(1 << 20, 1), 0)],
    ['an answer without its fields', record(header(1, 3), 0)],
    ['tasks', record(header(8, 2), 0)],
  ] as const)('is ended with its task: %s', async (_what, values) => {
    const work = open('thread', 1);
    const ended = await outcome(work.call(forgeCells, values as readonly (readonly [number, number])[]));
    expect((ended as { error: Error }).error).toBeInstanceOf(WorkerLostError);
    expect((ended as { error: Error }).error.message).toContain('cannot be trusted any more');
    expect(await within(work.map(square, [1, 2, 3]))).toEqual([1, 4, 9]);
    expect(work.attachment.stats()).toMatchObject({ protocolAnomalies: 1, queued: 0, running: 0 });
  });

  it.each([
    ['POSTED', sender + POSTED],
    ['TAIL', toWorker(1).receiver + TAIL],
    ['TAKEN', toWorker(1).receiver + TAKEN],
  ])('in %s cannot stop the program', async (_what, cell) => {
    const work = open('thread', 2);
    const { promise } = work.begin(forgeCells, [[[cell, 1_000_000]]]);
    expect(await within(Promise.all(Array.from({ length: 20 }, (_, i) => work.call(square, i))))).toHaveLength(20);
    await work.end();
    expect((await outcome(promise)).ok).toBe(false);
  });
});
