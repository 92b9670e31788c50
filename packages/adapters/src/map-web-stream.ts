/**
 * `mapWebStream`: a pair of Web streams whose items are mapped by workers. It connects a TaskPipeline to the pair, as a TransformStream does.
 *
 *   writable --write--> TaskPipeline --take--> enqueue --> readable
 *               '-- the promise waits for room       '-- an outcome is taken only after pull
 *
 * Invariants: an error or the end of one stream ends the other one. Neither stream keeps items: the pipeline is the buffer. It does not know the order
 * of outcomes (task-pipeline.ts).
 */
import {
  ReadableStream,
  type ReadableStreamDefaultController,
  WritableStream,
  type WritableStreamDefaultController,
} from 'node:stream/web';
import type { Task, TaskRest } from '@twinpool/core';
import { type MapStreamOptions, type PipelineOptions, pipelineOptions, type StreamTarget } from './stream-target.ts';
import { TaskPipeline } from './task-pipeline.ts';

/** The pair of streams that `mapWebStream` returns, for `source.pipeThrough(…)`. */
export interface WebStreamPair<A, R> {
  /** The results. */
  readonly readable: ReadableStream<R>;
  /** The items. */
  readonly writable: WritableStream<A>;
}

/**
 * Returns a pair of Web streams that works as `mapStream`: `source.pipeThrough(mapWebStream(pool, fn))`.
 *
 * Order, bound and back-pressure are those of `mapStream`. The first task that fails errors both streams with its error, after the results before it.
 * `readable.cancel()` and `writable.abort()` cancel the tasks that have not started. A task may return any value, also `null`. `writable.close()`
 * resolves when the last task has ended.
 *
 * Give options of the tasks with `target.withOptions(…)`.
 *
 * Price: a few µs per item; not for tasks that are shorter.
 *
 * @param target - A pool, an executor, or a view of either.
 * @param fn - The function, or a reference to it.
 * @param options - `ordered`: default `true`. `concurrency`: items between the two ends; default 16 for each task that the target runs at once.
 * @returns The two streams.
 * @throws TypeError for a target that is not a pool or an executor, OptionsError for bad options.
 * @see https://nodejs.org/api/webstreams.html#class-readablestream
 *
 * @example
 * ```ts
 * import { mapWebStream, ThreadPoolExecutor } from 'twinpool';
 *
 * await using executor = new ThreadPoolExecutor(2);
 * const source = ReadableStream.from(['a', 'b']);
 * for await (const text of source.pipeThrough(mapWebStream(executor, (s: string) => s.toUpperCase()))) console.log(text); // A, B
 * ```
 */
export function mapWebStream<A, R>(target: StreamTarget, fn: (item: A) => R, options?: MapStreamOptions): WebStreamPair<A, Awaited<R>>;
export function mapWebStream<A, R, T, Given extends readonly unknown[]>(
  target: StreamTarget,
  fn: T & Task<[item: A], R>,
  ...options: TaskRest<T, [options?: MapStreamOptions | undefined], Given>
): WebStreamPair<A, Awaited<R>>;
export function mapWebStream(target: StreamTarget, fn: unknown, ...options: readonly unknown[]): WebStreamPair<never, unknown> {
  return new WorkerPair(pipelineOptions('mapWebStream', target, fn, options[0]));
}

class WorkerPair implements WebStreamPair<never, unknown> {
  readonly readable: ReadableStream<unknown>;
  readonly writable: WritableStream<never>;
  readonly #pipeline: TaskPipeline;
  #reading!: ReadableStreamDefaultController<unknown>;
  #writing!: WritableStreamDefaultController;
  /** Resolves the promise of the last `pull`, while the reader waits. */
  #pulled: (() => void) | undefined;
  /** Resolves the promise of the last `write`, while there is no room for a further item. */
  #written: (() => void) | undefined;
  /** Settles the promise of `close`, while tasks run. */
  #finished: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;
  /** No result is delivered any more. */
  #isOver = false;

  constructor(options: PipelineOptions) {
    this.#pipeline = new TaskPipeline(options, () => this.#deliver());
    this.readable = new ReadableStream<unknown>(
      {
        start: (controller) => {
          this.#reading = controller;
        },
        pull: () =>
          new Promise((resolve) => {
            this.#pulled = resolve;
            this.#deliver();
          }),
        cancel: (reason) => this.#fail(reason),
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream<never>({
      start: (controller) => {
        this.#writing = controller;
        // The types of Node 20 lack the property.
        const { signal } = controller as WritableStreamDefaultController & { readonly signal: AbortSignal };
        // The method `abort` of a sink would be called only after the pending write.
        signal.addEventListener('abort', () => this.#end(signal.reason), { once: true });
      },
      write: (item) =>
        new Promise((resolve) => {
          this.#written = resolve;
          this.#pipeline.put(item);
          this.#acceptNext();
        }),
      close: () =>
        new Promise((resolve, reject) => {
          this.#finished = { resolve, reject };
          this.#pipeline.end();
        }),
    });
  }

  #deliver(): void {
    if (this.#isOver) return;
    const outcome = this.#pulled === undefined ? undefined : this.#pipeline.take();
    if (outcome?.ok === false) {
      this.#fail(outcome.value);
      return;
    }
    if (outcome !== undefined) {
      this.#reading.enqueue(outcome.value);
      this.#resolvePull();
    }
    this.#acceptNext();
    if (this.#pipeline.isIdle) this.#finish(this.#pipeline.failure);
    if (!this.#pipeline.isOver) return;
    this.#isOver = true;
    this.#reading.close();
    this.#resolvePull();
  }

  /** A task failed, or the reader cancelled: the writer gets the reason too. */
  #fail(reason: unknown): void {
    if (this.#isOver) return;
    this.#writing.error(reason);
    this.#end(reason);
  }

  #end(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pipeline.leave();
    this.#reading.error(reason);
    this.#resolvePull();
    this.#acceptNext();
    this.#finish({ value: reason });
  }

  #resolvePull(): void {
    const pulled = this.#pulled;
    this.#pulled = undefined;
    pulled?.();
  }

  #acceptNext(): void {
    if (!this.#pipeline.hasRoom && !this.#isOver) return;
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  #finish(failure: { readonly value: unknown } | undefined): void {
    const finished = this.#finished;
    this.#finished = undefined;
    if (failure === undefined) finished?.resolve();
    else finished?.reject(failure.value);
  }
}
