/**
 * Provides a transport whose worker the test controls: the test starts it, runs its tasks, answers and ends it.
 *
 *   postTasks -> inbox --begin--> running --complete--> done, unsent --flush--> in the channel --deliver--> the lane's `received`
 *                                                                              die(): delivers what is in the channel, then `gone`
 *
 * Invariants, as in a real worker: one task at a time, in the order of arrival; answers in the same order; several answers per message, but
 * never later than wire/budget.ts allows. Two modes, as in the real transports: `claims` (tasks can be taken back, the started tasks are known) and
 * `budget` (neither; the tasks that may have started follow from the rule). The transport does not know which command comes next.
 *
 * It implements the `Transport` of core's sources, which no package exports. So `@twinpool/testkit/fakes` is not built: tests load it, and everything
 * else of core that they use with it, from sources.
 */
import type { Job } from '../../core/src/jobs/job.ts';
import type { SentMessage } from '../../core/src/lanes/in-flight.ts';
import type { Lane } from '../../core/src/lanes/lane.ts';
import type { Transport, TransportFactory, TransportOwner } from '../../core/src/lanes/transport.ts';
import { mayHaveStarted, mayWait, spend } from '../../core/src/wire/budget.ts';
import {
  ANSWER,
  AS_BYTES,
  AS_THROWN,
  BLOCKING,
  DEFINE,
  FORGET,
  INIT_FAILED,
  LATE,
  LOADED,
  type Message,
  PRELOADED,
  READY,
  REPORT,
  STARTED,
} from '../../core/src/wire/messages.ts';
import type { PackedRuns } from '../../core/src/wire/pack-runs.ts';

/** How the transport knows which tasks have started: from their claims, or from the budget rule. */
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

/** The events of fake workers. */
export interface FakeWatch {
  handedOver?(worker: FakeTransport, tasks: readonly FakeTask[]): void;
  begun?(worker: FakeTransport, task: FakeTask): void;
  /** Before a message is written. The channel throws the error that this callback throws. */
  writing?(worker: FakeTransport): void;
  /** When an answer is read. The return value replaces it. */
  reading?(worker: FakeTransport, end: FakeEnd): FakeEnd;
  /** When the lane starts its worker. */
  starting?(worker: FakeTransport): void;
}

/** `made` is called with each transport of the runtime. */
export function fakeTransports(startTracking: StartTracking, watch: FakeWatch, made: (worker: FakeTransport) => void): TransportFactory {
  return {
    capabilities: { sharesMemory: false, movesBuffers: false },
    make: () => {
      const worker = new FakeTransport(startTracking, watch);
      made(worker);
      return worker;
    },
    afterWorkers: () => undefined,
  };
}

export class FakeTransport implements Transport {
  readonly kind: 'thread' | 'process';
  readonly canTakeBack: boolean;
  readonly ownMessageFrom: number;
  readonly pid = undefined;
  readonly threadId = undefined;
  readonly hasRoom = true;
  readonly isAnswerHeld = false;
  /** The commands that the worker received. */
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
  readonly #watch: FakeWatch;
  #lane: Lane | undefined;
  readonly #inbox: FakeTask[] = [];
  #running: FakeTask | undefined;
  #unsent: Answer[] = [];
  #budget = 0;
  /** Messages that the lane has not read: answers, or `undefined` for a STARTED. */
  readonly #channel: (readonly Answer[] | undefined)[] = [];
  /** The tasks whose answers the lane ignored, because the worker had broken the protocol. */
  readonly #ignored: FakeTask[] = [];

  constructor(startTracking: StartTracking, watch: FakeWatch) {
    const isThread = startTracking === 'claims';
    this.kind = isThread ? 'thread' : 'process';
    this.canTakeBack = isThread;
    this.ownMessageFrom = isThread ? 5 : 20;
    this.#watch = watch;
  }

  // Commands of the lane.

  start(owner: TransportOwner): void {
    this.#lane = owner as Lane;
    this.isStarted = true;
    this.#watch.starting?.(this);
  }

  post(message: Message): void {
    if (message[0] === DEFINE) this.known.add(message[1] as number);
    if (message[0] === FORGET) for (const id of message[1] as number[]) this.known.delete(id);
  }

  postTasks(sequence: number, _count: number, { expectations, failures }: PackedRuns): void {
    this.#watch.writing?.(this);
    const tasks: FakeTask[] = [];
    this.lane.chunks.slice(-expectations.length).forEach((chunk, at) => {
      const { job, base } = chunk;
      if (!this.known.has(job.fn.id)) this.unknownFunctions += 1;
      for (let offset = 0; offset < chunk.count; offset++) {
        tasks.push({
          job,
          index: base + offset,
          item: chunk.at(offset),
          sequence,
          place: tasks.length,
          expectation: expectations[at] as number,
          isTimed: job.settings.taskTimeout !== Number.POSITIVE_INFINITY,
          isSkipped: failures.some((failure) => failure.chunk === chunk && failure.offset === offset),
        });
      }
    });
    this.#inbox.push(...tasks);
    this.#watch.handedOver?.(this, tasks);
  }

  accept(): undefined {}

  countStarted(messages: readonly SentMessage[]): number {
    return this.canTakeBack ? this.begun.length : mayHaveStarted(messages);
  }

  takeBack(sent: SentMessage, most: number): number {
    if (!this.canTakeBack) return 0;
    const from = this.#inbox.findLastIndex(({ sequence }) => sequence < sent.sequence) + 1;
    const here = this.#inbox.filter(({ sequence }) => sequence === sent.sequence).length;
    const count = Math.min(most, here);
    this.#inbox.splice(from + here - count, count);
    return count;
  }

