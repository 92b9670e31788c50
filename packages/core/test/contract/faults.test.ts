/** Tests misbehaving tasks: each one settles in time with an error that names the reason, and the next task runs. */

import { type Task, TaskModuleError, TaskSerializationError, taskRef, WorkerLostError } from '@twinpool/core';
import { makeGate, type Outcome, outcome, until, within } from '@twinpool/testkit';
import * as faults from '@twinpool/testkit/faults';
import { expectWarning } from '@twinpool/testkit/leak-check';
import { describe, it } from '@twinpool/testkit/sample';
import { add, square, place as whereAmI } from '@twinpool/testkit/tasks';
import { afterAll, beforeAll, expect } from 'vitest';
import { KINDS, type Kind, open, Workplace } from './workplace.ts';

interface Row {
  readonly what: string;
  readonly task: Task<never[], unknown>;
  readonly args?: readonly unknown[];
  readonly only?: Kind;
  /** It gets the path of a gate first, and logs each of its calls there. */
  readonly isCounted?: boolean;
  readonly ends: (outcome: Outcome<unknown>, kind: Kind) => void;
}

const modules = new URL('../fixtures/modules/', import.meta.url);
const ofModule = (file: string, name = 'task') => taskRef(new URL(file, modules), name);

const rejects = (check: (error: unknown) => void) => (settled: Outcome<unknown>) => {
  if (settled.ok) expect.fail(`it gave the value ${String(settled.value)}`);
  check(settled.error);
};
const gives = (value: unknown) => (settled: Outcome<unknown>) => expect(settled).toEqual({ ok: true, value });
const isLost = (how: object) =>
  rejects((error) => {
    expect(error).toBeInstanceOf(WorkerLostError);
    expect(error).toMatchObject({ code: 'ERR_TWINPOOL_WORKER_LOST', ...how });
  });
const isUnsendable = (text: RegExp) =>
  rejects((error) => {
    expect(error).toBeInstanceOf(TaskSerializationError);
    expect((error as Error).message).toMatch(text);
  });
const isModuleError = (...texts: readonly RegExp[]) =>
  rejects((error) => {
    expect(error).toBeInstanceOf(TaskModuleError);
    for (const text of texts) expect((error as Error).message).toMatch(text);
  });
const isExactly = (value: unknown) => rejects((error) => expect(error).toBe(value));

