/**
 * A blocked program [R6]: an answer that arrived before a time limit wins, however late the program reads it.
 *
 * The limit starts, the worker answers, and this thread stays blocked until long after the limit, so timer and answer are due in the same turn.
 * Runs one class of each API, one with threads and one with processes, or all four with MATRIX=all (`npm run test:all`).
 */
import { existsSync, readdirSync } from 'node:fs';
import { block, type Gate, isRunning, limitFor, makeGate, within } from '@twinpool/testkit';
import { describe, isWhole, test } from '@twinpool/testkit/sample';
import { echo, hold, holdOrAbort, mark, place } from '@twinpool/testkit/tasks';
import { asCompleted, type Pool, type ProcessPoolExecutor, TaskTimeoutError, TimeoutError, taskRef, WorkerLostError, wait } from 'twinpool';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { type Face, type FaceName, NAMES, openFace } from './faces.ts';

const { initialize, markAndExit, markLarge, markOf } = taskRef<typeof import('./fixtures/blocked-tasks.mjs')>(
  new URL('./fixtures/blocked-tasks.mjs', import.meta.url),
);

/** ms: short for a limit, long enough for a call to be made. */
const LIMIT = 100;
/** Bytes: more than a pipe holds, many times. */
const LARGE = 4 * 2 ** 20;
/** From a task's last line to its answer in the channel, ms; several times a whole call where the machine is slow. */
let answered = 100;

const FACES: readonly FaceName[] = isWhole ? NAMES : ['ThreadPool', 'ProcessPoolExecutor'];

/** A call of `mark` is answered within LIMIT, or later: this thread looks when it is there and LIMIT is over. */
function blockUntilAnswered(gate: Gate, count = 1): void {
  const begun = performance.now();
  while (gate.arrivals().length < count) block(5);
  block(Math.max(answered, LIMIT + 50 - (performance.now() - begun)));
}

/** A worker is there, and the functions are found and loaded. */
async function warm(face: Face): Promise<void> {
  const first = makeGate();
  await face.submit(mark, [first.path, 0]).outcome();
  await face.submit(markOf, [first.path]).outcome();
  const begun = performance.now();
  await face.submit(markLarge, [first.path, 1]).outcome();
  answered = Math.max(answered, 5 * (performance.now() - begun));
}

async function warmFace(name: FaceName, options: Readonly<Record<string, unknown>> = {}): Promise<{ face: Face; gate: Gate }> {
  const face = openFace(name, options);
  onTestFinished(() => face.kill());
  await warm(face);
  return { face, gate: makeGate() };
}

type PoolCase = (pool: Pool, path: string, look: () => void) => Promise<unknown>;
type ExecutorCase = (executor: ProcessPoolExecutor, path: string, look: () => void) => Promise<unknown>;

const OF_POOLS: Record<string, PoolCase> = {
  get: async (pool, path, look) => {
    const answer = pool.applyAsync(mark, [path, 1]).get(LIMIT);
    look();
    expect(await answer).toBe(1);
  },
  'get of a map': async (pool, path, look) => {
    const answer = pool.starmapAsync(mark, [[path, 1]]).get(LIMIT);
    look();
    expect(await answer).toEqual([1]);
  },
  exception: async (pool, path, look) => {
    const answer = pool.applyAsync(mark, [path, 1]).exception(LIMIT);
    look();
    expect(await answer).toBeUndefined();
  },
  wait: async (pool, path, look) => {
    const result = pool.applyAsync(mark, [path, 1]);
    const waiting = result.wait(LIMIT);
    look();
    await waiting;
    expect(result.ready()).toBe(true);
  },
  'next of imap': async (pool, path, look) => {
    const step = pool.imap(markOf, [path]).next(LIMIT);
    look();
    expect(await step).toEqual({ done: false, value: path });
  },
  'next of imapUnordered': async (pool, path, look) => {
    const step = pool.imapUnordered(markOf, [path]).next(LIMIT);
    look();
    expect(await step).toEqual({ done: false, value: path });
  },
  join: async (pool, path, look) => {
    const result = pool.applyAsync(mark, [path, 1]);
    pool.close();
    const end = pool.join(5 * LIMIT);
    look();
    block(6 * LIMIT);
    await end;
    expect(await result).toBe(1);
  },
};

const OF_EXECUTORS: Record<string, ExecutorCase> = {
  result: async (executor, path, look) => {
    const answer = executor.submit(mark, path, 1).result(LIMIT);
    look();
    expect(await answer).toBe(1);
  },
  exception: async (executor, path, look) => {
    const answer = executor.submit(mark, path, 1).exception(LIMIT);
    look();
    expect(await answer).toBeUndefined();
  },
  wait: async (executor, path, look) => {
    const answer = wait([executor.submit(mark, path, 1)], { timeout: LIMIT });
    look();
    expect((await answer).done.size).toBe(1);
  },
  asCompleted: async (executor, path, look) => {
    const future = executor.submit(mark, path, 1);
    const step = asCompleted([future], { timeout: LIMIT }).next();
    look();
    expect((await step).value).toBe(future);
  },
  'asCompleted, asked after the block': async (executor, path, look) => {
    const future = executor.submit(mark, path, 1);
    const completed = asCompleted([future], { timeout: LIMIT });
    look();
    expect((await completed.next()).value).toBe(future);
  },
  map: async (executor, path, look) => {
    const step = executor.map(mark, [path], [1], { timeout: LIMIT }).next();
    look();
    expect(await step).toEqual({ done: false, value: 1 });
  },
  'map, asked after the block': async (executor, path, look) => {
    const results = executor.map(mark, [path], [1], { timeout: LIMIT });
    look();
    expect(await results.toArray()).toEqual([1]);
  },
  shutdown: async (executor, path, look) => {
    const future = executor.submit(mark, path, 1);
    const end = executor.shutdown({ timeout: 5 * LIMIT });
    look();
    block(6 * LIMIT);
    await end;
    expect(await future).toBe(1);
  },
};

