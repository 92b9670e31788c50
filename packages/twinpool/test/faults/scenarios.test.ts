/** Every fault by number: checks that each has a test, and tests those that need a facade or a program. */
import { readdirSync, readFileSync } from 'node:fs';
import { limitFor, makeGate, outcome, PATIENCE, runNode, scenarios, until, within } from '@twinpool/testkit';
import { returnNested } from '@twinpool/testkit/faults';
import { describe, isWhole, it } from '@twinpool/testkit/sample';
import { echo, hold, holdAsync, mark, place, square } from '@twinpool/testkit/tasks';
import {
  Pool,
  ProcessPoolExecutor,
  ThreadPool,
  ThreadPoolExecutor,
  TwinpoolError,
  taskRef,
  toAsyncResult,
  toFuture,
  transfer,
} from 'twinpool';
import { afterAll, beforeAll, expect } from 'vitest';
import { type AnyTask, type Face, type FaceName, kindOf, NAMES, openFace } from './faces.ts';
import { errorText, settled } from './outcome-text.ts';

const modules = new URL('../../../core/test/fixtures/modules/', import.meta.url);

describe('the table of faults', () => {
  it('has a test, or a reason, for every number', () => {
    const packages = new URL('../../../', import.meta.url);
    const tests = readdirSync(packages).flatMap((name) => sourcesIn(new URL(`${name}/test/`, packages)));
    const proven = new Set(tests.flatMap((text) => [...text.matchAll(/\[F-(\d+)\]/g)].map(([, number]) => Number(number))));
    expect(scenarios.map(({ number }) => number)).toEqual(Array.from({ length: 109 }, (_, i) => i + 1));
    const open = scenarios.filter(({ number, why }) => why === undefined && !proven.has(number));
    expect(open.map(({ number, what }) => `${number} ${what}`)).toEqual([]);
    const double = scenarios.filter(({ number, why }) => why !== undefined && proven.has(number));
    expect(double.map(({ number }) => number)).toEqual([]);
  });
});

function sourcesIn(folder: URL): string[] {
  try {
    const files = readdirSync(folder, { recursive: true }).map(String);
    return files.filter((file) => file.endsWith('.ts')).map((file) => readFileSync(new URL(file, folder), 'utf8'));
  } catch {
    return []; // a package without tests
  }
}

async function ended(face: Face): Promise<void> {
  await within(face.kill(), PATIENCE, 'the end');
}

