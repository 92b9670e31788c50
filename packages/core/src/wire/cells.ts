/**
 * The memory that a lane shares with its worker thread, as a list of Int32 cells.
 *
 * Decides the layout only. A slot belongs to one message (by its sequence number) until the worker has acknowledged it, by an answer or, where every
 * task of it was taken back, by a message of its own; a lane without a free slot takes no task. A slot packs the
 * next task to start and the end of those that may be started, 16 bits each, so that both change by one compare-and-swap.
 */
import type { MessagePort } from 'node:worker_threads';

/** Counts messages posted to the worker; it sleeps on this cell. */
export const WAKE = 0;
/** 1 while the worker sleeps and must be notified. */
export const ASLEEP = 1;
/** The task, by message and place, whose signal is aborted. */
export const ABORT_MESSAGE = 2;
export const ABORT_TASK = 3;
export const FIRST_SLOT = 4;
/** Messages that can be under way at once. A power of two. */
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

/** What the set-up task of a thread gets. */
export interface ThreadSetup {
  readonly port: MessagePort;
  readonly cells: Int32Array;
}
