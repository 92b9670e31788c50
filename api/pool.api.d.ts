// The public API of @twinpool/pool. Written by `node scripts/api-report.mjs`: do not change it by hand.

// @twinpool/pool

export {
  BrokenExecutorError,
  BrokenProcessPoolError,
  BrokenThreadPoolError,
  CallOptions,
  CancelledError,
  CheckedTask,
  InitializerError,
  InvalidStateError,
  NestedBootstrapError,
  NotReadyError,
  NotSupportedError,
  NumberArray,
  OptionIssue,
  OptionsError,
  PayloadTooLargeError,
  Percentiles,
  PoolClosedError,
  PoolRunningError,
  PoolTerminatedError,
  QueueFullError,
  ResourceLimits,
  RuntimeOptions,
  RuntimeStats,
  SharedOptions,
  StandardSchema,
  Task,
  TaskModuleError,
  TaskReference,
  TaskReferences,
  TaskRest,
  TaskSerializationError,
  TaskTimeoutError,
  TaskValidationError,
  TimeoutError,
  Transferable,
  TwinpoolError,
  ValidationIssue,
  WorkerLostError,
  WorkerRuntime,
  defineTask,
  isAbort,
  taskRef,
  transfer,
} from '@twinpool/core';

export interface AsyncMapOptions<R = unknown, I extends ResultArray | undefined = undefined> extends WholeMapOptions<I>, Callbacks<R> {
}

export interface AsyncOptions<R = unknown> extends CallOptions, Callbacks<R> {
}

export interface AsyncResult<R> extends Promise<R> {
    get(timeout?: number): Promise<R>;
    wait(timeout?: number): Promise<void>;
    ready(): boolean;
    successful(): boolean;
    exception(timeout?: number): Promise<unknown>;
    cancel(): boolean;
}

export interface BatchIterator<R> extends AsyncIterableIterator<R[], undefined, number | undefined>, AsyncDisposable {
    next(timeout?: number): Promise<IteratorResult<R[], undefined>>;
    return(value?: unknown): Promise<IteratorResult<R[], undefined>>;
    [Symbol.asyncIterator](): BatchIterator<R>;
}

export type BigIntArray = BigInt64Array | BigUint64Array;

export interface BroadcastOptions extends Pick<CallOptions, "signal" | "taskTimeout" | "onReport"> {
}

export interface Callbacks<R> {
    callback?: ((value: R) => void) | undefined;
    errorCallback?: ((error: unknown) => void) | undefined;
}

export declare class IMapIterator<R> implements AsyncIterableIterator<R, undefined, number | undefined>, AsyncDisposable {
    next(timeout?: number): Promise<IteratorResult<R, undefined>>;
    settled(): SettledIterator<R>;
    toArray(): Promise<R[]>;
    batches(): BatchIterator<R>;
    return(_value?: unknown): Promise<IteratorResult<R, undefined>>;
    throw(error?: unknown): Promise<IteratorResult<R, undefined>>;
    [Symbol.asyncIterator](): this;
    [Symbol.asyncDispose](): Promise<void>;
}

export interface ImapOptions<I extends boolean | undefined = boolean | undefined> extends MapOptions {
    onError?: "stop" | "continue" | undefined;
    indexed?: I | undefined;
}

export type ImapResult<R, I> = I extends true ? IndexedResult<R> : R;

export interface IndexedResult<R> {
    readonly index: number;
    readonly value: R;
}

export type Input<T> = Iterable<T> | AsyncIterable<T>;

export interface MapOptions extends CallOptions {
    chunksize?: number | undefined;
    buffersize?: number | undefined;
    onProgress?: ((progress: {
        completed: number;
        total: number | undefined;
    }) => void) | undefined;
}

export interface MapResult<R, L = R[]> extends AsyncResult<L> {
    settled(): Promise<PromiseSettledResult<R>[]>;
}

export declare class MaybeEncodingError extends TaskSerializationError {
    static readonly name: string;
    readonly exc: string;
    readonly value: string;
    constructor(exc: string, value: string, options?: {
        cause?: unknown;
    });
}

