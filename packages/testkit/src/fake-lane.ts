/**
 * A lane whose worker is the test: it starts, runs tasks, answers, dies and is lost on command.
 *
 * The worker of a FakeLane keeps the rules of a real one: one task at a time, in the order of arrival, answers in that order too,
 * many in a message but never later than wire/budget.ts allows. Two manners of working, as the real lanes have them: `claims`
 * (tasks can be taken back, what was started is known) and `budget` (neither; what may have been started follows from the rule).
 *
 *   send -> inbox --begin--> running --finish--> done, unsent --flush--> in the channel --deliver--> the lane's onAnswer
 *                                                                            die(): delivers what is in the channel, then onGone
 *
 * Decides nothing of its own: which command comes next, and how a task ends, is the test's word.
 */
import {
  AS_BYTES,
  AS_THROWN,
  DEFINE,
  FORGET,
  type Job,
  Lane,
  type LaneHost,
  type LaneOptions,
  type Message,
  mayHaveStarted,
  mayWait,
  type Outgoing,
  Packer,
  type Sent,
  spend,
} from '@twinpool/core/facade';

export type Manner = 'claims' | 'budget';

/** One task as it lies in the fake worker. */
export interface FakeTask {
  readonly job: Job;
  readonly index: number;
  readonly item: unknown;
  /** Its message, and its place in it. */
  readonly sequence: number;
  readonly place: number;
  /** What the worker was told to expect of it, µs; 0: alone. */
  readonly expectation: number;
  readonly isTimed: boolean;
  /** Nothing to run: it could not be sent. */
  isSkipped: boolean;
}

/** How a task ended: a value, an error in the form in which it travels (`encodeThrown`), or bytes that nobody can read. */
export type FakeEnd = { readonly value: unknown } | { readonly thrown: unknown } | { readonly unreadable: true };

interface Answer {
  readonly task: FakeTask;
  readonly end: FakeEnd;
  readonly elapsed: number;
}

/** What a test hears of its fake lanes. */
export interface FakeLaneWatch {
  handedOver?(lane: FakeLane, tasks: readonly FakeTask[]): void;
  begun?(lane: FakeLane, task: FakeTask): void;
  /** A message is about to be written: what this throws, the channel throws. */
  writing?(lane: FakeLane): void;
  /** What is read; a test may put something else in its place. */
  reading?(lane: FakeLane, end: FakeEnd): FakeEnd;
  /** The worker was told to start. */
  starting?(lane: FakeLane): void;
}

export class FakeLane extends Lane {
  readonly kind: 'thread' | 'process';
  readonly canTransfer = false;
  readonly canTakeBack: boolean;
  readonly isolated = true;
  protected readonly alone: number;
  readonly manner: Manner;
  /** What the lane was told to do with its worker. */
  isStarted = false;
  isAskedToEnd = false;
  isKilled = false;
  isKilledByForce = false;
  /** Tasks whose signal was to be aborted, and orders to abort one that is not here. */
  readonly aborted: FakeTask[] = [];
  strayAborts = 0;
  releases = 0;
  /** Functions that it was told of, and tasks that came without. */
  readonly known: Set<number> = new Set();
  unknownFunctions = 0;
  /** Calls that began here. */
  calls = 0;
  readonly #watch: FakeLaneWatch;
  readonly #inbox: FakeTask[] = [];
  #running: FakeTask | undefined;
  #unsent: Answer[] = [];
  #budget = 0;
  readonly #channel: Answer[][] = [];

  constructor(host: LaneHost, options: LaneOptions, manner: Manner, watch: FakeLaneWatch = {}) {
    super(host, options, new Packer({ sharesMemory: false, movesBuffers: false, maxPayloadBytes: 2 ** 20 }));
    this.manner = manner;
    this.kind = manner === 'claims' ? 'thread' : 'process';
    this.alone = manner === 'claims' ? 5 : 20;
    this.canTakeBack = manner === 'claims';
    this.#watch = watch;
  }

  // The lane's side.

  get hasRoom(): boolean {
    return true;
  }

  start(): void {
    this.isStarted = true;
    this.#watch.starting?.(this);
  }

  protected post(message: Message): void {
    if (message[0] === DEFINE) this.known.add(message[1] as number);
    if (message[0] === FORGET) for (const id of message[1] as number[]) this.known.delete(id);
  }

  protected postTasks(sequence: number, _count: number, outgoing: Outgoing): void {
    this.#watch.writing?.(this);
    const sent = this.ledger.messages.at(-1) as Sent;
    const tasks: FakeTask[] = [];
    sent.chunks.forEach((chunk, at) => {
      if (chunk !== undefined && !this.known.has(chunk.job.fn.id)) this.unknownFunctions += 1;
      for (let offset = 0; chunk !== undefined && offset < chunk.count; offset++) {
        const { job, base } = chunk;
        tasks.push({
          job,
          index: base + offset,
          item: chunk.at(offset),
          sequence,
          place: tasks.length,
          expectation: outgoing.expectations[at] as number,
          isTimed: job.settings.taskTimeout !== Number.POSITIVE_INFINITY,
          isSkipped: outgoing.failures.some((failure) => failure.chunk === chunk && failure.offset === offset),
        });
      }
    });
    this.#inbox.push(...tasks);
    this.#watch.handedOver?.(this, tasks);
  }

  protected startedTasks(): number {
    return this.manner === 'claims' ? this.begun.length : mayHaveStarted(this.ledger.messages);
  }

