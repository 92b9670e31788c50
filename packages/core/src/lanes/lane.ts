/**
 * Keeps this program's line to one worker: which tasks it has, which task an answer belongs to, and how the worker ends.
 *
 *   starting --READY--> ready --retire()--> retiring --last answer, or none is open--> ending --gone--> gone
 *       |                 |                     |                                        |
 *       '--- kill(), or the end of the worker: its tasks are sorted into started and unstarted --------^
 *
 * - Answers never overtake each other: an answer belongs to the oldest unanswered task.
 * - A lane is free of a task before the task's job gets its outcome, so a callback that submits a task finds the room.
 * - Which tasks a lost worker had started is asked once, after its transport has delivered everything: finished results win.
 * - A kill is passed on at most once without and once with force: #killed moves `no` -> `asked` -> `by force`.
 *
 * The lane reports work to the scheduler (WorkListener) and life to the supervisor (LifeListener). It does not know how bytes travel (Transport), which
 * jobs wait, and which worker gets the next task.
 */

import { TwinpoolError, type WorkerLostError } from '../errors.ts';
import type { Chunk, Job } from '../jobs/job.ts';
import type { PerWorkerOptions } from '../options/options.ts';
import type { Clock } from '../primitives/clock.ts';
import { afterMicrotasks } from '../primitives/time.ts';
import type { TaskFunction } from '../tasks/task-function.ts';
import { faultFromWorker } from '../wire/message-faults.ts';
import {
  ACKNOWLEDGED,
  ANSWER,
  EXITING,
  INIT_FAILED,
  LATE,
  LOADED,
  type Message,
  PRELOADED,
  READY,
  REPORT,
  SEPARATE_VALUE,
  STARTED,
  type WorkerSetup,
} from '../wire/messages.ts';
import { Packer } from '../wire/packer.ts';
import { AnswerSettler } from './answer-settler.ts';
import { Deadlines } from './deadlines.ts';
import { Decoder } from './decoder.ts';
import { InFlight } from './in-flight.ts';
import { KnownFunctions } from './known-functions.ts';
import type { LaneState } from './lane-state.ts';
import { countStartedAtExit } from './started-tasks.ts';
import { TaskSender } from './task-sender.ts';
import type { Transport, TransportFactory, TransportOwner } from './transport.ts';
import { type EndReason, type ExitStatus, WorkerExit } from './worker-exit.ts';
import { WorkerStart } from './worker-start.ts';

/** What a lane reports of its work. */
export interface WorkListener {
  /** The lane may have room: answers came, or tasks were refused. */
  laneHasRoom(lane: Lane): void;
  /** Tasks that have not started must run elsewhere. */
  givenBack(chunks: readonly Chunk[]): void;
  /** `count` tasks of a chunk leave the lane: answered, lost or given back. */
  left(chunk: Chunk, count: number): void;
  /** `count` runs of this function took `elapsed` microseconds together. */
  measured(fn: TaskFunction, count: number, elapsed: number): void;
}

/** What a lane reports of its worker's life. */
export interface LifeListener {
  /** The worker has loaded its modules; its initializer runs. */
  workerPreloaded(lane: Lane): void;
  workerReady(lane: Lane): void;
  /** The worker has answered: it does not only start, it works. */
  workerServes(lane: Lane): void;
  /** The lane has no tasks, as far as it knows. */
  workerRests(lane: Lane): void;
  /** `started` tasks were running or may have been; `unstarted` ones never began. */
  workerGone(lane: Lane, started: readonly Chunk[], unstarted: readonly Chunk[]): void;
  /** An error of user code that is not the outcome of a task. */
  lateError(lane: Lane, error: unknown): void;
  /** The worker has broken the protocol. */
  anomaly(lane: Lane): void;
}

export interface LaneOptions {
  readonly clock: Clock;
  readonly setup: WorkerSetup;
  /** What `perWorker` gave to this worker. */
  readonly only: PerWorkerOptions;
  /** Why the worker cannot be started. */
  readonly fault: { readonly error: unknown } | undefined;
  /** Milliseconds between asking a worker to end and ending it by force. */
  readonly killGrace: number;
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
  readonly #transport: Transport;
  readonly #work: WorkListener;
  readonly #life: LifeListener;
  readonly #options: LaneOptions;
  readonly #clock: Clock;
  readonly #inFlight = new InFlight();
  readonly #deadlines: Deadlines;
  readonly #decoder: Decoder;
  readonly #functions = new KnownFunctions();
  readonly #sender: TaskSender;
  readonly #settler: AnswerSettler;
  readonly #start: WorkerStart;
  readonly #exit = new WorkerExit();
  #state: LaneState = 'starting';
  #killed: 'no' | 'asked' | 'by force' = 'no';
  #isTrusted = true;
  #hasAnswered = false;
  #endsWithProgram = false;
  #descendantSignal: 'SIGTERM' | 'SIGKILL' | undefined;
  #idleSince = 0;
  #frontSince = 0;

  readonly #reportFailed = (error: unknown): void => this.#life.lateError(this, error);

