// Every public member of every view gives the answer of what it is a view of, in every state [R9]. The members are found by reflection: one that is
// not in a table here fails the test.
import { inspect } from 'node:util';
import { asExecutor, asPool, toAsyncResult, toFuture } from '@twinpool/adapters';
import { HANDLE, type Handle, type HandleView } from '@twinpool/core/facade';
import {
  BrokenExecutorError,
  CancelledError,
  type Executor,
  type ExecutorCalls,
  ExecutorShutdownError,
  Future,
  InvalidStateError,
  type ProcessPoolExecutor,
  TaskSerializationError,
  TaskTimeoutError,
  TimeoutError,
  WorkerLostError,
} from '@twinpool/executor';
import { type AsyncResult, NotReadyError, type Pool, type PoolCalls, PoolClosedError, PoolTerminatedError } from '@twinpool/pool';
import { makeGate } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { echo, spin, square } from '@twinpool/testkit/tasks';
import { afterAll, expect, onTestFinished } from 'vitest';
import { cancelItself, holdWorker, throwIt } from './fixtures/tasks.mjs';
import { end, executorFor, holding, KINDS, type Kind, poolFor, turn } from './kit.ts';

type Member = string | symbol;

/** The members of an object that its users can reach: its own, and all that it inherits from classes. */
function membersOf(object: object): Set<Member> {
  const found = new Set<Member>();
  for (let at: object | null = object; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const key of Reflect.ownKeys(at)) if (key !== 'constructor') found.add(key);
  }
  return found;
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// A task's handle

interface Facts {
  readonly state: 'pending' | 'running' | 'returned' | 'raised' | 'cancelled';
  /** The result or the error. */
  readonly outcome?: unknown;
}

type Settled = readonly ['returned' | 'raised', unknown] | readonly ['waiting'];

/** What a promise has become after a turn of the event loop. */
async function becameOf(promise: Promise<unknown>): Promise<Settled> {
  let became: Settled = ['waiting'];
  promise.then(
    (value) => {
      became = ['returned', value];
    },
    (error: unknown) => {
      became = ['raised', error];
    },
  );
  await turn();
  return became;
}

function answered(call: () => unknown): Settled {
  try {
    return ['returned', call()];
  } catch (error) {
    return ['raised', error];
  }
}

function expectSame(got: Settled, wanted: Settled): void {
  expect(got[0]).toBe(wanted[0]);
  // Of identity: the same error object, not one that is equal.
  expect(Object.is(got[1], wanted[1]), `${inspect(got[1])} is ${inspect(wanted[1])}`).toBe(true);
}

const isDone = ({ state }: Facts): boolean => state !== 'pending' && state !== 'running';
/** What a promise of the outcome becomes. */
const promised = ({ state, outcome }: Facts): Settled =>
  state === 'returned' ? ['returned', outcome] : isDone({ state }) ? ['raised', outcome] : ['waiting'];

/** The same with a time limit of 0. */
async function expectNow(promise: Promise<unknown>, facts: Facts, wanted: Settled): Promise<void> {
  const got = await becameOf(promise);
  if (isDone(facts)) expectSame(got, wanted);
  else expect(got).toEqual(['raised', expect.any(TimeoutError)]);
}

async function expectViewOf(handle: object, { state }: Facts): Promise<void> {
  const view = (handle as Handle)[HANDLE]();
  const wanted: Omit<HandleView, 'onSettled'> = {
    isDone: isDone({ state }),
    isRunning: state === 'running',
    isFailed: state === 'raised',
  };
  expect({ isDone: view.isDone, isRunning: view.isRunning, isFailed: view.isFailed }).toEqual(wanted);
  let calls = 0;
  view.onSettled(() => calls++)();
  await turn();
  expect(calls).toBe(0);
}

type Probe<H> = (handle: H, facts: Facts, isView: boolean) => unknown;

