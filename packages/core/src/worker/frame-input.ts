/**
 * The frames that come to a worker process on its input.
 *
 * Decides how they are read: waiting for the next one in a blocking read, or with a look that does not wait. Refuses to know what they say and
 * when to wait.
 *
 * The descriptor blocks whenever nobody looks: what is in the middle of a frame waits for its rest. Node has no call for a read that does not
 * wait on such a descriptor; a socket over it, which never reads itself, can switch it. Where that cannot be had, nobody looks.
 */
import { readSync } from 'node:fs';
import type { Socket } from 'node:net';
import process from 'node:process';
import { HEADER_BYTES, payloadLength } from '../wire/frames.ts';

/** Bytes that are read at once. More: fewer calls where much comes. Less: less memory a worker. */
const INPUT_BYTES = 1 << 16;
/** Any length is believed: the other side is the program that started this one. */
const LONGEST = 0xffffffff;

/** Of Node's own handle of a socket; not documented, but as old as `process.stdout` that blocks. */
interface Switch {
  /** 0 when it went well. */
  setBlocking(on: boolean): number;
}

function handleOf(socket: Socket): Partial<Switch> | undefined {
  return (socket as unknown as { readonly _handle?: Partial<Switch> })._handle;
}

export class FrameInput {
  readonly #fd: number;
  /** Ends the process, with this exit code. */
  readonly #leave: (code: number) => never;
  /** What was read and not taken yet: `#start` to `#end`. */
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

  /** The payload of the next frame; waits for it. */
  next(): Buffer {
    while (this.#end - this.#start < HEADER_BYTES) this.#readMore();
    const length = payloadLength(this.#bytes, this.#start, LONGEST);
    if (length < 0) this.#leave(70);
    this.#start += HEADER_BYTES;
    this.received += 1;
    return this.#payload(length);
  }

  /** Whether the next frame was read already, all of it. */
  get hasFrame(): boolean {
    if (this.#end - this.#start < HEADER_BYTES) return false;
    const length = payloadLength(this.#bytes, this.#start, LONGEST);
    return this.#end - this.#start >= HEADER_BYTES + Math.max(0, length);
  }

  /** Makes looking possible, where it can be. `other` is a socket that is open already: it shows whether this Node can switch one. */
  prepareToLook(other: Socket): void {
    if (process.platform === 'win32' || typeof handleOf(other)?.setBlocking !== 'function') return;
    const { Socket } = process.getBuiltinModule('node:net');
    const socket = new Socket({ fd: this.#fd, readable: false, writable: false });
    socket.unref();
    const handle = handleOf(socket) as Switch;
    // Opening it has switched the descriptor: if it cannot be switched back, this process would wait at the cost of a whole processor.
    if (handle.setBlocking(true) !== 0) this.#leave(70);
    this.#switch = handle;
  }

  get canLook(): boolean {
    return this.#switch !== undefined;
  }

  /** Whether a frame has begun to come; does not wait. */
  look(): boolean {
    if (this.#end > this.#start) return true;
    this.#switch?.setBlocking(false);
    const { stackTraceLimit } = Error;
    // "Nothing there" is an error that nobody sees, and its stack is most of what it costs. `Reflect.set`: with --frozen-intrinsics it stays.
    Reflect.set(Error, 'stackTraceLimit', 0);
    try {
      this.#readMore();
    } finally {
      Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
      this.#switch?.setBlocking(true);
    }
    return this.#end > this.#start;
  }

  /** The next bytes: a view of what was read, or, where that is not all, a buffer of their own. */
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

  /** Reads what there is: a frame costs one call, and many that lie there cost no more. */
  #readMore(): void {
    if (this.#start > 0) {
      this.#bytes.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    this.#end += this.#read(this.#bytes, this.#end);
  }

  /** Bytes read: at least one, or 0 while somebody looks and nothing is there. */
  #read(buffer: Buffer, at: number): number {
    try {
      // The end of our input is the order to leave.
      return readSync(this.#fd, buffer, at, buffer.length - at, null) || this.#leave(0);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN' || code === 'EINTR') return 0;
      // A task closed the descriptor, or the parent is gone.
      return this.#leave(0);
    }
  }
}
