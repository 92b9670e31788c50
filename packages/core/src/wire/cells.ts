/**
 * The layout of the memory that a lane shares with its worker thread: a list of Int32 cells.
 *
 *   to the worker   line of the sender (lane): POSTED | WAKE                line of the receiver (worker): STATE | TAIL | TAKEN
 *   to the lane     line of the sender (worker): POSTED                     line of the receiver (lane): STATE | TAIL | TAKEN
 *   for each slot   ABORT_MESSAGE | ABORT_TASK | one cell per message       cell of a message: next: 16 bits | end: 16 bits
 *   two rings       RING_WORDS words of 8 bytes for each direction          wire/ring.ts
 *
 * Tasks next..end-1 of a message may be claimed. Each line is a cache line that only one side writes: the other side may poll it.
 *
 * Invariants: both sides change the cell of a message only by compare-and-swap, so `next` and `end` change together. Such a cell belongs to one message
 * until the worker has acknowledged that message, in an ANSWER or, if all its tasks were taken back, in an ACKNOWLEDGED. A slot without a free cell
 * takes no task. ARCHITECTURE.md (section 4) argues that no wake-up is lost and no task runs twice.
 * This file does not read or write the cells.
 */
import type { MessagePort } from 'node:worker_threads';

/** The cells of one direction: where its two lines and its ring begin. */
export interface Direction {
  readonly sender: number;
  readonly receiver: number;
  readonly ring: number;
  /** The receiver may sleep on WAKE. */
  readonly sleeps: boolean;
}

/**
 * In the line of a sender: the messages posted on the port, and a number on which a worker sleeps. It rises with each message of the port, and when a
 * record wakes the worker.
 */
export const POSTED = 0;
export const WAKE = 1;
/** In the line of a receiver: how it waits, the words of the ring that may be written again, and the messages taken from the port. */
export const STATE = 0;
export const TAIL = 1;
export const TAKEN = 2;

/** The receiver is in its event loop, or returns to it without another look: only a message on the port wakes it. */
export const IN_LOOP = 0;
/** The receiver looks at its cells before it waits. */
export const ATTENTIVE = 1;
/** The worker sleeps on WAKE and must be notified. */
export const ASLEEP = 2;

/** The cells of a cache line. */
const LINE = 16;
const LINES = 4;
/** The words of one ring, a power of two. More: more answers wait there while the program is busy. Fewer: less memory per worker. */
export const RING_WORDS = 1024;
const RING_CELLS = 2 * RING_WORDS;

/** The first cells of a slot: the message, and the place in it, of the task whose signal is aborted. */
export const ABORT_MESSAGE = 0;
export const ABORT_TASK = 1;
const FIRST_OF_SLOT = LINES * LINE;
const FIRST_OF_MESSAGE = 2;
/** The most messages of a slot that are unacknowledged at once, if the worker has one slot and if it has several. */
const MESSAGES = 64;
/** A slot of several gets one task at a time. Its earlier messages are those that were taken back and that the worker has not read. */
const FEW_MESSAGES = 4;

/** The number of messages of one slot that are unacknowledged at once. */
export function messagesPerSlot(slots: number): number {
  return slots === 1 ? MESSAGES : FEW_MESSAGES;
}

export function cellsFor(slots: number): number {
  return firstOfRings(slots) + 2 * RING_CELLS;
}

function firstOfRings(slots: number): number {
  return Math.ceil(cellOfSlot(slots, slots) / LINE) * LINE;
}

export function toWorker(slots: number): Direction {
  return { sender: 0, receiver: LINE, ring: firstOfRings(slots), sleeps: true };
}
export function toLane(slots: number): Direction {
  return { sender: 2 * LINE, receiver: 3 * LINE, ring: firstOfRings(slots) + RING_CELLS, sleeps: false };
}

/** The first cell of a slot, of `slots`. */
export function cellOfSlot(slot: number, slots: number): number {
  return FIRST_OF_SLOT + slot * (FIRST_OF_MESSAGE + messagesPerSlot(slots));
}

/** The cell of a message; `first`: the first cell of its slot, `messages`: the messages per slot. */
export function cellOfMessage(first: number, sequence: number, messages: number): number {
  return first + FIRST_OF_MESSAGE + (sequence % messages);
}

export function packClaims(next: number, end: number): number {
  return (next << 16) | end;
}
export function nextClaim(cell: number): number {
  return cell >>> 16;
}
export function endOfClaims(cell: number): number {
  return cell & 0xffff;
}

/** Where `workerData` has the set-up of a thread that piscina does not start. */
export const SETUP = '@twinpool/core/setup';

/** What the program of a thread gets. */
export interface ThreadSetup {
  readonly port: MessagePort;
  readonly cells: Int32Array;
  /** The number of slots of the worker. */
  readonly slots: number;
}
