/**
 * Simulates the runtime: users, workers and time act in random order. After every step the runtime must agree with the book of
 * simulation/world.ts. A failing run is shrunk and printed with its seed.
 */
import fc from 'fast-check';
import { afterAll, describe, it } from 'vitest';
import {
  type ClientShape,
  clientOf,
  type Entry,
  endOf,
  KILL_GRACE,
  PLACES,
  RETRIES,
  TASK_TIMEOUT,
  turn,
  World,
  type WorldShape,
  worldOf,
} from './simulation/world.ts';

/** `npm run model -- --runs 10000 --seed 7 --path 12:3` sets these. */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 1000);
const replay = {
  ...(process.env['MODEL_SEED'] === undefined ? {} : { seed: Number(process.env['MODEL_SEED']) }),
  ...(process.env['MODEL_PATH'] === undefined ? {} : { path: process.env['MODEL_PATH'] }),
};
let runs = 0;
let commands = 0;

type Deed = (world: World, a: number, b: number) => void;

const pick = <T>(from: readonly T[], by: number): T | undefined => (from.length === 0 ? undefined : from[by % from.length]);
const workersThat = (world: World, what: (worker: World['workers'][number]) => boolean) =>
  world.workers.filter((worker) => worker.isStarted && !worker.isOver && what(worker));
const entries = (world: World, kind: Entry['kind']) => [...world.book.values()].filter((entry) => entry.kind === kind && !entry.isClosed);

function settingsFor(world: World, owner: World['clients'][number], b: number) {
  return world.settings({
    priority: b % 5 === 0 ? 1 : b % 7 === 0 ? -1 : 0,
    signal: b % 4 === 0 ? world.signals[b % 2]?.signal : undefined,
    taskTimeout: b % 6 === 0 ? TASK_TIMEOUT : Number.POSITIVE_INFINITY,
    retries: owner.shape.onLoss === 'retry' ? RETRIES : 0,
    onReport: b % 3 === 0 ? (value, index) => world.heard(value, index) : undefined,
  });
}

const items = (world: World, count: number, b: number) =>
  Array.from({ length: count }, (_, i) => (b % 7 === 3 && i === b % count ? world.trap() : world.item(b % 9 === 0 && i === b % count)));

/** What users do from inside their own code. */
const INSIDE = ['call', 'map', 'stream', 'broadcast', 'take', 'leave', 'cancel', 'abort', 'close', 'terminate', 'shutDown'] as const;