const PROMISE: Record<Member, Probe<Promise<unknown>>> = {
  // biome-ignore lint/suspicious/noThenProperty: it is the name of the member
  then: async (handle, facts) => expectSame(await becameOf(handle.then()), promised(facts)),
  catch: async (handle, facts) => expectSame(await becameOf(handle.catch()), promised(facts)),
  finally: async (handle, facts) => expectSame(await becameOf(handle.finally()), promised(facts)),
  [HANDLE]: expectViewOf,
};

const shown = (handle: object): string => (handle as { [inspect.custom](depth: number, options: object): string })[inspect.custom](2, {});

const BY_HAND: Probe<() => unknown> = (call, facts, isView) => {
  // A future that is not a view may be settled by hand until it is done.
  if (isView || isDone(facts)) expect(call).toThrow(InvalidStateError);
};

const FUTURE: Record<Member, Probe<Future<unknown>>> = {
  ...PROMISE,
  cancelled: (future, { state }) => expect(future.cancelled()).toBe(state === 'cancelled'),
  running: (future, { state }) => expect(future.running()).toBe(state === 'running'),
  done: (future, facts) => expect(future.done()).toBe(isDone(facts)),
  result: async (future, facts) => {
    for (const timeout of [undefined, Number.POSITIVE_INFINITY, 5_000]) {
      if (timeout !== 5_000 || isDone(facts)) expectSame(await becameOf(future.result(timeout)), promised(facts));
    }
    await expectNow(future.result(0), facts, promised(facts));
    expect((await becameOf(future.result(Number.NaN)))[1]).toBeInstanceOf(RangeError);
  },
  exception: async (future, facts) => {
    const { state, outcome } = facts;
    const wanted: Settled = state === 'cancelled' ? ['raised', outcome] : ['returned', state === 'raised' ? outcome : undefined];
    expectSame(await becameOf(future.exception()), isDone(facts) ? wanted : ['waiting']);
    await expectNow(future.exception(0), facts, wanted);
  },
  resultNow: (future, facts) => {
    const got = answered(() => future.resultNow());
    if (isDone(facts)) expectSame(got, promised(facts));
    else expect(got).toEqual(['raised', expect.any(InvalidStateError)]);
  },
  exceptionNow: (future, facts) => {
    const got = answered(() => future.exceptionNow());
    const { state, outcome } = facts;
    if (!isDone(facts)) expect(got).toEqual(['raised', expect.any(InvalidStateError)]);
    else expectSame(got, state === 'cancelled' ? ['raised', outcome] : ['returned', state === 'raised' ? outcome : undefined]);
  },
  outcome: (future, { state, outcome }) => {
    const wanted = {
      pending: undefined,
      running: undefined,
      returned: { status: 'fulfilled', value: outcome },
      raised: { status: 'rejected', reason: outcome },
      cancelled: { status: 'cancelled' },
    };
    expect(future.outcome()).toStrictEqual(wanted[state]);
  },
  addDoneCallback: (future, facts) => {
    const told: unknown[] = [];
    future.addDoneCallback((done) => told.push(done));
    expect(told).toEqual(isDone(facts) ? [future] : []);
  },
  setResult: (future, facts, isView) => BY_HAND(() => future.setResult(1), facts, isView),
  setException: (future, facts, isView) => BY_HAND(() => future.setException(1), facts, isView),
  setRunningOrNotifyCancel: (future, facts, isView) =>
    BY_HAND(() => future.setRunningOrNotifyCancel(), facts.state === 'cancelled' ? { state: 'pending' } : facts, isView),
  [Symbol.toStringTag]: (future) => expect(future[Symbol.toStringTag]).toBe('Future'),
  [inspect.custom]: (future, { state }) => {
    const words = { returned: /finished|successful/, raised: /raised|failed/, cancelled: /cancelled|failed/, running: /running|pending/ };
    expect(shown(future)).toMatch({ pending: /pending/, ...words }[state]);
  },
  // Asked last: it may change the state.
  cancel: (future, { state }) => expect(future.cancel()).toBe(state === 'cancelled' || state === 'pending'),
};

