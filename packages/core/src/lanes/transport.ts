/**
 * Defines what a lane and its transport know of each other: how messages reach one worker, and how that worker is started and ended.
 *
 *   Lane --start, post, postTasks, abort, release, finish, kill--> Transport --> worker
 *   Lane <--received, unreadable, distrust, startFailed, gone----- Transport <-- worker
 *
 * A thread, a process, the calling thread (inline), the fake worker of the tests, and a worker in another place are five transports. Each keeps these rules:
 *
 * - It delivers the messages of the worker in the order in which the worker sent them, each to `received`, whatever they contain.
 * - It calls `gone` once, after it has delivered all that the worker had sent, and nothing after that. A start that fails also ends with `gone`.
 * - `post` does not throw because the worker is gone. It throws if the message cannot be sent; then nothing of the message was sent.
 *
 * A worker has one slot or several, numbered from 0; each has a count of messages of its own. A transport does not know jobs, functions and results. A
 * lane does not know how bytes travel.
 */
import type { TwinpoolError } from '../errors.ts';
import type { Chunk } from '../jobs/job.ts';
import type { RuntimeStats } from '../observability/runtime-stats.ts';
import type { PerWorkerOptions } from '../options/options.ts';
import type { Clock } from '../primitives/clock.ts';
import type { TaskFunction } from '../tasks/task-function.ts';
import type { BufferOutlet, BufferSource } from '../wire/buffer-passing.ts';
import type { Message, WorkerSetup } from '../wire/messages.ts';
import type { PackedRuns } from '../wire/pack-runs.ts';
import type { TransportCapabilities } from '../wire/sendability-check.ts';
import type { SentMessage } from './in-flight.ts';
import type { ExitStatus } from './worker-exit.ts';

export interface Transport {
  /** The kind of worker, for messages and statistics. */
  readonly kind: string;
  /** Whether tasks that the worker has not started can be taken back. If not, the scheduler hands over less ahead. */
  readonly canTakeBack: boolean;
  /** Whether the code of a task can be ended. If not, its time limit is also judged when it has ended. */
  readonly canInterrupt: boolean;
  /** The task length from which on a message per task is cheap enough, in microseconds. */
  readonly ownMessageFrom: number;
  /**
   * Microseconds of work that one message should hold, because a message is expensive. Tasks of different settings do not share such a message, and a chunk
   * that the caller cut has a message of its own. Absent: the scheduler hands over as little as keeps the worker busy.
   */
  readonly batch?: number | undefined;
  /** `undefined` if the worker is not a process of its own, and before it has started. */
  readonly pid: number | undefined;
  /** `undefined` if the worker is not a thread, and before it has started. */
  readonly threadId: number | undefined;
  /** Large buffers that travel outside of messages. Absent: all are part of their messages. */
  readonly buffers?: (BufferOutlet & BufferSource) | undefined;
  /** Whether an answer of the worker has arrived that the transport must not deliver yet. */
  readonly isAnswerHeld: boolean;

  /** Whether another message with tasks can be sent to this slot now. */
  hasRoom(slot: number): boolean;
  /** Starts the worker. Reports every failure through `owner`, also one that is known at once. */
  start(owner: TransportOwner): void;
  post(message: Message, transfer?: readonly unknown[]): void;
  /** Sends message `sequence` of a slot, with `count` tasks. */
  postTasks(slot: number, sequence: number, count: number, outgoing: PackedRuns<Chunk>): void;
  /** Updates the books of the channel from a well-formed message. Returns what is wrong with the message, as the end of a sentence. */
  accept(message: Message): string | undefined;
  /**
   * The number of tasks, from the oldest of the `messages` of a slot on, that have started or may have started. After the worker has broken the protocol
   * it is used only if `canTakeBack`: it must not depend on answers then.
   */
  countStarted(slot: number, messages: readonly SentMessage[]): number;
  /** Takes up to `most` tasks that have not started off the end of a message. Returns how many; 0 if that cannot be known. */
  takeBack(slot: number, sent: SentMessage, most: number): number;
  /**
   * Aborts the signal of the task at `place` of message `sequence`, if that task is still running when the worker reads this. `isFinal`: the program has
   * settled the task.
   */
  abort(slot: number, sequence: number, place: number, isFinal: boolean): void;
  /** The worker has had no work for some time: it may wait in a way that serves timers and sockets of user code. */
  release(): void;
  /**
   * The answers to the `outstanding` tasks that the worker has are expected within microseconds: the transport may poll for them. A transport without this
   * method never polls.
   */
  expectAnswer?(outstanding: number): void;
  /**
   * There is no more work: the worker ends without being forced. `finalizes`: it runs its finalizer first, and the lane limits its time; else it is ended by
   * force after `killGrace`.
   */
  finish(finalizes: boolean): void;
  /** Ends the worker now; with `force` without asking it first. */
  kill(force: boolean): void;
  /** Milliseconds, so far, for which the worker was stopped together with the program. */
  stoppedFor(): number;
}

/** What a transport reports to its lane, and what it asks the lane. */
export interface TransportOwner {
  /** A message of the worker. Its form has not been checked. */
  received(message: unknown): void;
  /** A value that the worker sent in a message of its own has arrived and cannot be read. */
  unreadable(error: unknown): void;
  /** The worker has broken the protocol. `what`: the rest of a sentence about the worker. The lane ends the worker. */
  distrust(what: string, cause?: unknown): void;
  /** Why the worker will not start; `gone` follows. */
  startFailed(error: unknown): void;
  gone(exit: ExitStatus): void;

  /** The worker has not sent READY. */
  readonly isStarting: boolean;
  /** The lane has asked the worker to end, or has ended it. */
  readonly isEnding: boolean;
  /** The worker is starting, has tasks, or runs its finalizer. */
  readonly isBusy: boolean;
  /** False once the worker has broken the protocol: the lane ignores its messages. */
  readonly isTrusted: boolean;
  /** The number of messages with tasks that are not fully answered. */
  readonly unanswered: number;
  /** The signal for the processes that the worker has started, once it has left; `undefined`: they may stay. */
  readonly descendantSignal: 'SIGTERM' | 'SIGKILL' | undefined;
}

/** What a new transport needs. */
export interface TransportContext {
  readonly clock: Clock;
  /** The first message that the worker gets. */
  readonly setup: WorkerSetup;
  /** What `perWorker` gave to this worker. */
  readonly only: PerWorkerOptions;
  /** Milliseconds between asking the worker to end and ending it by force. */
  readonly killGrace: number;
}

/** Makes the transports of one runtime. */
export interface TransportFactory {
  /** The workers are in the calling thread, and call the functions that the program passes as they are. Default: they are elsewhere. */
  readonly isHere?: boolean | undefined;
  /** What values can do on their way to these workers. */
  readonly capabilities: Omit<TransportCapabilities, 'maxPayloadBytes'>;
  /** The workers are on other machines: what concerns each single worker is not supported. */
  readonly isRemote?: boolean | undefined;
  /** What is known of workers on other machines; it replaces the counters of lanes. */
  remoteStats?(busyLanes: number): Partial<RuntimeStats>;
  /** Why a task cannot run in these workers; `undefined`: it can. Default: it is judged by what was found of its function. */
  faultOf?(fn: TaskFunction): TwinpoolError | undefined;
  make(context: TransportContext): Transport;
  /** What watches over these workers and ends after the last of them; `undefined` when nothing does. */
  afterWorkers(): Promise<void> | undefined;
}
