/**
 * Simulates a runtime whose workers, clock and users the test controls, and records its expected state in a book.
 *
 * The scheduler, supervisor, clients, lanes and jobs are real; only the transports and the clock are fake. The book records the actions of users (accepted,
 * cancelled, aborted, closed) and of workers (handed over, begun, gone). `inspect` compares the runtime with it. It does not know how the scheduler
 * decides: it checks only the invariants.
 *
 * The runtime calls user code (inputs, callbacks, getters, schemas), which may call back into the runtime: `plot` sets the next such call.
 */
import { getEventListeners } from 'node:events';
import { FakeClock } from '@twinpool/testkit';
import {
  type FakeEnd,
  type FakeTask,
  type FakeTransport,
  type FakeWatch,
  fakeTransports,
  type StartTracking,
} from '@twinpool/testkit/fakes';
import { expect } from 'vitest';
import {
  CancelledError,
  QueueFullError,
  TaskSerializationError,
  TaskTimeoutError,
  TaskValidationError,
  TimeoutError,
  WorkerLostError,
} from '../../src/errors.ts';
import { BroadcastJob } from '../../src/jobs/broadcast-job.ts';
import { CallJob, type CallSettings, type Job } from '../../src/jobs/job.ts';
import { MapJob } from '../../src/jobs/map-job.ts';
import { StreamJob } from '../../src/jobs/stream-job.ts';
import type { Slot } from '../../src/lanes/slot.ts';
import { resolveRuntime } from '../../src/options/resolve-options.ts';
import { RuntimeCore } from '../../src/runtime.ts';
import type { Client } from '../../src/scheduling/client.ts';
import { isShort } from '../../src/scheduling/short-bursts.ts';
import { taskRef } from '../../src/tasks/definition/task-reference.ts';
import { TaskFunction } from '../../src/tasks/task-function.ts';
import { encodeThrown } from '../../src/wire/thrown.ts';

export interface WorldShape {
  readonly size: number;
  /** `concurrentTasksPerWorker`. */
  readonly slots: number;
  readonly startTracking: StartTracking;
  readonly maxTasks: number;
  readonly startsAtOnce: boolean;
  readonly idleTimeout: number;
  readonly minWorkers: number;
  readonly mostStarting: number;
  readonly hasFinalizer: boolean;
  readonly clients: readonly ClientShape[];
}

/** A world with one client and workers without a task limit, unless `shape` says otherwise. */
export function worldOf(shape: Partial<WorldShape> = {}, seams: Seams = {}): World {
  const usual: WorldShape = {
    size: 1,
    slots: 1,
    startTracking: 'claims',
    maxTasks: Number.POSITIVE_INFINITY,
    startsAtOnce: false,
    idleTimeout: Number.POSITIVE_INFINITY,
    minWorkers: 0,
    mostStarting: 1024,
    hasFinalizer: false,
    clients: [clientOf()],
  };
  return new World({ ...usual, ...shape }, seams);
}

/** What a test makes fail. */
export type Seams = Pick<FakeWatch, 'writing' | 'reading' | 'starting'>;

export function clientOf(shape: Partial<ClientShape> = {}): ClientShape {
  return { maxLanes: 1024, maxQueue: Number.POSITIVE_INFINITY, onLoss: 'fail', ...shape };
}

export interface ClientShape {
  readonly maxLanes: number;
  readonly maxQueue: number;
  readonly onLoss: 'fail' | 'retry' | 'break';
}

/** The retry limit of a client that retries. */
export const RETRIES = 2;
export const KILL_GRACE = 500;
export const TASK_TIMEOUT = 250;
export const FINALIZER_TIMEOUT = 2000;
/** µs. */
const MOST_AHEAD = 1001;

/** What a client's work may end with, beyond the task's own outcome. */
class Terminated extends Error {}
class Broken extends Error {}
class CancelledByShutdown extends Error {}
class InputFailed extends Error {}
class InputStopped extends Error {}

/** Code of users that the runtime calls. */
export const PLACES = ['next', 'return', 'callback', 'answer', 'progress', 'report', 'getter', 'schema'] as const;
export type Place = (typeof PLACES)[number];

/** An item that reads as its number, and whose field runs code when it is sent, and throws. */
class Trap {
  constructor(read: () => void) {
    const get = () => {
      read();
      throw new Error('a trap');
    };
    Object.defineProperty(this, 'field', { enumerable: true, get });
  }
}

/** Item 3, 22, 41 ...: the schemas of checked functions refuse it. */
function isRefused(item: unknown): boolean {
  return typeof item === 'number' && item % 19 === 3;
}

/** One client and what its users did. */
interface SimClient {
  readonly client: Client;
  readonly shape: ClientShape;
  isClosed: boolean;
  isTerminated: boolean;
  isShutDown: boolean;
}

/** One job in the book. */
export interface Entry {
  readonly job: Job;
  readonly owner: SimClient;
  readonly kind: 'call' | 'map' | 'stream' | 'broadcast';
  readonly items: unknown[];
  /** Tasks known to be accepted; a stream pulls on. */
  accepted(): number;
  /** Of these, tasks of a stream that were cancelled while they waited. */
  dropped(): number;
  readonly isAborted: () => boolean;
  isCancelled: boolean;
  inputFails: boolean;
  /** A call: it was taken off its queue for a lane. From then on it is not cancelled, also while its message is still being made. */
  wasClaimed: boolean;
  /** It was handed over behind a running task: until it begins, or is the only one there, it can be cancelled. */
  liesAhead: boolean;
  /** And it waits for the next claim again. */
  wasGivenBack: boolean;
  /** By task: how often handed over, begun, and settled. */
  readonly handed: Map<number, number>;
  readonly begun: Map<number, number>;
  readonly settled: Map<number, number>;
  /** Tasks that a dead worker may have started. */
  readonly maybeLost: Set<number>;
  /** How often the job as a whole was settled. */
  ends: number;
  /** Errors of single tasks. */
  readonly failures: Map<number, unknown>;
  /** The input of a stream, its requests and answers, and the values that it returned. */
  shape: StreamHow | undefined;
  /** As the user cut it. */
  chunksize: number | undefined;
  input: Input | undefined;
  asked: number;
  answered: number;
  readonly given: unknown[];
  isClosed: boolean;
  /** It was submitted by code that the runtime called, perhaps while it took another. */
  readonly isInner: boolean;
}

