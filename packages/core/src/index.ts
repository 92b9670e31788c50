/** The door of the machine: the runtime, the tasks it takes, the errors it raises. */
export type { TaskEvent, WorkerEvent } from './diagnostics.ts';
export type { RuntimeStats } from './engine.ts';
export {
  BrokenExecutorError,
  BrokenProcessPoolError,
  BrokenThreadPoolError,
  CancelledError,
  ExecutorShutdownError,
  InitializerError,
  InvalidStateError,
  isAbort,
  NestedBootstrapError,
  NotReadyError,
  type OptionIssue,
  OptionsError,
  PayloadTooLargeError,
  PoolClosedError,
  PoolRunningError,
  PoolTerminatedError,
  QueueFullError,
  TaskModuleError,
  TaskSerializationError,
  TaskTimeoutError,
  TaskValidationError,
  TimeoutError,
  TwinpoolError,
  type ValidationIssue,
  WorkerLostError,
} from './errors.ts';
export type { CallOptions, RuntimeOptions, SharedOptions, ShareOptions, WorkerOptions } from './options.ts';
export { WorkerRuntime } from './runtime.ts';
export type { Percentiles } from './spread.ts';
export { type CheckedTask, defineTask } from './task/checked.ts';
export { type TaskReference, taskRef } from './task/reference.ts';
export type { Task } from './task/task.ts';
export { transfer } from './wire/transfer.ts';
