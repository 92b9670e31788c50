/**
 * MapJob: a job over an input whose items are all known at the call (`map`, `starmap`). It cuts the input into chunks and collects the outcomes.
 *
 *   items --claim--> chunk --(a lane runs it)--> settle, settleRange --> results by index
 *            ^         '--giveBack--> returned chunks, which are claimed first
 *
 *   open --the last task settles--> over      with the results in input order, or the first error by input order (Python's rule)
 *     '----- end, or failFast ----> over      at once, with the error; outcomes that come later are ignored
 *
 * Results are written into a list of its own, or into the array of the caller (`into`), where a result that does not fit becomes a failure.
 *
 * Invariants: waiting work costs this one object, however long the input is. Failures are kept by index only if `keepsOutcomes` says so. Nothing is
 * written into the caller's array once the job is over. It does not know lanes and facades.
 */

import type { TaskFunction } from '../tasks/task-function.ts';
import { CheckedItems } from './checked-items.ts';
import { type CallSettings, type Chunk, type Ending, Job, type JobListener, tasksOf } from './job.ts';
import { ListChunk } from './list-chunk.ts';
import { type CallSite, markTaskIndex } from './task-index.ts';
import { TypedResults } from './typed-results.ts';

export interface MapShape {
  /** An item is the array of a task's arguments, not its only argument. */
  readonly spread: boolean;
  /** The number of tasks in a chunk; undefined: as many as the measured run time suggests. */
  readonly chunksize: number | undefined;
  /** The most tasks in one hand-over without a `chunksize`, so that every worker gets a share. */
  readonly mostAtOnce: number;
  readonly onProgress: ((progress: { completed: number; total: number | undefined }) => void) | undefined;
  /** The first error ends the job: no further task is handed over. */
  readonly failFast?: boolean | undefined;
  /** Every failure is kept, for `outcomeOf`, and with `into` which results came. Otherwise only the first failure by input order is kept. */
  readonly keepsOutcomes?: boolean | undefined;
  /** The array that gets the results; it has an element for each item. Undefined: a new list gets them. */
  readonly into?: TypedResults | undefined;
  /** Shared memory with an element for each item: threads leave results that are numbers there, and the answer is a view of it. */
  readonly shared: Float64Array | undefined;
  /** Where the call was made, for the stack of its tasks' errors. */
  readonly site?: CallSite | undefined;
}

const NONE: readonly unknown[] = [];

export class MapJob extends Job {
  readonly total: number;
  /** Released when the job is over: a caller that reads single outcomes later still holds the job. */
  #items: ArrayLike<unknown>;
  readonly #shape: MapShape;
  readonly #listener: JobListener;
  /** Made with the first result: to make a long list takes longer than to send the first tasks. */
  #results: unknown[] | undefined;
  /** Chunks that were given back unstarted. They are claimed first. */
  readonly #returned: Chunk[] = [];
  #next = 0;
  #unsettled: number;
  /** The index of the first failure by input order; Infinity while there is none. */
  #failedAt = Number.POSITIVE_INFINITY;
  #failure: unknown;
  /** Failures by index; made with the first one. */
  #failures: Map<number, unknown> | undefined;
  readonly #into: TypedResults | undefined;
  /** 1 for each element of `into` that has its result; made with the first one. */
  #written: Uint8Array | undefined;
  /** The items of a checked task, which are validated before they are claimed. */
  readonly #checked: CheckedItems | undefined;
  #isHandedOver = false;

  constructor(fn: TaskFunction, items: ArrayLike<unknown>, shape: MapShape, settings: CallSettings, listener: JobListener) {
    super(fn, settings);
    this.total = items.length;
    this.#items = items;
    this.#shape = shape;
    this.#into = TypedResults.of(shape);
    this.#listener = listener;
    this.#unsettled = items.length;
    this.#checked = fn.parseArguments === undefined ? undefined : new CheckedItems(this, shape.spread, items);
    this.captureScope();
  }

