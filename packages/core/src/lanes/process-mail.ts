/**
 * The program's end of the mailbox of one worker process: opens its file, and reads the answers in it while the program polls (answer-poll.ts), which it
 * does while that is worth it (poll-gate.ts).
 *
 *   closed --open--> open --polled--> attended --end of the turn--> open --the process is gone: read what is there, close--> closed
 *                      '--it cannot be used--> broken --close--> closed
 *
 * A file that can no longer be read or written breaks the mailbox: what lies in it is lost with its worker. This file does not know messages.
 */
import process from 'node:process';
import { now } from '../primitives/time.ts';
import { cpusToPoll } from '../resources/cpu-count.ts';
import type { Mailbox } from '../wire/mailbox.ts';
import type { PolledChannel } from './answer-poll.ts';
import { type BufferSpace, close } from './buffer-space.ts';
import { PollGate } from './poll-gate.ts';

/** ms. Between two processes a look must last longer than a few system calls of the other side; else both sides fall asleep in turn. */
const LONGEST_POLL = 0.2;
/** A mailbox relies on the order of system calls of two processes on one file. It was proved on this hardware only. */
const CAN_SHARE = process.platform === 'linux' && process.arch === 'x64';

/** Those of all worker processes of this program, also of such without a mailbox. */
const mails = new Set<ProcessMail>();
/** 0: not yet counted. */
let knownCpus = 0;

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
  readonly #gate = new PollGate();
  /** The worker may look into the mailbox: this program has looked there for its last answers. */
  isWatched = false;
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
    mails.add(this);
    const opened = CAN_SHARE ? space?.openMailbox() : undefined;
    this.#fd = opened?.fd;
    this.#mailbox = opened?.mailbox;
    return this.#fd;
  }

  /** `undefined`: closed, or broken. */
  get mailbox(): Mailbox | undefined {
    return this.#mailbox;
  }

  readonly isPolledAlone: boolean = true;

  /** A worker that looks may answer before a poll begins. One that sleeps has to be woken first. */
  get isAttendedAtOnce(): boolean {
    return this.isWatched;
  }

  /** Processes that run tasks need a processor each: they need it more than a poll does. */
  get isAwaited(): boolean {
    return this.isWorthPolling && countBusy() < cpus();
  }

  get isWorthPolling(): boolean {
    return this.#gate.isOpen && this.#receiver.unanswered === 1 && this.#mailbox !== undefined;
  }

  /** A message with tasks is being sent. */
  tasksSent(): void {
    if (this.#mailbox !== undefined) this.#gate.sent(this.#receiver.unanswered === 1, now());
  }

  /** A frame came by the pipe. */
  pipeArrived(): void {
    this.isWatched &&= this.isAttended;
    this.#gate.missed();
  }

  /** An answer was processed. */
  answered(): void {
    if (this.#mailbox !== undefined && !this.isBusy) this.#gate.answered(now());
  }

  get isBusy(): boolean {
    return this.#receiver.unanswered > 0;
  }

  get hasNews(): boolean {
    return this.#do((mailbox) => mailbox.look(this.#receiver.framesRead)) === true;
  }

  read(): void {
    const frame = this.#do((mailbox) => mailbox.take());
    if (frame === undefined) return;
    this.isWatched = true;
    this.#gate.found();
    this.#receiver.mailArrived(frame);
  }

  attend(): void {
    this.isWatched = true;
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
    mails.delete(this);
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

function countBusy(): number {
  let busy = 0;
  for (const mail of mails) if (mail.isBusy) busy += 1;
  return busy;
}

function cpus(): number {
  if (knownCpus === 0) knownCpus = cpusToPoll();
  return knownCpus;
}
