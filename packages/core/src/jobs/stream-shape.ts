/** What a stream is made of, and what it gives: the words of its makers and consumers. Decides nothing. */

import type { CallSite } from './task-index.ts';

export interface StreamShape {
  readonly spread: boolean;
  /** Outcomes by input order; else as they come. */
  readonly ordered: boolean;
  readonly chunksize: number | undefined;
  /** Items accepted ahead of the consumer; Infinity: no bound. */
  readonly window: number;
  /** Bytes of results ahead of the consumer; undefined: no bound. */
  readonly mostBytes?: number | undefined;
  /** A sync input is read as far as the window goes at once, not when a lane has room. */
  readonly eager?: boolean | undefined;
  readonly onProgress: ((progress: { completed: number; total: number | undefined }) => void) | undefined;
  /** How many items there will be, where that is known. */
  readonly total: number | undefined;
  /** Where the call was made, for the stack of its tasks' errors. */
  readonly site?: CallSite | undefined;
  /** Told of every failure when it comes, also of the input's own: for a consumer that does not wait for its turn. */
  readonly onFailure?: ((error: unknown, ofInput: boolean) => void) | undefined;
}

/**
 * A sync input (pulled when a lane has room), an async one (pulled into a buffer), or items that are all accepted at once, in a list that
 * is nobody else's.
 */
export type StreamInput = { readonly sync: Iterator<unknown> } | { readonly async: AsyncIterator<unknown> } | { readonly items: unknown[] };

/** Called once for one `take`: an outcome, or (`ok` undefined) the end. `isLast`: the error is no task's but of the input, or of the whole. */
export type Taker = (ok: boolean | undefined, value: unknown, isLast: boolean) => void;
