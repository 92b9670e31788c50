/**
 * Keeps the work of one slot of a worker: the tasks that it has, their answers and their time limits.
 *
 *   free --send--> taken --its last task is answered, or was taken back--> free
 *                    '--its task must end, and other slots of the worker go on (disown)--> stuck --answered--> free, in a worker that retires
 *
 * - A worker has one slot, which takes as many tasks as the scheduler gives it, or `concurrentTasksPerWorker`, each of which takes one task at a time.
 * - Answers of a slot never overtake each other: an answer belongs to its oldest unanswered task. Answers of different slots come in any order.
 * - A slot is free of a task before the task's job gets its outcome, so a callback that submits a task finds the room.
 * - A stuck slot has a placeholder instead of its task: the task is settled, and what the worker still says of it is ignored.
 *
 * The slot reports work to the scheduler (WorkListener). It does not know the life of its worker, which is the lane's, nor how bytes travel.
 */
import type { Chunk, Job } from '../jobs/job.ts';
import type { Clock } from '../primitives/clock.ts';
import type { TaskFunction } from '../tasks/task-function.ts';
import { SEGMENT_FIELDS } from '../wire/messages.ts';
import type { ThrownWhere } from '../wire/thrown.ts';
import { AnswerSettler } from './answer-settler.ts';
import { Deadlines } from './deadlines.ts';
import { Decoder } from './decoder.ts';
import { InFlight, Placeholder } from './in-flight.ts';
import type { LaneState } from './lane-state.ts';
import { type SenderLine, TaskSender } from './task-sender.ts';
import type { EndReason } from './worker-exit.ts';

/** What a slot reports of its work. */
export interface WorkListener {
  /** A lane may have room: answers came, or tasks were refused. */
  laneHasRoom(): void;
  /** Tasks that have not started must run elsewhere. */
  givenBack(chunks: readonly Chunk[]): void;
  /** `count` tasks of a chunk leave the lane: answered or lost. */
  left(chunk: Chunk, count: number): void;
  /** `count` tasks of a chunk leave the lane without a run: taken back, or refused. */
  leftUnrun(chunk: Chunk, count: number): void;
  /** `count` runs of this function took `elapsed` microseconds together. */
  measured(fn: TaskFunction, count: number, elapsed: number): void;
}

/** What the slots of a worker share, and what they need of its lane. */
export interface SlotLine extends SenderLine {
  readonly clock: Clock;
  readonly work: WorkListener;
  state(): LaneState;
  /** Names the worker, for the stacks of its errors. */
  where(): ThrownWhere;
  /** What the worker has, in all its slots. */
  chunks(): readonly Chunk[];
  /** Several slots: tasks came to this one, or left it. */
  changed(slot: Slot): void;
  /** A task was refused: the worker is as free as after an answer. */
  freed(): void;
  /** Tasks were taken back, or the last call was given: the work of the worker may be done. */
  mayBeDone(): void;
  /** The signal of a running task was aborted: the task must end soon. */
  aborted(): void;
  /** The front task of a slot must end now, whatever becomes of the worker. */
  end(slot: Slot, reason: EndReason, force: boolean): void;
  /** A value of a report cannot be read. */
  reportFailed(error: unknown): void;
}

/** What the transport polls for: the most tasks, and microseconds of work in them. */
const MOST_POLLED = 100;
const LONGEST_POLLED = 30;

export class Slot {
  /** Its place among the slots of its worker. */
  readonly index: number;
  readonly decoder: Decoder;
  readonly inFlight: InFlight = new InFlight();
  /** Where the lane counts it; only the lane changes these. */
  isListed = false;
  isCounted = false;
  readonly #line: SlotLine;
  readonly #deadlines: Deadlines;
  readonly #sender: TaskSender;
  readonly #settler: AnswerSettler;
  #frontSince = 0;
  #hasBegun = false;
  #isStuck = false;

