/**
 * Keeps this program's line to one worker: how the worker starts, serves and ends, and which of its slots a message concerns.
 *
 *   starting --READY--> ready --retire()--> retiring --last answer, or none is open--> ending --gone--> gone
 *       |                 |                     |                                        |
 *       '--- kill(), or the end of the worker: its tasks are sorted into started and unstarted --------^
 *
 *   several slots:  ready --the last call was given, a task must end, or a late error--> replaced: no more tasks --the supervisor allows it--> retiring
 *                   retiring, and only stuck slots are left --> kill        the event loop is blocked while a task must end --> kill
 *
 * - A lane has one slot, or `concurrentTasksPerWorker`, made when they are first needed. The slots keep the tasks (slot.ts).
 * - Which tasks a lost worker had started is asked once, after its transport has delivered everything: finished results win.
 * - A kill is passed on at most once without and once with force: #killed moves `no` -> `asked` -> `by force`.
 *
 * The lane reports life to the supervisor (LifeListener). It does not know how bytes travel (Transport), which jobs wait, and which worker gets the next
 * task.
 */

import { TwinpoolError, type WorkerLostError } from '../errors.ts';
import type { Chunk } from '../jobs/job.ts';
import type { PerWorkerOptions } from '../options/options.ts';
import type { Clock } from '../primitives/clock.ts';
import { afterMicrotasks } from '../primitives/time.ts';
import { faultFromWorker } from '../wire/message-faults.ts';
import {
  ACKNOWLEDGED,
  ANSWER,
  EXITING,
  INIT_FAILED,
  LATE,
  LOADED,
  type Message,
  PING,
  PONG,
  PRELOADED,
  READY,
  REPORT,
  SEPARATE_VALUE,
  STARTED,
  VALUE_OF,
  type WorkerSetup,
} from '../wire/messages.ts';
import { Packer } from '../wire/packer.ts';
import { Finalizing } from './finalizing.ts';
import { KnownFunctions } from './known-functions.ts';
import type { LaneState } from './lane-state.ts';
import { LoopWatch } from './loop-watch.ts';
import { Slot, type SlotLine, type WorkListener } from './slot.ts';
import { Slots } from './slots.ts';
import { countStartedAtExit } from './started-tasks.ts';
import type { CallBudget } from './task-sender.ts';
import type { Transport, TransportFactory, TransportOwner } from './transport.ts';
import { type EndReason, type ExitStatus, type Loss, WorkerExit } from './worker-exit.ts';
import { WorkerStart } from './worker-start.ts';

/** What a lane reports of its worker's life. */
export interface LifeListener {
  /** The worker uses more memory than its limit, and takes no further task. */
  workerIsFull(lane: Lane): void;
  /** The worker has loaded its modules; its initializer runs. */
  workerPreloaded(lane: Lane): void;
  workerReady(lane: Lane): void;
  /** The worker has answered: it does not only start, it works. */
  workerServes(lane: Lane): void;
  /** The lane has no tasks, as far as it knows. */
  workerRests(lane: Lane): void;
  /** `started` tasks were running or may have been, and have not left the lane; `unstarted` ones never began. */
  workerGone(lane: Lane, started: readonly Chunk[], unstarted: readonly Chunk[]): void;
  /** An error of user code that is not the outcome of a task. */
  lateError(lane: Lane, error: unknown): void;
  /** The worker has broken the protocol. */
  anomaly(lane: Lane): void;
  /** The worker gets no more tasks and must be replaced. Returns whether it may retire now; if not, the supervisor calls `retire` later. */
  mayRetire(lane: Lane): boolean;
}

const BLOCKED = 'its event loop was blocked while a task in it had to end';

export interface LaneOptions {
  readonly clock: Clock;
  readonly setup: WorkerSetup;
  /** What `perWorker` gave to this worker. */
  readonly only: PerWorkerOptions;
  /** Why the worker cannot be started. */
  readonly fault: { readonly error: unknown } | undefined;
  /** Milliseconds between asking a worker to end and ending it by force. */
  readonly killGrace: number;
  /** Milliseconds that the worker's finalizer may take. */
  readonly finalizerTimeout: number;
  /** Calls that the worker may take (`maxTasksPerChild`). */
  readonly maxTasks: number;
}

