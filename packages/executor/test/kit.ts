/**
 * Provides the shared helpers of the executor tests: the four variants of an executor, futures in every state, and testkit functions.
 *
 * `npm run test:cluster` runs the same tests in one other variant: on a cluster.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type ExecutorOptions, Future, ProcessPoolExecutor, ThreadPoolExecutor, WorkerRuntime } from '@twinpool/executor';
import { testCluster } from '@twinpool/testkit';
import { afterAll, onTestFinished } from 'vitest';

export { makeGate, useFakeClock } from '@twinpool/testkit';

export type WorkerExecutor = ProcessPoolExecutor | ThreadPoolExecutor;

export interface Kind {
  readonly name: string;
  readonly kind: 'process' | 'thread' | 'inline' | 'cluster';
  readonly shared: boolean;
  readonly Executor: typeof ProcessPoolExecutor | typeof ThreadPoolExecutor;
}

const cluster = testCluster();

class ClusterExecutor extends ProcessPoolExecutor {
  constructor(options: number | ExecutorOptions = {}) {
    const own: ExecutorOptions = typeof options === 'object' ? options : { maxWorkers: options };
    super({ runtime: cluster?.runtime, ...own } as never);
  }
}
Object.defineProperty(ClusterExecutor, 'name', { value: ProcessPoolExecutor.name });

const ON_CLUSTER: Kind = {
  name: 'ProcessPoolExecutor on a cluster',
  kind: 'cluster',
  shared: true,
  Executor: ClusterExecutor as typeof ProcessPoolExecutor,
};

const LOCAL: readonly Kind[] = [
  { name: 'ProcessPoolExecutor with workers of its own', kind: 'process', shared: false, Executor: ProcessPoolExecutor },
  { name: 'ProcessPoolExecutor on a shared runtime', kind: 'process', shared: true, Executor: ProcessPoolExecutor },
  { name: 'ThreadPoolExecutor with workers of its own', kind: 'thread', shared: false, Executor: ThreadPoolExecutor },
  { name: 'ThreadPoolExecutor on a shared runtime', kind: 'thread', shared: true, Executor: ThreadPoolExecutor },
];

export const KINDS: readonly Kind[] = cluster === undefined ? LOCAL : [ON_CLUSTER];

/** Those with workers of their own. */
export const OWN: readonly Kind[] = KINDS.filter(({ shared, kind }) => !shared || kind === 'cluster');

/** Without a shared runtime of processes: what an executor does there, it does on one of threads. */
export const MOST: readonly Kind[] = KINDS.filter(({ shared, kind }) => !shared || kind !== 'process');

/** The options that a facade on a borrowed runtime must not have. */
const OF_WORKERS = [
  'initializer',
  'initargs',
  'threadNamePrefix',
  'maxTasksPerChild',
  'idleTimeout',
  'env',
  'argv',
  'execArgv',
  'workerData',
  'resourceLimits',
];

export function open({ kind, shared, Executor }: Kind, options: ExecutorOptions = {}): { executor: WorkerExecutor; end(): Promise<void> } {
  if (!shared || kind === 'cluster') {
    const executor = new Executor({ maxWorkers: 2, ...options });
    return { executor, end: () => executor.terminateWorkers() };
  }
  const { ofWorkers, ofShare } = parted(options);
  const runtime = new WorkerRuntime({ kind, workers: kind === 'inline' ? 1 : (options.maxWorkers ?? 2), ...ofWorkers });
  const executor = new Executor({ runtime, ...ofShare });
  return { executor, end: () => runtime.terminate() };
}

function parted(options: ExecutorOptions): { ofWorkers: Record<string, unknown>; ofShare: ExecutorOptions } {
  const entries = Object.entries(options);
  return {
    ofWorkers: Object.fromEntries(entries.filter(([key]) => OF_WORKERS.includes(key))),
    ofShare: Object.fromEntries(entries.filter(([key]) => !OF_WORKERS.includes(key))),
  };
}

/** An executor for one test. */
export function forTest(kind: Kind, options?: ExecutorOptions): WorkerExecutor {
  const { executor, end } = open(kind, options);
  onTestFinished(end);
  return executor;
}

/** The same with options of workers, which a cluster gets when it is connected to. */
export async function forTestWith(kind: Kind, options: ExecutorOptions): Promise<WorkerExecutor> {
  if (cluster === undefined) return forTest(kind, options);
  const { ofWorkers, ofShare } = parted(options);
  const runtime = await cluster.connect(ofWorkers);
  onTestFinished(() => runtime.terminate());
  return forTest(kind, { runtime, ...ofShare });
}

/** One executor for all the tests of a `describe`. */
export function forAll(kind: Kind, options?: ExecutorOptions): WorkerExecutor {
  const { executor, end } = open(kind, options);
  afterAll(end);
  return executor;
}

/** The outcome of a promise, as a value. */
export async function outcome(promise: PromiseLike<unknown>): Promise<{ value: unknown } | { error: unknown }> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}

export async function errorOf(promise: PromiseLike<unknown>): Promise<unknown> {
  const result = await outcome(promise);
  if ('error' in result) return result.error;
  throw new Error(`resolved to ${String(result.value)}, and should have rejected`);
}

export async function collect<T>(iterator: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of iterator) all.push(each);
  return all;
}

/** Futures in the six states of CPython's tests. */
export function futureStates(): Record<'pending' | 'running' | 'cancelled' | 'notified' | 'raised' | 'returned', Future<number>> {
  const states = {
    pending: new Future<number>(),
    running: new Future<number>(),
    cancelled: new Future<number>(),
    notified: new Future<number>(),
    raised: new Future<number>(),
    returned: new Future<number>(),
  };
  states.running.setRunningOrNotifyCancel();
  states.cancelled.cancel();
  states.notified.cancel();
  states.notified.setRunningOrNotifyCancel();
  states.raised.setException(new RangeError('raised'));
  states.returned.setResult(42);
  return states;
}

/** An endless input that says how far it was read, and whether it was closed. */
export class Counter {
  pulled = 0;
  closed = 0;

  *[Symbol.iterator](): Generator<number> {
    try {
      for (;;) yield this.pulled++;
    } finally {
      this.closed += 1;
    }
  }

  async *later(): AsyncGenerator<number> {
    try {
      for (;;) yield this.pulled++;
    } finally {
      this.closed += 1;
    }
  }
}

setFlagsFromString('--expose-gc');
export const collectGarbage = runInNewContext('gc') as () => void;

/** The number of objects that the code under test still holds. */
export async function left(references: readonly WeakRef<object>[]): Promise<number> {
  const isLeft = (reference: WeakRef<object>) => reference.deref() !== undefined;
  // A few turns, because Node releases messages of worker threads late.
  for (let i = 0; i < 10 && references.some(isLeft); i++) {
    await turn();
    collectGarbage();
  }
  return references.filter(isLeft).length;
}

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
