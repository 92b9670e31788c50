/**
 * Defines every error class of twinpool, each with a stable `code`.
 *
 * The tree (all extend TwinpoolError):
 *
 *   TimeoutError > TaskTimeoutError           QueueFullError        TaskSerializationError > PayloadTooLargeError
 *   CancelledError                            OptionsError          TaskModuleError
 *   InvalidStateError > NotReadyError         NestedBootstrapError  TaskValidationError   NotSupportedError
 *   PoolClosedError, PoolRunningError, PoolTerminatedError          InitializerError
 *   ExecutorShutdownError                     BrokenExecutorError > BrokenProcessPoolError, BrokenThreadPoolError
 *                                                                 > WorkerLostError > NodeLostError
 *   EngineDownError, NoWorkersError          of workers on other machines (exported by @twinpool/bullmq)
 *
 * Invariants: `name` and `code` are texts, so a bundler or minifier does not change them. A worker sends an error of this package as its code and
 * fields (wire/thrown.ts), and `REVIVABLE` finds the class by its code.
 * This file does not know when an error is raised.
 */

/** The issues of a failed validation, in the form of the Standard Schema specification. */
export interface ValidationIssue {
  /** What is wrong with the value. */
  readonly message: string;
  /** The path from the value to the wrong part. */
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/** The base class of every error of this package. */
export class TwinpoolError extends Error {
  /** The text of `error.name`. It does not depend on the name of the class, which a minifier changes. */
  static override readonly name: string = 'TwinpoolError';
  static readonly code: string = 'ERR_TWINPOOL';
  /** A stable code, for programs. The message is for people and may change. */
  readonly code: string;
  /** `true` if a task threw the error in a worker; absent if the program raised it. */
  declare readonly remote?: true;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options !== undefined && 'cause' in options && options.cause !== undefined ? options : undefined);
    this.code = new.target.code;
    // The name is an own property and not enumerable, so `util.inspect` and loggers show it once. A subclass of the user has the name of its class.
    Object.defineProperty(this, 'name', { value: new.target.name, configurable: true, writable: true });
  }
}

/** The time limit of a wait is over. The work itself continues. */
export class TimeoutError extends TwinpoolError {
  static override readonly name: string = 'TimeoutError';
  static override readonly code: string = 'ERR_TWINPOOL_TIMEOUT';
}

/** A task ran longer than its `taskTimeout`. Its worker was ended and replaced. */
export class TaskTimeoutError extends TimeoutError {
  static override readonly name: string = 'TaskTimeoutError';
  static override readonly code = 'ERR_TWINPOOL_TASK_TIMEOUT';
}

/** The task was cancelled by `cancel()`, by an aborted signal (`cause` is its reason), or by a shutdown. */
export class CancelledError extends TwinpoolError {
  static override readonly name: string = 'CancelledError';
  static override readonly code = 'ERR_TWINPOOL_CANCELLED';
}

/** The state of the object does not allow this call. */
export class InvalidStateError extends TwinpoolError {
  static override readonly name: string = 'InvalidStateError';
  static override readonly code: string = 'ERR_TWINPOOL_INVALID_STATE';
}

/** `successful()` was called before the result was ready. */
export class NotReadyError extends InvalidStateError {
  static override readonly name: string = 'NotReadyError';
  static override readonly code = 'ERR_TWINPOOL_NOT_READY';
}

/** The runtime cannot do this: its workers are elsewhere, or the executor has no workers. The message names the kind of the runtime. */
export class NotSupportedError extends TwinpoolError {
  static override readonly name: string = 'NotSupportedError';
  static override readonly code = 'ERR_TWINPOOL_NOT_SUPPORTED';
}

/** The queue is full: `maxQueue` tasks wait. */
export class QueueFullError extends TwinpoolError {
  static override readonly name: string = 'QueueFullError';
  static override readonly code = 'ERR_TWINPOOL_QUEUE_FULL';
}

/** A function, an argument, a result or an error cannot be sent. The message names the variable or the path in the value. */
export class TaskSerializationError extends TwinpoolError {
  static override readonly name: string = 'TaskSerializationError';
  static override readonly code: string = 'ERR_TWINPOOL_TASK_SERIALIZATION';
  /** The result that could not be sent, as text; absent if the error does not concern a result. */
  declare readonly result?: string;
}

/** An argument, a result or a message is larger than `maxPayloadBytes`. */
export class PayloadTooLargeError extends TaskSerializationError {
  static override readonly name: string = 'PayloadTooLargeError';
  static override readonly code = 'ERR_TWINPOOL_PAYLOAD_TOO_LARGE';
}

