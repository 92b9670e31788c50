/**
 * `mapStream`: a Node stream whose items are mapped by workers. It connects a TaskPipeline to a Duplex.
 *
 *   write --_write--> TaskPipeline --take--> push --> reader
 *             '-- the callback waits for room       '-- an outcome is taken only after _read
 *
 * Invariant: the pipeline is the buffer, so `concurrency` bounds the whole stream. The writable side keeps one more item, as Node requires. It does not
 * know the order of outcomes (task-pipeline.ts).
 */
import { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import type { Task, TaskRest } from '@twinpool/core';
import { type MapStreamOptions, type PipelineOptions, pipelineOptions, type StreamTarget } from './stream-target.ts';
import { TaskPipeline } from './task-pipeline.ts';

/** A Duplex in object mode. Its async iterator yields `R`s. */
export type MapStream<R> = AsyncIterable<R> & Duplex;

/** Items at the writable side before `write` returns `false`. More: items are read that may be dropped. Fewer: every write waits for `drain`. */
const WRITABLE_ITEMS = 2;

/**
 * Returns a Node stream in object mode, for `pipeline` and `pipe`. Each written item is the argument of a task, and the stream yields the results: in the
 * order of the items, or with `ordered: false` in the order in which tasks end.
 *
 * Back-pressure: at most `concurrency` items are between the two ends, results that were not read included. A slow or paused reader stops the workers and
 * the source. The first task that fails destroys the stream with its error, after the results before it. A target that takes no new work destroys it
 * too. When the stream is destroyed, tasks that have not started are cancelled. A stream cannot carry `null`: a task that returns `null` fails the
 * stream with a TypeError.
 *
 * Give options of the tasks with `target.withOptions(…)`.
 *
 * Price: a few µs per item; not for tasks that are shorter.
 *
 * @param target - A pool, an executor, or a view of either.
 * @param fn - The function, or a reference to it.
 * @param options - `ordered`: default `true`. `concurrency`: items between the two ends; default 16 for each task that the target runs at once.
 * @returns A Duplex in object mode.
 * @throws TypeError for a target that is not a pool or an executor, OptionsError for bad options.
 * @see https://nodejs.org/api/stream.html#class-streamduplex
 *
 * @example
 * ```ts
 * import { Readable } from 'node:stream';
 * import { mapStream, Pool } from 'twinpool';
 *
 * await using pool = new Pool(2);
 * const squares = Readable.from([1, 2, 3]).pipe(mapStream(pool, (x: number) => x ** 2));
 * for await (const square of squares) console.log(square); // 1, 4, 9
 * ```
 */
export function mapStream<A, R>(target: StreamTarget, fn: (item: A) => R, options?: MapStreamOptions): MapStream<Awaited<R>>;
export function mapStream<A, R, T, Given extends readonly unknown[]>(
  target: StreamTarget,
  fn: T & Task<[item: A], R>,
  ...options: TaskRest<T, [options?: MapStreamOptions | undefined], Given>
): MapStream<Awaited<R>>;
export function mapStream(target: StreamTarget, fn: unknown, ...options: readonly unknown[]): MapStream<unknown> {
  return new WorkerStream(pipelineOptions('mapStream', target, fn, options[0]));
}

type Callback = (error?: Error | null) => void;

class WorkerStream extends Duplex {
  readonly #pipeline: TaskPipeline;
  /** `_read` was called, and no result was pushed since. */
  #isReading = false;
  #isDelivering = false;
  /** The callback of the last `_write`, while there is no room for a further item. */
  #written: Callback | undefined;
  /** The callback of `_final`, while tasks run. */
  #finished: Callback | undefined;

  constructor(options: PipelineOptions) {
    super({ objectMode: true, readableHighWaterMark: 0, writableHighWaterMark: WRITABLE_ITEMS });
    this.#pipeline = new TaskPipeline(options, () => this.#deliver());
  }

  override _write(item: unknown, _encoding: BufferEncoding, callback: Callback): void {
    this.#written = callback;
    this.#pipeline.put(item);
    this.#acceptNext();
  }

  override _final(callback: Callback): void {
    this.#finished = callback;
    this.#pipeline.end();
  }

  override _read(): void {
    this.#isReading = true;
    this.#deliver();
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.#pipeline.leave();
    // The item was accepted: its callback must be called.
    this.#takeWritten()?.();
    callback(error);
  }

  #deliver(): void {
    // Code of the reader runs inside `push`, and may read or write.
    if (this.#isDelivering || this.destroyed) return;
    this.#isDelivering = true;
    while (this.#isReading && this.#deliverOne());
    this.#isDelivering = false;
    if (this.destroyed) return;
    this.#acceptNext();
    const finished = this.#pipeline.isIdle ? this.#finished : undefined;
    if (finished !== undefined) {
      this.#finished = undefined;
      finished();
    }
    if (this.#pipeline.isOver) this.push(null);
  }

  #deliverOne(): boolean {
    const outcome = this.#pipeline.take();
    if (outcome === undefined || this.destroyed) return false;
    const { ok, value } = outcome;
    if (!ok) this.destroy(asError(value));
    else if (value === null) {
      this.destroy(new TypeError('mapStream: the task returned null, which ends a stream: return something else, or use mapWebStream'));
    } else {
      this.#isReading = false;
      if (this.push(value)) this.#isReading = true;
    }
    return !this.destroyed;
  }

  #acceptNext(): void {
    if (this.#pipeline.hasRoom) this.#takeWritten()?.();
  }

  #takeWritten(): Callback | undefined {
    const written = this.#written;
    this.#written = undefined;
    return written;
  }
}

/** Returns an Error: a stream ignores a falsy value as the error. */
function asError(thrown: unknown): Error {
  return thrown ? (thrown as Error) : new Error(`mapStream: a task threw ${inspect(thrown)}`, { cause: thrown });
}
