/**
 * Tells which task the running code belongs to, and whether this program is a worker at all.
 *
 * Each piece of user code in a worker has an owner: the task that called it (a number), the module whose loading started it (its URL),
 * or none (a preload, or the program itself). The owner follows the code across timers, promises and callbacks in an AsyncLocalStorage,
 * so the leftovers of a task never count as part of the task that runs next.
 *
 *   call of a task   owner n      running until the outcome is known; afterwards n belongs to no running task
 *   import, preload  owner URL    never a task, also long after the import
 *   import in a task owner n      and marked: what the module starts is the task's, and must not start workers (task-imports.ts)
 *
 * Invariants: two tasks share an owner only while the worker runs short synchronous tasks of one call, one after the other in one turn;
 * `calling` is set exactly while code of a task is on the stack, and counts before the storage. Knows nothing about messages and outcomes.
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import process from 'node:process';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import type { TaskContext } from './task-context.ts';

/** A task by its number, a module by its URL; `undefined` for code that neither started. */
export type Owner = number | string | undefined;

/** What a module starts that a running task imports. */
export interface TaskImport {
  readonly task: number;
  readonly module: string;
}

/** The part of a worker that runs tasks. */
export interface TaskSource {
  /** Whether this owner is a task or an initializer that has not ended. */
  isRunning(owner: number): boolean;
  /** The context of that task or initializer; `undefined` once it has ended. */
  contextOf(owner: number): TaskContext | undefined;
}

/** A task that runs in the thread of its caller, in a program that need not be a worker. */
export interface InlineTask {
  /** `undefined` once it has ended. */
  readonly context: TaskContext | undefined;
  readonly isRunning: boolean;
  /** How many runtimes are above it. */
  readonly depth: number;
}

/** How a worker is named: the values of `twinpool/worker`. */
export interface Identity {
  readonly workerId: number;
  readonly workerIndex: number;
  readonly workerName: string;
  readonly workerData: unknown;
}

/** One for the whole worker, also where a program holds two copies of this package. */
interface WorkerState {
  isWorker: boolean;
  /** `undefined` until the worker is set up. */
  identity: Identity | undefined;
  /** Set the values of `twinpool/worker` in each copy of this package. */
  readonly named: ((identity: Identity) => void)[];
  /** How many runtimes are above this program; 0 in the main one. */
  depth: number;
  /** `undefined` until the worker is set up. */
  tasks: TaskSource | undefined;
  /** Contexts of functions that `runWithContext` calls; `undefined` until its first call. */
  given: AsyncLocalStorage<TaskContext> | undefined;
  /** Tasks that run in the thread of their caller (inline-owners.ts); `undefined` until the first of them. Absent in a copy of another version. */
  inline?: AsyncLocalStorage<InlineTask> | undefined;
  /** The task whose code is on the stack; 0 for none. */
  calling: number;
  readonly store: AsyncLocalStorage<number | string | TaskImport | undefined>;
  /** A module or a preload was refused a pool: refusal.ts. */
  hasRefused: boolean;
  /** The first such refusal, and a listener (functions.ts). Absent in a copy of another version. */
  refusal?: Error | undefined;
  onRefusal?: ((error: Error) => void) | undefined;
  /** Uncaught errors since then, until the worker is set up. */
  readonly held: unknown[];
}

const KEY = '@twinpool/core/worker';
const SHARED = Symbol.for(KEY);
const shared = globalThis as { [SHARED]?: WorkerState };
shared[SHARED] ??= {
  isWorker: isStartedAsWorker(),
  identity: undefined,
  named: [],
  depth: 0,
  tasks: undefined,
  given: undefined,
  calling: 0,
  store: ownerStore(),
  hasRefused: false,
  held: [],
};
const state: WorkerState = shared[SHARED];

/** For refusal.ts and task-imports.ts. */
export const workerState: Pick<WorkerState, 'hasRefused' | 'refusal' | 'onRefusal' | 'held' | 'tasks' | 'store'> = state;

/** Whether this code runs in a worker; `true` also in a preload and while a worker loads a task module. */
export let isWorker: boolean = state.isWorker;

/** The number of this worker in its runtime: it counts from 1 and never repeats. `undefined` in the main program. */
export let workerId: number | undefined;
/** The smallest index from 0 that no live worker of the runtime has: for ports, databases, `JEST_WORKER_ID`. `undefined` in the main program. */
export let workerIndex: number | undefined;
/** The name of this worker, as in `context().workerName`. `undefined` in the main program. */
export let workerName: string | undefined;
/** The runtime's `workerData`, or what `perWorker` gave instead. `undefined` in the main program. */
export let workerData: unknown;

