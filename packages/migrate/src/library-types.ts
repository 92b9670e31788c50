/**
 * Declares the types of the libraries as far as a rewrite needs them: the kind of each name, and the return types of its methods.
 *
 * These declarations replace the types of installed packages. So the result does not depend on what is installed, and JavaScript programs are
 * typed like TypeScript programs. test/library-types.test.ts compares the names with the entry points of the packages.
 */

/** The virtual folder of the declarations. */
export const LIBRARY_ROOT = '/@twinpool-migrate/';

const SHARED = `
type Task = ((...args: any[]) => any) | TaskReference<any>;
export interface TaskReference<F> { readonly __task: F }
export interface CheckedTask<A extends readonly unknown[], R> { (...args: A): R }
export interface CallOptions { signal?: AbortSignal | undefined; priority?: number | undefined; taskTimeout?: number | undefined; retries?: number | undefined; onReport?: ((value: unknown, index: number) => void) | undefined }
export interface SharedOptions {
  runtime?: WorkerRuntime | undefined; initializer?: Task | undefined; initargs?: readonly unknown[] | undefined; finalizer?: Task | undefined; finalargs?: readonly unknown[] | undefined; finalizerTimeout?: number | undefined; maxMemoryPerChild?: number | undefined; maxQueue?: number | undefined;
  onWorkerLoss?: 'fail' | 'retry' | 'break' | undefined; retries?: number | undefined; taskTimeout?: number | undefined; killGrace?: number | undefined;
  idleTimeout?: number | undefined; minWorkers?: number | undefined; lowLatency?: boolean | undefined; concurrentTasksPerWorker?: number | undefined; startTimeout?: number | undefined; name?: string | undefined; threadNamePrefix?: string | undefined; env?: any; argv?: readonly string[] | undefined; execArgv?: readonly string[] | undefined;
  workerData?: unknown; resourceLimits?: any; stdio?: any; maxPayloadBytes?: number | undefined; unobservedErrors?: 'warn' | 'ignore' | undefined; inspect?: any; bufferDir?: string | false | undefined; bufferLimit?: number | undefined; reuseBuffers?: boolean | undefined;
}
export interface RuntimeOptions extends Omit<SharedOptions, 'runtime'> { kind?: 'process' | 'thread' | 'inline' | undefined; workers?: number | undefined; maxTasksPerChild?: number | undefined }
export type RuntimeStats = any;
export type Percentiles = any;
export class WorkerRuntime implements AsyncDisposable {
  constructor(options?: RuntimeOptions);
  readonly kind: string; readonly stdout: any; readonly stderr: any; stats(): RuntimeStats; ready(timeout?: number): Promise<void>; close(): Promise<void>; terminate(): Promise<void>; [Symbol.asyncDispose](): Promise<void>;
}
export class TwinpoolError extends Error { readonly code: string; readonly remote?: boolean }
${[
  'TimeoutError',
  'CancelledError',
  'InvalidStateError',
  'QueueFullError',
  'TaskSerializationError',
  'TaskModuleError',
  'InitializerError',
  'NestedBootstrapError',
  'NotSupportedError',
  'PoolClosedError',
  'PoolRunningError',
  'PoolTerminatedError',
  'ExecutorShutdownError',
]
  .map((name) => `export class ${name} extends TwinpoolError { readonly __is${name}: true }`)
  .join('\n')}
export class NotReadyError extends InvalidStateError { readonly __isNotReadyError: true }
export class PayloadTooLargeError extends TaskSerializationError { readonly __isPayloadTooLargeError: true }
export class TaskTimeoutError extends TimeoutError { readonly __isTaskTimeoutError: true }
export interface OptionIssue { readonly path: string; readonly message: string }
export interface ValidationIssue { readonly path: any; readonly message: string }
export class OptionsError extends TwinpoolError { readonly issues: readonly OptionIssue[] }
export class TaskValidationError extends TwinpoolError { readonly issues: readonly ValidationIssue[] }
export class BrokenExecutorError extends TwinpoolError { readonly __isBrokenExecutorError: true }
export class BrokenProcessPoolError extends BrokenExecutorError { readonly __isBrokenProcessPoolError: true }
export class BrokenThreadPoolError extends BrokenExecutorError { readonly __isBrokenThreadPoolError: true }
export class WorkerLostError extends BrokenExecutorError { readonly exitCode: number | null; readonly signal: string | null; readonly workerId: number; readonly taskName: string | undefined; readonly pid: number | undefined }
export class MaybeEncodingError extends TaskSerializationError { readonly exc: any; readonly value: any }
export function isAbort(error: unknown): boolean;
export function transfer<T>(value: T, list: readonly any[]): T;
export function taskRef<F extends (...args: any[]) => any>(url: URL | string, name: string): TaskReference<F>;
export function taskRef<M extends object>(url: URL | string): { readonly [K in keyof M]: TaskReference<M[K]> };
export function defineTask(schemas: any, fn: (...args: any[]) => any): CheckedTask<any[], any>;
type Input<A> = Iterable<A> | AsyncIterable<A>;
`;

