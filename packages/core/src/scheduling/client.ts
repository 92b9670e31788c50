/**
 * Keeps one facade's share of a runtime: its waiting jobs, its account of worker time, its own close and terminate.
 *
 *   open --close--> closed                    no new job is given to it; `drained` resolves when all accepted work has ended
 *     '--terminate--> closed                  every job is ended with the facade's error
 *
 *   broken: no --fail(forGood), breakDown--> yes      every job that comes is ended at once; it never leaves this state
 *
 * Its next job is the oldest of the highest priority. It does not know lanes and other clients: the scheduler compares clients by `charged`.
 */
import { CancelledError, QueueFullError, type TwinpoolError } from '../errors.ts';
import type { BroadcastJob } from '../jobs/broadcast-job.ts';
import type { CallSettings, Ending, Job, JobOwner } from '../jobs/job.ts';
import { StreamJob } from '../jobs/stream-job.ts';
import type { TaskCounts } from '../observability/runtime-stats.ts';
import type { Clock } from '../primitives/clock.ts';
import type { KeepAlive } from '../primitives/keep-alive.ts';
import { afterTurn } from '../primitives/time.ts';
import { validatingJob } from '../tasks/definition/validation-scope.ts';
import type { TaskFunction } from '../tasks/task-function.ts';
import { watchSignal } from './abort-signals.ts';
import { CapacityWaiters } from './capacity-waiters.ts';
import { JobQueue } from './job-queue.ts';
import { type ReadySource, ReadyWaiters } from './ready-waiters.ts';

/** What a client asks of the scheduler. */
export interface ClientScheduler {
  /** Notes when a job that comes in now counts as accepted. */
  stampAcceptance(job: Job): void;
  /** Tasks of this client that workers would take at once, after the tasks of other clients that wait for them. */
  freeSlots(client: Client): number;
  /** The client has work again. */
  activate(client: Client): void;
  /** `urgent`: a job came in; else the end of this turn is soon enough. */
  pump(urgent: boolean): void;
  /** Tasks of these jobs that lanes hold are dropped or, where they run, ended after `grace` ms (below 0: and by force). */
  abandon(jobs: ReadonlySet<Job>, grace: number): void;
  /** Jobs of this client that lanes hold tasks of. */
  handedOver(client: Client): Set<Job>;
  /** Long tasks of this client that lie alone behind others, and were not begun. */
  lyingAhead(client: Client): number;
  /** The worker has begun this task, which lay behind another one. */
  hasBegun(job: Job): boolean;
  /** Takes back what is long, lies alone behind another task, and was not begun: of this job, or all of this client. Returns whether there was any. */
  takeBackAhead(of: Job | Client): boolean;
  /** Each worker runs this job, before what waits. */
  addBroadcast(job: BroadcastJob): void;
  removeBroadcast(job: BroadcastJob): void;
}

/** The parts of the runtime that a client uses. */
export interface ClientServices {
  readonly scheduler: ClientScheduler;
  readonly supply: ReadySource;
  readonly clock: Clock;
  readonly keepAlive: KeepAlive;
  readonly counts: TaskCounts;
  /** Why a task cannot run in the workers; `undefined`: it can. It was found, or refused, before. */
  readonly faultOf: (fn: TaskFunction) => TwinpoolError | undefined;
  readonly warn: (error: unknown, what: string) => void;
}

/** What had not ended when a facade took no new work any more. */
export type Unended = 'input' | 'waitForCapacity' | 'ready';

export interface ClientOptions {
  readonly name: string;
  /** Lanes it may use at once. */
  readonly maxLanes: number;
  readonly maxQueue: number;
  /** 'break': a lost worker that ran a task of this client breaks the client. */
  readonly breaksOnLoss: boolean;
  readonly killGrace: number;
  readonly settings: CallSettings;
  /** The facade's error for work that ended because workers cannot be started or, with 'break', were lost. */
  readonly brokenError: (cause: unknown) => Error;
  /** The error of an input that is not read any further, or of a caller that waits for room or workers, because no new work is taken. */
  readonly closedError: (what: Unended) => unknown;
  readonly readsOn: (stream: StreamJob) => boolean;
  /** The error of work that ended because the owner of the workers ended them. */
  readonly endedError: (cause: unknown) => unknown;
}

