// The public API of @twinpool/adapters. Written by `node scripts/api-report.mjs`: do not change it by hand.

// @twinpool/adapters

export type MapStream<R> = AsyncIterable<R> & Duplex;

export interface MapStreamOptions {
    ordered?: boolean | undefined;
    concurrency?: number | undefined;
}

export type StreamTarget = PoolCalls | ExecutorCalls;

export interface WebStreamPair<A, R> {
    readonly readable: ReadableStream<R>;
    readonly writable: WritableStream<A>;
}

export declare function asExecutor(pool: Pool): Executor;

export declare function asPool(executor: Executor): Pool;

export declare function mapStream<A, R>(target: StreamTarget, fn: (item: A) => R, options?: MapStreamOptions): MapStream<Awaited<R>>;
export declare function mapStream<A, R, T, Given extends readonly unknown[]>(target: StreamTarget, fn: T & Task<[
    item: A
], R>, ...options: TaskRest<T, [
    options?: MapStreamOptions | undefined
], Given>): MapStream<Awaited<R>>;

export declare function mapWebStream<A, R>(target: StreamTarget, fn: (item: A) => R, options?: MapStreamOptions): WebStreamPair<A, Awaited<R>>;
export declare function mapWebStream<A, R, T, Given extends readonly unknown[]>(target: StreamTarget, fn: T & Task<[
    item: A
], R>, ...options: TaskRest<T, [
    options?: MapStreamOptions | undefined
], Given>): WebStreamPair<A, Awaited<R>>;

export declare function runInExecutor<A extends readonly unknown[], R>(executor: ExecutorCalls | null, fn: (...args: A) => R, ...args: A): Promise<Awaited<R>>;
export declare function runInExecutor<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(executor: ExecutorCalls | null, fn: T & Task<A, R>, ...args: TaskRest<T, A, Given>): Promise<Awaited<R>>;

export declare function toAsyncResult<R>(future: Future<R>): AsyncResult<R>;

export declare function toFuture<R>(result: AsyncResult<R>): Future<R>;