/** Item 5, 16, 27 ...: its task throws; every other one gives twice its item. */
export function doesThrow(item: unknown): boolean {
  return typeof item === 'number' && item % 11 === 5;
}

/** Item 9, 26, 43 ...: what its task gives cannot be read on this side. */
export function isUnreadable(item: unknown): boolean {
  return typeof item === 'number' && item % 17 === 9 && !doesThrow(item);
}

/** The only argument of a task; those of a checked one are a list. */
function itemOf({ item }: FakeTask): unknown {
  return Array.isArray(item) ? item[0] : item;
}

export function endOf(task: FakeTask): FakeEnd {
  const item = itemOf(task);
  if (isUnreadable(item)) return { unreadable: true };
  return doesThrow(item) ? { thrown: encodeThrown(`thrown by ${String(item)}`) } : { value: (item as number) * 2 };
}

export class World {
  readonly shape: WorldShape;
  readonly clock: FakeClock = new FakeClock();
  readonly runtime: RuntimeCore;
  readonly clients: SimClient[];
  readonly functions: TaskFunction[];
  /** Every worker ever made. */
  readonly workers: FakeTransport[] = [];
  readonly book = new Map<Job, Entry>();
  readonly signals: AbortController[] = [new AbortController(), new AbortController()];
  isEnding = false;
  #items = 0;
  /** The workers that have run each broadcast. */
  readonly #broadcastIn = new Map<Job, Set<FakeTransport>>();
  /** Users that wait for workers. */
  readyCalls = 0;
  /** Told of every call that is over. */
  settled: (job: Job, ok: boolean, value: unknown) => void = () => undefined;
  /** The late errors that were caused, and those that were reported. */
  lateErrors = 0;
  lateErrorsTold = 0;
  /** The errors of all warnings. */
  readonly warnings: unknown[] = [];
  readonly #allSignals: AbortSignal[] = this.signals.map(({ signal }) => signal);
  /** What went wrong where an exception would be swallowed. */
  readonly troubles: string[] = [];
  /** Things that users do in callbacks. */
  readonly #afterSettling: (() => void)[] = [];
  /** What the next code of users does, by its place. */
  readonly #plots = new Map<Place, (() => void)[]>(PLACES.map((place) => [place, []]));
  /** Asynchronous schemas that have not answered. */
  readonly #schemas: (() => void)[] = [];
  #depth = 0;
  ending: Promise<void> | undefined;

