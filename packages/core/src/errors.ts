/**
 * Every error twinpool raises: one class each, with a stable `code`.
 *
 * Decides how a failure is named: by texts, `name` and `code`, that a bundler leaves as they are. Refuses to know when one is raised: that is the business of whoever throws it.
 * The tree (all extend TwinpoolError):
 *
 *   TimeoutError > TaskTimeoutError           QueueFullError        TaskSerializationError > PayloadTooLargeError
 *   CancelledError                            OptionsError          TaskModuleError
 *   InvalidStateError > NotReadyError         NestedBootstrapError  TaskValidationError
 *   PoolClosedError, PoolRunningError, PoolTerminatedError          InitializerError
 *   ExecutorShutdownError                     BrokenExecutorError > BrokenProcessPoolError, BrokenThreadPoolError
 *                                                                 > WorkerLostError
 *
 * A worker sends an error of ours as its code and fields (wire/thrown.ts); `REVIVABLE` lists the classes by code.
 */

/** The issues of a failed validation, in the form of the Standard Schema specification. */
export interface ValidationIssue {
  /** What does not fit. */
  readonly message: string;
  /** Where in the value it is. */
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/** Base of every error of this package. */
export class TwinpoolError extends Error {
  /** The text of `error.name`. Not the class's own name, which a minifier changes. */
  static override readonly name: string = 'TwinpoolError';
  static readonly code: string = 'ERR_TWINPOOL';
  /** Stable, for programs; the message is for people and may change. */
  readonly code: string;
  /** `true` when a task threw it in a worker, absent when it was raised on this side. */
  declare readonly remote?: true;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options !== undefined && 'cause' in options && options.cause !== undefined ? options : undefined);
    this.code = new.target.code;
    // On the instance, but not enumerable: `util.inspect` and loggers then show it once. A subclass of yours is named as its class is.
    Object.defineProperty(this, 'name', { value: new.target.name, configurable: true, writable: true });
  }
}

/** The time given to wait for something is over; what was waited for goes on. */
export class TimeoutError extends TwinpoolError {
  static override readonly name: string = 'TimeoutError';
  static override readonly code: string = 'ERR_TWINPOOL_TIMEOUT';
}

/** A task ran longer than its `taskTimeout`; its worker was ended and replaced. */
export class TaskTimeoutError extends TimeoutError {
  static override readonly name: string = 'TaskTimeoutError';
  static override readonly code = 'ERR_TWINPOOL_TASK_TIMEOUT';
}

/** The task was cancelled: by `cancel()`, by an aborted signal (its reason is the `cause`), or by a shutdown. */
export class CancelledError extends TwinpoolError {
  static override readonly name: string = 'CancelledError';
  static override readonly code = 'ERR_TWINPOOL_CANCELLED';
}

/** The object is not in a state in which this can be done. */
export class InvalidStateError extends TwinpoolError {
  static override readonly name: string = 'InvalidStateError';
  static override readonly code: string = 'ERR_TWINPOOL_INVALID_STATE';
}

/** `successful()` was asked before the result was ready. */
export class NotReadyError extends InvalidStateError {
  static override readonly name: string = 'NotReadyError';
  static override readonly code = 'ERR_TWINPOOL_NOT_READY';
}

/** `maxQueue` tasks wait already. */
export class QueueFullError extends TwinpoolError {
  static override readonly name: string = 'QueueFullError';
  static override readonly code = 'ERR_TWINPOOL_QUEUE_FULL';
}

/** A function, an argument, a result or an error cannot travel; the message names the variable or the path. */
export class TaskSerializationError extends TwinpoolError {
  static override readonly name: string = 'TaskSerializationError';
  static override readonly code: string = 'ERR_TWINPOOL_TASK_SERIALIZATION';
  /** The result that could not be sent, as text; absent for anything else that could not. */
  declare readonly result?: string;
}

/** What would travel is larger than `maxPayloadBytes`. */
export class PayloadTooLargeError extends TaskSerializationError {
  static override readonly name: string = 'PayloadTooLargeError';
  static override readonly code = 'ERR_TWINPOOL_PAYLOAD_TOO_LARGE';
}

