/**
 * Starts, reaches and ends one child process.
 *
 * The IPC of `fork` is not used: Node drops what is queued there when the child dies, and a malformed message throws in this program. Instead
 * there are three socket pairs, each used in one direction:
 *
 *   fd 3  frames to the child     the child reads them, blocking while nothing of a task is alive
 *   fd 4  frames from the child   the child writes them, blocking; only the end of this one means that all was read
 *   fd 5  wake numbers            "frame n is there", when the child waits in its event loop
 *   fd 6, fd 7                    files for large buffers, to and from the child, where there are some (buffer-files.ts)
 *   fd 8                          the mailbox, a file for short messages in both directions while a side polls (wire/mailbox.ts)
 *
 *   exit ------------> wait for the end of fd 4, at most DRAIN_BOUND --.
 *   end of fd 4 -----> wait for exit, at most EXIT_BOUND --------------+--> a turn of the event loop --> gone
 *
 * A failed write judges nothing: the child may be dead while its results lie on fd 4. The bound exists because a grandchild may hold fd 4 open. Which
 * tasks had started follows from the answers alone: the child sends them before the budget that both sides know is used up
 * (wire/budget.ts).
 */
import type { Socket } from 'node:net';
import { Alarm } from '../primitives/clock.ts';
import { type Channel, channels } from '../primitives/poll.ts';
import { afterMicrotasks, afterTurn } from '../primitives/time.ts';
import { oomKills } from '../resources/oom-kills.ts';
import { mayHaveStarted } from '../wire/budget.ts';
import { FrameSender } from '../wire/frame-sender.ts';
import { decodePayload, encodeFrame, FrameReader, longestPayload } from '../wire/frames.ts';
import { MailboxError } from '../wire/mailbox.ts';
import { isInspected, isPiece, isSpaceRequest } from '../wire/message-faults.ts';
import {
  ABORT,
  ACKNOWLEDGED,
  ANSWER,
  abortMessage,
  DEFINE,
  INIT,
  INSPECTED,
  LOOPING,
  MAIL,
  type Message,
  MODE,
  PIECE,
  PING,
  READY,
  RELEASE,
  RETIRE,
  SEPARATE_VALUE,
  SPACE,
  TASKS,
  VALUE_OF,
} from '../wire/messages.ts';
import type { PackedRuns } from '../wire/pack-runs.ts';
import { expectAnswer } from './answer-poll.ts';
import { BufferFiles } from './buffer-files.ts';
import type { BufferSpace } from './buffer-space.ts';
import { DebuggerWatch } from './debugger-watch.ts';
import type { SentMessage } from './in-flight.ts';
import { printInspector } from './inspectors.ts';
import { isWatching, signalWithOldRights, stoppedFor, watchOver } from './orphan-reaper.ts';
import type { OutputStreams } from './output-streams.ts';
import { type OwnProgram, ownProgram } from './own-program.ts';
import { signalGroup } from './process-group.ts';
import { type MailReceiver, ProcessMail } from './process-mail.ts';
import { type StartedProcess, startProcess } from './process-start.ts';
import type { Transport, TransportContext, TransportFactory, TransportOwner } from './transport.ts';
import type { ExitStatus } from './worker-exit.ts';
import { textFrame, workerProgram } from './worker-program.ts';

export interface ProcessOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
  /** The Node that the child runs. */
  readonly execPath: string;
  /** The directory in which the child starts; `undefined`: the working directory of this program. */
  readonly cwd: string | undefined;
  /** The directory to which the child changes after its start; `undefined`: it stays. */
  readonly directory: string | undefined;
  readonly stdio: 'inherit' | 'ignore' | 'pipe';
  /** Where the child prints to, with `stdio: 'pipe'`. */
  readonly output: OutputStreams | undefined;
  /** Where large buffers may lie; `undefined`: only in messages. */
  readonly bufferSpace: BufferSpace | undefined;
}

/** ms. The wait for results after the exit. Shorter: a grandchild that holds the pipe costs less. Longer: a slow reader loses nothing. */
const DRAIN_BOUND = 1000;
/** ms. The wait for the rest of what it printed, after its answers. Shorter: a grandchild that holds the pipe costs less. Longer: a slow reader loses nothing. */
const PRINT_BOUND = 200;
/** ms. The wait for the exit after the end of the answers. */
const EXIT_BOUND = 200;
/** ms. The wait for the exit after SIGKILL. Shorter: a busy machine is taken for a process that the system holds. Longer: such a process is waited for. */
const KILL_BOUND = 1000;
const UNKNOWN: ExitStatus = { exitCode: null, signal: null };

