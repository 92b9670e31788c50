/**
 * The root of `twinpool`: every public name of both facades, the adapters and the task helpers.
 *
 * The values are listed one by one. With `export *` from five packages that share names, a worker process on Node 20 refused the import of `defineTask`
 * at times ("conflicting star exports"), though all of them are one binding. names.test.ts compares the list with what the packages export.
 * `context` and `isWorker` are also in `twinpool/worker`, which loads nothing else.
 */
export type * from '@twinpool/adapters';
export { asExecutor, asPool, mapStream, mapWebStream, runInExecutor, toAsyncResult, toFuture } from '@twinpool/adapters';
export type * from '@twinpool/core';
export {
  BrokenExecutorError,
  BrokenProcessPoolError,
  BrokenThreadPoolError,
  CancelledError,
  cpuCount,
  defineTask,
  ExecutorShutdownError,
  InitializerError,
  InvalidStateError,
  isAbort,
  NestedBootstrapError,
  NotReadyError,
  NotSupportedError,
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
  taskRef,
  transfer,
  WorkerLostError,
  WorkerRuntime,
} from '@twinpool/core';
export type * from '@twinpool/core/worker';
export { context, isWorker } from '@twinpool/core/worker';
export type * from '@twinpool/executor';
export {
  ALL_COMPLETED,
  asCompleted,
  Executor,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  Future,
  ProcessPoolExecutor,
  ThreadPoolExecutor,
  wait,
} from '@twinpool/executor';
export type * from '@twinpool/pool';
export { MaybeEncodingError, Pool, ThreadPool } from '@twinpool/pool';