/** A task's module or export could not be loaded in the worker; `cause` says why. */
export class TaskModuleError extends TwinpoolError {
  static override readonly name: string = 'TaskModuleError';
  static override readonly code = 'ERR_TWINPOOL_TASK_MODULE';
}

/** The arguments or the result of a checked task do not fit its schema. */
export class TaskValidationError extends TwinpoolError {
  static override readonly name: string = 'TaskValidationError';
  static override readonly code = 'ERR_TWINPOOL_TASK_VALIDATION';
  /** Every fault that the schema found. */
  readonly issues: readonly ValidationIssue[];

  constructor(message: string, issues: readonly ValidationIssue[] = []) {
    super(message);
    this.issues = issues;
  }
}

/** The `initializer` of a worker threw; `cause` is what it threw. */
export class InitializerError extends TwinpoolError {
  static override readonly name: string = 'InitializerError';
  static override readonly code = 'ERR_TWINPOOL_INITIALIZER';
}

/** Code in a worker that belongs to no task built a pool or used an executor, or too many pools are nested in each other. */
export class NestedBootstrapError extends TwinpoolError {
  static override readonly name: string = 'NestedBootstrapError';
  static override readonly code = 'ERR_TWINPOOL_NESTED_BOOTSTRAP';
}

/** One fault of an option object. */
export interface OptionIssue {
  /** The option; '' for the whole object. */
  readonly path: string;
  /** What is wrong with it. */
  readonly message: string;
}

/** Options are unknown, wrong or do not go together; `issues` and the message list every fault. */
export class OptionsError extends TwinpoolError {
  static override readonly name: string = 'OptionsError';
  static override readonly code = 'ERR_TWINPOOL_OPTIONS';
  /** Every fault. */
  readonly issues: readonly OptionIssue[];

  constructor(message: string, issues: readonly OptionIssue[] = []) {
    super(message);
    this.issues = issues;
  }
}

/** The pool takes no new work: `close()` or `terminate()` was called. */
export class PoolClosedError extends TwinpoolError {
  static override readonly name: string = 'PoolClosedError';
  static override readonly code = 'ERR_TWINPOOL_POOL_CLOSED';
}

/** `join()` was called on a pool that is still open. */
export class PoolRunningError extends TwinpoolError {
  static override readonly name: string = 'PoolRunningError';
  static override readonly code = 'ERR_TWINPOOL_POOL_RUNNING';
}

/** The pool was terminated before the result was there. */
export class PoolTerminatedError extends TwinpoolError {
  static override readonly name: string = 'PoolTerminatedError';
  static override readonly code = 'ERR_TWINPOOL_POOL_TERMINATED';
}

/** The executor takes no new work: `shutdown()` was called. */
export class ExecutorShutdownError extends TwinpoolError {
  static override readonly name: string = 'ExecutorShutdownError';
  static override readonly code = 'ERR_TWINPOOL_EXECUTOR_SHUTDOWN';
}

/** Workers cannot be had, or were ended under the tasks. */
export class BrokenExecutorError extends TwinpoolError {
  static override readonly name: string = 'BrokenExecutorError';
  static override readonly code: string = 'ERR_TWINPOOL_BROKEN_EXECUTOR';
}

/** Worker processes cannot be had; `cause` is the last failure. */
export class BrokenProcessPoolError extends BrokenExecutorError {
  static override readonly name: string = 'BrokenProcessPoolError';
  static override readonly code = 'ERR_TWINPOOL_BROKEN_PROCESS_POOL';
}

/** Worker threads cannot be had; `cause` is the last failure. */
export class BrokenThreadPoolError extends BrokenExecutorError {
  static override readonly name: string = 'BrokenThreadPoolError';
  static override readonly code = 'ERR_TWINPOOL_BROKEN_THREAD_POOL';
}

