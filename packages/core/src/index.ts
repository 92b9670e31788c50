/** The door of the machine: the runtime, the tasks it takes, the errors it raises. */

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
  NotSupportedError,
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
export type { SharedOptions } from './facade/facade-options.ts';
export type { TaskEvent, WorkerEvent } from './observability/diagnostics.ts';
export type { NodeStats, RuntimeStats } from './observability/runtime-stats.ts';
export type {
  CallOptions,
  PerWorkerOptions,
  ResourceLimits,
  RuntimeOptions,
  ShareOptions,
  WorkerIdentity,
  WorkerOptions,
} from './options/options.ts';
export type { Percentiles } from './primitives/histogram.ts';
export type { NumberArray } from './primitives/number-array.ts';
export { cpuCount } from './resources/cpu-count.ts';
export { WorkerRuntime, type WorkerRuntimeConstructor } from './runtime.ts';
export { type ArgumentsSchema, type CheckedTask, defineTask } from './tasks/definition/checked-task.ts';
export type { SchemaInput, SchemaOutput, SchemaResult, StandardSchema } from './tasks/definition/standard-schema.ts';
export type { Task, TaskRest } from './tasks/definition/task.ts';
export { type AnyFunction, type TaskReference, type TaskReferences, taskRef } from './tasks/definition/task-reference.ts';
export { type Transferable, transfer } from './wire/transfer.ts';
