/**
 * MaybeEncodingError: the error for a result that cannot be sent, under the name that Python's pool has for it.
 *
 *   TaskSerializationError with `result` (a worker could not send a result) --asPoolError--> MaybeEncodingError
 *   any other error, also one of an argument that cannot be sent            --asPoolError--> the same error
 *
 * It does not know why a value cannot be sent.
 */
import { TaskSerializationError } from '@twinpool/core';
import { markTaskIndex } from '@twinpool/core/facade';

/**
 * The task ran, but its result cannot be sent. The worker goes on. It is a TaskSerializationError with the same `code`; its `cause` has the stack of
 * the worker.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.pool.Pool
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
  /** The reason why the result cannot be sent, as text. */
  readonly exc: string;
  /** The result, as text. */
  readonly value: string;

  constructor(exc: string, value: string, options?: { cause?: unknown }) {
    super(`Error sending result: '${value}'. Reason: '${exc}'`, options);
    this.exc = exc;
    this.value = value;
  }
}

/** One MaybeEncodingError per error of core, so that repeated reads return the same object. */
const named = new WeakMap<TaskSerializationError, MaybeEncodingError>();

/** Returns the error that the pool reports for `error`. */
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