export class Client implements JobOwner {
  readonly options: ClientOptions;
  #charged = 0;
  #advanced = 0;
  #isActive = false;
  readonly #scheduler: ClientScheduler;
  readonly #keepAlive: KeepAlive;
  readonly #services: ClientServices;
  readonly #queue = new JobQueue();
  readonly #streams = new Set<StreamJob>();
  /** They are in no queue: each worker takes them. */
  readonly #broadcasts = new Set<BroadcastJob>();
  readonly #waiters: (() => void)[] = [];
  readonly #drainWaiters: (() => void)[] = [];
  /** Jobs whose function was refused and that have not ended yet. */
  readonly #refused: Job[] = [];
  /** Made with the first `waitForCapacity`. */
  #capacity: CapacityWaiters | undefined;
  /** Made with the first `whenReady`. */
  #ready: ReadyWaiters | undefined;
  #closed = false;
  /** Why it is broken; undefined while it is not. */
  #breakage: { readonly cause: unknown } | undefined;
  #order = 0;
  /** Tasks accepted and not ended, and inputs held open. */
  #open = 0;
  /** Of `#open`, tasks that lanes have. */
  #handed = 0;
  #terminateError: unknown;
  /** Of `#open`, inputs held open. */
  #held = 0;

  constructor(services: ClientServices, options: ClientOptions) {
    this.#services = services;
    this.#scheduler = services.scheduler;
    this.#keepAlive = services.keepAlive;
    this.options = options;
  }

  /** Undefined while it is not broken. A new error each time, because the receiver may change it. */
  get broken(): Error | undefined {
    return this.#breakage === undefined ? undefined : this.options.brokenError(this.#breakage.cause);
  }
  get isClosed(): boolean {
    return this.#closed;
  }
  /** Tasks accepted that have not ended. */
  get open(): number {
    return this.#open - this.#held;
  }
  /** Nothing of it is open or waits. */
  get isResting(): boolean {
    return this.#open === 0 && this.#queue.isEmpty;
  }
  /** Tasks accepted that no lane has. */
  get queued(): number {
    return this.open - this.#handed;
  }

