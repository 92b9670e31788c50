/**
 * This side's line to one worker, whatever the worker is: what was handed over and not answered, and how a worker ends.
 *
 * Decides which task an answer belongs to (the oldest unanswered: answers never overtake), which tasks a dead worker had started,
 * and which limits a running task has hit. Refuses to know how bytes travel (a subclass in `lanes/` does), which jobs exist
 * and who is next.
 *
 *   starting --READY--> ready --retire()--> retiring --last answer--> ending --gone--> gone
 *       |                 |                     |                        |
 *       +--- kill() or the worker's death: everything it had is sorted into started and unstarted, then gone
 *
 * What of the ledger a dead worker had started is asked once, after its channel was drained: finished results win.
 */

import { InitializerError, TaskSerializationError, TwinpoolError, WorkerLostError } from '../errors.ts';
import type { Chunk, Job } from '../jobs/job.ts';
import { tasks as taskChannel, tellEnd, tellStarts } from '../observability/diagnostics.ts';
import { Alarm, type Clock } from '../primitives/clock.ts';
import type { TaskFunction } from '../tasks/task-function.ts';
import { faultFromWorker } from '../wire/message-faults.ts';
import { AS_SEPARATE, DEFINE, FORGET, type Message, SEPARATE_VALUE, SPECIAL_FIELDS, type WorkerSetup } from '../wire/messages.ts';
import { noteInstances } from '../wire/note-instances.ts';
import { type PackedRuns, packRuns } from '../wire/pack-runs.ts';
import type { Packer } from '../wire/packer.ts';
import type { ThrownWhere } from '../wire/thrown.ts';
import { Limits } from './deadlines.ts';
import { Incoming } from './decoder.ts';
import { Fate } from './exit-reason.ts';
import { Disowned, halves, Ledger, type Sent } from './in-flight.ts';
import { type Death, messageOf, type Verdict } from './worker-exit.ts';

/** Functions that a worker keeps. More would hold on to the sources of a program that makes functions without end; fewer are sent again more often. */
const MOST_DEFINED = 1_000;
/** So many are left when it forgets some: that is done seldom. */
const FEW_DEFINED = 750;

export type LaneState = 'starting' | 'ready' | 'retiring' | 'ending' | 'gone';

/** Whoever owns the lanes and gives them work. */
export interface LaneHost {
  readonly clock: Clock;
  laneReady(lane: Lane): void;
  /** Answers came, or tasks were given back: there is room. */
  laneFree(lane: Lane): void;
  /** Tasks that had not begun are to run elsewhere. */
  gaveBack(chunks: Chunk[]): void;
  /** `count` tasks of a chunk leave the lane: answered, lost or given back. */
  left(chunk: Chunk, count: number): void;
  /** `count` runs of this function took `elapsed` microseconds together. */
  measured(fn: TaskFunction, count: number, elapsed: number): void;
  /** The worker is gone. `started` were or may have been running; `unstarted` never began. `wasReady`: it had started well. */
  laneGone(lane: Lane, wasReady: boolean, started: Chunk[], unstarted: Chunk[]): void;
  /** An error of user code that no task's outcome can carry. */
  lateError(lane: Lane, error: unknown): void;
  /** A message that no correct worker sends. */
  anomaly(lane: Lane): void;
}

export interface LaneOptions {
  readonly setup: WorkerSetup;
  readonly killGrace: number;
  readonly maxTasks: number;
}

export abstract class Lane {
  /** What this kind of worker can do. */
  abstract readonly kind: 'thread' | 'process';
  /** Values can be moved to it instead of copied. */
  abstract readonly canTransfer: boolean;
  /** What it has not started can be taken back. */
  abstract readonly canTakeBack: boolean;
  /** Its death leaves the program untouched. */
  abstract readonly isolated: boolean;
  /** Microseconds from which on a task is worth a message of its own. */
  protected abstract readonly alone: number;

