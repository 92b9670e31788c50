/**
 * Lists the features beyond Python's two APIs for the matrix: how a facade gets each one, and how a test sees that it works.
 *
 * `prove` runs while the facade is open, `proveEnd` after an orderly end. Both must hold with every other feature on. The inline runtime is not here:
 * it has no worker that can be lost (inline.test.ts).
 */
import { readdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type Gate, makeGate, outcome, until } from '@twinpool/testkit';
import { fail, hold, holdItem, square } from '@twinpool/testkit/tasks';
import { expect } from 'vitest';
import { fillMemory, inspector, leave, print, sendBack, surroundings } from '../fixtures/features/tasks.mjs';
import type { Facade, Options } from './facades.ts';

/** What a feature knows of the facade that it is tried on. */
export interface Trial {
  readonly kind: 'thread' | 'process';
  /** The finalizer marks it. */
  readonly gate: Gate;
}

export interface Feature {
  readonly name: string;
  readonly options: (trial: Trial) => Options;
  /** Only pools have it. */
  readonly isForPools?: boolean;
  /** Only workers that are processes have it. */
  readonly isForProcesses?: boolean;
  /** The option belongs to the workers: a facade on a borrowed runtime refuses it. */
  readonly isOfWorkers?: boolean;
  /** Options with a bad value, and the path that the error names. */
  readonly bad: readonly (readonly [options: object, path: string])[];
  /** The same of a call of `map`, which has the option. */
  readonly badOfCall?: readonly (readonly [options: object, path: string])[];
  /** A misspelled option, and the right name. */
  readonly misspelled?: readonly [wrong: string, right: string];
  readonly misspelledOfCall?: readonly [wrong: string, right: string];
  readonly prove: (facade: Facade, trial: Trial) => Promise<void>;
  /** `lived`: the workers that were there before the end. */
  readonly proveEnd?: (trial: Trial, lived: readonly number[]) => void;
}

export const WORKERS = 2;
const SLOTS = 3;
/** Bytes of a buffer that goes through a file. */
const LARGE = 3 * 2 ** 20;
const directory = realpathSync(tmpdir());
/** Bytes: more than a fresh worker uses. */
const MOST_MEMORY = { thread: 120_000_000, process: 300_000_000 };

/** The ports of this test process; a worker takes the next ones by its index. They are below those that the system gives to connections. */
const FIRST_PORT = 10_000 + (process.pid % 1_200) * 16;

