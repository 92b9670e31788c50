/** Defines what a task can ask of its worker. context.ts returns it, running-task.ts implements it, ownership.ts says which task asks. */
/** What a task can ask of its worker. */
export interface TaskContext {
  /** Counts from 1 in a runtime; a replacement has a new one. */
  readonly workerId: number;
  /** `prefix_0` is worker 1: see `threadNamePrefix` and `name`. */
  readonly workerName: string;
  /** The smallest index from 0 that no live worker of the runtime has. */
  readonly workerIndex: number;
  /** What the worker is; 'inline' where the task runs in the thread of its caller. */
  readonly kind: 'process' | 'thread' | 'inline';
  /** Aborted when the call's signal is; in threads `aborted` is live in a synchronous task, in processes once the task yields. */
  readonly signal: AbortSignal;
  /** The runtime's `workerData` option, or what `perWorker` gave instead. */
  readonly workerData: unknown;
  /**
   * Sends a value to the caller's `onReport`, at once and in order. In an initializer it throws an InvalidStateError.
   *
   * @param value - Any value that can be sent.
   * @returns Nothing.
   */
  report(value: unknown): void;
}