/** The cases that close their facade: they need one of their own. */
const CLOSING: ReadonlySet<string> = new Set(['join', 'shutdown']);

describe.each(FACES)('%s, blocked beyond a limit: the answer wins [R6]', (name) => {
  const cases = name.endsWith('Executor') ? OF_EXECUTORS : OF_POOLS;
  let shared: Face;
  beforeAll(() => {
    shared = openFace(name);
  });
  afterAll(() => shared.kill());

  test.each(Object.keys(cases))('%s', async (what) => {
    const face = CLOSING.has(what) ? (await warmFace(name)).face : shared;
    if (face === shared) await warm(face);
    const gate = makeGate();
    await within((cases[what] as PoolCase & ExecutorCase)(face.facade as never, gate.path, () => blockUntilAnswered(gate)));
  });

  test('taskTimeout', async () => {
    const { face, gate } = await warmFace(name);
    const answer = face.submit(mark, [gate.path, 1], { taskTimeout: LIMIT }).outcome();
    blockUntilAnswered(gate);
    expect(await answer).toBe(1);
    expect(face.stats().replacedWorkers).toBe(0);
  });

  test('the grace of an aborted task that ends', async () => {
    const { face, gate } = await warmFace(name, { killGrace: LIMIT });
    const before = await face.submit(place, []).outcome();
    const controller = new AbortController();
    const aborted = face.submit(holdOrAbort, [gate.path], { signal: controller.signal }).outcome();
    aborted.catch(() => undefined);
    await gate.entered();
    controller.abort();
    blockUntilAnswered(gate, 2);
    await expect(aborted).rejects.toMatchObject({ name: 'CancelledError' });
    expect(await face.submit(place, []).outcome()).toEqual(before);
  });

  test('startTimeout, with and without an initializer', async () => {
    // Each start is over when the blocked time is.
    const startTimeout = await limitFor(() => warmFace(name, { initializer: initialize }), 1000);
    const faces = [{}, { initializer: initialize }].map((options) => openFace(name, { startTimeout, ...options }));
    onTestFinished(() => Promise.all(faces.map((face) => face.kill())).then(() => undefined));
    const answers = faces.map((face) => face.submit(echo, [1]).outcome());
    block(startTimeout + 500);
    expect(await Promise.all(answers)).toEqual([1, 1]);
    for (const face of faces) expect(face.stats()).toMatchObject({ lostWorkers: 0, replacedWorkers: 0 });
  });

  test('idleTimeout', async () => {
    const { face, gate } = await warmFace(name, { idleTimeout: 4 * LIMIT });
    const before = await face.submit(place, []).outcome();
    const answer = face.submit(mark, [gate.path, 1]).outcome();
    blockUntilAnswered(gate);
    block(5 * LIMIT);
    await answer;
    expect(await face.submit(place, []).outcome()).toEqual(before);
  });

  test('a result of many turns', async () => {
    const { face, gate } = await warmFace(name);
    const begun = performance.now();
    await face.submit(markLarge, [makeGate().path, LARGE]).outcome();
    const took = performance.now() - begun;
    const answer = face.submit(markLarge, [gate.path, LARGE], { taskTimeout: LIMIT }).outcome();
    blockUntilAnswered(gate);
    // Its bytes have to be made, and a pipe takes the first of them only.
    block(Math.max(10 * LIMIT, 5 * took));
    expect(await answer).toHaveLength(LARGE);
    expect(face.stats().replacedWorkers).toBe(0);
  });

  test('the end of a worker', async () => {
    const { face, gate } = await warmFace(name);
    const threads = threadsNow();
    const answer = limited(face, markAndExit, gate.path);
    blockUntilAnswered(gate);
    const [worker] = gate.arrivals();
    while (face.kind === 'thread' ? threadsNow() >= threads : isRunning(worker?.pid as number)) block(5);
    block(answered);
    await expect(answer).rejects.toBeInstanceOf(WorkerLostError);
  });

  test('what is not there is too late', async () => {
    const { face, gate } = await warmFace(name);
    const answer = limited(face, hold, gate.path);
    block(2 * LIMIT);
    await expect(answer).rejects.toBeInstanceOf(TimeoutError);
    const limitedTask = face.submit(hold, [gate.path, 2], { taskTimeout: LIMIT }).outcome();
    gate.open();
    expect(await limitedTask).toBe(2);
    const stuck = face.submit(hold, [makeGate().path, 3], { taskTimeout: LIMIT }).outcome();
    stuck.catch(() => undefined);
    block(2 * LIMIT);
    await expect(stuck).rejects.toBeInstanceOf(TaskTimeoutError);
  });
});

/** The threads of this program; without /proc 0, then -1: none to wait for. */
function threadsNow(): number {
  return existsSync('/proc/self/task') ? readdirSync('/proc/self/task').length : Number.NEGATIVE_INFINITY;
}

/** The outcome of one call within LIMIT. */
function limited({ api, facade }: Face, task: typeof markAndExit | typeof hold, path: string): Promise<unknown> {
  return api === 'pool'
    ? (facade as Pool).applyAsync(task as typeof hold, [path, 1]).get(LIMIT)
    : (facade as ProcessPoolExecutor).submit(task as typeof hold, path, 1).result(LIMIT);
}
