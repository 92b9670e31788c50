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
  type LossDetails,
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
export type { CallOptions, ResourceLimits, RuntimeOptions, SharedOptions, ShareOptions, WorkerOptions } from './options.ts';
export { WorkerRuntime, type WorkerRuntimeConstructor } from './runtime.ts';
export type { Percentiles } from './spread.ts';
export { type ArgumentsSchema, type CheckedTask, defineTask } from './task/checked.ts';
export { type AnyFunction, type TaskReference, type TaskReferences, taskRef } from './task/reference.ts';
export type { SchemaInput, SchemaOutput, SchemaResult, StandardSchema } from './task/standard-schema.ts';
export type { Task, TaskRest } from './task/task.ts';
export { type Transferable, transfer } from './wire/transfer.ts';
