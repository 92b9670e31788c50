/**
 * Opens the files for large buffers of one runtime, and counts how much memory they may take together.
 *
 *   folder:   given --> that folder         not given --> /dev/shm, if it is a memory file system          neither, or no room: no file
 *   bytes:    limit = min(bufferLimit, half of what is free in the folder)       reserve(n) --> true, until all is reserved; release(n)
 *   pause:    the file system refused something --> no file is used for PAUSE
 *
 * Invariants: a file never has a name that another program could open after `open` has returned, so no end of any process leaves one behind. No method
 * throws: without a file, buffers travel in their messages. Nothing is opened or asked before the first process is started.
 * This file does not know processes and messages.
 */
import { closeSync, constants, openSync, statfsSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Clock } from '../primitives/clock.ts';
import { memoryFolder } from '../resources/memory-folder.ts';
import { LEAST_BUFFER } from '../wire/buffer-passing.ts';
import { Mailbox, PROGRAM } from '../wire/mailbox.ts';

/** Flags of Linux that Node has no constant for: a file without a name. */
const WITHOUT_NAME = 0o20_000_000;
/** ms. Shorter: a full file system is asked more often. Longer: a file system that has room again is used later. */
const PAUSE = 10_000;
/** ms. What is free is not asked again within this time. */
const MEASURE_EVERY = 1000;
/** The part of all bytes that the results of all workers may use before they ask for more. */
const FOR_RESULTS = 4;
const PAGE = 4096;

export interface BufferSpaceOptions {
  /** The folder that the user has named. */
  readonly folder: string | undefined;
  readonly limit: number;
  /** The number of workers that share the space. */
  readonly workers: number;
}

export interface OpenMailbox {
  readonly fd: number;
  /** The end of this program. */
  readonly mailbox: Mailbox;
}

let named = 0;

export class BufferSpace {
  readonly #options: BufferSpaceOptions;
  readonly #clock: Clock;
  /** `undefined`: not looked for; `false`: there is none. */
  #folder: string | false | undefined;
  #reserved = 0;
  /** Of these, the bytes that are in files. */
  #written = 0;
  #most = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(options: BufferSpaceOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  get isPaused(): boolean {
    return this.#clock.now() < this.#pausedUntil;
  }

  /** Opens a file for each direction. Returns `undefined` if there is none. */
  open(): readonly [number, number] | undefined {
    this.#folder ??= this.#options.folder ?? memoryFolder();
    if (this.#folder === false || this.isPaused || this.#mayUse() < LEAST_BUFFER) return undefined;
    const toWorker = openNameless(this.#folder);
    const fromWorker = toWorker === undefined ? undefined : openNameless(this.#folder);
    if (toWorker !== undefined && fromWorker !== undefined) return [toWorker, fromWorker];
    if (toWorker !== undefined) close(toWorker);
    this.pause();
    return undefined;
  }

  /** Opens the file of a mailbox, with its memory. Returns `undefined` if there is none, or if files may lie on a disk. */
  openMailbox(): OpenMailbox | undefined {
    if (typeof this.#folder !== 'string' || this.#options.folder !== undefined || this.isPaused) return undefined;
    const fd = openNameless(this.#folder);
    if (fd === undefined) return undefined;
    try {
      Mailbox.prepare(fd);
      return { fd, mailbox: new Mailbox(fd, PROGRAM) };
    } catch {
      close(fd);
      return undefined;
    }
  }

  /** The bytes that the results of one worker may use from its start on. They are reserved. */
  reserveForResults(): number {
    const share = this.#mayUse() / (FOR_RESULTS * this.#options.workers);
    const bytes = share < LEAST_BUFFER ? 0 : Math.floor(share / PAGE) * PAGE;
    return this.reserve(bytes) ? bytes : 0;
  }

  /** Returns false if fewer bytes are left. */
  reserve(bytes: number): boolean {
    if (this.#reserved + bytes > this.#mayUse()) return false;
    this.#reserved += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#reserved -= bytes;
  }

  /** Files have grown by that many bytes, or have become smaller. */
  grewBy(bytes: number): void {
    this.#written += bytes;
  }

  /** The file system refused something: no file is used for some time. */
  pause(): void {
    this.#pausedUntil = this.#clock.now() + PAUSE;
  }

  #mayUse(): number {
    const { limit } = this.#options;
    if (typeof this.#folder !== 'string') return 0;
    const time = this.#clock.now();
    if (time - this.#measuredAt >= MEASURE_EVERY) {
      this.#measuredAt = time;
      const free = freeBytes(this.#folder);
      this.#most = Math.min(limit, (free + this.#written) / 2);
    }
    return this.#most;
  }
}

/** A memory file system without a limit says that it has no blocks. */
function freeBytes(folder: string): number {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
  } catch {
    return 0;
  }
}

/** Opens a file for reading and writing that only this process, and those that inherit it, can reach. */
function openNameless(folder: string): number | undefined {
  const { O_RDWR, O_EXCL, O_CREAT, O_DIRECTORY } = constants;
  if (process.platform === 'linux') {
    try {
      return openSync(folder, WITHOUT_NAME | O_DIRECTORY | O_RDWR | O_EXCL, 0o600);
    } catch {
      // Not every file system has such files.
    }
  }
  const path = join(folder, `.twinpool-${process.pid}-${named++}-${Math.random().toString(36).slice(2)}`);
  let fd: number | undefined;
  try {
    fd = openSync(path, O_RDWR | O_CREAT | O_EXCL, 0o600);
    unlinkSync(path);
    return fd;
  } catch {
    if (fd !== undefined) close(fd);
    return undefined;
  }
}

export function close(fd: number): void {
  try {
    closeSync(fd);
  } catch {}
}