const RESULT: Record<Member, Probe<AsyncResult<unknown>>> = {
  ...PROMISE,
  get: async (result, facts) => {
    for (const timeout of [undefined, Number.POSITIVE_INFINITY, 5_000]) {
      if (timeout !== 5_000 || isDone(facts)) expectSame(await becameOf(result.get(timeout)), promised(facts));
    }
    await expectNow(result.get(0), facts, promised(facts));
    expect((await becameOf(result.get(Number.NaN)))[1]).toBeInstanceOf(RangeError);
  },
  wait: async (result, facts) => {
    expectSame(await becameOf(result.wait()), isDone(facts) ? ['returned', undefined] : ['waiting']);
    expectSame(await becameOf(result.wait(0)), ['returned', undefined]);
  },
  ready: (result, facts) => expect(result.ready()).toBe(isDone(facts)),
  successful: (result, facts) => {
    if (isDone(facts)) expect(result.successful()).toBe(facts.state === 'returned');
    else expect(() => result.successful()).toThrow(NotReadyError);
  },
  exception: async (result, facts) => {
    const wanted: Settled = ['returned', facts.state === 'returned' ? undefined : facts.outcome];
    expectSame(await becameOf(result.exception()), isDone(facts) ? wanted : ['waiting']);
    await expectNow(result.exception(0), facts, wanted);
  },
  [Symbol.toStringTag]: (result) => expect(result[Symbol.toStringTag]).toBe('AsyncResult'),
  [inspect.custom]: FUTURE[inspect.custom] as Probe<object>,
  // Whether this call cancelled it: the future was asked before, so it never did.
  cancel: (result) => expect(result.cancel()).toBe(false),
};

/** The internal methods by which jobs notify the classes behind the types. */
const INTERNAL: ReadonlySet<Member> = new Set(['jobSettled', 'begin', 'begun', 'inputWasEmpty']);

async function expectAll<H extends object>(handle: H, table: Record<Member, Probe<H>>, facts: Facts, isView: boolean): Promise<void> {
  const members = membersOf(handle);
  expect([...members].filter((member) => !INTERNAL.has(member) && !Object.hasOwn(table, member))).toEqual([]);
  expect(Reflect.ownKeys(table).filter((member) => !members.has(member))).toEqual([]);
  for (const member of Reflect.ownKeys(table)) if (member !== 'cancel') await table[member]?.(handle, facts, isView);
  await table.cancel?.(handle, facts, isView);
}

/** One facade: what is called, and how it ends. */
interface Api {
  readonly of: 'pool' | 'executor';
  call<A extends readonly unknown[]>(fn: (...args: A) => unknown, args: A, options?: object): Handles;
  terminate(): unknown;
  end(): Promise<void>;
}

interface Handles {
  readonly future: Future<unknown>;
  readonly result: AsyncResult<unknown>;
}

type Options = Parameters<typeof poolFor>[1];

function poolApi(kind: Kind, options: Options): Api {
  const pool = new kind.Pool({ processes: 1, ...options });
  return {
    of: 'pool',
    call: (fn, args, call) => {
      const result = pool.applyAsync(fn as (...args: readonly unknown[]) => unknown, args, call);
      return { result, future: toFuture(result) };
    },
    terminate: () => pool.terminate(),
    end: () => end(pool),
  };
}

function executorApi(kind: Kind, options: Options): Api {
  const executor = new kind.Executor({ maxWorkers: 1, ...options } as Parameters<typeof executorFor>[1]);
  return {
    of: 'executor',
    call: (fn, args, call) => {
      const future = executor.withOptions(call ?? {}).submit(fn as (...args: readonly unknown[]) => unknown, ...args);
      return { future, result: toAsyncResult(future) };
    },
    terminate: () => executor.terminateWorkers(),
    end: () => end(executor),
  };
}

