/** Tests arguments and results other than plain values: transferred and shared memory, buffers, reports, the task context. */

import { InvalidStateError, TaskSerializationError, transfer } from '@twinpool/core';
import { context, isWorker } from '@twinpool/core/worker';
import { makeGate, outcome, within } from '@twinpool/testkit';
import { expectWarning } from '@twinpool/testkit/leak-check';
import { describe, it } from '@twinpool/testkit/sample';
import {
  byteLengths,
  countArguments,
  echo,
  fill,
  holdThenReport,
  increment,
  later,
  mark,
  reportAfterEnd,
  reportAll,
  reportFunction,
  reportItself,
  reportThenHold,
  square,
  text,
} from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { KINDS, open } from './workplace.ts';

describe.each(KINDS)('values: %s', (kind) => {
  it('arguments arrive in number and order, also none', async () => {
    const work = open(kind, 1);
    expect(await work.call(countArguments)).toBe(0);
    expect(await work.call(countArguments, undefined)).toBe(1);
    expect(await work.call(countArguments, undefined, null, undefined)).toBe(3);
    expect(await work.call(countArguments, [1, 2])).toBe(1);
  });

  it.each([
    ['-0', -0],
    ['NaN', Number.NaN],
    ['a BigInt', 2n ** 70n],
    ['undefined', undefined],
    ['a Map of Sets', new Map([[{ a: 1 }, new Set([1, 'b'])]])],
    ['a Date', new Date(5)],
    ['a long text', 'ä'.repeat(100_000)],
    ['an own __proto__ key', JSON.parse('{"__proto__": {"polluted": true}}')],
  ])('%s comes back as it went [F-35] [F-36]', async (_what, value) => {
    const back = await open(kind, 1).call(echo, value);
    expect(back).toStrictEqual(value);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('buffers are buffers, and hold their own bytes only [F-29]', async () => {
    const work = open(kind, 1);
    const small = Buffer.from('abc');
    expect(small.buffer.byteLength).toBeGreaterThan(3);
    expect(await work.call(byteLengths, small)).toEqual({ view: 3, backing: 3, isBuffer: true });
    const back = (await work.call(echo, small)) as Buffer;
    expect([Buffer.isBuffer(back), back.toString(), back.buffer.byteLength]).toEqual([true, 'abc', 3]);
  });

  it('large ones in both directions, many at once', async () => {
    const work = open(kind, 2);
    const texts = Array.from({ length: 12 }, (_, i) => String(i).repeat(400_000));
    const back = await within(work.map(echo, texts));
    expect(back.every((text, i) => text === texts[i])).toBe(true);
  });

  it.each([
    ['integers', (i: number) => i - 100],
    ['integers, one of them -0', (i: number) => (i === 70 ? -0 : i)],
    ['fractions', (i: number) => i / 7],
    ['integers and then a fraction', (i: number) => (i === 199 ? 0.5 : i)],
    ['large ones', (i: number) => 2 ** 31 + i],
    ['not-a-numbers among them', (i: number) => (i % 3 === 0 ? Number.NaN : i)],
    ['numbers and a text', (i: number) => (i === 150 ? 'x' : i)],
  ])('many numbers, as arguments and as results: %s', async (_what, make) => {
    const items = Array.from({ length: 200 }, (_, i) => make(i));
    const back = await within(open(kind, 1).map(echo, items, { chunksize: 200 }));
    expect(back).toStrictEqual(items);
    expect(Array.isArray(back)).toBe(true);
  });

  it('one that cannot be sent fails its own task only, and names the path [F-21]', async () => {
    const work = open(kind, 1);
    const bad = { list: [1, { fn: () => 1 }] };
    const settled = await Promise.all([1, bad, 3].map((item) => outcome(work.call(echo, item as unknown))));
    expect(settled.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(settled[1]).toMatchObject({ ok: false, error: { message: expect.stringMatching(/list.*1.*fn/) } });
    const stats = work.attachment.stats();
    expect(stats).toMatchObject({ completed: 2, failed: 1 });
  });

  it('one bad item of a map harms no other item', async () => {
    const gate = makeGate();
    const work = open(kind, 1);
    const items: unknown[] = [1, 2, () => 3, 4, 5];
    const settled = await outcome(work.map(echo, items, { chunksize: 5 }));
    expect(settled.ok || settled.error).toBeInstanceOf(TaskSerializationError);
    expect(work.attachment.stats()).toMatchObject({ completed: 4, failed: 1 });
    expect(gate.labels()).toEqual([]);
  });

  it('one that is over maxPayloadBytes is refused, in both directions [F-33]', async () => {
    const work = open(kind, { processes: 1, maxPayloadBytes: 100_000 });
    const isTooLarge = expect.objectContaining({ code: 'ERR_TWINPOOL_PAYLOAD_TOO_LARGE' });
    expect(await outcome(work.call(echo, 'x'.repeat(200_000)))).toEqual({ ok: false, error: isTooLarge });
    expect(await outcome(work.call(text, 200_000))).toEqual({ ok: false, error: isTooLarge });
    expect(await outcome(work.call(echo, { bytes: new Uint8Array(200_000) }))).toEqual({ ok: false, error: isTooLarge });
    expect(await outcome(work.call(echo, 'x'.repeat(50_000)))).toMatchObject({ ok: true });
  });
});

describe.each(KINDS)('moved memory: %s', (kind) => {
  it('is moved to a thread, and copied to a process', async () => {
    const work = open(kind, 1);
    const bytes = new Uint8Array(1000);
    const back = await work.call(fill, transfer(bytes, [bytes.buffer]), 7);
    expect([back.length, back[999]]).toEqual([1000, 7]);
    expect(bytes.byteLength).toBe(kind === 'thread' ? 0 : 1000);
  });

  it('goes to an idle worker only, never behind another task', async () => {
    const work = open(kind, 1);
    const buffers = Array.from({ length: 20 }, () => new Uint8Array(100));
    const back = await within(Promise.all(buffers.map((bytes, i) => work.call(fill, transfer(bytes, [bytes.buffer]), i))));
    expect(back.map((bytes) => bytes[0])).toEqual(buffers.map((_, i) => i));
  });
});

describe('shared memory', () => {
  it('is one memory for threads', async () => {
    const work = open('thread', 2);
    const cells = new Int32Array(new SharedArrayBuffer(4));
    await within(Promise.all(Array.from({ length: 40 }, () => work.call(increment, cells))));
    expect(cells[0]).toBe(40);
  });

  it('is refused for processes', async () => {
    const settled = await outcome(open('process', 1).call(increment, new Int32Array(new SharedArrayBuffer(4))));
    expect(settled.ok || settled.error).toBeInstanceOf(TaskSerializationError);
  });
});

describe.each(KINDS)('reports: %s', (kind) => {
  it('come in order, as they were sent, before the task settles', async () => {
    const work = open(kind, 1);
    const told: unknown[] = [];
    const values = [1, 'two', { three: [3] }, null, undefined, Buffer.from('six')];
    const { promise } = work.begin(reportAll, [values], { onReport: (value, index) => told.push([value, index]) });
    expect(await promise.then((count) => [count, told.length])).toEqual([6, 6]);
    expect(told).toEqual(values.map((value) => [value, 0]));
  });

  it('come while the task runs', async () => {
    const gate = makeGate();
    const work = open(kind, 1);
    const reported = new Promise<unknown>((resolve) => {
      void work.begin(reportThenHold, [gate.path], { onReport: resolve }).promise;
    });
    expect(await within(reported)).toBe('working');
    gate.open();
  });

  it('of a map name the index of their item', async () => {
    const work = open(kind, 2);
    const told: [unknown, number][] = [];
    await work.map(reportItself, [10, 11, 12, 13, 14], { onReport: (value, index) => told.push([value, index]) });
    expect(told.sort(([, a], [, b]) => a - b)).toEqual([10, 11, 12, 13, 14].map((item, index) => [item, index]));
  });

  it('without a listener are harmless', async () => {
    expect(await open(kind, 1).call(reportAll, [1, 2, 3])).toBe(3);
  });

  it('whose listener throws give a warning and harm nothing', async () => {
    expectWarning(/onReport/);
    const work = open(kind, 1);
    const { promise } = work.begin(reportAll, [[1, 2]], {
      onReport: () => {
        throw new Error('listener is broken');
      },
    });
    expect(await promise).toBe(2);
  });

  it('that cannot be sent throw where they are made', async () => {
    expect(await open(kind, 1).call(reportFunction)).toMatch(/ERR_TWINPOOL_TASK_SERIALIZATION/);
  });

  it('are over with their task', async () => {
    const gate = makeGate();
    const work = open(kind, 1);
    await work.call(reportAfterEnd, gate.path);
    await gate.entered();
    expect(gate.labels()).toEqual(['ERR_TWINPOOL_INVALID_STATE']);
    expect(await work.call(square, 2)).toBe(4);
  });

  it('of an aborted task are dropped', async () => {
    const gate = makeGate();
    const work = open(kind, { processes: 1, killGrace: 2_000 });
    const controller = new AbortController();
    const told: unknown[] = [];
    const { promise } = work.begin(holdThenReport, [gate.path], { signal: controller.signal, onReport: (value) => told.push(value) });
    await gate.entered();
    controller.abort();
    await outcome(promise);
    gate.open();
    expect(await within(work.call(square, 2))).toBe(4);
    expect(told).toEqual([]);
  });
});

describe('context() outside of a task', () => {
  it('throws', () => {
    expect(() => context()).toThrow(InvalidStateError);
    expect(isWorker).toBe(false);
  });
});

describe.each(KINDS)('callbacks of a program: %s', (kind) => {
  it('find the worker free: a task that is submitted from one is handed over at once', async () => {
    const gate = makeGate();
    const work = open(kind, 1);
    await work.call(later, 1, 8);
    const order: string[] = [];
    const first = work.call(mark, gate.path, 'first').then(() => work.call(mark, gate.path, 'from the callback'));
    const second = work.call(mark, gate.path, 'second');
    await within(Promise.all([first.then(() => order.push('callback')), second.then(() => order.push('second'))]));
    expect(gate.labels()).toHaveLength(3);
  });

  it('can submit from callbacks without end, and the stack does not grow [F-78]', async () => {
    const work = open(kind, 1);
    let left = 2_000;
    await within(
      new Promise<void>((resolve, reject) => {
        const next = () => {
          left -= 1;
          if (left === 0) resolve();
          else work.call(square, 1).then(next, reject);
        };
        next();
      }),
      10_000,
    );
    expect(work.attachment.stats()).toMatchObject({ completed: 1_999, failed: 0 });
  });
});
