/** Defines what `stats()` returns, and counts how tasks ended. It does not know workers and queues: they report their own parts. */
import type { Percentiles } from '../primitives/histogram.ts';

/** A machine that runs tasks of a cluster. */
export interface NodeStats {
  /** The name that the node has at the engine. */
  readonly name: string;
  /** Tasks that it runs at once. */
  readonly slots: number;
}

/** Counters and times of a runtime at one moment. There is nothing to do when `queued + running` is 0. */
export interface RuntimeStats {
  /** What the workers are. */
  readonly kind: 'process' | 'thread' | 'inline' | 'cluster';
  /** Workers that have started, whether they run tasks or not. */
  readonly workers: number;
  /** Workers that run tasks. */
  readonly busy: number;
  /** Workers that run no task. */
  readonly idle: number;
  /** Workers that take no more tasks, that others have replaced, and that end when their tasks have ended. They do not count as `workers`. */
  readonly retiring: number;
  /** Accepted tasks that no worker has. */
  readonly queued: number;
  /** Tasks that workers have. */
  readonly running: number;
  /** Tasks that succeeded. */
  readonly completed: number;
  /** Tasks that failed. */
  readonly failed: number;
  /** Tasks that were cancelled. */
  readonly cancelled: number;
  /** Tasks that `maxQueue` refused. They count as neither accepted nor failed. */
  readonly refused: number;
  /** Workers that had started and died although this program had not ended them. */
  readonly lostWorkers: number;
  /** Workers that were started in place of one that had started: lost, retired, or ended because of its task. */
  readonly replacedWorkers: number;
  /** Workers that were retired because they used more than `maxMemoryPerChild`. */
  readonly retiredForMemory: number;
  /** Errors of user code in workers that belong to no task. */
  readonly lateErrors: number;
  /** Failed tasks whose error was never looked at. */
  readonly unobservedErrors: number;
  /** Bytes of output that were dropped because 1 MiB of it had not been read; only with `stdio: 'pipe'`. */
  readonly droppedOutput: number;
  /** Messages that no correct worker sends. */
  readonly protocolAnomalies: number;
  /** The machines that have the workers; only in a runtime of kind 'cluster'. */
  readonly nodes?: readonly NodeStats[] | undefined;
  /** From the acceptance of a task to its hand-over to a worker; milliseconds. All items of a map or of an iterator count from its call. */
  readonly waitTime: Percentiles;
  /** The run time of a task in its worker; milliseconds. */
  readonly runTime: Percentiles;
}

/** How a task can end. */
type Ending = 'completed' | 'failed' | 'cancelled' | 'refused';

/** The tasks of a runtime by how they ended. */
export class TaskCounts {
  readonly #ended: Record<Ending, number> = { completed: 0, failed: 0, cancelled: 0, refused: 0 };
  #unobserved = 0;

  ended(how: Ending, count: number): void {
    this.#ended[how] += count;
  }

  /** A handle failed and its error was not asked for (+1), or was asked for later (-1). */
  unobserved(by: 1 | -1): void {
    this.#unobserved += by;
  }

  stats(): Pick<RuntimeStats, Ending | 'unobservedErrors'> {
    return { ...this.#ended, unobservedErrors: this.#unobserved };
  }
}
