/** Plays cells of the crash matrix on real workers. All cells of a class that do not break the facade share one facade. */
import { type Gate, makeGate, type Outcome, outcome, PATIENCE, within } from '@twinpool/testkit';
import * as faults from '@twinpool/testkit/faults';
import { expectWarning } from '@twinpool/testkit/leak-check';
import { mark, place, square } from '@twinpool/testkit/tasks';
import { taskRef } from 'twinpool';
import { expect } from 'vitest';
import { type AnyTask, type Face, type FaceName, type Handle, kindOf, openFace, type Wish } from '../faces.ts';
import { errorText } from '../outcome-text.ts';
import { type Cell, isThrown } from './cells.ts';

/** The time limit of tasks that never end; other tasks have none. */
const LIMIT = 120;
const KILL_GRACE = 60;
/** Deeper than a worker with so small a stack can read, and no deeper than this program can write. */
const DEPTH = 1_400;
const DEEP = 60_000;
const MUCH = 2 ** 24;

const isProcess = (name: FaceName): boolean => kindOf(name) === 'process';

/** Room for a heap that is soon exhausted. */
function options(name: FaceName, more: object = {}): Record<string, unknown> {
  const stdio = isProcess(name) ? { stdio: 'ignore' } : {};
  return { killGrace: KILL_GRACE, resourceLimits: { maxOldGenerationSizeMb: 24 }, ...stdio, ...more };
}

type Need = 'any' | 'retiring' | 'small stack';

/** Facades that many cells use, by what they need. */
export class Faces {
  readonly #faces = new Map<string, Face>();
  /** The last worker of each that a task was seen to run in. */
  readonly lastIds = new Map<Face, number>();

  of(name: FaceName, need: Need): Face {
    const key = `${name} ${need}`;
    const face = this.#faces.get(key) ?? openFace(name, options(name, this.#needs(name)[need]));
    this.#faces.set(key, face);
    return face;
  }

