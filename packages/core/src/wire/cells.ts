/**
 * The layout of the memory that a lane shares with its worker thread: a list of Int32 cells.
 *
 *   cell   0 WAKE | 1 ASLEEP | 2 ABORT_MESSAGE | 3 ABORT_TASK | 4..67 one slot per message
 *   slot   next: 16 bits | end: 16 bits          tasks next..end-1 of the message may be claimed
 *
 * Invariants: both sides change a slot only by compare-and-swap, so `next` and `end` change together. A slot belongs to one message until the
 * worker has acknowledged that message, in an ANSWER or, if all its tasks were taken back, in an ACKNOWLEDGED. A lane without a free slot takes
 * no task. ARCHITECTURE.md (section 4) argues that no wake-up is lost and no task runs twice.
 * This file does not read or write the cells.
 */
import type { MessagePort } from 'node:worker_threads';

/** The number of messages posted to the worker. The worker sleeps on this cell. */
export const WAKE = 0;
/** 1 while the worker sleeps and must be notified. */
export const ASLEEP = 1;
/** The message, and the place in it, of the task whose signal is aborted. */
export const ABORT_MESSAGE = 2;
export const ABORT_TASK = 3;
export const FIRST_SLOT = 4;
/** The most messages that are unacknowledged at once. A power of two. */
export const SLOTS = 64;
export const CELLS: number = FIRST_SLOT + SLOTS;
export function packSlot(next: number, end: number): number {
  return (next << 16) | end;
}
export function slotNext(cell: number): number {
  return cell >>> 16;
}
export function slotEnd(cell: number): number {
  return cell & 0xffff;
}

/** Where `workerData` has the set-up of a thread that piscina does not start. */
export const SETUP = '@twinpool/core/setup';

/** What the program of a thread gets. */
export interface ThreadSetup {
  readonly port: MessagePort;
  readonly cells: Int32Array;
}