const POOL = `
export interface Callbacks<R> { callback?: ((value: R) => void) | undefined; errorCallback?: ((error: unknown) => void) | undefined }
export interface AsyncOptions<R = unknown> extends CallOptions, Callbacks<R> {}
export interface BroadcastOptions { signal?: AbortSignal | undefined; taskTimeout?: number | undefined; onReport?: ((value: unknown, index: number) => void) | undefined }
export interface MapOptions extends CallOptions { chunksize?: number | undefined; buffersize?: number | undefined; onProgress?: ((progress: { completed: number; total: number | undefined }) => void) | undefined }
export interface WholeMapOptions extends MapOptions { failFast?: boolean | undefined }
export interface ImapOptions extends MapOptions { onError?: 'stop' | 'continue' | undefined; indexed?: boolean | undefined }
export interface IndexedResult<R> { readonly index: number; readonly value: R }
export interface AsyncMapOptions<R = unknown> extends WholeMapOptions, Callbacks<R> {}
export interface PoolOptions extends SharedOptions { processes?: number | undefined; maxTasksPerChild?: number | undefined }
export interface AsyncResult<R> extends Promise<R> {
  get(timeout?: number): Promise<R>; wait(timeout?: number): Promise<void>; ready(): boolean; successful(): boolean;
  exception(timeout?: number): Promise<unknown>; cancel(): boolean; readonly __handle: 'AsyncResult';
}
export interface IMapIterator<R> extends AsyncDisposable {
  next(timeout?: number): Promise<IteratorResult<R, undefined>>; return(value?: unknown): Promise<IteratorResult<R, undefined>>; throw(error?: unknown): Promise<IteratorResult<R, undefined>>;
  settled(): AsyncIterableIterator<PromiseSettledResult<R>>; toArray(): Promise<R[]>; batches(): AsyncIterableIterator<R[]>; [Symbol.asyncIterator](): IMapIterator<R>; [Symbol.asyncDispose](): Promise<void>; readonly __iterator: 'IMapIterator';
}
type Into<O, I> = O & { readonly into: I };
type Rest<A extends readonly unknown[], O> = [] extends A ? [args?: Readonly<A> | undefined, options?: O | undefined] : [args: Readonly<A>, options?: O | undefined];
export interface PoolCalls {
  broadcast<A extends readonly unknown[], R>(fn: ((...args: A) => R) | TaskReference<(...args: A) => R>, args?: A, options?: any): Promise<Awaited<R>[]>;
  apply<A extends readonly unknown[], R>(fn: (...args: A) => R, ...rest: Rest<A, AsyncOptions<Awaited<R>>>): Promise<Awaited<R>>;
  apply<A extends readonly unknown[], R>(fn: TaskReference<(...args: A) => R>, ...rest: Rest<A, AsyncOptions<Awaited<R>>>): Promise<Awaited<R>>;
  applyAsync<A extends readonly unknown[], R>(fn: (...args: A) => R, ...rest: Rest<A, AsyncOptions<Awaited<R>>>): AsyncResult<Awaited<R>>;
  applyAsync<A extends readonly unknown[], R>(fn: TaskReference<(...args: A) => R>, ...rest: Rest<A, AsyncOptions<Awaited<R>>>): AsyncResult<Awaited<R>>;
  map<A, I>(fn: (item: A) => any, iterable: Input<A>, options: Into<WholeMapOptions, I>): Promise<I>;
  map<A, R>(fn: (item: A) => R, iterable: Input<A>, options?: number | WholeMapOptions): Promise<Awaited<R>[]>;
  map<A, R>(fn: TaskReference<(item: A) => R>, iterable: Input<A>, options?: number | WholeMapOptions): Promise<Awaited<R>[]>;
  mapAsync<A, I>(fn: (item: A) => any, iterable: Input<A>, options: Into<AsyncMapOptions<I>, I>): AsyncResult<I>;
  mapAsync<A, R>(fn: (item: A) => R, iterable: Input<A>, options?: number | AsyncMapOptions<Awaited<R>[]>): AsyncResult<Awaited<R>[]>;
  mapAsync<A, R>(fn: TaskReference<(item: A) => R>, iterable: Input<A>, options?: number | AsyncMapOptions<Awaited<R>[]>): AsyncResult<Awaited<R>[]>;
  starmap<A extends readonly unknown[], I>(fn: (...args: A) => any, iterable: Input<Readonly<A>>, options: Into<WholeMapOptions, I>): Promise<I>;
  starmap<A extends readonly unknown[], R>(fn: (...args: A) => R, iterable: Input<Readonly<A>>, options?: number | WholeMapOptions): Promise<Awaited<R>[]>;
  starmap<A extends readonly unknown[], R>(fn: TaskReference<(...args: A) => R>, iterable: Input<Readonly<A>>, options?: number | WholeMapOptions): Promise<Awaited<R>[]>;
  starmapAsync<A extends readonly unknown[], I>(fn: (...args: A) => any, iterable: Input<Readonly<A>>, options: Into<AsyncMapOptions<I>, I>): AsyncResult<I>;
  starmapAsync<A extends readonly unknown[], R>(fn: (...args: A) => R, iterable: Input<Readonly<A>>, options?: number | AsyncMapOptions<Awaited<R>[]>): AsyncResult<Awaited<R>[]>;
  starmapAsync<A extends readonly unknown[], R>(fn: TaskReference<(...args: A) => R>, iterable: Input<Readonly<A>>, options?: number | AsyncMapOptions<Awaited<R>[]>): AsyncResult<Awaited<R>[]>;
  imap<A, R>(fn: (item: A) => R, iterable: Input<A>, options: ImapOptions & { readonly indexed: true }): IMapIterator<IndexedResult<Awaited<R>>>;
  imap<A, R>(fn: (item: A) => R, iterable: Input<A>, options?: number | ImapOptions): IMapIterator<Awaited<R>>;
  imap<A, R>(fn: TaskReference<(item: A) => R>, iterable: Input<A>, options?: number | ImapOptions): IMapIterator<Awaited<R>>;
  imapUnordered<A, R>(fn: (item: A) => R, iterable: Input<A>, options: ImapOptions & { readonly indexed: true }): IMapIterator<IndexedResult<Awaited<R>>>;
  imapUnordered<A, R>(fn: (item: A) => R, iterable: Input<A>, options?: number | ImapOptions): IMapIterator<Awaited<R>>;
  imapUnordered<A, R>(fn: TaskReference<(item: A) => R>, iterable: Input<A>, options?: number | ImapOptions): IMapIterator<Awaited<R>>;
  broadcast<A extends readonly unknown[], R>(fn: (...args: A) => R, ...rest: Rest<A, BroadcastOptions>): Promise<Awaited<R>[]>;
  broadcast<A extends readonly unknown[], R>(fn: TaskReference<(...args: A) => R>, ...rest: Rest<A, BroadcastOptions>): Promise<Awaited<R>[]>;
  withOptions(options: CallOptions): PoolCalls;
}
export interface Pool extends PoolCalls {}
export class Pool implements AsyncDisposable {
  constructor(processes?: number | PoolOptions);
  static use<P extends Pool, T>(this: new (options?: number | PoolOptions) => P, options: number | PoolOptions | undefined, body: (pool: P) => T | PromiseLike<T>): Promise<T>;
  close(): void; terminate(): void; join(): Promise<void>; readonly stdout: any; readonly stderr: any; waitForCapacity(limit?: number): Promise<void>; ready(timeout?: number): Promise<void>; stats(): RuntimeStats; [Symbol.asyncDispose](): Promise<void>; readonly __facade: 'Pool';
}
export class ThreadPool extends Pool {}
`;

