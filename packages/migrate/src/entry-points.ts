/**
 * Maps each exported name of twinpool to the module that a rewritten file imports it from.
 *
 * The style of the file stays: `twinpool`, `twinpool/pool` or `@twinpool/pool`. This file does not know about syntax.
 */

const POOL_ONLY: ReadonlySet<string> = new Set([
  'Pool',
  'ThreadPool',
  'PoolOptions',
  'AsyncResult',
  'AsyncMapOptions',
  'AsyncOptions',
  'MapOptions',
  'ImapOptions',
  'WholeMapOptions',
  'PoolCalls',
  'IMapIterator',
  'PoolClosedError',
  'PoolRunningError',
  'PoolTerminatedError',
  'NotReadyError',
  'MaybeEncodingError',
]);

const EXECUTOR_ONLY: ReadonlySet<string> = new Set([
  'Executor',
  'ProcessPoolExecutor',
  'ThreadPoolExecutor',
  'Future',
  'ExecutorCalls',
  'ExecutorMapOptions',
  'ExecutorOptions',
  'ShutdownOptions',
  'ResultIterator',
  'ResultLike',
  'MapInput',
  'CallOptions',
  'wait',
  'asCompleted',
  'AsCompletedOptions',
  'FutureIterator',
  'ALL_COMPLETED',
  'FIRST_COMPLETED',
  'FIRST_EXCEPTION',
  'DoneAndNotDone',
  'ReturnWhen',
  'WaitOptions',
  'ExecutorShutdownError',
]);

const ADAPTERS: ReadonlySet<string> = new Set([
  'asExecutor',
  'asPool',
  'toFuture',
  'toAsyncResult',
  'runInExecutor',
  'mapStream',
  'mapWebStream',
]);

const WORKER: ReadonlySet<string> = new Set(['context', 'isWorker', 'workerData']);

const TYPES: ReadonlySet<string> = new Set([
  'PoolOptions',
  'AsyncResult',
  'AsyncMapOptions',
  'AsyncOptions',
  'MapOptions',
  'ImapOptions',
  'WholeMapOptions',
  'PoolCalls',
  'IMapIterator',
  'ExecutorCalls',
  'ExecutorMapOptions',
  'ExecutorOptions',
  'ShutdownOptions',
  'ResultIterator',
  'CallOptions',
]);

/** Whether a name is only a type. */
export function isTypeName(name: string): boolean {
  return TYPES.has(name);
}

/** The module that exports `name`, in the style of the module `base`. `prefer` is the facade for names that both facades export. */
export function moduleFor(name: string, base: string, prefer: 'pool' | 'executor'): string {
  if (name === 'availableParallelism') return 'node:os';
  if (name === 'pathToFileURL') return 'node:url';
  if (WORKER.has(name)) return base.startsWith('@twinpool/') ? '@twinpool/core/worker' : 'twinpool/worker';
  if (base === 'twinpool') return base;
  const prefix = base.startsWith('@twinpool/') ? '@twinpool/' : 'twinpool/';
  if (ADAPTERS.has(name)) return `${prefix}adapters`;
  if (POOL_ONLY.has(name)) return `${prefix}pool`;
  if (EXECUTOR_ONLY.has(name)) return `${prefix}executor`;
  return base.endsWith('/core') ? base : `${prefix}${prefer}`;
}
