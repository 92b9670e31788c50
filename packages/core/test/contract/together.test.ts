/** Tests short tasks of one call that are claimed together: each one has its own effects and its own outcome. */
import { readFileSync } from 'node:fs';
import { CancelledError, taskRef } from '@twinpool/core';
import { makeGate, outcome, within } from '@twinpool/testkit';
import { describe, it } from '@twinpool/testkit/sample';
import { square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { KINDS, open } from './workplace.ts';

const url = new URL('../fixtures/modules/together.mjs', import.meta.url);
const COUNT = 20_000;
const MARK = 7777;
const numbers = Array.from({ length: COUNT }, (_, i) => i);

/** The same, with -1 in one place. */
const marked = numbers.map((x) => (x === MARK ? -1 : x));

describe.each(KINDS)('tasks that run together: %s', (kind) => {
  it.each([
    ['a text', (x: number) => (x === 7777 ? 'text' : x)],
    ['nothing', (x: number) => (x === 7777 ? undefined : x)],
    ['an object', (x: number) => (x === 7777 ? { x } : x)],
    ['a bigint', (x: number) => (x === 7777 ? 7n : x)],
    ['a promise', (x: number) => (x === 7777 ? Promise.resolve('later') : x)],
    ['numbers that are not integers', (x: number) => (x === 7777 ? -0 : x === 7778 ? Number.NaN : x / 3)],
  ] as const)('give %s at its place', async (_what, task) => {
    const work = open(kind, 2);
    const typed = task as (x: number) => unknown;
    await work.map(typed, [1, 2, 3]);
    expect(await within(work.map(typed, numbers))).toEqual(await Promise.all(numbers.map(typed)));
    // Once it is known that not all are numbers.
    expect(await within(work.map(typed, numbers))).toEqual(await Promise.all(numbers.map(typed)));
  });

  it('fail alone', async () => {
    const work = open(kind, 2);
    const task = (x: number) => {
      if (x === 7777) throw new RangeError(`no ${x}`);
      return x;
    };
    await work.map(task, [1, 2, 3]);
    expect(await outcome(work.map(task, numbers))).toMatchObject({ ok: false, error: { name: 'RangeError', message: 'no 7777' } });
    expect(work.attachment.stats()).toMatchObject({ completed: 3 + COUNT - 1, failed: 1 });
  });

  it('are lost alone, and each of them runs once', async () => {
    const gate = makeGate();
    const log = `${gate.path}/ran`;
    const work = open(kind, { processes: 1, env: { ...process.env, TOGETHER_LOG: log } });
    const task = taskRef<(x: number) => number>(url, 'exitBelowZero');
    await work.map(task, [1, 2, 3]);
    expect(await outcome(work.map(task, marked))).toMatchObject({ ok: false, error: { code: 'ERR_TWINPOOL_WORKER_LOST', exitCode: 3 } });
    expect(work.attachment.stats()).toMatchObject({ completed: 3 + COUNT - 1, failed: 1, lostWorkers: 1 });
    const inSecond = await work.call(taskRef<() => number[]>(url, 'ran'));
    const inFirst = readFileSync(log, 'utf8').trim().split(' ').map(Number);
    const all = [...inFirst, ...inSecond].sort((one, other) => one - other);
    expect(all).toEqual([...marked, 1, 2, 3].sort((one, other) => one - other));
  });

  it('end with their call where one of them never does', async () => {
    const gate = makeGate();
    const env = { ...process.env, TOGETHER_LOG: `${gate.path}/ran`, TOGETHER_GATE: gate.path };
    const work = open(kind, { processes: 1, killGrace: 50, env });
    const task = taskRef<(x: number) => number>(url, 'holdBelowZero');
    await work.map(task, [1, 2, 3]);
    const controller = new AbortController();
    const call = work.map(task, marked, { signal: controller.signal });
    await gate.entered();
    controller.abort();
    expect(await outcome(call)).toMatchObject({ ok: false, error: { name: CancelledError.name } });
    expect(await within(work.call(square, 3))).toBe(9);
  });

  it('report from their own places', async () => {
    const gate = makeGate();
    const work = open(kind, { processes: 2, env: { ...process.env, TOGETHER_LOG: `${gate.path}/ran` } });
    const task = taskRef<(x: number) => number>(url, 'reportThousands');
    await work.map(task, [1, 2, 3]);
    const reports: [unknown, number][] = [];
    await within(work.map(task, numbers, { onReport: (value, index) => reports.push([value, index]) }));
    reports.sort(([, one], [, other]) => one - other);
    expect(reports).toEqual(Array.from({ length: COUNT / 1000 }, (_, i) => [`at ${i * 1000}`, i * 1000]));
  });

  it.each([
    ['Float64Array', Float64Array.from({ length: 500 }, (_, i) => (i === 7 ? -0 : i === 8 ? Number.NaN : i / 7))],
    ['a part of a Float32Array', new Float32Array(1000).fill(0.5, 300).subarray(200, 600)],
    ['Int8Array', Int8Array.from({ length: 500 }, (_, i) => i)],
    ['Uint32Array', Uint32Array.from({ length: 500 }, (_, i) => 2 ** 32 - i)],
    ['Buffer', Buffer.from(Array.from({ length: 500 }, (_, i) => i & 0xff))],
    ['BigInt64Array', BigInt64Array.from({ length: 500 }, (_, i) => BigInt(-i))],
  ] as const)('take their items from a typed array: %s', async (_name, input) => {
    const work = open(kind, 2);
    const items = input as ArrayLike<unknown> as readonly unknown[];
    const before = Array.from(items);
    const same = (x: unknown) => x;
    expect(await within(work.map(same, items))).toEqual(before);
    expect(await within(work.map(same, items))).toEqual(before);
    // It was copied, not moved.
    expect(Array.from(items)).toEqual(before);
  });
});