  constructor(line: SlotLine, index: number) {
    const { clock, transport, work, isShared } = line;
    this.index = index;
    this.#line = line;
    this.decoder = new Decoder(() => line.where(), transport.buffers);
    const left = (chunk: Chunk, count: number) => {
      work.left(chunk, count);
      line.changed(this);
    };
    this.#settler = new AnswerSettler(line.workerId, this.inFlight, this.decoder, isShared ? { left } : work);
    this.#sender = new TaskSender(line, index, this.inFlight, {
      state: () => line.state(),
      chunks: () => line.chunks(),
      sending: () => this.#sending(),
      leftUnrun: (chunk, count) => {
        work.leftUnrun(chunk, count);
        if (isShared) line.changed(this);
      },
      givenBack: (chunks) => work.givenBack(chunks),
      freed: () => line.freed(),
    });
    this.#deadlines = new Deadlines(clock, this.inFlight, {
      aftermath: !transport.canInterrupt
        ? 'its code cannot be ended in the calling thread'
        : isShared
          ? 'its worker gets no more tasks'
          : 'its worker was ended',
      stoppedFor: () => transport.stoppedFor(),
      abortFront: () => {
        this.#abortFront(false);
        line.aborted();
      },
      frontLeaves: () => work.left(this.inFlight.front as Chunk, 1),
      isolateFront: (isStuck) => this.#isolateFront(isStuck),
      kill: (reason, force) => line.end(this, reason, force),
    });
  }

  /** The number of unanswered tasks. */
  get outstanding(): number {
    return this.inFlight.tasks - this.#settler.settling;
  }
  /** The work in them, in microseconds, as far as it is known. */
  get load(): number {
    return this.inFlight.load / 1000;
  }
  /** The chunk that was handed over last, unless it is answered. */
  get last(): Chunk | undefined {
    return this.inFlight.last;
  }
  /** The chunk of the only task that lies behind the running one, if that task is long. */
  get longAhead(): Chunk | undefined {
    const { last } = this.inFlight;
    return this.outstanding === 2 && last?.count === 1 && last.job.waitsBehind ? last : undefined;
  }
  /** The worker has begun all tasks that it has. */
  get hasBegunAll(): boolean {
    const { tasks, messages } = this.inFlight;
    return tasks < 2 || this.#line.transport.countStarted(this.index, messages) >= tasks;
  }
  /** The chunks that are not fully answered. */
  get chunks(): readonly Chunk[] {
    const { packing } = this.#sender;
    return packing === undefined ? this.inFlight.chunks : [...this.inFlight.chunks, ...packing];
  }
  get hasRoom(): boolean {
    return this.#line.transport.hasRoom(this.index);
  }
  /** It has no task and can take one. */
  get isFree(): boolean {
    return this.outstanding === 0 && this.hasRoom;
  }
  /** The time, in milliseconds of the clock, at which the front task began, as far as this can be known. */
  get frontSince(): number {
    return this.#frontSince;
  }
  /** Several slots: its task has begun, as far as this is known. */
  get hasBegun(): boolean {
    return this.isAnnounced ? this.#hasBegun : this.#line.transport.countStarted(this.index, this.inFlight.messages) > 0;
  }
  /** The worker sends STARTED for each task, with a time limit or without. */
  get isAnnounced(): boolean {
    return this.#line.isAnnounced;
  }
  /** Its task is settled, and the worker still runs it. */
  get isStuck(): boolean {
    return this.#isStuck;
  }
  /** A task in it must end, and has some time left. */
  get isGracing(): boolean {
    return this.#deadlines.isGracing;
  }

  // Commands of the scheduler.

  send(chunks: Chunk[]): void {
    this.#sender.send(chunks);
    this.#expectAnswer();
    if (!this.#line.isShared) return;
    this.#line.changed(this);
    if (this.#line.calls.left <= 0) this.#line.mayBeDone();
  }

  /** Takes back up to `most` tasks that have certainly not started, the last first. */
  takeBack(most: number): Chunk[] {
    const back = this.inFlight.takeBack(most, (sent, count) => this.#line.transport.takeBack(this.index, sent, count));
    for (const chunk of back) this.#sender.tookBack(chunk);
    if (this.#line.isShared) this.#line.changed(this);
    this.#line.mayBeDone();
    return back;
  }

  /** These jobs have ended. A task of them that runs is aborted, and ended after `grace` ms. */
  abandon(jobs: ReadonlySet<Job>, grace: number): void {
    this.#deadlines.abandon(jobs, grace);
    // While answers are being settled the task at the front is answered, and another one runs.
    if (this.#settler.settling === 0) this.#deadlines.frontChanged();
  }

  // Commands of the lane.

  /** The worker starts no further task: returns those that it has not started, except where values were moved to it. */
  takeUnstarted(): Chunk[] {
    const back = this.inFlight.takeBack(Number.POSITIVE_INFINITY, ({ left }) => left);
    for (const chunk of back) this.#sender.tookBack(chunk);
    if (back.length > 0) this.#deadlines.frontChanged();
    return back;
  }

  /** The front task is settled here, although the worker still runs it: its signal is aborted, and it reports no more. */
  disown(): void {
    const { front } = this.inFlight;
    if (front === undefined || this.#isStuck) return;
    this.#isStuck = true;
    this.#abortFront(true);
    if (front instanceof Placeholder) return;
    this.#line.work.left(front, 1);
    this.inFlight.replaceFront();
  }

  stop(): void {
    this.#deadlines.stop();
  }

  // Messages of the worker, whose form is right. Each returns what is wrong with the message, as the end of a sentence.

  faultOfAnswer(count: number, specials: readonly unknown[] | undefined): string | undefined {
    return this.#settler.faultOf(count, specials);
  }

  answered(count: number, values: ArrayLike<unknown>, specials: readonly unknown[] | undefined, segments: readonly number[]): void {
    for (let i = 0; i < segments.length; i += SEGMENT_FIELDS) {
      const fn = this.inFlight.functionOf(segments[i] as number);
      if (fn !== undefined) this.#line.work.measured(fn, segments[i + 1] as number, segments[i + 2] as number);
    }
    this.#hasBegun = false;
    this.#isStuck = false;
    // A task with a time limit is answered alone.
    if (!this.#line.transport.canInterrupt && count === 1) this.#deadlines.endedAfter((segments[2] ?? 0) / 1000);
    this.#deadlines.answered();
    this.#settler.settle(count, values, specials);
    this.#frontSince = this.#line.clock.now();
    this.#deadlines.frontChanged();
    this.#expectAnswer();
    if (this.#line.isShared) this.#line.changed(this);
  }

  started(): string | undefined {
    const isFirst = this.outstanding > 0 && !this.#hasBegun;
    const isLimited = this.#deadlines.started();
    if (!isLimited && !(this.isAnnounced && isFirst)) return 'it began a task that it does not have, or has begun';
    this.#hasBegun = true;
    if (this.isAnnounced) this.#frontSince = this.#line.clock.now();
    return undefined;
  }

  /** Several slots: the module of its task is loaded. */
  moduleLoaded(): void {
    if (!this.hasBegun) this.#frontSince = this.#line.clock.now();
  }

  report(form: number, payload: unknown): string | undefined {
    return this.#settler.report(form, payload, this.#line.reportFailed);
  }

  separateValue(value: unknown): string | undefined {
    return this.#settler.separateValue(value);
  }

  unreadableValue(error: unknown): string | undefined {
    return this.#settler.unreadableValue(error);
  }

  /** The work of tasks whose function was never measured counts as long. */
  #expectAnswer(): void {
    const { outstanding } = this;
    if (outstanding > 0 && outstanding <= MOST_POLLED && this.load <= LONGEST_POLLED) this.#line.transport.expectAnswer?.(outstanding);
  }

  #sending(): void {
    if (this.outstanding > 0) return;
    this.#frontSince = this.#line.clock.now();
    this.#hasBegun = false;
  }

  #abortFront(isFinal: boolean): void {
    const { frontSequence, frontPlace } = this.inFlight;
    this.#line.transport.abort(this.index, frontSequence, frontPlace, isFinal);
  }

  /**
   * Before the worker is ended because of this front task: whether that task is the one that runs, and no other task of the slot can start meanwhile. If
   * tasks cannot be taken back, the scheduler puts no task of another client behind such a task.
   */
  #isolateFront(isStuck: boolean): boolean {
    const { transport, work } = this.#line;
    if (transport.isAnswerHeld) return false;
    if (!transport.canTakeBack) return true;
    const back = this.takeBack(Number.POSITIVE_INFINITY);
    if (back.length > 0) work.givenBack(back);
    if (this.outstanding === 0) return false;
    // Short tasks of one call are claimed together, and answers of short tasks wait in the worker: more than the front may have started.
    return isStuck || transport.countStarted(this.index, this.inFlight.messages) <= this.inFlight.endedAhead;
  }
}