describe.each(NAMES)('%s', (name: FaceName) => {
  const kind = kindOf(name);
  let face: Face;

  beforeAll(() => {
    face = openFace(name, { killGrace: 100 });
  });
  afterAll(() => ended(face));

  it('fails the task with the error of a buffer that cannot be allocated, and continues [F-8]', async () => {
    const huge = () => new ArrayBuffer(2 ** 52).byteLength;
    expect(await outcome(face.submit(huge as AnyTask, []).outcome())).toMatchObject({ ok: false, error: expect.any(RangeError) });
    expect(await face.submit(square as AnyTask, [3]).outcome()).toBe(9);
  });

  it('loses what was moved with its worker, and never runs it again [F-31]', async () => {
    const own = openFace(name, { onWorkerLoss: 'retry', retries: 2 });
    try {
      const gate = makeGate();
      const bytes = new Uint8Array(64);
      const moved = own.submit(exitWithBytes as AnyTask, [gate.path, transfer(bytes, [bytes.buffer])]);
      expect(await settled(moved)).toBe('WORKER_LOST');
      expect(gate.labels().length).toBeLessThanOrEqual(kind === 'thread' ? 1 : 3);
    } finally {
      await ended(own);
    }
  });

  it('takes a value as it is when its task is handed over [F-32]', async () => {
    const gate = makeGate();
    const running = face.submit(hold as AnyTask, [gate.path, 'running']);
    await gate.entered();
    const value = { list: [1] };
    const waiting = face.submit(echo as AnyTask, [value]);
    value.list.push(2);
    gate.open();
    await running.outcome();
    expect(await waiting.outcome()).toEqual({ list: [1, 2] });
  });

  it('ends in the midst of much data, with tasks cancelled that wait [F-14] [F-34]', async () => {
    const own = openFace(name, { killGrace: 100 });
    await own.submit(place as AnyTask, []).outcome();
    const tasks = Array.from({ length: 4 }, () => own.submit(echo as AnyTask, [new Uint8Array(2 ** 25)]));
    const outcomes = tasks.map((task) => settled(task));
    expect(tasks.at(-1)?.cancel()).toBe(true);
    await within(own.terminate(), PATIENCE, 'terminate()');
    for (const each of await within(Promise.all(outcomes))) expect(each).toMatch(/^(CANCELLED|BROKEN|POOL_TERMINATED|0(,0)*)$/);
  });

  it.runIf(isWhole)('fails the tasks of a module that never loads after startTimeout, and keeps the worker [F-53]', async () => {
    const own = openFace(name, { startTimeout: await startTimeoutFor(name, 1_500) });
    try {
      const before = (await own.submit(place as AnyTask, []).outcome()) as { workerId: number };
      const never = taskRef(new URL('never-loads.mjs', modules), 'task');
      expect(await settled(own.submit(never as AnyTask, []))).toBe('TASK_MODULE');
      expect(await own.submit(place as AnyTask, []).outcome()).toMatchObject({ workerId: before.workerId });
    } finally {
      await ended(own);
    }
  });

  it.runIf(isWhole)('is broken when its initializer hangs, after startTimeout [F-55]', async () => {
    const own = openFace(name, { startTimeout: await startTimeoutFor(name, 300), initializer: () => new Promise(() => undefined) });
    try {
      const broken = await outcome(own.submit(square as AnyTask, [1]).outcome());
      expect(broken.ok || errorText(broken.error)).toBe('BROKEN');
      expect(broken).toMatchObject({ error: { cause: { code: 'ERR_TWINPOOL_INITIALIZER' } } });
    } finally {
      await ended(own);
    }
  });

  it('gives up waiting, not the task [F-63]', async () => {
    const gate = makeGate();
    const { facade } = face;
    const handle = 'submit' in facade ? facade.submit(holdAsync, gate.path, 'x') : facade.applyAsync(holdAsync, [gate.path, 'x']);
    const wait = (ms: number) => ('result' in handle ? handle.result(ms) : handle.get(ms));
    expect(await outcome(wait(5))).toMatchObject({ ok: false, error: { code: 'ERR_TWINPOOL_TIMEOUT' } });
    gate.open();
    expect(await outcome(wait(PATIENCE))).toEqual({ ok: true, value: 'x' });
  });

  it('cancels a waiting task for good [F-66]', async () => {
    const gate = makeGate();
    const running = face.submit(hold as AnyTask, [gate.path, 'running']);
    await gate.entered();
    const waiting = face.submit(mark as AnyTask, [gate.path, 'waiting']);
    const last = face.submit(mark as AnyTask, [gate.path, 'last']);
    expect([waiting.cancel(), running.cancel()]).toEqual([true, false]);
    expect(await settled(waiting)).toBe('CANCELLED');
    gate.open();
    await Promise.all([running.outcome(), last.outcome()]);
    expect(gate.labels()).toEqual(['running', 'last']);
  });

  it('takes a time limit for what it is: none, long, over, wrong [F-83]', async () => {
    const { facade } = face;
    const handle = 'submit' in facade ? facade.submit(square, 3) : facade.applyAsync(square, [3]);
    const wait = (ms: number) => ('result' in handle ? handle.result(ms) : handle.get(ms));
    for (const ms of [Number.POSITIVE_INFINITY, 1e10, 2 ** 31]) expect(await outcome(wait(ms))).toEqual({ ok: true, value: 9 });
    const gate = makeGate();
    const slow = 'submit' in facade ? facade.submit(holdAsync, gate.path, 1) : facade.applyAsync(holdAsync, [gate.path, 1]);
    const waitForSlow = (ms: number) => ('result' in slow ? slow.result(ms) : slow.get(ms));
    for (const ms of [0, -1])
      expect(await outcome(waitForSlow(ms), 500)).toMatchObject({ ok: false, error: { code: 'ERR_TWINPOOL_TIMEOUT' } });
    expect(await refusal(() => waitForSlow(Number.NaN))).toBeInstanceOf(RangeError);
    expect(await refusal(() => waitForSlow('5' as never))).toBeInstanceOf(TypeError);
    gate.open();
    expect(await slow).toBe(1);
  });

  it('reads no further than it must, and closes the input when the loop is left [F-84] [F-85]', async () => {
    let pulled = 0;
    let closed = 0;
    function* endless() {
      try {
        for (;;) yield pulled++;
      } finally {
        closed += 1;
      }
    }
    const { facade } = face;
    const results =
      'submit' in facade ? facade.map(square, endless(), { buffersize: 5 }) : facade.imap(square, endless(), { buffersize: 5 });
    const seen: number[] = [];
    for await (const value of results) {
      expect(pulled).toBeLessThanOrEqual(seen.length + 1 + 5);
      if (seen.push(value) === 20) break;
    }
    expect([seen.at(-1), closed]).toEqual([19 * 19, 1]);
    expect(await face.submit(square as AnyTask, [4]).outcome()).toBe(16);
  });

  it('tells of an input that throws where Python does, and goes on [F-40]', async () => {
    function* bad() {
      yield 1;
      yield 2;
      throw new RangeError('item 3');
    }
    const { facade } = face;
    if ('submit' in facade) expect(() => facade.map(square, bad())).toThrow('item 3');
    else {
      expect(await outcome(facade.map(square, bad()))).toMatchObject({ ok: false, error: { message: 'item 3' } });
      const lazy = facade.imap(square, bad());
      expect([await lazy.next(), await lazy.next()]).toMatchObject([{ value: 1 }, { value: 4 }]);
      expect(await outcome(lazy.next())).toMatchObject({ ok: false, error: { message: 'item 3' } });
    }
    expect(await face.submit(square as AnyTask, [4]).outcome()).toBe(16);
  });

  it('cancels every task of a long queue one by one, last first [F-95]', async () => {
    const gate = makeGate();
    const running = face.submit(holdAsync as AnyTask, [gate.path, 'running']);
    await gate.entered();
    const before = face.stats().cancelled;
    const waiting = Array.from({ length: 5_000 }, (_, i) => face.submit(square as AnyTask, [i]));
    expect(waiting.reverse().filter((handle) => !handle.cancel())).toHaveLength(0);
    expect(face.stats()).toMatchObject({ queued: 0, cancelled: before + 5_000 });
    gate.open();
    await running.outcome();
  });

  it('has one outcome for both views of a task, in one step [F-97]', async () => {
    const gate = makeGate();
    const running = face.submit(hold as AnyTask, [gate.path, 'running']);
    await gate.entered();
    const { facade } = face;
    if ('submit' in facade) {
      const future = facade.submit(square, 3);
      const view = toAsyncResult(future);
      expect([view.cancel(), future.cancelled(), view.ready()]).toEqual([true, true, true]);
    } else {
      const result = facade.applyAsync(square, [3]);
      const view = toFuture(result);
      expect([view.cancel(), view.cancelled(), result.ready()]).toEqual([true, true, true]);
    }
    gate.open();
    await running.outcome();
  });

  it('has its errors known by their code, whatever copy or realm they are of [F-98]', async () => {
    const error = await outcome(face.submit(returnNested as AnyTask, [100_000]).outcome());
    expect(error).toMatchObject({ ok: false, error: { code: 'ERR_TWINPOOL_TASK_SERIALIZATION' } });
    const foreign = await outcome(face.submit(throwFromAnotherRealm as AnyTask, []).outcome());
    expect(foreign).toMatchObject({ ok: false, error: { name: 'RangeError', message: 'foreign' } });
    expect(!error.ok && error.error).toBeInstanceOf(TwinpoolError);
  });
});

