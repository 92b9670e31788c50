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
 * The ledger is a list of messages, each a list of chunks; `front` is the oldest unanswered task. In each message a worker may
 * have started what `startedIn` says; it decides alone, after the channel is drained (TRANSPORT.md).
 */
import { Alarm, type Clock } from './clock.ts';
import { InitializerError, TaskSerializationError, TaskTimeoutError, TwinpoolError, WorkerLostError } from './errors.ts';
import { type Chunk, type Ending, Job } from './job.ts';
import { ALONE_VALUE, AS_ALONE, AS_BYTES, AS_THROWN, DEFINE, type Message, SPECIAL_FIELDS, type WorkerSetup } from './wire/messages.ts';
import { type Outgoing, pack } from './wire/outbound.ts';
import { decodeThrown, type EncodedThrown } from './wire/thrown.ts';
import { type Packer, unpackBytes } from './wire/values.ts';

export type LaneState = 'starting' | 'ready' | 'retiring' | 'ending' | 'gone';

/** Whoever owns the lanes and gives them work. */
export interface LaneHost {
  readonly clock: Clock;
  laneReady(lane: Lane): void;
  /** Answers came, or tasks were given back: there is room. */
  laneFree(lane: Lane): void;
  /** `count` tasks of a chunk leave the lane: answered, lost or given back. */
  left(chunk: Chunk, count: number): void;
  /** `count` runs of a function took `elapsed` microseconds together. */
  measured(functionId: number, count: number, elapsed: number): void;
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

/** One TASKS message that is not fully answered. */
export interface Sent {
  readonly sequence: number;
  /** Answered ones are let go, so that a long message does not hold the arguments of what is done. */
  readonly chunks: (Chunk | undefined)[];
  readonly expectations: number[];
  /** The front of this message: chunk and offset in it. */
  chunkAt: number;
  offset: number;
  /** Unanswered tasks. */
  left: number;
  /** Values that were moved, not copied, went with it: it cannot be sent again. */
  readonly moved: boolean;
}

/** What ended a worker that we ended; undefined when it died by itself. */
type Verdict = { readonly kind: 'limit' | 'abort' | 'end' | 'protocol'; readonly cause?: unknown };

export interface Death {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly cause?: unknown;
}

export abstract class Lane {
  /** What this kind of worker can do. */
  abstract readonly kind: 'thread' | 'process';
  /** Values can be moved to it instead of copied. */
  abstract readonly canTransfer: boolean;
  /** Its death leaves the program untouched. */
  abstract readonly isolated: boolean;
  /** Microseconds from which on a task is worth a message of its own. */
  protected abstract readonly alone: number;

  readonly id: number;
  state: LaneState = 'starting';
  /** Unanswered tasks, and the work in them in microseconds as far as it is known. */
  outstanding = 0;
  load = 0;
  /** Calls it may still take (`maxTasksPerChild`). */
  callsLeft: number;
  /** When it ran out of work; ms of the clock. */
  idleSince = 0;
  startError: unknown;
  pid: number | undefined;
  threadId: number | undefined;

  protected readonly host: LaneHost;
  protected readonly options: LaneOptions;
  protected readonly packer: Packer;
  protected readonly ledger: Sent[] = [];
  readonly #defined = new Set<number>();
  readonly #limit: Alarm;
  readonly #graceOver: Alarm;
  /** Jobs that were ended while this lane had tasks of them, and how long such a task may still run. */
  readonly #abandoned = new Map<Job, number>();
  readonly #aloneValues: unknown[] = [];
  #sequence = 0;
  #verdict: Verdict | undefined;
  #lateError: unknown;
  #wasReady = false;
  #death: Death | undefined;

  constructor(host: LaneHost, options: LaneOptions, packer: Packer) {
    this.id = options.setup.workerId;
    this.host = host;
    this.options = options;
    this.packer = packer;
    this.callsLeft = options.maxTasks;
    this.#limit = new Alarm(host.clock, () => this.#afterPoll(() => this.#overLimit()));
    this.#graceOver = new Alarm(host.clock, () => this.#afterPoll(() => this.#overGrace()));
  }

