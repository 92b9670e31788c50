/** The public names of `@twinpool/pool`: the two classes, the types of their options and results, and the errors that they raise. */
export {
  BrokenExecutorError,
  BrokenProcessPoolError,
  BrokenThreadPoolError,
  type CallOptions,
  CancelledError,
  type CheckedTask,
  defineTask,
  InitializerError,
  InvalidStateError,
  isAbort,
  NestedBootstrapError,
  NotReadyError,
  NotSupportedError,
  type NumberArray,
  type OptionIssue,
  OptionsError,
  PayloadTooLargeError,
  type Percentiles,
  PoolClosedError,
  PoolRunningError,
  PoolTerminatedError,
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
export type { AsyncResult } from './async-result.ts';
export type {
  AsyncMapOptions,
  AsyncOptions,
  BigIntArray,
  BroadcastOptions,
  ImapOptions,
  ImapResult,
  IndexedResult,
  MapOptions,
  ResultArray,
  ResultArrayFor,
  WholeMapOptions,
  WholeMapResult,
} from './call-options.ts';
export type { Callbacks } from './callbacks.ts';
export type { BatchIterator, IMapIterator, SettledIterator } from './imap-iterator.ts';
export type { Input } from './input.ts';
export type { MapResult } from './map-result.ts';
export { MaybeEncodingError } from './maybe-encoding-error.ts';
export { Pool, type PoolCalls, type PoolConstructor, type Rest, ThreadPool } from './pool.ts';
export type { PoolOptions } from './pool-options.ts';
