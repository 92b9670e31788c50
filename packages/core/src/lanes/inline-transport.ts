/**
 * Runs tasks in the calling thread: the worker of a runtime of kind 'inline'.
 *
 *   post --copy--> [DEFINE, TASKS ...] --a later turn--> Runner --send, copy--> [ANSWER ...] --the end of that turn--> the lane
 *
 * - Values are copied by a MessageChannel, as for a thread. A function is not sent: a descriptor that has one in this program is passed as it is.
 * - A turn of the event loop gives the runner at most one message with tasks, so timers and sockets of the program go on in between.
 * - No code is ended. `kill` abandons the worker: no further task of it starts, the signal of the running one is aborted, and its answer is dropped.
 *   Answers from before are still delivered. The worker is gone soon after, and the code goes on although no caller waits for it.
 *
 * The turns begin in the async context in which this file was loaded: a task does not see the storages of the code that passed it.
 */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { afterMicrotasks, afterTurn } from '../primitives/time.ts';
import {
  ACKNOWLEDGED,
  ANSWER,
  abortMessage,
  BLOCKING,
  DEFINE,
  INIT,
  type Message,
  RETIRE,
  TASKS,
  type WorkerSetup,
} from '../wire/messages.ts';
import type { PackedRuns } from '../wire/pack-runs.ts';
import { inlineRunner } from '../worker/inline.ts';
import { newScope } from '../worker/ownership.ts';
import type { Runner } from '../worker/runner.ts';
import type { WorkerTransport } from '../worker/transport.ts';
import { heapAndExternal, UsedMemory } from '../worker/used-memory.ts';
import type { SentMessage } from './in-flight.ts';
import type { Transport, TransportContext, TransportFactory, TransportOwner } from './transport.ts';
import type { ExitStatus } from './worker-exit.ts';

export const INLINE_CAPABILITIES: TransportFactory['capabilities'] = { sharesMemory: true, movesBuffers: true };

/** A message after its copy, or why the copy cannot be read. */
type Copied = { readonly message: Message } | { readonly error: unknown };

/** The tasks of one message: those from `next` to `end` have not started. */
interface Claims {
  next: number;
  end: number;
}

/** More than a worker can have. */
const MOST_SLOTS = 2 ** 20;

const OUTSIDE = newScope('TWINPOOL_INLINE');

export class InlineTransport implements Transport {
  readonly kind = 'inline';
  readonly canTakeBack = true;
  readonly canInterrupt = false;
  readonly ownMessageFrom = 5;
  readonly pid = undefined;
  readonly threadId = undefined;
  readonly #context: TransportContext;
  readonly #channel = new MessageChannel();
  readonly #toWorker: Copied[] = [];
  readonly #toLane: Copied[] = [];
  readonly #aborts: Message[] = [];
  /** The task of each slot, by message and place, that was aborted last. */
  readonly #aborted = new Map<number, readonly [sequence: number, place: number]>();
  /** By cell: a number for each message of each slot. */
  readonly #claims = new Map<number, Claims>();
  #owner!: TransportOwner;
  #runner!: Runner;
  #isTurnPlanned = false;
  #isAbandoned = false;
  /** How the worker ends, once that is decided. From then on no task starts. */
  #exit: ExitStatus | undefined;
  #isGone = false;

  constructor(context: TransportContext) {
    this.#context = context;
  }

  get isAnswerHeld(): boolean {
    return this.#toLane.some((copied) => 'message' in copied && copied.message[0] === ANSWER);
  }

  hasRoom(): boolean {
    return true;
  }

