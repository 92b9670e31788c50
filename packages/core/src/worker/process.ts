/**
 * The far end of lanes/process.ts: the entry of a worker process.
 *
 * Decides how the process waits. In a blocking read of fd 3 an answer comes sooner than through the event loop, but then no timer or
 * socket of user code moves; so it reads blocking only when nothing of user code is alive, and the other side tells it (RELEASE)
 * when no work came for a while. In the event loop, numbers on fd 5 say which frames lie on fd 3.
 *
 *   blocking read --frame--> drive --idle--> settle down --nothing alive--> blocking read
 *                                    '--something alive, RELEASE--> loop (told by MODE) --number n--> read up to n, drive
 *
 * Settling down (settle-down.ts) lets what the task left behind run first.
 * fd 3 and fd 4 stay blocking for good: only fd 5 may become a net.Socket.
 */

import { readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';
import { decodePayload, encodeFrame, HEADER_BYTES, payloadLength } from '../wire/frames.ts';
import { BLOCKING, INIT, LOOPING, type Message, MODE, RELEASE, type WorkerSetup } from '../wire/messages.ts';
import type { FarEnd } from './far-end.ts';
import { catchLateErrors } from './late-errors.ts';
import { resourcesAtRest, resourcesNow } from './resources.ts';
import { Runner } from './run.ts';
import { SettleDown } from './settle-down.ts';

const FRAMES_IN = 3;
const FRAMES_OUT = 4;
const WAKE_IN = 5;
/** Bytes of a number on fd 5. */
const NUMBER_BYTES = 4;
/** Bytes that are read at once. More: fewer calls where much comes. Less: less memory a worker. */
const INPUT_BYTES = 1 << 16;

class ProcessEnd implements FarEnd {
  readonly kind = 'process';
  readonly medium = { sharesMemory: false, movesBuffers: false };
  mode: number = BLOCKING;
  readonly runner: Runner = new Runner(this);
  readonly #exit = process.exit.bind(process);
  /** What was read of fd 3 and not taken yet: `#start` to `#end`. */
  readonly #input = Buffer.allocUnsafeSlow(INPUT_BYTES);
  #start = 0;
  #end = 0;
  #maxPayloadBytes = 0xffffffff;
  /** Frames read so far; the numbers on fd 5 count them. */
  #received = 0;
  #listening = false;
  #resourcesAtRest = 0;
  #released = false;
  readonly #settleDown = new SettleDown(() => this.#wait());

  start(): void {
    this.#resourcesAtRest = resourcesAtRest();
    this.#readFrame();
    this.idle();
  }

  claim(): boolean {
    return true;
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
    while (this.#end - this.#start < HEADER_BYTES) this.#readMore();
    const length = payloadLength(this.#input, this.#start, 0xffffffff);
    if (length < 0) this.#exit(70);
    this.#start += HEADER_BYTES;
    const payload = this.#payload(length);
    this.#received += 1;
    this.#take(decodePayload(payload));
  }

  /** The next bytes: a view of what was read, or, where that is not all, a buffer of their own. */
  #payload(length: number): Buffer {
    const from = this.#start;
    const there = Math.min(this.#end - from, length);
    this.#start += there;
    if (there === length) return this.#input.subarray(from, from + length);
    const payload = Buffer.allocUnsafeSlow(length);
    this.#input.copy(payload, 0, from, from + there);
    for (let at = there; at < length; ) at += this.#read(payload, at);
    return payload;
  }

  /** Reads what there is, at least one byte: a frame costs one call, and many that lie there cost no more. */
  #readMore(): void {
    this.#input.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    this.#end += this.#read(this.#input, this.#end);
  }

  /** Whether the next frame was read already, all of it. */
  get #hasFrame(): boolean {
    if (this.#end - this.#start < HEADER_BYTES) return false;
    const length = payloadLength(this.#input, this.#start, 0xffffffff);
    return this.#end - this.#start >= HEADER_BYTES + Math.max(0, length);
  }

  #take(message: Message): void {
    if (message[0] === RELEASE) this.#released = true;
    else {
      if (message[0] === INIT) this.#maxPayloadBytes = (message[1] as WorkerSetup).maxPayloadBytes;
      this.runner.receive(message);
    }
  }

  #read(buffer: Buffer, at: number): number {
    try {
      // The end of our input is the order to leave.
      return readSync(FRAMES_IN, buffer, at, buffer.length - at, null) || this.#exit(0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EINTR') return this.#read(buffer, at);
      // A task closed the descriptor, or the parent is gone.
      return this.#exit(0);
    }
  }

  #write(frame: Buffer, at: number): number {
    try {
      return writeSync(FRAMES_OUT, frame, at, frame.length - at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EINTR' || code === 'EAGAIN') return 0;
      return this.#exit(0);
    }
  }

  idle(): void {
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
    do this.#readFrame();
    while (this.#hasFrame);
    this.runner.drive();
  }

  /** Waits in the event loop from now on, and says so, for then every frame needs a number on fd 5. */
  #loop(): void {
    this.#released = false;
    this.#listen();
    if (this.mode === LOOPING) return;
    this.mode = LOOPING;
    this.send([MODE, LOOPING, this.#received]);
  }

  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    const { Socket } = createRequire(import.meta.url)('node:net') as typeof import('node:net');
    const before = resourcesNow();
    const wake = new Socket({ fd: WAKE_IN, readable: true, writable: false });
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
    this.#resourcesAtRest += resourcesNow() - before;
  }

  /** Reads the frames up to this number; a number that is behind us belongs to a frame that was read while blocking. */
  #readUpTo(frame: number): void {
    while (((frame - this.#received) | 0) > 0) this.#readFrame();
    this.runner.drive();
  }

  #isQuiet(): boolean {
    return resourcesNow() <= this.#resourcesAtRest;
  }
}

const end = new ProcessEnd();
catchLateErrors(end.runner);
end.start();