interface Scenario {
  readonly title: string;
  /** A facade of its own with these options; without them it shares one with other scenarios. */
  readonly options?: Options;
  /** Brings a task into a state. */
  readonly run: (api: Api) => Handles | Promise<Handles>;
  readonly state: Facts['state'] | ((of: Api['of']) => Facts['state']);
  readonly outcome?: (value: unknown, of: Api['of']) => unknown;
}

/** With the only worker taken until the test ends. */
async function hold(api: Api): Promise<void> {
  const gate = makeGate();
  onTestFinished(() => gate.open());
  api.call(holdWorker<string>, [gate.path, 'first']);
  await holding(gate);
}

const isA = (Class: abstract new (...args: never[]) => unknown) => (value: unknown) => expect(value).toBeInstanceOf(Class);

/** It throws what it is given, as the very value. */
const throws = (title: string, value: unknown): Scenario => ({
  title: `failed with ${title}`,
  run: (api) => api.call(throwIt, [[value]]),
  state: 'raised',
  outcome: (got) => expect(got).toEqual(value),
});

const returns = (title: string, value: unknown): Scenario => ({
  title: `returned ${title}`,
  run: (api) => api.call(echo<unknown>, [value]),
  state: 'returned',
  outcome: (got) => expect(got).toEqual(value),
});

const SCENARIOS: readonly Scenario[] = [
  {
    title: 'waiting',
    run: async (api) => {
      await hold(api);
      return api.call(square, [2]);
    },
    state: 'pending',
  },
  {
    title: 'running',
    run: async (api) => {
      const gate = makeGate();
      onTestFinished(() => gate.open());
      const handles = api.call(holdWorker<string>, [gate.path, 'mine']);
      await holding(gate);
      return handles;
    },
    state: 'running',
  },
  returns('a number', 4),
  returns('undefined', undefined),
  returns('null', null),
  throws('an Error', new RangeError('no')),
  throws('undefined', undefined),
  throws('null', null),
  throws('a text', 'text'),
  throws('0', 0),
  {
    title: 'failed with a CancelledError of its own',
    run: (api) => api.call(cancelItself, []),
    state: 'raised',
    outcome: isA(CancelledError),
  },
  {
    title: 'cancelled before it started',
    run: async (api) => {
      await hold(api);
      const handles = api.call(square, [2]);
      expect(handles[api.of === 'pool' ? 'result' : 'future'].cancel()).toBe(true);
      return handles;
    },
    state: 'cancelled',
    outcome: isA(CancelledError),
  },
  {
    title: 'cancelled before it started, by its view',
    run: async (api) => {
      await hold(api);
      const handles = api.call(square, [2]);
      expect(handles[api.of === 'pool' ? 'future' : 'result'].cancel()).toBe(true);
      return handles;
    },
    state: 'cancelled',
    outcome: isA(CancelledError),
  },
  {
    title: 'aborted while it waited',
    run: async (api) => {
      await hold(api);
      const controller = new AbortController();
      const handles = api.call(square, [2], { signal: controller.signal });
      controller.abort();
      return handles;
    },
    state: 'cancelled',
    outcome: isA(CancelledError),
  },
  {
    title: 'aborted while it ran',
    options: { killGrace: 20 },
    run: async (api) => {
      const gate = makeGate();
      onTestFinished(() => gate.open());
      const controller = new AbortController();
      const handles = api.call(holdWorker<string>, [gate.path, 'mine'], { signal: controller.signal });
      await holding(gate);
      controller.abort();
      return handles;
    },
    state: 'cancelled',
    outcome: isA(CancelledError),
  },
  { title: 'lost with its worker', run: (api) => api.call(() => process.exit(3), []), state: 'raised', outcome: isA(WorkerLostError) },
  {
    title: 'broken with its facade',
    options: { onWorkerLoss: 'break' },
    run: (api) => api.call(() => process.exit(3), []),
    state: 'raised',
    outcome: isA(BrokenExecutorError),
  },
  {
    title: 'terminated while it waited',
    options: {},
    run: async (api) => {
      await hold(api);
      const handles = api.call(square, [2]);
      await turn();
      await api.terminate();
      return handles;
    },
    state: (of) => (of === 'pool' ? 'raised' : 'cancelled'),
    outcome: (value, of) => isA(of === 'pool' ? PoolTerminatedError : CancelledError)(value),
  },
  {
    title: 'terminated while it ran',
    options: {},
    run: async (api) => {
      const gate = makeGate();
      onTestFinished(() => gate.open());
      const handles = api.call(holdWorker<string>, [gate.path, 'mine']);
      await holding(gate);
      await api.terminate();
      return handles;
    },
    state: 'raised',
    outcome: (value, of) => isA(of === 'pool' ? PoolTerminatedError : BrokenExecutorError)(value),
  },
  {
    title: 'over its time limit',
    options: { killGrace: 20 },
    run: (api) => api.call(spin, [5_000], { taskTimeout: 20 }),
    state: 'raised',
    outcome: isA(TaskTimeoutError),
  },
  {
    title: 'refused',
    run: (api) => {
      const free = Math.random();
      return api.call(() => free, []);
    },
    state: 'raised',
    outcome: isA(TaskSerializationError),
  },
  {
    title: 'settled by a callback that threw',
    run: (api) =>
      api.of === 'executor'
        ? api.call(throwIt, [['thrown']])
        : api.call(square, [2], {
            callback: () => {
              throw 'thrown';
            },
          }),
    state: 'raised',
    outcome: (value) => expect(value).toBe('thrown'),
  },
];