const inputs = ['A', 'B', 'C', 'D', 'E'];
const executorMaps = ['(…)', 'TaskReference'].flatMap((form) =>
  inputs.map((_, last) => {
    const some = inputs.slice(0, last + 1);
    const fn = `(${some.map((name) => `${name.toLowerCase()}: ${name}`).join(', ')}) => R`;
    const task = form === 'TaskReference' ? `TaskReference<${fn}>` : fn;
    const iterables = some.map((name) => `${name.toLowerCase()}: Input<${name}>`).join(', ');
    return `  map<${some.join(', ')}, R>(fn: ${task}, ${iterables}, options?: ExecutorMapOptions): ResultIterator<Awaited<R>>;`;
  }),
);

const EXECUTOR = `
export interface ExecutorOptions extends SharedOptions { maxWorkers?: number | undefined; maxTasksPerChild?: number | undefined }
export interface ExecutorMapOptions extends CallOptions {
  timeout?: number | undefined; chunksize?: number | undefined; buffersize?: number | undefined;
  onProgress?: ((progress: { completed: number; total: number | undefined }) => void) | undefined; onError?: 'stop' | 'continue' | undefined;
}
export interface ShutdownOptions { wait?: boolean | undefined; cancelFutures?: boolean | undefined; timeout?: number | undefined }
export type FutureOutcome<R> = { status: 'fulfilled'; value: R } | { status: 'rejected'; reason: any } | { status: 'cancelled'; reason: any };
export interface ResultIterator<R> extends AsyncDisposable {
  next(): Promise<IteratorResult<R, undefined>>; return(): Promise<IteratorResult<R, undefined>>; toArray(): Promise<R[]>;
  settled(): AsyncIterableIterator<PromiseSettledResult<R>>; [Symbol.asyncIterator](): ResultIterator<R>; [Symbol.asyncDispose](): Promise<void>; readonly __iterator: 'ResultIterator';
}
export class Future<R> implements Promise<R> {
  cancel(): boolean; cancelled(): boolean; running(): boolean; done(): boolean; result(timeout?: number): Promise<R>; exception(timeout?: number): Promise<unknown>;
  addDoneCallback(fn: (future: Future<R>) => void): void; resultNow(): R; exceptionNow(): unknown; outcome(): FutureOutcome<R> | undefined; setResult(value: R): void; setException(error: unknown): void; setRunningOrNotifyCancel(): boolean;
  then<T = R, E = never>(onFulfilled?: ((value: R) => T | PromiseLike<T>) | null, onRejected?: ((reason: any) => E | PromiseLike<E>) | null): Promise<T | E>;
  catch<E = never>(onRejected?: ((reason: any) => E | PromiseLike<E>) | null): Promise<R | E>; finally(onFinally?: (() => void) | null): Promise<R>;
  readonly [Symbol.toStringTag]: string; readonly __handle: 'Future';
}
export interface ExecutorCalls {
  broadcast<A extends readonly unknown[], R>(fn: ((...args: A) => R) | TaskReference<(...args: A) => R>, ...args: A): Promise<Awaited<R>[]>;
  submit<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>;
  submit<A extends readonly unknown[], R>(fn: TaskReference<(...args: A) => R>, ...args: A): Future<Awaited<R>>;
${executorMaps.join('\n')}
  broadcast<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Promise<Awaited<R>[]>;
  broadcast<A extends readonly unknown[], R>(fn: TaskReference<(...args: A) => R>, ...args: A): Promise<Awaited<R>[]>;
  withOptions(options: CallOptions): ExecutorCalls;
}
export interface Executor extends ExecutorCalls {}
export abstract class Executor implements AsyncDisposable {
  static use<E extends Executor, T>(this: new (options?: number | ExecutorOptions) => E, options: number | ExecutorOptions | undefined, body: (executor: E) => T | PromiseLike<T>): Promise<T>;
  shutdown(options?: ShutdownOptions): Promise<void>; readonly stdout: any; readonly stderr: any; waitForCapacity(limit?: number): Promise<void>; ready(timeout?: number): Promise<void>; terminateWorkers(): Promise<void>; killWorkers(): Promise<void>; [Symbol.asyncDispose](): Promise<void>; readonly __facade: 'Executor';
}
export class ProcessPoolExecutor extends Executor { constructor(maxWorkers?: number | ExecutorOptions); stats(): RuntimeStats }
export class ThreadPoolExecutor extends Executor { constructor(maxWorkers?: number | ExecutorOptions); stats(): RuntimeStats }
export type ReturnWhen = 'ALL_COMPLETED' | 'FIRST_COMPLETED' | 'FIRST_EXCEPTION';
export const ALL_COMPLETED: 'ALL_COMPLETED'; export const FIRST_COMPLETED: 'FIRST_COMPLETED'; export const FIRST_EXCEPTION: 'FIRST_EXCEPTION';
export interface WaitOptions { timeout?: number | undefined; returnWhen?: ReturnWhen | undefined }
export interface AsCompletedOptions { timeout?: number | undefined }
export interface DoneAndNotDone<F> { done: Set<F>; notDone: Set<F> }
export type ResultLike = AsyncResult<any> | Future<any>;
export interface FutureIterator<F> { next(): Promise<IteratorResult<F, undefined>>; return(): Promise<IteratorResult<F, undefined>>; [Symbol.asyncIterator](): FutureIterator<F> }
export function wait<F extends Future<any> | AsyncResult<any>>(futures: Iterable<F>, options?: WaitOptions): Promise<DoneAndNotDone<F>>;
export function asCompleted<F extends Future<any> | AsyncResult<any>>(futures: Iterable<F>, options?: AsCompletedOptions): FutureIterator<F>;
export type MapInput<T> = Iterable<T> | AsyncIterable<T>;
`;

