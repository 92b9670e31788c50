/**
 * One end of the mailbox between a lane and its worker process: a memory file that holds one short frame for each direction.
 *
 *   file:   page of the program | page of the worker          each end writes its own page only
 *   page:   number u32 | length u32 | hash u32 | taken u32 | read u32 | piped u32 | state u32 | hash u32 | key u32 | the frame | number u32         of this byte order
 *
 *   put:    all of the page --> read the other page: its state is AWAY and it has not taken the frame --> wake it by the pipe
 *   leave:  state AWAY --> look once more            look:  the other number is the next one, or more frames are on the pipe than were read
 *
 * A wake-up by the pipe takes about 25 µs. An end that looks at the file sees a frame after one system call.
 *
 * - A frame is put only when the other end looks, and has taken all that was sent before, by the mailbox and by the pipe. So a frame in the mailbox is
 *   always the next one, and the order of all frames is kept: before a frame on the pipe that follows an untaken one comes a MAIL frame.
 * - The sender first writes the number and then reads the state. The receiver first writes AWAY and then reads the number. So a frame is seen, or its
 *   sender wakes the receiver. ARCHITECTURE.md (section 5) has the argument, mailbox-model.test.ts all orders of the steps.
 * - One read may see a part of one write. A frame counts as there when both its numbers and its hashes are right; until then the reader looks again.
 *   An end that dies while it writes leaves no frame behind.
 * - Both pages have the same random key from their beginning. A page without it is in another file: a task has closed the mailbox, and opened a file of its own.
 * - What was put and not taken is known (`isUntaken`), also when the other end is gone.
 *
 * It does not know what frames mean, nor when an end waits.
 */
import { randomInt } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';

const PAGE = 1024;
export const MAILBOX_BYTES: number = 2 * PAGE;

const NUMBER = 0;
const LENGTH = 1;
const HASH = 2;
const TAKEN = 3;
const READ = 4;
const PIPED = 5;
const STATE = 6;
const OTHER_HASH = 7;
const KEY = 8;
const FIELDS = 9;
/** Bytes of a number, and where the frame begins in a page. */
const WORD = 4;
const FRAME = FIELDS * WORD;

/** Bytes. A longer frame travels by the pipe. More: every look copies more. Less: fewer messages are mail. */
export const MOST_MAIL: number = PAGE - FRAME - 2 * WORD;

/** The end reads the pipe, or waits in its event loop. A new file contains it. */
const AWAY = 0;
/** The end looks at the mailbox before it waits. */
const LOOKS = 1;
/** Looks after which a frame that is not whole never will be. One write lasts as long as one look. */
const MOST_LOOKS = 1000;

const OTHER_FILE = 'its descriptor belongs to another file now';

/** The two ends, by the number of their page. */
export const PROGRAM = 0;
export const WORKER = 1;

/** The file cannot be read or written, or its content was not written by the other end: the mailbox is of no use any more. */
export class MailboxError extends Error {}

/** Its methods throw a MailboxError. */
export class Mailbox {
  readonly #fd: number;
  readonly #minePage: number;
  readonly #theirPage: number;
  readonly #mine: Page = new Page();
  readonly #theirs: Page = new Page();
  readonly #key: number;
  #hasMail = false;

