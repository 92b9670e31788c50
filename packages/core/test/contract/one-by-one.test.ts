/** Tests tasks that are submitted one after the other: the worker finds each message completely, whatever its size and timing. */
import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { makeGate, PATIENCE, within } from '@twinpool/testkit';
import { describe, it } from '@twinpool/testkit/sample';
import { mark, square } from '@twinpool/testkit/tasks';
import { expect, onTestFinished, vi } from 'vitest';
import { KINDS, open } from './workplace.ts';

const echo = (value: unknown) => value;
const echoBesideATimer = (value: unknown) => {
  const place = globalThis as { timer?: NodeJS.Timeout };
  place.timer ??= setInterval(() => undefined, 1000);
  return value;
};

describe.each(KINDS)('one task at a time: %s', (kind) => {
  it.each([
    ['nothing else is alive', echo],
    ['something is alive', echoBesideATimer],
  ] as const)('comes and goes whole while %s in the worker', async (_what, task) => {
    const work = open(kind, 1);
    for (let i = 0; i < 400; i++) {
      // Longer than what is read at once, and than what a socket takes.
      const text = `${i}`.repeat(i % 40 === 0 ? 300_000 : 1);
      expect((await within(work.call(task, text))) === text).toBe(true);
      // A pause in which the look is over, and others in which it is not.
      for (let turns = i % 7 === 0 ? 200 : 0; turns > 0; turns--) await turn();
    }
    expect(work.attachment.stats()).toMatchObject({ completed: 400, failed: 0, lostWorkers: 0 });
  });
});

/** Bytes of a number that wakes a process. */
const WAKE_NUMBER = 4;

it('a process that leaves its blocking read begins a task although the program works on', async () => {
  const work = open('process', 1);
  const gate = makeGate();
  for (let i = 0; i < 20; i++) await work.call(square, i);
  await work.call(mark<string>, gate.path, 'found');
  // Nothing is sent until RELEASE, which comes with a number.
  const { write } = Socket.prototype;
  const call = await within(
    new Promise<{ value: Promise<string> }>((resolve) => {
      const sent = vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...args: unknown[]) {
        const isWritten = Reflect.apply(write, this, args);
        if ((args[0] as Buffer).byteLength !== WAKE_NUMBER) return isWritten;
        sent.mockRestore();
        const value = work.call(mark<string>, gate.path, 'begun');
        for (const end = performance.now() + PATIENCE; gate.labels().length < 2 && performance.now() < end; );
        resolve({ value });
        return isWritten;
      });
      onTestFinished(() => {
        sent.mockRestore();
      });
    }),
  );
  expect(gate.labels(), 'read before the program reads what the worker says').toEqual(['found', 'begun']);
  expect(await within(call.value)).toBe('begun');
});
