/**
 * A lane over a child process.
 *
 * Decides how a process is started and ended, and how frames reach it. Never `fork`'s IPC: what is queued there is lost when
 * the child dies, and a malformed message throws in this program. Three socket pairs, each used one way:
 *
 *   fd 3  frames to the child     it reads them blocking while nothing of a task is alive
 *   fd 4  frames from the child   it writes them blocking; only the end of this one means that all was read
 *   fd 5  wake numbers            "frame n is there", when the child waits in its event loop
 *
 * A failed write judges nothing: the child may be dead, with results lying on fd 4. Death is `exit` *and* the end of fd 4, or
 * a bound (a grandchild may hold it open). What had started then follows from the answers alone: the child sends its answers before
 * the budget that both sides know is used up (FLUSH_AFTER in wire/budget.ts).
 */
import type { Socket } from 'node:net';
import { Alarm } from '../primitives/clock.ts';
import { type Channel, channels } from '../primitives/poll.ts';
import { afterTurn } from '../primitives/time.ts';
import { mayHaveStarted } from '../wire/budget.ts';
import { decodePayload, encodeFrame, FrameReader, longestPayload } from '../wire/frames.ts';
import {
  ABORT,
  ANSWER,
  DEFINE,
  EXITING,
  INIT,
  INIT_FAILED,
  LATE,
  LOADED,
  LOOPING,
  type Message,
  MODE,
  READY,
  RELEASE,
  REPORT,
  STARTED,
  TASKS,
} from '../wire/messages.ts';
import type { PackedRuns } from '../wire/pack-runs.ts';
import { Packer } from '../wire/packer.ts';
import { PROCESS_ENTRY } from '../worker/entries.ts';
import { Lane, type LaneHost, type LaneOptions } from './lane.ts';
import { isWatching, signalWithOldRights, stoppedFor, watchOver } from './orphan-reaper.ts';
import { type StartedProcess, startProcess } from './process-start.ts';

export interface ProcessOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
  /** Where it starts, before it goes to this program's working directory; `undefined`: there. */
  readonly cwd: string | undefined;
  readonly stdio: 'inherit' | 'ignore';
  readonly maxPayloadBytes: number;
}

/** How long results are waited for after the process has gone, ms. Shorter: a grandchild that holds the pipe costs less. Longer: a slow reader loses nothing. */
const DRAIN_BOUND = 1000;
/** How long the end of a process may come after the end of its answers, ms. */
const EXIT_BOUND = 200;
/** The same after SIGKILL, ms. Shorter: a busy machine is taken for a process that the system holds. Longer: that one is waited for. */
const KILL_BOUND = 1000;

export class ProcessLane extends Lane implements Channel {
  readonly kind = 'process';
  readonly canTransfer = false;
  readonly canTakeBack = false;
  readonly isolated = true;
  /** Writing a frame and reading it costs some microseconds on both sides. */
  protected readonly alone = 20;

  readonly #processOptions: ProcessOptions;
  readonly #reader: FrameReader;
  #child: StartedProcess | undefined;
  #endWatch: (() => void) | undefined;
  /** Frames written, and how the child waits as far as it has told. */
  #written = 0;
  #looping = false;
  /** It was told, since its last task, to wait in its event loop. */
  #isReleased = false;
  #death: { exitCode: number | null; signal: string | null; cause?: unknown } | undefined;
  #outEnded = false;
  /** The only message that is not answered was never read. */
  #lastUnread = false;
  #told = false;

  constructor(host: LaneHost, options: LaneOptions, processOptions: ProcessOptions) {
    super(host, options, new Packer({ sharesMemory: false, movesBuffers: false, maxPayloadBytes: processOptions.maxPayloadBytes }));
    this.#processOptions = processOptions;
    this.#reader = new FrameReader(longestPayload(processOptions.maxPayloadBytes), (payload) => this.#onPayload(payload));
  }

  get hasRoom(): boolean {
    return true;
  }

  get isMidway(): boolean {
    return this.#reader.isMidway || ((this.#death !== undefined || this.#outEnded) && !this.#told);
  }
  get received(): number {
    return this.#child === undefined ? 0 : pipe(this.#child, 4).bytesRead;
  }
  get messages(): number {
    return this.#reader.frames;
  }

