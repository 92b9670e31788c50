/**
 * Connects a worker process to its lane: reads frames from fd 3, writes frames to fd 4, and waits (the other side: lanes/process-transport.ts).
 *
 * A blocking read of fd 3 returns sooner than a wait in the event loop, but timers and sockets of user code stop meanwhile. So the process blocks only
 * when user code has left nothing that the event loop must serve. After some time without work the lane sends RELEASE, and the process waits in the
 * event loop. There, each frame on fd 3 needs a wake-up number on fd 5.
 *
 *   blocking read --frame--> drive --idle--> quiesce --no leftovers--> poll --> blocking read
 *                                       '--leftovers, or RELEASE--> loop (announced by MODE), poll --number n--> read up to n, drive
 *
 * While the process polls, it also looks into the mailbox, a file where short frames wait (wire/mailbox.ts). It looks there once more before it blocks.
 *
 * fd 4 always blocks, and fd 3 blocks except during a poll (frame-input.ts). Only fd 5 is a net.Socket that reads. Large buffers come and go through the
 * files fd 6 and fd 7 (buffer-files.ts); fd 8 is the mailbox. The protocol is in ARCHITECTURE.md, section 5.
 */

import { createReadStream, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { afterMicrotasks, afterTurn } from '../primitives/time.ts';
import { FrameSender } from '../wire/frame-sender.ts';
import { decodePayload, encodeFrame } from '../wire/frames.ts';
import { Mailbox, MailboxError, WORKER } from '../wire/mailbox.ts';
import { checkToWorker, isPiece, isSpace } from '../wire/message-faults.ts';
import {
  ANSWER,
  BLOCKING,
  INIT,
  LOOPING,
  MAIL,
  type Message,
  MODE,
  PIECE,
  RELEASE,
  RETIRE,
  SPACE,
  type WorkerSetup,
} from '../wire/messages.ts';
import { fileAt, WorkerBuffers } from './buffer-files.ts';
import { FrameInput } from './frame-input.ts';
import { openInspector } from './inspector.ts';
import { catchLateErrors } from './late-errors.ts';
import { writeOutputAtOnce } from './process-output.ts';
import { Quiesce } from './quiesce.ts';
import { LISTS_RESOURCES, resourcesAtRest, resourcesNow } from './resources.ts';
import { Runner } from './runner.ts';
import { SpinWait } from './spin-wait.ts';
import type { WorkerTransport } from './transport.ts';
import { UsedMemory } from './used-memory.ts';

const FRAMES_IN = 3;
const FRAMES_OUT = 4;
const WAKE_IN = 5;
const MAILBOX = 8;
/** Bytes of a wake-up number on fd 5. */
const NUMBER_BYTES = 4;
/** The process polls after this many frames. Preparing the poll takes time, which the first tasks do not pay. */
const WORTH_LOOKING = 16;

/** ms. In this time a task makes less than a megabyte resident. Shorter: short tasks are measured more often. */
const HARMLESS = 0.2;
/** Captured: a task may replace what it finds. */
const residentSet = process.memoryUsage.rss.bind(process.memoryUsage);

class ProcessTransport implements WorkerTransport {
  readonly kind = 'process';
  readonly buffers: WorkerBuffers = new WorkerBuffers((message) => this.send(message));
  readonly capabilities = { sharesMemory: false, movesBuffers: false, outlet: this.buffers };
  mode: number = BLOCKING;
  readonly memory: UsedMemory = new UsedMemory(residentSet, HARMLESS);
  readonly runner: Runner = new Runner(this);
  readonly exit: (code: number) => never = process.exit.bind(process);
  #isLeaving = false;
  /** It cannot say any more what it has done. */
  #isSilent = false;
  readonly #input = new FrameInput(FRAMES_IN, this.exit);
  #mailbox: Mailbox | undefined;
  readonly #sender = new FrameSender(
    (frame) => this.#writeFrame(frame),
    () => this.#mailbox,
  );
  #maxPayloadBytes = 0xffffffff;
  #wake: Socket | undefined;
  #resourcesAtRest = 0;
  #released = false;
  readonly #spinWait = new SpinWait();
  readonly #isLookOver = (): boolean => this.#spinWait.isOver;
  #busyFor = 0;
  #isLooking = false;
  /** The last message was a piece of a buffer. */
  #hasBuffer = false;
  readonly #quiesce = new Quiesce(() => this.#wait());

  constructor() {
    process.on('exit', () => {
      this.#isLeaving = true;
    });
  }

  start(): void {
    this.#resourcesAtRest = resourcesAtRest();
    this.#readFrame();
    this.idle(0);
  }

  claim(_cell: number, most: number): number {
    return most;
  }

  unclaim(): void {
    // The program takes no tasks back from a process.
  }

  send(message: Message): void {
    if (this.#isSilent) return;
    const frame = encodeFrame(message, this.#maxPayloadBytes);
    // The program does not look for an answer while it waits for several.
    const isWatched = !this.#input.hasFrame;
    this.#orLeave(() => this.#sender.send(frame, isWatched && message[0] === ANSWER, this.#input.received, isWatched));
  }

  keepTurning(takesMore: boolean): void {
    if (takesMore) this.#announceLoop();
    else this.#listen();
  }

  isAborted(): boolean {
    return false;
  }

  /** Waits for one frame and processes it. */
  #readFrame(): void {
    this.#take(decodePayload(this.#input.next()));
  }

  #take(message: Message): void {
    this.#hasBuffer = message[0] === PIECE;
    if ((message[0] === PIECE || message[0] === SPACE) && this.#takeBuffer(message)) return;
    checkToWorker(message);
    if (message[0] === MAIL) this.#readMail();
    else if (message[0] === RELEASE) this.#released = true;
    else if (message[0] === RETIRE) this.runner.finalize(() => this.exit(0));
    else {
      if (message[0] === INIT) this.#setUp(message[1] as WorkerSetup);
      this.runner.receive(message);
    }
  }

  /** Returns false if the message is malformed. */
  #takeBuffer(message: Message): boolean {
    if (isPiece(message)) {
      // A task has closed the file, and may have opened one of its own. What is read from it would fail each task that gets a large buffer.
      if (!this.buffers.piece(message)) this.#leave();
    } else if (isSpace(message)) {
      const [, taken, bytes, rests] = message;
      this.buffers.hasRoom(taken, bytes, rests);
      // It comes after some time without work, as RELEASE does: the process must not go back to a blocking read.
      if (rests) this.#released = true;
    } else return false;
    return true;
  }

  #setUp({ maxPayloadBytes, workerName, cwd, inspector, bufferSpace, hasMailbox }: WorkerSetup): void {
    if (hasMailbox === true && fileAt(MAILBOX) !== undefined) this.#mailbox = this.#orLeave(() => new Mailbox(MAILBOX, WORKER));
    if (bufferSpace !== undefined) this.buffers.open(bufferSpace);
    this.#maxPayloadBytes = maxPayloadBytes;
    // argv[0] contains more than the name, and assigning `process.title` would erase the command line that `ps` shows.
    const title = { value: workerName, writable: true, enumerable: true, configurable: true };
    // Deno's property stays as it is.
    Reflect.defineProperty(process, 'title', Object.assign(Object.create(null), title));
    if (cwd !== undefined) process.chdir(cwd);
    if (inspector !== undefined) openInspector(inspector, (message) => this.send(message));
  }

  #writeFrame(frame: Buffer): void {
    for (let at = 0; at < frame.length; ) at += this.#write(frame, at);
  }

  /** Takes the frame in the mailbox, if one is there. */
  #readMail(): boolean {
    const mailbox = this.#mailbox;
    const frame = this.#orLeave(() => mailbox?.take());
    if (frame === undefined) return false;
    // Before a task begins: the program knows what had started when this process is gone.
    this.#orLeave(() => mailbox?.acknowledge());
    this.#take(decodePayload(frame));
    return true;
  }

  /** A task may have closed the mailbox. Then this process cannot say any more what it has done, so it says nothing, and ends. */
  #orLeave<T>(use: () => T): T | undefined {
    try {
      return use();
    } catch (error) {
      if (!(error instanceof MailboxError)) throw error;
      this.#leave();
      return undefined;
    }
  }

  /** Says nothing any more, and ends, unless it is ending: a second `exit` would skip the 'exit' listeners that have not run. */
  #leave(): void {
    this.#isSilent = true;
    if (!this.#isLeaving) this.exit(70);
  }

  #write(frame: Buffer, at: number): number {
    try {
      return writeSync(FRAMES_OUT, frame, at, frame.length - at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EINTR' || code === 'EAGAIN') return 0;
      // A second `exit` would skip the 'exit' listeners that have not run.
      return this.#isLeaving ? frame.length - at : this.exit(0);
    }
  }

  idle(busyFor: number): void {
    this.#busyFor = busyFor;
    this.#quiesce.begin();
  }

  #wait(): void {
    if (!this.runner.isIdle) return;
    // During its start, the worker's own loads need the event loop.
    if (!this.runner.isReady || this.#released || !this.#isQuiet()) {
      this.#loop();
      return;
    }
    this.mode = BLOCKING;
    if (this.#mailbox === undefined) {
      if (this.#mayLook()) this.#look();
    } else if (this.#awaitMail(this.#mailbox)) {
      this.#driveMail();
      return;
    }
    this.#readFrames();
  }

  readonly #driveMail = (): void => {
    if (this.#readMail()) this.runner.drive();
  };

  /**
   * Polls the mailbox for a moment, if the program looked there for the last answer. Returns whether a frame is in it; if not, the next one comes by the pipe.
   */
  #awaitMail(mailbox: Mailbox): boolean {
    const { received } = this.#input;
    const found = this.#orLeave(() => {
      if (!this.#sender.usesMail || !this.runner.setup.polls || !this.#spinWait.begin(this.#busyFor)) return mailbox.leave(received);
      mailbox.attend(received);
      let isAny = mailbox.look(received);
      while (!isAny && !this.#spinWait.isOver) isAny = mailbox.look(received);
      this.#spinWait.ended(isAny);
      return mailbox.hasMail || (!isAny && mailbox.leave(received));
    });
    return found === true;
  }

  #readFrames(): void {
    do this.#readFrame();
    while (
      // Between the pieces of a buffer, and between a buffer and its task, a blocking worker has nothing else to do.
      this.#input.hasFrame ||
      (this.#hasBuffer && this.mode === BLOCKING)
    );
    this.runner.drive();
  }

  /** Changes to waiting in the event loop and announces it, because then every frame needs a number on fd 5. */
  #loop(): void {
    const isReleased = this.#released;
    this.#released = false;
    this.#announceLoop();
    if (!isReleased && !this.#isLooking && this.#mayLook()) this.#lookInTurns();
  }

  #announceLoop(): void {
    this.#listen();
    if (this.mode === LOOPING) return;
    this.mode = LOOPING;
    this.send([MODE, LOOPING, this.#input.received]);
    if (this.#orLeave(() => this.#mailbox?.leave(this.#input.received)) === true) afterMicrotasks(this.#driveMail);
  }

  #mayLook(): boolean {
    const input = this.#input;
    const wake = this.#wake;
    if (!input.canLook && wake !== undefined && this.runner.setup.polls && input.received >= WORTH_LOOKING)
      this.#ours(() => input.prepareToLook(wake));
    return input.canLook && this.runner.setup.polls && this.#spinWait.begin(this.#busyFor);
  }

  #look(): void {
    this.#spinWait.ended(this.#input.look(this.#isLookOver));
  }

  /** Polls with a turn of the event loop between two polls. */
  #lookInTurns(): void {
    const input = this.#input;
    const { received } = input;
    const look = (): void => {
      const isOther = input.received !== received;
      const found = isOther || input.look();
      if (!found && !this.#spinWait.isOver) {
        afterTurn(look);
        return;
      }
      this.#isLooking = false;
      this.#spinWait.ended(found);
      if (found && !isOther) this.#readFrames();
    };
    this.#isLooking = true;
    afterTurn(look);
  }

  #listen(): void {
    if (this.#wake !== undefined) return;
    this.#ours(() => {
      const wake = openWakeInput();
      this.#wake = wake;
      let rest: Buffer = Buffer.alloc(0);
      wake.on('data', (bytes: Buffer) => {
        rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
        const whole = rest.length - (rest.length % NUMBER_BYTES);
        // The numbers only increase, so the last one is enough.
        if (whole > 0) this.#readUpTo(rest.readUInt32LE(whole - NUMBER_BYTES));
        rest = rest.subarray(whole);
      });
      wake.on('error', () => this.exit(0));
      wake.on('end', () => this.exit(0));
    });
  }

  /** Opens a resource of the worker itself, which does not count as a leftover of user code. */
  #ours(open: () => void): void {
    const before = resourcesNow();
    open();
    this.#resourcesAtRest += resourcesNow() - before;
  }

  /** Reads the frames up to this number. A smaller number belongs to a frame that a blocking read or a poll has already read. */
  #readUpTo(frame: number): void {
    if (((frame - this.#input.received) | 0) <= 0) return;
    while (((frame - this.#input.received) | 0) > 0) this.#readFrame();
    this.runner.drive();
  }

  #isQuiet(): boolean {
    return LISTS_RESOURCES && resourcesNow() <= this.#resourcesAtRest;
  }
}

/** In Bun a socket over a descriptor reads nothing, in Deno only every 45 ms. There a file stream does not block the event loop. */
function openWakeInput(): Socket {
  if (process.versions['bun'] !== undefined || process.versions['deno'] !== undefined)
    return createReadStream('', { fd: WAKE_IN, autoClose: false }) as Readable as Socket;
  const { Socket } = process.getBuiltinModule('node:net');
  return new Socket({ fd: WAKE_IN, readable: true, writable: false });
}

export function startProcess(): void {
  const end = new ProcessTransport();
  const abort = process.abort.bind(process);
  // Announced, so that the program can tell it from V8's end of a process that has no memory left.
  process.abort = () => {
    end.runner.errors.exiting();
    return abort();
  };
  catchLateErrors(end.runner.errors);
  void writeOutputAtOnce().then(() => end.start());
}
