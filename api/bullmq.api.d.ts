// The public API of @twinpool/bullmq. Written by `node scripts/api-report.mjs`: do not change it by hand.

// @twinpool/bullmq

export {
  EngineDownError,
  NoWorkersError,
  NodeLostError,
  NodeStats,
  RuntimeStats,
  Task,
  WorkerRuntime,
} from '@twinpool/core';

export interface BullmqConnectOptions<I extends readonly unknown[] = any, F extends readonly unknown[] = any> {
    connection: string | object;
    queue: string;
    tasks: string | URL | Record<string, unknown>;
    secret?: string | undefined;
    prefix?: string | undefined;
    minNodes?: number | undefined;
    noWorkersTimeout?: number | undefined;
    engineTimeout?: number | undefined;
    initializer?: Task<I, unknown> | undefined;
    initargs?: NoInfer<readonly [
        ...I
    ]> | undefined;
    maxTasksPerChild?: number | undefined;
    finalizer?: Task<F, unknown> | undefined;
    finalargs?: NoInfer<readonly [
        ...F
    ]> | undefined;
    finalizerTimeout?: number | undefined;
    maxMemoryPerChild?: number | undefined;
    onWorkerLoss?: "fail" | "retry" | "break" | undefined;
    retries?: number | undefined;
    name?: string | undefined;
    maxPayload?: number | undefined;
    migrate?: boolean | undefined;
}

export type BullmqProcessor<J extends ProcessedJob, R> = (job: J, token?: string, signal?: AbortSignal) => Promise<R>;

export interface BullmqProcessorOptions<J extends ProcessedJob = ProcessedJob> {
    args?: ((job: J) => readonly unknown[]) | undefined;
    retryOnWorkerLoss?: boolean | undefined;
}

export declare class BullmqRuntime extends WorkerRuntime {
    static connect<I extends readonly unknown[] = [
    ], F extends readonly unknown[] = [
    ]>(options: BullmqConnectOptions<I, F>): Promise<BullmqRuntime>;
}

export interface EngineReport {
    readonly version: string;
    readonly maxmemoryPolicy: string | null;
    readonly persistence: string | null;
    readonly roundTrip: number;
    readonly clockSkew: number;
}

export interface ExecutorTarget {
    submit(...args: any): Promise<any>;
    withOptions(options: {
        signal?: AbortSignal | undefined;
        onReport?: ((value: unknown) => void) | undefined;
    }): Pick<ExecutorTarget, "submit">;
}

export interface PoolTarget {
    apply(...args: any): Promise<any>;
}

export interface ProcessedJob {
    readonly data: any;
    updateProgress(progress: any): Promise<void>;
}

export declare function bullmqProcessor<R, J extends ProcessedJob = ProcessedJob>(target: PoolTarget | ExecutorTarget, fn: Task<any, R>, options?: BullmqProcessorOptions<J>): BullmqProcessor<J, Awaited<R>>;

export declare function engineReport(connection: string, options?: {
    readonly queue?: string | undefined;
}): Promise<EngineReport>;
