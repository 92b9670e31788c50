/**
 * The races of simulated/races.test.ts on real workers: two things happen to one running or waiting task within a millisecond, in either
 * order. It runs a sample; with RACES=200 it runs 200 rounds per pair and prints the tables (`npm run races`).
 */
import { type Gate, makeGate, PATIENCE, until, within } from '@twinpool/testkit';
import { describe, it } from '@twinpool/testkit/sample';
import { holdAsync, square } from '@twinpool/testkit/tasks';
import { afterAll, expect } from 'vitest';
import { type AnyTask, type Face, type FaceName, type Handle, kindOf, NAMES, openFace } from './faces.ts';
import { errorText, settled } from './outcome-text.ts';
import { Tables, verdictOn } from './race-rules.ts';

const ROUNDS = Number(process.env['RACES'] ?? 1);
const TASK_TIMEOUT = 20;

interface Race {
  readonly face: Face;
  readonly gate: Gate;
  readonly handle: Handle;
  readonly controller: AbortController;
  cancelled?: boolean;
  other?: Promise<string>;
}

/** The events that the test causes without closing the facade. `timeout` needs no action. */
const EVENTS: Record<string, (race: Race) => void> = {
  cancel(race) {
    race.cancelled = race.handle.cancel();
  },
  result: ({ gate }) => gate.open(),
  kill({ face, gate }) {
    if (face.kind !== 'process') return;
    for (const { pid, label } of gate.arrivals()) if (label === '6') process.kill(pid, 'SIGKILL');
  },
  timeout: () => undefined,
  abort: ({ controller }) => controller.abort(),
  submit(race) {
    try {
      race.other = settled(race.face.submit(square as AnyTask, [2]));
    } catch (error) {
      race.other = Promise.resolve(`refused: ${errorText(error)}`);
    }
  },
};

const names = Object.keys(EVENTS);
const pairs = names.flatMap((first) => names.filter((second) => second !== first).map((second) => [first, second] as const));
const tables = new Tables();

async function run(face: Face, first: string, second: string, moment: 'waiting' | 'running', round: number): Promise<string[]> {
  const gate = makeGate();
  const block = makeGate();
  const isTimed = first === 'timeout' || second === 'timeout';
  // All workers are busy, so that the task waits.
  const blocked = moment === 'waiting' ? [0, 1].map(() => face.submit(holdAsync as AnyTask, [block.path, 'block'])) : [];
  if (moment === 'waiting') await block.entered(2);
  const controller = new AbortController();
  let dones = 0;
  const whenDone = () => {
    dones += 1;
  };
  const wish = { signal: controller.signal, whenDone, taskTimeout: isTimed ? TASK_TIMEOUT : undefined };
  const handle = face.submit(holdAsync as AnyTask, [gate.path, 6], wish);
  if (moment === 'running') await gate.entered();
  const race: Race = { face, gate, handle, controller };
  if (first === 'timeout' || second === 'timeout') await new Promise((resolve) => setTimeout(resolve, TASK_TIMEOUT - 2 + (round % 4)));
  EVENTS[first]?.(race);
  for (let turn = 0; turn < round % 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  EVENTS[second]?.(race);
  block.open();
  gate.open();
  const outcome = await within(settled(handle), PATIENCE);
  const other = race.other === undefined ? undefined : await within(race.other, PATIENCE);
  await within(Promise.all(blocked.map((each) => each.outcome())), PATIENCE);
  const next = String(Number(await within(face.submit(square as AnyTask, [3]).outcome(), PATIENCE)) + 1);
  await until(() => dones > 0, 'the done-callback');
  const seen = {
    outcome,
    cancelled: race.cancelled,
    other: other === '4' ? '8' : other,
    dones,
    began: gate.labels().length,
    end: 'open',
    next,
    left: 0,
    counted: 0,
    warnings: 0,
  };
  tables.add(first, second, seen);
  // A task that holds at its gate gives nothing before the gate is opened, which is the end of every round.
  const events = [first === 'result' ? 'result too late' : first, second] as const;
  return verdictOn({ api: face.api, events, moment, seen }).map((why) => `${first}, ${second} (${moment}, round ${round}): ${why}`);
}

describe.each(NAMES)('%s: two things happen to one task', (name: FaceName) => {
  it(
    'in any order, and nothing forbidden comes of it',
    async () => {
      const face = openFace(name, { workers: 2, killGrace: 20 });
      const forbidden: string[] = [];
      try {
        for (const [at, [first, second]] of pairs.entries()) {
          if (kindOf(name) === 'thread' && (first === 'kill' || second === 'kill')) continue;
          // One of both moments in the sample.
          for (const moment of (['waiting', 'running'] as const).filter((_moment, i) => ROUNDS > 1 || at % 2 === i))
            for (let round = 0; round < ROUNDS; round++) forbidden.push(...(await run(face, first, second, moment, round + at)));
        }
      } finally {
        await within(face.kill(), PATIENCE);
      }
      expect(forbidden).toEqual([]);
    },
    20_000 + ROUNDS * 20_000,
  );
});

afterAll(() => {
  if (ROUNDS > 1) console.log(tables.print());
});