  protected retract(sent: Sent, most: number): number {
    if (this.manner === 'budget') return 0;
    const from = this.#inbox.findLastIndex(({ sequence }) => sequence < sent.sequence) + 1;
    const here = this.#inbox.filter(({ sequence }) => sequence === sent.sequence).length;
    const count = Math.min(most, here);
    this.#inbox.splice(from + here - count, count);
    return count;
  }

  protected abortTask(sequence: number, place: number): void {
    const task = this.held.find((each) => each.sequence === sequence && each.place === place);
    if (task === undefined) this.strayAborts += 1;
    else this.aborted.push(task);
  }

  protected endWorker(): void {
    this.isAskedToEnd = true;
  }

  protected killWorker(force: boolean): void {
    this.isKilled = true;
    this.isKilledByForce ||= force;
  }

  release(): void {
    this.releases += 1;
  }

  protected stoppedFor(): number {
    return 0;
  }

  // The worker's side: commands of the test.

  get isBusy(): boolean {
    return this.#running !== undefined;
  }
  get running(): FakeTask | undefined {
    return this.#running;
  }
  /** Tasks in the worker that have not begun. */
  get inbox(): readonly FakeTask[] {
    return this.#inbox;
  }
  /** Tasks that have begun and are not answered, the oldest first. */
  get begun(): readonly FakeTask[] {
    const finished = [...this.#channel.flat(), ...this.#unsent].map(({ task }) => task);
    return this.#running === undefined ? finished : [...finished, this.#running];
  }
  /** Unanswered tasks, the oldest first. */
  get held(): readonly FakeTask[] {
    return [...this.begun, ...this.#inbox];
  }
  get mayStart(): boolean {
    return this.#running === undefined && this.#inbox.length > 0 && !this.isOver;
  }
  get hasAnswers(): boolean {
    return this.#channel.length > 0;
  }
  get isOver(): boolean {
    return this.state === 'gone';
  }
  /** Unanswered tasks that would be taken for started if the worker died now. */
  get takenForStarted(): readonly FakeTask[] {
    return this.held.slice(0, this.startedTasks());
  }

  ready(): void {
    this.onReady();
  }

  /** The initializer threw. */
  failToStart(thrown: unknown): void {
    this.onInitFailed(thrown);
    this.onGone({ exitCode: 1, signal: null });
  }

  /** Takes the next task, and first sends the answers that may not wait for it. */
  begin(): FakeTask {
    const task = this.#inbox.shift() as FakeTask;
    if (this.#unsent.length > 0 && !mayWait(this.#budget, task.expectation)) this.flush();
    this.#budget = spend(this.#budget, task.expectation);
    this.#running = task;
    if (!task.isSkipped) {
      this.calls += 1;
      this.onLoaded(task.job.fn.id);
      this.#watch.begun?.(this, task);
      if (task.isTimed) this.onStarted();
    }
    return task;
  }

  /** The running task is over; `elapsed` µs. */
  finish(end: FakeEnd, elapsed: number): void {
    const task = this.#running as FakeTask;
    this.#running = undefined;
    this.#unsent.push({ task, end: task.isSkipped ? { value: undefined } : end, elapsed });
    if (this.#inbox.length === 0) this.flush();
  }

  /** Puts the finished answers into the channel. */
  flush(): void {
    if (this.#unsent.length > 0) this.#channel.push(this.#unsent);
    this.#unsent = [];
    this.#budget = 0;
  }

  /** The oldest message of the channel reaches the lane. */
  deliver(): void {
    const answers = this.#channel.shift() ?? [];
    const values: unknown[] = [];
    const specials: unknown[] = [];
    const segments: number[] = [];
    answers.forEach(({ task, end: told, elapsed }, at) => {
      const end = this.#watch.reading?.(this, told) ?? told;
      if ('thrown' in end) specials.push(at, AS_THROWN, end.thrown);
      else if ('unreadable' in end) specials.push(at, AS_BYTES, new Uint8Array([0xff, 0xff, 0xff]));
      values.push('value' in end ? end.value : undefined);
      segments.push(task.job.fn.id, 1, elapsed);
    });
    this.onAnswer(answers.length, values, specials.length > 0 ? specials : undefined, segments);
  }

  /** A report of the running task. */
  report(value: unknown): void {
    while (this.hasAnswers || this.#unsent.length > 0) {
      this.flush();
      this.deliver();
    }
    this.onReport(0, value);
  }

  /** A turn of the loop: what lies in the channel is read. */
  turn(): void {
    while (this.hasAnswers && !this.isOver) this.deliver();
  }

  /** An error outside of any task, because of which the worker ends; `running`: and a task with it. */
  failLate(thrown: unknown, running: boolean): void {
    this.flush();
    while (this.hasAnswers) this.deliver();
    this.onLateError(thrown, true, running);
  }

  /** An answer that no correct worker gives. */
  answerTooMuch(): void {
    const count = this.outstanding + 1;
    this.onAnswer(count, new Array(count).fill('forged'), undefined, []);
  }

  /** The worker is gone: what it had sent still counts, the rest is lost. */
  die(exitCode: number | null = null, signal: string | null = 'SIGKILL', cause?: unknown): void {
    while (this.hasAnswers && !this.isOver) this.deliver();
    this.onGone({ exitCode, signal, cause });
  }

  /** Runs everything that lies in the worker, each task as `endOf` says, and delivers the answers. */
  runAll(endOf: (task: FakeTask) => FakeEnd, elapsed: number): void {
    while (this.#running !== undefined || this.mayStart) {
      const task = this.#running ?? this.begin();
      this.finish(endOf(task), elapsed);
    }
    this.flush();
    while (this.hasAnswers && !this.isOver) this.deliver();
  }
}
