/**
 * Tests single decisions of the runtime with fake workers and a fake clock: which worker gets which task, when failed starts are retried, when a
 * limit applies. simulation.test.ts checks invariants; this file checks exact behaviour.
 */
import { type FakeTransport, fakeTransports } from '@twinpool/testkit/fakes';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TaskTimeoutError, WorkerLostError } from '../src/errors.ts';
import { CallJob } from '../src/jobs/job.ts';
import { resolveRuntime } from '../src/options/resolve-options.ts';
import { RuntimeCore } from '../src/runtime.ts';
import { Client } from '../src/scheduling/client.ts';
import type { TaskDescriptor } from '../src/tasks/definition/task-descriptor.ts';
import { taskRef } from '../src/tasks/definition/task-reference.ts';
import { TaskFunction, taskFunctionOf } from '../src/tasks/task-function.ts';
import { encodeThrown } from '../src/wire/thrown.ts';
import { clientOf, endOf, FINALIZER_TIMEOUT, KILL_GRACE, TASK_TIMEOUT, turn, type World, worldOf } from './simulation/world.ts';

const [TINY, SHORT, MIDDLING, LONG] = [3, 80, 1500, 20_000];
const never = Number.POSITIVE_INFINITY;
/** The default `startTimeout`, ms. */
const STARTS_WITHIN = 30_000;

/** One of the functions, measured: `elapsed` µs a run. The lanes that measured it are left idle. */
async function measured(world: World, name: string, elapsed: number): Promise<World['functions'][number]> {
  const fn = functionOf(world, name);
  for (let i = 0; i < 3; i++) {
    world.call(clientAt(world), fn, world.item(false), world.settings({}));
    await turn();
    for (const worker of workersOf(world, 'starting')) worker.ready();
    for (const worker of workersOf(world, 'ready')) worker.runAll(() => ({ value: 0 }), elapsed);
    world.troubles.length = 0;
  }
  return fn;
}

const functionOf = (world: World, name: string) => world.functions.find((fn) => fn.name === name) as World['functions'][number];
const clientAt = (world: World, at = 0) => world.clients[at] as World['clients'][number];
const workersOf = (world: World, state: FakeTransport['lane']['state']) => world.workers.filter((worker) => worker.lane.state === state);
const workerAt = (world: World, at: number) => world.workers[at] as FakeTransport;
const heldBy = (world: World) => world.workers.map((worker) => worker.held.map(({ item }) => item));
const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

function call(world: World, fn: World['functions'][number], item: unknown, settings: Partial<CallSettingsOf> = {}, client = 0): CallJob {
  return world.call(clientAt(world, client), fn, item, world.settings(settings)) as CallJob;
}
type CallSettingsOf = ReturnType<World['settings']>;

/** One after the other: of calls that come together, each lane with room gets its share only. */
async function callInTurn(world: World, fn: World['functions'][number], items: readonly number[]): Promise<void> {
  for (const item of items) {
    call(world, fn, item);
    await turn();
  }
}

/** A world whose lanes are all there, with nothing to do. */
async function readyWorld(shape: Parameters<typeof worldOf>[0]): Promise<World> {
  const world = worldOf({ startsAtOnce: true, ...shape });
  for (const worker of world.workers) worker.ready();
  await turn();
  return world;
}

describe('a worker that is ended while it starts', () => {
  it.each(['ready', 'failed'])('gets no work though it says late that it is %s', async (how) => {
    const world = worldOf();
    world.startsFailed = true;
    const fn = functionOf(world, 'tiny');
    call(world, fn, 1);
    await turn();
    world.clock.advance(STARTS_WITHIN + 1);
    expect(workerAt(world, 0).isKilled).toBe(true);
    call(world, fn, 2);
    if (how === 'ready') workerAt(world, 0).ready();
    else workerAt(world, 0).failToStart(encodeThrown(new Error('late')));
    await turn();
    world.inspect();
    expect(heldBy(world)[0]).toEqual([]);
    if (how === 'ready') workerAt(world, 0).die();
    expect(workerAt(world, 0).lane.startError).toMatchObject({ message: expect.stringContaining('startTimeout') });
    await world.comeToRest();
    expect(world.runtime.stats()).toMatchObject({ completed: 0, failed: 2 });
    await world.closeAll();
  });
});

describe('workers that another program kills while they start', () => {
  /** Kills each worker at its start until the work has failed; `least`: ms between a start and the kill. */
  async function killAll(world: World, least: number): Promise<number[]> {
    const startedAt: number[] = [];
    for (let at = 0; at < 20_000 && world.runtime.stats().failed === 0; at += least) {
      for (const worker of workersOf(world, 'starting')) {
        startedAt.push(world.clock.now());
        worker.die(null, 'SIGKILL');
      }
      world.clock.advance(least);
      await turn();
    }
    return startedAt;
  }

  it('are started again at once, and later and later if none starts; then the work fails, with the reason', async () => {
    const world = worldOf({ size: 2 });
    world.startsFailed = true;
    const job = call(world, functionOf(world, 'tiny'), 1);
    await turn();
    const begun = world.clock.now();
    const startedAt = await killAll(world, 10);
    expect(world.runtime.stats()).toMatchObject({ queued: 0, failed: 1 });
    expect(job.isOver).toBe(true);
    const taken = world.clock.now() - begun;
    expect(taken).toBeGreaterThan(5_000);
    expect(taken).toBeLessThan(6_500);
    // The bound of FAULTS.md for failed starts: three for each worker, and two a second.
    expect(startedAt.length).toBeLessThanOrEqual(3 * 2 + (2 * taken) / 1_000);
    expect((startedAt[3] as number) - begun).toBeLessThanOrEqual(50);
    expect(workerAt(world, 0).lane.startError).toMatchObject({ message: expect.stringContaining('SIGKILL') });
    await world.closeAll();
  });

  it('fail no work if one of them starts after all', async () => {
    const world = worldOf({ size: 2 });
    const job = call(world, functionOf(world, 'tiny'), 1);
    await turn();
    for (let killed = 0; killed < 9; killed++) {
      for (const worker of workersOf(world, 'starting')) worker.die(null, 'SIGKILL');
      world.clock.advance(500);
      await turn();
    }
    expect(job.isOver).toBe(false);
    workersOf(world, 'starting')[0]?.ready();
    await world.comeToRest();
    expect(world.runtime.stats()).toMatchObject({ completed: 1, failed: 0 });
    await world.closeAll();
  });
});

describe('replaced workers', () => {
  it('are counted also if their successor starts before they are gone', async () => {
    const world = worldOf({ size: 2, maxTasks: 1 });
    const fn = functionOf(world, 'long');
    for (const item of numbers(0, 8)) call(world, fn, item);
    await world.comeToRest();
    const stats = world.runtime.stats();
    expect(stats.completed + stats.failed).toBe(8);
    expect(world.workers).toHaveLength(8);
    expect(stats.replacedWorkers).toBe(6);
    await world.closeAll();
  });
});

/** A function that is found when `find` is called. */
function searchedFor(fn: World['functions'][number]): { searched: TaskFunction; find: () => void } {
  let resolveLookup: ((found: { descriptor: TaskDescriptor }) => void) | undefined;
  const lookup = new Promise<{ descriptor: TaskDescriptor }>((resolve) => {
    resolveLookup = resolve;
  });
  const find = () => resolveLookup?.({ descriptor: fn.descriptor as TaskDescriptor });
  return { searched: new TaskFunction('searched', undefined, lookup), find };
}