  constructor(work: WorkListener, life: LifeListener, options: LaneOptions, transports: TransportFactory) {
    const { clock, setup, only, killGrace, maxTasks } = options;
    this.id = setup.workerId;
    this.index = setup.workerIndex;
    this.#work = work;
    this.#life = life;
    this.#options = options;
    this.#clock = clock;
    this.#transport = transports.make({ clock, setup, only, killGrace });
    this.kind = this.#transport.kind;
    this.canTakeBack = this.#transport.canTakeBack;
    this.#decoder = new Decoder(() => ({ workerId: this.id, kind: this.kind, pid: this.pid, threadId: this.threadId }));
    this.#settler = new AnswerSettler(this.id, this.#inFlight, this.#decoder, work);
    const packer = new Packer({ ...transports.capabilities, maxPayloadBytes: setup.maxPayloadBytes });
    this.#sender = new TaskSender({ workerId: this.id, maxTasks }, this.#transport, packer, this.#inFlight, this.#functions, {
      state: () => this.#state,
      sending: () => {
        if (this.outstanding === 0) this.#frontSince = clock.now();
      },
      left: (chunk, count) => work.left(chunk, count),
      givenBack: (chunks) => work.givenBack(chunks),
      freed: () => this.#freed(),
    });
    this.#start = new WorkerStart(clock, setup, () => this.kill({ kind: 'end' }, true));
    this.#deadlines = new Deadlines(clock, this.#inFlight, {
      stoppedFor: () => this.#transport.stoppedFor(),
      abortFront: () => this.#transport.abort(this.#inFlight.frontSequence, this.#inFlight.frontPlace),
      frontLeaves: () => work.left(this.#inFlight.front as Chunk, 1),
      isolateFront: (isStuck) => this.#isolateFront(isStuck),
      kill: (reason, force) => this.kill(reason, force),
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
    return this.#state === 'ready' && this.outstanding === 0 && this.hasRoom;
  }
  get hasRoom(): boolean {
    return this.#transport.hasRoom;
  }
  /** The number of unanswered tasks. */
  get outstanding(): number {
    return this.#inFlight.tasks - this.#settler.settling;
  }
  /** The work in them, in microseconds, as far as it is known. */
  get load(): number {
    return this.#inFlight.load / 1000;
  }
  /** The chunk that was handed over last, unless it is answered. */
  get last(): Chunk | undefined {
    return this.#inFlight.last;
  }
  /** The chunks that are not fully answered. */
  get chunks(): readonly Chunk[] {
    const { packing } = this.#sender;
    return packing === undefined ? this.#inFlight.chunks : [...this.#inFlight.chunks, ...packing];
  }
  /** Calls that the worker may still take. */
  get callsLeft(): number {
    return this.#sender.callsLeft;
  }
  /** The time, in milliseconds of the clock, of the READY or of the last answer. */
  get idleSince(): number {
    return this.#idleSince;
  }
  /** The time, in milliseconds of the clock, at which the front task began, as far as this can be known. */
  get frontSince(): number {
    return this.#frontSince;
  }
  /** The worker starts, and has not loaded its modules. */
  get isLoading(): boolean {
    return this.#state === 'starting' && !this.#start.hasPreloaded;
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
    const { fault } = this.#options;
    if (fault !== undefined) {
      this.#start.failed(fault.error);
      afterMicrotasks(() => this.gone({ exitCode: null, signal: null }));
      return;
    }
    this.#start.begin();
    this.#transport.start(this);
  }

  send(chunks: Chunk[]): void {
    this.#sender.send(chunks);
  }

  /** Takes back up to `most` tasks that have certainly not started, the last first. */
  takeBack(most: number): Chunk[] {
    const back = this.#inFlight.takeBack(most, (sent, count) => this.#transport.takeBack(sent, count));
    for (const chunk of back) this.#sender.tookBack(chunk);
    this.#finishIfDone();
    return back;
  }

  /** These jobs have ended. A task of them that runs is aborted, and ended by force after `grace` ms. */
  abandon(jobs: ReadonlySet<Job>, grace: number): void {
    this.#deadlines.abandon(jobs, grace);
    // While answers are being settled the task at the front is answered, and another one runs.
    if (this.#settler.settling === 0) this.#deadlines.frontChanged();
  }

  /** The worker gets no more work; it ends when it has answered. */
  retire(): void {
    if (this.#state === 'ready') this.#state = 'retiring';
    else if (this.#state === 'starting') this.kill();
    this.#finishIfDone();
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
    else if (!isLeaving) this.#transport.finish();
  }

  /** The error of a task that ran here and was lost with the worker. */
  lossError(taskName: string): WorkerLostError {
    const { id, index, kind, pid, threadId } = this;
    const who = { id, index, name: this.#options.setup.workerName, kind, pid, threadId };
    return this.#exit.lossError(who, taskName, this.#frontSince);
  }

  // Questions of the transport.

  get isStarting(): boolean {
    return this.#state === 'starting';
  }
  get isEnding(): boolean {
    return this.#state === 'ending';
  }
  get isBusy(): boolean {
    return this.#state === 'starting' || this.outstanding > 0;
  }
  get isTrusted(): boolean {
    return this.#isTrusted;
  }
  get unanswered(): number {
    return this.#inFlight.messages.length;
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
    this.#distrustFor(this.#settler.unreadableValue(error));
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
    this.#deadlines.stop();
    const { started, unstarted } = this.#inFlight.sortOut(
      countStartedAtExit(this.#inFlight, this.#transport, this.#functions, this.#exit, this.#isTrusted),
    );
    for (const chunk of [...started, ...unstarted]) this.#work.left(chunk, chunk.count);
    this.#start.ended(this.#exit, this.#hasAnswered || started.length > 0);
    this.#life.workerGone(this, started, unstarted);
  }

  // Messages of the worker: their form is right, and they come in the order in which they were sent.

  #handle(message: Message): void {
    switch (message[0]) {
      case ANSWER:
        this.#onAnswer(message[1] as number, message[2] as ArrayLike<unknown>, message[3] as unknown[] | undefined, message[4] as number[]);
        break;
      case ACKNOWLEDGED:
        this.#freed();
        break;
      case STARTED:
        if (!this.#deadlines.started()) this.distrust('it began a task that it does not have, or has begun');
        break;
      case REPORT:
        this.#distrustFor(this.#settler.report(message[1] as number, message[2], this.#reportFailed));
        break;
      case SEPARATE_VALUE:
        this.#distrustFor(this.#settler.separateValue(message[1]));
        break;
      case PRELOADED:
        this.#onPreloaded();
        break;
      case READY:
        this.#onReady();
        break;
      case INIT_FAILED:
        this.#onInitFailed(message[1], message[2] as boolean);
        break;
      case LATE:
        this.#onLateError(message[1], message[2] === true, message[3] === true);
        break;
      case LOADED:
        if (!this.#functions.loaded(message[1] as number)) this.distrust('it loaded a function that was not sent to it');
        break;
      case EXITING:
        this.#exit.announced(message[1] === true);
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

  #onReady(): void {
    if (this.#state !== 'starting') {
      this.distrust('it was ready a second time');
      return;
    }
    // The worker is being ended, and sent this before it knew.
    if (this.#killed !== 'no') return;
    this.#start.succeeded();
    this.#state = 'ready';
    this.#idleSince = this.#clock.now();
    this.#life.workerReady(this);
    this.#work.laneHasRoom(this);
  }

  #onInitFailed(thrown: unknown, isOfInitializer: boolean): void {
    if (this.#state !== 'starting') {
      this.distrust('its initializer failed after it had ended');
      return;
    }
    // The reason why the worker is being ended is known.
    if (this.#killed !== 'no') return;
    const error = this.#decoder.thrown(thrown);
    if (isOfInitializer) this.#start.initializerFailed(error);
    else this.#start.failed(error);
  }

  #onAnswer(count: number, values: ArrayLike<unknown>, specials: readonly unknown[] | undefined, segments: readonly number[]): void {
    const fault = this.#settler.faultOf(count, specials);
    if (fault !== undefined) {
      this.distrust(fault);
      return;
    }
    for (let i = 0; i < segments.length; i += 3) {
      const fn = this.#inFlight.functionOf(segments[i] as number);
      if (fn !== undefined) this.#work.measured(fn, segments[i + 1] as number, segments[i + 2] as number);
    }
    this.#hasAnswered = true;
    this.#deadlines.answered();
    this.#settler.settle(count, values, specials);
    this.#frontSince = this.#idleSince = this.#clock.now();
    this.#deadlines.frontChanged();
    this.#finishIfDone();
    this.#freed();
  }

  /** `fatal`: the worker ends because of it; `isRunning`: and a task with it. */
  #onLateError(thrown: unknown, fatal: boolean, isRunning: boolean): void {
    const error = this.#decoder.thrown(thrown);
    if (fatal) this.#exit.announcedError(error, isRunning);
    if (!isRunning) this.#life.lateError(this, error);
  }

  /** The worker has finished something. */
  #freed(): void {
    this.#life.workerServes(this);
    this.#work.laneHasRoom(this);
    if (this.isIdle) this.#life.workerRests(this);
  }

  // The end.

  #finishIfDone(): void {
    if (this.outstanding > 0) return;
    if (this.#state === 'retiring' || (this.#state === 'ready' && this.#sender.callsLeft <= 0)) {
      this.#state = 'ending';
      this.#exit.decide({ kind: 'end' });
      this.#transport.finish();
    }
  }

  /**
   * Before the worker is ended because of its front task: whether that task is the one that runs, and no other task can start meanwhile. If tasks cannot
   * be taken back, the scheduler puts no task of another client behind such a task.
   */
  #isolateFront(isStuck: boolean): boolean {
    if (this.#transport.isAnswerHeld) return false;
    if (!this.canTakeBack) return true;
    const back = this.takeBack(Number.POSITIVE_INFINITY);
    if (back.length > 0) this.#work.givenBack(back);
    if (this.outstanding === 0) return false;
    // Short tasks of one call are claimed together, and answers of short tasks wait in the worker: more than the front may have started.
    return isStuck || this.#transport.countStarted(this.#inFlight.messages) <= this.#inFlight.endedAhead;
  }
}
