/**
 * What one facade may know of another's handle: enough for `wait` and `asCompleted` to take futures and async results mixed.
 *
 * Decides the protocol only. A handle answers `handle[HANDLE]()`; asking and listening observe nothing: no promise is made, an error
 * stays unobserved. A registered symbol, so that handles of two copies of a package understand each other.
 */
export const HANDLE: unique symbol = Symbol.for('twinpool.handle') as never;

export interface HandleView {
  /** It has its final outcome: a value, an error, or it was cancelled. */
  readonly isDone: boolean;
  /** Something of it was handed to a worker, and it has no outcome yet. */
  readonly isRunning: boolean;
  /** It ended with an error and was not cancelled. */
  readonly isFailed: boolean;
  /**
   * Calls `listener` once, in the step that settles the handle, after its state says so and before promise continuations. One that
   * is done already never calls it. Returns a function that takes the listener back.
   */
  onSettled(listener: () => void): () => void;
}

export interface Handle {
  [HANDLE](): HandleView;
}