export interface Pool extends AsyncDisposable {
    apply<A extends readonly unknown[], R>(fn: (...args: A) => R, ...rest: Rest<A, AsyncOptions<Awaited<R>>>): Promise<Awaited<R>>;
    apply<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(fn: T & Task<A, R>, ...rest: TaskRest<T, Rest<A, AsyncOptions<Awaited<R>>>, Given>): Promise<Awaited<R>>;
    applyAsync<A extends readonly unknown[], R>(fn: (...args: A) => R, ...rest: Rest<A, AsyncOptions<Awaited<R>>>): AsyncResult<Awaited<R>>;
    applyAsync<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(fn: T & Task<A, R>, ...rest: TaskRest<T, Rest<A, AsyncOptions<Awaited<R>>>, Given>): AsyncResult<Awaited<R>>;
    map<A, R, I extends ResultArrayFor<Awaited<R>> | undefined = undefined>(fn: (item: A) => R, iterable: Input<A>, options?: number | WholeMapOptions<I>): Promise<WholeMapResult<Awaited<R>, I>>;
    map<A, R, T, Given extends readonly unknown[], I extends ResultArrayFor<Awaited<R>> | undefined = undefined>(fn: T & Task<[
        item: A
    ], R>, iterable: Input<A>, ...options: TaskRest<T, [
        options?: number | WholeMapOptions<I> | undefined
    ], Given>): Promise<WholeMapResult<Awaited<R>, I>>;
    mapAsync<A, R, I extends ResultArrayFor<Awaited<R>> | undefined = undefined>(fn: (item: A) => R, iterable: Input<A>, options?: number | AsyncMapOptions<WholeMapResult<Awaited<R>, I>, I>): MapResult<Awaited<R>, WholeMapResult<Awaited<R>, I>>;
    mapAsync<A, R, T, Given extends readonly unknown[], I extends ResultArrayFor<Awaited<R>> | undefined = undefined>(fn: T & Task<[
        item: A
    ], R>, iterable: Input<A>, ...options: TaskRest<T, [
        options?: number | AsyncMapOptions<WholeMapResult<Awaited<R>, I>, I> | undefined
    ], Given>): MapResult<Awaited<R>, WholeMapResult<Awaited<R>, I>>;
    starmap<A extends readonly unknown[], R, I extends ResultArrayFor<Awaited<R>> | undefined = undefined>(fn: (...args: A) => R, iterable: Input<Readonly<A>>, options?: number | WholeMapOptions<I>): Promise<WholeMapResult<Awaited<R>, I>>;
    starmap<A extends readonly unknown[], R, T, Given extends readonly unknown[], I extends ResultArrayFor<Awaited<R>> | undefined = undefined>(fn: T & Task<A, R>, iterable: Input<Readonly<A>>, ...options: TaskRest<T, [
        options?: number | WholeMapOptions<I> | undefined
    ], Given>): Promise<WholeMapResult<Awaited<R>, I>>;
    starmapAsync<A extends readonly unknown[], R, I extends ResultArrayFor<Awaited<R>> | undefined = undefined>(fn: (...args: A) => R, iterable: Input<Readonly<A>>, options?: number | AsyncMapOptions<WholeMapResult<Awaited<R>, I>, I>): MapResult<Awaited<R>, WholeMapResult<Awaited<R>, I>>;
    starmapAsync<A extends readonly unknown[], R, T, Given extends readonly unknown[], I extends ResultArrayFor<Awaited<R>> | undefined = undefined>(fn: T & Task<A, R>, iterable: Input<Readonly<A>>, ...options: TaskRest<T, [
        options?: number | AsyncMapOptions<WholeMapResult<Awaited<R>, I>, I> | undefined
    ], Given>): MapResult<Awaited<R>, WholeMapResult<Awaited<R>, I>>;
    imap<A, R, I extends boolean | undefined = undefined>(fn: (item: A) => R, iterable: Input<A>, options?: number | ImapOptions<I>): IMapIterator<ImapResult<Awaited<R>, I>>;
    imap<A, R, T, Given extends readonly unknown[]>(fn: T & Task<[
        item: A
    ], R>, iterable: Input<A>, ...options: TaskRest<T, [
        options: ImapOptions & {
            readonly indexed: true;
        }
    ], Given>): IMapIterator<IndexedResult<Awaited<R>>>;
    imap<A, R, T, Given extends readonly unknown[]>(fn: T & Task<[
        item: A
    ], R>, iterable: Input<A>, ...options: TaskRest<T, [
        options?: number | ImapOptions | undefined
    ], Given>): IMapIterator<Awaited<R>>;
    imapUnordered<A, R, I extends boolean | undefined = undefined>(fn: (item: A) => R, iterable: Input<A>, options?: number | ImapOptions<I>): IMapIterator<ImapResult<Awaited<R>, I>>;
    imapUnordered<A, R, T, Given extends readonly unknown[]>(fn: T & Task<[
        item: A
    ], R>, iterable: Input<A>, ...options: TaskRest<T, [
        options: ImapOptions & {
            readonly indexed: true;
        }
    ], Given>): IMapIterator<IndexedResult<Awaited<R>>>;
    imapUnordered<A, R, T, Given extends readonly unknown[]>(fn: T & Task<[
        item: A
    ], R>, iterable: Input<A>, ...options: TaskRest<T, [
        options?: number | ImapOptions | undefined
    ], Given>): IMapIterator<Awaited<R>>;
    broadcast<A extends readonly unknown[], R>(fn: (...args: A) => R, ...rest: Rest<A, BroadcastOptions>): Promise<Awaited<R>[]>;
    broadcast<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(fn: T & Task<A, R>, ...rest: TaskRest<T, Rest<A, BroadcastOptions>, Given>): Promise<Awaited<R>[]>;
    withOptions(options: CallOptions): PoolCalls;
    close(): void;
    terminate(): void;
    join(timeout?: number): Promise<void>;
    waitForCapacity(limit?: number): Promise<void>;
    ready(timeout?: number): Promise<void>;
    stats(): RuntimeStats;
    readonly stdout: Readable | undefined;
    readonly stderr: Readable | undefined;
    [Symbol.asyncDispose](): Promise<void>;
}
export declare const Pool: PoolConstructor;

