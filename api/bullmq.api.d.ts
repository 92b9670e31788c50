// The public API of @twinpool/bullmq. Written by `node scripts/api-report.mjs`: do not change it by hand.

// @twinpool/bullmq

export {
  Task,
} from '@twinpool/core';

export type BullmqProcessor<J extends ProcessedJob, R> = (job: J, token?: string, signal?: AbortSignal) => Promise<R>;

export interface BullmqProcessorOptions<J extends ProcessedJob = ProcessedJob> {
    args?: ((job: J) => readonly unknown[]) | undefined;
    retryOnWorkerLoss?: boolean | undefined;
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
