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

import { InitializerError, TaskSerializationError, TwinpoolError, WorkerLostError } from '../errors.ts';
import type { Chunk, Job } from '../jobs/job.ts';
import { publishEnd, publishStarts, taskChannel } from '../observability/diagnostics.ts';
import { Alarm, type Clock } from '../primitives/clock.ts';
import { messageOf } from '../primitives/message-of.ts';
import type { TaskFunction } from '../tasks/task-function.ts';
import { faultFromWorker } from '../wire/message-faults.ts';
import {
  ACKNOWLEDGED,
  ANSWER,
  AS_SEPARATE,
  DEFINE,
  EXITING,
  FORGET,
  INIT_FAILED,
  LATE,
  LOADED,
  type Message,
  READY,
  REPORT,
  SEPARATE_VALUE,
  SPECIAL_FIELDS,
  STARTED,
  type WorkerSetup,
} from '../wire/messages.ts';
import { noteInstances } from '../wire/note-instances.ts';
import { type PackedRuns, packRuns } from '../wire/pack-runs.ts';
import { Packer } from '../wire/packer.ts';
import { Deadlines } from './deadlines.ts';
import { Decoder } from './decoder.ts';
import { halves, InFlight, Placeholder } from './in-flight.ts';
import type { Transport, TransportFactory, TransportOwner } from './transport.ts';
import { type EndReason, type ExitStatus, WorkerExit } from './worker-exit.ts';

/** Functions that a worker keeps. More: a program that creates functions without end keeps their sources alive. Fewer: functions are sent again more often. */
const MOST_DEFINED = 1_000;
/** The number that is left after the worker has forgotten some, so that it seldom does. */
const FEW_DEFINED = 750;

export type LaneState = 'starting' | 'ready' | 'retiring' | 'ending' | 'gone';

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
  /** Milliseconds between asking a worker to end and ending it by force. */
  readonly killGrace: number;
  /** Calls that the worker may take (`maxTasksPerChild`). */
  readonly maxTasks: number;
}

export class Lane implements TransportOwner {
  readonly id: number;
  readonly kind: string;
  /** Tasks that the worker has not started can be taken back. */
  readonly canTakeBack: boolean;
  readonly #transport: Transport;
  readonly #work: WorkListener;
  readonly #life: LifeListener;
  readonly #options: LaneOptions;
  readonly #clock: Clock;
  readonly #packer: Packer;
  readonly #inFlight = new InFlight();
  readonly #deadlines: Deadlines;
  readonly #decoder: Decoder;
  readonly #exit = new WorkerExit();
  readonly #startAlarm: Alarm;
  /** Functions that the worker knows, in the order in which they were sent. */
  readonly #defined = new Set<number>();
  /** The part of them that the worker has loaded. */
  readonly #loaded = new Set<number>();
  #state: LaneState = 'starting';
  #killed: 'no' | 'asked' | 'by force' = 'no';
  #isTrusted = true;
  #wasReady = false;
  #hasAnswered = false;
  #diedYoung = false;
  #hasHungAtStart = false;
  #endsWithProgram = false;
  #startError: unknown;
  #descendantSignal: 'SIGTERM' | 'SIGKILL' | undefined;
  /** Answers that are being settled. The lane does not count their tasks any more. */
  #settling = 0;
  #callsLeft: number;
  #idleSince = 0;
  #frontSince = 0;
  #sequence = 0;
  /** Chunks whose arguments are being read. */
  #packing: Chunk[] | undefined;

