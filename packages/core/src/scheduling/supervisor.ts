/**
 * Starts, replaces and retires the workers of one runtime.
 *
 * A worker is started when work waits and no worker is idle, or at once where the facade wants that; there are at most `size`, and at least `minWorkers`
 * once they have started. At most `mostStarting` workers load their modules at the same time: more would delay each other. A worker that died is
 * replaced in the same way. Starts that fail are braked. A worker that starts well, and is lost before it has begun a task, counts as a failed
 * start:
 *
 *   serving --leave | kill--> leaving         no worker is started any more
 *
 *   brake:   ok --a start failed--> braked: one start at a time, 0, 50, 100, 200 ... 1000 ms apart --a worker answers--> ok
 *            braked --MOST_ATTEMPTS failures, or PATIENCE is over, and no worker is ready--> waiting work fails; the counts begin anew
 *            hopeless: set when that many workers died young in a row; while workers are left no other one is started
 *
 * With several slots a worker that gets no more tasks retires: it is not one of the `size`, and another one takes its place. At most `size` retire at a
 * time; beyond that a worker waits, without new tasks, until one of these is gone.
 *
 * It counts what happens to workers, publishes it, and passes their tasks on to the scheduler. It does not know what the tasks are, and whose.
 */

import { NestedBootstrapError } from '../errors.ts';
import type { Chunk } from '../jobs/job.ts';
import type { Lane, LifeListener } from '../lanes/lane.ts';
import { publishWorker } from '../observability/diagnostics.ts';
import type { RuntimeStats } from '../observability/runtime-stats.ts';
import { Alarm, type Clock } from '../primitives/clock.ts';
import { afterMicrotasks } from '../primitives/time.ts';
import type { TaskFunction } from '../tasks/task-function.ts';
import { settleLost } from './lost-tasks.ts';
import { endAtProgramEnd, hasEnded } from './program-end.ts';
import type { ReadySource, ReadyWaiters } from './ready-waiters.ts';
import type { Scheduler, Supply } from './scheduler.ts';

/** Failed starts in a row, per worker, before waiting work fails. */
const ATTEMPTS_PER_WORKER = 3;
/** The upper bound of that number: one worker gets a second chance, many do not retry without end. */
const MOST_ATTEMPTS = 6;
/** The same in time, ms, for starts that take long to fail. */
const PATIENCE = 1500;
/** Starts in a row, per worker, that another program may kill before further ones are braked as failed starts are. */
const KILLED_STARTS_PER_WORKER = 2;
/**
 * Time since the first start in a row that another program has killed, ms, after which such a start counts as failed. More: waiting work hopes for
 * longer where each worker is killed, such as for lack of memory. Less: work fails although a worker would start soon.
 */
const KILLED_PATIENCE = 5_000;
const FIRST_DELAY = 50;
const LONGEST_DELAY = 1000;
/** An idle worker waits in its event loop after this, ms, so that timers that user code left unreferenced go on. */
const RELEASE_AFTER = 20;

export interface SupervisorOptions {
  /** The name of the runtime, for its events. */
  readonly name: string;
  /** The most workers at once. */
  readonly size: number;
  /** The fewest workers: they start before work comes, and stay. */
  readonly minWorkers: number;
  /** The most workers that load their modules at the same time. */
  readonly mostStarting: number;
  /** Milliseconds after which an idle worker ends. */
  readonly idleTimeout: number;
  /** All workers are started before work comes. */
  readonly startsAtOnce: boolean;
  /** The initializer and the finalizer of the workers, as far as they have them. */
  readonly ownCode: readonly TaskFunction[];
  readonly maxPayloadBytes: number;
  /** The workers are in the calling thread. */
  readonly isHere: boolean;
  /** Bytes after which a worker is replaced (`maxMemoryPerChild`). */
  readonly maxMemory: number | undefined;
  readonly clock: Clock;
  /** May call code of the user. */
  readonly makeLane: (id: number, index: number) => Lane;
  /** What ends after the last worker is gone. */
  readonly afterWorkers: () => Promise<void> | undefined;
  readonly warn: (error: unknown, what: string) => void;
}

