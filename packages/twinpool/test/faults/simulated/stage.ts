/**
 * Provides the real facades over workers and a clock that the test controls.
 *
 * The test uses `new Pool(…)` and the other classes as a program does, and they start FakeLanes. All packages are loaded from their sources
 * (vitest.config.ts, tsconfig.json). The method of the engine that creates lanes is replaced for the process of the test file, because facades
 * have no option for it. Only one stage can exist at a time.
 */
import { FakeClock } from '@twinpool/testkit';
import { type FakeEnd, FakeLane, type FakeTask } from '@twinpool/testkit/fakes';
import { taskRef } from 'twinpool';
import { Engine } from '../../../../core/src/engine.ts';
import type { LaneOptions } from '../../../../core/src/lanes/lane.ts';
import { systemClock } from '../../../../core/src/primitives/clock.ts';
import type { AnyTask } from '../faces.ts';

/** Never loaded: the fake workers do not look at functions. */
export const double: AnyTask = taskRef(new URL('file:///nowhere.js'), 'double');

export const KILL_GRACE = 500;
export const TASK_TIMEOUT = 250;

let current: Stage | undefined;

Engine.prototype.makeLane = function (this: Engine, id: number) {
  const stage = current as Stage;
  stage.engine = this;
  const { killGrace, maxTasks, kind } = this.workers;
  const lane = new FakeLane(
    this,
    { setup: { workerId: id }, killGrace, maxTasks } as LaneOptions,
    kind === 'thread' ? 'claims' : 'budget',
    {
      begun: (_lane, task) => stage.begun(task),
    },
  );
  stage.lanes.push(lane);
  stage.clock.channels.add(() => lane.turn());
  return lane;
};
Engine.prototype.warn = (error, what) => {
  current?.warnings.push(`${what}: ${String(error)}`);
};
Object.assign(systemClock, {
  now: () => (current as Stage).clock.now(),
  setTimeout: (fn: () => void, ms: number) => (current as Stage).clock.setTimeout(fn, Math.min(ms, 2 ** 31 - 1)),
  clearTimeout: (timer: unknown) => current?.clock.clearTimeout(timer),
  afterPoll: (fn: () => void) => (current as Stage).clock.afterPoll(fn),
});

export class Stage {
  readonly clock: FakeClock = new FakeClock();
  readonly lanes: FakeLane[] = [];
  readonly warnings: string[] = [];
  /** By item: how often its task began. */
  readonly begins = new Map<unknown, number>();
  engine: Engine | undefined;

  constructor() {
    current = this;
  }

  begun({ item }: FakeTask): void {
    this.begins.set(item, (this.begins.get(item) ?? 0) + 1);
  }

  /** The lanes that are there. */
  get alive(): FakeLane[] {
    return this.lanes.filter((lane) => lane.isStarted && !lane.isOver);
  }
  get serving(): FakeLane | undefined {
    return this.alive.find(({ state }) => state === 'ready');
  }
  get busy(): FakeLane | undefined {
    return this.alive.find(({ isBusy }) => isBusy);
  }

  /** Workers that are starting have started. */
  ready(): void {
    for (const lane of this.alive) if (lane.state === 'starting' && !lane.isKilled) lane.ready();
  }

  /** One step of all workers: they start, end on request, or run their tasks. */
  goOn(end: (task: FakeTask) => FakeEnd = doubled): void {
    for (const lane of this.alive) {
      if (lane.isKilled) lane.die(null, 'SIGKILL');
      else if (lane.isAskedToEnd) lane.die(0, null);
      else if (lane.state === 'starting') lane.ready();
      else {
        lane.runAll(end, 100);
        lane.turn();
      }
    }
  }

  /** Until nothing moves any more, or `isOver`. */
  async comeToRest(isOver: () => boolean = () => false): Promise<void> {
    for (let round = 0; round < 40; round++) {
      this.goOn();
      await turn();
      if (isOver()) return;
      if (round > 20) this.clock.advance(1000);
    }
  }
}

export function doubled({ item }: FakeTask): FakeEnd {
  return { value: (item as number) * 2 };
}

/** Microtasks, and what they start. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 12; i++) await undefined;
}