  constructor(shape: WorldShape, seams: Seams = {}) {
    this.shape = shape;
    const { workers, share } = resolveRuntime({
      kind: 'process',
      workers: shape.size,
      concurrentTasksPerWorker: shape.slots,
      ...(shape.maxTasks === Number.POSITIVE_INFINITY ? {} : { maxTasksPerChild: shape.maxTasks }),
      idleTimeout: shape.idleTimeout,
      minWorkers: Math.min(shape.minWorkers, shape.size),
      finalizer: shape.hasFinalizer ? taskRef('file:///nowhere.js', 'end') : undefined,
      finalizerTimeout: FINALIZER_TIMEOUT,
      killGrace: KILL_GRACE,
    });
    const watch: FakeWatch = {
      handedOver: (worker, tasks) => this.#handedOver(worker, tasks),
      begun: (worker, task) => this.#begun(worker, task),
      ...seams,
    };
    this.runtime = new RuntimeCore({ ...workers, mostStarting: shape.mostStarting }, share, shape.startsAtOnce, {
      clock: this.clock,
      transports: () => fakeTransports(shape.startTracking, watch, (worker) => this.#made(worker)),
      warn: (error, what) => this.#warned(error, what),
    });
    this.clients = shape.clients.map((client, at) => this.#openClient(client, `client ${at}`));
    this.functions = ['tiny', 'short', 'middling', 'long'].map(
      (name) =>
        new TaskFunction(name, undefined, {
          descriptor: { kind: 'module', name, url: 'file:///nowhere.js', exportName: name, member: undefined },
        }),
    );
    for (const name of ['checked', 'checked later']) this.functions.push(this.#checked(name, name === 'checked later'));
  }

  #made(worker: FakeTransport): void {
    this.workers.push(worker);
    this.clock.channels.add(() => worker.turn());
  }

  /** A function with a schema; `later`: the schema answers on command. */
  #checked(name: string, later: boolean): TaskFunction {
    const answer = (args: unknown) => {
      this.inside('schema');
      return isRefused((args as unknown[])[0]) ? { issues: [{ message: 'refused' }] } : { value: args };
    };
    const validate = (args: unknown) =>
      later ? new Promise<ReturnType<typeof answer>>((resolve) => this.#schemas.push(() => resolve(answer(args)))) : answer(args);
    const input = { '~standard': { version: 1 as const, vendor: 'world', validate } };
    const parts = { handler: () => undefined, input: input as never, output: undefined, file: undefined };
    const descriptor = { kind: 'module' as const, name, url: 'file:///nowhere.js', exportName: name, member: undefined };
    return new TaskFunction(name, parts, { descriptor });
  }

  /** The next code of users in this place does this. */
  plot(place: Place, deed: () => void): void {
    this.#plots.get(place)?.push(deed);
  }

  /** Code of users runs. */
  inside(place: Place): void {
    this.#depth += 1;
    this.#plots.get(place)?.shift()?.();
    this.#depth -= 1;
  }

  /** A schema that waits answers. */
  answerSchema(): void {
    this.#schemas.shift()?.();
  }

  /** A user waits until the fewest workers are there, for at most 1 s. */
  awaitReady(owner: SimClient): void {
    if (owner.isClosed || owner.client.broken !== undefined) return;
    this.readyCalls += 1;
    const isOver = () => {
      this.readyCalls -= 1;
    };
    owner.client
      .whenReady(1000, () => new TimeoutError('late'))
      .then(isOver, (error: unknown) => {
        isOver();
        const isPossible =
          error instanceof TimeoutError ||
          (error instanceof Broken
            ? this.startsFailed || owner.client.broken !== undefined
            : owner.isClosed && error instanceof InputStopped);
        if (!isPossible) this.troubles.push(`ready() cannot end with ${String(error)}`);
      });
  }

  terminateRuntime(): void {
    this.#refuseWork();
    this.ending ??= this.runtime.lifecycle.terminate(() => new Terminated('terminated'));
  }

  /** An item that calls back when it is sent. */
  trap(): unknown {
    return new Trap(() => this.inside('getter'));
  }

  #openClient(shape: ClientShape, name: string): SimClient {
    const client = this.runtime.openClient({
      name,
      maxLanes: shape.maxLanes,
      maxQueue: shape.maxQueue,
      breaksOnLoss: shape.onLoss === 'break',
      killGrace: KILL_GRACE,
      settings: this.settings({}),
      brokenError: (cause) => new Broken('broken', { cause }),
      closedError: () => new InputStopped('stopped'),
      readsOn: ({ isAsync }) => !isAsync,
      endedError: (cause) => cause,
    });
    return { client, shape, isClosed: false, isTerminated: false, isShutDown: false };
  }

  /** One more client. */
  join(shape: ClientShape): SimClient {
    const owner = this.#openClient(shape, `client ${this.clients.length}`);
    this.clients.push(owner);
    return owner;
  }

  settings(options: Partial<CallSettings>): CallSettings {
    return { priority: 0, taskTimeout: Number.POSITIVE_INFINITY, retries: 0, signal: undefined, onReport: undefined, ...options };
  }

  /** An item; one in `rate` cannot be sent. */
  item(unsendable: boolean): unknown {
    this.#items += 1;
    return unsendable ? () => undefined : this.#items;
  }

  // What users do.

  call(owner: SimClient, fn: TaskFunction, item: unknown, settings: CallSettings, then?: () => void): CallJob | undefined {
    if (owner.isClosed) return undefined;
    let entry: Entry | undefined;
    const job = new CallJob(fn, [item], settings, {
      jobSettled: (ok, value) => {
        const own = entry as Entry;
        own.ends += 1;
        this.settled(own.job, ok, value);
        this.#judge(own, 0, ok, value);
        if (then !== undefined) this.#afterSettling.push(then);
        this.#runCallbacks();
      },
    });
    entry = this.#enter(job, owner, 'call', [item], settings, () => 1);
    owner.client.submit(job, 1);
    return job;
  }

  map(owner: SimClient, fn: TaskFunction, items: unknown[], chunksize: number | undefined, settings: CallSettings): void {
    if (owner.isClosed) return;
    let entry: Entry | undefined;
    const shape = {
      spread: false,
      chunksize,
      mostAtOnce: Math.ceil(items.length / this.shape.size),
      onProgress: () => this.inside('progress'),
      shared: undefined,
    };
    const job = new MapJob(fn, items, shape, settings, {
      jobSettled: (ok, value) => {
        const own = entry as Entry;
        own.ends += 1;
        if (ok) {
          for (let i = 0; i < items.length; i++) this.#judge(own, i, true, (value as unknown[])[i]);
        } else {
          this.#judgeFailure(own, value);
          // Told of the progress of the last task, a user may still have ended the whole.
          const isOfATask = [...own.failures.values()].includes(value);
          if (own.settled.size === items.length && isOfATask && value !== own.failures.get(Math.min(...own.failures.keys())))
            this.troubles.push(`a map gave ${String(value)}, which is not its first error`);
        }
        this.#runCallbacks();
      },
    });
    entry = this.#enter(job, owner, 'map', items, settings, () => items.length);
    entry.chunksize = chunksize;
    owner.client.submit(job, items.length);
  }

  broadcast(owner: SimClient, fn: TaskFunction, item: unknown, settings: CallSettings): void {
    if (owner.isClosed) return;
    let entry: Entry | undefined;
    const items = new Array(this.shape.size).fill(item);
    const job = new BroadcastJob(fn, [item], items.length, settings, {
      jobSettled: (ok, value) => {
        const own = entry as Entry;
        own.ends += 1;
        if (!ok) this.#judgeFailure(own, value);
        else if ((value as unknown[]).length !== items.length) this.troubles.push(`a broadcast gave ${String(value)}`);
        this.#runCallbacks();
      },
    });
    // What is cancelled while it waits for its worker is settled without an outcome of its own.
    const endWaiting = job.endWaiting.bind(job);
    job.endWaiting = (error, how) => {
      const { free } = job;
      endWaiting(error, how);
      if (entry !== undefined && !job.isOver) for (let i = 0; i < free; i++) entry.settled.set(items.length + entry.settled.size, 1);
    };
    entry = this.#enter(job, owner, 'broadcast', items, settings, () => items.length);
    owner.client.submitBroadcast(job);
  }

  stream(owner: SimClient, fn: TaskFunction, items: unknown[], how: StreamHow, settings: CallSettings): void {
    if (owner.isClosed) return;
    const { window, ordered, chunksize, input, eager, failsAt } = how;
    const onProgress = how.tellsProgress ? () => this.inside('progress') : undefined;
    const shape = { spread: false, ordered, chunksize, window, eager, onProgress, total: undefined, mostBytes: how.mostBytes };
    const given = new Input(items, failsAt, (place) => this.inside(place));
    const source = input === 'items' ? { items: [...items] } : input === 'sync' ? { sync: given.sync() } : { async: given.async() };
    const job = new StreamJob(fn, source, shape, settings);
    // What is dropped when the waiting part of a stream is cancelled had been accepted.
    let dropped = 0;
    const endWaiting = job.endWaiting.bind(job);
    job.endWaiting = (error, how) => {
      const before = job.accepted;
      endWaiting(error, how);
      dropped += before - job.accepted;
    };
    const entry = this.#enter(job, owner, 'stream', items, settings, () => job.accepted + dropped);
    entry.dropped = () => dropped;
    entry.shape = how;
    entry.chunksize = chunksize;
    entry.input = input === 'items' ? undefined : given;
    entry.inputFails = input !== 'items' && failsAt <= items.length;
    owner.client.submit(job, job.accepted);
  }

  /** Asks a stream for its next outcome. */
  take(entry: Entry): void {
    entry.asked += 1;
    (entry.job as StreamJob).take((ok, value) => {
      entry.answered += 1;
      if (ok === undefined) {
        entry.ends += 1;
        return;
      }
      this.#judgeGiven(entry, ok, value);
      entry.given.push(value);
      this.inside('answer');
    });
  }

  #judgeGiven(entry: Entry, ok: boolean, value: unknown): void {
    const { items, given, shape } = entry;
    const item = items[given.length];
    if (!ok) this.#judgeFailure(entry, value);
    else if (shape?.ordered ? value !== (item as number) * 2 : given.includes(value) || !items.includes((value as number) / 2))
      this.troubles.push(`a stream gave ${String(value)} as number ${given.length}`);
    if (shape?.ordered && typeof value === 'string' && value !== `thrown by ${String(item)}`)
      this.troubles.push(`a stream gave the error ${value} as number ${given.length}`);
  }