  start(): void {
    const { env, argv, execArgv, cwd, stdio } = this.#processOptions;
    const { setup } = this.options;
    // What `ps` shows. Node's warnings call the program by the last part of it: "(Use `node --trace-warnings ...`".
    const argv0 = `${setup.workerName.replaceAll('\0', '')} ${process.execPath}`;
    // In a group of its own: the whole tree can be ended, and Ctrl-C in a terminal is the parent's to decide about.
    const child = startProcess(
      process.execPath,
      [...execArgv, PROCESS_ENTRY, ...argv],
      { argv0, env, cwd, stdio: ['ignore', stdio, stdio, 'pipe', 'pipe', 'pipe'] },
      (cause) => this.#died({ exitCode: null, signal: null, cause }, true),
    );
    if (child === undefined) return;
    this.#child = child;
    this.pid = child.pid;
    child.on('exit', (exitCode, signal) => {
      // Now: while a group has members its number is given to no other process.
      if (this.treeSignal !== undefined) signalGroup(child.pid, this.treeSignal);
      this.#endWatch?.();
      this.#died({ exitCode, signal }, false);
    });
    channels.add(this);
    for (const fd of [3, 4, 5]) {
      const socket = pipe(child, fd);
      socket.unref();
      // EPIPE and ECONNRESET say that the child is gone, which `exit` tells better, and that it has not read what was just sent.
      socket.on('error', () => {
        if (fd === 3) this.#noteUnread();
      });
    }
    // Nothing comes on it but, at the end, whether all was read.
    pipe(child, 3).resume();
    const out = pipe(child, 4);
    out.on('data', (bytes: Uint8Array) => {
      // What follows bytes that are no frame could be anything, also something that looks like an answer.
      if (!this.isDistrusted && !this.#reader.push(bytes)) this.distrust('it wrote bytes that are no frame to its answer channel');
    });
    out.on('close', () => this.#outClosed());
    // An initializer may never yield. Other workers leave when their input ends, until they have a task: the first start is not held up.
    if (isWatching() || setup.initializer !== undefined) this.#watchOver(child);
    this.post([INIT, cwd === undefined ? setup : { ...setup, cwd: process.cwd() }]);
  }

  protected post(message: Message): void {
    const kind = message[0];
    // What these carry was measured value by value when it was given; together it may be more than one value may be.
    const most = kind === INIT || kind === DEFINE ? Number.POSITIVE_INFINITY : this.#processOptions.maxPayloadBytes;
    this.#write(encodeFrame(message, most), kind === ABORT || kind === RELEASE);
  }

  protected postTasks(sequence: number, _count: number, outgoing: PackedRuns): void {
    this.#isReleased = false;
    this.post([TASKS, sequence, 0, outgoing.runs]);
  }

  protected startedTasks(): number {
    return this.#lastUnread ? 0 : mayHaveStarted(this.ledger.messages);
  }

  protected retract(): number {
    // What the child has read cannot be known without asking it, and it does not listen while it runs a task.
    return 0;
  }

  protected abortTask(sequence: number, place: number): void {
    this.post([ABORT, sequence, place]);
  }

  release(): void {
    // Whatever it last said of how it waits: after an answer it may have gone back to blocking without a word.
    if (!this.#isReleased) this.post([RELEASE]);
    this.#isReleased = true;
  }

  protected endWorker(): void {
    const child = this.#child;
    if (child === undefined) return;
    // The end of its input is the child's signal to leave.
    pipe(child, 3).end();
    pipe(child, 5).end();
    this.#killLater(child);
  }

  protected killWorker(force: boolean): void {
    const child = this.#child;
    if (child === undefined || this.#death !== undefined) return;
    pipe(child, 3).destroy();
    pipe(child, 5).destroy();
    if (force) this.#killNow(child);
    else {
      signalGroup(child.pid, 'SIGTERM');
      this.#killLater(child);
    }
  }

  protected stoppedFor(): number {
    return stoppedFor();
  }

  #write(frame: Buffer, wake: boolean): void {
    const child = this.#child;
    if (child === undefined || this.#death !== undefined) return;
    const input = pipe(child, 3);
    if (!input.writable) {
      this.#noteUnread();
      return;
    }
    this.#written += 1;
    input.write(frame);
    if (wake || this.#looping) this.#wake(child);
  }

  #noteUnread(): void {
    if (this.ledger.messages.length === 1) this.#lastUnread = true;
  }

  #wake(child: StartedProcess): void {
    const number = Buffer.allocUnsafe(4);
    number.writeUInt32LE(this.#written >>> 0, 0);
    const socket = pipe(child, 5);
    if (socket.writable) socket.write(number);
  }

  #watchOver({ pid }: StartedProcess): void {
    this.#endWatch ??= watchOver({
      pid,
      grace: this.options.killGrace,
      isBusy: () => this.state === 'starting' || this.outstanding > 0,
    });
  }

  /** SIGKILL to the group after `killGrace`, unless it is gone by then. */
  #killLater(child: StartedProcess): void {
    this.#unlessItExits(child, this.options.killGrace, () => this.#killNow(child));
  }

