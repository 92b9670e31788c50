/**
 * `mapWebStream`: a pair of Web streams between which workers map the items.
 *
 * Decides how a belt runs in such a pair, after the model of a TransformStream: what errors or is given up at one end does so at the other. Neither
 * stream keeps items of its own: the belt is the buffer.
 *
 *   writable --write--> belt --take--> enqueue --> readable         write's promise waits for room; an outcome is taken when pull has asked
 */
import {
  ReadableStream,
  type ReadableStreamDefaultController,
  WritableStream,
  type WritableStreamDefaultController,
} from 'node:stream/web';
import type { Task, TaskRest } from '@twinpool/core';
import { type MapStreamOptions, type Plan, planOf, type StreamTarget } from './stream-target.ts';
import { Belt } from './task-pipeline.ts';

/** For `source.pipeThrough(…)`. */
export interface WebStreamPair<A, R> {
  /** The results. */
  readonly readable: ReadableStream<R>;
  /** Takes the items. */
  readonly writable: WritableStream<A>;
}

/**
 * `mapStream` for Web streams: `source.pipeThrough(mapWebStream(pool, fn))`.
 *
 * The same order, bound and back-pressure. The first task that fails errors both ends with what it threw, after the results before it;
 * `readable.cancel()` and `writable.abort()` cancel what has not started. Any value may come through, `null` too. `writable.close()` resolves
 * when the last task has ended.
 *
 * Options of the tasks are given by `target.withOptions(…)`.
 *
 * @param target - A pool, an executor, or a view of either.
 * @param fn - The function, or a reference to it.
 * @param options - `ordered` (default `true`) and `concurrency` (default 16 for each worker).
 * @returns The two ends.
 * @throws TypeError for what is not a pool or an executor, OptionsError for bad options.
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
  return new WorkerPair(planOf('mapWebStream', target, fn, options[0]));
}

class WorkerPair implements WebStreamPair<never, unknown> {
  readonly readable: ReadableStream<unknown>;
  readonly writable: WritableStream<never>;
  readonly #belt: Belt;
  #reading!: ReadableStreamDefaultController<unknown>;
  #writing!: WritableStreamDefaultController;
  /** The reader waits. */
  #asked: (() => void) | undefined;
  /** A written item waits for room behind it. */
  #written: (() => void) | undefined;
  /** The end of the input waits for the last task. */
  #finished: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;
  /** Nothing is delivered any more. */
  #isOver = false;

  constructor(plan: Plan) {
    this.#belt = new Belt(plan, () => this.#deliver());
    this.readable = new ReadableStream<unknown>(
      {
        start: (controller) => {
          this.#reading = controller;
        },
        pull: () =>
          new Promise((resolve) => {
            this.#asked = resolve;
            this.#deliver();
          }),
        cancel: (reason) => this.#fail(reason),
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream<never>({
      start: (controller) => {
        this.#writing = controller;
        // Node has it; the types of Node 20 do not.
        const { signal } = controller as WritableStreamDefaultController & { readonly signal: AbortSignal };
        // `abort` would be called only when the write that waits has ended.
        signal.addEventListener('abort', () => this.#end(signal.reason), { once: true });
      },
      write: (item) =>
        new Promise((resolve) => {
          this.#written = resolve;
          this.#belt.put(item);
          this.#letIn();
        }),
      close: () =>
        new Promise((resolve, reject) => {
          this.#finished = { resolve, reject };
          this.#belt.end();
        }),
    });
  }

  #deliver(): void {
    if (this.#isOver) return;
    const outcome = this.#asked === undefined ? undefined : this.#belt.take();
    if (outcome?.ok === false) {
      this.#fail(outcome.value);
      return;
    }
    if (outcome !== undefined) {
      this.#reading.enqueue(outcome.value);
      this.#answer();
    }
    this.#letIn();
    if (this.#belt.isIdle) this.#finish(this.#belt.failure);
    if (!this.#belt.isOver) return;
    this.#isOver = true;
    this.#reading.close();
    this.#answer();
  }

  /** A task failed, or nobody reads: who writes learns of it. */
  #fail(reason: unknown): void {
    if (this.#isOver) return;
    this.#writing.error(reason);
    this.#end(reason);
  }

  #end(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#belt.leave();
    this.#reading.error(reason);
    this.#answer();
    this.#letIn();
    this.#finish({ value: reason });
  }

  #answer(): void {
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.();
  }

  #letIn(): void {
    if (!this.#belt.hasRoom && !this.#isOver) return;
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