  get waiting(): number {
    if (this.isOver) return 0;
    return tasksOf(this.#returned) + (this.#checked === undefined ? this.total - this.#next : this.#checked.claimable);
  }
  override get chunksize(): number | undefined {
    return this.#shape.chunksize;
  }
  override get isPending(): boolean {
    return this.#checked !== undefined && this.#returned.length === 0 && this.#checked.isPending;
  }
  /** A task of it was handed to a worker once. */
  get isHandedOver(): boolean {
    return this.#isHandedOver;
  }
  /** The results, in the array of the caller or in a list. */
  get results(): object {
    return this.#into?.array ?? this.#listNow();
  }

  override validate(): void {
    this.#checked?.validate();
  }

  claim(most: number): Chunk | undefined {
    if (this.isOver) return undefined;
    const back = this.#returned.pop();
    if (back !== undefined) {
      if (back.count > most) this.#returned.push(back.splitTail(back.count - most));
      return back;
    }
    const { chunksize, mostAtOnce } = this.#shape;
    // Chunks of the user's size stay whole: as many as fit, at least one.
    const wanted = chunksize === undefined ? Math.min(most, mostAtOnce) : Math.max(1, Math.floor(most / chunksize)) * chunksize;
    const chunk = this.#checked === undefined ? this.#cut(wanted) : this.#checked.cut(this, wanted);
    this.#isHandedOver ||= chunk !== undefined;
    return chunk;
  }

  giveBack(chunk: Chunk): void {
    if (this.isOver) return;
    this.#returned.push(chunk);
    this.owner.wake(this);
  }

  settle(index: number, ok: boolean, value: unknown): void {
    if (this.isOver) return;
    const into = this.#into;
    if (ok && into !== undefined) {
      this.#write(into, index, value);
      return;
    }
    if (ok) this.#listNow()[index] = value;
    else this.#failed(index, value);
    this.#ended(ok ? 1 : 0, ok ? 0 : 1);
    if (!ok && this.#shape.failFast) this.end(value, 'cancelled');
  }

  override settleRange(index: number, values: ArrayLike<unknown>, from: number, count: number): void {
    if (this.isOver) return;
    const into = this.#into;
    if (into !== undefined) {
      this.#writeRange(into, index, values, from, count);
      return;
    }
    const results = this.#listNow();
    for (let i = 0; i < count; i++) results[index + i] = values[from + i];
    this.#ended(count, 0);
  }

  override misfit(index: number, result: unknown): unknown {
    return this.#into?.misfit(index, result);
  }

  end(error: unknown, how: Ending): void {
    if (this.isOver) return;
    const unclaimed = (this.#checked?.size ?? this.total - this.#next) + tasksOf(this.#returned);
    this.#close(false, error);
    this.owner.tasksEnded(this.#unsettled, how, this.#unsettled - unclaimed);
  }

  /** Returns the outcome of one task. `ok` is undefined for a task without an outcome; once the job is over, it never gets one. */
  outcomeOf(index: number): { readonly ok: boolean | undefined; readonly value: unknown } {
    if (this.#failures?.has(index)) return { ok: false, value: this.#failures.get(index) };
    const into = this.#into;
    if (into !== undefined) return this.#written?.[index] === 1 ? into.outcomeAt(index) : { ok: undefined, value: undefined };
    const results = this.#results ?? NONE;
    return { ok: Object.hasOwn(results, index) ? true : undefined, value: results[index] };
  }

  #cut(most: number): ListChunk | undefined {
    const { spread, shared } = this.#shape;
    const base = this.#next;
    const count = Math.min(this.total - base, most);
    this.#next += count;
    return count === 0 ? undefined : new ListChunk(this, base, count, this.#items, base, spread, shared);
  }

  #listNow(): unknown[] {
    this.#results ??= new Array(this.total);
    return this.#results;
  }

  /** Writes one result. A result that does not fit fails. */
  #write(into: TypedResults, index: number, result: unknown): void {
    if (!into.put(index, result)) {
      this.settle(index, false, into.misfit(index, result));
      return;
    }
    this.#note(index, 1);
    this.#ended(1, 0);
  }

  /** Writes the results of one message. Its tasks end together, also if some of the results do not fit: no lane has any of them now. */
  #writeRange(into: TypedResults, index: number, values: ArrayLike<unknown>, from: number, count: number): void {
    if (into.putRange(index, values, from, count)) {
      this.#note(index, count);
      this.#ended(count, 0);
      return;
    }
    let failed = 0;
    let first: unknown;
    for (let i = 0; i < count; i++) {
      const at = index + i;
      const result = values[from + i];
      if (into.put(at, result)) this.#note(at, 1);
      else {
        failed += 1;
        // A map whose results are all of a wrong type needs one error.
        if (failed > 1 && !this.#shape.keepsOutcomes && at > this.#failedAt) continue;
        const error = into.misfit(at, result);
        if (failed === 1) first = error;
        this.#failed(at, error);
      }
    }
    this.#ended(count - failed, failed);
    if (this.#shape.failFast) this.end(first, 'cancelled');
  }

  #note(index: number, count: number): void {
    if (!this.#shape.keepsOutcomes) return;
    this.#written ??= new Uint8Array(this.total);
    this.#written.fill(1, index, index + count);
  }

  #failed(index: number, error: unknown): void {
    markTaskIndex(error, index, this.#shape.site);
    if (this.#shape.keepsOutcomes) {
      this.#failures ??= new Map();
      this.#failures.set(index, error);
    }
    if (index > this.#failedAt) return;
    this.#failedAt = index;
    this.#failure = error;
  }

  /** Counts tasks that ended together. */
  #ended(completed: number, failed: number): void {
    this.#unsettled -= completed + failed;
    if (this.#shape.onProgress !== undefined) this.#reportProgress(completed + failed);
    // `isOver` is true if the callback ended the job; the tasks are counted all the same.
    if (!this.isOver && this.#unsettled === 0) {
      const into = this.#into;
      if (this.#failedAt !== Number.POSITIVE_INFINITY) this.#close(false, this.#failure);
      else if (into !== undefined && into.length < this.total) this.#close(false, into.noElement());
      else this.#close(true, this.results);
    }
    if (completed > 0) this.owner.tasksEnded(completed, 'completed');
    if (failed > 0) this.owner.tasksEnded(failed, 'failed');
  }

  #close(ok: boolean, value: unknown): void {
    this.markOver();
    this.#items = NONE;
    this.#returned.length = 0;
    this.#checked?.clear();
    this.owner.forget(this);
    this.#listener.jobSettled(ok, value);
  }

  #reportProgress(count: number): void {
    const { total } = this;
    const { onProgress } = this.#shape;
    for (let done = total - this.#unsettled - count + 1; onProgress !== undefined && done <= total - this.#unsettled; done++)
      this.notify('onProgress', onProgress, { completed: done, total });
  }
}