  /** Starts the worker. What goes wrong, also at once, is told by `laneGone`. */
  abstract start(): void;
  /** Sends a message; never throws for a worker that is gone. */
  protected abstract post(message: Message, transfer?: readonly unknown[]): void;
  protected abstract postTasks(sequence: number, count: number, outgoing: Outgoing): void;
  /** How many tasks, from the front of the ledger on, were or may have been started. */
  protected abstract startedTasks(): number;
  /** Takes up to `most` unstarted tasks off the end of a message; 0 where that cannot be known. */
  protected abstract retract(sent: Sent, most: number): number;
  /** Aborts the signal of the running task of this message. */
  protected abstract abortRunning(sent: Sent): void;
  /** No more work: the worker is to end by itself. */
  protected abstract endWorker(): void;
  /** End the worker now. */
  protected abstract killWorker(): void;
  /** Whether another message can be sent. */
  abstract get hasRoom(): boolean;
  /** No work came for a while. */
  abstract release(): void;

  get isIdle(): boolean {
    return this.state === 'ready' && this.outstanding === 0;
  }
  /** The chunks that are not fully answered. */
  get chunks(): readonly Chunk[] {
    return this.ledger.flatMap((sent) => sent.chunks.slice(sent.chunkAt) as Chunk[]);
  }

  send(chunks: Chunk[]): void {
    let count = 0;
    for (const chunk of chunks) {
      count += chunk.count;
      this.#define(chunk.job);
    }
    const outgoing = pack(chunks, this.packer, this.alone);
    const sequence = ++this.#sequence;
    const moved = outgoing.alone.length > 0;
    this.ledger.push({ sequence, chunks, expectations: outgoing.expectations, chunkAt: 0, offset: 0, left: count, moved });
    this.outstanding += count;
    this.callsLeft -= count - outgoing.failures.length;
    this.#postAlone(outgoing);
    try {
      this.postTasks(sequence, count, outgoing);
    } catch (error) {
      // The transport refused the message as a whole; nothing of it went out.
      this.ledger.pop();
      this.outstanding -= count;
      this.callsLeft += count;
      this.load = this.#loadLeft();
      const refusal = new TaskSerializationError(`the arguments cannot be sent: ${messageOf(error)}`, { cause: error });
      for (const chunk of chunks) {
        this.host.left(chunk, chunk.count);
        for (let i = 0; i < chunk.count; i++) chunk.job.settle(chunk.base + i, false, refusal);
      }
      this.host.laneFree(this);
      return;
    }
    this.load = this.#loadLeft();
    for (const { chunk, offset, error } of outgoing.failures) chunk.job.settle(chunk.base + offset, false, error);
  }

  /** Before the message that uses them, so that they are there when it is read. */
  #postAlone({ alone, failures }: Outgoing): void {
    for (const { value, transfer, chunk, offset, skip } of alone) {
      try {
        this.post([ALONE_VALUE, value], transfer);
      } catch (error) {
        skip();
        failures.push({ chunk, offset, error: new TaskSerializationError(`the arguments cannot be sent: ${messageOf(error)}`, { cause: error }) });
      }
    }
  }

  /** Takes back up to `most` tasks that are certainly unstarted, the last first. */
  takeBack(most: number): Chunk[] {
    const back: Chunk[] = [];
    let taken = 0;
    for (let at = this.ledger.length - 1; at >= 0 && taken < most; at--) {
      const sent = this.ledger[at] as Sent;
      if (sent.moved || sent.left === 0) continue;
      let count = this.retract(sent, most - taken);
      taken += count;
      sent.left -= count;
      while (count > 0) {
        const chunk = sent.chunks.pop() as Chunk;
        const answered = sent.chunks.length === sent.chunkAt ? sent.offset : 0;
        const cut = Math.min(count, chunk.count - answered);
        count -= cut;
        if (cut < chunk.count) {
          back.push(chunk.splitTail(cut));
          sent.chunks.push(chunk);
        } else {
          back.push(chunk);
          sent.expectations.pop();
        }
        this.host.left(back.at(-1) as Chunk, cut);
      }
    }
    if (taken > 0) this.#dropEmpty();
    this.outstanding -= taken;
    this.callsLeft += taken;
    this.load = this.#loadLeft();
    this.#retireIfDone();
    return back;
  }

  /** These jobs have ended. A task of them that runs is told, and ended by force after `grace` ms. */
  abandon(jobs: ReadonlySet<Job>, grace: number): void {
    for (const { job } of this.chunks) if (jobs.has(job)) this.#abandoned.set(job, Math.min(grace, this.#abandoned.get(job) ?? grace));
    this.#watchFront();
  }

