/** Pools do not use the fake timers of a test runner: no test here advances one [R23]. */
import { runProgram } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { square } from '@twinpool/testkit/tasks';
import { expect, onTestFinished, vi } from 'vitest';
import { NAMES, openFace } from './faces.ts';

const PROGRAM = new URL('fixtures/fake-timers.mjs', import.meta.url);
const OUTPUT = [
  'apply 2',
  'map 2 4 6',
  'submit 4',
  'lost WorkerLostError',
  'replaced 5',
  'late TimeoutError',
  'aborted CancelledError',
  'joined',
  'terminated',
  'limited TaskTimeoutError',
  'shut down',
];

describe.each([
  ['sinon', 'after'],
  ['sinon', 'before'],
  ['vitest', 'after'],
  ['vitest', 'before'],
  ['node:test', 'after'],
])('a program under the fakes of %s, installed %s twinpool was loaded [R23]', (fakes, when) => {
  test.each(['process', 'thread'])('starts, loses and ends its workers: %s', async (kind) => {
    const program = runProgram(PROGRAM, [fakes, when, kind], ['--no-warnings']);
    const { code } = await program.end();
    expect([program.errors, program.output.trim().split('\n'), code]).toEqual(['', OUTPUT, 0]);
  });
});

test.each(NAMES)('%s under the fakes of Vitest itself, with all that it can fake [R23]', async (name) => {
  const early = openFace(name);
  await early.submit(square, [2]).outcome();
  vi.useFakeTimers({ toFake: [...ALL] });
  onTestFinished(() => void vi.useRealTimers());
  const late = openFace(name);
  expect(await late.submit((x: number) => x + 1, [1]).outcome()).toBe(2);
  await expect(late.submit(() => process.exit(3), []).outcome()).rejects.toThrow(/lost|exit/i);
  expect(await late.submit(square, [3]).outcome()).toBe(9);
  await early.close();
  await late.terminate();
});

const ALL = [
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'clearImmediate',
  'queueMicrotask',
  'performance',
  'hrtime',
  'Date',
] as const;