  /** Tasks in the queue: accepted, and neither in a lane nor waiting for one certain worker. */
  #inQueue(): number {
    if (this.#broadcasts.size === 0) return this.queued;
    let apart = 0;
    for (const { free } of this.#broadcasts) apart += free;
    return this.queued - apart;
  }

  /** Takes a job that each worker runs. */
  submitBroadcast(job: BroadcastJob): void {
    job.accept(this, this.#order++);
    this.#scheduler.stampAcceptance(job);
    this.#add(job.places);
    if (this.#breakage !== undefined) {
      job.end(this.broken, 'failed');
      return;
    }
    if (!this.#watchSignal(job)) return;
    if (job.fn.state === 'pending') this.#waitForFunction(job);
    this.#broadcasts.add(job);
    this.#scheduler.addBroadcast(job);
    // Code of the user.
    if (job.isPending && job.fn.state !== 'refused') job.validate();
    this.#scheduler.pump(true);
  }

  /** Whether workers can run this broadcast now. If its function was refused, it ends in a later turn. */
  canBroadcast(job: BroadcastJob): boolean {
    if (job.isOver || job.fn.state === 'pending') return false;
    if (this.#services.faultOf(job.fn) === undefined) return !job.isPending;
    this.#scheduler.removeBroadcast(job);
    this.#refuse(job);
    return false;
  }

  /** Takes a job with `tasks` tasks known now. The facade has checked that it is open. */
  submit(job: Job, tasks: number): void {
    job.accept(this, this.#order++);
    const holder = validatingJob<Job>();
    if (holder !== undefined) this.#goBefore(job, holder);
    this.#scheduler.stampAcceptance(job);
    this.#add(tasks);
    this.#capacity?.submitted(tasks);
    if (this.#breakage !== undefined) {
      job.end(this.broken, 'failed');
      return;
    }
    const { maxQueue, name } = this.options;
    // What a worker takes at once does not wait; it is asked only when the queue is full.
    const ahead = maxQueue === Number.POSITIVE_INFINITY ? 0 : this.#scheduler.lyingAhead(this);
    if (this.queued + ahead > maxQueue && this.#inQueue() + ahead > maxQueue + this.#scheduler.freeSlots(this)) {
      const before = this.#inQueue() + ahead - tasks;
      job.end(new QueueFullError(`${name}: ${before} tasks wait, and ${tasks} more would be over maxQueue (${maxQueue})`), 'refused');
      return;
    }
    if (!this.#watchSignal(job)) return;
    if (job.fn.state === 'pending') this.#waitForFunction(job);
    if (job instanceof StreamJob) this.#streams.add(job);
    this.#enqueue(job);
    // Code of the user runs from here on: it finds the job where it belongs.
    if (job.fn.parseArguments !== undefined && job.fn.state !== 'refused') job.validate();
    if (job instanceof StreamJob && !job.isOver) {
      job.start();
      this.#enqueue(job);
    }
    this.#scheduler.pump(true);
  }

  /** Returns false if the signal of the job is aborted: then the job has ended. */
  #watchSignal(job: Job): boolean {
    const { signal } = job.settings;
    if (signal === undefined) return true;
    if (signal.aborted) {
      job.end(cancelledBy(signal), 'cancelled');
      return false;
    }
    watchSignal(signal, job, abortJobs);
    return true;
  }

  /**
   * The job whose turn it is; undefined when nothing can be claimed. A function still being found, or a schema that has not answered, holds up what is
   * behind it.
   */
  front(): Job | undefined {
    for (let job = this.#queue.first; job !== undefined; job = this.#queue.first) {
      if (job.fn.state === 'pending') return undefined;
      const fault = this.#faultOf(job);
      if (fault !== undefined) this.#refuse(job);
      else if (job.isPending) return undefined;
      else if (job.waiting > 0) return job;
      else this.#queue.remove(job);
    }
    return undefined;
  }

  /** All that waits, waits for a function to be found or for a schema. */
  get isHeldUp(): boolean {
    const { first } = this.#queue;
    return first !== undefined && (first.isPending || first.fn.state === 'pending');
  }

  /** Tasks that could be claimed now: what waits, or what the first job may still pull. */
  get claimable(): number {
    const front = this.front();
    return front === undefined ? 0 : Math.max(this.#inQueue(), front.waiting);
  }

  /** The worker time that it has used, in nanoseconds. Tasks that lanes have count with the time that is expected of them. */
  get charged(): number {
    return this.#charged;
  }
  /** The part of it for tasks that have left their lanes. */
  get used(): number {
    return this.#charged - this.#advanced;
  }

  /** A new client starts level with the one that has used least. */
  startAt(charged: number): void {
    this.#charged = charged;
  }

  /** The scheduler looks at this client from now on, or no longer. */
  setActive(isActive: boolean): void {
    this.#isActive = isActive;
  }

  /** Tasks go to a lane, charged with `charge` nanoseconds each. */
  chargeAhead(count: number, charge: number): void {
    this.#charged += count * charge;
    this.#advanced += count * charge;
  }

  /** Tasks left their lane: each is charged with `actual` nanoseconds instead of `charge`. `isOpen`: their job has not ended. */
  settleCharge(count: number, charge: number, actual: number, isOpen: boolean): void {
    this.#advanced -= count * charge;
    this.#charged += count * (actual - charge);
    // A job that has ended took its tasks out of this count then.
    if (isOpen) this.#handed -= count;
  }

  /** Tasks go to a lane. `liesAhead`: there the task still waits. */
  claimed(job: Job, count: number, liesAhead = false): void {
    this.#handed += count;
    if (!liesAhead) this.#capacity?.look();
    if (job.isQueued && job.waiting === 0 && !job.isPending) this.#queue.remove(job);
  }

  wake(job: Job): void {
    if (this.#broadcasts.has(job as BroadcastJob)) {
      this.#scheduler.pump(false);
      return;
    }
    // One that has a place in the queue may have held up what is behind it, though none of its tasks is left to run: they were refused.
    if (job.isOver || (job.waiting === 0 && !job.isQueued)) return;
    if (!job.isQueued) this.#enqueue(job);
    this.#scheduler.pump(false);
  }

  forget(job: Job): void {
    if (job.isQueued) {
      this.#queue.remove(job);
      // What it may have held up goes on.
      if (job.fn.parseArguments !== undefined || job.fn.state === 'pending') this.#scheduler.pump(false);
    }
    if (job.settings.signal !== undefined) watchSignal(job.settings.signal, job, undefined);
    this.#scheduler.takeBackAhead(job);
    if (this.#broadcasts.delete(job as BroadcastJob)) this.#scheduler.removeBroadcast(job as BroadcastJob);
    if (job instanceof StreamJob && this.#streams.delete(job)) this.#tellIfIdle();
  }

  hasBegun(job: Job): boolean {
    return this.#scheduler.hasBegun(job);
  }

  takeBack(job: Job): boolean {
    return this.#scheduler.takeBackAhead(job);
  }

  tasksAccepted(count: number): void {
    this.#add(count);
  }

  tasksEnded(count: number, how: Ending, inLanes = 0): void {
    this.#handed -= inLanes;
    this.#services.counts.ended(how, count);
    this.#settled(count);
  }

  hold(): void {
    this.#held += 1;
    this.#open += 1;
    this.#keepAlive.change(1);
  }

  setAside(count: number): void {
    this.#keepAlive.change(-count);
  }

  release(): void {
    this.#held -= 1;
    this.#settled(1);
  }

  warn(error: unknown, what: string): void {
    this.#services.warn(error, `${this.options.name}: ${what}`);
  }

  /** Resolves when fewer than `limit` tasks wait; 0: when a worker would take a task at once. Rejects when the client ends. */
  waitForCapacity(limit: number): Promise<void> {
    this.#capacity ??= new CapacityWaiters({
      waiting: () => this.#inQueue() + this.#scheduler.lyingAhead(this),
      freeSlots: () => this.#scheduler.freeSlots(this),
      keepAlive: (by) => this.#keepAlive.change(by),
    });
    return this.#capacity.wait(limit);
  }

  /** Resolves when the fewest workers are there. Rejects when no worker can be started, when the client ends, and with `lateError()` after `timeout` ms. */
  whenReady(timeout: number, lateError: () => unknown): Promise<void> {
    this.#ready ??= new ReadyWaiters(this.#services.supply, {
      clock: this.#services.clock,
      keepAlive: (by) => this.#keepAlive.change(by),
      brokenError: (cause) => this.options.brokenError(cause),
    });
    return this.#ready.wait(timeout, lateError);
  }

  /** No new jobs; inputs that may not be read any further end. */
  close(): void {
    this.#closed = true;
    this.#endWaiters();
    for (const stream of [...this.#streams]) {
      if (!this.options.readsOn(stream)) stream.stopInput(this.options.closedError('input'));
    }
  }

  /** Resolves when all that was accepted has ended and every lazy input is done with. */
  whenIdle(): Promise<void> {
    return this.#isIdle() ? Promise.resolve() : new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Sync inputs are read to their end; what is paused is not waited for, and ends when the rest has. */
  async drained(): Promise<void> {
    for (const stream of [...this.#streams]) stream.lift();
    // Who takes an error, and asks on at once, was paused for a moment only.
    while (!this.#isDrained()) await new Promise<void>((resolve) => this.#drainWaiters.push(resolve));
    for (const stream of [...this.#streams]) stream.stopInput(this.options.closedError('input'));
  }

  /** Ends every job now. `waitingError` is for tasks no lane has; `error` for the others (and for a job that is partly handed over). */
  terminate(error: unknown, waitingError: unknown = error, force = false): void {
    this.#terminateError ??= error;
    this.#terminate(
      () => error,
      () => waitingError,
      force,
    );
  }

  /** Whether this is the error of what the program itself gave up, by `terminate`. */
  gaveUpWith(error: unknown): boolean {
    return this.#terminateError !== undefined && error === this.#terminateError;
  }

  /** Workers were lost, and for this client that is the end: everything open fails, and whatever comes. */
  breakDown(cause: unknown): void {
    if (this.#breakage !== undefined) {
      this.#endWaiting(() => this.broken, 'failed');
      return;
    }
    this.#breakage = { cause };
    const wasClosed = this.#closed;
    const error = () => this.broken;
    this.#terminate(error, error, false);
    this.#closed = wasClosed;
  }

  /** Ends what no lane has; what a lane has goes on. */
  cancelWaiting(error: unknown): void {
    this.#endWaiting(() => error, 'cancelled');
  }

  /** Workers cannot be started: what waits, and with `forGood` what comes, fails. */
  fail(cause: unknown, forGood: boolean): void {
    if (forGood) {
      this.#breakage = { cause };
      this.#endWaiters();
    }
    this.#endWaiting(() => this.options.brokenError(cause), 'failed');
  }

  /** An error for each job. */
  #terminate(error: () => unknown, waitingError: () => unknown, force: boolean): void {
    this.#closed = true;
    this.#endWaiters();
    this.#scheduler.takeBackAhead(this);
    const handed = this.#scheduler.handedOver(this);
    for (const job of handed) job.end(error(), 'failed');
    this.#endWaiting(waitingError, 'cancelled');
    for (const stream of [...this.#streams]) stream.end(error(), 'failed');
    this.#scheduler.abandon(handed, force ? -1 : 0);
  }

  #endWaiters(): void {
    this.#capacity?.end(() => this.broken ?? this.options.closedError('waitForCapacity'));
    this.#ready?.end(() => this.broken ?? this.options.closedError('ready'));
  }

  /** Those that wait now: what their callbacks submit comes after it, and waits for the next time. */
  #endWaiting(error: () => unknown, how: Ending): void {
    this.#scheduler.takeBackAhead(this);
    for (const job of [...this.#refused.splice(0), ...this.#queue.jobs(), ...this.#broadcasts]) {
      // A callback of one before it may have ended it.
      if (job.isOver) continue;
      job.endWaiting(error(), how);
      if (job.isQueued) this.#queue.remove(job);
    }
  }

  /** Its function cannot be sent. Such jobs are ended once per turn, so that a callback that submits the same again does not block the program. */
  #refuse(job: Job): void {
    if (job.isQueued) this.#queue.remove(job);
    if (this.#refused.push(job) > 1) return;
    afterTurn(() => {
      for (const each of this.#refused.splice(0)) if (!each.isOver) each.end(this.#faultOf(each), 'failed');
    });
  }

  /** Why its function cannot run in the workers. */
  #faultOf({ fn }: Job): Error | undefined {
    return this.#services.faultOf(fn);
  }

  /** A schema that waits for a call that waits for the schema would wait without end: the call goes before the one that is validated. */
  #goBefore(job: Job, holder: Job): void {
    if (holder.owner !== this || holder.isOver) return;
    const fraction = holder.order - Math.floor(holder.order);
    job.moveAhead(holder.order - (fraction === 0 ? 0.5 : fraction / 2), holder.settings.priority);
  }

  #add(count: number): void {
    if (count === 0) return;
    this.#open += count;
    this.#keepAlive.change(count);
    if (!this.#isActive) this.#scheduler.activate(this);
  }

  #settled(count: number): void {
    this.#open -= count;
    this.#keepAlive.change(-count);
    this.#capacity?.look();
    this.#tellIfIdle();
  }

  #isIdle(): boolean {
    return this.#open === 0 && this.#streams.size === 0;
  }

  #isDrained(): boolean {
    if (this.#open > 0) return false;
    for (const stream of this.#streams) if (!stream.isPaused) return false;
    return true;
  }

  #tellIfIdle(): void {
    if (this.#waiters.length > 0 && this.#isIdle()) for (const resolve of this.#waiters.splice(0)) resolve();
    if (this.#drainWaiters.length > 0 && this.#isDrained()) for (const resolve of this.#drainWaiters.splice(0)) resolve();
  }

  #waitForFunction(job: Job): void {
    void job.fn.settled.then(() => this.#scheduler.pump(false));
  }

  #enqueue(job: Job): void {
    if (job.isQueued || job.isOver || (job.waiting === 0 && job.fn.state === 'found' && !job.isPending)) return;
    // A stream has nothing that counts until it is read.
    if (!this.#isActive) this.#scheduler.activate(this);
    this.#queue.add(job);
  }

  /** Ends these jobs because their signal was aborted; the tasks of them that run get `killGrace`. */
  abort(jobs: ReadonlySet<Job>, signal: AbortSignal): void {
    const handed = this.#scheduler.handedOver(this);
    const abandoned = new Set<Job>();
    for (const job of jobs) {
      if (handed.has(job)) abandoned.add(job);
      job.end(cancelledBy(signal), 'cancelled');
    }
    this.#scheduler.abandon(abandoned, this.options.killGrace);
  }
}

function cancelledBy(signal: AbortSignal): CancelledError {
  return new CancelledError('the call was aborted by its signal', { cause: signal.reason });
}

function abortJobs(jobs: Set<Job>, signal: AbortSignal): void {
  const byClient = new Map<Client, Set<Job>>();
  for (const job of jobs) {
    const client = job.owner as Client;
    const ofClient = byClient.get(client);
    if (ofClient === undefined) byClient.set(client, new Set([job]));
    else ofClient.add(job);
  }
  for (const [client, ofClient] of byClient) client.abort(ofClient, signal);
}