  constructor(work: WorkListener, life: LifeListener, options: LaneOptions, transports: TransportFactory) {
    const { clock, setup, killGrace, maxTasks } = options;
    this.id = setup.workerId;
    this.#work = work;
    this.#life = life;
    this.#options = options;
    this.#clock = clock;
    this.#callsLeft = maxTasks;
    this.#transport = transports.make({ clock, setup, killGrace });
    this.kind = this.#transport.kind;
    this.canTakeBack = this.#transport.canTakeBack;
    this.#packer = new Packer({ ...transports.capabilities, maxPayloadBytes: setup.maxPayloadBytes });
    this.#decoder = new Decoder(() => ({ workerId: this.id, kind: this.kind, pid: this.pid, threadId: this.threadId }));
    this.#startAlarm = new Alarm(clock, () => this.#giveUpStart(), { standsStill: true });
    this.#deadlines = new Deadlines(clock, this.#inFlight, {
      stoppedFor: () => this.#transport.stoppedFor(),
      abortFront: () => this.#transport.abort(this.#inFlight.frontSequence, this.#inFlight.frontPlace),
      frontLeaves: () => work.left(this.#inFlight.front as Chunk, 1),
      isolateFront: () => this.#isolateFront(),
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
    return this.#inFlight.tasks - this.#settling;
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
    return this.#packing === undefined ? this.#inFlight.chunks : [...this.#inFlight.chunks, ...this.#packing];
  }
  /** Calls that the worker may still take. */
  get callsLeft(): number {
    return this.#callsLeft;
  }
  /** The time, in milliseconds of the clock, of the READY or of the last answer. */
  get idleSince(): number {
    return this.#idleSince;
  }
  /** The time, in milliseconds of the clock, at which the front task began, as far as this can be known. */
  get frontSince(): number {
    return this.#frontSince;
  }
  /** The worker had started well. */
  get wasReady(): boolean {
    return this.#wasReady;
  }
  /** The worker had started well, and was lost before it began a task. */
  get diedYoung(): boolean {
    return this.#diedYoung;
  }
  /** The worker did not start within its `startTimeout`. */
  get hasHungAtStart(): boolean {
    return this.#hasHungAtStart;
  }
  /** The program was at its end, and ended the worker. */
  get endsWithProgram(): boolean {
    return this.#endsWithProgram;
  }
  /** Why the worker did not start, or died young. */
  get startError(): unknown {
    return this.#startError;
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
    this.#startAlarm.set(this.#options.setup.startTimeout);
    this.#transport.start(this);
  }

  send(chunks: Chunk[]): void {
    let count = 0;
    for (const chunk of chunks) {
      count += chunk.count;
      this.#define(chunk.job);
    }
    const state = this.#state;
    this.#packing = chunks;
    const outgoing = packRuns(chunks, this.#packer, this.#transport.ownMessageFrom);
    this.#packing = undefined;
    if (this.#state !== state || chunks.some(({ job }) => job.over)) {
      this.#sendOthers(chunks);
      return;
    }
    const sequence = ++this.#sequence;
    if (this.outstanding === 0) this.#frontSince = this.#clock.now();
    this.#inFlight.add(sequence, chunks, outgoing.expectations, count, outgoing.separate.length > 0);
    this.#callsLeft -= count - outgoing.failures.length;
    if (this.#defined.size > MOST_DEFINED) this.#forget();
    if (taskChannel.hasSubscribers) publishStarts(this.id, chunks);
    this.#postSeparateValues(outgoing);
    try {
      this.#transport.postTasks(sequence, count, outgoing);
    } catch (error) {
      // The transport refused the message as a whole; nothing of it was sent.
      this.#inFlight.removeLast();
      this.#callsLeft += count - outgoing.failures.length;
      this.#sendLess(chunks, count, error);
      return;
    }
    this.#settleUnsendable(outgoing);
  }

  /** Takes back up to `most` tasks that have certainly not started, the last first. */
  takeBack(most: number): Chunk[] {
    const back = this.#inFlight.takeBack(most, (sent, count) => this.#transport.takeBack(sent, count));
    for (const chunk of back) {
      // A place without a call was not charged for one.
      if (!(chunk instanceof Placeholder)) this.#callsLeft += chunk.count;
      this.#work.left(chunk, chunk.count);
    }
    this.#finishIfDone();
    return back;
  }

  /** These jobs have ended. A task of them that runs is aborted, and ended by force after `grace` ms. */
  abandon(jobs: ReadonlySet<Job>, grace: number): void {
    this.#deadlines.abandon(jobs, grace);
    // While answers are being settled the task at the front is answered, and another one runs.
    if (this.#settling === 0) this.#deadlines.frontChanged();
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
    const { id, kind, pid, threadId } = this;
    const who = { id, name: this.#options.setup.workerName, kind, pid, threadId };
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
    this.#decoder.separateValues.addUnreadable(error);
    this.#checkSeparateValues();
  }

  distrust(what: string, cause?: unknown): void {
    if (!this.#isTrusted) return;
    this.#isTrusted = false;
    this.#life.anomaly(this);
    const error = new TwinpoolError(`worker ${this.id} cannot be trusted any more: ${what}`, { cause });
    this.kill({ kind: 'protocol', cause: error });
  }

  startFailed(error: unknown): void {
    this.#startError ??= error;
  }

  gone(status: ExitStatus): void {
    if (this.#state === 'gone') return;
    const exit = this.#exit;
    const { workerId, workerName } = this.#options.setup;
    exit.ended(status, this.#clock.now());
    if (this.#state === 'starting') this.#startError ??= status.cause ?? exit.startError(workerId, workerName, 'while it was starting');
    this.#state = 'gone';
    this.#startAlarm.stop();
    this.#deadlines.stop();
    const { started, unstarted } = this.#inFlight.sortOut(this.#startedBeforeExit());
    for (const chunk of [...started, ...unstarted]) this.#work.left(chunk, chunk.count);
    this.#diedYoung = this.#wasReady && !this.#hasAnswered && started.length === 0 && exit.wasLost && !exit.wasKilledFromOutside;
    if (this.#diedYoung) this.#startError = exit.startError(workerId, workerName, 'right after its start');
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
        this.#onReport(message[1] as number, message[2]);
        break;
      case SEPARATE_VALUE:
        this.#decoder.separateValues.add(message[1]);
        this.#checkSeparateValues();
        break;
      case READY:
        this.#onReady();
        break;
      case INIT_FAILED:
        this.#onInitFailed(message[1]);
        break;
      case LATE:
        this.#onLateError(message[1], message[2] === true, message[3] === true);
        break;
      case LOADED:
        this.#onLoaded(message[1] as number);
        break;
      case EXITING:
        this.#exit.announced(message[1] === true);
        break;
    }
  }

  #onReady(): void {
    if (this.#state !== 'starting') {
      this.distrust('it was ready a second time');
      return;
    }
    // The worker is being ended, and sent this before it knew.
    if (this.#killed !== 'no') return;
    this.#startAlarm.stop();
    this.#wasReady = true;
    this.#state = 'ready';
    this.#idleSince = this.#clock.now();
    this.#life.workerReady(this);
    this.#work.laneHasRoom(this);
  }

  #onInitFailed(thrown: unknown): void {
    if (this.#state !== 'starting') {
      this.distrust('its initializer failed after it had ended');
      return;
    }
    // The reason why the worker is being ended is known.
    if (this.#killed !== 'no') return;
    const cause = this.#decoder.thrown(thrown);
    this.#startError = new InitializerError(`the initializer failed in worker ${this.id}: ${messageOf(cause)}`, { cause });
  }

  #onAnswer(count: number, values: ArrayLike<unknown>, specials: readonly unknown[] | undefined, segments: readonly number[]): void {
    if (count > this.outstanding) {
      this.distrust('it answered tasks that it was not given');
      return;
    }
    if (specials !== undefined && countOf(AS_SEPARATE, specials) > this.#decoder.separateValues.size) {
      this.distrust('it answered with values that it did not send');
      return;
    }
    for (let i = 0; i < segments.length; i += 3) {
      const fn = this.#inFlight.functionOf(segments[i] as number);
      if (fn !== undefined) this.#work.measured(fn, segments[i + 1] as number, segments[i + 2] as number);
    }
    this.#hasAnswered = true;
    this.#deadlines.answered();
    this.#settling = count;
    this.#settle(count, values, specials);
    this.#settling = 0;
    this.#frontSince = this.#idleSince = this.#clock.now();
    this.#deadlines.frontChanged();
    this.#finishIfDone();
    this.#freed();
  }

  #onLoaded(functionId: number): void {
    if (this.#defined.has(functionId)) this.#loaded.add(functionId);
    else this.distrust('it loaded a function that was not sent to it');
  }

  #onReport(form: number, payload: unknown): void {
    const { front } = this.#inFlight;
    if (front === undefined || (form === AS_SEPARATE && this.#decoder.separateValues.size === 0)) {
      this.distrust('it reported what none of its tasks can report');
      return;
    }
    try {
      front.job.report(this.#inFlight.frontIndex, this.#decoder.value(form, payload));
    } catch (error) {
      this.#life.lateError(this, error);
    }
  }

  /** `fatal`: the worker ends because of it; `isRunning`: and a task with it. */
  #onLateError(thrown: unknown, fatal: boolean, isRunning: boolean): void {
    const error = this.#decoder.thrown(thrown);
    if (fatal) this.#exit.announcedError(error, isRunning);
    if (!isRunning) this.#life.lateError(this, error);
  }

  /** Each unanswered task has one result, and the one that runs may have one report under way. */
  #checkSeparateValues(): void {
    if (this.#decoder.separateValues.size > this.outstanding + 1) this.distrust('it sent values that belong to no task');
  }

  /** The worker has finished something. */
  #freed(): void {
    this.#life.workerServes(this);
    this.#work.laneHasRoom(this);
    if (this.isIdle) this.#life.workerRests(this);
  }

  #settle(count: number, values: ArrayLike<unknown>, specials: readonly unknown[] | undefined): void {
    let special = 0;
    for (let i = 0; i < count; ) {
      const chunk = this.#inFlight.front;
      // A callback ended all jobs while their results were being delivered.
      if (chunk === undefined) return;
      const specialAt = specials !== undefined && special < specials.length ? (specials[special] as number) : count;
      const plain = Math.min(specialAt - i, this.#inFlight.frontLeft);
      if (plain > 0) this.#settlePlain(chunk, values, i, plain);
      else {
        this.#settleSpecial(chunk, specials?.[special + 1] as number, specials?.[special + 2]);
        special += SPECIAL_FIELDS;
      }
      i += plain > 0 ? plain : 1;
    }
  }

  /** `count` results, from `from` on, that are what they look like. */
  #settlePlain(chunk: Chunk, values: ArrayLike<unknown>, from: number, count: number): void {
    const { job } = chunk;
    const index = this.#inFlight.frontIndex;
    this.#advance(chunk, count);
    if (taskChannel.hasSubscribers) for (let i = 0; i < count; i++) publishEnd(this.id, job.fn.name, index + i, 'completed');
    if (count === 1) job.settle(index, true, values[from]);
    else job.settleRange(index, values, from, count);
  }

  #settleSpecial(chunk: Chunk, kind: number, payload: unknown): void {
    const { job } = chunk;
    const { name } = job.fn;
    const index = this.#inFlight.frontIndex;
    this.#advance(chunk, 1);
    const { ok, value } = this.#decoder.outcome(kind, payload, name);
    if (!ok && !job.over) noteInstances(value, chunk.at(index - chunk.base), chunk.spread);
    if (taskChannel.hasSubscribers) publishEnd(this.id, name, index, ok ? 'completed' : 'failed', ok ? undefined : value);
    job.settle(index, ok, value);
  }

  #advance(chunk: Chunk, count: number): void {
    this.#inFlight.advance(count);
    this.#settling -= count;
    this.#work.left(chunk, count);
  }

  // Sending.

  /** A getter of an argument, which is user code, has ended jobs or this worker: what ended is not sent. */
  #sendOthers(chunks: Chunk[]): void {
    for (const chunk of chunks) if (chunk.job.over) this.#work.left(chunk, chunk.count);
    const others = chunks.filter(({ job }) => !job.over);
    if (this.#state === 'ready' && others.length > 0) {
      this.send(others);
      return;
    }
    for (const chunk of others) this.#work.left(chunk, chunk.count);
    this.#work.givenBack(others);
  }

  /** The tasks may have been too much together. A task that is refused alone has failed. */
  #sendLess(chunks: Chunk[], count: number, error: unknown): void {
    if (count > 1) {
      for (const half of halves(chunks, count)) this.send(half);
      return;
    }
    const [chunk] = chunks as [Chunk];
    this.#work.left(chunk, 1);
    chunk.job.settle(chunk.base, false, error instanceof TaskSerializationError ? error : unsendable(error));
    this.#freed();
  }

  /** Posts them before the message that uses them, so that they are there when it is read. */
  #postSeparateValues({ separate, failures }: PackedRuns<Chunk>): void {
    for (const { value, transfer, chunk, offset, skip } of separate) {
      try {
        this.#transport.post([SEPARATE_VALUE, value], transfer);
        if (transfer.length > 0) chunk.job.mayNotRerun(chunk.base + offset);
      } catch (error) {
        skip();
        failures.push({ chunk, offset, error: unsendable(error) });
      }
    }
  }

  /** The worker answers their places too, with nothing. */
  #settleUnsendable({ failures }: PackedRuns<Chunk>): void {
    for (const { chunk, offset } of [...failures].reverse()) {
      this.#work.left(chunk, 1);
      this.#inFlight.replaceInLast(chunk, offset);
    }
    for (const { chunk, offset, error } of failures) chunk.job.settle(chunk.base + offset, false, error);
  }

