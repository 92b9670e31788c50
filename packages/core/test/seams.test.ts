/**
 * Injects a failure into each start, each written message and each read answer: once at every step of a fixed load, and at every k-th step.
 * World checks the invariants after every step; this file counts the tasks that may fail.
 */
import type { FakeTransport } from '@twinpool/testkit/fakes';
import { describe, it } from '@twinpool/testkit/sample';
import { expect } from 'vitest';
import { clientOf, type Seams, turn, type World, worldOf } from './simulation/world.ts';

const MANNERS = [
  { startTracking: 'claims', slots: 1 },
  { startTracking: 'budget', slots: 1 },
  { startTracking: 'claims', slots: 3 },
  { startTracking: 'budget', slots: 3 },
] as const;
type Manner = (typeof MANNERS)[number];
const TASKS = 6 + 8 + 6;

/** Calls, a map and a stream of two clients on two workers; `seams` may fail. Runs until all has ended. */
async function load(manner: Manner, seams: Seams, prepare: (world: World) => void = () => undefined, size = 2): Promise<World> {
  const world = worldOf({ size, ...manner, maxTasks: 9, clients: [clientOf(), clientOf()] }, seams);
  prepare(world);
  const [one, other] = world.clients as [World['clients'][number], World['clients'][number]];
  const fn = world.functions[1] as World['functions'][number];
  // Neither thrower nor unreadable.
  const good = () => 11 * 17 * (world.item(false) as number);
  for (let i = 0; i < 6; i++) world.call(i % 2 === 0 ? one : other, fn, good(), world.settings({}));
  world.map(one, fn, Array.from({ length: 8 }, good), undefined, world.settings({}));
  const how = { input: 'sync', window: 3, ordered: true, chunksize: undefined, eager: false, failsAt: Number.POSITIVE_INFINITY } as const;
  world.stream(other, fn, Array.from({ length: 6 }, good), how, world.settings({}));
  await turn();
  await world.comeToRest();
  await world.closeAll();
  return world;
}

/** How often a seam is used when nothing fails. */
async function steps(manner: Manner, seam: keyof Seams): Promise<number> {
  let count = 0;
  await load(manner, {
    [seam]: () => {
      count += 1;
    },
  });
  return count;
}

const failed = (world: World): number => world.runtime.stats().failed;
const all = ({ runtime }: World): number => runtime.stats().completed + runtime.stats().failed + runtime.stats().cancelled;

describe.each(MANNERS)('a load on workers of the startTracking $startTracking with slots: $slots', (manner) => {
  it('loses one task at most when any one message cannot be written', async () => {
    const count = await steps(manner, 'writing');
    expect(count).toBeGreaterThan(3);
    for (let k = 1; k <= count; k++) {
      let step = 0;
      const writing = () => {
        step += 1;
        if (step === k) throw new Error(`write ${k} fails`);
      };
      const world = await load(manner, { writing }, (it) => {
        it.channelFails = true;
      });
      expect([k, failed(world) <= 1, all(world)]).toEqual([k, true, TASKS]);
    }
  });

  it('fails every task, and hangs none, when no message can be written', async () => {
    const writing = () => {
      throw new Error('no write succeeds');
    };
    const world = await load(manner, { writing }, (it) => {
      it.channelFails = true;
    });
    expect([failed(world), all(world)]).toEqual([TASKS, TASKS]);
  });

  it('loses the task of any one answer that cannot be read, and no other', async () => {
    const count = await steps(manner, 'reading');
    expect(count).toBe(TASKS);
    for (let k = 1; k <= count; k++) {
      let step = 0;
      const reading: Seams['reading'] = (_worker, end) => {
        step += 1;
        return step === k ? { unreadable: true } : end;
      };
      const world = await load(manner, { reading }, (it) => {
        it.channelFails = true;
      });
      expect([k, failed(world), all(world)]).toEqual([k, 1, TASKS]);
    }
  });
});

/** Ways in which a worker does not start. */
const STARTS: Record<string, (worker: FakeTransport, world: World) => void> = {
  'dies at once': (worker) => queueMicrotask(() => worker.die(1, null)),
  'is gone before start() returns': (worker) => worker.die(1, null),
  'finds no descriptors': (worker) =>
    queueMicrotask(() => worker.die(null, null, Object.assign(new Error('no descriptors'), { code: 'EMFILE' }))),
  'exits with 0 before it is ready': (worker) => queueMicrotask(() => worker.die(0, null)),
  'throws in its initializer': (worker) => queueMicrotask(() => worker.failToStart([0, 'no such initializer'])),
  'is never ready': (worker, world) => world.silent.add(worker),
  'is ready, and dies': (worker) =>
    queueMicrotask(() => {
      worker.ready();
      worker.die(1, null);
    }),
};

describe.each(MANNERS)('workers of the startTracking $startTracking with slots: $slots', (manner) => {
  it.each(Object.keys(STARTS))('one of which %s: nothing is lost', async (how) => {
    const count = await steps(manner, 'starting');
    for (let k = 1; k <= count; k++) {
      const world = await flaky(manner, how, (start) => start === k);
      expect([k, how.endsWith('and dies') || failed(world) === 0, all(world)]).toEqual([k, true, TASKS]);
    }
  });

  // The supervisor waits once for a start that hangs, and does not retry while there is no worker.
  it.each(Object.keys(STARTS).filter((how) => how !== 'is never ready'))(
    'every second and every third of which %s: the others serve',
    async (how) => {
      for (const k of [2, 3]) {
        const world = await flaky(manner, how, (start) => start % k === 0);
        expect([k, how.endsWith('and dies') || failed(world) === 0, all(world)]).toEqual([k, true, TASKS]);
      }
    },
  );

  // Where it cannot be known that a worker had not begun its task, each start costs one, and so comes to an end.
  const hopeless = Object.keys(STARTS).filter((how) => manner.startTracking === 'claims' || !how.endsWith('and dies'));

  it.each(hopeless)('each of which %s: all work fails, after few starts', async (how) => {
    const world = await flaky(manner, how, () => true, sizeFor(how));
    // What is not read of the stream's input is not accepted.
    expect(all(world)).toBeGreaterThanOrEqual(6 + 8);
    expect(failed(world)).toBe(all(world));
    expect(world.workers.length).toBeLessThanOrEqual(12);
  });
});

/** Of two workers that take turns in dying one is always starting, and is hoped for. */
const sizeFor = (how: string): number => (how.endsWith('and dies') ? 1 : 2);

async function flaky(manner: Manner, how: string, isBad: (start: number) => boolean, size = 2): Promise<World> {
  let start = 0;
  let world: World | undefined;
  const starting = (worker: FakeTransport) => {
    start += 1;
    if (isBad(start)) STARTS[how]?.(worker, world as World);
  };
  const prepare = (it: World) => {
    world = it;
    it.startsFailed = true;
    // What dies while it is being given work may have begun it.
    it.isLossFree = !how.endsWith('and dies');
  };
  return load(manner, { starting }, prepare, size);
}
