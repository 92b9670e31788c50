/** The public names of `@twinpool/executor`: `concurrent.futures`, the types of its options, and the errors that it raises. */
export {
  BrokenExecutorError,
  BrokenProcessPoolError,
  BrokenThreadPoolError,
  type CallOptions,
  CancelledError,
  type CheckedTask,
  defineTask,
  ExecutorShutdownError,
  InitializerError,
  InvalidStateError,
  isAbort,
  NestedBootstrapError,
  NotSupportedError,
  type OptionIssue,
  OptionsError,
  PayloadTooLargeError,
  type Percentiles,
  QueueFullError,
  type ResourceLimits,
  type RuntimeOptions,
  type RuntimeStats,
  type SharedOptions,
  type StandardSchema,
  type Task,
  TaskModuleError,
  type TaskReference,
  type TaskReferences,
  type TaskRest,
  TaskSerializationError,
  TaskTimeoutError,
  TaskValidationError,
  TimeoutError,
  type Transferable,
  TwinpoolError,
  taskRef,
  transfer,
  type ValidationIssue,
  WorkerLostError,
  WorkerRuntime,
} from '@twinpool/core';
export { type AsCompletedOptions, asCompleted, type FutureIterator } from './as-completed.ts';
export { Executor, type ExecutorCalls } from './executor.ts';
export type { ExecutorConstructor } from './executor-constructor.ts';
export { Future, type FutureOutcome } from './future.ts';
export type { ResultLike } from './handle-views.ts';
export type { MapInput } from './inputs.ts';
export type { ExecutorMapOptions, ExecutorOptions, ShutdownOptions } from './options.ts';
export { ProcessPoolExecutor } from './process-pool-executor.ts';
export type { ResultIterator, SettledResults } from './result-iterator.ts';
export { ThreadPoolExecutor } from './thread-pool-executor.ts';
export { ALL_COMPLETED, type DoneAndNotDone, FIRST_COMPLETED, FIRST_EXCEPTION, type ReturnWhen, type WaitOptions, wait } from './wait.ts';