  #define(job: Job): void {
    const { id, descriptor } = job.fn;
    if (this.#defined.has(id)) return;
    this.#defined.add(id);
    this.#transport.post([DEFINE, id, descriptor]);
  }

  /** The worker forgets functions of which it has no tasks. One that is used again is sent again. */
  #forget(): void {
    const inFlight = new Set(this.#inFlight.chunks.map(({ job }) => job.fn.id));
    const forgotten: number[] = [];
    for (const id of this.#defined) {
      if (this.#defined.size <= FEW_DEFINED) break;
      if (inFlight.has(id)) continue;
      this.#defined.delete(id);
      this.#loaded.delete(id);
      forgotten.push(id);
    }
    if (forgotten.length > 0) this.#transport.post([FORGET, forgotten]);
  }

  // The end.

  #finishIfDone(): void {
    if (this.outstanding > 0) return;
    if (this.#state === 'retiring' || (this.#state === 'ready' && this.#callsLeft <= 0)) {
      this.#state = 'ending';
      this.#exit.decide({ kind: 'end' });
      this.#transport.finish();
    }
  }

  /**
   * Before the worker is ended because of its front task: whether that task is the one that runs, and no other task can start meanwhile. If tasks cannot
   * be taken back, the scheduler puts no task of another client behind such a task.
   */
  #isolateFront(): boolean {
    if (this.#transport.isAnswerHeld) return false;
    if (!this.canTakeBack) return true;
    const back = this.takeBack(Number.POSITIVE_INFINITY);
    if (back.length > 0) this.#work.givenBack(back);
    // The worker may claim several tasks of one call together.
    return this.outstanding > 0 && this.#countStarted() <= Math.max(1, this.#inFlight.frontLeft);
  }