  readonly id: number;
  state: LaneState = 'starting';
  /** Answers that are being settled: the lane is free of their tasks before anyone hears of a result. */
  #settling = 0;
  /** Calls it may still take (`maxTasksPerChild`). */
  callsLeft: number;
  /** When it last ran out of work, or answered; ms of the clock. */
  idleSince = 0;
  /** When the front task, as far as it can be known, began; ms of the clock. */
  frontSince = 0;
  startError: unknown;
  pid: number | undefined;
  threadId: number | undefined;

  /** What the processes get that it has started, once it has left; undefined: they may stay. */
  protected treeSignal: 'SIGTERM' | 'SIGKILL' | undefined;
  protected readonly host: LaneHost;
  protected readonly options: LaneOptions;
  protected readonly packer: Packer;
  protected readonly ledger: Ledger = new Ledger();
  /** Functions that the worker knows, the one that was sent first first. */
  readonly #defined = new Set<number>();
  /** Of them, functions that the worker has loaded. */
  readonly #loaded = new Set<number>();
  readonly #limits: Limits;
  readonly #startAlarm: Alarm;
  readonly #incoming = new Incoming(() => this.#where());
  readonly #fate = new Fate();
  #sequence = 0;
  #isDistrusted = false;
  /** Chunks whose arguments are being read. */
  #packing: Chunk[] | undefined;
  /** It had started well, and died by itself before it began anything. */
  diedYoung = false;
  /** It was given all the time it may take to start, and did not. */
  hasHungAtStart = false;
  /** The program was about to end, and ended it. */
  endsWithProgram = false;
  /** no -> asked -> by force; it is told once each. */
  #killed: 'no' | 'asked' | 'by force' = 'no';

