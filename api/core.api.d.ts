// The public API of @twinpool/core. Written by `node scripts/api-report.mjs`: do not change it by hand.

// @twinpool/core

export type AnyFunction = (...args: never[]) => unknown;

export type ArgumentsSchema = StandardSchema<readonly unknown[], readonly unknown[]>;

export declare class BrokenExecutorError extends TwinpoolError {
    static readonly name: string;
    static readonly code: string;
}

export declare class BrokenProcessPoolError extends BrokenExecutorError {
    static readonly name: string;
    static readonly code = "ERR_TWINPOOL_BROKEN_PROCESS_POOL";
}

export declare class BrokenThreadPoolError extends BrokenExecutorError {
    static readonly name: string;
    static readonly code = "ERR_TWINPOOL_BROKEN_THREAD_POOL";
}

export interface CallOptions {
    signal?: AbortSignal | undefined;
    priority?: number | undefined;
    taskTimeout?: number | undefined;
    retries?: number | undefined;
    onReport?: ((value: unknown, index: number) => void) | undefined;
}

export declare class CancelledError extends TwinpoolError {
    static readonly name: string;
    static readonly code = "ERR_TWINPOOL_CANCELLED";
}

export interface CheckedTask<Args extends readonly unknown[], R> {
    (...args: Args): Promise<R>;
    readonly [CHECKED]: CheckedParts;
}

export declare class ExecutorShutdownError extends TwinpoolError {
    static readonly name: string;
    static readonly code = "ERR_TWINPOOL_EXECUTOR_SHUTDOWN";
}

export declare class InitializerError extends TwinpoolError {
    static readonly name: string;
    static readonly code = "ERR_TWINPOOL_INITIALIZER";
}

export declare class InvalidStateError extends TwinpoolError {
    static readonly name: string;
    static readonly code: string;
}

export interface LossDetails {
    readonly workerId: number;
    readonly workerIndex?: number | undefined;
    readonly workerName?: string | undefined;
    readonly pid?: number | undefined;
    readonly threadId?: number | undefined;
    readonly exitCode?: number | null | undefined;
    readonly signal?: string | null | undefined;
    readonly taskName?: string | undefined;
    readonly runningFor?: number | undefined;
    readonly outOfMemory?: true | undefined;
    readonly memory?: number | undefined;
    readonly cause?: unknown;
}

export declare class NestedBootstrapError extends TwinpoolError {
    static readonly name: string;
    static readonly code = "ERR_TWINPOOL_NESTED_BOOTSTRAP";
}

export interface NodeStats {
    readonly name: string;
    readonly slots: number;
}

export declare class NotReadyError extends InvalidStateError {
    static readonly name: string;
    static readonly code = "ERR_TWINPOOL_NOT_READY";
}

export declare class NotSupportedError extends TwinpoolError {
    static readonly name: string;
    static readonly code = "ERR_TWINPOOL_NOT_SUPPORTED";
}

export type NumberArray = Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array | (typeof globalThis extends {
    readonly Float16Array: {
        readonly prototype: infer T;
    };
} ? T : never);

export interface OptionIssue {
    readonly path: string;
    readonly message: string;
}

export declare class OptionsError extends TwinpoolError {
    static readonly name: string;
    static readonly code = "ERR_TWINPOOL_OPTIONS";
    readonly issues: readonly OptionIssue[];
    constructor(message: string, issues?: readonly OptionIssue[]);
}

export declare class PayloadTooLargeError extends TaskSerializationError {
    static readonly name: string;
    static readonly code = "ERR_TWINPOOL_PAYLOAD_TOO_LARGE";
}

export interface PerWorkerOptions {
    env?: Record<string, string | undefined> | undefined;
    argv?: readonly string[] | undefined;
    execArgv?: readonly string[] | undefined;
    workerData?: unknown;
}

export interface Percentiles {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly max: number;
}

export declare class PoolClosedError extends TwinpoolError {
    static readonly name: string;
    static readonly code = "ERR_TWINPOOL_POOL_CLOSED";
}

export declare class PoolRunningError extends TwinpoolError {
    static readonly name: string;
    static readonly code = "ERR_TWINPOOL_POOL_RUNNING";
}

export declare class PoolTerminatedError extends TwinpoolError {
    static readonly name: string;
    static readonly code = "ERR_TWINPOOL_POOL_TERMINATED";
}

export declare class QueueFullError extends TwinpoolError {
    static readonly name: string;
    static readonly code = "ERR_TWINPOOL_QUEUE_FULL";
}

export interface ResourceLimits {
    readonly maxOldGenerationSizeMb?: number | undefined;
    readonly maxYoungGenerationSizeMb?: number | undefined;
    readonly codeRangeSizeMb?: number | undefined;
    readonly stackSizeMb?: number | undefined;
}

export interface RuntimeOptions<I extends readonly unknown[] = any, F extends readonly unknown[] = any> extends WorkerOptions<I, F>, ShareOptions {
    kind?: "process" | "thread" | "inline" | undefined;
    workers?: number | undefined;
}