const ADAPTERS = `
export function asExecutor(pool: Pool): ProcessPoolExecutor;
export function asPool(executor: Executor): Pool;
export function toFuture<R>(result: AsyncResult<R>): Future<R>;
export function toAsyncResult<R>(future: Future<R>): AsyncResult<R>;
export function runInExecutor<A extends readonly unknown[], R>(executor: ExecutorCalls | null, fn: (...args: A) => R, ...args: A): Promise<Awaited<R>>;
export function runInExecutor<A extends readonly unknown[], R>(executor: ExecutorCalls | null, fn: TaskReference<(...args: A) => R>, ...args: A): Promise<Awaited<R>>;
export function mapStream(target: any, fn: any, options?: any): any;
export function mapWebStream(target: any, fn: any, options?: any): any;
`;

const PISCINA = `
declare class Piscina<T = any, R = any> {
  constructor(options?: Piscina.Options);
  run(task: T, options?: Piscina.RunOptions): Promise<R>; runTask(task: T, ...rest: any[]): Promise<R>; close(options?: { force?: boolean }): Promise<void>; destroy(): Promise<void>;
  [Symbol.dispose](): void; [Symbol.asyncDispose](): Promise<void>;
  on(event: string, listener: (...args: any[]) => void): this; once(event: string, listener: (...args: any[]) => void): this; off(event: string, listener: (...args: any[]) => void): this;
  readonly maxThreads: number; readonly minThreads: number; readonly options: any; readonly threads: any[]; readonly queueSize: number; readonly completed: number;
  readonly histogram: any; readonly utilization: number; readonly duration: number; readonly needsDrain: boolean; readonly __facade: 'Piscina';
}
declare namespace Piscina {
  export interface Options { [name: string]: any }
  export interface RunOptions { transferList?: any; filename?: string | null; signal?: any; name?: string | null }
  export function move<V>(value: V): V;
  export const isWorkerThread: boolean; export const workerData: any; export const version: string;
  export const transferableSymbol: symbol; export const valueSymbol: symbol; export const queueOptionsSymbol: symbol; export const FixedQueue: any; export const ArrayTaskQueue: any;
  export { Piscina, Piscina as default };
}
export = Piscina;
`;