/** The codes with which the operating system says that it has run out of something: it may have more later. */
const SHORTAGES = new Set<unknown>(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'ERR_WORKER_INIT_FAILED']);

/** A process that gets no thread or no memory while it starts aborts: a signal ends it. */
function isShortage(startError: unknown): boolean {
  const { code, signal } = (startError ?? {}) as { code?: unknown; signal?: unknown };
  return SHORTAGES.has(code) || typeof signal === 'string';
}

export class Supervisor implements LifeListener, Supply, ReadySource {
  readonly #options: SupervisorOptions;
  #size: number;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #lanes = new Set<Lane>();
  readonly #retry: Alarm;
  readonly #sweep: Alarm;
  #isLeaving = false;
  /** Resolve when every worker is gone. */
  readonly #waiters: (() => void)[] = [];
  /** Callers that wait until the fewest workers are there. */
  readonly #readyWaiters = new Set<ReadyWaiters>();
  /** Workers that are to be started before work comes, and were not started yet. */
  #early = 0;
  /** No worker could be started: none is started early until work, or a caller, asks for one. */
  #hasGivenUp = false;
  #lastId = 0;
  /** Workers that are gone and were not replaced yet. */
  #vacancies = 0;
  /** Lanes that take no more tasks, and are replaced already. */
  readonly #replacedEarly = new Set<Lane>();
  #failures = 0;
  #failingSince = 0;
  #killedStarts = 0;
  #killedSince = 0;
  #isHopeless = false;
  /** Work asked for a worker while starts were braked. */
  #isWanted = false;
  /** A lane is being made. */
  #isMaking = false;
  /** The tasks for which workers were wanted meanwhile. */
  #missed = 0;
  #replaced = 0;
  #lost = 0;
  #lateErrors = 0;
  #anomalies = 0;
  #full = 0;
  #hasWarnedOfMemory = false;

  constructor(scheduler: Scheduler, options: SupervisorOptions) {
    this.#options = options;
    this.#size = options.size;
    this.#clock = options.clock;
    this.#scheduler = scheduler;
    this.#retry = new Alarm(options.clock, () => this.#tryAgain(), { keepsAlive: true });
    this.#sweep = new Alarm(options.clock, () => this.#sweepIdle());
  }

  stats(): Pick<RuntimeStats, 'lostWorkers' | 'replacedWorkers' | 'retiredForMemory' | 'lateErrors' | 'protocolAnomalies'> {
    return {
      lostWorkers: this.#lost,
      replacedWorkers: this.#replaced,
      retiredForMemory: this.#full,
      lateErrors: this.#lateErrors,
      protocolAnomalies: this.#anomalies,
    };
  }

  /** Starts the workers that are started before work comes. */
  startEarly(): void {
    const { startsAtOnce, size, minWorkers } = this.#options;
    this.#early = startsAtOnce ? size : minWorkers;
    this.wanted(0);
  }