  leave(entry: Entry): void {
    entry.isClosed = true;
    void (entry.job as StreamJob).close();
  }

  cancel(entry: Entry): void {
    const { isOver } = entry.job;
    const { wasClaimed } = entry;
    const mayCancel = !isOver && (!wasClaimed || (entry.liesAhead && this.#isBehindAnother(entry.job)));
    entry.isCancelled = true;
    const cancelled = (entry.job as CallJob).cancel();
    if (cancelled !== mayCancel) this.troubles.push(`cancel() said ${cancelled}; claimed ${wasClaimed}, over ${isOver}`);
    entry.isCancelled = cancelled;
  }

  /** Its task has not begun, and another one is in the same worker. */
  #isBehindAnother(job: Job): boolean {
    return this.workers.some(
      ({ isOver, inbox, begun, lane }) =>
        !isOver && lane.canTakeBack && inbox.length + begun.length === 2 && inbox.some((task) => task.job === job),
    );
  }

  abort(at: number): void {
    const aborted = this.signals[at] as AbortController;
    const next = new AbortController();
    this.signals[at] = next;
    this.#allSignals.push(next.signal);
    aborted.abort('on purpose');
  }

  closeClient(owner: SimClient): void {
    owner.isClosed = true;
    owner.client.close();
  }

  terminateClient(owner: SimClient): void {
    owner.isClosed = true;
    owner.isTerminated = true;
    owner.client.terminate(new Terminated('terminated'));
  }

  cancelWaiting(owner: SimClient): void {
    owner.isShutDown = true;
    owner.client.cancelWaiting(new CancelledByShutdown('cancelled'));
  }

  // What workers do.

  /** A worker has ended, on request or unexpectedly. */
  die(worker: FakeTransport, exitCode: number | null, signal: string | null): void {
    while (worker.hasAnswers && !worker.isOver) worker.deliver();
    if (worker.isOver) return;
    const lost = worker.takenForStarted;
    if (lost.length < worker.begun.length)
      this.troubles.push(`${worker.begun.length} tasks had begun, ${lost.length} are taken for started`);
    for (const { job, index } of lost) this.book.get(job)?.maybeLost.add(index);
    worker.die(exitCode, signal);
  }

  /** An error outside of any task: the worker ends, and with it at most what it ran. */
  failLate(worker: FakeTransport): void {
    this.lateErrors += worker.isBusy ? 0 : 1;
    worker.failLate(encodeThrown(new Error('late')), worker.isBusy);
    this.die(worker, 1, null);
  }

  /** The same in a worker with several slots: it goes on with what it runs. */
  failLateAndGoOn(worker: FakeTransport): void {
    this.lateErrors += 1;
    worker.failLateAndGoOn(encodeThrown(new Error('late')));
  }

  #warned(error: unknown, what: string): void {
    this.warnings.push(error);
    // A finalizer took too long, and the test has not ended its worker.
    if (this.shape.hasFinalizer && error instanceof TimeoutError) return;
    if (error instanceof Error && error.message === 'late') this.lateErrorsTold += 1;
    else this.troubles.push(`a warning: ${what}: ${String(error)}`);
  }

  /** The running task says something; told while it runs, or not at all. */
  report(worker: FakeTransport): void {
    const task = worker.running;
    if (task === undefined || task.isSkipped) return;
    worker.report(itemOf(task), task);
  }

  heard(value: unknown, index: number): void {
    this.inside('report');
    // A broadcast is reported with the index of the worker.
    const entry = [...this.book.values()].find(({ kind, items }) => items[kind === 'broadcast' ? 0 : index] === value);
    if (entry?.kind === 'broadcast') return;
    if (entry === undefined) this.troubles.push(`a report of item ${String(value)} was reported as that of task ${index}`);
    else if (!entry.begun.has(index) || entry.settled.has(index)) this.troubles.push(`task ${index} reported and did not run`);
  }

