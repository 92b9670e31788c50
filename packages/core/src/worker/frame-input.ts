/**
 * Reads the frames that a worker process receives on its input: with a blocking read, or with a poll that does not wait.
 *
 * Invariant: the descriptor is in blocking mode except during a poll, so that a read in the middle of a frame waits for the rest. Node has no call for
 * a read that does not wait on a blocking descriptor. A socket over the descriptor, which never reads, switches the mode. Where Node cannot switch it,
 * `canLook` is false. This file does not know the messages, and does not know when the process waits.
 */
import { readSync } from 'node:fs';
import type { Socket } from 'node:net';
import process from 'node:process';
import { HEADER_BYTES, payloadLength } from '../wire/frames.ts';

/** Bytes per read. More: fewer calls for large input. Less: less memory per worker. */
const INPUT_BYTES = 1 << 16;
/** Bytes. No length is refused: the sender is the program that started this process. */
const LONGEST = 0xffffffff;

const ONCE = (): boolean => true;

/** Part of Node's internal handle of a socket. Not documented, but Node uses it to make `process.stdout` block. */
interface Switch {
  /** Returns 0 on success. */
  setBlocking(on: boolean): number;
}

function handleOf(socket: Socket): Partial<Switch> | undefined {
  return (socket as unknown as { readonly _handle?: Partial<Switch> })._handle;
}

export class FrameInput {
  readonly #fd: number;
  /** Ends the process, with this exit code. */
  readonly #leave: (code: number) => never;
  /** The bytes from `#start` to `#end` are read and not yet taken. */
  readonly #bytes = Buffer.allocUnsafeSlow(INPUT_BYTES);
  #start = 0;
  #end = 0;
  /** Frames taken so far. */
  received = 0;
  #switch: Switch | undefined;

  constructor(fd: number, leave: (code: number) => never) {
    this.#fd = fd;
    this.#leave = leave;
  }

  /** Waits for the next frame and returns its payload. */
  next(): Buffer {
    while (this.#end - this.#start < HEADER_BYTES) this.#readMore();
    const length = payloadLength(this.#bytes, this.#start, LONGEST);
    if (length < 0) this.#leave(70);
    this.#start += HEADER_BYTES;
    this.received += 1;
    return this.#payload(length);
  }

  /** Whether the whole next frame is in the buffer. */
  get hasFrame(): boolean {
    if (this.#end - this.#start < HEADER_BYTES) return false;
    const length = payloadLength(this.#bytes, this.#start, LONGEST);
    return this.#end - this.#start >= HEADER_BYTES + Math.max(0, length);
  }

  /** Prepares polling where Node can switch the descriptor's mode. `other` is an open socket, which shows whether it can. */
  prepareToLook(other: Socket): void {
    if (process.platform === 'win32' || typeof handleOf(other)?.setBlocking !== 'function') return;
    const { Socket } = process.getBuiltinModule('node:net');
    const socket = new Socket({ fd: this.#fd, readable: false, writable: false });
    socket.unref();
    const handle = handleOf(socket) as Switch;
    // Opening the socket switched the descriptor to non-blocking. If it cannot be switched back, waiting would use a whole processor.
    if (handle.setBlocking(true) !== 0) this.#leave(70);
    this.#switch = handle;
  }

  get canLook(): boolean {
    return this.#switch !== undefined;
  }

  /** Polls, once or until `isOver`, and does not wait. Returns whether the first bytes of a frame have arrived. */
  look(isOver: () => boolean = ONCE): boolean {
    if (this.#end > this.#start) return true;
    this.#switch?.setBlocking(false);
    const { stackTraceLimit } = Error;
    // An empty pipe is an error that is caught below, and its stack is most of its cost. `Reflect.set`: with --frozen-intrinsics the limit stays.
    Reflect.set(Error, 'stackTraceLimit', 0);
    try {
      do this.#readMore();
      while (this.#end === this.#start && !isOver());
    } finally {
      Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
      this.#switch?.setBlocking(true);
    }
    return this.#end > this.#start;
  }

  /** The next bytes: a view of the buffer, or a new buffer when the payload is not complete. */
  #payload(length: number): Buffer {
    const from = this.#start;
    const there = Math.min(this.#end - from, length);
    this.#start += there;
    if (there === length) return this.#bytes.subarray(from, from + length);
    const payload = Buffer.allocUnsafeSlow(length);
    this.#bytes.copy(payload, 0, from, from + there);
    for (let at = there; at < length; ) at += this.#read(payload, at);
    return payload;
  }

  /** Reads all available bytes, so that one call reads many small frames. */
  #readMore(): void {
    if (this.#start > 0) {
      this.#bytes.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    this.#end += this.#read(this.#bytes, this.#end);
  }

  /** Returns the number of bytes: at least one, or 0 during a poll of an empty pipe. */
  #read(buffer: Buffer, at: number): number {
    try {
      // The end of the input is the request to exit.
      return readSync(this.#fd, buffer, at, buffer.length - at, null) || this.#leave(0);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN' || code === 'EINTR') return 0;
      // A task closed the descriptor, or the parent is gone.
      return this.#leave(0);
    }
  }
}
