/**
 * Race outcome tables, as in jcstress: two events happen to one task, in either order, in one step or in two, while the task is queued, in the
 * inbox of a worker, or running. Rules (`isForbidden`) judge the outcomes; RACES=print prints their counts.
 *
 * It covers all four classes with fake workers. ../races.test.ts tests the same pairs on real workers.
 */

import type { FakeTransport } from '@twinpool/testkit/fakes';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeThrown } from '../../../../core/src/wire/thrown.ts';
import { type Face, type FaceName, type Handle, NAMES, openFace } from '../faces.ts';
import { errorText, settled } from '../outcome-text.ts';
import { Tables, verdictOn } from '../race-rules.ts';
import { double, KILL_GRACE, Stage, TASK_TIMEOUT, turn } from './stage.ts';

const MOMENTS = ['waiting', 'sent', 'running'] as const;
type Moment = (typeof MOMENTS)[number];

/** One race: the stage it is on, and what was seen. */
class Race {
  readonly stage: Stage = new Stage();
  readonly face: Face;
  readonly controller: AbortController = new AbortController();
  readonly handle: Handle;
  readonly ends: Promise<unknown>[] = [];
  dones = 0;
  cancelled: boolean | undefined;
  second: Promise<string> | undefined;
  happened: string[] = [];

  constructor(name: FaceName) {
    this.face = openFace(name, { workers: 2, killGrace: KILL_GRACE });
    const { signal } = this.controller;
    this.handle = this.face.submit(double, [3], {
      taskTimeout: TASK_TIMEOUT,
      signal,
      whenDone: () => {
        this.dones += 1;
      },
    });
  }

  async arrive(moment: Moment): Promise<void> {
    await turn();
    if (moment === 'waiting') return;
    this.stage.alive[0]?.ready();
    await turn();
    if (moment === 'running') this.worker?.begin();
  }

  /** The worker that has the task. */
  get worker(): FakeTransport | undefined {
    return this.stage.alive.find(({ held }) => held.some(({ item }) => item === 3));
  }
}

const EVENTS: Record<string, (race: Race) => void> = {
  cancel(race) {
    race.cancelled = race.handle.cancel();
  },
  result({ worker }) {
    if (worker?.mayStart) worker.begin();
    if (!worker?.isBusy) return;
    worker.complete({ value: 6 }, 100);
    while (worker.hasAnswers) worker.deliver();
  },
  kill({ worker, stage }) {
    (worker ?? stage.alive[0])?.die(null, 'SIGKILL');
  },
  timeout({ worker, stage }) {
    stage.clock.advance(TASK_TIMEOUT);
    worker?.turn();
  },
  abort({ controller }) {
    controller.abort('on purpose');
  },
  close(race) {
    race.ends.push(race.face.close());
  },
  closeAndCancel(race) {
    race.ends.push(race.face.closeAndCancel());
  },
  terminate(race) {
    race.ends.push(race.face.terminate());
  },
  submit(race) {
    try {
      race.second = settled(race.face.submit(double, [4]));
    } catch (error) {
      race.second = Promise.resolve(`refused: ${errorText(error)}`);
    }
  },
  retire({ worker, stage }) {
    (worker ?? stage.alive[0])?.lane.retire();
  },
  initFail({ stage }) {
    stage.alive.find(({ lane }) => lane.state === 'starting')?.failToStart(encodeThrown(new Error('no such initializer')));
  },
};

const NAMES_OF_EVENTS = Object.keys(EVENTS);
const tables = new Tables();

async function run(name: FaceName, first: string, second: string, moment: Moment, isOneStep: boolean) {
  const race = new Race(name);
  await race.arrive(moment);
  EVENTS[first]?.(race);
  if (!isOneStep) await turn();
  EVENTS[second]?.(race);
  const { stage, face } = race;
  const closed = Promise.all(race.ends).then(() => 'closed');
  const isClosing = race.ends.length > 0;
  await stage.comeToRest(() => race.handle.isDone() && isClosing && stage.alive.length === 0);
  const pending = Promise.resolve('pending');
  const outcome = await Promise.race([settled(race.handle), turn().then(() => pending)]);
  const other = race.second === undefined ? undefined : await Promise.race([race.second, turn().then(() => pending)]);
  const end = isClosing ? await Promise.race([closed, turn().then(() => pending)]) : 'open';
  const next = isClosing ? undefined : await afterwards(race);
  if (!isClosing) {
    const over = face.terminate();
    await stage.comeToRest(() => stage.alive.length === 0);
    await over;
  }
  const { completed, failed, cancelled } = face.stats();
  return {
    outcome,
    cancelled: race.cancelled,
    other,
    dones: race.dones,
    began: stage.begins.get(3) ?? 0,
    end,
    next,
    left: stage.alive.length + stage.clock.keepingAlive,
    counted:
      completed + failed + cancelled - 1 - (other === undefined || other.startsWith('refused') ? 0 : 1) - (next === undefined ? 0 : 1),
    warnings: stage.warnings.length,
  };
}

async function afterwards({ face, stage }: Race): Promise<string> {
  const next = face.submit(double, [5]);
  await stage.comeToRest(() => next.isDone());
  return settled(next);
}

const pairs = NAMES_OF_EVENTS.flatMap((first) => NAMES_OF_EVENTS.map((second) => [first, second] as const)).filter(([a, b]) => a !== b);

describe.each(NAMES)('%s: two things happen to one task', (name) => {
  it.each(NAMES_OF_EVENTS)('%s, and then any other', async (event) => {
    const forbidden: unknown[] = [];
    for (const [first, second] of pairs) {
      if (first !== event) continue;
      for (const moment of MOMENTS) {
        for (const isOneStep of [true, false]) {
          const seen = await run(name, first, second, moment, isOneStep);
          tables.add(first, second, seen);
          const wrong = verdictOn({ api: name.endsWith('Executor') ? 'executor' : 'pool', events: [first, second], moment, seen });
          if (wrong.length > 0) forbidden.push({ first, second, moment, isOneStep, wrong, seen });
        }
      }
    }
    expect(forbidden.slice(0, 3)).toEqual([]);
  });
});

afterAll(() => {
  if (process.env['RACES'] === 'print') console.log(tables.print());
});
