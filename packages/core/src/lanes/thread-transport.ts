/**
 * A lane over a worker thread. The only file that imports piscina.
 *
 * Decides how threads are had and how messages reach them. One Piscina a lane, of at most one thread and with no thread to keep
 * (`minThreads: 0`), so that piscina starts, limits and ends the thread, while when one is started or replaced is our decision
 * alone. A set-up task hands a port and shared memory to worker/thread.ts and returns; tasks never pass through piscina.
 *
 *   port ------ INIT, DEFINE, TASKS ... ----->  worker        cells[SLOT + seq % SLOTS]: next:16 | end:16 of that message
 *        <----- READY, ANSWER, REPORT ... ----                 cells[WAKE]: messages posted; cells[ASLEEP]: worry to notify
 *
 * Claims: the worker moves `next` up, one task at a time, this side moves `end` down to take tasks back; both by compare-and-swap, so
 * a task is run or taken back, never both. Death is judged at `exit` after the port was read empty: finished results win.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { Alarm } from '../primitives/clock.ts';
import { requirePackage } from '../primitives/require-package.ts';
import { afterMicrotasks } from '../primitives/time.ts';
import {
  ABORT_MESSAGE,
  ABORT_TASK,
  ASLEEP,
  CELLS,
  FIRST_SLOT,
  packSlot,
  SLOTS,
  slotEnd,
  slotNext,
  type ThreadSetup,
  WAKE,
} from '../wire/cells.ts';
import { isOutput } from '../wire/message-faults.ts';
import {
  ABORT,
  ACKNOWLEDGED,
  ANSWER,
  EXITING,
  INIT,
  INIT_FAILED,
  LATE,
  LOADED,
  type Message,
  READY,
  REPORT,
  RETIRE,
  SEPARATE_VALUE,
  STARTED,
  TASKS,
} from '../wire/messages.ts';
import type { PackedRuns } from '../wire/pack-runs.ts';
import { Packer } from '../wire/packer.ts';
import { THREAD_ENTRY } from '../worker/entries.ts';
import { startingThreads } from '../worker/ownership.ts';
import type { Sent } from './in-flight.ts';
import { Lane, type LaneHost, type LaneOptions } from './lane.ts';
import { OutputGate } from './output-gate.ts';

export interface ThreadOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
  readonly resourceLimits: NodeJS.ReadOnlyDict<number> | undefined;
  readonly maxPayloadBytes: number;
}

export class ThreadLane extends Lane {
  readonly kind = 'thread';
  readonly canTransfer = true;
  readonly canTakeBack = true;
  readonly isolated = false;
  /** An own `postMessage` costs half a microsecond here. */
  protected readonly alone = 5;

  readonly #threadOptions: ThreadOptions;
  readonly #cells = new Int32Array(new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT));
  #piscina: Piscina | undefined;
  #worker: Worker | undefined;
  #port: MessagePort | undefined;
  #sequence = 0;
  /** Last message that the worker is known to have left behind. */
  #acknowledged = 0;
  #fault: unknown;
  #exited = false;
  readonly #gate = new OutputGate();
  #heldAnswers = 0;

  constructor(host: LaneHost, options: LaneOptions, threadOptions: ThreadOptions) {
    super(host, options, new Packer({ sharesMemory: true, movesBuffers: true, maxPayloadBytes: threadOptions.maxPayloadBytes }));
    this.#threadOptions = threadOptions;
  }

  get hasRoom(): boolean {
    return this.#sequence - this.#acknowledged < SLOTS - 1;
  }

  start(): void {
    try {
      this.#start();
    } catch (error) {
      this.startError = error;
      afterMicrotasks(() => this.#ended(null));
    }
  }

  #start(): void {
    const { env, argv, execArgv, resourceLimits } = this.#threadOptions;
    const { Piscina } = requirePackage('piscina', 'dist/main.js') as typeof import('piscina');
    // A complete object without a prototype: nothing is ever read from a polluted Object.prototype.
    const options = Object.assign(Object.create(null), {
      filename: THREAD_ENTRY,
      name: 'default',
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      maxQueue: 1,
      concurrentTasksPerWorker: 1,
      atomics: 'disabled',
      recordTiming: false,
      workerHistogram: false,
      env,
      argv: [...argv],
      execArgv: [...execArgv],
      resourceLimits: resourceLimits === undefined ? Object.create(null) : Object.assign(Object.create(null), resourceLimits),
      trackUnmanagedFds: true,
    });
    const piscina = new Piscina(options);
    this.#piscina = piscina;
    // Without a listener an error of the thread would be thrown at the program.
    piscina.on('error', (error: unknown) => {
      this.#fault ??= error;
    });
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on('message', (message: Message) => {
      this.#arrived(message);
      this.#drain();
    });
    port1.on('messageerror', (error: unknown) => this.#arrivedUnreadable(error));
    port1.unref();
    this.post([INIT, this.options.setup]);
    const setup: ThreadSetup = { port: port2, cells: this.#cells };
    const options2 = Object.assign(Object.create(null), { transferList: [port2] });
    startingThreads(() => piscina.run(setup, options2)).catch((error: unknown) => {
      this.startError ??= error;
      void this.#worker?.terminate();
    });
    const worker = piscina.threads[0];
    if (worker === undefined) throw new Error('piscina started no thread');
    this.#worker = worker;
    this.threadId = worker.threadId;
    worker.on('error', (error: unknown) => {
      this.#fault ??= error;
    });
    worker.on('exit', (code: number) => this.#ended(code));
  }

  protected post(message: Message, transfer?: readonly ArrayBuffer[]): void {
    this.#port?.postMessage(message, (transfer ?? []) as ArrayBuffer[]);
    this.#wake();
  }

  protected postTasks(sequence: number, count: number, outgoing: PackedRuns): void {
    const slot = FIRST_SLOT + (sequence % SLOTS);
    Atomics.store(this.#cells, slot, packSlot(0, count));
    this.#sequence = sequence;
    this.post([TASKS, sequence, slot, outgoing.runs], outgoing.transfer);
  }

  protected startedTasks(): number {
    let started = 0;
    for (const sent of this.ledger.messages) {
      const cell = Atomics.load(this.#cells, this.#slotOf(sent));
      // `end` went down with every task that was taken back: what is answered is end minus what is left. The worker writes there too:
      // whatever it has put there, a message has no more tasks than are left of it.
      started += Math.max(0, Math.min(sent.left, slotNext(cell) - (slotEnd(cell) - sent.left)));
    }
    return started;
  }

  protected retract(sent: Sent, most: number): number {
    const slot = this.#slotOf(sent);
    for (;;) {
      const cell = Atomics.load(this.#cells, slot);
      const count = Math.min(most, sent.left, slotEnd(cell) - slotNext(cell));
      if (count <= 0) return 0;
      const changed = packSlot(slotNext(cell), slotEnd(cell) - count);
      if (Atomics.compareExchange(this.#cells, slot, cell, changed) === cell) return count;
    }
  }

  protected abortTask(sequence: number, place: number): void {
    Atomics.store(this.#cells, ABORT_TASK, place);
    Atomics.store(this.#cells, ABORT_MESSAGE, sequence);
    this.post([ABORT, sequence, place]);
  }

  release(): void {
    // The worker's own sleep is bounded.
  }

  protected endWorker(): void {
    this.post([RETIRE]);
    this.#killLater();
  }

  protected killWorker(force: boolean): void {
    const worker = this.#worker;
    if (worker === undefined) return;
    if (this.#exited) {
      this.#boundHold();
      return;
    }
    if (this.state === 'starting' && !force) {
      // It is importing its own program. Node 20 never closes a file that a terminated thread was about to read: so it leaves by itself.
      this.endWorker();
      return;
    }
    void worker.terminate();
    // A thread inside a native call ends when the call returns; nobody waits for that.
    const bound = new Alarm(this.host.clock, () => this.#ended(null), { standsStill: true });
    bound.set(this.options.killGrace);
    worker.once('exit', () => bound.stop());
  }

  /** It has said its last word; where an 'exit' listener of user code throws, Node does not end it. */
  #seeOff(): void {
    if (this.state === 'ending') void this.#worker?.terminate();
    else this.#killLater();
  }

  #killLater(): void {
    const bound = new Alarm(this.host.clock, () => this.killWorker(true), { standsStill: true });
    bound.set(this.options.killGrace);
    this.#worker?.once('exit', () => bound.stop());
  }

  protected stoppedFor(): number {
    // Nobody outside of this process watches it.
    return 0;
  }

  #slotOf(sent: Sent): number {
    return FIRST_SLOT + (sent.sequence % SLOTS);
  }

  #wake(): void {
    Atomics.add(this.#cells, WAKE, 1);
    if (Atomics.load(this.#cells, ASLEEP) === 1) Atomics.notify(this.#cells, WAKE, 1);
  }

  /** Reads what else lies in the port: cheaper than an event a message, and the only way at the thread's exit. */
  #drain(): void {
    const port = this.#port;
    while (port !== undefined) {
      let entry: { message: Message } | undefined;
      try {
        entry = receiveMessageOnPort(port) as typeof entry;
      } catch (error) {
        this.#arrivedUnreadable(error);
        continue;
      }
      if (entry === undefined) return;
      this.#arrived(entry.message);
    }
  }

  #arrived(message: Message): void {
    if (isOutput(message)) {
      const [, name, chunk, encoding] = message;
      if (!this.isDistrusted) this.#gate.print(name, chunk, encoding);
    } else if (this.#gate.isOpen) this.#receive(message);
    else {
      const answers = message[0] === ANSWER ? 1 : 0;
      this.#heldAnswers += answers;
      this.#gate.afterHeld(() => {
        this.#heldAnswers -= answers;
        this.#receive(message);
      });
    }
  }

  protected override get isAnswerHeld(): boolean {
    return this.#heldAnswers > 0;
  }

  #arrivedUnreadable(error: unknown): void {
    this.#gate.afterHeld(() => this.onUnreadable(error));
  }

  #receive(message: Message): void {
    if (!this.trusts(message)) return;
    switch (message[0]) {
      case ANSWER:
        if (!this.#acknowledge(message[5] as number)) break;
        this.onAnswer(message[1] as number, message[2] as ArrayLike<unknown>, message[3] as unknown[] | undefined, message[4] as number[]);
        break;
      case ACKNOWLEDGED:
        if (this.#acknowledge(message[1] as number)) this.host.laneFree(this);
        break;
      case STARTED:
        this.onStarted();
        break;
      case REPORT:
        this.onReport(message[1] as number, message[2]);
        break;
      case SEPARATE_VALUE:
        this.onSeparateValue(message[1]);
        break;
      case READY:
        this.onReady();
        break;
      case INIT_FAILED:
        this.onInitFailed(message[1]);
        break;
      case LATE:
        this.onLateError(message[1], message[2] === true, message[3] === true);
        if (message[2] === true) this.#seeOff();
        break;
      case LOADED:
        this.onLoaded(message[1] as number);
        break;
      case EXITING:
        this.onExiting(message[1] === true);
        break;
      default:
        this.distrust('it sent a message that threads do not send');
    }
  }

  /** The slots of the messages up to this one may be used again. False: no correct worker says that. */
  #acknowledge(sequence: number): boolean {
    if (sequence > this.#sequence) {
      this.distrust('it has read messages that it was not sent');
      return false;
    }
    this.#acknowledged = sequence;
    return true;
  }

  #ended(exitCode: number | null): void {
    if (this.#exited) return;
    this.#exited = true;
    this.#drain();
    this.#port?.close();
    this.#port = undefined;
    if (this.state === 'ending') this.#boundHold();
    this.#gate.afterHeld(() => this.#tellEnd(exitCode));
  }

  /** The worker is being ended: `killGrace` from now on nobody waits for the program's output any more. */
  #boundHold(): void {
    if (this.#gate.isOpen) return;
    new Alarm(this.host.clock, () => this.#gate.open()).set(this.options.killGrace);
  }

  #tellEnd(exitCode: number | null): void {
    // Frees what piscina holds; its promise may wait for a stuck thread for ever, so nobody waits for it. Where no thread could be made there
    // is nothing to free, and piscina would reject the set-up task a second time, for nobody to hear.
    if (this.#worker !== undefined) this.#piscina?.destroy().catch(() => undefined);
    this.onGone({ exitCode, signal: null, cause: this.#fault });
  }
}