const WORKERPOOL = `
declare namespace workerpool {
  export interface WorkerPoolOptions { [name: string]: any }
  export interface ExecOptions { on?: (payload: any) => void; transfer?: any; metadata?: any }
  export interface Pending<R> extends globalThis.Promise<R> { cancel(): this; timeout(ms: number): Pending<R>; always<T>(handler: () => T): Pending<T>; then<T = R, E = never>(onFulfilled?: ((value: R) => T | PromiseLike<T>) | null, onRejected?: ((reason: any) => E | PromiseLike<E>) | null): Pending<T | E>; catch<E = never>(onRejected?: ((reason: any) => E | PromiseLike<E>) | null): Pending<R | E>; readonly __handle: 'Pending' }
  export interface Pool {
    exec<T extends (...args: any[]) => any>(method: T, params?: Parameters<T> | null, options?: ExecOptions): Pending<Awaited<ReturnType<T>>>;
    exec(method: string, params?: any[] | null, options?: ExecOptions): Pending<any>;
    proxy<T = any>(): Pending<any>; terminate(force?: boolean, timeout?: number): Pending<void>;
    stats(): any; readonly __facade: 'workerpool';
  }
  export type WorkerPool = Pool;
  export function pool(script?: string | WorkerPoolOptions | null, options?: WorkerPoolOptions): Pool;
  export function worker(methods?: { [name: string]: (...args: any[]) => any }, options?: any): void;
  export function workerEmit(payload: any): void;
  export class Transfer { constructor(message: any, transfer: any[]); message: any; transfer: any[] }
  export const platform: string; export const isMainThread: boolean; export const cpus: number;
  class WorkerpoolPromise { static readonly CancellationError: any; static readonly TimeoutError: any }
  export { WorkerpoolPromise as Promise };
  export class TerminateError extends Error { readonly __isTerminateError: true }
}
export = workerpool;
`;

