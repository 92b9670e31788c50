/**
 * The program's end of the mailbox of one worker process: opens its file, and reads the answers in it while the program polls (answer-poll.ts).
 *
 *   closed --open--> open --polled--> attended --end of the turn--> open --the process is gone: read what is there, close--> closed
 *                      '--it cannot be used--> broken --close--> closed
 *
 * A file that can no longer be read or written breaks the mailbox: what lies in it is lost with its worker. This file does not know messages.
 */
import process from 'node:process';
import { Mailbox, PROGRAM } from '../wire/mailbox.ts';
import type { PolledChannel } from './answer-poll.ts';
import { type BufferSpace, close } from './buffer-space.ts';

/** ms. Between two processes a look must last longer than a few system calls of the other side; else both sides fall asleep in turn. */
const LONGEST_POLL = 0.2;
/** A mailbox relies on the order of system calls of two processes on one file. It was proved on this hardware only. */
const CAN_SHARE = process.platform === 'linux' && process.arch === 'x64';

export interface MailReceiver {
  /** The number of frames that were read from the pipe. */
  readonly framesRead: number;
  /** The number of messages with tasks that are not fully answered. */
  readonly unanswered: number;
  mailArrived(payload: Uint8Array): void;
  mailBroke(error: unknown): void;
}

export class ProcessMail implements PolledChannel {
  readonly #receiver: MailReceiver;
  #fd: number | undefined;
  #mailbox: Mailbox | undefined;
  isExpected = false;
  isAttended = false;
  readonly longestPoll: number = LONGEST_POLL;
  /** A look is a system call. */
  readonly looksAtOnce: number = 1;

  constructor(receiver: MailReceiver) {
    this.#receiver = receiver;
  }

  /** Returns the descriptor for the worker; `undefined`: all frames travel by the pipe. */
  open(space: BufferSpace | undefined): number | undefined {
    const fd = CAN_SHARE ? space?.openMailbox() : undefined;
    if (fd === undefined) return undefined;
    this.#fd = fd;
    this.#mailbox = new Mailbox(fd, PROGRAM);
    return fd;
  }

  /** `undefined`: closed, or broken. */
  get mailbox(): Mailbox | undefined {
    return this.#mailbox;
  }

  readonly isPolledAlone: boolean = true;

  /** Several messages are a burst: the worker needs the processor more than this program. */
  get isAwaited(): boolean {
    return this.#receiver.unanswered === 1;
  }

  get hasNews(): boolean {
    return this.#do((mailbox) => mailbox.look(this.#receiver.framesRead)) === true;
  }

  read(): void {
    const frame = this.#do((mailbox) => mailbox.take());
    if (frame !== undefined) this.#receiver.mailArrived(frame);
  }

  attend(): void {
    this.#do((mailbox) => mailbox.attend(this.#receiver.framesRead));
  }

  rest(): void {
    if (this.#do((mailbox) => mailbox.leave(this.#receiver.framesRead)) === true) this.read();
  }

  /** The worker is gone. Reads its last answer, and returns whether it had not taken the last frame that was put. */
  end(): boolean {
    this.read();
    const isUntaken = this.#do((mailbox) => mailbox.refresh()) === true;
    this.close();
    return isUntaken;
  }

  /** The mailbox cannot be used any more. */
  broke(error: unknown): void {
    this.#mailbox = undefined;
    this.#receiver.mailBroke(error);
  }

  close(): void {
    this.#mailbox = undefined;
    if (this.#fd !== undefined) close(this.#fd);
    this.#fd = undefined;
  }

  #do<T>(use: (mailbox: Mailbox) => T): T | undefined {
    const mailbox = this.#mailbox;
    if (mailbox === undefined) return undefined;
    try {
      return use(mailbox);
    } catch (error) {
      this.broke(error);
      return undefined;
    }
  }
}