  /** No more work for it; it ends when it has answered. */
  retire(): void {
    if (this.state === 'ready') this.state = 'retiring';
    else if (this.state === 'starting') this.kill();
    this.#retireIfDone();
  }

  /** Ends the worker now; what it had is told by `laneGone`. */
  kill(verdict: Verdict = { kind: 'end' }): void {
    if (this.state === 'gone') return;
    this.#verdict ??= verdict;
    if (this.state !== 'starting') this.state = 'ending';
    this.killWorker();
  }

  // What comes from the worker. A subclass calls these in the order in which the messages were sent.

  protected onReady(): void {
    if (this.state !== 'starting') return;
    this.#wasReady = true;
    this.state = 'ready';
    this.idleSince = this.host.clock.now();
    this.host.laneReady(this);
  }

  protected onInitFailed(thrown: unknown): void {
    const cause = this.#decode(thrown);
    this.startError = new InitializerError(`the initializer failed in worker ${this.id}: ${messageOf(cause)}`, { cause });
  }

  protected onAloneValue(value: unknown): void {
    this.#aloneValues.push(value);
  }

  protected onAnswer(count: number, values: readonly unknown[], specials: readonly unknown[] | undefined, segments: readonly number[]): void {
    if (count > this.outstanding || !Number.isInteger(count)) {
      this.host.anomaly(this);
      this.kill({ kind: 'protocol', cause: new TwinpoolError(`worker ${this.id} answered tasks that it was not given`) });
      return;
    }
    for (let i = 0; i < segments.length; i += 3) this.host.measured(segments[i] as number, segments[i + 1] as number, segments[i + 2] as number);
    // The lane is free before anyone hears of a result: whoever submits from a callback finds it so.
    this.outstanding -= count;
    this.#limit.clear();
    this.#settle(count, values, specials);
    this.load = this.#loadLeft();
    if (this.outstanding === 0) {
      this.idleSince = this.host.clock.now();
      this.#abandoned.clear();
    }
    this.#watchFront();
    this.#retireIfDone();
    this.host.laneFree(this);
  }

  protected onStarted(): void {
    const front = this.#front();
    if (front === undefined || front.job.over) return;
    this.#limit.set(front.job.settings.taskTimeout);
  }

