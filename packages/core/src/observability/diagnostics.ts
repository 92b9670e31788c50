/**
 * Publishes the events that an operator can listen to, on Node's `diagnostics_channel`: `twinpool:task` and `twinpool:worker`.
 *
 * No event contains a value: arguments and results may be secrets. Without a listener the cost is one check per message. An error of a listener
 * is reported by Node as an uncaught exception, in a turn of its own. It does not know lanes and jobs: it takes the few fields that it publishes.
 */
import { type Channel, channel } from 'node:diagnostics_channel';

/**
 * A message of `twinpool:task`. `start`: the task was handed to the worker. `end`: its outcome is there; `lost` when its worker died with it.
 * A task that no worker ever had (cancelled, refused) has no event. A task that is taken back to run elsewhere starts there again.
 *
 * @example
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel';
 * import type { TaskEvent } from 'twinpool';
 *
 * subscribe('twinpool:task', (message) => {
 *   const { event, task, outcome, error } = message as TaskEvent;
 *   if (event === 'end' && outcome !== 'completed') console.error(task, outcome, error);
 * });
 * ```
 */
export interface TaskEvent {
  /** 'start': the task was handed to the worker. 'end': its outcome is there. */
  readonly event: 'start' | 'end';
  /** The function's name. */
  readonly task: string;
  /** Its place in the input of its call; 0 for a single call. */
  readonly index: number;
  /** The worker that has the task; counts from 1 in a runtime. */
  readonly workerId: number;
  /** How the task ended; 'lost' when its worker died with it, `undefined` at the start. */
  readonly outcome: 'completed' | 'failed' | 'lost' | undefined;
  /** What a failed or lost task ended with. */
  readonly error: unknown;
}

/**
 * A message of `twinpool:worker`. `lost`: it died although this program had not ended it (`exitCode` or `signal` say how); `ended`: it was retired, or ended because of its
 * task. `lateError`: user code threw outside of any task. `anomaly`: it sent what no correct worker sends.
 */
export interface WorkerEvent {
  /** What happened to the worker. */
  readonly event: 'starting' | 'ready' | 'ended' | 'lost' | 'lateError' | 'anomaly';
  /** The name of the runtime or facade whose worker it is. */
  readonly runtime: string;
  /** Counts from 1 in a runtime. */
  readonly workerId: number;
  /** 'process', 'thread' or 'inline'. */
  readonly kind: string;
  /** Process id; `undefined` for threads, and before a process has one. */
  readonly pid: number | undefined;
  /** Thread id; `undefined` for processes, and before a thread has one. */
  readonly threadId: number | undefined;
  /** What the worker exited with; `null` when a signal ended it. */
  readonly exitCode: number | null | undefined;
  /** The signal that ended a process. */
  readonly signal: string | null | undefined;
  /** What was thrown. */
  readonly error: unknown;
}

/** Names the worker of an event. */
export interface PublishedWorker {
  readonly id: number;
  readonly kind: string;
  readonly pid: number | undefined;
  readonly threadId: number | undefined;
  /** How it ended; `undefined` while it has not. */
  readonly exit: { readonly exitCode: number | null; readonly signal: string | null } | undefined;
}

/** Consecutive tasks of one call. */
export interface PublishedTasks {
  readonly job: { readonly fn: { readonly name: string } };
  readonly base: number;
  readonly count: number;
}

export const taskChannel: Channel = channel('twinpool:task');
const workerChannel: Channel = channel('twinpool:worker');

export function publishStarts(workerId: number, chunks: readonly PublishedTasks[]): void {
  for (const { job, base, count } of chunks) {
    for (let i = 0; i < count; i++) {
      const event: TaskEvent = { event: 'start', task: job.fn.name, index: base + i, workerId, outcome: undefined, error: undefined };
      taskChannel.publish(event);
    }
  }
}

export function publishEnd(workerId: number, task: string, index: number, outcome: 'completed' | 'failed' | 'lost', error?: unknown): void {
  taskChannel.publish({ event: 'end', task, index, workerId, outcome, error } satisfies TaskEvent);
}

/** `runtime`: the name of the runtime, or of the facade whose worker it is. */
export function publishWorker(event: WorkerEvent['event'], runtime: string, worker: PublishedWorker, error?: unknown): void {
  if (!workerChannel.hasSubscribers) return;
  const { id, kind, pid, threadId, exit } = worker;
  const { exitCode, signal } = exit ?? {};
  workerChannel.publish({ event, runtime, workerId: id, kind, pid, threadId, exitCode, signal, error } satisfies WorkerEvent);
}