/** Workers start within it, here and now. */
function startTimeoutFor(name: FaceName, least: number): Promise<number> {
  return limitFor(async () => {
    const face = openFace(name);
    await face.submit(place as AnyTask, []).outcome();
    await face.kill();
  }, least);
}

async function refusal(ask: () => Promise<unknown>): Promise<unknown> {
  try {
    const answer = await outcome(ask(), 500);
    return answer.ok ? answer.value : answer.error;
  } catch (error) {
    return error;
  }
}

describe.each(['Pool', 'ProcessPoolExecutor'] as const)('%s', (name) => {
  it('is not delayed by a flood on an unread standard output [F-47]', async () => {
    const own = openFace(name, { stdio: 'ignore' });
    try {
      expect(await within(own.submit(flood as AnyTask, [200]).outcome())).toBe(200);
    } finally {
      await ended(own);
    }
  });
});

describe('closing a pool in every order', () => {
  it.each([
    ['Pool', Pool],
    ['ThreadPool', ThreadPool],
  ] as const)('%s: twice is once, terminate() after close() ends it, join() comes last [F-76]', async (_name, Class) => {
    const pool = new Class(1);
    expect(await outcome(pool.join())).toMatchObject({ ok: false, error: { code: 'ERR_TWINPOOL_POOL_RUNNING' } });
    pool.close();
    pool.close();
    const joined = pool.join();
    pool.terminate();
    pool.terminate();
    pool.close();
    await within(Promise.all([joined, pool.join(), pool[Symbol.asyncDispose]()]), 6_000);
  });
});