  /** Work for `tasks` more workers waits; 0: those that are started without work are looked at. */
  wanted(tasks: number): void {
    if (this.#isMaking) {
      this.#missed = tasks;
      return;
    }
    if (tasks > 0) this.#hasGivenUp = false;
    const { minWorkers, mostStarting } = this.#options;
    const size = this.#size;
    const starting = this.#count('starting');
    const serving = this.#countServing();
    const wanted = this.#hasGivenUp ? tasks : Math.max(tasks, starting + this.#early, minWorkers - serving);
    // The usual case under load: all workers are there.
    if (wanted <= starting || starting + serving >= size) return;
    if (this.#isLeaving || (this.#isHopeless && this.#lanes.size > 0) || !this.#hasOwnCode()) return;
    if (this.#retry.isSet) {
      this.#isWanted = true;
      return;
    }
    // While finalizers run there are at most twice as many workers as serve: further ones are replaced when one of them has ended.
    const spare = this.#isAnyFinalizing() ? 2 * size - this.#lanes.size : size;
    let room = Math.min(size - starting - serving, mostStarting - this.#countLoading(), spare);
    // After a failure one at a time, until one has started well.
    const target = this.#failures > 0 ? 1 : wanted;
    for (let i = starting; i < target && room > 0; i++, room--) this.#start();
    if (this.#missed === 0) return;
    const missed = this.#missed;
    this.#missed = 0;
    this.wanted(missed);
  }

  /** From now on there may be `size` workers. */
  resize(size: number): void {
    this.#size = size;
  }

  /** Every worker leaves when it has answered. Resolves when all are gone. */
  leave(): Promise<void> {
    this.#stop();
    for (const lane of [...this.#lanes]) lane.retire();
    return this.#allGone();
  }

  /** Ends every worker now. Resolves when all are gone. */
  kill(force: boolean): Promise<void> {
    this.#stop();
    for (const lane of [...this.#lanes]) lane.kill({ kind: 'end' }, force);
    return this.#allGone();
  }

  /** The fewest workers are there. */
  get isReady(): boolean {
    return this.#count('ready') >= this.#options.minWorkers;
  }

  watch(waiters: ReadyWaiters): void {
    this.#readyWaiters.add(waiters);
    this.#hasGivenUp = false;
    this.wanted(0);
  }

  unwatch(waiters: ReadyWaiters): void {
    this.#readyWaiters.delete(waiters);
  }

  // Reports of lanes.

  workerPreloaded(): void {
    this.wanted(0);
    this.#scheduler.pump(false);
  }

  workerReady(lane: Lane): void {
    publishWorker('ready', this.#options.name, lane);
    this.#warnOfMemory(lane);
    this.#killedStarts = 0;
    this.#hasGivenUp = false;
    this.workerRests();
    if (this.#readyWaiters.size > 0 && this.isReady) for (const waiters of [...this.#readyWaiters]) waiters.ready();
    // To start a worker takes some time: the new one gets its first task before that.
    afterMicrotasks(() => this.wanted(0));
  }

  workerIsFull(): void {
    this.#full += 1;
  }

  workerServes(): void {
    this.#failures = 0;
    this.#isHopeless = false;
  }

  workerRests(): void {
    this.#sweep.set(RELEASE_AFTER);
  }

  workerGone(lane: Lane, started: readonly Chunk[], unstarted: readonly Chunk[]): void {
    if (lane.wasLost && lane.wasReady) this.#lost += 1;
    publishWorker(lane.wasLost ? 'lost' : 'ended', this.#options.name, lane, lane.startError);
    this.#scheduler.removeLane(lane);
    this.#scheduler.giveBack(unstarted);
    settleLost(lane, started, (chunk) => this.#scheduler.left(chunk, chunk.count));
    this.#lanes.delete(lane);
    if (!this.#replacedEarly.delete(lane) && lane.wasReady) this.#vacancies += 1;
    hasEnded(lane);
    this.#retireNext();
    if (this.#lanes.size === 0) for (const resolve of this.#waiters.splice(0)) resolve();
    // A worker that ended with the program did not fail to start. Work that has come meanwhile asks for another.
    if (!this.#isLeaving && !lane.endsWithProgram) {
      this.#judgeEnd(lane);
      this.wanted(0);
    }
    this.#scheduler.pump(false);
  }

  lateError(lane: Lane, error: unknown): void {
    this.#lateErrors += 1;
    publishWorker('lateError', this.#options.name, lane, error);
    if (error instanceof NestedBootstrapError) warnOnce(error.message);
    else this.#options.warn(error, lane.isFinalizing ? `the finalizer of worker ${lane.id}` : 'an error outside of any task');
  }

  anomaly(lane: Lane): void {
    publishWorker('anomaly', this.#options.name, lane);
    this.#anomalies += 1;
  }

  mayRetire(): boolean {
    if (this.#isLeaving) return true;
    if (this.#countRetiring() >= this.#size) return false;
    this.#replaceSoon();
    return true;
  }

  /** A worker retires: another one may be started, when its lane has noted that. */
  #replaceSoon(): void {
    afterMicrotasks(() => this.wanted(this.#options.startsAtOnce ? 1 : 0));
    this.#scheduler.pump(false);
  }

  /** A worker is gone: another one, which gets no more tasks, may retire in its place. */
  #retireNext(): void {
    for (const lane of [...this.#lanes]) {
      if (!lane.isReplaced || lane.state !== 'ready' || !this.mayRetire()) continue;
      lane.retire();
    }
  }

  /** Once per runtime: with such a limit each worker runs one task. */
  #warnOfMemory({ startMemory, kind }: Lane): void {
    const { maxMemory, name } = this.#options;
    if (maxMemory === undefined || startMemory === undefined || startMemory <= maxMemory || this.#hasWarnedOfMemory) return;
    this.#hasWarnedOfMemory = true;
    const message = `${name}: maxMemoryPerChild is ${maxMemory} bytes, and a fresh worker ${kind} uses ${startMemory}: each worker is replaced after one task`;
    process.emitWarning(message, { type: 'TwinpoolWarning', code: 'TWINPOOL_MEMORY_LIMIT' });
  }

  // Starts.

  /** Whether workers can be started as far as initializer and finalizer are concerned. One that cannot be sent breaks every client. */
  #hasOwnCode(): boolean {
    const { ownCode, maxPayloadBytes, isHere } = this.#options;
    for (const code of ownCode) {
      if (code.state === 'pending') {
        void code.settled.then(() => {
          this.wanted(0);
          this.#scheduler.pump(false);
        });
        return false;
      }
      const fault = code.faultFor(maxPayloadBytes, isHere);
      if (fault === undefined) continue;
      this.#fail(fault, true);
      return false;
    }
    return true;
  }

  #fail(cause: unknown, forGood: boolean): void {
    this.#hasGivenUp = true;
    this.#early = 0;
    this.#scheduler.failWaiting(cause, forGood);
    for (const waiters of [...this.#readyWaiters]) waiters.failed(cause);
  }

  #start(): void {
    this.#lastId += 1;
    // `perWorker` may submit tasks, and it may end the runtime.
    this.#isMaking = true;
    const lane = this.#options.makeLane(this.#lastId, this.#freeIndex());
    this.#isMaking = false;
    if (this.#isLeaving) return;
    if (this.#early > 0) this.#early -= 1;
    this.#countReplacement();
    this.#lanes.add(lane);
    publishWorker('starting', this.#options.name, lane);
    this.#scheduler.addLane(lane);
    endAtProgramEnd(lane, this.#options.afterWorkers);
    lane.start();
  }

  /** A worker starts: in place of one that is gone, or of one that takes no more tasks. */
  #countReplacement(): void {
    if (this.#vacancies > 0) this.#vacancies -= 1;
    else {
      const leaving = [...this.#lanes].find((lane) => lane.wasReady && !lane.isServing && !this.#replacedEarly.has(lane));
      if (leaving === undefined) return;
      this.#replacedEarly.add(leaving);
    }
    this.#replaced += 1;
  }

  #freeIndex(): number {
    const taken = new Set<number>();
    for (const { index } of this.#lanes) taken.add(index);
    let index = 0;
    while (taken.has(index)) index += 1;
    return index;
  }

  #tryAgain(): void {
    if (!this.#isWanted || this.#isLeaving) return;
    this.#isWanted = false;
    this.wanted(1);
  }

  /** Whether the end of this worker is a failed start, and what follows. */
  #judgeEnd(lane: Lane): void {
    if (lane.wasReady && !lane.diedYoung) {
      if (this.#options.startsAtOnce && lane.wasLost) this.wanted(1);
      return;
    }
    // It is replaced as any lost worker is, but not without end: the reason may be a lack of memory.
    if (lane.wasKilledFromOutside && this.#mayTryAgain()) {
      const braked = this.#killedStarts - KILLED_STARTS_PER_WORKER * this.#options.size;
      if (braked > 0) this.#tryLater(braked);
      return;
    }
    const now = this.#clock.now();
    this.#failures += 1;
    if (this.#failures === 1) this.#failingSince = now;
    const attempts = Math.min(ATTEMPTS_PER_WORKER * this.#options.size, MOST_ATTEMPTS);
    const isOver =
      lane.hasHungAtStart || lane.wasKilledFromOutside || (this.#failures >= ATTEMPTS_PER_WORKER && now - this.#failingSince > PATIENCE);
    if ((this.#failures >= attempts || isOver) && this.#count('ready') === 0) {
      if (this.#count('starting') === 0) this.#giveUp(lane.startError);
      return;
    }
    // The workers that are left have not shown that they do better.
    this.#isHopeless ||= lane.diedYoung && this.#failures >= attempts;
    this.#tryLater(this.#failures - 1);
  }

  /** `braked`: failures before, for each of which the delay doubles; the first one costs nothing. */
  #tryLater(braked: number): void {
    this.#isWanted = true;
    if (!this.#retry.isSet) this.#retry.set(braked === 0 ? 0 : Math.min(FIRST_DELAY * 2 ** (braked - 1), LONGEST_DELAY));
  }

  /** Waiting work fails. New work makes a new attempt, unless that makes no sense. */
  #giveUp(startError: unknown): void {
    this.#failures = 0;
    this.#isHopeless = false;
    this.#isWanted = false;
    this.#fail(startError, !isShortage(startError));
  }

  /** Counts a start that another program has killed. Returns whether it does not count as failed. */
  #mayTryAgain(): boolean {
    const now = this.#clock.now();
    if (this.#killedStarts === 0) this.#killedSince = now;
    this.#killedStarts += 1;
    return this.#killedStarts <= KILLED_STARTS_PER_WORKER * this.#options.size || now - this.#killedSince < KILLED_PATIENCE;
  }

  // Ends.

  #stop(): void {
    this.#isLeaving = true;
    this.#retry.stop();
    this.#sweep.stop();
  }

  #allGone(): Promise<void> {
    return this.#lanes.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiters.push(resolve));
  }

  #sweepIdle(): void {
    const now = this.#clock.now();
    const { idleTimeout, minWorkers } = this.#options;
    let spare = this.#countServing() + this.#count('starting') - minWorkers;
    let next = Number.POSITIVE_INFINITY;
    for (const lane of [...this.#lanes]) {
      if (!lane.isIdle) continue;
      const idle = now - lane.idleSince;
      if (idle >= idleTimeout && spare > 0) {
        spare -= 1;
        lane.retire();
        continue;
      }
      if (idle >= RELEASE_AFTER) lane.release();
      else next = Math.min(next, RELEASE_AFTER - idle);
      // One that stays has another idle time when it has worked again.
      if (idle < idleTimeout) next = Math.min(next, idleTimeout - idle);
    }
    if (next !== Number.POSITIVE_INFINITY) this.#sweep.set(Math.max(1, next));
  }

  #count(state: Lane['state']): number {
    let count = 0;
    for (const lane of this.#lanes) if (lane.state === state) count += 1;
    return count;
  }

  #countLoading(): number {
    let count = 0;
    for (const lane of this.#lanes) if (lane.isLoading) count += 1;
    return count;
  }

  #isAnyFinalizing(): boolean {
    for (const lane of this.#lanes) if (lane.isFinalizing) return true;
    return false;
  }

  /** Workers that take more tasks. One with one slot that has had its last is replaced while it still runs it. */
  #countServing(): number {
    let count = 0;
    for (const { isServing } of this.#lanes) if (isServing) count += 1;
    return count;
  }

  /** Workers that take no more tasks, and whose places others have. */
  #countRetiring(): number {
    let count = 0;
    for (const { state, isReplaced } of this.#lanes) if (state === 'retiring' && isReplaced) count += 1;
    return count;
  }
}

/** Every worker reports the same of a module without a guard. */
function warnOnce(message: string): void {
  if (warned.has(message)) return;
  warned.add(message);
  process.emitWarning(message, { type: 'TwinpoolWarning', code: 'TWINPOOL_UNGUARDED' });
}

const warned = new Set<string>();
