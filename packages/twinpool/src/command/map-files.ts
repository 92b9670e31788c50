/**
 * The input and the output of `twinpool map`: opens them, and finds the faults that are misuse.
 *
 *   input:   - or FILE --open--> chunks, one at a time when they are asked for
 *   output:  - or FILE --open--> write, isFull, flush          isFull: nothing more is read until 'drain'
 *
 * Invariants: a stream is never written to synchronously, so that a signal is handled while its reader is slow. Only files are written through a stream
 * of our own: two streams over one pipe would disturb each other.
 * This file does not know records.
 */
import { createReadStream, createWriteStream, fstatSync, openSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { Misuse, messageOf } from './misuse.ts';

/** Bytes that are read at once. Larger: fewer reads. Smaller: less memory. */
const CHUNK = 1024 * 1024;
/** Bytes that wait for the reader of the output before nothing more is read. */
const MOST_WAITING = 4 * 1024 * 1024;

export class Input {
  /** Bytes of the whole input; `undefined` where it is not a file. */
  readonly size: number | undefined;
  readonly fd: number;
  readonly #name: string;
  #stream: Readable | undefined;
  #chunks: AsyncIterator<Buffer> | undefined;

  constructor(name: string, fd: number, size: number | undefined) {
    this.#name = name;
    this.fd = fd;
    this.size = size;
  }

  static open(path: string, cwd: string): Input {
    const name = path === '-' ? 'the standard input' : path;
    try {
      const fd = path === '-' ? 0 : openSync(resolve(cwd, path), 'r');
      const stat = fstatSync(fd);
      if (stat.isDirectory()) throw new Misuse('it is a folder');
      return new Input(name, fd, stat.isFile() ? stat.size : undefined);
    } catch (error) {
      throw new Misuse(`cannot read ${name}: expected a file, ${messageOf(error)}`);
    }
  }

  /** Returns the next chunk; `undefined` at the end. */
  async next(): Promise<Buffer | undefined> {
    try {
      this.#chunks ??= this.#open()[Symbol.asyncIterator]();
      const { done, value } = await this.#chunks.next();
      return done === true ? undefined : value;
    } catch (error) {
      throw new Misuse(`cannot read ${this.#name}: ${messageOf(error)}`);
    }
  }

  close(): void {
    this.#stream?.on('error', () => undefined).destroy();
  }

  #open(): Readable {
    // Of files, `process.stdin` reads smaller chunks.
    const isOwn = this.fd !== 0 || this.size !== undefined;
    this.#stream = isOwn ? createReadStream('', { fd: this.fd, highWaterMark: CHUNK, autoClose: false }) : process.stdin;
    return this.#stream;
  }
}

export interface OutputEvents {
  /** There is room again. */
  drained(): void;
  failed(error: NodeJS.ErrnoException): void;
}

export class Output {
  readonly #stream: Writable;
  readonly #events: OutputEvents;
  #hasFailed = false;
  #isWaiting = false;

  constructor(stream: Writable, events: OutputEvents) {
    this.#stream = stream;
    this.#events = events;
    stream.on('error', (error) => {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      events.failed(error);
    });
  }

  /** Opens the file, or the standard output. `appends`: what is in the file stays. Throws a Misuse if it is the file of the input. */
  static open(path: string, cwd: string, appends: boolean, input: Input, events: OutputEvents): Output {
    const name = path === '-' ? 'the standard output' : path;
    if (isSameFile(path === '-' ? 1 : resolve(cwd, path), input.fd))
      throw new Misuse(`the output ${name} is the file of the input: expected another file`);
    if (path === '-') return new Output(isFile(1) ? fileStream(1) : process.stdout, events);
    try {
      return new Output(fileStream(openSync(resolve(cwd, path), appends ? 'a' : 'w')), events);
    } catch (error) {
      throw new Misuse(`cannot write ${name}: expected a file that can be written, ${messageOf(error)}`);
    }
  }

  get isFull(): boolean {
    if (this.#hasFailed || this.#stream.writableLength < MOST_WAITING) return false;
    if (!this.#isWaiting) {
      this.#isWaiting = true;
      this.#stream.once('drain', () => {
        this.#isWaiting = false;
        this.#events.drained();
      });
    }
    return true;
  }

  write(bytes: Uint8Array | string): void {
    if (!this.#hasFailed && bytes.length > 0) this.#stream.write(bytes);
  }

  /** Resolves when everything was written, or cannot be. */
  flush(): Promise<void> {
    return new Promise((resolved) => {
      if (this.#hasFailed) resolved();
      else this.#stream.write('', () => resolved());
    });
  }
}

/** Terminals and pipes are the streams of Node, which do not wait; Node writes to files synchronously. */
function isFile(fd: number): boolean {
  const stat = fstatSync(fd);
  return stat.isFile() || (stat.isCharacterDevice() && !process.stdout.isTTY);
}

function fileStream(fd: number): Writable {
  return createWriteStream('', { fd, autoClose: false, highWaterMark: MOST_WAITING });
}

function isSameFile(output: string | number, inputFd: number): boolean {
  try {
    const input = fstatSync(inputFd, { bigint: true });
    const stat = typeof output === 'number' ? fstatSync(output, { bigint: true }) : statSync(output, { bigint: true });
    return input.isFile() && stat.isFile() && input.dev === stat.dev && input.ino === stat.ino;
  } catch {
    return false;
  }
}