export class Lane implements TransportOwner {
  readonly id: number;
  /** The smallest from 0 that no other worker had when this one was started. */
  readonly index: number;
  readonly kind: string;
  /** Tasks that the worker has not started can be taken back. */
  readonly canTakeBack: boolean;
  /** Microseconds of work that one message should hold; `undefined`: as little as keeps the worker busy. */
  readonly batch: number | undefined;
  /** The number of its slots. */
  readonly size: number;
  readonly #transport: Transport;
  readonly #work: WorkListener;
  readonly #life: LifeListener;
  readonly #options: LaneOptions;
  readonly #clock: Clock;
  readonly #functions = new KnownFunctions();
  readonly #calls: CallBudget;
  readonly #line: SlotLine;
  readonly #slots: Slots;
  readonly #start: WorkerStart;
  readonly #exit = new WorkerExit();
  readonly #finalizing: Finalizing;
  #state: LaneState = 'starting';
  #killed: 'no' | 'asked' | 'by force' = 'no';
  #isTrusted = true;
  #hasAnswered = false;
  #endsWithProgram = false;
  #descendantSignal: 'SIGTERM' | 'SIGKILL' | undefined;
  #idleSince = 0;
  #startedAt = 0;
  /** Bytes: of the worker when it was ready, if it has a limit, and after a task. */
  #startMemory: number | undefined;
  #memory: number | undefined;
  #isFull = false;

  // What only a lane with several slots uses.

  #isReplaced = false;
  /** Why the worker is ended when its other tasks have ended. */
  #endReason: EndReason | undefined;
  #endsByForce = false;
  /** Made with the first task that must end. */
  #loopWatch: LoopWatch | undefined;
  /** The slot of the next separate value. */
  #valueSlot: Slot | undefined;
  /** Several slots: what is known of each chunk that was lost with the worker. */
  readonly #losses = new Map<Chunk, Loss>();
  /** What is known of the first slot that lost a task. It serves for one slot, and for parts of a chunk. */
  #loss: Loss | undefined;

