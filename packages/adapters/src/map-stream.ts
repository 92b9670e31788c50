/**
 * `mapStream`: a Node stream whose items are mapped by workers.
 *
 * Decides how a belt runs in a Duplex: whom it holds back, and what ends it. Neither side keeps items of its own beside what Node wants (one at the
 * writing end): the belt is the buffer, so its bound is the stream's.
 *
 *   write --_write--> belt --take--> push --> reader         _write's callback waits for room; an outcome is taken when _read has asked
 */
import { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import type { Task, TaskRest } from '@twinpool/core';
import { type MapStreamOptions, type Plan, planOf, type StreamTarget } from './stream-target.ts';
import { Belt } from './task-pipeline.ts';

/** A Duplex in object mode; iterated, it gives `R`s. */
export type MapStream<R> = AsyncIterable<R> & Duplex;

/** Items that wait at the writing end for the one before them to be let in. More would be read in vain, less makes every write a drain. */
const AT_THE_DOOR = 2;

/**
 * A Node stream, for `pipeline` and `pipe`, in object mode: what is written is the argument of a task, what is read are the results, in the order of
 * the items, or with `ordered: false` as they come.
 *
 * Back-pressure: at most `concurrency` items (default: 16 for each worker) are inside, done ones that nobody has read included; a reader that is slow or
 * pauses stops the workers and the source. The first task that fails destroys the stream with its error, after the results before it, and so does a
 * target that takes no work any more. Destroyed early, what has not started is cancelled. A stream cannot carry `null`: a task that returns it
 * fails the stream with a TypeError.
 *
 * Options of the tasks are given by `target.withOptions(…)`.
 *
 * @param target - A pool, an executor, or a view of either.
 * @param fn - The function, or a reference to it.
 * @param options - `ordered` (default `true`) and `concurrency` (default 16 for each worker).
 * @returns A Duplex in object mode.
 * @throws TypeError for what is not a pool or an executor, OptionsError for bad options.
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
  return new WorkerStream(planOf('mapStream', target, fn, options[0]));
}

type Callback = (error?: Error | null) => void;

class WorkerStream extends Duplex {
  readonly #belt: Belt;
  /** The reader waits. */
  #isAsked = false;
  #isDelivering = false;
  /** A written item waits for room behind it. */
  #written: Callback | undefined;
  /** The end of the input waits for the last task. */
  #finished: Callback | undefined;

  constructor(plan: Plan) {
    super({ objectMode: true, readableHighWaterMark: 0, writableHighWaterMark: AT_THE_DOOR });
    this.#belt = new Belt(plan, () => this.#deliver());
  }

  override _write(item: unknown, _encoding: BufferEncoding, callback: Callback): void {
    this.#written = callback;
    this.#belt.put(item);
    this.#letIn();
  }

  override _final(callback: Callback): void {
    this.#finished = callback;
    this.#belt.end();
  }

  override _read(): void {
    this.#isAsked = true;
    this.#deliver();
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.#belt.leave();
    // It was accepted; nobody waits for ever.
    this.#takeWritten()?.();
    callback(error);
  }

  #deliver(): void {
    // A reader's code runs inside `push`, and may ask or write.
    if (this.#isDelivering || this.destroyed) return;
    this.#isDelivering = true;
    while (this.#isAsked && this.#deliverOne());
    this.#isDelivering = false;
    if (this.destroyed) return;
    this.#letIn();
    const finished = this.#belt.isIdle ? this.#finished : undefined;
    if (finished !== undefined) {
      this.#finished = undefined;
      finished();
    }
    if (this.#belt.isOver) this.push(null);
  }

  #deliverOne(): boolean {
    const outcome = this.#belt.take();
    if (outcome === undefined || this.destroyed) return false;
    const { ok, value } = outcome;
    if (!ok) this.destroy(asError(value));
    else if (value === null) {
      this.destroy(new TypeError('mapStream: the task returned null, which ends a stream: return something else, or use mapWebStream'));
    } else {
      this.#isAsked = false;
      if (this.push(value)) this.#isAsked = true;
    }
    return !this.destroyed;
  }

  #letIn(): void {
    if (this.#belt.hasRoom) this.#takeWritten()?.();
  }

  #takeWritten(): Callback | undefined {
    const written = this.#written;
    this.#written = undefined;
    return written;
  }
}

/** A stream takes what is falsy for no error at all. */
function asError(thrown: unknown): Error {
  return thrown ? (thrown as Error) : new Error(`mapStream: a task threw ${inspect(thrown)}`, { cause: thrown });
}
