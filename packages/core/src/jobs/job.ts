/**
 * Defines a job: one call of the API, with one or many tasks, settled once.
 *
 *   waiting --claim--> handed over --settle--> over
 *      ^                   |
 *      +----- giveBack ----+        end(error): any state -> over, at once
 *
 * - `claim` is the gate of cancellation: a task that was claimed once can no longer be cancelled by `cancel()`, even if it was given back. Except for a
 *   call that lies alone behind a running task, in a worker that gives tasks back: until the worker begins it, it counts as waiting.
 * - Every task that a job accepted is settled exactly once, by `settle` or by `end`. What arrives afterwards is ignored (`isOver`).
 *
 * A job owns its input and its outcomes. It does not know lanes and transports; of the facade it knows a listener.
 */
import { CancelledError } from '../errors.ts';
import type { NumberArray } from '../primitives/number-array.ts';
import { sharedScopeHere } from '../primitives/shared-scope.ts';
import { runCallback, type Scope, scopeHere } from '../primitives/user-code.ts';
import { withoutStack } from '../primitives/without-stack.ts';
import { runValidationFor } from '../tasks/definition/validation-scope.ts';
import type { TaskFunction } from '../tasks/task-function.ts';

/** A time of the clock in milliseconds. An object, which many jobs share: a number of its own would be an allocation for each job. */
export interface Moment {
  readonly at: number;
}

const UNKNOWN: Moment = { at: 0 };

/** What a call asks for. Made once per client and once per call that gives options, never per task. */
export interface CallSettings {
  readonly priority: number;
  /** Milliseconds from the task's start in the worker; Infinity: none. */
  readonly taskTimeout: number;
  /** Re-runs of a task whose worker was lost. */
  readonly retries: number;
  readonly signal: AbortSignal | undefined;
  readonly onReport: ((value: unknown, index: number) => void) | undefined;
  /** A worker process may read large arguments into memory that it uses again. */
  readonly reuseBuffers?: boolean | undefined;
  /** Workers on other machines: `retries` are for tasks whose machine was lost, not for those whose worker was. */
  readonly retriesNodesOnly?: boolean | undefined;
}

/** Consecutive tasks of one job that travel together. */
export interface Chunk {
  readonly job: Job;
  /** Index, in the job, of the first task. */
  readonly base: number;
  readonly count: number;
  /** Whether a task's item is the array of its arguments (else it is the only argument). */
  readonly spread: boolean;
  /** Worker time, in whole nanoseconds a task, that was charged to the client for it in advance. */
  charge: number;
  /** The item of the task at `base + offset`. */
  at(offset: number): unknown;
  /** A view of all items, where they lie in an array of numbers. */
  numbers?(): NumberArray | undefined;
  /** A copy of all items as an array of numbers, if each of them is a number. */
  packed?(): NumberArray | undefined;
  /** Shared memory in which a thread may leave results that are numbers, an element for each task. */
  results?(): Float64Array | undefined;
  /** Cuts the last `count` tasks off; this chunk keeps the others. */
  splitTail(count: number): Chunk;
}

/** How a task ended, for the counters. */
export type Ending = 'completed' | 'failed' | 'cancelled' | 'refused';

/** What a job needs from the client it belongs to. */
export interface JobOwner {
  /** A job that pulls its input has pulled `count` more. */
  tasksAccepted(count: number): void;
  /** Something that is not a task (an input that is not read to its end) keeps the client from being drained, until `release`. */
  hold(): void;
  release(): void;
  /** `count` more accepted tasks wait for the consumer to take results, and keep no program alive; negative: fewer. */
  setAside(count: number): void;
  /** `count` tasks of this job are over; `inLanes` of them while a lane still has them. */
  tasksEnded(count: number, how: Ending, inLanes?: number): void;
  /** The job has tasks to claim again. */
  wake(job: Job): void;
  /** The worker has begun this task, which lay behind another one. */
  hasBegun(job: Job): boolean;
  /** Takes such a task back, which then waits again. Returns false if the worker has begun it. */
  takeBack(job: Job): boolean;
  /** The job leaves the queue and the signal watch: nothing of it waits any more. */
  forget(job: Job): void;
  /** A callback of the user threw. */
  warn(error: unknown, what: string): void;
}

