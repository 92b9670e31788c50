/** Tests tasks that are submitted one after the other: the worker finds each message completely, whatever its size and timing. */
import { setImmediate as turn } from 'node:timers/promises';
import { within } from '@twinpool/testkit';
import { describe, it } from '@twinpool/testkit/sample';
import { expect } from 'vitest';
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
