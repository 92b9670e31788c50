/**
 * Declares what a facade passes to a StreamJob and gets from it: the input, the settings, and the callback for outcomes.
 *
 * It has types only.
 */

import type { CallSite } from './task-index.ts';
import type { TypedResults } from './typed-results.ts';

export interface StreamShape {
  /** An item is the array of a task's arguments, not its only argument. */
  readonly spread: boolean;
  /** Outcomes are delivered in input order; otherwise in order of arrival. */
  readonly ordered: boolean;
  /** A value is delivered as `{ index, value }`. */
  readonly indexed?: boolean | undefined;
  /** The number of tasks in a chunk; undefined: as many as the measured run time suggests. */
  readonly chunksize: number | undefined;
  /** Items accepted ahead of the consumer; Infinity: no bound. */
  readonly window: number;
  /** Bytes of results ahead of the consumer; undefined: no bound. */
  readonly mostBytes?: number | undefined;
  /** A synchronous input is read up to the window at once. Otherwise it is read when a lane has room. */
  readonly eager?: boolean | undefined;
  readonly onProgress: ((progress: { completed: number; total: number | undefined }) => void) | undefined;
  /** The number of items, if it is known before the input is read. */
  readonly total: number | undefined;
  /** The array that also gets the results, at the index of their items. A result that does not fit is a failure. */
  readonly into?: TypedResults | undefined;
  /** Where the call was made, for the stack of its tasks' errors. */
  readonly site?: CallSite | undefined;
  /** Called with every failure when it comes, of a task or of the input: for a consumer that does not wait for the input order. */
  readonly onFailure?: ((error: unknown, ofInput: boolean) => void) | undefined;
}

/**
 * A synchronous input (read when a lane has room), an asynchronous one (read into a buffer), or items that are all accepted at once. The array of
 * items belongs to the stream: the caller does not change it.
 */
export type StreamInput = { readonly sync: Iterator<unknown> } | { readonly async: AsyncIterator<unknown> } | { readonly items: unknown[] };

/**
 * Called once per `take`, with an outcome or, if `ok` is undefined, with the end. `isLast`: the error is the last outcome, and not a task's: the
 * input failed, or the whole call ended.
 */
export type Taker = (ok: boolean | undefined, value: unknown, isLast: boolean) => void;