/** The receiver of a job that settles as a whole. */
export interface JobListener {
  jobSettled(ok: boolean, value: unknown): void;
}

/** Times that a job may lose a worker while it loads its module: should the module be what ends them, that has an end. */
const MOST_BEGINNINGS = 3;
const beginnings = new WeakMap<Job, number>();

/** Re-runs so far, by job and task. Beside the jobs, most of which never lose a worker: what waits costs memory by the field. */
const reruns = new WeakMap<Job, Map<number, number>>();

/** The state that every job has. Its fields are private; each move is a method. */
export abstract class Job {
  readonly fn: TaskFunction;
  #settings: CallSettings;
  #scope: Scope | undefined = undefined;
  #owner: JobOwner | undefined = undefined;
  #acceptedAt: Moment = UNKNOWN;
  #order = 0;
  #previous: Job | undefined = undefined;
  #next: Job | undefined = undefined;
  #isQueued = false;
  #isOver = false;

  constructor(fn: TaskFunction, settings: CallSettings) {
    this.fn = fn;
    this.#settings = settings;
  }

  get settings(): CallSettings {
    return this.#settings;
  }
  /** The async context of the call, in which its user's code runs. Undefined if none of it runs after the call. */
  get scope(): Scope | undefined {
    return this.#scope;
  }
  /** The client that has accepted the job. */
  get owner(): JobOwner {
    return this.#owner as JobOwner;
  }
  get acceptedAt(): Moment {
    return this.#acceptedAt;
  }
  /** Its place among the jobs of its client. */
  get order(): number {
    return this.#order;
  }
  /** Its neighbours in the queue of its client. */
  get previous(): Job | undefined {
    return this.#previous;
  }
  get next(): Job | undefined {
    return this.#next;
  }
  /** It is in the queue of its client. */
  get isQueued(): boolean {
    return this.#isQueued;
  }
  /** Everything is settled: what arrives for it is ignored. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The client takes the job, behind the jobs of a lower `order`. */
  accept(owner: JobOwner, order: number): void {
    this.#owner = owner;
    this.#order = order;
  }

  /** Notes when the client accepted it. */
  stamp(acceptedAt: Moment): void {
    this.#acceptedAt = acceptedAt;
  }

