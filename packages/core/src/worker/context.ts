/** What a task can ask of the worker it runs in: the interface, and `context()`. ownership.ts tells which task asks. */
import { InvalidStateError } from '../errors.ts';
import { contextHere, isWorker } from './ownership.ts';

/** What a task can ask of its worker. */
export interface TaskContext {
  /** Counts from 1 in a runtime; a replacement has a new one. */
  readonly workerId: number;
  /** `prefix_0` is worker 1: see `threadNamePrefix` and `name`. */
  readonly workerName: string;
  /** What the worker is. */
  readonly kind: 'process' | 'thread';
  /** Aborted when the call's signal is; in threads `aborted` is live in a synchronous task, in processes once the task yields. */
  readonly signal: AbortSignal;
  /** The runtime's `workerData` option. */
  readonly workerData: unknown;
  /**
   * Sends a value to the caller's `onReport`, at once and in order.
   *
   * @param value - Any value that can be sent.
   * @returns Nothing.
   */
  report(value: unknown): void;
}

/**
 * The running task's side of its call: the abort signal, the worker, and `report`.
 *
 * @throws InvalidStateError outside of a task, and in timers, promises and listeners of a task that has ended.
 *
 * @returns The context of the task that runs here.
 *
 * @example
 * ```ts
 * import { context } from 'twinpool/worker';
 *
 * export async function poll(url: string): Promise<number> {
 *   const { signal, report } = context();
 *   const response = await fetch(url, { signal });
 *   report({ status: response.status });
 *   return (await response.arrayBuffer()).byteLength;
 * }
 * ```
 */
export function context(): TaskContext {
  const task = contextHere();
  if (task === undefined) {
    throw new InvalidStateError(
      isWorker ? 'context() was called outside of a running task' : 'context() works inside a task, in a worker; this is the main program',
    );
  }
  return task;
}