  abort(sequence: number, place: number): void {
    const task = this.held.find((each) => each.sequence === sequence && each.place === place);
    if (task === undefined) this.strayAborts += 1;
    else this.aborted.push(task);
  }

  release(): void {
    this.releases += 1;
  }

  finish(): void {
    this.isAskedToEnd = true;
  }

  kill(force: boolean): void {
    this.isKilled = true;
    this.isKilledByForce ||= force;
  }

  stoppedFor(): number {
    return 0;
  }

  // Commands of the test for the worker.

  /** The lane of this worker. It exists once the worker is started. */
  get lane(): Lane {
    return this.#lane as Lane;
  }
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
    const finished = [...this.#channel.flatMap((answers) => answers ?? []), ...this.#unsent].map(({ task }) => task);
    const running = this.#running === undefined ? [] : [this.#running];
    return [...this.#ignored, ...finished, ...running];
  }
  /** The unanswered tasks, oldest first. */
  get held(): readonly FakeTask[] {
    return [...this.begun, ...this.#inbox];
  }
  /** A worker that has broken the protocol runs on until it is killed. */
  get mayStart(): boolean {
    return this.#running === undefined && this.#inbox.length > 0 && !this.isOver;
  }
  get hasAnswers(): boolean {
    return this.#channel.length > 0;
  }
  get isOver(): boolean {
    return this.lane.state === 'gone';
  }
  /** The unanswered tasks that count as started if the worker is lost now. */
  get takenForStarted(): readonly FakeTask[] {
    if (this.canTakeBack) return this.begun;
    const { held } = this;
    // Its answers are not read any more: it may have started all.
    if (!this.lane.isTrusted) return held;
    let budget = 0;
    const end = held.findIndex(({ expectation }, at) => {
      if (at > 0 && !mayWait(budget, expectation)) return true;
      budget = spend(budget, expectation);
      return false;
    });
    return end === -1 ? held : held.slice(0, end);
  }

  /** The modules are loaded; the initializer runs. */
  preload(): void {
    this.lane.received([PRELOADED]);
  }

  ready(): void {
    this.lane.received([READY]);
  }

  /** The initializer throws. */
  failToStart(thrown: unknown): void {
    this.lane.received([INIT_FAILED, thrown, true]);
    this.lane.gone({ exitCode: 1, signal: null });
  }

  /** Starts the next task. Before that it sends the answers that must not wait for it. */
  begin(): FakeTask {
    const task = this.#inbox.shift() as FakeTask;
    if (this.#unsent.length > 0 && !mayWait(this.#budget, task.expectation)) this.flush();
    this.#budget = spend(this.#budget, task.expectation);
    this.#running = task;
    if (!task.isSkipped) {
      this.calls += 1;
      this.lane.received([LOADED, task.job.fn.id]);
      this.#watch.begun?.(this, task);
      if (task.isTimed) this.#sayStarted();
    }
    return task;
  }

  /** Ends the running task, after `elapsed` µs. */
  complete(end: FakeEnd, elapsed: number): void {
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
    if (!this.hasAnswers) return;
    const answers = this.#channel.shift();
    if (answers === undefined) {
      this.lane.received([STARTED]);
      return;
    }
    if (!this.lane.isTrusted) {
      this.#ignored.push(...answers.map(({ task }) => task));
      return;
    }
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
    this.#answer(values, specials.length > 0 ? specials : undefined, segments);
  }

  /** Delivers a report of the running task. */
  report(value: unknown): void {
    while (this.hasAnswers || this.#unsent.length > 0) {
      this.flush();
      this.deliver();
    }
    this.lane.received([REPORT, 0, value]);
  }

  /** One turn of the event loop: the lane reads all messages in the channel. */
  turn(): void {
    while (this.hasAnswers && !this.isOver) this.deliver();
  }

  /** Ends the worker because of an error outside all tasks. `isRunning`: a task is running and is lost too. */
  failLate(thrown: unknown, isRunning: boolean): void {
    this.flush();
    while (this.hasAnswers) this.deliver();
    this.lane.received([LATE, thrown, true, isRunning]);
  }

  /** Sends an answer with more results than there are tasks. The messages that it sent before are delivered first. */
  answerTooMuch(): void {
    this.turn();
    this.#answer(new Array(this.lane.outstanding + 1).fill('forged'), undefined, []);
  }

  /** Loses the worker. The messages that it sent are still delivered; all other tasks are lost. */
  die(exitCode: number | null = null, signal: string | null = 'SIGKILL', cause?: unknown): void {
    while (this.hasAnswers && !this.isOver) this.deliver();
    this.lane.gone({ exitCode, signal, cause });
  }

  /** Runs all tasks in the worker and delivers the answers. `endOf` returns how each task ends. */
  runAll(endOf: (task: FakeTask) => FakeEnd, elapsed: number): void {
    while (this.#running !== undefined || this.mayStart) {
      const task = this.#running ?? this.begin();
      this.complete(endOf(task), elapsed);
    }
    this.flush();
    while (this.hasAnswers && !this.isOver) this.deliver();
  }

  /** At once, unless messages were sent before. */
  #sayStarted(): void {
    this.#channel.push(undefined);
    if (this.#channel.length === 1) this.deliver();
  }

  #answer(values: unknown[], specials: unknown[] | undefined, segments: number[]): void {
    this.lane.received([ANSWER, values.length, values, specials, segments, 0, BLOCKING]);
  }
}