/** The worker could not load the module or the export of a task. `cause` is the original error. */
export class TaskModuleError extends TwinpoolError {
  static override readonly name: string = 'TaskModuleError';
  static override readonly code = 'ERR_TWINPOOL_TASK_MODULE';
}

/** The arguments or the result of a checked task do not match its schema. */
export class TaskValidationError extends TwinpoolError {
  static override readonly name: string = 'TaskValidationError';
  static override readonly code = 'ERR_TWINPOOL_TASK_VALIDATION';
  /** All issues that the schema found. */
  readonly issues: readonly ValidationIssue[];

  constructor(message: string, issues: readonly ValidationIssue[] = []) {
    super(message);
    this.issues = issues;
  }
}

/** The `initializer` of a worker threw. `cause` is the thrown value. */
export class InitializerError extends TwinpoolError {
  static override readonly name: string = 'InitializerError';
  static override readonly code = 'ERR_TWINPOOL_INITIALIZER';
}

/** Code outside of a task made a pool or used an executor in a worker, or too many pools are nested in each other. */
export class NestedBootstrapError extends TwinpoolError {
  static override readonly name: string = 'NestedBootstrapError';
  static override readonly code = 'ERR_TWINPOOL_NESTED_BOOTSTRAP';
}

/** One fault of an options object. */
export interface OptionIssue {
  /** The path of the option; '' for the whole object. */
  readonly path: string;
  /** What is wrong with the option. */
  readonly message: string;
}

/** Options are unknown, wrong, or cannot be combined. `issues` and the message list all faults. */
export class OptionsError extends TwinpoolError {
  static override readonly name: string = 'OptionsError';
  static override readonly code = 'ERR_TWINPOOL_OPTIONS';
  /** All faults. */
  readonly issues: readonly OptionIssue[];

  constructor(message: string, issues: readonly OptionIssue[] = []) {
    super(message);
    this.issues = issues;
  }
}

/** The pool accepts no new work: `close()` or `terminate()` was called. */
export class PoolClosedError extends TwinpoolError {
  static override readonly name: string = 'PoolClosedError';
  static override readonly code = 'ERR_TWINPOOL_POOL_CLOSED';
}

/** `join()` was called on a pool that is still open. */
export class PoolRunningError extends TwinpoolError {
  static override readonly name: string = 'PoolRunningError';
  static override readonly code = 'ERR_TWINPOOL_POOL_RUNNING';
}

/** The pool was terminated before the result was ready. */
export class PoolTerminatedError extends TwinpoolError {
  static override readonly name: string = 'PoolTerminatedError';
  static override readonly code = 'ERR_TWINPOOL_POOL_TERMINATED';
}

/** The executor accepts no new work: `shutdown()` was called. */
export class ExecutorShutdownError extends TwinpoolError {
  static override readonly name: string = 'ExecutorShutdownError';
  static override readonly code = 'ERR_TWINPOOL_EXECUTOR_SHUTDOWN';
}

/** No worker can be started, or the workers ended while they ran tasks. */
export class BrokenExecutorError extends TwinpoolError {
  static override readonly name: string = 'BrokenExecutorError';
  static override readonly code: string = 'ERR_TWINPOOL_BROKEN_EXECUTOR';
}

/** No worker process can be started. `cause` is the last failure. */
export class BrokenProcessPoolError extends BrokenExecutorError {
  static override readonly name: string = 'BrokenProcessPoolError';
  static override readonly code = 'ERR_TWINPOOL_BROKEN_PROCESS_POOL';
}

/** No worker thread can be started. `cause` is the last failure. */
export class BrokenThreadPoolError extends BrokenExecutorError {
  static override readonly name: string = 'BrokenThreadPoolError';
  static override readonly code = 'ERR_TWINPOOL_BROKEN_THREAD_POOL';
}

/** The known facts about a lost worker. */
export interface LossDetails {
  /** The number of the worker in its runtime, from 1. */
  readonly workerId: number;
  /** The index of the worker, as in `context().workerIndex`. */
  readonly workerIndex?: number | undefined;
  /** The name of the worker, as in `context().workerName`. */
  readonly workerName?: string | undefined;
  /** The pid of a process, the thread id of a thread; `undefined` if the worker never had one. */
  readonly pid?: number | undefined;
  /** The thread id of a thread; `undefined` if the worker never had one. */
  readonly threadId?: number | undefined;
  /** The exit code of the worker; `null` if a signal ended it. */
  readonly exitCode?: number | null | undefined;
  /** The signal that ended a process. */
  readonly signal?: string | null | undefined;
  /** The name of the running function; absent if no task ran. */
  readonly taskName?: string | undefined;
  /** The milliseconds that the task had been running, as far as the program knows; for short tasks that were lost together, since the first of them began. */
  readonly runningFor?: number | undefined;
  /** The worker ran out of memory. */
  readonly outOfMemory?: true | undefined;
  /** The bytes that the worker used after an earlier task. */
  readonly memory?: number | undefined;
  /** The failure behind the loss. */
  readonly cause?: unknown;
}