const TINYPOOL = `
declare class Tinypool {
  constructor(options?: Tinypool.Options);
  run(task: any, options?: Tinypool.RunOptions): Promise<any>; destroy(): Promise<void>; recycleWorkers(options?: any): Promise<void>; cancelPendingTasks(): void;
  on(event: string, listener: (...args: any[]) => void): this; once(event: string, listener: (...args: any[]) => void): this; off(event: string, listener: (...args: any[]) => void): this;
  readonly options: any; readonly threads: any[]; readonly queueSize: number; readonly completed: number; readonly duration: number; readonly __facade: 'Tinypool';
}
declare namespace Tinypool {
  export interface Options { [name: string]: any }
  export interface RunOptions { transferList?: any; channel?: any; filename?: string | null; signal?: any; name?: string | null; runtime?: any }
  export function move<V>(value: V): V;
  export const isWorkerThread: boolean; export const workerData: any; export const version: string; export const workerId: any;
  export const isMovable: any; export const isTransferable: any; export const transferableSymbol: symbol; export const valueSymbol: symbol; export const queueOptionsSymbol: symbol;
  export { Tinypool, Tinypool as default };
}
export = Tinypool;
`;

const JEST_WORKER = `
export class Worker {
  constructor(file: string | URL, options?: any);
  end(): Promise<{ forceExited: boolean }>; getStdout(): any; getStderr(): any; start(): Promise<void>;
  [method: string]: any;
}
export { Worker as JestWorker, Worker as default };
export type JestWorkerFarm<T> = Worker & T;
export const messageParent: any; export const FifoQueue: any; export const PriorityQueue: any;
`;

/** The declarations by file name, under LIBRARY_ROOT. */
export const LIBRARY_FILES: ReadonlyMap<string, string> = new Map([
  [`${LIBRARY_ROOT}twinpool.d.ts`, SHARED + POOL + EXECUTOR + ADAPTERS],
  [`${LIBRARY_ROOT}piscina.d.ts`, PISCINA],
  [`${LIBRARY_ROOT}workerpool.d.ts`, WORKERPOOL],
  [`${LIBRARY_ROOT}tinypool.d.ts`, TINYPOOL],
  [`${LIBRARY_ROOT}jest-worker.d.ts`, JEST_WORKER],
]);

const FOREIGN: ReadonlySet<string> = new Set(['piscina', 'workerpool', 'tinypool', 'jest-worker']);

/** The declaration file of an imported module; `undefined` if the module is not one of the libraries. */
export function libraryFileOf(specifier: string): string | undefined {
  if (/^(twinpool(\/(pool|executor|adapters|core))?|@twinpool\/(pool|executor|adapters|core))$/.test(specifier))
    return `${LIBRARY_ROOT}twinpool.d.ts`;
  return FOREIGN.has(specifier) ? `${LIBRARY_ROOT}${specifier}.d.ts` : undefined;
}