describe('who gets a task', () => {
  it('an idle lane at once, the same one while it keeps up', async () => {
    const world = await readyWorld({ size: 3 });
    const fn = functionOf(world, 'tiny');
    for (let i = 1; i <= 3; i++) {
      call(world, fn, i);
      expect(heldBy(world)).toEqual([[i], [], []]);
      workerAt(world, 0).runAll(endOf, TINY);
    }
  });

  it('one each, while a function was never measured', async () => {
    const world = await readyWorld({ size: 3 });
    world.map(clientAt(world), functionOf(world, 'tiny'), numbers(1, 9), undefined, world.settings({}));
    expect(heldBy(world)).toEqual([[1], [2], [3]]);
  });

  it('an even share, however short the tasks are', async () => {
    const world = await readyWorld({ size: 2 });
    const fn = await measured(world, 'tiny', TINY);
    world.map(clientAt(world), fn, numbers(100, 40), undefined, world.settings({}));
    expect(heldBy(world).map(({ length }) => length)).toEqual([20, 20]);
  });

  it.each([
    ['short', SHORT, 'claims', 8, 13],
    ['short', SHORT, 'budget', 8, 13],
    ['middling', MIDDLING, 'claims', 2, 2],
    ['middling', MIDDLING, 'budget', 2, 2],
    ['long', LONG, 'claims', 2, 2],
    // It could not be taken back.
    ['long', LONG, 'budget', 1, 1],
  ] as const)(
    'about a millisecond of work ahead where tasks are short, and one task where they take one or more: %s, %i µs, %s',
    async (name, elapsed, startTracking, least, most) => {
      const world = await readyWorld({ size: 1, startTracking });
      const fn = await measured(world, name, elapsed);
      for (const item of numbers(100, 60)) call(world, fn, item);
      await turn();
      expect(workerAt(world, 0).held.length).toBeGreaterThanOrEqual(least);
      expect(workerAt(world, 0).held.length).toBeLessThanOrEqual(most);
    },
  );

  it('with a chunk that the user cut, the whole of it', async () => {
    const world = await readyWorld({ size: 2 });
    world.map(clientAt(world), functionOf(world, 'tiny'), numbers(1, 7), 3, world.settings({}));
    expect(heldBy(world)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it('with a chunk that the user cut, no more of it than the worker may still run', async () => {
    const world = await readyWorld({ size: 1, maxTasks: 2 });
    world.map(clientAt(world), functionOf(world, 'tiny'), numbers(1, 5), 5, world.settings({}));
    expect(heldBy(world)[0]).toEqual([1, 2]);
    await world.comeToRest();
  });

  it('no lane while its function is still being looked up; jobs behind it also wait', async () => {
    const world = await readyWorld({ size: 2 });
    const found = functionOf(world, 'tiny');
    const { searched, find } = searchedFor(found);
    call(world, searched, 1);
    call(world, found, 2);
    await turn();
    expect(heldBy(world)).toEqual([[], []]);
    find();
    await turn();
    expect(heldBy(world).flat().sort()).toEqual([1, 2]);
  });
});

describe('when a lane is idle while another has work ahead', () => {
  it('it takes half of what was not begun', async () => {
    const world = await readyWorld({ size: 2 });
    const fn = await measured(world, 'short', SHORT);
    const [slow, other] = world.workers as [FakeTransport, FakeTransport];
    call(world, functionOf(world, 'long'), 1);
    await callInTurn(world, fn, numbers(100, 9));
    expect([slow.held.length, other.held.length]).toEqual([1, 9]);
    other.begin();
    slow.runAll(endOf, LONG);
    await turn();
    expect(slow.held.map(({ item }) => item)).toEqual([105, 106, 107, 108]);
    await world.comeToRest();
  });

  it('what cannot be taken back stays where it is', async () => {
    const world = await readyWorld({ size: 2, startTracking: 'budget' });
    const fn = await measured(world, 'short', SHORT);
    call(world, functionOf(world, 'long'), 1);
    await callInTurn(world, fn, numbers(100, 9));
    workerAt(world, 1).begin();
    workerAt(world, 0).runAll(endOf, LONG);
    await turn();
    expect(heldBy(world).map(({ length }) => length)).toEqual([0, 9]);
    await world.comeToRest();
  });
});

describe('a burst of short tasks', () => {
  const burst = async (world: World, fn: World['functions'][number]) => {
    for (const item of numbers(100, 10)) call(world, fn, item);
    const atOnce = heldBy(world);
    await turn();
    return atOnce;
  };

  it('stays with one thread: the first task at once, the others together', async () => {
    const world = await readyWorld({ size: 2 });
    const fn = await measured(world, 'tiny', TINY);
    expect(await burst(world, fn)).toEqual([[100], []]);
    expect(heldBy(world)).toEqual([numbers(100, 10), []]);
    await world.comeToRest();
  });

  it('stays with one thread where the tasks are those of a map', async () => {
    const world = await readyWorld({ size: 2 });
    const fn = await measured(world, 'tiny', TINY);
    world.map(clientAt(world), fn, numbers(100, 10), undefined, world.settings({}));
    expect(heldBy(world)).toEqual([numbers(100, 10), []]);
    await world.comeToRest();
  });

  it('is shared after a millisecond, if it takes that long', async () => {
    const world = await readyWorld({ size: 2 });
    const fn = await measured(world, 'tiny', TINY);
    await burst(world, fn);
    workerAt(world, 0).begin();
    world.clock.advance(1);
    await turn();
    expect(heldBy(world).map(({ length }) => length)).toEqual([10, 0]);
    world.clock.advance(2);
    await turn();
    expect(heldBy(world).map(({ length }) => length)).toEqual([5, 5]);
    await world.comeToRest();
  });

  it('is shared at once, if its work is worth waking another thread', async () => {
    const world = await readyWorld({ size: 2 });
    const fn = await measured(world, 'short', SHORT);
    expect(await burst(world, fn)).toEqual([[100], []]);
    expect(heldBy(world).map(({ length }) => length)).toEqual([5, 5]);
    await world.comeToRest();
  });

  it('is shared at once where tasks cannot be taken back, or were long at times', async () => {
    const process = await readyWorld({ size: 2, startTracking: 'budget' });
    expect(await burst(process, await measured(process, 'tiny', TINY))).toEqual([[100], [101]]);
    await process.comeToRest();
    const world = await readyWorld({ size: 2 });
    const fn = await measured(world, 'tiny', TINY);
    fn.runTimes.record(1, 60_000);
    for (let i = 0; i < 20; i++) fn.runTimes.record(1, TINY);
    await burst(world, fn);
    expect(heldBy(world).map(({ length }) => length)).toEqual([5, 5]);
    await world.comeToRest();
  });
});

describe('whose turn it is', () => {
  it('by priority, then first come first served', async () => {
    const world = await readyWorld({ size: 1, startTracking: 'budget' });
    const fn = functionOf(world, 'long');
    call(world, fn, 1);
    for (const [item, priority] of [
      [2, 0],
      [3, 5],
      [4, -1],
      [6, 5],
      [7, 0],
    ] as const) {
      call(world, fn, item, { priority });
    }
    const order: unknown[] = [];
    for (let i = 0; i < 6; i++) {
      order.push(workerAt(world, 0).held[0]?.item);
      workerAt(world, 0).runAll(endOf, LONG);
      await turn();
    }
    expect(order).toEqual([1, 3, 6, 2, 7, 4]);
  });

  it('of two clients with the same work, turn and turn about', async () => {
    const world = await readyWorld({ size: 1, startTracking: 'budget', clients: [clientOf(), clientOf()] });
    const fn = await measured(world, 'long', LONG);
    for (const item of numbers(100, 10)) call(world, fn, item, {}, 0);
    for (const item of numbers(200, 10)) call(world, fn, item, {}, 1);
    const turns: number[] = [];
    for (let i = 0; i < 10; i++) {
      turns.push((workerAt(world, 0).held[0]?.item as number) >= 200 ? 1 : 0);
      workerAt(world, 0).runAll(endOf, LONG);
      await turn();
    }
    const ofOther = turns.filter((who) => who === 1).length;
    expect(ofOther).toBeGreaterThanOrEqual(4);
    expect(ofOther).toBeLessThanOrEqual(6);
  });

  it('of two clients with short tasks that cannot lie together, message by message', async () => {
    const world = await readyWorld({ size: 1, startTracking: 'budget', clients: [clientOf(), clientOf()] });
    const fn = await measured(world, 'tiny', TINY);
    const charged = clientAt(world, 0).client.charged;
    clientAt(world, 1).client.startAt(charged);
    for (const item of numbers(1000, 600)) call(world, fn, item, {}, 0);
    for (const item of numbers(2000, 600)) call(world, fn, item, {}, 1);
    const messages: number[][] = [];
    for (let held = workerAt(world, 0).held; held.length > 0 || messages.length === 0; held = workerAt(world, 0).held) {
      messages.push(held.map(({ item }) => ((item as number) >= 2000 ? 1 : 0)));
      workerAt(world, 0).runAll(endOf, TINY);
      await turn();
    }
    for (const message of messages) expect(new Set(message).size).toBe(1);
    expect(messages.length).toBeLessThan(20);
    // Neither client is ever more than a message ahead.
    const longest = Math.max(...messages.map(({ length }) => length));
    let lead = 0;
    for (const message of messages.slice(0, -2)) {
      lead += message.length * (message[0] === 0 ? 1 : -1);
      expect(Math.abs(lead)).toBeLessThanOrEqual(longest + 1);
    }
  });

  it('of two clients, by the time their tasks take: four short ones for a long one', async () => {
    const world = await readyWorld({ size: 1, startTracking: 'budget', clients: [clientOf(), clientOf()] });
    const long = await measured(world, 'long', 40_000);
    const short = await measured(world, 'middling', 10_000);
    const charged = clientAt(world, 0).client.charged;
    clientAt(world, 1).client.startAt(charged);
    for (const item of numbers(100, 30)) call(world, long, item, {}, 0);
    for (const item of numbers(200, 60)) call(world, short, item, {}, 1);
    const turns = [0, 0];
    for (let i = 0; i < 40; i++) {
      const isShort = (workerAt(world, 0).held[0]?.item as number) >= 200;
      turns[isShort ? 1 : 0] = (turns[isShort ? 1 : 0] as number) + 1;
      workerAt(world, 0).runAll(endOf, isShort ? 10_000 : 40_000);
      await turn();
    }
    expect((turns[1] as number) / (turns[0] as number)).toBeGreaterThan(3);
    expect((turns[1] as number) / (turns[0] as number)).toBeLessThan(5);
  });

  it('tasks that a worker gives back are charged when they run, and not before', async () => {
    const world = await readyWorld({ size: 2 });
    const fn = await measured(world, 'short', SHORT);
    const { client } = clientAt(world);
    const [slow, other] = world.workers as [FakeTransport, FakeTransport];
    call(world, functionOf(world, 'long'), 1);
    const before = client.used;
    await callInTurn(world, fn, numbers(100, 9));
    other.begin();
    slow.runAll(endOf, LONG);
    await turn();
    // Four of them lie in the other lane now.
    expect([slow.held.length, other.held.length]).toEqual([4, 5]);
    expect(client.used - before).toBe(LONG * 1000);
    // Each one that is idle takes half of what the other has.
    for (const worker of [other, slow, other, slow]) {
      worker.runAll(endOf, SHORT);
      await turn();
    }
    expect(heldBy(world)).toEqual([[], []]);
    expect(client.used - before).toBe((LONG + 9 * SHORT) * 1000);
    expect(client.charged).toBe(client.used);
  });

  it('tasks that are cancelled before they run are charged with nothing', async () => {
    const world = await readyWorld({ size: 1 });
    const fn = await measured(world, 'short', SHORT);
    const { client } = clientAt(world);
    call(world, fn, 100);
    await turn();
    workerAt(world, 0).begin();
    for (const item of numbers(101, 5)) call(world, fn, item, { signal: world.signals[0]?.signal });
    await turn();
    const before = client.used;
    world.abort(0);
    await turn();
    workerAt(world, 0).runAll(endOf, SHORT);
    await turn();
    expect(client.used - before).toBe(SHORT * 1000);
    expect(client.charged).toBe(client.used);
  });

  it('a newcomer starts level with who has had least, not with those who began at nothing', async () => {
    const world = await readyWorld({ size: 1, clients: [clientOf(), clientOf()] });
    const fn = await measured(world, 'long', LONG);
    for (const item of numbers(100, 50)) {
      call(world, fn, item, {}, 0);
      workerAt(world, 0).runAll(endOf, LONG);
    }
    const late = world.join(clientOf());
    expect(late.client.charged).toBe(clientAt(world, 1).client.charged);
    expect(clientAt(world, 0).client.charged).toBeGreaterThan(late.client.charged);
  });

  it('is asked of clients with work only, however many there are [R33]', async () => {
    const world = await readyWorld({ size: 1, clients: Array.from({ length: 2000 }, () => clientOf()) });
    const fn = functionOf(world, 'tiny');
    // Those that were active when they came are looked at once more.
    call(world, fn, 1);
    await world.comeToRest();
    const looks = [vi.spyOn(Client.prototype, 'queued', 'get'), vi.spyOn(Client.prototype, 'front')];
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    call(world, fn, 2);
    await turn();
    workerAt(world, 0).runAll(endOf, TINY);
    await turn();
    for (const look of looks) expect(look.mock.calls.length).toBeLessThan(100);
    await world.comeToRest();
  });

  it('a client held to one lane uses one at a time', async () => {
    const world = await readyWorld({ size: 3, clients: [clientOf({ maxLanes: 1 }), clientOf()] });
    const fn = functionOf(world, 'long');
    for (const item of numbers(1, 4)) call(world, fn, item, {}, 0);
    await turn();
    expect(heldBy(world)).toEqual([[1], [], []]);
    for (const item of numbers(6, 4)) call(world, fn, item, {}, 1);
    await turn();
    expect(heldBy(world)).toEqual([[1], [6], [7]]);
    await world.comeToRest();
  });
});

describe('when a worker is lost', () => {
  it('what it had not begun runs next, in its old order, before what waited', async () => {
    const world = await readyWorld({ size: 1 });
    const fn = await measured(world, 'short', SHORT);
    for (const item of numbers(100, 30)) call(world, fn, item);
    await turn();
    const held = workerAt(world, 0).held.map(({ item }) => item);
    workerAt(world, 0).begin();
    world.die(workerAt(world, 0), null, 'SIGKILL');
    await turn();
    const next = world.workers.find((worker) => worker.lane.state === 'starting') as FakeTransport;
    next.ready();
    await turn();
    expect(next.held.map(({ item }) => item).slice(0, held.length - 1)).toEqual(held.slice(1));
    await world.comeToRest();
  });

  it('the same holds within one map', async () => {
    const world = await readyWorld({ size: 1 });
    const fn = await measured(world, 'short', SHORT);
    world.map(clientAt(world), fn, numbers(100, 40), 4, world.settings({}));
    await turn();
    const held = workerAt(world, 0).held.map(({ item }) => item);
    expect(held.length).toBeGreaterThan(4);
    workerAt(world, 0).begin();
    world.die(workerAt(world, 0), null, 'SIGKILL');
    await turn();
    const next = world.workers.find((worker) => worker.lane.state === 'starting') as FakeTransport;
    next.ready();
    await turn();
    const again = next.held.map(({ item }) => item);
    expect(again.slice(0, held.length - 1)).toEqual(held.slice(1));
    await world.comeToRest();
  });

  it('answers that it had sent count, also when they are read after its death', async () => {
    const world = await readyWorld({ size: 1, startTracking: 'budget' });
    const fn = await measured(world, 'short', SHORT);
    for (const item of numbers(100, 4)) call(world, fn, item);
    await turn();
    const worker = workerAt(world, 0);
    worker.begin();
    worker.complete({ value: 200 }, SHORT);
    worker.flush();
    worker.begin();
    world.die(worker, null, 'SIGKILL');
    await turn();
    const { completed, failed, lostWorkers } = world.runtime.stats();
    expect([completed - 3, failed, lostWorkers]).toEqual([1, 1, 1]);
    await world.comeToRest();
  });

  it('by an error outside of any task while it ran none, nothing of what it had is lost', async () => {
    const world = await readyWorld({ size: 1, startTracking: 'budget' });
    const fn = await measured(world, 'short', SHORT);
    for (const item of numbers(100, 3)) call(world, fn, item);
    await turn();
    workerAt(world, 0).failLate(encodeThrown(new Error('late')), false);
    world.die(workerAt(world, 0), 1, null);
    expect(world.warnings).toMatchObject([{ message: 'late' }]);
    expect(world.runtime.stats()).toMatchObject({ failed: 0, lostWorkers: 1 });
    await world.comeToRest();
    expect(world.runtime.stats()).toMatchObject({ failed: 0, completed: 6 });
  });
});

describe('starting workers', () => {
  it('while a function is being found, as many as its calls need', async () => {
    const world = worldOf({ size: 3 });
    const { searched, find } = searchedFor(functionOf(world, 'tiny'));
    call(world, searched, 1);
    call(world, searched, 2);
    await turn();
    expect(workersOf(world, 'starting')).toHaveLength(2);
    for (const worker of world.workers) worker.ready();
    await turn();
    expect(heldBy(world)).toEqual([[], []]);
    find();
    await turn();
    expect(heldBy(world)).toEqual([[1], [2]]);
    await world.comeToRest();
  });

  it('one per task, up to the maximum', async () => {
    const world = worldOf({ size: 3 });
    const fn = functionOf(world, 'long');
    expect(world.workers).toHaveLength(0);
    call(world, fn, 1);
    await turn();
    expect(world.workers).toHaveLength(1);
    for (const item of numbers(2, 8)) call(world, fn, item);
    await turn();
    expect(world.workers).toHaveLength(3);
  });

  it('all at once where that is wanted, and again when one is lost', async () => {
    const world = await readyWorld({ size: 2 });
    expect(world.workers).toHaveLength(2);
    world.die(workerAt(world, 0), null, 'SIGKILL');
    expect(workersOf(world, 'starting')).toHaveLength(1);
  });

  it('that fail are retried one at a time at growing intervals, then the tasks fail', async () => {
    const world = worldOf({ size: 2 });
    const job = call(world, functionOf(world, 'tiny'), 1);
    call(world, functionOf(world, 'tiny'), 2);
    await turn();
    world.startsFailed = true;
    const startedAt: number[] = [];
    let seen = 0;
    for (let now = 0; now < 3000; now++) {
      for (const worker of world.workers.slice(seen)) {
        startedAt.push(now);
        seen += 1;
        worker.failToStart([0, 'no']);
      }
      if (job.isOver) break;
      world.clock.advance(1);
      await turn();
    }
    expect(startedAt.length).toBeGreaterThanOrEqual(4);
    expect(startedAt.length).toBeLessThanOrEqual(6);
    const gaps = startedAt.slice(2).map((at, i) => at - (startedAt[i + 1] as number));
    for (let i = 1; i < gaps.length; i++) expect(gaps[i]).toBeGreaterThanOrEqual(gaps[i - 1] as number);
    expect(job.isOver).toBe(true);
    expect(clientAt(world).client.broken).toMatchObject({ message: 'broken', cause: { code: 'ERR_TWINPOOL_INITIALIZER' } });
    expect(world.clock.now()).toBeLessThan(2500);
  });

  it('that fail for lack of a resource are not a permanent failure', async () => {
    const world = worldOf({ size: 1 });
    world.startsFailed = true;
    const job = call(world, functionOf(world, 'tiny'), 1);
    for (let i = 0; i < 10 && !job.isOver; i++) {
      await turn();
      for (const worker of workersOf(world, 'starting'))
        worker.die(null, null, Object.assign(new Error('no descriptors'), { code: 'EMFILE' }));
      world.clock.advance(1000);
    }
    expect(job.isOver).toBe(true);
    expect(clientAt(world).client.broken).toBeUndefined();
    const later = call(world, functionOf(world, 'tiny'), 2);
    await world.comeToRest();
    expect(later.isOver).toBe(true);
  });

  it('that fail end what waits once, however often its callbacks submit again [R12]', async () => {
    for (const code of ['EMFILE', 'EAGAIN', 'ENOMEM']) {
      const world = worldOf({ size: 1 });
      world.startsFailed = true;
      const fn = functionOf(world, 'tiny');
      let told = 0;
      const again = () => {
        told += 1;
        if (world.startsFailed && told < 1000) world.call(clientAt(world), fn, told, world.settings({}), again);
      };
      world.call(clientAt(world), fn, 0, world.settings({}), again);
      for (let now = 0; told < 5; now += 100) {
        expect(now).toBeLessThan(60_000);
        await turn();
        const before = told;
        for (const worker of workersOf(world, 'starting')) worker.die(null, null, Object.assign(new Error('none is free'), { code }));
        expect(told - before).toBeLessThanOrEqual(1);
        world.clock.advance(100);
        expect(told - before).toBeLessThanOrEqual(1);
      }
      world.startsFailed = false;
      await world.comeToRest();
    }
  });

  it('that end with the program are not tried again, unless work waits', async () => {
    const world = worldOf({ size: 2, startsAtOnce: true });
    for (const worker of workersOf(world, 'starting')) {
      worker.lane.endWithProgram();
      worker.die(0);
    }
    for (let i = 0; i < 10; i++) {
      await turn();
      world.clock.advance(1000);
    }
    expect(world.workers).toHaveLength(2);
    const job = call(world, functionOf(world, 'tiny'), 1);
    await turn();
    for (const worker of workersOf(world, 'starting')) {
      worker.lane.endWithProgram();
      worker.die(0);
    }
    await turn();
    for (const worker of workersOf(world, 'starting')) worker.ready();
    await turn();
    for (const worker of workersOf(world, 'ready')) worker.runAll(() => ({ value: 0 }), TINY);
    expect(job.isOver).toBe(true);
    expect(clientAt(world).client.broken).toBeUndefined();
    world.troubles.length = 0;
  });

  it('that fail while another worker serves break nothing', async () => {
    const world = worldOf({ size: 2 });
    const fn = functionOf(world, 'long');
    for (const item of numbers(1, 4)) call(world, fn, item);
    await turn();
    workerAt(world, 0).ready();
    world.startsFailed = true;
    for (let i = 0; i < 12; i++) {
      for (const worker of workersOf(world, 'starting')) worker.failToStart([0, 'no']);
      world.clock.advance(1000);
      await turn();
    }
    expect(clientAt(world).client.broken).toBeUndefined();
    for (let i = 0; i < 4; i++) {
      workerAt(world, 0).runAll(endOf, LONG);
      await turn();
    }
    expect(world.runtime.stats().completed).toBe(4);
  });

  it('after a good one the brake is off', async () => {
    const world = worldOf({ size: 1, maxTasks: 1 });
    world.startsFailed = true;
    const fn = functionOf(world, 'tiny');
    for (let round = 0; round < 5; round++) {
      const job = call(world, fn, round + 1);
      await turn();
      workersOf(world, 'starting')[0]?.failToStart([0, 'no']);
      world.clock.advance(0);
      await turn();
      expect(workersOf(world, 'starting')).toHaveLength(1);
      await world.comeToRest();
      expect(job.isOver).toBe(true);
    }
    expect(clientAt(world).client.broken).toBeUndefined();
  });
});

describe('idle workers', () => {
  it('rest after a while, and end after idleTimeout', async () => {
    const world = await readyWorld({ size: 2, idleTimeout: 1000 });
    const [first] = world.workers as [FakeTransport];
    world.clock.advance(19);
    expect(first.releases).toBe(0);
    world.clock.advance(2);
    expect(first.releases).toBeGreaterThan(0);
    expect(first.isAskedToEnd).toBe(false);
    world.clock.advance(1000);
    expect(world.workers.map(({ isAskedToEnd }) => isAskedToEnd)).toEqual([true, true]);
  });

  it('get no task after they were asked to end', async () => {
    const world = await readyWorld({ size: 1, idleTimeout: 50 });
    world.clock.advance(100);
    call(world, functionOf(world, 'tiny'), 1);
    await turn();
    expect(workerAt(world, 0).held).toEqual([]);
    expect(workersOf(world, 'starting')).toHaveLength(1);
    await world.comeToRest();
  });

  it('live on while work comes in time', async () => {
    const world = await readyWorld({ size: 1, idleTimeout: 50 });
    for (let i = 1; i <= 10; i++) {
      world.clock.advance(40);
      call(world, functionOf(world, 'tiny'), i);
      workerAt(world, 0).runAll(endOf, TINY);
    }
    expect(workerAt(world, 0).isAskedToEnd).toBe(false);
    expect(world.workers).toHaveLength(1);
  });
});

describe('the time limit of a task', () => {
  async function timed() {
    const world = await readyWorld({ size: 1 });
    const job = call(world, functionOf(world, 'tiny'), 1, { taskTimeout: TASK_TIMEOUT });
    const worker = workerAt(world, 0);
    worker.begin();
    return { world, job, worker };
  }

  it('is judged after the channel was read: a result that lies there counts', async () => {
    const { world, job, worker } = await timed();
    worker.complete({ value: 2 }, TINY);
    expect(job.isOver).toBe(false);
    world.clock.advance(TASK_TIMEOUT + 10);
    expect(job.isOver).toBe(true);
    expect(worker.isKilled).toBe(false);
    expect(world.runtime.stats()).toMatchObject({ completed: 1, failed: 0 });
  });

  it('settles the task at once, and ends the worker', async () => {
    const { world, worker } = await timed();
    const error = new Promise<unknown>((resolve) => {
      world.settled = (_job, ok, value) => resolve(ok || value);
    });
    world.clock.advance(TASK_TIMEOUT - 1);
    worker.turn();
    expect(worker.isKilled).toBe(false);
    world.clock.advance(1);
    worker.turn();
    expect(await error).toBeInstanceOf(TaskTimeoutError);
    expect(worker.isKilled).toBe(true);
    await world.comeToRest();
    expect(world.runtime.stats()).toMatchObject({ failed: 1, lostWorkers: 0 });
  });

  it('begins anew with each task', async () => {
    const world = await readyWorld({ size: 1 });
    const worker = workerAt(world, 0);
    for (let i = 1; i <= 4; i++) {
      call(world, functionOf(world, 'tiny'), i, { taskTimeout: TASK_TIMEOUT });
      worker.begin();
      world.clock.advance(TASK_TIMEOUT - 10);
      worker.turn();
      worker.complete({ value: i * 2 }, TINY);
      worker.deliver();
    }
    expect(worker.isKilled).toBe(false);
    expect(world.runtime.stats().completed).toBe(4);
  });

  it('is not the limit of the one before it', async () => {
    const { world, worker } = await timed();
    worker.complete({ value: 2 }, TINY);
    worker.deliver();
    call(world, functionOf(world, 'long'), 2);
    worker.begin();
    world.clock.advance(TASK_TIMEOUT * 10);
    worker.turn();
    expect(worker.isKilled).toBe(false);
  });
});

describe('an aborted task', () => {
  it('that runs is aborted, and its worker is ended after the grace period', async () => {
    const world = await readyWorld({ size: 1 });
    call(world, functionOf(world, 'tiny'), 1, { signal: world.signals[0]?.signal });
    const worker = workerAt(world, 0);
    const task = worker.begin();
    world.abort(0);
    expect(worker.aborted).toEqual([task]);
    world.clock.advance(KILL_GRACE - 1);
    worker.turn();
    expect(worker.isKilled).toBe(false);
    world.clock.advance(1);
    worker.turn();
    expect(worker.isKilled).toBe(true);
  });

  it('that ends in its grace leaves its worker alone', async () => {
    const world = await readyWorld({ size: 1 });
    call(world, functionOf(world, 'tiny'), 1, { signal: world.signals[0]?.signal });
    const worker = workerAt(world, 0);
    worker.begin();
    world.abort(0);
    worker.complete({ value: 2 }, TINY);
    world.clock.advance(KILL_GRACE * 2);
    worker.turn();
    expect(worker.isKilled).toBe(false);
    call(world, functionOf(world, 'long'), 2);
    worker.begin();
    world.clock.advance(KILL_GRACE * 2);
    worker.turn();
    expect(worker.isKilled).toBe(false);
    expect(world.runtime.stats()).toMatchObject({ cancelled: 1, completed: 0, running: 1 });
  });

  it('behind another aborted one is aborted separately, with its own grace period', async () => {
    const world = await readyWorld({ size: 1, startTracking: 'budget' });
    const fn = await measured(world, 'short', SHORT);
    const signal = world.signals[0]?.signal;
    for (const item of numbers(100, 3)) call(world, fn, item, { signal });
    await turn();
    const worker = workerAt(world, 0);
    expect(worker.held).toHaveLength(3);
    worker.begin();
    world.abort(0);
    expect(worker.aborted).toHaveLength(1);
    world.clock.advance(KILL_GRACE - 100);
    worker.complete({ value: 0 }, SHORT);
    worker.flush();
    worker.deliver();
    world.troubles.length = 0;
    worker.begin();
    expect(worker.aborted).toHaveLength(2);
    world.clock.advance(KILL_GRACE - 100);
    worker.turn();
    expect(worker.isKilled).toBe(false);
    world.clock.advance(100);
    worker.turn();
    expect(worker.isKilled).toBe(true);
  });

  it('that was handed over and not begun is taken back, where that can be', async () => {
    const world = await readyWorld({ size: 1 });
    const fn = await measured(world, 'short', SHORT);
    call(world, fn, 100);
    await turn();
    workerAt(world, 0).begin();
    for (const item of numbers(101, 5)) call(world, fn, item, { signal: world.signals[0]?.signal });
    call(world, fn, 200);
    await turn();
    world.abort(0);
    await turn();
    expect(workerAt(world, 0).held.map(({ item }) => item)).toEqual([100, 200]);
    expect(workerAt(world, 0).aborted).toEqual([]);
    await world.comeToRest();
  });
});

describe('a worker that answers what it was not asked', () => {
  it('is ended, and counted', async () => {
    const world = await readyWorld({ size: 1 });
    call(world, functionOf(world, 'tiny'), 1);
    const worker = workerAt(world, 0);
    worker.begin();
    worker.answerTooMuch();
    expect(worker.isKilled).toBe(true);
    expect(world.runtime.stats().protocolAnomalies).toBe(1);
    const error = new Promise<unknown>((resolve) => {
      world.settled = (_job, ok, value) => resolve(ok || value);
    });
    world.die(worker, null, 'SIGKILL');
    expect(await error).toBeInstanceOf(WorkerLostError);
    expect(world.runtime.stats().lostWorkers).toBe(1);
  });

  it.each(['claims', 'budget'] as const)('runs on, and what it begins meanwhile never runs again (%s)', async (startTracking) => {
    const world = await readyWorld({ size: 1, startTracking });
    const fn = await measured(world, 'middling', MIDDLING);
    world.map(clientAt(world), fn, numbers(100, 4), 4, world.settings({}));
    await turn();
    const worker = workerAt(world, 0);
    expect(worker.held.length).toBe(4);
    worker.begin();
    worker.answerTooMuch();
    for (let i = 0; i < 2; i++) {
      worker.complete({ value: 0 }, MIDDLING);
      worker.begin();
    }
    world.die(worker, null, 'SIGKILL');
    await world.comeToRest();
    // Claims tell that the last task has not begun: it runs elsewhere.
    const elsewhere = world.workers.slice(1).reduce((calls, other) => calls + other.calls, 0);
    expect(elsewhere).toBe(startTracking === 'claims' ? 1 : 0);
    await world.closeAll();
  });
});

describe('a stream that its consumer leaves in its progress callback', () => {
  it('leaves no task counted as waiting, also where its answers came together', async () => {
    const world = await readyWorld({ size: 1 });
    const fn = await measured(world, 'tiny', TINY);
    const how = {
      input: 'items',
      window: never,
      ordered: true,
      chunksize: undefined,
      eager: false,
      failsAt: never,
      tellsProgress: true,
    } as const;
    world.stream(clientAt(world), fn, numbers(100, 4), how, world.settings({}));
    await turn();
    const entry = [...world.book.values()].find(({ kind }) => kind === 'stream') as Parameters<World['leave']>[0];
    world.plot('progress', () => world.leave(entry));
    workerAt(world, 0).runAll(endOf, TINY);
    expect(world.runtime.stats()).toMatchObject({ queued: 0, running: 0, cancelled: 3 });
    await world.comeToRest();
    await world.closeAll();
  });
});

describe('reports', () => {
  it('reach the listener of their task, after the answers that came before', async () => {
    const world = await readyWorld({ size: 1 });
    const fn = await measured(world, 'short', SHORT);
    const told: unknown[] = [];
    const onReport = (value: unknown, index: number) => told.push([value, index, world.runtime.stats().completed - 3]);
    world.map(clientAt(world), fn, numbers(100, 5), 5, world.settings({ onReport }));
    await turn();
    const worker = workerAt(world, 0);
    for (let i = 0; i < 2; i++) {
      worker.begin();
      worker.complete({ value: 0 }, SHORT);
    }
    worker.report('half', worker.begin());
    expect(told).toEqual([['half', 2, 2]]);
    world.troubles.length = 0;
  });
});

describe('the queue of a client', () => {
  it('takes as many as maxQueue allows to wait, not counting what runs', async () => {
    const world = await readyWorld({ size: 1, clients: [clientOf({ maxQueue: 2 })] });
    const fn = functionOf(world, 'long');
    const jobs = numbers(1, 4).map((item) => call(world, fn, item));
    expect(jobs.map(({ isOver }) => isOver)).toEqual([false, false, false, true]);
    expect(world.runtime.stats()).toMatchObject({ running: 1, queued: 2, failed: 0, refused: 1 });
    workerAt(world, 0).runAll(endOf, LONG);
    await turn();
    expect(call(world, fn, 6).isOver).toBe(false);
    await world.comeToRest();
  });

  it.each([
    { maxQueue: 0, size: 1, accepted: 1 },
    { maxQueue: 0, size: 4, accepted: 4 },
    { maxQueue: 1, size: 1, accepted: 2 },
    { maxQueue: 3, size: 2, accepted: 5 },
  ])('takes what workers take at once, and maxQueue more: $maxQueue, of $size workers [R30]', async ({ maxQueue, size, accepted }) => {
    for (const isReady of [false, true]) {
      const shape = { size, clients: [clientOf({ maxQueue })] };
      const world = isReady ? await readyWorld(shape) : worldOf(shape);
      const fn = functionOf(world, 'long');
      for (let round = 0; round < 3; round++) {
        const jobs = numbers(10 * round, accepted + 2).map((item) => call(world, fn, item));
        expect(jobs.filter(({ isOver }) => isOver)).toEqual(jobs.slice(accepted));
        expect(world.runtime.stats()).toMatchObject({ refused: 2 * (round + 1), failed: 0 });
        await world.comeToRest();
      }
    }
  });

  it('leaves the slots of what others have waiting to them [R30]', async () => {
    const world = await readyWorld({ size: 2, clients: [clientOf(), clientOf({ maxQueue: 0 }), clientOf({ maxQueue: 0, maxLanes: 1 })] });
    const fn = functionOf(world, 'long');
    const refused = (items: readonly number[], owner: number) => items.map((item) => call(world, fn, item, {}, owner).isOver);
    expect(refused([1, 2], 2)).toEqual([false, true]);
    expect(refused([3], 0)).toEqual([false]);
    expect(refused([4], 1)).toEqual([true]);
    await world.comeToRest();
    call(world, fn, 5, {}, 0);
    expect(refused([6, 7], 1)).toEqual([false, true]);
    await world.comeToRest();
  });

  it('does not count cancelled ones', async () => {
    const world = await readyWorld({ size: 1, clients: [clientOf({ maxQueue: 1 })] });
    const fn = functionOf(world, 'long');
    call(world, fn, 1);
    for (let i = 2; i < 12; i++) {
      const job = call(world, fn, i);
      expect([job.isOver, job.cancel()]).toEqual([false, true]);
    }
    world.troubles.length = 0;
    expect(world.runtime.stats()).toMatchObject({ queued: 0, cancelled: 10 });
  });
});

describe('the functions that a worker knows', () => {
  it('are bounded; one that is used again is sent again [R32]', async () => {
    const world = await readyWorld({ size: 1 });
    const worker = workerAt(world, 0);
    const functions = numbers(0, 2_500).map((i) => taskFunctionOf(taskRef(new URL('file:///tasks.mjs'), `f${i}`)));
    const use = async (fn: TaskFunction) => {
      world.call(clientAt(world), fn, world.item(false), world.settings({}));
      await turn();
      worker.runAll(() => ({ value: 0 }), SHORT);
      world.troubles.length = 0;
    };
    for (const fn of functions) {
      await use(fn);
      expect(worker.known.size).toBeLessThanOrEqual(1_001);
    }
    const [first] = functions as [TaskFunction];
    expect(worker.known.has(first.id)).toBe(false);
    await use(first);
    expect(worker.known.has(first.id)).toBe(true);
    expect(worker.unknownFunctions).toBe(0);
    expect(first.runTimes.estimate).toBeGreaterThan(0);
  });
});

describe('the counters', () => {
  it('measure hours and days of waiting [R31]', async () => {
    for (const waited of [36 * 60_000, 100 * 60_000, 12 * 3_600_000, 20 * 24 * 3_600_000]) {
      const world = await readyWorld({ size: 1 });
      const fn = functionOf(world, 'long');
      call(world, fn, 1);
      call(world, fn, 2);
      world.clock.advance(waited + 0.25);
      workerAt(world, 0).runAll(endOf, LONG);
      await turn();
      expect(world.runtime.stats().waitTime.max).toBe(waited + 0.25);
      await world.comeToRest();
    }
  });

  it('say that nothing is left to do by queued and running, whatever workers there are [R46]', async () => {
    const world = worldOf({ size: 4 });
    for (const item of numbers(1, 50)) call(world, functionOf(world, 'long'), item);
    const { workers, idle, queued, running } = world.runtime.stats();
    expect([workers === idle, queued + running]).toEqual([true, 50]);
    for (let round = 0; round < 50; round++) {
      await turn();
      for (const worker of workersOf(world, 'starting')) worker.ready();
      for (const worker of workersOf(world, 'ready')) worker.runAll(() => ({ value: 0 }), LONG);
    }
    world.troubles.length = 0;
    expect(world.runtime.stats()).toMatchObject({ workers: 4, idle: 4, queued: 0, running: 0, completed: 50 });
  });

  it('measure waiting and running', async () => {
    const world = await readyWorld({ size: 1 });
    const fn = functionOf(world, 'long');
    call(world, fn, 1);
    call(world, fn, 2);
    world.clock.advance(100);
    workerAt(world, 0).runAll(endOf, LONG);
    await turn();
    const { waitTime, runTime } = world.runtime.stats();
    expect(waitTime.max).toBeCloseTo(100, 0);
    expect(runTime.p50).toBeCloseTo(20, -1);
    expect(runTime.max).toBeLessThan(never);
  });
});

describe('the start of many workers', () => {
  const starting = (world: World) => workersOf(world, 'starting').length;

  it('goes on when a worker has loaded its modules, is ready, or has failed', async () => {
    const world = worldOf({ size: 6, startsAtOnce: true, mostStarting: 2 });
    world.startsFailed = true;
    expect(starting(world)).toBe(2);
    workerAt(world, 0).preload();
    expect(starting(world)).toBe(3);
    workerAt(world, 1).ready();
    await turn();
    expect(world.workers.length).toBe(4);
    expect(starting(world)).toBe(3);
    // Its initializer has ended. It did not count any more.
    workerAt(world, 0).ready();
    await turn();
    expect(world.workers.length).toBe(4);
    world.die(workerAt(world, 2), 1, null);
    // After a failure one starts at a time.
    expect(world.workers.length).toBe(4);
    workerAt(world, 3).ready();
    await turn();
    world.clock.advance(0);
    expect(world.workers.length).toBe(5);
    await world.closeAll();
  });

  it('gives each worker that is ready its task before the next one starts', async () => {
    const world = worldOf({ size: 3, mostStarting: 1 });
    const fn = functionOf(world, 'long');
    for (const item of numbers(1, 3)) call(world, fn, item);
    await turn();
    for (let i = 0; i < 3; i++) {
      expect(world.workers.length).toBe(i + 1);
      workerAt(world, i).ready();
      expect(workerAt(world, i).held.map(({ item }) => item)).toEqual([i + 1]);
      await turn();
    }
    await world.comeToRest();
    await world.closeAll();
  });

  it('is that of the second worker as soon as the first has loaded its modules, for work that waits', async () => {
    const world = worldOf({ size: 3, mostStarting: 1 });
    const fn = functionOf(world, 'long');
    for (const item of numbers(1, 3)) call(world, fn, item);
    await turn();
    workerAt(world, 0).preload();
    await turn();
    expect(starting(world)).toBe(2);
    await world.comeToRest();
    await world.closeAll();
  });

  it('counts a worker that loads its modules twice as one that breaks the protocol', async () => {
    const world = worldOf({ startsAtOnce: true });
    workerAt(world, 0).preload();
    workerAt(world, 0).preload();
    expect(world.runtime.stats().protocolAnomalies).toBe(1);
    await world.terminateAll();
  });
});

describe('the fewest workers', () => {
  it('start before work comes, no more of them', async () => {
    const world = worldOf({ size: 4, minWorkers: 2 });
    expect(world.workers.length).toBe(2);
    for (const worker of world.workers) worker.ready();
    await turn();
    expect(world.workers.length).toBe(2);
    await world.closeAll();
  });

  it('stay when others leave after idleTimeout', async () => {
    const world = worldOf({ size: 4, minWorkers: 2, startsAtOnce: true, idleTimeout: 100 });
    expect(world.workers.length).toBe(4);
    for (const worker of world.workers) worker.ready();
    await turn();
    world.clock.advance(99);
    expect(workersOf(world, 'ready').length).toBe(4);
    world.clock.advance(100_000);
    expect(workersOf(world, 'ready').length).toBe(2);
    expect(world.workers.filter(({ isAskedToEnd }) => isAskedToEnd).length).toBe(2);
    // The two that stay wait in their event loops.
    for (const worker of workersOf(world, 'ready')) expect(worker.releases).toBeGreaterThan(0);
    for (const worker of workersOf(world, 'ending')) world.die(worker, 0, null);
    await turn();
    expect(workersOf(world, 'starting').length).toBe(0);
    await world.closeAll();
  });

  it('are all of a pool until idleTimeout, and none without minWorkers', async () => {
    const world = await readyWorld({ size: 3, idleTimeout: 100 });
    world.clock.advance(1000);
    expect(workersOf(world, 'ready').length).toBe(0);
    for (const worker of workersOf(world, 'ending')) world.die(worker, 0, null);
    await turn();
    expect(world.workers.length).toBe(3);
    await world.closeAll();
  });

  it.each(['lost', 'retired after its last call'])('are there again when one is %s, without work', async (how) => {
    const world = worldOf({ size: 3, minWorkers: 2, maxTasks: how === 'lost' ? never : 1 });
    for (const worker of world.workers) worker.ready();
    await turn();
    call(world, functionOf(world, 'tiny'), 1);
    await turn();
    workerAt(world, 0).runAll(endOf, TINY);
    world.die(workerAt(world, 0), null, how === 'lost' ? 'SIGKILL' : null);
    await turn();
    expect(workersOf(world, 'starting').length).toBe(1);
    expect(world.workers.length).toBe(3);
    await world.comeToRest();
    await world.closeAll();
  });

  it('are started again after failures only when work or a caller of ready() asks', async () => {
    const world = worldOf({ size: 1, minWorkers: 1 });
    world.startsFailed = true;
    for (let i = 0; i < 3; i++) {
      world.awaitReady(clientAt(world));
      const worker = workerAt(world, i);
      worker.die(null, null, Object.assign(new Error('no descriptors'), { code: 'EMFILE' }));
      await turn();
      world.clock.advance(100);
    }
    await turn();
    expect([world.workers.length, world.readyCalls]).toEqual([3, 0]);
    world.clock.advance(1_000_000);
    expect(world.workers.length).toBe(3);
    world.awaitReady(clientAt(world));
    expect(world.workers.length).toBe(4);
    workerAt(world, 3).ready();
    await turn();
    expect(world.readyCalls).toBe(0);
    await world.closeAll();
  });

  it('have a caller of ready() wait for all of them, and no longer than its time', async () => {
    const world = worldOf({ size: 3, minWorkers: 2 });
    world.awaitReady(clientAt(world));
    expect(world.runtime.keepAlive.open).toBe(1);
    workerAt(world, 0).ready();
    await turn();
    expect(world.readyCalls).toBe(1);
    workerAt(world, 1).ready();
    await turn();
    expect([world.readyCalls, world.runtime.keepAlive.open, world.clock.pending]).toEqual([0, 0, 1]);
    const client = clientAt(world).client;
    await expect(client.whenReady(0, () => new Error('late'))).resolves.toBeUndefined();
    world.die(workerAt(world, 0), null, 'SIGKILL');
    await expect(client.whenReady(0, () => new Error('late'))).rejects.toThrow('late');
    const late = client.whenReady(50, () => new Error('late'));
    world.clock.advance(50);
    await expect(late).rejects.toThrow('late');
    expect(world.runtime.keepAlive.open).toBe(0);
    await world.closeAll();
  });

  it('end a call of ready() with the runtime', async () => {
    for (const end of ['close', 'terminate'] as const) {
      const world = worldOf({ size: 1, minWorkers: 1 });
      const own = world.runtime.ready(undefined);
      own.catch(() => undefined);
      world.awaitReady(clientAt(world));
      if (end === 'close') await world.closeAll();
      else await world.terminateAll();
      await expect(own).rejects.toThrow('the WorkerRuntime was closed');
    }
  });

  it('and their comings and goings for 8 hours leave no worker, timer or listener', async () => {
    const world = worldOf({ size: 8, minWorkers: 2, mostStarting: 2, idleTimeout: 30_000 });
    const fn = functionOf(world, 'long');
    const hours = 8 * 3600_000;
    let peak = 0;
    for (let at = 0; at < hours; at += 60_000) {
      // Bursts of work that grow and shrink, and minutes without any.
      const burst = Math.max(0, Math.round(8 * Math.sin(at / 400_000)));
      for (let i = 0; i < burst; i++) call(world, fn, world.item(false));
      await turn();
      while (workersOf(world, 'starting').length > 0) {
        workersOf(world, 'starting')[0]?.ready();
        await turn();
      }
      for (const worker of workersOf(world, 'ready')) worker.runAll(endOf, LONG);
      await world.comeToRest();
      peak = Math.max(peak, workersOf(world, 'ready').length);
      world.clock.advance(60_000);
      for (const worker of world.workers) if (!worker.isOver && worker.isAskedToEnd) world.die(worker, 0, null);
      await turn();
      expect(workersOf(world, 'ready').length).toBe(2);
      for (let i = world.workers.length - 1; i >= 0; i--) {
        const worker = workerAt(world, i);
        if (!worker.isOver) continue;
        world.workers.splice(i, 1);
      }
    }
    expect(peak).toBe(8);
    expect(world.runtime.stats()).toMatchObject({ workers: 2, queued: 0, running: 0, lostWorkers: 0 });
    await world.closeAll();
  });
});

describe('the finalizer', () => {
  const ofOne = (shape: Parameters<typeof worldOf>[0] = {}) => readyWorld({ size: 1, hasFinalizer: true, ...shape });

  it('has finalizerTimeout; then its worker is ended, and that is a late error', async () => {
    const world = await ofOne();
    const closing = world.runtime.lifecycle.close();
    await turn();
    const worker = workerAt(world, 0);
    expect([worker.finalizes, worker.isKilled]).toEqual([true, false]);
    world.clock.advance(FINALIZER_TIMEOUT - 1);
    expect(worker.isKilled).toBe(false);
    world.clock.advance(1);
    expect([worker.isKilled, worker.isKilledByForce]).toEqual([true, false]);
    expect(world.runtime.stats().lateErrors).toBe(1);
    expect(world.warnings).toEqual([
      expect.objectContaining({ message: "the finalizer 'end' took longer than finalizerTimeout (2000 ms); worker 1 was ended" }),
    ]);
    worker.die();
    await closing;
    expect(world.runtime.stats().lostWorkers).toBe(0);
    expect(world.clock.pending).toBe(0);
  });

  it('has killGrace from terminate() on, also where it runs already', async () => {
    for (const already of [false, true]) {
      const world = await ofOne();
      const closing = already ? world.runtime.lifecycle.close() : undefined;
      await turn();
      world.clock.advance(already ? 1000 : 0);
      world.terminateRuntime();
      const worker = workerAt(world, 0);
      expect([worker.finalizes, worker.isKilled]).toEqual([true, false]);
      world.clock.advance(KILL_GRACE - 1);
      expect(worker.isKilled).toBe(false);
      world.clock.advance(1);
      expect(worker.isKilled).toBe(true);
      // It is what the caller wanted.
      expect(world.runtime.stats().lateErrors).toBe(0);
      worker.die();
      await Promise.all([closing, world.ending]);
    }
  });

  it('has no more time after terminate() than it had before', async () => {
    const world = await ofOne();
    const closing = world.runtime.lifecycle.close();
    await turn();
    world.clock.advance(FINALIZER_TIMEOUT - 10);
    world.terminateRuntime();
    world.clock.advance(10);
    expect(workerAt(world, 0).isKilled).toBe(true);
    workerAt(world, 0).die();
    await closing;
  });

  it('is left out by a kill by force, and in a worker that is busy or starting', async () => {
    for (const how of ['force', 'busy', 'starting'] as const) {
      const world = how === 'starting' ? worldOf({ hasFinalizer: true, startsAtOnce: true }) : await ofOne();
      if (how === 'busy') {
        call(world, functionOf(world, 'tiny'), 1);
        await turn();
        workerAt(world, 0).begin();
      }
      world.isEnding = true;
      const gone = world.runtime.lifecycle.terminate(() => new Error('the runtime was terminated'), how === 'force');
      const worker = workerAt(world, 0);
      expect([worker.isKilled, worker.finalizes]).toEqual([true, false]);
      worker.die();
      await gone;
    }
  });

  it('is run by as many workers as serve at most, while others wait to be replaced', async () => {
    const world = await readyWorld({ size: 2, hasFinalizer: true, maxTasks: 1 });
    const fn = functionOf(world, 'tiny');
    for (const item of numbers(1, 9)) call(world, fn, item);
    await turn();
    for (let round = 0; round < 2; round++) {
      for (const worker of workersOf(world, 'ready')) worker.runAll(endOf, TINY);
      for (const worker of workersOf(world, 'starting')) worker.ready();
      await turn();
    }
    const living = () => world.workers.filter(({ isOver }) => !isOver);
    expect(living().length).toBe(4);
    expect(new Set(living().map(({ lane }) => lane.index))).toEqual(new Set([0, 1, 2, 3]));
    for (const worker of workersOf(world, 'ready')) worker.runAll(endOf, TINY);
    await turn();
    expect(living().length).toBe(4);
    world.die(living()[0] as FakeTransport, 0, null);
    await turn();
    expect(living().length).toBe(4);
    await world.comeToRest();
    await world.closeAll();
  });

  it('that cannot be sent breaks the facades, before a worker starts', async () => {
    const { workers, share } = resolveRuntime({ workers: 1, finalizer: (() => world) as () => World });
    const world = worldOf();
    const runtime = new RuntimeCore(workers, share, false, {
      clock: world.clock,
      transports: () => fakeTransports('claims', {}, () => undefined),
    });
    const broken: unknown[] = [];
    const brokenError = (cause: unknown) => {
      broken.push(cause);
      return new Error('broken');
    };
    const client = runtime.openClient({ ...clientAt(world).client.options, brokenError });
    const job = new CallJob(functionOf(world, 'tiny'), [1], world.settings({}), { jobSettled: () => undefined });
    client.submit(job, 1);
    await vi.waitFor(() => expect(job.isOver).toBe(true));
    expect(broken[0]).toMatchObject({ code: 'ERR_TWINPOOL_TASK_SERIALIZATION' });
    expect(runtime.stats().workers).toBe(0);
  });
});