  protected onReport(form: number, payload: unknown): void {
    const sent = this.ledger[0];
    const chunk = this.#front();
    if (sent === undefined || chunk === undefined) return;
    try {
      chunk.job.report(chunk.base + sent.offset, this.#value(form, payload));
    } catch (error) {
      this.host.lateError(this, error);
    }
  }

  protected onLateError(thrown: unknown, fatal: boolean): void {
    const error = this.#decode(thrown);
    if (fatal) this.#lateError = error;
    if (!fatal || this.outstanding === 0) this.host.lateError(this, error);
  }

  /** The worker is gone and its channel is drained. */
  protected onGone(death: Death): void {
    if (this.state === 'gone') return;
    if (this.state === 'starting') {
      this.startError ??= death.cause ?? new WorkerLostError(`worker ${this.id} ended while it was starting: ${describeDeath(death)}`, { workerId: this.id, ...death });
    }
    this.state = 'gone';
    this.#limit.stop();
    this.#graceOver.stop();
    const started: Chunk[] = [];
    const unstarted: Chunk[] = [];
    let running = this.startedTasks();
    for (const sent of this.ledger.splice(0)) {
      const runningHere = Math.min(sent.left, running);
      running -= runningHere;
      // What was moved to the worker is gone with it: such a task cannot run elsewhere.
      sortOut(sent, runningHere, started, sent.moved ? started : unstarted);
    }
    for (const chunk of [...started, ...unstarted]) this.host.left(chunk, chunk.count);
    this.outstanding = 0;
    this.load = 0;
    this.#death = death;
    this.host.laneGone(this, this.#wasReady, started, unstarted);
  }

  /** Why a task that ran here is lost. */
  lossError(taskName: string): WorkerLostError {
    const death = this.#death ?? { exitCode: null, signal: null };
    const who = this.pid === undefined ? `thread ${this.threadId ?? '?'}` : `process ${this.pid}`;
    const cause = this.#lateError ?? this.#verdict?.cause ?? death.cause;
    const why = this.#lateError === undefined ? describeDeath(death) : `an error outside of any task: ${messageOf(this.#lateError)}`;
    return new WorkerLostError(`worker ${this.id} (${who}) was lost while it ran task '${taskName}': ${why}`, {
      workerId: this.id,
      pid: this.pid,
      threadId: this.threadId,
      exitCode: death.exitCode,
      signal: death.signal,
      taskName,
      cause,
    });
  }

  /** Whether it died by itself; a worker that we ended is no loss. */
  get wasLost(): boolean {
    return this.state === 'gone' && this.#verdict === undefined;
  }

  #settle(count: number, values: readonly unknown[], specials: readonly unknown[] | undefined): void {
    let special = 0;
    for (let i = 0; i < count; ) {
      const sent = this.ledger[0];
      // A callback ended everything while we were telling it of results.
      if (sent === undefined) return;
      const chunk = sent.chunks[sent.chunkAt] as Chunk;
      const specialAt = specials !== undefined && special < specials.length ? (specials[special] as number) : count;
      const plain = Math.min(specialAt - i, chunk.count - sent.offset);
      const index = chunk.base + sent.offset;
      if (plain > 0) {
        this.#advance(sent, chunk, plain);
        if (plain === 1) chunk.job.settle(index, true, values[i]);
        else chunk.job.settleRange(index, values, i, plain);
        i += plain;
      } else {
        this.#advance(sent, chunk, 1);
        const kind = specials?.[special + 1] as number;
        const payload = specials?.[special + 2];
        special += SPECIAL_FIELDS;
        i += 1;
        if (kind === AS_THROWN) chunk.job.settle(index, false, this.#decode(payload, chunk.job.fn.name));
        else this.#settlePacked(chunk, index, kind, payload);
      }
    }
  }

  #settlePacked(chunk: Chunk, index: number, kind: number, payload: unknown): void {
    let value: unknown;
    try {
      value = this.#value(kind, payload);
    } catch (error) {
      const reason = `the result of task '${chunk.job.fn.name}' arrived but cannot be read here: ${messageOf(error)}`;
      chunk.job.settle(index, false, new TaskSerializationError(reason, { cause: error }));
      return;
    }
    chunk.job.settle(index, true, value);
  }

  /** Moves the front over `count` tasks of `chunk`, before they are settled. */
  #advance(sent: Sent, chunk: Chunk, count: number): void {
    sent.left -= count;
    sent.offset += count;
    if (sent.offset === chunk.count) {
      sent.chunks[sent.chunkAt] = undefined;
      sent.chunkAt += 1;
      sent.offset = 0;
    }
    this.host.left(chunk, count);
    if (sent.left === 0) this.ledger.shift();
  }