  /** Runs all pending actions of users and workers until no work is open. */
  async comeToRest(): Promise<void> {
    for (let round = 0; round < 300; round++) {
      for (let i = this.#schemas.length; i > 0; i--) this.answerSchema();
      for (const worker of [...this.workers]) this.#letGoOn(worker);
      for (const entry of this.book.values()) {
        if (entry.kind === 'stream' && entry.ends === 0 && entry.asked === entry.answered) this.take(entry);
      }
      this.clock.advance(1000);
      await turn();
      this.inspect();
      if (this.clients.every(({ client }) => client.open === 0) && this.#allAnswered() && this.#allAway() && this.readyCalls === 0) {
        this.#checkFewest();
        return;
      }
    }
    if (this.readyCalls > 0) throw new Error(`${this.readyCalls} users wait for workers`);
    const left = [...this.book.values()].filter(({ ends }) => ends === 0).map(({ kind, job }) => `${kind} ${job.order}`);
    throw new Error(`work never ends: ${left.join(', ') || 'no job, but a client has open tasks'}`);
  }

  /** At rest the fewest workers are there, or more are starting, or none could be started. One that is ending is replaced when it is gone. */
  #checkFewest(): void {
    const { minWorkers, size } = this.shape;
    const there = this.workers.filter((worker) => worker.lane.state === 'ready' && worker.lane.callsLeft > 0);
    if (this.workers.some(({ lane, isOver }) => lane.state === 'starting' || (lane.state === 'ending' && !isOver))) return;
    if (!this.startsFailed && this.isLossFree && this.warnings.length === 0 && there.length < Math.min(minWorkers, size))
      this.troubles.push(`${there.length} workers are there, at least ${minWorkers}`);
  }

  /** The runtime is closed, when all is at rest: its workers leave, and nothing keeps the program alive. */
  async closeAll(): Promise<void> {
    this.#refuseWork();
    await this.#end(this.runtime.lifecycle.close());
    expect(this.troubles).toEqual([]);
  }

  /** The runtime is closed in the midst of things: what was accepted ends first. */
  async closeAllNow(): Promise<void> {
    this.#refuseWork();
    const closing = this.runtime.lifecycle.close();
    for (const entry of this.book.values()) {
      // A consumer that left would delay nothing, but the test would not see its outcomes.
      if (entry.kind === 'stream' && !entry.isClosed) for (let i = 0; i < 30; i++) this.take(entry);
    }
    await this.#end(closing);
    for (const { kind, ends } of this.book.values()) if (ends === 0 && kind !== 'stream') this.troubles.push(`a ${kind} is left open`);
    for (const { client } of this.clients) if (client.open !== 0) this.troubles.push(`${client.open} tasks are left open`);
    expect(this.troubles).toEqual([]);
  }

  /** The runtime is terminated in the midst of things. */
  async terminateAll(): Promise<void> {
    this.#refuseWork();
    this.terminateRuntime();
    await this.#end(this.ending as Promise<void>);
    for (const { kind, ends } of this.book.values()) if (kind !== 'stream' && ends !== 1) this.troubles.push(`a ${kind} is left open`);
    for (const { client } of this.clients) if (client.open !== 0) this.troubles.push(`${client.open} tasks are left open`);
    expect(this.troubles).toEqual([]);
  }