  constructor(work: WorkListener, life: LifeListener, options: LaneOptions, transports: TransportFactory) {
    const { clock, setup, only, killGrace, maxTasks } = options;
    this.id = setup.workerId;
    this.index = setup.workerIndex;
    this.size = setup.slots ?? 1;
    this.#work = work;
    this.#life = life;
    this.#options = options;
    this.#clock = clock;
    this.#transport = transports.make({ clock, setup, only, killGrace });
    this.kind = this.#transport.kind;
    this.canTakeBack = this.#transport.canTakeBack;
    this.batch = this.#transport.batch;
    this.#calls = { left: maxTasks };
    this.#line = {
      workerId: this.id,
      clock,
      transport: this.#transport,
      packer: new Packer({ ...transports.capabilities, maxPayloadBytes: setup.maxPayloadBytes, outlet: this.#transport.buffers }),
      functions: this.#functions,
      calls: this.#calls,
      isShared: this.size > 1,
      // Claims tell the same without a message.
      isAnnounced: this.size > 1 && !this.canTakeBack,
      work,
      state: () => this.#state,
      where: () => ({ workerId: this.id, kind: this.kind, pid: this.pid, threadId: this.threadId }),
      chunks: () => this.chunks,
      changed: (slot) => this.#slots.changed(slot),
      freed: () => this.#freed(),
      mayBeDone: () => this.#finishIfDone(),
      aborted: () => this.#watchLoop(),
      end: (slot, reason, force) => this.#endTask(slot, reason, force),
      reportFailed: (error) => life.lateError(this, error),
    };
    this.#slots = new Slots(this.size, (slot) => new Slot(this.#line, slot));
    this.#start = new WorkerStart(clock, setup, () => this.kill({ kind: 'end' }, true));
    this.#finalizing = new Finalizing(clock, setup, {
      lateError: (error) => life.lateError(this, error),
      kill: () => this.#transport.kill(false),
    });
  }

  get state(): LaneState {
    return this.#state;
  }
  get pid(): number | undefined {
    return this.#transport.pid;
  }
  get threadId(): number | undefined {
    return this.#transport.threadId;
  }
  /** The lane has no tasks and can take some. */
  get isIdle(): boolean {
    return this.#state === 'ready' && !this.#isReplaced && this.#slots.areFree;
  }
  /** The slots that were used so far. */
  get slots(): readonly Slot[] {
    return this.#slots.all;
  }
  /** The number of unanswered tasks. */
  get outstanding(): number {
    return this.#slots.outstanding;
  }
  /** Of these, the tasks that are not settled. */
  get running(): number {
    return this.#slots.running;
  }
  /** The chunks that are not fully answered. */
  get chunks(): readonly Chunk[] {
    return this.#slots.chunks;
  }
  /** Calls that the worker may still take. */
  get callsLeft(): number {
    return this.#calls.left;
  }
  /** It counts as one of the workers of its runtime: it takes tasks, or, with several slots, does not retire yet. */
  get isServing(): boolean {
    return this.#state === 'ready' && (this.size > 1 || this.#calls.left > 0);
  }
  /** Several slots: it gets no more tasks, and another worker takes its place once it is retiring. */
  get isReplaced(): boolean {
    return this.#isReplaced;
  }
  /** Several slots: a slot that may be given a task now; `undefined`: none. */
  get freeSlot(): Slot | undefined {
    return this.#state !== 'ready' || this.#isReplaced || this.#calls.left <= 0 ? undefined : this.#slots.free;
  }
  /** Several slots: a task waits in the worker for so long that its event loop must be busy. */
  get isHeldUp(): boolean {
    return this.#slots.isHeldUp;
  }
  /** The time, in milliseconds of the clock, of the start, of the READY, or of the last answer. */
  get idleSince(): number {
    return this.#idleSince;
  }
  /** The time, in milliseconds of the clock, at which the start of the worker began. */
  get startedAt(): number {
    return this.#startedAt;
  }
  /** The worker starts, and has not loaded its modules. */
  get isLoading(): boolean {
    return this.#state === 'starting' && !this.#start.hasPreloaded;
  }
  /** The bytes of a fresh worker, if it has a limit. */
  get startMemory(): number | undefined {
    return this.#startMemory;
  }
  /** The worker had started well. */
  get wasReady(): boolean {
    return this.#start.wasReady;
  }
  /** The worker had started well, and was lost before it began a task. */
  get diedYoung(): boolean {
    return this.#start.diedYoung;
  }
  /** The worker did not start within its `startTimeout`. */
  get hasHungAtStart(): boolean {
    return this.#start.hasHung;
  }
  /** The worker runs its finalizer. */
  get isFinalizing(): boolean {
    return this.#finalizing.isRunning;
  }
  /** The program was at its end, and ended the worker. */
  get endsWithProgram(): boolean {
    return this.#endsWithProgram;
  }
  /** Why the worker did not start, or died young. */
  get startError(): unknown {
    return this.#start.error;
  }
  /** How the worker ended; `undefined` while it has not. */
  get exit(): ExitStatus | undefined {
    return this.#exit.status;
  }
  get wasLost(): boolean {
    return this.#exit.wasLost;
  }
  get wasKilledFromOutside(): boolean {
    return this.#exit.wasKilledFromOutside;
  }

  // Commands of the scheduler and the supervisor.

  /** Starts the worker. Every failure, also one that is known at once, ends with `workerGone`. */
  start(): void {
    this.#startedAt = this.#clock.now();
    const { fault } = this.#options;
    if (fault !== undefined) {
      this.#start.failed(fault.error);
      afterMicrotasks(() => this.gone({ exitCode: null, signal: null }));
      return;
    }
    this.#start.begin();
    this.#transport.start(this);
  }

  /** The worker gets no more work; it ends when it has answered. */
  retire(): void {
    if (this.#state === 'ready') this.#state = 'retiring';
    else if (this.#state === 'starting') this.kill();
    this.#finishIfDone();
  }

  /**
   * The worker gets no more tasks, and another one takes its place. It ends when its tasks have ended; `takesBack`: those that have not begun run
   * elsewhere.
   */
  replace(takesBack = false): void {
    if (this.size === 1) {
      this.retire();
      return;
    }
    if (this.#isReplaced || this.#state !== 'ready') return;
    this.#isReplaced = true;
    const back = takesBack ? this.#slots.all.flatMap((slot) => slot.takeBack(1)) : [];
    if (back.length > 0) this.#work.givenBack(back);
    if (this.#life.mayRetire(this)) this.retire();
    else this.#finishIfDone();
  }

  /**
   * Several slots: notes whether a task waits to begin for longer than `bound` ms. Returns whether this is to be judged again soon. To be called when all
   * messages of the worker were read.
   */
  judgeWait(bound: number): boolean {
    return this.#slots.judgeWait(this.#clock.now() - bound, this.#functions) || (this.isHeldUp && this.canTakeBack);
  }

  /** No work came for some time. */
  release(): void {
    this.#transport.release();
  }

  /** Ends an idle worker before the program ends. The processes that it has started do not outlive it. */
  endWithProgram(): void {
    this.#endsWithProgram = true;
    this.#descendantSignal = 'SIGKILL';
    this.kill();
  }

  /** Ends the worker now. `workerGone` reports the tasks that it had. */
  kill(reason: EndReason = { kind: 'end' }, force = false): void {
    if (this.#state === 'gone' || this.#killed === 'by force' || (this.#killed !== 'no' && !force)) return;
    this.#killed = force ? 'by force' : 'asked';
    this.#exit.decide(reason);
    this.#descendantSignal ??= 'SIGTERM';
    const isLeaving = this.#state === 'ending';
    const mayLeave = !force && reason.kind === 'end' && this.outstanding === 0 && (isLeaving || this.#state === 'ready');
    if (this.#state !== 'starting') this.#state = 'ending';
    // Only a busy worker needs a signal. An idle one leaves without one, so that its 'exit' listeners, coverage and profiles are not lost.
    if (!mayLeave) this.#transport.kill(force);
    else if (isLeaving) this.#finalizing.hurry(this.#options.killGrace);
    else this.#leave(this.#endsWithProgram ? 0 : this.#options.killGrace, true);
  }

  /** The error of tasks that ran here and were lost with the worker. */
  lossError(chunk: Chunk): WorkerLostError {
    const { id, index, kind, pid, threadId } = this;
    const who = { id, index, name: this.#options.setup.workerName, kind, pid, threadId };
    return this.#exit.lossError(who, chunk.job.fn.name, this.#losses.get(chunk) ?? (this.#loss as Loss), this.#memory);
  }

  // Questions of the transport.

  get isStarting(): boolean {
    return this.#state === 'starting';
  }
  get isEnding(): boolean {
    return this.#state === 'ending';
  }
  get isBusy(): boolean {
    return this.#state === 'starting' || this.outstanding > 0 || this.isFinalizing;
  }
  get isTrusted(): boolean {
    return this.#isTrusted;
  }
  get unanswered(): number {
    return this.#slots.unanswered;
  }
  get descendantSignal(): 'SIGTERM' | 'SIGKILL' | undefined {
    return this.#descendantSignal;
  }

  // Reports of the transport.

  /** A message that no correct worker sends is not used, and none that comes after it. */
  received(message: unknown): void {
    if (!this.#isTrusted) return;
    const fault = faultFromWorker(message) ?? this.#transport.accept(message as Message);
    if (fault === undefined) this.#handle(message as Message);
    else this.distrust(fault);
  }

  unreadable(error: unknown): void {
    this.#distrustFor(this.#takeValueSlot().unreadableValue(error));
  }

  distrust(what: string, cause?: unknown): void {
    if (!this.#isTrusted) return;
    this.#isTrusted = false;
    this.#life.anomaly(this);
    const error = new TwinpoolError(`worker ${this.id} cannot be trusted any more: ${what}`, { cause });
    this.kill({ kind: 'protocol', cause: error });
  }

  startFailed(error: unknown): void {
    this.#start.failed(error);
  }

  gone(status: ExitStatus): void {
    if (this.#state === 'gone') return;
    this.#exit.ended(status, this.#clock.now());
    this.#state = 'gone';
    this.#loopWatch?.stop();
    this.#finalizing.ended();
    const started: Chunk[] = [];
    const unstarted: Chunk[] = [];
    for (const slot of this.#slots.all) {
      slot.stop();
      const count = countStartedAtExit(slot, this.#transport, this.#functions, this.#exit, this.#isTrusted);
      const loss = { since: slot.frontSince, isVague: count > 1 || this.#mayBeLoading(slot) };
      const sorted = slot.inFlight.sortOut(count);
      if (count > 0) this.#loss ??= loss;
      for (const chunk of sorted.started) {
        started.push(chunk);
        if (this.size > 1) this.#losses.set(chunk, loss);
      }
      for (const chunk of sorted.unstarted) unstarted.push(chunk);
    }
    this.#slots.clear();
    for (const chunk of unstarted) this.#work.leftUnrun(chunk, chunk.count);
    this.#start.ended(this.#exit, this.#hasAnswered || started.length > 0);
    this.#life.workerGone(this, started, unstarted);
  }

  /** The front task of one of several slots may wait for its module. */
  #mayBeLoading(slot: Slot): boolean {
    if (this.size === 1) return false;
    const { front } = slot.inFlight;
    return slot.isAnnounced ? !slot.hasBegun : front !== undefined && !this.#functions.isLoaded(front.job.fn.id);
  }

  // Messages of the worker: their form is right, and they come in the order in which they were sent.

  #handle(message: Message): void {
    switch (message[0]) {
      case ANSWER:
        this.#onAnswer(message);
        break;
      case ACKNOWLEDGED:
        this.#onAcknowledged(this.#slots.at(message[2]));
        break;
      case STARTED:
        this.#distrustFor(this.#slots.at(message[1])?.started() ?? this.#faultOfSlot(message[1]));
        break;
      case REPORT:
        this.#distrustFor(this.#slots.at(message[3])?.report(message[1] as number, message[2]) ?? this.#faultOfSlot(message[3]));
        break;
      case SEPARATE_VALUE:
        this.#distrustFor(this.#takeValueSlot().separateValue(message[1]));
        break;
      case VALUE_OF:
        this.#valueSlot = this.#slots.at(message[1]);
        this.#distrustFor(this.size === 1 ? 'it named a slot of a value' : this.#faultOfSlot(message[1]));
        break;
      case PONG:
        if (this.#loopWatch === undefined) this.distrust('it answered a question that it was not asked');
        else this.#loopWatch.answered();
        break;
      case PRELOADED:
        this.#onPreloaded();
        break;
      case READY:
        this.#onReady(message[1] as number | undefined);
        break;
      case INIT_FAILED:
        this.#onInitFailed(message[1], message[2] as boolean);
        break;
      case LATE:
        this.#onLateError(message);
        break;
      case LOADED:
        if (!this.#functions.loaded(message[1] as number)) this.distrust('it loaded a function that was not sent to it');
        else if (this.size > 1) this.#slots.loaded(message[1] as number);
        break;
      case EXITING:
        this.#exit.announced(message[1] === true, message[2] as number[] | undefined);
        break;
    }
  }

  #distrustFor(fault: string | undefined): void {
    if (fault !== undefined) this.distrust(fault);
  }

  #onPreloaded(): void {
    if (!this.isLoading) {
      this.distrust('it loaded its modules a second time');
      return;
    }
    this.#start.preloaded();
    this.#life.workerPreloaded(this);
  }

  #onReady(memory: number | undefined): void {
    if (this.#state !== 'starting') {
      this.distrust('it was ready a second time');
      return;
    }
    // The worker is being ended, and sent this before it knew.
    if (this.#killed !== 'no') return;
    this.#start.succeeded();
    this.#startMemory = memory;
    this.#state = 'ready';
    this.#idleSince = this.#clock.now();
    this.#life.workerReady(this);
    this.#work.laneHasRoom();
  }

  #onInitFailed(thrown: unknown, isOfInitializer: boolean): void {
    if (this.#state !== 'starting') {
      this.distrust('its initializer failed after it had ended');
      return;
    }
    // The reason why the worker is being ended is known.
    if (this.#killed !== 'no') return;
    const error = this.#slots.first.decoder.thrown(thrown);
    if (isOfInitializer) this.#start.initializerFailed(error);
    else this.#start.failed(error);
  }

  #faultOfSlot(field: unknown): string | undefined {
    return this.#slots.at(field) === undefined ? 'it named a slot that has no tasks' : undefined;
  }

  #takeValueSlot(): Slot {
    const slot = this.#valueSlot ?? this.#slots.first;
    this.#valueSlot = undefined;
    return slot;
  }

  #onAcknowledged(slot: Slot | undefined): void {
    if (slot !== undefined && this.size > 1) this.#slots.changed(slot);
    this.#freed();
  }

  #onAnswer(message: Message): void {
    const slot = this.#slots.at(message[7]);
    const count = message[1] as number;
    const specials = message[3] as unknown[] | undefined;
    const fault = slot === undefined ? this.#faultOfSlot(message[7]) : slot.faultOfAnswer(count, specials);
    if (slot === undefined || fault !== undefined) {
      this.#distrustFor(fault);
      return;
    }
    this.#hasAnswered = true;
    this.#slots.answers(slot);
    if (message[8] !== undefined) this.#measured(message[8] as number);
    slot.answered(count, message[2] as ArrayLike<unknown>, specials, message[4] as number[]);
    if (this.#isFull && this.size === 1) this.#giveBackUnstarted();
    this.#idleSince = slot.frontSince;
    this.#finishIfDone();
    this.#freed();
  }

  /**
   * The worker uses `bytes`. Above its limit it gets no further task, also none of a callback that an outcome calls. With one slot it starts none either,
   * except those whose values were moved to it.
   */
  #measured(bytes: number): void {
    this.#memory = bytes;
    const { maxMemory } = this.#options.setup;
    if (maxMemory === undefined || bytes <= maxMemory || this.#isFull) return;
    this.#isFull = true;
    this.#life.workerIsFull(this);
    this.replace(true);
  }

  #giveBackUnstarted(): void {
    const back = this.#slots.first.takeUnstarted();
    if (back.length > 0) this.#work.givenBack(back);
  }

  /**
   * `fatal`: the worker ends because of it; `isRunning`: and a task with it, or, of several slots, those that the message names. `retires`: the worker goes
   * on with its tasks, and must get no more.
   */
  #onLateError([, thrown, fatal, isRunning, slots, retires]: Message): void {
    const error = this.#slots.first.decoder.thrown(thrown);
    if (fatal === true) this.#exit.announcedError(error, isRunning === true, slots as number[] | undefined);
    if (isRunning !== true) this.#life.lateError(this, error);
    if (retires === true) this.replace(true);
  }

  /** The worker has finished something. */
  #freed(): void {
    this.#life.workerServes(this);
    this.#work.laneHasRoom();
    if (this.isIdle) this.#life.workerRests(this);
  }

  // The end.

  #finishIfDone(): void {
    if (this.size > 1) {
      this.#finishShared();
      return;
    }
    if (this.outstanding > 0) return;
    if (this.#state === 'retiring' || (this.#state === 'ready' && this.#calls.left <= 0)) this.#finish();
  }

  #finish(): void {
    this.#state = 'ending';
    this.#exit.decide({ kind: 'end' });
    this.#leave(this.#options.finalizerTimeout, false);
  }

  /** The worker leaves. Its finalizer may take `ms`; 0: it does not run. */
  #leave(ms: number, isHurried: boolean): void {
    this.#transport.finish(this.#finalizing.begin(ms, isHurried));
  }

  // Several slots.

  /** A task must end that cannot be ended alone: with one slot the worker is ended, else when its other tasks have ended. */
  #endTask(slot: Slot, reason: EndReason, force: boolean): void {
    if (this.size === 1 || (this.#state !== 'ready' && this.#state !== 'retiring')) {
      this.kill(reason, force);
      return;
    }
    this.#slots.stick(slot);
    this.#endReason ??= reason;
    this.#endsByForce ||= force;
    if (this.#slots.running > 0) this.#watchLoop();
    if (this.#state === 'ready' && !this.#isReplaced) this.replace(true);
    else this.#finishIfDone();
  }

  #finishShared(): void {
    // A worker that had its last call retires once it has a free slot.
    if (this.#state === 'ready' && !this.#isReplaced && this.#calls.left <= 0 && this.outstanding < this.size) {
      this.replace();
      return;
    }
    if (this.#slots.running > 0 || !(this.#state === 'retiring' || (this.#state === 'ready' && this.#isReplaced))) return;
    if (this.#slots.stuck > 0) this.kill(this.#endReason, this.#endsByForce);
    else this.#finish();
  }

  #watchLoop(): void {
    if (this.size === 1 || (this.#state !== 'ready' && this.#state !== 'retiring')) return;
    this.#loopWatch ??= new LoopWatch(this.#clock, this.#options.killGrace, {
      ping: () => this.#transport.post([PING]),
      stoppedFor: () => this.#transport.stoppedFor(),
      isNeeded: () => this.#slots.stuck > 0 || this.#slots.all.some(({ isGracing }) => isGracing),
      blocked: () => this.kill({ ...(this.#endReason ?? { kind: 'abort' }), why: BLOCKED }),
    });
    this.#loopWatch.begin();
  }
}
