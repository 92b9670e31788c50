/**
 * Every end of a task × every moment of a cancel × every way to close × every kind of callback × read or not, for all four classes: 2 880 cells.
 * `expected`, a function of the cell alone, returns the expected outcome.
 */

import type { FakeEnd } from '@twinpool/testkit/fakes';
import { describe, expect, it } from 'vitest';
import { encodeThrown } from '../../../../core/src/wire/thrown.ts';
import { type FaceName, NAMES, openFace } from '../faces.ts';
import { errorText, settled } from '../outcome-text.ts';
import { double, Stage, TASK_TIMEOUT, turn } from './stage.ts';

const OUTCOMES = ['value', 'error', 'null', 'lost', 'unreadable', 'timeout'] as const;
const CANCELS = ['never', 'queued', 'sent', 'running', 'settled'] as const;
const CLOSES = ['none', 'close', 'closeAndCancel', 'terminate'] as const;
const CALLBACKS = ['none', 'fine', 'throws'] as const;

interface Cell {
  readonly name: FaceName;
  readonly outcome: (typeof OUTCOMES)[number];
  readonly cancel: (typeof CANCELS)[number];
  readonly close: (typeof CLOSES)[number];
  readonly callback: (typeof CALLBACKS)[number];
  readonly isAwaited: boolean;
}

/** What came of a cell, in a form that can be compared. */
interface Report {
  readonly outcome: string;
  readonly began: number;
  readonly wasCancelled: boolean;
  readonly callbacks: number;
  readonly warnings: number;
  readonly counted: string;
  /** What is said to a task that comes afterwards. */
  readonly next: string;
}

const isExecutor = ({ name }: Cell) => name.endsWith('Executor');

function expected(cell: Cell): Report {
  const { outcome, cancel, close, callback } = cell;
  const wasCancelled = cancel === 'queued';
  const ended = isExecutor(cell) ? 'BROKEN' : 'POOL_TERMINATED';
  const own = {
    value: '6',
    error: 'Error: as told',
    null: 'null',
    lost: 'WORKER_LOST',
    unreadable: 'TASK_SERIALIZATION',
    timeout: 'TASK_TIMEOUT',
  }[outcome];
  const ofTask = wasCancelled ? 'CANCELLED' : close === 'terminate' ? ended : own;
  // A pool's callback decides the result; an executor's is heard of in a warning.
  const isReplaced = callback === 'throws' && !isExecutor(cell);
  return {
    outcome: isReplaced ? 'Error: callback' : ofTask,
    began: wasCancelled ? 0 : 1,
    wasCancelled,
    callbacks: callback === 'none' ? 0 : 1,
    warnings: callback === 'throws' && isExecutor(cell) ? 1 : 0,
    counted: wasCancelled ? 'cancelled' : ofTask === '6' ? 'completed' : 'failed',
    next: close === 'none' ? '8' : isExecutor(cell) ? 'EXECUTOR_SHUTDOWN' : 'POOL_CLOSED',
  };
}

async function play(cell: Cell): Promise<Report> {
  const { name, outcome, cancel, close, callback, isAwaited } = cell;
  const stage = new Stage();
  const face = openFace(name, { taskTimeout: TASK_TIMEOUT });
  let callbacks = 0;
  const whenDone = () => {
    callbacks += 1;
    if (callback === 'throws') throw new Error('callback');
  };
  const handle = face.submit(double, [3], callback === 'none' ? {} : { whenDone });
  const asked = isAwaited ? settled(handle) : undefined;
  let wasCancelled = false;
  const cancelAt = (moment: Cell['cancel']) => {
    if (cancel === moment) wasCancelled = handle.cancel() || wasCancelled;
  };

  cancelAt('queued');
  await turn();
  stage.ready();
  await turn();
  cancelAt('sent');
  const worker = stage.alive.find(({ mayStart }) => mayStart);
  worker?.begin();
  cancelAt('running');
  const over = close === 'none' ? undefined : face[close]();
  if (worker?.isBusy) end(stage, worker, outcome);
  await turn();
  stage.goOn();
  await turn();
  cancelAt('settled');

  const isSilent = !isAwaited && callbacks === 0 && isFailure(expected(cell));
  if (isSilent) expect(face.stats().unobservedErrors).toBe(1);
  const ofTask = await (asked ?? settled(handle));
  expect(face.stats().unobservedErrors).toBe(0);
  const { completed, failed, cancelled } = face.stats();
  const next = await afterwards(stage, face);
  await stage.comeToRest(() => stage.alive.length === 0 && close !== 'none');
  await over;
  if (close === 'none') {
    const end = face.terminate();
    await stage.comeToRest(() => stage.alive.length === 0);
    await end;
  }
  expect(stage.clock.keepingAlive).toBe(0);
  expect(completed + failed + cancelled).toBe(1);
  return {
    outcome: ofTask,
    began: stage.begins.get(3) ?? 0,
    wasCancelled,
    callbacks,
    warnings: stage.warnings.length,
    counted: completed > 0 ? 'completed' : failed > 0 ? 'failed' : 'cancelled',
    next,
  };
}

function isFailure({ outcome, wasCancelled }: Report): boolean {
  return outcome !== '6' && !wasCancelled;
}

function end(stage: Stage, worker: Stage['workers'][number], outcome: Cell['outcome']): void {
  const ends: Partial<Record<Cell['outcome'], FakeEnd>> = {
    value: { value: 6 },
    error: { thrown: encodeThrown(new Error('as told')) },
    null: { thrown: encodeThrown(null) },
    unreadable: { unreadable: true },
  };
  const how = ends[outcome];
  if (how !== undefined) {
    worker.complete(how, 100);
    worker.deliver();
  } else if (outcome === 'lost') worker.die(7, null);
  else {
    stage.clock.advance(TASK_TIMEOUT);
    worker.turn();
  }
}

async function afterwards(stage: Stage, face: ReturnType<typeof openFace>): Promise<string> {
  try {
    const next = face.submit(double, [4]);
    await stage.comeToRest(() => next.isDone());
    return await settled(next);
  } catch (error) {
    return errorText(error);
  }
}

function* cells(name: FaceName): Generator<Cell> {
  for (const outcome of OUTCOMES)
    for (const cancel of CANCELS)
      for (const close of CLOSES)
        for (const callback of CALLBACKS)
          for (const isAwaited of [true, false]) yield { name, outcome, cancel, close, callback, isAwaited };
}

describe.each(NAMES)('%s: whatever a task does, whenever it is cancelled, however all is closed', (name) => {
  it.each(OUTCOMES)('%s: 120 cells', async (outcome) => {
    const wrong: unknown[] = [];
    let played = 0;
    for (const cell of cells(name)) {
      if (cell.outcome !== outcome) continue;
      played += 1;
      const report = await play(cell).catch((error: unknown) => String(error));
      if (JSON.stringify(report) !== JSON.stringify(expected(cell))) wrong.push({ cell, report, expected: expected(cell) });
    }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(played).toBe(CANCELS.length * CLOSES.length * CALLBACKS.length * 2);
  });
});