const deeds: Record<string, Deed> = {
  call(world, a, b) {
    const owner = pick(world.clients, a);
    const fn = pick(world.functions, b);
    if (owner === undefined || fn === undefined) return;
    const again = b % 3 === 0 ? () => void world.call(owner, fn, world.item(false), settingsFor(world, owner, a)) : undefined;
    world.call(owner, fn, b % 7 === 3 ? world.trap() : world.item(b % 13 === 0), settingsFor(world, owner, b), again);
  },
  map(world, a, b) {
    const owner = pick(world.clients, a);
    const fn = pick(world.functions, b);
    if (owner === undefined || fn === undefined) return;
    world.map(owner, fn, items(world, 1 + (b % 9), a), b % 3 === 0 ? 1 + (a % 4) : undefined, settingsFor(world, owner, a + b));
  },
  broadcast(world, a, b) {
    const owner = pick(world.clients, a);
    const fn = pick(world.functions, b);
    if (owner !== undefined && fn !== undefined) world.broadcast(owner, fn, world.item(false), settingsFor(world, owner, b));
  },
  stream(world, a, b) {
    const owner = pick(world.clients, a);
    const fn = pick(world.functions, b);
    if (owner === undefined || fn === undefined) return;
    const input = pick(['items', 'sync', 'async'] as const, a + b) ?? 'items';
    const how = {
      input,
      window: input === 'items' ? Number.POSITIVE_INFINITY : 1 + (a % 6),
      ordered: b % 2 === 0,
      chunksize: a % 3 === 0 ? 1 + (b % 3) : undefined,
      eager: a % 5 === 0,
      failsAt: b % 8 === 0 ? a % 5 : Number.POSITIVE_INFINITY,
      tellsProgress: b % 3 === 0,
    };
    world.stream(owner, fn, items(world, 1 + (b % 9), a), how, settingsFor(world, owner, a + b));
  },
  take(world, a) {
    const entry = pick(entries(world, 'stream'), a);
    if (entry !== undefined) world.take(entry);
  },
  leave(world, a, b) {
    const entry = pick(entries(world, 'stream'), a);
    if (entry !== undefined && b % 3 === 0) world.leave(entry);
  },
  cancel(world, a) {
    const entry = pick(entries(world, 'call'), a);
    if (entry !== undefined) world.cancel(entry);
  },
  abort(world, a, b) {
    if (b % 2 === 0) world.abort(a % 2);
  },
  close(world, a, b) {
    const owner = pick(world.clients, a);
    if (owner !== undefined && b % 6 === 0) world.closeClient(owner);
  },
  terminate(world, a, b) {
    const owner = pick(world.clients, a);
    if (owner !== undefined && b % 9 === 0) world.terminateClient(owner);
  },
  shutDown(world, a, b) {
    const owner = pick(world.clients, a);
    if (owner !== undefined && b % 6 === 0) world.cancelWaiting(owner);
  },
  plot(world, a, b) {
    const place = pick(PLACES, a);
    const what = pick(INSIDE, b);
    if (place !== undefined && what !== undefined) world.plot(place, () => deeds[what]?.(world, b, a * 3));
  },
  answerSchema(world) {
    world.answerSchema();
  },
  preload(world, a) {
    pick(
      workersThat(world, ({ lane }) => lane.isLoading),
      a,
    )?.preload();
  },
  awaitReady(world, a) {
    const owner = pick(world.clients, a);
    if (owner !== undefined) world.awaitReady(owner);
  },
  ready(world, a) {
    pick(
      workersThat(world, ({ lane }) => lane.state === 'starting'),
      a,
    )?.ready();
  },
  failToStart(world, a, b) {
    const worker = pick(
      workersThat(world, ({ lane }) => lane.state === 'starting'),
      a,
    );
    if (worker === undefined || b % 3 > 0) return;
    world.startsFailed = true;
    if (b % 2 === 0) worker.failToStart([0, 'no such initializer']);
    else world.die(worker, 1, null);
  },
  begin(world, a) {
    pick(
      workersThat(world, ({ mayStart }) => mayStart),
      a,
    )?.begin(a);
  },
  finish(world, a, b) {
    const worker = pick(
      workersThat(world, ({ isBusy }) => isBusy),
      a,
    );
    const task = pick(worker?.runningTasks ?? [], b);
    if (worker === undefined || task === undefined) return;
    const usual = { tiny: 3, short: 80, middling: 1500, long: 20_000 }[task.job.fn.name] ?? 1;
    worker.complete(endOf(task), b % 10 === 0 ? 30_000 : usual, task);
  },
  flush(world, a) {
    pick(
      workersThat(world, () => true),
      a,
    )?.flush();
  },
  deliver(world, a) {
    pick(
      workersThat(world, ({ hasAnswers }) => hasAnswers),
      a,
    )?.deliver();
  },
  work(world, a, b) {
    pick(
      workersThat(world, ({ lane }) => lane.state !== 'starting'),
      a,
    )?.runAll(endOf, [3, 80, 1500, 20_000][b % 4] as number);
  },
  die(world, a, b) {
    const worker = pick(
      workersThat(world, ({ lane }) => lane.state !== 'starting'),
      a,
    );
    if (worker !== undefined && b % 2 === 0) world.die(worker, null, 'SIGKILL');
  },
  goAsTold(world, a) {
    const worker = pick(
      workersThat(world, ({ isKilled, isAskedToEnd }) => isKilled || isAskedToEnd),
      a,
    );
    if (worker !== undefined) world.die(worker, 0, null);
  },
  failLate(world, a, b) {
    const worker = pick(
      workersThat(world, ({ lane }) => lane.state === 'ready' || lane.state === 'retiring'),
      a,
    );
    if (worker !== undefined && b % 3 === 0) world.failLate(worker);
  },
  failLateAndGoOn(world, a, b) {
    const worker = pick(
      workersThat(world, ({ lane, isBusy }) => lane.size > 1 && isBusy && lane.state === 'ready'),
      a,
    );
    if (worker === undefined || b % 3 > 0) return;
    world.failLateAndGoOn(worker);
  },
  block(world, a, b) {
    const worker = pick(
      workersThat(world, ({ lane }) => lane.size > 1),
      a,
    );
    if (worker !== undefined) worker.isBlocked = b % 2 === 0;
  },
  report(world, a) {
    const worker = pick(
      workersThat(world, ({ isBusy }) => isBusy),
      a,
    );
    if (worker !== undefined) world.report(worker);
  },
  join(world, a, b) {
    if (world.clients.length < 4) world.join(clientOf({ maxLanes: 1 + (a % 4), onLoss: b % 4 === 0 ? 'break' : 'fail' }));
  },
  runOut(world, a) {
    // No descriptors or no memory: a later start may succeed.
    const worker = pick(
      workersThat(world, ({ lane }) => lane.state === 'starting'),
      a,
    );
    world.startsFailed ||= worker !== undefined;
    worker?.die(null, null, Object.assign(new Error('no descriptors'), { code: 'EMFILE' }));
  },
  lie(world, a, b) {
    const worker = pick(
      workersThat(world, ({ lane }) => lane.state === 'ready'),
      a,
    );
    if (b % 10 === 0) worker?.answerTooMuch();
  },
  turn(world, a) {
    pick(
      workersThat(world, () => true),
      a,
    )?.turn();
  },
  time(world, a) {
    world.clock.advance([1, 20, 100, TASK_TIMEOUT + 1, KILL_GRACE + 1][a % 5] as number);
  },
};