  /** As facades do when their runtime is closed. */
  #refuseWork(): void {
    this.isEnding = true;
    for (const owner of this.clients) owner.isClosed = true;
  }

  async #end(ending: Promise<void>): Promise<void> {
    let isOver = false;
    void ending.then(() => {
      isOver = true;
    });
    for (let round = 0; !isOver; round++) {
      if (round === 200) throw new Error('the runtime never ends');
      for (const worker of [...this.workers]) this.#letGoOn(worker);
      for (let i = this.#schemas.length; i > 0; i--) this.answerSchema();
      if (round > 5) this.clock.advance(1000);
      await turn();
    }
    if (this.runtime.keepAlive.open !== 0)
      this.troubles.push(`a runtime that has ended keeps the program alive by ${this.runtime.keepAlive.open} tasks`);
    if (this.clock.keepingAlive > 0) this.troubles.push('a runtime that has ended has a timer that keeps the program alive');
    // Alarms that are not needed any more may run out, unreferenced.
    this.clock.advance(2 ** 31);
    if (this.clock.pending > 0) this.troubles.push(`${this.clock.pending} timers are left`);
    const listening = this.#allSignals.filter((signal) => getEventListeners(signal, 'abort').length > 0);
    if (listening.length > 0) this.troubles.push(`${listening.length} signals are still listened to`);
    if (this.lateErrorsTold !== this.lateErrors) this.troubles.push(`${this.lateErrors} late errors, ${this.lateErrorsTold} were reported`);
    const left = this.workers.filter((worker) => worker.isStarted && !worker.isOver);
    if (left.length > 0) this.troubles.push(`${left.length} workers are left`);
    if (this.readyCalls > 0) this.troubles.push(`${this.readyCalls} users still wait for workers`);
    expect(this.troubles).toEqual([]);
  }

  #letGoOn(worker: FakeTransport): void {
    if (worker.isOver || !worker.isStarted) return;
    if (worker.isKilled) this.die(worker, null, 'SIGKILL');
    else if (worker.isAskedToEnd) this.die(worker, 0, null);
    else if (this.silent.has(worker)) return;
    else if (worker.lane.state === 'starting') worker.ready();
    else worker.runAll(endOf, 100);
  }

  #allAnswered(): boolean {
    return [...this.book.values()].every(({ ends }) => ends > 0);
  }
  #allAway(): boolean {
    return this.workers.every((worker) => worker.isOver || (!worker.isKilled && !worker.isAskedToEnd));
  }

  // The book.

  #enter(job: Job, owner: SimClient, kind: Entry['kind'], items: unknown[], settings: CallSettings, accepted: () => number): Entry {
    const entry: Entry = {
      job,
      owner,
      kind,
      items,
      accepted,
      dropped: () => 0,
      isAborted: () => settings.signal?.aborted === true,
      isCancelled: false,
      inputFails: false,
      wasClaimed: false,
      liesAhead: false,
      wasGivenBack: false,
      handed: new Map(),
      begun: new Map(),
      settled: new Map(),
      maybeLost: new Set(),
      ends: 0,
      failures: new Map(),
      shape: undefined,
      chunksize: undefined,
      input: undefined,
      asked: 0,
      answered: 0,
      given: [],
      isClosed: false,
      isInner: this.#depth > 0,
    };
    this.book.set(job, entry);
    // Every attempt to settle is seen, also one that the job would ignore because it counts it twice.
    const settle = job.settle.bind(job);
    const settleRange = job.settleRange.bind(job);
    // A task of a range was seen with the range. Meanwhile the job may settle others: it reads its input, and refuses an item.
    let [from, to] = [0, 0];
    const seen = (index: number) => {
      if (index >= from && index < to) return;
      if (!job.isOver) entry.settled.set(index, (entry.settled.get(index) ?? 0) + 1);
    };
    job.settle = (index, ok, value) => {
      seen(index);
      if (!ok) entry.failures.set(index, value);
      this.#judge(entry, index, ok, value);
      settle(index, ok, value);
    };
    if (job instanceof CallJob) {
      const claim = job.claim.bind(job);
      const giveBack = job.giveBack.bind(job);
      job.claim = (most, liesAhead) => {
        const chunk = claim(most, liesAhead);
        entry.liesAhead = chunk !== undefined && !entry.wasClaimed && liesAhead === true;
        entry.wasClaimed ||= chunk !== undefined;
        return chunk;
      };
      job.giveBack = (chunk) => {
        entry.wasGivenBack = true;
        if (entry.liesAhead && !entry.begun.has(0)) {
          entry.wasClaimed = false;
          entry.wasGivenBack = false;
        }
        entry.liesAhead = false;
        giveBack(chunk);
      };
    } else {
      job.settleRange = (index, values, at, count) => {
        for (let i = 0; i < count; i++) {
          seen(index + i);
          this.#judge(entry, index + i, true, values[at + i]);
        }
        [from, to] = [index, index + count];
        settleRange(index, values, at, count);
        [from, to] = [0, 0];
      };
    }
    return entry;
  }

  #handedOver(worker: FakeTransport, tasks: readonly FakeTask[]): void {
    this.#checkAhead(worker);
    for (const { job, index } of tasks) {
      const entry = this.book.get(job);
      if (entry === undefined) {
        this.troubles.push('a task of an unknown job was handed over');
        continue;
      }
      if (entry.isCancelled) this.troubles.push('a cancelled call was handed over');
      const before = entry.handed.get(index) ?? 0;
      if (before === 0) this.#checkOrder(entry, index);
      entry.handed.set(index, before + 1);
    }
  }

  /** Little is handed over ahead: a millisecond of measured work, or one task; a chunk that the user cut goes as a whole. */
  #checkAhead(worker: FakeTransport): void {
    const { slots } = worker.lane;
    if (this.shape.slots > 1) {
      if (slots.length > this.shape.slots || slots.some(({ inFlight }) => inFlight.tasks > 1)) this.troubles.push('a slot has two tasks');
      return;
    }
    const isCut = worker.lane.chunks.some(({ job }) => (this.book.get(job)?.chunksize ?? 1) > 1);
    const load = slots[0]?.load ?? 0;
    if (isCut || worker.lane.outstanding <= 2 || load <= MOST_AHEAD) return;
    this.troubles.push(`${worker.lane.outstanding} tasks, ${load} µs of work, lie in one worker`);
  }

  /** First come first served, by priority, within a client; streams come and go, and are never waited for. */
  #checkOrder(entry: Entry, index: number): void {
    const { priority } = entry.job.settings;
    // A broadcast goes before everything else.
    if (entry.kind === 'broadcast') return;
    if (entry.kind !== 'stream' && index > 0 && !entry.handed.has(index - 1) && !entry.settled.has(index - 1))
      this.troubles.push(`task ${index} before task ${index - 1}`);
    for (const other of this.book.values()) {
      if (
        other === entry ||
        other.isInner ||
        other.owner !== entry.owner ||
        other.kind === 'stream' ||
        other.kind === 'broadcast' ||
        other.job.isOver
      )
        continue;
      const isFirst =
        other.job.settings.priority > priority || (other.job.settings.priority === priority && other.job.order < entry.job.order);
      if (isFirst && new Set([...other.handed.keys(), ...other.settled.keys()]).size < other.items.length) {
        this.troubles.push(`job ${entry.job.order} (priority ${priority}) before job ${other.job.order} (${other.job.settings.priority})`);
      }
    }
  }

  #begun(worker: FakeTransport, { job, index }: FakeTask): void {
    const entry = this.book.get(job) as Entry;
    if (entry.kind === 'broadcast') {
      const workers = this.#broadcastIn.get(job) ?? new Set<FakeTransport>();
      if (workers.has(worker)) this.troubles.push('a worker runs a broadcast twice');
      this.#broadcastIn.set(job, workers.add(worker));
      if ((entry.begun.get(index) ?? 0) > 0) this.troubles.push('a broadcast that a worker had begun runs in another one');
    }
    const times = (entry.begun.get(index) ?? 0) + 1;
    entry.begun.set(index, times);
    if (times > 1 + job.settings.retries) this.troubles.push(`task ${index} of job ${job.order} began ${times} times`);
    if (entry.isCancelled) this.troubles.push('a cancelled call began');
  }

  /** Whether an outcome can be that of this task. */
  #judge(entry: Entry, index: number, ok: boolean, value: unknown): void {
    const item = entry.items[index];
    if (!ok) {
      this.#judgeFailure(entry, value, index);
      return;
    }
    if (typeof item !== 'number' || doesThrow(item) || isUnreadable(item) || value !== item * 2) {
      this.troubles.push(`task ${index} with item ${String(item)} of a ${entry.kind} gave ${String(value)}`);
    }
    if (!entry.begun.has(index)) this.troubles.push(`task ${index} gave a value and never began`);
  }

  #judgeFailure(entry: Entry, error: unknown, index?: number): void {
    const { owner, job } = entry;
    const items = index === undefined ? entry.items : [entry.items[index]];
    const isPossible =
      typeof error === 'string'
        ? items.some((item) => error === `thrown by ${String(item)}` && doesThrow(item))
        : error instanceof TaskSerializationError
          ? this.channelFails || items.some((item) => typeof item === 'function' || item instanceof Trap || isUnreadable(item))
          : error instanceof TaskValidationError
            ? job.fn.parseArguments !== undefined && items.some(isRefused)
            : error instanceof TaskTimeoutError
              ? job.settings.taskTimeout === TASK_TIMEOUT
              : error instanceof WorkerLostError
                ? !this.isLossFree || (index === undefined ? entry.maybeLost.size > 0 : entry.maybeLost.has(index))
                : error instanceof QueueFullError
                  ? owner.shape.maxQueue < Number.POSITIVE_INFINITY
                  : error instanceof CancelledError
                    ? entry.isCancelled || entry.isAborted()
                    : error instanceof Terminated
                      ? owner.isTerminated || this.isEnding
                      : error instanceof CancelledByShutdown
                        ? owner.isShutDown
                        : error instanceof InputFailed
                          ? entry.inputFails
                          : error instanceof InputStopped
                            ? owner.isClosed || this.isEnding
                            : error instanceof Broken
                              ? owner.client.broken !== undefined || this.startsFailed || owner.shape.onLoss === 'break'
                              : isEndOfRuntime(error) && this.isEnding;
    if (!isPossible) this.troubles.push(`a ${entry.kind} cannot end with ${String(error)}`);
  }

  startsFailed = false;
  /** Messages were made to fail on their way. */
  channelFails = false;
  /** No worker dies but by `die` of this class, which keeps account of what may be lost. */
  isLossFree = true;
  /** Workers that never say that they are there. */
  readonly silent = new Set<FakeTransport>();

  /** What must hold between any two steps. */
  inspect(): void {
    const stats = this.runtime.stats();
    const serving = this.workers.filter(({ lane }) => lane.state === 'starting' || lane.isServing);
    const retiring = this.workers.filter(({ lane }) => lane.state === 'retiring' && lane.isReplaced);
    if (stats.retiring !== retiring.length || retiring.length > this.shape.size)
      this.troubles.push(`stats().retiring is ${stats.retiring}, ${retiring.length} of at most ${this.shape.size} are`);
    // What is taken back from a worker that had its last task makes it one that serves again, beside its replacement.
    const mayComeBack = this.shape.startTracking === 'claims' && this.shape.maxTasks < Number.POSITIVE_INFINITY && this.shape.slots === 1;
    const loading = this.workers.filter((worker) => worker.lane.isLoading);
    if (loading.length > this.shape.mostStarting) this.troubles.push(`${loading.length} workers load, at most ${this.shape.mostStarting}`);
    if (serving.length > this.shape.size && !mayComeBack) this.troubles.push(`${serving.length} workers, at most ${this.shape.size}`);
    for (const worker of this.workers) {
      if (worker.calls > this.shape.maxTasks) this.troubles.push(`${worker.calls} calls in one worker, at most ${this.shape.maxTasks}`);
      if (worker.isKilled && worker.lane.state === 'ready') this.troubles.push('a worker that is being ended is ready for work');
      if (worker.finalizesWrongly) this.troubles.push('a finalizer is run twice, after a kill, or in a worker that has tasks');
      if (worker.isAskedToEnd && worker.finalizes !== this.shape.hasFinalizer)
        this.troubles.push('a worker ends in order, and its finalizer does not run');
      if (worker.unknownFunctions > 0) this.troubles.push('a worker got a task whose function it does not know');
      if (worker.strayAborts > 0) this.troubles.push('a task was to be aborted that is not there');
      for (const { job } of worker.aborted)
        if (this.book.get(job)?.isAborted() !== true) this.troubles.push('an innocent task was aborted');
      const lying = worker.isOver ? 0 : worker.inbox.length + worker.begun.length;
      if (worker.lane.outstanding !== lying)
        this.troubles.push(`a lane takes ${worker.lane.outstanding} tasks for unanswered, ${lying} are`);
    }
    let accepted = 0;
    let settled = 0;
    let waiting = 0;
    for (const owner of this.clients) {
      let open = 0;
      let inLanes = 0;
      for (const entry of this.book.values()) {
        if (entry.owner !== owner) continue;
        accepted += entry.accepted();
        if (entry.job.isOver) {
          settled += entry.accepted();
          continue;
        }
        open += entry.accepted() - entry.dropped() - entry.settled.size;
        settled += entry.dropped() + entry.settled.size;
      }
      for (const worker of this.workers) {
        if (!worker.isOver) inLanes += worker.held.filter(({ job, index }) => this.#isOpen(owner, job, index)).length;
      }
      waiting += open - inLanes;
      if (owner.client.broken !== undefined && open > inLanes) this.troubles.push(`a broken client has ${open - inLanes} tasks that wait`);
      if (owner.client.open !== open) this.troubles.push(`client.open is ${owner.client.open}, ${open} tasks are open`);
    }
    for (const { isOver, lane, inbox } of this.workers)
      if (!isOver && inbox.length > 0 && lane.canTakeBack && lane.slots[0]?.longAhead !== undefined) waiting += 1;
    if (stats.queued !== waiting) this.troubles.push(`stats().queued is ${stats.queued}, ${waiting} tasks wait`);
    const counted = stats.completed + stats.failed + stats.cancelled + stats.refused;
    if (counted !== settled) this.troubles.push(`${counted} of ${accepted} tasks are counted as ended, ${settled} are`);
    for (const entry of this.book.values()) {
      if (entry.wasClaimed && !entry.wasGivenBack && !entry.handed.has(0) && !entry.job.isOver)
        this.troubles.push('a call was claimed, and not handed over');
      for (const [index, times] of entry.settled)
        if (times > 1) this.troubles.push(`task ${index} of a ${entry.kind} was settled ${times} times`);
      if (entry.kind !== 'stream' && entry.ends > 1) this.troubles.push(`a ${entry.kind} was settled ${entry.ends} times`);
      if (entry.kind !== 'stream' && entry.job.isOver !== entry.ends > 0)
        this.troubles.push(`a ${entry.kind} is over, but its user was not notified`);
    }
    for (const entry of this.book.values()) if (!this.isEnding) this.#inspectInput(entry);
    if (this.runtime.keepAlive.open < 0) this.troubles.push(`the program is kept alive by ${this.runtime.keepAlive.open} tasks`);
    this.#lookForStranded();
    // `expect` costs more than all of the above.
    if (this.troubles.length > 0) expect(this.troubles).toEqual([]);
  }

  /** An input is read only up to its window, and closed once unless it was exhausted. */
  #inspectInput({ input, job, answered, shape }: Entry): void {
    if (input === undefined || shape === undefined) return;
    if (input.pulled > answered + shape.window)
      this.troubles.push(`${input.pulled} items are read, ${answered} are taken; window ${shape.window}`);
    if (input.closed > 1) this.troubles.push(`an input was closed ${input.closed} times`);
    if (job.isOver && !input.isExhausted && input.closed === 0) this.troubles.push('an input was left open');
  }

  #isOpen(owner: SimClient, job: Job, index: number): boolean {
    const entry = this.book.get(job);
    return entry !== undefined && entry.owner === owner && !job.isOver && !entry.settled.has(index);
  }

  /** No lane is idle while there is work that it may have. */
  #lookForStranded(): void {
    // While a worker is starting, others take no more than their share.
    const isSpreading = this.shape.slots > 1 && this.workers.some(({ lane, isOver }) => !isOver && lane.state === 'starting');
    const hasRoom = ({ lane }: FakeTransport) => (this.shape.slots > 1 ? lane.freeSlot !== undefined && !isSpreading : lane.isIdle);
    const idle = this.workers.filter((worker) => hasRoom(worker) && worker.lane.callsLeft > 0);
    const isNobodyThere = this.workers.every((worker) => worker.isOver);
    for (const { client, shape } of this.clients) {
      if (client.front() === undefined) continue;
      if (idle.length > 0 && this.#lanesOf(client) < shape.maxLanes) this.troubles.push(`${client.queued} tasks wait and a lane is idle`);
      const isBraked = this.clock.keepingAlive > 0;
      if (isNobodyThere && !isBraked) this.troubles.push('tasks wait, and no worker is there or will be');
    }
    if (idle.length === 0 || this.shape.startTracking === 'budget' || this.shape.slots > 1) return;
    const isSettled = this.workers.every((worker) => worker.isOver || worker.begun.length === (worker.isBusy ? 1 : 0));
    // A short burst stays together for a millisecond.
    const isLeft = ({ lane }: FakeTransport) => !isShort(lane.slots[0] as Slot, 0, this.clock.now());
    const stuck = this.workers.find(
      (worker) => !worker.isOver && worker.isBusy && isLeft(worker) && worker.inbox.some(({ job }) => this.#mayMove(job)),
    );
    if (isSettled && stuck !== undefined)
      this.troubles.push(`a task waits behind another while a lane is idle: ${this.workers.map(describe).join(', ')}`);
  }

  #mayMove(job: Job): boolean {
    const entry = this.book.get(job);
    return (
      entry !== undefined && !job.isOver && !entry.owner.client.isHeldUp && this.#lanesOf(entry.owner.client) < entry.owner.shape.maxLanes
    );
  }

  #lanesOf(client: Client): number {
    const uses = ({ isOver, lane }: FakeTransport) =>
      !isOver && lane.state !== 'retiring' && lane.chunks.some(({ job }) => job.owner === client);
    return this.workers.filter(uses).length;
  }

  #runCallbacks(): void {
    this.inside('callback');
    for (const callback of this.#afterSettling.splice(0)) callback();
  }
}

