/**
 * MaybeEncodingError: a result that could not be sent, under the name that Python's pool has for it.
 *
 * Decides which of core's errors it is: the one that a worker raised over a result, and says so by the text of it. What cannot be sent the
 * other way, an argument, stays core's TaskSerializationError. Refuses to know why a value cannot be sent.
 */
import { TaskSerializationError } from '@twinpool/core';
import { markTaskIndex } from '@twinpool/core/facade';

/**
 * The task ran, but what it returned cannot be sent; the worker lives on. `exc` is the reason and `value` the result, both as text, as in
 * Python. It is a TaskSerializationError with the same `code`; the `cause` has the stack of the worker.
 *
 * @example
 * ```ts
 * import { MaybeEncodingError, ThreadPool } from 'twinpool';
 *
 * await using pool = new ThreadPool(1);
 * const error = await pool.applyAsync(() => () => 'a function').exception();
 * if (error instanceof MaybeEncodingError) console.log(error.value, error.exc);
 * ```
 */
export class MaybeEncodingError extends TaskSerializationError {
  static override readonly name: string = 'MaybeEncodingError';
  /** Why it cannot be sent. */
  readonly exc: string;
  /** What could not be sent. */
  readonly value: string;

  constructor(exc: string, value: string, options?: { cause?: unknown }) {
    super(`Error sending result: '${value}'. Reason: '${exc}'`, options);
    this.exc = exc;
    this.value = value;
  }
}

/** So that one error becomes one error, however often it is asked for. */
const named = new WeakMap<TaskSerializationError, MaybeEncodingError>();

/** The error as the pool names it; any other as it is. */
export function asPoolError(error: unknown): unknown {
  if (!(error instanceof TaskSerializationError) || error.remote || error.code !== TaskSerializationError.code) return error;
  if (error.result === undefined) return error;
  let ours = named.get(error);
  if (ours === undefined) {
    ours = new MaybeEncodingError(error.message, error.result, { cause: error });
    const { taskIndex } = error as { taskIndex?: number };
    if (taskIndex !== undefined) markTaskIndex(ours, taskIndex, undefined);
    named.set(error, ours);
  }
  return ours;
}