  #killNow(child: StartedProcess): void {
    const giveUp = () => this.#died({ exitCode: null, signal: null }, true);
    // A process that the system holds (a file system that does not answer) ends when it is let go; its lane does not wait for that.
    if (signalGroup(child.pid, 'SIGKILL')) this.#unlessItExits(child, KILL_BOUND, giveUp);
    // It leaves when its task ends: its input has.
    else giveUp();
  }

  #unlessItExits(child: StartedProcess, ms: number, then: () => void): void {
    const bound = new Alarm(this.host.clock, () => this.#death === undefined && then(), { standsStill: true });
    bound.set(ms);
    child.once('exit', () => bound.stop());
  }

  #onPayload(payload: Uint8Array): void {
    if (this.isDistrusted) return;
    let message: Message;
    try {
      message = decodePayload(payload);
    } catch (error) {
      this.distrust('it sent a message that cannot be read', error);
      return;
    }
    this.#receive(message);
  }

  #receive(message: Message): void {
    if (!this.trusts(message)) return;
    switch (message[0]) {
      case ANSWER:
        this.#looping = message[6] === LOOPING;
        this.onAnswer(message[1] as number, message[2] as ArrayLike<unknown>, message[3] as unknown[] | undefined, message[4] as number[]);
        break;
      case STARTED:
        this.onStarted();
        break;
      case REPORT:
        this.onReport(message[1] as number, message[2]);
        break;
      case MODE:
        this.#looping = message[1] === LOOPING;
        if (this.#looping && message[2] !== this.#written && this.#child !== undefined) this.#wake(this.#child);
        break;
      case READY:
        if (this.#child !== undefined && this.#death === undefined) this.#watchOver(this.#child);
        this.onReady();
        break;
      case INIT_FAILED:
        this.onInitFailed(message[1]);
        break;
      case LATE:
        this.onLateError(message[1], message[2] === true, message[3] === true);
        break;
      case LOADED:
        this.onLoaded(message[1] as number);
        break;
      case EXITING:
        this.onExiting(message[1] === true);
        break;
      default:
        this.distrust('it sent a message that processes do not send');
    }
  }

  #died(death: { exitCode: number | null; signal: string | null; cause?: unknown }, nothingToRead: boolean): void {
    if (this.#death !== undefined) return;
    this.#death = death;
    const child = this.#child;
    if (nothingToRead || child === undefined || this.#outEnded) {
      this.#tellSoon();
      return;
    }
    const late = () => {
      pipe(child, 4).destroy();
      this.#tell();
    };
    const bound = new Alarm(this.host.clock, late, { keepsAlive: true, standsStill: true });
    bound.set(DRAIN_BOUND);
    pipe(child, 4).once('close', () => bound.stop());
  }

  #outClosed(): void {
    this.#outEnded = true;
    if (this.#death !== undefined) {
      this.#tellSoon();
      return;
    }
    if (this.state === 'ending') return;
    // A dying process closes its files before its end is reported. One that lives on has lost its voice: a task closed it.
    const late = () => this.distrust('it closed its answer channel');
    const bound = new Alarm(this.host.clock, late, { keepsAlive: true, standsStill: true });
    bound.set(EXIT_BOUND);
    this.#child?.once('exit', () => bound.stop());
  }

  /** After what lies in the other channels: that the child had not read its last message is heard on fd 3. */
  #tellSoon(): void {
    afterTurn(() => this.#tell());
  }

  #tell(): void {
    if (this.#told) return;
    this.#told = true;
    channels.delete(this);
    const child = this.#child;
    if (child?.pid !== undefined) for (const fd of [3, 5]) pipe(child, fd).destroy();
    this.onGone(this.#death ?? { exitCode: null, signal: null });
  }
}

function pipe(child: StartedProcess, fd: number): Socket {
  return (child.stdio as readonly unknown[])[fd] as Socket;
}

/** To a process and what it has started. False: it cannot be signalled, by the reaper neither. */
function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    // Gone, its exit is not reported yet.
    return (error as NodeJS.ErrnoException).code === 'ESRCH' || signalWithOldRights(pid, signal);
  }
}
