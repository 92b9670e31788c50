/** Tests the start of workers: initializers, options, modules, and failing starts. */

import {
  BrokenExecutorError,
  BrokenProcessPoolError,
  BrokenThreadPoolError,
  InitializerError,
  OptionsError,
  taskRef,
} from '@twinpool/core';
import { makeGate, outcome, PATIENCE, within } from '@twinpool/testkit';
import { describe, it } from '@twinpool/testkit/sample';
import {
  environment,
  everyVariable,
  failTheFirst,
  failToStart,
  holdAsync,
  mark,
  place,
  processArguments,
  remember,
  remembered,
  rememberLater,
  square,
  workerData,
} from '@twinpool/testkit/tasks';
import { afterEach, beforeEach, expect } from 'vitest';
import { KINDS, open } from './workplace.ts';

const modules = new URL('../fixtures/modules/', import.meta.url);
const ofModule = (file: string, name = 'task') => taskRef<(...args: unknown[]) => unknown>(new URL(file, modules), name);

describe.each(KINDS)('an initializer: %s', (kind) => {
  it.each([
    ['synchronous', remember],
    ['asynchronous', rememberLater],
  ] as const)('that is %s has run before the first task, in every worker', async (_what, initializer) => {
    const gate = makeGate();
    const work = open(kind, { processes: 2, initializer, initargs: ['a', { b: 1 }] });
    const held = [work.call(holdAsync, gate.path, 1), work.call(holdAsync, gate.path, 2)];
    await gate.entered(2);
    gate.open();
    await Promise.all(held);
    const seen = await Promise.all(Array.from({ length: 6 }, () => work.call(remembered)));
    expect(seen).toEqual(Array(6).fill(['a', { b: 1 }]));
  });

  it('that always fails breaks the facade in time, with its error as the cause, after few starts [F-54]', async () => {
    const gate = makeGate();
    const Broken = kind === 'thread' ? BrokenThreadPoolError : BrokenProcessPoolError;
    const work = open(kind, { processes: 2, initializer: failToStart, initargs: [gate.path, 'not today'] });
    const tasks = [1, 2, 3].map((x) => outcome(work.call(square, x)));
    for (const settled of await Promise.all(tasks)) {
      expect(settled.ok).toBe(false);
      if (settled.ok) continue;
      expect(settled.error).toBeInstanceOf(Broken);
      const { cause } = settled.error as Error;
      expect(cause).toBeInstanceOf(InitializerError);
      expect((cause as Error).message).toContain('not today');
      expect((cause as Error).cause).toBeInstanceOf(RangeError);
    }
    const starts = gate.labels().length;
    expect(starts).toBeGreaterThanOrEqual(2);
    expect(starts).toBeLessThanOrEqual(3 * 2);
    expect(await outcome(work.call(square, 1))).toMatchObject({ ok: false, error: { cause: { code: 'ERR_TWINPOOL_INITIALIZER' } } });
    expect(work.attachment.broken).toBeInstanceOf(BrokenExecutorError);
    expect(gate.labels()).toHaveLength(starts);
  });

  it('that fails at first is tried again', async () => {
    const gate = makeGate();
    const work = open(kind, { processes: 1, initializer: failTheFirst, initargs: [gate.path, 1] });
    expect(await outcome(work.call(square, 3))).toEqual({ ok: true, value: 9 });
    expect(gate.labels()).toEqual(['start', 'start']);
  });

  it('that fails in one worker of several does not keep the others from serving [F-56]', async () => {
    const gate = makeGate();
    const work = open(kind, { processes: 3, initializer: failTheFirst, initargs: [gate.path, 1] });
    const items = Array.from({ length: 30 }, (_, i) => i);
    expect(await within(work.map(square, items))).toEqual(items.map((x) => x * x));
    expect(work.attachment.broken).toBeUndefined();
  });

  it('that cannot be found or loaded breaks the facade, too', async () => {
    for (const initializer of [ofModule('nowhere.mjs'), ofModule('exports.mjs', 'nothing'), ofModule('throws.mjs')]) {
      const work = open(kind, { processes: 1, initializer });
      expect(await outcome(work.call(square, 1))).toMatchObject({
        ok: false,
        error: { cause: { cause: { code: 'ERR_TWINPOOL_TASK_MODULE' } } },
      });
    }
  });

  it('that ends its worker breaks the facade, too [F-57]', async () => {
    const work = open(kind, { processes: 1, initializer: exitAtOnce });
    expect(await outcome(work.call(square, 1))).toMatchObject({
      ok: false,
      error: { cause: { code: 'ERR_TWINPOOL_WORKER_LOST', exitCode: 4 } },
    });
  });

  it('that is not a function fails the queued tasks', async () => {
    const free = Math.random();
    const work = open(kind, { processes: 1, initializer: () => free });
    expect(await outcome(work.call(square, 1))).toMatchObject({ ok: false, error: { cause: { code: 'ERR_TWINPOOL_TASK_SERIALIZATION' } } });
  });

  it('whose arguments cannot be sent is refused at once', () => {
    expect(() => open(kind, { initializer: remember, initargs: [() => 1] })).toThrow(OptionsError);
  });

  it('runs again in a replacement', async () => {
    const gate = makeGate();
    const work = open(kind, { processes: 1, maxTasksPerChild: 2, initializer: mark, initargs: [gate.path, 'start'] });
    for (let i = 0; i < 6; i++) await within(work.call(square, i));
    expect(gate.labels()).toEqual(['start', 'start', 'start']);
  });
});