  /** Another job waits for this one: it takes an earlier place, and at least that priority. */
  moveAhead(order: number, priority: number): void {
    this.#order = order;
    if (this.#settings.priority < priority) this.#settings = { ...this.#settings, priority };
  }

  /** Enters a queue between two neighbours. */
  enqueue(previous: Job | undefined, next: Job | undefined): void {
    this.#previous = previous;
    this.#next = next;
    this.#isQueued = true;
    if (previous !== undefined) previous.#next = this;
    if (next !== undefined) next.#previous = this;
  }

  /** Leaves its queue: its neighbours become neighbours of each other. */
  dequeue(): void {
    if (this.#previous !== undefined) this.#previous.#next = this.#next;
    if (this.#next !== undefined) this.#next.#previous = this.#previous;
    this.#previous = undefined;
    this.#next = undefined;
    this.#isQueued = false;
  }

  /** Code of the user will run in the async context of now. */
  protected captureScope(): void {
    this.#scope = scopeHere();
  }

  /** At most getters of arguments will run in the async context of now. */
  protected captureScopeOfGetters(): void {
    this.#scope = sharedScopeHere();
  }

  /** The one move to `over`. */
  protected markOver(): void {
    this.#isOver = true;
  }

  /** Tasks that could be claimed now; an upper bound where the input is not known. */
  abstract get waiting(): number;
  /** The number of tasks in the chunks that the caller asked for; `undefined`: the scheduler cuts. */
  get chunksize(): number | undefined {
    return undefined;
  }
  /** Its next task waits for its schema: it keeps its place, and holds up what came later. */
  get isPending(): boolean {
    return false;
  }
  /** A task of it that lies alone behind another one still waits, for its caller: its tasks are long. */
  get waitsBehind(): boolean {
    return this.fn.runTimes.isLong;
  }
  /** Validates the arguments that are known. The schema is code of the user: it may end the job, or the client. */
  validate(): void {}
  /**
   * Takes up to `most` tasks off the job (whole chunks where the user cut them: then it may be more). `liesAhead`: one task, which will lie alone behind a
   * running one in a worker that gives tasks back.
   */
  abstract claim(most: number, liesAhead?: boolean): Chunk | undefined;
  abstract giveBack(chunk: Chunk): void;
  abstract settle(index: number, ok: boolean, value: unknown): void;
  /** Returns the error that the result of a task becomes, because the call cannot keep it; `undefined` for any other result. */
  misfit(_index: number, _result: unknown): unknown {
    return undefined;
  }
  /** Settles all that is not settled with `error`; nothing of it will be claimed any more. */
  abstract end(error: unknown, how: Ending): void;

  /** Ends what no lane has; what lanes have goes on. */
  endWaiting(error: unknown, how: Ending): void {
    this.end(error, how);
  }

  /**
   * Code of the user runs between the outcomes of two tasks, and may end the job. Then each task leaves its lane alone: tasks that still count as handed
   * over must not have left.
   */
  get settlesOneByOne(): boolean {
    return false;
  }

  /** Settles `count` successful tasks from `index` on. */
  settleRange(index: number, values: ArrayLike<unknown>, from: number, count: number): void {
    for (let i = 0; i < count && !this.isOver; i++) this.settle(index + i, true, values[from + i]);
  }

  /** Whether the task may run again after its worker was lost; counts it if so. */
  mayRerun(index: number): boolean {
    const done = reruns.get(this)?.get(index) ?? 0;
    if (this.isOver || done >= this.settings.retries) return false;
    if (!reruns.has(this)) reruns.set(this, new Map());
    reruns.get(this)?.set(index, done + 1);
    return true;
  }

  /** What it was given was moved to its worker, and is gone with it. */
  mayNotRerun(index: number): void {
    if (this.settings.retries === 0) return;
    if (!reruns.has(this)) reruns.set(this, new Map());
    reruns.get(this)?.set(index, Number.POSITIVE_INFINITY);
  }

  /** Whether a task of it that a lost worker was about to begin may begin elsewhere; counts it if so. */
  mayBeginAgain(): boolean {
    const done = beginnings.get(this) ?? 0;
    beginnings.set(this, done + 1);
    return done < MOST_BEGINNINGS;
  }

  report(index: number, value: unknown): void {
    const { onReport } = this.settings;
    if (onReport !== undefined && !this.isOver) this.notify('onReport', onReport, value, index);
  }

  /** Calls a callback of the user, whose outcome nothing waits for. */
  protected notify(what: string, callback: (...args: never[]) => unknown, ...args: unknown[]): void {
    runCallback(this.scope, callback, args, (error) => this.owner.warn(error, what));
  }
}

/** Tasks of several chunks. */
export function tasksOf(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { count }) => sum + count, 0);
}

/**
 * Validates the arguments of one task of `job` and calls `done` with the outcome, once: before it returns, or later where the schema is
 * asynchronous. Never throws.
 */
export function parseArguments(job: Job, args: readonly unknown[], done: (ok: boolean, value: unknown) => void): void {
  const { parseArguments } = job.fn;
  let parsed: unknown[] | Promise<unknown[]> | undefined;
  try {
    parsed = runValidationFor(job, job.fn, () => parseArguments?.(args));
  } catch (error) {
    done(false, error);
    return;
  }
  if (parsed instanceof Promise) {
    parsed.then(
      (value) => done(true, value),
      (error: unknown) => done(false, error),
    );
  } else done(true, parsed ?? args);
}

/**
 * Where one call stands, while it is not over.
 *
 *   pending (a checked task) --its arguments fit--> waiting --claim--> handed --giveBack--> back --claim--> handed
 *                                                   |     ^                ^
 *                                              claim|     |giveBack        |the worker has begun it
 *                                                   '-> ahead -------------'
 *
 * `cancel()` works up to and including `waiting`, and in `ahead`.
 */
type Phase = 'pending' | 'waiting' | 'ahead' | 'handed' | 'back';

/** One call. It is its own chunk: a submit allocates this object, the caller's handle and the arguments, nothing else. */
export class CallJob extends Job implements Chunk {
  charge = 0;
  /** The only argument, or (`spread`) the array of all: one array less to keep for most calls. */
  #item: unknown;
  spread = false;
  #listener: JobListener | undefined;
  #phase: Phase = 'waiting';

