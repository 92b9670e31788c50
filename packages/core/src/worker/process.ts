/**
 * The far end of lanes/process.ts: the program of a worker process (twinpool-worker.ts starts it).
 *
 * Decides how the process waits. In a blocking read of fd 3 an answer comes sooner than through the event loop, but then no timer or
 * socket of user code moves; so it reads blocking only when nothing of user code is alive, and the other side tells it (RELEASE)
 * when no work came for a while. In the event loop, numbers on fd 5 say which frames lie on fd 3.
 *
 *   blocking read --frame--> drive --idle--> settle down --nothing alive--> look --> blocking read
 *                                    '--something alive, RELEASE--> loop (told by MODE), look --number n--> read up to n, drive
 *
 * Settling down (settle-down.ts) lets what the task left behind run first. In both modes it looks for the next frame for a moment (watch.ts).
 * fd 4 blocks for good, fd 3 whenever nobody looks (frame-input.ts): only fd 5 is a net.Socket that reads.
 */

import { createReadStream, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { afterTurn } from '../primitives/time.ts';
import { decodePayload, encodeFrame } from '../wire/frames.ts';
import { checkToWorker } from '../wire/message-faults.ts';
import { BLOCKING, INIT, LOOPING, type Message, MODE, RELEASE, type WorkerSetup } from '../wire/messages.ts';
import { FrameInput } from './frame-input.ts';
import { catchLateErrors } from './late-errors.ts';
import { writeOutputAtOnce } from './process-output.ts';
import { SettleDown } from './quiesce.ts';
import { LISTS_RESOURCES, resourcesAtRest, resourcesNow } from './resources.ts';
import { Runner } from './runner.ts';
import { Watch } from './spin-wait.ts';
import type { FarEnd } from './transport.ts';

const FRAMES_IN = 3;
const FRAMES_OUT = 4;
const WAKE_IN = 5;
/** Bytes of a number on fd 5. */
const NUMBER_BYTES = 4;
/** Frames from which on this process looks for the next one before it waits: what it takes is made then, and not on the way of a first task. */
const WORTH_LOOKING = 16;

class ProcessEnd implements FarEnd {
  readonly kind = 'process';
  readonly medium = { sharesMemory: false, movesBuffers: false };
  mode: number = BLOCKING;
  readonly runner: Runner = new Runner(this);
  readonly #exit = process.exit.bind(process);
  #isLeaving = false;
  readonly #input = new FrameInput(FRAMES_IN, this.#exit);
  #maxPayloadBytes = 0xffffffff;
  #wake: Socket | undefined;
  #resourcesAtRest = 0;
  #released = false;
  readonly #watch = new Watch();
  #busyFor = 0;
  #isLooking = false;
  readonly #settleDown = new SettleDown(() => this.#wait());

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

  claim(_slot: number, most: number): number {
    return most;
  }

  send(message: Message): void {
    const frame = encodeFrame(message, this.#maxPayloadBytes);
    for (let at = 0; at < frame.length; ) at += this.#write(frame, at);
  }

  keepTurning(): void {
    this.#listen();
  }

  isAborted(): boolean {
    return false;
  }

  /** Takes one frame, waiting for it. */
  #readFrame(): void {
    this.#take(decodePayload(this.#input.next()));
  }

  #take(message: Message): void {
    checkToWorker(message);
    if (message[0] === RELEASE) this.#released = true;
    else {
      if (message[0] === INIT) this.#setUp(message[1] as WorkerSetup);
      this.runner.receive(message);
    }
  }

  #setUp({ maxPayloadBytes, workerName, cwd }: WorkerSetup): void {
    this.#maxPayloadBytes = maxPayloadBytes;
    // argv[0] holds more than the name, and assigning the title would wipe the whole command line that `ps` shows.
    const title = { value: workerName, writable: true, enumerable: true, configurable: true };
    // Deno's property stays as it is.
    Reflect.defineProperty(process, 'title', Object.assign(Object.create(null), title));
    if (cwd !== undefined) process.chdir(cwd);
  }

  #write(frame: Buffer, at: number): number {
    try {
      return writeSync(FRAMES_OUT, frame, at, frame.length - at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EINTR' || code === 'EAGAIN') return 0;
      // Exiting once more would leave out the 'exit' listeners that are still to run.
      return this.#isLeaving ? frame.length - at : this.#exit(0);
    }
  }

  idle(busyFor: number): void {
    this.#busyFor = busyFor;
    this.#settleDown.begin();
  }

  #wait(): void {
    if (!this.runner.isIdle) return;
    // While it starts, its own loads need the loop.
    if (!this.runner.isReady || this.#released || !this.#isQuiet()) {
      this.#loop();
      return;
    }
    this.mode = BLOCKING;
    if (this.#mayLook()) this.#look();
    this.#readFrames();
  }

  #readFrames(): void {
    do this.#readFrame();
    while (this.#input.hasFrame);
    this.runner.drive();
  }

  /** Waits in the event loop from now on, and says so, for then every frame needs a number on fd 5. */
  #loop(): void {
    const isReleased = this.#released;
    this.#released = false;
    this.#listen();
    if (this.mode !== LOOPING) {
      this.mode = LOOPING;
      this.send([MODE, LOOPING, this.#input.received]);
    }
    if (!isReleased && !this.#isLooking && this.#mayLook()) this.#lookInTurns();
  }

  #mayLook(): boolean {
    const input = this.#input;
    const wake = this.#wake;
    if (!input.canLook && wake !== undefined && input.received >= WORTH_LOOKING) this.#ours(() => input.prepareToLook(wake));
    return input.canLook && this.#watch.begin(this.#busyFor);
  }

  #look(): void {
    const watch = this.#watch;
    let found = false;
    while (!found && !watch.isOver) found = this.#input.look();
    watch.ended(found);
  }

  /** The same with a turn of the event loop between two looks. */
  #lookInTurns(): void {
    const input = this.#input;
    const { received } = input;
    const look = (): void => {
      const isOther = input.received !== received;
      const found = isOther || input.look();
      if (!found && !this.#watch.isOver) {
        afterTurn(look);
        return;
      }
      this.#isLooking = false;
      this.#watch.ended(found);
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
        // Numbers only rise: the last one says all.
        if (whole > 0) this.#readUpTo(rest.readUInt32LE(whole - NUMBER_BYTES));
        rest = rest.subarray(whole);
      });
      wake.on('error', () => this.#exit(0));
      wake.on('end', () => this.#exit(0));
    });
  }

  /** What this opens is no sign of user code that is alive. */
  #ours(open: () => void): void {
    const before = resourcesNow();
    open();
    this.#resourcesAtRest += resourcesNow() - before;
  }

  /** Reads the frames up to this number; a number that is behind us belongs to a frame that was read while blocking, or found by looking. */
  #readUpTo(frame: number): void {
    if (((frame - this.#input.received) | 0) <= 0) return;
    while (((frame - this.#input.received) | 0) > 0) this.#readFrame();
    this.runner.drive();
  }

  #isQuiet(): boolean {
    return LISTS_RESOURCES && resourcesNow() <= this.#resourcesAtRest;
  }
}

/** In Bun a socket over a descriptor reads nothing, and a file stream does not block the event loop. */
function openWakeInput(): Socket {
  if (process.versions['bun'] !== undefined) return createReadStream('', { fd: WAKE_IN, autoClose: false }) as Readable as Socket;
  const { Socket } = process.getBuiltinModule('node:net');
  return new Socket({ fd: WAKE_IN, readable: true, writable: false });
}

export function startProcess(): void {
  const end = new ProcessEnd();
  catchLateErrors(end.runner);
  void writeOutputAtOnce().then(() => end.start());
}
