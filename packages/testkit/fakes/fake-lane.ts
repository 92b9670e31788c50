/**
 * Provides a lane whose worker the test controls: the test starts it, runs its tasks, answers and ends it.
 *
 *   send -> inbox --begin--> running --finish--> done, unsent --flush--> in the channel --deliver--> the lane's onAnswer
 *                                                                            die(): delivers what is in the channel, then onGone
 *
 * Invariants, as in a real worker: one task at a time, in the order of arrival; answers in the same order; several answers per message, but
 * never later than wire/budget.ts allows. Two modes, as in the real lanes: `claims` (tasks can be taken back, the started tasks are known) and
 * `budget` (neither; the tasks that may have started follow from the rule). The lane does not know which command comes next.
 *
 * It extends the `Lane` of core's sources, which no package exports. So `@twinpool/testkit/fakes` is not built: tests load it, and everything
 * else of core that they use with it, from sources.
 */
import type { Job } from '../../core/src/jobs/job.ts';
import type { Sent } from '../../core/src/lanes/in-flight.ts';
import { Lane, type LaneHost, type LaneOptions } from '../../core/src/lanes/lane.ts';
import { mayHaveStarted, mayWait, spend } from '../../core/src/wire/budget.ts';
import { AS_BYTES, AS_THROWN, DEFINE, FORGET, type Message } from '../../core/src/wire/messages.ts';
import type { PackedRuns } from '../../core/src/wire/pack-runs.ts';
import { Packer } from '../../core/src/wire/packer.ts';

/** How the lane knows which tasks have started: from their claims, or from the budget rule. */
export type StartTracking = 'claims' | 'budget';

/** One task in the fake worker. */
export interface FakeTask {
  readonly job: Job;
  readonly index: number;
  readonly item: unknown;
  /** The message that contained the task, and the position in it. */
  readonly sequence: number;
  readonly place: number;
  /** µs. The expected run time that the message contained; 0: the task is alone. */
  readonly expectation: number;
  readonly isTimed: boolean;
  /** Whether the task could not be sent, so that there is nothing to run. */
  isSkipped: boolean;
}

/** How a task ended: a value, an encoded error (`encodeThrown`), or bytes that cannot be decoded. */
export type FakeEnd = { readonly value: unknown } | { readonly thrown: unknown } | { readonly unreadable: true };

interface Answer {
  readonly task: FakeTask;
  readonly end: FakeEnd;
  readonly elapsed: number;
}

/** The events of fake lanes. */
export interface FakeLaneWatch {
  handedOver?(lane: FakeLane, tasks: readonly FakeTask[]): void;
  begun?(lane: FakeLane, task: FakeTask): void;
  /** Before a message is written. The channel throws the error that this callback throws. */
  writing?(lane: FakeLane): void;
  /** When an answer is read. The return value replaces it. */
  reading?(lane: FakeLane, end: FakeEnd): FakeEnd;
  /** When the lane starts its worker. */
  starting?(lane: FakeLane): void;
}

export class FakeLane extends Lane {
  readonly kind: 'thread' | 'process';
  readonly canTransfer = false;
  readonly canTakeBack: boolean;
  readonly isolated = true;
  protected readonly alone: number;
  readonly startTracking: StartTracking;
  /** The commands that the lane received for its worker. */
  isStarted = false;
  isAskedToEnd = false;
  isKilled = false;
  isKilledByForce = false;
  /** The tasks to abort, and the number of aborts for tasks that are not here. */
  readonly aborted: FakeTask[] = [];
  strayAborts = 0;
  releases = 0;
  /** The ids of the defined functions, and the number of tasks whose function was not defined. */
  readonly known: Set<number> = new Set();
  unknownFunctions = 0;
  /** The number of calls that have started. */
  calls = 0;
  readonly #watch: FakeLaneWatch;
  readonly #inbox: FakeTask[] = [];
  #running: FakeTask | undefined;
  #unsent: Answer[] = [];
  #budget = 0;
  readonly #channel: Answer[][] = [];

  constructor(host: LaneHost, options: LaneOptions, startTracking: StartTracking, watch: FakeLaneWatch = {}) {
    super(host, options, new Packer({ sharesMemory: false, movesBuffers: false, maxPayloadBytes: 2 ** 20 }));
    this.startTracking = startTracking;
    this.kind = startTracking === 'claims' ? 'thread' : 'process';
    this.alone = startTracking === 'claims' ? 5 : 20;
    this.canTakeBack = startTracking === 'claims';
    this.#watch = watch;
  }

