/**
 * Provides the real facades over workers and a clock that the test controls.
 *
 * The test uses `new Pool(…)` and the other classes as a program does, and they start fake workers. All packages are loaded from their sources
 * (vitest.config.ts, tsconfig.json). The parts that a runtime uses by default are replaced for the process of the test file, because facades
 * have no option for them. Only one stage can exist at a time.
 */
import { FakeClock } from '@twinpool/testkit';
import { type FakeEnd, type FakeTask, type FakeTransport, type FakeWatch, fakeTransports } from '@twinpool/testkit/fakes';
import { taskRef } from 'twinpool';
import { systemClock } from '../../../../core/src/primitives/clock.ts';
import { RuntimeCore } from '../../../../core/src/runtime.ts';
import type { AnyTask } from '../faces.ts';

/** Never loaded: the fake workers do not look at functions. */
export const double: AnyTask = taskRef(new URL('file:///nowhere.js'), 'double');

export const KILL_GRACE = 500;
export const TASK_TIMEOUT = 250;

let current: Stage | undefined;

Object.assign(RuntimeCore.defaults, {
  transports: ({ kind }) => {
    const stage = current as Stage;
    const watch: FakeWatch = { begun: (_worker, task) => stage.begun(task) };
    return fakeTransports(kind === 'thread' ? 'claims' : 'budget', watch, (worker) => stage.made(worker));
  },
  warn: (error, what) => {
    current?.warnings.push(`${what}: ${String(error)}`);
  },
} satisfies Partial<typeof RuntimeCore.defaults>);
Object.assign(systemClock, {
  now: () => (current as Stage).clock.now(),
  setTimeout: (fn: () => void, ms: number) => (current as Stage).clock.setTimeout(fn, Math.min(ms, 2 ** 31 - 1)),
  clearTimeout: (timer: unknown) => current?.clock.clearTimeout(timer),
  afterPoll: (fn: () => void) => (current as Stage).clock.afterPoll(fn),
});

export class Stage {
  readonly clock: FakeClock = new FakeClock();
  readonly workers: FakeTransport[] = [];
  readonly warnings: string[] = [];
  /** By item: how often its task began. */
  readonly begins = new Map<unknown, number>();

  constructor() {
    current = this;
  }

  made(worker: FakeTransport): void {
    this.workers.push(worker);
    this.clock.channels.add(() => worker.turn());
  }

  begun({ item }: FakeTask): void {
    this.begins.set(item, (this.begins.get(item) ?? 0) + 1);
  }

  /** The lanes that are there. */
  get alive(): FakeTransport[] {
    return this.workers.filter((worker) => worker.isStarted && !worker.isOver);
  }
  get serving(): FakeTransport | undefined {
    return this.alive.find(({ lane }) => lane.state === 'ready');
  }
  get busy(): FakeTransport | undefined {
    return this.alive.find(({ isBusy }) => isBusy);
  }

  /** Workers that are starting have started. */
  ready(): void {
    for (const worker of this.alive) if (worker.lane.state === 'starting' && !worker.isKilled) worker.ready();
  }

  /** One step of all workers: they start, end on request, or run their tasks. */
  goOn(end: (task: FakeTask) => FakeEnd = doubled): void {
    for (const worker of this.alive) {
      if (worker.isKilled) worker.die(null, 'SIGKILL');
      else if (worker.isAskedToEnd) worker.die(0, null);
      else if (worker.lane.state === 'starting') worker.ready();
      else {
        worker.runAll(end, 100);
        worker.turn();
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