describe.each(KINDS)('of kind $kind', (kind) => {
  describe.each([poolApi, executorApi])('%o', (makeApi) => {
    let shared: Api | undefined;
    afterAll(() => shared?.end());

    function apiFor(options: Options): Api {
      if (options === undefined) {
        shared ??= makeApi(kind, undefined);
        return shared;
      }
      const own = makeApi(kind, options);
      onTestFinished(() => own.end());
      return own;
    }

    test.each(SCENARIOS)('[R9] future and result agree: $title', async ({ options, run, state, outcome }) => {
      const api = apiFor(options);
      const { future, result } = await run(api);
      const wanted = typeof state === 'function' ? state(api.of) : state;
      let facts: Facts = { state: wanted };
      if (isDone(facts)) {
        await result.wait(30_000);
        facts = { state: wanted, outcome: (await becameOf(future.result()))[1] };
        outcome?.(facts.outcome, api.of);
      }
      await expectAll(future, FUTURE, facts, api.of === 'pool');
      // A future that waited was cancelled by the last question.
      if (facts.state === 'pending') facts = { state: 'cancelled', outcome: (await becameOf(future.result()))[1] };
      await expectAll(result, RESULT, facts, api.of === 'executor');
      await expectAll(future, FUTURE, facts, api.of === 'pool');
    });
  });
});

test('[R9] a future that was made by hand, and its result', async () => {
  for (const move of [
    (_: Future<unknown>): Facts => ({ state: 'pending' }),
    (future: Future<unknown>): Facts => {
      future.setRunningOrNotifyCancel();
      return { state: 'running' };
    },
    (future: Future<unknown>): Facts => {
      future.setResult(5);
      return { state: 'returned', outcome: 5 };
    },
    (future: Future<unknown>): Facts => {
      future.setException(null);
      return { state: 'raised', outcome: null };
    },
  ]) {
    const future = new Future<unknown>();
    const result = toAsyncResult(future);
    const facts = move(future);
    const { cancel: _, setResult: _1, setException: _2, setRunningOrNotifyCancel: _3, ...asking } = RESULT;
    expect(membersOf(result)).toEqual(new Set([...Reflect.ownKeys(asking), 'cancel']));
    for (const member of Reflect.ownKeys(asking)) await asking[member as string]?.(result, facts, true);
    expect(future.done()).toBe(isDone(facts));
  }
});