/** How often: users and workers do much more than things go wrong. */
const often: readonly (keyof typeof deeds)[] = [
  'call',
  'map',
  'stream',
  'broadcast',
  'take',
  'plot',
  'answerSchema',
  'ready',
  'begin',
  'finish',
  'deliver',
  'work',
];
const step = fc.tuple(fc.constantFrom(...often, ...often, ...often, ...Object.keys(deeds)), fc.nat(99), fc.nat(99));

const client = fc.record({
  maxLanes: fc.constantFrom(1, 2, 4, 4, 4),
  maxQueue: fc.constantFrom(0, 2, 10, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
  onLoss: fc.constantFrom('fail', 'fail', 'retry', 'break'),
});

const shape: fc.Arbitrary<WorldShape> = fc.record({
  size: fc.integer({ min: 1, max: 4 }),
  slots: fc.constantFrom(1, 1, 1, 2, 3, 7),
  startTracking: fc.constantFrom('claims', 'budget'),
  maxTasks: fc.constantFrom(1, 2, 3, 7, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
  startsAtOnce: fc.boolean(),
  idleTimeout: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 50),
  minWorkers: fc.constantFrom(0, 0, 1, 3),
  mostStarting: fc.constantFrom(1, 2, 1024),
  hasFinalizer: fc.boolean(),
  clients: fc.array(client, { minLength: 1, maxLength: 3 }),
});

async function live(shape: WorldShape, steps: readonly [string, number, number][]): Promise<World> {
  const world = new World(shape);
  runs += 1;
  commands += steps.length;
  for (const [name, a, b] of steps) {
    deeds[name]?.(world, a, b);
    await turn();
    world.inspect();
  }
  return world;
}

describe('whatever users, workers and time do', () => {
  it('all work ends as it may, nothing is stranded, and the counters agree', async () => {
    await fc.assert(
      fc.asyncProperty(shape, fc.array(step, { maxLength: 60, size: 'max' }), async (shape, steps) => {
        const world = await live(shape, steps);
        await world.comeToRest();
        await world.closeAll();
      }),
      { ...replay, numRuns: RUNS },
    );
  }, 600_000);

  it('a runtime can be terminated at any moment', async () => {
    await fc.assert(
      fc.asyncProperty(shape, fc.array(step, { maxLength: 50, size: 'max' }), async (shape, steps) => {
        const world = await live(shape, steps);
        await world.terminateAll();
      }),
      { ...replay, numRuns: Math.ceil(RUNS / 4) },
    );
  }, 600_000);

  it('a runtime can be closed at any moment', async () => {
    await fc.assert(
      fc.asyncProperty(shape, fc.array(step, { maxLength: 50, size: 'max' }), async (shape, steps) => {
        const world = await live(shape, steps);
        await world.closeAllNow();
      }),
      { ...replay, numRuns: Math.ceil(RUNS / 4) },
    );
  }, 600_000);
});

/** Counterexamples of faults that were mended. At their end all comes to rest, or the runtime is closed (`closes`). */
const KEPT: readonly [string, Partial<ClientShape>[], Partial<WorldShape> & { closes?: boolean }, [string, number, number][]][] = [
  [
    'a map is aborted by the progress that its answer makes',
    [{ maxLanes: 1, maxQueue: 10 }],
    { maxTasks: 7 },
    [
      ['map', 4, 24],
      ['ready', 0, 0],
      ['begin', 0, 0],
      ['finish', 0, 11],
      ['turn', 0, 0],
      ['plot', 92, 56],
    ],
  ],
  [
    'the consumer of a stream takes an error and asks on while the runtime is closed',
    [{ maxLanes: 1, maxQueue: 0 }],
    { maxTasks: 1, closes: true },
    [
      ['call', 0, 1],
      ['call', 0, 40],
      ['ready', 0, 0],
      ['stream', 30, 76],
      ['work', 0, 0],
    ],
  ],
  [
    'the callback of a task that cannot be sent leaves a stream whose task cannot be sent either',
    [{ maxLanes: 1, maxQueue: 0 }],
    { size: 2 },
    [
      ['call', 0, 10],
      ['stream', 0, 4],
      ['plot', 42, 5],
      ['broadcast', 0, 4],
    ],
  ],
  [
    'a broadcast comes back with the tasks that another worker gets',
    [{ maxLanes: 1, maxQueue: 0 }, { maxLanes: 1 }, { maxLanes: 2 }],
    { size: 3, maxTasks: 7, startTracking: 'claims', mostStarting: 1 },
    [
      ['broadcast', 68, 0],
      ['call', 67, 19],
      ['join', 21, 0],
      ['broadcast', 95, 0],
      ['call', 69, 0],
      ['call', 39, 0],
      ['broadcast', 87, 0],
      ['call', 46, 42],
      ['map', 74, 42],
      ['broadcast', 0, 0],
    ],
  ],
  [
    'a stream reads an item that its schema refuses while a range of its results is delivered',
    [{ maxLanes: 1, maxQueue: 10 }],
    { size: 1, maxTasks: 3, mostStarting: 1 },
    [
      ['call', 0, 16],
      ['stream', 0, 29],
      ['ready', 0, 0],
      ['begin', 0, 0],
      ['call', 0, 0],
      ['call', 0, 11],
      ['call', 0, 32],
      ['call', 0, 6],
      ['call', 0, 0],
      ['finish', 0, 1],
      ['call', 0, 0],
      ['stream', 0, 66],
      ['stream', 0, 83],
      ['stream', 45, 70],
    ],
  ],
  [
    'a call is cancelled while its message is being made',
    [{ maxQueue: 10 }, { maxQueue: 0 }, { maxQueue: 0 }],
    {},
    [
      ['stream', 4, 0],
      ['plot', 43, 75],
      ['plot', 92, 0],
    ],
  ],
  [
    'an input is left while its last answer is under way',
    [{ maxLanes: 1, maxQueue: 0 }],
    { maxTasks: 1 },
    [
      ['plot', 94, 66],
      ['stream', 87, 77],
    ],
  ],
  [
    'what is left of a map is refused by its schema, and a call waits behind it',
    [{ maxQueue: 0 }],
    { size: 3, maxTasks: 1, startsAtOnce: true },
    [
      ['map', 0, 47],
      ['ready', 0, 0],
      ['answerSchema', 0, 0],
      ['work', 0, 0],
      ['call', 0, 72],
      ['answerSchema', 0, 0],
      ['ready', 0, 0],
      ['answerSchema', 0, 0],
    ],
  ],
  [
    'a callback of a task that was lost with its worker terminates the facade of another one',
    [{ maxLanes: 1, maxQueue: 0 }],
    { slots: 3, closes: true },
    [
      ['call', 0, 0],
      ['ready', 0, 0],
      ['stream', 1, 0],
      ['plot', 42, 98],
      ['begin', 16, 0],
      ['begin', 21, 0],
      ['die', 0, 0],
    ],
  ],
  [
    'a long task comes to lie alone behind another one when the task between them has left',
    [{ maxLanes: 1, maxQueue: 0 }],
    { size: 3, startTracking: 'claims', startsAtOnce: true, mostStarting: 1 },
    [
      ['ready', 0, 0],
      ['ready', 0, 0],
      ['join', 5, 0],
      ['map', 17, 22],
      ['ready', 0, 0],
      ['broadcast', 0, 0],
      ['call', 3, 22],
      ['work', 0, 0],
      ['work', 22, 0],
      ['work', 0, 93],
      ['work', 34, 55],
    ],
  ],
];

describe('what went wrong once', () => {
  it.each(KEPT)('%s', async (_, clients, { closes, ...shape }, steps) => {
    const world = await live({ ...worldOf().shape, ...shape, clients: clients.map(clientOf) }, steps);
    if (closes) {
      await world.closeAllNow();
      return;
    }
    await world.comeToRest();
    await world.closeAll();
  });
});

afterAll(() => {
  if (process.env['MODEL_RUNS'] !== undefined) console.log(`${runs} runs, ${commands} commands`);
});
