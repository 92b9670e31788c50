/**
 * Reaches and ends one worker thread (thread-start.ts starts it).
 *
 * The supervisor alone decides when a thread is started. Its set-up gives a port and shared memory to worker/thread.ts; messages use both.
 *
 *   ring, port ------ INIT, DEFINE, TASKS ... ----->  worker        cells[cell of a message]: next:16 | end:16
 *              <----- READY, ANSWER, REPORT ... ----                 the rings and how each side waits: wire/ring-port.ts
 *
 * The worker moves `next` up, one task at a time; this side moves `end` down to take tasks back. Both use compare-and-swap, so a task runs or is
 * taken back, and never both. At `exit` ring and port are read until they are empty before the thread counts as gone: finished results win.
 */
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import { Alarm } from '../primitives/clock.ts';
import { afterMicrotasks } from '../primitives/time.ts';
import {
  ABORT_MESSAGE,
  ABORT_TASK,
  ATTENTIVE,
  cellOfMessage,
  cellOfSlot,
  cellsFor,
  endOfClaims,
  IN_LOOP,
  messagesPerSlot,
  nextClaim,
  packClaims,
  type ThreadSetup,
  toLane,
  toWorker,
} from '../wire/cells.ts';
import { isOutput } from '../wire/message-faults.ts';
import { ACKNOWLEDGED, ANSWER, abortMessage, INIT, LATE, type Message, MODE, RETIRE, TASKS } from '../wire/messages.ts';
import type { PackedRuns } from '../wire/pack-runs.ts';
import { RingPort } from '../wire/ring-port.ts';
import { expectAnswer, type PolledChannel } from './answer-poll.ts';
import { DebuggerWatch } from './debugger-watch.ts';
import type { SentMessage } from './in-flight.ts';
import { OutputGate } from './output-gate.ts';
import type { OutputStreams } from './output-streams.ts';
import { type StartedThread, startThread } from './thread-start.ts';
import type { Transport, TransportContext, TransportFactory, TransportOwner } from './transport.ts';

export interface ThreadOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
  readonly resourceLimits: NodeJS.ReadOnlyDict<number> | undefined;
  /** Where the thread prints to; `undefined`: to the streams of this program. */
  readonly output: OutputStreams | undefined;
  /** The port of the program's inspector, if a debugger may attach to the thread. */
  readonly debuggerPort: number | undefined;
  /** Whether the program polls for answers that are expected soon. */
  readonly polls: boolean;
}

/** ms. A thread that is awake answers within some microseconds. */
const LONGEST_POLL = 0.03;
const LOOKS_AT_ONCE = 24;

export const THREAD_CAPABILITIES: TransportFactory['capabilities'] = { sharesMemory: true, movesBuffers: true };

export class ThreadTransport implements Transport, PolledChannel {
  readonly kind = 'thread';
  readonly canTakeBack = true;
  readonly canInterrupt = true;
  /** `postMessage` costs half a microsecond here. */
  readonly ownMessageFrom = 5;
  readonly pid = undefined;
  readonly #context: TransportContext;
  readonly #options: ThreadOptions;
  readonly #slots: number;
  readonly #messages: number;
  readonly #cells: Int32Array;
  readonly #gate = new OutputGate();
  #debuggerWatch: DebuggerWatch | undefined;
  #owner!: TransportOwner;
  #thread: StartedThread | undefined;
  #worker: Worker | undefined;
  /** Node forgets it when the thread exits. */
  #threadId: number | undefined;
  #port: MessagePort | undefined;
  #line: RingPort | undefined;
  /** By slot: the number of the last message with tasks, and of the last one that the worker has acknowledged. */
  readonly #sent: number[];
  readonly #acknowledged: number[];
  /** The error that the thread threw. It comes before `exit`, which alone says that the thread is gone. */
  #fault: unknown;
  #hasExited = false;
  #heldAnswers = 0;
  isExpected = false;
  isAttended = false;
  readonly longestPoll: number = LONGEST_POLL;
  readonly looksAtOnce: number = LOOKS_AT_ONCE;
  readonly isPolledAlone: boolean = false;
  readonly isAttendedAtOnce: boolean = true;

  constructor(context: TransportContext, options: ThreadOptions) {
    const slots = context.setup.slots ?? 1;
    this.#context = context;
    this.#options = options;
    this.#slots = slots;
    this.#messages = messagesPerSlot(slots);
    this.#cells = new Int32Array(new SharedArrayBuffer(cellsFor(slots) * Int32Array.BYTES_PER_ELEMENT));
    this.#sent = new Array<number>(slots).fill(0);
    this.#acknowledged = new Array<number>(slots).fill(0);
  }