const exitAtOnce = (): never => process.exit(4);

describe.each(KINDS)('the environment of a worker: %s', (kind) => {
  beforeEach(() => {
    process.env['TWINPOOL_TEST_SECRET'] = 'hidden';
  });
  afterEach(() => {
    delete process.env['TWINPOOL_TEST_SECRET'];
  });
  const names = ['TWINPOOL_TEST_SECRET', 'PATH', 'ONLY'];

  it('is this program’s, unless told otherwise', async () => {
    expect(await open(kind, 1).call(environment, names)).toEqual(['hidden', process.env['PATH'], undefined]);
  });

  it('shows nothing of ours, neither there nor in what the worker starts [R44]', async () => {
    const names = Object.keys(process.env).filter((name) => name !== 'NODE_TEST_CONTEXT');
    const work = open(kind, 1);
    expect((await work.call(everyVariable)).sort()).toEqual(names.sort());
    const started = async (): Promise<string> => {
      const { execFileSync } = await import('node:child_process');
      return execFileSync(process.execPath, ['-p', 'JSON.stringify(Object.keys(process.env))'], { encoding: 'utf8' });
    };
    expect(JSON.parse(await work.call(started)).sort()).toEqual(names.sort());
  });

  it('does not make workers of the threads that a task starts [R44]', async () => {
    const module = import.meta.resolve('@twinpool/core/worker');
    const ofThread = async (url: string): Promise<unknown> => {
      const { Worker } = await import('node:worker_threads');
      const code = `import(${JSON.stringify(url)}).then(({ isWorker }) => require('node:worker_threads').parentPort.postMessage(isWorker))`;
      const thread = new Worker(code, { eval: true });
      return new Promise((resolve, reject) => thread.once('message', resolve).once('error', reject));
    };
    expect(await open(kind, 1).call(ofThread, module)).toBe(false);
  });

  it('can be minimal', async () => {
    expect(await open(kind, { processes: 1, env: 'minimal' }).call(environment, names)).toEqual([
      undefined,
      process.env['PATH'],
      undefined,
    ]);
  });

  it('can be given', async () => {
    const work = open(kind, { processes: 1, env: { ONLY: 'this' } });
    expect(await work.call(environment, names)).toEqual([undefined, undefined, 'this']);
    const own = (await work.call(everyVariable)).filter((name) => !name.startsWith('TWINPOOL_'));
    expect(own).toEqual(['ONLY']);
  });

  it('is its own: what a task changes stays there', async () => {
    const work = open(kind, 1);
    await work.call(() => {
      process.env['TWINPOOL_TEST_SECRET'] = 'changed';
    });
    expect(process.env['TWINPOOL_TEST_SECRET']).toBe('hidden');
  });

  it('is read when the worker starts', async () => {
    const work = open(kind, { processes: 1, maxTasksPerChild: 1 });
    await work.call(square, 1);
    process.env['TWINPOOL_TEST_SECRET'] = 'later';
    await expect.poll(() => work.call(environment, ['TWINPOOL_TEST_SECRET'])).toEqual(['later']);
  });
});