function setIdentity(identity: Identity): void {
  ({ workerId, workerIndex, workerName, workerData } = identity);
}
// A preload of a flag may import this package before the worker is set up.
if (state.identity !== undefined) setIdentity(state.identity);
else state.named.push(setIdentity);

/** Calls `start`, which starts worker threads: they know from the beginning that they are workers, also in their preloads. */
export function startingThreads<T>(start: () => T): T {
  setEnvironmentData(KEY, true);
  try {
    return start();
  } finally {
    setEnvironmentData(KEY, undefined as never);
  }
}

/** Its `enterWith` is the original: async-context-watch.ts replaces that of the others. */
function ownerStore<T>(): AsyncLocalStorage<T> {
  return Object.defineProperty(new AsyncLocalStorage<T>(), 'enterWith', { value: AsyncLocalStorage.prototype.enterWith });
}

/** By how it was started, and not by a variable of the environment: everything that a worker starts would inherit that. */
function isStartedAsWorker(): boolean {
  if (isMainThread) return /[\\/]twinpool-worker\.cjs$/.test(process.argv[1] ?? '');
  const isMarked = getEnvironmentData(KEY) === true;
  // Threads that tasks start would inherit it.
  if (isMarked) setEnvironmentData(KEY, undefined as never);
  return isMarked;
}

/** This program is a worker's. How it was started does not show that in a bundle, and where `--preserve-symlinks` gives its file another path. */
export function enterWorker(): void {
  isWorker = state.isWorker = true;
}

export function becomeWorker(depth: number, tasks: TaskSource, identity: Identity): void {
  state.depth = depth;
  state.tasks = tasks;
  state.identity = identity;
  for (const set of state.named.splice(0)) set(identity);
}

/** How many runtimes are above the running code. */
export function depthHere(): number {
  return inlineTaskHere()?.depth ?? state.depth;
}

/** The inline task that the running code belongs to. */
function inlineTaskHere(): InlineTask | undefined {
  return state.inline?.getStore();
}

/** What the running code starts from now on belongs to this inline task. */
export function enterInlineTask(task: InlineTask): void {
  state.inline ??= ownerStore();
  state.inline.enterWith(task);
}

/** Whom the running code belongs to. */
export function ownerHere(): Owner {
  if (state.calling !== 0) return state.calling;
  const stored = state.store.getStore();
  return typeof stored === 'object' ? stored.task : stored;
}

/** The module that the owner of the running code, a task, imports; `undefined` for code that no such import started. */
export function taskImportHere(): string | undefined {
  const stored = state.store.getStore();
  return typeof stored === 'object' && stored.task === ownerHere() ? stored.module : undefined;
}

/** Whether the running code belongs to a task, or an initializer, that has not ended. */
export function isInTask(): boolean {
  const inline = inlineTaskHere();
  if (inline !== undefined) return inline.isRunning;
  const owner = ownerHere();
  return typeof owner === 'number' && state.tasks?.isRunning(owner) === true;
}

/** The context of the task that the running code belongs to. */
export function contextHere(): TaskContext | undefined {
  const given = state.given?.getStore();
  if (given !== undefined) return given;
  const inline = inlineTaskHere();
  if (inline !== undefined) return inline.context;
  const owner = ownerHere();
  return typeof owner === 'number' ? state.tasks?.contextOf(owner) : undefined;
}

/** Calls `fn` with a context of its own, in this thread. */
export function runIn<T>(context: TaskContext, fn: () => T): T {
  state.given ??= new AsyncLocalStorage();
  return state.given.run(context, fn);
}

/**
 * Calls `fn` so that everything that it starts belongs to `owner`, in an async context of its own: what it enters with `enterWith()` in storages of
 * its own, or sets on the resource that runs, is seen by what it starts, and by nothing that is called later. Costs 50 to 80 ns (Node 20).
 */
export function runAs<T, A extends readonly unknown[]>(owner: number | string, fn: (...args: A) => T, self?: unknown, ...args: A): T {
  return newScope('TWINPOOL_TASK').runInAsyncScope(callAs<T, A>, self, owner, fn, args);
}

function callAs<T, A extends readonly unknown[]>(this: unknown, owner: number | string, fn: (...args: A) => T, args: A): T {
  enterOwner(owner);
  return Reflect.apply(fn, this, args);
}

/** What the running code starts from now on belongs to `owner`. */
export function enterOwner(owner: number | string): void {
  state.store.enterWith(owner);
}

/** The async context of the code that runs now, for calls to come. */
export function newScope(type: string): AsyncResource {
  return new AsyncResource(type, { requireManualDestroy: true });
}

/** Code of this task is on the stack from now on; 0: of none. */
export function setCalling(task: number): void {
  state.calling = task;
}