export interface PoolCalls extends Pick<Pool, "apply" | "applyAsync" | "map" | "mapAsync" | "starmap" | "starmapAsync" | "imap" | "imapUnordered" | "broadcast" | "withOptions"> {
}

export interface PoolConstructor<Self extends Pool = Pool> {
    new <I extends readonly unknown[] = [
    ], F extends readonly unknown[] = [
    ]>(processes?: number | PoolOptions<I, F>): Self;
    readonly prototype: Self;
    use<P extends Pool, T>(this: new (options?: number | PoolOptions) => P, options: number | PoolOptions | undefined, body: (pool: P) => T | PromiseLike<T>): Promise<T>;
}

export interface PoolOptions<I extends readonly unknown[] = any, F extends readonly unknown[] = any> extends SharedOptions<I, F> {
    processes?: number | undefined;
    maxTasksPerChild?: number | undefined;
}

export type Rest<A extends readonly unknown[], O> = [
] extends A ? [
    args?: Readonly<A> | undefined,
    options?: O | undefined
] : [
    args: Readonly<A>,
    options?: O | undefined
];

export type ResultArray = NumberArray | BigIntArray;

export type ResultArrayFor<R> = unknown extends R ? ResultArray : [
    R
] extends [
    number
] ? NumberArray : [
    R
] extends [
    bigint
] ? BigIntArray : never;

export interface SettledIterator<R> extends AsyncIterableIterator<PromiseSettledResult<R>, undefined, number | undefined>, AsyncDisposable {
    next(timeout?: number): Promise<IteratorResult<PromiseSettledResult<R>, undefined>>;
    return(value?: unknown): Promise<IteratorResult<PromiseSettledResult<R>, undefined>>;
    [Symbol.asyncIterator](): SettledIterator<R>;
}

export interface ThreadPool extends Pool {
}
export declare const ThreadPool: PoolConstructor<ThreadPool>;

export interface WholeMapOptions<I extends ResultArray | undefined = undefined> extends MapOptions {
    failFast?: boolean | undefined;
    into?: I | undefined;
}

export type WholeMapResult<R, I> = I extends infer T extends ResultArray ? T : R[];