  get threadId(): number | undefined {
    return this.#threadId;
  }
  get isAnswerHeld(): boolean {
    return this.#heldAnswers > 0;
  }

  hasRoom(slot: number): boolean {
    return (this.#sent[slot] as number) - (this.#acknowledged[slot] as number) < this.#messages - 1;
  }

  start(owner: TransportOwner): void {
    this.#owner = owner;
    const { debuggerPort } = this.#options;
    if (debuggerPort !== undefined) this.#debuggerWatch = new DebuggerWatch(this.#context.clock, debuggerPort);
    try {
      this.#start();
    } catch (error) {
      owner.startFailed(error);
      afterMicrotasks(() => this.#exited(null));
    }
  }

  post(message: Message, transfer?: readonly unknown[]): void {
    this.#line?.send(message, transfer);
  }

  postTasks(slot: number, sequence: number, count: number, { runs, transfer, separate }: PackedRuns): void {
    const cell = this.#cellOf(slot, sequence);
    // A plain store: the worker reads the cell only after the message, which is published after it.
    this.#cells[cell] = packClaims(0, count);
    this.#sent[slot] = sequence;
    const of = slot === 0 ? undefined : slot;
    if (separate.length > 0) this.post([TASKS, sequence, cell, runs, of, true], transfer);
    else this.post(slot === 0 ? [TASKS, sequence, cell, runs] : [TASKS, sequence, cell, runs, slot], transfer);
  }

  accept(message: Message): string | undefined {
    switch (message[0]) {
      case ANSWER:
        return this.#acknowledge(message[5] as number, message[7] as number | undefined);
      case ACKNOWLEDGED:
        return this.#acknowledge(message[1] as number, message[2] as number | undefined);
      case LATE:
        if (message[2] === true) this.#seeOff();
        return undefined;
      case MODE:
        return 'it sent a message that threads do not send';
      default:
        return undefined;
    }
  }

  countStarted(slot: number, messages: readonly SentMessage[]): number {
    let started = 0;
    for (const { sequence, left } of messages) {
      const cell = Atomics.load(this.#cells, this.#cellOf(slot, sequence));
      // `end` went down with every task that was taken back, so `end - left` tasks are answered. The worker writes to this memory too:
      // whatever it contains, a message has no more tasks than are left of it.
      started += Math.max(0, Math.min(left, nextClaim(cell) - (endOfClaims(cell) - left)));
    }
    return started;
  }

  takeBack(slot: number, { sequence, left }: SentMessage, most: number): number {
    const at = this.#cellOf(slot, sequence);
    for (;;) {
      const cell = Atomics.load(this.#cells, at);
      const count = Math.min(most, left, endOfClaims(cell) - nextClaim(cell));
      if (count <= 0) return 0;
      const changed = packClaims(nextClaim(cell), endOfClaims(cell) - count);
      if (Atomics.compareExchange(this.#cells, at, cell, changed) === cell) return count;
    }
  }

  abort(slot: number, sequence: number, place: number, isFinal: boolean): void {
    const first = cellOfSlot(slot, this.#slots);
    Atomics.store(this.#cells, first + ABORT_TASK, place);
    Atomics.store(this.#cells, first + ABORT_MESSAGE, sequence);
    this.post(abortMessage(slot, sequence, place, isFinal));
  }

  release(): void {
    // The sleep of the thread is bounded.
  }

  expectAnswer(): void {
    if (this.#options.polls) expectAnswer(this);
  }

  get isAwaited(): boolean {
    return this.#owner.unanswered > 0;
  }

  get hasNews(): boolean {
    return this.#line?.hasNews === true;
  }

  /** Reads what is there. This is cheaper than an event per message. */
  read(): void {
    this.#line?.read();
  }

  attend(): void {
    this.#line?.wait(ATTENTIVE);
  }

  rest(): void {
    this.#line?.wait(IN_LOOP);
    // The worker may have seen the state before.
    this.#line?.read();
  }

  finish(finalizes: boolean): void {
    this.post([RETIRE, finalizes]);
    if (!finalizes) this.#killLater();
  }

  kill(force: boolean): void {
    const worker = this.#worker;
    if (worker === undefined) return;
    if (this.#hasExited) {
      this.#boundHold();
      return;
    }
    if (this.#owner.isStarting && !force) {
      // The thread is importing its own program. Node 20 never closes a file that a terminated thread was about to read: the thread leaves instead.
      this.finish(false);
      return;
    }
    void worker.terminate();
    // A thread inside a native call ends when the call returns. The lane does not wait for that.
    this.#unlessItExits(() => this.#exited(null));
  }

  stoppedFor(): number {
    // A stopped thread has no observer outside of this process.
    return this.#debuggerWatch?.attachedFor() ?? 0;
  }

  #start(): void {
    const { env, argv, execArgv, resourceLimits } = this.#options;
    const options = { env, argv: [...argv], execArgv: [...execArgv], resourceLimits: resourceLimits ?? {} };
    const thread = startThread(this.#openPort(), options, {
      failed: (error) => {
        this.#owner.startFailed(error);
        void this.#worker?.terminate();
      },
      fault: (error) => {
        this.#fault ??= error;
      },
    });
    const { worker } = thread;
    this.#thread = thread;
    this.#worker = worker;
    this.#threadId = worker.threadId;
    worker.on('exit', (code: number) => this.#exited(code));
  }

  /** Makes the channel, with INIT in it; returns the end of the thread. */
  #openPort(): ThreadSetup {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#line = new RingPort(port1, this.#cells, toWorker(this.#slots), toLane(this.#slots), {
      received: (message) => this.#arrived(message),
      unreadable: (error) => this.#arrivedUnreadable(error),
      broken: (error) => this.#gate.afterHeld(() => this.#owner.distrust('its ring is malformed', error)),
    });
    this.#line.listen();
    port1.unref();
    this.post([INIT, this.#context.setup]);
    return { port: port2, cells: this.#cells, slots: this.#slots };
  }

  /** The thread has said its last word. If an 'exit' listener of user code throws, Node does not end the thread. */
  #seeOff(): void {
    if (this.#owner.isEnding) void this.#worker?.terminate();
    else this.#killLater();
  }

  #killLater(): void {
    this.#unlessItExits(() => this.kill(true));
  }

  #unlessItExits(then: () => void): void {
    const bound = new Alarm(this.#context.clock, then, { standsStill: true });
    bound.set(this.#context.killGrace);
    this.#worker?.once('exit', () => bound.stop());
  }

  #arrived(message: unknown): void {
    if (isOutput(message)) {
      const [, name, chunk, encoding] = message;
      const { output } = this.#options;
      if (!this.#owner.isTrusted) return;
      if (output === undefined) this.#gate.print(name, chunk, encoding);
      else output.push(name, typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    } else if (this.#gate.isOpen) this.#owner.received(message);
    else {
      const answers = Array.isArray(message) && message[0] === ANSWER ? 1 : 0;
      this.#heldAnswers += answers;
      this.#gate.afterHeld(() => {
        this.#heldAnswers -= answers;
        this.#owner.received(message);
      });
    }
  }

  #arrivedUnreadable(error: unknown): void {
    this.#gate.afterHeld(() => this.#owner.unreadable(error));
  }

  /** The cells of the messages of the slot up to this one may be used again. Returns what is wrong with the numbers. */
  #acknowledge(sequence: number, slot = 0): string | undefined {
    // The worker may name a slot that it does not have.
    if (sequence > (this.#sent[slot] ?? -1)) return 'it has read messages that it was not sent';
    this.#acknowledged[slot] = sequence;
    return undefined;
  }

  #cellOf(slot: number, sequence: number): number {
    return cellOfMessage(cellOfSlot(slot, this.#slots), sequence, this.#messages);
  }

  #exited(exitCode: number | null): void {
    if (this.#hasExited) return;
    this.#hasExited = true;
    this.#line?.readToEnd();
    this.#line = undefined;
    this.#port?.close();
    this.#port = undefined;
    if (this.#owner.isEnding) this.#boundHold();
    this.#gate.afterHeld(() => this.#reportExit(exitCode));
  }

  /** The worker is being ended: `killGrace` from now on, messages no longer wait for the reader of the program's output. */
  #boundHold(): void {
    if (this.#gate.isOpen) return;
    new Alarm(this.#context.clock, () => this.#gate.open()).set(this.#context.killGrace);
  }

  #reportExit(exitCode: number | null): void {
    this.#thread?.release();
    this.#debuggerWatch?.stop();
    const isOutOfMemory = (this.#fault as { readonly code?: unknown } | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
    this.#owner.gone({ exitCode, signal: null, cause: this.#fault, isOutOfMemory });
  }
}
