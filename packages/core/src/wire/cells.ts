/**
 * The layout of the memory that a lane shares with its worker thread: a list of Int32 cells.
 *
 *   cell   0 WAKE | 1 ASLEEP | for each slot: ABORT_MESSAGE | ABORT_TASK | one cell per message
 *   cell of a message   next: 16 bits | end: 16 bits          tasks next..end-1 of the message may be claimed
 *
 * Invariants: both sides change the cell of a message only by compare-and-swap, so `next` and `end` change together. Such a cell belongs to one message
 * until the worker has acknowledged that message, in an ANSWER or, if all its tasks were taken back, in an ACKNOWLEDGED. A slot without a free cell
 * takes no task. ARCHITECTURE.md (section 4) argues that no wake-up is lost and no task runs twice.
 * This file does not read or write the cells.
 */
import type { MessagePort } from 'node:worker_threads';

/** The number of messages posted to the worker. The worker sleeps on this cell. */
export const WAKE = 0;
/** 1 while the worker sleeps and must be notified. */
export const ASLEEP = 1;
/** The first cells of a slot: the message, and the place in it, of the task whose signal is aborted. */
export const ABORT_MESSAGE = 0;
export const ABORT_TASK = 1;
const FIRST_OF_SLOT = 2;
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
  return FIRST_OF_SLOT + slots * (FIRST_OF_MESSAGE + messagesPerSlot(slots));
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
