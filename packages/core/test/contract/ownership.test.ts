/**
 * Tests the ownership of code in a worker: each leftover of a task, with each task that may run at the same time.
 *
 * A leftover belongs to no running task: it has no context, no report of it reaches a caller, and its error is a late one, after which the
 * worker is replaced. The code that a running task started belongs to that task.
 */

import { type Task, taskRef, WorkerRuntime } from '@twinpool/core';
import { type Gate, makeGate, type Outcome, outcome, until } from '@twinpool/testkit';
import { expectWarning } from '@twinpool/testkit/leak-check';
import { fire, leave, leaveLater, leaveOrHold, PROBES, type Probe, probeWithin, WAYS } from '@twinpool/testkit/leftovers';
import { describe, it } from '@twinpool/testkit/sample';
import { hold, holdAsync, place, square } from '@twinpool/testkit/tasks';
import { afterAll, beforeAll, expect } from 'vitest';
import { KINDS, open, openAt, type Workplace } from './workplace.ts';

const modules = new URL('../fixtures/modules/', import.meta.url);
/** The test runner preloads a file. With a preload, no two tasks share a scope. */
const NO_PRELOADS: string[] = [];

describe.each(KINDS)('in one worker: %s [R2] [R3]', (kind) => {
  let runtime: WorkerRuntime;
  let work: Workplace;
  let other: Workplace;
  const reports: unknown[] = [];
  const onReport = (value: unknown) => reports.push(value);

  beforeAll(() => {
    runtime = new WorkerRuntime({ kind, workers: 1, execArgv: NO_PRELOADS, ...(kind === 'process' ? { stdio: 'ignore' } : {}) });
    work = openAt(runtime);
    other = openAt(runtime);
  });
  afterAll(() => runtime.terminate());

  /** What runs in the worker when the leftover is fired; resolves when it is there, with how to end it. */
  const THEN: Record<string, (gate: Gate) => Promise<() => Promise<Outcome<unknown>>>> = {
    async nothing() {
      return () => outcome(Promise.resolve('nothing'));
    },
    'a synchronous task': (gate) => running(work, hold, gate),
    'an asynchronous task': (gate) => running(work, holdAsync, gate),
    "another facade's task": (gate) => running(other, holdAsync, gate),
    async 'a loading module'(gate) {
      const url = new URL('loads-at-gate.mjs', modules);
      url.searchParams.set('gate', gate.path);
      const loading = outcome(work.begin(taskRef<() => string>(url, 'task'), [], { onReport }).promise);
      await gate.entered();
      return () => loading;
    },
  };

  async function running(at: Workplace, task: Task<[string, string], unknown>, gate: Gate): Promise<() => Promise<Outcome<unknown>>> {
    const ended = outcome(at.begin(task, [gate.path, 'innocent'], { onReport }).promise);
    await gate.entered();
    return () => ended;
  }

  const EXPECTED: Record<string, unknown> = {
    nothing: 'nothing',
    'a synchronous task': 'innocent',
    'an asynchronous task': 'innocent',
    "another facade's task": 'innocent',
    'a loading module': 'loaded',
  };
  const LOGGED: Record<Probe, string> = {
    context: 'context: ERR_TWINPOOL_INVALID_STATE',
    report: 'report: ERR_TWINPOOL_INVALID_STATE',
    console: 'console: printed',
    reject: 'reject: done',
    throw: 'throw: done',
  };
  const ends = (probe: Probe) => probe === 'reject' || probe === 'throw';

  const rows = Object.keys(THEN).flatMap((then) =>
    WAYS.flatMap((way) =>
      PROBES.flatMap((probe) =>
        [leave, leaveLater]
          // Errors cost a worker each: those of asynchronous tasks where they matter most.
          .filter((from) => from === leave || !ends(probe) || then === 'an asynchronous task')
          .map((from) => ({ then, way, probe, from, name: from.name })),
      ),
    ),
  );

  it.each(rows)(
    '$probe of a $way that $name left belongs to no task while there is $then [F-41] [F-42] [F-43]',
    async ({ then, way, probe, from }) => {
      const [left, held] = [makeGate(), makeGate()];
      const before = { ...(await work.call(place)), late: runtime.stats().lateErrors };
      reports.length = 0;
      if (ends(probe)) expectWarning(/by a leftover/);
      expect(await outcome(work.begin(from, [left.path, way, probe], { onReport }).promise)).toEqual({ ok: true, value: 'left' });
      const ended = await (THEN[then] as (gate: Gate) => ReturnType<typeof running>)(held);
      fire(left.path);
      if (then === 'a synchronous task') held.open();
      await until(() => left.labels().length > 0, 'the leftover went on');
      if (ends(probe)) await until(() => runtime.stats().lateErrors > before.late, 'the late error is counted');
      held.open();
      expect(await ended()).toEqual({ ok: true, value: EXPECTED[then] });
      expect(left.labels()).toEqual([LOGGED[probe]]);
      expect(reports).toEqual([]);
      if (ends(probe)) await until(() => runtime.stats().lostWorkers > 0 && runtime.stats().workers < 2, 'the worker has ended');
      expect(runtime.stats().lateErrors).toBe(before.late + (ends(probe) ? 1 : 0));
      const { workerId } = await work.call(place);
      expect(workerId > before.workerId).toBe(ends(probe));
    },
  );

  const own = WAYS.flatMap((way) => PROBES.map((probe) => ({ way, probe })));

  it.each(own)('$probe of a $way of the running task is its own [F-44]', async ({ way, probe }) => {
    const gate = makeGate();
    const before = { ...(await work.call(place)), late: runtime.stats().lateErrors };
    reports.length = 0;
    const ended = outcome(work.begin(probeWithin, [gate.path, way, probe], { onReport }).promise);
    await gate.entered();
    fire(gate.path);
    expect(await ended).toMatchObject(
      ends(probe) ? { ok: false, error: { message: expect.stringContaining('by a leftover') } } : { ok: true, value: 'waited' },
    );
    expect(reports).toEqual(probe === 'context' || probe === 'report' ? ['from a leftover'] : []);
    expect((await work.call(place)).workerId).toBe(before.workerId);
    expect(runtime.stats().lateErrors).toBe(before.late);
  });

  it('a function that returns a promise for some items of a chunk only: each item’s leftovers are its own', async () => {
    const single = open(kind, { processes: 1, ...(kind === 'process' ? { stdio: 'ignore' } : {}) });
    const [left, held] = [makeGate(), makeGate()];
    expectWarning(/rejected by a leftover/);
    const results = outcome(single.map(leaveOrHold, [{ leaves: left.path }, { holds: held.path }, { holds: held.path }], { chunksize: 3 }));
    await held.entered();
    fire(left.path);
    await until(() => single.attachment.stats().lateErrors > 0, 'the late error is counted');
    held.open();
    expect(await results).toEqual({ ok: true, value: ['left', 'held', 'held'] });
    expect(await outcome(single.call(square, 3))).toEqual({ ok: true, value: 9 });
  });
});