  #needs(name: FaceName): Record<Need, object> {
    return {
      any: {},
      retiring: { maxTasksPerChild: 1 },
      'small stack': isProcess(name) ? { execArgv: ['--stack-size=160'] } : { resourceLimits: { stackSizeMb: 0.6 } },
    };
  }

  /** What a failed cell leaves behind must fail no other. */
  drop(dropped: Face): void {
    for (const [key, face] of this.#faces) if (face === dropped) this.#faces.delete(key);
    void dropped.kill().catch(() => undefined);
  }

  async end(): Promise<void> {
    const faces = [...this.#faces.values()];
    this.#faces.clear();
    await within(Promise.all(faces.map((face) => face.kill())), PATIENCE);
  }
}

export async function play(cell: Cell, faces: Faces): Promise<void> {
  const gate = makeGate();
  if (cell.expected.warns) expectWarning('TWINPOOL_UNCAUGHT');
  if (cell.phase === 'initializer') return playStart(cell, gate);
  if (cell.phase === 'at close' || (cell.phase === 'at retire' && isThrown(cell.fault))) return playEnd(cell, gate);
  if (cell.phase === 'after settle' && cell.expected.endedBy === 'terminate') return playStuck(cell, gate);
  const face = faces.of(cell.name, needOf(cell));
  try {
    await playShared(cell, faces, face, gate);
  } catch (error) {
    faces.drop(face);
    throw error;
  }
}

function needOf({ phase, fault }: Cell): Need {
  if (phase === 'at retire') return 'retiring';
  return phase === 'decode args' && isThrown(fault) ? 'small stack' : 'any';
}

async function playShared(cell: Cell, faces: Faces, face: Face, gate: Gate): Promise<void> {
  const before = faces.lastIds.get(face) ?? (await idOf(face));
  const { lostWorkers } = face.stats();
  await submitAndJudge(cell, face, gate);
  if (cell.phase === 'after settle') await afterwards(cell, face, gate, lostWorkers);
  const after = await idOf(face);
  faces.lastIds.set(face, after);
  const labels = gate.labels();
  // Where each runs one task: those of the callback, of the cell and of the look at it.
  const usual = cell.phase === 'at retire' ? 3 : 0;
  expect(after - before, `workers started; calls: ${labels.join()}`).toBeLessThanOrEqual(usual + cell.expected.starts);
  expect(labels.filter((label) => label === 'import').length, 'imports').toBeLessThanOrEqual(cell.expected.imports ?? 1);
  expect(bodies(gate), 'calls of the body').toBeOneOf([...cell.expected.bodies]);
}

/** The number of the worker that runs the next task; it has to run. */
async function idOf(face: Face): Promise<number> {
  const next = await within(face.submit(place as AnyTask, []).outcome(), PATIENCE, 'the next task');
  return (next as { workerId: number }).workerId;
}

const bodies = (gate: Gate): number => gate.labels().filter((label) => label === 'body').length;

/** Starts the task of the cell, from where the cell says. */
async function start(cell: Cell, face: Face, gate: Gate, wish: Wish): Promise<{ handle: Handle }> {
  const [task, args] = taskOf(cell, gate);
  if (cell.from === 'directly') return { handle: face.submit(task, args, wish) };
  return new Promise((resolve) => {
    const whenDone = () => resolve({ handle: face.submit(task, args, wish) });
    face.submit(square as AnyTask, [2], { whenDone });
  });
}

function taskOf({ phase, fault }: Cell, gate: Gate): [AnyTask, readonly unknown[]] {
  const own: readonly unknown[] = [gate.path, fault];
  switch (phase) {
    case 'encode args':
      return [
        faults.misbehaveInTask as AnyTask,
        [
          gate.path,
          {
            get bad() {
              return faults.misbehave(fault, gate.path);
            },
          },
        ],
      ];
    case 'decode args':
      return fault.startsWith('throw')
        ? [mark as AnyTask, [gate.path, faults.returnNested(DEPTH)]]
        : [faults.markLength as AnyTask, [gate.path, new Uint8Array(MUCH)]];
    case 'import': {
      const url = new URL('../../fixtures/at-import.mjs', import.meta.url);
      url.search = new URLSearchParams({ fault, gate: gate.path }).toString();
      return [taskRef(url, 'task') as AnyTask, []];
    }
    case 'encode result':
      return [faults.misbehaveInResult as AnyTask, own];
    case 'decode result':
      return fault.startsWith('throw') ? [faults.markNested as AnyTask, [gate.path, DEEP]] : [faults.misbehaveInAnswer as AnyTask, own];
    case 'after settle':
      return [faults.misbehaveAfterwards as AnyTask, own];
    case 'at retire':
    case 'at close':
      return [faults.misbehaveAtExit as AnyTask, own];
    default:
      return [faults.misbehaveInTask as AnyTask, own];
  }
}

async function submitAndJudge(cell: Cell, face: Face, gate: Gate): Promise<void> {
  const { phase, fault, expected } = cell;
  const controller = new AbortController();
  const wish = { taskTimeout: expected.endedBy === 'limit' ? LIMIT : undefined, signal: controller.signal };
  const isSentFromOutside = phase === 'decode args' && fault.startsWith('SIG');
  const pid = isSentFromOutside ? ((await face.submit(place as AnyTask, []).outcome()) as { pid: number }).pid : 0;
  const { handle } = await start(cell, face, gate, wish);
  const settled = outcome(handle.outcome(), PATIENCE);
  if (isSentFromOutside) {
    await new Promise((resolve) => setImmediate(resolve));
    process.kill(pid, fault as NodeJS.Signals);
  }
  if (expected.endedBy === 'abort') {
    await gate.entered();
    controller.abort();
  }
  judge(cell, await settled);
}

function judge({ expected }: Cell, settled: Outcome<unknown>): void {
  expect(settled.ok ? String(settled.value) : errorText(settled.error)).toBeOneOf([...expected.outcomes]);
  if (expected.fields !== undefined && !settled.ok && errorText(settled.error) === expected.outcomes[0])
    expect(settled.error).toMatchObject(expected.fields);
}

/** The fault happens while no call is open. The next call runs in another worker or, behind a stuck task, is aborted. */
async function afterwards({ expected }: Cell, face: Face, gate: Gate, lost: number): Promise<void> {
  if (!expected.isInTheWay) {
    for (const end = performance.now() + PATIENCE; face.stats().lostWorkers === lost; ) {
      expect(await outcome(face.submit(square as AnyTask, [3]).outcome(), PATIENCE)).toEqual({ ok: true, value: 9 });
      expect(performance.now(), 'the worker is lost').toBeLessThan(end);
    }
    return;
  }
  await gate.entered(2);
  const controller = new AbortController();
  const next = outcome(face.submit(mark as AnyTask, [gate.path, 'in the way'], { signal: controller.signal }).outcome(), PATIENCE);
  await new Promise((resolve) => setTimeout(resolve, 10));
  controller.abort();
  const settled = await next;
  expect(settled.ok ? settled.value : errorText(settled.error)).toBe('CANCELLED');
}

async function playStart(cell: Cell, gate: Gate): Promise<void> {
  const { name, fault, expected } = cell;
  const face = openFace(name, options(name, { initializer: faults.misbehaveAtStart, initargs: [gate.path, fault] }));
  try {
    // No callback can come from a facade whose workers never start.
    const { handle } = await start({ ...cell, from: 'directly' }, face, gate, {});
    const settled = outcome(handle.outcome(), PATIENCE);
    if (expected.endedBy === 'terminate') {
      await gate.entered();
      await within(face.terminate(), PATIENCE, 'terminate()');
    }
    judge(cell, await settled);
    expect(gate.labels().filter((label) => label === 'start').length, 'starts').toBeLessThanOrEqual(expected.starts);
    expect(bodies(gate)).toBe(0);
  } finally {
    await within(face.kill(), PATIENCE, 'the end');
  }
}

/** A thread that never comes back from a timer of a task that has settled: nothing it is given has a limit yet. `terminate` ends it. */
async function playStuck(cell: Cell, gate: Gate): Promise<void> {
  const face = openFace(cell.name, options(cell.name));
  try {
    await submitAndJudge(cell, face, gate);
    await gate.entered(2);
    const next = outcome(face.submit(square as AnyTask, [3]).outcome(), PATIENCE);
    await within(face.terminate(), PATIENCE, 'terminate()');
    expect((await next).ok).toBe(false);
    expect(bodies(gate)).toBe(1);
  } finally {
    await within(face.kill(), PATIENCE, 'the end');
  }
}

/** An error of an exit handler has no call to fail: it causes at most one warning. */
async function playEnd(cell: Cell, gate: Gate): Promise<void> {
  const isRetiring = cell.phase === 'at retire';
  const patience = isThrown(cell.fault) ? { killGrace: 5_000 } : {};
  const face = openFace(cell.name, options(cell.name, { ...patience, ...(isRetiring ? { maxTasksPerChild: 1 } : {}) }));
  try {
    await submitAndJudge(cell, face, gate);
    if (isRetiring) await idOf(face);
    await within(face.close(), PATIENCE, 'close()');
    expect(bodies(gate)).toBe(1);
    const { workers, failed, lateErrors } = face.stats();
    expect([workers, failed]).toEqual([0, 0]);
    if (lateErrors > 0) expectWarning('TWINPOOL_UNCAUGHT');
  } finally {
    await within(face.kill(), PATIENCE, 'the end');
  }
}