describe('a race of cancel() and the result', () => {
  it.each([
    ['ProcessPoolExecutor', ProcessPoolExecutor],
    ['ThreadPoolExecutor', ThreadPoolExecutor],
  ] as const)('%s: what cancel() says is what comes [F-68]', async (_name, Class) => {
    await using executor = new Class(1);
    const counts = { true: 0, false: 0 };
    for (let i = 0; i < 200; i++) {
      const futures = [executor.submit(square, i), executor.submit(square, i), executor.submit(square, i)];
      for (let turn = 0; turn < i % 7; turn++) await new Promise((resolve) => setImmediate(resolve));
      const last = futures[2] as (typeof futures)[number];
      const said = last.cancel();
      counts[`${said}`] += 1;
      expect(await settled({ outcome: () => last.result() })).toBe(said ? 'CANCELLED' : String(i * i));
      await futures[1]?.exception();
    }
    expect(counts.true + counts.false).toBe(200);
  });
});

describe('an executor whose callback throws', () => {
  it('causes a warning; the task, later callbacks and later tasks are not affected [F-77]', async () => {
    const warnings: string[] = [];
    const listen = (warning: Error) => warnings.push(warning.message);
    process.on('warning', listen);
    const { expectWarning } = await import('@twinpool/testkit/leak-check');
    expectWarning(/a done-callback/);
    await using executor = new ThreadPoolExecutor(1);
    const order: string[] = [];
    const future = executor.submit(square, 3);
    future.addDoneCallback(() => {
      order.push('first');
      throw new Error('callback is broken');
    });
    future.addDoneCallback(() => order.push('second'));
    expect([await future, await executor.submit(square, 4)]).toEqual([9, 16]);
    await until(() => warnings.length > 0, 'the warning');
    process.off('warning', listen);
    expect([order, warnings.length]).toEqual([['first', 'second'], 1]);
  });
});

describe('unreachable objects', () => {
  it('are released: futures, arguments and results of tasks that settled without a reader [F-93]', async () => {
    const program = runNode(['--expose-gc', '--input-type=module', '-e', DROPPED], new URL('.', import.meta.url));
    expect((await program.end()).code, program.errors).toBe(0);
    const [collected, of] = program.numbers('collected');
    expect(collected).toBeGreaterThanOrEqual(0.99 * (of as number));
  });
});

const DROPPED = `
  import { ThreadPoolExecutor } from 'twinpool';
  const executor = new ThreadPoolExecutor(1);
  let collected = 0;
  const registry = new FinalizationRegistry(() => { collected += 1; });
  const of = 300;
  (() => {
    for (let i = 0; i < of / 3; i++) {
      const argument = { i };
      const future = executor.submit((x) => ({ x }), argument);
      registry.register(argument);
      registry.register(future);
      future.then((result) => registry.register(result));
    }
  })();
  await executor.submit((x) => x, 1);
  for (let round = 0; round < 40 && collected < of; round++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    gc();
  }
  console.log('collected: ' + collected + ' ' + of);
  await executor.shutdown();
`;

describe('a program that may not start workers', () => {
  it.each(['Pool', 'ThreadPool'])('gets an error from its first task: %s [F-62]', async (name) => {
    const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
    const code = `import { ${name} } from 'twinpool';
      const pool = new ${name}(1);
      console.log(await pool.apply((x) => x, [1]).then(String, (error) => error.code + ' ' + error.cause?.code));
      pool.terminate();
      await pool.join();`;
    const program = runNode([flag, '--allow-fs-read=*', '--input-type=module', '-e', code], new URL('.', import.meta.url));
    expect((await program.end()).code, program.errors).toBe(0);
    expect(program.output).toMatch(/^ERR_TWINPOOL_BROKEN_(PROCESS|THREAD)_POOL ERR_ACCESS_DENIED/);
  });
});

const exitWithBytes = (gate: string, bytes: Uint8Array): never => {
  process.getBuiltinModule('node:fs').appendFileSync(`${gate}/log`, `${process.pid} 0 ${bytes.length}\n`);
  process.exit(7);
};

const flood = (times: number): number => {
  const { writeSync } = process.getBuiltinModule('node:fs');
  for (let i = 0; i < times; i++) writeSync(1, 'x'.repeat(65_536));
  return times;
};

const throwFromAnotherRealm = (): never => {
  throw process.getBuiltinModule('node:vm').runInNewContext("new RangeError('foreign')");
};