export interface StreamHow {
  readonly input: 'items' | 'sync' | 'async';
  readonly window: number;
  readonly ordered: boolean;
  readonly chunksize: number | undefined;
  readonly eager: boolean;
  readonly failsAt: number;
  readonly tellsProgress?: boolean;
  readonly mostBytes?: number | undefined;
}

/** A user's input, and what became of it. */
class Input {
  pulled = 0;
  closed = 0;
  isExhausted = false;
  readonly #items: readonly unknown[];
  readonly #failsAt: number;
  /** The answers of an asynchronous input that cannot have been read yet. */
  #underWay = 0;
  readonly #use: (place: Place) => void;

  constructor(items: readonly unknown[], failsAt: number, use: (place: Place) => void) {
    this.#use = use;
    this.#items = items;
    this.#failsAt = failsAt;
  }

  sync(): Iterator<unknown> {
    return { next: () => this.#next(), return: () => this.#return() };
  }

  async(): AsyncIterator<unknown> {
    const next = () => {
      const step = (async () => this.#next())();
      const isRead = () => {
        this.#underWay -= 1;
      };
      this.#underWay += 1;
      step.then(isRead, isRead);
      return step;
    };
    return { next, return: async () => this.#return() };
  }

  #next(): IteratorResult<unknown> {
    this.#use('next');
    if (this.closed > 0) throw new Error('read after it was closed');
    if (this.pulled === this.#failsAt || this.pulled === this.#items.length) this.isExhausted = true;
    if (this.pulled === this.#failsAt) throw new InputFailed('the input failed');
    return this.isExhausted ? { done: true, value: undefined } : { done: false, value: this.#items[this.pulled++] };
  }

  #return(): IteratorResult<unknown> {
    if (this.isExhausted && this.#underWay === 0) throw new Error('closed after its end');
    this.#use('return');
    this.closed += 1;
    return { done: true, value: undefined };
  }
}

function isEndOfRuntime(error: unknown): boolean {
  return error instanceof Error && /runtime|Runtime/.test(error.message);
}

function describe(worker: FakeTransport): string {
  const lying = worker.held.map(({ item, isSkipped }) => `${String(item)}${isSkipped ? ' (skipped)' : ''}`);
  return `${worker.lane.state} (${worker.lane.callsLeft} calls left): ${worker.begun.length} begun of [${lying.join(' ')}]`;
}

/** Microtasks, and what they start. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 6; i++) await undefined;
}