/** The worker was lost while it ran this task, or short tasks among which this one may have started. */
export class WorkerLostError extends BrokenExecutorError {
  static override readonly name: string = 'WorkerLostError';
  static override readonly code: string = 'ERR_TWINPOOL_WORKER_LOST';
  /** The number of the worker in its runtime, from 1. */
  readonly workerId: number;
  /** The index of the worker, as in `context().workerIndex`. */
  readonly workerIndex: number | undefined;
  /** The name of the worker, as in `context().workerName`. */
  readonly workerName: string | undefined;
  /** The process id; `undefined` for threads. */
  readonly pid: number | undefined;
  /** The thread id; `undefined` for processes. */
  readonly threadId: number | undefined;
  /** The exit code of the worker; `null` if a signal ended it. */
  readonly exitCode: number | null;
  /** The signal that ended a process; `null` if the process exited. */
  readonly signal: string | null;
  /** The name of the running function; `undefined` if no task ran. */
  readonly taskName: string | undefined;
  /** The index of the lost item, for tasks of a map only. It is then an own property, and not enumerable. */
  declare readonly taskIndex: number | undefined;
  /** The milliseconds that the task had been running, as far as the program knows. */
  readonly runningFor: number | undefined;
  /** `true` if the worker ran out of memory, as far as this can be known; otherwise `undefined`. */
  readonly outOfMemory: true | undefined;
  /**
   * The bytes that the worker used after its last task: the resident set of a process, heap and external memory of a thread. Without `maxMemoryPerChild` it
   * is measured every 10 ms at most, or less often where that would take more than 0.5 % of the time. `undefined` if no task had ended in the worker.
   */
  readonly memory: number | undefined;

  constructor(message: string, details: LossDetails) {
    super(message, { cause: details.cause });
    this.workerId = details.workerId;
    this.workerIndex = details.workerIndex;
    this.workerName = details.workerName;
    this.pid = details.pid;
    this.threadId = details.threadId;
    this.exitCode = details.exitCode ?? null;
    this.signal = details.signal ?? null;
    this.taskName = details.taskName;
    this.runningFor = details.runningFor;
    this.outOfMemory = details.outOfMemory;
    this.memory = details.memory;
  }
}

/** The machine that ran the task was lost, more often than `retries` allows. */
export class NodeLostError extends WorkerLostError {
  static override readonly name: string = 'NodeLostError';
  static override readonly code = 'ERR_TWINPOOL_NODE_LOST';
}

/** The queue engine was away for longer than `engineTimeout`, or could not be reached at the start. */
export class EngineDownError extends TwinpoolError {
  static override readonly name: string = 'EngineDownError';
  static override readonly code = 'ERR_TWINPOOL_ENGINE_DOWN';
}

/** No machine that runs tasks was there for `noWorkersTimeout`. */
export class NoWorkersError extends TwinpoolError {
  static override readonly name: string = 'NoWorkersError';
  static override readonly code = 'ERR_TWINPOOL_NO_WORKERS';
}

/** Every class by its code, so that the receiver of an error can restore its class. */
export const REVIVABLE: ReadonlyMap<string, { readonly prototype: TwinpoolError }> = new Map(
  [
    TwinpoolError,
    TimeoutError,
    TaskTimeoutError,
    CancelledError,
    InvalidStateError,
    NotReadyError,
    NotSupportedError,
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
    NodeLostError,
    EngineDownError,
    NoWorkersError,
  ].map((type) => [type.code, type as { readonly prototype: TwinpoolError }] as const),
);

const ABORT_CODES = new Set<unknown>(['ABORT_ERR', 'ERR_CANCELED', CancelledError.code]);
const ABORT_NAMES = new Set<unknown>(['AbortError', 'CancelledError']);

/**
 * Recognises an abort or a cancellation of any class: `CancelledError`, a `DOMException` named `AbortError`, Node's `ABORT_ERR`.
 *
 * @param error - A thrown value.
 * @returns `true` for an abort or a cancellation.
 * @see https://nodejs.org/api/errors.html#class-aborterror
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
