/**
 * The parts of a runtime put together: the scheduler, the crew, the clients and the lanes, each knowing only its contract.
 *
 * Decides what one part's news means to the others, what becomes of tasks whose worker was lost, and when the program may end: one timer,
 * referenced exactly while work is open, keeps it alive; workers and their channels never do.
 *
 *   facade -> Client -> Scheduler -> Lane -> worker          Crew starts and replaces lanes, when the Scheduler wants them
 *
 *   open --close--> closing --all work ended, workers gone--> closed
 *     '---terminate------------------------------------------->'
 */

import { InvalidStateError, NestedBootstrapError, OptionsError } from './errors.ts';
import type { Chunk, Ending, Job } from './jobs/job.ts';
import type { Lane, LaneHost, LaneOptions } from './lanes/lane.ts';
import { makeWorkerLane, watchEnds } from './lanes/make-lane.ts';
import { tasks as taskChannel, tellEnd, tellOfWorker } from './observability/diagnostics.ts';
import type { ResolvedShare, ResolvedWorkers } from './options/resolve-options.ts';
import { type Clock, systemClock } from './primitives/clock.ts';
import type { Percentiles } from './primitives/histogram.ts';
import { clearTicker, setTicker } from './primitives/time.ts';
import { warnOfError } from './primitives/user-code.ts';
import { Client, type ClientHost, type ClientOptions } from './scheduling/client.ts';
import { hasLeft, leavesAtProgramEnd } from './scheduling/program-end.ts';
import { Scheduler } from './scheduling/scheduler.ts';
import { Crew, type CrewHost } from './scheduling/supervisor.ts';
import { type TaskFunction, taskFunctionOf } from './tasks/task-function.ts';
import { AS_BYTES, type PackedValue } from './wire/messages.ts';
import { isPrimitive } from './wire/pack-runs.ts';
import { Packer, PLAIN, SEPARATE } from './wire/packer.ts';
import { depthHere } from './worker/ownership.ts';
import { refuseNesting } from './worker/refusal.ts';

const LONGEST_DELAY = 2 ** 31 - 1;

/** Counters and times of a runtime, as they are at one moment. Nothing is to be done when `queued + running` is 0. */
export interface RuntimeStats {
  /** What the workers are. */
  readonly kind: 'process' | 'thread';
  /** Workers that are there, running tasks or not. */
  readonly workers: number;
  /** Workers that run tasks. */
  readonly busy: number;
  /** Workers that run no task. */
  readonly idle: number;
  /** Tasks that were accepted and that no worker has. */
  readonly queued: number;
  /** Tasks that workers have. */
  readonly running: number;
  /** Tasks that succeeded. */
  readonly completed: number;
  /** Tasks that failed. */
  readonly failed: number;
  /** Tasks that were cancelled. */
  readonly cancelled: number;
  /** Tasks that `maxQueue` refused. They count as neither accepted nor failed. */
  readonly refused: number;
  /** Workers that died without being ended. */
  readonly lostWorkers: number;
  /** Workers that were started in the place of one that was gone: lost, retired, or ended because of its task. */
  readonly replacedWorkers: number;
  /** Errors of user code in workers that belong to no task. */
  readonly lateErrors: number;
  /** Failed tasks whose error was never looked at. */
  readonly unobservedErrors: number;
  /** Messages that no correct worker sends. */
  readonly protocolAnomalies: number;
  /** From acceptance to the hand-over to a worker; milliseconds. */
  readonly waitTime: Percentiles;
  /** In the worker; milliseconds. */
  readonly runTime: Percentiles;
}

export type LaneMaker = (host: LaneHost, options: LaneOptions, workers: ResolvedWorkers) => Lane;

/** What tests, and runtimes whose workers are elsewhere, put in place of the ordinary. */
export interface EngineSeams {
  readonly clock?: Clock | undefined;
  readonly makeLane?: LaneMaker | undefined;
}