/** What is known of a worker's death. */
export interface LossDetails {
  /** Counts from 1 in a runtime. */
  readonly workerId: number;
  /** See `context().workerName`. */
  readonly workerName?: string | undefined;
  /** pid of a process, thread id of a thread; `undefined` when it never had one. */
  readonly pid?: number | undefined;
  /** Thread id of a thread; `undefined` when it never had one. */
  readonly threadId?: number | undefined;
  /** What the worker exited with; `null` when a signal ended it. */
  readonly exitCode?: number | null | undefined;
  /** The signal that ended a process. */
  readonly signal?: string | null | undefined;
  /** The function that was running; absent when there was none. */
  readonly taskName?: string | undefined;
  /** Milliseconds that the task had been running, as far as this side knows. */
  readonly runningFor?: number | undefined;
  /** The failure behind the loss. */
  readonly cause?: unknown;
}

/** The worker died while it ran this task. */
export class WorkerLostError extends BrokenExecutorError {
  static override readonly name: string = 'WorkerLostError';
  static override readonly code = 'ERR_TWINPOOL_WORKER_LOST';
  /** Counts from 1 in a runtime. */
  readonly workerId: number;
  /** See `context().workerName`. */
  readonly workerName: string | undefined;
  /** Process id; `undefined` for threads. */
  readonly pid: number | undefined;
  /** Thread id; `undefined` for processes. */
  readonly threadId: number | undefined;
  /** What the worker exited with; `null` when a signal ended it. */
  readonly exitCode: number | null;
  /** The signal that ended a process; `null` when it exited. */
  readonly signal: string | null;
  /** The function that was running; `undefined` when there was none. */
  readonly taskName: string | undefined;
  /** Of a map: which item the lost task was of. Its own property where it is one, and not enumerable. */
  declare readonly taskIndex: number | undefined;
  /** ms that the task had been running, as far as this side knows. */
  readonly runningFor: number | undefined;

  constructor(message: string, details: LossDetails) {
    super(message, { cause: details.cause });
    this.workerId = details.workerId;
    this.workerName = details.workerName;
    this.pid = details.pid;
    this.threadId = details.threadId;
    this.exitCode = details.exitCode ?? null;
    this.signal = details.signal ?? null;
    this.taskName = details.taskName;
    this.runningFor = details.runningFor;
  }
}

/** Every class by its code, so that the far side of a wire can bring an error back as what it was. */
export const REVIVABLE: ReadonlyMap<string, { readonly prototype: TwinpoolError }> = new Map(
  [
    TwinpoolError,
    TimeoutError,
    TaskTimeoutError,
    CancelledError,
    InvalidStateError,
    NotReadyError,
    QueueFullError,
    TaskSerializationError,
    PayloadTooLargeError,
    TaskModuleError,
    TaskValidationError,
    InitializerError,
    NestedBootstrapError,
    OptionsError,
    PoolClosedError,
    PoolRunningError,
    PoolTerminatedError,
    ExecutorShutdownError,
    BrokenExecutorError,
    BrokenProcessPoolError,
    BrokenThreadPoolError,
    WorkerLostError,
  ].map((type) => [type.code, type as { readonly prototype: TwinpoolError }] as const),
);

const ABORT_CODES = new Set<unknown>(['ABORT_ERR', 'ERR_CANCELED', CancelledError.code]);
const ABORT_NAMES = new Set<unknown>(['AbortError', 'CancelledError']);

/**
 * Tells an abort or a cancellation whatever its class: `CancelledError`, a `DOMException` named `AbortError`, Node's `ABORT_ERR`.
 *
 * @param error - What was thrown.
 * @returns `true` for an abort.
 *
 * @example
 * ```ts
 * import { isAbort, ThreadPoolExecutor } from 'twinpool';
 *
 * await using executor = new ThreadPoolExecutor(1);
 * const future = executor.submit((x: number) => x, 1);
 * try {
 *   await future;
 * } catch (error) {
 *   if (!isAbort(error)) throw error;
 * }
 * ```
 */
export function isAbort(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, name } = error as { code?: unknown; name?: unknown };
  return ABORT_CODES.has(code) || ABORT_NAMES.has(name);
}