export const PROCESS_CAPABILITIES: TransportFactory['capabilities'] = { sharesMemory: false, movesBuffers: false };

export class ProcessTransport implements Transport, Channel, MailReceiver {
  readonly kind = 'process';
  readonly canTakeBack = false;
  readonly canInterrupt = true;
  /** Writing and reading a frame costs some microseconds on both sides. */
  readonly ownMessageFrom = 20;
  readonly threadId = undefined;
  readonly isAnswerHeld = false;
  readonly #context: TransportContext;
  readonly #options: ProcessOptions;
  readonly #reader: FrameReader;
  readonly buffers: BufferFiles | undefined;
  #owner!: TransportOwner;
  #child: StartedProcess | undefined;
  #endWatch: (() => void) | undefined;
  #debuggerWatch: DebuggerWatch | undefined;
  readonly #mail = new ProcessMail(this);
  readonly #sender = new FrameSender(
    (frame) => this.#writeFrame(frame),
    () => this.#mail.mailbox,
  );
  /** How the child waits, according to its last message, or will wait when it has read what it was sent. */
  #isLooping = false;
  /** Processes that the system had killed for lack of memory before this one was started. */
  #oomKillsBefore = 0;
  /** RELEASE was sent after the last tasks. */
  #isReleased = false;
  #exit: ExitStatus | undefined;
  #hasOutputEnded = false;
  /** Streams of what the child prints that have not ended. */
  readonly #printing = new Set<Socket>();
  #isWaitingForPrints = false;
  /** The only unanswered message was never read. */
  #isLastUnread = false;
  #isReported = false;

  constructor(context: TransportContext, options: ProcessOptions) {
    this.#context = context;
    this.#options = options;
    this.#reader = new FrameReader(longestPayload(context.setup.maxPayloadBytes), (payload) => {
      this.#mail.pipeArrived();
      this.#onPayload(payload);
    });
    const { bufferSpace } = options;
    if (bufferSpace === undefined) return;
    this.buffers = new BufferFiles(bufferSpace, context.setup.maxPayloadBytes, {
      clock: context.clock,
      post: (message) => this.post(message),
      isIdle: () => this.#owner.unanswered === 0,
    });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  // Channel: what a time limit waits for before it is judged.

  get isMidway(): boolean {
    return (
      this.#reader.isMidway || this.buffers?.isMidway === true || ((this.#exit !== undefined || this.#hasOutputEnded) && !this.#isReported)
    );
  }
  get received(): number {
    return this.#child === undefined ? 0 : pipe(this.#child, 4).bytesRead;
  }
  get messages(): number {
    return this.#reader.frames;
  }

  hasRoom(): boolean {
    return true;
  }

  start(owner: TransportOwner): void {
    this.#owner = owner;
    const { env, argv, execArgv, execPath, cwd, directory, stdio, bufferSpace } = this.#options;
    const { setup } = this.#context;
    let program: OwnProgram;
    try {
      program = ownProgram(workerProgram(), { execPath, flags: execArgv, args: argv, env });
    } catch (cause) {
      afterMicrotasks(() => this.#exited({ exitCode: null, signal: null, cause }, true));
      return;
    }
    /** Descriptors for large buffers, which the child inherits. */
    const files = [...(this.buffers?.open() ?? [])];
    const mailbox = this.#mail.open(setup.polls && files.length > 0 ? bufferSpace : undefined);
    if (mailbox !== undefined) files.push(mailbox);
    // The text that `ps` shows. Warnings of Node use the last part of it: "(Use `node --trace-warnings ...`".
    const argv0 = `${setup.workerName.replaceAll('\0', '')} ${execPath}`;
    // In a process group of its own: the whole tree can be ended, and the parent decides what Ctrl-C in a terminal means.
    const child = startProcess(
      execPath,
      program.args,
      { argv0, env: program.env, cwd, stdio: ['ignore', stdio, stdio, 'pipe', 'pipe', 'pipe', ...files] },
      (cause) => this.#startFailed(cause),
    );
    if (child === undefined) return;
    this.#child = child;
    this.#oomKillsBefore = oomKills();
    child.on('exit', (exitCode, signal) => {
      // Now: while the group has members its number is given to no other process.
      if (owner.descendantSignal !== undefined) signalTree(child.pid, owner.descendantSignal);
      this.#endWatch?.();
      const isOutOfMemory = signal === 'SIGKILL' && !owner.isEnding && oomKills() > this.#oomKillsBefore;
      this.#exited({ exitCode, signal, isOutOfMemory }, false);
    });
    this.#openPipes(child);
    // An initializer may never yield. Other workers leave when their input ends, until they have a task: the first start is not delayed.
    if (isWatching() || setup.initializer !== undefined) this.#watchOver(child);
    if (program.text !== undefined) pipe(child, 3).write(textFrame(program.text));
    const room = this.buffers?.room;
    const isChanged = directory !== undefined || room !== undefined;
    this.post([INIT, isChanged ? { ...setup, cwd: directory, bufferSpace: room, hasMailbox: mailbox !== undefined } : setup]);
  }

  #startFailed(cause: unknown): void {
    this.buffers?.startFailed();
    this.#mail.close();
    this.#exited({ exitCode: null, signal: null, cause }, true);
  }

  post(message: Message): void {
    const kind = message[0];
    // Each value that these contain was measured when it was given; together they may take more than one value may take.
    const most = kind === INIT || kind === DEFINE ? Number.POSITIVE_INFINITY : this.#context.setup.maxPayloadBytes;
    // The child will leave its blocking read, and its MODE may come after the next frames.
    if (kind === RELEASE || (kind === SPACE && message[3] === true)) this.#isLooping = true;
    this.#write(encodeFrame(message, most), kind === ABORT || kind === PING || kind === RETIRE, kind === TASKS);
  }

  postTasks(slot: number, sequence: number, _count: number, { runs }: PackedRuns): void {
    this.#isReleased = false;
    this.#mail.tasksSent();
    this.buffers?.beforeTasks(slot, sequence);
    this.post(slot === 0 ? [TASKS, sequence, 0, runs] : [TASKS, sequence, 0, runs, slot]);
  }

  accept(message: Message): string | undefined {
    switch (message[0]) {
      case ANSWER:
        this.#isLooping = message[6] === LOOPING;
        return undefined;
      case MODE:
        this.#isLooping = message[1] === LOOPING;
        if (this.#isLooping && message[2] !== this.#sender.sent && this.#child !== undefined) this.#wake(this.#child);
        return undefined;
      case READY:
        if (this.#child !== undefined && this.#exit === undefined) this.#watchOver(this.#child);
        return undefined;
      case ACKNOWLEDGED:
      case SEPARATE_VALUE:
      case VALUE_OF:
        return 'it sent a message that processes do not send';
      default:
        return undefined;
    }
  }

  countStarted(_slot: number, messages: readonly SentMessage[]): number {
    return this.#isLastUnread ? 0 : mayHaveStarted(messages);
  }

  takeBack(): number {
    // Only the child knows what it has read, and it does not listen while it runs a task.
    return 0;
  }

  abort(slot: number, sequence: number, place: number, isFinal: boolean): void {
    this.post(abortMessage(slot, sequence, place, isFinal));
  }

  /** A poll between two processes is worth its processor time for a single task. */
  expectAnswer(outstanding: number): void {
    if (outstanding === 1 && this.#mail.isWorthPolling) expectAnswer(this.#mail);
  }

  // MailReceiver.

  get unanswered(): number {
    return this.#owner.unanswered;
  }

  get framesRead(): number {
    return this.#reader.frames;
  }

  mailArrived(payload: Uint8Array): void {
    this.#onPayload(payload);
  }

  mailBroke(error: unknown): void {
    // Not at once: the lane may be in the middle of sending.
    afterMicrotasks(() => {
      if (!this.#isReported) this.#owner.distrust('its mailbox cannot be used', error);
    });
  }

  release(): void {
    // Whatever the last message of the child says: after an answer it may have gone back to blocking without a message.
    if (!this.#isReleased) this.post([RELEASE]);
    this.#isReleased = true;
  }

  finish(finalizes: boolean): void {
    const child = this.#child;
    if (child === undefined) return;
    if (finalizes) {
      this.post([RETIRE, true]);
      return;
    }
    // The child leaves at the end of its input.
    pipe(child, 3).end();
    pipe(child, 5).end();
    this.#killLater(child);
  }

  kill(force: boolean): void {
    const child = this.#child;
    if (child === undefined || this.#exit !== undefined) return;
    pipe(child, 3).destroy();
    pipe(child, 5).destroy();
    if (force) this.#killNow(child);
    else {
      signalTree(child.pid, 'SIGTERM');
      this.#killLater(child);
    }
  }

  stoppedFor(): number {
    return stoppedFor() + (this.#debuggerWatch?.attachedFor() ?? 0);
  }

  #openPipes(child: StartedProcess): void {
    channels.add(this);
    for (const fd of [3, 4, 5]) {
      const socket = pipe(child, fd);
      socket.unref();
      // EPIPE and ECONNRESET mean that the child is gone, which `exit` reports better, and that it has not read what was just sent.
      socket.on('error', () => {
        if (fd === 3) this.#noteUnread();
      });
    }
    // Nothing comes on it but, at the end, whether all was read.
    pipe(child, 3).resume();
    const out = pipe(child, 4);
    out.on('data', (bytes: Uint8Array) => {
      // What follows bytes that are not a frame could be anything, even something that looks like an answer.
      if (this.#owner.isTrusted && !this.#reader.push(bytes)) {
        this.#owner.distrust('it wrote bytes that are not a frame to its answer channel');
      }
    });
    out.on('close', () => this.#outputClosed());
    const { output } = this.#options;
    if (output === undefined) return;
    for (const [fd, name] of [
      [1, 'stdout'],
      [2, 'stderr'],
    ] as const) {
      const printed = pipe(child, fd);
      this.#printing.add(printed);
      printed.unref();
      printed.on('error', () => undefined);
      printed.on('data', (bytes: Uint8Array) => output.push(name, bytes));
      printed.once('close', () => this.#printed(printed));
    }
  }

  #write(frame: Buffer, needsWake: boolean, mayBeMail: boolean): void {
    const child = this.#child;
    if (child === undefined || this.#exit !== undefined) return;
    if (!pipe(child, 3).writable) {
      this.#noteUnread();
      return;
    }
    try {
      const { isWatched } = this.#mail;
      this.#sender.send(frame, mayBeMail && !this.#isLooping && isWatched, this.framesRead, isWatched);
    } catch (error) {
      if (!(error instanceof MailboxError)) throw error;
      this.#mail.broke(error);
      return;
    }
    if (needsWake || this.#isLooping) this.#wake(child);
  }

  #writeFrame(frame: Buffer): void {
    if (this.#child !== undefined) pipe(this.#child, 3).write(frame);
  }

  #noteUnread(): void {
    if (this.#owner.unanswered === 1) this.#isLastUnread = true;
  }

  #wake(child: StartedProcess): void {
    const number = Buffer.allocUnsafe(4);
    number.writeUInt32LE(this.#sender.sent >>> 0, 0);
    const socket = pipe(child, 5);
    if (socket.writable) socket.write(number);
  }

  #watchOver({ pid }: StartedProcess): void {
    this.#endWatch ??= watchOver({ pid, grace: this.#context.killGrace, isBusy: () => this.#owner.isBusy });
  }

  /** SIGKILL to the group after `killGrace`, unless the child is gone by then. */
  #killLater(child: StartedProcess): void {
    this.#unlessItExits(child, this.#context.killGrace, () => this.#killNow(child));
  }

  #killNow(child: StartedProcess): void {
    const giveUp = () => this.#exited(UNKNOWN, true);
    // A process that the system holds (a file system that does not answer) ends when the system releases it; its lane does not wait for that.
    if (signalTree(child.pid, 'SIGKILL')) this.#unlessItExits(child, KILL_BOUND, giveUp);
    // It leaves when its task ends: its input has ended.
    else giveUp();
  }

  #unlessItExits(child: StartedProcess, ms: number, then: () => void): void {
    const bound = new Alarm(this.#context.clock, () => this.#exit === undefined && then(), { standsStill: true });
    bound.set(ms);
    child.once('exit', () => bound.stop());
  }

  #onPayload(payload: Uint8Array): void {
    if (!this.#owner.isTrusted) return;
    let message: Message;
    try {
      message = decodePayload(payload);
    } catch (error) {
      this.#owner.distrust('it sent a message that cannot be read', error);
      return;
    }
    switch (message[0]) {
      case INSPECTED:
      case PIECE:
      case SPACE:
        this.#handle(message);
        break;
      case MAIL:
        this.#mail.read();
        break;
      case ANSWER:
        this.#owner.received(message);
        this.#mail.answered();
        // Its form may be wrong.
        if (this.#owner.isTrusted) this.buffers?.answered((message[7] as number | undefined) ?? 0, message[5] as number);
        break;
      default:
        this.#owner.received(message);
    }
  }

  /** A message that is not for the lane. */
  #handle(message: Message): void {
    if (isInspected(message)) this.#inspectorOpened(message[1]);
    else if (isPiece(message)) {
      const fault = this.buffers === undefined ? 'it has no files for buffers' : this.buffers.piece(message);
      if (fault !== undefined) this.#owner.distrust(fault);
    } else if (isSpaceRequest(message)) this.buffers?.wanted(message[1]);
    else this.#owner.received(message);
  }

  #inspectorOpened(url: string | undefined): void {
    const { setup, clock } = this.#context;
    const { port } = setup.inspector ?? {};
    if (port === undefined || this.#debuggerWatch !== undefined) {
      this.#owner.distrust('it has an inspector that was not asked for');
      return;
    }
    printInspector(`worker process ${setup.workerIndex}`, port, url);
    if (url !== undefined && !this.#isReported) this.#debuggerWatch = new DebuggerWatch(clock, port);
  }

  #exited(exit: ExitStatus, nothingToRead: boolean): void {
    if (this.#exit !== undefined) return;
    this.#exit = exit;
    const child = this.#child;
    if (nothingToRead || child === undefined || this.#hasOutputEnded) {
      this.#reportSoon();
      return;
    }
    const late = () => {
      pipe(child, 4).destroy();
      this.#reportExit();
    };
    const bound = new Alarm(this.#context.clock, late, { keepsAlive: true, standsStill: true });
    bound.set(DRAIN_BOUND);
    pipe(child, 4).once('close', () => bound.stop());
  }

  #outputClosed(): void {
    this.#hasOutputEnded = true;
    if (this.#exit !== undefined) {
      this.#reportSoon();
      return;
    }
    if (this.#owner.isEnding) return;
    // A dying process closes its files before its end is reported. A living one has lost its voice: a task closed the file.
    const late = () => this.#owner.distrust('it closed its answer channel');
    const bound = new Alarm(this.#context.clock, late, { keepsAlive: true, standsStill: true });
    bound.set(EXIT_BOUND);
    this.#child?.once('exit', () => bound.stop());
  }

  #printed(stream: Socket): void {
    if (this.#printing.delete(stream) && this.#printing.size === 0 && this.#isWaitingForPrints) afterTurn(() => this.#reportExit());
  }

  /** After what lies in the other channels: fd 3 reports that the child had not read its last message, and what it printed is read to its end. */
  #reportSoon(): void {
    if (this.#printing.size === 0) {
      afterTurn(() => this.#reportExit());
      return;
    }
    this.#isWaitingForPrints = true;
    const late = () => {
      for (const stream of [...this.#printing]) stream.destroy();
    };
    const bound = new Alarm(this.#context.clock, late, { keepsAlive: true, standsStill: true });
    bound.set(PRINT_BOUND);
    for (const stream of this.#printing) stream.once('close', () => this.#printing.size === 0 && bound.stop());
  }

  #reportExit(): void {
    if (this.#isReported) return;
    this.#isReported = true;
    this.#debuggerWatch?.stop();
    channels.delete(this);
    if (this.#mail.end()) this.#noteUnread();
    const child = this.#child;
    if (child?.pid !== undefined) for (const fd of [3, 5]) pipe(child, fd).destroy();
    this.buffers?.close();
    this.#owner.gone(this.#exit ?? UNKNOWN);
  }
}

function pipe(child: StartedProcess, fd: number): Socket {
  return (child.stdio as readonly unknown[])[fd] as Socket;
}

/** Sends a signal to a process and the processes that it has started. False: it cannot be signalled, not even by the reaper. */
function signalTree(pid: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  return signalGroup(pid, signal) !== 'refused' || signalWithOldRights(pid, signal);
}