export class Engine implements LaneHost, ClientHost, CrewHost {
  readonly clock: Clock;
  readonly workers: ResolvedWorkers;
  readonly share: ResolvedShare;
  readonly #makeLane: LaneMaker;
  readonly #scheduler: Scheduler;
  readonly #crew: Crew;
  readonly #initializer: TaskFunction | undefined;
  readonly #initargs: PackedValue;
  readonly #workerData: PackedValue;
  readonly #counts: Record<Ending, number> = { completed: 0, failed: 0, cancelled: 0, refused: 0 };
  #acceptedMs = 0;
  #acceptedUs = 0;
  #unobserved = 0;
  #lost = 0;
  #anomalies = 0;
  #lateErrors = 0;
  /** Accepted tasks that have not ended, and whatever else must keep the program alive. */
  #open = 0;
  #keepAlive: { ref(): unknown; unref(): unknown } | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #mayStart = false;
  #ended: Promise<void> | undefined;

  constructor(workers: ResolvedWorkers, share: ResolvedShare, startsAtOnce: boolean, seams: EngineSeams = {}) {
    if (startsAtOnce) this.checkNesting();
    this.clock = seams.clock ?? systemClock;
    this.#makeLane = seams.makeLane ?? makeWorkerLane;
    this.workers = workers;
    this.share = share;
    this.#initializer = workers.initializer === undefined ? undefined : taskFunctionOf(workers.initializer);
    this.#initargs = this.#pack(workers.initargs ?? [], 'initargs');
    this.#workerData = this.#pack(workers.workerData, 'workerData');
    this.#crew = new Crew({ size: workers.size, idleTimeout: workers.idleTimeout, startsAtOnce }, this);
    this.#scheduler = new Scheduler({ wanted: (tasks) => this.#whenInitializerIsFound(() => this.#crew.wanted(tasks)) }, () =>
      this.clock.now(),
    );
    if (startsAtOnce) this.#startAll();
  }

  get maxPayloadBytes(): number {
    return this.workers.maxPayloadBytes;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Before the first work: throws NestedBootstrapError where no workers may be started. */
  checkNesting(): void {
    if (this.#mayStart) return;
    refuseNesting();
    this.#mayStart = true;
  }

  openClient(options: ClientOptions): Client {
    if (!this.isOpen) throw new InvalidStateError('the WorkerRuntime was closed; make another one');
    const client = new Client(this, options);
    this.#scheduler.addClient(client);
    return client;
  }

  /** A facade is done with: its work has ended. */
  closeClient(client: Client): void {
    this.#scheduler.removeClient(client);
  }

  stats(): RuntimeStats {
    const lanes = this.#scheduler.lanes.filter(({ state }) => state === 'ready' || state === 'retiring');
    const busy = lanes.filter(({ outstanding }) => outstanding > 0).length;
    return {
      kind: this.workers.kind,
      workers: lanes.length,
      busy,
      idle: lanes.length - busy,
      queued: this.#scheduler.queued,
      running: lanes.reduce((sum, { outstanding }) => sum + outstanding, 0),
      ...this.#counts,
      lostWorkers: this.#lost,
      replacedWorkers: this.#crew.replaced,
      lateErrors: this.#lateErrors,
      unobservedErrors: this.#unobserved,
      protocolAnomalies: this.#anomalies,
      waitTime: this.#scheduler.waitTime.percentiles(),
      runTime: this.#scheduler.runTime.percentiles(),
    };
  }

  /** No new work, from nobody. What is there goes on until `close` or `terminate`. */
  stopTaking(): void {
    if (!this.isOpen) return;
    this.#state = 'closing';
    for (const client of [...this.#scheduler.clients]) client.close();
  }

  /** Lets all clients' work end, then the workers. */
  close(): Promise<void> {
    this.#ended ??= this.#close();
    return this.#ended;
  }

  async #close(): Promise<void> {
    this.#state = 'closing';
    this.openChanged(1);
    const clients = [...this.#scheduler.clients];
    for (const client of clients) client.close();
    await Promise.all(clients.map((client) => client.drained()));
    await this.#crew.leave();
    await watchEnds();
    this.#finish();
  }

  /** Ends the workers now; what clients have open ends with `error`. */
  terminate(error: () => unknown, force = false): Promise<void> {
    if (this.#state === 'closed') return Promise.resolve();
    this.#state = 'closing';
    for (const client of [...this.#scheduler.clients]) client.terminate(client.options.endedError(error()));
    const gone = this.#crew.kill(force);
    // A close that waits is over with it.
    if (this.#ended !== undefined) return this.#ended;
    this.openChanged(1);
    this.#ended = gone.then(watchEnds).then(() => this.#finish());
    return this.#ended;
  }

  #finish(): void {
    this.#state = 'closed';
    this.openChanged(-1);
  }

  // LaneHost

  laneReady(lane: Lane): void {
    tellOfWorker('ready', this.share.name, lane);
    this.#crew.ready();
    this.#crew.rests();
    this.#scheduler.run();
  }

  laneFree(lane: Lane): void {
    this.#crew.serves();
    this.#scheduler.run();
    if (lane.isIdle) this.#crew.rests();
  }

  gaveBack(chunks: Chunk[]): void {
    this.#scheduler.giveBack(chunks);
    this.#scheduler.pump(false);
  }

  left(chunk: Chunk, count: number): void {
    this.#scheduler.left(chunk, count);
  }

  measured(fn: TaskFunction, count: number, elapsed: number): void {
    this.#scheduler.measured(fn, count, elapsed);
  }

  laneGone(lane: Lane, wasReady: boolean, started: Chunk[], unstarted: Chunk[]): void {
    if (lane.wasLost && wasReady) this.#lost += 1;
    tellOfWorker(lane.wasLost ? 'lost' : 'ended', this.share.name, lane, lane.startError);
    this.#scheduler.removeLane(lane);
    this.#scheduler.giveBack(unstarted);
    this.#settleLost(lane, started);
    this.#crew.gone(lane, wasReady);
    this.#scheduler.pump(false);
  }

  lateError(lane: Lane, error: unknown): void {
    this.#lateErrors += 1;
    tellOfWorker('lateError', this.share.name, lane, error);
    if (error instanceof NestedBootstrapError) warnOnce(error.message);
    else this.warn(error, 'an error outside of any task');
  }

  anomaly(lane: Lane): void {
    tellOfWorker('anomaly', this.share.name, lane);
    this.#anomalies += 1;
  }

  #settleLost(lane: Lane, started: readonly Chunk[]): void {
    const broken = new Map<Client, Error>();
    for (const chunk of started) {
      const client = chunk.job.owner as Client;
      if (!client.options.breaksOnLoss) this.#settleLostChunk(lane, chunk);
      else if (!chunk.job.over) {
        if (!broken.has(client)) broken.set(client, lane.lossError(chunk.job.fn.name));
        // It waits again, for a moment: so the client finds it, and ends it with all the rest.
        chunk.job.giveBack(chunk);
      }
    }
    for (const [client, lost] of broken) client.breakDown(lost);
  }

  /** Task by task, the last first. */
  #settleLostChunk(lane: Lane, chunk: Chunk): void {
    while (chunk.count > 1) this.#settleLostTask(lane, chunk.splitTail(1));
    this.#settleLostTask(lane, chunk);
  }

  #settleLostTask(lane: Lane, chunk: Chunk): void {
    const { job, base } = chunk;
    if (job.over) return;
    const lost = lane.lossError(job.fn.name);
    if (taskChannel.hasSubscribers) tellEnd(lane.id, job.fn.name, base, 'lost', lost);
    if (job.mayRerun(base)) job.giveBack(chunk);
    else job.settle(base, false, lost);
  }

  // CrewHost

  makeLane(id: number): Lane {
    const { maxPayloadBytes, startTimeout, killGrace, maxTasks, kind, namePrefix } = this.workers;
    const setup = {
      workerId: id,
      // From 0, as Python numbers them.
      workerName: `${namePrefix}_${id - 1}`,
      kind,
      depth: depthHere() + 1,
      workerData: this.#workerData,
      initializer: this.#initializer?.descriptor,
      initargs: this.#initargs,
      maxPayloadBytes,
      startTimeout,
    };
    return this.#makeLane(this, { setup, killGrace, maxTasks }, this.workers);
  }

  added(lane: Lane): void {
    tellOfWorker('starting', this.share.name, lane);
    this.#scheduler.addLane(lane);
    leavesAtProgramEnd(lane, watchEnds);
  }

  removed(lane: Lane): void {
    // The scheduler was told by laneGone, before anything could be given to it again.
    hasLeft(lane);
  }

  broken(cause: unknown, forGood: boolean): void {
    for (const client of [...this.#scheduler.clients]) client.fail(cause, forGood);
  }

  // ClientHost

  /** One for all that comes in before the scheduler runs: a loop of submits reads the clock once. */
  stampAcceptance(job: Job): void {
    if (!this.#scheduler.isPlanned) {
      const now = this.clock.now();
      this.#acceptedMs = Math.floor(now) | 0;
      this.#acceptedUs = ((now % 1) * 1000) | 0;
    }
    job.acceptedMs = this.#acceptedMs;
    job.acceptedUs = this.#acceptedUs;
  }

  freeSlots(client: Client): number {
    return this.#scheduler.freeSlots(client, this.workers.size);
  }

  pump(urgent: boolean): void {
    this.#scheduler.pump(urgent);
  }

  activate(client: Client): void {
    this.#scheduler.activate(client);
  }

  abandon(jobs: ReadonlySet<Job>, grace: number): void {
    this.#scheduler.abandon(jobs, grace);
  }

  handedOver(client: Client): Set<Job> {
    return this.#scheduler.handedOver(client);
  }

  openChanged(by: number): void {
    const before = this.#open;
    this.#open += by;
    if (before > 0 === this.#open > 0) return;
    if (this.#open > 0) {
      this.#keepAlive ??= setTicker(() => undefined, LONGEST_DELAY);
      this.#keepAlive.ref();
    } else if (this.#state === 'closed') {
      clearTicker(this.#keepAlive as NodeJS.Timeout | undefined);
      this.#keepAlive = undefined;
    } else this.#keepAlive?.unref();
  }

  count(how: Ending, count: number): void {
    this.#counts[how] += count;
  }

  /** A failed handle's error was asked for (-1), or a handle failed and nobody had (+1). */
  unobserved(by: 1 | -1): void {
    this.#unobserved += by;
  }

  warn(error: unknown, what: string): void {
    warnOfError(error, what);
  }

  #pack(value: unknown, name: string): PackedValue {
    if (isPrimitive(value) && typeof value !== 'string' && typeof value !== 'bigint') return [0, value];
    const isThread = this.workers.kind === 'thread';
    const packer = new Packer({ sharesMemory: isThread, movesBuffers: isThread, maxPayloadBytes: this.workers.maxPayloadBytes });
    let problem = 'it can only be moved, and there is more than one worker';
    try {
      packer.pack(value, name);
      if (packer.form !== SEPARATE) return [packer.form === PLAIN ? 0 : AS_BYTES, packer.value];
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    throw new OptionsError(`${name} cannot be sent to workers: ${problem}`, [{ path: name, message: problem }]);
  }

  #startAll(): void {
    const initializer = this.#initializer;
    if (initializer?.state === 'pending') void initializer.settled.then(() => this.#state !== 'closed' && this.#startAll());
    else this.#whenInitializerIsFound(() => this.#crew.startAll());
  }

  #whenInitializerIsFound(then: () => void): void {
    const initializer = this.#initializer;
    if (initializer?.state === 'pending') {
      void initializer.settled.then(() => this.#scheduler.pump(false));
      return;
    }
    const fault = initializer?.faultFor(this.maxPayloadBytes);
    if (fault === undefined) then();
    else this.broken(fault, true);
  }
}

/** Every worker says the same of a module without a guard. */
function warnOnce(message: string): void {
  if (warned.has(message)) return;
  warned.add(message);
  process.emitWarning(message, { type: 'TwinpoolWarning', code: 'TWINPOOL_UNGUARDED' });
}

const warned = new Set<string>();