const MATRIX: readonly Row[] = [
  {
    what: 'process.exit(0) [F-1]',
    task: faults.exitWith,
    isCounted: true,
    args: [0],
    ends: isLost({ exitCode: 0, signal: null, taskName: 'exitWith' }),
  },
  { what: 'process.exit(7) [F-2]', task: faults.exitWith, isCounted: true, args: [7], ends: isLost({ exitCode: 7, signal: null }) },
  { what: 'process.exit() with an exitCode', task: faults.exitByExitCode, ends: isLost({ exitCode: 9 }) },
  { what: 'process.exit() in an asynchronous task', task: faults.exitLater, isCounted: true, args: [3], ends: isLost({ exitCode: 3 }) },
  {
    what: 'SIGKILL to itself',
    only: 'process',
    task: faults.signalSelf,
    args: ['SIGKILL'],
    ends: isLost({ exitCode: null, signal: 'SIGKILL' }),
  },
  {
    what: 'SIGTERM to itself',
    only: 'process',
    task: faults.signalSelf,
    args: ['SIGTERM'],
    ends: isLost({ exitCode: null, signal: 'SIGTERM' }),
  },
  {
    what: 'SIGSEGV to itself [F-5]',
    only: 'process',
    task: faults.signalSelf,
    args: ['SIGSEGV'],
    ends: isLost({ exitCode: null, signal: 'SIGSEGV' }),
  },
  { what: 'process.abort()', only: 'process', task: faults.abortProcess, ends: isLost({ exitCode: null, signal: 'SIGABRT' }) },
  { what: 'throw null [F-26]', task: faults.throwValue, args: ['null'], ends: isExactly(null) },
  { what: 'throw undefined', task: faults.throwValue, args: ['undefined'], ends: isExactly(undefined) },
  { what: "throw 'text'", task: faults.throwValue, args: ['string'], ends: isExactly('text') },
  { what: 'throw 17', task: faults.throwValue, args: ['number'], ends: isExactly(17) },
  { what: 'throw { status }', task: faults.throwValue, args: ['object'], ends: rejects((error) => expect(error).toEqual({ status: 404 })) },
  {
    what: 'throw a function',
    task: faults.throwValue,
    args: ['function'],
    ends: rejects((error) => expect((error as Error).message).toBe('() => 1')),
  },
  {
    what: 'throw a symbol',
    task: faults.throwValue,
    args: ['symbol'],
    ends: rejects((error) => expect((error as Error).message).toBe('Symbol(odd)')),
  },
  { what: 'a rejection with null', task: faults.rejectWith, args: ['null'], ends: isExactly(null) },
  {
    what: 'an error that holds a function [F-25]',
    task: faults.throwValue,
    args: ['errorHoldingFunction'],
    ends: rejects((error) => {
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({ message: 'holds a function', code: 'E_HELD' });
    }),
  },
  {
    what: 'an error with code, fields and cause [F-27]',
    task: faults.throwValue,
    args: ['richError'],
    ends: rejects((error) => {
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toMatchObject({ code: 'E_RICH', details: { status: 7 }, list: [1, 2], cause: { message: 'the cause' } });
      expect((error as Error).stack).toContain('faults.');
    }),
  },
  {
    what: 'an AggregateError',
    task: faults.throwValue,
    args: ['aggregate'],
    ends: rejects((error) => {
      expect(error).toBeInstanceOf(AggregateError);
      expect((error as AggregateError).errors).toMatchObject([{ message: 'first' }, 'second']);
    }),
  },
  {
    what: 'an error of a class of its own',
    task: faults.throwValue,
    args: ['exoticError'],
    ends: rejects((error) => expect(error).toMatchObject({ name: 'OddError', message: 'odd', status: 418 })),
  },
  {
    what: 'an error whose stack throws',
    task: faults.throwValue,
    args: ['throwingStack'],
    ends: rejects((error) => expect((error as Error).message).toBe('no stack')),
  },
  {
    what: 'an error that is its own cause',
    task: faults.throwValue,
    args: ['cyclicCause'],
    ends: rejects((error) => expect((error as Error).cause).toBe(error)),
  },
  {
    what: 'an error behind a Proxy',
    task: faults.throwValue,
    args: ['proxy'],
    ends: rejects((error) => expect((error as Error).message).toContain('behind a proxy')),
  },
  { what: 'a result that is a function [F-23]', task: faults.returnFunction, ends: isUnsendable(/result is a function/) },
  { what: 'a result behind a Proxy', task: faults.returnProxy, ends: isUnsendable(/Proxy/) },
  { what: 'a result with a getter that throws [F-38]', task: faults.returnThrowingGetter, ends: isUnsendable(/bad/) },
  {
    what: 'a result 10 000 deep [F-24]',
    task: faults.returnNested,
    args: [10_000],
    ends: (settled) => {
      if (!settled.ok) isUnsendable(/read here|deep|stack/i)(settled);
    },
  },
  {
    what: 'a result 4 000 deep',
    task: faults.returnNested,
    args: [4_000],
    ends: (settled) => {
      if (!settled.ok) isUnsendable(/read here|deep|stack/i)(settled);
    },
  },
  {
    what: 'a result that is a WebAssembly.Module [F-24]',
    task: faults.returnModule,
    ends: (settled, kind) => {
      if (kind === 'process') isUnsendable(/WebAssembly\.Module/)(settled);
      else expect(String(settled.ok && settled.value)).toBe('[object WebAssembly.Module]');
    },
  },
  { what: 'a thenable [F-37]', task: faults.returnThenable, args: [7], ends: gives(7) },
  {
    what: 'a module that throws when it is imported [F-51]',
    task: ofModule('throws.mjs'),
    ends: isModuleError(/throws\.mjs/, /refuses to load/),
  },
  { what: 'a module that throws null', task: ofModule('throws-null.mjs'), ends: isModuleError(/throws-null\.mjs/) },
  { what: 'a module with a syntax error', task: ofModule('bad-syntax.mjs'), ends: isModuleError(/bad-syntax\.mjs/) },
  { what: 'a module that is not there', task: ofModule('nowhere.mjs'), ends: isModuleError(/nowhere\.mjs/) },
  { what: 'an export that is not there [F-52]', task: ofModule('exports.mjs', 'nothing'), ends: isModuleError(/nothing/, /exports\.mjs/) },
  { what: 'an export that is not a function', task: ofModule('exports.mjs', 'notAFunction'), ends: isModuleError(/notAFunction/) },
  { what: 'a module that exits when it is imported', task: ofModule('exits.mjs'), ends: isLost({ exitCode: 3 }) },
  { what: 'a value that is not a task', task: 5 as never, ends: isUnsendable(/got number/) },
  {
    what: 'an argument that is a function',
    task: add as Task<never[], unknown>,
    args: [1, () => 1],
    ends: isUnsendable(/argument/),
  },
  {
    what: 'a stray rejection of an asynchronous task',
    task: faults.strayRejection,
    ends: rejects((error) => expect(error).toMatchObject({ message: 'stray rejection' })),
  },
  { what: 'timers that are left behind', task: faults.leaveTimers, ends: gives('returned') },
  { what: 'the answer channel closed [F-18]', only: 'process', task: faults.closeAnswerChannel, ends: isLost({}) },
  {
    what: 'garbage on the answer channel [F-19]',
    only: 'process',
    task: faults.writeGarbage,
    args: ['garbage, garbage'],
    ends: isLost({}),
  },
  { what: 'a frame cut off by death [F-10]', only: 'process', task: faults.dieWithinAnswer, ends: isLost({ signal: 'SIGKILL' }) },
  {
    what: 'more answers than tasks [F-20]',
    only: 'process',
    task: faults.forgeMessage,
    args: [[13, 5, [1, 2, 3, 4, 5], undefined, [], 0, 0]],
    ends: (settled) => (settled.ok ? gives('returned')(settled) : isLost({})(settled)),
  },
  { what: 'a frame longer than any may be announced', only: 'process', task: faults.announceBytes, args: [0xfffffff0], ends: isLost({}) },
  { what: 'a message that is none', only: 'process', task: faults.forgeMessage, args: [['x']], ends: isLost({}) },
  { what: 'a message of an unknown kind', only: 'process', task: faults.forgeAndStay, args: [[[99]]], ends: isLost({}) },
  { what: 'the end right after a result', task: faults.exitRightAfter, args: [5], ends: gives('returned') },
];