  start(owner: TransportOwner): void {
    this.#owner = owner;
    this.#runner = OUTSIDE.runInAsyncScope(() => inlineRunner(this.#farSide()));
    this.post([INIT, this.#context.setup]);
  }

  post(message: Message, transfer?: readonly unknown[]): void {
    if (this.#exit !== undefined) return;
    this.#toWorker.push(this.#copied(message, transfer));
    this.#planTurn();
  }

  postTasks(slot: number, sequence: number, count: number, { runs, transfer }: PackedRuns): void {
    const cell = cellOf(slot, sequence);
    this.post(slot === 0 ? [TASKS, sequence, cell, runs] : [TASKS, sequence, cell, runs, slot], transfer);
    this.#claims.set(cell, { next: 0, end: count });
  }

  accept(message: Message): string | undefined {
    if (message[0] === ANSWER) this.#acknowledge(message[5] as number, message[7] as number | undefined);
    else if (message[0] === ACKNOWLEDGED) this.#acknowledge(message[1] as number, message[2] as number | undefined);
    return undefined;
  }

  countStarted(slot: number, messages: readonly SentMessage[]): number {
    let started = 0;
    for (const { sequence, left } of messages) {
      const { next, end } = this.#claims.get(cellOf(slot, sequence)) ?? { next: left, end: left };
      // `end` went down with every task that was taken back, so `end - left` tasks are answered.
      started += next - (end - left);
    }
    return started;
  }

  takeBack(slot: number, { sequence, left }: SentMessage, most: number): number {
    const claims = this.#claims.get(cellOf(slot, sequence));
    if (claims === undefined) return 0;
    const count = Math.min(most, left, claims.end - claims.next);
    claims.end -= count;
    return count;
  }

  abort(slot: number, sequence: number, place: number, isFinal: boolean): void {
    this.#aborted.set(slot, [sequence, place]);
    this.#aborts.push(abortMessage(slot, sequence, place, isFinal));
    this.#planTurn();
  }

  release(): void {
    // The worker never keeps the event loop.
  }

  finish(finalizes: boolean): void {
    this.post([RETIRE, finalizes]);
  }

  kill(): void {
    this.#isAbandoned = true;
    this.#exit ??= { exitCode: null, signal: null };
    // Before the code that learns of the end goes on: its next task finds that this worker is gone.
    OUTSIDE.runInAsyncScope(() => afterMicrotasks(() => this.#turn()));
  }

  stoppedFor(): number {
    return 0;
  }

  #farSide(): WorkerTransport {
    return {
      kind: 'inline',
      capabilities: INLINE_CAPABILITIES,
      mode: BLOCKING,
      memory: new UsedMemory(heapAndExternal, 0),
      claim: (cell, most) => this.#claim(cell, most),
      unclaim: (cell) => this.#unclaim(cell),
      send: (message, transfer) => this.#send(message, transfer),
      keepTurning: () => undefined,
      idle: () => this.#toWorker.length > 0 && this.#planTurn(),
      isAborted: (slot, sequence, place) => this.#aborted.get(slot)?.[0] === sequence && this.#aborted.get(slot)?.[1] === place,
      exit: (exitCode) => this.#end({ exitCode, signal: null }),
    };
  }

  /** The messages of a slot up to this one were read. */
  #acknowledge(sequence: number, slot = 0): void {
    for (const cell of this.#claims.keys()) if (cell % MOST_SLOTS === slot && cell <= cellOf(slot, sequence)) this.#claims.delete(cell);
  }

  #claim(cell: number, most: number): number {
    const claims = this.#claims.get(cell);
    if (claims === undefined || this.#exit !== undefined) return 0;
    const count = Math.min(most, claims.end - claims.next);
    claims.next += count;
    return count;
  }

  #unclaim(cell: number): void {
    const claims = this.#claims.get(cell);
    if (claims !== undefined) claims.next -= 1;
  }

  #send(message: Message, transfer: readonly unknown[] | undefined): void {
    if (this.#exit !== undefined) return;
    this.#toLane.push(this.#copied(message, transfer));
    this.#planTurn();
  }

  /** Throws if the message cannot be sent. */
  #copied(message: Message, transfer: readonly unknown[] = []): Copied {
    if (message[0] === DEFINE) return { message };
    if (message[0] === INIT) return { message: [INIT, this.#copiedSetup(message[1] as WorkerSetup)] };
    this.#channel.port1.postMessage(message, transfer as ArrayBuffer[]);
    try {
      return receiveMessageOnPort(this.#channel.port2) as { message: Message };
    } catch (error) {
      return { error };
    }
  }

  #copiedSetup(setup: WorkerSetup): WorkerSetup {
    const { workerData, initargs, finalargs } = setup;
    this.#channel.port1.postMessage({ workerData, initargs, finalargs });
    const copy = receiveMessageOnPort(this.#channel.port2)?.message as Pick<WorkerSetup, 'workerData' | 'initargs' | 'finalargs'>;
    return { ...setup, ...copy };
  }

  #planTurn(): void {
    if (this.#isTurnPlanned || this.#isGone) return;
    this.#isTurnPlanned = true;
    OUTSIDE.runInAsyncScope(() => afterTurn(() => this.#turn()));
  }

  #turn(): void {
    this.#isTurnPlanned = false;
    if (this.#isGone) return;
    if (this.#isAbandoned) this.#runner.abandon();
    else this.#giveWork();
    this.#deliver();
    if (this.#exit !== undefined && this.#toLane.length === 0) this.#reportExit(this.#exit);
  }

  /** Aborts go first: the task that they name is already there. */
  #giveWork(): void {
    for (const abort of this.#aborts) this.#runner.receive(abort);
    this.#aborts.length = 0;
    if (this.#toWorker.length === 0) return;
    let hasTasks = false;
    while (this.#exit === undefined) {
      const [next] = this.#toWorker;
      if (next === undefined) break;
      if ('error' in next) this.#runner.receiveUnreadable(next.error);
      else if (next.message[0] === RETIRE) this.#leave(next.message[1] === true);
      else if (next.message[0] !== TASKS) this.#runner.receive(next.message);
      else if (hasTasks || !this.#takesTasks()) break;
      else {
        hasTasks = true;
        this.#runner.receive(next.message);
      }
      this.#toWorker.shift();
    }
    this.#runner.drive();
    if (this.#toWorker.length > 0 && this.#takesTasks()) this.#planTurn();
  }

  /** The one slot of the worker is free, or each of several has at most one task. */
  #takesTasks(): boolean {
    return this.#runner.isShared || this.#runner.isIdle;
  }

  #deliver(): void {
    for (let next = this.#toLane.shift(); next !== undefined; next = this.#toLane.shift()) {
      if ('error' in next) this.#owner.unreadable(next.error);
      else this.#owner.received(next.message);
    }
  }

  #leave(finalizes: boolean): void {
    const end = () => this.#end({ exitCode: 0, signal: null });
    if (finalizes) this.#runner.finalize(end);
    else end();
  }

  #end(exit: ExitStatus): void {
    if (this.#exit !== undefined) return;
    this.#exit = exit;
    this.#planTurn();
  }

  #reportExit(exit: ExitStatus): void {
    this.#isGone = true;
    this.#channel.port1.close();
    this.#owner.gone(exit);
  }
}

function cellOf(slot: number, sequence: number): number {
  return sequence * MOST_SLOTS + slot;
}
