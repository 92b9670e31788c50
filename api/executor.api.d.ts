// The public API of @twinpool/executor. Written by `node scripts/api-report.mjs`: do not change it by hand.

// @twinpool/executor

export {
  BrokenExecutorError,
  BrokenProcessPoolError,
  BrokenThreadPoolError,
  CallOptions,
  CancelledError,
  CheckedTask,
  ExecutorShutdownError,
  InitializerError,
  InvalidStateError,
  NestedBootstrapError,
  NotSupportedError,
  OptionIssue,
  OptionsError,
  PayloadTooLargeError,
  Percentiles,
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

export declare const ALL_COMPLETED = "ALL_COMPLETED";

export interface AsCompletedOptions {
    timeout?: number | undefined;
}

export interface DoneAndNotDone<F> {
    done: Set<F>;
    notDone: Set<F>;
}

export declare abstract class Executor implements AsyncDisposable, ExecutorCalls {
    abstract submit<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>;
    abstract submit<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(fn: T & Task<A, R>, ...args: TaskRest<T, A, Given>): Future<Awaited<R>>;
    map<A, R>(fn: (a: A) => R, a: MapInput<A>, options?: ExecutorMapOptions): ResultIterator<Awaited<R>>;
    map<A, B, R>(fn: (a: A, b: B) => R, a: MapInput<A>, b: MapInput<B>, options?: ExecutorMapOptions): ResultIterator<Awaited<R>>;
    map<A, B, C, R>(fn: (a: A, b: B, c: C) => R, a: MapInput<A>, b: MapInput<B>, c: MapInput<C>, options?: ExecutorMapOptions): ResultIterator<Awaited<R>>;
    map<A, B, C, D, R>(fn: (a: A, b: B, c: C, d: D) => R, a: MapInput<A>, b: MapInput<B>, c: MapInput<C>, d: MapInput<D>, options?: ExecutorMapOptions): ResultIterator<Awaited<R>>;
    map<A, B, C, D, E, R>(fn: (a: A, b: B, c: C, d: D, e: E) => R, a: MapInput<A>, b: MapInput<B>, c: MapInput<C>, d: MapInput<D>, e: MapInput<E>, options?: ExecutorMapOptions): ResultIterator<Awaited<R>>;
    map<A, R, T, Given extends readonly unknown[]>(fn: T & Task<[
        a: A
    ], R>, a: MapInput<A>, ...options: TaskRest<T, [
        options?: ExecutorMapOptions | undefined
    ], Given>): ResultIterator<Awaited<R>>;
    map<A, B, R, T, Given extends readonly unknown[]>(fn: T & Task<[
        a: A,
        b: B
    ], R>, a: MapInput<A>, b: MapInput<B>, ...options: TaskRest<T, [
        options?: ExecutorMapOptions | undefined
    ], Given>): ResultIterator<Awaited<R>>;
    map<A, B, C, R, T, Given extends readonly unknown[]>(fn: T & Task<[
        a: A,
        b: B,
        c: C
    ], R>, a: MapInput<A>, b: MapInput<B>, c: MapInput<C>, ...options: TaskRest<T, [
        options?: ExecutorMapOptions | undefined
    ], Given>): ResultIterator<Awaited<R>>;
    map<A, B, C, D, R, T, Given extends readonly unknown[]>(fn: T & Task<[
        a: A,
        b: B,
        c: C,
        d: D
    ], R>, a: MapInput<A>, b: MapInput<B>, c: MapInput<C>, d: MapInput<D>, ...options: TaskRest<T, [
        options?: ExecutorMapOptions | undefined
    ], Given>): ResultIterator<Awaited<R>>;
    map<A, B, C, D, E, R, T, Given extends readonly unknown[]>(fn: T & Task<[
        a: A,
        b: B,
        c: C,
        d: D,
        e: E
    ], R>, a: MapInput<A>, b: MapInput<B>, c: MapInput<C>, d: MapInput<D>, e: MapInput<E>, ...options: TaskRest<T, [
        options?: ExecutorMapOptions | undefined
    ], Given>): ResultIterator<Awaited<R>>;
    broadcast<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Promise<Awaited<R>[]>;
    broadcast<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(fn: T & Task<A, R>, ...args: TaskRest<T, A, Given>): Promise<Awaited<R>[]>;
    withOptions(options: CallOptions): ExecutorCalls;
    shutdown(_options?: ShutdownOptions): Promise<void>;
    terminateWorkers(): Promise<void>;
    killWorkers(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
    static use<E extends Executor, T>(this: new (options?: number | ExecutorOptions) => E, options: number | ExecutorOptions | undefined, body: (executor: E) => T | PromiseLike<T>): Promise<T>;
}

export interface ExecutorCalls extends Pick<Executor, "submit" | "map" | "broadcast" | "withOptions"> {
}

export interface ExecutorConstructor<Self extends Executor> {
    new <I extends readonly unknown[] = [
    ], F extends readonly unknown[] = [
    ]>(options?: number | ExecutorOptions<I, F>): Self;
    readonly prototype: Self;
    use<E extends Executor, T>(this: new (options?: number | ExecutorOptions) => E, options: number | ExecutorOptions | undefined, body: (executor: E) => T | PromiseLike<T>): Promise<T>;
}

export interface ExecutorMapOptions extends CallOptions {
    timeout?: number | undefined;
    chunksize?: number | undefined;
    buffersize?: number | undefined;
    onError?: "stop" | "continue" | undefined;
    onProgress?: ((progress: {
        completed: number;
        total: number | undefined;
    }) => void) | undefined;
}

export interface ExecutorOptions<I extends readonly unknown[] = any, F extends readonly unknown[] = any> extends SharedOptions<I, F> {
    maxWorkers?: number | undefined;
    maxTasksPerChild?: number | undefined;
}

export declare const FIRST_COMPLETED = "FIRST_COMPLETED";

export declare const FIRST_EXCEPTION = "FIRST_EXCEPTION";

export interface Future<R> {
    then<T = R, E = never>(onFulfilled?: ((value: R) => T | PromiseLike<T>) | null | undefined, onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined): Promise<T | E>;
    catch<E = never>(onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined): Promise<R | E>;
    finally(onFinally?: (() => void) | null | undefined): Promise<R>;
}
export declare class Future<R> extends Deferred<R> {
    cancel(): boolean;
    cancelled(): boolean;
    running(): boolean;
    done(): boolean;
    result(timeout?: number | undefined): Promise<R>;
    exception(timeout?: number | undefined): Promise<unknown>;
    resultNow(): R;
    exceptionNow(): unknown;
    outcome(): FutureOutcome<R> | undefined;
    addDoneCallback(fn: (future: Future<R>) => void): void;
    setResult(value: R): void;
    setException(error: unknown): void;
    setRunningOrNotifyCancel(): boolean;
    get [Symbol.toStringTag](): string;
}

export interface FutureIterator<F> extends AsyncIterableIterator<F> {
    next(): Promise<IteratorResult<F, undefined>>;
    return(): Promise<IteratorResult<F, undefined>>;
    [Symbol.asyncIterator](): FutureIterator<F>;
}

export type FutureOutcome<R> = {
    readonly status: "fulfilled";
    readonly value: R;
} | {
    readonly status: "rejected";
    readonly reason: unknown;
} | {
    readonly status: "cancelled";
};

export type MapInput<T> = Iterable<T> | AsyncIterable<T>;

export interface ProcessPoolExecutor extends Executor {
    submit<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>;
    submit<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(fn: T & Task<A, R>, ...args: TaskRest<T, A, Given>): Future<Awaited<R>>;
    ready(timeout?: number): Promise<void>;
    stats(): RuntimeStats;
    waitForCapacity(limit?: number): Promise<void>;
    readonly stdout: Readable | undefined;
    readonly stderr: Readable | undefined;
}
export declare const ProcessPoolExecutor: ExecutorConstructor<ProcessPoolExecutor>;

export declare class ResultIterator<R> implements AsyncIterableIterator<R, undefined, unknown>, AsyncDisposable {
    next(): Promise<IteratorResult<R, undefined>>;
    toArray(): Promise<R[]>;
    settled(): SettledResults<R>;
    return(): Promise<IteratorResult<R, undefined>>;
    [Symbol.asyncIterator](): this;
    [Symbol.asyncDispose](): Promise<void>;
    get [Symbol.toStringTag](): string;
}

export interface ResultLike extends PromiseLike<unknown> {
    ready(): boolean;
    successful(): boolean;
    get(timeout?: number): Promise<unknown>;
    wait(timeout?: number): Promise<void>;
}

export type ReturnWhen = typeof ALL_COMPLETED | typeof FIRST_COMPLETED | typeof FIRST_EXCEPTION;

export interface SettledResults<R> extends AsyncIterableIterator<PromiseSettledResult<R>, undefined, unknown>, AsyncDisposable {
    next(): Promise<IteratorResult<PromiseSettledResult<R>, undefined>>;
    return(): Promise<IteratorResult<PromiseSettledResult<R>, undefined>>;
    toArray(): Promise<PromiseSettledResult<R>[]>;
    [Symbol.asyncIterator](): SettledResults<R>;
}

export interface ShutdownOptions {
    wait?: boolean | undefined;
    cancelFutures?: boolean | undefined;
    timeout?: number | undefined;
}

export interface ThreadPoolExecutor extends Executor {
    submit<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>;
    submit<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(fn: T & Task<A, R>, ...args: TaskRest<T, A, Given>): Future<Awaited<R>>;
    ready(timeout?: number): Promise<void>;
    stats(): RuntimeStats;
    waitForCapacity(limit?: number): Promise<void>;
    readonly stdout: Readable | undefined;
    readonly stderr: Readable | undefined;
}
export declare const ThreadPoolExecutor: ExecutorConstructor<ThreadPoolExecutor>;

export interface WaitOptions {
    timeout?: number | undefined;
    returnWhen?: ReturnWhen | undefined;
}

export declare function asCompleted<F extends Future<unknown> | ResultLike>(futures: Iterable<F>, options?: AsCompletedOptions): FutureIterator<F>;

export declare function wait<F extends Future<unknown> | ResultLike>(futures: Iterable<F>, options?: WaitOptions): Promise<DoneAndNotDone<F>>;