  constructor(host: LaneHost, options: LaneOptions, packer: Packer) {
    this.id = options.setup.workerId;
    this.host = host;
    this.options = options;
    this.packer = packer;
    this.callsLeft = options.maxTasks;
    this.#startAlarm = new Alarm(host.clock, () => this.#giveUpStart(), { standsStill: true });
    this.#startAlarm.set(options.setup.startTimeout);
    this.#limits = new Limits(host.clock, this.ledger, {
      stoppedFor: () => this.stoppedFor(),
      abortRunning: () => {
        const { sequence, total, left } = this.ledger.messages[0] as Sent;
        this.abortTask(sequence, total - left);
      },
      frontLeaves: () => host.left(this.ledger.front as Chunk, 1),
      isolateFront: () => this.#isolateFront(),
      kill: (kind, force, cause) => this.kill({ kind, cause }, force),
    });
  }

  /** Starts the worker. What goes wrong, also at once, is told by `laneGone`. */
  abstract start(): void;
  /** Sends a message; never throws for a worker that is gone. */
  protected abstract post(message: Message, transfer?: readonly unknown[]): void;
  protected abstract postTasks(sequence: number, count: number, outgoing: PackedRuns): void;
  /** How many tasks, from the front of the ledger on, were or may have been started. */
  protected abstract startedTasks(): number;
  /** Takes up to `most` unstarted tasks off the end of a message; 0 where that cannot be known. */
  protected abstract retract(sent: Sent, most: number): number;
  /** Aborts the signal of the task at `place` of message `sequence`, if it still runs when it hears of it. */
  protected abstract abortTask(sequence: number, place: number): void;
  /** No more work: the worker is to end by itself. */
  protected abstract endWorker(): void;
  /** End the worker now; `force`: without asking it first. */
  protected abstract killWorker(force: boolean): void;
  /** ms for which the worker was stopped together with the program, so far. */
  protected abstract stoppedFor(): number;
  /** Whether another message can be sent. */
  abstract get hasRoom(): boolean;
  /** An answer has come that may not be given yet. */
  protected get isAnswerHeld(): boolean {
    return false;
  }
  /** No work came for a while. */
  abstract release(): void;

  /** It has no tasks and can take some. */
  get isIdle(): boolean {
    return this.state === 'ready' && this.outstanding === 0 && this.hasRoom;
  }
  /** Unanswered tasks. */
  get outstanding(): number {
    return this.ledger.tasks - this.#settling;
  }
  /** The work in them, in microseconds, as far as it is known. */
  get load(): number {
    return this.ledger.load / 1000;
  }
  /** The chunk that was handed over last, if it is not answered. */
  get last(): Chunk | undefined {
    return this.ledger.last;
  }
  /** The chunks that are not fully answered. */
  get chunks(): readonly Chunk[] {
    return this.#packing === undefined ? this.ledger.chunks : [...this.ledger.chunks, ...this.#packing];
  }

  send(chunks: Chunk[]): void {
    let count = 0;
    for (const chunk of chunks) {
      count += chunk.count;
      this.#define(chunk.job);
    }
    const { state } = this;
    this.#packing = chunks;
    const outgoing = packRuns(chunks, this.packer, this.alone);
    this.#packing = undefined;
    if (this.state !== state || chunks.some(({ job }) => job.over)) {
      this.#sendOthers(chunks);
      return;
    }
    const sequence = ++this.#sequence;
    if (this.outstanding === 0) this.frontSince = this.host.clock.now();
    this.ledger.add(sequence, chunks, outgoing.expectations, count, outgoing.separate.length > 0);
    this.callsLeft -= count - outgoing.failures.length;
    if (this.#defined.size > MOST_DEFINED) this.#forget();
    if (taskChannel.hasSubscribers) tellStarts(this.id, chunks);
    this.#postSeparateValues(outgoing);
    try {
      this.postTasks(sequence, count, outgoing);
    } catch (error) {
      // The transport refused the message as a whole; nothing of it went out.
      this.ledger.removeLast();
      this.callsLeft += count - outgoing.failures.length;
      this.#sendLess(chunks, count, error);
      return;
    }
    // Their places are answered too, by nothing.
    for (const { chunk, offset } of [...outgoing.failures].reverse()) {
      this.host.left(chunk, 1);
      this.ledger.disownInLast(chunk, offset);
    }
    for (const { chunk, offset, error } of outgoing.failures) chunk.job.settle(chunk.base + offset, false, error);
  }

  /** A getter of an argument, which is code of the user, has ended jobs or this worker: what ended is never sent. */
  #sendOthers(chunks: Chunk[]): void {
    for (const chunk of chunks) if (chunk.job.over) this.host.left(chunk, chunk.count);
    const others = chunks.filter(({ job }) => !job.over);
    if (this.state === 'ready' && others.length > 0) {
      this.send(others);
      return;
    }
    for (const chunk of others) this.host.left(chunk, chunk.count);
    this.host.gaveBack(others);
  }

  /** Together they were too much, perhaps; what is refused alone has failed. */
  #sendLess(chunks: Chunk[], count: number, error: unknown): void {
    if (count > 1) {
      for (const half of halves(chunks, count)) this.send(half);
      return;
    }
    const [chunk] = chunks as [Chunk];
    const isOurs = error instanceof TaskSerializationError;
    this.host.left(chunk, 1);
    const refusal = isOurs ? error : new TaskSerializationError(`the arguments cannot be sent: ${messageOf(error)}`, { cause: error });
    chunk.job.settle(chunk.base, false, refusal);
    this.host.laneFree(this);
  }

  /** Before the message that uses them, so that they are there when it is read. */
  #postSeparateValues({ separate, failures }: PackedRuns): void {
    for (const { value, transfer, chunk, offset, skip } of separate) {
      try {
        this.post([SEPARATE_VALUE, value], transfer);
        if (transfer.length > 0) chunk.job.mayNotRerun(chunk.base + offset);
      } catch (error) {
        skip();
        failures.push({
          chunk,
          offset,
          error: new TaskSerializationError(`the arguments cannot be sent: ${messageOf(error)}`, { cause: error }),
        });
      }
    }
  }

  /** Takes back up to `most` tasks that are certainly unstarted, the last first. */
  takeBack(most: number): Chunk[] {
    const back = this.ledger.takeBack(most, (sent, count) => this.retract(sent, count));
    for (const chunk of back) {
      // A place without a call was never charged for one.
      if (!(chunk instanceof Disowned)) this.callsLeft += chunk.count;
      this.host.left(chunk, chunk.count);
    }
    this.#retireIfDone();
    return back;
  }

  /** These jobs have ended. A task of them that runs is told, and ended by force after `grace` ms. */
  abandon(jobs: ReadonlySet<Job>, grace: number): void {
    this.#limits.abandon(jobs, grace);
    // While answers are being settled the task at the front is answered, and another runs.
    if (this.#settling === 0) this.#limits.frontChanged();
  }

  /** No more work for it; it ends when it has answered. */
  retire(): void {
    if (this.state === 'ready') this.state = 'retiring';
    else if (this.state === 'starting') this.kill();
    this.#retireIfDone();
  }

  /** Idle workers leave before the program ends; what they have started does not outlive it. */
  endWithProgram(): void {
    this.endsWithProgram = true;
    this.treeSignal = 'SIGKILL';
    this.kill();
  }

  /** Ends the worker now; what it had is told by `laneGone`. */
  kill(verdict: Verdict = { kind: 'end' }, force = false): void {
    if (this.state === 'gone' || this.#killed === 'by force' || (this.#killed !== 'no' && !force)) return;
    this.#killed = force ? 'by force' : 'asked';
    this.#fate.decide(verdict);
    this.treeSignal ??= 'SIGTERM';
    const isLeaving = this.state === 'ending';
    const mayLeave = !force && verdict.kind === 'end' && this.outstanding === 0 && (isLeaving || this.state === 'ready');
    if (this.state !== 'starting') this.state = 'ending';
    // Only a busy worker needs a signal. An idle one leaves by itself, so that its 'exit' listeners, coverage and profiles are not lost.
    if (!mayLeave) this.killWorker(force);
    else if (!isLeaving) this.endWorker();
  }

  /** Nothing that the worker says counts any more; it is being ended. */
  protected get isDistrusted(): boolean {
    return this.#isDistrusted;
  }

  /** Whether a message can be used as it is. One that no correct worker sends is not used, and nothing that comes after it. */
  protected trusts(message: unknown): message is Message {
    if (this.#isDistrusted) return false;
    const fault = faultFromWorker(message);
    if (fault !== undefined) this.distrust(fault);
    return fault === undefined;
  }

  /** `what`, said of the worker: why it is ended. Its tasks are lost with it. */
  protected distrust(what: string, cause?: unknown): void {
    if (this.#isDistrusted) return;
    this.#isDistrusted = true;
    this.host.anomaly(this);
    const error = new TwinpoolError(`worker ${this.id} cannot be trusted any more: ${what}`, { cause });
    this.kill({ kind: 'protocol', cause: error });
  }

  // What comes from the worker, once the form of the message was looked at. A subclass calls these in the order in which the messages were sent.

  protected onReady(): void {
    if (this.state !== 'starting') {
      this.distrust('it was ready a second time');
      return;
    }
    // It is being ended, and said so before it knew.
    if (this.#killed !== 'no') return;
    this.#startAlarm.stop();
    this.#fate.wasReady = true;
    this.state = 'ready';
    this.idleSince = this.host.clock.now();
    this.host.laneReady(this);
  }

  protected onInitFailed(thrown: unknown): void {
    if (this.state !== 'starting') {
      this.distrust('its initializer failed after it had ended');
      return;
    }
    // Why it is being ended is known.
    if (this.#killed !== 'no') return;
    const cause = this.#incoming.thrown(thrown);
    this.startError = new InitializerError(`the initializer failed in worker ${this.id}: ${messageOf(cause)}`, { cause });
  }

  protected onSeparateValue(value: unknown): void {
    this.#incoming.separateValues.add(value);
    this.#checkSeparateValues();
  }

  /** A value's own message came and cannot be read. */
  protected onUnreadable(error: unknown): void {
    this.#incoming.separateValues.addUnreadable(error);
    this.#checkSeparateValues();
  }

  /** Each unanswered task has one result, and the one that runs may have a report under way. */
  #checkSeparateValues(): void {
    if (this.#incoming.separateValues.size > this.outstanding + 1) this.distrust('it sent values that belong to no task');
  }

  protected onAnswer(
    count: number,
    values: ArrayLike<unknown>,
    specials: readonly unknown[] | undefined,
    segments: readonly number[],
  ): void {
    if (count > this.outstanding) {
      this.distrust('it answered tasks that it was not given');
      return;
    }
    if (specials !== undefined && countOf(AS_SEPARATE, specials) > this.#incoming.separateValues.size) {
      this.distrust('it answered with values that it did not send');
      return;
    }
    for (let i = 0; i < segments.length; i += 3) {
      const fn = this.ledger.functionOf(segments[i] as number);
      if (fn !== undefined) this.host.measured(fn, segments[i + 1] as number, segments[i + 2] as number);
    }
    this.#fate.hasAnswered = true;
    this.#limits.answered();
    // Whoever submits from a callback finds the lane free.
    this.#settling = count;
    this.#settle(count, values, specials);
    this.#settling = 0;
    this.frontSince = this.idleSince = this.host.clock.now();
    this.#limits.frontChanged();
    this.#retireIfDone();
    this.host.laneFree(this);
  }

  protected onLoaded(functionId: number): void {
    if (!this.#defined.has(functionId)) {
      this.distrust('it loaded a function that it was not told of');
      return;
    }
    this.#loaded.add(functionId);
  }

  protected onStarted(): void {
    if (!this.#limits.started()) this.distrust('it began a task that it does not have, or has begun');
  }

  protected onReport(form: number, payload: unknown): void {
    const { front } = this.ledger;
    if (front === undefined || (form === AS_SEPARATE && this.#incoming.separateValues.size === 0)) {
      this.distrust('it reported what no task of it can report');
      return;
    }
    try {
      front.job.report(this.ledger.frontIndex, this.#incoming.value(form, payload));
    } catch (error) {
      this.host.lateError(this, error);
    }
  }

  /** `fatal`: the worker ends because of it; `running`: and a task with it. */
  protected onLateError(thrown: unknown, fatal: boolean, running: boolean): void {
    const error = this.#incoming.thrown(thrown);
    if (fatal) {
      this.#fate.lateError = error;
      this.onExiting(running);
    }
    if (!running) this.host.lateError(this, error);
  }

  /** The worker ends by its own decision: all that it had finished was answered before. */
  protected onExiting(running: boolean): void {
    this.#fate.startedAtExit ??= running ? 1 : 0;
  }

  /** The worker is gone and its channel is drained. */
  protected onGone(death: Death): void {
    if (this.state === 'gone') return;
    const fate = this.#fate;
    const { workerId, workerName } = this.options.setup;
    fate.died(death, this.host.clock.now());
    if (this.state === 'starting') this.startError ??= death.cause ?? fate.startLoss(workerId, workerName, 'while it was starting');
    this.state = 'gone';
    this.#startAlarm.stop();
    this.#limits.stop();
    const { started, unstarted } = this.ledger.sortOut(this.#startedBeforeDeath());
    for (const chunk of [...started, ...unstarted]) this.host.left(chunk, chunk.count);
    this.diedYoung = fate.wasReady && !fate.hasAnswered && started.length === 0 && fate.wasLost && !fate.wasKilledFromOutside;
    if (this.diedYoung) this.startError = fate.startLoss(workerId, workerName, 'right after its start');
    this.host.laneGone(this, fate.wasReady, started, unstarted);
  }

  /**
   * Before a worker is ended because of its front task: whether that is what runs, and nothing else can begin meanwhile. Where tasks cannot be taken
   * back the scheduler puts nothing of anybody else's behind such a task.
   */
  #isolateFront(): boolean {
    if (this.isAnswerHeld) return false;
    if (!this.canTakeBack) return true;
    const back = this.takeBack(Number.POSITIVE_INFINITY);
    if (back.length > 0) this.host.gaveBack(back);
    // Tasks of one call may be claimed together.
    return this.outstanding > 0 && this.startedTasks() <= Math.max(1, this.ledger.frontLeft);
  }

  #startedBeforeDeath(): number {
    const { front } = this.ledger;
    // Somebody else killed it before the module of its next task was there: that task has not begun.
    if (front !== undefined && this.wasKilledFromOutside && !this.#loaded.has(front.job.fn.id) && front.job.mayBeginAgain()) return 0;
    return this.#fate.startedAtExit ?? this.startedTasks();
  }

  #giveUpStart(): void {
    const { startTimeout, initializer } = this.options.setup;
    const what = initializer === undefined ? 'it' : `it, with its initializer '${initializer.name}',`;
    const error = new WorkerLostError(
      `worker ${this.id} was given up: ${what} took longer to start than startTimeout (${startTimeout} ms)`,
      {
        workerId: this.id,
      },
    );
    this.startError = initializer === undefined ? error : new InitializerError(error.message, { cause: error });
    this.hasHungAtStart = true;
    this.kill({ kind: 'end' }, true);
  }

  /** Why a task that ran here is lost. */
  lossError(taskName: string): WorkerLostError {
    const { id, kind, pid, threadId } = this;
    return this.#fate.lossError({ id, name: this.options.setup.workerName, kind, pid, threadId }, taskName, this.frontSince);
  }

  /** How it ended; undefined while it has not. */
  get death(): Death | undefined {
    return this.#fate.death;
  }
  get wasLost(): boolean {
    return this.#fate.wasLost;
  }
  get wasKilledFromOutside(): boolean {
    return this.#fate.wasKilledFromOutside;
  }

  #settle(count: number, values: ArrayLike<unknown>, specials: readonly unknown[] | undefined): void {
    let special = 0;
    const isTold = taskChannel.hasSubscribers;
    for (let i = 0; i < count; ) {
      const chunk = this.ledger.front;
      // A callback ended everything while we were telling it of results.
      if (chunk === undefined) return;
      const specialAt = specials !== undefined && special < specials.length ? (specials[special] as number) : count;
      const plain = Math.min(specialAt - i, this.ledger.frontLeft);
      const index = this.ledger.frontIndex;
      this.#advance(chunk, plain > 0 ? plain : 1);
      if (plain > 0) {
        for (let told = 0; isTold && told < plain; told++) tellEnd(this.id, chunk.job.fn.name, index + told, 'completed');
        if (plain === 1) chunk.job.settle(index, true, values[i]);
        else chunk.job.settleRange(index, values, i, plain);
        i += plain;
      } else {
        const kind = specials?.[special + 1] as number;
        const payload = specials?.[special + 2];
        special += SPECIAL_FIELDS;
        i += 1;
        const { name } = chunk.job.fn;
        const outcome = this.#incoming.outcome(kind, payload, name);
        if (!outcome.ok && !chunk.job.over) noteInstances(outcome.value, chunk.at(index - chunk.base), chunk.spread);
        if (isTold) tellEnd(this.id, name, index, outcome.ok ? 'completed' : 'failed', outcome.ok ? undefined : outcome.value);
        chunk.job.settle(index, outcome.ok, outcome.value);
      }
    }
  }

  #advance(chunk: Chunk, count: number): void {
    this.ledger.advance(count);
    this.#settling -= count;
    this.host.left(chunk, count);
  }

  #where(): ThrownWhere {
    const { id, kind, pid, threadId } = this;
    return { workerId: id, kind, pid, threadId };
  }

  #define(job: Job): void {
    const { id, descriptor } = job.fn;
    if (this.#defined.has(id)) return;
    this.#defined.add(id);
    this.post([DEFINE, id, descriptor]);
  }

  /** The worker forgets functions that it has no tasks of; one that is used again is sent again. */
  #forget(): void {
    const inFlight = new Set(this.ledger.chunks.map(({ job }) => job.fn.id));
    const forgotten: number[] = [];
    for (const id of this.#defined) {
      if (this.#defined.size <= FEW_DEFINED) break;
      if (inFlight.has(id)) continue;
      this.#defined.delete(id);
      this.#loaded.delete(id);
      forgotten.push(id);
    }
    if (forgotten.length > 0) this.post([FORGET, forgotten]);
  }

  #retireIfDone(): void {
    if (this.outstanding > 0) return;
    if (this.state === 'retiring' || (this.state === 'ready' && this.callsLeft <= 0)) {
      this.state = 'ending';
      this.#fate.decide({ kind: 'end' });
      this.endWorker();
    }
  }
}

function countOf(kind: number, specials: readonly unknown[]): number {
  let count = 0;
  for (let at = 0; at < specials.length; at += SPECIAL_FIELDS) if (specials[at + 1] === kind) count += 1;
  return count;
}
