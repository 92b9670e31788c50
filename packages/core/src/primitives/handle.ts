/**
 * The protocol by which one facade reads the state of another facade's handle: `wait` and `asCompleted` take futures and async results mixed.
 *
 * `handle[HANDLE]()` returns a view. Reading the view and listening make no promise, and the outcome does not become observed. The symbol is
 * registered (`Symbol.for`), so that handles of two copies of a package work together. The protocol does not know classes of handles.
 */
export const HANDLE: unique symbol = Symbol.for('twinpool.handle') as never;

export interface HandleView {
  /** The handle has its final outcome: a value, an error, or it was cancelled. */
  readonly isDone: boolean;
  /** A task of it was handed to a worker, and it has no outcome yet. */
  readonly isRunning: boolean;
  /** The handle ended with an error and was not cancelled. */
  readonly isFailed: boolean;
  /**
   * Calls `listener` once, when the handle is settled: after its state has changed and before promise continuations. A handle that is already
   * done never calls it. Returns a function that removes the listener.
   */
  onSettled(listener: () => void): () => void;
}

export interface Handle {
  [HANDLE](): HandleView;
}