  #value(kind: number, payload: unknown): unknown {
    if (kind === AS_BYTES) return unpackBytes(payload);
    if (kind !== AS_ALONE) return payload;
    const value = this.#aloneValues.shift();
    if (value instanceof Undecodable) throw value.error;
    return unpackBytes(value);
  }

  #decode(thrown: unknown, taskName?: string): unknown {
    return decodeThrown(thrown as EncodedThrown, {
      workerId: this.id,
      kind: this.kind,
      ...(taskName === undefined ? {} : { taskName }),
      ...(this.pid === undefined ? {} : { pid: this.pid }),
      ...(this.threadId === undefined ? {} : { threadId: this.threadId }),
    });
  }

  #define(job: Job): void {
    const { id, descriptor } = job.fn;
    if (this.#defined.has(id)) return;
    this.#defined.add(id);
    this.post([DEFINE, id, descriptor]);
  }

  #front(): Chunk | undefined {
    const sent = this.ledger[0];
    return sent?.chunks[sent.chunkAt];
  }

  #loadLeft(): number {
    let load = 0;
    for (const sent of this.ledger) {
      for (let at = sent.chunkAt; at < sent.chunks.length; at++) {
        const chunk = sent.chunks[at] as Chunk;
        const count = at === sent.chunkAt ? chunk.count - sent.offset : chunk.count;
        load += count * chunk.job.fn.timing.estimate;
      }
    }
    return load;
  }

  #dropEmpty(): void {
    for (let at = this.ledger.length - 1; at >= 0; at--) if (this.ledger[at]?.left === 0) this.ledger.splice(at, 1);
  }

  #retireIfDone(): void {
    if (this.outstanding > 0) return;
    if (this.state === 'retiring' || (this.state === 'ready' && this.callsLeft <= 0)) {
      this.state = 'ending';
      this.#verdict ??= { kind: 'end' };
      this.endWorker();
    }
  }

  /** An abandoned task that comes to the front is running: its signal is aborted, and its time is limited. */
  #watchFront(): void {
    if (this.#abandoned.size === 0) {
      this.#graceOver.clear();
      return;
    }
    const front = this.#front();
    const grace = front === undefined ? undefined : this.#abandoned.get(front.job);
    if (grace === undefined) {
      this.#graceOver.clear();
      return;
    }
    if (grace <= 0) {
      this.kill({ kind: 'abort' });
      return;
    }
    if (!this.#graceOver.isSet) {
      this.abortRunning(this.ledger[0] as Sent);
      this.#graceOver.set(grace);
    }
  }

  /** Timers fire before results that lie there already are read: a limit is judged after one more turn of the loop. */
  #afterPoll(judge: () => void): void {
    const answered = this.#answeredSoFar();
    this.poll(() => {
      if (this.state !== 'gone' && this.#answeredSoFar() === answered) judge();
    });
  }

  /** Reads what lies in the channel, then calls `done`. */
  protected abstract poll(done: () => void): void;

  #answeredSoFar(): string {
    const sent = this.ledger[0];
    return sent === undefined ? '' : `${sent.sequence}/${sent.left}`;
  }

  #overLimit(): void {
    const chunk = this.#front();
    const sent = this.ledger[0];
    if (chunk === undefined || sent === undefined) return;
    const { fn, settings } = chunk.job;
    const error = new TaskTimeoutError(`task '${fn.name}' ran longer than its taskTimeout of ${settings.taskTimeout} ms; its worker ${this.id} was ended`);
    const { job, base } = chunk;
    const index = base + sent.offset;
    this.#disown(sent, chunk);
    this.kill({ kind: 'limit', cause: error });
    job.settle(index, false, error);
  }

  /** Puts a job that nobody waits for in the place of the front task, so that it can be settled before its worker is gone. */
  #disown(sent: Sent, chunk: Chunk): void {
    const nobody = new Disowned(chunk);
    const rest = chunk.count - sent.offset - 1;
    const place: Chunk[] = rest === 0 ? [nobody] : [nobody, chunk.splitTail(rest)];
    const expectation = sent.expectations[sent.chunkAt] as number;
    sent.chunks.splice(sent.chunkAt, 1, ...place);
    sent.expectations.splice(sent.chunkAt, 1, ...place.map(() => expectation));
    sent.offset = 0;
  }

  #overGrace(): void {
    this.kill({ kind: 'abort' });
  }
}

/** Stands for a value whose own message could not be read. */
export class Undecodable {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}

/** The place of a task that was settled before its worker answered: whatever the worker says of it is ignored. */
class Disowned extends Job implements Chunk {
  readonly base = 0;
  readonly count = 1;
  readonly spread = false;
  charge: number;

  constructor(chunk: Chunk) {
    super(chunk.job.fn, chunk.job.settings);
    this.owner = chunk.job.owner;
    this.charge = chunk.charge;
    this.over = true;
  }

  get job(): Job {
    return this;
  }
  get waiting(): number {
    return 0;
  }
  at(): unknown {
    return undefined;
  }
  splitTail(): Chunk {
    return this;
  }
  claim(): undefined {
    return undefined;
  }
  giveBack(): void {}
  settle(): void {}
  end(_error: unknown, _how: Ending): void {}
}

/** Cuts what is left of a message into its first `running` tasks and the rest. */
function sortOut(sent: Sent, running: number, started: Chunk[], rest: Chunk[]): void {
  let left = running;
  for (let at = sent.chunkAt; at < sent.chunks.length; at++) {
    let chunk = sent.chunks[at] as Chunk;
    if (at === sent.chunkAt && sent.offset > 0) chunk = chunk.splitTail(chunk.count - sent.offset);
    if (left >= chunk.count) {
      left -= chunk.count;
      started.push(chunk);
    } else if (left > 0) {
      rest.push(chunk.splitTail(chunk.count - left));
      started.push(chunk);
      left = 0;
    } else rest.push(chunk);
  }
}

function describeDeath({ exitCode, signal }: Death): string {
  if (signal !== null) return `it was ended by ${signal}${signal === 'SIGKILL' ? ' (by hand, or for lack of memory)' : ''}`;
  return exitCode === null ? 'it is gone' : `it exited with code ${exitCode}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
