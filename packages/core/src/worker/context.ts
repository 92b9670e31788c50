/**
 * What a task can ask of the worker it runs in.
 *
 * Decides what `context()` answers. The running task is a module variable: a worker runs one task at a time, an asynchronous one
 * until its promise settles. What a task left behind (a timer that fires later) must not speak for the task that runs then, so functions
 * that return promises run in an AsyncLocalStorage, and its answer goes first.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import process from 'node:process';
import { InvalidStateError } from '../errors.ts';

/** What a task can ask of its worker. */
export interface TaskContext {
  /** Counts from 1 in a runtime; a replacement has a new one. */
  readonly workerId: number;
  /** `prefix_0` is worker 1: see `threadNamePrefix` and `name`. */
  readonly workerName: string;
  readonly kind: 'process' | 'thread';
  /** Aborted when the call's signal is; in threads `aborted` is live in a synchronous task, in processes once the task yields. */
  readonly signal: AbortSignal;
  /** The runtime's `workerData` option. */
  readonly workerData: unknown;
  /** Sends a value to the caller's `onReport`, at once and in order. */
  report(value: unknown): void;
}

/** Whoever runs tasks; makes the context of the running one when it is first asked for. */
export interface TaskSource {
  taskContext(): TaskContext | undefined;
}

/** One for the whole worker, also where a program holds two copies of this package. */
interface WorkerState {
  isWorker: boolean;
  /** How many runtimes are above this program; 0 in the main one. */
  depth: number;
  /** Modules that are being imported for a task; what is built at their top level would be built in every worker. */
  loading: number;
  /** Set exactly while a task runs. */
  running: TaskSource | undefined;
  readonly store: AsyncLocalStorage<TaskContext>;
}

/** In the environment of a worker until it is set up: what is imported before that (`--import`, `-r`) is loaded in every worker. */
export const STARTING_VARIABLE = 'TWINPOOL_STARTING';
/** In the environment of a worker, and of what it starts. */
export const DEPTH_VARIABLE = 'TWINPOOL_DEPTH';

const KEY = Symbol.for('@twinpool/core/worker');
const shared = globalThis as { [KEY]?: WorkerState };
shared[KEY] ??= {
  isWorker: process.env[STARTING_VARIABLE] !== undefined,
  depth: Number(process.env[DEPTH_VARIABLE] ?? 0),
  loading: 0,
  running: undefined,
  store: new AsyncLocalStorage<TaskContext>(),
};
const state: WorkerState = shared[KEY];

/** Whether this code runs in a worker; `true` also while a worker loads a task module. */
export const isWorker: boolean = state.isWorker;

export function becomeWorker(depth: number): void {
  state.isWorker = true;
  state.depth = depth;
  delete process.env[STARTING_VARIABLE];
}

/** How many runtimes are above this program. */
export function depthHere(): number {
  return state.depth;
}

/** A module is being imported by a worker, not by a task's own code. */
export function isLoading(): boolean {
  return state.loading > 0 || process.env[STARTING_VARIABLE] !== undefined;
}

export async function whileLoading<T>(load: () => Promise<T>): Promise<T> {
  state.loading += 1;
  try {
    return await load();
  } finally {
    state.loading -= 1;
  }
}

export function setRunning(source: TaskSource | undefined): void {
  state.running = source;
}

export function isRunning(): boolean {
  return state.running !== undefined;
}

/** Calls `fn` so that everything it starts belongs to `task`. */
export function runInside(task: TaskContext, fn: (...args: unknown[]) => unknown, args: readonly unknown[]): unknown {
  return state.store.run(task, fn, ...args);
}

/**
 * The running task's side of its call: the abort signal, the worker, and `report`.
 *
 * Throws `InvalidStateError` outside of a task, also once the task has ended.
 *
 * @example
 * ```ts
 * import { context } from 'twinpool/worker';
 *
 * export async function poll(url: string): Promise<number> {
 *   const { signal, report } = context();
 *   const response = await fetch(url, { signal });
 *   report({ status: response.status });
 *   return (await response.arrayBuffer()).byteLength;
 * }
 * ```
 */
export function context(): TaskContext {
  const task = state.running?.taskContext();
  const own = state.store.getStore();
  // `own` differs when what asks was left behind by a task that has ended.
  if (task === undefined || (own !== undefined && own !== task)) {
    throw new InvalidStateError(
      state.isWorker
        ? 'context() was called outside of a running task'
        : 'context() works inside a task, in a worker; this is the main program',
    );
  }
  return task;
}
