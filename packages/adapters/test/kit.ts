/** Provides the shared helpers of the adapter tests: pools and executors of both kinds, and functions that hold their workers. */
import { type ExecutorOptions, ProcessPoolExecutor, ThreadPoolExecutor } from '@twinpool/executor';
import { Pool, type PoolOptions, ThreadPool } from '@twinpool/pool';
import { type Gate, makeGate } from '@twinpool/testkit';
import type { Place } from '@twinpool/testkit/tasks';
import { afterAll, onTestFinished } from 'vitest';
import { holdWorker } from './fixtures/tasks.mjs';

export type WorkerExecutor = ProcessPoolExecutor | ThreadPoolExecutor;

export interface Kind {
  readonly kind: 'process' | 'thread';
  readonly Pool: typeof Pool;
  readonly Executor: typeof ProcessPoolExecutor | typeof ThreadPoolExecutor;
}

export const KINDS: readonly Kind[] = [
  { kind: 'process', Pool, Executor: ProcessPoolExecutor },
  { kind: 'thread', Pool: ThreadPool, Executor: ThreadPoolExecutor },
];

/** A pool of two for one test. */
export function poolFor(kind: Kind, options?: PoolOptions): Pool {
  const pool = new kind.Pool({ processes: 2, ...options });
  onTestFinished(() => pool[Symbol.asyncDispose]());
  return pool;
}

/** An executor with two workers for one test. */
export function executorFor(kind: Kind, options?: ExecutorOptions): WorkerExecutor {
  const executor = new kind.Executor({ maxWorkers: 2, ...options });
  onTestFinished(() => executor.terminateWorkers());
  return executor;
}

export interface Target {
  readonly title: string;
  readonly target: Pool | WorkerExecutor;
}

/** The four that a stream can run on, with two workers each; for all tests of a file. */
export function targets(): readonly Target[] {
  const all = KINDS.flatMap(({ Pool, Executor }) => [
    { title: Pool.name, target: new Pool(2) },
    { title: Executor.name, target: new Executor(2) },
  ]);
  afterAll(() => Promise.all(all.map(({ target }) => end(target))));
  return all;
}

export function end(target: Pool | WorkerExecutor): Promise<void> {
  return target instanceof Pool ? target[Symbol.asyncDispose]() : target.terminateWorkers();
}

/** A worker that has had one task for 5 ms is handed none ahead. */
const NONE_AHEAD = 10;

/** Resolves when `count` tasks hold their workers, so that later tasks wait in the queue. */
export async function holding(gate: Gate, count = 1): Promise<void> {
  await gate.entered(count);
  await new Promise((resolve) => setTimeout(resolve, NONE_AHEAD));
}

/** One worker, and it is taken until the gate opens: whatever comes waits. */
export async function busyPool(kind: Kind): Promise<{ pool: Pool; gate: Gate }> {
  const pool = poolFor(kind, { processes: 1 });
  const gate = makeGate();
  void pool.applyAsync(holdWorker<string>, [gate.path, 'first']);
  await holding(gate);
  return { pool, gate };
}

export async function busyExecutor(kind: Kind): Promise<{ executor: WorkerExecutor; gate: Gate }> {
  const executor = executorFor(kind, { maxWorkers: 1 });
  const gate = makeGate();
  executor.submit(holdWorker<string>, gate.path, 'first');
  await holding(gate);
  return { executor, gate };
}

/** Which worker it was, in whatever kind. */
export const whereOf = ({ pid, threadId }: Place | { pid: number; threadId: number }): string => `${pid}/${threadId}`;

/** Every worker of two, found by holding both. */
export async function workersBy(
  submit: (fn: typeof holdWorker<number>, gate: string, label: number) => PromiseLike<unknown>,
): Promise<Set<string>> {
  const gate = makeGate();
  const held = [submit(holdWorker<number>, gate.path, 0), submit(holdWorker<number>, gate.path, 1)];
  const arrivals = await gate.entered(2);
  gate.open();
  await Promise.all(held);
  return new Set(arrivals.map(whereOf));
}

export const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Looks that have to say the same, a millisecond apart. */
const STILL = 15;

/** Resolves when a target and `count` stand still. For what is not to happen: it cannot be waited for. */
export async function settled(target: Pool | WorkerExecutor, count: () => number = () => 0): Promise<void> {
  let before = '';
  for (let still = 0; still < STILL; still++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    const { queued, running, completed } = target.stats();
    const now = JSON.stringify([queued, running, completed, count()]);
    if (now !== before) still = 0;
    before = now;
  }
}

/** Yields 0, 1, 2 … without end. Counts the items that were read, and records whether it was closed. */
export class Endless implements IterableIterator<number> {
  pulled = 0;
  isClosed = false;

  next(): IteratorResult<number, undefined> {
    return this.isClosed ? { done: true, value: undefined } : { done: false, value: this.pulled++ };
  }
  return(): IteratorResult<number, undefined> {
    this.isClosed = true;
    return { done: true, value: undefined };
  }
  [Symbol.iterator](): this {
    return this;
  }
}