describe.each(KINDS)('what a worker is given: %s', (kind) => {
  it('argv and execArgv', async () => {
    const work = open(kind, { processes: 1, argv: ['one', 'two'], execArgv: ['--no-deprecation'] });
    const { argv, execArgv } = await work.call(processArguments);
    expect(argv).toEqual(['one', 'two']);
    expect(execArgv).toEqual(['--no-deprecation']);
  });

  it.each([[undefined], [null], [7], ['text'], [{ a: [1, new Map([[1, 2]])] }], [Buffer.from('abc')]])('workerData %o', async (data) => {
    expect(await open(kind, { processes: 1, workerData: data }).call(workerData)).toEqual(data);
  });

  it('workerData that cannot be sent is refused at once', () => {
    expect(() => open(kind, { workerData: { deep: [() => 1] } })).toThrow(/workerData.*function/);
  });

  it('flags that Node refuses break the facade with the cause [F-59]', async () => {
    const work = open(kind, { processes: 1, execArgv: ['--no-such-flag'], ...(kind === 'process' ? { stdio: 'ignore' } : {}) });
    const settled = await outcome(work.call(square, 1));
    expect(settled).toMatchObject({ ok: false, error: { code: expect.stringMatching(/BROKEN_/), cause: expect.anything() } });
  });

  it('a number for each worker, a new one for a replacement', async () => {
    const work = open(kind, { processes: 1, maxTasksPerChild: 1 });
    const ids: number[] = [];
    for (let i = 0; i < 3; i++) ids.push((await within(work.call(place))).workerId);
    expect(ids).toEqual([1, 2, 3]);
  });
});

describe.each(KINDS)('task modules: %s', (kind) => {
  it('default exports and static methods', async () => {
    const work = open(kind, 1);
    expect(await work.call(ofModule('exports.mjs', 'default'), 1)).toBe(2);
    expect(await work.call(ofModule('exports.mjs', 'Shapes.area'), 2, 3)).toBe(12);
  });

  it('that are slow to load do not keep other tasks waiting in other workers', async () => {
    const gate = makeGate();
    const work = open(kind, 2);
    const slow = work.call(ofModule('loads-slowly.mjs'), 1);
    expect(await within(work.call(mark, gate.path, 'meanwhile'))).toBe('meanwhile');
    expect(await within(slow)).toBe(2);
  });

  it('that fail to load fail their own tasks only', async () => {
    const work = open(kind, 1);
    const tasks = [ofModule('throws.mjs'), square, ofModule('nowhere.mjs'), square].map((task) =>
      outcome(work.call(task as typeof square, 2)),
    );
    const settled = await Promise.all(tasks);
    expect(settled.map(({ ok }) => ok)).toEqual([false, true, false, true]);
    expect(work.attachment.stats().lostWorkers).toBe(0);
  });
});

describe.each(KINDS)('worker %s', (kind) => {
  it('are started when work comes, no more than there is work for', async () => {
    const work = open(kind, 4);
    expect(work.attachment.stats().workers).toBe(0);
    await work.call(square, 1);
    expect(work.attachment.stats().workers).toBe(1);
  });

  it('are all there soon where the facade wants them at once', async () => {
    const work = open(kind, 3, true);
    await expect.poll(() => work.attachment.stats().workers, { timeout: PATIENCE }).toBe(3);
  });

  it('work in parallel, all of them', async () => {
    const gate = makeGate();
    const work = open(kind, 3);
    const tasks = [1, 2, 3].map((x) => work.call(holdAsync, gate.path, x));
    const arrivals = await gate.entered(3);
    expect(new Set(arrivals.map(({ pid, threadId }) => `${pid} ${threadId}`)).size).toBe(3);
    expect(arrivals.every(({ pid }) => (pid === process.pid) === (kind === 'thread'))).toBe(true);
    expect(work.attachment.stats()).toMatchObject({ workers: 3, busy: 3, running: 3, queued: 0 });
    gate.open();
    expect(await Promise.all(tasks)).toEqual([1, 2, 3]);
  });

  it('end after idleTimeout, and come back for new work', async () => {
    const work = open(kind, { processes: 1, idleTimeout: 30 });
    const before = await work.call(place);
    await expect.poll(() => work.attachment.stats().workers, { timeout: PATIENCE }).toBe(0);
    const after = await within(work.call(place));
    expect(after.workerId).toBeGreaterThan(before.workerId);
    expect(work.attachment.stats()).toMatchObject({ lostWorkers: 0 });
  });

  it('that go idle and get work at the same moment lose nothing [F-80]', async () => {
    const work = open(kind, { processes: 2, idleTimeout: 1 });
    for (let i = 0; i < 25; i++) {
      expect(await outcome(work.call(square, i))).toEqual({ ok: true, value: i * i });
      await new Promise((resolve) => setTimeout(resolve, i % 4));
    }
  });
});