// ---------------------------------------------------------------------------------------------------------------------------------------
// A facade

/** An answer that two facades can be compared by: values, and the names of what was thrown. */
async function answerOf(call: () => unknown): Promise<unknown> {
  const named = (error: unknown) => `throws ${(error as Error).name}`;
  let got: unknown;
  try {
    got = call();
  } catch (error) {
    return `at once: ${named(error)}`;
  }
  try {
    const value = await got;
    if (typeof value !== 'object' || value === null || !(Symbol.asyncIterator in value)) return value;
    const items: unknown[] = ['iterator'];
    for await (const item of value as AsyncIterable<unknown>) items.push(item);
    return items;
  } catch (error) {
    return named(error);
  }
}

type Ask<T> = (target: T) => unknown;

const POOL_CALLS: Record<Member, Ask<PoolCalls>> = {
  apply: (pool) => pool.apply(square, [3]),
  applyAsync: (pool) => pool.applyAsync(square, [3]),
  map: (pool) => pool.map(square, [1, 2, 3]),
  mapAsync: (pool) => pool.mapAsync(square, [1, 2, 3]),
  starmap: (pool) => pool.starmap(square, [[1], [2]]),
  starmapAsync: (pool) => pool.starmapAsync(square, [[1], [2]]),
  imap: (pool) => pool.imap(square, [1, 2, 3]),
  imapUnordered: (pool) => pool.imapUnordered(square, [2]),
  broadcast: (pool) => pool.broadcast(square, [5]),
  withOptions: (pool) => pool.withOptions({ priority: 1 }).apply(square, [4]),
  [inspect.custom]: (pool) => typeof shown(pool),
};
const POOL: Record<Member, Ask<Pool>> = {
  ...(POOL_CALLS as Record<Member, Ask<Pool>>),
  waitForCapacity: (pool) => pool.waitForCapacity(1),
  ready: (pool) => pool.ready(),
  stdout: (pool) => pool.stdout,
  stderr: (pool) => pool.stderr,
  stats: (pool) => Object.keys(pool.stats()),
  join: (pool) => {
    pool.close();
    return pool.join();
  },
  close: (pool) => pool.close(),
  terminate: (pool) => pool.terminate(),
  [Symbol.asyncDispose]: (pool) => pool[Symbol.asyncDispose](),
};

const EXECUTOR_CALLS: Record<Member, Ask<ExecutorCalls>> = {
  submit: (executor) => executor.submit(square, 3),
  map: (executor) => executor.map(square, [1, 2, 3]),
  broadcast: (executor) => executor.broadcast(square, 5),
  withOptions: (executor) => executor.withOptions({ priority: 1 }).submit(square, 4),
};
const EXECUTOR: Record<Member, Ask<Executor>> = {
  ...(EXECUTOR_CALLS as Record<Member, Ask<Executor>>),
  [inspect.custom]: (executor) => typeof shown(executor),
  waitForCapacity: (executor) => (executor as ProcessPoolExecutor).waitForCapacity(1),
  ready: (executor) => (executor as ProcessPoolExecutor).ready(),
  stdout: (executor) => (executor as ProcessPoolExecutor).stdout,
  stderr: (executor) => (executor as ProcessPoolExecutor).stderr,
  stats: (executor) => Object.keys((executor as ProcessPoolExecutor).stats()),
  shutdown: (executor) => executor.shutdown(),
  terminateWorkers: (executor) => executor.terminateWorkers(),
  killWorkers: (executor) => executor.killWorkers(),
  [Symbol.asyncDispose]: (executor) => executor[Symbol.asyncDispose](),
};