export const FEATURES: readonly Feature[] = [
  {
    name: 'concurrentTasksPerWorker',
    options: () => ({ concurrentTasksPerWorker: SLOTS }),
    isOfWorkers: true,
    bad: [0, -1, 1.5, '2', Number.NaN].map((value) => [{ concurrentTasksPerWorker: value }, 'concurrentTasksPerWorker']),
    misspelled: ['concurrentTaskPerWorker', 'concurrentTasksPerWorker'],
    prove: async (facade) => {
      const gate = makeGate();
      const held = facade.map(holdItem, Array(WORKERS * SLOTS).fill(gate.path));
      const arrivals = await gate.entered(WORKERS * SLOTS);
      expect(new Set(arrivals.map(({ pid, threadId }) => `${pid} ${threadId}`)).size).toBe(WORKERS);
      gate.open();
      await held;
    },
  },
  {
    name: 'broadcast',
    options: () => ({}),
    bad: [],
    prove: async (facade) => {
      const places = await facade.broadcast(surroundings, [0]);
      expect(places).toHaveLength(WORKERS);
      expect(new Set(places.map(({ workerId }) => workerId)).size).toBe(WORKERS);
      const indexes = places.map(({ workerIndex }) => workerIndex);
      expect(indexes).toEqual([...indexes].sort((a, b) => a - b));
      // An error of one worker is the error of the call.
      expect(await outcome(facade.broadcast(fail, ['everywhere']))).toMatchObject({ ok: false, error: { message: 'everywhere' } });
    },
  },
  {
    name: 'finalizer',
    options: ({ gate }) => ({ finalizer: leave, finalargs: [gate.path], finalizerTimeout: 20_000 }),
    isOfWorkers: true,
    bad: [
      [{ finalizer: 3 }, 'finalizer'],
      [{ finalargs: [1] }, 'finalargs'],
      [{ finalizer: leave, finalargs: 'x' }, 'finalargs'],
      [{ finalizer: leave, finalizerTimeout: -1 }, 'finalizerTimeout'],
    ],
    misspelled: ['finaliser', 'finalizer'],
    prove: async (facade) => {
      expect(await facade.call(square, [4])).toBe(16);
    },
    proveEnd: ({ gate }, lived) => {
      const marks = gate.labels().map(Number);
      expect(new Set(marks).size).toBe(marks.length);
      expect(marks).toEqual(expect.arrayContaining([...lived]));
    },
  },
  {
    name: 'maxMemoryPerChild',
    options: ({ kind }) => ({ maxMemoryPerChild: MOST_MEMORY[kind] }),
    isOfWorkers: true,
    bad: [0, -5, 2.5, '1 MB', Number.POSITIVE_INFINITY].map((value) => [{ maxMemoryPerChild: value }, 'maxMemoryPerChild']),
    misspelled: ['maxMemoryPerChildren', 'maxMemoryPerChild'],
    prove: async (facade, { kind }) => {
      const before = facade.stats().retiredForMemory;
      const workerId = await facade.call(fillMemory, [MOST_MEMORY[kind]]);
      await until(() => facade.stats().retiredForMemory > before, 'the worker retires');
      const later = await Promise.all([1, 2, 3, 4].map((item) => facade.call(surroundings, [item])));
      expect(later.map((place) => place.workerId)).not.toContain(workerId);
    },
  },
  {
    name: 'perWorker',
    options: () => ({ perWorker: ({ id, index }) => ({ workerData: { id, index } }) }),
    isOfWorkers: true,
    bad: [1, 'x', {}].map((value) => [{ perWorker: value }, 'perWorker']),
    misspelled: ['perworker', 'perWorker'],
    prove: async (facade) => {
      const { workerId, workerIndex, workerData } = await facade.call(surroundings, [0]);
      expect(workerData).toEqual({ id: workerId, index: workerIndex });
    },
  },
  {
    name: 'preload',
    options: () => ({ preload: [new URL('../fixtures/features/preloaded.mjs', import.meta.url)] }),
    isOfWorkers: true,
    bad: [
      [{ preload: 'x' }, 'preload'],
      [{ preload: [1] }, 'preload'],
      [{ preload: [''] }, 'preload'],
    ],
    misspelled: ['preloads', 'preload'],
    prove: async (facade) => {
      const places = await facade.map(surroundings, [1, 2, 3, 4]);
      expect(places.map(({ isPreloaded }) => isPreloaded)).toEqual([true, true, true, true]);
    },
  },
  {
    name: 'minWorkers',
    options: () => ({ minWorkers: WORKERS, idleTimeout: 1 }),
    isOfWorkers: true,
    bad: [-1, 0.5, WORKERS + 1, '1'].map((value) => [{ minWorkers: value }, 'minWorkers']),
    misspelled: ['minWorker', 'minWorkers'],
    prove: async (facade) => {
      await facade.ready();
      await until(() => facade.stats().workers === WORKERS, 'the fewest workers are there');
    },
  },
  {
    name: 'lowLatency: false',
    options: () => ({ lowLatency: false }),
    isOfWorkers: true,
    bad: [0, 'false', null].map((value) => [{ lowLatency: value }, 'lowLatency']),
    misspelled: ['lowLatancy', 'lowLatency'],
    prove: async (facade) => {
      expect(await facade.map(surroundings, [1, 2, 3])).toHaveLength(3);
    },
  },
  {
    name: 'waitForCapacity',
    options: () => ({ maxQueue: 20 }),
    bad: [-1, 0.5, '3', Number.NaN].map((value) => [{ maxQueue: value }, 'maxQueue']),
    misspelled: ['maxqueue', 'maxQueue'],
    prove: async (facade) => {
      const gate = makeGate();
      // Two more than all slots take.
      const held = Array.from({ length: WORKERS * SLOTS + 2 }, () => facade.call(hold, [gate.path, 'held']));
      await gate.entered(WORKERS);
      let isThere = false;
      const room = facade.waitForCapacity(1).then(() => {
        isThere = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect([isThere, facade.stats().queued > 0]).toEqual([false, true]);
      gate.open();
      await room;
      await Promise.all(held);
    },
  },
  {
    name: "stdio: 'pipe'",
    options: () => ({ stdio: 'pipe' }),
    isOfWorkers: true,
    bad: ['pipes', true, 1].map((value) => [{ stdio: value }, 'stdio']),
    misspelled: ['stdIo', 'stdio'],
    prove: async (facade) => {
      let printed = '';
      const read = (bytes: Buffer): void => {
        printed += String(bytes);
      };
      facade.stdout?.on('data', read);
      await facade.call(print, ['a line']);
      await until(() => printed.includes('a line\n'), 'the line is there');
      facade.stdout?.off('data', read);
    },
  },
  {
    name: 'batches',
    options: () => ({}),
    bad: [],
    prove: async (facade) => {
      expect(await facade.batches(square, [1, 2, 3, 4, 5])).toEqual([1, 4, 9, 16, 25]);
    },
  },
  {
    name: 'into',
    options: () => ({}),
    isForPools: true,
    bad: [],
    badOfCall: [[], {}, null, 8, new ArrayBuffer(8), new DataView(new ArrayBuffer(8))].map((value) => [{ into: value }, 'into']),
    misspelledOfCall: ['int', 'into'],
    prove: async (facade) => {
      const into = new Uint16Array([0, 0, 0, 7]);
      expect(await facade.mapWith?.(square, [1, 2, 3], { into })).toBe(into);
      expect([...into]).toEqual([1, 4, 9, 7]);
      // A result that does not fit is the error of its task only.
      const refused = facade.mapWith?.(square, [2, 1_000, 3], { into }) as Promise<unknown>;
      expect(await outcome(refused)).toMatchObject({ ok: false, error: { name: 'TaskSerializationError', taskIndex: 1 } });
      expect(await outcome(facade.mapWith?.(square, [1, 2, 3, 4, 5], { into }) as Promise<unknown>)).toMatchObject({
        ok: false,
        error: { name: 'RangeError' },
      });
      expect(facade.stats().queued).toBe(0);
    },
  },
  {
    name: 'cwd',
    options: () => ({ cwd: directory, execPath: process.execPath }),
    isForProcesses: true,
    isOfWorkers: true,
    bad: [
      [{ cwd: '' }, 'cwd'],
      [{ cwd: `${directory}/not/there` }, 'cwd'],
      [{ cwd: 3 }, 'cwd'],
      [{ execPath: '' }, 'execPath'],
    ],
    misspelled: ['cdw', 'cwd'],
    prove: async (facade) => {
      expect((await facade.call(surroundings, [0])).directory).toBe(directory);
    },
  },
  {
    name: 'inspect',
    options: () => ({ inspect: { port: FIRST_PORT } }),
    isForProcesses: true,
    isOfWorkers: true,
    bad: [1, 'yes', { port: 0 }, { port: 70_000 }, { wait: 1 }, { host: 'x' }].map((value) => [{ inspect: value }, 'inspect']),
    misspelled: ['inspects', 'inspect'],
    prove: async (facade) => {
      const { index, address } = await facade.call(inspector, []);
      expect(address).toContain(`ws://127.0.0.1:${FIRST_PORT + index}/`);
    },
  },
  {
    name: 'bufferDir',
    options: () => ({ bufferDir: directory, bufferLimit: 16 * LARGE }),
    isForProcesses: true,
    isOfWorkers: true,
    bad: [
      [{ bufferDir: '' }, 'bufferDir'],
      [{ bufferDir: `${directory}/not/there` }, 'bufferDir'],
      [{ bufferDir: true }, 'bufferDir'],
      [{ bufferLimit: 0 }, 'bufferLimit'],
      [{ bufferLimit: '1 MiB' }, 'bufferLimit'],
    ],
    misspelled: ['bufferDirectory', 'bufferDir'],
    prove: async (facade) => {
      const before = readdirSync(directory).filter((name) => name.startsWith('.twinpool'));
      const bytes = Buffer.alloc(LARGE, 7);
      const back = await Promise.all([1, 2, 3].map(() => facade.call(sendBack, [bytes])));
      expect(back.every((each) => bytes.equals(each))).toBe(true);
      expect(readdirSync(directory).filter((name) => name.startsWith('.twinpool'))).toEqual(before);
    },
  },
  {
    name: 'reuseBuffers',
    options: () => ({ reuseBuffers: true }),
    bad: ['true', 1, null].map((value) => [{ reuseBuffers: value }, 'reuseBuffers']),
    misspelled: ['reuseBuffer', 'reuseBuffers'],
    prove: async (facade) => {
      const values = [1, 2, 3, 4].map((value) => Buffer.alloc(LARGE, value));
      const back = await facade.map(sendBack, values);
      expect(back.every((each, at) => values[at]?.equals(each))).toBe(true);
    },
  },
  {
    name: 'unobservedErrors',
    options: () => ({ unobservedErrors: 'ignore' }),
    bad: ['throw', true, 0].map((value) => [{ unobservedErrors: value }, 'unobservedErrors']),
    misspelled: ['unobservedError', 'unobservedErrors'],
    prove: async (facade) => {
      expect(await outcome(facade.call(fail, ['expected']))).toMatchObject({ ok: false, error: { message: 'expected' } });
      expect(facade.stats().unobservedErrors).toBe(0);
    },
  },
];