  #countStarted(): number {
    return this.#transport.countStarted(this.#inFlight.messages);
  }

  #startedBeforeExit(): number {
    // The worker ran on after its last used message, and its announcement may be forged. Shared memory still tells which tasks can be taken back.
    if (!this.#isTrusted) return this.canTakeBack ? this.#countStarted() : this.#inFlight.tasks;
    const { front } = this.#inFlight;
    // Another program killed the worker before the module of its next task was loaded: that task has not begun.
    if (front !== undefined && this.wasKilledFromOutside && !this.#loaded.has(front.job.fn.id) && front.job.mayBeginAgain()) return 0;
    return this.#exit.startedAtExit ?? this.#countStarted();
  }

  #giveUpStart(): void {
    const { startTimeout, initializer } = this.#options.setup;
    const what = initializer === undefined ? 'it' : `it, with its initializer '${initializer.name}',`;
    const text = `worker ${this.id} was given up: ${what} took longer to start than startTimeout (${startTimeout} ms)`;
    const error = new WorkerLostError(text, { workerId: this.id });
    this.#startError = initializer === undefined ? error : new InitializerError(error.message, { cause: error });
    this.#hasHungAtStart = true;
    this.kill({ kind: 'end' }, true);
  }
}

function unsendable(cause: unknown): TaskSerializationError {
  return new TaskSerializationError(`the arguments cannot be sent: ${messageOf(cause)}`, { cause });
}

function countOf(kind: number, specials: readonly unknown[]): number {
  let count = 0;
  for (let at = 0; at < specials.length; at += SPECIAL_FIELDS) if (specials[at + 1] === kind) count += 1;
  return count;
}