  /** `fd` is a file that was prepared. Throws if it is another one. */
  constructor(fd: number, side: typeof PROGRAM | typeof WORKER) {
    this.#fd = fd;
    this.#minePage = side * PAGE;
    this.#theirPage = (1 - side) * PAGE;
    this.#read(this.#mine, this.#minePage);
    this.#key = this.#mine.fields[KEY] as number;
    if (this.#key === 0) throw new MailboxError(OTHER_FILE);
  }

  /** Reserves the memory of a new file: no later call needs more. Throws if there is none. */
  static prepare(fd: number): void {
    const pages = new Uint32Array(MAILBOX_BYTES / WORD);
    pages[KEY] = pages[PAGE / WORD + KEY] = randomInt(1, 2 ** 32);
    const written = writeSync(fd, pages, 0, MAILBOX_BYTES, 0);
    if (written < MAILBOX_BYTES) throw new MailboxError(`the file system takes ${written} of ${MAILBOX_BYTES} bytes`);
  }

  /**
   * Puts a frame into the mailbox, if the other end looks there.
   * @param sent the number of frames that this end has sent by the pipe.
   * @param read the number of frames that this end has read from the pipe.
   * @returns false: the frame must travel by the pipe. True: the other end sees it, unless `mustWake`.
   */
  put(frame: Uint8Array, sent: number, read: number): boolean {
    if (frame.length > MOST_MAIL || !this.#mayPut(sent)) return false;
    const mine = this.#mine;
    mine.fields[READ] = read;
    this.#store(mine.fill(frame));
    this.#load();
    return true;
  }

  /** A frame has been sent by the pipe: an end that looks here, or begins to, learns it. */
  piped(sent: number): void {
    this.#mine.fields[PIPED] = sent;
    this.#store(FRAME);
  }

  /** The frame that was put may never be seen: MAIL on the pipe must announce it. */
  get mustWake(): boolean {
    return this.isUntaken && this.#theirs.fields[STATE] !== LOOKS;
  }

  /** The other end had not taken the last frame when its page was read last. */
  get isUntaken(): boolean {
    return this.#theirs.fields[TAKEN] !== this.#mine.fields[NUMBER];
  }

  /** Whether a frame was in the mailbox when the other page was read last, and was not taken since. */
  get hasMail(): boolean {
    return this.#hasMail;
  }

  /** Reads the other page. Returns `isUntaken`. */
  refresh(): boolean {
    this.#load();
    return this.isUntaken;
  }

  /** Reads the other page, and returns whether a frame is there, or on the pipe. `read`: as for `put`. */
  look(read: number): boolean {
    this.#load();
    return this.#hasMail || (((this.#theirs.fields[PIPED] as number) - read) | 0) > 0;
  }

  /** Takes the frame in the mailbox, if one is there. */
  take(): Uint8Array | undefined {
    if (!this.#hasMail && !this.#waitForMail()) return undefined;
    this.#hasMail = false;
    this.#mine.fields[TAKEN] = this.#theirs.fields[NUMBER] as number;
    return this.#theirs.copyFrame();
  }

  /** From now on this end looks before it waits. `read`: as for `put`. */
  attend(read: number): void {
    this.#announce(LOOKS, read);
  }

  /** From now on the other end must wake this one. Returns whether a frame is in the mailbox. `read`: as for `put`. */
  leave(read: number): boolean {
    if (this.#mine.fields[STATE] === AWAY) return false;
    this.#announce(AWAY, read);
    return this.#waitForMail();
  }

  /** Tells the other end that this one has taken its frame. */
  acknowledge(): void {
    this.#store(FRAME);
  }

  #announce(state: number, read: number): void {
    const { fields } = this.#mine;
    if (fields[STATE] === state && fields[READ] === read >>> 0) return;
    fields[STATE] = state;
    fields[READ] = read;
    this.#store(FRAME);
  }

  #mayPut(sent: number): boolean {
    if (this.#isReadyFor(sent)) return true;
    this.#load();
    return this.#isReadyFor(sent);
  }

  /** The other end looks here, and has taken all that was sent. */
  #isReadyFor(sent: number): boolean {
    const { fields } = this.#theirs;
    return fields[STATE] === LOOKS && !this.isUntaken && fields[READ] === sent >>> 0;
  }

  /** Reads the other page until no frame is there, or a whole one. */
  #waitForMail(): boolean {
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      this.#load();
      if (!this.#isNext()) return false;
      if (this.#hasMail) return true;
    }
    throw new MailboxError('the frame in the mailbox is not whole');
  }

  #isNext(): boolean {
    return this.#theirs.fields[NUMBER] === ((this.#mine.fields[TAKEN] as number) + 1) >>> 0;
  }

  #load(): void {
    this.#read(this.#theirs, this.#theirPage);
    if (this.#theirs.fields[KEY] !== this.#key) throw new MailboxError(OTHER_FILE);
    this.#hasMail = this.#isNext() && this.#theirs.isWhole;
  }

  #read(page: Page, at: number): void {
    let count: number;
    try {
      count = readSync(this.#fd, page.bytes, 0, PAGE, at);
    } catch (cause) {
      throw new MailboxError('the mailbox cannot be read', { cause });
    }
    if (count < PAGE) throw new MailboxError(OTHER_FILE);
  }

  #store(bytes: number): void {
    try {
      writeSync(this.#fd, this.#mine.bytes, 0, bytes, this.#minePage);
    } catch (cause) {
      throw new MailboxError('the mailbox cannot be written', { cause });
    }
  }
}

/** What a page of the file contained when it was read last, or will contain. */
class Page {
  readonly bytes: Uint8Array = new Uint8Array(PAGE);
  readonly fields: Uint32Array = new Uint32Array(this.bytes.buffer, 0, FIELDS);
  readonly #words: Uint32Array = new Uint32Array(this.bytes.buffer);
  /** What `#hash` computed last. */
  #hashed = 0;
  #otherHashed = 0;

  /** Puts in the next frame. Returns the bytes of the page up to its end. */
  fill(frame: Uint8Array): number {
    const { fields, bytes } = this;
    const number = ((fields[NUMBER] as number) + 1) >>> 0;
    fields[NUMBER] = number;
    fields[LENGTH] = frame.length;
    bytes.set(frame, FRAME);
    this.#hash(frame.length);
    fields[HASH] = this.#hashed;
    fields[OTHER_HASH] = this.#otherHashed;
    const end = endOf(frame.length);
    this.#words[end] = number;
    return (end + 1) * WORD;
  }

  /** All parts of the frame belong to its number. */
  get isWhole(): boolean {
    const { fields } = this;
    const length = fields[LENGTH] as number;
    if (length > MOST_MAIL || this.#words[endOf(length)] !== fields[NUMBER]) return false;
    this.#hash(length);
    return fields[HASH] === this.#hashed && fields[OTHER_HASH] === this.#otherHashed;
  }

  /** In memory of its own: values may be views of it. */
  copyFrame(): Uint8Array {
    const frame = Buffer.allocUnsafe(this.fields[LENGTH] as number);
    frame.set(this.bytes.subarray(FRAME, FRAME + frame.length));
    return frame;
  }

  /**
   * Two hashes of the number and the words of the frame, the last of which may contain bytes of an older frame.
   *
   * Each rotates before it multiplies. A multiplication alone moves a difference only upwards: two frames whose words differ in the highest bits had the same
   * FNV-1a in one of 128 cases, and a read that saw parts of both took the old tasks for the new ones.
   */
  #hash(length: number): void {
    const words = this.#words;
    const end = endOf(length);
    const number = this.fields[NUMBER] as number;
    let one = number ^ 0x811c9dc5;
    let other = number ^ 0x2545f491;
    for (let at = FIELDS; at < end; at++) {
      const word = words[at] as number;
      one ^= word;
      one = Math.imul((one << 15) | (one >>> 17), 0x9e3779b1);
      other = Math.imul((((other << 13) | (other >>> 19)) + word) | 0, 0x85ebca77);
    }
    this.#hashed = one >>> 0;
    this.#otherHashed = other >>> 0;
  }
}

/** The word after a frame of that length. */
function endOf(length: number): number {
  return ((FRAME + length + WORD - 1) / WORD) | 0;
}
