/**
 * Sends tasks to one slot of a worker: packs chunks into a message, defines their functions first, and records the tasks as in flight.
 *
 *   send(chunks) --DEFINE what is unknown, pack--> in flight --SEPARATE_VALUE ..., TASKS--> transport
 *                    |                                |               '--an item cannot travel--> its task is settled, its place stays
 *                    |                                '--the message is refused: halves; a task that is refused alone is settled
 *                    '--packing ran user code that ended jobs or the worker: the other chunks are sent, or given back
 *
 * It also counts down the calls that the worker may still take (`maxTasksPerChild`), which its slots share. It does not know which worker a task should
 * go to, nor answers.
 */
import { TaskSerializationError } from '../errors.ts';
import type { Chunk } from '../jobs/job.ts';
import { publishStarts, taskChannel } from '../observability/diagnostics.ts';
import { messageOf } from '../primitives/message-of.ts';
import type { TaskFunction } from '../tasks/task-function.ts';
import { DEFINE, FORGET, SEPARATE_VALUE, VALUE_OF } from '../wire/messages.ts';
import { type PackedRuns, packRuns } from '../wire/pack-runs.ts';
import type { Packer } from '../wire/packer.ts';
import { halves, type InFlight, Placeholder } from './in-flight.ts';
import type { KnownFunctions } from './known-functions.ts';
import type { LaneState } from './lane-state.ts';
import type { Transport } from './transport.ts';

/** Calls that a worker may still take. */
export interface CallBudget {
  left: number;
}

/** What a sender asks of its lane, and what it reports to it. */
export interface SenderActions {
  state(): LaneState;
  /** What the worker has, in all its slots. */
  chunks(): readonly Chunk[];
  /** Tasks go to the worker now. */
  sending(): void;
  /** `count` tasks of a chunk leave the lane without a run. */
  leftUnrun(chunk: Chunk, count: number): void;
  /** Tasks must run elsewhere. */
  givenBack(chunks: readonly Chunk[]): void;
  /** A task was refused: the lane may have room. */
  freed(): void;
}

/** What the slots of a worker share when they send. */
export interface SenderLine {
  readonly workerId: number;
  readonly transport: Transport;
  readonly packer: Packer;
  readonly functions: KnownFunctions;
  readonly calls: CallBudget;
  /** The worker has several slots. */
  readonly isShared: boolean;
  /** The worker says when each task begins. */
  readonly isAnnounced: boolean;
}

export class TaskSender {
  readonly #line: SenderLine;
  readonly #slot: number;
  readonly #transport: Transport;
  readonly #inFlight: InFlight;
  readonly #actions: SenderActions;
  #sequence = 0;
  #packing: Chunk[] | undefined;

  constructor(line: SenderLine, slot: number, inFlight: InFlight, actions: SenderActions) {
    this.#line = line;
    this.#slot = slot;
    this.#transport = line.transport;
    this.#inFlight = inFlight;
    this.#actions = actions;
  }

  /** Chunks whose arguments are being read. */
  get packing(): readonly Chunk[] | undefined {
    return this.#packing;
  }

  send(chunks: Chunk[]): void {
    let count = 0;
    for (const chunk of chunks) {
      count += chunk.count;
      this.#define(chunk.job.fn);
    }
    const { packer, functions, calls, isAnnounced } = this.#line;
    const state = this.#actions.state();
    this.#packing = chunks;
    const outgoing = packRuns(chunks, packer, this.#transport.ownMessageFrom, isAnnounced);
    this.#packing = undefined;
    if (this.#actions.state() !== state || chunks.some(({ job }) => job.isOver)) {
      this.#sendOthers(chunks);
      return;
    }
    const sequence = ++this.#sequence;
    this.#actions.sending();
    this.#inFlight.add(sequence, chunks, outgoing.expectations, count, outgoing.separate.length > 0);
    calls.left -= count - outgoing.failures.length;
    if (functions.areTooMany) this.#forget();
    if (taskChannel.hasSubscribers) publishStarts(this.#line.workerId, chunks);
    if (outgoing.separate.length > 0) this.#postSeparateValues(outgoing);
    try {
      this.#transport.postTasks(this.#slot, sequence, count, outgoing);
    } catch (error) {
      // The transport refused the message as a whole; nothing of it was sent.
      this.#inFlight.removeLast();
      calls.left += count - outgoing.failures.length;
      this.#sendLess(chunks, count, error);
      return;
    }
    if (outgoing.failures.length > 0) this.#settleUnsendable(outgoing);
  }

  /** The tasks were taken back from the worker. */
  tookBack(chunk: Chunk): void {
    // A place without a call was not charged for one.
    if (!(chunk instanceof Placeholder)) this.#line.calls.left += chunk.count;
    this.#actions.leftUnrun(chunk, chunk.count);
  }

  /** A getter of an argument, which is user code, has ended jobs or this worker: what ended is not sent. */
  #sendOthers(chunks: Chunk[]): void {
    for (const chunk of chunks) if (chunk.job.isOver) this.#actions.leftUnrun(chunk, chunk.count);
    const others = chunks.filter(({ job }) => !job.isOver);
    if (this.#actions.state() === 'ready' && others.length > 0) {
      this.send(others);
      return;
    }
    for (const chunk of others) this.#actions.leftUnrun(chunk, chunk.count);
    this.#actions.givenBack(others);
  }

  /** The tasks may have been too much together. A task that is refused alone has failed. */
  #sendLess(chunks: Chunk[], count: number, error: unknown): void {
    if (count > 1) {
      for (const half of halves(chunks, count)) this.send(half);
      return;
    }
    const [chunk] = chunks as [Chunk];
    this.#actions.leftUnrun(chunk, 1);
    chunk.job.settle(chunk.base, false, error instanceof TaskSerializationError ? error : unsendable(error));
    this.#actions.freed();
  }

  /** Posts them before the message that uses them, so that they are there when it is read. */
  #postSeparateValues({ separate, failures }: PackedRuns<Chunk>): void {
    for (const { value, transfer, chunk, offset, skip } of separate) {
      try {
        if (this.#line.isShared) this.#transport.post([VALUE_OF, this.#slot]);
        this.#transport.post([SEPARATE_VALUE, value], transfer);
        if (transfer.length > 0) chunk.job.mayNotRerun(chunk.base + offset);
      } catch (error) {
        skip();
        failures.push({ chunk, offset, error: unsendable(error) });
      }
    }
  }

  /**
   * The worker answers their places too, with nothing. Each task leaves just before it is settled: that runs code of the user, which may end the jobs of
   * the others, and what ends a job counts the tasks that have not left.
   */
  #settleUnsendable({ failures }: PackedRuns<Chunk>): void {
    for (const { chunk, offset } of [...failures].reverse()) this.#inFlight.replaceInLast(chunk, offset);
    for (const { chunk, offset, error } of failures) {
      this.#actions.leftUnrun(chunk, 1);
      chunk.job.settle(chunk.base + offset, false, error);
    }
  }

  #define({ id, descriptor }: TaskFunction): void {
    const { functions } = this.#line;
    if (functions.has(id)) return;
    functions.add(id);
    this.#transport.post([DEFINE, id, descriptor]);
  }

  /** The worker forgets functions of which it has no tasks. */
  #forget(): void {
    const forgotten = this.#line.functions.forget(new Set(this.#actions.chunks().map(({ job }) => job.fn.id)));
    if (forgotten.length > 0) this.#transport.post([FORGET, forgotten]);
  }
}

function unsendable(cause: unknown): TaskSerializationError {
  return new TaskSerializationError(`the arguments cannot be sent: ${messageOf(cause)}`, { cause });
}