  // Commands of the lane.

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

  protected postTasks(sequence: number, _count: number, outgoing: PackedRuns): void {
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
    return this.startTracking === 'claims' ? this.begun.length : mayHaveStarted(this.ledger.messages);
  }

  protected retract(sent: Sent, most: number): number {
    if (this.startTracking === 'budget') return 0;
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

  // Commands of the test for the worker.

  get isBusy(): boolean {
    return this.#running !== undefined;
  }
  get running(): FakeTask | undefined {
    return this.#running;
  }
  /** The tasks in the worker that have not started. */
  get inbox(): readonly FakeTask[] {
    return this.#inbox;
  }
  /** The tasks that have started and are not answered, oldest first. */
  get begun(): readonly FakeTask[] {
    const finished = [...this.#channel.flat(), ...this.#unsent].map(({ task }) => task);
    return this.#running === undefined ? finished : [...finished, this.#running];
  }
  /** The unanswered tasks, oldest first. */
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
  /** The unanswered tasks that count as started if the worker is lost now. */
  get takenForStarted(): readonly FakeTask[] {
    return this.held.slice(0, this.startedTasks());
  }

  ready(): void {
    this.onReady();
  }

  /** The initializer throws. */
  failToStart(thrown: unknown): void {
    this.onInitFailed(thrown);
    this.onGone({ exitCode: 1, signal: null });
  }

  /** Starts the next task. Before that it sends the answers that must not wait for it. */
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

  /** Ends the running task, after `elapsed` µs. */
  finish(end: FakeEnd, elapsed: number): void {
    const task = this.#running as FakeTask;
    this.#running = undefined;
    this.#unsent.push({ task, end: task.isSkipped ? { value: undefined } : end, elapsed });
    if (this.#inbox.length === 0) this.flush();
  }

  /** Writes the finished answers to the channel. */
  flush(): void {
    if (this.#unsent.length > 0) this.#channel.push(this.#unsent);
    this.#unsent = [];
    this.#budget = 0;
  }

  /** Delivers the oldest message of the channel to the lane. */
  deliver(): void {
    const answers = this.#channel.shift() ?? [];
    const values: unknown[] = [];
    const specials: unknown[] = [];
    const segments: number[] = [];
    answers.forEach(({ task, end: sent, elapsed }, at) => {
      const end = this.#watch.reading?.(this, sent) ?? sent;
      if ('thrown' in end) specials.push(at, AS_THROWN, end.thrown);
      else if ('unreadable' in end) specials.push(at, AS_BYTES, new Uint8Array([0xff, 0xff, 0xff]));
      values.push('value' in end ? end.value : undefined);
      segments.push(task.job.fn.id, 1, elapsed);
    });
    this.onAnswer(answers.length, values, specials.length > 0 ? specials : undefined, segments);
  }

  /** Delivers a report of the running task. */
  report(value: unknown): void {
    while (this.hasAnswers || this.#unsent.length > 0) {
      this.flush();
      this.deliver();
    }
    this.onReport(0, value);
  }

  /** One turn of the event loop: the lane reads all messages in the channel. */
  turn(): void {
    while (this.hasAnswers && !this.isOver) this.deliver();
  }

  /** Ends the worker because of an error outside all tasks. `running`: a task is running and is lost too. */
  failLate(thrown: unknown, running: boolean): void {
    this.flush();
    while (this.hasAnswers) this.deliver();
    this.onLateError(thrown, true, running);
  }

  /** Sends an answer with more results than there are tasks. */
  answerTooMuch(): void {
    const count = this.outstanding + 1;
    this.onAnswer(count, new Array(count).fill('forged'), undefined, []);
  }

  /** Loses the worker. The messages that it sent are still delivered; all other tasks are lost. */
  die(exitCode: number | null = null, signal: string | null = 'SIGKILL', cause?: unknown): void {
    while (this.hasAnswers && !this.isOver) this.deliver();
    this.onGone({ exitCode, signal, cause });
  }

  /** Runs all tasks in the worker and delivers the answers. `endOf` returns how each task ends. */
  runAll(endOf: (task: FakeTask) => FakeEnd, elapsed: number): void {
    while (this.#running !== undefined || this.mayStart) {
      const task = this.#running ?? this.begin();
      this.finish(endOf(task), elapsed);
    }
    this.flush();
    while (this.hasAnswers && !this.isOver) this.deliver();
  }
}
