/**
 * Provides a transport whose worker the test controls: the test starts it, runs its tasks, answers and ends it.
 *
 *   postTasks -> inbox --begin--> running --complete--> done, unsent --flush--> in the channel --deliver--> the lane's `received`
 *                                                                              die(): delivers what is in the channel, then `gone`
 *
 * Invariants, as in a real worker: one task at a time in each slot, in the order of arrival; answers in the same order; several answers per message, but
 * never later than wire/budget.ts allows. Two modes, as in the real transports: `claims` (tasks can be taken back, the started tasks are known) and
 * `budget` (neither; the tasks that may have started follow from the rule). The transport does not know which command comes next.
 *
 * It implements the `Transport` of core's sources, which no package exports. So `@twinpool/testkit/fakes` is not built: tests load it, and everything
 * else of core that they use with it, from sources.
 */
import type { Job } from '../../core/src/jobs/job.ts';
import type { SentMessage } from '../../core/src/lanes/in-flight.ts';
import type { Lane } from '../../core/src/lanes/lane.ts';
import type { Slot } from '../../core/src/lanes/slot.ts';
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
  PING,
  PONG,
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
  /** The slot of the task, the message that contained it, and the position in that. */
  readonly slot: number;
  readonly sequence: number;
  readonly place: number;
  /** µs. The expected run time that the message contained; 0: the task is alone. */
  readonly expectation: number;
  /** The worker says when it begins. */
  readonly isAnnounced: boolean;
  /** Whether the task could not be sent, so that there is nothing to run. */
  isSkipped: boolean;
}

/** How a task ended: a value, an encoded error (`encodeThrown`), or bytes that cannot be decoded. */
export type FakeEnd = { readonly value: unknown } | { readonly thrown: unknown } | { readonly unreadable: true };