export interface RuntimeStats {
    readonly kind: "process" | "thread" | "inline" | "cluster";
    readonly workers: number;
    readonly busy: number;
    readonly idle: number;
    readonly retiring: number;
    readonly queued: number;
    readonly running: number;
    readonly completed: number;
    readonly failed: number;
    readonly cancelled: number;
    readonly refused: number;
    readonly lostWorkers: number;
    readonly replacedWorkers: number;
    readonly retiredForMemory: number;
    readonly lateErrors: number;
    readonly unobservedErrors: number;
    readonly droppedOutput: number;
    readonly protocolAnomalies: number;
    readonly nodes?: readonly NodeStats[] | undefined;
    readonly waitTime: Percentiles;
    readonly runTime: Percentiles;
}

export type SchemaInput<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["input"];

export type SchemaOutput<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["output"];

export type SchemaResult<Output> = {
    readonly value: Output;
    readonly issues?: undefined;
} | {
    readonly issues: ReadonlyArray<ValidationIssue>;
};

export interface ShareOptions {
    maxQueue?: number | undefined;
    onWorkerLoss?: "fail" | "retry" | "break" | undefined;
    retries?: number | undefined;
    taskTimeout?: number | undefined;
    killGrace?: number | undefined;
    name?: string | undefined;
    unobservedErrors?: "warn" | "ignore" | undefined;
    reuseBuffers?: boolean | undefined;
}

export interface SharedOptions<I extends readonly unknown[] = any, F extends readonly unknown[] = any> extends WorkerOptions<I, F>, ShareOptions {
    runtime?: WorkerRuntime | undefined;
}

export interface StandardSchema<Input = unknown, Output = Input> {
    readonly "~standard": {
        readonly version: 1;
        readonly vendor: string;
        readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
        readonly types?: {
            readonly input: Input;
            readonly output: Output;
        } | undefined;
    };
}

export type Task<A extends readonly unknown[] = never[], R = unknown> = ((...args: A) => R | PromiseLike<R>) | TaskReference<(...args: A) => R | PromiseLike<R>> | CheckedTask<A, R>;

export interface TaskEvent {
    readonly event: "start" | "end";
    readonly task: string;
    readonly index: number;
    readonly workerId: number;
    readonly outcome: "completed" | "failed" | "lost" | undefined;
    readonly error: unknown;
}

export declare class TaskModuleError extends TwinpoolError {
    static readonly name: string;
    static readonly code = "ERR_TWINPOOL_TASK_MODULE";
}

export interface TaskReference<F extends AnyFunction = (...args: unknown[]) => unknown> {
    readonly url: string;
    readonly exportName: string;
    readonly [REFERENCE]: {
        readonly fault: string | undefined;
        readonly type?: F | undefined;
    };
}

export type TaskReferences<M> = {
    readonly [K in keyof M as M[K] extends AnyFunction ? K : never]: M[K] extends AnyFunction ? TaskReference<M[K]> : never;
};

export type TaskRest<T, Rest extends readonly unknown[], Given extends readonly unknown[]> = [
    T
] extends [
    AnyFunction
] ? Given["length"] extends Rest["length"] ? Unmatchable : Rest : [
    Given
] extends [
    never
] ? Given : Rest;

export declare class TaskSerializationError extends TwinpoolError {
    static readonly name: string;
    static readonly code: string;
    readonly result?: string;
}

export declare class TaskTimeoutError extends TimeoutError {
    static readonly name: string;
    static readonly code = "ERR_TWINPOOL_TASK_TIMEOUT";
}

export declare class TaskValidationError extends TwinpoolError {
    static readonly name: string;
    static readonly code = "ERR_TWINPOOL_TASK_VALIDATION";
    readonly issues: readonly ValidationIssue[];
    constructor(message: string, issues?: readonly ValidationIssue[]);
}

export declare class TimeoutError extends TwinpoolError {
    static readonly name: string;
    static readonly code: string;
}

export type Transferable = ArrayBuffer | MessagePort | FileHandle | ReadableStream | WritableStream | TransformStream;

export declare class TwinpoolError extends Error {
    static readonly name: string;
    static readonly code: string;
    readonly code: string;
    readonly remote?: true;
    constructor(message: string, options?: {
        cause?: unknown;
    });
}

export interface ValidationIssue {
    readonly message: string;
    readonly path?: ReadonlyArray<PropertyKey | {
        readonly key: PropertyKey;
    }> | undefined;
}

export interface WorkerEvent {
    readonly event: "starting" | "ready" | "ended" | "lost" | "lateError" | "anomaly";
    readonly runtime: string;
    readonly workerId: number;
    readonly kind: string;
    readonly pid: number | undefined;
    readonly threadId: number | undefined;
    readonly exitCode: number | null | undefined;
    readonly signal: string | null | undefined;
    readonly error: unknown;
}