async function answers<T extends object>(target: T, table: Record<Member, Ask<T>>, hidden: readonly Member[]): Promise<object> {
  expect([...membersOf(target)].filter((member) => !hidden.includes(member)).toSorted(byName)).toEqual(
    Reflect.ownKeys(table).toSorted(byName),
  );
  const got: Record<string, unknown> = {};
  for (const member of Reflect.ownKeys(table)) got[String(member)] = await answerOf(() => table[member as string]?.(target));
  return got;
}

const byName = (a: Member, b: Member): number => (String(a) < String(b) ? -1 : 1);

const END_POOL: Record<string, (pool: Pool) => unknown> = {
  open: () => undefined,
  closed: (pool) => pool.close(),
  terminated: (pool) => pool.terminate(),
};
const END_EXECUTOR: Record<string, (executor: Executor) => unknown> = {
  open: () => undefined,
  'shut down': (executor) => executor.shutdown(),
  terminated: (executor) => executor.terminateWorkers(),
};

describe.each(KINDS)('of kind $kind', (kind) => {
  test.each(Object.keys(END_POOL))('[R9] asPool and views of withOptions answer as a pool does: %s', async (state) => {
    const pool = poolFor(kind);
    const adapter = asPool(executorFor(kind));
    const calls = [pool, adapter].map((one) => one.withOptions({}));
    for (const one of [pool, adapter]) END_POOL[state]?.(one);
    const [ofPool, ofAdapter] = [await answers(pool, POOL, []), await answers(adapter, POOL, [])];
    expect(ofAdapter).toEqual(ofPool);
    expect(Reflect.get(ofPool, 'apply')).toBe(state === 'open' ? 9 : `throws ${PoolClosedError.name}`);
    const views = [await answers(calls[0] as PoolCalls, POOL_CALLS, []), await answers(calls[1] as PoolCalls, POOL_CALLS, [])];
    expect(views[1]).toEqual(views[0]);
    // Both have ended now.
    expect(Reflect.get(views[0] as object, 'apply')).toBe(`throws ${PoolClosedError.name}`);
  });

  test.each(Object.keys(END_EXECUTOR))('[R9] asExecutor and views of withOptions answer as an executor does: %s', async (state) => {
    const executor = executorFor(kind);
    const adapter = asExecutor(poolFor(kind));
    const calls = [executor, adapter].map((one) => one.withOptions({}));
    for (const one of [executor, adapter]) await END_EXECUTOR[state]?.(one);
    // `startMap` is what a class of another executor gives; it is protected.
    const [ofExecutor, ofAdapter] = [await answers(executor, EXECUTOR, ['startMap']), await answers(adapter, EXECUTOR, ['startMap'])];
    expect(ofAdapter).toEqual(ofExecutor);
    expect(Reflect.get(ofExecutor, 'submit')).toBe(state === 'open' ? 9 : `at once: throws ${ExecutorShutdownError.name}`);
    const views = [
      await answers(calls[0] as ExecutorCalls, EXECUTOR_CALLS, []),
      await answers(calls[1] as ExecutorCalls, EXECUTOR_CALLS, []),
    ];
    expect(views[1]).toEqual(views[0]);
  });

  test('[R9] open views of withOptions answer as what they are a view of', async () => {
    const [pool, executor] = [poolFor(kind), executorFor(kind)];
    for (const target of [pool.withOptions({}), asPool(executor).withOptions({})]) {
      const got = (await answers(target, POOL_CALLS, [])) as Record<string, unknown>;
      for (const [member, ask] of Object.entries(POOL_CALLS)) expect(got[member], member).toEqual(await answerOf(() => ask(pool)));
    }
    for (const target of [executor.withOptions({}), asExecutor(pool).withOptions({})]) {
      const got = (await answers(target, EXECUTOR_CALLS, [])) as Record<string, unknown>;
      for (const [member, ask] of Object.entries(EXECUTOR_CALLS)) expect(got[member], member).toEqual(await answerOf(() => ask(executor)));
    }
  });
});