describe.each(KINDS)('a worker %s', (kind) => {
  let place: Workplace;

  beforeAll(() => {
    place = new Workplace(kind, { processes: 1, ...(kind === 'process' ? { stdio: 'ignore' } : {}) });
  });
  afterAll(() => place.end());

  const rows = MATRIX.filter(({ only }) => only === undefined || only === kind);

  it.each(rows)('survives, or is replaced after: $what', async ({ task, args = [], isCounted, ends }) => {
    const gate = isCounted ? makeGate() : undefined;
    const given = (gate === undefined ? args : [gate.path, ...args]) as never[];
    ends(await outcome(place.call(task, ...given)), kind);
    expect(await outcome(place.call(square, 3))).toEqual({ ok: true, value: 9 });
    expect(await outcome(place.map(square, [1, 2, 3]))).toEqual({ ok: true, value: [1, 4, 9] });
    expect(gate?.labels() ?? ['once']).toHaveLength(1);
    expect(place.attachment.open).toBe(0);
  });

  it.each([
    ['an exception in a timer', faults.throwLater, /late throw/],
    ['an unhandled rejection', faults.rejectLater, /late rejection/],
  ] as const)('that is ended by %s after its task harms no other task [F-41] [F-43]', async (_what, task, warning) => {
    expectWarning(warning);
    const lost = place.attachment.stats().lostWorkers;
    expect(await outcome(place.call(task, 5))).toEqual({ ok: true, value: 'returned' });
    const others: Promise<Outcome<number>>[] = [];
    await until(() => {
      if (others.length < 200) others.push(outcome(place.call(square, 2)));
      return place.attachment.stats().lostWorkers > lost;
    }, 'the worker is lost');
    expect((await Promise.all(others)).filter(({ ok }) => !ok)).toEqual([]);
    expect(await outcome(place.call(square, 3))).toEqual({ ok: true, value: 9 });
  });

  it('lives on when an asynchronous task leaves a rejection behind: it is that task’s failure [F-44]', async () => {
    const before = await place.call(whereAmI);
    const settled = await outcome(place.call(faults.strayRejection));
    expect(settled).toMatchObject({ ok: false, error: { message: 'stray rejection' } });
    expect(await place.call(whereAmI)).toEqual(before);
  });

  it('is ended in time whatever its tasks did to its globals [F-46]', async () => {
    const own = open(kind, 1);
    expect(await outcome(own.call(faults.vandalize))).toEqual({ ok: true, value: 'returned' });
    expect(await outcome(own.call(square, 3))).toEqual({ ok: true, value: 9 });
    expect(await outcome(own.map(square, [1, 2, 3]))).toEqual({ ok: true, value: [1, 4, 9] });
    await within(own.end());
  });

  it('goes on with the functions of a loaded module after a task has replaced the methods of promises [F-46] [R10]', async () => {
    const own = open(kind, 1);
    expect(await outcome(own.call(faults.vandalizePromises))).toEqual({ ok: true, value: 'returned' });
    expect(await outcome(own.call(faults.squareAfterAwait, 3))).toEqual({ ok: true, value: 9 });
    expect(await outcome(own.map(faults.squareAfterAwait, [1, 2, 3]))).toEqual({ ok: true, value: [1, 4, 9] });
    await within(own.end());
  });
});