  constructor(fn: TaskFunction, args: readonly unknown[], settings: CallSettings, listener: JobListener) {
    super(fn, settings);
    CallJob.#takeArguments(this, args);
    this.#listener = listener;
    if (fn.parseArguments !== undefined) this.#phase = 'pending';
    if (settings.onReport !== undefined) this.captureScope();
    // They run when the arguments are sent.
    else if (this.spread ? args.some(isObject) : isObject(this.#item)) this.captureScopeOfGetters();
  }

  get job(): Job {
    return this;
  }
  get base(): number {
    return 0;
  }
  get count(): number {
    return 1;
  }
  get waiting(): number {
    return !this.isOver && (this.#phase === 'waiting' || this.#phase === 'back') ? 1 : 0;
  }
  override get isPending(): boolean {
    return this.#phase === 'pending';
  }
  /** It was handed to a worker once, which has begun it if it lay ahead; from then on `cancel()` answers false. */
  get isHandedOver(): boolean {
    return this.#phase === 'handed' || this.#phase === 'back' || (this.#phase === 'ahead' && this.owner.hasBegun(this));
  }

  /** It took long when it was handed over. */
  override get waitsBehind(): boolean {
    return this.#phase === 'ahead';
  }

  at(_offset: number): unknown {
    return this.#item;
  }

  override validate(): void {
    if (this.#phase !== 'pending') return;
    parseArguments(this, this.spread ? (this.#item as unknown[]) : [this.#item], (ok, value) => {
      if (this.isOver) return;
      if (!ok) {
        this.settle(0, false, value);
        return;
      }
      CallJob.#takeArguments(this, value as unknown[]);
      this.#phase = 'waiting';
      this.owner.wake(this);
    });
  }

  splitTail(_count: number): Chunk {
    return this;
  }

  claim(_most: number, liesAhead?: boolean): Chunk | undefined {
    if (this.waiting === 0) return undefined;
    this.#phase = liesAhead === true && this.#phase === 'waiting' ? 'ahead' : 'handed';
    return this;
  }

  giveBack(_chunk: Chunk): void {
    if (this.isOver) return;
    this.#phase = this.#phase === 'ahead' ? 'waiting' : 'back';
    this.owner.wake(this);
  }

  override mayRerun(index: number): boolean {
    // It had begun.
    if (this.#phase === 'ahead') this.#phase = 'handed';
    return super.mayRerun(index);
  }

  settle(_index: number, ok: boolean, value: unknown): void {
    if (!this.isOver) CallJob.#finish(this, ok, value, ok ? 'completed' : 'failed', false);
  }

  end(error: unknown, how: Ending): void {
    if (!this.isOver) CallJob.#finish(this, false, error, how, true);
  }

  /** True if and only if no worker has begun it, or will. */
  cancel(): boolean {
    if (this.isOver || this.isHandedOver || (this.#phase === 'ahead' && !this.owner.takeBack(this))) return false;
    // A program that cancels thousands knows where.
    const error = withoutStack(() => new CancelledError('the task was cancelled before it was handed to a worker'));
    this.end(error, 'cancelled');
    return true;
  }

  // Static: private methods of instances would cost each instance a field.

  static #finish(job: CallJob, ok: boolean, value: unknown, how: Ending, isEnd: boolean): void {
    const listener = job.#listener;
    const inLanes = isEnd && (job.#phase === 'handed' || job.#phase === 'ahead') ? 1 : 0;
    job.markOver();
    job.#item = undefined;
    job.#listener = undefined;
    if (job.isQueued || job.settings.signal !== undefined) job.owner.forget(job);
    // The handle is settled before the count: a close that waits for the count then finds every handle settled.
    listener?.jobSettled(ok, value);
    job.owner.tasksEnded(1, how, inLanes);
  }

  static #takeArguments(job: CallJob, args: readonly unknown[]): void {
    job.spread = args.length !== 1;
    job.#item = job.spread ? args : args[0];
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
