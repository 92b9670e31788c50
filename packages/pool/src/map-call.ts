/**
 * MapCall: the operations of one `map` that runs. They are the same for every kind of input.
 *
 *   list-map.ts    ListMap     over a synchronous input, which is read at the call      core's MapJob
 *   stream-map.ts  StreamMap   over an asynchronous input                               core's StreamJob, whose outcomes are collected
 *
 * Invariant: both settle alike. A map settles when every task has ended, with the results or with the first error by input order; with `failFast` it
 * settles at the first error that comes. A map does not know whether its listener is a promise or a handle.
 */
import { CancelledError } from '@twinpool/core';
import type { DeferredJob, JobListener } from '@twinpool/core/facade';
import { asPoolError } from './maybe-encoding-error.ts';

export interface MapCall extends DeferredJob {
  submit(): void;
  /** Returns the outcome of every item. `ending`: the error that the whole map ended with; it is the outcome of an item that has none of its own. */
  outcomes(ending: unknown): PromiseSettledResult<unknown>[];
}

/** The caller that waits for a map. */
export interface MapListener extends JobListener {
  /** Called instead of `jobSettled` if the input has no item. `results`: the array without results. */
  inputWasEmpty(results: object): void;
}

/** The error of a map that its caller cancelled. */
export function cancelledCall(): CancelledError {
  return new CancelledError('the call was cancelled before any of its tasks was handed to a worker');
}

/** The outcome of an item that has none because another one failed. `cause`: the error of the other item. */
export function failedFast(cause: unknown): CancelledError {
  return new CancelledError('the map ended at its first error (failFast), before this item had an outcome', { cause });
}

export function rejectedOutcome(reason: unknown): PromiseRejectedResult {
  return { status: 'rejected', reason: asPoolError(reason) };
}