/** What one slot of the worker has. */
class FakeSlot {
  readonly inbox: FakeTask[] = [];
  running: FakeTask | undefined;
  unsent: Answer[] = [];
  budget = 0;
}

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
  readonly canInterrupt = true;
  readonly ownMessageFrom: number;
  readonly pid = undefined;
  readonly threadId = undefined;
  readonly isAnswerHeld = false;
  /** The commands that the worker received. */
  isStarted = false;
  isAskedToEnd = false;
  /** The worker was asked to run its finalizer, and whether that was wrong: a finalizer runs once, in a worker without tasks that was not killed. */
  finalizes = false;
  finalizesWrongly = false;
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
  readonly #slots: FakeSlot[] = [];
  /** Messages that the lane has not read: answers of a slot, or a message as it is. */
  readonly #channel: (readonly Answer[] | { readonly message: Message })[] = [];
  /** The tasks whose answers the lane ignored, because the worker had broken the protocol. */
  readonly #ignored: FakeTask[] = [];
  readonly #loaded = new Set<number>();
  /** Its event loop answers no PING. */
  isBlocked = false;

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

  hasRoom(): boolean {
    return true;
  }

  post(message: Message): void {
    if (message[0] === PING && !this.isBlocked) this.#channel.push({ message: [PONG] });
    if (message[0] === DEFINE) this.known.add(message[1] as number);
    if (message[0] === FORGET) for (const id of message[1] as number[]) this.known.delete(id);
  }

  postTasks(slot: number, sequence: number, _count: number, { expectations, failures }: PackedRuns): void {
    this.#watch.writing?.(this);
    const tasks: FakeTask[] = [];
    (this.lane.slots[slot] as Slot).chunks.slice(-expectations.length).forEach((chunk, at) => {
      const { job, base } = chunk;
      if (!this.known.has(job.fn.id)) this.unknownFunctions += 1;
      for (let offset = 0; offset < chunk.count; offset++) {
        tasks.push({
          job,
          index: base + offset,
          item: chunk.at(offset),
          slot,
          sequence,
          place: tasks.length,
          expectation: expectations[at] as number,
          isAnnounced: (this.lane.size > 1 && !this.canTakeBack) || job.settings.taskTimeout !== Number.POSITIVE_INFINITY,
          isSkipped: failures.some((failure) => failure.chunk === chunk && failure.offset === offset),
        });
      }
    });
    this.#slotAt(slot).inbox.push(...tasks);
    this.#watch.handedOver?.(this, tasks);
  }

  accept(): undefined {}

  countStarted(slot: number, messages: readonly SentMessage[]): number {
    return this.canTakeBack ? this.begun.filter((task) => task.slot === slot).length : mayHaveStarted(messages);
  }

  takeBack(slot: number, sent: SentMessage, most: number): number {
    if (!this.canTakeBack) return 0;
    const { inbox } = this.#slotAt(slot);
    const from = inbox.findLastIndex(({ sequence }) => sequence < sent.sequence) + 1;
    const here = inbox.filter(({ sequence }) => sequence === sent.sequence).length;
    const count = Math.min(most, here);
    inbox.splice(from + here - count, count);
    return count;
  }

  abort(slot: number, sequence: number, place: number, isFinal: boolean): void {
    const task = this.held.find((each) => each.slot === slot && each.sequence === sequence && each.place === place);
    if (task === undefined) this.strayAborts += 1;
    else if (!isFinal) this.aborted.push(task);
    else if (this.#slotAt(slot).running !== task) task.isSkipped = true;
  }

  release(): void {
    this.releases += 1;
  }

  finish(finalizes: boolean): void {
    this.finalizesWrongly ||= finalizes && (this.isAskedToEnd || this.isKilled || this.held.length > 0);
    this.isAskedToEnd = true;
    this.finalizes ||= finalizes;
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
    return this.running !== undefined;
  }
  /** The oldest running task. */
  get running(): FakeTask | undefined {
    return this.runningTasks[0];
  }
  get runningTasks(): readonly FakeTask[] {
    return this.#slots.flatMap(({ running }) => running ?? []);
  }
  /** The tasks in the worker that have not started. */
  get inbox(): readonly FakeTask[] {
    return this.#slots.flatMap(({ inbox }) => inbox);
  }
  /** The tasks that have started and are not answered, of each slot the oldest first. */
  get begun(): readonly FakeTask[] {
    const sent = this.#channel.flatMap((answers) => ('message' in answers ? [] : answers));
    const finished = [...sent, ...this.#slots.flatMap(({ unsent }) => unsent)].map(({ task }) => task);
    return [...this.#ignored, ...finished, ...this.runningTasks];
  }
  /** The unanswered tasks, of each slot the oldest first. */
  get held(): readonly FakeTask[] {
    return [...this.begun, ...this.inbox];
  }
  /** A worker that has broken the protocol runs on until it is killed. */
  get mayStart(): boolean {
    return !this.isOver && this.#startable.length > 0;
  }
  get #startable(): readonly FakeSlot[] {
    return this.#slots.filter(({ running, inbox }) => running === undefined && inbox.length > 0);
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
    // Of several slots the worker says which task has begun, but not that it loads a module.
    if (this.lane.size > 1) return held.filter((task) => this.begun.includes(task) || !this.#loaded.has(task.job.fn.id));
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

  /** Starts the next task of a slot. Before that it sends the answers that must not wait for it. `by` chooses among the slots. */
  begin(by = 0): FakeTask {
    const startable = this.#startable;
    const slot = startable[by % startable.length] as FakeSlot;
    const task = slot.inbox.shift() as FakeTask;
    if (slot.unsent.length > 0 && !mayWait(slot.budget, task.expectation)) this.#flush(slot);
    slot.budget = spend(slot.budget, task.expectation);
    slot.running = task;
    if (!task.isSkipped) {
      this.calls += 1;
      this.#loaded.add(task.job.fn.id);
      this.lane.received([LOADED, task.job.fn.id]);
      this.#watch.begun?.(this, task);
      if (task.isAnnounced) this.#sayStarted(task);
    }
    return task;
  }

  /** Ends a running task, the oldest unless it is given, after `elapsed` µs. */
  complete(end: FakeEnd, elapsed: number, task: FakeTask = this.running as FakeTask): void {
    const slot = this.#slotAt(task.slot);
    slot.running = undefined;
    slot.unsent.push({ task, end: task.isSkipped ? { value: undefined } : end, elapsed });
    if (slot.inbox.length === 0) this.#flush(slot);
  }

  /** Writes the finished answers to the channel. */
  flush(): void {
    for (const slot of this.#slots) this.#flush(slot);
  }

  #flush(slot: FakeSlot): void {
    if (slot.unsent.length > 0) this.#channel.push(slot.unsent);
    slot.unsent = [];
    slot.budget = 0;
  }

  /** Delivers the oldest message of the channel to the lane. */
  deliver(): void {
    if (!this.hasAnswers) return;
    const answers = this.#channel.shift();
    if (answers === undefined) return;
    if ('message' in answers) {
      this.lane.received(answers.message);
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
    this.#answer(values, specials.length > 0 ? specials : undefined, segments, answers[0]?.task.slot ?? 0);
  }

  /** Delivers a report of a running task. */
  report(value: unknown, { slot }: FakeTask): void {
    while (this.hasAnswers || this.#slots.some(({ unsent }) => unsent.length > 0)) {
      this.flush();
      this.deliver();
    }
    this.lane.received(slot === 0 ? [REPORT, 0, value] : [REPORT, 0, value, slot]);
  }

  /** One turn of the event loop: the lane reads all messages in the channel. */
  turn(): void {
    while (this.hasAnswers && !this.isOver) this.deliver();
  }

  /** Ends the worker because of an error outside all tasks. `isRunning`: a task is running and is lost too. */
  failLate(thrown: unknown, isRunning: boolean): void {
    this.flush();
    while (this.hasAnswers) this.deliver();
    const slots = this.runningTasks.map(({ slot }) => slot);
    this.lane.received(this.lane.size > 1 ? [LATE, thrown, true, isRunning, slots, true] : [LATE, thrown, true, isRunning]);
  }

  /** The same, in a worker with several slots whose tasks go on. */
  failLateAndGoOn(thrown: unknown): void {
    this.flush();
    while (this.hasAnswers) this.deliver();
    this.lane.received([LATE, thrown, false, false, undefined, true]);
  }

  /** Sends an answer with more results than there are tasks. The messages that it sent before are delivered first. */
  answerTooMuch(): void {
    this.turn();
    this.#answer(new Array(this.lane.outstanding + 1).fill('forged'), undefined, [], 0);
  }

  /** Loses the worker. The messages that it sent are still delivered; all other tasks are lost. */
  die(exitCode: number | null = null, signal: string | null = 'SIGKILL', cause?: unknown): void {
    while (this.hasAnswers && !this.isOver) this.deliver();
    this.lane.gone({ exitCode, signal, cause });
  }

  /** Runs all tasks in the worker and delivers the answers. `endOf` returns how each task ends. */
  runAll(endOf: (task: FakeTask) => FakeEnd, elapsed: number): void {
    while (this.isBusy || this.mayStart) {
      const task = this.running ?? this.begin();
      this.complete(endOf(task), elapsed, task);
    }
    this.flush();
    while (this.hasAnswers && !this.isOver) this.deliver();
  }

  /** At once, unless messages were sent before. */
  #sayStarted({ slot }: FakeTask): void {
    this.#channel.push({ message: slot === 0 ? [STARTED] : [STARTED, slot] });
    if (this.#channel.length === 1) this.deliver();
  }

  #answer(values: unknown[], specials: unknown[] | undefined, segments: number[], slot: number): void {
    const message: Message = [ANSWER, values.length, values, specials, segments, 0, BLOCKING];
    this.lane.received(slot === 0 ? message : [...message, slot]);
  }

  #slotAt(index: number): FakeSlot {
    while (this.#slots.length <= index) this.#slots.push(new FakeSlot());
    return this.#slots[index] as FakeSlot;
  }
}