export interface WorkerIdentity {
    readonly id: number;
    readonly index: number;
    readonly name: string;
}

export declare class WorkerLostError extends BrokenExecutorError {
    static readonly name: string;
    static readonly code: string;
    readonly workerId: number;
    readonly workerIndex: number | undefined;
    readonly workerName: string | undefined;
    readonly pid: number | undefined;
    readonly threadId: number | undefined;
    readonly exitCode: number | null;
    readonly signal: string | null;
    readonly taskName: string | undefined;
    readonly taskIndex: number | undefined;
    readonly runningFor: number | undefined;
    readonly outOfMemory: true | undefined;
    readonly memory: number | undefined;
    constructor(message: string, details: LossDetails);
}

export interface WorkerOptions<I extends readonly unknown[] = any, F extends readonly unknown[] = any> {
    initializer?: Task<I, unknown> | undefined;
    initargs?: NoInfer<readonly [
        ...I
    ]> | undefined;
    finalizer?: Task<F, unknown> | undefined;
    finalargs?: NoInfer<readonly [
        ...F
    ]> | undefined;
    finalizerTimeout?: number | undefined;
    threadNamePrefix?: string | undefined;
    maxTasksPerChild?: number | undefined;
    concurrentTasksPerWorker?: number | undefined;
    maxMemoryPerChild?: number | undefined;
    startTimeout?: number | undefined;
    idleTimeout?: number | undefined;
    minWorkers?: number | undefined;
    env?: "inherit" | "minimal" | Record<string, string | undefined> | undefined;
    argv?: readonly string[] | undefined;
    execArgv?: readonly string[] | undefined;
    workerData?: unknown;
    perWorker?: ((worker: WorkerIdentity) => PerWorkerOptions | undefined) | undefined;
    preload?: readonly (string | URL)[] | undefined;
    cwd?: string | URL | undefined;
    execPath?: string | undefined;
    bufferDir?: string | false | undefined;
    bufferLimit?: number | undefined;
    resourceLimits?: ResourceLimits | undefined;
    stdio?: "inherit" | "ignore" | "pipe" | undefined;
    inspect?: boolean | {
        readonly port?: number | undefined;
        readonly wait?: boolean | undefined;
    } | undefined;
    lowLatency?: boolean | undefined;
    maxPayloadBytes?: number | undefined;
}

export interface WorkerRuntime extends AsyncDisposable {
    readonly kind: "process" | "thread" | "inline" | "cluster";
    readonly stdout: Readable | undefined;
    readonly stderr: Readable | undefined;
    stats(): RuntimeStats;
    ready(timeout?: number): Promise<void>;
    close(): Promise<void>;
    terminate(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
export declare const WorkerRuntime: WorkerRuntimeConstructor;

export interface WorkerRuntimeConstructor {
    new <I extends readonly unknown[] = [
    ], F extends readonly unknown[] = [
    ]>(options?: RuntimeOptions<I, F>): WorkerRuntime;
    readonly prototype: WorkerRuntime;
}

export declare function cpuCount(): number;

export declare function defineTask<I extends ArgumentsSchema, O extends StandardSchema>(schemas: {
    readonly input: I;
    readonly output: O;
}, fn: (...args: SchemaOutput<I>) => SchemaInput<O> | PromiseLike<SchemaInput<O>>): CheckedTask<SchemaInput<I>, SchemaOutput<O>>;
export declare function defineTask<I extends ArgumentsSchema, R>(schemas: {
    readonly input: I;
    readonly output?: undefined;
}, fn: (...args: SchemaOutput<I>) => R): CheckedTask<SchemaInput<I>, Awaited<R>>;

export declare function isAbort(error: unknown): boolean;

export declare function taskRef<F extends AnyFunction = (...args: unknown[]) => unknown>(url: URL | string, exportName: string): TaskReference<F>;
export declare function taskRef<M extends object = Record<string, (...args: unknown[]) => unknown>>(url: URL | string): TaskReferences<M>;

export declare function transfer<T>(value: T, list: readonly Transferable[]): T;

// @twinpool/core/worker

export interface TaskContext {
    readonly workerId: number;
    readonly workerName: string;
    readonly workerIndex: number;
    readonly kind: "process" | "thread" | "inline";
    readonly signal: AbortSignal;
    readonly workerData: unknown;
    report(value: unknown): void;
}

export declare function context(): TaskContext;

export declare let isWorker: boolean;

export declare let workerData: unknown;

export declare let workerId: number | undefined;

export declare let workerIndex: number | undefined;

export declare let workerName: string | undefined;

// @twinpool/core/testing

export interface ContextOptions {
    report?: ((value: unknown) => void) | undefined;
    signal?: AbortSignal | undefined;
    workerData?: unknown;
    workerIndex?: number | undefined;
}

export declare function runWithContext<R>(fn: () => R, options?: ContextOptions): Promise<Awaited<R>>;
